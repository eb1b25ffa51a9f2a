// Text with a few tags, by Tiptap: bold, italic, underline, links, lists, and tokens as they are typed.
export function richMaker({ Editor, StarterKit, parts, tokenPicker }) {
  const { make, tool } = parts;
  const OFF = { blockquote: false, code: false, codeBlock: false, heading: false, horizontalRule: false, strike: false, undoRedo: false };

  return ({ html, set, label }) => {
    const area = make("div", { className: "ed-rich-area" });
    const editor = new Editor({
      element: area,
      injectCSS: false,
      content: html ?? "",
      extensions: [StarterKit.configure({ ...OFF, link: { openOnClick: false, autolink: false, protocols: ["mailto", "tel"], isAllowedUri: () => true, HTMLAttributes: { target: null, rel: null } } })],
      editorProps: { attributes: { role: "textbox", "aria-multiline": "true", "aria-label": label, class: "form-control" } },
      onUpdate: () => set(editor.isEmpty ? "" : editor.getHTML()),
    });
    const run = (act) => act(editor.chain().focus()).run();
    const buttons = {
      bold: tool("bold", "Bold", () => run((chain) => chain.toggleBold())),
      italic: tool("italic", "Italic", () => run((chain) => chain.toggleItalic())),
      underline: tool("underline", "Underline", () => run((chain) => chain.toggleUnderline())),
      bulletList: tool("list", "List", () => run((chain) => chain.toggleBulletList())),
      orderedList: tool("list-numbers", "Numbered list", () => run((chain) => chain.toggleOrderedList())),
      link: tool("link", "Link", () => askLink()),
    };
    const address = make("input", { className: "form-control form-control-sm", placeholder: "https://… and Enter; empty takes the link away", hidden: true });
    address.setAttribute("aria-label", "Address of the link");
    function askLink() {
      address.value = editor.getAttributes("link").href ?? "";
      address.hidden = false;
      address.focus();
    }
    address.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); address.hidden = true; editor.commands.focus(); }
      if (event.key !== "Enter") return;
      event.preventDefault();
      address.hidden = true;
      const href = address.value.trim();
      if (!href) run((chain) => chain.extendMarkRange("link").unsetLink());
      else if (editor.state.selection.empty && !editor.isActive("link")) run((chain) => chain.insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] }));
      else run((chain) => chain.extendMarkRange("link").setLink({ href }));
    });
    const mark = () => { for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(editor.isActive(name))); };
    editor.on("selectionUpdate", mark);
    editor.on("transaction", mark);
    const tokens = tokenPicker(null, null, (token) => run((chain) => chain.insertContent({ type: "text", text: token })));
    const box = make("div", { className: "ed-rich" }, make("div", { className: "ed-rich-bar" }, ...Object.values(buttons)), address, area, tokens);
    return [box, area.querySelector("[contenteditable]") ?? area];
  };
}
