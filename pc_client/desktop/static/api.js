// The HTTP interface of the program behind a window, on this PC alone. What goes wrong arrives as a Refusal with words for people.

import { sayWhy } from "./refusals.js";
import { words } from "/static/words.js";

export class Refusal extends Error {}

const HEADERS = { "X-Screen": "1" }; // no page of another site can send this

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path);

async function ask(method, path, body) {
  const carried = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = body === undefined ? HEADERS : { ...HEADERS, "Content-Type": "application/json" };
  let answer;
  try {
    answer = await fetch(`/api${path}`, { method, headers, ...carried });
  } catch {
    throw new Refusal(words.stopped);
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 403) throw new Refusal(words.usedUp); // the only reason that a person meets
  if (!answer.ok) throw new Refusal(sayWhy(told.keyword, told.words) ?? `${answer.status} ${answer.statusText}`);
  return told;
}
