// Facsimile: to numbers by ten keys, or to destinations of the list. `#` takes one more number.

import { button, icon, make } from "../dom.js";
import { isDigit } from "../keys.js";
import * as screen from "../screen.js";
import { say } from "../words.js";
import { describeScan, scan } from "../wishes.js";
import { scanSettings } from "./scan_settings.js";
import { singles } from "./singles.js";

const MOST = 32; // digits
const NUMBER = /^\+?\d+$/;

// As with destinations: what is wished already is chosen, and with `leave` STOP asks what becomes of scanned pages.
export function fax({ begin, wishes, leave }) {
  const fax = new Numbers(wishes.to ?? []);
  const stored = Boolean(wishes.ids ?? wishes.unfinished ?? leave);
  const start = () => begin({ ...wishes, ...(stored ? {} : { scan: scan() }), to: fax.to });
  const words = stored ? "dest.go-on" : "dest.start"; // the review comes before anything is sent
  const list = () => screen.open(singles({ chosen: fax.listed, start, words }));
  const settings = make("span", {});
  const tools = make("div", { class: "tools" }, tool("*", say("fax.list"), list), stored ? null : tool("0", settings, () => screen.open(scanSettings()), false));
  fax.element.append(tools);
  return {
    name: "fax", title: say(wishes.ids ? "mode.fax-stored" : "mode.fax"), lead: say("fax.lead"), body: fax.element,
    begin: () => { settings.textContent = describeScan(); fax.draw(); fax.shown.focus(); },
    press: (name) => (name === "star" ? (list(), true) : fax.press(name)),
    hints: () => [["0-9", "fax.digits"], ["▲", "fax.plus"], ["#", "fax.one-more"], ["*", "fax.list"]],
    start: { words, missing: "fax.none", ready: () => fax.to.length > 0, run: start },
    ...(leave ? { stop: { words: "leaving.leave", run: leave } } : {}),
  };
}

const tool = (digit, words, run, badge = true) =>
  button({ class: "tool-wide", onclick: run }, badge ? make("span", { class: "badge", "aria-hidden": "true", text: digit }) : icon("scan"), make("span", {}, words));

class Numbers {
  constructor(to) {
    this.digits = "";
    this.numbers = to.filter((each) => NUMBER.test(each));
    this.listed = new Map(to.filter((each) => !NUMBER.test(each)).map((address) => [address, { address }]));
    this.shown = make("output", { class: "fax-number", tabindex: "0", "aria-live": "polite", "aria-label": say("fax.number") });
    this.chips = make("ul", { class: "chips", "aria-label": say("fax.to") });
    this.element = make("div", { class: "fax" }, make("div", { class: "fax-line" }, this.shown,
      button({ class: "tool", onclick: () => this.press("up") }, "+"), button({ class: "tool", "aria-label": say("fax.one-more"), onclick: () => this.press("hash") }, "#")), this.chips);
    this.draw();
  }

  get to() {
    const waiting = this.digits.replace("+", "") ? [this.digits] : [];
    return [...new Set([...this.numbers, ...waiting, ...this.listed.keys()])];
  }

  press(name) {
    if (isDigit(name)) this.digits = (this.digits + name).slice(0, MOST);
    else if (name === "up" && !this.digits) this.digits = "+";
    else if (name === "hash" && this.isEntering()) this.take();
    else if (name === "clear") this.erase();
    else return false;
    this.draw();
    screen.refresh();
    return true;
  }

  // With the focus on a tool, "#" works the tool.
  isEntering() {
    return this.digits !== "" || document.activeElement === this.shown;
  }

  take() {
    if (this.digits.replace("+", "")) this.numbers.push(this.digits);
    this.digits = "";
  }

  erase() {
    if (this.digits) this.digits = this.digits.slice(0, -1);
    else if (this.numbers.length) this.digits = this.numbers.pop();
  }

  draw() {
    this.shown.textContent = this.digits || say("fax.enter");
    this.shown.classList.toggle("empty", !this.digits);
    const names = [...this.numbers.map((each) => [each, () => this.drop(each)]), ...[...this.listed.values()].map((each) => [each.name || each.address, () => this.dropListed(each)])];
    this.chips.replaceChildren(...names.map(([name, drop]) => make("li", {}, name, button({ class: "tool", "aria-label": say("fax.drop", { name }), onclick: drop }, icon("close")))));
  }

  drop(number) {
    this.numbers = this.numbers.filter((each) => each !== number);
    this.draw();
  }

  dropListed(destination) {
    this.listed.delete(destination.address);
    this.draw();
  }
}
