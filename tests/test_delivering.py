"""Exactly one campaign, wherever the run is cut off and whatever the provider answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cxgreetz import pipeline
from cxgreetz.cli import show
from cxgreetz.errors import ConfigError, HeldError, ProviderError, UsageError
from cxgreetz.model import Approval, Credit, Email, Post, Remote, RemoteState
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.mailing import campaign, delivering
from cxgreetz.store import StoredPost, sharing
from fakes import provider
from fakes.provider import Killed, World
from samples import NOW, a_post

WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
languages = ["nl"]
start = 2026-01-01
[[sources]]
name = "blog"
url = "http://127.0.0.1:1/feed/"
[provider]
name = "fakes.provider"
"""
MONTH = "2026-11"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    fresh = World()
    monkeypatch.setattr(provider, "WORLD", fresh)
    return fresh


@pytest.fixture
def workspace(tmp_path: Path, world: World) -> Iterator[Workspace]:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE)
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as opened:
        opened.sleep = lambda _seconds: None
        put(opened, a_post())
        yield opened


def put(workspace: Workspace, post: Post, piece: str = "koffie") -> None:
    workspace.store.save_posts([StoredPost(post, piece, "taken", "new", post.published, NOW)])


def approved(workspace: Workspace, month: str = MONTH) -> str:
    pipeline.draft(workspace, month)
    return pipeline.approve(workspace, month, by="Anna").approvals["nl"].fingerprint


def push(workspace: Workspace, **options: object) -> tuple[str, str, int]:
    report = pipeline.push(workspace, MONTH, **options)  # type: ignore[arg-type]
    one = report.as_json()["languages"]["nl"]
    return one["step"], one["state"], report.exit_code


def test_a_push_makes_one_campaign_of_what_was_approved(workspace: Workspace, world: World) -> None:
    fingerprint = approved(workspace)
    assert push(workspace) == ("create", "draft", 0)
    (remote,) = world.campaigns.values()
    assert remote.fingerprint == fingerprint
    assert '"{{ unsubscribe }}"' in world.emails[remote.id].html
    assert workspace.store.carried() == {"koffie": MONTH}
    (receipt,) = workspace.store.receipts(MONTH)
    assert (receipt.state, receipt.remote_id, receipt.fingerprint) == (
        "confirmed",
        "1",
        fingerprint,
    )


def test_pushing_again_does_nothing(workspace: Workspace, world: World) -> None:
    approved(workspace)
    push(workspace)
    assert push(workspace) == ("none", "draft", 0)
    assert world.calls.count("create") == 1 and "update" not in world.calls


def test_nothing_goes_out_that_nobody_approved(workspace: Workspace, world: World) -> None:
    pipeline.draft(workspace, MONTH)
    assert push(workspace) == ("wait", "waiting", 1)
    assert world.campaigns == {}


def test_a_changed_character_voids_the_approval(workspace: Workspace, world: World) -> None:
    approved(workspace)
    put(workspace, a_post(title="Koffie op perron 5"))
    pipeline.draft(workspace, MONTH)
    assert push(workspace) == ("wait", "waiting", 1)
    assert world.campaigns == {}
    approved(workspace)
    assert push(workspace) == ("create", "draft", 0)


def test_an_approval_of_a_draft_that_is_behind_is_refused(workspace: Workspace) -> None:
    pipeline.draft(workspace, MONTH)
    put(workspace, a_post(title="Koffie op perron 5"))
    with pytest.raises(HeldError, match="have changed since the draft"):
        pipeline.approve(workspace, MONTH, by="Anna")


def test_errors_block_approval_and_are_named(workspace: Workspace) -> None:
    put(workspace, a_post(credit=Credit("A")), "koffie")
    (workspace.folder / "cxgreetz.toml").write_text(WORKSPACE.replace('["nl"]', '["nl", "en"]'))
    with pipeline.open_workspace(workspace.folder, now=lambda: NOW) as both:
        pipeline.draft(both, MONTH)
        with pytest.raises(HeldError, match="without a translation into English"):
            pipeline.approve(both, MONTH, by="Anna")
        assert set(pipeline.approve(both, MONTH, by="Anna", language="nl").approvals) == {"nl"}


def test_an_approval_needs_a_name_and_a_known_language(workspace: Workspace) -> None:
    pipeline.draft(workspace, MONTH)
    with pytest.raises(UsageError, match="needs the name"):
        pipeline.approve(workspace, MONTH, by="  ")
    with pytest.raises(UsageError, match="'de' is no email of this newsletter; it has: nl"):
        pipeline.approve(workspace, MONTH, by="Anna", language="de")


