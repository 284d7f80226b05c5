"""The emails in a real browser: legible to everybody, at every width, in both schemes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

import browser as browsers
import sample_editions as samples
from cxgreetz.render import render

pytestmark = pytest.mark.skipif(browsers.find_chromium() is None, reason=browsers.MISSING)

NAMES = [sample.name for sample in samples.all_samples()]
#: The two that are off ask for a page's landmarks. An email is shown inside such a page, the mail
#: program's, and a second `main` there would mislead. What axe cannot judge counts as found.
EVERYTHING: dict[str, Any] = {
    "resultTypes": ["violations", "incomplete"],
    "rules": {
        "region": {"enabled": False},
        "landmark-one-main": {"enabled": False},
        "target-size": {"enabled": True},
    },
}
#: What may differ with the width and the scheme.
LOOKS: dict[str, Any] = {
    "resultTypes": ["violations", "incomplete"],
    "runOnly": ["color-contrast", "link-in-text-block", "target-size"],
}
BUTTONS = """() => [...document.querySelectorAll('a')].filter(a => {
  const style = getComputedStyle(a);
  return style.display === 'inline-block' && style.backgroundColor !== 'rgba(0, 0, 0, 0)';
}).map(a => a.getBoundingClientRect().height)"""
#: Every box that cuts off what is in it, but for the line that only the inbox shows.
CUT = """() => [...document.querySelectorAll('body *')].filter(e => {
  const style = getComputedStyle(e);
  return style.display !== 'inline' && style.overflow !== 'visible'
    && (e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1)
    && e.clientHeight > 0;
}).map(e => e.textContent.trim().slice(0, 60))"""
DOUBLE_LETTERS = """() => {
  const sizes = [...document.querySelectorAll('body, body *')].map(e => {
    const style = getComputedStyle(e);
    return [e, parseFloat(style.fontSize), parseFloat(style.lineHeight)];
  });
  for (const [e, size, line] of sizes) {
    e.style.setProperty('font-size', size * 2 + 'px', 'important');
    if (line) e.style.setProperty('line-height', line * 2 + 'px', 'important');
  }
}"""
WIDER_BY = "() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers.open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def emails(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every sample as NAME.html, and their pictures."""
    folder = tmp_path_factory.mktemp("emails")
    samples.draw_pictures(browser, folder / "pictures")
    for sample in samples.all_samples():
        html = samples.at_home(render(sample.views).html, "pictures")
        (folder / f"{sample.name}.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with browsers.a_page(browser) as opened:
        yield opened


@pytest.fixture(scope="module", params=NAMES)
def shown(page: Page, emails: Path, request: pytest.FixtureRequest) -> Page:
    """A page that shows a sample, once for all tests of it."""
    page.goto((emails / f"{request.param}.html").as_uri())
    return page


@pytest.fixture
def fresh(browser: Browser) -> Iterator[Page]:
    """A page for a file that is no sample."""
    with browsers.a_page(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def blocked(browser: Browser) -> Iterator[Page]:
    """A page that gets no pictures."""
    with browsers.a_page(browser, images=False) as opened:
        yield opened


def violations(page: Page, options: dict[str, Any] = EVERYTHING) -> list[str]:
    """What axe finds: rule, first place, how many places."""
    answer = Axe().run(page, options=options).response
    found = [*answer["violations"], *answer["incomplete"]]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]} ({len(v['nodes'])})" for v in found]


def look(page: Page, width: int = 600, *, dark: bool = False) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if dark else "light")


def test_axe_finds_nothing(shown: Page) -> None:
    look(shown)
    found = {"600 px, light": violations(shown)}
    look(shown, dark=True)
    found["600 px, dark"] = violations(shown, LOOKS)
    look(shown, 375)
    found["375 px, light"] = violations(shown, LOOKS)
    assert not {way: what for way, what in found.items() if what}


@pytest.mark.parametrize("width", [600, 375, 320])
def test_it_fits(shown: Page, width: int) -> None:
    """Nothing to scroll sideways, and every button large enough for a thumb."""
    look(shown, width)
    assert shown.evaluate(WIDER_BY) <= 0
    heights = shown.evaluate(BUTTONS)
    assert heights and min(heights) >= 44


@pytest.mark.parametrize("dark", [False, True])
def test_a_wide_logo_fits_a_phone(fresh: Page, tmp_path: Path, dark: bool) -> None:
    logos = (f'{name} = "https://columns.example/{name}.png"' for name in ("src", "dark_src"))
    (tmp_path / "theme.toml").write_text("\n".join(["[logo]", "width = 400", *logos]))
    page = tmp_path / "logo.html"
    page.write_text(render(samples.a_view("nl", 1), tmp_path).html)
    fresh.goto(page.as_uri())
    look(fresh, 375, dark=dark)
    assert fresh.evaluate(WIDER_BY) <= 0


def test_letters_of_twice_the_size_are_not_cut(shown: Page) -> None:
    """WCAG 2.2, 1.4.4: text can be made twice as large without loss."""
    shown.evaluate(DOUBLE_LETTERS)
    found = {}
    for width in (600, 375):
        look(shown, width)
        found[width] = (shown.evaluate(WIDER_BY), shown.evaluate(CUT))
    shown.reload()
    assert found == {600: (0, []), 375: (0, [])}


def test_axe_is_looking(fresh: Page, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<html><head><title>Bad</title></head><body style="background:#ffffff"><h1>Bad</h1>'
        '<p style="color:#b4b4b4">Nobody reads this</p><img src="x.png"></body></html>'
    )
    fresh.goto(bad.as_uri())
    look(fresh)
    rules = {found.partition(":")[0] for found in violations(fresh)}
    assert rules == {"color-contrast", "html-has-lang", "image-alt"}


def test_axe_sees_the_dark_scheme(fresh: Page, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<html lang="en"><head><title>Bad</title><style>:root{color-scheme:light dark}'
        "@media (prefers-color-scheme:dark){body{background:#12305e}p{color:#1b4b91}}</style>"
        "</head><body><h1>Bad</h1><p>Blue on blue</p></body></html>"
    )
    fresh.goto(bad.as_uri())
    look(fresh)
    assert violations(fresh) == []
    look(fresh, dark=True)
    assert {found.partition(":")[0] for found in violations(fresh)} >= {"color-contrast"}


def test_cut_letters_are_seen(fresh: Page, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text('<p style="height:20px;overflow:hidden;font-size:16px">A line of text</p>')
    fresh.goto(bad.as_uri())
    look(fresh)
    assert fresh.evaluate(CUT) == []
    fresh.evaluate(DOUBLE_LETTERS)
    assert fresh.evaluate(CUT) == ["A line of text"]


@pytest.mark.parametrize("layout", ["nl", "en", "nl+en"])
def test_where_pictures_are_blocked_their_words_stand(
    blocked: Page, emails: Path, layout: str
) -> None:
    blocked.goto((emails / f"{layout}-5.html").as_uri())
    pictures = blocked.evaluate(
        "() => [...document.images].map(i => ({alt: i.alt, loaded: i.naturalWidth > 0,"
        " height: i.getBoundingClientRect().height,"
        " size: parseFloat(getComputedStyle(i).fontSize)}))"
    )
    assert len(pictures) >= 4
    for picture in pictures:
        assert not picture["loaded"]
        assert picture["alt"], "the samples' pictures all say something"
        assert picture["size"] >= 13 and picture["height"] >= picture["size"]
