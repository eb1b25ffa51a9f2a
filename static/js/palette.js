// ⌘K: one box that finds and does everything. The server ranks; arrows choose; Enter goes.
const palette = document.querySelector("#palette");
const input = palette.querySelector("input");
const found = palette.querySelector("#palette-found");
const options = () => [...found.querySelectorAll("[role=option]")];

function open(start = "") {
  if (palette.open) return;
  input.value = start;
  answered = null;
  palette.showModal();
  input.focus();
  htmx.trigger(input, "palette-open");
}

function choose(option) {
  options().forEach((each) => each.setAttribute("aria-selected", String(each === option)));
  input.setAttribute("aria-activedescendant", option?.id ?? "");
  option?.scrollIntoView({ block: "nearest" });
}

const chosen = () => found.querySelector("a[aria-selected=true]");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-palette]");
  if (button) open(button.dataset.palette ? `${button.dataset.palette} ` : "");
});
palette.addEventListener("click", (event) => event.target === palette && palette.close());
// Enter pressed before the answer to what stands in the box: go as soon as it is there
let asked = "";
let answered = null;
let isWaiting = false;
input.addEventListener("htmx:beforeRequest", () => { asked = input.value; });
found.addEventListener("htmx:afterSwap", () => {
  answered = asked;
  choose(options()[0]);
  if (isWaiting && answered === input.value) go();
});
input.addEventListener("input", () => { isWaiting = false; });

function go() {
  isWaiting = false;
  if (chosen()) location.assign(chosen().href);
  else input.form.requestSubmit();
}
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open();
  } else if (event.key === "n" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, textarea, select, dialog[open], [contenteditable=true]")) {
    event.preventDefault();
    open("new ");
  }
});
input.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    const all = options();
    choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (answered === input.value) go();
    else isWaiting = true;
  }
});
