// The keyboard on the screen. It writes into the entry that it was opened for and never takes the focus from it.

import { button, icon, make } from "../dom.js";
import { currentLanguage, say } from "../words.js";

const PAGES = {
  letters: ["qwertyuiop", "asdfghjkl", "zxcvbnm"],
  signs: ["1234567890", "@#&*()-_/", ".,:;!?+=%"],
};

export class Keyboard {
  constructor(entry) {
    this.entry = entry;
    this.page = "letters";
    this.element = make("div", { class: "keyboard", role: "group", "aria-label": say("keyboard.label") });
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    entry.changed = () => this.draw();
    this.draw();
  }

  draw() {
    const rows = PAGES[this.page].map((row) => make("div", { class: "keyboard-row" }, [...row].map((letter) => this.letter(letter))));
    rows[2].prepend(this.shift());
    rows[2].append(this.key("keyboard.erase", icon("erase"), () => this.entry.erase(), "wide"));
    this.element.replaceChildren(...rows, make("div", { class: "keyboard-row" }, this.foot()));
  }

  letter(letter) {
    const shown = this.entry.mode === "ABC" ? letter.toUpperCase() : letter;
    return button({ class: "key-cap", tabindex: "-1", onclick: () => this.entry.type(shown) }, shown);
  }

  shift() {
    const upper = this.entry.mode === "ABC";
    const key = this.key("keyboard.shift", icon("shift"), () => this.entry.use(upper ? "abc" : "ABC"), "wide");
    key.setAttribute("aria-pressed", String(upper));
    return key;
  }

  key(words, sign, run, kind = "") {
    return button({ class: `key-cap ${kind}`, tabindex: "-1", "aria-label": say(words), onclick: run }, sign);
  }

  foot() {
    const turn = () => { this.page = this.page === "letters" ? "signs" : "letters"; this.draw(); };
    return [
      this.key("keyboard.signs", this.page === "letters" ? "123#" : "abc", turn, "wide"),
      ...this.kana(),
      this.key("keyboard.space", say("keyboard.space"), () => this.entry.type(" "), "space"),
      ...[".", "-", "@"].map((sign) => this.letter(sign)),
    ];
  }

  kana() {
    if (!this.entry.modes.includes("あ")) return [];
    const modes = currentLanguage() === "ja" ? ["あ", "ア", "abc"] : ["abc", "あ", "ア"];
    return modes.map((mode) => {
      const key = this.key(`keyboard.mode.${mode}`, mode, () => { this.page = "letters"; this.entry.use(mode); }, "mode");
      key.setAttribute("aria-pressed", String(this.entry.mode === mode));
      return key;
    });
  }
}
