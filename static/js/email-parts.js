// Small parts that the designer's modules share: elements, icons, tokens as chips, requests.
export function make(tag, props = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...inside.filter((one) => one !== null && one !== undefined));
  return element;
}

let sprite = "";
export function useIcons(address) { sprite = address; }

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

export function tool(name, label, act, { disabled = false, kind = "" } = {}) {
  const button = make("button", { type: "button", className: "ed-tool", title: label, disabled }, icon(name), make("span", { className: "visually-hidden" }, label));
  if (kind) button.dataset.tool = kind;
  button.addEventListener("click", (event) => { event.stopPropagation(); act(event); });
  return button;
}

const TOKEN = /\{\{.*?\}\}|\{%.*?%\}/gs;

// Text with its tokens as chips: “‹First name›”.
export function spoken(text, tokens) {
  const parts = [];
  let place = 0;
  for (const match of text.matchAll(TOKEN)) {
    parts.push(text.slice(place, match.index), make("span", { className: "ed-token", title: match[0] }, saidOf(match[0], tokens)));
    place = match.index + match[0].length;
  }
  parts.push(text.slice(place));
  return parts;
}

function saidOf(token, tokens) {
  const name = token.replace(/^\{\{-?\s*|\s*(\|.*)?-?\}\}$/g, "").trim();
  return tokens.find(([, known]) => known === name)?.[0] ?? name;
}

// Chips in HTML that came from our own editor: only text nodes are touched.
export function chipped(html, tokens) {
  const body = new DOMParser().parseFromString(html ?? "", "text/html").body;
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) if (text.data.includes("{")) text.replaceWith(...spoken(text.data, tokens));
  for (const link of body.querySelectorAll("a")) { link.removeAttribute("href"); link.tabIndex = -1; link.className = "ed-link"; }
  return [...body.childNodes];
}

export async function post(address, data) {
  const answer = await fetch(address, { method: "POST", body: data, headers: { accept: "application/json" } });
  let said = {};
  try { said = await answer.json(); } catch { said = { error: "The server could not do this. Your work is still here; try again." }; }
  return { ok: answer.ok, status: answer.status, said };
}

export function tell(text, tone = "info") {
  document.dispatchEvent(new CustomEvent("tandem:toast", { detail: { text, tone } }));
}