# find, create, find, and the same in an update: every call can be the last one
@pytest.mark.parametrize("call", range(3))
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_killed_anywhere_ends_with_one_campaign(
    workspace: Workspace, world: World, call: int, moment: str
) -> None:
    approved(workspace)
    world.faults = {call: moment}
    with pytest.raises(Killed):
        push(workspace)
    world.faults = {}
    step, state, code = push(workspace)
    if (call, moment) == (1, "before"):  # nobody can tell that nothing was made
        assert (step, code) == ("stop", 3) and world.campaigns == {}
        _step, state, code = push(workspace, again=True)
    assert (state, code) == ("draft", 0)
    assert len(world.campaigns) == 1
    assert workspace.store.receipts(MONTH)[0].state == "confirmed"
    assert workspace.store.carried() == {"koffie": MONTH}
    assert push(workspace)[0] == "none"


def test_what_a_killed_run_made_and_no_list_shows_is_not_made_again(
    workspace: Workspace, world: World
) -> None:
    approved(workspace)
    world.faults, world.blind = {1: "after"}, 1000
    with pytest.raises(Killed):
        push(workspace)
    world.faults = {}
    assert push(workspace)[::2] == ("stop", 3)
    assert len(world.campaigns) == 1
    world.blind = 0
    assert push(workspace)[1:] == ("draft", 0)
    assert len(world.campaigns) == 1


def named(workspace: Workspace, *lines: str) -> None:
    """Change the workspace file between two runs."""
    text = (workspace.folder / "cxgreetz.toml").read_text()
    (workspace.folder / "cxgreetz.toml").write_text(text + "\n".join(lines))


def pushed_anew(workspace: Workspace, **options: object) -> tuple[str, str, int]:
    """In a run of its own, which reads the workspace file again."""
    with pipeline.open_workspace(workspace.folder, now=lambda: NOW) as later:
        later.sleep = lambda _seconds: None
        return push(later, **options)


def test_another_audience_makes_no_other_campaign(workspace: Workspace, world: World) -> None:
    """Whether the first is known to be there, was made and does not show, or may be there."""
    approved(workspace)
    world.faults, world.blind = {1: "lost"}, 1000
    assert push(workspace) == ("create", "unknown", 3)
    named(workspace, 'audience = { nl = "another list" }')
    assert pushed_anew(workspace)[::2] == ("stop", 3)
    assert len(world.campaigns) == 1
    world.blind = 0
    assert pushed_anew(workspace)[1:] == ("draft", 0)
    (receipt,) = workspace.store.receipts(MONTH)
    assert (receipt.account, receipt.state) == ("another list", "confirmed")
    world.campaigns.clear()
    (workspace.folder / "cxgreetz.toml").write_text(WORKSPACE)
    assert pushed_anew(workspace) == ("stop", "none", 1)
    assert world.campaigns == {}


