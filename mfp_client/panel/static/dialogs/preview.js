// Pages, one at a time and as large as they go.

import { make } from "../dom.js";
import { isDigit } from "../keys.js";
import { pagePicture } from "../pieces/document.js";
import * as screen from "../screen.js";
import { number, say } from "../words.js";

export function preview({ title, pages, source }) {
  let shown = 1;
  const place = make("div", { class: "preview", tabindex: "0" });
  const caption = make("p", { class: "caption", role: "status" });
  const show = (page) => {
    shown = Math.max(1, Math.min(pages, page));
    const words = say("preview.page", { n: number(shown), of: number(pages) });
    caption.textContent = words;
    place.replaceChildren(pagePicture(source(shown), words));
  };
  show(1);
  return {
    name: "preview", title, body: make("div", { class: "preview-place" }, place, caption), begin: () => place.focus(),
    press: (name) => turn(name, (step) => show(shown + step), show), hints: () => [["◀▶", "preview.turn"], ["1-9", "preview.number"]],
    start: { words: "hint.done", run: () => screen.back() },
  };
}

function turn(name, step, show) {
  if (isDigit(name) && name !== "0") show(Number(name));
  else if (name === "right" || name === "down" || name === "hash") step(1);
  else if (name === "left" || name === "up") step(-1);
  else return false;
  return true;
}
