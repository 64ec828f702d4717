// Short words about what happened elsewhere: sent, failed, waiting. Each is shown once, alone, in the place of the line
// above, and goes by itself or by a tap. Those of somebody who has left are shown to nobody.

import { button, icon, make } from "./dom.js";
import { count, currentLanguage, knows, number, say, sayError, sayOr, sayReason } from "./words.js";

const SHOWN = 8000; // milliseconds
const HASTY = 4000; // while others wait
const MOST = 3; // the newest of those that come at once
const SIGNS = { sent: "done", failed: "alert", waiting: "waiting" };
const known = new Set();
let place = null;
let pending = []; // the first one is on the screen
let timer = 0;

export function watchNotices(state) {
  if (!state?.seat) return clear();
  const fresh = (state.notices ?? []).filter((notice) => !known.has(notice.id));
  for (const notice of fresh) known.add(notice.id);
  const hidden = Math.max(0, fresh.length - MOST);
  pending.push(...fresh.slice(hidden), ...(hidden ? [{ kind: "more", hidden }] : []));
  if (!timer) show();
  return undefined;
}

// In another language.
export function redrawNotices() {
  if (pending.length) draw(pending[0]);
}

function clear() {
  clearTimeout(timer);
  [pending, timer] = [[], 0];
  place?.replaceChildren();
}

function show() {
  timer = 0;
  place ??= document.body.appendChild(make("div", { class: "notices", role: "log", "aria-live": "polite" }));
  if (!pending.length) return place.replaceChildren();
  draw(pending[0]);
  timer = setTimeout(next, pending.length > 1 ? HASTY : SHOWN);
  return undefined;
}

function next() {
  clearTimeout(timer);
  pending.shift();
  show();
}

function draw(notice) {
  const dismiss = button({ class: `notice notice-${notice.kind}`, tabindex: "-1", onclick: next }, icon(SIGNS[notice.kind] ?? "alert"), make("span", { text: describe(notice) }));
  place.replaceChildren(dismiss);
}

// The device's own sentence is English.
function describe({ kind, words, title, error, failed, total, hidden }) {
  if (kind === "more") return count("notice.more", hidden);
  if (currentLanguage() === "en" && words) return words;
  if (failed) return [title, say("notice.failed-of", { n: number(failed), total: number(total) })].filter(Boolean).join(" ");
  return [title, sayOr(`notice.${kind}`, words), error ? explain(error) : ""].filter(Boolean).join(" ");
}

// A keyword that this language has no words for is left out: the order itself has the server's own.
const explain = (error) => (knows(`error.${error}`) ? sayError({ error, words: "" }) : sayReason([error], ""));
