// A list with a search field and check boxes. What is chosen stands first and stays, whatever is searched for.

import { make } from "/shared/elements.js";
import { words } from "./words.js";

const MOST = 200;

export function makeChooser(id, heading, describe) {
  const chosen = new Set();
  const wanted = new Set(); // chosen last time, or by whoever printed, and not seen in the list yet
  let choices = [];
  const search = make("input", { type: "search", id: `${id}-search`, "aria-label": words.search(heading), placeholder: words.search(heading), oninput: draw });
  const count = make("span", { class: "soft", role: "status" });
  const list = make("ul", { class: "choices" });
  const element = make("fieldset", { id }, make("legend", {}, heading, " ", count), search, list);

  function draw() {
    const asked = search.value.normalize("NFKC").toLowerCase();
    const matches = (one) => `${one.name} ${one.value}`.normalize("NFKC").toLowerCase().includes(asked);
    const found = choices.filter((one) => matches(one) || chosen.has(one.value));
    found.sort((one, other) => chosen.has(other.value) - chosen.has(one.value));
    const rows = found.slice(0, MOST).map(row);
    if (!found.length) rows.push(make("li", { class: "soft", text: words.none }));
    if (found.length > MOST) rows.push(make("li", { class: "soft", text: words.more(found.length - MOST) }));
    list.replaceChildren(...rows);
    tellCount();
  }

  function row(one) {
    const box = make("input", { type: "checkbox", value: one.value, checked: chosen.has(one.value), onchange: () => {
      if (box.checked) chosen.add(one.value);
      else chosen.delete(one.value);
      tellCount();
    } });
    return make("li", {}, make("label", {}, box, make("span", { class: "name", text: one.name }), make("span", { class: "soft", text: describe(one) })));
  }

  function tellCount() {
    count.textContent = chosen.size ? words.chosen(chosen.size) : "";
  }

  return {
    element,
    focus: () => search.focus(),
    chosen: () => choices.map((one) => one.value).filter((value) => chosen.has(value)),
    want(names) {
      for (const name of names) wanted.add(name);
    },
    show(all) {
      choices = all;
      for (const one of all) {
        for (const name of [one.name, one.value]) if (wanted.delete(name)) chosen.add(one.value);
      }
      draw();
    },
  };
}
