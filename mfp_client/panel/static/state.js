// What the device is doing, held up to date by a long poll that answers as soon as something changes.

import { get } from "./api.js";

const PAUSE = 1000; // milliseconds between questions while nobody answers
const RESTART = 30000; // milliseconds in which a panel that begins anew has begun
const listeners = new Set();
let state = null;
let reachable = true;
let restarted = -RESTART;
let asked = 0;
let shown = 0; // which question the state that is shown has answered

export const current = () => state;
export const isReachable = () => reachable;

// Whether it is no fault that the panel does not answer.
export const isRestarting = () => performance.now() - restarted < RESTART;

// The panel begins anew, with other settings.
export function expectRestart() {
  restarted = performance.now();
  tell(reachable);
  setTimeout(() => tell(reachable), RESTART);
}

export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export async function follow() {
  for (;;) {
    const before = state?.serial;
    const began = performance.now();
    const told = await question().catch(reportError); // what cannot be drawn does not end the looking
    const idle = state?.serial === before && performance.now() - began < PAUSE; // too many screens ask: none is made to wait
    if (!told || idle) await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

// After something was asked for, its effect is looked at without waiting for the long poll. Where that poll was quicker and
// told of more since, it is left at that: the poll after it waits for what comes next, and would not tell it once more.
export async function look() {
  const number = (asked += 1);
  const told = await get("/state");
  if (told.serial >= (state?.serial ?? 0)) accept(told, number);
}

async function question() {
  const number = (asked += 1);
  let told = null;
  try {
    told = await get(state && reachable ? `/state?after=${state.serial}` : "/state");
  } catch {
    if (reachable) tell(false);
    return false;
  }
  accept(told, number);
  return true;
}

// An answer tells of whoever had logged in when it was asked for. One that was asked for before the state that is shown is
// of yesterday, whatever its serial: the long poll of before a log-in may be answered after it.
function accept(told, number) {
  if (number < shown) return;
  shown = number;
  state = told;
  tell(true);
}

function tell(answered) {
  reachable = answered;
  for (const listener of listeners) listener(state);
}
