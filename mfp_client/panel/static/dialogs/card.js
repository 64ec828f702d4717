// Cards: the one that was shown before its owner was known, and one that is registered from the menu.

import { post } from "../api.js";
import { icon, make } from "../dom.js";
import { CardReader } from "../reader.js";
import * as screen from "../screen.js";
import { say } from "../words.js";

const picture = (words) => make("div", { class: "big-words" }, icon("card"), make("p", { text: words }));

const register = (card) => screen.attempt(async () => { await post("/card", { card }); }, { asking: true });

// After a log-in by keys: is the unknown card theirs?
export function offerCard({ card: number, done }) {
  const accept = async () => {
    if (!(await register(number))) return;
    done();
    screen.tell(say("card.registered"), "good");
  };
  return {
    name: "offer-card", title: say("card.offer"), body: picture(say("card.offer-words")),
    start: { words: "card.register", run: accept }, stop: { words: "card.not-mine", run: done },
  };
}

export function card() {
  const reader = new CardReader();
  const take = async (number) => { if (await register(number)) screen.tell(say("card.registered"), "good"); };
  return {
    name: "card", title: say("card.title"), body: picture(say("card.words")),
    watch: (event) => { const number = reader.read(event); if (number) take(number); return Boolean(number); },
  };
}
