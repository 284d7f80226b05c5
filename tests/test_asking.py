"""A person is asked, answers, and whichever way she says yes it counts once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cxgreetz import pipeline
from cxgreetz.cli import app
from cxgreetz.errors import HeldError, StaleError, UsageError
from cxgreetz.model import EditionKey, Receipt
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.editions.drafting import stored_edition
from cxgreetz.pipeline.editions.keeping import standing_approvals
from cxgreetz.pipeline.mailing.asking import SENT_BACK
from cxgreetz.store import SourceReading, StoredPost
from fakes import provider
from fakes.provider import World
from samples import NOW, a_post
from servers.notice_taker import NoticeTaker

MONTH = "2026-11"
NEWSLETTER = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-01-01
[[sources]]
name = "blog"
url = "http://127.0.0.1:1/feed/"
[provider]
name = "fakes.provider"
[notify]
urls = [{urls}]
"""


@pytest.fixture
def taker() -> Iterator[NoticeTaker]:
    with NoticeTaker() as server:
        yield server


@pytest.fixture
def workspace(
    tmp_path: Path, taker: NoticeTaker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """A draft of one column in both languages."""
    monkeypatch.setattr(provider, "WORLD", World())
    (tmp_path / "cxgreetz.toml").write_text(NEWSLETTER.format(urls=f'"{taker.url()}"'))
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as opened:
        put(opened)
        pipeline.draft(opened, MONTH)
        yield opened


def put(workspace: Workspace, **changes: Any) -> None:
    for language in ("nl", "en"):
        url = f"https://blog.example/{language}/koffie/"
        post = a_post(url, language=language, **changes)
        workspace.store.save_posts(
            [StoredPost(post, "koffie", "taken", "new", post.published, NOW)]
        )


def change(workspace: Workspace) -> None:
    """An editor's pen: both emails become others."""
    for language in ("nl", "en"):
        before = workspace.store.drafts(MONTH)[language].fingerprint
        pipeline.write_subject(workspace, MONTH, language, f"Iets nieuws {before[:6]}", by="Els")


def prints(workspace: Workspace) -> dict[str, str]:
    return {name: kept.fingerprint for name, kept in workspace.store.drafts(MONTH).items()}


def call(workspace: Workspace, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*arguments, "--workspace", str(workspace.folder)])
    return done.exit_code, done.stdout + done.stderr


def state(workspace: Workspace) -> str:
    return str(pipeline.status(workspace).editions[0]["state"])


# asking


def test_what_is_asked_is_kept_and_told(workspace: Workspace, taker: NoticeTaker) -> None:
    request = pipeline.ask(workspace, MONTH, run="brave-otter")
    assert request and request == workspace.store.request(MONTH)
    assert (request.fingerprints, request.run, request.decision) == (
        prints(workspace),
        "brave-otter",
        "",
    )
    ((subject, body),) = taker.taken
    assert subject == "CX Greetz, november 2026: klaar om te bekijken"
    assert "http://127.0.0.1:8765/edition/2026-11" in body
    for language in ("nl", "en"):
        assert workspace.store.email(prints(workspace)[language]).subject in body
    assert pipeline.open_requests(workspace) == [request]


def test_the_same_bytes_are_told_once(workspace: Workspace, taker: NoticeTaker) -> None:
    first = pipeline.ask(workspace, MONTH, run="a")
    assert pipeline.ask(workspace, MONTH, run="a") == first
    assert pipeline.ask(workspace, MONTH) == first
    assert len(taker.taken) == 1
    change(workspace)
    again = pipeline.ask(workspace, MONTH, run="a")
    assert again and first and again.fingerprints != first.fingerprints
    assert len(taker.taken) == 2


def test_what_reached_nobody_is_told_the_next_time(
    workspace: Workspace, taker: NoticeTaker
) -> None:
    taker.status = 503
    assert pipeline.ask(workspace, MONTH)
    taker.status = 200
    assert pipeline.ask(workspace, MONTH) and pipeline.ask(workspace, MONTH)
    assert len(taker.taken) == 1


