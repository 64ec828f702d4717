// Process stored images: onto a removable medium, or off the memory.

import { get } from "../api.js";
import { Form } from "../pieces/form.js";
import * as screen from "../screen.js";
import { count, octets, say } from "../words.js";
import { confirm } from "./confirm.js";

const option = (value, label) => ({ value, label });

export function process({ begin, ids, media = null }) {
  const form = new Form(fields(media ?? [], () => reload({ begin, ids })), { change: () => permit(form) });
  const dialog = {
    name: "process", title: say("mode.process"), lead: count("documents", ids.length), body: form.element,
    begin: () => { if (media === null) reload({ begin, ids }); form.begin(); }, press: (name) => form.press(name), hints: () => form.hints(),
    start: { words: "process.start", missing: "process.no-medium", ready: () => isReady(form.values), run: () => start(form.values, ids, begin) },
  };
  return dialog;
}

function fields(media, again) {
  return [
    { id: "action", kind: "choice", label: say("process.action"), value: "copy", options: ["copy", "move", "erase"].map((each) => option(each, say(`process.${each}`))) },
    { id: "medium", kind: "choice", label: say("process.medium"), value: media[0]?.path ?? null, options: media.map((each) => option(each.path, describe(each))), note: media.length ? null : say("process.no-medium") },
    { id: "format", kind: "choice", label: say("process.format"), value: "tiff", options: [option("tiff", "TIFF"), option("pdf", "PDF")] },
    { id: "again", kind: "action", label: say("process.look-again"), run: again },
  ];
}

const describe = (medium) => say("process.describe", { name: medium.name, free: octets(medium.free) });

const isReady = (values) => values.action === "erase" || values.medium !== null;

function permit(form) {
  const written = form.values.action !== "erase";
  for (const id of ["medium", "format", "again"]) form.permit(id, written);
  screen.refresh();
}

async function reload({ begin, ids }) {
  await screen.attempt(async () => {
    const told = await get("/media");
    if (screen.top().name === "process") screen.replace(process({ begin, ids, media: told.media }));
  });
}

function start({ action, medium, format }, ids, begin) {
  const run = () => begin({ kind: "process", ids, action, ...(action === "erase" ? {} : { medium, format }) });
  if (action === "copy") return run();
  return confirm({ title: say(`process.${action}-question`), words: count("documents", ids.length), yes: `process.${action}`, run });
}
