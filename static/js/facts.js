// Key facts are edited in their place: a click on the value opens its control, Escape puts it back. After a save the
// other live parts of the page are fetched again, except what somebody is typing into.
document.addEventListener("click", (event) => {
  const value = event.target.closest(".fact-value");
  if (!value || event.target.closest("a, button, summary") || getSelection().toString()) return;
  value.closest("[data-fact]").querySelector("[data-fact-edit]")?.click();
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-fact-form]");
  if (!form || event.key !== "Escape" || form.querySelector("[role=listbox]:not([hidden])")) return;
  event.preventDefault();
  form.querySelector("[data-fact-cancel]").click();
});

// The focus stays where the fact is when its control goes
document.addEventListener("htmx:afterSettle", (event) => {
  const fact = event.target.closest?.("[data-fact]:not(.is-editing)");
  if (fact && document.activeElement === document.body) fact.querySelector("[data-fact-edit]")?.focus();
});

document.addEventListener("tandem:record-changed", async () => {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live][id]")) {
    const next = fresh.getElementById(part.id);
    if (!next || part.contains(document.activeElement) || next.outerHTML === part.outerHTML) continue;
    part.replaceWith(next);
    window.htmx.process(next);
  }
});
