// <ul data-order>: its rows (data-uuid) are dragged by their .grip; the address of a row (data-url) is told before
// which other one it was put. The buttons « Monter » and « Descendre » do the same.
import Sortable from "../sortable/sortable.esm.js";
import { say } from "./feedback.js";
import { whenShown } from "./ready.js";

function moved({ item, oldIndex, newIndex, from }) {
  if (oldIndex === newIndex) return;
  const before = item.nextElementSibling?.dataset.uuid ?? "";
  const token = from.querySelector("[name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams({ avant: before, csrfmiddlewaretoken: token });
  fetch(item.dataset.url, { method: "POST", body, headers: { "HX-Request": "true" } })
    .then((answer) => {
      if (!answer.ok) throw new Error(answer.status);
    })
    .catch(() => {
      from.insertBefore(item, from.children[oldIndex + (oldIndex > newIndex ? 1 : 0)] ?? null);
      say("Le nouvel ordre n’a pas pu être enregistré : tout est revenu à sa place.");
    });
}

whenShown((root) => {
  const lists = root.matches?.("[data-order]") ? [root] : root.querySelectorAll("[data-order]");
  for (const list of lists) {
    for (const grip of list.querySelectorAll(".grip")) grip.hidden = false;
    Sortable.create(list, { draggable: "[data-url]", handle: ".grip", animation: 120, onEnd: moved });
  }
});
