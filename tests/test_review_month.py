"""The editor's half hour in a real browser, by keyboard alone: from the draft to the outbox."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import browser as browsers
import sample_months as months
from cxgreetz import pipeline
from cxgreetz.review import make_app
from review_client import on_a_socket

pytestmark = pytest.mark.skipif(browsers.find_chromium() is None, reason=browsers.MISSING)

TOKEN = "the-start-token"
HOME = f"/edition/{months.EDITION}"
MOVED, LEFT_OUT = "jouw-mening-telt", "kamer-214"
LETTERS = {
    "nl": "Lieve lezer,\n\nDeze maand zat ik in drie wachtkamers.",
    "en": "Dear reader,\n\nThis month I sat in three waiting rooms.",
}
SUBJECT = "Drie wachtkamers"
MENDED = (
    "Saturday morning, a quarter to nine. The queue at the baker's reaches the bicycle shop. In "
    "front of me a man in a waxed jacket wants eighty currant buns. For this afternoon, an "
    "anniversary, if that could be done."
)
SEEN = "reaches the bicycle shop"
#: Stops of the Tab key: more than the longest page has.
MOST = 300
#: Which key has the shorter way from where the focus is; an email in its frame is full of links.
WAY = """element => {
  const stops = [...document.querySelectorAll(
    'a[href], button:enabled, input:enabled, textarea:enabled, summary, iframe, [tabindex="0"]')
  ].filter(stop => stop.checkVisibility());
  const before = one => stops.filter(stop => one.compareDocumentPosition(stop) & 2)
    .reduce((sum, stop) => sum + (stop.localName === 'iframe' ? 35 : 1), 0);
  const [here, there] = [document.activeElement, before(element)];
  if (here === document.body) return 'Tab';
  const all = before(document.querySelector('footer'));
  return (there - before(here) + all) % all <= all / 2 ? 'Tab' : 'Shift+Tab';
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers.open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def _ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with months.sites() as site:
        yield months.make_month(tmp_path_factory.mktemp("month") / "workspace", site)


@pytest.fixture
def folder(_ready: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_ready, tmp_path / "workspace"))


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    with on_a_socket(make_app(lambda: months.at(folder), TOKEN)) as address:
        yield address


def seals(folder: Path) -> dict[str, str]:
    """The fingerprint of each email as it stands."""
    with months.at(folder) as workspace:
        drafts = workspace.store.drafts(months.EDITION)
        return {name: draft.fingerprint for name, draft in drafts.items()}


class Hands:
    """Hands on a keyboard: they never touch a mouse."""

    def __init__(self, page: Page) -> None:
        self._page, self.press = page, page.keyboard.press

    def go_to(self, place: Locator) -> None:
        """Press Tab, or Shift and Tab where that is shorter, until the focus is there."""
        expect(self._page.locator("form[aria-busy=true]")).to_have_count(0)
        expect(place).to_have_count(1)
        key = place.evaluate(WAY)
        for _ in range(MOST):
            if place.evaluate("element => element === document.activeElement"):
                return
            self.press(key)
        raise AssertionError(f"no way to {place} by keyboard")

    def open(self, place: Locator) -> None:
        """Follow a link, press a button, unfold."""
        self.go_to(place)
        self.press("Enter")

    def write(self, place: Locator, text: str) -> None:
        """Replace what stands in a field."""
        self.go_to(place)
        self.press("Control+A")
        self._page.keyboard.insert_text(text)


