// What the sheets came to: a document each, or why not, page by page.

import { icon, make } from "../dom.js";
import { thumbnail } from "../pieces/document.js";
import { scrollDown } from "../pieces/scrolling.js";
import { count, groupId, knows, number, say, sayFacts } from "../words.js";

export function sheets(task, { back, useSheets }) {
  const documents = [...new Map((task.documents ?? []).map((each) => [each.id, each])).values()];
  const rows = make("ul", { class: "verdicts", tabindex: "0", "aria-label": say("sheets.pages") }, (task.verdicts ?? []).map((verdict) => draw(verdict, documents)));
  return {
    name: "sheets", title: say("sheets.title"), lead: count("sheets.found", documents.length), body: rows, begin: () => rows.focus(),
    press: (name) => scrollDown(rows, name), hints: () => [["▲▼", "hint.scroll"]],
    start: { words: "dest.go-on", missing: "sheets.none", ready: () => documents.length > 0, run: () => useSheets(documents, task) }, stop: { words: "hint.back", run: back },
  };
}

function draw(verdict, documents) {
  const found = documents.find((each) => each.id === verdict.image_id);
  const good = !verdict.why && found;
  return make("li", { class: good ? "verdict" : "verdict bad" }, make("span", { class: "badge", text: number(verdict.page) }), good ? thumbnail(found) : icon("alert"),
    make("span", { class: "row-words" }, make("strong", { text: good ? found.title || say("document.untitled") : heading(verdict) }), make("small", { text: good ? `${groupId(found.id)} · ${count("pages", found.pages)}` : explain(verdict) })));
}

const keyword = (verdict) => (verdict.why ?? "").split(":")[0];

const heading = (verdict) => (knows(`why.${keyword(verdict)}.title`) ? say(`why.${keyword(verdict)}.title`) : say("sheets.no-document"));

function explain(verdict) {
  const key = `why.${keyword(verdict)}`;
  return knows(key) ? say(key, { id: groupId(verdict.image_id ?? "?"), ...sayFacts(verdict.facts) }) : verdict.words || verdict.why;
}
