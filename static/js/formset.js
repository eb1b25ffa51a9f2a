// Rows of a Django formset: a button adds one from the template, a tick on “remove” folds a row away.
for (const set of document.querySelectorAll("[data-formset]")) {
  const total = set.querySelector(`[name="${set.dataset.formset}-TOTAL_FORMS"]`);
  const rows = set.querySelector("[data-formset-rows]");
  const empty = set.querySelector("[data-formset-empty]");

  set.querySelector("[data-formset-add]").addEventListener("click", () => {
    const made = document.createElement("template");
    made.innerHTML = empty.innerHTML.replaceAll("__prefix__", total.value);
    total.value = Number(total.value) + 1;
    const row = made.content.firstElementChild;
    rows.append(row);
    row.dispatchEvent(new CustomEvent("tandem:added", { bubbles: true }));
    row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });

  set.addEventListener("change", (event) => {
    if (event.target.closest("[data-formset-remove]")) event.target.closest("[data-formset-row]").toggleAttribute("data-removed", event.target.checked);
  });
}
