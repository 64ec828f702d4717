// A card reader that acts as a keyboard: it types the card's number faster than a person could, and Enter after it.

import { isSignOfKeypad } from "./keys.js";

const FAST = 60; // milliseconds from one character to the next, on average
const FEWEST = 8; // characters of a card

export class CardReader {
  constructor() {
    this.forget();
  }

  forget() {
    this.typed = "";
    this.began = 0;
  }

  // The number of a card when this key ends it; null otherwise.
  read(event) {
    if (!event) return null;
    if (event.key === "Enter") return this.end(event.timeStamp);
    if (event.key.length !== 1 || isSignOfKeypad(event)) this.forget(); // on to the next field
    else this.add(event);
    return null;
  }

  add(event) {
    const slow = this.typed && event.timeStamp - this.last > 10 * FAST;
    if (slow || !this.typed) Object.assign(this, { typed: "", began: event.timeStamp });
    this.typed += event.key;
    this.last = event.timeStamp;
  }

  end(time) {
    const { typed, began } = this;
    this.forget();
    return typed.length >= FEWEST && (time - began) / typed.length < FAST ? typed : null;
  }
}
