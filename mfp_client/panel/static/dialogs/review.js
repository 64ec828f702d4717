// Before anything leaves: the first page, how many there are, who will get it, and who cannot take it now.

import { post } from "../api.js";
import { button, icon, make } from "../dom.js";
import { pagePicture } from "../pieces/document.js";
import { Form } from "../pieces/form.js";
import { countPages, isScanned } from "../pieces/scanned.js";
import * as screen from "../screen.js";
import { current, look } from "../state.js";
import { count, say, sayError } from "../words.js";
import { copiesField, keepingFields, sidesField, titleField } from "../wishes.js";
import { destinations } from "./destinations.js";
import { fax } from "./fax.js";
import { preview } from "./preview.js";
import { recipients } from "./recipients.js";

// STOP leads back to whom it is for; the pages, an order that was refused, and what is chosen here, stay meanwhile.
export function review(task, { back, leave }) {
  const who = new Who(task.to ?? {});
  const form = new Form(fields(task), { change: () => permit(form) });
  form.changed = screen.refresh;
  permit(form);
  const aim = {};
  const wished = () => ({ ...wishes(form.values), ...aim });
  const start = () => screen.attempt(async () => { await post("/task/start", wished()); await look(); });
  const take = (chosen) => {
    for (const name of AIMS) if (chosen[name]) aim[name] = chosen[name];
    screen.backTo("review");
    who.ask({ groups: aim.groups ?? [], destinations: aim.destinations ?? [], to: aim.to ?? [] });
  };
  const change = () => openAim({ begin: take, wishes: { kind: task.kind, ...task.options, ...aim }, leave: () => leaveFrom(task, wished, leave) });
  let told = null;
  const update = (now) => {
    const trouble = now.error && now.error.words !== told ? now.error : null;
    told = now.error?.words ?? null;
    if (trouble) screen.tell(sayError(trouble));
  };
  return {
    update,
    name: "review", title: say("review.send"),
    body: make("div", { class: "review" }, first(task), make("div", { class: "review-side" }, who.element, form.element)),
    begin: () => { form.begin(); told = null; update(current()?.task ?? task); }, press: (name) => (form.writing ? form.press(name) : press(name, task, who) || form.press(name)),
    hints: () => [...(form.writing ? [] : [["*", "review.pages"], ...(who.told ? [["0", "review.who-hint"]] : [])]), ...form.hints()],
    start: { words: "review.start", run: start }, stop: { words: "hint.back", run: isScanned(task) || task.refused ? change : back },
  };
}

const AIMS = ["groups", "destinations", "to"];

const openAim = (aim) => screen.open(aim.wishes.kind.startsWith("fax") ? fax(aim) : destinations(aim));

const leaveFrom = (task, wished, leave) => leave(current()?.task ?? task, wished());

function press(name, task, who) {
  if (name === "star") openPages(task);
  else if (name === "0") who.open();
  else return false;
  return true;
}

// Pages ------------------------------------------------------------------------

function first(task) {
  const words = count("pages", countPages(task));
  return button({ class: "first-page", "aria-label": `${say("review.preview")}: ${words}`, onclick: () => openPages(task) },
    pagePicture(pageAddress(1), ""), make("span", { class: "caption" }, badge("*"), words));
}

const openPages = (task) => screen.open(preview({ title: say("document.pages"), pages: countPages(task), source: pageAddress }));

const pageAddress = (n) => `/api/task/pages/${n}.jpg?size=large`;

const badge = (key) => make("span", { class: "badge", "aria-hidden": "true", text: key });

// Wishes -----------------------------------------------------------------------

function fields(task) {
  const options = task.options ?? {};
  const all = [titleField(options.title ?? task.document?.title ?? "")];
  if (task.kind.startsWith("distribute")) all.push(copiesField(options.copies ?? 1), sidesField(options.sides ?? "one-sided"));
  if (!isScanned(task)) return all;
  all.push({ id: "keep", kind: "check", label: say("review.keep"), value: options.keep ?? false });
  all.push(...keepingFields(options)); // last: they come and go, and the others keep their numbers
  return all;
}

// How it is kept matters only where it is kept.
function permit(form) {
  if (!form.find("keep")) return;
  for (const id of ["sheet", "private", "keep_days"]) form.permit(id, form.values.keep);
}

function wishes(values) {
  const given = { ...values };
  if (given.keep_days === null) delete given.keep_days;
  if (given.copies === null) delete given.copies;
  if (given.keep === false) for (const id of ["sheet", "private", "keep_days"]) delete given[id];
  return given;
}

const UNKNOWN = ["unknown-destination", "unknown-group"];

// Numbers that were typed are all there is to know of them.
const known = (destinations) => ({ total: destinations.length, recipients: destinations.map((address) => ({ name: address, address: "", groups: [] })) });

// Who gets it --------------------------------------------------------------------

class Who {
  constructor(to) {
    this.told = null;
    this.words = make("span", { text: say("review.asking") });
    this.trouble = make("span", { class: "trouble" });
    this.element = button({ class: "who", onclick: () => this.open() }, badge("0"), icon("people"), make("span", { class: "who-words" }, this.words, this.trouble));
    this.ask(to);
  }

  async ask(to) {
    const { groups = [], destinations = [], to: numbers = [] } = to;
    let refusal = null;
    this.asked = to;
    const told = await post("/recipients", { groups, destinations, to: numbers }).catch((why) => {
      refusal = UNKNOWN.includes(why.error) ? why : null;
      return groups.length || refusal ? null : known([...destinations, ...numbers]);
    });
    if (this.asked !== to) return; // it is for others by now
    this.told = told;
    if (told) this.show();
    else this.showUnknown(refusal);
    this.element.firstChild.hidden = !told;
    screen.refresh();
  }

  show() {
    const troubled = this.told.recipients.filter((each) => each.trouble);
    this.words.textContent = count("review.recipients", this.told.total) + (this.told.stale ? ` · ${say("review.stale")}` : "");
    this.trouble.textContent = troubled.length ? count("review.troubled", troubled.length) : "";
    this.element.classList.toggle("has-trouble", troubled.length > 0);
  }

  // Told before START, where it is one that the server would refuse.
  showUnknown(refusal) {
    this.words.textContent = refusal ? "" : say("review.unknown");
    this.trouble.textContent = refusal ? sayError(refusal) : "";
    this.element.classList.toggle("has-trouble", Boolean(refusal));
  }

  open() {
    if (this.told) screen.open(recipients(this.told));
  }
}
