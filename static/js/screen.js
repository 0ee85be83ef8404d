// The projector is driven by the keyboard: arrows, Page up and down, space; Escape leaves; Home is the agenda.
const KEYS = { ArrowRight: "next", PageDown: "next", " ": "next", ArrowLeft: "prev", PageUp: "prev", Escape: "up" };

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === " " && event.target.closest("a, button")) return;
  if (event.key === "Home") location.search = "?point=0";
  const link = KEYS[event.key] && document.querySelector(`a[rel=${KEYS[event.key]}]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});
