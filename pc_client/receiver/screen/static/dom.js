// What the pages of the inbox are made of.

import { make } from "/shared/elements.js";
import { language } from "./words.js";

export function button(text, onclick, options = {}) {
  return make("button", { type: "button", text, onclick, ...options });
}

export function moment(seconds) {
  const at = new Date(seconds * 1000);
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString(language === "ja" ? "ja" : [], today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}

// A message at the foot of the window, for as long as it takes to read it.
export function tell(words, bad = false) {
  document.querySelector(".toast")?.remove();
  const toast = make("p", { class: bad ? "toast bad" : "toast", role: bad ? "alert" : "status", text: words });
  document.body.append(toast);
  setTimeout(() => toast.remove(), bad ? 12000 : 5000);
}

// The window's own size, in pixels; a tab keeps its size.
export function resize(width, height) {
  try {
    window.resizeTo(Math.min(width, screen.availWidth), Math.min(height, screen.availHeight));
  } catch { /* nor can every browser */ }
}