def test_another_provider_does_not_get_what_the_first_has(
    workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(workspace)
    push(workspace)
    monkeypatch.setitem(sys.modules, "fakes.another", provider)
    text = WORKSPACE.replace("fakes.provider", "fakes.another")
    (workspace.folder / "cxgreetz.toml").write_text(text)
    first = world.campaigns.pop("1")
    assert pushed_anew(workspace)[::2] == ("stop", 1)
    assert world.campaigns == {}
    assert pushed_anew(workspace, again=True) == ("create", "draft", 0)
    assert pushed_anew(workspace) == ("none", "draft", 0), "it was said once"
    assert first.id == "1"


def test_an_outbox_keeps_no_provider_from_it(workspace: Workspace, world: World) -> None:
    approved(workspace)
    (workspace.folder / "cxgreetz.toml").write_text(WORKSPACE.replace("fakes.provider", "outbox"))
    assert pushed_anew(workspace) == ("create", "draft", 0)
    (workspace.folder / "cxgreetz.toml").write_text(WORKSPACE)
    assert pushed_anew(workspace) == ("create", "draft", 0)
    assert len(world.campaigns) == 1


def test_an_email_in_both_languages_does_not_follow_one_in_each(
    workspace: Workspace, world: World
) -> None:
    approved(workspace)
    push(workspace)
    text = WORKSPACE.replace('["nl"]', '["nl", "en"]\nlayout = "combined"')
    (workspace.folder / "cxgreetz.toml").write_text(text)
    with pipeline.open_workspace(workspace.folder, now=lambda: NOW) as combined:
        _told, pieces = workspace.store.approvals(MONTH)["nl"]
        email = replace(
            combined.store.email(_told.fingerprint), language="nl+en", subject="Koffie / coffee"
        )
        combined.store.save_draft(email, pieces)
        seal = Approval(email.edition, "nl+en", email.fingerprint, "Anna", NOW)
        combined.store.save_approval(seal, pieces)
        one = pipeline.push(combined, MONTH).pushed["nl+en"]
    assert one.step == "stop" and "(cxgreetz-2026-11-nl)" in one.why
    assert len(world.campaigns) == 1


def test_pieces_are_spent_when_the_provider_confirms(workspace: Workspace, world: World) -> None:
    approved(workspace)
    world.faults = {1: "after"}
    with pytest.raises(Killed):
        push(workspace)
    assert workspace.store.carried() == {}


def test_a_create_whose_answer_is_lost_is_found_and_not_repeated(
    workspace: Workspace, world: World
) -> None:
    approved(workspace)
    world.faults = {1: "lost"}
    assert push(workspace) == ("create", "draft", 0)
    assert len(world.campaigns) == 1


def test_a_campaign_that_shows_late_is_waited_for(workspace: Workspace, world: World) -> None:
    approved(workspace)
    world.faults, world.blind = {1: "lost"}, 2
    assert push(workspace) == ("create", "draft", 0)
    assert world.calls.count("create") == 1


def test_what_stays_unknown_is_said_and_the_next_run_may_go_on(
    workspace: Workspace, world: World
) -> None:
    approved(workspace)
    world.faults = {1: "refused"}
    assert push(workspace) == ("create", "unknown", 3)
    assert world.calls.count("create") == 1
    assert workspace.store.receipts(MONTH)[0].state == "unknown"
    assert push(workspace)[::2] == ("stop", 3)
    assert world.calls.count("create") == 1, "an hourly run would make one more each hour"
    assert push(workspace, again=True) == ("create", "draft", 0)
    assert len(world.campaigns) == 1


def test_a_definite_no_is_told_and_can_be_tried_again(workspace: Workspace, world: World) -> None:
    approved(workspace)
    world.faults = {1: "no"}
    assert push(workspace) == ("failed", "unknown", 3)
    assert workspace.store.receipts(MONTH) == []
    # so the edition can still be corrected
    put(workspace, a_post(title="Koffie op perron 5"))
    approved(workspace)
    assert push(workspace) == ("create", "draft", 0)
    assert len(world.campaigns) == 1


def test_a_dry_run_calls_nothing_that_changes(workspace: Workspace, world: World) -> None:
    approved(workspace)
    assert push(workspace, dry_run=True) == ("create", "none", 0)
    assert world.calls == ["find"]
    assert workspace.store.receipts(MONTH) == []


def test_a_campaign_someone_removed_is_not_made_again(workspace: Workspace, world: World) -> None:
    approved(workspace)
    push(workspace)
    world.campaigns.clear()
    step, state, code = push(workspace)
    assert (step, state, code) == ("stop", "none", 1)
    assert world.campaigns == {}


def test_a_test_mail_and_a_time(workspace: Workspace, world: World) -> None:
    approved(workspace)
    when = f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M}"
    wishes = {"test": "me@example.org", "schedule": when}
    planned = pipeline.push(workspace, MONTH, dry_run=True, **wishes)  # type: ignore[arg-type]
    local = when.replace("T", " ")
    told = planned.pushed["nl"].why
    assert told.endswith(
        f"; then a test mail goes to me@example.org; then it is to be sent at {local}"
    )
    report = pipeline.push(workspace, MONTH, **wishes)  # type: ignore[arg-type]
    one = report.pushed["nl"]
    assert (one.step, one.state, one.exit_code) == ("create", "scheduled", 0)
    assert one.why.endswith(f"; a test mail went to me@example.org; it is to be sent at {local}")
    assert world.tests == [("1", "me@example.org")]
    with pytest.raises(UsageError, match="has passed"):
        push(workspace, schedule="2020-01-01T09:00")


def test_no_piece_goes_out_with_two_editions(workspace: Workspace, world: World) -> None:
    """Two drafts hold the same piece; the one that is pushed first keeps it."""
    workspace.now = lambda: datetime.fromisoformat("2026-12-05T09:00:00+00:00")
    approved(workspace)
    pipeline.draft(workspace, "2026-12")
    pipeline.approve(workspace, "2026-12", by="Anna")
    push(workspace)
    report = pipeline.push(workspace, "2026-12")
    assert report.pushed["nl"].step == "stop"
    assert "koffie goes out with 2026-11" in report.pushed["nl"].why
    assert len(world.campaigns) == 1
    refreshed = pipeline.draft(workspace, "2026-12")
    assert refreshed.edition.items == ()


