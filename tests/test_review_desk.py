"""The overview's own doings: posts put aside, what takes a while, the language, the notices."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html
from starlette.testclient import TestClient

from cxgreetz import pipeline
from cxgreetz.errors import HeldError, SourceError
from cxgreetz.pipeline import GatherReport, RunReport, TranslateReport
from cxgreetz.review import jobs, make_app
from cxgreetz.review.words import words_in
from review_client import csrf_of, post
from test_review import (
    ADDRESS,
    QUEUE_NL,
    TOKEN,
    at,
    client_of,
    document,
    held,
    make_workspace,
    taken,
    text_of,
)
from test_review import post as a_post

HELD = "https://columns.example/oud/"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = make_workspace(tmp_path / "workspace", 'languages = ["nl"]')
    with at(folder) as workspace:
        waiting = held(a_post("oud", "Zonder datum", "nl", "Een tekst.", day=1), "it has no date")
        carried = taken(a_post("rij", "De rij", "nl", *QUEUE_NL, day=20), "rij")
        workspace.store.save_posts([waiting, carried])
    return folder


@pytest.fixture
def client(folder: Path) -> TestClient:
    return client_of(folder)


def decision_of(folder: Path) -> tuple[str, str]:
    with at(folder) as workspace:
        [stored] = [s for s in workspace.store.posts() if s.post.url == HELD]
        return stored.decision, stored.reason


def told_at(client: TestClient, address: str) -> list[str]:
    """The notices on a page."""
    return [text_of(one) for one in document(client, address).find_class("notice")]


# posts


def test_a_post_is_put_aside_and_taken_back(client: TestClient, folder: Path) -> None:
    answer = post(client, "/post/dismiss", {"url": HELD, "reason": "  een  oude\r\n aankondiging "})
    assert (answer.status_code, answer.headers["location"]) == (303, "/#tasks")
    assert decision_of(folder) == ("skipped", "dismissed by a person: een oude aankondiging")
    assert told_at(client, "/") == ["The post is put aside. It stays there until you take it back."]
    assert told_at(client, "/") == [], "once"
    page = document(client, "/")
    assert "A post is held" not in text_of(page)
    assert "1 post that you put aside Zonder datum een oude aankondiging" in text_of(page)

    post(client, "/post/restore", {"url": HELD})
    assert decision_of(folder)[0] == "held"
    assert "A post is held: “Zonder datum”" in text_of(document(client, "/"))


def test_the_form_of_a_held_post_is_whole(client: TestClient) -> None:
    page = document(client, "/")
    [form] = page.xpath("//form[@action='/post/dismiss']")
    fields = {e.get("name"): e.get("value") for e in form.iter("input")}
    assert fields == {"csrf": csrf_of(client), "url": HELD, "reason": None}
    [label] = form.iter("label")
    assert page.get_element_by_id(label.get("for")).get("name") == "reason"


def test_a_post_that_is_not_held_cannot_be_put_aside(client: TestClient) -> None:
    url = "https://columns.example/rij/"
    reason = "een reden die niemand twee keer wil typen <b>"
    answer = post(client, "/post/dismiss", {"url": url, "reason": reason})
    assert answer.status_code == 400
    page = lxml_html.document_fromstring(answer.text)
    assert "is not held: it is taken" in text_of(page)
    assert reason in [kept.text_content() for kept in page.find_class("kept")]
    for wrong in ("", "javascript:alert(1)", "https://nowhere.example/"):
        assert post(client, "/post/dismiss", {"url": wrong}).status_code == 400


def test_our_script_gets_json(client: TestClient, folder: Path) -> None:
    answer = post(client, "/post/dismiss", {"url": HELD}, live=True)
    assert answer.json() == {
        "ok": True,
        "notice": "The post is put aside. It stays there until you take it back.",
        "error": "",
        "redirect": "/#tasks",
    }
    assert told_at(client, "/") == [], "the script has told it"
    answer = post(client, "/post/dismiss", {"url": HELD}, live=True)
    assert answer.status_code == 400
    said = answer.json()
    assert (said["ok"], said["redirect"]) == (False, "")
    assert "is not held" in said["error"]
    answer = post(client, "/nowhere", {}, live=True)
    assert (answer.status_code, answer.json()["ok"]) == (404, False)


def test_somebody_else_at_work_is_a_sentence(client: TestClient, folder: Path) -> None:
    with at(folder) as workspace, workspace.store.lease("gather"):
        answer = post(client, "/post/dismiss", {"url": HELD}, live=True)
    assert answer.status_code == 409
    assert "another run is busy with gather" in answer.json()["error"]


def test_what_was_written_outlives_its_session(folder: Path) -> None:
    """The page was started anew meanwhile: whatever was typed is shown, and nothing is done."""
    client = client_of(folder, inside=False)
    data = {"csrf": "of a session that is gone", "url": HELD, "reason": "een lange reden <b>"}
    answer = client.post("/post/dismiss", data=data, headers={"origin": ADDRESS})
    assert answer.status_code == 403
    page = lxml_html.document_fromstring(answer.text)
    kept = [written.text_content() for written in page.find_class("kept")]
    assert kept == [HELD, "een lange reden <b>"]
    assert "of a session" not in answer.text
    assert decision_of(folder)[0] == "held"


# the language


def test_the_language_is_remembered(client: TestClient) -> None:
    answer = post(client, "/language", {"language": "nl", "back": "/edition/2026-11?show=nl"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/edition/2026-11?show=nl")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("cxgreetz-language=nl;")
    assert "httponly" in cookie and "samesite=strict" in cookie and "max-age=" in cookie
    page = document(client, "/")
    assert page.get("lang") == "nl"
    assert "Waar alles staat" in text_of(page)
    [current] = page.xpath("//form[@action='/language']//button[@aria-current]")
    assert current.get("value") == "nl"
    post(client, "/language", {"language": "en", "back": "/"})
    assert document(client, "/").get("lang") == "en"


def test_a_browser_that_likes_dutch_gets_dutch(client: TestClient) -> None:
    answer = client.get("/nowhere", headers={"accept-language": "nl-NL,nl;q=0.9,en;q=0.8"})
    assert "Die pagina is er niet" in answer.text


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\x", "", "/\r\nX: y"]
)
def test_the_way_back_stays_on_the_page(client: TestClient, back: str) -> None:
    answer = post(client, "/language", {"language": "xx", "back": back})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "set-cookie" not in answer.headers


# what takes a while


class Work:
    """A verb that reports how far it is, and ends when it is told to."""

    def __init__(self, ends: Callable[[], Any]) -> None:
        self.go_on, self.under_way, self._ends = threading.Event(), threading.Event(), ends

    def __call__(self, workspace: Any, progress: Callable[[str, int, int], None]) -> Any:
        progress("gather blog", 1, 2)
        self.under_way.set()
        assert self.go_on.wait(20)
        return self._ends()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, Callable[[], Any]], Work]]:
    started: list[Work] = []

    def make(verb: str, ends: Callable[[], Any]) -> Work:
        started.append(Work(ends))
        monkeypatch.setitem(jobs._VERBS, verb, started[-1])  # type: ignore[arg-type]
        return started[-1]

    yield make
    for one in started:
        one.go_on.set()


def wait_for_end(client: TestClient) -> dict[str, Any]:
    for _ in range(400):
        said: dict[str, Any] = client.get("/work.json").json()
        if not said["running"]:
            return said
        time.sleep(0.05)
    raise AssertionError("it did not end")


def raising(error: Exception) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


def test_the_edition_is_made_from_the_page(client: TestClient) -> None:
    assert client.get("/work.json").json()["verb"] == ""
    answer = post(client, "/work", {"verb": "draft"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/#work")
    said = wait_for_end(client)
    assert said["lines"] == ["Done.", "November 2026, Dutch: 0 errors, 0 warnings"]
    assert not said["failed"]
    page = document(client, "/")
    assert "Done. November 2026, Dutch" in text_of(page.get_element_by_id("work-told"))
    assert len(page.find_class("edition")) == 1


def test_only_one_at_a_time(client: TestClient, work: Callable[..., Work]) -> None:
    one = work("gather", raising(SourceError("gone")))
    post(client, "/work", {"verb": "gather"})
    assert one.under_way.wait(20)
    said = client.get("/work.json").json()
    assert (said["running"], said["step"]) == (True, "Reads blog (1 of 2)")
    assert (said["done"], said["total"]) == (1, 2)
    page = document(client, "/").get_element_by_id("work")
    assert "Under way: Read the sources Reads blog (1 of 2)" in text_of(page)
    assert page.get("data-running") is not None
    assert not page.xpath(".//form")
    for live in (False, True):
        answer = post(client, "/work", {"verb": "draft"}, live=live)
        assert answer.status_code == 409
        assert "Something is being done already (Read the sources)." in answer.text
    one.go_on.set()
    assert wait_for_end(client)["lines"] == ["That did not work.", "gone"]
    page = document(client, "/").get_element_by_id("work")
    assert "That did not work. gone" in text_of(page)
    assert page.xpath(".//form")


def test_who_else_is_at_work_is_told(
    client: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It is waited for, as long as another one needs to store what it read.
    monkeypatch.setattr("cxgreetz.pipeline.posts.gathering._WAITS", 1)
    with at(folder) as workspace, workspace.store.lease("gather"):
        post(client, "/work", {"verb": "gather"})
        said = wait_for_end(client)
    assert said["failed"]
    assert "another run is busy with gather" in said["lines"][1]


def test_a_fault_of_ours_is_told_without_its_inside(
    client: TestClient, work: Callable[..., Work], caplog: pytest.LogCaptureFixture
) -> None:
    work("translate", raising(RuntimeError("the inside"))).go_on.set()
    post(client, "/work", {"verb": "translate"})
    said = wait_for_end(client)
    assert said["failed"]
    assert "the inside" not in str(said)
    assert "terminal" in said["lines"][1]
    assert "the inside" in caplog.text, "the terminal tells it"


def test_what_is_no_verb_is_refused(client: TestClient) -> None:
    for verb in ("", "push", "__class__"):
        assert post(client, "/work", {"verb": verb}).status_code == 400
    assert client.get("/work.json").json()["verb"] == ""


def test_every_report_is_told_in_both_languages(folder: Path) -> None:
    row = {"name": "blog", "seen": 7, "new": 2, "edited": 0, "held": 1, "error": None}
    gathered = GatherReport([row | {"alarm": "nothing since August"}], [])
    translated = TranslateReport(5, 2, 1, 1, 90, [{"title": "De rij"}], ["deepl has no key"])
    with at(folder) as workspace:
        drafted = pipeline.draft(workspace)
    report = RunReport(gathered, translated, drafted)
    told = {
        language: jobs.tell_end(jobs.Job("run", running=False, report=report), words_in(language))
        for language in ("nl", "en")
    }
    assert told["nl"] == [
        "Klaar.",
        "blog: 7 gezien, 2 nieuw, 1 wacht op je oordeel",
        "blog: nothing since August",
        "5 teksten: 2 van de auteur, 1 eerder vertaald, 1 door een machine",
        "1 tekst wacht op jouw vertaling",
        "deepl has no key",
        "November 2026, Nederlands: 0 fouten, 0 waarschuwingen",
    ]
    assert told["en"][0] == "Done."
    assert told["en"][4] == "1 text waits for your translation"


def test_a_second_room_knows_nothing_of_the_first(folder: Path) -> None:
    """The job is of one workspace: another page has its own."""
    one = jobs.Jobs(lambda: at(folder))
    other = jobs.Jobs(lambda: at(folder))
    one.start("draft", words_in("en"))
    assert other.latest() is None
    with pytest.raises(HeldError):
        for _ in range(2):
            one.start("draft", words_in("en"))
            one._note(running=True)


def test_a_session_of_another_run_is_none(folder: Path) -> None:
    """A cookie is worth nothing to a page that was started afresh."""
    client = client_of(folder)
    cookie = client.cookies["cxgreetz-8765"]
    again = TestClient(make_app(lambda: at(folder), TOKEN), ADDRESS)
    assert again.get("/", headers={"cookie": f"cxgreetz-8765={cookie}"}).status_code == 403
