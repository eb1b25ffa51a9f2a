// The picker of pictures: the library, a search, an upload. `pick()` answers the chosen one, or null.
const LARGEST = 10 * 1024 * 1024;

export function mediaPicker({ dialog, addresses, token, parts }) {
  const { make, post } = parts;
  const list = dialog.querySelector("[data-media-list]");
  const more = dialog.querySelector("[data-media-more]");
  const search = dialog.querySelector("[data-media-search]");
  const error = dialog.querySelector("[data-media-error]");
  const file = dialog.querySelector("[data-media-file]");
  let answer = null, next = 1, timer = 0;

  function say(message) { error.textContent = message; error.hidden = !message; }

  async function load() {
    const found = await fetch(`${addresses.media}?${new URLSearchParams({ q: search.value, page: next })}`, { headers: { accept: "application/json" } });
    if (!found.ok) { say("The library cannot be read now. Try again."); return; }
    const page = await found.json();
    if (next === 1) list.replaceChildren();
    list.append(...page.pictures.map(card));
    if (!list.children.length) list.append(make("p", { className: "text-secondary" }, search.value ? "No picture is called so." : "No pictures yet: upload the first one."));
    next = page.next;
    more.hidden = !next;
  }

  function card(picture) {
    const button = make("button", { type: "button", className: "ed-picture-card" }, make("img", { src: picture.src, alt: picture.alt, loading: "lazy" }), make("span", {}, picture.name), make("small", {}, `${picture.width} × ${picture.height}`));
    button.addEventListener("click", () => { answer(picture); answer = null; dialog.close(); });
    return button;
  }

  async function upload() {
    const chosen = file.files[0];
    if (!chosen) return;
    say("");
    if (chosen.size > LARGEST) say(`“${chosen.name}” has ${Math.round(chosen.size / 1048576)} MB; 10 MB is the most for a picture in an email.`);
    else {
      const data = new FormData();
      data.set("file", chosen);
      data.set("csrfmiddlewaretoken", token);
      const { ok, said } = await post(addresses.upload, data);
      if (ok) { answer?.(said); answer = null; dialog.close(); }
      else say(said.error ?? "It could not be taken.");
    }
    file.value = "";
  }

  file.addEventListener("change", upload);
  more.addEventListener("click", load);
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => { next = 1; load(); }, 250); });
  dialog.querySelector("[data-media-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { answer?.(null); answer = null; });

  return {
    pick() {
      say("");
      search.value = "";
      next = 1;
      load();
      dialog.showModal();
      return new Promise((resolve) => { answer = resolve; });
    },
  };
}