def test_a_pushed_edition_is_frozen(workspace: Workspace, world: World) -> None:
    fingerprint = approved(workspace)
    push(workspace)
    put(workspace, a_post("https://blog.example/nieuw/", texts=("Nieuw.",)), "nieuw")
    report = pipeline.draft(workspace, MONTH)
    assert report.state == "pushed"
    assert report.built["nl"].email.fingerprint == fingerprint
    assert "is with the provider already" in report.notes[0]
    with pytest.raises(HeldError):
        pipeline.leave_out(workspace, MONTH, "koffie", "why")


def test_a_piece_whose_push_was_cut_off_stays_with_its_edition(
    workspace: Workspace, world: World
) -> None:
    """Killed after the create, and then the month turns."""
    approved(workspace)
    world.faults = {1: "after"}
    with pytest.raises(Killed):
        push(workspace)
    workspace.now = lambda: datetime.fromisoformat("2026-12-05T09:00:00+00:00")
    assert pipeline.draft(workspace, "2026-12").edition.items == ()
    world.faults = {}
    assert push(workspace)[1:] == ("draft", 0)
    assert len(world.campaigns) == 1


def test_one_language_may_follow_the_other(tmp_path: Path, world: World) -> None:
    """Dutch goes out while English still waits for its translation."""
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE.replace('["nl"]', '["nl", "en"]'))
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as both:
        put(both, a_post())
        pipeline.draft(both, MONTH)
        pipeline.approve(both, MONTH, by="Anna", language="nl")
        first = pipeline.push(both, MONTH, alone=True)
        assert [one.step for one in first.pushed.values()] == ["create", "wait"]
        dutch = first.pushed["nl"]
        assert pipeline.translate(both).held, "what went out in Dutch still needs its English"
        english = a_post("https://blog.example/coffee/", language="en")
        put(both, english)
        with pytest.raises(HeldError, match="refresh it with"):
            pipeline.approve(both, MONTH, by="Anna", language="en")
        report = pipeline.draft(both, MONTH)
        assert [item.piece for item in report.edition.items] == ["koffie"]
        before = both.store.approvals(MONTH)["nl"]
        report = pipeline.approve(both, MONTH, by="Bea")
        assert [one.by for one in report.approvals.values()] == ["Anna", "Bea"]
        assert both.store.approvals(MONTH)["nl"] == before, "what went out stays as it was"
        second = pipeline.push(both, MONTH)
        assert [one.step for one in second.pushed.values()] == ["none", "create"]
        assert second.pushed["nl"].remote_id == dutch.remote_id
        assert "Coffee on platform 4" in world.emails["2"].html
        assert "Op het station" not in world.emails["2"].html
    assert len(world.campaigns) == 2


def both_languages(tmp_path: Path) -> None:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE.replace('["nl"]', '["nl", "en"]'))


def test_one_language_goes_alone_and_that_is_said(tmp_path: Path, world: World) -> None:
    both_languages(tmp_path)
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as both:
        put(both, a_post())
        pipeline.draft(both, MONTH)
        pipeline.approve(both, MONTH, by="Anna", language="nl")
        when = "2026-12-01T09:00"
        for wish in ({}, {"schedule": when}, {"schedule": when, "test": "me@example.org"}):
            told = pipeline.push(both, MONTH, **wish)  # type: ignore[arg-type]
            assert (told.exit_code, told.pushed["nl"].step) == (1, "stop")
            assert "en is not approved" in told.pushed["nl"].why
            assert "--alone" in told.pushed["nl"].why
        assert world.campaigns == {}, "nobody said that it goes alone"
        plan = pipeline.push(both, MONTH, dry_run=True)
        assert (plan.exit_code, plan.pushed["nl"].step) == (1, "create")
        assert "nl waits for it (with --alone it does not)" in plan.pushed["en"].why
        assert both.store.dismissals() == {}
        assert pipeline.push(both, MONTH, alone=True, dry_run=True).exit_code == 0
        assert both.store.dismissals() == {}, "a dry run keeps nothing"
        meant = pipeline.push(both, MONTH, alone=True)
        assert (meant.exit_code, meant.pushed["en"].state) == (0, "waiting")
        assert meant.pushed["en"].why.endswith("; nl goes without it")
        kept = both.store.dismissals()["cxgreetz-2026-11-nl alone"]
        assert (kept.by, kept.reason) == ("Anna", "pushed without en")
        later = pipeline.push(both, MONTH)
        assert (later.pushed["nl"].step, later.exit_code) == ("none", 0), "it was said before"
    assert len(world.campaigns) == 1


