// A question that is in the way until it is answered: Enter does it, Escape does not.

import { make } from "/shared/elements.js";
import { button } from "./dom.js";
import { words } from "./words.js";

// `fields` stand between the heading and the buttons; resolves with what `take` answers, or null. `take` may answer null to stay.
export function ask(heading, fields, act, take) {
  return new Promise((resolve) => {
    const done = (answer) => { dialog.remove(); resolve(answer); };
    const submit = (event) => {
      event.preventDefault();
      const answer = take();
      if (answer !== null) done(answer);
    };
    const dialog = make("dialog", { "aria-labelledby": "question" },
      make("form", { novalidate: true, onsubmit: submit },
        make("h2", { id: "question", text: heading }),
        fields,
        make("div", { class: "buttons" },
          make("button", { type: "submit", class: "primary", text: act }),
          button(words.cancel, () => done(null)))),
      );
    dialog.addEventListener("cancel", () => done(null));
    document.body.append(dialog);
    dialog.showModal();
  });
}

export const askWhether = async (heading, note, act) => Boolean(await ask(heading, [make("p", { class: "soft", text: note })], act, () => true));
