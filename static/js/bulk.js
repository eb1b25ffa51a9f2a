// Rows that are ticked: the bar that rises with what can be done to them, and the dialog of an action.
let bar = document.querySelector("[data-bulk-bar]");
let sheet = null;
const chosen = new Set();
let everything = false;
let last = null;

const boxes = () => [...document.querySelectorAll("input[type=checkbox][data-select]:not(:disabled)")];
const heads = () => document.querySelectorAll("input[type=checkbox][data-select-all]");

function show() {
  const on = boxes();
  on.forEach((box) => { box.checked = everything || chosen.has(box.value); box.closest("tr, li")?.classList.toggle("is-selected", box.checked); });
  const ticked = on.filter((box) => box.checked).length;
  heads().forEach((head) => { head.checked = ticked > 0 && ticked === on.length; head.indeterminate = ticked > 0 && ticked < on.length; });
  if (!bar) return;
  bar.hidden = !everything && chosen.size === 0;
  document.body.classList.toggle("has-bulk-bar", !bar.hidden);
  const count = bar.querySelector("[data-bulk-count]");
  count.textContent = everything ? count.dataset.all : chosen.size.toLocaleString(document.documentElement.lang);
  const all = bar.querySelector("[data-bulk-all]");
  if (all) all.hidden = everything || ticked < on.length;
}

function tick(box, on) {
  everything = false;
  if (on) chosen.add(box.value);
  else chosen.delete(box.value);
}

// A tick; with the shift key, all from the last one to this one
document.addEventListener("click", (event) => {
  const box = event.target.closest("input[type=checkbox][data-select]");
  if (!box) return;
  if (everything) boxes().forEach((one) => chosen.add(one.value));
  const on = boxes();
  const from = on.indexOf(last), to = on.indexOf(box);
  const range = event.shiftKey && from >= 0 ? on.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  range.forEach((one) => tick(one, box.checked));
  last = box;
  show();
});
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-select-all]")) return;
  boxes().forEach((box) => tick(box, event.target.checked));
  show();
});

function nothing() {
  everything = false;
  chosen.clear();
  show();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-bulk-none]")) nothing();
  else if (button.matches("[data-bulk-all]")) { everything = true; show(); }
  else if (button.matches("[data-bulk-action]")) ask(button);
  else if (button.matches("[data-sheet-close]")) button.closest("dialog").close();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && bar && !bar.hidden && !document.querySelector("dialog[open], .dropdown-menu.show")) nothing();
});

// What is asked before an action stands in the dialog; the server draws it and its errors
async function ask(button) {
  const columns = (document.querySelector("[data-list]")?.dataset.columns ?? "").split(",").filter(Boolean);
  const values = everything ? { all: "1", query: list?.dataset.matching?.slice(1) ?? location.search.slice(1), columns } : { ids: [...chosen], columns };
  const body = sheet.querySelector("[data-bulk-body]");
  body.replaceChildren();
  await window.htmx.ajax("POST", button.dataset.bulkAction, { source: button, target: body, swap: "innerHTML", values });
  if (body.children.length && !sheet.open) sheet.showModal();
  body.querySelector("input:not([type=hidden]), select, textarea, [data-first]")?.focus();
}
// A file comes as a download: the page stays, the dialog has done its work
document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-downloads]")) setTimeout(() => { sheet?.close(); nothing(); }, 300);
});

// Another field asks for another value
document.addEventListener("change", (event) => {
  const form = event.target.matches("[data-asks-again]") && event.target.form;
  if (form) window.htmx.ajax("POST", form.action, { source: event.target, target: form, swap: "outerHTML", values: values(form) });
});
const values = (form) => {
  const found = {};
  for (const [name, value] of new FormData(form)) if (name !== "go") (found[name] ??= []).push(value);
  return found;
};

// A list of records, or a board of them, names its kind: its bar comes by itself, and rises when a row is ticked
const list = document.querySelector("[data-kind]:is([data-list], [data-board])");
if (!bar && list) {
  const place = document.createElement("div");
  document.body.append(place);
  window.htmx.ajax("GET", `/bulk/bar/${list.dataset.kind}/`, { target: place, swap: "innerHTML" }).then(() => {
    bar = place.querySelector("[data-bulk-bar]");
    sheet = place.querySelector("[data-bulk-sheet]");
    show();
  });
}

document.addEventListener("change", (event) => event.target.matches("[data-submits]") && event.target.form.requestSubmit());
document.addEventListener("htmx:afterSwap", show);
addEventListener("pageshow", show);
