// One job that was sent: its receipts, the failed ones once more, or none of it any more.

import { get, post } from "../api.js";
import { button, make } from "../dom.js";
import { Deliveries } from "../pieces/deliveries.js";
import * as screen from "../screen.js";
import { moment, say, sayOr } from "../words.js";
import { confirm } from "./confirm.js";
import { showDetail } from "./detail.js";
import { tally } from "./jobs.js";

const AGAIN = 2000; // milliseconds between looks while it goes on
const ENDED = ["completed", "canceled", "aborted"];

export function job(id) {
  const view = new JobView(id);
  return {
    name: "job", title: say("job.title", { id }), body: view.element, begin: () => { view.look(); view.list.list.element.focus(); }, leave: () => view.leave(),
    press: (name) => view.press(name), hints: () => [...(view.failed ? [["1", "progress.retry-hint"]] : []), ...(view.ended ? [] : [["2", "job.cancel"]]), ["▲▼ #", "hint.detail"]],
    start: { words: "hint.done", run: () => screen.back() },
  };
}

class JobView {
  constructor(id) {
    this.id = id;
    this.words = make("p", { class: "big", role: "status" });
    this.list = new Deliveries(showDetail);
    this.again = this.tool("1", "progress.retry-hint", () => this.retry());
    this.cancel = this.tool("2", "job.cancel", () => this.ask());
    this.element = make("div", { class: "progress" }, this.words, make("div", { class: "tools" }, this.again, this.cancel), this.list.list.element);
    this.failed = 0;
    this.ended = true;
    this.left = false;
  }

  // A look that is under way tells nothing any more, and is the last one.
  leave() {
    this.left = true;
    clearTimeout(this.timer);
  }

  tool(digit, words, run) {
    return button({ class: "tool-wide", hidden: true, onclick: run }, make("span", { class: "badge", "aria-hidden": "true", text: digit }), make("span", { text: say(words) }));
  }

  async look() {
    clearTimeout(this.timer);
    await screen.keepUp(async () => this.show(await get(`/jobs/${this.id}`)), () => !this.left);
    if (!this.ended && !this.left) this.timer = setTimeout(() => this.look(), AGAIN);
  }

  show({ job: told, deliveries }) {
    this.failed = deliveries.filter((each) => each.state === "aborted" || each.state === "canceled").length;
    this.ended = ENDED.includes(told.state);
    this.words.textContent = [told.title || say("document.untitled"), `${sayOr(`job.${told.state}`, told.state)} ${tally(told.counts)}`, moment(told.created)].filter(Boolean).join(" · ");
    this.again.hidden = !this.failed;
    this.cancel.hidden = this.ended;
    this.list.fill(deliveries);
    screen.refresh();
  }

  press(name) {
    if (name === "1" && this.failed) this.retry();
    else if (name === "2" && !this.ended) this.ask();
    else return this.list.press(name);
    return true;
  }

  retry() {
    return screen.attempt(async () => { await post(`/jobs/${this.id}/retry`); await this.look(); });
  }

  ask() {
    const run = () => screen.attempt(async () => { await post(`/jobs/${this.id}/cancel`); await this.look(); });
    confirm({ title: say("job.cancel-question"), words: say("job.cancel-words"), yes: "job.cancel", run });
  }
}
