// The panel starts here.

import { drawKeys } from "./frame.js";
import { listenToKeys } from "./keys.js";
import { settle } from "./flow.js";
import { watchIdleness, stir } from "./idle.js";
import { watchNotices } from "./notices.js";
import * as screen from "./screen.js";
import * as states from "./state.js";

drawKeys((name) => screen.press(name, null));
listenToKeys((name, event) => stir() || screen.press(name, event), (event) => stir() || screen.type(event));
document.addEventListener("pointerdown", stir, true);
document.addEventListener("pointerdown", screen.followFinger, true);
document.addEventListener("click", () => screen.refresh());
document.addEventListener("contextmenu", (event) => event.preventDefault());
states.listen(settle);
states.listen(watchIdleness);
states.listen(watchNotices);
states.follow();
