// What the device is doing, held up to date by a long poll that answers as soon as something changes.

import { get } from "./api.js";

const PAUSE = 1000; // milliseconds between questions while nobody answers
const listeners = new Set();
let state = null;
let reachable = true;

export const current = () => state;
export const isReachable = () => reachable;

export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export async function follow() {
  for (;;) {
    const told = await question();
    if (!told) await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

// After something was asked for, its effect is looked at without waiting for the long poll.
export async function look() {
  accept(await get("/state"));
}

async function question() {
  try {
    accept(await get(state && reachable ? `/state?after=${state.serial}` : "/state"));
    return true;
  } catch {
    if (reachable) tell(false);
    return false;
  }
}

function accept(told) {
  if (state && reachable && told.serial < state.serial) return; // an answer that another one overtook
  state = told;
  tell(true);
}

function tell(answered) {
  reachable = answered;
  for (const listener of listeners) listener(state);
}
