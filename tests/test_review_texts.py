"""The page of a column's texts: what it says, what its forms do, and the keyboard."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from lxml import html as lxml_html
from playwright.sync_api import Browser, Page
from starlette.testclient import TestClient

import browser as browsers
from cxgreetz import pipeline
from cxgreetz.model import Block, BlockKind, Origin
from cxgreetz.pipeline import open_workspace
from cxgreetz.review import make_app, preview
from cxgreetz.review.texts import address_of, anchor_of, diff_words
from review_client import post
from samples import NOW, a_post
from test_mending import (
    FIGURE_EN,
    FIGURE_NL,
    GREETING_EN,
    GREETING_NL,
    LAYOUTS,
    LINKED_EN,
    MONTH,
    WORKSPACE,
    brood,
    koffie,
    remember,
    take,
    with_paragraph,
)

TOKEN, ADDRESS = "the-start-token", "http://127.0.0.1:8765"
EN, NL = address_of(MONTH, "en", "koffie"), address_of(MONTH, "nl", "koffie")
TERM_NL = "De klantreis begint op het perron, niet bij de balie."
TERM_EN = "The customer travel begins on the platform, not at the desk."
HERS = "The barista knew it all along."


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    for layout in LAYOUTS:
        (folder / layout).mkdir()
        (folder / layout / "cxgreetz.toml").write_text(WORKSPACE.format(layout=layout))
        with open_workspace(folder / layout, now=lambda: NOW) as workspace:
            blocks = [*koffie().blocks, Block(BlockKind.PARAGRAPH, TERM_NL, "nl")]
            take(workspace, koffie(blocks=tuple(blocks)), brood())
            for dutch, english, origin in (
                ("Koffie op perron 4", "Coffee on platform 4", Origin.ENGINE),
                (GREETING_NL, GREETING_EN, Origin.ENGINE),
                ("Lees <g1>mijn boek</g1> eerst eens.", LINKED_EN, Origin.MEMORY),
                (TERM_NL, TERM_EN, Origin.ENGINE),
            ):
                remember(workspace, dutch, english, origin, by="googly")
            pipeline.draft(workspace, MONTH)
    return folder


@pytest.fixture
def folder(_made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_made / "per-language", tmp_path / "workspace"))


@pytest.fixture
def client(folder: Path) -> TestClient:
    return client_of(folder)


def client_of(folder: Path) -> TestClient:
    app = make_app(lambda: open_workspace(folder, now=lambda: NOW), TOKEN)
    client = TestClient(app, ADDRESS, follow_redirects=False, headers={"accept-language": "en"})
    assert client.get("/", params={"token": TOKEN}).status_code == 303
    return client


Element = lxml_html.HtmlElement


def document(client: TestClient, address: str = EN) -> Element:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return lxml_html.document_fromstring(answer.text)


def words(element: Element) -> str:
    return " ".join(element.text_content().split())


def row(page: Element, slot: str) -> Element:
    return page.get_element_by_id(anchor_of(slot))


def mark(page: Element, slot: str) -> str:
    [found, *_] = row(page, slot).xpath(".//input[@name='mark']/@value")
    return str(found)


def fields(page: Element, slot: str, **more: str) -> dict[str, str]:
    """What the form of a passage sends."""
    return {"do": "mend", "slot": slot, "mark": mark(page, slot), "by": "Anna"} | more


# what the page says


@pytest.mark.parametrize("layout", LAYOUTS)
def test_source_and_target_stand_side_by_side_in_their_languages(_made: Path, layout: str) -> None:
    page = document(client_of(_made / layout))
    linked = row(page, "blocks[1]")
    assert words(linked.xpath(".//div[@class='source']/p[@lang='nl']")[0]) == (
        "Lees ⟦1 mijn boek⟧ eerst eens."
    )
    assert words(linked.xpath(".//div[@class='target']/p[@lang='en']")[0]) == (
        "Read ⟦1 my book⟧ first."
    )
    [frame] = page.xpath("//iframe/@src")
    name = "nl+en" if layout == "combined" else "en"
    assert frame.startswith(f"/edition/{MONTH}/{name}.html?framed")


def test_what_the_email_shows_stands_apart_and_first(client: TestClient) -> None:
    page = document(client)
    inside, further = (
        [one.get("id") for one in page.xpath(f"//section[contains(@class, '{name}')]/article")]
        for name in ("in-email", "further")
    )
    assert inside == ["p-title", "p-blocks-0", "p-blocks-1", "p-blocks-3"]
    assert further == ["p-blocks-2-alt", "p-blocks-4", "p-blocks-5", "p-blocks-6"]


def test_every_origin_is_a_colour_and_a_word(client: TestClient) -> None:
    page = document(client)
    assert "Machine" in words(row(page, "title"))
    assert "by googly" in words(row(page, "title"))
    assert "Memory" in words(row(page, "blocks[1]"))
    assert "Waiting" in words(row(page, "blocks[3]"))
    assert "engine" in row(page, "title").get("class")
    post(client, EN, fields(page, "blocks[0]", do="accept"))
    assert "Checked by Anna" in words(row(document(client), "blocks[0]"))
    post(client, EN, fields(page, "blocks[1]", text="Do read ⟦1 my book⟧."))
    page = document(client)
    assert "Editor by Anna" in words(row(page, "blocks[1]"))
    assert "3 passages" not in words(page.get_element_by_id("counts"))


def test_brackets_are_explained_where_there_are_any(client: TestClient) -> None:
    page = document(client)
    assert "goes round what has a link" in words(page.get_element_by_id("brackets"))
    [area] = row(page, "blocks[1]").xpath(".//textarea")
    assert area.get("aria-describedby") == "brackets"
    other = document(client, address_of(MONTH, "en", "brood"))
    assert not other.xpath("//*[@id='brackets']")


def test_the_same_sentence_elsewhere_is_named(client: TestClient) -> None:
    places = row(document(client), "blocks[0]").xpath(".//*[contains(@class, 'places')]")[0]
    assert "Brood om zes uur, November 2026" in words(places)
    assert places.xpath(".//a/@href") == [address_of(MONTH, "en", "brood")]
    assert not row(document(client), "blocks[1]").xpath(".//*[contains(@class, 'places')]")


def test_terms_are_marked_with_their_translation(client: TestClient) -> None:
    found = row(document(client), "blocks[6]")
    assert [words(term) for term in found.xpath(".//span[@class='term']")] == [
        "klantreis",
        "balie",
    ]
    assert "klantreis → customer journey" in words(found)


def test_findings_stand_at_their_passage_with_remedy(folder: Path, client: TestClient) -> None:
    with open_workspace(folder, now=lambda: NOW) as workspace:
        pipeline.mend_passage(
            workspace, MONTH, "en", "koffie", "blocks[3]", FIGURE_EN.replace("12", "21")
        )
    told = words(row(document(client), "blocks[3]"))
    assert "12" in told
    assert "What to do:" in told


def test_what_speaks_of_the_whole_column_is_no_fault_of_the_title(client: TestClient) -> None:
    page = document(client)
    assert "without a translation" in words(page.get_element_by_id("about"))
    assert "without a translation" not in words(row(page, "title"))


def test_the_original_is_linked(client: TestClient) -> None:
    assert "https://blog.example/koffie/" in document(client).xpath("//a/@href")


def test_a_changed_passage_is_open_with_what_changed(folder: Path, client: TestClient) -> None:
    with open_workspace(folder, now=lambda: NOW) as workspace:
        pipeline.mend_passage(workspace, MONTH, "en", "koffie", "blocks[3]", FIGURE_EN)
        take(workspace, with_paragraph(3, FIGURE_NL.replace("koffie", "thee")))
        pipeline.draft(workspace, MONTH)
    page = document(client)
    [opened] = page.xpath("//details[contains(@class, 'edit')][@open]")
    [passage] = opened.xpath("ancestor::article")
    assert passage.get("id") == "p-blocks-3"
    assert words(opened.xpath(".//del")[0]) == "gone: koffie end"
    assert words(opened.xpath(".//ins")[0]) == "new: thee end"
    assert FIGURE_EN in words(opened)
    [use] = opened.xpath(".//form[@class='use']//input[@name='text']/@value")
    assert use == FIGURE_EN
    # Without scripts the button saves the old translation just as it is.
    answer = post(client, EN, fields(page, "blocks[3]", text=use))
    assert answer.status_code == 303
    assert FIGURE_EN in words(row(document(client), "blocks[3]"))


def test_offers_are_shown_where_they_are_asked_for(folder: Path, client: TestClient) -> None:
    with open_workspace(folder, now=lambda: NOW) as workspace:
        near = GREETING_NL.replace("allang", "al heel lang")
        remember(workspace, near, "He knew it.", Origin.EDITOR, by="x")
    assert "He knew it." not in words(document(client))
    page = document(client, f"{EN}?help=blocks[0]")
    assert "He knew it." in words(row(page, "blocks[0]"))
    assert row(page, "blocks[0]").xpath(".//details[contains(@class, 'edit')]/@open")


def test_her_own_text_is_mended_for_this_edition(client: TestClient) -> None:
    page = document(client, NL)
    assert "in this edition only" in words(page)
    assert not page.xpath("//div[@class='source']")
    assert not page.xpath("//form[@class='accept']")
    answer = post(client, NL, fields(page, "blocks[0]", text="De barista wist het."))
    assert answer.status_code == 303
    page = document(client, NL)
    assert "Editor" in words(row(page, "blocks[0]"))
    assert "De barista wist het." in words(row(page, "blocks[0]"))


@pytest.mark.parametrize(
    "address",
    [
        address_of("2030-01", "en", "koffie"),
        address_of(MONTH, "de", "koffie"),
        address_of(MONTH, "en", "elders/en/verder"),
        address_of("<b>", "en", "<script>"),
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert "<script>" not in answer.text


def test_a_key_with_slashes_and_questions_has_a_page(folder: Path) -> None:
    key = "blog.example/2026/koffie/?p=12&a=b"
    with open_workspace(folder, now=lambda: NOW) as workspace:
        [stored] = workspace.store.posts(["blog.example/brood"])
        workspace.store.save_posts([replace(stored, piece=key)])
        pipeline.draft(workspace, MONTH)
    assert "Brood om zes uur" in words(document(client_of(folder), address_of(MONTH, "en", key)))


def test_words_that_look_like_markup_stay_words(folder: Path) -> None:
    evil = '<img src=x onerror="alert(1)">'
    with open_workspace(folder, now=lambda: NOW) as workspace:
        take(workspace, a_post("https://blog.example/kwaad/", title=evil, texts=("Een tekst.",)))
        remember(
            workspace,
            "Een tekst.",
            "A &lt;script&gt;alert(1)&lt;/script&gt;",
            Origin.EDITOR,
            by=evil,
        )
        pipeline.draft(workspace, MONTH)
    answer = client_of(folder).get(address_of(MONTH, "en", "kwaad"))
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text


def test_a_diff_is_told_in_words() -> None:
    runs = [(run.mark, run.text.strip()) for run in diff_words("een kop koffie.", "een glas thee.")]
    assert runs == [("same", "een"), ("old", "kop koffie"), ("new", "glas thee"), ("same", ".")]


def test_the_frame_goes_to_the_column() -> None:
    html = '<a href="https://a.example/b/?utm=1&amp;c=2">x</a><a href="https://a.example/b/">y</a>'
    assert preview.framed(html, "https://a.example/b/").count(f'id="{preview.COLUMN}"') == 1
    assert preview.framed(html, "https://a.example/b").count("id=") == 0
    assert preview.framed(html) == html


# what its forms do, without scripts


def test_a_mended_passage_is_kept_in_her_name(client: TestClient) -> None:
    answer = post(client, EN, fields(document(client), "blocks[0]", text=HERS))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{EN}#p-blocks-0")
    page = document(client)
    assert "Saved." in words(page.get_element_by_id("notices"))
    assert HERS in words(row(page, "blocks[0]"))
    assert page.xpath("//input[@id='by']/@value") == ["Anna"]
    # Her name is remembered: the next form need not say it.
    answer = post(client, EN, fields(page, "title", text="Coffee", by=""))
    assert "Editor by Anna" in words(row(document(client), "title"))


def test_nothing_is_changed_without_a_name(client: TestClient) -> None:
    page = document(client)
    answer = post(client, EN, fields(page, "blocks[0]", text=HERS, by=" "))
    assert answer.status_code == 400
    kept = lxml_html.document_fromstring(answer.text)
    assert "First say who you are" in words(row(kept, "blocks[0]"))
    assert row(kept, "blocks[0]").xpath(".//textarea")[0].text.strip() == HERS
    answer = post(client, EN, {"do": "name", "by": "Bea"})
    assert answer.status_code == 303
    assert document(client).xpath("//input[@id='by']/@value") == ["Bea"]


def test_a_wrong_bracket_is_told_and_her_words_stay(client: TestClient) -> None:
    page = document(client)
    answer = post(client, EN, fields(page, "blocks[1]", text="Read ⟦2 my book⟧."))
    kept = row(lxml_html.document_fromstring(answer.text), "blocks[1]")
    assert answer.status_code == 400
    assert "⟦2 … ⟧ is not in the source" in words(kept)
    assert kept.xpath(".//textarea")[0].text.strip() == "Read ⟦2 my book⟧."
    assert kept.xpath(".//details[contains(@class, 'edit')]/@open")


def test_two_editors_at_once_lose_nothing(client: TestClient) -> None:
    seen = document(client)
    post(client, EN, fields(seen, "blocks[0]", text=HERS, by="Bea"))
    mine = "He had always known."
    answer = post(client, EN, fields(seen, "blocks[0]", text=mine))
    assert answer.status_code == 409
    page = lxml_html.document_fromstring(answer.text)
    kept = row(page, "blocks[0]")
    assert words(kept.xpath(".//*[@class='theirs']")[0]).endswith(HERS)
    assert kept.xpath(".//textarea")[0].text.strip() == mine
    assert HERS in words(row(document(client), "blocks[0]"))
    # She has seen both now, and may decide.
    assert post(client, EN, fields(page, "blocks[0]", text=mine)).status_code == 303
    assert mine in words(row(document(client), "blocks[0]"))


def test_the_script_is_told_of_the_others_words(client: TestClient) -> None:
    seen = document(client)
    post(client, EN, fields(seen, "blocks[0]", text=HERS, by="Bea"))
    said = post(client, EN, fields(seen, "blocks[0]", text="Mine."), live=True).json()
    assert (said["ok"], said["stale"]) == (False, HERS)
    assert said["mark"] == mark(document(client), "blocks[0]")


def test_a_warning_is_dismissed_with_a_reason_and_taken_up_again(client: TestClient) -> None:
    page = document(client)
    long = f"{HERS} And so did all of the others who were standing there that morning."
    post(client, EN, fields(page, "blocks[0]", text=long))
    page = document(client)
    [finding, *_] = row(page, "blocks[0]").xpath(".//input[@name='finding']/@value")
    dismissal = fields(page, "blocks[0]", do="dismiss", finding=finding)
    assert post(client, EN, dismissal | {"reason": " "}).status_code == 400
    assert post(client, EN, dismissal | {"reason": "it is meant so"}).status_code == 303
    told = words(row(document(client), "blocks[0]"))
    assert "May stay, says Anna: it is meant so" in told
    answer = post(client, EN, fields(page, "blocks[0]", do="restore", finding=finding))
    assert answer.status_code == 303
    assert "May stay" not in words(row(document(client), "blocks[0]"))


def test_a_form_that_asks_for_nothing_known_is_refused(client: TestClient) -> None:
    assert post(client, EN, {"do": "burn", "by": "Anna"}).status_code == 400
    assert client.post(EN, data={"do": "accept", "slot": "title"}).status_code == 403


# in a browser

needs_browser = pytest.mark.skipif(browsers.find_chromium() is None, reason=browsers.MISSING)
AXE: dict[str, Any] = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
WIDER_BY = "() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers.open_browser() as opened:
        yield opened


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The page on a port of its own; gives the address that lets a browser in."""
    app = make_app(lambda: open_workspace(folder, now=lambda: NOW), TOKEN)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def opened(page: Page, home: str, address: str = EN) -> None:
    page.goto(f"{home}/?token={TOKEN}")
    page.goto(home + address)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


