// What stands on the screen: a pile of dialogs, of which the uppermost is shown and has the keys.
//
// A dialog: {name, title, lead?, tools?, body, press?(name), watch?(event), start?: {words, run(), ready?(), missing?, seek?()},
// stop?: {words, run()}, hints?(), begin?(), update?(state), leave?()}. START, STOP and what no dialog uses is handled here.

import { focusables, make } from "./dom.js";
import { drawHints, drawHead, lightStart } from "./frame.js";
import { sayError, say } from "./words.js";

const place = document.querySelector("#main");
const spoken = document.querySelector("#spoken");
const cover = document.querySelector("#overlay");
let pile = [];
let overlay = null;

export const top = () => pile[pile.length - 1] ?? null;
export const isShown = (name) => pile.some((dialog) => dialog.name === name);

export function open(dialog) {
  pile.push(dialog);
  show();
}

export function reset(...dialogs) {
  for (const dialog of pile) dialog.leave?.();
  pile = dialogs;
  show();
}

export function replace(dialog) {
  pile.pop()?.leave?.();
  open(dialog);
}

export function back() {
  if (pile.length > 1) pile.pop().leave?.();
  show();
}

// Back as far as the dialog of this name.
export function backTo(name) {
  while (pile.length > 1 && top().name !== name) pile.pop().leave?.();
  show();
}

export const piled = () => [...pile];

function show() {
  const dialog = top();
  if (!dialog) return;
  hush();
  document.body.dataset.dialog = dialog.name;
  place.replaceChildren(head(dialog), dialog.body);
  refresh();
  announce(dialog.title);
  if (dialog.begin) dialog.begin();
  else focusables(dialog.body)[0]?.focus();
}

function head(dialog) {
  const lead = dialog.lead ? make("p", { class: "lead", text: dialog.lead }) : null;
  return make("div", { class: "head" }, make("div", { class: "titles" }, make("h1", { text: dialog.title }), lead), make("p", { class: "message", role: "alert" }), dialog.tools);
}

// The frame follows what the dialog allows now.
export function refresh() {
  const dialog = overlay ?? top();
  if (!dialog) return;
  const start = wordsOfStart(dialog);
  if (start) takeBack(REMINDER);
  drawHints([...(dialog.hints?.() ?? []), ...(start ? [["START", start]] : []), ...wordsOfStop(dialog)]);
  lightStart(start);
}

const has = (dialog, what) => Boolean(dialog.body.querySelector(what));
const isSearching = (dialog) => has(dialog, ".picker .keyboard");

// What START does now, null for nothing. Without a START of its own a dialog takes it as "#".
function wordsOfStart(dialog) {
  if (isSearching(dialog)) return "hint.done";
  if (dialog.start) return dialog.start.ready?.() ?? true ? dialog.start.words : null;
  return has(dialog, "button:not(:disabled), [role=option]") ? "hint.choose" : null;
}

// STOP ends writing first.
function wordsOfStop(dialog) {
  if (isSearching(dialog) || has(dialog, ".form:not(.always) .writing")) return [["STOP", "hint.done"]];
  return dialog.stop ? [["STOP", dialog.stop.words]] : pile.length > 1 ? [["STOP", "hint.back"]] : [];
}

export function update(state) {
  drawHead(state);
  if (!isUp && state.server?.state === "up") takeBack("server-down");
  isUp = state.server?.state === "up";
  for (const dialog of pile) dialog.update?.(state);
  overlay?.update?.(state);
  refresh();
}

// What the person should know --------------------------------------------------

export function announce(words) {
  spoken.textContent = words;
}

export const REMINDER = "reminder";
const ASKING = "asking";
const KEEPING_UP = "keeping-up";
let isUp = true; // the server, when last heard of
let told = ""; // what the message is about, where it goes by itself: a reminder, or the keyword of a refusal

export function tell(words, tone = "bad", about = "") {
  told = about;
  const message = place.querySelector(".message");
  if (!message) return;
  message.className = `message ${tone}`;
  message.textContent = words;
}

// Say no more of this, where that is what is said.
export function takeBack(about) {
  if (told === about) hush();
}

export function hush() {
  tell("", "");
}

