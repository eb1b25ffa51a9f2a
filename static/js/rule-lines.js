// The lines of the rule builder (rule-builder.js): one condition as a sentence of native controls, over the vocabulary of one kind
// of record. Each answers {element, read(path)}; read also notes which element stands at which path.

export function make(tag, options = {}, ...inside) {
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

export function options(pairs, chosen, first) {
  const list = first === undefined ? [] : [make("option", { value: "" }, first)];
  for (const [value, label] of pairs) list.push(make("option", { value, selected: String(value) === String(chosen ?? "") }, label));
  return list;
}

export function grouped(items, chosen, first) {
  const groups = new Map();
  for (const one of items) groups.set(one.group, [...(groups.get(one.group) ?? []), [one.name, one.label]]);
  return [make("option", { value: "" }, first), ...[...groups].map(([label, pairs]) => make("optgroup", { label }, ...options(pairs, chosen)))];
}

export const select = (label, inside, changed) => make("select", { class: "form-select rule-control", "aria-label": label, onchange: changed }, ...inside);
export const number = (label, value, changed, least = 1) =>
  make("input", { class: "form-control rule-control rule-number", type: "number", min: least, value: value ?? "", "aria-label": label, oninput: changed });
const whole = (control) => (control.value === "" ? undefined : Number(control.value));

// When something happened: the words for each way to say it, and the names under which a rule keeps it.
const TIMES = {
  ever: ["at any time", []],
  within: ["in the last … days", ["within_days"]],
  before: ["longer ago than … days", ["before_days"]],
  window: ["between … and … days ago", ["before_days", "within_days"]],
  since: ["since", ["since"]],
  until: ["until", ["until"]],
  days: ["between two days", ["since", "until"]],
};
const MOMENTS = ["within_days", "before_days", "since", "until"];
const LAST = "last";

export class Lines {
  constructor(desk, words) {
    this.desk = desk;
    this.words = words;
  }

  line(stored) {
    if (stored?.did !== undefined) return this.did(stored);
    if (stored?.has !== undefined) return this.has(stored);
    if (stored?.top !== undefined) return this.ranked(stored.top ?? {});
    return this.test(stored);
  }

  test(stored) {
    const sentence = make("div", { class: "rule-sentence" });
    const which = select("What to test", grouped(this.words.attributes, stored.test, "Choose a fact…"), () => { build({}); this.desk.changed(); });
    sentence.append(which);
    let subject, op, value, attribute;
    const build = (was) => {
      attribute = this.words.attributes.find((one) => one.name === which.value);
      subject = attribute?.subjects ? select("Of which", options(attribute.subjects, was.of, "choose which…"), () => this.desk.changed()) : null;
      const ops = attribute ? this.words.operators[attribute.kind] : [];
      op = attribute && ops.length > 1
        ? select("How", options(ops.map((one) => [one.name, one.label]), was.op), () => { fill(undefined); this.desk.changed(); }) : null;
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
        this.desk.places.set(path, sentence.parentElement);
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
    const changed = () => this.desk.changed();
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
    const id = this.desk.newId("list");
    const chips = make("span", { class: "rule-chips" });
    const input = make("input", { class: "form-control rule-control", type: "text", list: choices ? id : null, placeholder: choices ? "add one…" : "type, then Enter", "aria-label": `Add a value of ${attribute.label}`, autocomplete: "off" });
    const draw = () => chips.replaceChildren(...held.map((value, at) => make("span", { class: "rule-chip" }, String(label(value)),
      make("button", { type: "button", "aria-label": `Remove ${label(value)}`, onclick: () => { held.splice(at, 1); draw(); this.desk.changed(); input.focus(); } }, "×"))));
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
      this.desk.changed();
    };
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); take(true); }
      if (event.key === "Backspace" && !input.value && held.length) { held.pop(); draw(); this.desk.changed(); }
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
    const names = this.desk.names(attribute.found);
    const chips = make("span", { class: "rule-chips" });
    const hidden = make("input", { type: "hidden" });
    const id = this.desk.newId("found");
    const text = make("input", { class: "form-control rule-control", type: "text", id, autocomplete: "off", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}_found`, placeholder: "a part of the name", "aria-label": `Value of ${attribute.label}` });
    const box = make("div", { class: "record-input", "data-record-input": true, "data-found": attribute.found }, hidden, text, make("ul", { class: "record-input-found", id: `${id}_found`, role: "listbox", hidden: true }));
    const draw = () => chips.replaceChildren(...held.map((one, at) => make("span", { class: "rule-chip" }, names.get(one) ?? `number ${one}`,
      make("button", { type: "button", "aria-label": `Remove ${names.get(one) ?? one}`, onclick: () => { held.splice(at, 1); draw(); this.desk.changed(); text.focus(); } }, "×"))));
    hidden.addEventListener("change", () => {
      const one = Number(hidden.value);
      names.set(one, text.value);
      if (!many) held.length = 0;
      if (!held.includes(one)) held.push(one);
      hidden.value = text.value = "";
      draw();
      this.desk.changed();
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

  // A kind of behaviour and what it happened on; `isDeep`: also by which link, and on which page.
  deed(stored, first, isDeep) {
    const changed = () => this.desk.changed();
    const on = make("span", { class: "rule-inline" });
    let where, link, page;
    const what = select("What the person did", grouped(this.words.behaviours.map((one) => ({ ...one, group: one.mine ? one.group : "What we did" })), stored.did, first), () => { fill({}); changed(); });
    const kind = () => this.words.behaviours.find((one) => one.name === what.value);
    const fill = (was) => {
      const known = this.words.sources.filter((one) => one.kinds.includes(what.value));
      const pairs = known.flatMap((one) => one.choices.map(([id, label]) => [`${one.type}:${id}`, label]));
      if (isDeep && what.value.startsWith("email.")) pairs.unshift([LAST, "the last email we sent them"]);
      const named = Array.isArray(was.source) ? was.source.join(":") : was.source;
      if (named && !pairs.some(([value]) => value === named)) pairs.push([named, named]);
      const any = `any ${known.map((one) => one.label.toLowerCase()).join(" or ") || "thing"}`;
      where = pairs.length ? select("On what", options(pairs, named, any), () => { byLink(null); changed(); }) : null;
      link = make("span", { class: "rule-inline" });
      page = isDeep && (kind()?.has_page || was.page) ? make("input", { class: "form-control rule-control", type: "text", value: was.page ?? "", placeholder: "any page", "aria-label": "A part of the address of the page", oninput: changed }) : null;
      on.replaceChildren(...(where ? ["on ", where] : []), link, ...(page ? [make("span", {}, "address contains"), page] : []));
      byLink(was.link);
    };
    const byLink = async (was) => {
      link.replaceChildren();
      delete link.dataset.kept;
      const box = link, source = where?.value;
      if (!isDeep || (was == null && !(kind()?.has_links && source && source !== LAST))) return;
      if (was != null) box.dataset.kept = was; // a rule keeps its link while we ask what it is called
      const found = source && source !== LAST ? await this.desk.linksOf(source) : [];
      if (box !== link || where?.value !== source || (!found.length && was == null)) return;
      const pairs = found.map((one) => [one.id, one.label ? `${one.label} (${one.url})` : one.url]);
      if (was != null && !pairs.some(([id]) => id === was)) pairs.push([was, `link ${was}, which this email does not have`]);
      delete box.dataset.kept;
      box.replaceChildren("by", select("By which link", options(pairs, was, "any link"), changed));
    };
    fill(stored);
    const read = () => {
      const made = { did: what.value, source: where?.value || undefined };
      const chosen = link.dataset.kept ?? link.querySelector("select")?.value;
      if (chosen) made.link = Number(chosen);
      if (page?.value.trim()) made.page = page.value.trim();
      return made;
    };
    return { elements: [what, on], read };
  }

  did(stored) {
    const changed = () => this.desk.changed();
    const deed = this.deed(stored, "Choose what was done…", true);
    const often = this.often(stored, { once: "at least once", never: "never" });
    const time = this.time(stored);
    const machines = select("Whose hits count", options([["human", "people only"], ["all", "machines too"]], stored.verdicts ?? "human"), changed);
    const row = make("div", { class: "rule-row" }, make("div", { class: "rule-sentence" }, ...deed.elements, ...often.elements, ...time.elements, machines));
    return {
      element: row,
      read: (path) => {
        this.desk.places.set(path, row);
        return { ...deed.read(), ...often.read(), ...time.read(), ...(machines.value === "all" ? { verdicts: "all" } : {}) };
      },
    };
  }

  often(stored, words) {
    const changed = () => this.desk.changed();
    const mode = stored.at_most === 0 ? "never" : stored.at_least != null && stored.at_most != null ? "between" : stored.at_most != null ? "most" : stored.at_least > 1 ? "least" : "once";
    const unit = words.unit ?? "times";
    const times = make("span", { class: "rule-inline" });
    const least = number(`At least how many ${unit}`, stored.at_least, changed), most = number(`At most how many ${unit}`, stored.at_most, changed, 0);
    const control = select(words.unit ? "How many" : "How often", options([["once", words.once], ["least", `at least … ${unit}`], ["most", `at most … ${unit}`], ["between", `between … and … ${unit}`], ["never", words.never]], mode), () => { fill(); changed(); });
    const fill = () => times.replaceChildren(...({ least: [least], most: [most], between: [least, "and", most] }[control.value] ?? []));
    fill();
    const read = () => {
      const made = {};
      if (control.value === "least" || control.value === "between") made.at_least = whole(least) ?? 1;
      if (control.value === "most" || control.value === "between") made.at_most = whole(most) ?? 0;
      if (control.value === "never") made.at_most = 0;
      return made;
    };
    return { elements: [control, times], read };
  }

  // A rule may say more about the time than one of our ways does: it is kept as it was until another way is chosen.
  time(stored) {
    const changed = () => this.desk.changed();
    const said = MOMENTS.filter((name) => stored[name] != null && stored[name] !== "");
    const way = Object.keys(TIMES).find((one) => TIMES[one][1].length === said.length && TIMES[one][1].every((name) => said.includes(name))) ?? "as it is";
    const kept = Object.fromEntries(said.map((name) => [name, stored[name]]));
    const day = (label, value) => make("input", { class: "form-control rule-control", type: "date", value: value ?? "", "aria-label": label, oninput: changed });
    const controls = {
      within_days: number("At most how many days ago", stored.within_days, changed),
      before_days: number("At least how many days ago", stored.before_days, changed),
      since: day("First day", stored.since),
      until: day("Last day", stored.until),
    };
    const inside = make("span", { class: "rule-inline" });
    const pairs = Object.entries(TIMES).map(([name, [label]]) => [name, label]);
    const when = select("When", options(way in TIMES ? pairs : [...pairs, [way, "as stored: " + said.join(", ").replaceAll("_", " ")]], way), () => { fill(); changed(); });
    const names = () => TIMES[when.value]?.[1] ?? [];
    const fill = () => inside.replaceChildren(...names().flatMap((name, i) => (i ? ["and", controls[name]] : [controls[name]])), ...(names()[0]?.endsWith("days") ? ["days"] : []));
    fill();
    const read = () => {
      if (!(when.value in TIMES)) return kept;
      const made = {};
      for (const name of MOMENTS.filter((one) => names().includes(one))) {
        const control = controls[name];
        const value = control.type === "date" ? control.value || undefined : whole(control);
        if (value !== undefined) made[name] = value;
      }
      return made;
    };
    return { elements: [when, inside], read };
  }

  // Records that the contact has, and what must be true of each: a group in the words of that kind.
  has(stored) {
    const changed = () => this.desk.changed();
    const which = select("What the person has", options(this.words.has.map((one) => [one.name, one.plural.toLowerCase()]), stored.has, "choose…"), () => { fill(null); changed(); });
    const often = this.often(stored, { once: "some", never: "no", unit: "of them" });
    const inside = make("div", { class: "rule-inside" });
    const node = { element: make("div", { class: "rule-row rule-nested" }, make("div", { class: "rule-sentence" }, "Has", ...often.elements, which), inside), inner: null };
    let waiting = stored.where;
    const fill = async (where) => {
      node.inner = null;
      inside.replaceChildren();
      const kind = which.value;
      if (!kind) return;
      waiting = where ?? undefined;
      const lines = this.desk.linesNow(kind) ?? await this.desk.linesOf(kind);
      if (which.value !== kind) return;
      node.inner = this.desk.group(where ?? { all: [] }, lines, { before: "of which ", after: " of this holds" });
      waiting = undefined;
      inside.replaceChildren(node.inner.element);
    };
    fill(stored.where);
    node.read = (path) => {
      this.desk.places.set(path, node.element);
      const made = { has: which.value, ...often.read() };
      const where = node.inner ? (node.inner.children().length ? node.inner.read(`${path}/where`) : undefined) : waiting;
      return where ? { ...made, where } : made;
    };
    return node;
  }

  ranked(stored) {
    const changed = () => this.desk.changed();
    const n = number("How many", stored.n ?? 10, changed);
    const pairs = this.words.rankings.flatMap((one) => (one.subjects ? one.subjects.map(([id, label]) => [`${one.name}:${id}`, `${one.label}: ${label}`]) : [[one.name, one.label]]));
    const by = select("Ranked by", options(pairs, stored.by, "choose by what…"), changed);
    const of = this.desk.group(stored.of ?? { all: [] }, this, {});
    const first = this.deed({ did: stored.ties?.first, source: stored.ties?.source }, "the older record", false);
    const row = make("div", { class: "rule-row rule-nested" },
      make("div", { class: "rule-sentence" }, "Among the top", n, "by", by, "of those for whom"), of.element,
      make("div", { class: "rule-sentence" }, "Equal: first comes who first did", ...first.elements));
    return {
      element: row,
      inner: of,
      read: (path) => {
        this.desk.places.set(path, row);
        const made = { n: whole(n), by: by.value, of: of.read(`${path}/top/of`) };
        const { did, source } = first.read();
        if (did) made.ties = { first: did, source };
        return { top: made };
      },
    };
  }
}
