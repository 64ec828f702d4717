// Which dialog follows which. The device's state decides what stands at the bottom of the pile, and a task what is on top.

import { post } from "./api.js";
import * as dialogs from "./dialogs.js";
import { followLook } from "./look.js";
import * as screen from "./screen.js";
import { look } from "./state.js";

let root = "";
let shownTask = "";
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

function showRoot(wanted, state) {
  shownTask = "";
  if (screen.isCovered()) screen.uncover();
  screen.reset(roots[wanted](state));
  root = wanted;
  if (root !== "modes") return;
  if (state.unfinished?.length) screen.open(dialogs.unfinished({ documents: state.unfinished, begin, go }));
  if (card) offerCard(state);
}

const roots = {
  setup: () => dialogs.setup({ done: look }),
  "log-in": () => dialogs.logIn({ done: look, unknown: (shown) => { card = shown; }, language: rebuild }),
  modes: (state) => dialogs.modes({ go, state, leave: state.device.log_in === "users" ? logOut : null }),
};

// After a change of language or contrast, from the beginning.
async function rebuild() {
  root = "";
  await look();
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
  const wanted = task ? `${task.id} ${dialogs.viewOf(task)}` : "";
  if (wanted === shownTask) return;
  shownTask = wanted;
  if (screen.isCovered()) screen.uncover();
  screen.reset(roots.modes(state), ...(task ? [dialogs.showTask(task, { close, useSheets })] : []));
  if (!task && next) runNext();
}

function runNext() {
  const run = next;
  next = null;
  run();
}

async function begin(wishes) {
  return screen.attempt(async () => { await post("/tasks", wishes); await look(); });
}

async function close() {
  await screen.attempt(async () => { await post("/task/stop"); await look(); });
}

// The sheets named documents: on to what they were asked for.
async function useSheets(ids) {
  next = () => dialogs.purposes.use(ids);
  await close();
}

// What the modes open --------------------------------------------------------------

const open = (dialog) => screen.open(dialog);

function withImages(purpose, use) {
  dialogs.purposes.remember(purpose, use);
  open(dialogs.images({ begin, use }));
}

export const go = {
  copy: () => open(dialogs.copy({ begin })),
  fax: (wishes = {}) => open(dialogs.fax({ begin, wishes: { kind: "fax", ...wishes } })),
  "take-out": () => withImages("take-out", (ids) => open(dialogs.takeOut({ begin, ids }))),
  "fax-stored": () => withImages("fax-stored", (ids) => open(dialogs.fax({ begin, wishes: { kind: "fax-stored", ids } }))),
  process: () => withImages("process", (ids) => open(dialogs.process({ begin, ids }))),
  others: () => open(dialogs.others({ go })),
  "distribute-document": (wishes = {}) => open(dialogs.destinations({ begin, wishes: { kind: "distribute-document", ...wishes } })),
  "distribute-file": () => withImages("distribute-file", (ids) => open(dialogs.destinations({ begin, wishes: { kind: "distribute-file", ids } }))),
  register: () => open(dialogs.membership({ member: true })),
  withdraw: () => open(dialogs.membership({ member: false })),
  store: () => open(dialogs.store({ begin })),
  jobs: () => open(dialogs.jobs()),
  waiting: () => open(dialogs.waiting()),
  card: () => open(dialogs.card()),
  look: () => open(dialogs.look({ rebuild })),
  documents: () => open(dialogs.documents({ begin })),
  setup: () => open(dialogs.setup({ done: () => screen.back() })),
};
