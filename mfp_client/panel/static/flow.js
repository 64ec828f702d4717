// Which dialog follows which. The device's state decides what stands at the bottom of the pile, and a task what is on top.

import { post } from "./api.js";
import * as dialogs from "./dialogs.js";
import { followLook } from "./look.js";
import { redrawNotices } from "./notices.js";
import { originOf } from "./origins.js";
import { holdsPages } from "./pieces/scanned.js";
import { purpose, remember } from "./purposes.js";
import * as screen from "./screen.js";
import { current, look } from "./state.js";
import { say, sayError } from "./words.js";

let root = "";
let shownTask = "";
let trail = []; // the dialogs that led to the task
let way = null; // those that are shown as soon as it is closed; the menu when there are none
let next = null; // what to open as soon as the task is closed
let card = null; // an unknown card that waits for its owner's first log-in

export function settle(state) {
  if (!state) return;
  const changed = followLook(state);
  const wanted = rootOf(state);
  if (changed || wanted !== root) showRoot(wanted, state);
  followTask(wanted === "modes" ? state.task : null, state);
  screen.update(state);
}

function rootOf(state) {
  if (!state.device.set_up) return "setup";
  return state.device.log_in === "users" && !state.seat ? "log-in" : "modes";
}

function showRoot(wanted, state, values) {
  shownTask = "";
  trail = [];
  if (screen.isCovered()) screen.uncover();
  screen.reset(roots[wanted](state, values));
  root = wanted;
  if (root !== "modes") return;
  if (state.unfinished?.length) go.unfinished(state);
  if (card) offerCard(state);
}

const roots = {
  setup: (_state, values) => dialogs.setup({ done: look, values, rebuild: drawAnew }),
  "log-in": () => dialogs.logIn({ done: look, unknown: (shown) => { card = shown; }, language: drawAnew }),
  modes: (state) => dialogs.modes({ go, state, leave: state.device.log_in === "users" ? logOut : null }),
};

// In another language, with the `values` that were typed at the first start.
function drawAnew(values) {
  showRoot(rootOf(current()), current(), values);
  screen.update(current());
  redrawNotices();
}

// The same, and on to the one of the other modes in which the language was chosen.
function drawOther(name, values) {
  drawAnew();
  screen.backTo("modes");
  go.others();
  go[name](values);
}

async function logOut() {
  await screen.attempt(async () => { await post("/log-out"); await look(); });
}

function offerCard(state) {
  const shown = card;
  card = null;
  if (state.seat) screen.open(dialogs.offerCard({ card: shown, done: () => screen.back() }));
}

// Tasks --------------------------------------------------------------------------

function followTask(task, state) {
  if (task && way) return; // it is being ended: how it comes to its end is not shown
  const wanted = task ? `${task.id} ${dialogs.viewOf(task)}` : "";
  if (wanted === shownTask) return;
  shownTask = wanted;
  if (screen.isCovered() && !(task && screen.isAsked("leaving") && holdsPages(task))) screen.uncover();
  const shown = task ? [roots.modes(state), dialogs.showTask(task, { close, back, leave, useSheets })] : way ?? [];
  way = null;
  if (!task) trail = []; // the next one may be another screen's
  screen.reset(...(shown.length ? shown : [roots.modes(state)]));
  if (!task && next) runNext();
}

function runNext() {
  const run = next;
  next = null;
  run();
}

async function begin(wishes) {
  const before = trail;
  trail = screen.piled(); // at once: the task may be shown, and stopped, before its beginning is answered
  return screen.attempt(async () => {
    await post("/tasks", wishes).catch((refusal) => { trail = before; throw refusal; });
    await look();
  });
}

// End the task, and show these dialogs; then say `told`, unless what was printed came to something worse.
async function end(asked, dialogsAfter, told = null) {
  way = dialogsAfter;
  let ending = null;
  const good = await screen.attempt(async () => { ending = await post("/task/stop", asked); await look(); });
  way = null; // shown by now, or never
  if (!good) settle(current()); // what was passed over meanwhile
  else if (ending?.error) screen.tell(sayError(ending), ending.error === "print-stopped" ? "note" : "bad");
  else if (told) screen.tell(say(told), "note");
  return good;
}

const close = (told = null) => end({}, null, told);

// Where the task was begun; after a reload of the page, as far as the task tells.
const origin = () => (trail.length ? trail : [roots.modes(current()), ...originOf(current()?.task, { begin, go, uses, purpose: purpose() })]);

// One step back.
const back = () => end({}, origin());

// Pages that were scanned, and an order that was refused, are not left without a word. `wishes` are known where their
// destinations are being chosen.
function leave(task, wishes = null) {
  const before = () => (task.options?.unfinished ? null : origin().slice(0, wishes ? -1 : undefined));
  if (task.refused) {
    const keep = () => end({ keep: true }, null, "leaving.order-kept");
    return dialogs.askToLeaveOrder(task, { keep, drop: () => end({ keep: false }, before(), "leaving.order-dropped") });
  }
  if (!holdsPages(task)) return wishes ? close() : back();
  const keep = async () => { if (await end({ keep: true, wishes: wishes ?? {} }, null)) screen.tell(say("leaving.kept"), "good"); };
  return dialogs.askToLeave(task, { keep, drop: () => end({ keep: false }, before()) });
}

// The sheets named documents: on to what they were asked for. What they came to stays below that, for STOP to lead back to.
async function useSheets(documents, task) {
  const use = () => uses[purpose()]?.(documents);
  next = use;
  await end({}, [...origin(), dialogs.sheets(task, { back: () => screen.back(), useSheets: use })]);
  next = null;
}

// What the modes open --------------------------------------------------------------

const open = (dialog) => screen.open(dialog);

const idsOf = (documents) => documents.map((each) => each.id);

// What stored documents are chosen for.
const uses = {
  "take-out": (documents) => open(dialogs.takeOut({ begin, documents })),
  "fax-stored": (documents) => open(dialogs.fax({ begin, wishes: { kind: "fax-stored", ids: idsOf(documents) } })),
  process: (documents) => open(dialogs.process({ begin, documents })),
  "distribute-file": (documents) => open(dialogs.destinations({ begin, wishes: { kind: "distribute-file", ids: idsOf(documents) } })),
};

function chooseImages(what) {
  remember(what);
  open(dialogs.images({ begin, use: uses[what] }));
}

export const go = {
  copy: () => open(dialogs.copy({ begin })),
  fax: (wishes = {}) => open(dialogs.fax({ begin, wishes: { kind: "fax", ...wishes } })),
  "take-out": () => chooseImages("take-out"),
  "fax-stored": () => chooseImages("fax-stored"),
  process: () => chooseImages("process"),
  others: () => open(dialogs.others({ go })),
  "distribute-document": (wishes = {}) => open(dialogs.destinations({ begin, wishes: { kind: "distribute-document", ...wishes } })),
  "distribute-file": () => chooseImages("distribute-file"),
  register: () => open(dialogs.membership({ member: true })),
  withdraw: () => open(dialogs.membership({ member: false })),
  store: () => open(dialogs.store({ begin })),
  jobs: () => open(dialogs.jobs()),
  waiting: () => open(dialogs.waiting()),
  card: () => open(dialogs.card()),
  look: () => open(dialogs.look({ rebuild: () => drawOther("look") })),
  unfinished: (state = current()) => open(dialogs.unfinished({ documents: state.unfinished, begin, go })),
  documents: () => open(dialogs.documents({ begin })),
  setup: (values) => open(dialogs.setup({ done: () => screen.back(), values, rebuild: (typed) => drawOther("setup", typed) })),
};
