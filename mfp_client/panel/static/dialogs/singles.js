// Figure 10: individual destinations, with check boxes. Only the rows in sight are drawn: ten thousand stay quick.

import { get } from "../api.js";
import { make } from "../dom.js";
import { Picker } from "../pieces/picker.js";
import { noteFound, prepare, search } from "../pieces/searching.js";
import * as screen from "../screen.js";
import { count, number, say } from "../words.js";

export function singles({ chosen, start, words = "dest.start", only = () => true }) {
  const all = [];
  const picker = makePicker(all, chosen);
  load(all, picker, chosen, only);
  return {
    name: "singles", title: say("single.title"), body: picker.element,
    begin: () => picker.list.element.focus(), press: (name) => picker.press(name),
    takeLetters: () => picker.beginSearch(),
    hints: () => hints(picker),
    start: { words, missing: () => picker.missing("single.none"), ready: () => picker.ready(chosen.size > 0), run: () => { picker.add(); if (chosen.size) start(); } },
  };
}

function hints(picker) {
  if (picker.searching) return [["0-9", "hint.write"], ["*", "hint.letters", { mode: picker.entry.mode }], ["#", "hint.done"]];
  return [["0-9 #", "hint.number"], ["▲▼ #", "hint.move-choose"], ["◀▶", "hint.page"], ["*", "hint.search"]];
}

function makePicker(all, chosen) {
  const show = (text) => { const found = search(all, text); picker.fill(found, noteFound(found, note(found, chosen))); };
  const picker = new Picker({
    label: say("single.title"), height: 3, multi: true, search: show,
    find: (wanted) => picker.list.items.findIndex((each) => each.number === wanted),
    isChosen: (each) => chosen.has(each.address),
    choose: (each) => { toggle(chosen, each); picker.note.textContent = note(picker.list.items, chosen); screen.refresh(); },
    draw: drawDestination,
  });
  picker.changed = screen.refresh;
  return picker;
}

function toggle(chosen, destination) {
  if (!chosen.delete(destination.address)) chosen.set(destination.address, destination);
}

function drawDestination(destination) {
  return [make("span", { class: "badge box", "aria-hidden": "true", text: String(destination.number) }),
    make("span", { class: "row-words", text: destination.name || destination.address }), make("span", { class: "row-note", text: destination.address })];
}

const note = (all, chosen) => `${count("single.of", all.length)} · ${say("single.chosen", { n: number(chosen.size) })}`;

async function load(all, picker, chosen, only) {
  await screen.attempt(async () => {
    const told = await get("/destinations");
    for (const each of prepare(told.destinations.filter(only))) all.push(each);
    picker.fill(all, (told.stale ? `${say("single.stale")} · ` : "") + note(all, chosen));
  }, { asking: true });
}
