// Short words about what happened elsewhere: sent, failed, waiting. Each is shown once, and goes by itself.

import { icon, make } from "./dom.js";
import { currentLanguage, sayError, sayOr } from "./words.js";

const SHOWN = 8000; // milliseconds
const SIGNS = { sent: "done", failed: "alert", waiting: "waiting" };
const known = new Set();
let place = null;

export function watchNotices(state) {
  for (const notice of state?.notices ?? []) {
    if (known.has(notice.id)) continue;
    known.add(notice.id);
    show(notice);
  }
}

function show(notice) {
  place ??= document.body.appendChild(make("div", { class: "notices", role: "log", "aria-live": "polite" }));
  const line = make("p", { class: `notice notice-${notice.kind}` }, icon(SIGNS[notice.kind] ?? "alert"), make("span", { text: describe(notice) }));
  place.append(line);
  setTimeout(() => line.remove(), SHOWN);
}

// The device's own sentence is English.
function describe({ kind, words, title, error }) {
  if (currentLanguage() === "en" && words) return words;
  return [title, sayOr(`notice.${kind}`, words), error ? sayError({ error, words: "" }) : ""].filter(Boolean).join(" ");
}
