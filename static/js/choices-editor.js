// The choices of a custom field: rows with a label, a colour, an order and “retired”, over the JSON in a textarea.
for (const textarea of document.querySelectorAll("[data-choices-editor]")) start(textarea);

function start(textarea) {
  const colours = [["", "No colour"], ...JSON.parse(textarea.dataset.choicesEditor)];
  let choices;
  try { choices = JSON.parse(textarea.value || "[]") ?? []; } catch { return; }
  if (!Array.isArray(choices)) return;
  const list = element("ol");
  const add = element("button", { type: "button", class: "btn btn-sm" }, "Add a choice");
  const root = element("div", { class: "choices-editor" }, list, element("div", {}, add));
  textarea.before(root);
  textarea.hidden = true;
  add.addEventListener("click", () => { choices.push({ label: "" }); draw(); changed(); list.lastElementChild.querySelector("input").focus(); });
  draw();

  function changed() {
    textarea.value = JSON.stringify(choices);
    textarea.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function draw() {
    list.replaceChildren(...choices.map(row));
  }

  function row(choice, at) {
    const label = element("input", { type: "text", class: "form-control", value: choice.label ?? "", maxlength: 100, "aria-label": `Choice ${at + 1}` });
    label.addEventListener("input", (event) => { event.stopPropagation(); choice.label = label.value; changed(); });
    label.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); add.click(); } });
    const colour = element("select", { class: "form-select", "aria-label": `Colour of choice ${at + 1}` }, ...colours.map(([value, name]) => element("option", { value, selected: (choice.colour ?? "") === value }, name)));
    colour.addEventListener("change", () => { choice.colour = colour.value; changed(); });
    const item = element("li", { class: choice.is_retired ? "is-retired" : "" }, label, colour,
      tool("↑", `Move choice ${at + 1} up`, at === 0, () => move(at, -1)),
      tool("↓", `Move choice ${at + 1} down`, at === choices.length - 1, () => move(at, 1)));
    if (choice.value) item.append(tool(choice.is_retired ? "Offer again" : "Retire", `${choice.is_retired ? "Offer again" : "Retire"}: ${choice.label}`, false, () => { choice.is_retired = !choice.is_retired; draw(); changed(); list.children[at].querySelector("input").focus(); }));
    item.append(tool("×", `Remove choice ${at + 1}`, false, () => { choices.splice(at, 1); draw(); changed(); (list.children[Math.min(at, choices.length - 1)]?.querySelector("input") ?? add).focus(); }));
    return item;
  }

  function move(at, step) {
    choices.splice(at + step, 0, ...choices.splice(at, 1));
    draw();
    changed();
    list.children[at + step].querySelector("input").focus();
  }

  function tool(text, label, disabled, pressed) {
    const button = element("button", { type: "button", class: "btn btn-sm", "aria-label": label, title: label, disabled }, text);
    button.addEventListener("click", pressed);
    return button;
  }
}

function element(tag, options = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...inside);
  return made;
}
