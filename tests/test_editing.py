"""What an editor writes into an edition, what she announces, and what finds no room."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cxgreetz import checks, pipeline
from cxgreetz.cli import app
from cxgreetz.edition import NO_ROOM
from cxgreetz.errors import ConfigError, HeldError, UsageError
from cxgreetz.model import Block, BlockKind, Credit, Language
from cxgreetz.pipeline import EditionReport, Workspace
from cxgreetz.store import StoredPost
from fakes import provider
from fakes.provider import World
from samples import NOW, a_post

MONTH, NEXT_MONTH = "2026-11", "2026-12"
LETTER = "Dag jij,\n\nIk zat in de trein en dacht aan je.\nTot snel!"
NEWSLETTER = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-01-01
layout = "{layout}"
[[sources]]
name = "blog"
url = "http://127.0.0.1:1/feed/"
[provider]
name = "fakes.provider"
"""
EVENT = """
[[events]]
kind = "{kind}"
title = {title}
day = {day}
link = "{link}"
"""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    fresh = World()
    monkeypatch.setattr(provider, "WORLD", fresh)
    return fresh


def newsletter(folder: Path, layout: str = "per-language", more: str = "") -> Path:
    (folder / "cxgreetz.toml").write_text(NEWSLETTER.format(layout=layout) + more)
    return folder


@pytest.fixture
def workspace(tmp_path: Path, world: World) -> Iterator[Workspace]:
    """With one column, in both languages."""
    with pipeline.open_workspace(newsletter(tmp_path), now=lambda: NOW) as opened:
        put(opened, "koffie")
        yield opened


@pytest.fixture
def combined(tmp_path: Path, world: World) -> Iterator[Workspace]:
    folder = newsletter(tmp_path, "combined")
    with pipeline.open_workspace(folder, now=lambda: NOW) as opened:
        put(opened, "koffie")
        yield opened


def put(workspace: Workspace, piece: str, number: int = 0) -> None:
    """Store a piece in both languages; each `number` has words of its own and another hour."""
    languages: tuple[Language, ...] = ("nl", "en")
    for language in languages:
        changes: dict[str, Any] = {"published": NOW - timedelta(days=2, hours=number)}
        if number:
            changes |= a_text(language, number)
        url = f"https://blog.example/{language}/{piece}/"
        post = a_post(url, language=language, **changes)
        workspace.store.save_posts([StoredPost(post, piece, "taken", "new", post.published, NOW)])


def a_text(language: Language, number: int) -> dict[str, Any]:
    dutch = language == "nl"
    title = f"Het verhaal van klant {number}" if dutch else f"The story of customer {number}"
    text = (
        f"Klant nummer {number} stond vanmorgen aan de balie en vroeg waarom er niemand was. "
        "Dat was een goede vraag, en het antwoord duurde langer dan de koffie die erbij hoorde."
        if dutch
        else f"Customer number {number} stood at the desk this morning and asked why nobody was "
        "there. It was a good question, and the answer took longer than the coffee with it."
    )
    blocks = tuple(Block(BlockKind.PARAGRAPH, text, language) for _ in range(3))
    return {"title": title, "blocks": blocks, "credit": Credit("Marijke van der Veen")}


def fingerprints(workspace: Workspace) -> dict[str, str]:
    return {name: kept.fingerprint for name, kept in workspace.store.drafts(MONTH).items()}


def changed(workspace: Workspace) -> list[tuple[Any, ...]]:
    """Every change that was kept, the oldest first."""
    found = workspace.store.changes(MONTH)[::-1]
    assert all(change.at == NOW for change in found)
    return [(c.by, c.kind, c.subject, c.before, c.after) for c in found]


def approve_all(workspace: Workspace) -> None:
    report = pipeline.draft(workspace, MONTH)
    if waiting := [finding.id for finding in report.open_warnings]:
        pipeline.dismiss_findings(workspace, MONTH, waiting, reason="seen", by="Anna")
    pipeline.approve(workspace, MONTH, by="Anna")


# her letter and her subject


