// What every page of the board runs. Without it the pages work too: they are then as fresh as their last loading.

import { localise, tick } from "./times.js";
import { follow } from "./live.js";
import { quieten } from "./quiet.js";

document.documentElement.classList.add("js");
localise(document);
setInterval(() => tick(document), 1000);
quieten(document);
for (const element of document.querySelectorAll("[data-live]")) follow(element);
if (document.querySelector("#send")) import("./send.js").then((module) => module.start());
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
