// Orders that wait for the server: kept here, sent as soon as it is back, withdrawn until then.

import { get, remove } from "../api.js";
import { make } from "../dom.js";
import { nameDocument } from "../pieces/named.js";
import { Picker } from "../pieces/picker.js";
import * as screen from "../screen.js";
import { current } from "../state.js";
import { count, firstSentence, groupId, moment, say, sayError } from "../words.js";
import { confirm } from "./confirm.js";

export function waiting() {
  const fill = async () => {
    const told = await get("/waiting");
    const orders = Array.isArray(told) ? told : told.waiting ?? told.orders ?? [];
    picker.fill(orders, orders.length ? count("head.waiting", orders.length) : say("waiting.none"));
  };
  const load = () => screen.attempt(fill);
  const picker = new Picker({ label: say("other.waiting"), height: 3.75, find: (n) => (n <= picker.list.items.length ? n - 1 : -1), choose: (order) => ask(order, load), draw });
  let seen = "";
  return {
    name: "waiting", title: say("other.waiting"), lead: say("waiting.lead"), body: picker.element, begin: () => { seen = sign(current()); load(); picker.list.element.focus(); },
    update: (state) => {
      if (sign(state) === seen) return;
      seen = sign(state);
      screen.keepUp(fill, () => screen.isShown("waiting"));
    },
    press: (name) => picker.press(name), hints: () => [["1-9 #", "waiting.withdraw"], ["▲▼ #", "hint.move-choose"]],
  };
}

// What the list depends on: an order that was taken, or a server that is back, is not shown as it was.
const sign = (state) => `${state?.waiting} ${state?.server?.state}`;

function draw(order, at) {
  return [make("span", { class: "badge", "aria-hidden": "true", text: String(at + 1) }),
    make("span", { class: "row-words" }, make("strong", { text: order.title || say("document.untitled") }), make("small", { text: [groupId(order.id), moment(order.since), (order.to ?? []).join(", ")].filter(Boolean).join(" · ") })),
    make("span", { class: "row-note", text: order.error ? firstSentence(sayError(order)) : order.words ?? "" })];
}

function ask(order, load) {
  const run = () => screen.attempt(async () => {
    const told = await remove(`/waiting/${encodeURIComponent(order.key)}`);
    await load();
    if (told.withdrawn === false) screen.tell(say("waiting.gone"), "note");
  });
  confirm({ title: say("waiting.question"), words: nameDocument(order), yes: "waiting.withdraw", run });
}