def test_a_letter_stands_in_its_own_language_only(workspace: Workspace) -> None:
    pipeline.draft(workspace, MONTH)
    before = fingerprints(workspace)
    report = pipeline.write_letter(workspace, MONTH, "nl", f"  {LETTER}\n\n", by=" Anna ")
    after = fingerprints(workspace)
    assert after["nl"] != before["nl"] and after["en"] == before["en"]
    email = report.built["nl"].email
    assert "Ik zat in de trein" in email.html and "Ik zat in de trein" in email.text
    assert "Ik zat in de trein" not in report.built["en"].email.html
    assert report.behind == []
    assert changed(workspace) == [("Anna", "letter", "nl", "", LETTER)]


def test_a_subject_is_hers_until_she_takes_it_away(workspace: Workspace) -> None:
    made = pipeline.draft(workspace, MONTH).built["en"].email.subject
    before = fingerprints(workspace)
    report = pipeline.write_subject(workspace, MONTH, "en", "A cup of\n  coffee", by="Anna")
    assert report.built["en"].email.subject == "A cup of coffee"
    assert fingerprints(workspace)["nl"] == before["nl"]
    report = pipeline.write_subject(workspace, MONTH, "en", "", by="Bea")
    assert report.built["en"].email.subject == made
    assert fingerprints(workspace) == before
    assert changed(workspace) == [
        ("Anna", "subject", "en", "", "A cup of coffee"),
        ("Bea", "subject", "en", "A cup of coffee", ""),
    ]


def test_what_she_wrote_is_kept_when_the_edition_is_refreshed(workspace: Workspace) -> None:
    pipeline.draft(workspace, MONTH)
    pipeline.write_letter(workspace, MONTH, "nl", LETTER)
    pipeline.write_subject(workspace, MONTH, "nl", "Een kop koffie")
    email = pipeline.draft(workspace, MONTH).built["nl"].email
    assert email.subject == "Een kop koffie" and "Ik zat in de trein" in email.html


def test_nothing_is_kept_where_nothing_changed(workspace: Workspace) -> None:
    pipeline.draft(workspace, MONTH)
    pipeline.write_letter(workspace, MONTH, "nl", LETTER)
    before = fingerprints(workspace)
    pipeline.write_letter(workspace, MONTH, "nl", f"\n{LETTER}  \n")
    pipeline.write_subject(workspace, MONTH, "nl", "  ")
    pipeline.leave_out(workspace, MONTH, "koffie", None)
    assert fingerprints(workspace) == before
    assert len(workspace.store.changes(MONTH)) == 1


def test_both_languages_have_their_letter_in_one_email(combined: Workspace) -> None:
    pipeline.draft(combined, MONTH)
    pipeline.write_letter(combined, MONTH, "nl", LETTER)
    pipeline.write_subject(combined, MONTH, "nl", "Een kop koffie")
    report = pipeline.write_letter(combined, MONTH, "en", "Hello you, I was on a train.")
    (built,) = report.built.values()
    assert list(report.built) == ["nl+en"]
    for words in ("Ik zat in de trein", "I was on a train", "Een kop koffie"):
        assert words in built.email.html + built.email.subject
    assert [change.subject for change in combined.store.changes(MONTH)] == ["en", "nl", "nl"]


@pytest.mark.parametrize("verb", [pipeline.write_letter, pipeline.write_subject])
def test_a_language_the_newsletter_lacks_is_named(workspace: Workspace, verb: Any) -> None:
    pipeline.draft(workspace, MONTH)
    with pytest.raises(UsageError, match="'de' is no language of this newsletter: nl, en"):
        verb(workspace, MONTH, "de", "Guten Tag")
    assert workspace.store.changes(MONTH) == []


def test_a_month_without_an_edition_has_no_letter(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="there is no edition 2026-11 yet"):
        pipeline.write_letter(workspace, MONTH, "nl", LETTER)


def test_a_changed_letter_voids_the_approval_of_its_language(workspace: Workspace) -> None:
    approve_all(workspace)
    report = pipeline.write_letter(workspace, MONTH, "nl", LETTER)
    assert report.state == "draft"
    (row,) = pipeline.status(workspace).as_json()["editions"]
    by = {language: one["approved_by"] for language, one in row["languages"].items()}
    assert by == {"nl": None, "en": "Anna"}
    # the very bytes that were approved are there again
    assert pipeline.write_letter(workspace, MONTH, "nl", "").state == "approved"


