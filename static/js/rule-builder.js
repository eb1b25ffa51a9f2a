// The rule builder: conditions as sentences over a hidden textarea of JSON. Native controls, so that the keyboard and a
// screen reader come free. The server is the judge: it counts, says the words, and names each problem by its path.
//
// <div data-rule-builder data-vocabulary="…?of=sales.lead" data-preview-url="…?of=sales.lead" data-parts-url="…" data-links-url="…"
//      data-lines-src="…" data-sortable-src="…" data-icons="…" data-preview="full">
//   <textarea name="…"></textarea> <div data-tree hidden></div> <div data-result hidden></div>
// </div>
// The textarea gets an input event with every change; `tandem:rule` tells what the server said of it, and of which rule.
// The lines themselves are drawn by rule-lines.js; here they are put in groups, moved, doubled, undone and counted.

const asked = new Map();
const json = (url) => {
  if (!asked.has(url)) asked.set(url, fetch(url, { headers: { accept: "application/json" } }).then((r) => (r.ok ? r.json() : Promise.reject(r.status))));
  return asked.get(url);
};
const TYPING = 1000; // what is typed within a second is undone at once

class Builder {
  constructor(root, kit, words) {
    this.root = root;
    this.kit = kit;
    this.arePeople = words.of.name === "crm.contact";
    this.plural = this.arePeople ? "People" : words.of.plural;
    this.words = words;
    this.text = root.querySelector("textarea");
    this.tree = root.querySelector("[data-tree]");
    this.result = root.querySelector("[data-result]");
    this.ids = 0;
    this.named = new Map();
    this.vocabularies = new Map();
    this.nodes = new WeakMap(); // a list item → its condition
    this.groups = new WeakMap(); // a list → its group
    this.past = [];
    this.future = [];
  }

  async start() {
    let stored = null;
    try { stored = JSON.parse(this.text.value || "null"); } catch { return; }
    this.lines = new this.kit.Lines(this, this.words);
    await Promise.all(kindsIn(stored).map((kind) => this.linesOf(kind).catch(() => null)));
    this.text.hidden = true;
    this.tree.hidden = false;
    this.result.hidden = false;
    const { make } = this.kit;
    this.live = make("p", { class: "visually-hidden", role: "status" });
    this.trunk = make("div");
    const step = (label, keys, back, act) => {
      const button = this.icon("arrow-back-up", label, act, `rule-step${back ? "" : " rule-redo"}`);
      button.setAttribute("aria-keyshortcuts", keys);
      return button;
    };
    this.undoing = step("Undo", "Control+Z", true, () => this.undo());
    this.redoing = step("Redo", "Control+Shift+Z", false, () => this.redo());
    this.tree.append(make("div", { class: "rule-steps" }, this.undoing, this.redoing), this.trunk, this.live);
    this.draw(stored);
    this.now = JSON.stringify(this.read());
    this.steps();
    this.tree.addEventListener("keydown", (event) => this.key(event));
    this.tree.addEventListener("keyup", (event) => event.altKey && event.key.startsWith("Arrow") && event.preventDefault());
    if (stored) this.ask();
    else this.say();
  }

  draw(stored) {
    const whom = `${this.plural} for ${this.arePeople ? "whom" : "which"} `;
    this.top = this.group(stored ?? { all: [] }, this.lines, { before: whom, after: " of this holds", isRoot: true });
    this.trunk.replaceChildren(this.top.element);
  }

  changed() {
    const next = JSON.stringify(this.read());
    const control = document.activeElement;
    if (next !== this.now) {
      const isTyping = control?.matches?.("input") && control === this.typed && Date.now() - this.typedAt < TYPING;
      if (!isTyping) this.past.push(this.now);
      this.typed = control;
      this.typedAt = Date.now();
      this.future = [];
      this.now = next;
    }
    this.sent();
  }

