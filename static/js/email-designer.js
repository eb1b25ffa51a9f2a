// The email designer: brings its parts together. Modules come by the hashed names that the page knows.
const form = document.querySelector("form.email-designer");
const from = (name) => import(form.dataset[`${name}Src`]);
const isHtml = form.classList.contains("is-html");
const isReadOnly = "readOnly" in form.dataset;
const schema = JSON.parse(document.getElementById("block-schema").textContent);
const parts = await from("parts");
parts.useIcons(form.dataset.icons);
const $ = (selector, within = document) => within.querySelector(selector);
const token = form.elements.csrfmiddlewaretoken.value;

const [{ saver }, { view }] = await Promise.all([from("saver"), from("view")]);
const saving = saver({ form, said: $("[data-saved]") ?? document.createElement("span"), clash: $("[data-clash]"), others: $("[data-others]"), parts, isReadOnly });
let panel = null, board = null, model = null;
const seen = view({
  form, frame: $("[data-frame]"), canvasPlace: $("[data-canvas]"), parts, list: $("[data-problems]"),
  onProblems: (found) => { board?.show(found); panel?.show(found); },
  goTo: (problem) => { model.choose(problem.block, problem.field); board.goTo(problem.block); },
});

let waiting = 0;
function changed() {
  if (model) form.elements.blocks.value = JSON.stringify(model.blocks);
  if (!isReadOnly) saving.changed();
  clearTimeout(waiting);
  waiting = setTimeout(() => { seen.show(); seen.check(); }, 450);
}

if (!isHtml) {
  const [{ Model }, { canvas }, { fields }, { richMaker }, { mediaPicker }, { default: Sortable }, { Editor, StarterKit }] = await Promise.all(
    ["model", "canvas", "fields", "rich", "media", "sortable", "tiptap"].map(from),
  );
  model = new Model(read(), schema);
  const media = mediaPicker({ dialog: $("[data-media-dialog]"), addresses: schema, token, parts });
  let makeRich = null;
  panel = fields({ place: $("[data-properties]"), title: $("[data-properties-title]"), model, schema, parts, media, rule: ruleEditor(), isReadOnly, rich: (asked) => makeRich(asked) });
  makeRich = richMaker({ Editor, StarterKit, parts, tokenPicker: panel.tokenPicker });
  board = canvas({ place: $("[data-canvas]"), palette: $("[data-kinds]"), model, schema, Sortable, parts, isReadOnly, keep: schema.may_keep && !schema.is_part ? keepBlock : null });
  model.addEventListener("changed", changed);
  model.addEventListener("typed", changed);
  steps();
  for (const input of form.querySelectorAll("[data-takes-tokens]")) if (!isReadOnly) input.after(panel.tokenPicker(() => input, changed));
}

function read() {
  try { return JSON.parse(form.elements.blocks.value) || []; } catch { return []; }
}

for (const name of ["subject", "preheader", "html"]) form.elements[name]?.addEventListener("input", changed);
$("[data-html-file]")?.addEventListener("change", async ({ target }) => {
  const file = target.files[0];
  if (!file) return;
  if (file.size > 500_000) { parts.tell(`“${file.name}” has more than 500 KB.`, "error"); return; }
  form.elements.html.value = await file.text();
  changed();
});

// Undo and redo, by button and key; a text field keeps its own undo only outside the designer

function steps() {
  const undo = $("[data-undo]"), redo = $("[data-redo]");
  const mark = () => { if (undo) { undo.disabled = !model.past.length; redo.disabled = !model.future.length; } };
  const go = (act) => { act(); panel.redraw(); mark(); };
  undo?.addEventListener("click", () => go(() => model.undo()));
  redo?.addEventListener("click", () => go(() => model.redo()));
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || isReadOnly || event.target.closest("dialog, .email-head")) return;
    const key = event.key.toLowerCase();
    const isRedo = key === "y" || (key === "z" && event.shiftKey);
    if (key !== "z" && !isRedo) return;
    event.preventDefault();
    go(() => (isRedo ? model.redo() : model.undo()));
  });
  model.addEventListener("changed", mark);
  model.addEventListener("typed", mark);
}

// What leads on saves first: a page that changed under us says so there

