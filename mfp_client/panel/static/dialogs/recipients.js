// Everyone who will get it; those who cannot take it now first, with the reason.

import { make } from "../dom.js";
import { Picker } from "../pieces/picker.js";
import { noteFound, prepare, search } from "../pieces/searching.js";
import * as screen from "../screen.js";
import { count, firstSentence, moment, say, sayReason } from "../words.js";
import { showDetail } from "./detail.js";

export function recipients(told) {
  const rows = prepare([...told.recipients].sort((a, b) => Boolean(b.trouble) - Boolean(a.trouble)));
  const show = (text) => { const found = search(rows, text); picker.fill(found, noteFound(found, note)); };
  const note = count("review.recipients", told.total);
  const picker = new Picker({ label: say("review.who"), height: 3.5, search: show, find: (n) => picker.list.items.findIndex((each) => each.number === n), choose: open, draw: drawRecipient });
  picker.changed = screen.refresh;
  picker.fill(rows, note);
  return {
    name: "recipients", title: say("review.who"), body: picker.element, begin: () => picker.list.element.focus(), press: (name) => picker.press(name),
    hints: () => (picker.searching ? [["0-9", "hint.write"], ["*", "hint.letters", { mode: picker.entry.mode }], ["#", "hint.done"]] : [["0-9 #", "hint.number"], ["▲▼ #", "hint.detail"], ["*", "hint.search"]]), start: { words: "hint.done", run: () => screen.back() },
  };
}

const explain = (trouble) => (trouble ? sayReason([trouble.reason], trouble.words) : "");

function open({ name, address, groups, trouble }) {
  showDetail({
    title: name || address,
    lines: [["detail.reason", explain(trouble)], ["detail.since", moment(trouble?.since)], ["detail.next-try", moment(trouble?.next_try)], ["detail.address", address], ["detail.groups", (groups ?? []).join(", ")]],
  });
}

function drawRecipient(each) {
  const why = each.trouble ? firstSentence(explain(each.trouble)) : (each.groups ?? []).join(", ");
  return [make("span", { class: "badge", "aria-hidden": "true", text: String(each.number) }),
    make("span", { class: "row-words" }, make("strong", { text: each.name || each.address }), make("small", { text: each.address })),
    make("span", { class: each.trouble ? "row-note bad" : "row-note", text: why })];
}
