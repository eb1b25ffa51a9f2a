// Tiptap as an ES module of our own: import { Editor, StarterKit } from the address in data-tiptap-src. It brings no styles of its own.
export { Editor } from "@tiptap/core";
export { StarterKit } from "@tiptap/starter-kit";
