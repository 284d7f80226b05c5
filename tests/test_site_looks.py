"""The site's pages in a real browser, and before a judge of HTML: for everybody, in any light."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

import browser as browsers
import sample_editions as samples
import sample_sites as sites
from cxgreetz.pipeline.home.placing import place
from cxgreetz.site import build

needs_chromium = pytest.mark.skipif(browsers.find_chromium() is None, reason=browsers.MISSING)
#: Unlike an email a page has landmarks of its own: no rule is off, and what axe cannot judge
#: counts as found.
EVERYTHING: dict[str, Any] = {
    "resultTypes": ["violations", "incomplete"],
    "rules": {"target-size": {"enabled": True}},
}
#: What may differ with the width and the scheme.
LOOKS: dict[str, Any] = {
    "resultTypes": ["violations", "incomplete"],
    "runOnly": ["color-contrast", "link-in-text-block", "target-size"],
}
WIDER_BY = "() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
ROOT = Path(__file__).parents[1]
HTML_VALIDATE = (
    # Where `.ci/run` puts it, where a developer has it, and anywhere else.
    ROOT / "build" / "html-validate" / "node_modules" / ".bin" / "html-validate",
    ROOT / "node_modules" / ".bin" / "html-validate",
    Path(shutil.which("html-validate") or "html-validate"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers.open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site to be opened from a disk; its pictures are not there."""
    folder = tmp_path_factory.mktemp("site")
    place(folder, build(sites.a_home(3, 6, url="")))
    return folder


@pytest.fixture(scope="module")
def kinds(folder: Path) -> dict[str, Path]:
    column = min((folder / "en" / "columns").iterdir())
    return {
        "root": folder / "index.html",
        "index": folder / "nl" / "index.html",
        "letter": folder / "en" / "2026-10" / "index.html",
        "column": column / "index.html",
    }


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    answer = Axe().run(page, options=options).response
    found = [*answer["violations"], *answer["incomplete"]]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]} ({len(v['nodes'])})" for v in found]


@needs_chromium
@pytest.mark.parametrize("kind", ["root", "index", "letter", "column"])
def test_axe_finds_nothing_and_it_fits(browser: Browser, kinds: dict[str, Path], kind: str) -> None:
    found = {}
    for width, dark in ((1280, False), (390, True), (390, False)):
        with browsers.a_page(browser, width=width, height=900, dark=dark) as page:
            page.goto(kinds[kind].as_uri())
            found[width, dark] = violations(page, EVERYTHING if width == 1280 else LOOKS)
            assert page.evaluate(WIDER_BY) <= 0
            assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px", "styled"
    assert not {way: what for way, what in found.items() if what}


@needs_chromium
@pytest.mark.parametrize("kind", ["root", "index", "letter", "column"])
def test_a_narrow_screen_and_large_letters_hide_nothing(
    browser: Browser, kinds: dict[str, Path], kind: str
) -> None:
    with browsers.a_page(browser, width=320, height=900) as page:
        page.goto(kinds[kind].as_uri())
        assert page.evaluate(WIDER_BY) <= 0
        page.set_viewport_size({"width": 640, "height": 900})
        # WCAG 2.2, 1.4.4. Not a style of ours: the page's policy lets none in.
        page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
        assert page.evaluate(WIDER_BY) <= 0


@needs_chromium
def test_the_policy_lets_the_pictures_and_the_style_in_and_nothing_else(
    browser: Browser, tmp_path: Path
) -> None:
    files = build(sites.a_home(1, 6, url=""))
    place(tmp_path, files)
    said: list[str] = []
    with browsers.a_page(browser, width=1280, height=900) as page:
        page.on("console", lambda message: said.append(message.text))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "nl/2026-11/index.html").as_uri())
        page.evaluate("() => [...document.images].forEach(i => { i.loading = 'eager' })")
        page.wait_for_timeout(200)
        blocked = page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
            " document.body.append(s); return window.ran === undefined }"
        )
    assert blocked
    policy = [line for line in said if "Content Security Policy" in line]
    assert len(policy) == 1 and "script" in policy[0], said
    assert {a.partition("?")[0] for a in asked if not a.startswith("file:")} <= {
        item.image.src
        for public in sites.a_home(1, 6).letters
        for item in public.letter.view.items
        if item.image
    }


@needs_chromium
def test_whoever_uses_a_keyboard_comes_to_the_text_at_once(
    browser: Browser, kinds: dict[str, Path]
) -> None:
    with browsers.a_page(browser, width=1280, height=900) as page:
        page.goto(kinds["letter"].as_uri())
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the text"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        page.keyboard.press("Enter")
        assert page.url.endswith("#text")


def test_html_validate_finds_nothing(tmp_path: Path) -> None:
    """`make html-validate` brings the judge, where there is npm."""
    program = next((one for one in HTML_VALIDATE if one.is_file()), None)
    if program is None:
        pytest.skip("html-validate is not installed; to have it: make html-validate")
    place(tmp_path / "site", build(sites.a_home(2, 6)))
    rules = {"root": True, "extends": ["html-validate:standard"], "rules": {"long-title": "off"}}
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(rules))
    done = subprocess.run(
        [str(program), "--formatter", "json", str(tmp_path / "site")],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    told = json.loads(done.stdout)
    found = {
        f"{Path(one['filePath']).name}: {m['ruleId']}: {m['message']}"
        for one in told
        for m in one["messages"]
    }
    assert done.returncode == 0 and not found, found
    assert samples.SITE in (tmp_path / "site" / "nl" / "2026-11" / "index.html").read_text()
