// The dialog that comes up by itself: something has come, shall it be shown?

import { get, post } from "./api.js";
import { button, make, moment, pages, tell } from "./dom.js";

const LOOK_MS = 2500;

export function showAsk(main) {
  let known = "";
  let ended = false;
  document.title = "A document has come";

  async function look() {
    try {
      const { fresh } = await get("/state?dialog=1");
      const now = fresh.map((one) => one.id).join();
      if (!fresh.length && known) close();
      if (now !== known) draw(fresh);
      known = now;
    } catch (refusal) {
      tell(refusal.message, true);
    }
    if (!ended) timer = setTimeout(look, LOOK_MS);
  }
  let timer = setTimeout(look, 0);

  function draw(fresh) {
    if (!fresh.length) return;
    const [first] = fresh;
    document.title = fresh.length === 1 ? `From ${first.sender}: ${first.title}` : `${fresh.length} documents have come`;
    const single = fresh.length === 1;
    main.replaceChildren(
      make("section", { class: "ask", role: "dialog", "aria-labelledby": "came" },
        make("h1", { id: "came", text: single ? "A document has come" : `${fresh.length} documents have come` }),
        single ? describe(first) : make("ul", { class: "fresh" }, fresh.map(row)),
        make("p", { class: "question", text: single ? "Show it now?" : "Show the first one now?" }),
        make("div", { class: "buttons" },
          button("Show", () => open(first.id), { class: "primary", autofocus: true }),
          button("Not now", () => later(fresh)),
          button("Do not disturb for 1 hour", () => quiet(fresh), { class: "plain" }))));
    main.querySelector(".primary").focus();
  }

  const describe = (one) => make("div", { class: "came" },
    make("img", { src: `/api/letters/${one.id}/first-page`, alt: "First page", onerror: (event) => event.target.remove() }),
    make("div", {},
      make("p", { class: "title", text: one.title }),
      make("p", { class: "soft", text: `from ${one.sender}` }),
      make("p", { class: "soft", text: `${pages(one.pages)}, sent ${moment(one.sent)}` })));

  const row = (one) => make("li", {},
    make("span", { class: "title", text: one.title }),
    make("span", { class: "soft", text: `from ${one.sender}, ${pages(one.pages)}` }));

  async function open(id) {
    await post(`/letters/${id}/read`).catch((refusal) => tell(refusal.message, true));
    resize();
    location.hash = `#view=${id}`;
  }

  async function later(fresh) {
    await post("/announced", { ids: fresh.map((one) => one.id) }).catch((refusal) => tell(refusal.message, true));
    close();
  }

  async function quiet(fresh) {
    await post("/quiet", { minutes: 60 }).catch((refusal) => tell(refusal.message, true));
    await later(fresh);
  }

  function close() {
    window.close(); // a window of its own closes; a tab that the person opened stays, and shows the inbox
    location.hash = "#inbox";
  }

  function resize() {
    try {
      window.resizeTo(Math.min(1100, screen.availWidth), Math.min(900, screen.availHeight));
    } catch { /* a tab keeps its size */ }
  }

  return () => { ended = true; clearTimeout(timer); };
}
