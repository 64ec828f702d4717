// Choices that a digit takes at once.

import { button, icon, make } from "../dom.js";

export class Menu {
  // choices: {digit?, words, note?, sign, run, disabled?, likely?}; what is likely has the focus, so that "#" takes it
  constructor(choices, kind = "") {
    this.choices = choices.map((choice, at) => ({ digit: String(at + 1), ...choice }));
    this.element = make("div", { class: `menu ${kind}` }, this.choices.map((choice) => this.draw(choice)));
  }

  draw(choice) {
    choice.control = button({ class: "choice", disabled: choice.disabled, "data-digit": choice.digit, onclick: () => choice.run() },
      make("span", { class: "badge", "aria-hidden": "true", text: choice.digit }), choice.sign ? icon(choice.sign) : null,
      make("span", { class: "choice-words" }, make("strong", { text: choice.words }), choice.note ? make("small", { text: choice.note }) : null));
    return choice.control;
  }

  begin() {
    const open = this.choices.filter((choice) => !choice.disabled);
    (open.find((choice) => choice.likely) ?? open[0])?.control.focus();
  }

  press(name) {
    const choice = this.choices.find((each) => each.digit === name && !each.disabled);
    if (!choice) return false;
    choice.run();
    return true;
  }
}
