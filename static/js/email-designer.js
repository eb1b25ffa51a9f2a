// The email designer: a list of blocks bound to a hidden JSON textarea, the fields of the chosen one, a live preview.
const form = document.querySelector("form.email-designer");
const { richField } = await import(form.dataset.richSrc);  // the page knows the hashed name
const schema = JSON.parse(document.getElementById("block-schema").textContent);
const store = form.elements.blocks;
const outline = form.querySelector("[data-outline]");
const properties = form.querySelector("[data-properties]");
const title = form.querySelector("[data-properties-title]");
const frame = form.querySelector("[data-frame]");
const problems = form.querySelector("[data-problems]");
let blocks = read();
let chosen = null;
let mode = "desktop";
let waiting = 0;

function read() {
  try { return JSON.parse(store.value) || []; } catch { return []; }
}

function changed({ redraw = true } = {}) {
  store.value = JSON.stringify(blocks);
  form.dataset.dirty = "yes";
  if (redraw) draw();
  else nameLines();
  clearTimeout(waiting);
  waiting = setTimeout(() => { show(); check(); }, 350);
}

// The outline

function draw() {
  outline.replaceChildren(...blocks.map(line));
  form.querySelector("[data-no-blocks]").hidden = blocks.length > 0;
}

function line(block, index) {
  const item = document.createElement("li");
  item.dataset.id = block.id;
  const pick = document.createElement("button");
  pick.type = "button";
  pick.className = "email-pick";
  pick.append(part("b", schema.kinds[block.kind].label), part("span", summary(block)));
  pick.setAttribute("aria-pressed", String(block.id === chosen));
  pick.addEventListener("click", () => choose(block.id));
  const label = schema.kinds[block.kind].label;
  item.append(
    pick,
    tool("arrow-up", `Move ${label} up`, () => move(index, index - 1, "up"), index === 0, "up"),
    tool("arrow-down", `Move ${label} down`, () => move(index, index + 1, "down"), index === blocks.length - 1, "down"),
    tool("copy", `Duplicate ${label}`, () => duplicate(index)),
    tool("trash", `Remove ${label}`, () => remove(index)),
  );
  return item;
}

