// Destinations of a job and what is known of each: the receipts. A row opens to all of its words.

import { make } from "../dom.js";
import { count, firstSentence, moment, number, say, sayOr, sayReason } from "../words.js";
import { List } from "./list.js";

const TONES = { completed: "good", aborted: "bad", canceled: "bad", processing: "going", "pending-retry": "warn" };

export class Deliveries {
  // open({title, lines}): shows a row with all of its words
  constructor(open) {
    this.list = new List({ label: say("progress.destinations"), height: 3.5, choose: (delivery) => open(detail(delivery)), draw });
  }

  fill(deliveries) {
    this.list.fill(deliveries);
  }

  press(name) {
    if (name !== "hash") return this.list.press(name);
    this.list.choose();
    return true;
  }
}

const named = (delivery) => delivery.destination || delivery.address;

// What came out well needs no more words than its state.
function draw(delivery) {
  const words = delivery.state === "completed" ? delivery.address : firstSentence(explain(delivery)) || delivery.address;
  return [make("span", { class: `dot tone-${TONES[delivery.state] ?? "quiet"}`, "aria-hidden": "true" }),
    make("span", { class: "row-words" }, make("strong", { text: named(delivery) }), make("small", { text: words })),
    make("span", { class: "row-note", text: describe(delivery) })];
}

// The state, and on what evidence: taken by the device is not yet out of it.
function describe(delivery) {
  const state = sayOr(`delivery.${delivery.state}`, delivery.state);
  if (delivery.state === "processing" && delivery.pages) return `${state} ${number(delivery.pages)}/${delivery.pages_total ? number(delivery.pages_total) : "?"}`;
  if (delivery.state === "completed" && delivery.evidence) return sayOr(`evidence.${delivery.evidence}`, state);
  return state;
}

// The server's sentence; what keeps a device from printing comes before what the server is doing there.
function explain(delivery) {
  const reasons = delivery.state === "processing" ? delivery.device_reasons ?? [] : [];
  const accepted = delivery.state === "completed" && delivery.evidence === "accepted" ? ["job-accepted-without-report"] : [];
  return sayReason([...reasons, ...accepted, delivery.reason], delivery.words, { host: hostOf(delivery.address) });
}

// "printer.example" of ipp://printer.example:631/ipp/print.
const hostOf = (address = "") => /^(?:[\w+.-]+:\/\/)?(\[[^\]]*\]|[^:/]*)/.exec(address)[1];

// Reasons that the server found by itself: the message beside them is none of the device's own words.
const OWN = [
  "destination-unreachable", "destination-unknown-host", "timed-out", "protocol-error", "certificate-not-trusted", "document-format-not-supported",
  "document-format-error", "document-password-error", "document-access-error", "job-deadline-passed", "delivery-uncertain", "channel-not-available",
  "worker-interrupted", "quarantined", "destination-suspended", "pc-away", "pc-never-came",
];

function detail(delivery) {
  const pages = delivery.pages ? count("progress.pages", delivery.pages_total ?? 0, { done: number(delivery.pages), total: delivery.pages_total ? number(delivery.pages_total) : "?" }) : "";
  return {
    title: named(delivery),
    lines: [["detail.state", describe(delivery)], ["detail.reason", explain(delivery)], [OWN.includes(delivery.reason) ? "detail.technical" : "detail.device-says", delivery.message], ["detail.pages", pages],
      ["detail.next-try", delivery.state === "pending-retry" ? moment(delivery.next_try) : ""], ["detail.address", delivery.address], ["detail.job", delivery.job]],
  };
}
