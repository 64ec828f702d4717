// Which page this window shows: the dialog (#ask), the inbox (#inbox), a document (#view=ID).

import { post } from "/shared/api.js";
import { make } from "/shared/elements.js";
import { showAsk } from "./ask.js";
import { resize } from "./dom.js";
import { showInbox } from "./inbox.js";
import { showViewer } from "./viewer.js";
import { language } from "./words.js";

const DIALOG = [560, 520], INBOX = [1100, 800];
const main = document.getElementById("main");
let leave = () => {};
document.documentElement.lang = language;

function read() {
  return new URLSearchParams(location.hash.slice(1));
}

async function enter() {
  const told = read();
  const key = told.get("key");
  if (!key) return;
  told.delete("key");
  history.replaceState(null, "", `#${[...told.keys()].length ? told.toString().replace(/=(&|$)/g, "$1") : "inbox"}`);
  await post("/enter", { key });
  resize(...(told.has("ask") ? DIALOG : INBOX)); // a browser that runs already gives each window the size of its first
}

function show() {
  leave();
  const told = read();
  const page = told.has("view") ? showViewer : told.has("ask") ? showAsk : showInbox;
  main.replaceChildren();
  leave = page(main, told.get("view")) ?? (() => {});
}

try {
  await enter();
  addEventListener("hashchange", show);
  show();
} catch (refusal) {
  main.append(make("p", { class: "empty", role: "alert", text: refusal.message }));
}
