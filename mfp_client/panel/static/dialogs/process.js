// Process stored images: onto a removable medium, or off the memory. A medium that is put in is noticed by itself.

import { get } from "../api.js";
import { icon, make } from "../dom.js";
import { Form } from "../pieces/form.js";
import { nameDocuments } from "../pieces/named.js";
import * as screen from "../screen.js";
import { octets, say } from "../words.js";
import { confirm } from "./confirm.js";

const AGAIN = 2000; // milliseconds between looks for media

export function process({ begin, documents }) {
  const view = new Process();
  return {
    name: "process", title: say("mode.process"), body: make("div", { class: "about" }, nameDocuments(documents), view.element),
    begin: () => { view.look(); view.form.begin(); }, leave: () => clearTimeout(view.timer), press: (name) => view.form.press(name), hints: () => view.form.hints(),
    start: { words: "process.start", missing: "process.no-medium", ready: () => view.isReady(), run: () => start(view.form.values, documents, begin) },
  };
}

class Process {
  constructor() {
    this.media = null; // not known yet
    this.missing = make("div", { class: "big-words", role: "status" }, icon("process"), make("p", { text: say("process.no-medium") }), make("p", { class: "soft", text: say("process.no-medium-more") }));
    this.element = make("div", { class: "process" });
    this.draw();
  }

  draw() {
    const { action = "copy", format = "tiff" } = this.form?.values ?? {};
    this.form = new Form(fields(this.media ?? [], action, format), { change: () => this.permit() });
    this.element.replaceChildren(this.form.element, this.missing);
    this.permit();
  }

  permit() {
    const written = this.form.values.action !== "erase";
    const found = (this.media ?? []).length > 0;
    for (const id of ["medium", "format"]) this.form.permit(id, written && found);
    this.missing.hidden = !written || found || this.media === null;
    screen.refresh();
  }

  isReady() {
    const { action, medium } = this.form.values;
    return action === "erase" || medium !== null;
  }

  async look() {
    clearTimeout(this.timer);
    try {
      this.take((await get("/media")).media);
    } catch {
      // the next look may go well
    }
    if (screen.isShown("process")) this.timer = setTimeout(() => this.look(), AGAIN);
  }

  // Drawn anew only when a medium came or went, so that nobody loses what they were choosing.
  take(media) {
    const paths = (list) => JSON.stringify(list?.map((each) => each.path));
    if (paths(media) === paths(this.media)) return;
    const focused = this.element.contains(document.activeElement);
    this.media = media;
    this.draw();
    if (focused) this.form.begin();
  }
}

const option = (value, label) => ({ value, label });

function fields(media, action, format) {
  return [
    { id: "action", kind: "choice", label: say("process.action"), value: action, options: ["copy", "move", "erase"].map((each) => option(each, say(`process.${each}`))) },
    { id: "medium", kind: "choice", label: say("process.medium"), value: media[0]?.path ?? null, options: media.map((each) => option(each.path, describe(each))) },
    { id: "format", kind: "choice", label: say("process.format"), value: format, options: [option("tiff", "TIFF"), option("pdf", "PDF")] },
  ];
}

const describe = (medium) => say("process.describe", { name: medium.name, free: octets(medium.free) });

function start({ action, medium, format }, documents, begin) {
  const ids = documents.map((each) => each.id);
  const run = () => begin({ kind: "process", ids, action, ...(action === "erase" ? {} : { medium, format }) });
  if (action === "copy") return run();
  return confirm({ title: say(`process.${action}-question`), about: nameDocuments(documents), yes: `process.${action}`, run });
}
