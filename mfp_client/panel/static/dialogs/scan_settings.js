// How the pages are read.

import { Form } from "../pieces/form.js";
import * as screen from "../screen.js";
import { say } from "../words.js";
import { scanFields, splitScan } from "../wishes.js";

export function scanSettings() {
  const form = new Form(scanFields(), { change: () => splitScan(form.values) });
  return {
    name: "scan-settings", title: say("scan.title"), body: form.element, begin: () => form.begin(),
    press: (name) => form.press(name), hints: () => form.hints(), start: { words: "hint.done", run: () => screen.back() },
  };
}
