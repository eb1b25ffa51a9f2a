// The form of a custom field: only what its type needs, and a preview that follows what is typed.
const NEEDED_BY = {
  choices: ["choice", "choices"], to: ["lookup"], places: ["number"], lowest: ["number", "money"], highest: ["number", "money"],
  begins_with: ["text", "longtext", "number", "money", "day", "choice", "choices", "yesno", "url"],
};
const stage = document.querySelector("[data-field-preview]");
const form = stage?.closest("form");

if (form) {
  form.querySelector(".module")?.after(stage);
  let waiting, turn = 0;
  const type = form.elements.type;
  const show = () => {
    for (const [name, types] of Object.entries(NEEDED_BY)) form.querySelector(`.field-${name}`)?.toggleAttribute("hidden", !types.includes(type.value));
  };
  const preview = async () => {
    const mine = ++turn;
    const data = new FormData(form);
    const answer = await fetch(stage.dataset.fieldPreview, { method: "POST", body: data });
    if (answer.ok && mine === turn) stage.querySelector("[data-stage]").innerHTML = await answer.text();
  };
  const changed = (event) => {
    if (stage.contains(event.target)) return;
    show();
    clearTimeout(waiting);
    waiting = setTimeout(preview, 250);
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  show();
  preview();
}
