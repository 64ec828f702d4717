// Work that goes on, and how it ended: counts, a bar, and every destination with what is known of it.

import { post } from "../api.js";
import { button, make } from "../dom.js";
import { sayPrinter } from "../frame.js";
import { Deliveries } from "../pieces/deliveries.js";
import { nameDocument } from "../pieces/named.js";
import { isScanned } from "../pieces/scanned.js";
import * as screen from "../screen.js";
import { current, look } from "../state.js";
import { count, groupId, number, octets, say, sayError, sayOr } from "../words.js";
import { showDetail } from "./detail.js";

const GOING_ON = ["sending", "waiting", "following"];
const ENDED = ["done", "failed", "waiting"];

export function progress(task, { close, back }) {
  const view = new Progress(task);
  const out = () => wayOut(view.task, { close, back });
  return {
    name: "progress", title: say(`progress.${task.kind}`), body: view.element, update: (now) => view.update(now), begin: () => view.list.list.element.focus(),
    press: (name) => view.press(name), hints: () => view.hints(),
    start: { words: "progress.next", ready: () => view.mayLeave, run: () => close() },
    stop: { get words() { return out().words; }, run: () => out().run() },
  };
}

// What is sent goes on without its screen, which is said; what is printed is given up, one step back; what has failed may be
// tried once more from there.
function wayOut({ step, kind, progress: told }, { close, back }) {
  const all = told?.unit === "deliveries" && told.total > 0 && told.done >= told.total;
  if (GOING_ON.includes(step) && !all) return { words: "progress.stop", run: () => close("progress.goes-on") };
  if (step === "printing" && isScanned({ kind })) return { words: "scanning.stop", run: () => close(kind === "store" ? "" : "progress.goes-on") };
  if (step === "printing") return { words: "scanning.stop", run: back };
  return step === "failed" ? { words: "hint.back", run: back } : { words: "progress.stop", run: () => close() };
}

class Progress {
  constructor(task) {
    this.words = make("p", { class: "big", role: "status" });
    this.bar = make("progress", { "aria-label": say("progress.bar") });
    this.counts = make("p", { class: "counts" });
    this.kept = make("p", { class: "kept" });
    this.retryButton = button({ class: "tool-wide", onclick: () => this.retry() }, make("span", { class: "badge", "aria-hidden": "true", text: "1" }), make("span", {}));
    this.list = new Deliveries(showDetail);
    this.element = make("div", { class: "progress" }, this.words, this.bar, this.counts, this.kept, this.retryButton, this.list.list.element);
    this.update(task);
  }

  update(task) {
    this.task = task;
    const trouble = task.step === "printing" ? sayPrinter(current()?.printer) : "";
    this.words.textContent = trouble ? say("progress.printer", { trouble }) : describe(task);
    this.words.className = `big tone-${trouble ? "warn" : tone(task)}`;
    this.draw(task.step === "done" && task.kind === "store" ? null : task.progress); // its count is of the mark sheet
    this.kept.textContent = sayKept(task);
    this.list.fill(task.deliveries ?? []);
    this.list.list.element.hidden = !(task.deliveries ?? []).length;
    this.retryButton.hidden = !this.failed;
    this.retryButton.lastChild.textContent = count("progress.retry", this.failed);
  }

  get failed() {
    return failures(this.task);
  }

  // The server or the memory has it: the panel is free for the next person.
  get mayLeave() {
    return ENDED.includes(this.task.step) || this.task.step === "following";
  }

  draw(told) {
    this.bar.hidden = !told || this.task.step === "waiting";
    this.counts.textContent = told ? tally(told) : "";
    if (!told?.total) return this.bar.removeAttribute("value");
    Object.assign(this.bar, { max: told.total, value: told.done });
    return undefined;
  }

  press(name) {
    if (name === "1" && this.failed) this.retry();
    else return this.list.press(name);
    return true;
  }

  hints() {
    return [...(this.failed ? [["1", "progress.retry-hint"]] : []), ...((this.task.deliveries ?? []).length ? [["▲▼ #", "hint.detail"]] : [])];
  }

  retry() {
    return screen.attempt(async () => { await post("/task/retry"); await look(); });
  }
}

const tone = (task) => ({ done: failures(task) ? "warn" : "good", failed: "bad", waiting: "warn" })[task.step] ?? "going";

const failures = ({ progress }) => (progress?.unit === "deliveries" ? progress.failed ?? 0 : 0);

function describe(task) {
  if (task.step === "waiting") return describeWaiting(task.error);
  if (task.error) return sayError(task.error);
  if (task.step === "done" && failures(task)) return count("progress.done-failed", failures(task));
  if (task.step === "done" && task.options?.medium) return say("progress.on-medium");
  if (isOfSheets(task)) return count(`progress.sheet.${task.step}`, task.documents?.length || 1);
  return sayOr(`progress.step.${task.kind}.${task.step}`, sayOr(`progress.step.${task.step}`, task.words));
}

// Whatever else is printed on the way is the mark sheet of what is stored or sent.
function isOfSheets({ kind, step }) {
  return step === "printing" ? !["copy", "take-out"].includes(kind) : kind === "sheet" && step === "done";
}

// Whose sheet it is; or under which number the document stays on the device, if it does.
function sayKept({ kind, options, document, documents }) {
  if (kind === "sheet") return (documents ?? []).map(nameDocument).join("\n");
  const stays = kind === "store" || options?.keep;
  return stays && document ? say("progress.kept-as", { id: groupId(document.id) }) : "";
}

// Whatever keeps it from the server: the document is safe here.
function describeWaiting(error) {
  if (!error || error.error === "server-down") return say("progress.step.waiting");
  return `${sayError(error)} ${say("progress.kept")}`;
}

function tally({ done, total, failed, unit }) {
  if (unit === "octets") return say("progress.octets", { done: octets(done), total: octets(total ?? done) });
  const parts = [count(`progress.${unit}`, total ?? 0, { done: number(done), total: total === null || total === undefined ? "?" : number(total) })];
  if (failed) parts.push(count("progress.failed", failed));
  return parts.join(" · ");
}
