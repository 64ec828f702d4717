// Fields with numbers. A digit takes a field up; in a field of text, digits write and `#` leaves it.

import { button, make } from "../dom.js";
import { isDigit } from "../keys.js";
import { say } from "../words.js";
import { Entry } from "./entry.js";
import { Keyboard } from "./keyboard.js";

const EDGE = 3; // pixels around the rows, for the ring of what has the focus: the padding of .fields
const WRITTEN = ["text", "password", "name", "number"];

export class Form {
  // fields: {id, kind: text|name|password|number|choice|check|action, label, value, options, most, run, note}
  // always: a field of text is taken up as soon as the form is shown (log-in, numbers)
  constructor(fields, { always = false, change = () => {} } = {}) {
    this.fields = fields.map((field, at) => ({ ...field, digit: String(at + 1) }));
    this.always = always;
    this.change = change;
    this.writing = null;
    this.board = make("div", { class: "board-place" });
    // A form to the browser too: it looks for a password nowhere else. Nothing is ever sent by it.
    this.rows = make("form", { class: "fields", novalidate: true, onsubmit: (event) => event.preventDefault() }, this.fields.map((field) => this.draw(field)));
    this.element = make("div", { class: always ? "form always" : "form" }, this.rows, this.board);
    this.rows.addEventListener("focusin", () => this.fit());
    new ResizeObserver(() => this.fit()).observe(this.element);
  }

  // A row is in sight whole or not at all: one that is cut cannot be read. The row that is worked on is always in sight.
  fit() {
    Object.assign(this.rows.style, { maxHeight: "", overflowY: "hidden" }); // a bar at the side would take room from the words
    if (this.rows.scrollHeight <= this.rows.clientHeight) return;
    this.rows.style.overflowY = "";
    const { clientHeight } = this.rows;
    const shown = this.fields.filter((field) => this.rows.contains(field.row) && !field.row.hidden);
    const top = this.rows.getBoundingClientRect().top - this.rows.scrollTop + EDGE;
    const [starts, ends] = ["top", "bottom"].map((side) => shown.map((field) => field.row.getBoundingClientRect()[side] - top));
    const room = clientHeight - 2 * EDGE;
    const at = Math.max(0, shown.findIndex((field) => field === this.writing || field.row.contains(document.activeElement)));
    const first = starts.find((start) => ends[at] - start <= room) ?? starts[at];
    const last = Math.max(ends[at], ...ends.filter((end) => end - first <= room));
    this.rows.style.maxHeight = `${Math.ceil(last - first) + 2 * EDGE}px`;
    this.rows.scrollTop = first;
  }

  get values() {
    return Object.fromEntries(this.fields.filter((field) => field.kind !== "action").map((field) => [field.id, this.read(field)]));
  }

  read(field) {
    if (!WRITTEN.includes(field.kind)) return field.value;
    if (field.kind === "number") return field.input.value === "" ? null : Number(field.input.value);
    return field.input.value;
  }

  find(id) {
    return this.fields.find((field) => field.id === id);
  }

  begin() {
    const first = this.fields.find((field) => !field.row.hidden && WRITTEN.includes(field.kind) === this.always) ?? this.fields[0];
    this.controls(first)[0]?.focus();
  }

  // Drawing ------------------------------------------------------------------

  draw(field) {
    const control = WRITTEN.includes(field.kind) ? this.drawText(field) : this[`draw_${field.kind}`](field);
    field.row = make("div", { class: `field field-${field.kind}`, "data-field": field.id }, control);
    if (field.note) field.row.append(make("p", { class: "note", text: field.note }));
    return field.row;
  }

  badge(field) {
    return this.always ? null : make("span", { class: "badge", "aria-hidden": "true", text: field.digit });
  }

  drawText(field) {
    field.input = make("input", {
      id: `field-${field.id}`, "data-kind": field.kind, type: field.kind === "password" ? "password" : "text", inputmode: "none", autocomplete: "off",
      spellcheck: "false", autocapitalize: "none", maxlength: field.most ?? 200, placeholder: field.placeholder ?? null,
      onfocus: () => this.always && this.write(field), onclick: () => this.write(field),
      oninput: () => { this.write(field); this.change(field); },
    });
    field.input.value = field.value ?? "";
    field.entry = new Entry(field.input, field.kind);
    return [make("label", { for: `field-${field.id}` }, this.badge(field), field.label), make("div", { class: "written" }, field.input, field.entry.hint)];
  }

  draw_choice(field) {
    const name = `label-${field.id}`;
    const options = field.options.map((option) => button({
      role: "radio", class: "option", "aria-checked": String(option.value === field.value), "data-value": String(option.value),
      onclick: () => this.set(field, option.value),
    }, option.label));
    return [make("span", { class: "label", id: name }, this.badge(field), field.label),
      make("div", { class: "options", role: "radiogroup", "aria-labelledby": name }, options)];
  }

