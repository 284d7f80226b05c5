// What the edition's page can do besides its plain forms: columns are dragged to their place, the
// emails are shown afresh without losing one's place, letters are counted while they are typed.
"use strict";

document.documentElement.classList.add("scripted");

// the emails: the box around a frame scrolls, so a new frame in it is where the old one was

const chosen = () => document.getElementById("emails").dataset;

function inboxOf(frame) {
  return frame.closest(".pane").querySelector(".inbox");
}

/** As high as its email; on a phone the pane is narrower than the email's own width. */
function fit(frame) {
  const width = chosen().width === "600" && frame.clientWidth > 500 ? 600 : 375;
  frame.height = inboxOf(frame).getAttribute(`data-height-${width}`);
}

/** Show an email that was made afresh in the place of the old one, once it is there. */
function replaceFrame(frame) {
  const next = frame.cloneNode();
  next.classList.add("coming");
  next.dataset.seal = inboxOf(frame).dataset.seal;
  next.src = next.dataset.source + chosen().images;
  const show = () => {
    const box = frame.parentElement;
    if (!box || !next.isConnected) return;
    const place = box.scrollTop;
    frame.remove();
    next.classList.remove("coming");
    box.scrollTop = place;
  };
  next.addEventListener("load", show, { once: true });
  // Pictures may be long in coming; the words are there by then.
  setTimeout(show, 1000);
  frame.after(next);
  fit(next);
}

function showEmails() {
  for (const pane of document.querySelectorAll(".pane")) {
    const frames = [...pane.querySelectorAll("iframe")];
    if (frames.at(-1).dataset.seal === inboxOf(frames[0]).dataset.seal) {
      frames.forEach(fit);
      continue;
    }
    for (const late of frames.slice(1)) late.remove();
    replaceFrame(frames[0]);
  }
}

for (const frame of document.querySelectorAll(".pane iframe")) {
  frame.dataset.seal = inboxOf(frame).dataset.seal;
  fit(frame);
}
document.addEventListener("cxgreetz:refreshed", showEmails);
// The answer to a form names the emails there are now: they need not wait for the page.
document.addEventListener("cxgreetz:done", (event) => {
  for (const [name, seal] of Object.entries(event.detail.said.seals ?? {})) {
    const inbox = document.querySelector(`.pane[data-language="${name}"] .inbox`);
    if (inbox) inbox.dataset.seal = seal;
  }
  showEmails();
});
addEventListener("resize", () => document.querySelectorAll(".pane iframe").forEach(fit));
new MutationObserver(() => document.querySelectorAll(".pane iframe").forEach(fit)).observe(
  document.getElementById("emails"),
  { attributes: true, attributeFilter: ["data-width", "data-show"] },
);

// what was open stays open, and the focus near what was done

const open = new Set();
let done = [];

/** What a part of the page that opens is called, whichever answer it stands in. */
function nameOf(details) {
  return (details.closest("li[id]")?.id ?? "") + details.querySelector("summary").textContent;
}

document.addEventListener("toggle", ({ target }) => {
  if (target.matches(".desk details")) open[target.open ? "add" : "delete"](nameOf(target));
}, true);
document.addEventListener("submit", ({ target, submitter }) => {
  done = [submitter, target.closest("li[id]"), target.closest("section[id]")].map((one) => one?.id);
}, true);
document.addEventListener("cxgreetz:refreshed", () => {
  for (const details of document.querySelectorAll(".desk details")) {
    if (open.has(nameOf(details))) details.open = true;
  }
  if (document.activeElement !== document.body) return;
  const near = done.map((id) => id && document.getElementById(id)).find((one) => one);
  near?.focus({ preventScroll: true });
});

// columns are dragged

let dragged = null;
let before = [];

document.addEventListener("dragstart", (event) => {
  const handle = event.target.closest?.(".handle");
  if (!handle) return;
  dragged = handle.closest("li");
  before = [...dragged.parentElement.children];
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.piece);
  event.dataTransfer.setDragImage(dragged, 20, 20);
  setTimeout(() => dragged?.classList.add("dragged"), 0);
});

document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest?.("[data-sortable] > li");
  if (!over) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  if (over === dragged) return;
  const box = over.getBoundingClientRect();
  const below = event.clientY > box.top + box.height / 2;
  over.parentElement.insertBefore(dragged, below ? over.nextSibling : over);
});

document.addEventListener("drop", (event) => {
  if (dragged) event.preventDefault();
});

document.addEventListener("dragend", (event) => {
  if (!dragged) return;
  const [row, list] = [dragged, dragged.parentElement];
  dragged = null;
  row.classList.remove("dragged");
  // Let go outside the list, or with the Escape key: as it was.
  if (event.dataTransfer.dropEffect === "none") list.replaceChildren(...before);
  const after = [...list.children];
  const form = document.querySelector("form.dragging");
  if (!form || after.every((one, place) => one === before[place])) return;
  form.elements.pieces.value = after.map((one) => one.dataset.piece).join(" ");
  row.focus({ preventScroll: true });
  form.requestSubmit();
});

// letters are counted, kept, and sent with a key

function count(field) {
  const place = document.querySelector(`[data-counts="${field.id}"]`);
  if (!place) return;
  const number = [...field.value].length;
  place.textContent = number === 1 ? place.dataset.one : place.dataset.many.replace("{n}", number);
}

const isWritten = (field) => field?.matches?.(".words textarea, .words input[name=text]");

document.addEventListener("input", (event) => {
  if (isWritten(event.target)) count(event.target);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && isWritten(event.target)) {
    event.target.form.requestSubmit();
  }
});

// somebody was there before: both versions, and the editor chooses

document.addEventListener("cxgreetz:refused", (event) => {
  const { form, said } = event.detail;
  form.querySelector(".stale")?.remove();
  if (said.stale === undefined) return;
  form.querySelector(".form-error")?.remove();
  const box = document.getElementById("stale").content.firstElementChild.cloneNode(true);
  box.querySelector(".theirs").textContent = said.stale;
  const field = form.elements.text;
  box.querySelector(".mine").addEventListener("click", () => {
    form.elements.mark.value = said.mark;
    form.requestSubmit();
  });
  box.querySelector(".take").addEventListener("click", () => {
    form.elements.mark.value = said.mark;
    field.value = field.defaultValue = said.stale;
    count(field);
    box.remove();
    field.focus();
  });
  form.append(box);
});
