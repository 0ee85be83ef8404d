// Texts saved as they are typed, by several people at once.
//
// A <textarea data-live="address"> sends what it holds with what it started from; the server puts it together with
// what others typed and answers the whole. Until it is saved, the text is also kept in this browser: a lost
// network or a closed tab loses nothing, and it is sent when the page is shown again.
import { whenShown } from "./ready.js";

const PAUSE = 700;
const OTHERS = 8000;
const RETRY = 5000;
const KEPT = `ctg-live:${document.body.dataset.user ?? ""}:`;
const state = document.querySelector("#live-state");
const texts = new Map();

function tell(words) {
  if (state && state.textContent !== words) state.textContent = words;
}

function keep(one) {
  try {
    if (one.field.value === one.base) localStorage.removeItem(KEPT + one.url);
    else localStorage.setItem(KEPT + one.url, JSON.stringify({ base: one.base, text: one.field.value }));
  } catch {
    // A browser may refuse storage: the text is then only on the page.
  }
}

function kept(url) {
  try {
    return JSON.parse(localStorage.getItem(KEPT + url));
  } catch {
    return null;
  }
}

// The caret stays beside the words it was in.
function show(field, text) {
  if (field.value === text) return;
  const { value, selectionStart, selectionEnd } = field;
  let head = 0;
  while (head < value.length && head < text.length && value[head] === text[head]) head += 1;
  const shift = (at) => (at <= head ? at : Math.max(head, at + text.length - value.length));
  const [start, end] = [shift(selectionStart), shift(selectionEnd)];
  field.value = text;
  if (document.activeElement === field) field.setSelectionRange(start, end);
  grow(field);
}

function grow(field) {
  field.style.height = "";
  if (field.scrollHeight > field.clientHeight) field.style.height = `${field.scrollHeight + 2}px`;
}

function refuse(one, why) {
  const said = one.field.form.querySelector(".live-why");
  said.textContent = why;
  said.hidden = !why;
}

function save(one) {
  clearTimeout(one.timer);
  if (one.sending || one.field.value === one.base) return;
  const sent = one.field.value;
  one.sending = true;
  tell("Enregistrement…");
  const body = new URLSearchParams({ base: one.base, text: sent });
  body.set("csrfmiddlewaretoken", one.field.form.elements.csrfmiddlewaretoken.value);
  fetch(one.url, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "error" })
    .then(async (answer) => {
      const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
      if (!said) throw new Error(String(answer.status));
      one.sending = false;
      if (said.refused) {
        refuse(one, said.refused);
        tell("Un texte n’est pas enregistré : voyez pourquoi dessous.");
        return;
      }
      refuse(one, "");
      if (one.field.value === sent) {
        one.base = said.text;
        show(one.field, said.text);
        tell(`Enregistré à ${new Date().toLocaleTimeString("fr", { hour: "2-digit", minute: "2-digit" })}.`);
      } else {
        // Typed on meanwhile: what was sent is now what both texts come from.
        one.base = sent;
        later(one);
      }
      keep(one);
    })
    .catch(() => {
      one.sending = false;
      tell("Le serveur ne répond pas : votre texte est gardé ici, nouvel essai dans un instant.");
      one.timer = setTimeout(() => save(one), RETRY);
    });
}

function later(one) {
  clearTimeout(one.timer);
  one.timer = setTimeout(() => save(one), PAUSE);
}

whenShown((root) => {
  for (const field of root.querySelectorAll("textarea[data-live]")) {
    const url = field.dataset.live;
    if (texts.get(url)?.field === field) continue;
    const one = { field, url, base: field.defaultValue, timer: 0, sending: false };
    texts.set(url, one);
    const found = kept(url);
    if (found && found.text !== field.value) {
      // What could not be sent the last time: the server puts it together with what came since.
      one.base = found.base;
      field.value = found.text;
      later(one);
    }
    grow(field);
    field.addEventListener("input", () => {
      keep(one);
      grow(field);
      later(one);
    });
    field.addEventListener("blur", () => save(one));
    field.form.addEventListener("submit", (event) => {
      event.preventDefault();
      save(one);
    });
  }
});

// What others type comes in while one does not type.
const page = document.querySelector("[data-live-texts]");
setInterval(() => {
  if (!page || document.hidden) return;
  fetch(page.dataset.liveTexts, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : {}))
    .then((found) => {
      for (const [url, text] of Object.entries(found)) {
        const one = texts.get(url);
        if (!one || one.sending || one.field.value !== one.base || one.base === text) continue;
        one.base = text;
        show(one.field, text);
      }
    })
    .catch(() => {});
}, OTHERS);

window.addEventListener("beforeunload", (event) => {
  if ([...texts.values()].some((one) => one.field.value !== one.base)) event.preventDefault();
});
