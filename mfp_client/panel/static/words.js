// Words in the language of whoever stands before the panel. A key without words is shown as it is, so that it is found.

import english from "./words_en.js";
import japanese from "./words_ja.js";
import reasons from "./reasons_ja.js";

const books = { en: english, ja: japanese };
const reasonsOf = { ja: reasons }; // in English the server has its own sentence
let language = "en";

export const currentLanguage = () => language;

export function speak(wanted) {
  language = wanted in books ? wanted : "en";
  document.documentElement.lang = language;
}

export const knows = (key) => key in books[language];

export function say(key, facts = {}) {
  return fill(books[language][key] ?? key, facts);
}

// "1 page", "2 pages": English has two forms, Japanese one.
export function count(key, n, facts = {}) {
  return say(n === 1 ? `${key}.one` : `${key}.other`, { n: number(n), ...facts });
}

// What a keyword of an error means here; the sentence that came with it where this book has none.
export function sayError(refusal) {
  const named = `error.${refusal.error}-named`;
  const key = refusal.facts?.named && knows(named) ? named : `error.${refusal.error}`;
  const words = say(key, sayFacts(refusal.facts));
  const whole = knows(key) && !/\{\w+\}/.test(words);
  return whole ? words : sayReason([refusal.error], refusal.words) || say("error.unknown");
}

// Facts as they stand in a sentence.
export const sayFacts = (facts) => ({ ...facts, ...(facts?.when ? { when: moment(facts.when) } : {}), ...(facts?.to === "" ? { to: say("moved.somewhere") } : {}) });

// What the first of these keywords means that this language has words for; else the sentence that came with them.
export function sayReason(keywords, sentence, facts = {}) {
  const book = reasonsOf[language] ?? {};
  const known = keywords.map((each) => book[(each ?? "").replace(/-(error|warning|report)$/, "")] ?? book[each]).find(Boolean);
  return known ? fill(known, facts) : sentence ?? "";
}

// As much as a row has room for.
export const firstSentence = (words) => /^.*?(?:[。]|[.!?](?= |$)|$)/s.exec(words)[0];

// An image ID as it stands on sheets: two groups of four.
export const groupId = (id) => String(id ?? "").replace(/^(\d{4})(\d{4})$/, "$1 $2");

export function sayOr(key, otherwise) {
  return knows(key) ? say(key) : otherwise;
}

// Of dates: the English words here are British ones, and so is 28 Nov 2026.
const locale = () => ({ en: "en-GB" })[language] ?? language;

export const number = (n) => new Intl.NumberFormat(language).format(n);

export function octets(n) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let place = 0;
  for (; n >= 1000 && place < units.length - 1; place += 1) n /= 1000;
  return `${number(Number(n.toPrecision(3)))} ${units[place]}`;
}

export function moment(time) {
  const date = asDate(time);
  return date && new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" }).format(date);
}

export function day(time) {
  const date = asDate(time);
  return date && new Intl.DateTimeFormat(locale(), { dateStyle: "medium" }).format(date);
}

// Seconds since 1970, or a date as ISO 8601 writes it.
function asDate(time) {
  if (time === null || time === undefined || time === "") return null;
  const date = new Date(typeof time === "number" ? time * 1000 : time);
  return Number.isNaN(date.getTime()) ? null : date;
}

function fill(words, facts) {
  return words.replace(/\{(\w+)\}/g, (blank, name) => (name in facts && facts[name] !== null ? String(facts[name]) : blank));
}
