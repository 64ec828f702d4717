// Keeps a part of the page as it is on the server, row by row, without loading the page again.
//
// <section data-live="URL" data-cursor="…"> holds parts (data-part="name") and at most one list (data-rows) whose
// children carry data-key. The server answers {cursor, parts: {name: html}, rows: [{key, html | null}], whole, next,
// say}: `html` null takes a row away, `whole` says that rows not named are gone, `next` is milliseconds until the next
// question (0: nothing will change any more). Rows that stay the same are not touched: focus and selection survive.

import { localise } from "./times.js";

const HIDDEN_PAUSE = 15000;
const LONGEST_PAUSE = 20000;

export function follow(section) {
  const state = { section, cursor: section.dataset.cursor || "", timer: 0, failures: 0, pause: Number(section.dataset.next || 1000), busy: false };
  const ask = () => poll(state);
  const plan = (pause) => {
    clearTimeout(state.timer);
    if (pause > 0) state.timer = setTimeout(ask, document.hidden ? Math.max(pause, HIDDEN_PAUSE) : pause);
  };
  state.plan = plan;
  document.addEventListener("visibilitychange", () => { if (!document.hidden && state.pause > 0) plan(50); });
  document.addEventListener("board:changed", () => plan(20));
  plan(state.pause);
}

async function poll(state) {
  if (state.busy) return;
  state.busy = true;
  try {
    const url = new URL(state.section.dataset.live, location.href);
    if (state.cursor) url.searchParams.set("since", state.cursor);
    const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) return signedOut();
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    show(state, await answer.json());
    state.failures = 0;
    offline(false);
  } catch {
    state.failures += 1;
    if (state.failures > 1) offline(true);
    state.pause = Math.min(LONGEST_PAUSE, 1000 * 2 ** state.failures);
  } finally {
    state.busy = false;
  }
  state.plan(state.pause);
}

function show(state, news) {
  state.cursor = news.cursor;
  state.pause = news.next;
  for (const [name, html] of Object.entries(news.parts || {})) {
    const old = state.section.querySelector(`[data-part="${name}"]`);
    if (old) renew(old, parse(html, old.parentElement));
  }
  const list = state.section.querySelector("[data-rows]");
  if (list && news.rows) mergeRows(list, news.rows, news.whole);
  if (news.say) announce(news.say);
}

function mergeRows(list, rows, whole) {
  const held = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const template = document.createElement("template");
  template.innerHTML = rows.map((row) => row.html || "").join("");
  localise(template.content);
  const fresh = new Map([...template.content.children].map((row) => [row.dataset.key, row]));
  for (const { key, html } of rows) {
    const old = held.get(key);
    if (html === null) old?.remove();
    else if (old) renew(old, fresh.get(key));
    else insert(list, fresh.get(key));
  }
  if (whole) {
    for (const [key, row] of held) if (!fresh.has(key)) row.remove();
    rows.forEach((row, place) => {
      const here = list.querySelector(`:scope > [data-key="${CSS.escape(row.key)}"]`);
      if (here && list.children[place] !== here) list.insertBefore(here, list.children[place] || null);
    });
  }
}

function insert(list, row) {
  const order = Number(row.dataset.key);
  const next = [...list.children].find((other) => Number(other.dataset.key) > order);
  list.insertBefore(row, next || null);
  flash(row);
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  localise(template.content);
  return template.content.firstElementChild;
}

function renew(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  const focus = old.contains(document.activeElement) ? selectorOf(document.activeElement) : "";
  const moved = old.dataset.state !== fresh.dataset.state;
  old.replaceWith(fresh);
  if (focus) fresh.querySelector(focus)?.focus({ preventScroll: true });
  if (moved) flash(fresh);
}

function selectorOf(element) {
  if (element.name) return `[name="${CSS.escape(element.name)}"]`;
  if (element.hasAttribute("href")) return `[href="${CSS.escape(element.getAttribute("href"))}"]`;
  return element.tagName.toLowerCase();
}

function flash(row) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  row.animate([{ opacity: 0.35 }, { opacity: 1 }], { duration: 500 });
}

let saidAt = 0;
let said = "";
let waiting = 0;

function announce(text) {
  if (text === said) return;
  said = text;
  clearTimeout(waiting);
  const region = document.querySelector("#announce");
  if (!region) return;
  // Somebody who listens is told the sum now and then, not each row.
  waiting = setTimeout(() => { saidAt = Date.now(); region.textContent = text; }, Math.max(0, saidAt + 8000 - Date.now()));
}

function offline(yes) {
  const strip = document.querySelector("#offline");
  if (strip) strip.hidden = !yes;
}

function signedOut() {
  const strip = document.querySelector("#signed-out");
  if (strip) strip.hidden = false;
}