def test_only_the_language_that_a_provider_holds_is_refused(
    workspace: Workspace, world: World
) -> None:
    approve_all(workspace)
    pipeline.write_letter(workspace, MONTH, "en", "Hello you.")
    assert pipeline.push(workspace, MONTH, alone=True).pushed["nl"].step == "create"
    before = fingerprints(workspace)
    for verb in (pipeline.write_letter, pipeline.write_subject):
        with pytest.raises(HeldError, match="2026-11 nl is with the provider already"):
            verb(workspace, MONTH, "nl", "Nog een woord")
    with pytest.raises(HeldError, match="2026-11 is with the provider already"):
        pipeline.leave_out(workspace, MONTH, "koffie", "too late")
    report = pipeline.write_letter(workspace, MONTH, "en", "Hello you, once more.")
    assert "once more" in report.built["en"].email.text
    after = fingerprints(workspace)
    assert after["nl"] == before["nl"] and after["en"] != before["en"]
    assert [change.after for change in workspace.store.changes(MONTH)] == [
        "Hello you, once more.",
        "Hello you.",
    ]


def test_a_combined_email_that_a_provider_holds_is_refused_in_both_languages(
    combined: Workspace,
) -> None:
    approve_all(combined)
    pipeline.push(combined, MONTH)
    for language in ("nl", "en"):
        with pytest.raises(HeldError, match="with the provider already"):
            pipeline.write_letter(combined, MONTH, language, "Nog een woord")


def test_what_is_left_out_is_kept_with_who_and_why(workspace: Workspace) -> None:
    pipeline.draft(workspace, MONTH)
    report = pipeline.leave_out(workspace, MONTH, "koffie", "next month", by="Anna")
    assert report.edition.shown == ()
    report = pipeline.leave_out(workspace, MONTH, "koffie", None, by="Bea")
    assert report.edition.shown == ("koffie",)
    assert changed(workspace) == [
        ("Anna", "left out", "koffie", None, "next month"),
        ("Bea", "left out", "koffie", "next month", None),
    ]
    with pytest.raises(UsageError, match="'thee' is not in edition 2026-11"):
        pipeline.leave_out(workspace, MONTH, "thee", "why")
    assert len(workspace.store.changes(MONTH)) == 2


@pytest.mark.parametrize(
    "sign", ["\x00", "\x0b", "\x1b", "\ud800", "\u200d", "\u2028", "<b>", "{{ x }}"]
)
def test_any_sign_can_stand_in_a_letter_and_a_subject(workspace: Workspace, sign: str) -> None:
    pipeline.draft(workspace, MONTH)
    pipeline.write_letter(workspace, MONTH, "nl", f"Dag{sign}jij")
    report = pipeline.write_subject(workspace, MONTH, "nl", f"Een{sign}kop")
    email = report.built["nl"].email
    assert "\n" not in email.subject
    assert not set("\x00\x0b\x1b") & set(email.subject + email.html + email.text)
    assert "<b>" not in email.html


# what she announces


def events_of(report: EditionReport, language: str = "nl") -> list[str]:
    (view,) = report.built[language].views
    return [event.title for event in view.events]


def test_events_come_from_the_file_and_from_her(tmp_path: Path, world: World) -> None:
    link = "https://example.org/avond/"
    more = EVENT.format(kind="keynote", title='"Avond"', day="2026-12-10", link=link)
    with pipeline.open_workspace(newsletter(tmp_path, more=more), now=lambda: NOW) as opened:
        put(opened, "koffie")
        title = {"nl": "Masterclass wachten", "en": "Masterclass on waiting"}
        pipeline.announce(opened, kind="masterclass", title=title, day=date(2026, 12, 3))
        rows = pipeline.list_events(opened).as_json()["events"]
        assert [(row["id"], row["kind"], row["day"]) for row in rows] == [
            (1, "masterclass", "2026-12-03"),
            (None, "keynote", "2026-12-10"),
        ]
        report = pipeline.draft(opened, MONTH)
        assert events_of(report, "nl") == ["Masterclass wachten", "Avond"]
        assert events_of(report, "en") == ["Masterclass on waiting", "Avond"]
        assert link in report.built["en"].email.html
        assert "Masterclass wachten" in report.built["nl"].email.text
        assert pipeline.withdraw(opened, 1).numbered == {}
        assert events_of(pipeline.draft(opened, MONTH)) == ["Avond"]


