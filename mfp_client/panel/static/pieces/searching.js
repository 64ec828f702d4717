// Destinations that are searched for.

import { say } from "../words.js";

const plain = (text) => text.normalize("NFKC").toLowerCase();

// Numbered from 1, and ready to be searched.
export const prepare = (all) => all.map((each, at) => ({ ...each, number: at + 1, plain: plain(`${each.name} ${each.address}`) }));

// Those that have every word of the search, somewhere in name or address; full and half width alike.
export function search(all, text) {
  const words = plain(text).split(/\s+/).filter(Boolean);
  return words.length ? all.filter((each) => words.every((word) => each.plain.includes(word))) : all;
}

// What stands above what was found: `note`, or that nothing was.
export const noteFound = (found, note) => (found.length ? note : say("list.none-found"));
