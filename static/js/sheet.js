// A link with data-sheet opens its page as a dialog; without a script it is a link.
const sheet = document.querySelector("#sheet");
const body = sheet?.querySelector("[data-sheet-body]");

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-sheet]");
  if (!link || !sheet || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  body.replaceChildren();
  window.htmx.ajax("GET", link.getAttribute("href"), { target: body, swap: "innerHTML" }).then(() => sheet.open || sheet.showModal());
});
sheet?.addEventListener("click", (event) => (event.target === sheet || event.target.closest("[data-sheet-close]")) && sheet.close());
