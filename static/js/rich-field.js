// A text with a few tags: bold, italic, links, lists and tokens. The server keeps only what it knows.
const COMMANDS = [
  ["bold", "Bold", "bold"],
  ["italic", "Italic", "italic"],
  ["insertUnorderedList", "List", "list"],
];

export function richField(html, set, tokens, label) {
  const box = document.createElement("div");
  box.className = "email-rich";
  const area = document.createElement("div");
  area.className = "form-control";
  area.contentEditable = "true";
  area.setAttribute("role", "textbox");
  area.setAttribute("aria-multiline", "true");
  area.setAttribute("aria-label", label);
  area.replaceChildren(...clean(html));
  area.addEventListener("input", () => set(area.innerHTML));
  area.addEventListener("focus", () => document.execCommand("defaultParagraphSeparator", false, "p"));
  area.addEventListener("paste", (event) => {
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  });
  const bar = document.createElement("div");
  bar.className = "email-rich-bar";
  for (const [command, name, icon] of COMMANDS) bar.append(button(name, icon, () => run(area, command)));
  bar.append(linkButton(area));
  if (tokens.length) bar.append(tokenMenu(area, tokens));
  box.append(bar, area);
  return box;
}

// What comes from the store has been cleaned by the server; scripts would not run here either way.
function clean(html) {
  return new DOMParser().parseFromString(html ?? "", "text/html").body.childNodes;
}

function run(area, command, value) {
  area.focus();
  document.execCommand("styleWithCSS", false, false);
  document.execCommand(command, false, value);
}

function button(name, icon, act) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "email-tool";
  element.title = name;
  const sprite = document.querySelector("svg.icon use").getAttribute("href").split("#")[0];
  element.innerHTML = `<svg class="icon" aria-hidden="true"><use href="${sprite}#${icon}"></use></svg><span class="visually-hidden">${name}</span>`;
  element.addEventListener("mousedown", (event) => event.preventDefault());
  element.addEventListener("click", act);
  return element;
}

// A link: select the words, press the button, type the address. An empty address takes the link away.
function linkButton(area) {
  const wrap = document.createElement("span");
  wrap.className = "email-link";
  const address = document.createElement("input");
  address.className = "form-control form-control-sm";
  address.placeholder = "https://… and Enter";
  address.setAttribute("aria-label", "Address of the link");
  address.hidden = true;
  let range = null;
  const open = button("Link", "link", () => {
    const selection = getSelection();
    range = selection.rangeCount && area.contains(selection.anchorNode) ? selection.getRangeAt(0).cloneRange() : null;
    address.value = selection.anchorNode?.parentElement?.closest("a")?.getAttribute("href") ?? "";
    address.hidden = false;
    address.focus();
  });
  address.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { address.hidden = true; area.focus(); }
    if (event.key !== "Enter") return;
    event.preventDefault();
    address.hidden = true;
    if (range) {
      area.focus();
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
    if (!address.value) run(area, "unlink");
    else if (range && !range.collapsed) run(area, "createLink", address.value);
    else run(area, "insertHTML", Object.assign(document.createElement("a"), { href: address.value, textContent: address.value }).outerHTML);
  });
  wrap.append(open, address);
  return wrap;
}

function tokenMenu(area, tokens) {
  const menu = document.createElement("select");
  menu.className = "form-select form-select-sm email-tokens";
  menu.setAttribute("aria-label", "Insert something about the reader");
  menu.add(new Option("Insert…", ""));
  for (const [text, token] of tokens) menu.add(new Option(text, token));
  menu.addEventListener("change", () => {
    if (menu.value) run(area, "insertText", menu.value);
    menu.value = "";
  });
  return menu;
}
