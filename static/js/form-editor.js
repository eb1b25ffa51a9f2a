// The editor of a form's fields: cards over the JSON in a textarea, with add, move and remove, and a live preview.
const STARTS = {
  text: { label: "Question" }, email: { label: "Email", required: true }, phone: { label: "Phone number" },
  choice: { label: "Please choose", choices: ["First", "Second"] }, checkbox: { label: "Yes" }, country: { label: "Country" },
  long_text: { label: "Message" },
  consent: { label: "Consent", channel: "email", purpose: "commercial", text: "Yes, write to me about news and events. I can stop this at any time." },
};

for (const textarea of document.querySelectorAll("[data-form-editor]")) start(textarea);

function start(textarea) {
  const words = JSON.parse(textarea.dataset.formEditor);
  let fields;
  try { fields = JSON.parse(textarea.value); } catch { return; }
  if (!Array.isArray(fields)) return;

  let waiting;
  let asked = 0;
  const root = element("div", { class: "form-editor" });
  const cards = element("ol", { class: "form-cards", "aria-label": "Fields" });
  const stage = element("section", { class: "form-stage", "aria-label": "Preview", "aria-live": "polite" });
  const problem = element("p", { class: "form-problem", role: "alert", hidden: true });
  root.append(element("div", { class: "form-cards-side" }, cards, adder()), element("div", { class: "form-stage-side" }, element("h3", {}, "What guests see"), problem, stage));
  textarea.before(root);
  textarea.hidden = true;
  const button = document.querySelector("#id_button");
  button?.addEventListener("input", () => preview());
  draw();

  function adder() {
    const select = element("select", { class: "form-select", "aria-label": "Kind of field" }, ...options(words.kinds, "text"));
    const add = element("button", { type: "button", class: "btn" }, "Add field");
    add.addEventListener("click", () => {
      fields.push({ name: freeName(select.value), kind: select.value, required: false, ...structuredClone(STARTS[select.value]) });
      draw();
      cards.lastElementChild.querySelector("[data-part=label]")?.select();
    });
    return element("div", { class: "form-adder" }, select, add);
  }

  function draw() {
    cards.replaceChildren(...fields.map(card));
    changed();
  }

  function card(field, place) {
    const title = element("span", { class: "form-card-kind" }, words.kinds[field.kind] ?? field.kind);
    const tools = element("span", { class: "form-card-tools" },
      tool("↑", `Move “${field.label}” up`, place === 0, () => move(place, -1)),
      tool("↓", `Move “${field.label}” down`, place === fields.length - 1, () => move(place, 1)),
      tool("×", `Remove “${field.label}”`, false, () => { fields.splice(place, 1); draw(); focusCard(Math.min(place, fields.length - 1)); }));
    return element("li", { class: "form-card" }, element("div", { class: "form-card-head" }, title, tools), ...parts(field));
  }

  function parts(field) {
    const found = [text(field, "label", "Label")];
    if (field.kind === "text") found.push(choose(field, "fills", "Fills in on the contact", { "": "Nothing: a question of its own", ...words.fills }));
    if (field.kind === "choice") found.push(lines(field, "choices", "Choices, one a line"));
    if (field.kind === "consent") {
      found.push(text(field, "text", "What people agree to", "textarea"));
      found.push(choose(field, "channel", "Way", words.channels), choose(field, "purpose", "Purpose", words.purposes));
      if (words.topics.length) found.push(choose(field, "topic", "Topic", { "": "Everything", ...Object.fromEntries(words.topics.map((t) => [t.id, t.name])) }, Number));
    }
    if (!["consent", "checkbox"].includes(field.kind)) found.push(text(field, "help", "Help"));
    if (field.kind !== "email") found.push(tick(field, "required", "Must be filled in"));
    return found;
  }

  function text(field, key, label, tag = "input") {
    const control = element(tag, { class: "form-control", "data-part": key });
    control.value = field[key] ?? "";
    control.addEventListener("input", () => { set(field, key, control.value); changed(); });
    return labelled(label, control);
  }

  function lines(field, key, label) {
    const control = element("textarea", { class: "form-control", rows: 3 });
    control.value = (field[key] ?? []).join("\n");
    control.addEventListener("input", () => { field[key] = control.value.split("\n").map((line) => line.trim()).filter(Boolean); changed(); });
    return labelled(label, control);
  }

  function choose(field, key, label, known, read = (value) => value) {
    const control = element("select", { class: "form-select" }, ...options(known, String(field[key] ?? "")));
    control.addEventListener("change", () => { set(field, key, control.value === "" ? "" : read(control.value)); changed(); });
    return labelled(label, control);
  }

  function tick(field, key, label) {
    const control = element("input", { type: "checkbox", class: "form-check-input" });
    control.checked = Boolean(field[key]);
    control.addEventListener("change", () => { field[key] = control.checked; changed(); });
    return element("label", { class: "form-check" }, control, element("span", { class: "form-check-label" }, label));
  }

  function set(field, key, value) {
    if (value === "" && key !== "label" && key !== "text") delete field[key];
    else field[key] = value;
  }

  function move(place, by) {
    const [field] = fields.splice(place, 1);
    fields.splice(place + by, 0, field);
    draw();
    focusCard(place + by, by < 0 ? 0 : 1);
  }

  function focusCard(place, tool = 2) {
    const tools = cards.children[place]?.querySelectorAll(".form-card-tools button") ?? [];
    ([tools[tool], ...tools].find((one) => one && !one.disabled))?.focus();
  }

  function freeName(kind) {
    const taken = new Set(fields.map((field) => field.name));
    const base = kind === "email" ? "email" : kind === "phone" ? "phone" : kind;
    if (!taken.has(base)) return base;
    for (let number = 2; ; number += 1) if (!taken.has(`${base}_${number}`)) return `${base}_${number}`;
  }

  function changed() {
    textarea.value = JSON.stringify(fields, null, 1);
    textarea.dispatchEvent(new Event("change", { bubbles: true }));
    clearTimeout(waiting);
    waiting = setTimeout(preview, 250);
  }

  async function preview() {
    const mine = ++asked;
    const body = new FormData();
    body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    body.set("fields", textarea.value);
    body.set("button", button?.value ?? "");
    let answer;
    try { answer = await fetch(textarea.dataset.preview, { method: "POST", body }); } catch { return; }
    const wrong = answer.status === 422 ? await answer.json() : null;
    const html = answer.ok ? await answer.text() : "";
    if (mine !== asked) return;
    problem.hidden = !wrong;
    problem.textContent = wrong?.sentence ?? "";
    if (answer.ok) stage.innerHTML = html;
  }
}

function tool(sign, label, disabled, act) {
  const button = element("button", { type: "button", class: "btn btn-icon btn-sm", "aria-label": label, title: label }, sign);
  button.disabled = disabled;
  button.addEventListener("click", act);
  return button;
}

function labelled(label, control) {
  return element("label", { class: "form-part" }, element("span", { class: "form-label" }, label), control);
}

function options(known, chosen) {
  return Object.entries(known).map(([value, label]) => {
    const option = element("option", { value }, label);
    option.selected = value === chosen;
    return option;
  });
}

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