form.addEventListener("submit", async (event) => {
  if (form.dataset.passed) return;
  event.preventDefault();
  const button = event.submitter;
  if (!(await saving.save()) && form.dataset.dirty) return;
  form.dataset.passed = "yes";
  delete form.dataset.sent;
  setTimeout(() => form.requestSubmit(button)); // while the first event is on its way a second one is not taken
  setTimeout(() => delete form.dataset.passed, 3000);
});

// A test to look at in one's own mailbox

const testing = $("[data-test-dialog]");
$("[data-test]")?.addEventListener("click", () => testing.showModal());
$("[data-test-go]", testing)?.addEventListener("click", async ({ target }) => {
  const says = $("[data-test-says]", testing);
  target.disabled = true;
  await saving.save();
  const data = new FormData();
  for (const name of ["csrfmiddlewaretoken", "language", "as"]) data.set(name, form.elements[name].value);
  data.set("to", $("#test-to", testing).value);
  const { ok, said } = await parts.post(form.dataset.testTo, data);
  target.disabled = false;
  says.textContent = ok ? said.said : said.error;
  says.classList.toggle("field-error", !ok);
});

// Keeping a block, or the whole, under a name

function askName(title, first, go) {
  const dialog = $("[data-name-dialog]"), field = $("#name-of", dialog), error = $("[data-name-error]", dialog);
  $("[data-name-title]", dialog).textContent = title;
  field.value = first;
  error.hidden = true;
  const button = $("[data-name-go]", dialog);
  button.onclick = async () => {
    const problem = await go(field.value);
    error.textContent = problem;
    error.hidden = !problem;
    if (!problem) dialog.close();
  };
  field.onkeydown = (event) => { if (event.key === "Enter") { event.preventDefault(); button.click(); } };
  dialog.showModal();
  field.select();
}

async function kept(address, values) {
  const data = new FormData();
  data.set("csrfmiddlewaretoken", token);
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return parts.post(address, data);
}

function keepBlock(block) {
  askName("Keep it for use in other emails", "", async (name) => {
    const { when: _when, ...plain } = block;
    const { ok, said } = await kept(schema.keep, { name, blocks: JSON.stringify([plain]) });
    if (!ok) return said.error;
    schema.contents.push([said.id, said.name, said.blocks]);
    model.change(() => {
      const at = model.find(block.id);
      at.list.splice(at.index, 1, { id: block.id, kind: "content", content: said.id, ...(block.when ? { when: block.when } : {}) });
    });
    panel.redraw();
    parts.tell(`“${said.name}” is kept, and stands here by reference.`, "success");
    return "";
  });
}

$("[data-keep-design]")?.addEventListener("click", () => {
  askName("Save as a template", $("h1")?.firstChild?.textContent.trim() ?? "", async (name) => {
    const { ok, said } = await kept(schema.keep_design, { name, subject: form.elements.subject.value, preheader: form.elements.preheader.value, blocks: form.elements.blocks.value });
    if (!ok) return said.error;
    parts.tell(`New emails can begin with “${said.name}”.`, "success");
    return "";
  });
});

// A rule by the builder that segments have

function ruleEditor() {
  const dialog = $("[data-rule-dialog]"), pattern = $("[data-rule-pattern]");
  if (!dialog || !pattern) return null;
  const place = $("[data-rule-place]", dialog);
  let answer = null;
  const close = (value) => { answer?.(value); answer = null; dialog.close(); };
  $("[data-rule-cancel]", dialog).addEventListener("click", () => close(null));
  $("[data-rule-go]", dialog).addEventListener("click", () => {
    try { close(JSON.parse($("textarea", place).value || "null")); } catch { close(null); }
  });
  dialog.addEventListener("close", () => { answer?.(null); answer = null; });
  return {
    edit(stored) {
      place.replaceChildren(pattern.content.cloneNode(true));
      $("textarea", place).value = stored ? JSON.stringify(stored) : "";
      place.dispatchEvent(new CustomEvent("tandem:added", { bubbles: true }));
      dialog.showModal();
      return new Promise((resolve) => { answer = resolve; });
    },
  };
}

seen.show();
seen.check();
form.dataset.ready = "yes";
