// Elements without markup in strings: nothing that a document or a server says can become part of the page.

import { language } from "./words.js";

export function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "text") element.textContent = value;
  else element.setAttribute(name, value === true ? "" : value);
}

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
