// The email on the page, in the look of its brand: blocks to choose, to drag, and to move by keyboard.
export function canvas({ place, palette, model, schema, Sortable, parts, isReadOnly, keep }) {
  const { chipped, icon, make, spoken, tool } = parts;
  const look = schema.look;
  const colours = { accent: look.accent, "on-accent": look.on_accent, ink: look.ink, soft: look.soft, paper: look.paper, ground: look.ground, line: look.line };
  for (const [name, value] of Object.entries(colours)) place.style.setProperty(`--mail-${name}`, value);
  place.style.setProperty("--mail-font", look.font);
  place.style.setProperty("--mail-heading-font", look.heading_font);
  place.style.setProperty("--mail-radius", `${look.radius}px`);
  let problems = new Map();
  let sortables = [];

  // What a block looks like here; the preview shows it as a mail program does.
  const BODIES = {
    heading: (block) => tinted(make({ 1: "h1", 2: "h2", 3: "h3" }[block.level] ?? "h2", { className: "ed-heading" }, ...spoken(block.text, schema.tokens)), block),
    text: (block) => { const box = tinted(make("div", { className: `ed-text is-${block.size}` }, ...chipped(block.html, schema.tokens)), block); return box; },
    image: (block) => aligned(picture(block.src, block.alt, block.width), block),
    button: (block) => aligned(push(block.label, block), block),
    divider: (block) => { const line = make("hr", { className: "ed-line" }); if (block.color) line.style.borderColor = block.color; line.style.borderTopWidth = `${block.thickness}px`; return line; },
    spacer: (block) => { const room = make("div", { className: "ed-space" }, `${block.height} px`); room.style.height = `${block.height}px`; return room; },
    quotation: (block) => make("blockquote", { className: "ed-quote" }, make("p", {}, "“", ...spoken(block.text, schema.tokens), "”"), make("cite", {}, [block.author, block.role].filter(Boolean).join(", "))),
    social: (block) => { const said = pagesIn(block.pages) || look.pages.map(([name]) => name).join(" · "); return aligned(make("p", { className: "ed-social" }, said || "No pages yet: write them here, or into the brand."), block); },
    video: (block) => make("div", { className: "ed-centre" }, block.src ? picture(block.src, block.alt, 600) : "", push(`▶ ${block.label}`, {})),
    qr: (block) => aligned(make("div", { className: "ed-qr" }, icon("qrcode"), make("span", {}, block.text || "Nothing in it yet")), block),
    event: (block) => chosenCard("calendar-event", schema.events.find(([pk]) => pk === block.event)?.[1], "Choose an event", block.label),
    product: (block) => chosenCard("box", schema.products.find(([pk]) => pk === block.product)?.[1] ?? (block.product && `Product ${block.product}`), "Choose a product", block.label, block.src),
    list: (block) => chosenCard("list", schema.lists.find(([name]) => name === block.source)?.[1], "Choose a list", "", "", `At most ${block.most}, of each reader her own`),
    html: (block) => make("div", { className: "ed-html" }, icon("code"), make("span", {}, textIn(block.html).slice(0, 160) || "HTML"), make("small", {}, "Its looks are shown in the preview.")),
    content: (block) => reusable(block),
    footer: (block) => make("div", { className: "ed-foot" }, ...(block.html ? chipped(block.html, schema.tokens) : [make("p", {}, look.footer)]), make("p", {}, look.postal_address || "Your postal address"), make("p", {}, make("u", {}, "Unsubscribe"), " · ", make("u", {}, "Preferences"))),
  };

  function tinted(element, block) {
    if (block.color) element.style.color = block.color;
    element.style.textAlign = block.align ?? "left";
    return element;
  }

  function aligned(inner, block) {
    const box = make("div", {}, inner);
    box.style.textAlign = block.align ?? "center";
    return box;
  }

  function picture(src, alt, width) {
    if (!src) return make("div", { className: "ed-no-picture" }, icon("photo"), "No picture yet");
    const image = make("img", { src, alt: alt ?? "", className: "ed-picture" });
    image.style.width = `${width}px`;
    return image;
  }

  function push(label, block) {
    const button = make("span", { className: "ed-push" }, ...spoken(label ?? "", schema.tokens));
    if (block.background) button.style.background = block.background;
    if (block.color) button.style.color = block.color;
    return button;
  }

  function chosenCard(drawn, title, missing, label, src = "", more = "") {
    const card = make("div", { className: "ed-card" }, icon(drawn), make("strong", {}, title || missing), more ? make("span", {}, more) : "");
    return make("div", {}, src ? picture(src, "", 600) : "", card, label ? push(label, {}) : "");
  }

  function reusable(block) {
    const [, name, blocks] = schema.contents.find(([pk]) => pk === block.content) ?? [];
    if (!name) return chosenCard("components", "", "Choose a reusable block", "");
    return make("div", { className: "ed-reused" }, make("p", { className: "ed-reused-name" }, icon("components"), name), ...blocks.map((one) => make("div", { className: "ed-body" }, BODIES[one.kind](one))));
  }

  const pagesIn = (text) => (text ?? "").split("\n").map((line) => line.replace(/\s*https?:\/\/\S+\s*$/, "").trim()).filter(Boolean).join(" · ");
  const textIn = (html) => (html ?? "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim(); // never parsed here: styles in it are for mail programs

  // Blocks and lists

  function listOf(key, blocks) {
    const list = make("ol", { className: key === "top" ? "ed-list is-top" : "ed-list" });
    list.dataset.list = key;
    list.append(...blocks.map(item));
    if (!blocks.length) list.append(make("li", { className: "ed-empty" }, key === "top" ? "Drag a block here, or press one on the left." : "Drop here"));
    return list;
  }

  function item(block) {
    const kind = schema.kinds[block.kind] ?? { label: block.kind, icon: "box" };
    const entry = make("li", { className: `ed-block is-${block.kind}` });
    entry.dataset.id = block.id;
    const isChosen = block.id === model.chosen;
    entry.classList.toggle("is-chosen", isChosen);
    const inner = make("div", { className: "ed-body" });
    if (block.kind === "section") {
      inner.className = `ed-columns layout-${block.layout}`;
      inner.append(...block.columns.map((column, number) => listOf(`${block.id}:${number}`, column)));
      entry.style.paddingBlock = `${block.space}px`;
      if (block.background) entry.style.backgroundColor = block.background;
    } else inner.append(BODIES[block.kind]?.(block) ?? make("p", {}, kind.label));
    const pick = make("button", { type: "button", className: "ed-pick" }, icon(kind.icon), make("span", {}, kind.label));
    pick.setAttribute("aria-pressed", String(isChosen));
    pick.dataset.pick = block.id;
    const marks = [];
    if (block.when) marks.push(make("span", { className: "ed-mark", title: "Not everybody sees it" }, icon("filter"), make("span", { className: "visually-hidden" }, "Not everybody sees it")));
    const wrong = problems.get(block.id);
    if (wrong) marks.push(make("span", { className: `ed-mark ${wrong.is_error ? "is-error" : "is-warning"}`, title: wrong.message }, icon(wrong.is_error ? "circle-x" : "alert-triangle"), make("span", { className: "visually-hidden" }, wrong.message)));
    entry.append(make("div", { className: "ed-bar" }, pick, ...marks, ...(isReadOnly ? [] : tools(block, kind))), inner);
    return entry;
  }

  function tools(block, kind) {
    const label = kind.label;
    const found = [
      tool("arrow-up", `Move ${label} up`, () => nudge(block.id, -1, "up"), { kind: "up" }),
      tool("arrow-down", `Move ${label} down`, () => nudge(block.id, 1, "down"), { kind: "down" }),
      tool("copy", `Duplicate ${label}`, () => { model.duplicate(block.id); focus(model.chosen); }, { kind: "duplicate" }),
    ];
    if (keep && !["section", "content", "footer"].includes(block.kind)) found.push(tool("components", `Keep ${label} for use in other emails`, () => keep(block), { kind: "keep" }));
    found.push(tool("trash", `Remove ${label}`, () => { model.remove(block.id); focus(model.chosen); }, { kind: "remove" }));
    return found;
  }

  function nudge(id, by, kind = "") {
    model.nudge(id, by);
    const entry = entryOf(id);
    (kind ? entry?.querySelector(`:scope > .ed-bar [data-tool="${kind}"]`) : entry?.querySelector(".ed-pick"))?.focus();
  }

  const entryOf = (id) => (id ? place.querySelector(`[data-id="${CSS.escape(id)}"]`) : null);
  function focus(id) { (entryOf(id)?.querySelector(".ed-pick") ?? palette.querySelector("button"))?.focus(); }

  function draw() {
    const held = document.activeElement?.closest?.("[data-pick]")?.dataset.pick;
    for (const sortable of sortables) sortable.destroy();
    place.replaceChildren(logo(), listOf("top", model.blocks));
    sortables = isReadOnly ? [] : [...place.querySelectorAll("[data-list]")].map(sort);
    if (held) entryOf(held)?.querySelector(".ed-pick")?.focus();
  }

  function logo() {
    if (!look.logo || schema.is_part) return make("div", { className: "ed-logo" });
    const image = make("img", { src: look.logo, alt: look.logo_alt });
    image.style.width = `${look.logo_width}px`;
    return make("div", { className: "ed-logo" }, image);
  }

  function sort(list) {
    return Sortable.create(list, {
      group: { name: "blocks", put: (to, from, dragged) => model.fits(dragged.dataset.add ?? model.find(dragged.dataset.id)?.block.kind, to.el.dataset.list) },
      animation: 120, draggable: ".ed-block", handle: ".ed-bar, .ed-body", filter: ".ed-tool, .ed-empty", preventOnFilter: false, emptyInsertThreshold: 16,
      onAdd: (event) => dropped(event), onUpdate: (event) => dropped(event),
    });
  }

  // Where it was let go: counted among the blocks of the list, without the line that says it is empty.
  function dropped({ item: dragged, to, clone }) {
    const index = [...to.children].filter((one) => !one.classList.contains("ed-empty")).indexOf(dragged);
    const { add, id } = dragged.dataset;
    if (add) { dragged.remove(); clone?.remove(); model.add(add, to.dataset.list, index); }
    else { model.move(id, to.dataset.list, index); model.choose(id); }
    drawPalette();
    draw();
  }

  function drawPalette() {
    const groups = Map.groupBy?.(Object.entries(schema.kinds), ([, kind]) => kind.group) ?? grouped();
    palette.replaceChildren(...[...groups].map(([group, kinds]) => {
      const id = `palette-${group}`;
      const box = make("div", { className: "email-palette", role: "group" }, ...kinds.map(([name, kind]) => {
        const button = make("button", { type: "button", className: "btn btn-sm", disabled: isReadOnly }, icon(kind.icon), kind.label);
        button.dataset.add = name;
        return button;
      }));
      box.setAttribute("aria-labelledby", id);
      if (!isReadOnly) Sortable.create(box, { group: { name: "blocks", pull: "clone", put: false }, sort: false, draggable: "[data-add]", animation: 120 });
      return make("div", {}, make("h3", { id }, group), box);
    }));
  }

  function grouped() {
    const found = new Map();
    for (const entry of Object.entries(schema.kinds)) found.set(entry[1].group, [...(found.get(entry[1].group) ?? []), entry]);
    return found;
  }

  palette.addEventListener("click", (event) => {
    const adder = event.target.closest("[data-add]");
    if (adder && !adder.disabled) { model.add(adder.dataset.add); entryOf(model.chosen)?.scrollIntoView({ block: "nearest" }); }
  });
  place.addEventListener("click", (event) => {
    const entry = event.target.closest("[data-id]");
    if (entry && !event.target.closest(".ed-tool")) model.choose(entry.dataset.id);
  });
  place.addEventListener("keydown", (event) => {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (!id || isReadOnly) return;
    const isUp = event.key === "ArrowUp", isDown = event.key === "ArrowDown";
    if (event.altKey && (isUp || isDown)) nudge(id, isUp ? -1 : 1);
    else if (event.key === "Delete" && event.target.matches(".ed-pick")) { model.remove(id); focus(model.chosen); }
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "d") { model.duplicate(id); focus(model.chosen); }
    else if ((isUp || isDown) && event.target.matches(".ed-pick")) step(event.target, isUp ? -1 : 1);
    else return;
    event.preventDefault();
  });

  function step(from, by) {
    const picks = [...place.querySelectorAll(".ed-pick")];
    picks[picks.indexOf(from) + by]?.focus();
  }

  // Choosing marks; only what changed is drawn anew.
  function mark() {
    for (const entry of place.querySelectorAll(".ed-block")) {
      const isChosen = entry.dataset.id === model.chosen;
      entry.classList.toggle("is-chosen", isChosen);
      entry.querySelector(".ed-pick").setAttribute("aria-pressed", String(isChosen));
    }
  }

  model.addEventListener("changed", draw);
  model.addEventListener("typed", draw);
  model.addEventListener("chosen", mark);
  drawPalette();
  draw();
  return {
    show(found) {
      problems = new Map(found.filter((one) => one.block).reverse().map((one) => [one.block, one]));
      draw();
    },
    goTo(id) { const entry = entryOf(id); entry?.scrollIntoView({ block: "center" }); },
  };
}
