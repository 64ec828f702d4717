// Pages as they come.

import { make } from "../dom.js";
import { pagePicture } from "../pieces/document.js";
import { holdsPages } from "../pieces/scanned.js";
import { count, number, say } from "../words.js";

export function scanning(task, { back, leave }) {
  const total = make("p", { class: "counter", role: "status" });
  const strip = make("div", { class: "strip", tabindex: "0", role: "group", "aria-label": say("scanning.pages") });
  const note = make("p", { class: "soft" });
  let shown = 0;
  let latest = task;
  const update = (now) => {
    latest = now;
    total.textContent = count("pages", now.scan?.pages ?? 0);
    note.textContent = [now.scan?.removed ? count("scanning.removed", now.scan.removed) : "", now.words].filter(Boolean).join(" · ");
    shown = addPages(strip, now.pages ?? [], shown);
  };
  update(task);
  const body = make("div", { class: "scanning" }, make("div", { class: "scanning-head" }, make("span", { class: "working-sign", "aria-hidden": "true" }), total), note, strip);
  return {
    name: "scanning", title: title(task), body, update, begin: () => strip.focus(),
    press: (name) => scroll(strip, name), hints: () => [["◀▶", "hint.scroll"]], stop: { words: "scanning.stop", run: () => (holdsPages(latest) ? leave(latest) : back()) },
  };
}

function title(task) {
  if (task.kind === "read-sheets") return say("scanning.title-sheets");
  return task.step === "reading" ? say(`progress.${task.kind}`) : say("scanning.title");
}

function addPages(strip, pages, shown) {
  for (const page of pages.slice(shown)) {
    const words = say("preview.number-of", { n: number(page.number) });
    const picture = pagePicture(`/api/task/pages/${page.number}.jpg?size=small`, words, "strip-page");
    picture.onload = () => { if (strip.lastChild.contains(picture)) strip.scrollLeft = strip.scrollWidth; }; // only now it has its width
    strip.append(make("figure", { class: page.blank ? "blank" : "" }, picture, make("figcaption", { text: page.blank ? say("scanning.blank", { n: page.number }) : number(page.number) })));
  }
  if (pages.length > shown) strip.scrollLeft = strip.scrollWidth;
  return Math.max(shown, pages.length);
}

function scroll(part, name) {
  const step = { left: -1, up: -1, right: 1, down: 1 }[name];
  if (!step) return false;
  part.scrollLeft += step * part.clientWidth * 0.8;
  return true;
}
