// The texts of a column by keyboard: from passage to passage, edited, accepted, saved in place.
// Everything here is a button or a link, too; review.js, which comes first, sends the forms.
"use strict";

const passages = () => [...document.querySelectorAll(".passage")];
const passageOf = (element) => element?.closest?.(".passage");

/** The passage that keys are about: the one with the focus, else the one at the top. */
function present() {
  return passageOf(document.activeElement);
}

function goTo(passage) {
  if (!passage) return;
  passage.focus({ preventScroll: true });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  passage.scrollIntoView({ block: "nearest", behavior: still ? "instant" : "smooth" });
}

function step(from, by) {
  const all = passages();
  const place = all.indexOf(from);
  goTo(place < 0 ? all[0] : all[place + by]);
}

function edit(passage) {
  const details = passage.querySelector("details.edit");
  details.open = true;
  const area = details.querySelector("textarea");
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
}

function giveUp(passage) {
  passage.querySelector("form.words").reset();
  passage.querySelector("details.edit").open = false;
  goTo(passage);
}

/** Let a textarea be as tall as its text, where the style sheet cannot. */
function grow(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

/** Somebody else was there first: their words are shown, hers stay in the textarea. */
function showTheirs(form, said) {
  form.querySelector(".theirs")?.remove();
  if (said.stale === undefined) return;
  form.elements.mark.value = said.mark;
  const texts = document.getElementById("texts");
  const box = document.createElement("div");
  box.className = "theirs";
  const told = document.createElement("p");
  told.textContent = texts.dataset.theirs;
  const theirs = document.createElement("p");
  theirs.lang = texts.dataset.language;
  theirs.textContent = said.stale || texts.dataset.nothing;
  box.append(told, theirs);
  form.querySelector("label").before(box);
}

async function save(form, button, { onward }) {
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  complain(form, "");
  form.elements.by.value = document.getElementById("by").value;
  const id = passageOf(form).id;
  try {
    const said = await send(form, button);
    if (!said.ok) {
      complain(form, said.error);
      showTheirs(form, said);
      return;
    }
    await refresh(form.dataset.refresh.split(" "));
    tell(said.notice);
    showEmail();
    const passage = document.getElementById(id);
    if (onward) step(passage, 1);
    else goTo(passage);
  } catch {
    complain(form, document.body.dataset.unreachable);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

/** The email after a change, at the same place; replaced, so that the way back stays clear. */
function showEmail() {
  const frame = document.getElementById("email");
  if (!frame) return;
  const address = new URL(frame.src);
  address.searchParams.set("now", Date.now());
  frame.contentWindow.location.replace(address);
}

/** What the memory has that is like a passage, fetched when it is asked for. */
async function ask(link) {
  const place = link.closest(".offers");
  const answer = await fetch(link.href.split("#")[0], { cache: "no-store" });
  if (!answer.ok) return location.assign(link.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = fresh.getElementById(place.id);
  place.replaceWith(document.adoptNode(found));
  (found.querySelector("button") ?? passageOf(found)).focus();
}

// Before review.js looks: these forms go on to the next passage, and keep a stale text.
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    // What speaks of the whole column is for review.js.
    if (!passageOf(form)) return;
    event.preventDefault();
    if (event.submitter?.dataset.use) return;
    save(form, event.submitter, { onward: form.matches(".accept") });
  },
  true,
);

document.addEventListener("click", (event) => {
  const use = event.target.closest("button[data-use]");
  if (use) {
    event.preventDefault();
    const area = document.getElementById(use.dataset.use);
    area.value = use.form.elements.text.value;
    grow(area);
    area.focus();
    return;
  }
  const link = event.target.closest(".offers a.ask");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    ask(link);
  }
  const up = event.target.closest(".give-up");
  if (up) giveUp(passageOf(up));
});

document.addEventListener("keydown", (event) => {
  const area = event.target.matches("textarea") ? event.target : null;
  const passage = present();
  if (area && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (area.value === area.defaultValue && area.value) return giveUp(passage), step(passage, 1);
    if (area.form.reportValidity()) save(area.form, null, { onward: true });
  } else if (event.key === "Escape" && passage && event.target !== passage) {
    event.preventDefault();
    giveUp(passage);
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target !== document.body && event.target !== passage && event.target.id !== "main") return;
  const key = { ArrowDown: "j", ArrowUp: "k", Enter: "e" }[event.key] ?? event.key;
  if (key === "j" || key === "k") {
    // An arrow scrolls the page until a passage has the focus.
    if (!passage && event.key.startsWith("Arrow")) return;
    event.preventDefault();
    step(passage, key === "j" ? 1 : -1);
  } else if (!passage) {
    return;
  } else if (key === "e") {
    event.preventDefault();
    edit(passage);
  } else if (key === "a") {
    const form = passage.querySelector("form.accept");
    if (form) save(form, null, { onward: true });
  } else if (key === "f") {
    passage.querySelector("details.edit").open = true;
    passage.querySelector(".offers a.ask")?.click();
  }
});

document.addEventListener("input", (event) => event.target.matches("textarea") && grow(event.target));

function prepare() {
  for (const button of document.querySelectorAll(".give-up")) button.hidden = false;
}
document.addEventListener("cxgreetz:refreshed", prepare);
prepare();
