// Elements without markup in strings: nothing that a document or a server says can become part of the page.

import paths from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";

export function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "text") element.textContent = value;
  else element.setAttribute(name, value === true ? "" : value);
}

export function icon(name) {
  const picture = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  picture.setAttribute("viewBox", "0 0 24 24");
  path.setAttribute("d", paths[name]);
  picture.append(path);
  return picture;
}

export function button(options, ...children) {
  return make("button", { type: "button", ...options }, ...children);
}

// What can be reached by arrows and Tab in this part of the page, in order.
export function focusables(part) {
  const all = part.querySelectorAll("button, input, a[href], [tabindex='0']");
  return [...all].filter((each) => !each.disabled && each.offsetParent !== null && each.tabIndex >= 0);
}

export const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
