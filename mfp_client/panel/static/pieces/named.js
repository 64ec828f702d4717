// Documents by what people know them by: title, image ID and pages, a line each.

import { make } from "../dom.js";
import { count, groupId, say } from "../words.js";

const FEW = 2;

export function nameDocuments(documents) {
  const lines = documents.map((document) => make("li", {}, make("strong", { text: document.title || say("document.untitled") }),
    make("small", { text: [groupId(document.id), count("pages", document.pages ?? 0)].join(" · ") })));
  const many = documents.length > FEW; // they scroll
  return make("ul", { class: many ? "named many" : "named", tabindex: many ? "0" : null, "aria-label": count("documents", documents.length) }, lines);
}
