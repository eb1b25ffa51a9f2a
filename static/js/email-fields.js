// The chosen block's fields, each with what is wrong with it; and who sees the block.
export function fields({ place, title, model, schema, parts, rich, media, rule, isReadOnly }) {
  const { icon, make } = parts;
  let problems = [];

  function draw() {
    const block = model.find(model.chosen)?.block;
    if (!block) {
      title.textContent = "Chosen block";
      place.replaceChildren(make("p", { className: "text-secondary" }, "Choose a block in the email to change it."));
      return;
    }
    const kind = schema.kinds[block.kind];
    title.textContent = kind?.label ?? block.kind;
    const boxes = (kind?.fields ?? []).map((one) => control(block, one));
    if (block.kind === "content") boxes.push(copyInstead(block));
    if (!boxes.length) boxes.push(make("p", { className: "text-secondary" }, "There is nothing to set here."));
    if (!schema.is_part) boxes.push(audience(block));
    place.replaceChildren(...boxes);
    if (isReadOnly) for (const one of place.querySelectorAll("input, select, textarea, button")) one.disabled = true;
    showProblems();
    const first = model.field && place.querySelector(`[data-name="${CSS.escape(model.field)}"]`);
    if (first) { first.focus(); model.field = ""; }
  }

  function control(block, one) {
    const id = `block-${one.name}`;
    const set = (value) => model.set(block.id, one.name, value);
    const label = make("label", { className: "form-label", htmlFor: id }, one.label);
    const box = make("div", { className: "field" }, label);
    box.dataset.field = one.name;
    const [element, target] = input(block, one, set, id);
    target.id = id;
    target.dataset.name = one.name;
    box.append(element);
    if (one.takes_tokens) box.append(tokenPicker(() => target, set));
    if (one.help) box.append(make("p", { className: "form-hint" }, one.help));
    box.append(make("p", { className: "field-error", hidden: true }));
    return box;
  }

  function input(block, one, set, id) {
    const value = block[one.name];
    switch (one.kind) {
      case "choice": return both(choice(one.choices, value, set));
      case "event": return both(choice([["", "Choose an event…"], ...schema.events], value ?? "", (said) => set(said ? Number(said) : null)));
      case "embed": return both(choice([["", "Choose a product…"], ...schema.products], value ?? "", (said) => set(said ? Number(said) : null)));
      case "content": return both(choice([["", "Choose a block…"], ...schema.contents], value ?? "", (said) => set(said ? Number(said) : null)));
      case "list": return both(choice(schema.lists, value ?? "", set));
      case "rich": return rich({ html: value, set, label: one.label, id });
      case "html": return both(area(value, set, "ed-code", 10));
      case "lines": return both(area(value, set, "", 3));
      case "colour": return colour(value, set);
      case "picture": return picture(block, one, value, set);
    }
    const field = make("input", { className: "form-control", type: one.kind === "number" ? "number" : "text", value: value ?? "" });
    if (one.kind === "url") { field.inputMode = "url"; field.placeholder = "https://"; }
    if (one.kind === "number") { field.min = one.low; field.max = one.high; }
    field.addEventListener("input", () => {
      if (one.kind !== "number") set(field.value);
      else if (field.value !== "" && field.checkValidity()) set(Number(field.value));
      else if (one.kind === "number") say(one.name, `From ${one.low} to ${one.high}.`);
    });
    return both(field);
  }

  const both = (element) => [element, element];

  function choice(options, value, set) {
    const select = make("select", { className: "form-select" });
    for (const [key, text] of options) select.add(new Option(text, key));
    select.value = value;
    select.addEventListener("change", () => { set(select.value); });
    return select;
  }

  function area(value, set, more, rows) {
    const field = make("textarea", { className: `form-control ${more}`, rows, value: value ?? "", spellcheck: more === "" });
    field.addEventListener("input", () => set(field.value));
    return field;
  }

  // Empty is the brand's own: the box beside it says so, and takes it back.
  function colour(value, set) {
    const field = make("input", { type: "color", className: "form-control form-control-color", value: value || "#888888" });
    const own = make("button", { type: "button", className: "btn btn-sm" }, "As the brand");
    const said = make("span", { className: "text-secondary" }, value || "As the brand");
    own.hidden = !value;
    field.addEventListener("input", () => { set(field.value); own.hidden = false; said.textContent = field.value; });
    own.addEventListener("click", () => { set(""); own.hidden = true; said.textContent = "As the brand"; });
    return [make("div", { className: "ed-colour" }, field, said, own), field];
  }

  function picture(block, one, value, set) {
    const field = make("input", { className: "form-control", type: "text", value: value ?? "", placeholder: "https://" });
    field.addEventListener("input", () => set(field.value));
    const pick = make("button", { type: "button", className: "btn btn-sm" }, icon("photo-plus"), "Library");
    pick.dataset.library = "";
    pick.addEventListener("click", async () => {
      const found = await media.pick();
      if (!found) return;
      model.change(() => {
        const now = model.find(block.id).block;
        now[one.name] = found.src;
        if ("alt" in now && !now.alt) now.alt = found.alt;
        if (block.kind === "image") now.width = Math.max(20, Math.min(600, found.width));
      });
      draw();
    });
    return [make("div", { className: "ed-with-button" }, field, pick), field];
  }

  function copyInstead(block) {
    const button = make("button", { type: "button", className: "btn btn-sm" }, icon("copy"), "Make it a copy of its own");
    button.addEventListener("click", () => {
      const found = schema.contents.find(([pk]) => pk === block.content);
      if (found) model.replace(block.id, found[2]);
    });
    return button;
  }

  // A token with what is said instead where nothing is known of the reader.
  function tokenPicker(field, set, insert = null) {
    const box = make("details", { className: "ed-tokens" }, make("summary", {}, icon("user"), "Insert about the reader"));
    const which = make("select", { className: "form-select form-select-sm", ariaLabel: "What is inserted" });
    for (const [text, name] of schema.tokens) which.add(new Option(text, name));
    const instead = make("input", { className: "form-control form-control-sm", placeholder: "else nothing", ariaLabel: "Said where it is not known" });
    // A value that a program gives is named here.
    const own = make("input", { className: "form-control form-control-sm", placeholder: "order_number", ariaLabel: "Name of the value", hidden: true });
    const first = () => { instead.value = schema.tokens.find(([, name]) => name === which.value)?.[2] ?? ""; own.hidden = which.value !== "data."; };
    which.addEventListener("change", first);
    first();
    const go = make("button", { type: "button", className: "btn btn-sm" }, "Insert");
    go.addEventListener("click", () => {
      const words = instead.value.replace(/["{}]/g, "");
      const name = own.hidden ? which.value : `data.${own.value.trim().replace(/^data\./, "").replace(/[^\w.]+/g, "_") || "order_number"}`;
      const token = words ? `{{ ${name} | default: "${words}" }}` : `{{ ${name} }}`;
      if (insert) insert(token);
      else {
        const target = field();
        target.setRangeText(token, target.selectionStart ?? target.value.length, target.selectionEnd ?? target.value.length, "end");
        set(target.value);
        target.focus();
      }
      box.open = false;
    });
    box.append(make("div", { className: "ed-tokens-row" }, which, own, make("label", {}, "else ", instead), go));
    return box;
  }

  // Who sees it

  function audience(block) {
    const when = block.when;
    const mode = when?.rule ? "rule" : when?.token ? "token" : "";
    const box = make("details", { className: "ed-audience", open: Boolean(mode) }, make("summary", {}, icon("filter"), "Who sees it"));
    const select = choice([["", "Everybody"], ["token", "Only where something is known of her"], ...(rule ? [["rule", "Only who fits a rule"]] : [])], mode, (said) => {
      if (!said) model.set(block.id, "when", undefined);
      else if (said === "token") model.set(block.id, "when", { token: "contact.city", op: "filled", value: "" });
      else return edit();
      draw();
    });
    select.setAttribute("aria-label", "Who sees it");
    select.dataset.name = "when";
    box.append(select);
    const edit = async () => {
      const made = await rule.edit(block.when?.rule ?? null);
      if (made) model.set(block.id, "when", { rule: made });
      draw();
    };
    if (mode === "token") box.append(tokenTest(block, when));
    if (mode === "rule") {
      const button = make("button", { type: "button", className: "btn btn-sm" }, icon("pencil"), "Change the rule");
      button.addEventListener("click", edit);
      box.append(button);
    }
    box.append(make("p", { className: "field-error", hidden: true }));
    box.dataset.field = "when";
    return box;
  }

  function tokenTest(block, when) {
    const put = (more) => { model.set(block.id, "when", { ...model.find(block.id).block.when, ...more }); };
    const token = choice(schema.tokens.filter(([, name]) => name.includes(".") && name !== "data.").map(([text, name]) => [name, text]), when.token, (said) => put({ token: said }));
    const op = choice(schema.operators, when.op, (said) => { put({ op: said }); draw(); });
    const value = make("input", { className: "form-control", value: when.value ?? "", ariaLabel: "Compared with" });
    token.setAttribute("aria-label", "What is looked at");
    op.setAttribute("aria-label", "How it is compared");
    value.addEventListener("input", () => put({ value: value.value }));
    value.hidden = ["filled", "empty"].includes(when.op);
    return make("div", { className: "ed-test" }, token, op, value);
  }

  // What is wrong, at its place

  function say(name, message) {
    const error = place.querySelector(`[data-field="${CSS.escape(name)}"] > .field-error`);
    if (error) { error.textContent = message; error.hidden = !message; }
  }

  function showProblems() {
    for (const error of place.querySelectorAll(".field-error")) error.hidden = true;
    for (const one of problems) if (one.block && one.block === model.chosen) say(one.field.split(".")[0], one.message);
  }

  model.addEventListener("chosen", draw);
  model.addEventListener("changed", () => { if (!place.contains(document.activeElement) || !model.find(model.chosen)) draw(); });
  draw();
  return { show(found) { problems = found; showProblems(); }, tokenPicker, redraw: draw };
}
