// Which columns a list shows: dragged, moved by buttons, taken out, added.
const form = document.querySelector("[data-columns]:is(form)");
const shown = form?.querySelector("[data-columns-shown]");
const further = form?.querySelector("[data-columns-add]");
const pattern = form?.parentElement.querySelector("[data-column-pattern]");

const keep = () => { form.querySelector("[data-column-names]").value = [...shown.children].map((item) => item.dataset.column).join(","); };

function add(name, label) {
  const item = pattern.content.firstElementChild.cloneNode(true);
  item.dataset.column = name;
  item.querySelector("span").textContent = label;
  const [up, down] = item.querySelectorAll("[data-move]");
  for (const [button, like] of [[up, shown.querySelector("[data-move=up]")], [down, shown.querySelector("[data-move=down]")], [item.querySelector("[data-remove]"), shown.querySelector("[data-remove]")]])
    button.setAttribute("aria-label", like ? like.getAttribute("aria-label").replace(like.parentElement.querySelector("span").textContent, label) : label);
  shown.append(item);
  item.querySelector("[data-move=up]").focus();
}

form?.addEventListener("click", (event) => {
  const button = event.target.closest("button[type=button]");
  const item = button?.closest("li");
  if (!item) return;
  if (button.dataset.move === "up") item.previousElementSibling?.before(item);
  else if (button.dataset.move === "down") item.nextElementSibling?.after(item);
  else if (shown.children.length > 1) {
    const option = new Option(item.querySelector("span").textContent, item.dataset.column);
    further.append(option);
    (item.nextElementSibling ?? item.previousElementSibling).querySelector("[data-remove]").focus();
    item.remove();
  }
  if (item.isConnected) button.focus();
  keep();
});
further?.addEventListener("change", () => {
  const option = further.selectedOptions[0];
  if (!option.value) return;
  add(option.value, option.textContent);
  option.remove();
  further.value = "";
  keep();
});

// Dragging comes with the first look at the menu
form?.closest("details").addEventListener("toggle", async (event) => {
  if (!event.target.open || form.dataset.sortable) return;
  form.dataset.sortable = "yes";
  const { default: Sortable } = await import(form.dataset.sortableSrc);
  Sortable.create(shown, { handle: ".icon", animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120, ghostClass: "is-ghost", onEnd: keep });
});
