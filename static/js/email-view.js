// The preview in its frame, as a mail program shows it, and the check beside it.
export function view({ form, frame, canvasPlace, parts, onProblems, goTo, list }) {
  const { icon, make, post } = parts;
  let mode = form.querySelector("[data-mode][aria-pressed=true]").dataset.mode;

  function send(address, more) {
    const sent = make("form", { method: "post", action: address, target: frame.name, hidden: true });
    for (const [name, value] of [...new FormData(form), ...Object.entries(more)]) if (typeof value === "string") sent.append(make("textarea", { name, value }));
    document.body.append(sent);
    sent.submit();
    sent.remove();
  }

  function show() {
    const isDesign = mode === "design";
    if (canvasPlace) canvasPlace.hidden = !isDesign;
    frame.hidden = isDesign;
    form.querySelector("[data-as]").hidden = isDesign;
    frame.classList.toggle("is-narrow", mode === "mobile");
    frame.classList.toggle("is-dark", mode === "dark");
    if (!isDesign) send(form.dataset.preview, { mode });
  }

  function choose(name) {
    mode = name;
    for (const one of form.querySelectorAll("[data-mode]")) one.setAttribute("aria-pressed", String(one.dataset.mode === name));
    show();
  }

  let asked = 0;
  async function check() {
    const mine = ++asked;
    const { ok, said } = await post(form.dataset.check, new FormData(form)).catch(() => ({ ok: false }));
    if (!ok || mine !== asked) return;
    list.replaceChildren(draw(said.problems));
    for (const error of form.querySelectorAll("[data-error-of]")) {
      const wrong = said.problems.find((one) => !one.block && one.field === error.dataset.errorOf);
      error.textContent = wrong?.message ?? "";
      error.hidden = !wrong;
    }
    onProblems(said.problems);
  }

  function draw(problems) {
    if (!problems.length) return make("p", { className: "email-fine" }, icon("circle-check"), "Nothing to object to.");
    return make("ul", { className: "email-problems" }, ...problems.map((one) => {
      const mark = make("span", { className: "ed-sign" }, icon(one.is_error ? "circle-x" : "alert-triangle"), make("span", { className: "visually-hidden" }, one.is_error ? "Error" : "Warning"));
      if (!one.block && !["subject", "preheader", "html"].includes(one.field)) return make("li", { className: one.is_error ? "is-error" : "is-warning" }, mark, make("span", {}, one.message, ...(one.url ? [" ", make("a", { href: one.url }, "See what is missing")] : [])));
      const button = make("button", { type: "button", className: "btn-plain" }, one.message);
      button.dataset.goTo = one.block;
      button.addEventListener("click", () => (one.block ? (form.querySelector("[data-mode=design]") && choose("design"), goTo(one)) : form.elements[one.field].focus()));
      return make("li", { className: one.is_error ? "is-error" : "is-warning" }, mark, button);
    }));
  }

  form.addEventListener("click", (event) => { const shower = event.target.closest("[data-mode]"); if (shower) choose(shower.dataset.mode); });
  form.elements.as.addEventListener("change", show);
  return { show, check, choose };
}
