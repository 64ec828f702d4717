// Documents by what people know them by: title, image ID and pages, a line each.

import { make } from "../dom.js";
import { count, groupId, say } from "../words.js";

export function nameDocuments(documents) {
  const lines = documents.map((document) => make("li", {}, make("strong", { text: document.title || say("document.untitled") }),
    make("small", { text: [groupId(document.id), count("pages", document.pages ?? 0)].join(" · ") })));
  return make("ul", { class: "named", tabindex: documents.length > 2 ? "0" : null, "aria-label": count("documents", documents.length) }, lines);
}
