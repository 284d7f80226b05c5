"""The review pages in a real browser: for every reader, in both schemes, with our script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

import browser as browsers
from cxgreetz import pipeline
from cxgreetz.model import Origin
from cxgreetz.review import jobs, make_app
from review_client import on_a_socket
from test_review import (
    GLASSES_EN,
    GLASSES_NL,
    QUEUE_EN,
    QUEUE_NL,
    TOKEN,
    at,
    held,
    make_workspace,
    post,
    remember,
    taken,
)

pytestmark = pytest.mark.skipif(browsers.find_chromium() is None, reason=browsers.MISSING)

#: What axe cannot judge counts as found. The email in its frame is judged elsewhere, and the
#: contrast of a sign of one letter, which axe leaves open, with the colours of the style sheet.
ALL_BUT_SIGNS = {"exclude": [["span[aria-hidden='true']"]]}
EVERYTHING: dict[str, Any] = {
    "resultTypes": ["violations", "incomplete"],
    "rules": {"target-size": {"enabled": True}, "frame-tested": {"enabled": False}},
    "iframes": False,
}
LOOKS = EVERYTHING | {"runOnly": ["color-contrast", "link-in-text-block", "target-size"]}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers.open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Something of everything that the overview shows."""
    folder = make_workspace(tmp_path_factory.mktemp("pages") / "workspace", 'languages = ["nl"]')
    with at(folder) as workspace:
        workspace.store.save_posts(
            [
                taken(post("rij", "De rij", "nl", *QUEUE_NL, day=20), "rij"),
                held(post("oud", "Zonder datum", "nl", "Een tekst.", day=1), "it has no date"),
                held(post("weg", "Een aankondiging", "nl", "Een tekst.", day=1), "no date"),
            ]
        )
        pipeline.dismiss_post(workspace, "https://columns.example/weg/", "een aankondiging")
        pipeline.draft(workspace, "2026-11")
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with on_a_socket(make_app(lambda: at(folder), TOKEN)) as address:
        yield address


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    with browsers.a_page(browser, width=1280, height=900) as page:
        page.goto(f"{address}/?token={TOKEN}")
        yield page


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    answer = Axe().run(page, context=ALL_BUT_SIGNS, options=options).response
    found = [*answer["violations"], *answer["incomplete"]]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]} ({len(v['nodes'])})" for v in found]


#: How far the list is from the top of the window.
PLACE = "() => document.getElementById('tasks').getBoundingClientRect().top"


def open_all(page: Page) -> None:
    page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true })")


def judge(page: Page) -> dict[str, list[str]]:
    """What axe finds at each width and in each scheme, and what does not fit."""
    found = {}
    for width, dark in ((1280, False), (1280, True), (390, False), (390, True)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if dark else "light")
        open_all(page)
        way = f"{width} px, {'dark' if dark else 'light'}"
        found[way] = violations(page, LOOKS if dark else EVERYTHING)
        if page.evaluate("document.scrollingElement.scrollWidth") > width:
            found[way].append("wider than the screen")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    return {way: what for way, what in found.items() if what}


@pytest.mark.parametrize("place", ["/", "/edition/2026-11", "/nowhere"])
def test_every_page_is_for_every_reader(page: Page, address: str, place: str) -> None:
    page.goto(address + place)
    assert judge(page) == {}


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """September is with the provider, October is approved, November waits for its editor."""
    folder = make_workspace(tmp_path_factory.mktemp("stages") / "workspace")
    with at(folder) as workspace:
        for month, key in ((9, "jas"), (10, "hoed")):
            dutch = post(f"{key}-nl", f"Een {key}", "nl", *QUEUE_NL, day=4, month=month)
            english = post(f"{key}-en", f"A coat, {key}", "en", *QUEUE_EN, day=4, month=month)
            workspace.store.save_posts([taken(dutch, key), taken(english, key)])
            pipeline.draft(workspace, f"2026-{month:02}")
            found = pipeline.check(workspace, f"2026-{month:02}").open_warnings
            if names := [one.id for one in found]:
                said = {"reason": "a sample", "by": "Roos"}
                pipeline.dismiss_findings(workspace, f"2026-{month:02}", names, **said)
            pipeline.approve(workspace, f"2026-{month:02}", by="Roos")
            if month == 9:
                pipeline.push(workspace, "2026-09")
        workspace.store.save_posts(
            [
                taken(post("rij", "De rij", "nl", *QUEUE_NL, day=20), "rij"),
                taken(post("queue", "The queue", "en", *QUEUE_EN, day=20), "rij"),
                taken(post("bril", "De bril", "nl", *GLASSES_NL, day=15), "bril"),
                taken(post("fiets", "De fietsenmaker", "nl", "Een verhaal.", day=9), "fiets"),
            ]
        )
        remember(workspace, "De bril", "The glasses", Origin.EDITOR)
        remember(workspace, GLASSES_NL[0], GLASSES_EN, Origin.ENGINE)
        pipeline.draft(workspace, "2026-11")
        pipeline.leave_out(workspace, "2026-11", "fiets", "kept for the spring", by="Els")
        pipeline.write_letter(workspace, "2026-11", "nl", "Een brief.", by="Els")
    return folder


