// The image memory as a list, page after page of it as the list is scrolled; for choosing, or to look at and erase.

import { get } from "../api.js";
import { make } from "../dom.js";
import { drawDocument } from "../pieces/document.js";
import { Picker } from "../pieces/picker.js";
import * as screen from "../screen.js";
import { current } from "../state.js";
import { number, octets, say } from "../words.js";
import { showDocument } from "./document.js";

const PORTION = 24;
const ID_LENGTH = 8;

// For a mode: several documents, START goes on with them.
export function choosing({ use }) {
  const chosen = new Map();
  const toggle = (document) => { if (!chosen.delete(document.id)) chosen.set(document.id, document); screen.refresh(); };
  const shelf = new Shelf({ multi: true, isChosen: (document) => chosen.has(document.id), choose: toggle });
  return {
    ...shelf.dialog(say("images.list")),
    start: { words: "dest.go-on", missing: () => shelf.picker.missing("images.none"), ready: () => shelf.picker.ready(chosen.size > 0), run: () => { shelf.picker.add(); if (chosen.size) use([...chosen.values()]); } },
  };
}

export function documents({ begin }) {
  const shelf = new Shelf({ choose: (document) => screen.open(showDocument({ document, begin, erased: () => shelf.load("") })) });
  return shelf.dialog(say("other.documents"));
}

class Shelf {
  constructor(options) {
    this.loaded = [];
    this.picker = new Picker({
      label: say("images.list"), height: 4.25, ...options, search: (text) => this.load(text), near: () => this.more(),
      find: (wanted) => (wanted <= this.loaded.length ? wanted - 1 : -1),
      isNumber: (digits) => digits.length === ID_LENGTH, number: (digits) => this.takeId(digits, options.choose),
      draw: (document, index) => [make("span", { class: options.multi ? "badge box" : "badge", "aria-hidden": "true", text: String(index + 1) }), ...drawDocument(document)],
    });
    this.picker.changed = screen.refresh;
    this.load("");
  }

  dialog(title) {
    const { picker } = this;
    return {
      name: "documents", title, body: picker.element, begin: () => picker.list.element.focus(), press: (name) => picker.press(name),
      takeLetters: () => picker.beginSearch(), hints: () => (picker.searching
        ? [["0-9", "hint.write"], ["*", "hint.letters", { mode: picker.entry.mode }], ["#", "hint.done"]]
        : [["0-9 #", "hint.number-or-id"], ["▲▼ #", "hint.move-choose"], ["*", "hint.search"]]),
    };
  }

  async load(text) {
    Object.assign(this, { text, loaded: [], next: undefined, loading: false });
    await this.fetch();
    if (text === this.text) this.picker.list.go(0);
  }

  more() {
    if (!this.loading && this.next) this.fetch();
  }

  async fetch() {
    const { text } = this;
    this.loading = true;
    const before = this.next ? `&before=${this.next}` : "";
    await screen.attempt(async () => {
      const told = await get(`/documents?search=${encodeURIComponent(text)}&limit=${PORTION}${before}`);
      if (text === this.text) this.take(told);
    });
    if (text === this.text) this.loading = false;
  }

  take(told) {
    this.loaded.push(...told.documents);
    this.next = told.next;
    this.picker.fill(this.loaded, this.loaded.length ? room() : say(this.text ? "documents.none-found" : "documents.none"));
  }

  // Eight digits are an image ID, wherever the document stands in the list.
  takeId(digits, choose) {
    if (digits.length !== ID_LENGTH) return false;
    screen.attempt(async () => { choose(await get(`/documents/${digits}`)); this.picker.list.draw(true); });
    return true;
  }
}

function room() {
  const memory = current()?.memory;
  return memory ? say("memory.room", { used: octets(memory.octets), limit: octets(memory.limit), percent: number(Math.round((100 * memory.octets) / memory.limit)) }) : "";
}
