// What is here, the newest first, with search; what is on its way; whether people want to be left alone.

import { get, post, remove } from "./api.js";
import { button, make, moment, pages, tell } from "./dom.js";

const LOOK_MS = 3000;

export function showInbox(main) {
  let serial = null;
  let ended = false;
  let timer;
  document.title = "Inbox";
  const search = make("input", { type: "search", placeholder: "Title or sender", "aria-label": "Search the inbox", oninput: () => list() });
  const line = make("p", { class: "line", role: "status" });
  const quiet = button("", () => toggle(), { class: "quiet" });
  const arriving = make("ul", { class: "arriving", "aria-label": "On the way" });
  const rows = make("ul", { class: "rows", "aria-label": "Documents" });
  const name = make("h1", { text: "Inbox" });
  main.append(make("header", { class: "bar" }, name, search, quiet), line, arriving, rows);
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
    name.textContent = state.unread ? `Inbox of ${state.name} (${state.unread} new)` : `Inbox of ${state.name}`;
    document.title = state.unread ? `(${state.unread}) Inbox` : "Inbox";
    line.className = state.server.state === "up" ? "line" : "line bad";
    line.textContent = state.server.state === "up" ? "" : `Nothing can come just now: ${state.server.words}`;
    quiet.textContent = state.quiet_until ? `Do not disturb until ${moment(state.quiet_until)}` : state.quiet ? "Quiet hours" : "Do not disturb";
    quiet.setAttribute("aria-pressed", String(Boolean(state.quiet)));
    arriving.replaceChildren(...state.arriving.map(drawArriving));
  }

  const drawArriving = (one) => make("li", {}, picture(one),
    make("div", {}, make("span", { class: "title", text: one.title }),
      make("progress", { max: one.size, value: one.octets, "aria-label": `${one.title} on its way` })));

  async function list() {
    try {
      const found = await get(`/letters?search=${encodeURIComponent(search.value)}`);
      rows.replaceChildren(...found.map(drawRow));
      if (!found.length) {
        const words = search.value ? "Nothing here has these words." : "Nothing has come yet. What is sent to this PC appears here.";
        rows.append(make("li", { class: "empty", text: words }));
      }
    } catch (refusal) {
      tell(refusal.message, true);
    }
  }

  const picture = (one) => make("img", { src: `/api/letters/${one.id}/first-page`, alt: "", loading: "lazy", onerror: (event) => event.target.remove() });

  function drawRow(one) {
    const facts = [`from ${one.sender}`, pages(one.pages), moment(one.arrived)];
    if (one.printed) facts.push(`printed on ${one.printer}`);
    return make("li", { class: one.read ? "row" : "row unread" },
      make("a", { href: `#view=${one.id}` }, picture(one),
        make("span", {}, make("span", { class: "title", text: one.title }), !one.read && make("span", { class: "mark", text: "new" }),
          make("span", { class: "soft", text: facts.join(" · ") }))),
      button("Take out", () => takeOut(one), { class: "plain", "aria-label": `Take ${one.title} out of the inbox` }));
  }

  async function takeOut(one) {
    if (!confirm(`Take "${one.title}" out of the inbox of this PC?`)) return;
    await remove(`/letters/${one.id}`).catch((refusal) => tell(refusal.message, true));
    await list();
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
