// Saves by itself a moment after the last change; tells when somebody else has saved first, and loses nothing.
const QUIET = 1000;
const BEAT = 20_000;

export function saver({ form, said, clash, others, parts, isReadOnly }) {
  const { post } = parts;
  let timer = 0, running = null, isDirty = false, isClashing = false;

  function changed() {
    isDirty = true;
    form.dataset.dirty = "yes";
    if (!isClashing) said.textContent = "Not saved yet…";
    clearTimeout(timer);
    timer = setTimeout(save, QUIET);
  }

  // One at a time; answers whether everything is saved.
  async function save() {
    clearTimeout(timer);
    if (isReadOnly || isClashing) return false;
    if (running) { await running; }
    if (!isDirty) return true;
    isDirty = false;
    said.textContent = "Saving…";
    running = post(form.dataset.save, new FormData(form)).catch(() => ({ ok: false, status: 0, said: { error: "The server cannot be reached. Your work is still here; it is tried again." } }));
    const answer = await running;
    running = null;
    if (answer.ok) {
      form.elements.version.value = answer.said.version;
      if (!isDirty) delete form.dataset.dirty;
      said.textContent = isDirty ? "Not saved yet…" : answer.said.saved;
      said.classList.remove("is-wrong");
      becomesDraft();
      return !isDirty;
    }
    isDirty = true;
    if (answer.said.is_stale) return clashed(answer.said);
    said.textContent = answer.said.error;
    said.classList.add("is-wrong");
    if (!answer.status) timer = setTimeout(save, 5000);
    return false;
  }

  // What was ready is a draft from the first change on, and is made ready anew.
  function becomesDraft() {
    const send = document.querySelector("[data-if-changed]");
    if (!send) return;
    send.value = "ready";
    send.textContent = send.dataset.ifChanged;
    send.removeAttribute("data-if-changed");
    for (const badge of document.querySelectorAll("[data-while]")) badge.hidden = badge.dataset.while === "ready";
  }

  function clashed(answer) {
    isClashing = true;
    clash.dataset.version = answer.version;
    clash.querySelector("[data-clash-says]").textContent = `${answer.error}${answer.now ? ` Saved now: “${answer.now}”.` : ""}`;
    clash.hidden = false;
    clash.tabIndex = -1;
    clash.focus();
    said.textContent = "Not saved";
    said.classList.add("is-wrong");
    return false;
  }

  clash.querySelector("[data-clash-mine]").addEventListener("click", () => {
    form.elements.version.value = clash.dataset.version;
    isClashing = false;
    clash.hidden = true;
    save();
  });
  clash.querySelector("[data-clash-theirs]")?.addEventListener("click", async () => {
    const answer = await post(form.dataset.aside, new FormData(form));
    if (!answer.ok) { said.textContent = answer.said.error; return; }
    delete form.dataset.dirty;
    location.reload();
  });

  // Who else is here, and whether they saved
  async function beat() {
    if (document.hidden) return;
    const answer = await post(form.dataset.seat, new FormData(form)).catch(() => null);
    if (!answer?.ok) return;
    const names = answer.said.others.join(", ");
    others.textContent = names ? `${names} ${answer.said.others.length > 1 ? "have" : "has"} this open as well` : "";
    const isNewer = answer.said.version > Number(form.elements.version.value);
    if (isNewer && !isClashing && !running) clashed({ error: `${answer.said.by || "Somebody else"} saved this in the meantime. What you have here is kept.`, version: answer.said.version });
  }
  if (form.dataset.seat) {
    beat();
    setInterval(beat, BEAT);
    addEventListener("pagehide", () => {
      const data = new FormData(form);
      data.set("leave", "yes");
      data.delete("blocks");
      navigator.sendBeacon(form.dataset.seat, data);
    });
  }
  addEventListener("visibilitychange", () => { if (document.hidden && isDirty) save(); });
  return { changed, save, beat };
}
