// Sent jobs of whoever is logged in.

import { get } from "../api.js";
import { make } from "../dom.js";
import { Picker } from "../pieces/picker.js";
import * as screen from "../screen.js";
import { count, moment, say, sayOr } from "../words.js";
import { job } from "./job.js";

export function jobs() {
  const picker = new Picker({
    label: say("other.jobs"), height: 3.5, find: (n) => (n <= picker.list.items.length ? n - 1 : -1),
    choose: (chosen) => screen.open(job(chosen.id)), draw: (each, at) => drawJob(each, at),
  });
  const load = () => screen.attempt(async () => {
    const told = await get("/jobs");
    picker.fill(told.jobs, told.stale ? say("jobs.stale") : told.jobs.length ? count("jobs.count", told.jobs.length) : say("jobs.none"));
  }, { asking: true });
  return {
    name: "jobs", title: say("other.jobs"), body: picker.element, begin: () => { load(); picker.list.element.focus(); }, press: (name) => picker.press(name),
    hints: () => [["1-9 #", "hint.number"], ["▲▼ #", "hint.move-choose"]],
  };
}

function drawJob(each, at) {
  return [make("span", { class: "badge", "aria-hidden": "true", text: String(at + 1) }),
    make("span", { class: "row-words" }, make("strong", { text: each.title || say("document.untitled") }), make("small", { text: moment(each.created) ?? "" })),
    make("span", { class: "row-note", text: `${sayOr(`job.${each.state}`, each.state)} ${tally(each.counts)}` })];
}

export function tally(counts) {
  const numbers = Object.values(counts ?? {}).filter((n) => typeof n === "number");
  const total = counts?.total ?? numbers.reduce((sum, n) => sum + n, 0);
  return total ? `${counts.completed ?? 0}/${total}` : "";
}
