// The filters of a list: find a field, choose how to ask it; only the chosen way is sent. And the advanced filter's panel.
const menu = document.querySelector("[data-filters]");
const fields = menu?.querySelector("[data-filter-fields]");
const editor = menu?.querySelector("[data-filter-editor]");

function showFields() {
  editor.replaceChildren();
  fields.hidden = false;
  fields.querySelector("[data-filter-find]").focus();
}
// On the click itself: “toggle” comes later, and the first letters typed would be taken for the keys of the page
menu?.querySelector("summary").addEventListener("click", (event) => {
  event.preventDefault();
  menu.open = !menu.open;
  if (menu.open && !editor.children.length) showFields();
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target !== editor) return;
  fields.hidden = true;
  menu.open = true;
  (editor.querySelector("[data-filter-way]") ?? editor.querySelector("input:not([type=hidden]), select"))?.focus();
});
document.addEventListener("click", (event) => event.target.closest("[data-filter-back]") && showFields());

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-filter-way]")) return;
  for (const way of event.target.form.querySelectorAll("[data-way]")) way.hidden = way.disabled = way.dataset.way !== event.target.value;
});

function narrow(text, items) {
  const wanted = text.trim().toLowerCase();
  for (const item of items) item.hidden = !item.textContent.toLowerCase().includes(wanted);
}
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-filter-find]")) {
    narrow(event.target.value, fields.querySelectorAll("button"));
    for (const group of fields.querySelectorAll("[data-filter-group]")) group.hidden = !group.querySelector("button:not([hidden])");
  } else if (event.target.matches("[data-offer-find]")) narrow(event.target.value, event.target.closest("[data-way]").querySelectorAll("[data-offer]"));
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("[data-filter-find]")) {
    event.preventDefault();
    fields.querySelector("button:not([hidden])")?.click();
  } else if (event.key === "Enter" && event.target.matches("[data-offer-find]")) event.preventDefault();
});

// A filter that asks nothing is no filter: empty inputs are not sent, and an empty choice takes the view's away
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-filter-form]")) return;
  for (const input of form.querySelectorAll("fieldset:not(:disabled) input:not([type=checkbox]), fieldset:not(:disabled) select")) input.disabled = !input.value;
});

// The advanced filter is built only when it is opened
const advanced = document.querySelector("#advanced");
function build() {
  const pattern = advanced.querySelector("[data-advanced-input]");
  if (!pattern) return;
  const place = advanced.querySelector("[data-advanced-place]");
  place.append(pattern.content.cloneNode(true));
  pattern.remove();
  place.dispatchEvent(new CustomEvent("tandem:added", { bubbles: true }));
}
if (advanced && !advanced.hidden) build();
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens='#advanced']");
  if (!opener) return;
  advanced.hidden = opener.matches(".chip-edit") ? false : !advanced.hidden;
  document.querySelectorAll("[data-opens='#advanced'][aria-expanded]").forEach((one) => one.setAttribute("aria-expanded", String(!advanced.hidden)));
  if (!advanced.hidden) build();
});
