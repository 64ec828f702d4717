// A stored document in one line, with a picture of its first page.

import { icon, make } from "../dom.js";
import { count, day, groupId, say } from "../words.js";

export function drawDocument(document) {
  return [thumbnail(document), make("span", { class: "row-words" }, make("strong", { text: document.title || say("document.untitled") }), make("small", { text: describeDocument(document) }))];
}

export function thumbnail(document) {
  return make("img", { class: "thumb", loading: "lazy", alt: "", src: `/api/documents/${document.id}/thumbnail.jpg` });
}

export function describeDocument(document) {
  const parts = [groupId(document.id), count("pages", document.pages ?? 0), document.owner, day(document.made)];
  if (document.private) parts.push(say("document.is-private"));
  if (document.waiting) parts.push(say("document.is-waiting"));
  if (document.expires) parts.push(say("document.until", { day: day(document.expires) }));
  return parts.filter(Boolean).join(" · ");
}

export const pagePicture = (source, alt, kind = "page") => make("img", { class: kind, src: source, alt });

export const lock = (document) => (document.private ? icon("lock") : null);
