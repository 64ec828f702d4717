// First start: which server, which device is this, and the code that the server's board shows.

import { get, post } from "../api.js";
import { choose } from "../look.js";
import { Form } from "../pieces/form.js";
import * as screen from "../screen.js";
import { current, expectRestart } from "../state.js";
import { currentLanguage, say } from "../words.js";

// In another language it is drawn anew (`rebuild`), with the values that were there.
export function setup({ done, rebuild, values }) {
  const change = (field) => (field.id === "language" && choose({ language: field.value }) ? rebuild(form.values) : screen.refresh());
  const form = new Form(fields(), { always: true, change });
  form.changed = screen.refresh;
  for (const field of form.fields) if (values && field.input) field.input.value = values[field.id];
  const begin = () => (values ? form.find("language").row.querySelector("[aria-checked=true]").focus() : form.begin());
  fillIn(form);
  const again = current()?.device.set_up ? "-again" : "";
  return {
    name: "setup", title: say(`setup.title${again}`), lead: say(`setup.lead${again}`), body: form.element, begin, takeLetters: () => form.begin(),
    press: (name) => form.press(name), hints: () => form.hints(),
    start: { words: "setup.start", missing: "setup.missing", ready: () => isWhole(form.values), run: () => send(form.values, done) },
    ...(again ? {} : { stop: { words: "hint.nothing", run: () => {} } }),
  };
}

const example = (value) => say("setup.example", { value });

function fields() {
  return [
    { id: "language", kind: "choice", label: say("look.language"), value: currentLanguage(), options: [{ value: "en", label: "English" }, { value: "ja", label: "日本語" }] },
    { id: "server", kind: "name", label: say("setup.server"), most: 200, placeholder: example("https://server.example") },
    { id: "address", kind: "name", label: say("setup.address"), most: 200, placeholder: example("sale1.hqs.example") },
    { id: "code", kind: "name", label: say("setup.code"), most: 9, placeholder: example("1234 5678") },
    { id: "name", kind: "text", label: say("setup.name"), most: 100 },
  ];
}

async function fillIn(form) {
  await screen.attempt(async () => {
    const told = await get("/setup");
    const known = told.server ? ["server", "address", "name"] : ["address"]; // at a first start the server knows the name
    for (const id of known) if (told[id] && !form.values[id]) form.find(id).input.value = id === "address" ? shorten(told[id]) : told[id];
  });
}

// The address that a domain name alone stands for is shown as that name.
const shorten = (address) => /^ipp:\/\/([^/:]+)\/ipp\/print$/.exec(address)?.[1] ?? address;

// It is looked for again by itself.
function allowGone(refusal) {
  if (refusal.error !== "panel-gone") throw refusal;
}

const isWhole = ({ server, address, code }) => Boolean(server && address && code);

async function send(values, done) {
  const code = values.code.normalize("NFKC").replace(/\D/g, "");
  await screen.attempt(async () => {
    await post("/setup", { ...values, code });
    choose({ language: values.language });
    expectRestart();
    await done().catch(allowGone);
  }, { asking: true });
}
