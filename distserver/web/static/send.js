// The page "Send": files go up as soon as they are chosen, each is looked into at once, and the sum is kept in sight.

const form = document.querySelector("#send");
const token = document.querySelector('meta[name="csrf-token"]').content;
const list = form.querySelector(".files");
const sum = form.querySelector("#sum");
const button = form.querySelector("#go");
const pattern = document.querySelector("#file-row");
const uploads = new Map();
let serial = 0;

export function start() {
  const input = form.querySelector("#files");
  const drop = form.querySelector(".drop");
  form.elements.zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  const take = () => { add(input.files); input.value = ""; };
  input.addEventListener("change", take);
  if (input.files.length) take(); // chosen before this was loaded
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) form.addEventListener(name, () => drop.classList.remove("over"));
  form.addEventListener("drop", (event) => { event.preventDefault(); add(event.dataTransfer.files); });
  form.addEventListener("change", (event) => { if (event.target.matches('[name="group"], [name="destination"]')) { keepChosen(event.target); count(); } });
  form.addEventListener("input", quiet);
  form.addEventListener("change", quiet);
  form.addEventListener("submit", (event) => { event.preventDefault(); if (ready()) submit(); else complain(); });
  form.querySelector("#single-part").open = window.innerWidth > 800;
  searchSingles();
  count();
}

// Files ---------------------------------------------------------------------

function add(files) {
  for (const file of files) upload(file);
  const title = form.elements.title;
  if (!title.value && files.length) title.placeholder = files[0].name;
}

function upload(file) {
  const key = String(++serial);
  const row = pattern.content.firstElementChild.cloneNode(true);
  const meter = row.querySelector("progress");
  row.querySelector(".name").textContent = file.name;
  row.querySelector(".detail").textContent = size(file.size);
  list.append(row);
  const request = new XMLHttpRequest();
  uploads.set(key, { state: "going", pages: 0 });
  row.querySelector("button").addEventListener("click", () => { request.abort(); uploads.delete(key); row.remove(); count(); });
  request.open("POST", form.dataset.files);
  request.setRequestHeader("X-CSRFToken", token);
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) meter.value = event.loaded / event.total; });
  request.upload.addEventListener("load", () => { meter.removeAttribute("value"); row.querySelector(".detail").textContent = "Looking into it …"; });
  request.addEventListener("load", () => settle(key, row, request));
  request.addEventListener("error", () => refuse(key, row, "The server could not be reached. Remove the file and add it again."));
  const body = new FormData();
  body.append("document", file);
  request.send(body);
  count();
}

function settle(key, row, request) {
  let news = {};
  try { news = JSON.parse(request.responseText); } catch { /* not ours: a proxy's page */ }
  const found = news.files?.[0];
  if (request.status === 401) return refuse(key, row, "You are signed out. Sign in again in another tab, then add the file again.");
  if (request.status === 413 && !found) return refuse(key, row, "The file is larger than this server takes.");
  if (!found) return refuse(key, row, news.message || "The server could not take the file. Remove it and add it again.");
  if (found.refused) return refuse(key, row, found.refused);
  row.querySelector("progress").remove();
  row.classList.add("tone-done");
  row.querySelector(".detail").textContent = found.about;
  const hidden = row.querySelector('input[name="stored"]');
  hidden.value = found.stored;
  hidden.disabled = false;
  uploads.set(key, { state: "stored", pages: found.pages });
  return count();
}

function refuse(key, row, words) {
  uploads.set(key, { state: "refused", pages: 0 });
  row.querySelector("progress")?.remove();
  row.classList.add("refused", "tone-failed");
  row.querySelector("use").setAttribute("href", "#i-failed");
  row.querySelector(".detail").textContent = words;
  row.setAttribute("role", "alert");
  count();
}

function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

// Sending: what was chosen stays on the page if the server says no -------------

async function submit() {
  button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, credentials: "same-origin" });
    const news = await answer.json();
    if (news.url) return location.assign(news.url);
    missing(news.message || "The server could not take the job. Try again.");
  } catch {
    missing("The server cannot be reached just now. Nothing is lost: press Send again in a moment.");
  }
  button.disabled = false;
}

// What was missing may have been mended: the reproach goes with the next change.
function quiet() {
  const place = form.querySelector("#missing");
  place.hidden = true;
  place.textContent = "";
}

function missing(words) {
  const place = form.querySelector("#missing");
  place.hidden = false;
  place.textContent = words;
}

// Destinations -----------------------------------------------------------------

function chosen() { return form.querySelectorAll('[name="group"]:checked, [name="destination"]:checked'); }

let reach = 0;
let counting = 0;

function count() {
  quiet();
  clearTimeout(counting);
  counting = setTimeout(ask, 120);
  say();
}

async function ask() {
  const body = new FormData();
  for (const box of chosen()) body.append(box.name, box.value);
  try {
    const answer = await fetch(form.dataset.count, { method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" } });
    if (answer.ok) reach = (await answer.json()).destinations;
  } catch { /* the sum stays as it was; sending checks again */ }
  say();
}

function say() {
  const files = [...uploads.values()];
  const stored = files.filter((file) => file.state === "stored");
  const pages = stored.reduce((total, file) => total + file.pages, 0);
  const words = files.some((file) => file.state === "going") ? "Sending files up …" : stored.length ? `${many(stored.length, "file")}, ${many(pages, "page")}` : "No file yet";
  sum.replaceChildren(words, " → ", Object.assign(document.createElement("b"), { textContent: reach.toLocaleString() }), ` destination${reach === 1 ? "" : "s"}`);
  button.classList.toggle("waiting", !ready());
}

function many(number, word) { return `${number.toLocaleString()} ${word}${number === 1 ? "" : "s"}`; }

function ready() {
  const files = [...uploads.values()];
  return files.length > 0 && files.every((file) => file.state === "stored") && chosen().length > 0;
}

function complain() {
  const files = [...uploads.values()];
  if (files.some((file) => file.state === "going")) missing("A file is still on its way up: wait a moment.");
  else if (files.some((file) => file.state === "refused")) missing("One of the files cannot be sent: remove it first.");
  else if (!files.length) missing("Add a file first.");
  else missing("Choose at least one group or destination.");
}

// What is ticked stays ticked, in sight and in the form, whatever is searched for next.
function keepChosen(box) {
  if (box.name !== "destination") return;
  const kept = form.querySelector("#chosen");
  const row = box.closest(".pick");
  if (box.checked && !kept.contains(row)) kept.append(row);
  kept.hidden = !kept.children.length;
}

function searchSingles() {
  const search = form.querySelector("#single-search");
  const found = form.querySelector("#singles");
  let timer = 0;
  let latest = 0;
  const look = async () => {
    const mine = ++latest;
    const url = new URL(form.dataset.singles, location.href);
    url.searchParams.set("q", search.value);
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    if (!answer.ok || mine !== latest) return;
    found.innerHTML = await answer.text();
    const kept = new Set([...form.querySelectorAll('#chosen [name="destination"]:checked')].map((box) => box.value));
    for (const box of found.querySelectorAll('[name="destination"]')) if (kept.has(box.value)) box.closest(".pick").remove();
  };
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 150); });
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
}
