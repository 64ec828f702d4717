// Documents by what people know them by.

import { make } from "../dom.js";
import { count, groupId, say } from "../words.js";

const FEW = 2;

// Title and image ID, where there is room for a line of text alone.
export const nameDocument = (document) => [document.title || say("document.untitled"), groupId(document.id)].join(" · ");

// Title, image ID and pages, a line each.
export function nameDocuments(documents) {
  const lines = documents.map((document) => make("li", {}, make("strong", { text: document.title || say("document.untitled") }),
    make("small", { text: [groupId(document.id), count("pages", document.pages ?? 0)].join(" · ") })));
  const many = documents.length > FEW; // they scroll
  return make("ul", { class: many ? "named many" : "named", tabindex: many ? "0" : null, "aria-label": count("documents", documents.length) }, lines);
}