def test_an_answer_that_could_not_be_taken_is_told(
    workspace: Workspace, taker: NoticeTaker
) -> None:
    first = pipeline.ask(workspace, MONTH, run="a")
    again = pipeline.ask(
        workspace, MONTH, run="a", why="edition 2026-11 has a warning that nobody has dismissed: nl"
    )
    assert first and again and again.times == first.times + 1
    subject, body = taker.taken[1]
    assert subject == "CX Greetz, november 2026: je antwoord kon niet worden verwerkt"
    assert "er staat nog een waarschuwing open" in body and "In het Engels: nl" in body
    assert "dismissed" not in body
    assert "http://127.0.0.1:8765/edition/2026-11" in body
    # Of what was changed she has heard by that.
    change(workspace)
    pipeline.ask(workspace, MONTH, run="a", why="it was changed")
    pipeline.ask(workspace, MONTH, run="a")
    assert len(taker.taken) == 3


def test_another_run_that_waits_is_named(workspace: Workspace) -> None:
    pipeline.ask(workspace, MONTH, run="brave-otter")
    with pytest.raises(HeldError, match="brave-otter waits for the answer"):
        pipeline.ask(workspace, MONTH, run="calm-heron")
    taken = pipeline.ask(workspace, MONTH, run="calm-heron", takeover=True)
    assert taken and taken.run == "calm-heron" and taken.asked_at == NOW
    with pytest.raises(HeldError, match="calm-heron"):
        pipeline.ask(workspace, MONTH, run="brave-otter")


def test_after_an_answer_nobody_waits(workspace: Workspace) -> None:
    pipeline.ask(workspace, MONTH, run="brave-otter")
    pipeline.answer(workspace, MONTH, "reject", by="Anna", note="Te lang.")
    request = pipeline.ask(workspace, MONTH, run="calm-heron")
    assert request and (request.run, request.decision) == ("calm-heron", "reject")
    change(workspace)
    fresh = pipeline.ask(workspace, MONTH, run="calm-heron")
    assert fresh and (fresh.decision, fresh.note) == ("", "")


def test_an_empty_edition_asks_nobody(workspace: Workspace, taker: NoticeTaker) -> None:
    pipeline.leave_out(workspace, MONTH, "koffie", "later")
    assert pipeline.ask(workspace, MONTH) is None
    assert taker.taken == [] and workspace.store.requests() == []
    with pytest.raises(UsageError, match="no edition 2026-10"):
        pipeline.ask(workspace, "2026-10")


def test_what_is_approved_already_is_asked_of_nobody(
    workspace: Workspace, taker: NoticeTaker
) -> None:
    pipeline.approve(workspace, MONTH, by="Anna")
    request = pipeline.ask(workspace, MONTH, run="a")
    assert request and (request.decision, request.by) == ("approve", "Anna")
    assert taker.taken == [] and pipeline.open_requests(workspace) == []


# answering


def test_a_yes_approves_the_bytes_that_were_shown(workspace: Workspace) -> None:
    request = pipeline.ask(workspace, MONTH)
    assert request
    report = pipeline.answer(workspace, MONTH, "approve", by="Anna", expected=request.fingerprints)
    assert {email: one.by for email, one in report.approvals.items()} == {
        "nl": "Anna",
        "en": "Anna",
    }
    assert (report.request.decision, report.request.by) == ("approve", "Anna")
    assert state(workspace) == "approved"


def test_other_bytes_than_were_shown_are_not_approved(workspace: Workspace) -> None:
    request = pipeline.ask(workspace, MONTH)
    assert request
    change(workspace)
    for decision in ("approve", "reject"):
        with pytest.raises(StaleError):
            pipeline.answer(
                workspace, MONTH, decision, by="Anna", note="?", expected=request.fingerprints
            )
    assert state(workspace) == "draft" and workspace.store.request(MONTH) == request


def test_the_hour_that_was_named_holds_for_the_bytes_that_were_approved(
    workspace: Workspace,
) -> None:
    def said(hour: str) -> str:
        pipeline.answer(workspace, MONTH, "approve", by="Ans", send_at=hour)
        return pipeline.time_to_send(workspace, MONTH)

    pipeline.ask(workspace, MONTH)
    assert pipeline.time_to_send(workspace, MONTH) == ""
    assert said("2030-12-03T09:00") == "2030-12-03T09:00"
    # Asked again it is the same; for other bytes nobody has named one.
    pipeline.ask(workspace, MONTH)
    assert pipeline.time_to_send(workspace, MONTH) == "2030-12-03T09:00"
    change(workspace)
    pipeline.approve(workspace, MONTH, by="Els")
    assert pipeline.time_to_send(workspace, MONTH) == ""
    assert said("2030-12-04T09:00") == "2030-12-04T09:00"
    pipeline.answer(workspace, MONTH, "reject", by="Els", note="nog niet")
    assert said("") == ""


