// Forms: the first error gets the focus, one press sends once, and leaving with unsaved text asks first.
const wrong = document.querySelector("[aria-invalid=true], .has-error input, .has-error select, .has-error textarea");
const problem = document.querySelector(".form-problem, .stale");
if (wrong) wrong.focus();
else if (problem) { problem.tabIndex = -1; problem.focus(); }

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  if (event.submitter?.formTarget === "_blank") return; // a look in another window: here nothing is sent yet
  delete form.dataset.dirty;
  if (form.hasAttribute("hx-post") || form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 5000);
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-form]");
  if (form) form.dataset.dirty = "yes";
});
addEventListener("beforeunload", (event) => document.querySelector("form[data-dirty]") && event.preventDefault());

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest("form")?.requestSubmit();
});

document.addEventListener("focusin", (event) => event.target.matches("[data-select]") && event.target.select());

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const field = document.querySelector(button.dataset.copies);
  field.select();
  if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
  else document.execCommand("copy"); // without HTTPS there is no other way
  button.querySelector("[data-says]").textContent = button.dataset.done;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-empties]");
  if (button) document.querySelector(button.dataset.empties).replaceChildren();
});
document.addEventListener("htmx:beforeRequest", (event) => delete event.target.dataset.dirty);
document.addEventListener("htmx:afterSwap", (event) => event.target.querySelector?.("[aria-invalid=true], [autofocus]")?.focus());
