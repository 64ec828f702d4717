// Figure 6: who is there? User ID and password by keys, or a card at the reader.

import { post } from "../api.js";
import { icon, make } from "../dom.js";
import { choose, contrast } from "../look.js";
import { Form } from "../pieces/form.js";
import { CardReader } from "../reader.js";
import * as screen from "../screen.js";
import { say, sayError } from "../words.js";

export function logIn({ done, unknown, language }) {
  const reader = new CardReader();
  const form = new Form(fields(language), { always: true, change: screen.refresh });
  form.changed = screen.refresh;
  let asking = null; // what takes the question back, while the server is asked
  const enter = async (asked) => {
    if (asking) return;
    asking = new AbortController();
    screen.refresh();
    await send(asked, form, { done, unknown, signal: asking.signal }).finally(() => { asking = null; });
    screen.refresh();
  };
  // Beside the title, where no keyboard covers them; by keys they are the form's last lines all the same.
  const tools = make("div", { class: "head-tools" }, form.find("contrast").row, form.find("language").row);
  const card = make("p", { class: "card-place" }, icon("card"), make("span", { text: say("login.card") }));
  return {
    name: "log-in", title: say("login.title"), tools, body: make("div", { class: "log-in" }, card, form.element),
    begin: () => form.begin(), press: (name) => form.press(name), hints: () => form.hints(), takeLetters: () => form.begin(),
    watch: (event) => takeCard(reader.read(event), form, enter),
    start: {
      words: "login.start", ready: () => !asking && missing(form) === null, run: () => enter(typed(form)),
      missing: () => (asking ? say("review.asking") : say(`login.no-${missing(form)}`)), seek: () => missing(form) && form.find(missing(form)).input.focus(),
    },
    stop: { words: "login.stop", run: () => { asking?.abort(); clear(form); } },
  };
}

function fields(language) {
  const other = say("login.other-language");
  return [
    { id: "user", kind: "name", label: say("login.user"), most: 100 },
    { id: "password", kind: "password", label: say("login.password"), most: 1000 },
    { id: "contrast", kind: "action", label: say("login.contrast"), run: () => choose({ contrast: contrast() === "high" ? "normal" : "high" }) },
    { id: "language", kind: "action", label: other, run: () => { choose({ language: say("login.other-language-code") }); language(); } },
  ];
}

// A card types into the first field; with a password in the other one, somebody typed fast.
function takeCard(card, form, enter) {
  if (card === null || form.values.password !== "") return false;
  form.find("user").input.value = "";
  enter({ card });
  return true;
}

const typed = ({ values: { user, password } }) => ({ user, password });

// The first field that is empty.
function missing(form) {
  const { user, password } = form.values;
  return user.trim() ? (password ? null : "password") : "user";
}

async function send(asked, form, { done, unknown, signal }) {
  const good = await screen.attempt(async () => {
    try {
      await post("/log-in", asked, { signal });
    } catch (refusal) {
      if (refusal.name === "AbortError") return; // nobody waits for it any more
      if (refusal.error !== "card-unknown" || !asked.card) throw refusal;
      unknown(asked.card);
      screen.tell(sayError(refusal), "note");
      return;
    }
    await done();
  }, { asking: true });
  if (!good) empty(form.find("password"));
}

function empty(field) {
  field.input.value = "";
  field.input.focus();
  field.input.scrollIntoView({ block: "nearest" });
}

function clear(form) {
  empty(form.find("password"));
  empty(form.find("user"));
  screen.hush();
}
