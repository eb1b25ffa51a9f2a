// The canvas of a journey: insert at any +, move by buttons, Alt+arrows or dragging, delete, undo. The server keeps the
// draft: each gesture is one POST and its answer is the tree as it is now.
const page = document.querySelector("[data-journey-canvas]");
const canvas = page?.querySelector("[data-canvas]");
const panel = page?.querySelector("[data-panel]");
const palette = document.querySelector("[data-step-palette]");
const undoButton = document.querySelector("[data-undo]");
const past = [];
let place = null;
let busy = false;

const draftNow = () => JSON.parse(canvas.querySelector("#journey-draft").textContent);
const versionNow = () => Number(canvas.querySelector("[data-version]").dataset.version);
const item = (node) => canvas.querySelector(`[data-node="${CSS.escape(node)}"]`);
const nodeOf = (element) => element.closest("[data-node]")?.dataset.node;
const complain = (text) => document.dispatchEvent(new CustomEvent("tandem:toast", { detail: { text, tone: "error" } }));
const say = (text) => { document.querySelector("[data-said]").textContent = text; };

function show(html, chosen) {
  canvas.innerHTML = html;
  window.htmx?.process(canvas);
  if (undoButton) undoButton.disabled = past.length === 0;
  mark(chosen);
  makeSortable();
}

function mark(node) {
  canvas.querySelectorAll(".is-chosen").forEach((one) => one.classList.remove("is-chosen"));
  if (node) item(node)?.classList.add("is-chosen");
}

async function change(wish, { keep = true, focus } = {}) {
  if (busy) return;
  busy = true;
  const before = draftNow();
  try {
    const answer = await fetch(page.dataset.draftUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"] },
      body: JSON.stringify({ ...wish, version: versionNow() }),
    });
    if (!answer.ok) {
      const said = answer.headers.get("Content-Type")?.includes("json") ? (await answer.json()).message : "";
      complain(said || "The server could not do this. Nothing was changed; try again.");
      return;
    }
    if (keep) past.push(before);
    const added = answer.headers.get("X-Added");
    show(await answer.text(), added || focus);
    if (added) open(added);
    else if (focus) item(focus)?.querySelector("[data-open]")?.focus();
  } catch {
    complain("The server cannot be reached. Nothing was changed.");
  } finally {
    busy = false;
  }
}

const open = (node) => {
  const face = item(node)?.querySelector("[data-open]");
  face?.click();
  face?.focus();
};

async function redraw(node) {
  const answer = await fetch(page.dataset.url, { headers: { "HX-Request": "true" } });
  if (answer.ok) show(await answer.text(), node);
}

const remove = (node) => {
  closePanel();
  change({ do: "delete", node });
  say("Taken out. Undo brings it back.");
};

function closePanel() {
  page.classList.remove("has-panel");
  mark(null);
}

if (page) {
  canvas.addEventListener("click", (event) => {
    const plus = event.target.closest(".jc-plus");
    if (plus) {
      place = { source: plus.dataset.source, outcome: plus.dataset.outcome };
      palette.showModal();
      return;
    }
    const shown = event.target.closest("[data-show]");
    if (shown) { item(shown.dataset.show)?.scrollIntoView({ block: "center" }); open(shown.dataset.show); return; }
    const node = nodeOf(event.target);
    const shift = event.target.closest("[data-shift]");
    if (shift) change({ do: "shift", node, down: shift.dataset.shift === "down" }, { focus: node });
    else if (event.target.closest("[data-delete]")) remove(node);
    else if (event.target.closest("[data-open]")) { mark(node); page.classList.add("has-panel"); }
  });

  palette.addEventListener("click", (event) => {
    const kind = event.target.closest("[data-step-kind]");
    if (!kind || !place) return;
    palette.close();
    change({ do: "insert", kind: kind.dataset.stepKind, ...place });
  });

  canvas.addEventListener("keydown", (event) => {
    if (!("canEdit" in page.dataset)) return;
    const node = nodeOf(event.target);
    if (!node || node === "entry") return;
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      change({ do: "shift", node, down: event.key === "ArrowDown" }, { focus: node });
    } else if (event.key === "Delete" && event.target.matches("[data-open]")) remove(node);
  });

  panel.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-panel]")) closePanel();
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.matches?.(".jc-panel")) past.push(draftNow());
  });
  document.addEventListener("journey:saved", (event) => redraw(event.detail.node));
  undoButton?.addEventListener("click", () => {
    const before = past.pop();
    if (before) change({ do: "replace", draft: before }, { keep: false }).then(() => { undoButton.disabled = past.length === 0; closePanel(); });
  });
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key === "z" && !event.target.closest("input, textarea, select, [contenteditable=true]")) {
      event.preventDefault();
      undoButton?.click();
    }
  });
  makeSortable();
}

// Dragging: a box is dropped into another branch, behind the box above it.
async function makeSortable() {
  if (!("canEdit" in page.dataset) || matchMedia("(pointer: coarse)").matches) return;
  const { default: Sortable } = await import(page.dataset.sortableSrc);
  canvas.querySelectorAll(".jc-tree, .jc-branch > ol").forEach((list) => new Sortable(list, {
    group: "steps",
    draggable: ".jc-item:not(.is-entry)",
    handle: ".jc-box",
    animation: 120,
    ghostClass: "is-ghost",
    onEnd: (event) => {
      const node = event.item.dataset.node;
      const wish = dropPlace(event.item);
      if (wish && (event.from !== event.to || event.oldIndex !== event.newIndex)) change({ do: "move", node, ...wish }, { focus: node }).then(() => redraw(node));
    },
  }));
}

function dropPlace(dropped) {
  const above = dropped.previousElementSibling;
  const plus = above
    ? above.querySelector(":scope > .jc-plus")
    : dropped.parentElement.closest(".jc-branch")?.querySelector(":scope > .jc-plus");
  return plus ? { source: plus.dataset.source, outcome: plus.dataset.outcome } : { source: "", outcome: "" };
}
