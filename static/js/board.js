// The board: dropping a card on another lane presses the card's own “Move”, so that what is missing is asked for as there.
const board = document.querySelector("[data-board]");

if (board) {
  const { default: Sortable } = await import(board.dataset.sortableSrc);
  const lanes = [...board.querySelectorAll("[data-lane]")];
  lanes.forEach((lane) => Sortable.create(lane, {
    group: "stages",
    sort: false,
    draggable: ".is-movable",
    filter: "a, button, select, label",
    preventOnFilter: false,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
    ghostClass: "is-ghost",
    onEnd({ item, from, to }) {
      if (from === to) return;
      const form = item.querySelector("[data-move]");
      form.elements.stage.value = to.dataset.lane;
      form.requestSubmit();
    },
  }));
}
