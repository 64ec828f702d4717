// Before pages that were scanned are left: keep them, to be finished later, or throw them away. STOP goes back to them.
// So it is asked of an order that the server has refused: it stays among those that wait, or is withdrawn.

import { make } from "../dom.js";
import { Menu } from "../pieces/menu.js";
import { countPages } from "../pieces/scanned.js";
import * as screen from "../screen.js";
import { count, say, sayError } from "../words.js";

export function askToLeaveOrder(task, { keep, drop }) {
  ask({
    title: say("leaving.order"), told: make("p", { text: sayError(task.error) }), choices: [
      { words: say("leaving.order-keep"), note: say("leaving.order-keep-note"), sign: "waiting", run: keep },
      { words: say("leaving.order-drop"), note: say("leaving.order-drop-note"), sign: "erase", run: drop },
    ],
  });
}

export function askToLeave(task, { keep, drop }) {
  const told = make("p", { text: count("leaving.pages", countPages(task)) });
  ask({
    title: say("leaving.title"), told, choices: [
      { words: say("leaving.keep"), note: say("leaving.keep-note"), sign: "store", run: keep },
      { words: say("leaving.drop"), note: say("leaving.drop-note"), sign: "erase", run: drop },
    ],
    update: (state) => { if (state.task?.id === task.id) told.textContent = count("leaving.pages", countPages(state.task)); },
  });
}

function ask({ title, told, choices, update }) {
  const menu = new Menu(choices.map((choice) => ({ ...choice, run: () => { screen.uncover(); choice.run(); } })), "column");
  screen.ask({
    name: "leaving", title, update, body: make("div", { class: "leaving" }, told, menu.element),
    press: (name) => menu.press(name), hints: () => [["1-2", "hint.choose"]], stop: { words: "hint.back", run: () => screen.uncover() },
  });
}
