// Makes the choices of the tool bar act at once; without this file they are plain links.
"use strict";

const emails = document.getElementById("emails");

function show() {
  for (const link of emails.querySelectorAll("a[data-name]")) {
    const { name, value, also } = link.dataset;
    const chosen = emails.dataset[name];
    if (chosen === value || chosen === also) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    const address = new URL(location.href);
    address.searchParams.set(name, value);
    address.hash = "emails";
    link.href = address.href;
  }
  for (const pane of emails.querySelectorAll(".pane")) {
    pane.hidden = !["both", pane.dataset.language].includes(emails.dataset.show);
  }
}

function showImages() {
  for (const frame of emails.querySelectorAll("iframe")) {
    // Replaced, so that the browser's way back leads to the page before, not to a frame.
    frame.contentWindow.location.replace(frame.dataset.source + emails.dataset.images);
  }
}

emails?.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-name]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  emails.dataset[link.dataset.name] = link.dataset.value;
  history.replaceState(null, "", link.href);
  show();
  if (link.dataset.name === "images") showImages();
});
