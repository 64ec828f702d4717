// Figure 12: with which group should this device be registered? And the same for taking it out again.

import { get, post } from "../api.js";
import { make } from "../dom.js";
import { Picker } from "../pieces/picker.js";
import * as screen from "../screen.js";
import { say } from "../words.js";

export function membership({ member }) {
  const chosen = new Map();
  const kind = member ? "register" : "withdraw";
  const picker = makePicker(chosen, member);
  load(picker, member);
  return {
    name: kind, title: say(`member.${kind}`), body: picker.element, begin: () => picker.list.element.focus(), press: (name) => picker.press(name),
    hints: () => [["1-9 #", "hint.number"], ["▲▼ #", "hint.move-choose"]],
    start: { words: `member.${kind}.start`, missing: () => picker.missing("member.none"), ready: () => picker.ready(chosen.size > 0), run: () => { picker.add(); if (chosen.size) carryOut([...chosen.values()], member); } },
  };
}

function makePicker(chosen, member) {
  const toggle = (group) => {
    if (group.member === member) screen.tell(say(member ? "member.already" : "member.not", { group: group.name }), "note");
    else if (!chosen.delete(group.file)) chosen.set(group.file, group);
    screen.refresh();
  };
  const picker = new Picker({
    label: say("member.groups"), height: 3.25, multi: true, isChosen: (group) => chosen.has(group.file), choose: toggle,
    find: (number) => picker.list.items.findIndex((group) => group.number === number),
    draw: (group) => [make("span", { class: "badge box", "aria-hidden": "true", text: String(group.number) }), make("span", { class: "row-words", text: group.name }),
      make("span", { class: "row-note", text: say(group.member ? "member.is" : "member.is-not") })],
  });
  return picker;
}

async function load(picker, member) {
  await screen.attempt(async () => {
    const told = await get("/memberships");
    const groups = member ? told.groups : told.groups.filter((group) => group.member);
    const name = told.name || told.address;
    const old = told.stale ? `${say("single.stale")} · ` : "";
    picker.fill(groups, old + (groups.length || member ? say("member.who", { name, address: told.address }) : say("member.in-none", { name })));
  }, { asking: true });
}

async function carryOut(groups, member) {
  let told = null;
  const good = await screen.attempt(async () => {
    for (const group of groups) told = await post("/memberships", { group: group.file, member });
  }, { asking: true });
  if (!good) return;
  screen.back();
  const names = groups.map((group) => group.name).join(", ");
  const key = told.changed ? (member ? "member.registered" : "member.withdrawn") : member ? "member.already" : "member.not";
  screen.tell(say(key, { group: names }), told.changed ? "good" : "note");
}
