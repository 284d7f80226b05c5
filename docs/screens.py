"""Photograph the editor's page, to look at it while changing it.

In: nothing but the demo's sites. Out: a folder with five pages, each on a desk and on a phone,
of a month in which things wait to be done; with --readme the README's own pictures. Never: a
network, a workspace of somebody's own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path

from playwright.sync_api import Browser, Page

from cxgreetz import pipeline
from cxgreetz.review import make_app

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import browser as browsers
import sample_months as months
from review_client import on_a_socket

EDITOR = "Els"
TOKEN = "for-the-camera"
DESK, PHONE = (1280, 1000), (390, 1400)
HOME = f"/edition/{months.EDITION}"
LETTERS = {
    "nl": "Lieve lezer,\n\nNovember is de maand van de wachtkamers. Ik zat er in drie, en in één "
    "ervan wilde niemand weg.",
    "en": "Dear reader,\n\nNovember is the month of waiting rooms. I sat in three of them, and in "
    "one nobody wanted to leave.",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A page: all of it, or the window where `part` begins."""

    name: str
    address: str
    part: str = ""


PLACES = (
    Place("overview", "/"),
    Place("edition", f"{HOME}?show=both&width=375"),
    Place("texts", f"{HOME}/en/{months.BAKER}"),
    Place("plan", f"{HOME}/push"),
    Place("findings", f"{HOME}?show=en", "findings"),
)
#: The README's pictures: the file, where the window begins, how high it is in px.
SHOWN = {
    "edition": ("page-edition.png", "emails", 940),
    "texts": ("page-texts.png", "shown-heading", 760),
}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--readme", type=Path, help="where the README's pictures go")
    options = asked.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        with (
            browsers.open_browser() as browser,
            tempfile.TemporaryDirectory() as workspace,
            months.sites() as site,
        ):
            folder = months.make_month(Path(workspace), site)
            _begin(folder)
            with on_a_socket(make_app(lambda: months.at(folder), TOKEN)) as address:
                for size in (DESK, PHONE):
                    _photograph(browser, address, size, options.folder)
                if options.readme:
                    _photograph_for_readme(browser, address, options.readme)
    except FileNotFoundError as error:
        sys.exit(str(error))
    print(options.folder)


def _begin(folder: Path) -> None:
    """Half of the editor's half hour: the Dutch email is done, the English one is not."""
    minutes = count()
    key, start = months.EDITION, months.NOW - timedelta(hours=2)
    now = lambda: start + timedelta(minutes=next(minutes))  # noqa: E731
    with pipeline.open_workspace(folder, now=now) as workspace:
        for language, letter in LETTERS.items():
            pipeline.write_letter(workspace, key, language, letter, by=EDITOR)
        pipeline.write_subject(workspace, key, "nl", "Drie wachtkamers en een taart", by=EDITOR)
        pipeline.leave_out(workspace, key, "kamer-214", "liever in de zomer", by=EDITOR)
        warnings = pipeline.check(workspace, key).open_warnings
        seen = [found.id for found in warnings if found.piece != months.BAKER]
        reason = "only on her site, where it is Dutch"
        pipeline.dismiss_findings(workspace, key, seen, reason=reason, by=EDITOR)
        pipeline.approve(workspace, key, by=EDITOR, language="nl")


def _photograph(browser: Browser, address: str, size: tuple[int, int], target: Path) -> None:
    with browsers.a_page(browser, width=size[0], height=size[1]) as page:
        _come_in(page, address)
        for place in PLACES:
            _go(page, address + place.address)
            file = target / f"{place.name}-{size[0]}.png"
            if place.part:
                _scroll(page, place.part)
            page.screenshot(path=file, full_page=not place.part)


def _photograph_for_readme(browser: Browser, address: str, target: Path) -> None:
    for place in PLACES:
        if place.name in SHOWN:
            file, part, height = SHOWN[place.name]
            with browsers.a_page(browser, width=DESK[0], height=height) as page:
                _come_in(page, address)
                _go(page, address + place.address)
                _scroll(page, part)
                page.screenshot(path=target / file)


def _come_in(page: Page, address: str) -> None:
    """Open the page as it speaks English, by name."""
    page.goto(f"{address}/?token={TOKEN}")
    page.get_by_role("button", name="English").click()
    page.goto(address + HOME)
    page.get_by_label("Your name", exact=True).fill(EDITOR)
    page.keyboard.press("Enter")
    page.get_by_text(f"You work as {EDITOR}").wait_for()


def _go(page: Page, address: str) -> None:
    """Open a page, and wait for its emails: some are fetched when one comes near."""
    page.goto(address, wait_until="networkidle")
    for frame in page.locator("iframe:visible").all():
        frame.scroll_into_view_if_needed()
        frame.content_frame.locator("img").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate("scrollTo(0, 0)")


def _scroll(page: Page, part: str) -> None:
    page.evaluate("id => document.getElementById(id).scrollIntoView()", part)


if __name__ == "__main__":
    main()
