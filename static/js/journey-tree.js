// A tree that is wider than its place opens with its beginning in the middle, and stays where it was scrolled to when it
// is drawn anew.
const middle = (place) => {
  const first = place.querySelector(".is-entry > .jc-box")?.getBoundingClientRect();
  if (first) place.scrollLeft += first.left + first.width / 2 - place.getBoundingClientRect().left - place.clientWidth / 2;
};

document.querySelectorAll("[data-tree-place]").forEach(middle);
