// The board: a card is dragged, moved by keys or by the menu; what a colleague moves slides in. The server draws every card.
const board = document.querySelector("[data-board]");
const sheet = document.querySelector("#sheet");
const announce = document.querySelector("[data-announce]");
const lanes = () => [...board.querySelectorAll("[data-lane]")];
const laneOf = (card) => card.closest("[data-lane]");
const cardsOf = (lane) => [...lane.querySelectorAll("[data-card]")];
const cardOf = (key) => board.querySelector(`[data-card="${key}"]`);
const say = (text) => { announce.textContent = text; };
const toast = (text) => document.dispatchEvent(new CustomEvent("tandem:toast", { detail: { text, tone: "error" } }));
const order = (card) => [Number(card.dataset.place), Number(card.dataset.card)];
const menu = document.querySelector("[data-move-menu]");
const more = () => board.querySelector("[data-lanes-more]");
let now = board?.dataset.now;
let busy = 0;      // a card is in the hand, on its way, or asked about: nothing may slide in under it
let held = null;   // the card that the keys have picked up, with where it was

const where = (card) => ({ lane: laneOf(card), next: card.nextElementSibling });
const putBack = (card, was) => was.lane.insertBefore(card, was.next?.parentElement === was.lane ? was.next : null);
const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"];
const post = (address, body) => fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token(), "HX-Request": "true" } });
// How many columns are shown; all of them, where there is no button for more
const withLanes = (address) => more() ? `${address}${address.endsWith("?") ? "" : "&"}lanes=${lanes().length}` : address;
const nameOf = (card) => card.querySelector(".row-link").textContent;

// What the server answered: heads, cards, those that are gone

function apply(text) {
  const made = document.createElement("template");
  made.innerHTML = text;
  const changes = made.content.querySelector("[data-changes]");
  if (!changes) return;
  let isNew = false;
  changes.querySelectorAll("[data-head]").forEach((head) => {
    const old = document.querySelector(`[data-head="${CSS.escape(head.dataset.head)}"]`);
    if (old) old.replaceWith(head);
    else isNew = true;
  });
  if (isNew && !more()) return location.reload();  // a column that was not there: the first deal of an owner
  changes.querySelectorAll("[data-gone]").forEach((gone) => cardOf(gone.dataset.gone)?.remove());
  changes.querySelectorAll("[data-card]").forEach(put);
  if (changes.dataset.said) say(changes.dataset.said);
  now = changes.dataset.now;
}

function put(card) {
  const old = cardOf(card.dataset.card);
  if (old && ["version", "place", "in"].every((name) => old.dataset[name] === card.dataset[name]) && laneOf(old).dataset.lane === card.dataset.in) return;
  const had = old?.contains(document.activeElement);
  const lane = board.querySelector(`[data-lane="${CSS.escape(card.dataset.in)}"]`);
  old?.remove();
  if (!lane) return;
  const [place, key] = order(card);
  const next = cardsOf(lane).find((one) => { const [p, k] = order(one); return p > place || (p === place && k > key); });
  const rest = lane.querySelector(".lane-more");
  if (!next && rest && !old) return;  // behind what is loaded: it comes with its page
  lane.insertBefore(card, next ?? rest);
  window.htmx.process(card);
  if (had) card.querySelector(".row-link").focus();
}

// A move: the card stands where it was dropped until the server says otherwise

