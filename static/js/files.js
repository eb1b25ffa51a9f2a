// The files of a record: chosen or dropped files are sent at once, with their progress.
document.documentElement.classList.add("has-script");
const box = (event) => event.target.closest?.("[data-files]");

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-files-input]") && event.target.files.length) event.target.form.requestSubmit();
});
document.addEventListener("htmx:xhr:progress", (event) => {
  const bar = box(event)?.querySelector("progress");
  if (!bar || !event.detail.lengthComputable) return;
  bar.hidden = false;
  bar.value = (100 * event.detail.loaded) / event.detail.total;
});

let over = null;
document.addEventListener("dragover", (event) => {
  const target = box(event);
  if (over && over !== target) over.classList.remove("is-over");
  over = target;
  if (!target?.querySelector("[data-files-form]") || !event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  target.classList.add("is-over");
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) over?.classList.remove("is-over");
});
document.addEventListener("drop", (event) => {
  const input = box(event)?.querySelector("[data-files-input]");
  if (!input || !event.dataTransfer.files.length) return;
  event.preventDefault();
  input.files = event.dataTransfer.files;
  input.form.requestSubmit();
});
