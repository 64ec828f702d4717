// Copy: pages from the scanner to the tray. Nothing is kept.

import { scanForm } from "./scan_form.js";
import { say } from "../words.js";
import { copiesField, sidesField } from "../wishes.js";

export function copy({ begin }) {
  const up = { id: "number_up", kind: "choice", label: say("paper.number-up"), value: 1, options: [1, 2, 4].map((n) => ({ value: n, label: String(n) })) };
  return scanForm({
    name: "copy", title: say("mode.copy"), own: [copiesField(), sidesField(), up], words: "copy.start",
    run: (scan, rest) => begin({ kind: "copy", scan, ...rest, copies: rest.copies || 1 }),
  });
}
