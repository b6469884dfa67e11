// The pages work without this. It keeps them up to date, and lets the fleet be sorted and filtered. What it puts into a
// page is HTML that the server made, in which names are escaped; nothing is made of texts here.
"use strict";

const $ = (id) => document.getElementById(id);

// How long ago, or in how long, a time is.
function relative(time) {
  const seconds = Math.round((Date.now() - Date.parse(time.dateTime)) / 1000);
  const [n, unit] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].find(([size]) => Math.abs(seconds) >= size * 2) || [1, "s"];
  const text = `${Math.floor(Math.abs(seconds) / n)} ${unit}`;
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
}

function showTimes() {
  for (const time of document.querySelectorAll("time")) {
    const text = relative(time);
    if (time.textContent !== text) time.textContent = text;
  }
}

function say(text, bad) {
  $("live").textContent = text;
  $("live").classList.toggle("bad", Boolean(bad));
}

// Elements are replaced as wholes; one that the keyboard is in keeps it.
function replace(id, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.firstElementChild, old = $(id);
  if (!old) {
    $("environments").append(fresh);
    return;
  }
  const links = [...old.querySelectorAll("a, summary, button")], focused = links.indexOf(document.activeElement);
  const scrolled = old.scrollTop;
  for (const [i, open] of [...old.querySelectorAll("details")].map((d) => d.open).entries()) {
    const same = fresh.querySelectorAll("details")[i];
    if (same) same.open = open;
  }
  old.replaceWith(fresh);
  fresh.scrollTop = scrolled;
  if (focused >= 0) fresh.querySelectorAll("a, summary, button")[focused]?.focus();
}

// Sorting and filtering; what is chosen is in the address, so that it outlives a reload.
const chosen = new URLSearchParams(location.search);

function keep(key, value) {
  if (value) chosen.set(key, value); else chosen.delete(key);
  const query = chosen.toString();
  history.replaceState(null, "", query ? `?${query}` : location.pathname);
}

const trouble = ["completed_with_errors", "failed", "aborted"];

function filter() {
  const text = (chosen.get("text") || "").toLowerCase(), status = chosen.get("status") || "";
  const rows = [...$("environments").rows];
  let shown = 0;
  for (const row of rows) {
    const is = row.dataset.status;
    const fits = !status || is === status || (status === "never" && !is) || (status === "trouble" && trouble.includes(is));
    row.hidden = !fits || !row.textContent.toLowerCase().includes(text);
    shown += row.hidden ? 0 : 1;
  }
  $("shown").textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
  const level = chosen.get("level") || "";
  for (const item of $("messages").children) {
    const is = item.dataset.level;
    item.hidden = level !== "" && (["info", "notice", "debug"].includes(is) || (level === "error" && is === "warn"));
  }
}

function valueOf(row, column) {
  const cell = row.cells[column];
  const time = cell.querySelector("time");
  if (time) return Date.parse(time.dateTime);
  const text = cell.dataset.value || cell.textContent.trim();
  return text !== "" && !isNaN(text) ? Number(text) : text;
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

function sort() {
  const column = Number(chosen.get("sort") || 0), sign = chosen.get("down") ? -1 : 1;
  const body = $("environments"), rows = [...body.rows];
  const sorted = rows.map((row) => ({ row, value: valueOf(row, column), name: valueOf(row, 0) }));
  sorted.sort((a, b) => {
    if ((a.value === "") !== (b.value === "")) return a.value === "" ? 1 : -1; // what has none is last, either way
    return sign * compare(a.value, b.value) || compare(a.name, b.name);
  });
  if (sorted.some(({ row }, i) => row !== rows[i])) body.append(...sorted.map(({ row }) => row));
  for (const [i, head] of [...document.querySelectorAll(".sortable thead th")].entries()) {
    if (i === column) head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending"); else head.removeAttribute("aria-sort");
  }
}

function arrange() {
  showTimes();
  sort();
  filter();
}

function makeSortable() {
  for (const [i, head] of [...document.querySelectorAll(".sortable thead th")].entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      keep("down", Number(chosen.get("sort") || 0) === i && !chosen.get("down") ? "1" : "");
      keep("sort", i ? String(i) : "");
      sort();
    });
  }
}

function startFleet() {
  makeSortable();
  const form = $("filter");
  form.text.value = chosen.get("text") || "";
  form.status.value = chosen.get("status") || "";
  $("level").value = chosen.get("level") || "";
  form.addEventListener("submit", (event) => event.preventDefault());
  form.text.addEventListener("input", () => { keep("text", form.text.value.trim()); filter(); });
  form.status.addEventListener("change", () => { keep("status", form.status.value); filter(); });
  $("level").addEventListener("change", () => { keep("level", $("level").value); filter(); });
  arrange();
  const events = new EventSource(document.body.dataset.events);
  let known = new Set([...$("environments").rows].map((row) => row.id));
  let first = true;
  events.addEventListener("update", (event) => {
    const { replace: parts = {}, remove = [], old } = JSON.parse(event.data);
    if (first) for (const id of known) if (!(id in parts) && !old) $(id)?.remove(); // gone since the page was made
    first = false;
    for (const id of remove) $(id)?.remove();
    for (const [id, html] of Object.entries(parts)) if ($(id)?.outerHTML !== html) replace(id, html);
    arrange();
    say(old ? "the server can't read its store or its queues: this is old" : "live", old);
  });
  events.addEventListener("end", () => { events.close(); say("logged out: load the page again", true); });
  events.addEventListener("open", () => { first = true; known = new Set([...$("environments").rows].map((row) => row.id)); });
  events.addEventListener("error", () => {
    say(events.readyState === EventSource.CLOSED ? "logged out: load the page again" : "no connection, trying again…", true);
  });
}

// The page of a scan is fetched again when the scan goes on, and its sections that changed are replaced.
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const section of page.querySelectorAll("main > section")) {
    if ($(section.id) && !shown.get(section.id)?.isEqualNode(section)) replace(section.id, section.outerHTML);
    shown.set(section.id, section);
  }
  showTimes();
}

const shown = new Map(); // sections as they came from the server

function startScan() {
  const events = new EventSource(document.body.dataset.scan);
  let again = false, busy = false;
  const follow = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      await refresh();
      say("live");
    } catch {
      say("no connection, trying again…", true);
    }
    setTimeout(() => { busy = false; if (again) { again = false; follow(); } }, 2000);
  };
  events.addEventListener("progress", follow);
  events.addEventListener("end", () => { events.close(); busy = false; follow().then(() => say("ended")); });
  events.addEventListener("error", () => { if (events.readyState !== EventSource.CLOSED) say("no connection, trying again…", true); });
}

showTimes();
setInterval(showTimes, 1000);
if (document.body.dataset.events) startFleet();
if (document.body.dataset.scan) startScan();
