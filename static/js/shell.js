// The shell: confirm dialogs, toasts, theme choice, the rail on a phone, keys.
const $ = (selector) => document.querySelector(selector);
const typing = (element) => element.closest?.("input, textarea, select, [contenteditable=true], dialog[open]");

// A form or button with data-confirm asks first. The button that was pressed stays the submitter.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const asker = event.submitter?.dataset.confirm ? event.submitter : form;
  const question = asker.dataset?.confirm;
  if (!question || form.dataset.confirmed === "yes") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await confirmed(question, asker.dataset.confirmLabel || event.submitter?.textContent.trim(), "danger" in asker.dataset)) {
    form.dataset.confirmed = "yes";
    form.requestSubmit(event.submitter ?? undefined);
    delete form.dataset.confirmed;
  }
}, true);

export function confirmed(question, label, danger) {
  const dialog = $("#confirm");
  dialog.querySelector("#confirm-text").textContent = question;
  const yes = dialog.querySelector("[data-confirm-yes]");
  if (label) yes.textContent = label;
  yes.classList.toggle("btn-danger", danger);
  yes.classList.toggle("btn-primary", !danger);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

document.addEventListener("htmx:confirm", (event) => {
  const question = event.detail.elt.dataset.confirm;
  if (!question || event.detail.elt.matches("form")) return;
  event.preventDefault();
  confirmed(question, event.detail.elt.textContent.trim()).then((yes) => yes && event.detail.issueRequest(true));
});

// Toasts
function toast(text, tone = "info") {
  const card = $("#toast-pattern").content.firstElementChild.cloneNode(true);
  card.classList.add(`is-${tone}`);
  card.querySelector("p").textContent = text;
  $("#toasts").append(card);
  fade(card);
}
// An error stays; what can be undone stays long enough to think about it
const fade = (card) => card.classList.contains("is-error") || setTimeout(() => card.remove(), card.querySelector("p .btn, p a") ? 20000 : 6000);
document.querySelectorAll("[data-toast]").forEach(fade);
document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove());
document.addEventListener("tandem:toast", (event) => toast(event.detail.text, event.detail.tone));
document.addEventListener("htmx:responseError", (event) => {
  if (!event.detail.xhr.getResponseHeader("HX-Trigger")) toast("The server could not do this. Nothing was changed; try again.", "error");
});
document.addEventListener("htmx:sendError", () => toast("The server cannot be reached. Your input is still here.", "error"));

// Theme
const choice = $("body [data-theme-choice]");
const showChoice = () => choice?.querySelectorAll("button").forEach((button) =>
  button.setAttribute("aria-pressed", String(button.value === document.documentElement.dataset.themeChoice)));
choice?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  event.stopPropagation();
  dispatchEvent(new CustomEvent("tandem:theme", { detail: button.value }));
  showChoice();
});
showChoice();

// The rail on a phone
const rail = $("#rail");
const opener = $("[data-rail]");
const openRail = (open) => {
  document.body.classList.toggle("rail-open", open);
  opener?.setAttribute("aria-expanded", String(open));
  if (open) rail.querySelector("a")?.focus();
};
opener?.addEventListener("click", () => openRail(!document.body.classList.contains("rail-open")));
document.addEventListener("click", (event) => {
  if (document.body.classList.contains("rail-open") && !event.target.closest("#rail, [data-rail]")) openRail(false);
});
rail?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });

// Menus made of <details> close on a click elsewhere; what a click took out of the menu was in it all the same
document.addEventListener("click", (event) => {
  const path = event.composedPath();
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => path.includes(menu) || menu.removeAttribute("open"));
});

// A way back on an error page
$("[data-back]")?.addEventListener("click", (event) => {
  if (history.length > 1) { event.preventDefault(); history.back(); }
});

// Keys. Not while typing; J and K walk a list.
$("[data-keys]")?.addEventListener("click", () => $("#keys").showModal());
let before = "";
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    openRail(false);
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => menu.removeAttribute("open"));
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const combined = before + event.key.toLowerCase();
  before = event.key === "g" ? "g" : "";
  if (combined === "gh") location.assign("/");
  else if (event.key === "?") $("#keys").showModal();
  else if (event.key === "/" && $("[data-list-search]")) { event.preventDefault(); $("[data-list-search]").focus(); }
  else if (event.key === "j" || event.key === "k") walk(event.key === "j" ? 1 : -1);
});

function walk(step) {
  const links = [...document.querySelectorAll("[data-rows] .row-link, .results a")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  links[Math.min(Math.max(at + step, 0), links.length - 1)].focus();
}

// A click anywhere on a row opens it; selecting text and the row's own controls do not
document.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-href]");
  if (!row || event.target.closest("a, button, input, label, select, summary") || getSelection().toString()) return;
  if (event.ctrlKey || event.metaKey) open(row.dataset.href, "_blank");
  else location.assign(row.dataset.href);
});
