// The grid of lines: remove a row, move it by button or Alt+arrows; the server hears of it and answers the totals.
const changed = () => document.body.dispatchEvent(new CustomEvent("lines-changed"));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-line-remove], [data-line-up], [data-line-down]");
  if (!button) return;
  const row = button.closest("tr");
  if (button.matches("[data-line-remove]")) remove(row);
  else move(row, button.matches("[data-line-up]"), button);
});

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("[data-lines] tr");
  if (!row || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  move(row, event.key === "ArrowUp", event.target);
});

function remove(row) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  const grid = row.closest("[data-line-grid]");
  row.remove();
  (next?.querySelector("[role=combobox]") ?? grid.querySelector("button[hx-get]"))?.focus();
  changed();
}

function move(row, isUp, focused) {
  const other = isUp ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (isUp) other.before(row);
  else other.after(row);
  focused.focus();
  changed();
}
