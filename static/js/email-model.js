// The email as blocks: what can be done with them, undone and redone. It knows nothing of the page; whoever draws listens.
const TYPING = 1200;   // what is typed in one field without a longer pause is undone at once
const MOST = 200;

export class Model extends EventTarget {
  constructor(blocks, schema) {
    super();
    this.schema = schema;
    this.blocks = blocks.map((block) => this.whole(block));
    this.chosen = null;
    this.past = [];
    this.future = [];
    this.lastKey = "";
    this.lastAt = 0;
  }

  // With every field of its kind, also of what an older version or a program wrote.
  whole(block) {
    const full = { ...structuredClone(this.schema.kinds[block.kind]?.defaults ?? {}), ...block };
    if (full.columns) full.columns = full.columns.map((column) => column.map((one) => this.whole(one)));
    return full;
  }

  // The list that “top” or “sectionId:2” names.
  list(key) {
    if (key === "top") return this.blocks;
    const cut = key.lastIndexOf(":");
    return this.find(key.slice(0, cut))?.block.columns[Number(key.slice(cut + 1))] ?? null;
  }

  find(id) {
    for (const { list, key } of this.lists()) {
      const index = list.findIndex((block) => block.id === id);
      if (index >= 0) return { block: list[index], list, index, key };
    }
    return null;
  }

  *lists() {
    yield { list: this.blocks, key: "top" };
    for (const block of this.blocks) {
      if (block.kind === "section") for (const [number, list] of block.columns.entries()) yield { list, key: `${block.id}:${number}` };
    }
  }

  all() { return [...this.lists()].flatMap(({ list }) => list); }

  // A change: what stood before can be undone. `key` joins what is typed in one field.
  change(act, key = "") {
    const before = JSON.stringify(this.blocks);
    const now = Date.now();
    const answer = act();
    if (JSON.stringify(this.blocks) === before) return answer;
    if (!key || key !== this.lastKey || now - this.lastAt > TYPING) {
      this.past.push({ blocks: before, chosen: this.chosen });
      if (this.past.length > MOST) this.past.shift();
    }
    this.future = [];
    this.lastKey = key;
    this.lastAt = now;
    this.tell(key ? "typed" : "changed");
    return answer;
  }

  tell(how) { this.dispatchEvent(new CustomEvent(how)); }

  step(from, to) {
    const state = from.pop();
    if (!state) return;
    to.push({ blocks: JSON.stringify(this.blocks), chosen: this.chosen });
    this.blocks = JSON.parse(state.blocks);
    this.chosen = this.find(state.chosen) ? state.chosen : null;
    this.lastKey = "";
    this.tell("changed");
    this.tell("chosen");
  }

  undo() { this.step(this.past, this.future); }
  redo() { this.step(this.future, this.past); }

  choose(id, field = "") {
    this.chosen = id && this.find(id) ? id : null;
    this.field = field;
    this.tell("chosen");
  }

  fresh(seen = new Set(this.all().map((block) => block.id))) {
    let number = 1;
    while (seen.has(`b${number}`)) number += 1;
    seen.add(`b${number}`);
    return `b${number}`;
  }

  made(kind) {
    const block = { id: this.fresh(), kind, ...structuredClone(this.schema.kinds[kind].defaults) };
    if (kind === "section") block.columns = this.schema.layouts[block.layout].map(() => []);
    return block;
  }

  fits(kind, key) { return key === "top" || (kind !== "section" && kind !== "footer"); }

  // Without a place: after the chosen block, else before the footer.
  add(kind, key = "", index = -1) {
    if (key && !this.fits(kind, key)) key = "";
    if (!key) ({ key, index } = this.place(kind));
    const block = this.made(kind);
    this.change(() => this.list(key).splice(index, 0, block));
    this.choose(block.id);
    return block;
  }

  place(kind) {
    const at = this.chosen && this.find(this.chosen);
    if (at?.block.kind === "section" && this.fits(kind, `${at.block.id}:0`)) return { key: `${at.block.id}:0`, index: at.block.columns[0].length };
    if (at && this.fits(kind, at.key) && at.block.kind !== "footer") return { key: at.key, index: at.index + 1 };
    if (at && at.key !== "top") return { key: "top", index: this.find(at.key.slice(0, at.key.lastIndexOf(":"))).index + 1 };
    const foot = this.blocks.findIndex((block) => block.kind === "footer");
    return { key: "top", index: foot >= 0 && kind !== "footer" ? foot : this.blocks.length };
  }

  move(id, key, index) {
    const at = this.find(id);
    if (!at || !this.fits(at.block.kind, key)) return false;
    this.change(() => {
      at.list.splice(at.index, 1);
      this.list(key).splice(index, 0, at.block);
    });
    return true;
  }

  // One up or down; at the end of a column into the next one, out of a section, or into it.
  nudge(id, by) {
    const at = this.find(id);
    if (!at) return;
    const to = at.index + by;
    const neighbour = at.list[to];
    if (at.key === "top" && neighbour?.kind === "section" && this.fits(at.block.kind, `${neighbour.id}:0`)) {
      const column = by > 0 ? 0 : neighbour.columns.length - 1;
      this.move(id, `${neighbour.id}:${column}`, by > 0 ? 0 : neighbour.columns[column].length);
    } else if (neighbour) {
      this.move(id, at.key, to);
    } else if (at.key !== "top") {
      const cut = at.key.lastIndexOf(":");
      const section = this.find(at.key.slice(0, cut));
      const column = Number(at.key.slice(cut + 1)) + by;
      if (section.block.columns[column]) this.move(id, `${section.block.id}:${column}`, by > 0 ? 0 : section.block.columns[column].length);
      else this.move(id, "top", section.index + (by > 0 ? 1 : 0));
    }
  }

  duplicate(id) {
    const at = this.find(id);
    if (!at) return;
    const seen = new Set(this.all().map((block) => block.id));
    const copy = structuredClone(at.block);
    for (const block of [copy, ...(copy.columns ?? []).flat()]) block.id = this.fresh(seen);
    this.change(() => at.list.splice(at.index + 1, 0, copy));
    this.choose(copy.id);
  }

  remove(id) {
    const at = this.find(id);
    if (!at) return;
    const next = at.list[at.index + 1] ?? at.list[at.index - 1];
    this.change(() => at.list.splice(at.index, 1));
    this.choose(next?.id ?? null);
  }

  // In the place of a block: others, e.g. those of a reusable one as a copy.
  replace(id, blocks) {
    const at = this.find(id);
    if (!at) return;
    const seen = new Set(this.all().map((block) => block.id));
    const copies = structuredClone(blocks).map((block) => ({ ...block, id: this.fresh(seen) }));
    this.change(() => at.list.splice(at.index, 1, ...copies));
    this.choose(copies[0]?.id ?? null);
  }

  set(id, name, value) {
    const at = this.find(id);
    if (!at) return;
    const isQuick = typeof value === "string" || typeof value === "number";
    this.change(() => {
      if (value === undefined) delete at.block[name];
      else at.block[name] = value;
      if (at.block.kind === "section" && name === "layout") this.fit(at.block);
    }, isQuick && name !== "layout" ? `${id}.${name}` : "");
  }

  // As many columns as the layout has: what is too much joins the last one.
  fit(section) {
    const many = this.schema.layouts[section.layout].length;
    while (section.columns.length < many) section.columns.push([]);
    const rest = section.columns.splice(many).flat();
    section.columns[many - 1].push(...rest);
  }
}