  // The rule as it stands goes into the form, and to the server a moment later.
  sent() {
    this.steps();
    this.text.value = this.top.children().length ? JSON.stringify(this.read()) : "";
    this.text.dispatchEvent(new Event("input", { bubbles: true }));
    this.stop?.abort();
    this.say();
    clearTimeout(this.wait);
    this.wait = setTimeout(() => this.ask(), 250);
  }

  read() {
    this.places = new Map();
    return this.top.read("rule");
  }

  // What the lines ask of their desk.

  newId(what) { return `${this.text.id || this.text.name}-${what}-${++this.ids}`; }
  names(found) {
    if (!this.named.has(found)) this.named.set(found, new Map());
    return this.named.get(found);
  }
  linesNow(kind) { return this.vocabularies.get(kind); }
  async linesOf(kind) {
    const url = new URL(this.root.dataset.vocabulary, location.href);
    url.searchParams.set("of", kind);
    if (!this.vocabularies.has(kind)) this.vocabularies.set(kind, new this.kit.Lines(this, await json(url.href)));
    return this.vocabularies.get(kind);
  }
  async linksOf(source) {
    const url = new URL(this.root.dataset.linksUrl, location.href);
    url.searchParams.set("source", source);
    return json(url.href).then((said) => said.links, () => []);
  }

  icon(name, label, act, more = "") {
    const button = this.kit.make("button", { type: "button", class: `btn btn-icon rule-tool ${more}`, "aria-label": label, title: label, onclick: act });
    button.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${this.root.dataset.icons}#${name}"></use></svg>`;
    return button;
  }

  // Groups and their items.

  node(stored, lines) {
    const isGroup = stored && ["all", "any", "not"].some((word) => word in stored);
    return isGroup ? this.group(stored, lines, {}) : lines.line(stored ?? { test: "" });
  }

  group(given, lines, { before = "", after = " of these", isRoot = false }) {
    const { make, options, select } = this.kit;
    const stored = asGroup(given) ?? { all: [] };
    const mode = Object.keys(stored)[0];
    const modes = before ? [["all", "all"], ["any", "at least one"], ["none", "none"], ["notall", "not all"]] : [["all", "all"], ["any", "at least one"], ["none", "but none"], ["notall", "but not all"]];
    const kind = select("How the conditions are joined", options(modes, mode), () => this.changed());
    const list = make("ol", { class: "rule-list" });
    const node = { lines, list, children: () => [...list.children].map((item) => this.nodes.get(item)).filter(Boolean) };
    node.inner = node;
    const add = (label, fresh) => make("button", { type: "button", class: "btn btn-sm", onclick: () => this.add(node, fresh()) }, label);
    const bar = make("div", { class: "rule-add" },
      add("+ Fact", () => ({ test: "" })),
      lines.words.behaviours.length ? add("+ Behaviour", () => ({ did: "" })) : null,
      lines.words.has.length ? add("+ Something they have", () => ({ has: "" })) : null,
      lines.words.rankings.length ? add("+ Top of a ranking", () => ({ top: {} })) : null,
      add("+ Group", () => ({ any: [] })),
      add("+ But not", () => ({ not: { any: [] } })));
    node.element = make("fieldset", { class: isRoot ? "rule-group rule-root" : "rule-group" }, make("legend", { class: "rule-legend" }, before, kind, after), list, bar);
    node.bar = bar;
    this.groups.set(list, node);
    for (const one of stored[mode]) list.append(this.item(this.node(one, lines), lines));
    node.read = (path) => {
      this.places.set(path, node.element);
      const negated = kind.value === "none" || kind.value === "notall";
      const word = kind.value === "any" || kind.value === "none" ? "any" : "all";
      if (negated) this.places.set(`${path}/not`, node.element);
      const inside = node.children().map((child, i) => child.read(`${path}${negated ? "/not" : ""}/${word}[${i}]`));
      return negated ? { not: { [word]: inside } } : { [word]: inside };
    };
    this.drags(list, lines);
    return node;
  }

