// Beside the rule of an existing segment: how many would enter and leave by what it says now.
const box = document.querySelector("[data-segment-effect]");
const moves = box?.querySelector("[data-moves]");
let stop;

const number = (count) => count.toLocaleString();

document.addEventListener("tandem:rule", async (event) => {
  stop?.abort();
  const { rule, problems } = event.detail;
  if (!box || problems.length || !event.target.closest(".segment-rule")) return;
  stop = new AbortController();
  const csrf = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["x-csrftoken"];
  try {
    const answer = await fetch(box.dataset.segmentEffect, { method: "POST", signal: stop.signal, body: JSON.stringify({ rule }), headers: { "content-type": "application/json", "x-csrftoken": csrf } });
    if (!answer.ok) return;
    const said = await answer.json();
    box.hidden = !said.is_new;
    moves.textContent = said.enter === null ? "Who would enter and leave takes too long to count." : `${number(said.enter)} would enter, ${number(said.leave)} would leave.`;
  } catch { /* the next edit asks again */ }
});
