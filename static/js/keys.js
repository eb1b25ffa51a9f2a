// Keys of what has data-key: in the row that has the focus (data-keys), else in a place of the page that answers keys (data-page-keys).
const typing = (element) => element.closest?.("input, textarea, select, [contenteditable=true]");
const places = () => {
  const dialog = document.querySelector("dialog[open]");
  const row = document.activeElement.closest("[data-keys]");
  const found = (selector) => (dialog ?? document).querySelectorAll(selector);
  return [row, ...found("[data-page-keys=first]"), ...found("[data-page-keys]")].filter((place) => place && (!dialog || dialog.contains(place)));
};
const keyed = (place, key) => (place.dataset.key === key ? place : place.querySelector(`[data-key="${CSS.escape(key)}"]`));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const key = event.key.toLowerCase();
  const pressed = places().map((place) => keyed(place, key)).find(Boolean);
  if (!pressed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  pressed.click();
  if (pressed.matches("summary")) pressed.nextElementSibling.querySelector("button")?.focus();
}, true);

// In an open menu the arrows go from button to button
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".snooze[open]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || !step || event.target.type === "date") return;
  const items = [...menu.querySelectorAll(".snooze-menu button, .snooze-menu input[type=date]")];
  items[Math.min(Math.max(items.indexOf(event.target) + step, 0), items.length - 1)].focus();
  event.preventDefault();
});

// After a deed the page comes back: the focus returns to the row that took the place
const list = document.querySelector("[data-keeps-place]");
const links = () => [...list.querySelectorAll(".row-link")];
list?.addEventListener("submit", (event) => {
  const link = event.target.closest("[data-keys]")?.querySelector(".row-link");
  if (link) sessionStorage.setItem("tandem-place", String(links().indexOf(link)));
});
if (list && sessionStorage.getItem("tandem-place") !== null) {
  const rows = links();
  rows[Math.min(Number(sessionStorage.getItem("tandem-place")), rows.length - 1)]?.focus();
  sessionStorage.removeItem("tandem-place");
}