function part(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function tool(icon, label, act, disabled = false, name = "") {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "email-tool";
  button.title = label;
  button.disabled = disabled;
  if (name) button.dataset.tool = name;
  button.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${iconsAddress()}#${icon}"></use></svg>`;
  button.append(Object.assign(part("span", label), { className: "visually-hidden" }));
  button.addEventListener("click", act);
  return button;
}

function iconsAddress() {
  return document.querySelector("svg.icon use").getAttribute("href").split("#")[0];
}

function summary(block) {
  const said = block.text ?? block.label ?? block.alt ?? plain(block.html ?? "");
  return said.length > 44 ? `${said.slice(0, 43)}…` : said;
}

function plain(html) {
  return new DOMParser().parseFromString(html, "text/html").body.textContent.trim();
}

function nameLines() {
  for (const block of blocks) {
    const said = outline.querySelector(`li[data-id="${CSS.escape(block.id)}"] .email-pick span`);
    if (said) said.textContent = summary(block);
  }
}

function move(from, to, focus = "") {
  if (to < 0 || to >= blocks.length || from === to) return;
  const [block] = blocks.splice(from, 1);
  blocks.splice(to, 0, block);
  changed();
  const item = outline.children[to];
  const button = item.querySelector(`[data-tool="${focus}"]:not(:disabled)`) ?? item.querySelector(".email-pick");
  if (focus) button.focus();
}

function freshId() {
  let number = blocks.length + 1;
  while (blocks.some((block) => block.id === `b${number}`)) number += 1;
  return `b${number}`;
}

function add(kind) {
  const block = { id: freshId(), kind, ...structuredClone(schema.kinds[kind].defaults) };
  const after = blocks.findIndex((one) => one.id === chosen);
  const foot = blocks.findIndex((one) => one.kind === "footer");
  const place = after >= 0 ? after + 1 : foot >= 0 && kind !== "footer" ? foot : blocks.length;
  blocks.splice(place, 0, block);
  chosen = block.id;
  changed();
  choose(block.id);
}

function duplicate(index) {
  const block = { ...structuredClone(blocks[index]), id: freshId() };
  blocks.splice(index + 1, 0, block);
  changed();
  choose(block.id);
}

function remove(index) {
  const [gone] = blocks.splice(index, 1);
  if (gone.id === chosen) choose(null);
  changed();
  (outline.children[Math.min(index, blocks.length - 1)]?.querySelector(".email-pick") ?? form.querySelector("[data-add]")).focus();
}

// The fields of the chosen block

function choose(id, field = "") {
  chosen = id;
  draw();
  const block = blocks.find((one) => one.id === id);
  if (!block) {
    properties.replaceChildren(part("p", "Choose a block on the left to change it."));
    return;
  }
  const kind = schema.kinds[block.kind];
  title.textContent = kind.label;
  properties.replaceChildren(...kind.fields.map((one) => control(block, one)));
  if (!kind.fields.length) properties.append(part("p", "There is nothing to set here."));
  const first = properties.querySelector(field ? `[data-name="${field}"]` : "[data-name]");
  if (first) first.focus();
}

function control(block, one) {
  const box = document.createElement("div");
  box.className = "field";
  const id = `block-${one.name}`;
  const label = part("label", one.label);
  label.className = "form-label";
  label.htmlFor = id;
  const set = (value) => { block[one.name] = value; changed({ redraw: false }); };
  const input = one.kind === "rich" ? richField(block[one.name], set, schema.tokens, one.label) : simple(block, one, set);
  const target = input.matches("[data-name]") ? input : input.querySelector("[contenteditable]") ?? input;
  target.id = id;
  target.dataset.name = one.name;
  box.append(label, input);
  if (one.kind === "text" && one.name !== "alt") box.append(tokenMenu(input, set));
  if (one.help) box.append(Object.assign(part("p", one.help), { className: "form-hint" }));
  return box;
}

function simple(block, one, set) {
  if (one.kind === "choice" || one.kind === "event") {
    const select = document.createElement("select");
    select.className = "form-select";
    const options = one.kind === "event" ? [["", "Choose an event…"], ...schema.events] : one.choices;
    for (const [value, text] of options) select.add(new Option(text, value));
    select.value = block[one.name] ?? "";
    select.addEventListener("change", () => set(one.kind === "event" ? (select.value ? Number(select.value) : null) : select.value));
    return select;
  }
  const input = document.createElement("input");
  input.className = "form-control";
  input.type = one.kind === "number" ? "number" : "text";
  if (one.kind === "url") { input.inputMode = "url"; input.placeholder = "https://"; }
  if (one.kind === "number") { input.min = one.low; input.max = one.high; }
  input.value = block[one.name] ?? "";
  input.addEventListener("input", () => {
    if (one.kind !== "number") set(input.value);
    else if (input.value !== "" && input.checkValidity()) set(Number(input.value));
  });
  return input;
}

function tokenMenu(input, set) {
  const menu = document.createElement("select");
  menu.className = "form-select form-select-sm email-tokens";
  menu.setAttribute("aria-label", "Insert something about the reader");
  menu.add(new Option("Insert…", ""));
  for (const [text, token] of schema.tokens) menu.add(new Option(text, token));
  menu.addEventListener("change", () => {
    if (!menu.value) return;
    const at = input.selectionEnd ?? input.value.length;
    input.setRangeText(menu.value, input.selectionStart ?? at, at, "end");
    menu.value = "";
    input.focus();
    set(input.value);
  });
  return menu;
}

// Preview and check

function send(address, target, more) {
  const data = new FormData(form);
  const post = document.createElement("form");
  post.method = "post";
  post.action = address;
  post.target = target;
  post.hidden = true;
  for (const [name, value] of [...data, ...Object.entries(more)]) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    post.append(field);
  }
  document.body.append(post);
  post.submit();
  post.remove();
}

function show() {
  frame.classList.toggle("is-narrow", mode === "mobile");
  send(form.dataset.preview, frame.name, { mode });
}

async function check() {
  const answer = await fetch(form.dataset.check, { method: "POST", body: new FormData(form) });
  if (answer.ok) problems.innerHTML = await answer.text();
}

form.addEventListener("click", (event) => {
  const adder = event.target.closest("[data-add]");
  const shower = event.target.closest("[data-mode]");
  const goer = event.target.closest("[data-go-to]");
  if (adder) add(adder.dataset.add);
  if (goer) choose(goer.dataset.goTo, goer.dataset.field);
  if (shower) {
    mode = shower.dataset.mode;
    for (const one of form.querySelectorAll("[data-mode]")) one.setAttribute("aria-pressed", String(one === shower));
    show();
  }
});
for (const name of ["subject", "preheader"]) form.elements[name].addEventListener("input", () => changed({ redraw: false }));
form.elements.as.addEventListener("change", show);
for (const input of form.querySelectorAll("[data-takes-tokens]")) input.after(tokenMenu(input, () => changed({ redraw: false })));

const { default: Sortable } = await import(form.dataset.sortableSrc);
Sortable.create(outline, {
  animation: 120,
  filter: ".email-tool",
  preventOnFilter: false,
  onEnd: ({ oldIndex, newIndex }) => { move(oldIndex, newIndex); draw(); },
});
draw();
show();