  item(node, lines) {
    const { make } = this.kit;
    const grip = make("span", { class: "rule-grip", "aria-hidden": "true", title: "Drag" });
    grip.innerHTML = `<svg class="icon"><use href="${this.root.dataset.icons}#grip-vertical"></use></svg>`;
    const item = make("li", { class: "rule-item" }, grip, make("div", { class: "rule-body" }, node.element));
    const tools = make("div", { class: "rule-tools" }, make("span", { class: "rule-hits", "data-hits": true }),
      this.icon("arrow-up", "Move up", () => this.move(item, -1)),
      this.icon("arrow-down", "Move down", () => this.move(item, 1)),
      this.icon("copy", "Duplicate this condition", () => this.double(item)),
      this.icon("x", "Remove this condition", () => this.remove(item), "rule-remove"));
    item.append(tools);
    item.addEventListener("focusout", (event) => {
      if (item.contains(event.relatedTarget) || !("fresh" in node.element.dataset)) return;
      delete node.element.dataset.fresh;
      this.say(this.said);
    });
    node.of = lines;
    this.nodes.set(item, node);
    return item;
  }

  add(group, stored) {
    const item = this.item(this.node(stored, group.lines), group.lines);
    group.list.append(item);
    this.nodes.get(item).element.dataset.fresh = "yes";
    this.changed();
    this.enter(item);
  }

  enter(item) { item.querySelector(".rule-body :is(select, input:not([type=hidden]), button)")?.focus(); }

  remove(item) {
    const group = this.groups.get(item.parentElement);
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    this.changed();
    if (next) this.enter(next);
    else group.bar.querySelector("button").focus();
    this.tell("Removed. Control Z brings it back.");
  }

  double(item) {
    const node = this.nodes.get(item);
    const copy = this.item(this.node(structuredClone(node.read("copy")), node.of), node.of);
    item.after(copy);
    this.changed();
    this.enter(copy);
    this.tell(`Duplicated: place ${this.placeOf(copy)}.`);
  }

  // One step: past its neighbour, into a neighbouring group, or out of its own at the end of it.
  move(item, step) {
    const control = document.activeElement;
    const node = this.nodes.get(item);
    const next = step < 0 ? item.previousElementSibling : item.nextElementSibling;
    const outer = item.parentElement.closest(".rule-item");
    const into = next && this.nodes.get(next).inner;
    if (next && into?.lines === node.of) step < 0 ? into.list.append(item) : into.list.prepend(item);
    else if (next) step < 0 ? next.before(item) : next.after(item);
    else if (outer && this.groups.get(outer.parentElement).lines === node.of) step < 0 ? outer.before(item) : outer.after(item);
    else return this.tell(step < 0 ? "It is the first already." : "It is the last already.");
    this.changed();
    control?.focus();
    this.tell(`Moved: place ${this.placeOf(item)}.`);
  }

  placeOf(item) {
    const list = item.parentElement;
    const where = list === this.top.list ? "" : " of the group";
    return `${[...list.children].indexOf(item) + 1} of ${list.children.length}${where}`;
  }

  async drags(list, lines) {
    const source = this.root.dataset.sortableSrc;
    if (!source) return;
    const { default: Sortable } = await import(source);
    Sortable.create(list, {
      group: `${this.text.id || this.text.name}-${lines.words.of.name}`, handle: ".rule-grip", draggable: ".rule-item", ghostClass: "is-ghost", fallbackOnBody: true, swapThreshold: 0.65,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      onEnd: ({ item, from, to, oldIndex, newIndex }) => {
        if (from === to && oldIndex === newIndex) return;
        this.changed();
        this.tell(`Moved: place ${this.placeOf(item)}.`);
      },
    });
  }

  // Undo and redo: the whole rule as it was, with the focus at the same place.

  undo() { this.step(this.past, this.future, "Undone."); }
  redo() { this.step(this.future, this.past, "Done again."); }
  step(from, to, word) {
    if (!from.length) return this.tell("Nothing more.");
    to.push(this.now);
    this.now = from.pop();
    this.typed = null;
    const place = this.focusPlace();
    this.draw(JSON.parse(this.now));
    this.sent();
    this.focusAt(place);
    this.tell(word);
  }