def test_one_language_is_pushed_when_it_is_named_and_the_other_is_not_forgotten(
    tmp_path: Path, world: World
) -> None:
    both_languages(tmp_path)
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as both:
        put(both, a_post())
        pipeline.draft(both, MONTH)
        pipeline.approve(both, MONTH, by="Anna", language="nl")
        with pytest.raises(UsageError, match="'de' is no email of this newsletter; it has: nl, en"):
            pipeline.push(both, MONTH, languages=["nl", "de"])
        first = pipeline.push(both, MONTH, languages=["nl"])
        assert (list(first.pushed), first.exit_code) == (["nl"], 0)
        assert first.as_json()["not_asked"] == {"en": "it is not approved"}
        assert "· 2026-11 en: it is not approved; it was not asked for" in show.push(first)
        assert both.store.dismissals() == {}, "it was the word for one run"
        assert pipeline.push(both, MONTH).exit_code == 1, "so the rule stands for the next"
        told = pipeline.push(both, MONTH, languages=["en"])
        assert (told.pushed["en"].step, told.exit_code) == ("wait", 1)
        assert told.not_asked == {}, "nl is out as it was approved"
        assert pipeline.push(both, MONTH, languages=["nl"], alone=True).exit_code == 0
        kept = both.store.dismissals()["cxgreetz-2026-11-nl alone"]
        assert kept.reason == "pushed without en"
        put(both, a_post("https://blog.example/coffee/", language="en"))
        pipeline.draft(both, MONTH)
        pipeline.approve(both, MONTH, by="Anna", language="en")
        assert pipeline.push(both, MONTH, languages=["nl"]).not_asked == {
            "en": "it is approved, and not pushed"
        }
    assert len(world.campaigns) == 1


def test_files_to_look_at_count_for_nothing(workspace: Workspace, world: World) -> None:
    fingerprint = approved(workspace)
    files = workspace.folder / "outbox" / MONTH / "nl"
    assert push(workspace, provider="outbox", dry_run=True) == ("create", "none", 0)
    assert not files.exists()
    shown = pipeline.push(workspace, MONTH, provider="outbox")
    assert (shown.as_json()["languages"]["nl"]["provider"], shown.exit_code) == ("outbox", 0)
    assert "for fakes.provider nothing has changed" in shown.pushed["nl"].why
    assert fingerprint[:12] in (files / "email.html").read_text()
    assert push(workspace, provider="outbox") == ("none", "draft", 0)
    assert (world.calls, workspace.store.receipts(MONTH), workspace.store.carried()) == ([], [], {})
    # The edition can still change, its files follow, and the push is as if nothing had been.
    put(workspace, a_post(title="Koffie op perron 5"))
    pipeline.draft(workspace, MONTH)
    assert push(workspace, provider="outbox") == ("wait", "waiting", 1)
    approved(workspace)
    assert push(workspace, provider="outbox") == ("create", "draft", 0)
    assert "perron 5" in (files / "email.html").read_text()
    assert push(workspace) == ("create", "draft", 0)
    assert len(world.campaigns) == 1


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"provider": "pigeon"}, "'pigeon' is no provider; there are: .*outbox"),
        ({"provider": "brevo"}, "are those of fakes.provider; name brevo there"),
        ({"provider": "outbox", "test": "me@example.org"}, "it goes alone"),
        ({"provider": "outbox", "schedule": "2026-12-01T09:00"}, "it goes alone"),
    ],
)
def test_another_provider_than_the_files_only_writes_files(
    workspace: Workspace, world: World, wish: dict[str, str], told: str
) -> None:
    approved(workspace)
    with pytest.raises(UsageError, match=told):
        push(workspace, **wish)
    assert world.calls == []


def test_a_test_mail_of_one_language_needs_no_other(tmp_path: Path, world: World) -> None:
    both_languages(tmp_path)
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as both:
        put(both, a_post())
        pipeline.draft(both, MONTH)
        pipeline.approve(both, MONTH, by="Anna", language="nl")
        told = pipeline.push(both, MONTH, test="me@example.org")
        assert told.pushed["nl"].step == "create"
    assert world.tests == [("1", "me@example.org")]
    (remote,) = world.campaigns.values()
    assert remote.state == "draft"


def test_alone_excuses_no_failure(tmp_path: Path, world: World) -> None:
    both_languages(tmp_path)
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as both:
        put(both, a_post())
        pipeline.draft(both, MONTH)
        assert pipeline.push(both, MONTH, alone=True).exit_code == 1, "nothing goes at all"
        pipeline.approve(both, MONTH, by="Anna", language="nl")
        world.faults = {1: "no"}
        assert pipeline.push(both, MONTH, alone=True).exit_code == 3
        assert both.store.dismissals() == {}


