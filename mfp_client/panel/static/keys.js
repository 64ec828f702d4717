// One name for each key, wherever it was pressed: on the ten keys of the device, on a keyboard, or on the screen.

const NAMES = {
  "*": "star", "#": "hash", Enter: "start", Escape: "stop", Backspace: "clear", Delete: "clear",
  ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", PageUp: "left", PageDown: "right",
};
// Most keypads for computers have no "#": the keys that are of no other use here stand for it.
const KEYPAD = { NumpadDivide: "hash", NumpadAdd: "hash", NumpadSubtract: "clear", NumpadMultiply: "star" };

const SIGNS = ["star", "hash"];

// Keys of a keypad have codes of their own, or none at all.
const isOfKeypad = (event) => !event.code || event.code.startsWith("Numpad");

// "*" and "#" of a keypad are what they are everywhere.
export const isSignOfKeypad = (event) => isOfKeypad(event) && SIGNS.includes(nameKey(event));

// "*" and "#" of a keyboard are signs like others where somebody writes a text.
const isText = (part) => Boolean(part?.matches("input:not([data-kind=number])"));
const isWritten = (event) => !isOfKeypad(event) && SIGNS.includes(nameKey(event)) && isText(document.activeElement);

export function nameKey(event) {
  if (/^\d$/.test(event.key)) return event.key;
  return KEYPAD[event.code] ?? NAMES[event.key] ?? null;
}

export const isDigit = (name) => /^\d$/.test(name);

// `press(name)` is told of each named key and says whether it was used; `type(event)` of letters and other signs.
export function listenToKeys(press, type) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const name = isWritten(event) ? null : nameKey(event);
    if (name) {
      if (press(name, event)) event.preventDefault();
    } else if (event.key.length === 1) {
      type(event);
    }
  }, true);
}
