"""The month as people live it: in Prefect's page, on the editor's page, through kills and days off.

One house for all of it (`cxgreetz up`), with two newsletters: one that is written to files, and
one whose provider is a twin. Each test has a month of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import browser as browsers
from cxgreetz import pipeline
from house import LONG, House, free_port, wait_for
from sample_columns import BRIDGE, HOSTILE, KEY, LIFT, SOCKS, Column, memory_rows
from servers._api_twin import Asked, Reply
from servers.feed_site import FeedSite
from servers.mailchimp_api import LIST, SEGMENT, MailchimpApi

pytestmark = [
    pytest.mark.prefect,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(browsers.find_chromium() is None, reason=browsers.MISSING),
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
]

PICTURES = Path(__file__).parent.parent / "build" / "prefect"
PROVIDER_KEY = "0123456789abcdef-us21"
FILES, PROVIDER = "de-klantbrief", "de-postbrief"
COLUMNS = (HOSTILE, LIFT, KEY, BRIDGE, SOCKS)
#: Milliseconds that a page may take to show what is there.
IN_MS = 60_000
#: At so many of its writes a month is killed: while it is drafted, and while it is pushed.
PLACES = 4


def month_ago(number: int) -> str:
    day = datetime.now(UTC).date().replace(day=15) - timedelta(days=30 * number)
    return f"{day:%Y-%m}"


class SlowProvider(MailchimpApi):
    """Makes a campaign and then says nothing, until it is let go."""

    def __init__(self) -> None:
        super().__init__(PROVIDER_KEY)
        self.is_slow = False
        self.has_made, self.go_on = threading.Event(), threading.Event()

    def _create(self, asked: Asked) -> Reply:
        reply = super()._create(asked)
        if self.is_slow:
            self.is_slow = False
            self.has_made.set()
            self.go_on.wait(LONG)
        return reply


@dataclass
class Place:
    """One newsletter in the house."""

    house: House
    slug: str
    folder: Path
    blog: FeedSite

    def publish(self, month: str, *columns: Column) -> None:
        self.blog.posts += [column.post(month) for column in columns]

    def begin(self, month: str) -> str:
        """Press the button for a month that goes out for real; gives the run."""
        return self.house.begin("greetz", self.slug, edition=month, dry_run=False)

    def fingerprints(self, month: str) -> dict[str, str]:
        with pipeline.open_workspace(self.folder) as opened:
            return {name: d.fingerprint for name, d in opened.store.drafts(month).items()}

    def command(self, *words: str, exits: int = 0) -> dict[str, Any]:
        """What the command line makes of it; gives its report."""
        argv = [sys.executable, "-m", "cxgreetz", *words, "--workspace", str(self.folder), "--json"]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=LONG, check=False)
        assert done.returncode == exits, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    def assert_pushed_once(self, month: str, *columns: Column, by: str) -> None:
        """Both emails are with the provider, as they were approved, with every column."""
        with pipeline.open_workspace(self.folder) as opened:
            store = opened.store
            receipts = store.receipts(month)
            assert sorted((r.language, r.state) for r in receipts) == [
                ("en", "confirmed"),
                ("nl", "confirmed"),
            ]
            for receipt in receipts:
                approval, _pieces = store.approvals(month)[receipt.language]
                assert (approval.by, approval.fingerprint) == (by, receipt.fingerprint)
            carried = {piece for piece, edition in store.carried().items() if edition == month}
            assert carried == {column.slug for column in columns}


@dataclass
class Town:
    house: House
    files: Place
    provider: Place
    twin: SlowProvider


def workspace_file(name: str, blog: FeedSite, rest: str = "") -> str:
    start = datetime.now(UTC).date() - timedelta(days=400)
    return f"""[newsletter]
name = "{name}"
from = "Redactie <redactie@example.org>"
languages = ["nl", "en"]
start = {start}

[[sources]]
name = "blog"
url = "{blog.url}"
kind = "feed"
language = "nl"