def test_an_hour_that_cannot_be_had_is_no_yes(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="2020-12-03T09:00 has passed"):
        pipeline.answer(workspace, MONTH, "approve", by="Ans", send_at="2020-12-03T09:00")
    assert state(workspace) == "draft"
    # Whatever is pushed meanwhile, a yes can be said.
    pipeline.ask(workspace, MONTH)
    with workspace.store.lease("push", seconds=60):
        pipeline.answer(workspace, MONTH, "approve", by="Ans", send_at="2030-12-03T09:00")
    assert state(workspace) == "approved"


def test_an_hour_that_has_passed_is_none(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline.ask(workspace, MONTH)
    pipeline.answer(workspace, MONTH, "approve", by="Ans", send_at="2030-12-03T09:00")
    workspace.now = lambda: NOW + timedelta(days=4000)
    assert pipeline.time_to_send(workspace, MONTH) == ""
    assert "2030-12-03T09:00 has passed" in caplog.text


def test_a_second_yes_changes_nothing(workspace: Workspace) -> None:
    pipeline.ask(workspace, MONTH)
    shown = prints(workspace)
    first = pipeline.answer(workspace, MONTH, "approve", by="Anna", expected=shown)
    assert pipeline.answer(workspace, MONTH, "approve", by="Bram", expected=shown) == first
    assert pipeline.approve(workspace, MONTH, by="Bram").approvals == first.approvals
    pipeline.push(workspace, MONTH)
    assert pipeline.answer(workspace, MONTH, "approve", by="Bram", expected=shown) == first
    assert state(workspace) == "pushed"


def test_a_yes_to_what_nobody_asked_counts(workspace: Workspace) -> None:
    report = pipeline.answer(workspace, MONTH, "approve", by="Anna")
    assert report.request.decision == "approve" and state(workspace) == "approved"


def test_the_command_answers_once_all_is_approved(workspace: Workspace) -> None:
    pipeline.ask(workspace, MONTH, run="brave-otter")
    assert call(workspace, "approve", MONTH, "--by", "Anna", "--language", "nl")[0] == 0
    assert [r.run for r in pipeline.open_requests(workspace)] == ["brave-otter"]
    assert call(workspace, "approve", MONTH, "--by", "Bram", "--language", "en")[0] == 0
    assert pipeline.open_requests(workspace) == []
    code, said = call(workspace, "status", "--json")
    told = json.loads(said)["editions"][0]["request"]
    assert code == 0 and (told["decision"], told["by"], told["run"]) == (
        "approve",
        "Bram",
        "brave-otter",
    )


def test_an_approval_that_ends_is_asked_for_again(workspace: Workspace) -> None:
    pipeline.ask(workspace, MONTH, run="brave-otter")
    workspace.now = lambda: NOW + timedelta(days=9)
    pipeline.approve(workspace, MONTH, by="Anna")
    change(workspace)
    (request,) = pipeline.open_requests(workspace)
    assert (request.decision, request.by, request.run) == ("", "", "brave-otter")
    assert request.asked_at == NOW + timedelta(days=9)
    pipeline.approve(workspace, MONTH, by="Bram")
    assert pipeline.open_requests(workspace) == []


def test_what_went_out_is_never_asked_for_again(workspace: Workspace) -> None:
    pipeline.ask(workspace, MONTH)
    pipeline.approve(workspace, MONTH, by="Anna")
    pipeline.push(workspace, MONTH)
    file = workspace.folder / "cxgreetz.toml"
    file.write_text(file.read_text().replace("start", 'layout = "combined"\nstart'))
    with pipeline.open_workspace(workspace.folder, now=lambda: NOW) as other:
        assert state(other) == "draft" and pipeline.open_requests(other) == []


def test_without_a_request_status_says_so(workspace: Workspace) -> None:
    assert pipeline.status(workspace).as_json()["editions"][0]["request"] is None


# sending back


def test_a_no_voids_what_was_approved_and_says_why(
    workspace: Workspace, taker: NoticeTaker
) -> None:
    pipeline.ask(workspace, MONTH, run="brave-otter")
    pipeline.approve(workspace, MONTH, by="Anna", language="nl")
    code, said = call(workspace, "reject", MONTH, "--by", "Bram", "--note", "De toon is te hard.")
    assert code == 0 and "sent back by Bram: De toon is te hard." in said
    request = workspace.store.request(MONTH)
    assert request and (request.decision, request.note) == ("reject", "De toon is te hard.")
    assert request.run == "brave-otter"
    assert workspace.store.approvals(MONTH) == {} and state(workspace) == "draft"
    (kept,) = workspace.store.changes(MONTH)
    assert (kept.kind, kept.by, kept.after) == (SENT_BACK, "Bram", "De toon is te hard.")
    assert kept.before == {"approved": {"nl": "Anna"}}
    subject, body = taker.taken[-1]
    assert subject.endswith("teruggestuurd door Bram") and "De toon is te hard." in body
    assert pipeline.open_requests(workspace) == [request]
    with pytest.raises(UsageError, match="nothing to take back"):
        pipeline.undo(workspace, MONTH)


def test_a_no_that_reaches_nobody_is_kept_and_says_so(
    workspace: Workspace, taker: NoticeTaker
) -> None:
    taker.status = 503
    code, said = call(workspace, "reject", MONTH, "--by", "Bram", "--note", "Te lang.")
    assert code == 0 and "! nobody was told at notify.urls[0] (json)" in said
    assert [request.note for request in pipeline.open_requests(workspace)] == ["Te lang."]


def test_the_same_no_twice_is_one(workspace: Workspace, taker: NoticeTaker) -> None:
    for _ in range(2):
        pipeline.answer(workspace, MONTH, "reject", by="Bram", note="Te lang.")
    assert len(taker.taken) == 1 and len(workspace.store.changes(MONTH)) == 1


def test_after_a_no_a_yes_ends_it(workspace: Workspace) -> None:
    pipeline.ask(workspace, MONTH)
    pipeline.answer(workspace, MONTH, "reject", by="Bram", note="Te lang.")
    change(workspace)
    pipeline.approve(workspace, MONTH, by="Anna")
    request = workspace.store.request(MONTH)
    assert request and (request.decision, request.by, request.note) == ("approve", "Anna", "")
    assert request.fingerprints == prints(workspace)


def test_a_no_ends_what_was_approved_before_it_too(workspace: Workspace) -> None:
    before = prints(workspace)
    pipeline.approve(workspace, MONTH, by="Anna")
    change(workspace)
    pipeline.answer(workspace, MONTH, "reject", by="Bram", note="Te lang.")
    for language in ("nl", "en"):
        pipeline.write_subject(workspace, MONTH, language, "", by="Els")
    assert prints(workspace) == before and state(workspace) == "draft"


def test_what_the_provider_has_is_not_sent_back(workspace: Workspace) -> None:
    pipeline.approve(workspace, MONTH, by="Anna")
    key, there = EditionKey(MONTH), prints(workspace)
    workspace.store.save_receipt(
        Receipt("fakes.provider", "", key, "nl", "confirmed", there["nl"], "7", NOW)
    )
    pipeline.answer(workspace, MONTH, "reject", by="Bram", note="Het Engels klopt niet.")
    assert set(workspace.store.approvals(MONTH)) == {"nl"}
    workspace.store.save_receipt(
        Receipt("fakes.provider", "", key, "en", "confirmed", there["en"], "8", NOW)
    )
    with pytest.raises(HeldError, match="with the provider already"):
        pipeline.answer(workspace, MONTH, "reject", by="Bram", note="Nog eens.")


def test_nothing_is_sent_back_while_it_is_pushed(workspace: Workspace) -> None:
    pipeline.approve(workspace, MONTH, by="Anna")
    with workspace.store.lease("push"), pytest.raises(HeldError, match="busy with push"):
        pipeline.answer(workspace, MONTH, "reject", by="Bram", note="Wacht.")
    assert state(workspace) == "approved"


@pytest.mark.parametrize(
    ("decision", "by", "note", "told"),
    [
        ("reject", "Bram", " ", "--note"),
        ("reject", " ", "Te lang.", "--by"),
        ("approve", "", "", "--by"),
        ("maybe", "Bram", "", "'maybe' is no answer"),
    ],
)
def test_half_an_answer_is_none(
    workspace: Workspace, decision: str, by: str, note: str, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        pipeline.answer(workspace, MONTH, decision, by=by, note=note)
    assert workspace.store.request(MONTH) is None


# a rehearsal: another provider than the newsletter's own


@pytest.mark.parametrize("way", ["form", "page", "command"])
def test_a_yes_in_a_rehearsal_is_for_that_provider_alone(
    workspace: Workspace, taker: NoticeTaker, way: str
) -> None:
    asked = pipeline.ask(workspace, MONTH, run="run-1", provider="outbox")
    assert asked and asked.provider == "outbox"
    assert "repetitie" in taker.taken[0][0] and "fakes.provider" in taker.taken[0][1]
    if way == "form":
        seals = asked.fingerprints
        pipeline.answer(workspace, MONTH, "approve", by="Anna", expected=seals, provider="outbox")
    elif way == "page":
        pipeline.approve(workspace, MONTH, by="Anna", expected=prints(workspace), provider="outbox")
    else:
        _code, said = call(workspace, "approve", MONTH, "--by", "Anna")
        assert "approved by Anna for outbox alone" in said and "cxgreetz push" not in said
    answered = workspace.store.request(MONTH)
    assert answered and (answered.decision, answered.by) == ("approve", "Anna")
    # For everything else nobody has approved it.
    assert state(workspace) == "draft"
    assert not any(email["due"] for email in status_of(workspace).values())
    assert "approved by Anna for outbox alone" in call(workspace, "status")[1]
    real = pipeline.push(workspace, MONTH)
    assert {one.step for one in real.pushed.values()} == {"wait"}
    assert "approved for outbox alone" in real.pushed["nl"].why
    assert provider.WORLD.campaigns == {}
    assert not standing_approvals(workspace, stored_edition(workspace.store, EditionKey(MONTH)))
    assert [request.edition for request in pipeline.open_requests(workspace)] == [MONTH]
    # Its files are written all the same, and a yes for readers is asked for once more.
    files = pipeline.push(workspace, MONTH, provider="outbox")
    assert {one.step for one in files.pushed.values()} == {"create"}
    again = pipeline.ask(workspace, MONTH)
    assert again and (again.decision, again.provider) == ("", "")
    assert again.times == asked.times + 1 and "klaar om te bekijken" in taker.taken[1][0]
    pipeline.approve(workspace, MONTH, by="Bea")
    assert state(workspace) == "approved" and pipeline.open_requests(workspace) == []
    assert workspace.store.approvals(MONTH)["nl"][0].by == "Bea"


def status_of(workspace: Workspace) -> dict[str, Any]:
    return dict(pipeline.status(workspace).editions[0]["languages"])


def test_a_yes_for_readers_is_one_for_a_rehearsal_too(workspace: Workspace) -> None:
    pipeline.approve(workspace, MONTH, by="Anna")
    asked = pipeline.ask(workspace, MONTH, run="run-1", provider="outbox")
    assert asked and (asked.decision, asked.by, asked.provider) == ("approve", "Anna", "")
    files = pipeline.push(workspace, MONTH, provider="outbox")
    assert {one.step for one in files.pushed.values()} == {"create"}
    assert state(workspace) == "approved"


def test_after_a_rehearsal_an_approval_for_readers_needs_no_question(workspace: Workspace) -> None:
    pipeline.ask(workspace, MONTH, run="run-1", provider="outbox")
    pipeline.approve(workspace, MONTH, by="Anna")
    pipeline.approve(workspace, MONTH, by="Bea")
    answered = workspace.store.request(MONTH)
    assert answered and (answered.by, answered.provider, answered.is_approved) == ("Bea", "", True)
    assert not pipeline.push(workspace, MONTH).exit_code
    assert state(workspace) == "pushed"


def test_a_rehearsal_that_waits_for_another_email_keeps_no_yes_from_readers(
    workspace: Workspace,
) -> None:
    pipeline.ask(workspace, MONTH, run="run-1", provider="outbox")
    yes = ("approve", MONTH, "--by", "Anna", "--language", "nl")
    code, said = call(workspace, *yes)
    assert code == 0 and "for outbox alone" in said and "waits for en still" in said
    code, said = call(workspace, *yes)
    assert code == 0 and "outbox" not in said and "cxgreetz push" in said
    assert not pipeline.push(workspace, MONTH, languages=["nl"], alone=True).exit_code
    # The rehearsal goes on with the other one.
    request = workspace.store.request(MONTH)
    assert request and (request.decision, request.provider) == ("", "outbox")
    code, said = call(workspace, "approve", MONTH, "--by", "Anna")
    assert "en: approved by Anna for outbox alone" in said and "still" not in said
    request = workspace.store.request(MONTH)
    assert request and (request.decision, request.provider) == ("approve", "outbox")
    assert state(workspace) == "draft"


def test_what_is_changed_after_a_rehearsal_is_approved_for_readers(workspace: Workspace) -> None:
    pipeline.ask(workspace, MONTH, run="run-1", provider="outbox")
    pipeline.approve(workspace, MONTH, by="Anna")
    change(workspace)
    (waits,) = pipeline.open_requests(workspace)
    assert (waits.decision, waits.provider) == ("", "")
    pipeline.approve(workspace, MONTH, by="Bea")
    assert state(workspace) == "approved"


def test_an_hour_named_in_a_rehearsal_is_refused(workspace: Workspace) -> None:
    pipeline.ask(workspace, MONTH, run="run-1", provider="outbox")
    with pytest.raises(UsageError, match="leave the time empty"):
        pipeline.answer(
            workspace, MONTH, "approve", by="Anna", send_at="2030-12-03T09:00", provider="outbox"
        )
    assert pipeline.time_to_send(workspace, MONTH) == ""


def test_the_newsletters_own_provider_by_its_name_is_no_rehearsal(workspace: Workspace) -> None:
    asked = pipeline.ask(workspace, MONTH, provider="fakes.provider")
    assert asked and asked.provider == ""
    pipeline.answer(workspace, MONTH, "approve", by="Anna", provider="fakes.provider")
    assert state(workspace) == "approved"


def test_the_later_question_takes_the_place_of_the_other(workspace: Workspace) -> None:
    first = pipeline.ask(workspace, MONTH)
    rehearsal = pipeline.ask(workspace, MONTH, run="run-1", provider="outbox")
    assert first and rehearsal and rehearsal.times == 2 and rehearsal.provider == "outbox"
    real = pipeline.ask(workspace, MONTH)
    assert real and (real.times, real.provider, real.run) == (3, "", "run-1")


def test_an_edition_that_is_dropped_asks_no_more(workspace: Workspace) -> None:
    pipeline.ask(workspace, MONTH)
    pipeline.drop(workspace, MONTH)
    assert workspace.store.requests() == []


# telling


def test_what_was_pushed_is_told_once(workspace: Workspace, taker: NoticeTaker) -> None:
    pipeline.approve(workspace, MONTH, by="Anna")
    assert pipeline.tell_pushed(workspace, pipeline.push(workspace, MONTH, dry_run=True)).told == ()
    told = pipeline.tell_pushed(workspace, pipeline.push(workspace, MONTH))
    assert told.told == ["CX Greetz, november 2026: staat bij fakes.provider"]
    assert taker.taken[0][1].count("\n- ") == 2
    assert not pipeline.tell_pushed(workspace, pipeline.push(workspace, MONTH)).told
    assert len(taker.taken) == 1


def test_what_was_pushed_long_ago_is_no_news(workspace: Workspace, taker: NoticeTaker) -> None:
    pipeline.approve(workspace, MONTH, by="Anna")
    pipeline.push(workspace, MONTH)
    workspace.now = lambda: NOW + timedelta(days=8)
    assert not pipeline.tell_pushed(workspace, pipeline.push(workspace, MONTH)).told
    assert not pipeline.tell_owed(workspace).told
    assert taker.taken == []


def test_what_was_told_to_nobody_is_owed_and_told_once(
    workspace: Workspace, taker: NoticeTaker
) -> None:
    assert not pipeline.tell_owed(workspace).told
    pipeline.approve(workspace, MONTH, by="Anna")
    assert not pipeline.tell_owed(workspace).told
    taker.status = 503
    report = pipeline.push(workspace, MONTH)
    assert pipeline.tell_pushed(workspace, report).undelivered
    assert pipeline.tell_owed(workspace).undelivered
    taker.status = 200
    workspace.now = lambda: NOW + timedelta(days=3)
    told = pipeline.tell_owed(workspace)
    assert told.told == ["CX Greetz, november 2026: staat bij fakes.provider"]
    assert not pipeline.tell_owed(workspace).told
    assert not pipeline.tell_pushed(workspace, report).told
    assert len(taker.taken) == 1


def test_what_was_cut_off_as_it_was_told_is_owed(
    workspace: Workspace, taker: NoticeTaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    pipeline.approve(workspace, MONTH, by="Anna")
    report = pipeline.push(workspace, MONTH)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("cxgreetz.notices.send", killed)
        pipeline.tell_pushed(workspace, report)
    assert taker.taken == []
    # Held on a machine that lost power it is nobody's until that runs out.
    seals = prints(workspace)
    about = [f"notice pushed fakes.provider {MONTH} {name} {seal}" for name, seal in seals.items()]
    with ExitStack() as held:
        for name in about:
            held.enter_context(workspace.store.lease(name, seconds=1.5))
        assert not pipeline.tell_owed(workspace).told
        time.sleep(1.6)
        assert pipeline.tell_owed(workspace).told
    assert not pipeline.tell_owed(workspace).told and len(taker.taken) == 1


def test_two_at_once_tell_it_once(workspace: Workspace, taker: NoticeTaker) -> None:
    pipeline.approve(workspace, MONTH, by="Anna")
    pipeline.push(workspace, MONTH)
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: pipeline.tell_owed(workspace).told, range(8)))
    assert sum(len(one) for one in told) == len(taker.taken)
    bodies = "".join(body for _subject, body in taker.taken)
    assert bodies.count("\n- ") == 2


def test_a_push_that_waits_tells_nothing(workspace: Workspace, taker: NoticeTaker) -> None:
    assert not pipeline.tell_pushed(workspace, pipeline.push(workspace, MONTH)).told


def test_an_alarm_is_told_once_as_long_as_it_lasts(
    workspace: Workspace, taker: NoticeTaker
) -> None:
    def read(alarm: str | None) -> list[str]:
        summary = {"status": "ok", "alarm": alarm, "error": alarm}
        workspace.store.save_readings(NOW, [SourceReading("blog", summary, alarm is None)])
        return list(pipeline.tell_alarms(workspace).told)

    assert read(None) == []
    assert read("answered 503") == ["CX Greetz: er is iets met blog"]
    assert read("answered 502") == []
    assert "- blog: de site antwoordde met een fout (503)" in taker.taken[0][1]
    assert read(None) == [] and len(read("answered 410")) == 1


def test_a_failed_run_is_told_with_its_place(workspace: Workspace, taker: NoticeTaker) -> None:
    pipeline.tell_failed(workspace, "publish", "brevo: 500 <html>", "http://127.0.0.1:4200/runs/1")
    ((subject, body),) = taker.taken
    assert subject == "CX Greetz: publish is niet gelukt"
    assert "brevo: 500 ‹html›" in body and "http://127.0.0.1:4200/runs/1" in body


def test_the_same_failure_is_told_once_a_day_and_a_crash_each_time(
    workspace: Workspace, taker: NoticeTaker
) -> None:
    def fail(message: str) -> int:
        pipeline.tell_failed(workspace, "publish-2026-11", message)
        return len(taker.taken)

    assert [fail("Failed: brevo answered 500") for _hour in range(3)] == [1, 1, 1]
    assert fail("Failed: brevo: the key is wrong") == 2
    now, workspace.now = workspace.now(), lambda: now + timedelta(days=1)
    assert fail("Failed: brevo answered 500") == 3
    # Of what was killed somebody must know each time: it is to be begun again.
    assert [fail("Crashed: its process is gone") for _time in range(2)] == [4, 5]


def test_nobody_to_tell_is_no_trouble(workspace: Workspace) -> None:
    (workspace.folder / "cxgreetz.toml").write_text(NEWSLETTER.format(urls=""))
    with pipeline.open_workspace(workspace.folder, now=lambda: NOW) as quiet:
        assert pipeline.ask(quiet, MONTH)
        pipeline.answer(quiet, MONTH, "approve", by="Anna")
        report = pipeline.tell_pushed(quiet, pipeline.push(quiet, MONTH))
        assert (report.told, report.exit_code) == ((), 0)
        # What was not told is told to whoever comes in time.
    assert pipeline.tell_pushed(workspace, pipeline.push(workspace, MONTH)).told
