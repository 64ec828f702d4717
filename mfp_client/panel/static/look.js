// Language and contrast. The language is the device's, then the person's, until somebody chooses another here.

import { drawKeys } from "./frame.js";
import * as screen from "./screen.js";
import { currentLanguage, speak } from "./words.js";

let chosen = null;

export const contrast = () => localStorage.getItem("contrast") ?? "normal";

export function setContrast(wanted) {
  localStorage.setItem("contrast", wanted);
  document.documentElement.dataset.contrast = wanted;
}

export function restoreLook() {
  document.documentElement.dataset.contrast = contrast();
}

export function chooseLanguage(language) {
  chosen = language;
  return use(language);
}

// Whoever comes next finds the device's language again.
export function forgetLanguage() {
  chosen = null;
}

// True when the language changed, and everything on the screen has to be drawn again.
export function followLanguage(state) {
  return use(chosen ?? state.seat?.language ?? state.device.language ?? "en");
}

function use(language) {
  if (language === currentLanguage() && document.documentElement.dataset.ready) return false;
  document.documentElement.dataset.ready = "yes";
  speak(language);
  drawKeys((name) => screen.press(name, null));
  return true;
}