[review]
port = {free_port()}
{rest}"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    around = tmp_path_factory.mktemp("town")
    with FeedSite() as one, FeedSite() as other, SlowProvider() as twin:
        account = f"""
[provider]
name = "mailchimp"
url = "{twin.url}"
audience = {{ nl = "{LIST}/{SEGMENT}", en = "{LIST}" }}
"""
        files = {
            FILES: workspace_file("De Klantbrief", one),
            PROVIDER: workspace_file("De Postbrief", other, account),
        }
        folders = {slug: around / slug for slug in files}
        for slug, text in files.items():
            folders[slug].mkdir()
            (folders[slug] / "cxgreetz.toml").write_text(text, encoding="utf-8")
            with pipeline.open_workspace(folders[slug]) as opened:
                opened.store.remember(memory_rows(COLUMNS))
        house = House(around / "prefect", folders, CXGREETZ_MAILCHIMP_API_KEY=PROVIDER_KEY)
        try:
            house.start()
            house.pause_schedules()
            yield Town(
                house,
                Place(house, FILES, folders[FILES], one),
                Place(house, PROVIDER, folders[PROVIDER], other),
                twin,
            )
        finally:
            house.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers.open_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browsers.a_page(browser, width=1400, height=1300) as opened:
        opened.set_default_timeout(IN_MS)
        yield opened


