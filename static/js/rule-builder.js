// The rule builder: conditions as sentences over a hidden textarea of JSON. Native controls, so that the keyboard and a
// screen reader come free. The server is the judge: it counts, says the words, and names each problem by its path.
//
// <div data-rule-builder data-vocabulary="…?of=sales.lead" data-preview-url="…?of=sales.lead" data-preview="full">
//   <textarea name="…"></textarea> <div data-tree hidden></div> <div data-result hidden></div>
// </div>
// The textarea gets an input event with every change; `tandem:rule` tells what the server said of it.

const asked = new Map();
const vocabularyFrom = (url) => {
  if (!asked.has(url)) asked.set(url, fetch(url, { headers: { accept: "application/json" } }).then((r) => r.json()));
  return asked.get(url);
};

function make(tag, options = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...inside.filter((one) => one != null));
  return element;
}

function options(pairs, chosen, first) {
  const list = first === undefined ? [] : [make("option", { value: "" }, first)];
  for (const [value, label] of pairs) list.push(make("option", { value, selected: String(value) === String(chosen ?? "") }, label));
  return list;
}

function grouped(items, chosen, first) {
  const groups = new Map();
  for (const one of items) groups.set(one.group, [...(groups.get(one.group) ?? []), [one.name, one.label]]);
  return [make("option", { value: "" }, first), ...[...groups].map(([label, pairs]) => make("optgroup", { label }, ...options(pairs, chosen)))];
}

const select = (label, inside, changed) => make("select", { class: "form-select rule-control", "aria-label": label, onchange: changed }, ...inside);
const number = (label, value, changed, least = 1) =>
  make("input", { class: "form-control rule-control rule-number", type: "number", min: least, value: value ?? "", "aria-label": label, oninput: changed });
const whole = (control) => (control.value === "" ? undefined : Number(control.value));

class Builder {
  constructor(root, words) {
    this.root = root;
    this.words = words;
    this.arePeople = words.of.name === "crm.contact";
    this.plural = this.arePeople ? "People" : words.of.plural;
    this.text = root.querySelector("textarea");
    this.tree = root.querySelector("[data-tree]");
    this.result = root.querySelector("[data-result]");
    this.lists = 0;
    let stored = null;
    try { stored = JSON.parse(this.text.value || "null"); } catch { return; }
    this.text.hidden = true;
    this.tree.hidden = false;
    this.result.hidden = false;
    this.top = this.group(asGroup(stored) ?? { all: [] }, true);
    this.tree.append(this.top.element);
    this.tree.addEventListener("keydown", (event) => event.key === "Enter" && event.target.matches("input") && event.preventDefault()); // Enter ends a value, it does not send the form
    if (stored) this.ask();
    else this.say();
  }

  changed() {
    this.text.value = this.top.children.length ? JSON.stringify(this.read()) : "";
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
    this.say();
    clearTimeout(this.wait);
    this.wait = setTimeout(() => this.ask(), 250);
  }

  read() {
    this.places = new Map();
    return this.top.read("rule");
  }

  // Nodes. Each answers {element, read(path)}; read also notes which element stands at which path.

  node(stored) {
    if (stored?.did !== undefined) return this.did(stored);
    if (stored?.top !== undefined) return this.ranked(stored.top ?? {});
    if (stored?.test !== undefined) return this.test(stored);
    return this.group(asGroup(stored) ?? { all: [] }, false);
  }

