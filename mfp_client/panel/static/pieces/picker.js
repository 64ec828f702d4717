// A list with a number on each row: `2 # 3 #` chooses two rows, arrows and `#` one after the other, `*` searches.

import { button, icon, make } from "../dom.js";
import { isDigit } from "../keys.js";
import { groupId, say } from "../words.js";
import { Entry } from "./entry.js";
import { Keyboard } from "./keyboard.js";
import { List } from "./list.js";

const MOST_DIGITS = 8;
const WAIT = 150; // milliseconds after the last letter before a search begins

export class Picker {
  // options: those of List, and {find(number) -> index, search(text)?, number(digits)? -> true when used,
  // isNumber(digits)?, tools?}
  constructor(options) {
    this.options = options;
    this.digits = "";
    this.list = new List(options);
    this.note = make("p", { class: "list-note", role: "status" });
    this.entered = make("output", { class: "entered", "aria-live": "polite" });
    this.top = make("div", { class: "picker-top" }, this.entered, options.search ? this.searchField() : null, options.tools ?? null);
    this.board = make("div", { class: "board-place" });
    this.element = make("div", { class: "picker" }, this.top, this.note, this.list.element, this.board);
    this.showDigits();
  }

  searchField() {
    this.input = make("input", {
      class: "search", type: "search", inputmode: "none", autocomplete: "off", "aria-label": say("list.search"),
      placeholder: say("list.search"), oninput: () => this.searchSoon(), onfocus: () => this.beginSearch(),
    });
    this.entry = new Entry(this.input, "text");
    return make("div", { class: "search-field" }, icon("search"), this.input, this.entry.hint,
      button({ class: "tool", "aria-label": say("list.search-end"), onclick: () => this.clearSearch() }, icon("close")));
  }

  get searching() {
    return this.board.firstChild !== null;
  }

  beginSearch() {
    if (this.searching) return;
    this.board.replaceChildren(new Keyboard(this.entry).element);
    this.input.focus();
    this.changed?.();
  }

  endSearch() {
    this.entry.settle();
    this.searchNow();
    this.board.replaceChildren();
    this.list.element.focus();
    this.changed?.();
  }

  clearSearch() {
    this.input.value = "";
    this.search();
    this.endSearch();
  }

  searchSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(), WAIT);
  }

  // Whoever ends the search chooses from what was searched for, however soon.
  searchNow() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.search();
  }

  // What is found is seen from its first row on.
  async search() {
    this.timer = 0;
    await this.options.search(this.input.value);
    this.list.go(0);
  }

  fill(items, note = "") {
    this.note.textContent = note;
    this.list.fill(items);
  }

  press(name) {
    if (this.searching) return this.pressInSearch(name);
    if (isDigit(name)) return this.enter(name);
    if (name === "hash") return this.take() || this.chooseCursor();
    if (name === "clear") return this.unenter();
    if (name === "star" && this.options.search) return this.beginSearch(), true;
    return this.list.press(name);
  }

  pressInSearch(name) {
    if (["hash", "down", "up", "start", "stop"].includes(name)) this.endSearch();
    else this.entry.press(name);
    return true;
  }

  enter(digit) {
    if (this.digits.length >= MOST_DIGITS) return true;
    this.digits += digit;
    const index = this.options.find(Number(this.digits));
    if (index >= 0) this.list.go(index);
    return this.showDigits();
  }

  unenter() {
    this.digits = this.digits.slice(0, -1);
    return this.showDigits();
  }

  showDigits() {
    this.entered.textContent = this.digits ? say("list.number", { n: groupId(this.digits) }) : say("list.no-number");
    this.entered.classList.toggle("empty", !this.digits);
    return true;
  }

  // Whether the number that stands there, if one does, is somebody's.
  get fits() {
    return !this.digits || this.options.find(Number(this.digits)) >= 0 || Boolean(this.options.isNumber?.(this.digits));
  }

  // What START does needs: `chosen` something, or a number that is somebody's.
  ready(chosen) {
    return this.fits && (chosen || this.digits !== "");
  }

  // Why it cannot: the number, or what `otherwise` says.
  missing(otherwise) {
    return this.fits ? say(otherwise) : say("list.no-such-number", { n: groupId(this.digits) });
  }

  // What was entered is chosen. False when nothing was entered.
  take() {
    const { digits } = this;
    if (!digits) return false;
    this.digits = "";
    this.showDigits();
    if (this.options.number?.(digits)) return true;
    const index = this.options.find(Number(digits));
    if (index < 0) this.note.textContent = say("list.no-such-number", { n: groupId(digits) });
    else this.chooseAt(index);
    return true;
  }

  // For START: the number that stands there is chosen, and stays so when it was already.
  add() {
    const item = this.list.items[this.options.find(Number(this.digits))];
    if (this.digits && item !== undefined && this.options.isChosen?.(item)) this.digits = "";
    this.take();
    this.showDigits();
  }

  chooseAt(index) {
    this.list.cursor = index;
    this.list.go(index);
    this.list.choose();
  }

  chooseCursor() {
    this.list.choose();
    return true;
  }
}