def test_one_language_that_fails_does_not_hide_the_other(tmp_path: Path, world: World) -> None:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE.replace('["nl"]', '["nl", "en"]'))
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as both:
        put(both, a_post())
        put(both, a_post("https://blog.example/coffee/", language="en"))
        pipeline.draft(both, MONTH)
        pipeline.approve(both, MONTH, by="Anna")
        world.faults = {1: "no"}
        report = pipeline.push(both, MONTH)
        assert [one.step for one in report.pushed.values()] == ["failed", "create"]
        assert report.exit_code == 3


def test_a_campaign_of_a_lost_database_stays_as_it_is(workspace: Workspace, world: World) -> None:
    approved(workspace)
    push(workspace)
    (held,) = world.campaigns.values()
    for file in workspace.folder.glob("cxgreetz.db*"):
        file.unlink()
    with pipeline.open_workspace(workspace.folder, now=lambda: NOW) as fresh:
        put(fresh, a_post(title="Een ander stuk"))
        approved(fresh)
        assert push(fresh) == ("stop", "draft", 1)
    assert world.campaigns[held.id] == held


def test_a_named_closing_time_is_kept(workspace: Workspace) -> None:
    put(workspace, a_post("https://blog.example/x/", published=NOW - timedelta(days=9)), "oud")
    closing = f"{NOW - timedelta(days=5):%Y-%m-%d}"
    first = pipeline.draft(workspace, MONTH, closing=closing)
    again = pipeline.draft(workspace, MONTH)
    assert (
        [i.piece for i in first.edition.items] == [i.piece for i in again.edition.items] == ["oud"]
    )


def test_settings_of_today_hold_for_what_was_gathered_before(workspace: Workspace) -> None:
    pipeline.draft(workspace, MONTH)
    text = WORKSPACE.replace("[provider]", "excerpt_limit = 40\n[provider]")
    (workspace.folder / "cxgreetz.toml").write_text(text)
    with pipeline.open_workspace(workspace.folder, now=lambda: NOW) as limited:
        (item,) = pipeline.draft(limited, MONTH).built["nl"].views[0].items
        assert sum(len(block.html) for block in item.blocks) <= 40
    (workspace.folder / "cxgreetz.toml").write_text(text.replace("2026-01-01", "2026-11-21"))
    with pipeline.open_workspace(workspace.folder, now=lambda: NOW) as later:
        assert pipeline.draft(later, MONTH).edition.items == ()


def test_a_time_for_what_is_scheduled_already_is_not_ignored(
    workspace: Workspace, world: World
) -> None:
    approved(workspace)
    push(workspace, schedule="2026-12-01T09:00")
    assert push(workspace, schedule="2026-12-02T09:00") == ("stop", "scheduled", 1)


def test_states_are_told(workspace: Workspace, world: World) -> None:
    pipeline.draft(workspace, MONTH)
    assert pipeline.status(workspace).as_json()["editions"][0]["state"] == "draft"
    approved(workspace)
    assert pipeline.status(workspace).as_json()["editions"][0]["state"] == "approved"
    push(workspace)
    (edition,) = pipeline.status(workspace).as_json()["editions"]
    assert edition["state"] == "pushed"
    assert edition["languages"]["nl"]["approved_by"] == "Anna"
    assert edition["languages"]["nl"]["receipt"]["state"] == "confirmed"


def test_same_store_same_bytes(workspace: Workspace) -> None:
    first = pipeline.draft(workspace, MONTH).built["nl"].email
    second = pipeline.draft(workspace, MONTH).built["nl"].email
    assert first == second


def test_a_time_is_taken_back_and_nothing_else_done(workspace: Workspace, world: World) -> None:
    assert_stop = ("stop", "none", 1)
    approved(workspace)
    assert push(workspace, unschedule=True) == assert_stop
    push(workspace, schedule="2026-12-01T09:00")
    assert push(workspace, unschedule=True, dry_run=True) == ("unschedule", "scheduled", 0)
    assert push(workspace, unschedule=True) == ("unschedule", "draft", 0)
    assert push(workspace, unschedule=True) == ("none", "draft", 0)
    assert world.calls.count("unschedule") == 1
    with pytest.raises(UsageError, match="--unschedule goes alone"):
        push(workspace, unschedule=True, schedule="2026-12-01T09:00")


