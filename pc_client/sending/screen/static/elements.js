// Elements without markup in strings, and the way to the program on this PC. What goes wrong is a Refusal with words.

import { words } from "./words.js";

export class Refusal extends Error {}

export function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "text") element.textContent = value;
  else element.setAttribute(name, value === true ? "" : value);
}

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);

async function ask(method, path, body) {
  const headers = { "X-Screen": "1", ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  let answer;
  try {
    answer = await fetch(`/api${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refusal(words.stopped);
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 403) throw new Refusal(words.usedUp); // the only reason that a person meets
  if (!answer.ok) throw new Refusal(told.words ?? `${answer.status} ${answer.statusText}`);
  return told;
}
