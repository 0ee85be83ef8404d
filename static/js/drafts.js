// Text typed and not yet saved outlives a closed tab or an expired session.
//
// <form data-draft="fiche-<uuid>-constat">: what is typed is kept in this browser, under the account and the
// key, and offered back with the next showing of the form. It goes when the server has saved it, when the person
// drops it or leaves by a [data-draft-cancel], and after thirty days.
import { whenShown } from "./ready.js";

const PREFIX = "ctg-draft:";
const mine = `${PREFIX}${document.body.dataset.user ?? ""}:`;
const KEPT_DAYS = 30;
const NOT_KEPT = "[type=hidden], [type=password], [type=file], [type=submit], [type=button], [name=csrfmiddlewaretoken], [data-asked]";

// A browser may refuse storage (private window, policy, full): drafts are then simply not offered.
const storage = {
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  write(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // nothing to do
    }
  },
  drop(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // nothing to do
    }
  },
  keys() {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
    } catch {
      return [];
    }
  },
};

const waiting = new Map();
const keyOf = (form) => mine + form.dataset.draft;
// While a text found is still on offer, what is newly typed goes beside it, not over it.
const besideOf = (form) => `${keyOf(form)}~`;

function forget(form) {
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  storage.drop(keyOf(form));
  storage.drop(besideOf(form));
}

function controls(form) {
  return [...form.elements].filter((field) => field.name && !field.matches(NOT_KEPT) && "value" in field && field.type !== "fieldset");
}

// Values in the order of the fields, since several may share a name.
function valuesOf(form) {
  return controls(form).map((field) => {
    if (field.type === "checkbox" || field.type === "radio") return [field.name, field.value, field.checked];
    if (field.type === "select-multiple") return [field.name, [...field.selectedOptions].map((option) => option.value)];
    return [field.name, field.value];
  });
}

function restore(form, values) {
  const left = [...values];
  for (const field of controls(form)) {
    const ticked = field.type === "checkbox" || field.type === "radio";
    const place = left.findIndex(([name, value]) => name === field.name && (!ticked || value === field.value));
    if (place < 0) continue;
    const [[, value, checked]] = left.splice(place, 1);
    if (ticked) field.checked = checked;
    else if (field.type === "select-multiple") for (const option of field.options) option.selected = value.includes(option.value);
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function keep(form) {
  const values = valuesOf(form);
  const key = form.draftOffered ? besideOf(form) : keyOf(form);
  if (JSON.stringify(values) === form.draftStart) storage.drop(key);
  else storage.write(key, { at: Date.now(), values });
}

function onTyping(event) {
  const form = event.target.form?.closest?.("form[data-draft]");
  if (!form) return;
  clearTimeout(waiting.get(form));
  waiting.set(form, setTimeout(() => keep(form), 400));
}
document.addEventListener("input", onTyping);
document.addEventListener("change", onTyping);
// What was typed in the last instant before the tab goes.
addEventListener("pagehide", () => {
  for (const [form, timer] of waiting) {
    clearTimeout(timer);
    if (form.isConnected) keep(form);
  }
});

function offer(form, draft) {
  const bar = document.querySelector("#draft-found").content.firstElementChild.cloneNode(true);
  const when = new Intl.DateTimeFormat("fr", { dateStyle: "medium", timeStyle: "short" }).format(draft.at);
  bar.querySelector("[data-when]").textContent = ` (${when})`;
  form.draftOffered = true;
  const done = () => {
    form.draftOffered = false;
    bar.remove();
    (form.querySelector(".ProseMirror") ?? controls(form)[0])?.focus();
  };
  bar.querySelector("[data-draft-take]").addEventListener("click", () => {
    restore(form, draft.values);
    done();
    keep(form);
  });
  bar.querySelector("[data-draft-drop]").addEventListener("click", () => {
    forget(form);
    done();
    keep(form);
  });
  form.prepend(bar);
}

// First of all what has no more use: the old ones, and those that the page before this one has saved.
const saved = document.querySelector("#messages [data-saved]") !== null;
for (const key of storage.keys()) {
  const draft = storage.read(key);
  const old = !draft || Date.now() - draft.at > KEPT_DAYS * 24 * 3600 * 1000;
  if (old || (saved && draft.sent && key.startsWith(mine))) storage.drop(key);
}

whenShown((root) => {
  const forms = root.matches?.("form[data-draft]") ? [root] : root.querySelectorAll("form[data-draft]");
  for (const form of forms) {
    if (form.draftStart) continue;
    form.draftStart = JSON.stringify(valuesOf(form));
    const newer = storage.read(besideOf(form));
    if (newer) storage.write(keyOf(form), newer);
    storage.drop(besideOf(form));
    const draft = storage.read(keyOf(form));
    if (!draft) continue;
    // Shown again with its errors, the form already holds what was typed.
    if (JSON.stringify(draft.values) === form.draftStart) {
      if (!form.querySelector("[aria-invalid=true]")) storage.drop(keyOf(form));
    } else offer(form, draft);
  }
});

// Saved by htmx: the answer to the form itself says so.
document.addEventListener("htmx:afterRequest", (event) => {
  const { xhr, requestConfig } = event.detail;
  // The element of the request, not of the event: the answer may already have replaced it.
  const form = requestConfig?.elt.closest("form[data-draft]");
  if (!form || requestConfig.verb === "get" || xhr.status < 200 || xhr.status >= 300) return;
  forget(form);
});

// Leaving the form on purpose.
document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-draft-cancel]")?.closest("form[data-draft]");
  if (form) forget(form);
});

// Saved by a whole page: the next one carries a message of success.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-draft]");
  if (!form || event.defaultPrevented) return;
  clearTimeout(waiting.get(form));
  waiting.delete(form);
  form.draftOffered = false;
  keep(form);
  const draft = storage.read(keyOf(form));
  if (draft) storage.write(keyOf(form), { ...draft, sent: true });
});