  steps() {
    this.undoing.setAttribute("aria-disabled", String(!this.past.length));
    this.redoing.setAttribute("aria-disabled", String(!this.future.length));
  }

  focusPlace() {
    const control = document.activeElement;
    if (!this.trunk.contains(control)) return null;
    return [...this.trunk.querySelectorAll(CONTROLS)].indexOf(control);
  }
  focusAt(place) {
    if (place === null) return;
    const controls = this.trunk.querySelectorAll(CONTROLS);
    controls[Math.min(place, controls.length - 1)]?.focus();
  }

  key(event) {
    if (event.key === "Enter" && event.target.matches("input")) event.preventDefault(); // Enter ends a value, it does not send the form
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "z") {
      event.preventDefault();
      event.shiftKey ? this.redo() : this.undo();
    }
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const item = event.target.closest(".rule-item");
      if (!item) return;
      event.preventDefault();
      this.move(item, event.key === "ArrowUp" ? -1 : 1);
    }
  }

  tell(words) { this.live.textContent = ""; requestAnimationFrame(() => { this.live.textContent = words; }); }

  // What the server says of it.

  async post(url, body, signal) {
    const csrf = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["x-csrftoken"];
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(body), signal, headers: { "content-type": "application/json", "x-csrftoken": csrf, accept: "application/json" } });
    return answer.json();
  }

  async ask() {
    if (!this.top.children().length) return;
    const rule = this.read();
    const stop = (this.stop = new AbortController());
    this.result.setAttribute("aria-busy", "true");
    try {
      const said = await this.post(this.root.dataset.previewUrl, { rule }, stop.signal);
      if (stop.signal.aborted) return;
      this.say(said);
      this.root.dispatchEvent(new CustomEvent("tandem:rule", { bubbles: true, detail: { ...said, rule } }));
      if (!said.problems.length && this.root.dataset.preview === "full") this.countParts(rule, stop.signal);
    } catch {
      if (!stop.signal.aborted) this.result.replaceChildren("The server did not answer; the count is not known. Go on editing to ask again.");
    } finally {
      if (this.stop === stop) this.result.removeAttribute("aria-busy");
    }
  }

  // Each condition by itself, a few at a time, until all are known or the rule is another one.
  async countParts(rule, signal) {
    const items = new Map([...this.places].map(([path, element]) => [path, element.closest(".rule-item")]).filter(([path, item]) => item && this.nodes.get(item).element === this.places.get(path) && !path.endsWith("/not")));
    let paths = [...items.keys()];
    try {
      while (paths.length && !signal.aborted) {
        const said = await this.post(this.root.dataset.partsUrl, { rule, paths }, signal);
        if (signal.aborted || !said.parts?.length) return;
        for (const part of said.parts) this.hit(items.get(part.path), part, rule, signal);
        const done = new Set(said.parts.map((part) => part.path));
        paths = paths.filter((path) => !done.has(path));
      }
    } catch { /* the next edit asks again; the whole is counted above */ }
  }

  hit(item, part, rule, signal) {
    const { make } = this.kit;
    const place = item.querySelector(":scope > .rule-tools > [data-hits]");
    if (part.count === null) {
      const why = make("p", { class: "rule-why", hidden: true, id: this.newId("why") }, part.why);
      const button = make("button", { type: "button", class: "rule-hit rule-slow", "aria-expanded": "false", "aria-controls": why.id, onclick: () => this.unfold(button, why) }, "slow");
      place.replaceChildren(button);
      item.querySelector(":scope > .rule-body").append(why);
      return;
    }
    const list = make("ul", { class: "rule-sample rule-part", hidden: true, id: this.newId("sample") });
    const button = make("button", { type: "button", class: "rule-hit num", "aria-expanded": "false", "aria-controls": list.id, "aria-label": `${part.said}: show ten of them`, title: part.said }, part.count.toLocaleString());
    button.addEventListener("click", async () => {
      this.unfold(button, list);
      if (list.children.length || list.hidden) return;
      try {
        const said = await this.post(this.root.dataset.previewUrl, { rule, path: part.path }, signal);
        list.replaceChildren(...(said.sample?.length ? said.sample.map((one) => this.found(one)) : [make("li", {}, "Nobody you may see.")]));
      } catch { list.hidden = true; }
    });
    place.replaceChildren(button);
    item.querySelector(":scope > .rule-body").append(list);
  }

  unfold(button, what) {
    what.hidden = !what.hidden;
    button.setAttribute("aria-expanded", String(!what.hidden));
  }

  found(one) {
    const { make } = this.kit;
    return make("li", {}, make("a", { href: one.url }, one.name), make("span", { class: "text-secondary" }, one.sentence));
  }

  noun(count) {
    if (this.arePeople) return count === 1 ? "person" : "people";
    return (count === 1 ? this.words.of.label : this.words.of.plural).toLowerCase();
  }

  say(said) {
    const { make } = this.kit;
    this.said = said;
    this.root.querySelectorAll(".rule-problem, .rule-part, .rule-why").forEach((one) => one.remove());
    this.root.querySelectorAll("[data-hits]").forEach((one) => one.replaceChildren());
    this.root.querySelectorAll("[data-wrong]").forEach((one) => delete one.dataset.wrong);
    if (!said) {
      if (!this.top.children().length) this.result.replaceChildren(make("p", { class: "text-secondary" }, this.arePeople ? "Add a condition to see who it finds." : "Add a condition to see what it finds."));
      return;
    }
    for (const problem of said.problems) this.mark(problem);
    if (said.problems.length) {
      this.result.replaceChildren(make("p", { class: "rule-count" }, said.problems.length === 1 ? "One thing is missing" : `${said.problems.length} things are missing`));
      return;
    }
    const words = make("p", { class: "rule-words" }, `${said.words}.`);
    if (said.count === null) { this.result.replaceChildren(make("p", { class: "rule-count rule-slow" }, "Slow to count"), make("p", { class: "text-secondary" }, said.why), words); return; }
    const count = make("p", { class: "rule-count" }, make("strong", { class: "num" }, said.count.toLocaleString()), ` ${this.noun(said.count)}`);
    if (this.root.dataset.preview !== "full") { this.result.replaceChildren(count, words); return; }
    const sample = make("ul", { class: "rule-sample" }, ...said.sample.map((one) => this.found(one)));
    this.result.replaceChildren(count, words, sample, said.count > said.sample.length ? make("p", { class: "text-secondary" }, `and ${(said.count - said.sample.length).toLocaleString()} more`) : "");
  }

  // What is new is marked once one has left it, not while it is being filled in.
  mark(problem) {
    const at = this.places?.get(problem.path) ?? this.top.element;
    if (at.closest("[data-fresh]")) return;
    at.dataset.wrong = "yes";
    const note = this.kit.make("p", { class: "rule-problem", role: "alert" }, problem.message);
    at.matches("fieldset") ? at.querySelector(".rule-list").after(note) : at.append(note);
  }
}

const CONTROLS = "select, input:not([type=hidden]), button";

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

// The kinds of record that a stored rule asks people for, so that their words are there before it is drawn.
function kindsIn(stored) {
  if (!stored || typeof stored !== "object") return [];
  const own = typeof stored.has === "string" && stored.has ? [stored.has] : [];
  return [...new Set([...own, ...Object.values(stored).flatMap(kindsIn)])];
}

async function mount(root) {
  if (root.dataset.mounted || root.closest("template")) return;
  root.dataset.mounted = "yes";
  try {
    const [kit, words] = await Promise.all([import(root.dataset.linesSrc), json(root.dataset.vocabulary)]);
    await new Builder(root, kit, words).start();
  } catch {
    delete root.dataset.mounted; // the JSON stays editable
  }
}

const mountAll = (within) => within.querySelectorAll("[data-rule-builder]").forEach(mount);
mountAll(document);
document.addEventListener("htmx:load", (event) => mountAll(event.detail.elt.parentElement ?? document));
document.addEventListener("tandem:added", (event) => mountAll(event.target));
