// Writing an email: a template comes said to its reader, and the reader's morning and what stands in the way are told.
const script = document.querySelector("script[data-facts]");
const form = document.querySelector("form.form-page");
const { to, template, subject, html } = form.elements;
const note = form.querySelector("[data-letter-note]");
const at = form.elements.at?.closest(".field");

form.addEventListener("change", async (event) => {
  if (event.target === to || event.target === template) await ask(event.target === template);
  if (event.target.name === "when") showTime();
});
showTime();

async function ask(isTemplate) {
  const address = new URL(script.dataset.facts, location.href);
  address.searchParams.set("on", script.dataset.on);
  if (to.value) address.searchParams.set("to", to.value);
  if (template?.value) address.searchParams.set("template", template.value);
  const answer = await fetch(address);
  if (!answer.ok) return;
  const facts = await answer.json();
  const morning = form.querySelector("input[name=when][value=morning]");
  morning.nextSibling.textContent = ` ${facts.morning}`;
  if (facts.html && (isTemplate || html.value === html.dataset.said)) fill(facts);
  tell(facts);
}

function fill(facts) {
  subject.value = facts.subject;
  html.dispatchEvent(new CustomEvent("rich:say", { detail: facts.html }));
  html.dataset.said = facts.html;
  form.dataset.dirty = "yes";
}

function tell(facts) {
  const said = [facts.why_not];
  if (facts.empty?.length) said.push(`${script.dataset.hole} ${facts.empty.join(", ")}.`);
  if (facts.files?.length) said.push(`${script.dataset.goesAlong} ${facts.files.join(", ")}.`);
  note.textContent = said.filter(Boolean).join(" ");
  note.hidden = !note.textContent;
}

function showTime() {
  if (at) at.hidden = form.querySelector("input[name=when]:checked")?.value !== "later";
}
