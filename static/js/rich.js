// Rich text in a form: the text area behind it carries what is sent. Whoever has another text for it says "rich:say".
const script = document.querySelector("script[data-rich-src]");
const { richField } = await import(script.dataset.richSrc);  // the page knows the hashed name

for (const area of document.querySelectorAll("textarea[data-rich]")) enrich(area);

function enrich(area) {
  const label = document.querySelector(`label[for="${area.id}"]`);
  const box = richField(area.value, (html) => {
    area.value = html;
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }, JSON.parse(area.dataset.tokens ?? "[]"), label?.firstChild?.textContent.trim() ?? "");
  const text = box.querySelector("[contenteditable]");
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (area.hasAttribute(name)) text.setAttribute(name, area.getAttribute(name));
  }
  text.classList.toggle("is-invalid", area.classList.contains("is-invalid"));
  area.hidden = true;
  area.after(box);
  label?.addEventListener("click", () => text.focus());
  area.addEventListener("rich:say", ({ detail }) => {
    area.value = detail;
    text.replaceChildren(...new DOMParser().parseFromString(detail, "text/html").body.childNodes);
  });
}
