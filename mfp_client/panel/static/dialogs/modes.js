// Figure 7: what should be done? Below it what was left unfinished, while there is something.

import { make } from "../dom.js";
import { Menu } from "../pieces/menu.js";
import { count, say } from "../words.js";

const MODES = ["copy", "fax", "take-out", "fax-stored", "process", "others"];

export function modes({ go, state, leave }) {
  const body = make("div", { class: "modes" });
  let menu = null;
  let left = null;
  const update = (now) => {
    const unfinished = now?.unfinished?.length ?? 0;
    if (unfinished === left) return;
    left = unfinished;
    const focused = body.contains(document.activeElement);
    menu = draw(body, go, left);
    if (focused) menu.begin();
  };
  update(state);
  return {
    name: "modes", title: say("mode.title"), body, update, begin: () => menu.begin(), press: (name) => menu.press(name),
    hints: () => [[left ? "1-7" : "1-6", "hint.choose"]], stop: leave ? { words: "login.leave", run: leave } : { words: "hint.nothing", run: () => {} },
  };
}

function draw(body, go, left) {
  const choices = MODES.map((mode) => ({ words: say(`mode.${mode}`), note: say(`mode.${mode}.note`), sign: mode, run: () => go[mode]() }));
  if (left) choices.push({ words: count("unfinished.left", left), sign: "waiting", run: () => go.unfinished() });
  const menu = new Menu(choices, "tiles");
  body.replaceChildren(menu.element, ...(left ? [menu.choices[MODES.length].control] : []));
  return menu;
}
