// Signing in again in another tab changes the token: a form opened before sends the current one, from its cookie.
function current() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
}

document.addEventListener(
  "submit",
  (event) => {
    const field = event.target.querySelector("input[name=csrfmiddlewaretoken]");
    const token = current();
    if (field && token) field.value = token;
  },
  true,
);

document.addEventListener("htmx:configRequest", (event) => {
  const token = current();
  if (!token) return;
  event.detail.headers["X-CSRFToken"] = token;
  if ("csrfmiddlewaretoken" in event.detail.parameters) event.detail.parameters.csrfmiddlewaretoken = token;
});
