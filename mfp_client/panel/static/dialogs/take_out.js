// Take out: stored documents onto paper, or their mark sheets.

import { make } from "../dom.js";
import { Form } from "../pieces/form.js";
import { nameDocuments } from "../pieces/named.js";
import * as screen from "../screen.js";
import { say } from "../words.js";
import { copiesField, sidesField } from "../wishes.js";

export function takeOut({ begin, documents }) {
  const ids = documents.map((each) => each.id);
  const what = { id: "what", kind: "choice", label: say("take-out.what"), value: "take-out", options: ["take-out", "sheet"].map((kind) => ({ value: kind, label: say(`take-out.${kind}`) })) };
  const form = new Form([copiesField(), sidesField(), what], { change: () => permit(form) });
  form.changed = screen.refresh;
  return {
    name: "take-out", title: say("mode.take-out"), body: make("div", { class: "about" }, nameDocuments(documents), form.element), begin: () => form.begin(),
    press: (name) => form.press(name), hints: () => form.hints(), start: { words: "take-out.start", run: () => start(form.values, ids, begin) },
  };
}

function permit(form) {
  const whole = form.values.what === "take-out";
  form.permit("copies", whole);
  form.permit("sides", whole);
}

function start({ what, copies, sides }, ids, begin) {
  return begin(what === "sheet" ? { kind: "sheet", ids } : { kind: "take-out", ids, copies: copies || 1, sides });
}
