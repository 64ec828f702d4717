// The panel's own HTTP interface. What goes wrong arrives as a Refusal, with a keyword that the books of words know.

export class Refusal extends Error {
  constructor(status, told) {
    super(told.words ?? told.error);
    this.status = status;
    this.error = told.error ?? "unknown";
    this.words = told.words ?? "";
    this.facts = told.facts ?? {};
  }
}

const HEADERS = { "X-Panel": "1" }; // no page of another site can send this

export const get = (path, options) => ask("GET", path, undefined, options);
export const post = (path, body = {}, options = {}) => ask("POST", path, body, options);
export const remove = (path) => ask("DELETE", path);

async function ask(method, path, body, options = {}) {
  const answer = await reach(`/api${path}`, { method, headers: HEADERS, ...carry(body), ...options });
  const told = await read(answer);
  if (!answer.ok) throw new Refusal(answer.status, told);
  return told;
}

function carry(body) {
  if (body === undefined) return {};
  return { body: JSON.stringify(body), headers: { ...HEADERS, "Content-Type": "application/json" } };
}

async function reach(address, options) {
  try {
    return await fetch(address, options);
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Refusal(0, { error: "panel-gone" });
  }
}

async function read(answer) {
  try {
    return await answer.json();
  } catch {
    return { error: "unknown", words: answer.ok ? "" : `${answer.status} ${answer.statusText}` };
  }
}
