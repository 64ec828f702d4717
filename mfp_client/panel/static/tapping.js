// Letters on ten keys: the same key again, soon, gives the next letter of that key.

import { toKatakana } from "./romaji.js";

export const SOON = 1000; // milliseconds

const LATIN = [" 0", ".,-_@/:'()*#&+1", "abc2", "def3", "ghi4", "jkl5", "mno6", "pqrs7", "tuv8", "wxyz9"];
const KANA = [
  "わをんー、。 0", "あいうえおぁぃぅぇぉ1", "かきくけこがぎぐげご2", "さしすせそざじずぜぞ3", "たちつてとっだぢづでど4",
  "なにぬねの5", "はひふへほばびぶべぼぱぴぷぺぽ6", "まみむめも7", "やゆよゃゅょ8", "らりるれろ9",
];
const MODES = {
  123: [...Array(10).keys()].map(String),
  abc: LATIN,
  ABC: LATIN.map((letters) => letters.toUpperCase()),
  "あ": KANA,
  "ア": KANA.map(toKatakana),
};

export const modesOf = (kind, language) => {
  if (kind === "number") return ["123"];
  if (kind !== "text") return ["123", "abc", "ABC"];
  return language === "ja" ? ["123", "あ", "ア", "abc", "ABC"] : ["123", "abc", "ABC", "あ", "ア"];
};

export const lettersOf = (mode, digit) => MODES[mode][Number(digit)];

// What a key writes, and whether it replaces the letter before: {letters, at, replaces}.
export function tap(before, mode, digit, now) {
  const letters = lettersOf(mode, digit);
  const again = before !== null && before.digit === digit && before.mode === mode && now - before.time < SOON && letters.length > 1;
  const at = again ? (before.at + 1) % letters.length : 0;
  return { digit, mode, letters, at, time: now, replaces: again };
}
