// A long text is edited as it will be read; the text area stays for those who have no script, and carries the
// text to the server. Tab enters and leaves the editor; Alt+F10 reaches its buttons.
import { whenShown } from "./ready.js";

const ADDRESS = /^(https?:\/\/|mailto:)\S+$/i;
const ACTS = {
  bold: (chain) => chain.toggleBold(),
  italic: (chain) => chain.toggleItalic(),
  bulletList: (chain) => chain.toggleBulletList(),
  orderedList: (chain) => chain.toggleOrderedList(),
  undo: (chain) => chain.undo(),
  redo: (chain) => chain.redo(),
};

// The library is heavy: it comes with the first text that is opened.
let library;
const load = () => (library ??= import("../django_prose_editor/editor.js"));

function open(prose, box) {
  const text = box.querySelector("textarea");
  const as = box.querySelector(`[name="${CSS.escape(text.name)}-as"]`);
  // Typed while the library was on its way: the text stays where it is.
  if (text.value !== text.defaultValue && as.value !== "html") return;
  const place = document.createElement("div");
  place.className = "rich-text form-control";
  if (text.classList.contains("is-invalid")) place.classList.add("is-invalid");
  text.before(box.querySelector("template").content.cloneNode(true), place);
  const label = document.querySelector(`label[for="${CSS.escape(text.id)}"]`);
  const attributes = { role: "textbox", "aria-multiline": "true", spellcheck: "true", lang: "fr" };
  if (label) {
    // The label is the editor's now: the text area is out of sight.
    label.id ||= `${text.id}-label`;
    label.removeAttribute("for");
    attributes["aria-labelledby"] = label.id;
  } else attributes["aria-label"] = text.getAttribute("aria-label") ?? "Texte";
  if (text.hasAttribute("aria-describedby")) attributes["aria-describedby"] = text.getAttribute("aria-describedby");
  if (text.getAttribute("aria-invalid") === "true") attributes["aria-invalid"] = "true";

  let own = false;
  const editor = new prose.Editor({
    element: place,
    injectCSS: false,
    content: as.value === "html" ? text.value : box.dataset.rich,
    editorProps: { attributes },
    extensions: [
      prose.Document,
      prose.Paragraph,
      prose.Text,
      prose.HardBreak,
      prose.Bold,
      prose.Italic,
      prose.BulletList,
      prose.OrderedList,
      // Tab leaves the text, in a list too: what is indented is so by other keys.
      prose.ListItem.extend({
        addKeyboardShortcuts() {
          return {
            Enter: () => this.editor.commands.splitListItem(this.name),
            "Mod-]": () => this.editor.commands.sinkListItem(this.name),
            "Mod-[": () => this.editor.commands.liftListItem(this.name),
          };
        },
      }),
      prose.Link.configure({ openOnClick: false }),
      prose.History,
    ],
    onUpdate: () => {
      own = true;
      as.value = "html";
      text.value = editor.isEmpty ? "" : editor.getHTML();
      text.dispatchEvent(new Event("input", { bubbles: true }));
      own = false;
    },
    onTransaction: () => refresh(),
  });

  const bar = box.querySelector(".rich-bar");
  const buttons = [...bar.querySelectorAll("button")];
  const asked = box.querySelector(".rich-link");
  const address = asked.querySelector("input");

  function refresh() {
    for (const button of bar?.querySelectorAll("[data-do]") ?? []) {
      button.setAttribute("aria-pressed", String(editor.isActive(button.dataset.do)));
    }
  }

  // One stop for Tab; the arrows move between the buttons.
  function reach(button) {
    for (const other of buttons) other.tabIndex = other === button ? 0 : -1;
  }
  reach(buttons[0]);
  refresh();
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length);
    reach(next);
    next.focus();
    event.preventDefault();
  });

  function askLink() {
    asked.hidden = false;
    address.value = editor.getAttributes("link").href ?? "";
    address.focus();
  }
  function setLink() {
    const href = address.value.trim();
    if (!ADDRESS.test(href)) {
      address.setCustomValidity("Une adresse commence par https:// ou mailto:");
      address.reportValidity();
      return;
    }
    const chain = editor.chain().focus().extendMarkRange("link");
    if (editor.state.selection.empty && !editor.isActive("link")) {
      chain.insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] }).run();
    } else chain.setMark("link", { href }).run();
    asked.hidden = true;
  }
  address.addEventListener("input", () => address.setCustomValidity(""));
  address.addEventListener("keydown", (event) => {
    if (event.key === "Enter") setLink();
    else if (event.key === "Escape") {
      asked.hidden = true;
      editor.commands.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const act = button.dataset.do ?? button.dataset.act;
    if (act === "link") askLink();
    else if (act) ACTS[act](editor.chain().focus()).run();
    else if (button.dataset.link === "set") setLink();
    else if (button.dataset.link === "unset") {
      editor.chain().focus().extendMarkRange("link").unsetMark("link").run();
      asked.hidden = true;
    }
    if (act) reach(button);
  });
  place.addEventListener("keydown", (event) => {
    if (event.altKey && event.key === "F10") buttons.find((button) => button.tabIndex === 0).focus();
  });

  // A draft found again is put into the text area: the editor follows.
  const follow = () => {
    if (as.value === "html") editor.commands.setContent(text.value, { emitUpdate: false });
    else if (text.value !== text.defaultValue) close();
  };
  for (const input of [text, as]) {
    input.addEventListener("input", () => own || queueMicrotask(follow));
  }

  // Typed without the editor, a text is finished without it.
  function close() {
    editor.destroy();
    place.remove();
    bar.remove();
    asked.remove();
    text.hidden = false;
    label?.setAttribute("for", text.id);
  }
  label?.addEventListener("click", () => editor.commands.focus());
  const focused = document.activeElement === text;
  text.hidden = true;
  if (focused) editor.commands.focus("end");
}

whenShown((root) => {
  const boxes = root.matches?.("[data-rich]") ? [root] : [...root.querySelectorAll("[data-rich]")];
  const waiting = boxes.filter((box) => !box.dataset.open && !box.querySelector("textarea").disabled);
  if (!waiting.length) return;
  for (const box of waiting) box.dataset.open = "true";
  load()
    .then((prose) => {
      for (const box of waiting) if (box.isConnected) open(prose, box);
    })
    .catch(() => {}); // out of reach: the text area does as well
});
