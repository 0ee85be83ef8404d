// The grid of indicators. Each cell is saved as it is left, with the text it started from; a block copied from a
// spreadsheet is pasted from a cell on. Without this script the grid is a form with one button.
import { say } from "./feedback.js";

const form = document.querySelector("form[data-grid]");
const report = document.querySelector("#grid-report");
const KEPT = `ctg-grid:${document.body.dataset.user}:${location.pathname}`;
const DASH = /^[-–—]?$/;
// Cells whose text is not yet with the server, by their name.
const waiting = new Map();
let sending = Promise.resolve();
// The cells of the last block that was pasted, and the button that takes it back.
let pasted = [];
let undo = "";
let leaving = false;

const cells = () => [...form.querySelectorAll("input.cell[name]")];
const byKey = (key) => form.elements[`c-${key}`];
const faulty = () => cells().filter((cell) => cell.hasAttribute("aria-invalid"));
const whyOf = (cell) => document.getElementById(`w-${cell.id.slice(2)}`);

function mark(cell, state, why = "") {
  cell.dataset.state = state;
  cell.toggleAttribute("aria-invalid", false);
  if (state === "refused" || state === "conflict") cell.setAttribute("aria-invalid", "true");
  whyOf(cell).textContent = why || whyOf(cell).dataset.hint || "";
}

// --- Saving -------------------------------------------------------------------------------------
// A text that was refused, or met somebody else's, waits for the person: leaving the cell again sends nothing.
const isSettled = (cell) => cell.value.trim() === cell.dataset.base || cell.dataset.sent === cell.value;

function commit(cell, { decided = false } = {}) {
  if (!cell.name) return;
  if (cell.value.trim() === cell.dataset.base) {
    if (cell.value !== cell.dataset.base || cell.hasAttribute("aria-invalid")) restore(cell);
  } else if (decided || !isSettled(cell)) save([cell]);
}

function restore(cell) {
  cell.value = cell.dataset.base;
  delete cell.dataset.sent;
  waiting.delete(cell.name);
  keep();
  if (cell.dataset.state !== "saved") mark(cell, "");
  if (report.querySelector("ul:not(.replaced) li")) tell("");
}

function save(some) {
  for (const cell of some) {
    waiting.set(cell.name, cell.value);
    cell.dataset.sent = cell.value;
    mark(cell, "waiting");
  }
  keep();
  sending = sending.then(send);
}

async function send() {
  const sent = [...waiting].filter(([name]) => form.elements[name]);
  if (!sent.length) return;
  const body = new FormData();
  const started = {};
  for (const [name, text] of sent) {
    body.append(name, text);
    started[name.slice(2)] = form.elements[name].dataset.base;
  }
  body.append("started", JSON.stringify(started));
  if (pasted.some((cell) => waiting.has(cell.name))) body.append("colle", "1");
  const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? form.elements.csrfmiddlewaretoken.value;
  const headers = { Accept: "application/json", "X-CSRFToken": token };
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", headers, body });
  } catch {
    return lost(sent, "Le serveur est injoignable : la saisie est gardée ici et repartira avec la prochaine case.");
  }
  if (!answer.ok) {
    const expired = answer.status === 401 || answer.status === 403;
    return lost(sent, expired ? "Votre session a expiré, ou vous n’avez plus accès à cette saisie. Reconnectez-vous dans un autre onglet : la saisie est gardée ici." : "Le serveur n’a rien enregistré : la saisie est gardée ici, réessayez.");
  }
  const { cells: outcomes, results, said, replaced, undo: button } = await answer.json();
  for (const outcome of outcomes) take(outcome, Object.fromEntries(sent));
  for (const [indicator, html] of Object.entries(results)) {
    const place = form.querySelector(`[data-result="${CSS.escape(indicator)}"]`);
    if (place) place.innerHTML = html;
  }
  keep();
  undo = button.trim() || undo;
  const one = outcomes.length === 1 && outcomes[0].state === "saved";
  tell(one ? `Enregistré : ${outcomes[0].label}` : said, replaced);
}

function take({ key, state, text, reason }, sent) {
  const cell = byKey(key);
  const typedSince = cell.value !== sent[cell.name];
  if (!typedSince) waiting.delete(cell.name);
  cell.dataset.base = text;
  if (state === "saved" || state === "same") {
    if (!typedSince) cell.value = text;
    delete cell.dataset.sent;
    mark(cell, state);
  } else if (state === "conflict") {
    mark(cell, state, `${reason} Entrée garde votre valeur, Échap garde l’autre.`);
  } else {
    mark(cell, state, reason);
  }
}

function lost(sent, message) {
  for (const [name] of sent) mark(form.elements[name], "waiting", "non enregistrée");
  say(message);
}

// --- What the person is told ---------------------------------------------------------------------
const outside = [];

