// The keyboard on the screen. It writes into the entry that it was opened for and never takes the focus from it.
// Its shift and its kana are its own: what the digit keys of the key pad write is chosen by `*` alone.

import { button, icon, make } from "../dom.js";
import { currentLanguage, say } from "../words.js";

// All 95 characters of ASCII stand on one of the pages: a password may hold any of them.
const PAGES = {
  letters: ["qwertyuiop", "asdfghjkl", "zxcvbnm"],
  signs: ["1234567890", "@#$%&*()-_", ".,:;!?+=/"],
  "more-signs": ["[]{}<>", "\\|/^~`", "\"'-_"],
};
// Shift is for one letter; a second tap locks it, a third lets go, as with sticky keys.
const SHIFTS = { "": "once", once: "lock", lock: "" };

export class Keyboard {
  constructor(entry) {
    this.entry = entry;
    this.page = "letters";
    this.shifted = "";
    this.script = "abc";
    this.element = make("div", { class: "keyboard", role: "group", "aria-label": say("keyboard.label") });
    this.element.addEventListener("pointerdown", (event) => event.preventDefault());
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    this.draw();
  }

  draw() {
    const rows = PAGES[this.page].map((row) => make("div", { class: "keyboard-row" }, [...row].map((letter) => this.letter(letter))));
    rows[2].prepend(this.page === "letters" ? this.shift() : this.turn());
    rows[2].append(this.key("keyboard.erase", icon("erase"), () => this.entry.erase(), "wide"));
    this.element.replaceChildren(...rows, make("div", { class: "keyboard-row" }, this.foot()));
  }

  letter(letter) {
    const shown = this.shifted ? letter.toUpperCase() : letter;
    return button({ class: "key-cap", tabindex: "-1", onclick: () => this.write(shown) }, shown);
  }

  write(letter) {
    this.entry.type(letter, this.script);
    if (this.shifted === "once" && /[A-Z]/.test(letter)) this.set({ shifted: "" });
  }

  set(changes) {
    Object.assign(this, changes);
    this.draw();
  }

  shift() {
    const locked = this.shifted === "lock";
    const key = this.key(locked ? "keyboard.shift-lock" : "keyboard.shift", icon(locked ? "shift-lock" : "shift"), () => this.set({ shifted: SHIFTS[this.shifted] }), "wide");
    key.setAttribute("aria-pressed", String(this.shifted !== ""));
    return key;
  }

  // From the signs that are wanted often to the others, and back.
  turn() {
    const often = this.page === "signs";
    return this.key(often ? "keyboard.more-signs" : "keyboard.signs", often ? "[ \\ {" : "123#", () => this.set({ page: often ? "more-signs" : "signs" }), "wide");
  }

  key(words, sign, run, kind = "") {
    return button({ class: `key-cap ${kind}`, tabindex: "-1", "aria-label": say(words), onclick: run }, sign);
  }

  foot() {
    const letters = this.page === "letters";
    return [
      this.key(letters ? "keyboard.signs" : "keyboard.letters", letters ? "123#" : "abc", () => this.set({ page: letters ? "signs" : "letters", shifted: "" }), "wide"),
      ...this.kana(),
      this.key("keyboard.space", say("keyboard.space"), () => this.entry.type(" ", this.script), "space"),
      ...[".", "-", "@"].map((sign) => this.letter(sign)),
    ];
  }

  kana() {
    if (!this.entry.modes.includes("あ")) return [];
    const scripts = currentLanguage() === "ja" ? ["あ", "ア", "abc"] : ["abc", "あ", "ア"];
    return scripts.map((script) => {
      const key = this.key(`keyboard.mode.${script}`, script, () => this.set({ page: "letters", shifted: "", script }), "mode");
      key.setAttribute("aria-pressed", String(this.script === script));
      return key;
    });
  }
}
