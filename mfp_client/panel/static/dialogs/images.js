// Figure 11: which stored images? By mark sheet, by image ID, or from the list.

import { Menu } from "../pieces/menu.js";
import * as screen from "../screen.js";
import { say } from "../words.js";
import { choosing } from "./documents.js";
import { imageIds } from "./image_ids.js";
import { scanForm } from "./scan_form.js";

// What is laid in to be read.
export function sheetsScan({ begin }) {
  return scanForm({ name: "sheets-scan", title: say("images.sheet"), lead: "images.sheet.lead", own: [], words: "images.read", run: (scan) => begin({ kind: "read-sheets", scan }) });
}

export function images({ begin, use }) {
  const menu = new Menu([
    { words: say("images.sheet"), note: say("images.sheet.note"), sign: "sheet", run: () => screen.open(sheetsScan({ begin })) },
    { words: say("images.id"), note: say("images.id.note"), sign: "digits", run: () => screen.open(imageIds({ use })) },
    { words: say("images.list"), note: say("images.list.note"), sign: "documents", run: () => screen.open(choosing({ use })) },
  ], "column");
  return {
    name: "images", title: say("images.title"), body: menu.element, begin: () => menu.begin(),
    press: (name) => menu.press(name), hints: () => [["1-3", "hint.choose"]],
  };
}
