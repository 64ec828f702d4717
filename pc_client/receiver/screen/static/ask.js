// The dialog that comes up by itself: something has come, shall it be shown?

import { get, post } from "/shared/api.js";
import { make } from "/shared/elements.js";
import { button, moment, resize, tell } from "./dom.js";
import { words } from "./words.js";

const LOOK_MS = 2500;

export function showAsk(main) {
  let known = "";
  let newest = null; // of what was asked about
  let ended = false;
  document.title = words.come(1);

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
    newest = last;
    if (!count) return;
    const [first] = fresh;
    const single = count === 1;
    document.title = single ? words.oneFrom(first.sender, first.title) : words.come(count);
    const more = count - fresh.length;
    main.replaceChildren(
      make("section", { class: "ask", role: "dialog", "aria-labelledby": "came" },
        make("h1", { id: "came", text: words.come(count) }),
        single ? describe(first) : make("ul", { class: "fresh" }, fresh.map(row), more > 0 && rest(more)),
        make("p", { class: "question", text: words.question(count) }),
        make("div", { class: "buttons" },
          button(words.show, () => open(first.id), { class: "primary", autofocus: true }),
          button(words.later, () => later(last)),
          make("span", { class: "gap" }),
          button(words.quietHour, () => quiet(last), { class: "plain" }))));
    main.querySelector(".primary").focus();
  }

  const picture = (one, alt) => make("img", { src: `/api/letters/${one.id}/first-page`, alt, onerror: (event) => event.target.remove() });

  const describe = (one) => make("div", { class: "came" }, picture(one, words.firstPage),
    make("div", {},
      make("p", { class: "title", text: one.title }),
      make("p", { class: "soft", text: words.from(one.sender) }),
      make("p", { class: "soft", text: words.pages(one.pages) }),
      make("p", { class: "soft", text: words.sent(moment(one.sent)) })));

  const row = (one) => make("li", {},
    make("a", { href: `#view=${one.id}`, onclick: (event) => { event.preventDefault(); open(one.id); } }, picture(one, ""),
      make("div", {},
        make("p", { class: "title", text: one.title }),
        make("p", { class: "soft", text: [words.from(one.sender), words.pages(one.pages)].join(" · ") }))));

  const rest = (more) => make("li", { class: "soft", text: words.more(more) });

  async function open(id) {
    await post(`/letters/${id}/read`).catch((refusal) => tell(refusal.message, true));
    resize(1100, 900);
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

  function press(event) {
    if (event.key === "Escape" && newest !== null) later(newest);
  }

  addEventListener("keydown", press);
  return () => { ended = true; clearTimeout(timer); removeEventListener("keydown", press); };
}