class Editor:
    """What she does, a step to a method; each waits until it is seen to be done."""

    def __init__(self, page: Page, folder: Path) -> None:
        self.page, self.folder, self.hands = page, folder, Hands(page)

    def come_in(self, address: str) -> None:
        self.page.goto(f"{address}/?token={TOKEN}")
        month = self.page.locator("#editions").get_by_role("link", name="November 2026")
        self.hands.open(month)
        name = self.page.get_by_label("Je naam", exact=True)
        self.hands.write(name, "Els")
        self.hands.press("Enter")
        expect(self.letter("nl")).to_be_enabled()
        # Past the links in the emails.
        self.jump("Brief")

    def letter(self, language: str) -> Locator:
        return self.page.locator(f"#letter-text-{language}")

    def frame(self, language: str) -> Locator:
        return self.page.locator(f".pane[data-language={language}] iframe")

    def shows(self, language: str, text: str) -> None:
        """Wait until the email that readers will get shows `text`, and no older one is left."""
        expect(self.frame(language).last.content_frame.locator("body")).to_contain_text(text)
        expect(self.frame(language)).to_have_count(1)

    def jump(self, name: str) -> None:
        """Take the link at the top that leads to a part of the page."""
        link = self.page.get_by_role("navigation", name="Op deze pagina").get_by_role(
            "link", name=name, exact=True
        )
        self.hands.open(link)

    def write_letter(self, language: str, text: str) -> None:
        self.hands.write(self.letter(language), text)
        self.hands.open(self.page.locator(f"#save-letter-text-{language}"))
        self.shows(language, text.splitlines()[-1])

    def write_subject(self, language: str, text: str) -> None:
        self.hands.write(self.page.locator(f"#subject-text-{language}"), text)
        self.hands.press("Enter")
        subject = self.page.locator(f".pane[data-language={language}] .inbox .subject")
        expect(subject).to_have_text(text)
        title = self.frame(language).last.content_frame.locator("title")
        expect(title).to_have_js_property("text", text)
        expect(self.frame(language)).to_have_count(1)

    def move_up(self, piece: str, place: int) -> None:
        """It stands at `place` after it, the first is 0."""
        self.hands.open(self.page.locator(f"#up-{piece}"))
        row = self.page.locator("ol.columns > li").nth(place)
        expect(row).to_have_attribute("data-piece", piece)

    def leave_out(self, piece: str, reason: str) -> None:
        row = self.page.locator(f"#piece-{piece}")
        self.hands.open(row.locator("details.more > summary"))
        self.hands.write(row.get_by_label("Waarom laat je hem weg?"), reason)
        self.hands.press("Enter")
        expect(row).to_have_count(0)
        expect(self.page.locator("#columns .left-out").first).to_contain_text(reason)

    def open_texts(self, piece: str, language: str) -> None:
        row = self.page.locator(f"#piece-{piece}")
        self.hands.open(row.locator(f".versions a[href*='/{language}/']"))
        expect(self.page.locator(".passage").first).to_be_visible()
        self.page.wait_for_load_state("domcontentloaded")

    def passage(self, number: int) -> Locator:
        return self.page.locator(".in-email .passage").nth(number)

    def back_to_the_edition(self) -> None:
        self.hands.open(self.page.locator(".back a"))
        expect(self.page.locator("#findings")).to_be_visible()

    def let_stand(self, reason: str) -> None:
        """Every warning that is still open."""
        unfold = self.page.locator("#findings .warning details.more > summary")
        while left := unfold.count():
            self.hands.open(unfold.first)
            field = self.page.locator("#findings .warning details.more[open] input[name=reason]")
            self.hands.write(field, reason)
            self.hands.press("Enter")
            expect(unfold).to_have_count(left - 1)
        expect(self.page.locator("#findings .warning")).to_contain_text(reason)

    def approve(self, button: str) -> None:
        self.hands.open(self.page.get_by_role("button", name=button, exact=True))
        says = self.page.locator("#summary .says", has_text="Goedgekeurd door Els")
        expect(says).to_have_count(2)

    def send(self) -> None:
        self.hands.open(self.page.get_by_role("link", name="Verder naar verzenden"))
        plan = self.page.locator(".plan > li")
        expect(plan.filter(has_text="Wordt nieuw klaargezet.")).to_have_count(2)
        assert not (self.folder / "outbox").exists()
        self.hands.open(self.page.get_by_role("button", name="Verzend naar outbox"))
        expect(plan.filter(has_text="Is klaargezet.")).to_have_count(2)


def assert_it_was_sent_as_seen(folder: Path) -> None:
    """The outbox holds the approved bytes, with the editor's own words in them."""
    with months.at(folder) as workspace:
        store = workspace.store
        receipts = {receipt.language: receipt for receipt in store.receipts(months.EDITION)}
        assert {r.state for r in receipts.values()} == {"confirmed"}
        for name, draft in store.drafts(months.EDITION).items():
            approval, _pieces = store.approvals(months.EDITION)[name]
            assert approval.by == "Els" and approval.fingerprint == draft.fingerprint
            assert receipts[name].fingerprint == draft.fingerprint
            fitted = pipeline.as_pushed(workspace, store.email(draft.fingerprint))
            sent = folder / "outbox" / months.EDITION / name
            assert (sent / "email.html").read_bytes() == fitted.html.encode()
            assert LETTERS[name].splitlines()[-1] in fitted.html
    english = (folder / "outbox" / months.EDITION / "en" / "email.html").read_text("utf-8")
    assert SEEN in english
    assert "Room 214" not in english


