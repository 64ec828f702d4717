// Image IDs by ten keys: eight digits each, `#` after each.

import { get } from "../api.js";
import { button, icon, make } from "../dom.js";
import { isDigit } from "../keys.js";
import { drawDocument } from "../pieces/document.js";
import * as screen from "../screen.js";
import { groupId, say } from "../words.js";

const LENGTH = 8;

export function imageIds({ use }) {
  const box = new Box();
  const start = async () => { if (await box.take()) use(box.found); };
  return {
    name: "image-ids", title: say("images.id"), lead: say("images.id.lead"), body: box.element, begin: () => box.shown.focus(),
    press: (name) => box.press(name), hints: () => [["0-9", "hint.write"], ["#", "images.one-more"], ["CLEAR", "hint.erase"]],
    start: { words: "dest.go-on", missing: "images.id.short", ready: () => box.isWhole(), run: start },
  };
}

class Box {
  constructor() {
    this.digits = "";
    this.found = [];
    this.refused = false; // what stands there is not stored: the next digit is the first one of another ID
    this.asked = Promise.resolve(true);
    this.shown = make("output", { class: "id-box", tabindex: "0", "aria-live": "polite", "aria-label": say("images.id") });
    this.rows = make("ul", { class: "found", "aria-label": say("images.chosen") });
    this.element = make("div", { class: "ids" }, make("div", { class: "fax-line" }, this.shown, button({ class: "tool", "aria-label": say("images.one-more"), onclick: () => this.press("hash") }, "#")), this.rows);
    this.draw();
  }

  isWhole() {
    return this.digits.length === LENGTH || (this.digits === "" && this.found.length > 0);
  }

  press(name) {
    if (isDigit(name)) this.digits = ((this.refused ? "" : this.digits) + name).slice(0, LENGTH);
    else if (name === "clear") this.erase();
    else if (name === "hash" && this.digits) this.takeWhole();
    else return false;
    if (name !== "hash") this.forgive();
    this.draw();
    return true;
  }

  // Another ID is being entered: the refusal was of the last one.
  forgive() {
    if (this.refused) screen.hush();
    this.refused = false;
  }

  erase() {
    if (this.digits) this.digits = this.digits.slice(0, -1);
    else this.found.pop();
  }

  // What is short is not asked for: the digits that are missing may follow.
  takeWhole() {
    if (this.digits.length === LENGTH) this.take();
    else screen.tell(say("images.id.short"), "bad", screen.REMINDER);
  }

  // Ask the image memory for what was entered, one after the other. True when there is something to go on with.
  take() {
    const id = this.digits;
    this.digits = "";
    this.asked = this.asked.then(() => (id ? this.find(id) : true)).then((good) => good && this.found.length > 0);
    return this.asked;
  }

  async find(id) {
    const good = await screen.attempt(async () => {
      const document = await get(`/documents/${id}`);
      if (!this.found.some((each) => each.id === document.id)) this.found.push(document);
    });
    if (!good && !this.digits) {
      this.digits = id;
      this.refused = true;
    }
    this.draw();
    screen.refresh();
    return good;
  }

  draw() {
    this.shown.replaceChildren(...[...this.digits.padEnd(LENGTH, "·")].map((digit) => make("span", { class: digit === "·" ? "empty" : "", text: digit })));
    this.rows.replaceChildren(...this.found.map((document) => make("li", {}, drawDocument(document),
      button({ class: "tool", "aria-label": say("images.drop", { id: groupId(document.id) }), onclick: () => this.drop(document) }, icon("close")))));
  }

  drop(document) {
    this.found = this.found.filter((each) => each !== document);
    this.draw();
    screen.refresh();
  }
}
