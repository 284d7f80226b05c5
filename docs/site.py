"""Make the README's picture of the newsletter's home: a letter by day, a column by night.

In: the folder of a demo. Out: its `site/` brought up to date, and docs/site.png. Never: a picture
of anything else.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from cxgreetz import pipeline
from cxgreetz.demo.job import serve_site

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import browser as browsers

DESK, PHONE, HEIGHT = 900, 390, 1180
#: Until every picture is there, and drawn.
DRAWN = (
    "() => Promise.all([...document.images].map(i => { i.loading = 'eager'; return i.decode() }))"
)


def main(demo: Path, target: Path) -> None:
    """Photograph the newest Dutch letter of `demo`, and the first column in English."""
    with pipeline.open_workspace(demo) as workspace:
        report = pipeline.build_site(workspace)
    home, folder = report.home, report.folder.resolve()
    letter = home.places.letter("nl", home.letters_in("nl")[0].edition)
    column = next(
        home.places.column(language, key) for language, key in home.columns if language == "en"
    )
    with (
        serve_site(demo),
        tempfile.TemporaryDirectory() as parts,
        browsers.open_browser() as browser,
    ):
        shots = (
            _shoot(browser, folder / home.places.file(letter), Path(parts) / "day.png", DESK),
            _shoot(browser, folder / home.places.file(column), Path(parts) / "night.png", PHONE),
        )
        both = Path(parts) / "both.html"
        both.write_text(
            "<style>body{margin:0;background:#fbf7f1;display:flex;gap:12px}</style>"
            + "".join(f'<img src="{shot.as_uri()}">' for shot in shots)
        )
        with browsers.a_page(browser, width=DESK + 12 + PHONE, height=HEIGHT) as page:
            page.goto(both.as_uri())
            page.screenshot(path=target)
    print(target)


def _shoot(browser: Browser, file: Path, target: Path, width: int) -> Path:
    with browsers.a_page(browser, width=width, height=HEIGHT, dark=width == PHONE) as page:
        page.goto(file.as_uri())
        page.evaluate(DRAWN)
        page.screenshot(path=target)
    return target


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except FileNotFoundError as error:
        sys.exit(str(error))
