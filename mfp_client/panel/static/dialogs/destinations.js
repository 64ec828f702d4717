// Figure 9: to whom? Line 0 is the panel's own; the groups from 1 on are the server's.

import { get } from "../api.js";
import { button, make } from "../dom.js";
import { Picker } from "../pieces/picker.js";
import * as screen from "../screen.js";
import { count, moment, say } from "../words.js";
import { describeScan, scan } from "../wishes.js";
import { scanSettings } from "./scan_settings.js";
import { singles } from "./singles.js";

// What is wished already is chosen. `leave`: pages are scanned, and STOP asks what becomes of them.
export function destinations({ begin, wishes, leave }) {
  const chosen = { groups: new Set(wishes.groups ?? []), singles: new Map((wishes.destinations ?? []).map((address) => [address, { address }])) };
  const scanning = !wishes.ids && !wishes.unfinished && !leave;
  const words = scanning ? "dest.start" : "dest.go-on";
  const settings = make("span", { class: "settings" });
  const openSettings = () => screen.open(scanSettings());
  const picker = makePicker({ chosen, words, start: () => start(), tools: scanning ? tools(settings, openSettings) : null });
  const start = () => begin({ ...wishes, ...(scanning ? { scan: scan() } : {}), groups: [...chosen.groups], destinations: [...chosen.singles.keys()] });
  load(picker, chosen);
  return {
    name: "destinations", title: say("dest.title"), lead: say(scanning ? "dest.lead" : "dest.lead-stored"), body: picker.element,
    begin: () => { picker.list.element.focus(); picker.list.draw(true); settings.textContent = describeScan(); },
    press: (name) => (name === "star" && scanning ? (openSettings(), true) : picker.press(name)),
    hints: () => [["0-9 #", "hint.number"], ["▲▼ #", "hint.move-choose"], ...(scanning ? [["*", "hint.scan-settings"]] : [])],
    start: { words, missing: () => picker.missing("dest.none"), ready: () => picker.ready(isChosen(chosen)), run: () => takeThen(picker, chosen, start) },
    ...(leave ? { stop: { words: "leaving.leave", run: leave } } : {}),
  };
}

const isChosen = (chosen) => chosen.groups.size + chosen.singles.size > 0;

// A number that stands there is meant, also without "#"; 0 first asks which.
function takeThen(picker, chosen, start) {
  const individual = picker.digits !== "" && Number(picker.digits) === 0;
  if (individual) picker.take();
  else picker.add();
  if (!individual && isChosen(chosen)) start();
}

function tools(settings, run) {
  return button({ class: "tool-wide", onclick: run }, make("span", { class: "badge", "aria-hidden": "true", text: "*" }), settings);
}

function makePicker({ chosen, words, start, tools: above }) {
  const picker = new Picker({
    label: say("dest.title"), height: 3.25, multi: true, tools: above,
    find: (number) => picker.list.items.findIndex((group) => group.number === number),
    isChosen: (group) => (group.number === 0 ? chosen.singles.size > 0 : chosen.groups.has(group.file)),
    choose: (group) => choose(group, chosen, { words, start }),
    draw: (group) => drawGroup(group, chosen),
  });
  return picker;
}

function choose(group, chosen, then) {
  if (group.number === 0) screen.open(singles({ chosen: chosen.singles, ...then }));
  else if (!chosen.groups.delete(group.file)) chosen.groups.add(group.file);
  screen.refresh();
}

function drawGroup(group, chosen) {
  const own = group.number === 0;
  const note = own ? (chosen.singles.size ? count("dest.chosen", chosen.singles.size) : "") : describeGroup(group);
  return [make("span", { class: own ? "badge" : "badge box", "aria-hidden": "true", text: String(group.number) }),
    make("span", { class: "row-words", text: group.name }), make("span", { class: "row-note", text: note })];
}

function describeGroup(group) {
  if (group.paused) return say("dest.paused");
  if (group.accepting === false) return say("dest.not-accepting");
  return count("dest.members", group.members ?? 0);
}

async function load(picker, chosen) {
  const own = { number: 0, name: say("dest.individual") };
  picker.fill([own], say("review.asking")); // a server that hangs is waited for
  const good = await screen.attempt(async () => {
    const told = await get("/groups");
    for (const file of chosen.groups) if (!told.groups.some((group) => group.file === file)) chosen.groups.delete(file);
    picker.fill([own, ...told.groups], told.stale ? say("dest.stale", { time: moment(told.as_of) ?? "?" }) : "");
  });
  if (!good) picker.fill([own]);
}
