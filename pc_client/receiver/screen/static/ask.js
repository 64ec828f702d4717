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
      const { fresh, fresh_count: count, fresh_last: last } = await get("/state?dialog=1");
      const now = count ? `${fresh[0].id} ${count} ${last}` : "";
      if (!count && known) close();
      if (now !== known) draw(fresh, count, last);
      known = now;
    } catch (refusal) {
      tell(refusal.message, true);
    }
    if (!ended) timer = setTimeout(look, LOOK_MS);
  }
  let timer = setTimeout(look, 0);

  function draw(fresh, count, last) {
    if (!count) return;
    const [first] = fresh;
    const single = count === 1;
    document.title = single ? `From ${first.sender}: ${first.title}` : `${count} documents have come`;
    const more = count - fresh.length;
    main.replaceChildren(
      make("section", { class: "ask", role: "dialog", "aria-labelledby": "came" },
        make("h1", { id: "came", text: single ? "A document has come" : `${count} documents have come` }),
        single ? describe(first) : make("ul", { class: "fresh" }, fresh.map(row), more > 0 && rest(more)),
        make("p", { class: "question", text: single ? "Show it now?" : "Show the first one now?" }),
        make("div", { class: "buttons" },
          button("Show", () => open(first.id), { class: "primary", autofocus: true }),
          button("Not now", () => later(last)),
          button("Do not disturb for 1 hour", () => quiet(last), { class: "plain" }))));
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

  const rest = (more) => make("li", { class: "soft", text: `and ${more} more` });

  async function open(id) {
    await post(`/letters/${id}/read`).catch((refusal) => tell(refusal.message, true));
    resize();
    location.hash = `#view=${id}`;
  }

  async function later(last) {
    await post("/announced", { up_to: last }).catch((refusal) => tell(refusal.message, true));
    close();
  }

  async function quiet(last) {
    await post("/quiet", { minutes: 60 }).catch((refusal) => tell(refusal.message, true));
    await later(last);
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