  group(stored, isRoot) {
    const mode = Object.keys(stored)[0];
    const kind = select("How the conditions are joined", options(
      [["all", "all"], ["any", "at least one"], ["none", "none"], ["notall", "not all"]], mode), () => this.changed());
    const list = make("ol", { class: "rule-list" });
    const node = { children: [] };
    const add = (child, focus) => {
      const item = make("li", { class: "rule-item" }, child.element);
      const remove = make("button", { type: "button", class: "btn btn-icon rule-remove", "aria-label": "Remove this condition", title: "Remove" }, "×");
      remove.addEventListener("click", () => {
        const at = node.children.indexOf(child);
        node.children.splice(at, 1);
        item.remove();
        this.changed();
        (list.children[Math.min(at, list.children.length - 1)]?.querySelector("select, input, button") ?? bar.querySelector("button")).focus();
      });
      item.append(remove);
      item.addEventListener("focusout", (event) => {
        if (item.contains(event.relatedTarget) || !("fresh" in child.element.dataset)) return;
        delete child.element.dataset.fresh;
        this.say(this.said);
      });
      node.children.push(child);
      list.append(item);
      if (focus) { child.element.dataset.fresh = "yes"; this.changed(); child.element.querySelector("select, input").focus(); }
    };
    const button = (label, fresh) => make("button", { type: "button", class: "btn btn-sm", onclick: () => add(fresh(), true) }, label);
    const bar = make("div", { class: "rule-add" },
      button("+ Fact", () => this.test({ test: "" })),
      this.words.behaviours.length ? button("+ Behaviour", () => this.did({ did: "" })) : null,
      this.words.rankings.length ? button("+ Top of a ranking", () => this.ranked({})) : null,
      button("+ Group", () => this.group({ any: [] }, false)));
    node.element = make("fieldset", { class: isRoot ? "rule-group rule-root" : "rule-group" },
      make("legend", { class: "rule-legend" }, isRoot ? `${this.plural} for ${this.arePeople ? "whom" : "which"} ` : "", kind, isRoot ? " of this holds" : " of these"), list, bar);
    for (const one of stored[mode]) add(this.node(one), false);
    node.read = (path) => {
      this.places.set(path, node.element);
      const negated = kind.value === "none" || kind.value === "notall";
      const word = kind.value === "any" || kind.value === "none" ? "any" : "all";
      if (negated) this.places.set(`${path}/not`, node.element);
      const inside = node.children.map((child, i) => child.read(`${path}${negated ? "/not" : ""}/${word}[${i}]`));
      return negated ? { not: { [word]: inside } } : { [word]: inside };
    };
    return node;
  }

  test(stored) {
    const sentence = make("div", { class: "rule-sentence" });
    const which = select("What to test", grouped(this.words.attributes, stored.test, "Choose a fact…"), () => { build({}); this.changed(); });
    sentence.append(which);
    let subject, op, value, attribute;
    const build = (was) => {
      attribute = this.words.attributes.find((one) => one.name === which.value);
      subject = attribute?.subjects ? select("Of which", options(attribute.subjects, was.of, "choose which…"), () => this.changed()) : null;
      const ops = attribute ? this.words.operators[attribute.kind] : [];
      op = attribute && ops.length > 1
        ? select("How", options(ops.map((one) => [one.name, one.label]), was.op), () => { fill(undefined); this.changed(); }) : null;
      while (which.nextSibling) which.nextSibling.remove(); // the select itself stays, and keeps the focus
      sentence.append(...[subject, op].filter(Boolean));
      value = null;
      fill(was.value);
    };
    const operator = () => this.words.operators[attribute.kind].find((one) => !op || one.name === op.value);
    const fill = (was) => {
      value?.elements.forEach((one) => one.remove());
      value = attribute ? this.value(operator().takes, attribute, was) : null;
      if (value) sentence.append(...value.elements);
    };
    build(stored);
    return {
      element: make("div", { class: "rule-row" }, sentence),
      read: (path) => {
        this.places.set(path, sentence.parentElement);
        const made = { test: which.value };
        if (!attribute) return made;
        if (subject) made.of = subject.value === "" ? null : attribute.subjects.find(([one]) => String(one) === subject.value)[0];
        made.op = operator().name;
        const read = value.read();
        if (read !== undefined) made.value = read;
        return made;
      },
    };
  }

