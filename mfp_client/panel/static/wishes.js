// Settings of scans and of paper as fields of a form, and what a person chose last, for as long as the page lives.

import { current } from "./state.js";
import { say } from "./words.js";

const last = { source: "auto", duplex: false, resolution: 300, color: "monochrome", remove_blank: false, scanner: "" };

export const scan = () => {
  const known = scanners().map((each) => each.uri);
  return { ...last, scanner: known.includes(last.scanner) ? last.scanner : known[0] ?? "" };
};

const scanners = () => current()?.scanners ?? [];

const choice = (id, label, value, options) => ({ id, kind: "choice", label: say(label), value, options });
const option = (value, words) => ({ value, label: say(words) });

export function scanFields() {
  const now = scan();
  const fields = [
    choice("source", "scan.source", now.source, ["auto", "adf", "platen"].map((each) => option(each, `scan.source.${each}`))),
    { id: "duplex", kind: "check", label: say("scan.duplex"), value: now.duplex },
    choice("resolution", "scan.resolution", now.resolution, [200, 300, 400, 600].map((dpi) => ({ value: dpi, label: `${dpi} dpi` }))),
    choice("color", "scan.color", now.color, ["bi-level", "monochrome", "color"].map((each) => option(each, `scan.color.${each}`))),
    { id: "remove_blank", kind: "check", label: say("scan.remove-blank"), value: now.remove_blank },
  ];
  return scanners().length > 1 ? [...fields, scannerField(now)] : fields;
}

function scannerField(now) {
  return { id: "scanner", kind: "choice", label: say("scan.scanner"), value: now.scanner, options: scanners().map((each) => ({ value: each.uri, label: each.name })) };
}

// Take the settings of a scan out of a form's values, and remember them: [scan, the rest].
export function splitScan(values) {
  const rest = { ...values };
  for (const name of Object.keys(last)) {
    if (name in rest) last[name] = rest[name];
    delete rest[name];
  }
  return [scan(), rest];
}

export function describeScan() {
  const now = scan();
  const words = [say(`scan.source.${now.source}`), say(now.duplex ? "scan.two-sided" : "scan.one-sided"), `${now.resolution} dpi`, say(`scan.color.${now.color}`)];
  return [...words, ...(now.remove_blank ? [say("scan.remove-blank")] : [])].join(" · ");
}

export const copiesField = (value = 1) => ({ id: "copies", kind: "number", label: say("paper.copies"), value, most: 3 });

export const sidesField = (value = "one-sided") =>
  choice("sides", "paper.sides", value, ["one-sided", "two-sided-long-edge", "two-sided-short-edge"].map((each) => option(each, `paper.sides.${each}`)));

export const titleField = (value = "") => ({ id: "title", kind: "text", label: say("document.title"), value, most: 120, placeholder: say("document.untitled") });

export const keepingFields = (now = {}) => [
  { id: "private", kind: "check", label: say("document.private"), value: now.private ?? false },
  { id: "sheet", kind: "check", label: say("document.sheet"), value: now.sheet ?? false },
  { id: "keep_days", kind: "number", label: say("document.keep-days"), value: now.keep_days ?? null, most: 4, placeholder: say("document.for-ever") },
];
