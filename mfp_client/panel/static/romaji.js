// Romaji to kana as it is typed (Hepburn and Kunrei, as Japanese keyboards take both).

const ROWS = {
  "": "あいうえお", k: "かきくけこ", s: "さしすせそ", t: "たちつてと", n: "なにぬねの", h: "はひふへほ", m: "まみむめも",
  r: "らりるれろ", g: "がぎぐげご", z: "ざじずぜぞ", d: "だぢづでど", b: "ばびぶべぼ", p: "ぱぴぷぺぽ", x: "ぁぃぅぇぉ", l: "ぁぃぅぇぉ",
};
const VOWELS = "aiueo";
const YOUON = { k: "き", s: "し", t: "ち", n: "に", h: "ひ", m: "み", r: "り", g: "ぎ", z: "じ", d: "ぢ", b: "び", p: "ぴ" };
const SMALL = { a: "ゃ", u: "ゅ", o: "ょ", e: "ぇ" };
const SINGLE = {
  ya: "や", yu: "ゆ", yo: "よ", wa: "わ", wo: "を", shi: "し", chi: "ち", tsu: "つ", fu: "ふ", ji: "じ", va: "ゔぁ", vu: "ゔ",
  fa: "ふぁ", fi: "ふぃ", fe: "ふぇ", fo: "ふぉ", she: "しぇ", che: "ちぇ", je: "じぇ", ti: "てぃ", di: "でぃ", wi: "うぃ", we: "うぇ",
  xtu: "っ", ltu: "っ", xya: "ゃ", xyu: "ゅ", xyo: "ょ", nn: "ん", "n'": "ん", "-": "ー", ",": "、", ".": "。",
};
const table = makeTable();

function makeTable() {
  const found = new Map();
  for (const [consonant, row] of Object.entries(ROWS)) [...VOWELS].forEach((vowel, at) => found.set(consonant + vowel, row[at]));
  for (const [vowel, small] of Object.entries(SMALL)) {
    for (const [consonant, kana] of Object.entries(YOUON)) found.set(`${consonant}y${vowel}`, kana + small);
    for (const [letters, kana] of [["sh", "し"], ["ch", "ち"], ["j", "じ"]]) found.set(letters + vowel, kana + small);
  }
  for (const [letters, kana] of Object.entries(SINGLE)) found.set(letters, kana);
  return found;
}

// The letters as kana as far as they go; a beginning such as "k" or "sh" stays as it is.
export function toHiragana(letters) {
  let kana = "";
  let rest = letters;
  while (rest) {
    const [taken, written] = next(rest);
    kana += written;
    rest = rest.slice(taken);
  }
  return kana;
}

function next(rest) {
  for (const length of [3, 2, 1]) {
    const written = table.get(rest.slice(0, length));
    if (written && rest.length >= length) return [length, written];
  }
  if (rest.length > 1 && rest[0] === rest[1] && /[bcdfghjkmpqrstvwyz]/.test(rest[0])) return [1, "っ"];
  if (rest.length > 1 && rest[0] === "n" && !/[aiueoy']/.test(rest[1])) return [1, "ん"];
  return [1, rest[0]];
}

export function toKatakana(kana) {
  return kana.replace(/[ぁ-ゖ]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0x60));
}
