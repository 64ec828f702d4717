// A document that broke off: somebody left, or the power did. It is finished, stored or erased.

import { remove } from "../api.js";
import { describeDocument } from "../pieces/document.js";
import { Menu } from "../pieces/menu.js";
import * as screen from "../screen.js";
import { say } from "../words.js";

export function unfinished({ documents, begin, go }) {
  const [document, ...others] = documents;
  const next = () => (others.length ? screen.replace(unfinished({ documents: others, begin, go })) : screen.back());
  const menu = new Menu(choices(document, { begin, go, next }), "column");
  return {
    name: "unfinished", title: say("unfinished.title"), lead: describeDocument(document), body: menu.element, begin: () => menu.begin(),
    press: (name) => menu.press(name), hints: () => [["1-5", "hint.choose"]], stop: { words: "unfinished.later", run: next },
  };
}

function choices(document, { begin, go, next }) {
  const wishes = { unfinished: document.id };
  return [
    { words: say("other.distribute-document"), sign: "distribute-document", run: () => go["distribute-document"](wishes) },
    { words: say("mode.fax"), sign: "fax", run: () => go.fax(wishes) },
    { words: say("other.store"), sign: "store", run: () => begin({ kind: "store", ...wishes, title: document.title ?? "" }) },
    { words: say("document.erase"), sign: "erase", run: () => erase(document, next) },
    { words: say("unfinished.later"), sign: "waiting", run: next },
  ];
}

async function erase(document, next) {
  if (await screen.attempt(() => remove(`/documents/${document.id}`))) next();
}