class Ui:
    """A person at Prefect's page."""

    def __init__(self, page: Page, house: House) -> None:
        self.page, self.house = page, house
        self.outside: list[str] = []
        page.on("request", self._look)

    def _look(self, request: Any) -> None:
        if not request.url.startswith((self.house.address, "data:", "blob:")):
            self.outside.append(request.url)

    def picture(self, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")

    def log_in(self) -> None:
        self.page.goto(self.house.address)
        field = self.page.get_by_placeholder("admin:pass")
        expect(field).to_be_visible(timeout=IN_MS)
        self.picture("1-login")
        field.fill(self.house.login)
        field.press("Enter")
        self.page.wait_for_url("**/dashboard*")

    def open_deployment(self, flow: str, slug: str) -> None:
        self.page.goto(f"{self.house.address}/deployments")
        of_flow = self.page.get_by_text(flow, exact=True)
        row = self.page.get_by_role("row").filter(has=of_flow).filter(has_text=slug)
        row.get_by_role("link", name=slug).first.click()
        expect(self.page.get_by_role("button", name="Run", exact=True)).to_be_visible(timeout=IN_MS)

    def field(self, label: str, within: Locator | None = None) -> Locator:
        """A field of a form, by its name; boxes of boxes have the outer one first."""
        here = self.page.get_by_text(label, exact=True)
        return (within or self.page).locator(".schema-form-property", has=here).last

    def submit(self) -> tuple[int, str]:
        """Begin a run by its form; gives the server's answer and the run's id."""
        while True:
            with self.page.expect_response(lambda r: "/create_flow_run" in r.url) as got:
                self.page.get_by_role("button", name="Submit").click()
            # SQLite was busy: the page says so, and a person presses once more.
            if got.value.status != 503:
                return got.value.status, got.value.json().get("id", "")

    def open_run(self, run: str) -> None:
        self.page.goto(f"{self.house.address}/runs/flow-run/{run}")

    def come_to(self, run: str, name: str) -> str:
        """Wait elsewhere until a run is so far; Prefect's page moves, which costs half a core."""
        self.page.goto("about:blank")
        return self.house.come_to(run, name)

    def shows_state(self, name: str) -> None:
        state = self.page.locator(".state-badge, .p-tag", has_text=name).first
        expect(state).to_be_visible(timeout=IN_MS)

    def artifact(self, run: str, key: str) -> None:
        """Open one artifact of a run."""
        wanted = {"artifacts": {"flow_run_id": {"any_": [run]}, "key": {"any_": [key]}}}
        (found,) = self.house.api.post("/artifacts/filter", wanted)
        self.page.goto(f"{self.house.address}/artifacts/artifact/{found['id']}")
        expect(self.page.get_by_text(found["description"]).first).to_be_visible(timeout=IN_MS)

    def answer(self, run: str, decision: str, *, name: str, note: str = "") -> str:
        """Press Resume, and fill in the form; gives what the form says above its fields."""
        self.open_run(run)
        self.page.get_by_role("button", name="Resume", exact=True).click()
        dialog = self.page.get_by_role("dialog")
        choice = self.field("Decision", dialog).locator(".p-select-button__control")
        choice.focus()
        choice.press("ArrowDown")
        self.picture("6-question")
        self.page.locator(".p-select-option", has_text=decision).click()
        self.field("Your name", dialog).locator("textarea").fill(name)
        self.field("Note (Optional)", dialog).locator("textarea").fill(note)
        said = dialog.inner_text()
        self.picture(f"7-answer-{decision}")
        dialog.get_by_role("button", name="Submit").click()
        expect(dialog).to_have_count(0, timeout=IN_MS)
        return said


def test_the_month_in_prefects_page(town: Town, page: Page) -> None:
    place, month = town.files, month_ago(8)
    place.publish(month, HOSTILE, LIFT)
    she = Ui(page, town.house)
    she.log_in()
    she.open_deployment("greetz", FILES)
    she.picture("2-deployment")

    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    expect(she.field("Dry run (Optional)").get_by_role("switch")).to_be_checked(timeout=IN_MS)
    expect(she.field("Wait for approval (Optional)").get_by_role("switch")).to_be_checked()
    when = she.field("Month (Optional)").locator("textarea")
    when.fill("2026-13")
    assert she.submit()[0] == 409
    refused = page.get_by_text("a year and a month, such as 2026-11)").first
    expect(refused).to_be_visible(timeout=IN_MS)
    she.picture("3-refused")
    assert not town.house.runs("greetz", FILES)
    when.fill(month)
    switch = she.field("Dry run (Optional)").get_by_role("switch")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    she.picture("4-form")
    status, run = she.submit()
    assert status == 201
    she.come_to(run, "Suspended")
    she.open_run(run)
    she.shows_state("Suspended")
    page.get_by_text("Artifacts", exact=True).first.click()
    expect(page.get_by_text("email-nl").first).to_be_visible()
    expect(page.get_by_text("translation").first).to_be_visible()
    she.picture("5-suspended")
    for key in ("sources", "edition", "approval"):
        she.artifact(run, key)
        expect(page.locator("table, li").first).to_be_visible()
        she.picture(f"5-{key}")
        expect(page.get_by_text("[koffie](javascript:alert(1))").first).to_be_visible()
        assert not page.locator("a[href^='javascript:']").count()
        assert not page.locator("b", has_text="nu").count()
    for key in ("email-nl", "email-en"):
        she.artifact(run, key)
        email = page.locator("img[src^='data:image/png']")
        expect(email).to_have_js_property("complete", True)
        assert email.evaluate("picture => picture.naturalWidth") > 900
        she.picture(f"5-{key}")
    assert not (place.folder / "outbox").exists()

    # While it waits for her, another one has nothing to do.
    other = place.begin(month)
    said = she.come_to(other, "Held")
    assert said == f"another run asks for {month} already; answer it there"
    assert town.house.state(run)["name"] == "Suspended"

    said = she.answer(run, "approve", name="Ans")
    assert f"De Klantbrief {month}" in said
    for title in HOSTILE.title:
        assert title in said
    for fingerprint in place.fingerprints(month).values():
        assert fingerprint[:12] in said
    she.come_to(run, "Completed")
    she.open_run(run)
    she.shows_state("Completed")
    she.picture("8-done")
    place.assert_pushed_once(month, HOSTILE, LIFT, by="Ans")
    made = sorted((place.folder / "outbox").rglob("receipt.json"))
    assert [file.parent.name for file in made] == ["en", "nl"]
    for file in made:
        sent = (file.parent / "email.html").read_text(encoding="utf-8")
        assert LIFT.title[file.parent.name == "en"] in sent
    assert not she.outside


def test_the_month_on_the_editors_page(town: Town, page: Page) -> None:
    place, month = town.files, month_ago(7)
    place.publish(month, KEY)
    run = place.begin(month)
    town.house.come_to(run, "Suspended")
    page.goto(town.house.pages[FILES])
    page.goto(f"{page.url.partition('?')[0].rstrip('/')}/edition/{month}")
    page.get_by_label("Je naam", exact=True).fill("Els")
    page.get_by_role("button", name="Dat ben ik").click()
    page.get_by_role("button", name="Keur beide goed").click()
    says = page.locator("#summary .says", has_text="Goedgekeurd door Els")
    expect(says).to_have_count(2, timeout=IN_MS)
    town.house.come_to(run, "Completed")
    place.assert_pushed_once(month, KEY, by="Els")
    # Once more changes nothing, from wherever.
    before = sorted((file, file.read_bytes()) for file in (place.folder / "outbox").rglob("*.*"))
    place.command("approve", month, "--by", "Bea")
    again = place.begin(month)
    town.house.come_to(again, "Completed", "NothingNew")
    place.assert_pushed_once(month, KEY, by="Els")
    assert before == sorted((f, f.read_bytes()) for f in (place.folder / "outbox").rglob("*.*"))


def test_what_is_sent_back_goes_out_only_when_it_is_approved(town: Town, page: Page) -> None:
    place, house, month = town.files, town.house, month_ago(6)
    place.publish(month, BRIDGE)
    # The worker dies while the blogs are read, and is there again.
    place.blog.begun.clear()
    place.blog.slow = LONG
    cut_off = place.begin(month)
    wait_for(lambda: place.blog.begun)
    house.kill_one("prefect worker start")
    place.blog.slow = 0
    house.come_to(cut_off, "Crashed")
    run = place.begin(month)
    house.come_to(run, "Suspended")
    house.kill_one("prefect server start")
    wait_for(lambda: not house.api.is_ready())
    wait_for(house.api.is_ready, house.said)

    she = Ui(page, house)
    she.log_in()
    she.answer(run, "reject", name="Ans", note="De kop is te lang.")
    said = she.come_to(run, "Held")
    assert said.startswith(f"{month} was sent back by Ans: De kop is te lang.")
    assert not (place.folder / "outbox" / month).exists()
    she.open_run(run)
    she.shows_state("Held")
    expect(page.get_by_text("was sent back by Ans").first).to_be_visible(timeout=IN_MS)
    she.picture("9-sent-back")

    place.command("approve", month, "--by", "Bea")
    assert not (place.folder / "outbox" / month).exists()
    house.come_to(place.begin(month), "Completed")
    place.assert_pushed_once(month, BRIDGE, by="Bea")


def test_a_month_with_a_provider_through_kills_and_days_off(town: Town) -> None:
    place, house, twin, month = town.provider, town.house, town.twin, month_ago(5)
    place.publish(month, SOCKS, LIFT)
    # Killed while the blogs are read; nobody else works on that month meanwhile.
    place.blog.slow = LONG
    killed = place.begin(month)
    wait_for(lambda: place.blog.begun)
    other = house.begin("assemble", PROVIDER, edition=month)
    assert f"another run is busy with the month {month}" in house.come_to(other, "Held")
    house.kill_one("prefect.engine")
    house.come_to(killed, "Crashed")
    place.blog.slow = 0

    # It waits for a person, through an orderly stop, and through a power cut.
    run = place.begin(month)
    house.come_to(run, "Suspended")
    seals = place.fingerprints(month)
    house.stop()
    house.start()
    assert house.state(run)["name"] == "Suspended"
    house.kill()
    house.start()
    assert house.state(run)["name"] == "Suspended"
    assert place.fingerprints(month) == seals
    assert not twin.campaigns

    # Approved, woken, and killed just when the provider has made the first campaign.
    twin.is_slow = True
    for _ in range(2):
        place.command("approve", month, "--by", "Bea")
    wait_for(twin.has_made.is_set)
    house.kill_one("prefect.engine")
    house.come_to(run, "Crashed")
    twin.go_on.set()
    assert len(twin.campaigns) == 1

    house.come_to(place.begin(month), "Completed")
    place.assert_pushed_once(month, SOCKS, LIFT, by="Bea")
    assert len(twin.campaigns) == 2, "one for each language"
    assert {c.held.audience for c in twin.campaigns.values()} == {f"{LIST}/{SEGMENT}", LIST}
    assert {c.state for c in twin.campaigns.values()} == {"save"}
    with pipeline.open_workspace(place.folder) as opened:
        assert [row["edition"] for row in pipeline.status(opened).as_json()["editions"]] == [month]
    house.come_to(house.begin("publish", PROVIDER), "Completed", "NothingNew")
    assert twin.creations() == 2


def test_a_month_killed_after_any_write_is_made_again_as_it_was(tmp_path: Path) -> None:
    """Gathering, translating, drafting and pushing, each cut off; the run after that ends well."""
    month = month_ago(4)
    with FeedSite(KEY.post(month), LIFT.post(month)) as blog:
        config = workspace_file("De Klantbrief", blog)
        argv = [sys.executable, str(Path(__file__).parent / "killed_month.py")]
        argv += [str(tmp_path), config, month, str(PLACES)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    whole, *cut = [json.loads(line) for line in done.stdout.splitlines()]
    assert whole["outcome"]["editions"] == [month]
    assert whole["outcome"]["carried"] == {KEY.slug: month, LIFT.slug: month}
    assert {state for _name, state, _seal in whole["outcome"]["receipts"]} == {"confirmed"}
    assert [name for name, _state, _seal in whole["outcome"]["receipts"]] == ["nl", "en"]
    assert len(whole["outcome"]["made"]) == 2
    assert len(cut) == 2 * PLACES
    for one in cut:
        where = one["phase"], one["after"]
        assert one["killed"], where
        assert one["state"][0] in ("Completed", "NothingNew"), (where, one["state"])
        assert one["outcome"] == whole["outcome"], where
