// <textarea data-mentions="/…/mentions/">: after an « @ », the names of the members, chosen with the arrows or the
// pointer. Typed by hand, a name does as well.
const AFTER_AT = /(?:^|\s)@([\p{L}][\p{L}\p{M}'’ -]{0,40})$/u;
const WAIT = 150;

let list = null;
let timer = 0;
let asked = 0;

function close() {
  if (!list) return;
  list.field.removeAttribute("aria-activedescendant");
  list.field.removeAttribute("aria-controls");
  list.box.remove();
  list = null;
}

function mark(place) {
  list.at = (place + list.names.length) % list.names.length;
  list.box.querySelectorAll("[role=option]").forEach((option, index) => {
    option.setAttribute("aria-selected", String(index === list.at));
  });
  list.field.setAttribute("aria-activedescendant", `mention-${list.at}`);
}

function choose(place) {
  const { field, names, typed } = list;
  const end = field.selectionStart;
  field.setRangeText(`${names[place]} `, end - typed.length, end, "end");
  close();
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function show(field, typed, found) {
  close();
  if (!found.length) return;
  const box = document.createElement("ul");
  box.className = "mentions";
  box.id = "mentions";
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", "Membres");
  found.forEach(({ name, says }, index) => {
    const option = document.createElement("li");
    option.id = `mention-${index}`;
    option.setAttribute("role", "option");
    option.textContent = name;
    if (says) {
      const small = document.createElement("span");
      small.className = "small";
      small.textContent = ` ${says}`;
      option.append(small);
    }
    option.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      choose(index);
    });
    box.append(option);
  });
  field.after(box);
  field.setAttribute("aria-controls", "mentions");
  list = { field, box, typed, names: found.map(({ name }) => name), at: 0 };
  mark(0);
}

async function look(field) {
  const typed = field.value.slice(0, field.selectionStart).match(AFTER_AT)?.[1];
  if (!typed) return close();
  const mine = ++asked;
  try {
    const answer = await fetch(`${field.dataset.mentions}?q=${encodeURIComponent(typed)}`);
    if (answer.ok && mine === asked) show(field, typed, await answer.json());
  } catch {
    close();
  }
}

document.addEventListener("input", ({ target }) => {
  if (!target.dataset?.mentions) return;
  clearTimeout(timer);
  timer = setTimeout(() => look(target), WAIT);
});
document.addEventListener("keydown", (event) => {
  if (!list || event.target !== list.field) return;
  const acts = {
    ArrowDown: () => mark(list.at + 1),
    ArrowUp: () => mark(list.at - 1),
    Enter: () => choose(list.at),
    Tab: () => choose(list.at),
    Escape: close,
  };
  if (!acts[event.key]) return;
  acts[event.key]();
  event.preventDefault();
});
document.addEventListener("focusout", (event) => event.target.dataset?.mentions && close());