async function send(card, was, values = null, to = laneOf(card).dataset.lane) {
  busy += 1;
  const lane = laneOf(card);
  const rest = cardsOf(lane);
  const at = rest.indexOf(card);
  const body = new FormData(values ?? undefined);
  body.set("to", to);
  if (was) {
    body.set("above", rest[at - 1]?.dataset.card ?? "");
    body.set("below", rest[at + 1]?.dataset.card ?? "");
  }
  try {
    const answer = await post(withLanes(card.dataset.address), body);
    const text = await answer.text();
    if (answer.ok) {
      apply(text);
      return true;
    }
    if (answer.status === 422) {
      ask(card, was, text, to);
      return false;
    }
    const trigger = answer.headers.get("HX-Trigger");
    for (const [name, detail] of Object.entries(trigger ? JSON.parse(trigger) : {})) document.dispatchEvent(new CustomEvent(name, { detail }));
    if (answer.status === 404) toast(announce.dataset.gone);
    else if (!trigger) toast(document.body.dataset.serverProblem ?? "The server could not do this. Nothing was changed; try again.");
  } catch {
    toast(announce.dataset.unreached);
  } finally {
    busy -= 1;
  }
  back(card, was);
  look();
  return false;
}

function back(card, was) {
  sheet.open && sheet.close();
  if (was && card.isConnected) {
    putBack(card, was);
    card.querySelector(".row-link").focus({ preventScroll: true });
    say(`${nameOf(card)}: ${announce.dataset.back}`);
  }
}

// One dialog for all that the stages between need; closing it puts the card back
function ask(card, was, text, to) {
  const body = sheet.querySelector("[data-sheet-body]");
  body.innerHTML = text;
  window.htmx.process(body);
  if (!sheet.open) { sheet.showModal(); busy += 1; }
  const form = body.querySelector("[data-board-ask]");
  (form.querySelector(".has-error :is(input, select, textarea)") ?? form.querySelector("input:not([type=hidden]), select, textarea"))?.focus();
  let isSent = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    isSent = true;
    if (await send(card, was, form, to)) sheet.close();
  });
  sheet.onclose = () => {
    busy -= 1;
    sheet.onclose = null;
    if (!isSent || card.dataset.in !== laneOf(card)?.dataset.lane) back(card, was);
  };
}

// Keys: arrows walk, space picks up and drops, escape puts back

function step(card, key) {
  const lane = laneOf(card);
  const open = lanes().filter((one) => "target" in one.dataset || one === held.was.lane);
  const to = open[open.indexOf(lane) + (key === "ArrowRight" ? 1 : -1)];
  if (key === "ArrowUp") card.previousElementSibling?.before(card);
  else if (key === "ArrowDown") card.nextElementSibling?.matches("[data-card]") && card.nextElementSibling.after(card);
  else if (to) to.prepend(card);
  card.querySelector(".row-link").focus();
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
  say(`${laneOf(card).dataset.label}, ${cardsOf(laneOf(card)).indexOf(card) + 1}`);
}

function walk(card, key) {
  const lane = laneOf(card);
  const beside = lanes()[lanes().indexOf(lane) + (key === "ArrowRight" ? 1 : -1)];
  const to = key === "ArrowUp" ? card.previousElementSibling : key === "ArrowDown" ? card.nextElementSibling : beside && cardsOf(beside)[0];
  to?.querySelector(".row-link")?.focus();
}

function letGo() {
  const { card } = held;
  card.classList.remove("is-held");
  held = null;
  busy -= 1;
  return card;
}

function keyed(event) {
  const link = event.target.closest("[data-board] .row-link");
  const card = link?.closest("[data-card]");
  if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.startsWith("Arrow")) (held ? step : walk)(card, event.key);
  else if (held && event.key === "Escape") { const { was } = held; back(letGo(), was); }
  else if (held && (event.key === " " || event.key === "Enter")) { const { was } = held; send(letGo(), was); }
  else if (event.key === " " && card.matches(".is-movable")) {
    held = { card, was: where(card) };
    busy += 1;
    card.classList.add("is-held");
    say(`${nameOf(card)}: ${announce.dataset.picked}`);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

// The menu that every card opens: the same for mouse, thumb and screen reader. It stands beside the button, over everything
function open(event) {
  const button = event.target.closest(".deal-menu");
  if (!button) return;
  const card = button.closest("[data-card]");
  menu.dataset.of = card.dataset.card;
  menu.querySelector("[data-move-name]").textContent = nameOf(card);
  menu.querySelectorAll("[data-move-to]").forEach((one) => { one.hidden = one.dataset.moveTo === laneOf(card).dataset.lane; });
  menu.querySelectorAll("[data-move-link]").forEach((one) => { one.href = `${card.querySelector(".row-link").pathname}${one.dataset.moveLink}/`; });
  const find = menu.querySelector("[data-move-find]");
  if (find) find.value = "";
}

function placed(event) {
  if (event.newState !== "open") return;
  const box = cardOf(menu.dataset.of).querySelector(".deal-menu").getBoundingClientRect();
  const left = Math.max(8, Math.min(box.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8));
  const top = Math.max(8, Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8));
  Object.assign(menu.style, { left: `${left}px`, top: `${top}px` });
  menu.querySelector("input, button:not([hidden])").focus();
}

