// Language and contrast: what is chosen is seen at once.

import { choose, contrast } from "../look.js";
import { Form } from "../pieces/form.js";
import * as screen from "../screen.js";
import { currentLanguage, say } from "../words.js";

export function look({ rebuild }) {
  const form = new Form([
    { id: "language", kind: "choice", label: say("look.language"), value: currentLanguage(), options: [{ value: "en", label: "English" }, { value: "ja", label: "日本語" }] },
    { id: "contrast", kind: "choice", label: say("look.contrast"), value: contrast(), options: ["normal", "high"].map((each) => ({ value: each, label: say(`look.contrast.${each}`) })) },
  ], { change: (field) => { if (choose({ [field.id]: field.value })) rebuild(); } });
  return {
    name: "look", title: say("other.look"), lead: say("look.lead"), body: form.element, begin: () => form.begin(), press: (name) => form.press(name), hints: () => form.hints(),
    start: { words: "hint.done", run: () => screen.back() },
  };
}
