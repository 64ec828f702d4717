// Everyone who will get it; those who cannot take it now first, with the reason.

import { make } from "../dom.js";
import { Picker } from "../pieces/picker.js";
import * as screen from "../screen.js";
import { count, sayOr, say } from "../words.js";

export function recipients(told) {
  const rows = [...told.recipients].sort((a, b) => Boolean(b.trouble) - Boolean(a.trouble)).map((each, at) => ({ ...each, number: at + 1 }));
  const search = (text) => picker.fill(rows.filter((each) => `${each.name} ${each.address}`.toLowerCase().includes(text.toLowerCase())), note);
  const note = count("review.recipients", told.total);
  const picker = new Picker({ label: say("review.who"), height: 3.5, search, find: (n) => picker.list.items.findIndex((each) => each.number === n), choose: () => {}, draw: drawRecipient });
  picker.changed = screen.refresh;
  picker.fill(rows, note);
  return {
    name: "recipients", title: say("review.who"), body: picker.element, begin: () => picker.list.element.focus(), press: (name) => picker.press(name),
    hints: () => [["▲▼", "hint.scroll"], ["*", "hint.search"]], start: { words: "hint.done", run: () => screen.back() },
  };
}

function drawRecipient(each) {
  const why = each.trouble ? sayOr(`trouble.${each.trouble.reason}`, each.trouble.words) : (each.groups ?? []).join(", ");
  return [make("span", { class: "badge", "aria-hidden": "true", text: String(each.number) }),
    make("span", { class: "row-words" }, make("strong", { text: each.name || each.address }), make("small", { text: each.address })),
    make("span", { class: each.trouble ? "row-note bad" : "row-note", text: why })];
}
