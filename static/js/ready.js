// Calls back with each part of the page as it comes: the page itself, then what htmx puts in it.
export function whenShown(call) {
  call(document);
  document.addEventListener("htmx:load", (event) => call(event.target));
}