  value(takes, attribute, was) {
    const changed = () => this.changed();
    const typed = (kind, given) => make("input", { class: "form-control rule-control", type: kind, step: kind === "number" ? "any" : null, value: given ?? "", "aria-label": `Value of ${attribute.label}`, oninput: changed });
    const own = (text) => attribute.choices.find(([value]) => String(value) === text)?.[0] ?? text;
    switch (takes) {
      case "none": return { elements: [], read: () => undefined };
      case "choice": {
        const control = select(`Value of ${attribute.label}`, options(attribute.choices ?? [], was, "choose…"), changed);
        return { elements: [control], read: () => own(control.value) };
      }
      case "yesno": {
        const control = select(`Value of ${attribute.label}`, options([["yes", "yes"], ["no", "no"]], was === false ? "no" : "yes"), changed);
        return { elements: [control], read: () => control.value === "yes" };
      }
      case "choices": return this.chips(attribute, was, attribute.choices ?? []);
      case "texts": return this.chips(attribute, was, null);
      case "record": return this.records(attribute, was == null ? [] : [was], false);
      case "records": return this.records(attribute, was, true);
      case "number": case "count": {
        const control = typed("number", was);
        const unit = takes === "count" ? [make("span", {}, "days")] : [];
        return { elements: [control, ...unit], read: () => whole(control) ?? null };
      }
      case "numbers": case "days": {
        const kind = takes === "days" ? "date" : "number";
        const from = typed(kind, was?.[0]), to = typed(kind, was?.[1]);
        const one = (control) => (takes === "days" ? control.value : whole(control) ?? null);
        return { elements: [from, make("span", {}, "and"), to], read: () => [one(from), one(to)] };
      }
      default: {
        const control = typed(takes === "day" ? "date" : "text", was);
        return { elements: [control], read: () => control.value };
      }
    }
  }

