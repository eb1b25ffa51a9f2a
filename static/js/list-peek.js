// A look at a record beside its list: Space opens and closes it, the cursor takes it along.
const peek = document.querySelector("#peek");
let shown = null;

function open(row) {
  const kind = row.closest("[data-list]").dataset.kind;
  shown = row.dataset.row;
  window.htmx.ajax("GET", `/lists/${kind}/${shown}/peek/`, { target: peek, swap: "innerHTML" }).then(() => { peek.hidden = shown === null; });
}

function close() {
  shown = null;
  peek.hidden = true;
  peek.replaceChildren();
}

document.addEventListener("tandem:peek", (event) => (shown === event.detail.dataset.row ? close() : open(event.detail)));
let wait;
document.addEventListener("tandem:row", (event) => {
  if (shown === null) return;
  clearTimeout(wait);
  wait = setTimeout(() => open(event.detail), 120);
});
document.addEventListener("click", (event) => event.target.closest("[data-peek-close]") && close());
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || shown === null || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  event.stopImmediatePropagation();
  close();
}, true);