def test_what_is_over_is_told_no_more(workspace: Workspace) -> None:
    day = NOW.date()
    pipeline.announce(workspace, title="Gisteren", day=day - timedelta(days=1))
    pipeline.announce(workspace, title="Vandaag", day=day)
    pipeline.announce(
        workspace, title="Al begonnen", day=day - timedelta(days=9), until=day + timedelta(days=1)
    )
    pipeline.announce(workspace, kind="book", title="Een boek")
    report = pipeline.draft(workspace, MONTH)
    assert events_of(report) == ["Al begonnen", "Vandaag", "Een boek"]
    assert len(pipeline.list_events(workspace).numbered) == 4


def test_an_announcement_asks_for_a_new_approval(workspace: Workspace) -> None:
    approve_all(workspace)
    pipeline.announce(workspace, title="Masterclass", day=NOW.date() + timedelta(days=9))
    report = pipeline.check(workspace, MONTH)
    assert report.behind == ["nl", "en"]
    assert any("refresh it with: cxgreetz draft 2026-11" in note for note in report.notes)
    with pytest.raises(HeldError, match="have changed since the draft"):
        pipeline.approve(workspace, MONTH, by="Anna")
    assert pipeline.draft(workspace, MONTH).state == "draft"


WRONG: Sequence[tuple[dict[str, Any], str]] = [
    ({"title": "Masterclass", "link": "example.org/x"}, "link: .*http"),
    ({"title": "Masterclass", "link": "javascript:alert(1)"}, "link: .*http"),
    ({"title": ""}, "title: is empty; say what it is called"),
    ({}, "title: is missing"),
    ({"title": {"nl": "Masterclass"}}, "no name in en; give it one: --en NAME"),
    ({"title": "Masterclass", "kind": "party"}, "kind: 'party' is not one of .*masterclass"),
    ({"title": "Master\nclass"}, "title: holds a line break"),
]


