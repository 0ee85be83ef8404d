// What the person is told, and where the focus goes, after an exchange with the server by htmx.

// A form that has just been opened is there to be filled in.
const FIRST_FIELD = "form[data-draft] :is(input:not([type=hidden]), select, textarea)";
const REFUSED = { 401: true, 403: true };

export function say(text) {
  const bar = document.querySelector("#messages");
  const message = document.querySelector("#message-danger").content.firstElementChild.cloneNode(true);
  message.querySelector(".alert-body").textContent = text;
  message.querySelector("[data-close]").hidden = false;
  bar.replaceChildren(message);
  bar.scrollIntoView({ block: "nearest" });
}

// A refusal goes to the message bar, so that the form and its text stay where they are.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (!REFUSED[xhr.status]) return;
  if (/<html/i.test(xhr.responseText)) {
    event.detail.shouldSwap = false;
    say("La demande a été refusée : rien n’a été enregistré. Votre saisie est toujours là ; copiez-la, puis rechargez la page.");
    return;
  }
  event.detail.target = document.querySelector("#messages");
  event.detail.swapOverride = "innerHTML";
  event.detail.selectOverride = "unset";
});

document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 404) say("Cet élément n’existe plus, ou vous n’y avez plus accès. Rechargez la page.");
  else if (status === 413) say("L’envoi est trop lourd : rien n’a été enregistré.");
  else if (status === 429) say("Trop de demandes à la suite. Attendez une minute, puis recommencez.");
  else if (status === 503) say("Le service est momentanément indisponible. Votre saisie est toujours là : réessayez dans une minute.");
  else say("Le serveur a rencontré une erreur : rien n’a été enregistré. Votre saisie est toujours là, réessayez.");
});
document.addEventListener("htmx:sendError", () => {
  say("Le serveur est injoignable. Vérifiez votre connexion ; votre saisie est toujours là, réessayez.");
});
document.addEventListener("htmx:timeout", () => {
  say("Le serveur met trop de temps à répondre. Votre saisie est toujours là, réessayez.");
});

// Old errors say nothing of the request that has just gone well.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!isByPerson(event)) return;
  for (const old of document.querySelectorAll("#messages .alert-danger, #messages [data-passing]")) old.remove();
});

// Polling has no event of a person behind it: it never moves the focus.
function isByPerson(event) {
  return Boolean(event.detail.requestConfig?.triggeringEvent?.isTrusted);
}

function within(root, selector) {
  return root.matches?.(selector) ? root : root.querySelector?.(selector);
}

// What comes beside the part that was asked for (hx-swap-oob) does not take the focus.
const beside = new WeakSet();
document.addEventListener("htmx:oobAfterSwap", (event) => beside.add(event.target));

document.addEventListener("htmx:afterSettle", (event) => {
  const { xhr } = event.detail;
  const part = event.target;
  if (!xhr || beside.has(part) || !isByPerson(event)) return;
  if (xhr.status === 422 || xhr.status === 409) {
    const first = ["[aria-invalid=true], .is-invalid", ".alert-danger", "[data-focus]"].map((each) => within(part, each)).find(Boolean);
    if (first && !first.matches("input, select, textarea")) first.tabIndex = -1;
    first?.focus();
    return;
  }
  if (REFUSED[xhr.status]) {
    within(document, "#messages a, #messages [data-close]")?.focus();
    return;
  }
  const wanted = within(part, "[autofocus]") ?? within(part, FIRST_FIELD) ?? within(part, "[data-focus]");
  // The focus was on what has just been replaced: without this a keyboard starts again from the top.
  const lost = document.activeElement === document.body;
  const next = wanted ?? (lost ? within(part, "h1, h2, h3, a, button, input, select, textarea") : null);
  if (!next) return;
  if (!next.matches("a, button, input, select, textarea")) next.tabIndex = -1;
  next.focus({ preventScroll: !wanted });
});

// A page that comes back with errors in its form: the first one is where to go on.
const invalid = document.querySelector("form [aria-invalid=true]");
if (invalid && !document.querySelector("main [autofocus]")) invalid.focus();
