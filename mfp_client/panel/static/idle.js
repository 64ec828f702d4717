// Nobody there: a warning that counts down, then log-out. Work that goes on keeps the seat.

import { post } from "./api.js";
import { make } from "./dom.js";
import * as screen from "./screen.js";
import { look } from "./state.js";
import { count, say } from "./words.js";

const TELL = 15_000; // milliseconds between two words to the server that somebody is there
const BUSY = ["scanning", "reading", "sending", "printing", "writing"];
let limit = 0;
let warning = 0; // seconds before log-out
let busy = false;
let stirred = performance.now();
let told = 0;
let telling = 0; // the timer of what is told soon
let left = null;

export function watchIdleness(state) {
  limit = state?.seat?.idle_seconds ?? 0;
  warning = state?.seat?.warning_seconds ?? 0;
  busy = BUSY.includes(state?.task?.step);
  if (!limit) left = null; // the device has logged them out: what stands there now is the log-in, without a warning over it
}

// Somebody did something. True when it only took the warning away.
export function stir() {
  const warned = left !== null;
  stirred = performance.now();
  if (warned) stay();
  if (limit) tellSoon();
  return warned;
}

// The last touch is told too, however soon it came after the one before: the device counts from it as the screen does.
function tellSoon() {
  if (stirred - told > TELL) tellServer();
  else telling ||= setTimeout(tellServer, TELL - (stirred - told));
}

async function tellServer() {
  clearTimeout(telling);
  telling = 0;
  if (!limit) return;
  told = performance.now();
  try {
    await post("/active", { seconds: (told - stirred) / 1000 });
  } catch {
    told = 0; // said again at the next touch
  }
}

setInterval(watch, 1000);

function watch() {
  if (!limit || busy) {
    stirred = performance.now();
    return left && stay();
  }
  const seconds = Math.ceil(limit - (performance.now() - stirred) / 1000);
  if (seconds <= 0) return leave();
  return seconds <= warning ? warn(seconds) : undefined;
}

function warn(seconds) {
  if (!left) {
    left = make("p", { class: "countdown", role: "timer" });
    screen.ask({
      name: "idle", title: say("idle.title"), body: make("div", {}, left, make("p", { text: count("idle.limit", limit) }), make("p", { text: say("idle.words") })),
      press: () => true, start: { words: "idle.stay", run: () => {} }, stop: { words: "idle.stay", run: () => {} },
    });
  }
  left.textContent = count("idle.seconds", seconds);
}

function stay() {
  left = null;
  screen.uncover();
}

async function leave() {
  limit = 0;
  if (left) stay();
  await screen.attempt(async () => { await post("/log-out"); await look(); });
}
