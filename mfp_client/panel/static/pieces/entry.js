// Writing into one field: by ten keys, by the keyboard on the screen, or by a real one.

import { make } from "../dom.js";
import { isDigit } from "../keys.js";
import { toHiragana, toKatakana } from "../romaji.js";
import { SOON, modesOf, tap } from "../tapping.js";
import { currentLanguage } from "../words.js";

export class Entry {
  constructor(input, kind) {
    this.input = input;
    this.modes = modesOf(kind, currentLanguage());
    this.mode = this.modes[0];
    this.kind = kind;
    this.tapped = null;
    this.hint = make("span", { class: "tap", "aria-hidden": "true" });
  }

  // True when the key wrote, erased or changed something.
  press(name) {
    if (isDigit(name)) this.tap(name);
    else if (name === "clear") this.erase();
    else if (name === "star" && this.modes.length > 1) this.turn();
    else if (name === "left" || name === "right") this.move(name === "left" ? -1 : 1);
    else return false;
    return true;
  }

  tap(digit) {
    const tapped = tap(this.tapped, this.mode, digit, performance.now());
    if (tapped.replaces) this.drop();
    this.write(tapped.letters[tapped.at]);
    this.tapped = tapped;
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), SOON);
  }

  // A letter of the keyboard on the screen; in kana, romaji becomes kana as soon as it can.
  type(letter, script = "abc") {
    this.settle();
    this.write(letter);
    if (script !== "abc" && /[a-z'\-,.]/.test(letter)) this.convert(script);
  }

  convert(script) {
    const { input } = this;
    const at = input.selectionStart;
    const letters = /[a-z'\-,.]+$/.exec(input.value.slice(0, at))?.[0] ?? "";
    const kana = script === "ア" ? toKatakana(toHiragana(letters)) : toHiragana(letters);
    this.replace(at - letters.length, at, kana);
  }

  write(text) {
    const { input } = this;
    if (input.maxLength > 0 && input.value.length + text.length > input.maxLength) return;
    this.replace(input.selectionStart, input.selectionEnd, text);
  }

  drop() {
    const at = this.input.selectionStart;
    if (at > 0) this.replace(at - 1, at, "");
  }

  erase() {
    this.settle();
    const { input } = this;
    if (input.selectionStart !== input.selectionEnd) this.replace(input.selectionStart, input.selectionEnd, "");
    else this.drop();
  }

  replace(from, to, text) {
    this.input.setRangeText(text, from, to, "end");
    this.input.dispatchEvent(new Event("input", { bubbles: true }));
    this.input.scrollLeft = this.input.scrollWidth;
  }

  move(step) {
    if (this.tapped && step > 0) return this.settle(); // the next letter may be on the same key
    this.settle();
    const at = Math.max(0, Math.min(this.input.value.length, this.input.selectionStart + step));
    this.input.setSelectionRange(at, at);
    return undefined;
  }

  turn() {
    this.settle();
    this.mode = this.modes[(this.modes.indexOf(this.mode) + 1) % this.modes.length];
  }

  settle() {
    clearTimeout(this.timer);
    this.tapped = null;
    this.hint.replaceChildren();
  }

  show() {
    const { letters, at } = this.tapped;
    const shown = [...letters].map((letter, place) => make(place === at ? "mark" : "span", { text: letter === " " ? "␣" : letter }));
    this.hint.replaceChildren(...(letters.length > 1 ? shown : []));
  }
}