@pytest.fixture(scope="module")
def inside(browser: Browser, stages: Path) -> Iterator[Page]:
    """Somebody who has said who she is: her buttons are alive."""
    with (
        on_a_socket(make_app(lambda: at(stages), TOKEN)) as address,
        browsers.a_page(browser, width=1280, height=900) as page,
    ):
        page.goto(f"{address}/?token={TOKEN}")
        page.context.add_cookies([{"name": "cxgreetz-editor", "value": "Els", "url": address}])
        yield page


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/", "Wacht op jou"),
        ("/edition/2026-09", "Bij de verzender"),
        ("/edition/2026-09/push", "Staat er zoals goedgekeurd"),
        ("/edition/2026-10", "Goedgekeurd door Roos"),
        ("/edition/2026-10/push", "Wordt nieuw klaargezet."),
        ("/edition/2026-11", "te verhelpen"),
        ("/edition/2026-11/en/bril", "Machine"),
        ("/edition/2026-11/nl/bril", "eigen tekst"),
    ],
)
def test_every_stage_is_for_every_reader(inside: Page, place: str, said: str) -> None:
    home = "/".join(inside.url.split("/")[:3])
    inside.goto(home + place)
    expect(inside.locator("main")).to_contain_text(said)
    assert judge(inside) == {}


def test_an_empty_workspace_is_for_every_reader(browser: Browser, tmp_path: Path) -> None:
    folder = make_workspace(tmp_path / "workspace")
    app = make_app(lambda: at(folder), TOKEN)
    with on_a_socket(app) as address, browsers.a_page(browser) as page:
        page.goto(f"{address}/?token={TOKEN}")
        expect(page.locator("main")).to_contain_text("Er is nog niets gelezen")
        assert judge(page) == {}


def test_the_login_is_for_every_reader(browser: Browser, folder: Path) -> None:
    app = make_app(lambda: at(folder), is_password=lambda _said: False)
    with on_a_socket(app) as address, browsers.a_page(browser) as page:
        page.goto(f"{address}/")
        page.get_by_label("Wachtwoord").fill("verkeerd")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("Dat is niet het wachtwoord.")
        assert judge(page) == {}


def test_the_skip_link_and_the_focus_are_seen(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    box = skip.bounding_box()
    assert box is not None and box["y"] >= 0
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.goto(f"{address}/")
    for _ in range(25):
        page.keyboard.press("Tab")
        line = page.evaluate("() => getComputedStyle(document.activeElement).outlineWidth")
        assert line == "3px"


def test_a_live_form_keeps_its_place(page: Page, address: str, folder: Path) -> None:
    """Put aside and taken back with the keyboard; the page is not loaded anew."""
    page.set_viewport_size({"width": 1280, "height": 400})
    page.goto(f"{address}/")
    page.evaluate("() => { window.kept = true }")
    open_all(page)
    reason = page.get_by_label("Waarom niet?")
    reason.focus()
    page.keyboard.type("te oud")
    place = page.evaluate(PLACE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Het bericht ligt terzijde.")
    expect(page.locator("#tasks")).not_to_contain_text("Een bericht wacht op je oordeel")
    expect(page.locator(".aside")).to_contain_text("2 berichten die je terzijde legde")
    assert page.evaluate("window.kept") is True
    assert abs(page.evaluate(PLACE) - place) <= 2
    page.locator(".aside summary").click()
    take_back = page.get_by_role("button", name="Haal terug: Zonder datum")
    take_back.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tasks")).to_contain_text("Een bericht wacht op je oordeel")
    assert page.evaluate("window.kept") is True
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_refusal_stands_beside_its_form(page: Page, address: str, folder: Path) -> None:
    page.goto(f"{address}/")
    with at(folder) as workspace, workspace.store.lease("gather"):
        open_all(page)
        page.get_by_label("Waarom niet?").fill("een reden die blijft staan")
        page.get_by_role("button", name="Leg terzijde").click()
        alert = page.locator("form[action='/post/dismiss']").get_by_role("alert")
        expect(alert).to_contain_text("another run is busy with gather")
    expect(page.get_by_label("Waarom niet?")).to_have_value("een reden die blijft staan")


def test_a_page_that_is_gone_says_so(browser: Browser, folder: Path) -> None:
    with browsers.a_page(browser) as page:
        with on_a_socket(make_app(lambda: at(folder), TOKEN)) as address:
            page.goto(f"{address}/?token={TOKEN}")
        open_all(page)
        page.get_by_role("button", name="Leg terzijde").click()
        expect(page.locator(".form-error")).to_contain_text("De pagina antwoordt niet.")


def test_progress_is_shown_and_the_end_is_told(
    page: Page, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def work(workspace: pipeline.Workspace, progress: Any) -> Any:
        progress("gather blog", 1, 2)
        assert go_on.wait(20)
        return pipeline.draft(workspace)

    monkeypatch.setitem(jobs._VERBS, "draft", work)  # type: ignore[arg-type]
    page.goto(f"{address}/")
    page.get_by_role("button", name="De editie maken").click()
    try:
        bar = page.get_by_role("progressbar")
        expect(bar).to_have_attribute("value", "1")
        expect(page.locator("#work")).to_contain_text("Leest blog (1 van 2)")
        assert violations(page, EVERYTHING) == []
    finally:
        go_on.set()
    expect(page.locator("#work-told")).to_contain_text("November 2026, Nederlands")
    expect(page.get_by_role("status")).to_contain_text("Klaar.")


def test_axe_is_looking(browser: Browser, tmp_path: Path) -> None:
    with browsers.a_page(browser) as page:
        (tmp_path / "x.html").write_text("<p style='color:#ccc'>x</p>")
        page.goto((tmp_path / "x.html").as_uri())
        rules = {found.partition(":")[0] for found in violations(page, EVERYTHING)}
        assert {"color-contrast", "html-has-lang", "region"} <= rules
