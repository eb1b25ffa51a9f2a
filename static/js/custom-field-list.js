// Set-up › Fields: how many records have a value comes after the page; rows are dragged into their order.
document.addEventListener("htmx:load", start);
start();

async function start() {
  const list = document.querySelector("[data-custom-fields]:not([data-started])");
  const counts = (list ?? document.querySelector("[data-counts]:not([data-started])"))?.dataset.counts;
  document.querySelectorAll("[data-counts]").forEach((one) => (one.dataset.started = "yes"));
  if (list?.querySelector("[data-grip]")) drag(list);
  if (!counts) return;
  const answer = await fetch(counts, { headers: { accept: "application/json" } });
  if (!answer.ok) return;
  const { counts: found } = await answer.json();
  for (const place of document.querySelectorAll("[data-count]")) place.textContent = (found[place.dataset.count] ?? 0).toLocaleString();
}

async function drag(form) {
  const { default: Sortable } = await import(form.dataset.sortableSrc);
  Sortable.create(form.querySelector("[data-order]"), {
    handle: "[data-grip]",
    animation: 120,
    onEnd: async () => {
      const items = [...form.querySelectorAll("[data-order] > li")];
      items.forEach((item, at) => {
        item.querySelector("[name=up]").disabled = at === 0;
        item.querySelector("[name=down]").disabled = at === items.length - 1;
      });
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { accept: "application/json" } });
      if (!answer.ok) location.reload();
    },
  });
}
