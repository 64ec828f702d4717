// Store a document: scanned into the image memory, for later.

import { scanForm } from "./scan_form.js";
import { say } from "../words.js";
import { keepingFields, titleField } from "../wishes.js";

export function store({ begin }) {
  return scanForm({
    name: "store", title: say("other.store"), own: [titleField(), ...keepingFields()], words: "dest.start",
    run: (scan, rest) => begin({ kind: "store", scan, ...rest }),
  });
}