def test_a_long_wait_keeps_the_lease(
    workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock goes on with every nap; a lease of ten minutes would be over in between."""
    approved(workspace)
    clock = [1_000_000.0]
    monkeypatch.setattr(sharing.time, "time", lambda: clock[0])

    def sleep(seconds: float) -> None:
        assert seconds <= 60
        clock[0] += seconds
        with pytest.raises(HeldError, match="busy with push"), workspace.store.lease("push"):
            pass

    workspace.sleep = sleep
    monkeypatch.setattr(campaign, "FIND_AGAIN", (400.0, 400.0, 400.0))
    world.faults, world.blind = {1: "lost"}, 2
    assert push(workspace) == ("create", "draft", 0)
    assert clock[0] == 1_001_200.0


def test_who_lost_the_lease_while_the_machine_slept_makes_nothing_more(
    workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lid is closed for an hour after the first look, and another machine pushes."""
    approved(workspace)
    clock = [1_000_000.0]
    monkeypatch.setattr(sharing.time, "time", lambda: clock[0])
    call = world.call

    def close_the_lid(name: str) -> str:
        if name == "find" and not world.calls:
            clock[0] += 3600
            other.enter_context(workspace.store.lease("push"))
        return call(name)

    monkeypatch.setattr(world, "call", close_the_lid)
    with ExitStack() as other, pytest.raises(HeldError, match="another run took over push"):
        push(workspace)
    assert world.campaigns == {} and workspace.store.receipts(MONTH) == []


def test_an_email_that_is_too_large_for_a_provider_is_held(
    workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(workspace)
    able = replace(provider.CAPABILITIES, max_bytes=1000)
    monkeypatch.setattr(provider, "CAPABILITIES", able)
    report = pipeline.push(workspace, MONTH)
    assert "takes 1000" in report.pushed["nl"].why and report.exit_code == 1
    assert world.calls == []


def test_a_test_mail_that_fails_does_not_hide_the_campaign(
    workspace: Workspace, world: World
) -> None:
    approved(workspace)
    world.faults = {3: "no"}
    report = pipeline.push(workspace, MONTH, test="me@example.org")
    one = report.pushed["nl"]
    assert (one.step, one.state, one.remote_id, one.exit_code) == ("create", "draft", "1", 3)
    assert "no test mail: the provider says no" in one.why


@pytest.mark.parametrize(
    "address", ["", " ", "anna", "a@x.nl,b@x.nl", "A <a@x.nl>", "a@x.nl b@x.nl"]
)
def test_a_test_mail_goes_to_one_address(workspace: Workspace, world: World, address: str) -> None:
    approved(workspace)
    with pytest.raises(UsageError, match="is not one address"):
        push(workspace, test=address)
    assert world.calls == []


def test_a_test_mail_whose_answer_is_lost_may_have_gone(workspace: Workspace, world: World) -> None:
    approved(workspace)
    world.faults = {3: "refused"}
    wishes = {"test": "me@example.org", "schedule": "2026-12-01T09:00"}
    one = pipeline.push(workspace, MONTH, **wishes).pushed["nl"]  # type: ignore[arg-type]
    assert "it is not known whether the test mail went" in one.why
    assert one.why.endswith("no time is set") and one.exit_code == 3


@pytest.mark.parametrize(
    ("is_open", "looks", "told", "state", "code"),
    [
        # The answer is lost: set at once, set a while later, never seen to be set.
        (True, 1, "", "scheduled", 0),
        (True, 3, "", "scheduled", 0),
        (True, 99, "it is not known whether a time is set", "draft", 3),
        # Set, and then something went wrong that is no lost answer.
        (False, 1, "it is scheduled all the same: look there", "scheduled", 3),
        (False, 99, "no time is set: no", "draft", 3),
    ],
)
def test_what_became_of_a_time_is_looked_up_and_told(
    workspace: Workspace,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    is_open: bool,
    looks: int,
    told: str,
    state: str,
    code: int,
) -> None:
    approved(workspace)
    push(workspace)
    asked: list[int] = []

    def schedule(self: provider.Campaigns, remote_id: str, when: datetime) -> Remote:
        asked.append(len(world.calls))
        raise ProviderError("no", ambiguous=is_open)

    find = provider.Campaigns.find

    def see(self: provider.Campaigns, key: str) -> list[Remote]:
        if asked and len(world.calls) + 1 - asked[0] >= looks:
            world.campaigns["1"] = replace(world.campaigns["1"], state=RemoteState.SCHEDULED)
        return find(self, key)

    monkeypatch.setattr(provider.Campaigns, "schedule", schedule)
    monkeypatch.setattr(provider.Campaigns, "find", see)
    one = pipeline.push(workspace, MONTH, schedule="2026-12-01T09:00").pushed["nl"]
    assert (one.state, one.exit_code, len(asked)) == (state, code, 1)
    assert told in one.why


def test_one_email_in_two_languages_goes_to_the_audience_of_the_first(
    workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    able = replace(provider.CAPABILITIES, needs_audience=True)
    monkeypatch.setattr(provider, "CAPABILITIES", able)
    text = WORKSPACE.replace('["nl"]', '["nl", "en"]\nlayout = "combined"')
    both = 'nl = "one", en = "two"'
    for audience, place in (('en = "two"', "nl"), ('nl = "one"', ""), (both, "")):
        (workspace.folder / "cxgreetz.toml").write_text(text + f"audience = {{ {audience} }}")
        with pipeline.open_workspace(workspace.folder, now=lambda: NOW) as combined:
            pipeline.draft(combined, MONTH)
            if place:
                with pytest.raises(ConfigError, match=r"provider\.audience\.nl: is not set"):
                    pipeline.push(combined, MONTH)
            else:
                assert delivering._account(combined).audience == {"nl+en": "one"}
                one = pipeline.push(combined, MONTH).pushed["nl+en"]
                assert one.step == "wait"
                assert ("it goes to one, and not to two" in one.why) == (audience == both)
    assert world.campaigns == {}


def test_an_update_that_fails_names_its_campaign(workspace: Workspace, world: World) -> None:
    approved(workspace)
    push(workspace)
    world.campaigns["1"] = replace(world.campaigns["1"], fingerprint="")
    world.faults = {len(world.calls) + 1: "refused"}
    one = pipeline.push(workspace, MONTH).pushed["nl"]
    assert (one.step, one.state, one.remote_id, one.exit_code) == ("failed", "draft", "1", 3)
    assert "push again" in one.why
    assert push(workspace) == ("update", "draft", 0)


def test_what_is_on_its_way_to_the_provider_is_not_changed(
    workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor writes at the very moment of the create: what she sees is what went out."""
    fingerprint = approved(workspace)
    create = provider.Campaigns.create
    said: list[str] = []

    def meanwhile(self: provider.Campaigns, key: str, email: Email) -> Remote:
        with pytest.raises(HeldError) as refused:
            pipeline.write_letter(workspace, MONTH, "nl", "Hallo.")
        said.append(str(refused.value))
        # Once more a yes to the same bytes changes nothing, and says who gave it first.
        again = pipeline.approve(workspace, MONTH, by="Bea")
        assert {one.fingerprint for one in again.approvals.values()} == {fingerprint}
        assert "Bea" not in {one.by for one in again.approvals.values()}
        said.append(pipeline.draft(workspace, MONTH).notes[0])
        return create(self, key, email)

    monkeypatch.setattr(provider.Campaigns, "create", meanwhile)
    assert push(workspace) == ("create", "draft", 0)
    assert all("on its way there" in one for one in said) and len(said) == 2
    assert workspace.store.drafts(MONTH)["nl"].fingerprint == fingerprint
    assert workspace.store.changes(MONTH) == []


def test_a_push_that_was_killed_at_its_create_leaves_the_edition_free(
    workspace: Workspace, world: World
) -> None:
    """What it made is found by the next push, and gets the words that were approved since."""
    approved(workspace)
    world.faults = {1: "after"}
    with pytest.raises(Killed):
        push(workspace)
    world.faults = {}
    pipeline.write_letter(workspace, MONTH, "nl", "Hallo.")
    fingerprint = approved(workspace)
    assert push(workspace) == ("adopt", "draft", 0)
    (remote,) = world.campaigns.values()
    assert remote.fingerprint == fingerprint


def test_an_email_that_changes_while_the_provider_is_asked_is_not_made(
    workspace: Workspace, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved(workspace)
    find = provider.Campaigns.find

    def meanwhile(self: provider.Campaigns, key: str) -> list[Remote]:
        if not world.calls:
            pipeline.write_letter(workspace, MONTH, "nl", "Hallo.")
        return find(self, key)

    monkeypatch.setattr(provider.Campaigns, "find", meanwhile)
    report = pipeline.push(workspace, MONTH)
    assert (report.pushed["nl"].step, report.exit_code) == ("wait", 1)
    assert "changed after it was approved" in report.pushed["nl"].why
    assert world.campaigns == {} and workspace.store.receipts(MONTH) == []


def test_an_edition_that_somebody_is_busy_with_is_pushed_later(
    workspace: Workspace, world: World
) -> None:
    approved(workspace)
    with workspace.store.lease(f"edition {MONTH}"):
        report = pipeline.push(workspace, MONTH)
    assert (report.pushed["nl"].step, report.exit_code) == ("stop", 1)
    assert "busy with edition 2026-11" in report.pushed["nl"].why
    assert world.campaigns == {} and workspace.store.receipts(MONTH) == []
    assert push(workspace) == ("create", "draft", 0)
