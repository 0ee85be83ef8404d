// The list of the plan: a short address for its filters, and fiches ticked to be changed together.
import { whenShown } from "./ready.js";

// An address that says only what is filtered.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (!detail.elt.matches("form.filters")) return;
  for (const [name, value] of Object.entries(detail.parameters)) {
    if (value === "") delete detail.parameters[name];
  }
});

// The panel in which a filter was chosen stays open, and the focus in it.
let left = null;
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const panel = document.querySelector("form.filters details");
  left = detail.target.id === "plan" && panel?.open ? document.activeElement.id : null;
});
document.addEventListener("htmx:afterSwap", () => {
  if (left === null) return;
  document.querySelector("form.filters details").open = true;
  document.getElementById(left)?.focus();
  left = null;
});

const ticks = () => [...document.querySelectorAll("#selection input[name=fiche]")];

function count() {
  const said = document.querySelector("[data-ticked-count]");
  if (!said) return;
  const all = ticks();
  const ticked = all.filter((tick) => tick.checked).length;
  said.textContent = ticked > 1 ? `${ticked} fiches choisies` : `${ticked} fiche choisie`;
  const every = document.querySelector("[data-tick-all]");
  every.checked = ticked > 0 && ticked === all.length;
  every.indeterminate = ticked > 0 && ticked < all.length;
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-tick-all]")) for (const tick of ticks()) tick.checked = target.checked;
  if (target.form?.id === "selection") count();
});
document.addEventListener("reset", ({ target }) => {
  if (target.id === "selection") setTimeout(count);
});
whenShown((root) => {
  for (const every of root.querySelectorAll("[data-tick-all]")) every.hidden = false;
  count();
});
