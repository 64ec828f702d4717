// Figure 7: what should be done?

import { Menu } from "../pieces/menu.js";
import { say } from "../words.js";

const MODES = ["copy", "fax", "take-out", "fax-stored", "process", "others"];

export function modes({ go, leave }) {
  const menu = new Menu(MODES.map((mode) => ({ words: say(`mode.${mode}`), note: say(`mode.${mode}.note`), sign: mode, run: () => go[mode]() })), "tiles");
  return {
    name: "modes", title: say("mode.title"), body: menu.element, begin: () => menu.begin(), press: (name) => menu.press(name),
    hints: () => [["1-6", "hint.choose"]], stop: leave ? { words: "login.leave", run: leave } : { words: "hint.nothing", run: () => {} },
  };
}