  draw_check(field) {
    return button({ role: "switch", class: "switch", "aria-checked": String(Boolean(field.value)), onclick: () => this.set(field, !field.value) },
      this.badge(field), make("span", { class: "switch-words", text: field.label }), make("span", { class: "knob", "aria-hidden": "true" }));
  }

  draw_action(field) {
    return button({ class: "action", onclick: () => field.run() }, this.badge(field), make("span", { text: field.label }));
  }

  // Changing -----------------------------------------------------------------

  set(field, value) {
    field.value = value;
    const focused = field.row.contains(document.activeElement);
    for (const control of field.row.querySelectorAll("[aria-checked]")) {
      const checked = field.kind === "check" ? value : control.dataset.value === String(value);
      control.setAttribute("aria-checked", String(Boolean(checked)));
      if (checked && focused) control.focus();
    }
    this.change(field);
  }

  // Show or hide a field; what is hidden keeps its value.
  permit(id, permitted) {
    this.find(id).row.hidden = !permitted;
    this.fit();
  }

  write(field) {
    if (this.writing === field) return;
    this.leave();
    this.writing = field;
    field.row.classList.add("writing");
    if (field.kind !== "number") this.board.replaceChildren(new Keyboard(field.entry).element);
    this.fit();
    this.changed?.();
  }

  leave() {
    if (!this.writing) return;
    this.writing.entry.settle();
    this.writing.row.classList.remove("writing");
    this.writing = null;
    this.board.replaceChildren();
    this.fit();
    this.changed?.();
  }

  // Keys ---------------------------------------------------------------------

  press(name) {
    if (this.writing) return this.pressInText(name);
    if (isDigit(name)) return this.takeUp(this.fields.find((field) => field.digit === name && !field.row.hidden));
    if (name === "left" || name === "right") return this.turn(document.activeElement, name === "left" ? -1 : 1);
    return name === "hash" && this.writeAt(document.activeElement);
  }

  pressInText(name) {
    if (name === "hash" || name === "down") return this.next(1);
    if (name === "up") return this.next(-1);
    if (name === "stop" && !this.always) return this.finish(1);
    return this.writing.entry.press(name);
  }

  takeUp(field) {
    if (!field) return false;
    const [control] = this.controls(field);
    control.focus();
    if (field.kind === "choice") this.cycle(field, 1);
    else if (WRITTEN.includes(field.kind)) this.writeAt(control);
    else control.click();
    return true;
  }

  writeAt(control) {
    const field = this.fields.find((each) => each.input === control);
    if (!field) return false;
    field.input.setSelectionRange(field.input.value.length, field.input.value.length);
    if (field.kind === "number") field.input.select();
    this.write(field);
    return true;
  }

  cycle(field, step) {
    const values = field.options.map((option) => option.value);
    this.set(field, values[(values.indexOf(field.value) + step + values.length) % values.length]);
  }

  turn(control, step) {
    const field = this.fields.find((each) => each.row.contains(control));
    if (field?.kind !== "choice") return false;
    this.cycle(field, step);
    return true;
  }

  controls(field) {
    if (field.kind !== "choice") return [...field.row.querySelectorAll("input, button")];
    return [...field.row.querySelectorAll("[aria-checked='true']"), field.row.querySelector("button")].filter(Boolean);
  }

  // From a field of text to its neighbour; at the end of a form that is not always written in, writing is over.
  next(step) {
    if (!this.always) return this.finish(step);
    const field = this.neighbour(step);
    if (!WRITTEN.includes(field.kind)) this.leave();
    this.controls(field)[0].focus();
    return true;
  }

  finish(step) {
    const field = this.neighbour(step);
    this.leave();
    this.controls(field)[0].focus();
    return true;
  }

  neighbour(step) {
    const shown = this.fields.filter((field) => !field.row.hidden);
    return shown[(shown.indexOf(this.writing) + step + shown.length) % shown.length];
  }

  // The digits that take up a line now: "1-4", or "1-2 6-7" where lines between them are hidden.
  range() {
    const runs = [];
    for (const digit of this.fields.filter((field) => !field.row.hidden).map((field) => Number(field.digit))) {
      if (runs.at(-1)?.at(-1) === digit - 1) runs.at(-1).push(digit);
      else runs.push([digit]);
    }
    return runs.map((run) => (run.length > 1 ? `${run[0]}-${run.at(-1)}` : run[0])).join(" ");
  }

  hints() {
    if (!this.writing) return [[this.range(), "hint.fields"], ["▲▼ #", "hint.move-choose"]];
    const modes = this.writing.entry.modes.length > 1;
    return [["0-9", "hint.write"], ...(modes ? [["*", "hint.letters", { mode: this.writing.entry.mode }]] : []), ["#", this.always ? "hint.next-field" : "hint.done"]];
  }
}