@needs_browser
def test_a_column_is_gone_through_by_keyboard_alone(browser: Browser, folder: Path) -> None:
    with served(folder) as home, browsers.a_page(browser, width=1280) as page:
        opened(page, home)
        page.fill("#by", "Anna")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("j")
        assert focused(page) == "p-title"
        page.keyboard.press("a")
        page.wait_for_selector("#p-title.checked")
        page.wait_for_function("document.activeElement.id === 'p-blocks-0'")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("k")
        assert focused(page) == "p-blocks-0"
        page.keyboard.press("e")
        page.keyboard.press("Control+a")
        page.keyboard.type("I give this up.")
        page.keyboard.press("Escape")
        assert focused(page) == "p-blocks-0"
        page.keyboard.press("Enter")
        assert page.input_value("#p-blocks-0-text") == GREETING_EN
        page.keyboard.press("Control+a")
        page.keyboard.type(HERS)
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("#p-blocks-0.editor")
        page.wait_for_function("document.activeElement.id === 'p-blocks-1'")
        assert HERS in page.inner_text("#p-blocks-0")
        page.wait_for_function("() => !document.querySelector('[aria-busy]')")
        assert HERS in page.frame_locator("#email").locator("body").inner_text()


@needs_browser
def test_a_stale_save_in_the_browser_shows_both(browser: Browser, folder: Path) -> None:
    with served(folder) as home, browsers.a_page(browser, width=1280) as page:
        opened(page, home)
        page.fill("#by", "Anna")
        with open_workspace(folder, now=lambda: NOW) as workspace:
            pipeline.mend_passage(workspace, MONTH, "en", "koffie", "blocks[0]", HERS, by="Bea")
        page.focus("#p-blocks-0")
        page.keyboard.press("e")
        page.keyboard.press("Control+a")
        page.keyboard.type("Mine.")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("#p-blocks-0 .theirs")
        assert HERS in page.inner_text("#p-blocks-0 .theirs")
        assert page.input_value("#p-blocks-0-text") == "Mine."
        page.keyboard.press("Control+Enter")
        page.wait_for_selector("#p-blocks-0.editor")
        assert "Mine." in page.inner_text("#p-blocks-0")


