// Destinations of a job and what is known of each: the receipts.

import { make } from "../dom.js";
import { number, say, sayOr } from "../words.js";
import { List } from "./list.js";

const TONES = { completed: "good", aborted: "bad", canceled: "bad", processing: "going", "pending-retry": "warn" };

export class Deliveries {
  constructor(options = {}) {
    this.list = new List({ label: say("progress.destinations"), height: 3.5, choose: () => {}, ...options, draw });
  }

  fill(deliveries) {
    this.list.fill(deliveries);
  }
}

function draw(delivery) {
  return [make("span", { class: `dot tone-${TONES[delivery.state] ?? "quiet"}`, "aria-hidden": "true" }),
    make("span", { class: "row-words" }, make("strong", { text: delivery.destination || delivery.address }), make("small", { text: delivery.words || delivery.address })),
    make("span", { class: "row-note", text: describe(delivery) })];
}

// The state, and on what evidence: taken by the device is not yet out of it.
function describe(delivery) {
  const state = sayOr(`delivery.${delivery.state}`, delivery.state);
  if (delivery.state === "processing" && delivery.pages) return `${state} ${number(delivery.pages)}/${delivery.pages_total ? number(delivery.pages_total) : "?"}`;
  if (delivery.state === "completed" && delivery.evidence) return sayOr(`evidence.${delivery.evidence}`, state);
  return state;
}
