// <button data-confirm="Retirer cette étape ?" data-confirm-yes="Retirer">: asks before the act.
const dialog = document.querySelector("#confirm");
let asked = null;
let agreed = null;

function ask(element, go) {
  asked = go;
  dialog.querySelector("#confirm-text").textContent = element.dataset.confirm;
  dialog.querySelector("[value=yes]").textContent = element.dataset.confirmYes ?? "Confirmer";
  dialog.returnValue = "no";
  dialog.showModal();
}

// Caught on the way down, before htmx or the browser acts on it.
document.addEventListener(
  "click",
  (event) => {
    const element = event.target.closest("a[data-confirm], button[data-confirm]");
    if (!element || !dialog || agreed === element) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(element, () => {
      agreed = element;
      element.click();
      agreed = null;
    });
  },
  true,
);

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.dataset.confirm || !dialog || agreed === form) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { submitter } = event;
    ask(form, () => {
      agreed = form;
      form.requestSubmit(submitter);
      agreed = null;
    });
  },
  true,
);

dialog?.addEventListener("close", () => {
  const go = asked;
  asked = null;
  if (dialog.returnValue === "yes") go?.();
});
