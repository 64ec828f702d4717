// On which printer, and how many copies: a queue of this PC or a printer of the network.

import { get } from "./api.js";
import { button, make } from "./dom.js";

const LAST = "printer";

export async function askPrinter(letter) {
  const known = await get("/printers").catch(() => []);
  const last = localStorage.getItem(LAST);
  const choice = make("select", { id: "printer" },
    known.map((one) => make("option", { value: one, text: name(one), selected: one === last })),
    make("option", { value: "", text: "Another printer of the network …", selected: Boolean(last) && !known.includes(last) }));
  const other = make("input", { id: "other", type: "text", placeholder: "ipp://HOST/ipp/print", value: last?.startsWith("ipp") ? last : "" });
  const field = make("p", {}, make("label", { for: "other", text: "Its address" }), other);
  const copies = make("input", { id: "copies", type: "number", min: 1, max: 99, value: letter.copies || 1 });
  const turn = () => { field.hidden = choice.value !== ""; };
  choice.addEventListener("change", turn);
  turn();
  return new Promise((resolve) => {
    const done = (order) => { dialog.close(); dialog.remove(); resolve(order); };
    const take = () => {
      const printer = choice.value || other.value.trim();
      if (!printer) { other.focus(); return; }
      localStorage.setItem(LAST, printer);
      done({ printer, copies: Number(copies.value) || 1 });
    };
    const dialog = make("dialog", { "aria-labelledby": "print-title" },
      make("h2", { id: "print-title", text: "Print" }),
      make("p", {}, make("label", { for: "printer", text: "Printer" }), choice),
      field,
      make("p", {}, make("label", { for: "copies", text: "Copies" }), copies),
      make("div", { class: "buttons" }, button("Print", take, { class: "primary" }), button("Cancel", () => done(null))));
    dialog.addEventListener("cancel", () => done(null));
    document.body.append(dialog);
    dialog.showModal();
  });
}

const name = (printer) => (printer.startsWith("cups:") ? printer.slice(5) : printer);
