// A jam or a double feed: what was scanned is kept, and the person says how to go on.

import { post } from "../api.js";
import { icon, make } from "../dom.js";
import { Menu } from "../pieces/menu.js";
import * as screen from "../screen.js";
import { look } from "../state.js";
import { count, say, sayOr } from "../words.js";

const SIGNS = { continue: "scan", end: "done", drop: "erase" };

export function question(task, { back, leave }) {
  const asked = task.question;
  const answer = (given) => screen.attempt(async () => { await post("/task/answer", { answer: given }); await look(); });
  const given = asked.answers ?? Object.keys(SIGNS);
  const menu = new Menu(given.map((one) => ({ words: sayOr(`question.${one}${first(asked)}`, say(`question.${one}`)), note: note(one, asked), sign: SIGNS[one], run: () => answer(one) })), "column");
  const words = make("p", { class: "big", role: "alert" }, icon("alert"), explain(asked));
  const withdrawn = asked.withdraws ? make("p", { text: count("question.withdraws", asked.withdraws) }) : null;
  return {
    name: "question", title: sayFor(asked, "", say("question.stopped")),
    body: make("div", {}, words, asked.pages ? make("p", { text: count("question.kept", asked.pages) }) : null, withdrawn, menu.element),
    begin: () => menu.begin(), press: (name) => menu.press(name), hints: () => [[`1-${given.length}`, "hint.choose"]],
    ...(given.includes("continue") ? { start: { words: asked.pages ? "question.continue" : "question.continue.first", run: () => answer("continue") } } : {}),
    stop: { words: "hint.back", run: asked.pages ? () => leave(task) : back },
  };
}

// Before the first page there is no rest to scan, and nothing to lose.
const first = (asked) => (asked.pages ? "" : ".first");

const sayFor = (asked, what, otherwise) => sayOr(`question.${asked.error}${first(asked)}${what}`, sayOr(`question.${asked.error}${what}`, otherwise));

const explain = (asked) => sayFor(asked, ".words", asked.words);

const note = (given, asked) => (given === "end" ? count("question.end-note", asked.pages ?? 0) : say(`question.${given}-note${first(asked)}`));
