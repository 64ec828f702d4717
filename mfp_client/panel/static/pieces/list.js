// A list of any length, of which only the rows in sight are drawn. One row is the cursor; arrows move it.

import { make, rem } from "../dom.js";

const SPARE = 4; // rows drawn above and below what is in sight
let lists = 0;

export class List {
  // options: {label, draw(item, index), height (rem), isChosen(item)?, choose(item), near()?, multi?}
  constructor(options) {
    this.options = options;
    this.id = `list-${(lists += 1)}`;
    this.items = [];
    this.cursor = 0;
    this.space = make("div", { class: "list-space", role: "presentation" });
    this.element = make("div", {
      class: "list", role: "listbox", tabindex: "0", "aria-label": options.label,
      "aria-multiselectable": options.multi ? "true" : null, onscroll: () => this.draw(), onclick: (event) => this.click(event),
    }, this.space);
    new ResizeObserver(() => this.draw(true)).observe(this.element);
  }

  get height() {
    return Math.round(this.options.height * rem());
  }

  fill(items) {
    this.items = items;
    this.cursor = Math.max(0, Math.min(this.cursor, items.length - 1));
    this.draw(true);
  }

  draw(again = false) {
    const { height } = this;
    const first = Math.max(0, Math.floor(this.element.scrollTop / height) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / height) + SPARE);
    if (!again && first === this.first && last === this.last) return;
    [this.first, this.last] = [first, last];
    this.space.style.height = `${this.items.length * height}px`;
    this.space.replaceChildren(...this.items.slice(first, last).map((item, at) => this.row(item, first + at)));
    this.point();
    if (last + 2 * SPARE > this.items.length) this.options.near?.();
  }

  row(item, index) {
    const row = make("div", {
      class: "row", role: "option", id: `${this.id}-${index}`, "data-index": index,
      "aria-posinset": index + 1, "aria-setsize": this.items.length,
      "aria-selected": String(Boolean(this.options.isChosen?.(item))),
    }, this.options.draw(item, index));
    row.style.height = `${this.height}px`;
    row.style.top = `${index * this.height}px`;
    row.classList.toggle("cursor", index === this.cursor);
    return row;
  }

  point() {
    const drawn = this.cursor >= this.first && this.cursor < this.last;
    if (drawn && this.items.length) this.element.setAttribute("aria-activedescendant", `${this.id}-${this.cursor}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  click(event) {
    const row = event.target.closest("[data-index]");
    if (!row) return;
    this.cursor = Number(row.dataset.index);
    this.choose();
  }

  choose() {
    const item = this.items[this.cursor];
    if (item !== undefined) this.options.choose(item, this.cursor);
    this.draw(true);
  }

  // Arrows: one row up or down, one screen left or right. False at the ends of an empty list.
  press(name) {
    const screen = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 1);
    const step = { up: -1, down: 1, left: -screen, right: screen }[name];
    if (step === undefined) return false;
    this.go(this.cursor + step);
    return true;
  }

  go(index) {
    this.cursor = Math.max(0, Math.min(this.items.length - 1, index));
    const top = this.cursor * this.height;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.element.scrollTop = top + this.height - clientHeight;
    this.draw(true);
  }
}