@pytest.mark.parametrize(("values", "said"), WRONG)
def test_a_wrong_event_is_told_in_one_line(
    workspace: Workspace, values: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said) as told:
        pipeline.announce(workspace, **values)
    assert "\n" not in str(told.value)
    assert pipeline.list_events(workspace).numbered == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "party"}, "events[0].kind: 'party' is not one of"),
        ({"title": '""'}, "events[0].title: is empty"),
        ({"title": '{ nl = "Avond" }'}, "events[0].title: has no name in en"),
        ({"day": '"soon"'}, "events[0].day: "),
        ({"link": "ftp://example.org"}, "events[0].link: "),
    ],
)
def test_a_wrong_event_of_the_file_is_told_with_its_place(
    tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    values = {"kind": "event", "title": '"Avond"', "day": "2026-12-10", "link": "https://a.b"}
    newsletter(tmp_path, more=EVENT.format(**{**values, **changes}))
    with pytest.raises(ConfigError) as told, pipeline.open_workspace(tmp_path):
        pass
    assert said in str(told.value)


@pytest.mark.parametrize("number", [7, 0, -1, 10**20])
def test_an_event_that_is_not_there_is_named(workspace: Workspace, number: int) -> None:
    with pytest.raises(UsageError, match=f"there is no event {number}; there are: none"):
        pipeline.withdraw(workspace, number)


# what finds no room


def fill(workspace: Workspace, count: int) -> list[str]:
    """Store so many columns; give their pieces, the newest first."""
    pieces = [f"verhaal-{number:02}" for number in range(1, count + 1)]
    for number, piece in enumerate(pieces, 1):
        put(workspace, piece, number)
    return pieces


def heaviest(report: EditionReport) -> int:
    overhead = provider.CAPABILITIES.link_overhead
    return max(built.email.weight(overhead) for built in report.built.values())


@pytest.mark.parametrize(("layout", "count"), [("per-language", 60), ("combined", 40)])
def test_what_would_be_cut_off_goes_into_the_next_edition(
    tmp_path: Path, world: World, layout: str, count: int
) -> None:
    folder = newsletter(tmp_path, layout)
    with pipeline.open_workspace(folder, now=lambda: NOW) as opened:
        pieces = fill(opened, count)
        opened.store.save_edition(pipeline.draft(opened, MONTH).edition)
        own = pipeline.leave_out(opened, MONTH, pieces[-1], "not now").edition
        report = pipeline.draft(opened, MONTH)
        assert heaviest(report) <= checks.SIZE_ERROR
        assert not [
            f
            for built in report.built.values()
            for f in built.findings
            if f.check == "size" and f.severity == "error"
        ]
        assert all(view.brief for built in report.built.values() for view in built.views)
        row = report.as_json()
        reasons = {one["piece"]: one["reason"] for one in row["left_out"]}
        late = [piece for piece, reason in reasons.items() if reason == NO_ROOM]
        # of the short reads the newest: what waited longest goes first
        assert late == pieces[4 : 4 + len(late)] and late
        assert reasons[pieces[-1]] == "not now" and pieces[-1] not in own.shown
        assert row["notes"] == [
            f"no room in {MONTH} for {', '.join(late)}: the next edition takes it"
        ]
        # no more than has to: the least of them would not fit in
        fuller = pipeline.leave_out(opened, MONTH, late[-1], None)
        assert heaviest(fuller) > checks.SIZE_ERROR

        # a refresh puts it over again, and takes in what there is room for
        assert pipeline.draft(opened, MONTH).edition == report.edition
        for piece in pieces[-3:-1]:
            pipeline.leave_out(opened, MONTH, piece, "too long")
        roomier = pipeline.draft(opened, MONTH).edition
        told = {item.piece: item.left_out for item in roomier.items if item.left_out}
        still = {piece for piece, reason in told.items() if reason == NO_ROOM}
        assert still < set(late)
        assert set(told) - still == set(pieces[-3:])
        # and the next month carries it
        opened.now = lambda: NOW + timedelta(days=20)
        assert set(late) <= {
            item.piece for item in pipeline.draft(opened, NEXT_MONTH).edition.items
        }


def test_short_reads_are_told_by_their_titles_before_anything_is_put_over(
    workspace: Workspace,
) -> None:
    fill(workspace, 43)
    report = pipeline.draft(workspace, MONTH)
    assert checks.SIZE_WARNING < heaviest(report) <= checks.SIZE_ERROR
    sizes = [
        f.severity for built in report.built.values() for f in built.findings if f.check == "size"
    ]
    assert sizes == ["warning", "warning"]
    assert all(view.brief for built in report.built.values() for view in built.views)
    assert report.as_json()["left_out"] == []
    items = tuple(replace(item, left_out="enough") for item in report.edition.items[20:])
    workspace.store.save_edition(replace(report.edition, items=report.edition.items[:20] + items))
    (view,) = pipeline.draft(workspace, MONTH).built["nl"].views
    assert len(view.items) == 20 and not view.brief


def test_a_letter_too_long_for_any_email_is_told_and_nothing_breaks(workspace: Workspace) -> None:
    """Somebody's whole book, and no column beside it."""
    pipeline.draft(workspace, MONTH)
    pipeline.leave_out(workspace, MONTH, "koffie", "not now")
    pipeline.write_letter(workspace, MONTH, "nl", "Een heel lang verhaal. " * 5000)
    report = pipeline.draft(workspace, MONTH)
    errors = [f.check for f in report.built["nl"].findings if f.severity == "error"]
    assert "size" in errors


# the command line


def call(workspace: Workspace, *arguments: str, typed: str | bytes = "") -> tuple[int, str, str]:
    told = [*arguments, "--workspace", str(workspace.folder)]
    result = CliRunner().invoke(app, told, input=typed)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def write(workspace: Workspace, *arguments: str, typed: str | bytes = "") -> tuple[int, str, str]:
    return call(workspace, "write", MONTH, *arguments, typed=typed)


def greeting(workspace: Workspace, language: str = "nl") -> str:
    kept = workspace.store.edition(MONTH)
    assert kept is not None
    return kept.greetings.get(language, "")


@pytest.fixture
def drafted(tmp_path: Path) -> Iterator[Workspace]:
    """As a person has it: with the outbox for a provider, and today's clock."""
    text = NEWSLETTER.format(layout="per-language").partition("[provider]")[0]
    (tmp_path / "cxgreetz.toml").write_text(text)
    with pipeline.open_workspace(tmp_path) as opened:
        put(opened, "koffie")
        pipeline.draft(opened, MONTH)
        yield opened


def test_a_letter_comes_from_a_file(drafted: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dag jij, één keer per maand.\n", encoding="utf-8-sig")
    options = ["--language", "nl", "--letter", str(file), "--subject", "Een kop koffie"]
    code, out, _err = write(drafted, *options, "--by", "Anna")
    assert code == 0 and "Een kop koffie" in out
    assert greeting(drafted) == "Dag jij, één keer per maand."
    found = drafted.store.changes(MONTH)
    assert [(c.by, c.kind) for c in found] == [("Anna", "subject"), ("Anna", "letter")]
    assert write(drafted, "--language", "nl", "--letter", "")[0] == 0
    assert greeting(drafted) == ""


def test_a_letter_comes_from_stdin_and_is_told_as_json(drafted: Workspace) -> None:
    options = ["--language", "en", "--letter", "-", "--json"]
    code, out, _err = write(drafted, *options, typed="Hello you, née me.")
    document = json.loads(out)
    assert code == 0 and greeting(drafted, "en") == "Hello you, née me."
    assert document["edition"] == MONTH and set(document["languages"]) == {"nl", "en"}
    code, out, _err = write(drafted, "--language", "en", "--subject", "Tea", "--json")
    assert json.loads(out)["languages"]["en"]["subject"] == "Tea"


def test_what_cannot_be_written_is_one_line(drafted: Workspace, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes("één".encode("latin-1"))
    cases: Sequence[tuple[list[str], str]] = [
        (["--language", "nl"], "nothing to write; name --subject TEXT, --letter FILE, or both"),
        (["--language", "de", "--subject", "Tee"], "'de' is no language of this newsletter"),
        (["--language", "nl", "--letter", str(tmp_path / "old.txt")], "old.txt is not UTF-8 text"),
        (["--language", "nl", "--letter", str(tmp_path / "none.txt")], "none.txt: No such file"),
        (["--language", "nl", "--letter", str(tmp_path)], "Is a directory"),
        (["--language", "nl", "--letter", "-"], "stdin is not UTF-8 text"),
    ]
    for options, said in cases:
        code, out, err = write(drafted, *options, typed="één".encode("latin-1"))
        assert (code, out) == (2, "") and said in err and len(err.splitlines()) == 1, err
    code, out, _err = write(drafted, "--language", "nl", "--json")
    assert code == 2 and json.loads(out)["exit_code"] == 2
    assert drafted.store.changes(MONTH) == []


def test_an_event_is_announced_listed_and_withdrawn(drafted: Workspace) -> None:
    assert "nothing is announced" in call(drafted, "event", "list")[1]
    options = ["--kind", "masterclass", "--day", "2099-12-03", "--note-en", "Utrecht"]
    options += ["--nl", "Wachten", "--en", "Waiting", "--link-nl", "https://example.org/w/"]
    assert call(drafted, "event", "add", *options)[1] == (
        "1: masterclass, 2099-12-03: Waiting / Wachten\n"
        "! 2026-11 was drafted before this; draft it again with: cxgreetz draft 2026-11\n"
    )
    code, out, _err = call(drafted, "event", "add", "--en", "A book", "--kind", "book", "--json")
    one, two = json.loads(out)["events"]
    assert code == 0 and one == {
        "id": 1,
        "kind": "masterclass",
        "title": {"nl": "Wachten", "en": "Waiting"},
        "day": "2099-12-03",
        "note": {"nl": "Utrecht", "en": "Utrecht"},
        "link": {"nl": "https://example.org/w/", "en": "https://example.org/w/"},
        "until": None,
    }
    assert two["title"] == {"nl": "A book", "en": "A book"} and two["day"] is None
    assert call(drafted, "event", "list")[1].splitlines()[1] == "2: book, no day: A book"
    assert json.loads(call(drafted, "event", "remove", "1", "--json")[1])["events"] == [two]
    code, _out, err = call(drafted, "event", "remove", "1")
    assert (code, err) == (2, "cxgreetz: there is no event 1; there are: 2\n")


def test_an_event_that_helps_nobody_is_told(drafted: Workspace) -> None:
    options = ["--nl", "Wachten", "--day", "2099-12-03"]
    assert call(drafted, "event", "add", *options)[0] == 0
    code, out, _err = call(drafted, "event", "add", *options)
    assert code == 1 and "! it is announced already (event 1)" in out
    assert len(drafted.store.events()) == 1
    code, out, _err = call(drafted, "event", "add", "--nl", "Wachten", "--day", "2020-12-03")
    assert code == 1 and "2020-12-03 is past, and no letter to come tells it" in out
    assert "cxgreetz event remove 2" in out


def test_what_stands_in_the_file_is_not_announced_again(tmp_path: Path) -> None:
    event = '[[events]]\ntitle = "Avond"\nday = 2099-12-03\n'
    (tmp_path / "cxgreetz.toml").write_text(TOML_OF_ONE + event)
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as workspace:
        report = pipeline.announce(workspace, title="Avond", day=date(2099, 12, 3))
        assert report.notes == ["it is announced already (cxgreetz.toml)"]
        assert workspace.store.events() == {}
        # Nothing is drafted yet, so nothing needs another draft.
        assert pipeline.announce(workspace, title="Middag").notes == []


def test_status_counts_the_pieces_that_are_shown(drafted: Workspace) -> None:
    (row,) = pipeline.status(drafted).as_json()["editions"]
    pipeline.leave_out(drafted, MONTH, drafted.store.edition(MONTH).shown[0], "later")
    (after,) = pipeline.status(drafted).as_json()["editions"]
    assert (after["items"], after["left_out"]) == (row["items"] - 1, 1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "title: is empty; say what it is called"),
        (["--nl", "Avond", "--kind", "party"], "kind: 'party' is not one of"),
        (["--nl", "Avond", "--link-nl", "example.org"], "link: "),
        (["--nl", "Avond", "--day", "2026-02-30"], "2026-02-30"),
    ],
)
def test_a_wrong_event_is_told_on_the_command_line(
    drafted: Workspace, options: list[str], said: str
) -> None:
    code, _out, err = call(drafted, "event", "add", *options)
    assert code == 2 and said in err
    assert drafted.store.events() == {}


def test_an_edition_made_by_mistake_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "cxgreetz.toml").write_text(TOML_OF_ONE)
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as workspace:
        post = a_post()
        workspace.store.save_posts(
            [StoredPost(post, "koffie", "taken", "new", post.published, NOW)]
        )
        pipeline.draft(workspace, "2027-01")
        pipeline.draft(workspace, "2026-11")
        assert pipeline.drop(workspace, "2027-01").as_json() == {"dropped": "2027-01"}
        assert [e.key for e in workspace.store.editions()] == ["2026-11"]
        assert workspace.store.drafts("2027-01") == {}
        with pytest.raises(UsageError, match="there is no edition 2027-01"):
            pipeline.drop(workspace, "2027-01")
        pipeline.approve(workspace, "2026-11", by="Anna")
        pipeline.push(workspace, "2026-11")
        with pytest.raises(HeldError, match="2026-11 is with a provider"):
            pipeline.drop(workspace, "2026-11")
    runner = CliRunner()
    alone = runner.invoke(app, ["draft", "--drop", "--workspace", str(tmp_path)])
    assert alone.exit_code == 2 and "names the edition" in alone.output
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as workspace:
        pipeline.draft(workspace, "2026-12")
    done = runner.invoke(app, ["draft", "2026-12", "--drop", "--workspace", str(tmp_path)])
    assert done.exit_code == 0 and "2026-12 is forgotten" in done.output


TOML_OF_ONE = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
languages = ["nl"]
start = 2026-01-01
[[sources]]
name = "blog"
url = "https://blog.example/"
"""
