// On which printer, and how many copies: a queue of this PC or a printer of the network.

import { get } from "/shared/api.js";
import { make } from "/shared/elements.js";
import { ask } from "./question.js";
import { words } from "./words.js";

const LAST = "printer";

export const nameOf = (printer) => (printer.startsWith("cups:") ? printer.slice(5) : printer);

export async function askPrinter(letter) {
  const known = await get("/printers").catch(() => []);
  const last = localStorage.getItem(LAST);
  const choice = make("select", { id: "printer" },
    known.map((one) => make("option", { value: one, text: nameOf(one), selected: one === last })),
    make("option", { value: "", text: words.otherPrinter, selected: Boolean(last) && !known.includes(last) }));
  const other = make("input", { id: "other", type: "text", placeholder: "ipp://HOST/ipp/print", value: last?.startsWith("ipp") ? last : "" });
  const field = make("p", {}, make("label", { for: "other", text: words.address }), other);
  const copies = make("input", { id: "copies", type: "number", min: 1, max: 99, value: letter.copies || 1 });
  const turn = () => { field.hidden = choice.value !== ""; };
  choice.addEventListener("change", turn);
  turn();
  const take = () => {
    const printer = choice.value || other.value.trim();
    if (!printer) {
      other.focus();
      return null;
    }
    localStorage.setItem(LAST, printer);
    return { printer, copies: Number(copies.value) || 1 };
  };
  const fields = [
    make("p", {}, make("label", { for: "printer", text: words.printer }), choice),
    field,
    make("p", {}, make("label", { for: "copies", text: words.copies }), copies),
  ];
  return ask(words.print, fields, words.print, take);
}
