// Adding a tag: a button becomes a box that offers the tags there are; Enter takes what is typed or chosen.
const parts = (form) => ({
  opener: form.querySelector("[data-tag-open]"),
  box: form.querySelector("[data-tag-box]"),
  input: form.querySelector("input[name=add]"),
  list: form.querySelector("[role=listbox]"),
});

function toggle(form, open) {
  const { opener, box, input, list } = parts(form);
  opener.hidden = open;
  box.hidden = !open;
  list.hidden = true;
  if (open) {
    input.focus();
    offer(form);
  } else {
    input.value = "";
  }
}

async function offer(form) {
  const { input, list } = parts(form);
  const asked = input.value;
  const answer = await fetch(`${form.dataset.found}?q=${encodeURIComponent(asked)}`);
  if (!answer.ok || input.value !== asked || document.activeElement !== input) return;
  const { found } = await answer.json();
  const on = new Set([...document.querySelectorAll("#record-tags .tag a")].map((tag) => tag.textContent));
  list.replaceChildren(...found.filter(({ title }) => !on.has(title)).map(({ title }, at) => {
    const item = document.createElement("li");
    item.role = "option";
    item.id = `tag-found-${at}`;
    item.setAttribute("aria-selected", "false");
    item.textContent = title;
    return item;
  }));
  list.hidden = !list.children.length;
  input.setAttribute("aria-expanded", String(!list.hidden));
}

function mark(form, step) {
  const { input, list } = parts(form);
  const items = [...list.children];
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const next = items[(at + step + items.length) % items.length];
  items.forEach((item) => item.setAttribute("aria-selected", String(item === next)));
  input.setAttribute("aria-activedescendant", next.id);
  input.value = next.textContent;
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-tag-open]");
  if (opener) toggle(opener.closest("[data-tag-add]"), true);
});
document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-tag-add]");
  if (form) offer(form);
});
document.addEventListener("focusin", (event) => {
  const form = event.target.closest("[data-tag-add]");
  if (form && event.target.matches("input") && parts(form).list.hidden) offer(form);
});
document.addEventListener("focusout", (event) => {
  const form = event.target.closest?.("[data-tag-add]");
  if (form && event.target.matches("input") && !event.target.value.trim() && !form.contains(event.relatedTarget)) toggle(form, false);
});
document.addEventListener("mousedown", (event) => {
  const item = event.target.closest("[data-tag-add] [role=option]");
  if (!item) return;
  event.preventDefault();
  const form = item.closest("[data-tag-add]");
  parts(form).input.value = item.textContent;
  form.requestSubmit();
});
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-tag-add]");
  if (!form || !event.target.matches("input")) return;
  const { list, opener } = parts(form);
  if (event.key === "Escape") {
    toggle(form, false);
    opener.focus();
  } else if (!list.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    mark(form, event.key === "ArrowDown" ? 1 : -1);
  } else return;
  event.preventDefault();
});
