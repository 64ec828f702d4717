// Figure 8, and what else there is.

import { Menu } from "../pieces/menu.js";
import { current } from "../state.js";
import { say } from "../words.js";

const OTHERS = ["distribute-document", "distribute-file", "register", "withdraw", "store", "jobs", "waiting", "card", "look"];

export function others({ go }) {
  const choices = OTHERS.map((other) => ({ words: say(`other.${other}`), sign: other, run: () => go[other](), disabled: other === "card" && !current()?.seat }));
  choices.push({ digit: "0", words: say("other.documents"), sign: "documents", run: go.documents });
  if (current()?.seat?.operator) choices.push({ digit: "*", words: say("other.setup"), sign: "setup", run: go.setup });
  const menu = new Menu(choices, "tiles small");
  return {
    name: "others", title: say("other.title"), body: menu.element, begin: () => menu.begin(),
    press: (name) => menu.press(name === "star" ? "*" : name), hints: () => [[current()?.seat?.operator ? "0-9 *" : "0-9", "hint.choose"]],
  };
}
