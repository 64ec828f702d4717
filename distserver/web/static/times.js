// Times in the reader's own zone and words. <time datetime data-as="clock|span|left"> holds seconds since the epoch.

const language = document.documentElement.lang || undefined;
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const short = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const old = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const long = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long", hourCycle: "h23" });

export function localise(root) {
  for (const element of root.querySelectorAll("time[data-at]")) {
    const at = new Date(Number(element.dataset.at) * 1000);
    const today = at.toDateString() === new Date().toDateString();
    const thisYear = at.getFullYear() === new Date().getFullYear();
    element.textContent = (today ? clock : thisYear ? short : old).format(at);
    element.title = long.format(at);
  }
  tick(root);
}

export function tick(root) {
  const now = Date.now() / 1000;
  for (const element of root.querySelectorAll("[data-left]")) {
    const left = Math.round(Number(element.dataset.left) - now);
    write(element, left > 0 ? "in " + duration(left) : "now");
  }
  for (const element of root.querySelectorAll("[data-clock]")) {
    write(element, new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(now * 1000));
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function duration(seconds) {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}
