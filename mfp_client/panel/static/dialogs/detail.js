// A row of a list with all of its words.

import { make } from "../dom.js";
import { scrollDown } from "../pieces/scrolling.js";
import * as screen from "../screen.js";
import { say } from "../words.js";

// lines: [key of the label, words]; those without words are left out.
export function showDetail({ title, lines }) {
  const told = lines.filter(([, words]) => words);
  const body = make("div", { class: "detail", tabindex: "0", role: "group", "aria-label": title },
    make("dl", {}, told.map(([label, words]) => make("div", {}, make("dt", { text: say(label) }), make("dd", { text: words })))));
  screen.open({
    name: "detail", title, body, begin: () => body.focus(), press: (name) => scrollDown(body, name),
    hints: () => [["▲▼", "hint.scroll"]], start: { words: "hint.done", run: () => screen.back() },
  });
}