  // Several values: chips with a remove button each; choices are offered by a datalist.
  chips(attribute, was, choices) {
    const held = [...(Array.isArray(was) ? was : [])];
    const label = (value) => choices?.find(([one]) => String(one) === String(value))?.[1] ?? value;
    const id = `${this.text.id || this.text.name}-list-${++this.lists}`;
    const chips = make("span", { class: "rule-chips" });
    const input = make("input", { class: "form-control rule-control", type: "text", list: choices ? id : null, placeholder: choices ? "add one…" : "type, then Enter", "aria-label": `Add a value of ${attribute.label}`, autocomplete: "off" });
    const draw = () => chips.replaceChildren(...held.map((value, at) => make("span", { class: "rule-chip" }, String(label(value)),
      make("button", { type: "button", "aria-label": `Remove ${label(value)}`, onclick: () => { held.splice(at, 1); draw(); this.changed(); input.focus(); } }, "×"))));
    const take = (strict) => {
      const text = input.value.trim();
      const found = choices?.find(([value, name]) => name.toLowerCase() === text.toLowerCase() || String(value).toLowerCase() === text.toLowerCase());
      if (!text || (choices && !found)) {
        if (strict && text) { input.setCustomValidity("Choose one of the list."); input.reportValidity(); }
        return;
      }
      const value = choices ? found[0] : text;
      if (!held.includes(value)) held.push(value);
      input.value = "";
      draw();
      this.changed();
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); take(true); }
      if (event.key === "Backspace" && !input.value && held.length) { held.pop(); draw(); this.changed(); }
    });
    input.addEventListener("input", (event) => { event.stopPropagation(); input.setCustomValidity(""); if (choices && event.inputType === "insertReplacementText") take(false); });
    input.addEventListener("change", () => take(false));
    draw();
    const list = choices ? [make("datalist", { id }, ...choices.map(([, name]) => make("option", { value: name })))] : [];
    return { elements: [chips, input, ...list], read: () => held };
  }

  // Other records, found by a part of their name (record_input.js); they are kept by their ids.
  records(attribute, was, many) {
    const held = [...(Array.isArray(was) ? was : [])];
    const names = new Map();
    const chips = make("span", { class: "rule-chips" });
    const hidden = make("input", { type: "hidden" });
    const id = `${this.text.id || this.text.name}-found-${++this.lists}`;
    const text = make("input", { class: "form-control rule-control", type: "text", id, autocomplete: "off", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}_found`, placeholder: "a part of the name", "aria-label": `Value of ${attribute.label}` });
    const box = make("div", { class: "record-input", "data-record-input": true, "data-found": attribute.found }, hidden, text, make("ul", { class: "record-input-found", id: `${id}_found`, role: "listbox", hidden: true }));
    const draw = () => chips.replaceChildren(...held.map((one, at) => make("span", { class: "rule-chip" }, names.get(one) ?? `number ${one}`,
      make("button", { type: "button", "aria-label": `Remove ${names.get(one) ?? one}`, onclick: () => { held.splice(at, 1); draw(); this.changed(); text.focus(); } }, "×"))));
    hidden.addEventListener("change", () => {
      const one = Number(hidden.value);
      names.set(one, text.value);
      if (!many) held.length = 0;
      if (!held.includes(one)) held.push(one);
      hidden.value = text.value = "";
      draw();
      this.changed();
    });
    const name = async () => {
      const answer = await fetch(`${attribute.found}?ids=${held.join(",")}`);
      if (answer.ok) for (const one of (await answer.json()).found) names.set(one.id, one.title);
      draw();
    };
    draw();
    if (held.length) name();
    return { elements: [chips, box], read: () => (many ? held : held[0] ?? null) };
  }

  // A kind of behaviour and what it happened on.
  deed(kind, source, first) {
    const on = make("span", { class: "rule-inline" });
    let where;
    const what = select("What the person did", grouped(this.words.behaviours.map((one) => ({ ...one, group: one.mine ? one.group : "What we did" })), kind, first), () => { fill(""); this.changed(); });
    const fill = (was) => {
      const known = this.words.sources.filter((one) => one.kinds.includes(what.value));
      const pairs = known.flatMap((one) => one.choices.map(([id, label]) => [`${one.type}:${id}`, label]));
      const named = Array.isArray(was) ? was.join(":") : was;
      if (named && !pairs.some(([value]) => value === named)) pairs.push([named, named]);
      where = pairs.length ? select("On what", options(pairs, named, `any ${known.map((one) => one.label.toLowerCase()).join(" or ") || "thing"}`), () => this.changed()) : null;
      on.replaceChildren(...(where ? ["on ", where] : []));
    };
    fill(source);
    return { elements: [what, on], read: () => [what.value, where?.value || undefined] };
  }

  did(stored) {
    const deed = this.deed(stored.did, stored.source, "Choose what was done…");
    const changed = () => this.changed();
    const mode = stored.at_most === 0 ? "never" : stored.at_least != null && stored.at_most != null ? "between" : stored.at_most != null ? "most" : stored.at_least > 1 ? "least" : "once";
    const times = make("span", { class: "rule-inline" });
    const least = number("At least how many times", stored.at_least, changed), most = number("At most how many times", stored.at_most, changed, 0);
    const often = select("How often", options([["once", "at least once"], ["least", "at least … times"], ["most", "at most … times"], ["between", "between … and … times"], ["never", "never"]], mode), () => { fill(); changed(); });
    const fill = () => times.replaceChildren(...({ least: [least, "times"], most: [most, "times"], between: [least, "and", most, "times"] }[often.value] ?? []));
    fill();
    const days = number("Within how many days; empty for ever", stored.within_days, changed);
    days.placeholder = "all";
    const machines = select("Whose hits count", options([["human", "people only"], ["all", "machines too"]], stored.verdicts ?? "human"), changed);
    const sentence = make("div", { class: "rule-sentence" }, ...deed.elements, often, times, make("span", { class: "rule-inline" }, "in the last ", days, " days"), machines);
    return {
      element: make("div", { class: "rule-row" }, sentence),
      read: (path) => {
        this.places.set(path, sentence.parentElement);
        const [did, source] = deed.read();
        const made = { did, source };
        if (often.value === "least" || often.value === "between") made.at_least = whole(least) ?? 1;
        if (often.value === "most" || often.value === "between") made.at_most = whole(most) ?? 0;
        if (often.value === "never") made.at_most = 0;
        made.within_days = whole(days);
        if (machines.value === "all") made.verdicts = "all";
        return made;
      },
    };
  }

  ranked(stored) {
    const changed = () => this.changed();
    const n = number("How many", stored.n ?? 10, changed);
    const pairs = this.words.rankings.flatMap((one) => (one.subjects ? one.subjects.map(([id, label]) => [`${one.name}:${id}`, `${one.label}: ${label}`]) : [[one.name, one.label]]));
    const by = select("Ranked by", options(pairs, stored.by, "choose by what…"), changed);
    const of = this.group(asGroup(stored.of) ?? { all: [] }, false);
    const first = this.deed(stored.ties?.first, stored.ties?.source, "the older record");
    const row = make("div", { class: "rule-row rule-ranked" },
      make("div", { class: "rule-sentence" }, "Among the top", n, "by", by, "of those for whom"), of.element,
      make("div", { class: "rule-sentence" }, "Equal: first comes who first did", ...first.elements));
    return {
      element: row,
      read: (path) => {
        this.places.set(path, row);
        const made = { n: whole(n), by: by.value, of: of.read(`${path}/top/of`) };
        const [kind, source] = first.read();
        if (kind) made.ties = { first: kind, source };
        return { top: made };
      },
    };
  }

  // What the server says of it.

  async ask() {
    if (!this.top.children.length) return;
    const rule = this.read();
    const turn = (this.turn = (this.turn ?? 0) + 1);
    this.result.setAttribute("aria-busy", "true");
    try {
      const csrf = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["x-csrftoken"];
      const answer = await fetch(this.root.dataset.previewUrl, { method: "POST", body: JSON.stringify({ rule }), headers: { "content-type": "application/json", "x-csrftoken": csrf, accept: "application/json" } });
      const said = await answer.json();
      if (turn !== this.turn) return;
      this.say(said);
      this.root.dispatchEvent(new CustomEvent("tandem:rule", { bubbles: true, detail: said }));
    } catch {
      if (turn === this.turn) this.result.replaceChildren("The server did not answer; the count is not known. Go on editing to ask again.");
    } finally {
      if (turn === this.turn) this.result.removeAttribute("aria-busy");
    }
  }

  noun(count) {
    if (this.arePeople) return count === 1 ? "person" : "people";
    return (count === 1 ? this.words.of.label : this.words.of.plural).toLowerCase();
  }

  say(said) {
    this.said = said;
    this.root.querySelectorAll(".rule-problem").forEach((one) => one.remove());
    this.root.querySelectorAll("[data-wrong]").forEach((one) => delete one.dataset.wrong);
    if (!said) {
      if (!this.top.children.length) this.result.replaceChildren(make("p", { class: "text-secondary" }, this.arePeople ? "Add a condition to see who it finds." : "Add a condition to see what it finds."));
      return;
    }
    for (const problem of said.problems) this.mark(problem);
    if (said.problems.length) {
      this.result.replaceChildren(make("p", { class: "rule-count" }, said.problems.length === 1 ? "One thing is missing" : `${said.problems.length} things are missing`));
      return;
    }
    const words = make("p", { class: "rule-words" }, `${said.words}.`);
    const count = make("p", { class: "rule-count" }, make("strong", { class: "num" }, said.count.toLocaleString()), ` ${this.noun(said.count)}`);
    if (this.root.dataset.preview !== "full") { this.result.replaceChildren(count, words); return; }
    const sample = make("ul", { class: "rule-sample" }, ...said.sample.map((one) => make("li", {}, make("a", { href: one.url }, one.name), make("span", { class: "text-secondary" }, one.sentence))));
    this.result.replaceChildren(count, words, sample, said.count > said.sample.length ? make("p", { class: "text-secondary" }, `and ${(said.count - said.sample.length).toLocaleString()} more`) : "");
  }

  // What is new is marked once one has left it, not while it is being filled in.
  mark(problem) {
    const at = this.places?.get(problem.path) ?? this.top.element;
    if (at.closest("[data-fresh]")) return;
    at.dataset.wrong = "yes";
    const note = make("p", { class: "rule-problem", role: "alert" }, problem.message);
    at.matches("fieldset") ? at.querySelector(".rule-list").after(note) : at.append(note);
  }
}

// Stored JSON as a group of the editor: {all|any|none|notall: [...]}. A lone condition is a group of one.
function asGroup(stored) {
  if (!stored || typeof stored !== "object") return null;
  if (Array.isArray(stored.all)) return { all: stored.all };
  if (Array.isArray(stored.any)) return { any: stored.any };
  if (stored.not) {
    if (Array.isArray(stored.not.any)) return { none: stored.not.any };
    if (Array.isArray(stored.not.all)) return { notall: stored.not.all };
    return { none: [stored.not] };
  }
  return { all: [stored] };
}

async function mount(root) {
  if (root.dataset.mounted || root.closest("template")) return;
  root.dataset.mounted = "yes";
  try {
    new Builder(root, await vocabularyFrom(root.dataset.vocabulary));
  } catch {
    delete root.dataset.mounted; // the JSON stays editable
  }
}

const mountAll = (within) => within.querySelectorAll("[data-rule-builder]").forEach(mount);
mountAll(document);
document.addEventListener("htmx:load", (event) => mountAll(event.detail.elt.parentElement ?? document));
document.addEventListener("tandem:added", (event) => mountAll(event.target));
