// A question over the dialog: START does it, STOP does not.

import { make } from "../dom.js";
import * as screen from "../screen.js";

export function confirm({ title, words, yes, run }) {
  screen.ask({
    name: "confirm", title, body: make("p", { text: words }),
    press: (name) => !["start", "stop"].includes(name),
    start: { words: yes, run: () => { screen.uncover(); run(); } },
    stop: { words: "hint.no", run: () => screen.uncover() },
  });
}
