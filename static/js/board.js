// The board by status: a card is dragged to another column. A status that asks for a reason or a date opens its
// form; the card stays where it was until the server has said yes.
import Sortable from "../sortable/sortable.esm.js";
import { openDialog } from "./dialog.js";
import { whenShown } from "./ready.js";

function dropped({ from, to, item, oldIndex, originalEvent }) {
  if (from === to) return;
  from.insertBefore(item, from.children[oldIndex] ?? null);
  const { url, from: status } = item.dataset;
  const wanted = to.dataset.status;
  if (to.dataset.asks !== undefined || from.dataset.asks === "basis") {
    openDialog(url, originalEvent, (form) => {
      const { status } = form.elements;
      // A status that this person may not choose: the form stays on the one the fiche has.
      if (![...status.options].some((option) => option.value === wanted)) return;
      status.value = wanted;
      status.dispatchEvent(new Event("change", { bubbles: true }));
    });
    return;
  }
  // What the card showed goes with it: somebody may have changed the status since.
  const values = { status: wanted, "initial-status": status };
  htmx.ajax("POST", url, { target: "#dialog", swap: "innerHTML", values, event: originalEvent });
}

whenShown((root) => {
  for (const list of root.querySelectorAll("[data-status].cards")) {
    Sortable.create(list, {
      group: "board",
      draggable: "[data-url]",
      handle: ".grip",
      animation: 120,
      onStart: () => document.querySelector(".board").classList.add("is-dragging"),
      onEnd: (event) => {
        document.querySelector(".board").classList.remove("is-dragging");
        dropped(event);
      },
    });
  }
});
