// SortableJS as an ES module of our own: import Sortable from the address in data-sortable-src.
export { default } from "sortablejs";
