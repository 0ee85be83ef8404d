// What makes the pages quicker to use. Every page reads and every form works without it.
import "./csrf.js";
import "./drafts.js";
import "./feedback.js";
import "./confirm.js";
import "./dialog.js";
import "./mention.js";
import "./order.js";
import "./rich.js";
import { whenShown } from "./ready.js";

document.documentElement.classList.remove("no-js");

// Filters apply as soon as they change; what is typed waits for Enter or for leaving the field. A form that asks
// htmx for the same is left to htmx.
document.addEventListener("change", (event) => {
  event.target.closest("form[data-autosubmit]:not([hx-trigger*=change])")?.requestSubmit();
});

// A menu closes by Escape, by a click elsewhere and when the focus leaves it.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}
document.addEventListener("click", (event) => closeMenus(event.target));
document.addEventListener("focusin", (event) => closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A message can be put away: its button is of no use without a script.
whenShown((root) => {
  for (const button of root.querySelectorAll("[data-close][hidden], button[data-print][hidden]")) button.hidden = false;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-close]");
  if (!button) return;
  button.closest(".alert").remove();
  document.querySelector("#contenu").focus();
});

// A palette and the text beside it follow each other.
document.addEventListener("input", ({ target }) => {
  if (target.dataset?.picks) {
    const text = document.getElementById(target.dataset.picks);
    text.value = target.value;
    text.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (target.id && /^#[0-9a-f]{6}$/i.test(target.value)) {
    const palette = document.querySelector(`[data-picks="${CSS.escape(target.id)}"]`);
    if (palette) palette.value = target.value.toLowerCase();
  }
});

// <button data-print> prints the page; <details data-print> opens to be printed.
document.addEventListener("click", (event) => {
  if (event.target.closest("button[data-print]")) window.print();
});
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details[data-print]")) details.open = true;
});
