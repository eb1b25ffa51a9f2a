// Choose a record by a part of its name. Emptying the box chooses nothing.
document.addEventListener("input", async (event) => {
  const box = event.target.closest("[data-record-input]");
  if (!box || event.target.type !== "text") return;
  const [hidden, text, list] = box.children;
  hidden.value = "";
  const asked = text.value;
  const answer = asked.trim() ? await fetch(foundBy(box, asked)) : null;
  if (text.value !== asked) return;
  const found = answer?.ok ? (await answer.json()).found : [];
  list.replaceChildren(...found.map(({ id, title, sentence }, at) => {
    const item = document.createElement("li");
    item.role = "option";
    item.id = `${text.id}_found_${at}`;
    item.dataset.id = id;
    item.dataset.title = title;
    item.textContent = sentence ? `${title} · ${sentence}` : title;
    return item;
  }));
  show(box, found.length > 0);
});

function foundBy(box, asked) {
  const address = new URL(box.dataset.found, location.href);
  address.searchParams.set("q", asked);
  return address;
}

function show(box, open) {
  const [, text, list] = box.children;
  list.hidden = !open;
  text.setAttribute("aria-expanded", String(open));
  mark(box, open ? list.firstElementChild : null);
}

function mark(box, item) {
  const [, text, list] = box.children;
  for (const each of list.children) each.setAttribute("aria-selected", String(each === item));
  if (item) text.setAttribute("aria-activedescendant", item.id);
  else text.removeAttribute("aria-activedescendant");
}

function take(box, item) {
  const [hidden, text] = box.children;
  hidden.value = item.dataset.id;
  text.value = item.dataset.title;
  hidden.dispatchEvent(new Event("change", { bubbles: true }));
  show(box, false);
}

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("[data-record-input]");
  if (!box) return;
  const list = box.children[2];
  if (list.hidden) return;
  const items = [...list.children];
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") mark(box, items[(at + 1) % items.length]);
  else if (event.key === "ArrowUp") mark(box, items[(at - 1 + items.length) % items.length]);
  else if (event.key === "Enter" && at >= 0) take(box, items[at]);
  else if (event.key === "Escape") show(box, false);
  else return;
  event.preventDefault();
});

document.addEventListener("mousedown", (event) => {
  const item = event.target.closest("[data-record-input] li");
  if (!item) return;
  event.preventDefault();
  take(item.closest("[data-record-input]"), item);
});

// Text that was not chosen from the list is not a choice: say so instead of losing it silently
document.addEventListener("focusout", (event) => {
  const box = event.target.closest?.("[data-record-input]");
  if (!box) return;
  const [hidden, text] = box.children;
  show(box, false);
  text.setCustomValidity(text.value.trim() && !hidden.value ? "Choose one from the list, or empty the box." : "");
  text.classList.toggle("is-invalid", Boolean(text.validationMessage));
  if (text.validationMessage) text.title = text.validationMessage;
  else text.removeAttribute("title");
});
