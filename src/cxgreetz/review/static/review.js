// What the page can do besides its plain links and forms, which all work without this file:
// the choices of the tool bar act at once, and forms with data-live keep one's place.
"use strict";

const emails = () => document.getElementById("emails");

// the tool bar

function show() {
  const section = emails();
  for (const link of section.querySelectorAll("a[data-name]")) {
    const { name, value, also } = link.dataset;
    const chosen = section.dataset[name];
    if (chosen === value || chosen === also) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    const address = new URL(location.href);
    address.searchParams.set(name, value);
    address.hash = "emails";
    link.href = address.href;
  }
  for (const pane of section.querySelectorAll(".pane")) {
    pane.hidden = !["both", pane.dataset.language].includes(section.dataset.show);
  }
}

function showImages() {
  for (const frame of emails().querySelectorAll("iframe")) {
    // Replaced, so that the browser's way back leads to the page before, not to a frame.
    frame.contentWindow.location.replace(frame.dataset.source + emails().dataset.images);
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("#emails a[data-name]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  emails().dataset[link.dataset.name] = link.dataset.value;
  history.replaceState(null, "", link.href);
  show();
  if (link.dataset.name === "images") showImages();
});

// notices and errors

/** Tell what was done, over the page for a while: it must not push away what one looks at. */
function tell(notice) {
  const place = document.getElementById("notices");
  place.replaceChildren();
  place.classList.add("floating");
  if (!notice) return;
  const line = document.createElement("p");
  line.className = "notice";
  line.textContent = notice;
  // In a turn of its own, so that a screen reader sees it come.
  setTimeout(() => place.replaceChildren(line), 50);
  setTimeout(() => line.remove(), 12000);
}

function complain(form, error) {
  form.querySelector(".form-error")?.remove();
  if (!error) return;
  const line = document.createElement("p");
  line.className = "form-error";
  line.setAttribute("role", "alert");
  line.textContent = error;
  form.append(line);
}

// forms with data-live: posted in the background, parts of the page made afresh

/** How to find an element again after its part of the page was replaced. */
function trail(element) {
  if (!element || element === document.body) return null;
  if (element.id) return () => document.getElementById(element.id);
  const form = element.closest("form");
  if (!form) return null;
  const key = (one) => [one.tagName, one.name, one.value, one.type].join("|");
  const forms = [...document.querySelectorAll("form")];
  const place = forms.filter((one) => one.action === form.action).indexOf(form);
  const [action, mine] = [form.action, key(element)];
  return () => {
    const same = [...document.querySelectorAll("form")].filter((one) => one.action === action);
    const again = same[place] ?? same[0];
    return again && [...again.elements].find((one) => key(one) === mine);
  };
}

/** Carry words that are not saved yet from a part of the page into the fresh one. */
function keep(old, next) {
  for (const field of old.querySelectorAll("textarea[id], input[id]:not([type]), input[id][type=text]")) {
    const again = next.querySelector(`#${CSS.escape(field.id)}`);
    const form = field.form;
    if (!again || field.value === field.defaultValue) continue;
    // What was just sent is in the fresh part already.
    if (form?.getAttribute("aria-busy") === "true") continue;
    again.value = field.value;
    // They were written over what was shown then: should that have changed, a save must say so.
    const [mine, theirs] = [form?.elements.mark, again.form?.elements.mark];
    if (mine && theirs) theirs.value = mine.value;
    again.closest("details")?.setAttribute("open", "");
  }
}

/** Replace the parts named by `ids` by those of a fresh answer of the same address. */
async function refresh(ids) {
  const answer = await fetch(location.pathname + location.search, { cache: "no-store" });
  if (!answer.ok || answer.redirected) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const find = trail(document.activeElement);
  const [left, top] = [scrollX, scrollY];
  for (const id of ids) {
    const [old, next] = [document.getElementById(id), fresh.getElementById(id)];
    if (old && next) keep(old, next);
    if (old && next) old.replaceWith(document.adoptNode(next));
    else if (old) old.remove();
  }
  scrollTo({ left, top, behavior: "instant" });
  const again = find?.();
  if (again && again !== document.activeElement) again.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("cxgreetz:refreshed", { detail: ids }));
}

async function send(form, button) {
  const data = new URLSearchParams(new FormData(form, button));
  const answer = await fetch(form.action, {
    method: "POST",
    body: data,
    headers: { "X-Requested-With": "cxgreetz" },
  });
  return answer.json();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-live]") || event.defaultPrevented) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  complain(form, "");
  try {
    const said = await send(form, event.submitter);
    if (!said.ok) {
      complain(form, said.error);
      document.dispatchEvent(new CustomEvent("cxgreetz:refused", { detail: { form, said } }));
    } else if (form.dataset.refresh) {
      document.dispatchEvent(new CustomEvent("cxgreetz:done", { detail: { form, said } }));
      await refresh(form.dataset.refresh.split(" "));
      tell(said.notice);
    } else {
      sessionStorage.setItem("notice", said.notice);
      const there = new URL(said.redirect, location.href);
      const here = there.pathname + there.search === location.pathname + location.search;
      location.assign(there);
      if (here) location.reload();
    }
  } catch {
    complain(form, document.body.dataset.unreachable);
  } finally {
    form.removeAttribute("aria-busy");
  }
});

// words that are not saved yet are not left behind without a question

addEventListener("beforeunload", (event) => {
  const fields = document.querySelectorAll(".words textarea, .words input[name=text]");
  if ([...fields].some((field) => field.value !== field.defaultValue)) event.preventDefault();
});

// what takes a while: asked after every second, and the page made afresh at its end

let asking = false;

async function follow() {
  if (asking || !document.querySelector("#work[data-running]")) return;
  asking = true;
  try {
    for (;;) {
      await new Promise((resume) => setTimeout(resume, 1000));
      const answer = await fetch("/work.json", { cache: "no-store" });
      const said = await answer.json();
      if (!said.running) {
        await refresh(["tasks", "work", "editions", "sources"]);
        tell(said.lines[0]);
        return;
      }
      const [step, bar] = [document.getElementById("work-step"), document.getElementById("work-bar")];
      if (step) step.textContent = said.step;
      if (bar && said.total) Object.assign(bar, { max: said.total, value: said.done });
    }
  } catch {
    const step = document.getElementById("work-step");
    if (step) step.textContent = document.body.dataset.unreachable;
  } finally {
    asking = false;
  }
}

document.addEventListener("cxgreetz:refreshed", follow);
follow();

const waiting = sessionStorage.getItem("notice");
sessionStorage.removeItem("notice");
if (waiting) tell(waiting);
