// Language and contrast. Who chooses them finds them again on this device, whenever they log in; who comes next finds the
// device's own. What is chosen at log-in is for whoever logs in then, until they leave.

import { drawKeys } from "./frame.js";
import * as screen from "./screen.js";
import { currentLanguage, speak } from "./words.js";

let user = null; // who stands there; null while nobody has logged in
let chosen = {}; // by them, since they came

export const contrast = () => document.documentElement.dataset.contrast ?? "normal";

export function choose(changes) {
  Object.assign(chosen, changes);
  if (user !== null) localStorage.setItem(keyOf(user), JSON.stringify({ ...recall(user), ...changes }));
  if (changes.contrast) show(changes.contrast);
  return changes.language ? use(changes.language) : false;
}

// True when the language changed, and everything on the screen has to be drawn again.
export function followLook(state) {
  const now = state.seat?.user ?? null;
  if (user !== null && now !== user) chosen = {};
  user = now;
  const wanted = { language: state.seat?.language ?? state.device.language ?? "en", contrast: state.device.contrast ?? "normal", ...recall(user), ...chosen };
  show(wanted.contrast);
  return use(wanted.language);
}

const keyOf = (name) => `look ${name}`;

function recall(name) {
  if (name === null) return {};
  try {
    return JSON.parse(localStorage.getItem(keyOf(name))) ?? {};
  } catch {
    return {}; // what somebody else wrote there
  }
}

function show(wanted) {
  document.documentElement.dataset.contrast = wanted;
}

function use(language) {
  if (language === currentLanguage() && document.documentElement.dataset.ready) return false;
  document.documentElement.dataset.ready = "yes";
  speak(language);
  drawKeys((name) => screen.press(name, null));
  return true;
}
