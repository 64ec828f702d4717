// The dialog of figure 13: what is sent, to whom, how; OK, Cancel, and registering this PC with groups.

import { makeChooser } from "./chooser.js";
import { get, post } from "/shared/api.js";
import { make } from "/shared/elements.js";
import { sayWhy } from "/shared/refusals.js";
import { language, words } from "./words.js";

const CLOSE_MS = 2500;
const main = document.getElementById("main");
document.documentElement.lang = language;
document.title = words.heading;

async function enter() {
  const told = new URLSearchParams(location.hash.slice(1));
  const draft = told.get("draft");
  if (told.has("key")) {
    history.replaceState(null, "", `#draft=${draft}`);
    await post("/enter", { key: told.get("key") });
  }
  return draft;
}

function makeSelect(id, label, names, value) {
  const select = make("select", { id }, Object.entries(names).map(([key, text]) => make("option", { value: key, text, selected: key === value })));
  return { select, field: make("p", {}, make("label", { for: id, text: label }), select) };
}

async function show(draft) {
  const told = await get(`/drafts/${draft}`);
  const groups = makeChooser("groups", words.groups, (one) => [words.members(one.note), one.member && words.isMember].filter(Boolean).join(", "));
  const destinations = makeChooser("destinations", words.destinations, (one) => one.note);
  groups.want(told.groups);
  destinations.want(told.destinations);
  list(told.known); // at once what the server told last, then what it tells now
  const title = make("input", { id: "title", value: told.title, maxlength: 255, required: true });
  const copies = make("input", { id: "copies", type: "number", min: 1, max: 999, value: told.copies, required: true });
  const sides = makeSelect("sides", words.sides, words.sidesOf, told.sides);
  const form = makeSelect("form", words.form, words.formOf, told.bitmap);
  const away = make("p", { class: "line away", role: "status", hidden: true });
  const line = make("p", { class: "line", role: "status", "aria-live": "polite" });
  const buttons = {
    ok: make("button", { type: "submit", class: "primary", text: words.ok }),
    cancel: make("button", { type: "button", text: words.cancel, onclick: cancel }),
    register: make("button", { type: "button", text: words.register(told.pc), onclick: register }),
  };

  const sheet = make("form", { class: "dialog", novalidate: true, "aria-labelledby": "heading", onsubmit: (event) => { event.preventDefault(); send(); } },
    make("h1", { id: "heading", text: words.heading }),
    away,
    make("div", { class: "columns" },
      make("div", { class: "sheet" },
        told.picture ? make("img", { src: `/api/drafts/${draft}/page-1`, alt: words.preview }) : make("p", { class: "nothing soft", text: words.noPreview }),
        make("p", { class: "pages", text: words.pages(told.pages) }),
        make("p", {}, make("label", { for: "title", text: words.title }), title),
        make("p", {}, make("label", { for: "copies", text: words.copies }), copies),
        sides.field,
        told.can_bitmap ? form.field : null),
      make("div", { class: "lists" }, groups.element, destinations.element)),
    line,
    make("div", { class: "buttons" }, buttons.register, make("span", { class: "gap" }), buttons.cancel, buttons.ok));
  sheet.addEventListener("input", () => line.classList.contains("bad") && tell("")); // what was wrong may be mended
  main.replaceChildren(sheet);
  groups.focus();
  document.addEventListener("keydown", onKey);
  refresh().catch((refusal) => tell(refusal.message, true));

  function list(choices) {
    groups.show(choices.groups);
    destinations.show(choices.destinations);
  }

  async function refresh() {
    const choices = await get("/choices");
    list(choices);
    away.hidden = !choices.away;
    away.textContent = choices.away ? words.away : "";
    away.title = choices.away;
  }

  function onKey(event) {
    if (event.key === "Escape") cancel();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send();
  }

  function tell(text, bad = false) {
    line.textContent = text;
    line.className = bad ? "line bad" : "line";
  }

  function lock(locked) {
    for (const one of Object.values(buttons)) one.disabled = locked;
  }

  async function attempt(work) {
    lock(true);
    try {
      await work();
    } catch (refusal) {
      tell(refusal.message, true);
    } finally {
      lock(false);
    }
  }

  function send() {
    if (buttons.ok.disabled) return undefined;
    const answers = {
      title: title.value.trim() || told.title,
      groups: groups.chosen(),
      destinations: destinations.chosen(),
      copies: Number(copies.value) || 1,
      sides: sides.select.value || null,
      bitmap: told.can_bitmap ? form.select.value : "",
    };
    if (!answers.groups.length && !answers.destinations.length) {
      tell(words.choose, true);
      groups.focus();
      return undefined;
    }
    tell(words.sending);
    return attempt(async () => {
      const { state, words: said, keyword } = await post(`/drafts/${draft}/send`, answers);
      finish(words[state], state === "kept" ? sayWhy(keyword, said) : "");
    });
  }

  function cancel() {
    return attempt(async () => {
      await post(`/drafts/${draft}/cancel`);
      finish(words.canceled, "");
    });
  }

  function register() {
    if (!groups.chosen().length) {
      tell(words.chooseGroup, true);
      return undefined;
    }
    return attempt(async () => {
      const { messages } = await post("/register", { groups: groups.chosen() });
      tell(language === "en" ? messages.join(" ") : words.registered);
      await refresh();
    });
  }

  function finish(text, detail) {
    document.removeEventListener("keydown", onKey);
    const close = make("button", { type: "button", class: "primary", text: words.close, onclick: () => window.close() });
    main.replaceChildren(make("section", { class: "end" }, make("div", { role: "status" }, make("h1", { text })), detail ? make("p", { class: "soft", text: detail }) : null, close));
    close.focus();
    if (!detail) setTimeout(() => window.close(), CLOSE_MS);
  }
}

try {
  await show(await enter());
} catch (refusal) {
  main.replaceChildren(make("section", { class: "end" }, make("div", { role: "alert" }, make("h1", { text: refusal.message }))));
}
