// <a href="…" data-dialog>: the form of that page, in a dialog over this one. Without a script the page itself opens.
//
// The form answers with itself while it has errors or a conflict, and with an event `plan-saved` once it is saved:
// the plan is then asked for anew, the focus on the fiche (`focus`: its id) where it stands now. What was `said` is
// seen where the fiche stands: only screen readers are told.

const dialog = document.querySelector("#dialog");

export function openDialog(url, event, fill = () => {}) {
  return htmx.ajax("GET", url, { target: "#dialog", swap: "innerHTML", event }).then(() => {
    const form = dialog.querySelector("form");
    if (form) fill(form);
  });
}

function showPlan({ focus, said }, event) {
  if (!document.querySelector("#plan")) {
    location.reload();
    return;
  }
  const select = document.querySelector("#plan[data-whole]") ? "#plan" : undefined;
  htmx.ajax("GET", location.href, { target: "#plan", swap: "outerHTML", select, event }).then(() => {
    document.querySelector("#said").textContent = said;
    document.getElementById(focus)?.focus();
  });
}

document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target === dialog && dialog.querySelector("form") && !dialog.open) dialog.showModal();
});

document.addEventListener("click", (event) => {
  if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a[data-dialog]");
  if (link) {
    event.preventDefault();
    link.closest("details")?.removeAttribute("open");
    openDialog(link.href, event);
  } else if (event.target.closest("#dialog [data-dialog-close]")) {
    event.preventDefault();
    dialog.close();
  }
});

document.addEventListener("plan-saved", (event) => {
  dialog.close();
  showPlan(event.detail, event);
});

// A form that was answered by a refusal or left by Escape is not shown again to the next one.
dialog?.addEventListener("close", () => dialog.replaceChildren());