function tell(said, replaced = "") {
  const wrong = faulty();
  const line = document.createElement("p");
  line.className = "said";
  if (said) line.textContent = `${said}. `;
  else if (wrong.length) line.textContent = `${wrong.length} à revoir. `;
  line.insertAdjacentHTML("beforeend", undo);
  const list = document.createElement("ul");
  for (const cell of wrong) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${cell.id}`;
    link.textContent = cell.getAttribute("aria-label");
    item.append(link, ` : ${whyOf(cell).textContent}`);
    list.append(item);
  }
  for (const words of outside.splice(0)) {
    const item = document.createElement("li");
    item.textContent = words;
    list.append(item);
  }
  report.replaceChildren(...(line.hasChildNodes() ? [line] : []), ...(list.children.length ? [list] : []));
  report.insertAdjacentHTML("beforeend", replaced);
}

// --- Moving --------------------------------------------------------------------------------------
const rowsOf = (table) => [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => row.querySelector("td"));

function placeOf(cell) {
  const rows = rowsOf(cell.closest("table"));
  const row = cell.closest("tr");
  return { rows, row: rows.indexOf(row), column: cell.closest("td").cellIndex };
}

function move(cell, down, right) {
  const { rows, row, column } = placeOf(cell);
  for (let [r, c] = [row + down, column + right]; rows[r]?.cells[c]; r += down, c += right) {
    const next = rows[r].cells[c].querySelector("input");
    if (next) {
      next.focus();
      return true;
    }
  }
  return false;
}

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function onKey(event) {
  const cell = event.target;
  if (!cell.matches("input.cell") || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
  const isEditing = "editing" in cell.dataset;
  if (event.key === "Enter") {
    event.preventDefault();
    commit(cell, { decided: true });
    move(cell, event.shiftKey ? -1 : 1, 0) || cell.select();
  } else if (event.key === "Escape") {
    if (cell.name) restore(cell);
    cell.select();
    delete cell.dataset.editing;
  } else if (event.key === "F2") {
    event.preventDefault();
    cell.dataset.editing = "";
    cell.setSelectionRange(cell.value.length, cell.value.length);
  } else if (ARROWS[event.key] && !event.shiftKey && !(isEditing && ARROWS[event.key][1])) {
    event.preventDefault();
    move(cell, ...ARROWS[event.key]);
  }
}

// --- Pasting -------------------------------------------------------------------------------------
// A spreadsheet gives lines of cells parted by tabs; one that holds a tab or a line end stands between quotes.
function blockOf(text) {
  const block = [[]];
  const piece = /("(?:[^"]|"")*"|[^\t\n]*)(\t|\n|$)/gy;
  const plain = text.replaceAll("\r\n", "\n").replace(/\n$/, "");
  while (piece.lastIndex <= plain.length) {
    const [, raw, end] = piece.exec(plain) ?? [];
    if (raw === undefined) break;
    block.at(-1).push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (end === "\n") block.push([]);
    if (end === "") break;
  }
  return block;
}

function onPaste(event) {
  const first = event.target;
  if (!first.matches("input.cell")) return;
  const block = blockOf(event.clipboardData.getData("text/plain"));
  if (block.length === 1 && block[0].length === 1) return;
  event.preventDefault();
  const { rows, row, column } = placeOf(first);
  const changed = [];
  let beyond = 0;
  block.forEach((line, down) => {
    line.forEach((raw, right) => {
      const text = raw.trim();
      if (DASH.test(text)) return;
      const place = rows[row + down]?.cells[column + right];
      const cell = place?.querySelector("input");
      if (!place) beyond += 1;
      else if (!cell?.name) {
        if (cell?.value !== text) outside.push(`${rows[row + down].querySelector(".t").textContent} : « ${text} » n’a pas de case ouverte (${place.dataset.locked ?? "aucune période"}).`);
      } else if (text !== cell.dataset.base || cell.value !== text) {
        cell.value = text;
        changed.push(cell);
      }
    });
  });
  if (beyond) outside.push(`${beyond} ${beyond > 1 ? "cases débordent" : "case déborde"} de la grille.`);
  if (changed.length) {
    pasted = changed;
    undo = "";
    save(changed);
  } else tell("Rien n’a changé");
  first.select();
}

// --- What a closed tab or a lost network leaves behind ---------------------------------------------
const unsaved = () => [...waiting, ...faulty().map((cell) => [cell.name, cell.value])];

function keep() {
  try {
    if (unsaved().length) localStorage.setItem(KEPT, JSON.stringify(unsaved()));
    else localStorage.removeItem(KEPT);
  } catch {
    // A browser may refuse storage: the page then only warns before it closes.
  }
}

function takeUpAgain() {
  let kept = [];
  try {
    kept = JSON.parse(localStorage.getItem(KEPT)) ?? [];
  } catch {
    // nothing was kept
  }
  const found = [];
  for (const [name, text] of kept) {
    const cell = form.elements[name];
    if (!cell?.matches("input.cell") || cell.dataset.base === text) continue;
    cell.value = text;
    found.push(cell);
  }
  if (found.length) save(found);
}

if (form) {
  for (const cell of cells()) cell.dataset.sent = cell.hasAttribute("aria-invalid") ? cell.value : cell.dataset.base;
  form.addEventListener("focusin", ({ target }) => {
    if (!target.matches("input.cell")) return;
    delete target.dataset.editing;
    target.select();
  });
  form.addEventListener("input", ({ target }) => {
    target.dataset.editing = "";
    if (target.dataset.state === "saved") target.dataset.state = "";
  });
  form.addEventListener("dblclick", ({ target }) => {
    target.dataset.editing = "";
  });
  form.addEventListener("focusout", ({ target }) => {
    if (target.matches("input.cell")) commit(target);
  });
  report.addEventListener("click", (event) => {
    const cell = document.getElementById(event.target.closest("a")?.hash.slice(1));
    if (!cell) return;
    event.preventDefault();
    cell.focus();
  });
  form.addEventListener("keydown", onKey);
  form.addEventListener("paste", onPaste);
  addEventListener("beforeunload", (event) => {
    if (unsaved().length && !leaving) event.preventDefault();
  });
  // What a paste could not save goes with it; anything else typed is kept, and taken up again.
  document.querySelector("#undo").addEventListener("submit", () => {
    for (const cell of pasted) if (cell.hasAttribute("aria-invalid")) restore(cell);
    leaving = true;
  });
  addEventListener("online", () => {
    sending = sending.then(send);
  });
  takeUpAgain();
}
