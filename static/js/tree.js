// A tree whose branches are fetched when they are first opened, and folded away afterwards.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-tree-open]");
  if (!button) return;
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
  const inside = button.closest("li").querySelector(":scope > ul");
  if (inside) inside.hidden = !open;
});
