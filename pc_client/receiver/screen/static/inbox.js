// What is here, the newest first, with search; what is on its way; whether people want to be left alone.

import { get, post, remove } from "/shared/api.js";
import { make } from "/shared/elements.js";
import { sayWhy } from "/shared/refusals.js";
import { button, moment, tell } from "./dom.js";
import { nameOf } from "./printer.js";
import { askWhether } from "./question.js";
import { words } from "./words.js";

const LOOK_MS = 3000;

export function showInbox(main) {
  let serial = null;
  let ended = false;
  let timer;
  document.title = words.inbox;
  const search = make("input", { type: "search", placeholder: words.searchHint, "aria-label": words.search, oninput: () => list() });
  const line = make("p", { class: "line", role: "status" });
  const quiet = button("", () => toggle(), { class: "quiet" });
  const arriving = make("ul", { class: "arriving", "aria-label": words.arriving });
  const rows = make("ul", { class: "rows", "aria-label": words.documents });
  const name = make("h1", { text: words.inbox });
  main.append(make("header", { class: "bar" }, make("img", { class: "brand", src: "/shared/mark.svg", alt: "" }), name, search, quiet), line,
    make("div", { class: "lists" }, arriving, rows));
  let state = null;

  async function look() {
    try {
      state = await get("/state");
      drawState();
      if (state.serial !== serial) await list();
      serial = state.serial;
    } catch (refusal) {
      line.textContent = refusal.message;
      line.className = "line bad";
    }
    if (!ended) timer = setTimeout(look, LOOK_MS);
  }

  function drawState() {
    name.textContent = words.inboxOf(state.name, state.unread);
    document.title = state.unread ? `(${state.unread}) ${words.inbox}` : words.inbox;
    line.className = state.server.state === "up" ? "line" : "line bad";
    line.textContent = state.server.state === "up" ? "" : words.down(sayWhy(state.server.keyword, state.server.words));
    quiet.textContent = state.quiet_until ? words.quietUntil(moment(state.quiet_until)) : state.quiet ? words.quietHours : words.quiet;
    quiet.setAttribute("aria-pressed", String(Boolean(state.quiet)));
    arriving.replaceChildren(...state.arriving.map(drawArriving));
  }

  const drawArriving = (one) => make("li", {}, picture(one),
    make("div", {}, make("span", { class: "title", text: one.title }),
      make("progress", { max: one.size, value: one.octets, "aria-label": words.isArriving(one.title) })));

  async function list() {
    try {
      const found = await get(`/letters?search=${encodeURIComponent(search.value)}`);
      rows.replaceChildren(...found.map(drawRow));
      if (!found.length) rows.append(make("li", { class: "empty", text: search.value ? words.nothingFound : words.nothing }));
    } catch (refusal) {
      tell(refusal.message, true);
    }
  }

  const picture = (one) => make("img", { src: `/api/letters/${one.id}/first-page`, alt: "", loading: "lazy", onerror: (event) => event.target.remove() });

  function drawRow(one) {
    const facts = [words.from(one.sender), words.pages(one.pages), moment(one.arrived)];
    if (one.printed) facts.push(words.printedOn(nameOf(one.printer)));
    return make("li", { class: one.read ? "row" : "row unread" },
      make("a", { href: `#view=${one.id}` }, picture(one),
        make("span", {}, make("span", { class: "title", text: one.title }), !one.read && make("span", { class: "mark", text: words.fresh }),
          make("span", { class: "soft", text: facts.join(" · ") }))),
      button(words.takeOut, () => takeOut(one), { class: "plain", "aria-label": words.takeOutOf(one.title) }));
  }

  async function takeOut(one) {
    if (!await askWhether(words.askTakeOut(one.title), words.erased, words.takeOut)) return;
    await remove(`/letters/${one.id}`).catch((refusal) => tell(refusal.message, true));
    await list();
    (rows.querySelector("a") ?? search).focus();
  }

  async function toggle() {
    try {
      state = await post("/quiet", { minutes: state?.quiet_until ? 0 : 60 });
      drawState();
    } catch (refusal) {
      tell(refusal.message, true);
    }
  }

  timer = setTimeout(look, 0);
  return () => { ended = true; clearTimeout(timer); };
}
