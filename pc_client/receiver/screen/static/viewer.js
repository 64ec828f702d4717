// A document: pages, zoom, rotate, print. Pages are drawn by the receiver, in the size in which they are shown.

import { get, post } from "/shared/api.js";
import { make } from "/shared/elements.js";
import { button, tell } from "./dom.js";
import { askPrinter, nameOf } from "./printer.js";
import { words } from "./words.js";

const STEPS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
const MARGIN = 48;

export function showViewer(main, id) {
  let page = 1;
  let step = STEPS.indexOf(1);
  let rotation = 0;
  let letter = null;
  const title = make("h1", { text: "…" });
  const number = make("input", { type: "number", min: 1, value: 1, "aria-label": words.page, onchange: () => turnTo(Number(number.value)) });
  const count = make("span", { class: "soft" });
  const size = make("span", { class: "soft", role: "status" });
  const image = make("img", { class: "page", alt: "" });
  const sheet = make("div", { class: "sheet", tabindex: 0, "aria-label": words.sheet }, image);
  const back = button(words.back, () => turnTo(page - 1));
  const on = button(words.on, () => turnTo(page + 1));
  main.append(
    make("header", { class: "bar" }, make("a", { class: "button", href: "#inbox", text: words.inbox }), title),
    make("div", { class: "tools", role: "toolbar", "aria-label": words.view },
      back, number, count, on,
      button(words.smaller, () => zoom(-1)), size, button(words.larger, () => zoom(1)),
      button(words.rotate, () => rotate()),
      button(words.print, () => print(), { class: "primary" }),
      make("a", { class: "button", href: `/api/letters/${id}/document`, text: words.save, download: true })),
    sheet);

  image.addEventListener("error", () => fail());
  image.addEventListener("load", () => image.setAttribute("data-drawn", image.getAttribute("src")));

  async function fail() {
    const answer = await fetch(image.src).catch(() => null);
    const told = answer && !answer.ok ? await answer.json().catch(() => ({})) : {};
    tell(told.words ?? words.noPage, true);
  }

  function draw() {
    const fit = Math.max(200, Math.min(sheet.clientWidth - MARGIN, 1000));
    const dots = Math.round(fit * STEPS[step]);
    const sharp = Math.min(4000, Math.round(dots * (window.devicePixelRatio || 1)));
    image.style.width = `${dots}px`;
    image.alt = words.pageOf(page, letter.title);
    image.src = `/api/letters/${id}/pages/${page}?width=${sharp}&rotation=${rotation}`;
    number.value = page;
    number.max = letter.pages;
    count.textContent = words.of(letter.pages);
    size.textContent = `${Math.round(STEPS[step] * 100)} %`;
    back.disabled = page <= 1;
    on.disabled = page >= letter.pages;
  }

  function turnTo(wanted) {
    page = Math.min(Math.max(Math.round(wanted) || 1, 1), letter.pages);
    sheet.scrollTop = 0;
    draw();
  }

  function zoom(by) {
    step = Math.min(Math.max(step + by, 0), STEPS.length - 1);
    draw();
  }

  function rotate() {
    rotation = (rotation + 90) % 360;
    draw();
  }

  async function print() {
    const order = await askPrinter(letter);
    if (!order) return;
    tell(words.printing(letter.pages, nameOf(order.printer)));
    try {
      await post(`/letters/${id}/print`, order);
      tell(words.taken(nameOf(order.printer)));
    } catch (refusal) {
      tell(refusal.message, true);
    }
  }

  const keys = { "+": () => zoom(1), "-": () => zoom(-1), r: rotate, p: print, PageDown: () => turnTo(page + 1), PageUp: () => turnTo(page - 1),
    ArrowRight: () => turnTo(page + 1), ArrowLeft: () => turnTo(page - 1), Escape: () => { location.hash = "#inbox"; } };

  function press(event) {
    if (!letter || event.ctrlKey || event.altKey || event.metaKey || event.target.closest("dialog, input")) return;
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  }

  async function open() {
    try {
      letter = await get(`/letters/${id}`);
      title.textContent = letter.title;
      title.title = letter.title;
      document.title = letter.title;
      draw();
      sheet.focus();
      await post(`/letters/${id}/read`);
    } catch (refusal) {
      sheet.replaceChildren(make("p", { class: "empty", role: "alert", text: refusal.message }));
    }
  }

  const redraw = () => letter && draw();
  addEventListener("keydown", press);
  addEventListener("resize", redraw);
  open();
  return () => { removeEventListener("keydown", press); removeEventListener("resize", redraw); };
}
