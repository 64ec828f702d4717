// A form whose last line leads to the settings of the scan: what copying, storing and reading sheets have in common.

import { Form } from "../pieces/form.js";
import * as screen from "../screen.js";
import { say } from "../words.js";
import { describeScan, scan } from "../wishes.js";
import { scanSettings } from "./scan_settings.js";

export function scanForm({ name, title, lead = "scan.lead", own, words, run }) {
  const settings = { id: "scan", kind: "action", label: describeScan(), run: () => screen.open(scanSettings()) };
  const form = new Form([...own, settings]);
  form.changed = screen.refresh;
  return {
    name, title, lead: say(lead), body: form.element, press: (key) => form.press(key), hints: () => form.hints(),
    begin: () => { form.find("scan").row.querySelector("button > span:last-child").textContent = describeScan(); form.begin(); },
    start: { words, run: () => run(scan(), form.values) },
  };
}
