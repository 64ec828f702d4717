// Arrows scroll what is higher than its place. False for other keys.

export function scrollDown(part, name) {
  const step = { up: -1, left: -1, down: 1, right: 1 }[name];
  if (step) part.scrollTop += step * part.clientHeight * 0.8;
  return Boolean(step);
}
