// A cell edited in its place: the server draws its form, Escape puts the value back, what is saved is drawn as a fresh row.
const before = new WeakMap();

document.addEventListener("tandem:edit-cell", (event) => {
  const cell = event.target.closest("td[data-cell]");
  if (cell.querySelector("[data-cell-form]")) return;
  const list = cell.closest("[data-list]");
  before.set(cell, cell.innerHTML);
  const address = `/lists/${list.dataset.kind}/${cell.parentElement.dataset.row}/cells/${encodeURIComponent(cell.dataset.cell)}/`;
  window.htmx.ajax("GET", address, { source: cell, target: cell, swap: "innerHTML settle:0ms", values: { columns: list.dataset.columns } });
});

document.addEventListener("htmx:afterSettle", (event) => {
  const control = event.target.querySelector?.("[data-cell-form] :is(input:not([type=hidden]), select, textarea)");
  if (!control) return;
  control.focus();
  if (control.matches("input:not([type=checkbox], [type=radio])")) control.select?.();
});

function cancel(form) {
  const cell = form.closest("td");
  cell.innerHTML = before.get(cell);
  cell.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-cell-cancel]");
  if (button) cancel(button.form);
});
// Before others hear of the key: the same Escape must not empty the selection, too
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-cell-form]");
  if (!form || event.key !== "Escape" || form.querySelector("[role=listbox]:not([hidden])")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.querySelector("[data-cell-cancel]")) cancel(form);
  else form.querySelector("button[type=button]").click();
}, true);

document.addEventListener("tandem:cell-saved", (event) => {
  const { row, cell } = event.detail;
  const drawn = document.querySelector(`#row-${row} td[data-cell="${CSS.escape(cell)}"]`);
  (drawn?.querySelector(".row-link") ?? drawn)?.focus();
});
