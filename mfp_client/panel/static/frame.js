// What surrounds every dialog: the line above, the keys at the right, and below the line that says what they do.

import { button, icon, make } from "./dom.js";
import { isReachable, isRestarting } from "./state.js";
import { count, knows, say } from "./words.js";

const head = document.querySelector("#top");
const hints = document.querySelector("#hints");
const keys = document.querySelector("#keys");
let startKey = null;
let shownHead = "";
let shownHints = "";

// The line above -----------------------------------------------------------------

export function drawHead(state) {
  const parts = [["device", "device", state?.device?.name ?? ""], ...chips(state)];
  const shown = JSON.stringify(parts);
  if (shown === shownHead) return;
  shownHead = shown;
  head.replaceChildren(...parts.map(([kind, sign, words]) => make("span", { class: `chip chip-${kind}` }, icon(sign), make("span", { text: words }))));
}

function chips(state) {
  if (!state) return [];
  if (!isReachable()) return [isRestarting() ? ["warn", "waiting", say("head.panel-restarts")] : ["bad", "alert", say("head.panel-gone")]];
  return [printer(state.printer), server(state.server), waiting(state.waiting), ["quiet", "user", state.seat?.user]].filter((chip) => chip?.[2]);
}

function server(told) {
  if (told?.state === "up") return ["good", "server", say("head.server-up")];
  return ["bad", "server", say(`head.server-${told?.state ?? "none"}`)];
}

function printer(told) {
  const trouble = sayPrinter(told);
  return trouble ? ["bad", "paper", trouble] : null;
}

// What keeps the printer from its work; of one that was never asked nothing is known.
export function sayPrinter(told) {
  const reason = (told?.reasons ?? []).map(plain).find((each) => knows(`printer.${each}`));
  if (reason) return say(`printer.${reason}`);
  if (told?.state === "unknown") return told.words ? say("printer.away") : "";
  return told?.state === "stopped" ? told.words || say("printer.stopped") : "";
}

// PWG 5100.9: a reason may end in its severity.
const plain = (reason) => reason.replace(/-(error|warning|report)$/, "");

const waiting = (n) => (n ? ["warn", "waiting", count("head.waiting", n)] : null);

// The line below -----------------------------------------------------------------

const KEYS = { START: "key.start", STOP: "key.stop", CLEAR: "key.clear" };

export function drawHints(lines) {
  const told = lines.map(([key, words, facts]) => [KEYS[key] ? say(KEYS[key]) : key, say(words, facts ?? {})]);
  const shown = JSON.stringify(told);
  if (shown === shownHints) return;
  shownHints = shown;
  hints.replaceChildren(...told.map(([key, words]) => make("span", { class: "hint" }, make("kbd", { text: key }), ` ${words}`)));
}

// The keys -----------------------------------------------------------------------

export function drawKeys(press) {
  const key = (name, words, label, kind) => button({ class: `key key-${kind}`, "data-key": name, "aria-label": label, tabindex: "-1", onclick: () => press(name) }, words);
  const arrows = ["left", "up", "down", "right"].map((name) => key(name, icon(name), say(`key.${name}`), "arrow"));
  const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "star", "0", "hash"].map((name) => digit(name, key));
  startKey = key("start", [make("strong", { text: say("key.start") }), make("small", {})], say("key.start"), "start");
  keys.setAttribute("aria-label", say("key.all"));
  keys.replaceChildren(
    make("div", { class: "arrows" }, arrows), make("div", { class: "digits" }, digits), key("clear", say("key.clear"), say("key.clear"), "clear"),
    make("div", { class: "ends" }, key("stop", make("strong", { text: say("key.stop") }), say("key.stop"), "stop"), startKey));
  keys.addEventListener("mousedown", keepFocus);
}

const LETTERS = ["", "", "abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz"];

function digit(name, key) {
  const sign = { star: "*", hash: "#" }[name] ?? name;
  const letters = LETTERS[Number(name)] || "";
  return key(name, [make("span", { text: sign }), letters ? make("small", { text: letters }) : null], say("key.digit", { key: sign }), "digit");
}

// A key of the device does not take the focus from what it works on.
function keepFocus(event) {
  event.preventDefault();
}

// The green key is lit when something can be started, and says what.
export function lightStart(words) {
  if (!startKey) return;
  startKey.classList.toggle("lit", words !== null);
  const told = words === null ? "" : say(words);
  startKey.querySelector("small").textContent = told;
  startKey.setAttribute("aria-label", told ? `${say("key.start")}: ${told}` : say("key.start"));
}
