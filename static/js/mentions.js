// Names are offered while one writes behind an @. Enter or Tab takes one; Escape lets it be.
const list = document.createElement("ul");
list.className = "mentions-found";
list.role = "listbox";
list.id = "mentions-found";
list.hidden = true;
let box = null;
let started = -1;

function written() {
  const before = box.value.slice(0, box.selectionStart);
  const match = before.match(/(?:^|\s)@([^@\n]{0,40})$/u);
  started = match ? before.length - match[1].length - 1 : -1;
  return match ? match[1] : null;
}

async function offer() {
  const text = written();
  const asked = box;
  if (text === null || text.split(" ").length > 3) return close();
  const answer = await fetch(`${asked.dataset.mentions}?q=${encodeURIComponent(text)}`);
  const found = answer.ok ? (await answer.json()).found : [];
  if (asked !== box || written() !== text) return; // more was typed meanwhile: its own answer comes, or is here
  if (!found.length) return close();
  list.replaceChildren(...found.map((name, at) => {
    const item = document.createElement("li");
    item.role = "option";
    item.id = `mention_${at}`;
    item.textContent = name;
    return item;
  }));
  asked.after(list);
  list.hidden = false;
  asked.setAttribute("aria-controls", list.id);
  mark(list.firstElementChild);
}

function mark(item) {
  for (const each of list.children) each.setAttribute("aria-selected", String(each === item));
  box.setAttribute("aria-activedescendant", item.id);
}

function take(item) {
  box.setRangeText(`@${item.textContent} `, started, box.selectionStart, "end");
  close();
  box.focus();
}

function close() {
  list.hidden = true;
  box?.removeAttribute("aria-activedescendant");
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-mentions]")) return;
  box = event.target;
  offer();
});
document.addEventListener("keydown", (event) => {
  if (list.hidden || event.target !== box) return;
  const chosen = list.querySelector("[aria-selected=true]");
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (step) mark(chosen[step] ?? chosen);
  else if (event.key === "Enter" || event.key === "Tab") take(chosen);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}, true);
list.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  if (event.target.role === "option") take(event.target);
});
document.addEventListener("focusout", (event) => {
  if (event.target === box) close();
});