function chosen(event) {
  const button = event.target.closest("[data-move-to], [data-step]");
  const card = button && cardOf(menu.dataset.of);
  if (!card) return;
  const was = where(card);
  menu.hidePopover();
  if ("moveTo" in button.dataset) {
    board.querySelector(`[data-lane="${CSS.escape(button.dataset.moveTo)}"]`)?.prepend(card);
    send(card, was, null, button.dataset.moveTo);
    return;
  }
  const isUp = button.dataset.step === "-1";
  const beside = isUp ? card.previousElementSibling : card.nextElementSibling;
  if (!beside?.matches("[data-card]")) return;
  beside[isUp ? "before" : "after"](card);
  send(card, was);
}

function along(event) {
  if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const items = [...menu.querySelectorAll("input, button, a")].filter((one) => !one.hidden);
  const at = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  items.at(at % items.length).focus();
  event.preventDefault();
}

function found(event) {
  const wanted = event.target.value.trim().toLowerCase();
  const here = laneOf(cardOf(menu.dataset.of)).dataset.lane;
  for (const one of menu.querySelectorAll("[data-move-to]")) one.hidden = one.dataset.moveTo === here || !one.textContent.toLowerCase().includes(wanted);
}

// What colleagues did: asked for every few seconds while the page is looked at
async function look() {
  if (busy || document.hidden) return;
  const address = withLanes(board.dataset.changesSrc);
  const body = new FormData();
  body.set("shown", [...board.querySelectorAll("[data-card]")].map((card) => card.dataset.card).join(","));
  const answer = await post(`${address}${address.endsWith("?") ? "" : "&"}since=${encodeURIComponent(now)}`, body).catch(() => null);
  const text = await answer?.text();
  if (!answer || busy) return;  // a card was taken up meanwhile
  if (answer.status === 205) location.reload();
  else if (answer.status === 200) apply(text);
}

function draggable(Sortable, lane) {
  let was = null;
  Sortable.create(lane, {
    group: { name: "cards", put: "target" in lane.dataset },
    draggable: ".is-movable",
    filter: "button, input",
    preventOnFilter: false,
    delay: 180,
    delayOnTouchOnly: true,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    ghostClass: "is-ghost",
    onStart({ item }) { busy += 1; was = where(item); },
    onEnd({ item, from, to, oldIndex, newIndex }) {
      busy -= 1;
      if (from !== to || oldIndex !== newIndex) send(item, was);
    },
  });
}

if (board) {
  // Keys and the menu do not wait for the library that drags
  document.addEventListener("keydown", keyed, true);
  board.addEventListener("click", open);
  menu.addEventListener("toggle", placed);
  menu.addEventListener("click", chosen);
  menu.addEventListener("keydown", along);
  menu.addEventListener("input", found);
  sheet.addEventListener("click", (event) => event.target.closest("[data-sheet-close]") && sheet.close());
  setInterval(look, 4000);
  document.addEventListener("visibilitychange", look);
  const { default: Sortable } = await import(board.dataset.sortableSrc);
  const all = () => lanes().filter((lane) => !Sortable.get(lane)).forEach((lane) => draggable(Sortable, lane));
  all();
  document.addEventListener("htmx:afterSettle", all);
}