const SLOW = 500; // milliseconds after which it is said that the server is asked
let working = 0; // how much is under way

// Carry out what may be refused; the refusal is shown in words. True when it went well. `asking`: the server decides, and
// may take its time.
export async function attempt(work, { asking = false } = {}) {
  hush();
  working += 1;
  document.body.classList.add("working");
  const slow = asking ? setTimeout(() => tell(say("review.asking"), "note", ASKING), SLOW) : 0;
  try {
    await work();
    refresh(); // what has come may be chosen
    if (asking) takeBack(ASKING);
    return true;
  } catch (refusal) {
    if (!("error" in refusal)) throw refusal;
    clearTimeout(slow);
    tell(sayError(refusal), "bad", refusal.error);
    return false;
  } finally {
    clearTimeout(slow);
    working -= 1;
    document.body.classList.toggle("working", working > 0);
  }
}

// Carry out what nobody has asked for: it takes back no other words than its own. `wanted`: whether what came of it is
// still to be told.
export async function keepUp(work, wanted) {
  try {
    await work();
    refresh();
    if (wanted()) takeBack(KEEPING_UP);
  } catch (refusal) {
    if (!("error" in refusal)) throw refusal;
    if (wanted()) tell(sayError(refusal), "bad", KEEPING_UP);
  }
}

// A question over everything else ------------------------------------------------

export function ask(dialog) {
  overlay = dialog;
  const box = make("div", { class: "overlay-box", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "overlay-title", tabindex: "-1" },
    make("h2", { id: "overlay-title", text: dialog.title }), dialog.body);
  cover.replaceChildren(box);
  cover.hidden = false;
  place.inert = true;
  refresh();
  (focusables(box)[0] ?? box).focus();
}

export function uncover() {
  overlay = null;
  cover.hidden = true;
  cover.replaceChildren();
  place.inert = false;
  refresh();
  top()?.begin?.();
}

export const isCovered = () => overlay !== null;
export const isAsked = (name) => overlay?.name === name;

// Keys -----------------------------------------------------------------------

// Whoever works by keys, those on the screen too, sees where they are; a finger knows.
export function followFinger(event) {
  document.body.dataset.ring = event.target.closest("#keys") ? "keys" : "finger";
}

export function press(name, event) {
  if (event) document.body.dataset.ring = "keys";
  const dialog = overlay ?? top();
  if (!dialog) return false;
  if (dialog.watch?.(event)) return true;
  const used = dialog.press?.(name) || handle(dialog, name);
  refresh();
  return used;
}

function handle(dialog, name) {
  if (name === "start") return start(dialog);
  if (name === "stop") return stop(dialog);
  if (name === "hash") return choose();
  if (name === "up" || name === "down") return step(name === "up" ? -1 : 1);
  if (name === "left" || name === "right") return step(name === "left" ? -1 : 1);
  return true;
}

function start(dialog) {
  if (dialog.start && (dialog.start.ready?.() ?? true)) dialog.start.run();
  else if (dialog.start) remind(dialog.start);
  else if (!dialog.press?.("hash")) choose();
  return true;
}

// Why START is not lit. `missing` is a key, or tells the words; `seek` leads to what is missing.
function remind({ missing, seek }) {
  seek?.();
  tell(typeof missing === "function" ? missing() : missing ? say(missing) : "", "bad", REMINDER);
}

function stop(dialog) {
  if (dialog.stop) dialog.stop.run();
  else back();
  return true;
}

function choose() {
  const control = document.activeElement;
  if (control?.closest("#main, #overlay") && control.matches("button, a")) control.click();
  return true;
}

function step(direction) {
  const all = focusables(overlay ? cover : place);
  if (!all.length) return true;
  const at = all.indexOf(document.activeElement);
  const next = at < 0 ? (direction > 0 ? 0 : all.length - 1) : (at + direction + all.length) % all.length;
  all[next].focus();
  all[next].scrollIntoView({ block: "nearest" });
  return true;
}

// Letters belong into the field that is written in, wherever the focus went.
export function type(event) {
  const dialog = overlay ?? top();
  if (dialog?.watch?.(event)) return event.preventDefault();
  if (document.activeElement?.matches("input")) return undefined;
  dialog?.takeLetters?.();
  return undefined;
}
