// <input readonly><button data-copy hidden>: copies what stands before it. Without a script, or where the browser
// refuses, the text is there to be selected.
import { whenShown } from "./ready.js";

whenShown((root) => {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const field = button.previousElementSibling;
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = "Copié";
  } catch {
    // The text stays selected.
  }
});
