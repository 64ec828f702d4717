// A document that broke off: somebody left, or the power did. It is finished as it was meant, or otherwise, stored or erased.

import { remove } from "../api.js";
import { make } from "../dom.js";
import { describeDocument, pagePicture } from "../pieces/document.js";
import { Menu } from "../pieces/menu.js";
import { nameDocuments } from "../pieces/named.js";
import * as screen from "../screen.js";
import { look } from "../state.js";
import { say } from "../words.js";
import { confirm } from "./confirm.js";

export function unfinished({ documents, begin, go }) {
  const [document, ...others] = documents;
  const next = () => (others.length ? screen.replace(unfinished({ documents: others, begin, go })) : screen.back());
  const menu = new Menu(choices(document, { begin, go, next }), "column");
  return {
    name: "unfinished", title: say("unfinished.title"), lead: describeDocument(document), begin: () => menu.begin(),
    body: make("div", { class: "two" }, pagePicture(`/api/documents/${document.id}/thumbnail.jpg`, say("review.preview")), menu.element),
    press: (name) => menu.press(name), hints: () => [["1-5", "hint.choose"]], stop: { words: "unfinished.later", run: next },
  };
}

// What it was meant for is chosen again.
function choices(document, { begin, go, next }) {
  const isMeant = (kind) => document.meant?.kind === kind;
  const wishes = (kind) => ({ ...(isMeant(kind) ? document.meant.wishes : {}), unfinished: document.id });
  const before = (kind) => ({ note: isMeant(kind) ? say("unfinished.as-before") : undefined, likely: isMeant(kind) });
  return [
    { words: say("other.distribute-document"), ...before("distribute-document"), sign: "distribute-document", run: () => go["distribute-document"](wishes("distribute-document")) },
    { words: say("mode.fax"), ...before("fax"), sign: "fax", run: () => go.fax(wishes("fax")) },
    { words: say("other.store"), ...before("store"), sign: "store", run: () => begin({ kind: "store", title: document.title ?? "", ...wishes("store") }) },
    { words: say("document.erase"), sign: "erase", run: () => ask(document, next) },
    { words: say("unfinished.later-choice"), sign: "waiting", run: next },
  ];
}

function ask(document, next) {
  const erase = async () => { if (await screen.attempt(async () => { await remove(`/documents/${document.id}`); await look(); })) next(); };
  confirm({ title: say("document.erase-question"), about: nameDocuments([document]), yes: "document.erase", run: erase });
}