@needs_browser
def test_an_offer_fills_the_textarea(browser: Browser, folder: Path) -> None:
    with open_workspace(folder, now=lambda: NOW) as workspace:
        near = GREETING_NL.replace("allang", "al heel lang")
        remember(workspace, near, "He knew it.", Origin.EDITOR, by="x")
    with served(folder) as home, browsers.a_page(browser, width=1280) as page:
        opened(page, home)
        page.focus("#p-blocks-0")
        page.keyboard.press("f")
        page.click("#p-blocks-0 button[data-use]")
        assert page.input_value("#p-blocks-0-text") == "He knew it."
        assert focused(page) == "p-blocks-0-text"
        assert GREETING_EN in page.inner_text("#p-blocks-0 .target")


@needs_browser
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_everybody_can_read_it(browser: Browser, folder: Path, width: int, dark: bool) -> None:
    with open_workspace(folder, now=lambda: NOW) as workspace:
        pipeline.mend_passage(workspace, MONTH, "en", "koffie", "blocks[3]", FIGURE_EN)
        take(workspace, with_paragraph(3, FIGURE_NL.replace("koffie", "thee")))
        pipeline.mend_passage(
            workspace, MONTH, "en", "koffie", "blocks[0]", f"{HERS} {HERS} {HERS}"
        )
    with served(folder) as home, browsers.a_page(browser, width=width, dark=dark) as page:
        for address in (f"{EN}?help=blocks[0]", NL):
            opened(page, home, address)
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
            found = Axe().run(page, options=AXE).response["violations"]
            told = [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found]
            assert told == []
            assert page.evaluate(WIDER_BY) <= 0
