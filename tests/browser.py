"""The system's Chromium as a reader's mail program: offline, so wide, light or dark.

In: a page on this machine. Out: that page, to look at or to photograph. Never: a request that
leaves this machine, a browser that is downloaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from cxgreetz.camera import find_chromium as find_chromium

#: Nothing but the page: no calls home, and letters drawn alike on every machine.
FLAGS = (
    "--no-sandbox",  # Chromium refuses to run as root with it
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
)
#: Milliseconds that a page may take to show what is expected: a busy machine is allowed for.
IN_TIME = 30_000
MISSING = "Chromium is not installed; on Debian: apt-get install chromium"


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium, and end it. Raises FileNotFoundError where there is none."""
    chromium = find_chromium()
    if chromium is None:
        raise FileNotFoundError(MISSING)
    expect.set_options(timeout=IN_TIME)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def a_page(
    browser: Browser,
    *,
    width: int = 600,
    height: int = 800,
    dark: bool = False,
    images: bool = True,
    scripts: bool = True,
) -> Iterator[Page]:
    """An empty page of that size in px, with cookies of its own; `images` False: as where
    pictures are blocked; `scripts` False: as where no script runs."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        locale="nl-NL",
        java_script_enabled=scripts,
    )

    def judge(route: Route) -> None:
        address = urlsplit(route.request.url)
        is_here = address.scheme == "file" or address.hostname in ("127.0.0.1", "localhost")
        if is_here and (images or route.request.resource_type != "image"):
            route.continue_()
        else:
            route.abort()

    context.route("**/*", judge)
    try:
        yield context.new_page()
    finally:
        context.close()
