// A list of records by keyboard: J and K move the cursor, arrows go along the row, X selects, Space peeks, Enter opens or
// edits, E edits. The cursor is the focus: on the row's link, or on one of its cells.
const table = () => document.querySelector("[data-list]");
const rows = () => [...(table()?.querySelectorAll("[data-row]") ?? [])];
const rowOf = (element) => element?.closest?.("[data-row]");
const cells = (row) => [...row.querySelectorAll("td[data-cell]")];
const isTyping = (element) => element.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable=true], dialog[open]");
const isTouch = () => matchMedia("(hover: none), (max-width: 699.98px)").matches;
let current = null;

const here = () => rowOf(document.activeElement) ?? (current?.isConnected ? current : null);

function enter(row, at = 0) {
  const cell = cells(row)[at];
  (at === 0 ? cell.querySelector(".row-link") ?? cell : cell).focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function place(row) {
  if (row === current) return;
  current?.classList.remove("is-current");
  current = row;
  row.classList.add("is-current");
  document.dispatchEvent(new CustomEvent("tandem:row", { detail: row }));
}

const columnOf = (row) => Math.max(cells(row).indexOf(document.activeElement.closest("td[data-cell]")), 0);

function down(step) {
  const all = rows();
  const row = here();
  const next = row ? all[Math.min(Math.max(all.indexOf(row) + step, 0), all.length - 1)] : all[0];
  if (next) enter(next, row && row.contains(document.activeElement) ? columnOf(row) : 0);
}

function along(step) {
  const row = here();
  enter(row, Math.min(Math.max(columnOf(row) + step, 0), cells(row).length - 1));
}

const edit = (cell) => cell?.dispatchEvent(new CustomEvent("tandem:edit-cell", { bubbles: true }));

function keyed(event) {
  const row = here();
  const inRow = row?.contains(document.activeElement);
  const cell = document.activeElement.matches("td[data-cell]") ? document.activeElement : null;
  switch (event.key) {
    case "j": return down(1), true;
    case "k": return down(-1), true;
    case "ArrowDown": return inRow && (down(1), true);
    case "ArrowUp": return inRow && (down(-1), true);
    case "ArrowRight": return inRow && (along(1), true);
    case "ArrowLeft": return inRow && (along(-1), true);
    case "x": return row && (row.querySelector("[data-select]").click(), true);
    case "e": return row && (edit(cell ?? row.querySelector("td[data-editable]") ?? cells(row)[0]), true);
    case " ":
      if (!row || !document.activeElement.matches("td[data-cell], .row-link, body")) return false;
      document.dispatchEvent(new CustomEvent("tandem:peek", { detail: row }));
      return true;
    case "Enter":
      if (!cell) return false;
      if (cell.hasAttribute("data-editable")) edit(cell);
      else location.assign(row.dataset.open);
      return true;
  }
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !table() || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (keyed(event)) { event.preventDefault(); event.stopPropagation(); }
});

document.addEventListener("focusin", (event) => {
  const row = rowOf(event.target);
  if (row) place(row);
});

// A click puts the cursor there, a second one edits; a tap on a phone opens
document.addEventListener("click", (event) => {
  const cell = event.target.closest("[data-list] td[data-cell]");
  if (!cell || event.target.closest("a, button, input, label, select, textarea, form") || getSelection().toString()) return;
  if (isTouch()) location.assign(rowOf(cell).dataset.open);
  else cell.focus({ preventScroll: true });
});
document.addEventListener("dblclick", (event) => {
  const cell = event.target.closest("[data-list] td[data-cell]");
  if (!cell || event.target.closest("button, input, label, select, textarea, form")) return;
  getSelection().removeAllRanges();
  edit(cell);
});