def test_the_whole_month_by_keyboard(browser: Browser, address: str, folder: Path) -> None:
    with browsers.a_page(browser, width=1280, height=900) as page:
        she = Editor(page, folder)
        she.come_in(address)
        page.evaluate("() => { window.kept = true }")

        # Words of her own: the email beside them shows them, where she had scrolled it to.
        before = seals(folder)
        box = page.get_by_role("region", name="E-mail in het Nederlands")
        she.hands.go_to(page.locator("#emails .tool a[aria-current]").last)
        # Through the links in both emails, which scrolls them.
        she.hands.go_to(she.letter("nl"))
        place = box.evaluate("box => box.scrollTop")
        assert place > 500
        she.write_letter("nl", LETTERS["nl"])
        assert box.evaluate("box => box.scrollTop") == place
        she.write_subject("nl", SUBJECT)
        after = seals(folder)
        assert after["nl"] != before["nl"] and after["en"] == before["en"]
        she.write_letter("en", LETTERS["en"])
        assert seals(folder)["nl"] == after["nl"] and seals(folder)["en"] != after["en"]

        she.move_up(MOVED, 1)
        she.leave_out(LEFT_OUT, "voor de zomer")
        assert page.evaluate("window.kept") is True, "the page was not loaded anew"

        # The machine's words: the title is fine, the first paragraph is not.
        she.open_texts(months.BAKER, "en")
        dutch = seals(folder)["nl"]
        she.hands.press("j")
        expect(she.passage(0)).to_be_focused()
        she.hands.press("a")
        expect(she.passage(0).locator(".origin.checked")).to_be_visible()
        expect(she.passage(1)).to_be_focused()
        she.hands.press("e")
        she.hands.press("Control+A")
        page.keyboard.insert_text(MENDED)
        she.hands.press("Control+Enter")
        expect(she.passage(1).locator(".target")).to_contain_text(SEEN)
        expect(she.passage(1).locator(".origin.editor")).to_be_visible()
        assert seals(folder)["nl"] == dutch
        she.back_to_the_edition()

        she.let_stand("alleen op haar site")
        she.approve("Keur beide goed")

        # One character, and the approval is void, of that email alone.
        she.write_letter("nl", LETTERS["nl"] + "!")
        dutch_says = page.locator(".verdict[data-email=nl]")
        expect(dutch_says).to_contain_text("Veranderd sinds Els goedkeurde")
        expect(page.locator(".verdict[data-email=en] .says")).to_contain_text("Goedgekeurd")
        she.approve("Keur Nederlands goed")

        she.send()
        assert_it_was_sent_as_seen(folder)


def test_the_whole_month_without_scripts(browser: Browser, address: str, folder: Path) -> None:
    with browsers.a_page(browser, width=1280, height=900, scripts=False) as page:
        she = Editor(page, folder)
        she.come_in(address)
        for language, letter in LETTERS.items():
            she.write_letter(language, letter)
        she.write_subject("nl", SUBJECT)
        she.move_up(MOVED, 1)
        she.leave_out(LEFT_OUT, "voor de zomer")
        she.open_texts(months.BAKER, "en")
        she.hands.open(she.passage(0).locator("form.accept button"))
        expect(she.passage(0).locator(".origin.checked")).to_be_visible()
        she.hands.open(she.passage(1).locator("details.edit > summary"))
        she.hands.write(she.passage(1).locator("textarea"), MENDED)
        she.hands.open(she.passage(1).get_by_role("button", name="Bewaren", exact=True))
        expect(she.passage(1).locator(".origin.editor")).to_be_visible()
        she.back_to_the_edition()
        she.let_stand("alleen op haar site")
        she.approve("Keur beide goed")
        she.send()
        assert_it_was_sent_as_seen(folder)


@pytest.mark.parametrize("scripts", [True, False])
def test_two_editors_at_once(browser: Browser, address: str, folder: Path, scripts: bool) -> None:
    """The second is shown both versions; nothing is overwritten until she says so."""
    with (
        browsers.a_page(browser, width=1280, height=900) as first,
        browsers.a_page(browser, width=1280, height=900, scripts=scripts) as second,
    ):
        els, roos = Editor(first, folder), Editor(second, folder)
        els.come_in(address)
        roos.come_in(address)
        els.write_letter("en", "What Els wrote.")
        kept = seals(folder)
        mine = "What Roos wrote."
        roos.hands.write(roos.letter("en"), mine)
        roos.hands.open(second.locator("#save-letter-text-en"))
        expect(second.locator(".theirs")).to_have_text("What Els wrote.")
        field = roos.letter("en") if scripts else second.get_by_label("Wat jij schreef")
        expect(field).to_have_value(mine)
        assert seals(folder) == kept
        roos.hands.open(second.get_by_role("button", name="Bewaar wat ik schreef"))
        roos.shows("en", mine)
        assert seals(folder)["en"] != kept["en"]
