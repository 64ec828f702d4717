// One stored document: its pages to look at, its mark sheet, and erasing it.

import { remove } from "../api.js";
import { make } from "../dom.js";
import { describeDocument, pagePicture } from "../pieces/document.js";
import { Menu } from "../pieces/menu.js";
import { nameDocuments } from "../pieces/named.js";
import * as screen from "../screen.js";
import { say } from "../words.js";
import { confirm } from "./confirm.js";
import { preview } from "./preview.js";

export function showDocument({ document, begin, erased }) {
  const title = document.title || say("document.untitled");
  const pages = () => screen.open(preview({ title, pages: document.pages, source: (n) => `/api/documents/${document.id}/pages/${n}.jpg` }));
  const menu = new Menu([
    { words: say("document.pages"), sign: "documents", run: pages },
    { words: say("document.print"), sign: "take-out", run: () => begin({ kind: "take-out", ids: [document.id], copies: 1, sides: "one-sided" }) },
    { words: say("document.print-sheet"), sign: "sheet", run: () => begin({ kind: "sheet", ids: [document.id] }) },
    { words: say("document.erase"), sign: "erase", run: () => ask(document, erased), disabled: document.mine === false },
  ], "column");
  return {
    name: "document", title, lead: describeDocument(document), begin: () => menu.begin(), press: (name) => menu.press(name),
    body: make("div", { class: "two" }, pagePicture(`/api/documents/${document.id}/thumbnail.jpg`, say("review.preview")), menu.element),
    hints: () => [["1-4", "hint.choose"]],
  };
}

function ask(document, erased) {
  confirm({ title: say("document.erase-question"), about: nameDocuments([document]), yes: "document.erase", run: () => erase(document, erased) });
}

async function erase(document, erased) {
  if (!(await screen.attempt(() => remove(`/documents/${document.id}`)))) return;
  screen.back();
  erased();
  screen.tell(say("document.erased"), "good");
}
