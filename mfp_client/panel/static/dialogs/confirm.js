// A question over the dialog: START does it, STOP does not.

import { make } from "../dom.js";
import { scrollDown } from "../pieces/scrolling.js";
import * as screen from "../screen.js";

// `about` is an element that says what it is about, in place of `words`; arrows scroll it.
export function confirm({ title, words, about, yes, run }) {
  const body = about ?? make("p", { text: words });
  screen.ask({
    name: "confirm", title, body,
    press: (name) => scrollDown(body, name) || !["start", "stop"].includes(name),
    start: { words: yes, run: () => { screen.uncover(); run(); } },
    stop: { words: "hint.no", run: () => screen.uncover() },
  });
}
