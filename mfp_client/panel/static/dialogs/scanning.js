// Pages as they come.

import { make } from "../dom.js";
import { pagePicture } from "../pieces/document.js";
import { holdsPages } from "../pieces/scanned.js";
import { count, number, say } from "../words.js";

export function scanning(task, { back, leave }) {
  const total = make("p", { class: "counter", role: "status" });
  let follows = true; // until somebody looks back, and again from the next page on
  const lookBack = () => { follows = false; };
  const strip = make("div", { class: "strip", tabindex: "0", role: "group", "aria-label": say("scanning.pages"), onpointerdown: lookBack, onwheel: lookBack });
  const toEnd = () => { if (follows) strip.scrollLeft = strip.scrollWidth; };
  const note = make("p", { class: "soft" });
  let shown = 0;
  let latest = task;
  const update = (now) => {
    latest = now;
    total.textContent = count("pages", now.scan?.pages ?? 0);
    note.textContent = [now.scan?.removed ? count("scanning.removed", now.scan.removed) : "", now.words].filter(Boolean).join(" · ");
    const pages = now.pages ?? [];
    if (pages.length <= shown) return;
    addPages(strip, pages.slice(shown), toEnd);
    shown = pages.length;
    follows = true;
    toEnd();
  };
  update(task);
  const body = make("div", { class: "scanning" }, make("div", { class: "scanning-head" }, make("span", { class: "working-sign", "aria-hidden": "true" }), total), note, strip);
  return {
    name: "scanning", title: title(task), body, update, begin: () => strip.focus(),
    press: (name) => { lookBack(); return scroll(strip, name); }, hints: () => [["◀▶", "hint.scroll"]], stop: { words: "scanning.stop", run: () => (holdsPages(latest) ? leave(latest) : back()) },
  };
}

function title(task) {
  if (task.kind === "read-sheets") return say("scanning.title-sheets");
  return task.step === "reading" ? say(`progress.${task.kind}`) : say("scanning.title");
}

function addPages(strip, pages, toEnd) {
  for (const page of pages) {
    const words = say("preview.number-of", { n: number(page.number) });
    const picture = pagePicture(`/api/task/pages/${page.number}.jpg?size=small`, words, "strip-page");
    picture.onload = toEnd; // only now it has its width, whichever comes last
    strip.append(make("figure", { class: page.blank ? "blank" : "" }, picture, make("figcaption", { text: page.blank ? say("scanning.blank", { n: page.number }) : number(page.number) })));
  }
}

function scroll(part, name) {
  const step = { left: -1, up: -1, right: 1, down: 1 }[name];
  if (!step) return false;
  part.scrollLeft += step * part.clientWidth * 0.8;
  return true;
}
