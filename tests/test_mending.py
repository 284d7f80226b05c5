"""Passages side by side: mended, accepted, and taken back; and their brackets."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cxgreetz import pipeline
from cxgreetz.errors import HeldError, StaleError, UsageError
from cxgreetz.model import Block, BlockKind, Edition, Image, Origin, Post, Segment
from cxgreetz.pipeline import Passage, Workspace, open_workspace
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.store import MemoryRow, Store, StoredPost
from cxgreetz.translation import coded, segments
from cxgreetz.translation.bracketed import from_brackets, to_brackets
from cxgreetz.translation.memory import memory_key
from fragments import make_fragment
from samples import NOW, a_post

MONTH = "2026-11"
LAYOUTS = ("per-language", "combined")
WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Anna <anna@example.org>"
start = 2026-01-01
layout = "{layout}"
[[sources]]
name = "blog"
url = "http://127.0.0.1:1/feed/"
[provider]
name = "outbox"
[translation]
engines = []
"""
#: Said in both columns.
GREETING_NL = "De man achter de toonbank wist het allang."
GREETING_EN = "The man behind the counter had known it for a long time."
LINKED_NL = 'Lees <a href="https://blog.example/boek/?a=1&amp;b=2">mijn boek</a> eerst eens.'
LINKED_EN = "Read <g1>my book</g1> first."
FIGURE_NL = "Er stonden 12 mensen te wachten op hun koffie."
FIGURE_EN = "There were 12 people waiting for their coffee."


class Clock:
    """Says when it is; a test moves it on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_hours(self, hours: int) -> None:
        self.now += timedelta(hours=hours)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of each layout, to be copied."""
    folder = tmp_path_factory.mktemp("mending")
    for layout in LAYOUTS:
        (folder / layout).mkdir()
        (folder / layout / "cxgreetz.toml").write_text(WORKSPACE.format(layout=layout))
        with open_workspace(folder / layout, now=lambda: NOW) as opened:
            take(opened, koffie(), brood())
            for dutch, english, origin in (
                ("Koffie op perron 4", "Coffee on platform 4", Origin.ENGINE),
                (GREETING_NL, GREETING_EN, Origin.ENGINE),
                ("Lees <g1>mijn boek</g1> eerst eens.", LINKED_EN, Origin.MEMORY),
            ):
                remember(opened, dutch, english, origin, by="googly")
            pipeline.draft(opened, MONTH)
    return folder


@pytest.fixture
def workspace(
    request: pytest.FixtureRequest, _made: Path, tmp_path: Path, clock: Clock
) -> Iterator[Workspace]:
    """With one email per language; `both` gives a test that of the other layout too."""
    layout = getattr(request, "param", LAYOUTS[0])
    shutil.copytree(_made / layout, tmp_path / "workspace")
    with open_workspace(tmp_path / "workspace", now=clock) as opened:
        yield opened


both = pytest.mark.parametrize("workspace", LAYOUTS, indirect=True)


def koffie(**changes: object) -> Post:
    """A column in Dutch: a greeting, a link, a picture, figures; the last is not in the email."""
    image = Image("https://blog.example/koffie.png", "Een man schenkt koffie", 800, 400)
    further = " ".join(["Wie zijn klanten bij naam kent, hoeft niets te vragen."] * 14)
    blocks = (
        Block(BlockKind.PARAGRAPH, GREETING_NL, "nl"),
        Block(BlockKind.PARAGRAPH, LINKED_NL, "nl"),
        Block(BlockKind.PICTURE, "", "nl", image=image),
        Block(BlockKind.PARAGRAPH, FIGURE_NL, "nl"),
        Block(BlockKind.PARAGRAPH, further, "nl"),
        Block(BlockKind.PARAGRAPH, "En dat was dat, zei hij.", "nl"),
    )
    return a_post(**{"title": "Koffie op perron 4", "blocks": blocks, **changes})


def with_paragraph(index: int, html: str) -> Post:
    """The column after its author changed a paragraph."""
    blocks = list(koffie().blocks)
    blocks[index] = replace(blocks[index], html=html)
    return koffie(blocks=tuple(blocks))


def brood() -> Post:
    texts = (GREETING_NL, "Ze bakt elke ochtend brood voor de hele straat.")
    return a_post(
        "https://blog.example/brood/",
        title="Brood om zes uur",
        texts=texts,
        published=NOW - timedelta(days=5),
    )


def take(workspace: Workspace, *posts: Post) -> None:
    at = NOW - timedelta(days=1)
    workspace.store.save_posts(
        StoredPost(p, key(p), "taken", "", p.published or at, at) for p in posts
    )


def key(post: Post) -> str:
    return post.url.rstrip("/").rpartition("/")[2]


def remember(
    workspace: Workspace, dutch: str, english: str, origin: Origin, *, by: str, hours: int = -24
) -> None:
    keys = memory_key(dutch, "nl"), memory_key(english, "en")
    at = NOW + timedelta(hours=hours)
    workspace.store.remember([MemoryRow("nl", "en", *keys, dutch, english, origin, by, at)])


def passages(workspace: Workspace, language: str = "en", piece: str = "koffie") -> list[Passage]:
    return list(pipeline.read_passages(workspace, MONTH, language, piece).rows)


def passage(
    workspace: Workspace, slot: str, language: str = "en", piece: str = "koffie"
) -> Passage:
    return next(row for row in passages(workspace, language, piece) if row.slot == slot)


def mend(workspace: Workspace, slot: str, text: str, language: str = "en", **more: str) -> None:
    pipeline.mend_passage(workspace, MONTH, language, "koffie", slot, text, by="Anna", **more)


def accept(workspace: Workspace, slot: str, **more: str) -> None:
    pipeline.accept_passage(workspace, MONTH, "en", "koffie", slot, by="Anna", **more)


def email_in(workspace: Workspace, language: str) -> str:
    """The HTML of the email that `language` is in, as it was kept."""
    drafts = workspace.store.drafts(MONTH)
    name = next(name for name in drafts if language in name.split("+"))
    return workspace.store.email(drafts[name].fingerprint).html


def edition(workspace: Workspace) -> Edition:
    found = workspace.store.edition(MONTH)
    assert found is not None
    return found


def state(workspace: Workspace) -> tuple[object, ...]:
    """Everything that a change may touch, but for the history."""
    known = {
        row.slot: (row.target, row.origin, row.by)
        for language in ("nl", "en")
        for row in passages(workspace, language)
    }
    drafts = {n: d.fingerprint for n, d in workspace.store.drafts(MONTH).items()}
    return edition(workspace), known, drafts


# brackets


@given(st.integers(0, 100_000))
@settings(max_examples=100, deadline=None)
def test_what_is_written_in_brackets_is_read_back(seed: int) -> None:
    text = segments.encode(make_fragment(seed).html).text
    assert from_brackets(to_brackets(text)) == text


@given(st.text(alphabet="ab 1⟦⟧<>&;g/\n", max_size=40))
@example("⟦1 ⟧")
@example("⟦1 a ⟦2 b⟧ c⟧")
@settings(deadline=None)
def test_whatever_is_typed_is_coded_text_or_a_word_of_what_is_wrong(text: str) -> None:
    try:
        said = from_brackets(text)
    except ValueError as error:
        assert "bracket" in str(error)
        return
    assert not any("stray" in fault or "close" in fault for fault in coded.faults(said, said))
    bare = text.translate({ord("⟦"): None, ord("⟧"): None})
    assert {c for c in coded.plain(said) if c.isalpha()} <= {c for c in bare if c.isalpha()}


@pytest.mark.parametrize(
    ("text", "brackets"),
    [
        ("Read <g1>my book</g1> first.", "Read ⟦1 my book⟧ first."),
        ("one<x1/>two", "one⟦1⟧two"),
        ("<g1>a <g2>b</g2></g1>", "⟦1 a ⟦2 b⟧⟧"),
        ("R&amp;D &lt;3", "R&D <3"),
        ("a <g1>2026</g1>", "a ⟦1 2026⟧"),
    ],
)
def test_brackets_stand_for_markup(text: str, brackets: str) -> None:
    assert to_brackets(text) == brackets
    assert from_brackets(brackets) == text


def test_brackets_of_the_words_themselves_are_not_taken_for_markup() -> None:
    assert to_brackets("a ⟦1 b⟧") == "a [1 b]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a ⟧", "closes what was never opened"),
        ("a ⟦1 b", "not closed"),
        ("a ⟦b⟧", "has no number"),
        ("a ⟦1 b ⟦", "has no number"),
    ],
)
def test_a_bracket_that_is_none_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        from_brackets(text)


def test_what_a_person_types_loosely_is_read() -> None:
    assert from_brackets("  Read\n⟦ 1 my   book⟧\tfirst. ") == "Read <g1>my book</g1> first."
    assert from_brackets("Read ⟦1my book⟧") == "Read <g1>my book</g1>"


# reading


@both
def test_passages_stand_in_reading_order_with_where_they_come_from(workspace: Workspace) -> None:
    found = pipeline.read_passages(workspace, MONTH, "en", "koffie")
    assert (found.source_language, found.is_own, found.title) == ("nl", False, "Koffie op perron 4")
    rows = [(row.slot, row.number, row.origin, row.by) for row in found.rows]
    assert rows == [
        ("title", None, Origin.ENGINE, "googly"),
        ("blocks[0]", 1, Origin.ENGINE, "googly"),
        ("blocks[1]", 2, Origin.MEMORY, "googly"),
        ("blocks[2].alt", None, Origin.WAITING, ""),
        ("blocks[3]", 3, Origin.WAITING, ""),
        ("blocks[4]", 4, Origin.WAITING, ""),
        ("blocks[5]", 5, Origin.WAITING, ""),
    ]
    linked = found.rows[2]
    assert linked.source == "Lees ⟦1 mijn boek⟧ eerst eens."
    assert linked.target == "Read ⟦1 my book⟧ first."


@both
def test_what_the_email_shows_is_told_apart(workspace: Workspace) -> None:
    shown = {row.slot for row in passages(workspace) if row.shown}
    assert shown == {"title", "blocks[0]", "blocks[1]", "blocks[3]"}


@both
def test_findings_stand_at_their_passage(workspace: Workspace) -> None:
    mend(workspace, "blocks[3]", "There were 21 people waiting for their coffee.")
    rows = {row.slot: [f.check for f in row.findings] for row in passages(workspace)}
    assert rows["blocks[3]"]
    assert not rows["blocks[1]"]


def test_an_authors_own_text_has_no_source_and_only_what_can_be_mended(
    workspace: Workspace,
) -> None:
    found = pipeline.read_passages(workspace, MONTH, "nl", "koffie")
    assert found.is_own
    assert {row.origin for row in found.rows} == {Origin.AUTHOR}
    assert [row.slot for row in found.rows] == [
        "title",
        "blocks[0]",
        "blocks[1]",
        "blocks[3]",
        "blocks[4]",
        "blocks[5]",
    ]
    assert found.rows[2].target == "Lees ⟦1 mijn boek⟧ eerst eens."
    for row in found.rows:
        mend(workspace, row.slot, f"{row.target} Zo.", "nl", expected=row.mark)
    assert all(row.target.endswith("Zo.") for row in passages(workspace, "nl"))


@pytest.mark.parametrize(("language", "piece"), [("de", "koffie"), ("en", "elders")])
def test_what_is_not_there_is_told(workspace: Workspace, language: str, piece: str) -> None:
    with pytest.raises(UsageError):
        pipeline.read_passages(workspace, MONTH, language, piece)


# mending


@both
def test_an_editors_words_take_the_place_of_a_machines(workspace: Workspace) -> None:
    before = passage(workspace, "blocks[0]")
    mend(workspace, "blocks[0]", "The barista knew it all along.", expected=before.mark)
    now = passage(workspace, "blocks[0]")
    assert (now.target, now.origin, now.by) == (
        "The barista knew it all along.",
        Origin.EDITOR,
        "Anna",
    )
    assert "The barista knew it all along." in email_in(workspace, "en")
    assert now.mark != before.mark


def test_her_words_stand_wherever_the_sentence_stands(workspace: Workspace) -> None:
    mend(workspace, "blocks[0]", "The barista knew it all along.")
    other = passage(workspace, "blocks[0]", piece="brood")
    assert (other.target, other.origin) == ("The barista knew it all along.", Origin.EDITOR)


@both
def test_the_other_languages_email_is_left_alone(workspace: Workspace) -> None:
    before = {n: d.fingerprint for n, d in workspace.store.drafts(MONTH).items()}
    mend(workspace, "blocks[0]", "The barista knew it all along.")
    after = {n: d.fingerprint for n, d in workspace.store.drafts(MONTH).items()}
    assert {n for n in before if before[n] != after[n]} == {n for n in before if "en" in n}


@pytest.mark.parametrize("origin", [Origin.AUTHOR, Origin.MEMORY, Origin.ENGINE, Origin.CHECKED])
def test_what_is_brought_later_does_not_win_over_an_editor(
    workspace: Workspace, origin: Origin
) -> None:
    mend(workspace, "blocks[0]", "The barista knew it all along.")
    remember(workspace, GREETING_NL, "He knew.", origin, by="a file", hours=48)
    assert passage(workspace, "blocks[0]").target == "The barista knew it all along."


@pytest.mark.parametrize("words", ["Aardvarks knew it.", "Zebras knew it."])
def test_of_an_editors_words_her_last_ones_win_though_said_in_one_second(
    workspace: Workspace, words: str
) -> None:
    mend(workspace, "blocks[0]", "The barista knew it all along.")
    mend(workspace, "blocks[0]", words)
    assert passage(workspace, "blocks[0]").target == words


def test_words_from_a_clock_that_runs_ahead_do_not_win_over_hers(workspace: Workspace) -> None:
    remember(workspace, GREETING_NL, "He knew.", Origin.EDITOR, by="a file", hours=48)
    mend(workspace, "blocks[0]", "The barista knew it all along.")
    assert passage(workspace, "blocks[0]").target == "The barista knew it all along."


def test_a_link_may_move_but_not_go(workspace: Workspace) -> None:
    mend(workspace, "blocks[1]", "First, read ⟦1 my book⟧.")
    assert "my book</a>" in email_in(workspace, "en")
    with pytest.raises(UsageError, match="⟦2 … ⟧ is not in the source"):
        mend(workspace, "blocks[1]", "First, ⟦2 read⟧ ⟦1 my book⟧.")
    with pytest.raises(UsageError, match="⟦1 … ⟧ is missing"):
        mend(workspace, "blocks[1]", "First, read it.")
    with pytest.raises(UsageError, match="not closed"):
        mend(workspace, "blocks[1]", "First, read ⟦1 my book.")


def test_brackets_left_out_go_round_the_same_words_as_before(workspace: Workspace) -> None:
    mend(workspace, "blocks[1]", "My advice: read my book first.")
    assert passage(workspace, "blocks[1]").target == "My advice: read ⟦1 my book⟧ first."
    with pytest.raises(UsageError, match="⟦1 … ⟧ is missing"):
        mend(workspace, "blocks[1]", "My book is my book.")


def test_nothing_is_no_translation(workspace: Workspace) -> None:
    for slot in ("title", "blocks[0]", "blocks[1]"):
        with pytest.raises(UsageError, match="no words"):
            mend(workspace, slot, " \n ")


def test_what_looks_like_markup_is_only_words(workspace: Workspace) -> None:
    mend(workspace, "blocks[0]", "He said <script>alert(1)</script> & smiled.")
    assert "&lt;script&gt;" in email_in(workspace, "en")
    assert "<script>" not in email_in(workspace, "en")
    mend(workspace, "title", "Coffee <g1>&</g1> more")
    assert passage(workspace, "title").target == "Coffee <g1>&</g1> more"


def test_a_pictures_words_are_mended_too(workspace: Workspace) -> None:
    mend(workspace, "blocks[2].alt", 'A man pours "coffee"')
    assert passage(workspace, "blocks[2].alt").target == 'A man pours "coffee"'


def test_the_same_words_again_are_no_change(workspace: Workspace) -> None:
    mend(workspace, "blocks[0]", "The barista knew it all along.")
    count = len(workspace.store.changes(MONTH))
    mend(workspace, "blocks[0]", "The barista  knew it all along. ")
    own = passage(workspace, "blocks[1]", "nl")
    mend(workspace, "blocks[1]", own.target, "nl")
    assert len(workspace.store.changes(MONTH)) == count
    assert edition(workspace).mended == {}


@both
def test_what_an_editor_saw_before_is_not_overwritten(workspace: Workspace) -> None:
    seen = passage(workspace, "blocks[0]")
    mend(workspace, "blocks[0]", "The barista knew it all along.", expected=seen.mark)
    with pytest.raises(StaleError) as caught:
        mend(workspace, "blocks[0]", "He had always known.", expected=seen.mark)
    assert caught.value.theirs == "The barista knew it all along."
    assert caught.value.mine == "He had always known."
    assert passage(workspace, "blocks[0]").target == "The barista knew it all along."
    with pytest.raises(StaleError):
        accept(workspace, "blocks[1]", expected=seen.mark)


def test_a_passage_that_somebody_else_accepted_is_stale(workspace: Workspace) -> None:
    seen = passage(workspace, "blocks[0]")
    accept(workspace, "blocks[0]", expected=seen.mark)
    with pytest.raises(StaleError):
        mend(workspace, "blocks[0]", "He had always known.", expected=seen.mark)


def test_an_approval_ends_with_a_mended_word(workspace: Workspace) -> None:
    for row in passages(workspace):
        if row.origin is Origin.WAITING and row.shown:
            mend(workspace, row.slot, FIGURE_EN)
    pipeline.mend_passage(workspace, MONTH, "en", "brood", "title", "Bread at six o’clock")
    pipeline.mend_passage(
        workspace, MONTH, "en", "brood", "blocks[1]", "She bakes bread for the street each morning."
    )
    approve(workspace)
    mend(workspace, "blocks[0]", "The man behind the counter knew it all along.")
    assert pipeline.check(workspace, MONTH).state == "draft"


@both
def test_an_email_at_the_provider_is_not_mended(workspace: Workspace) -> None:
    test_an_approval_ends_with_a_mended_word(workspace)
    approve(workspace)
    pipeline.push(workspace, MONTH)
    before = state(workspace)
    for language, slot in (("en", "blocks[0]"), ("nl", "blocks[0]")):
        with pytest.raises(HeldError, match="with the provider"):
            mend(workspace, slot, "Something else.", language)
    with pytest.raises(HeldError, match="with the provider"):
        accept(workspace, "title")
    with pytest.raises(HeldError, match="with the provider"):
        pipeline.undo(workspace, MONTH)
    assert state(workspace) == before


def approve(workspace: Workspace) -> None:
    report = pipeline.check(workspace, MONTH)
    if waiting := [finding.id for finding in report.open_warnings]:
        pipeline.dismiss_findings(workspace, MONTH, waiting, reason="seen", by="Anna")
    pipeline.approve(workspace, MONTH, by="Anna")


# accepting


@both
def test_what_a_person_read_is_checked(workspace: Workspace) -> None:
    for slot in ("blocks[0]", "blocks[1]"):
        seen = passage(workspace, slot)
        accept(workspace, slot, expected=seen.mark)
        now = passage(workspace, slot)
        assert (now.target, now.origin, now.by) == (seen.target, Origin.CHECKED, "Anna")


def test_only_what_nobody_has_read_is_accepted(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="no translation of it yet"):
        accept(workspace, "blocks[3]")
    mend(workspace, "blocks[0]", "The barista knew it all along.")
    accept(workspace, "blocks[1]")
    for slot in ("blocks[0]", "blocks[1]"):
        with pytest.raises(UsageError, match="a person wrote or read it"):
            accept(workspace, slot)
    with pytest.raises(UsageError, match="nothing to translate"):
        pipeline.accept_passage(workspace, MONTH, "nl", "koffie", "title")


def test_figures_rewritten_are_accepted_as_they_are(workspace: Workspace) -> None:
    remember(
        workspace, FIGURE_NL.replace("12", "9"), FIGURE_EN.replace("12", "9"), Origin.EDITOR, by="x"
    )
    assert passage(workspace, "blocks[3]").origin is Origin.MEMORY
    accept(workspace, "blocks[3]")
    now = passage(workspace, "blocks[3]")
    assert (now.target, now.origin) == (FIGURE_EN, Origin.CHECKED)


# the author's own text


@both
def test_an_own_text_is_mended_in_this_edition_only(workspace: Workspace) -> None:
    mend(workspace, "title", "Koffie & meer", "nl")
    mend(workspace, "blocks[1]", "Lees eerst ⟦1 mijn boek⟧ eens.", "nl")
    html = email_in(workspace, "nl")
    assert "Koffie &amp; meer" in html
    assert "Lees eerst" in html
    own = passage(workspace, "blocks[1]", "nl")
    assert own.origin is Origin.EDITOR
    post = workspace.store.posts(["blog.example/koffie"])[0].post
    assert post == koffie()
    # The translation is of what she wrote.
    assert passage(workspace, "blocks[1]").source == "Lees ⟦1 mijn boek⟧ eerst eens."


def test_an_own_text_keeps_its_links(workspace: Workspace) -> None:
    mend(workspace, "blocks[1]", "Lees nu ⟦1 mijn boek⟧.", "nl")
    html = next(iter(edition(workspace).mended.values()))
    assert html == 'Lees nu <a href="https://blog.example/boek/?a=1&amp;b=2">mijn boek</a>.'
    with pytest.raises(UsageError, match="⟦1 … ⟧ is missing"):
        mend(workspace, "blocks[1]", "Lees het nu.", "nl")
    mend(workspace, "blocks[1]", "Lees straks mijn boek.", "nl")
    assert passage(workspace, "blocks[1]", "nl").target == "Lees straks ⟦1 mijn boek⟧."


def test_her_own_words_again_take_the_mending_away(workspace: Workspace) -> None:
    mend(workspace, "blocks[1]", "Lees nu ⟦1 mijn boek⟧.", "nl")
    mend(workspace, "blocks[1]", "Lees ⟦1 mijn boek⟧ eerst eens.", "nl")
    assert edition(workspace).mended == {}
    assert passage(workspace, "blocks[1]", "nl").origin is Origin.AUTHOR


def test_a_mending_falls_away_when_the_author_changes_her_text(workspace: Workspace) -> None:
    mend(workspace, "blocks[3]", "Er stonden twaalf mensen in de rij.", "nl")
    hers = "Er stonden 13 mensen te wachten op hun koffie."
    take(workspace, with_paragraph(3, hers))
    pipeline.draft(workspace, MONTH)
    now = passage(workspace, "blocks[3]", "nl")
    assert (now.target, now.origin) == (hers, Origin.AUTHOR)
    assert "in de rij" not in email_in(workspace, "nl")


def test_an_own_text_that_somebody_mended_meanwhile_is_stale(workspace: Workspace) -> None:
    seen = passage(workspace, "blocks[1]", "nl")
    mend(workspace, "blocks[1]", "Lees nu ⟦1 mijn boek⟧.", "nl", expected=seen.mark)
    with pytest.raises(StaleError) as caught:
        mend(workspace, "blocks[1]", "Lees straks ⟦1 mijn boek⟧.", "nl", expected=seen.mark)
    assert caught.value.theirs == "Lees nu ⟦1 mijn boek⟧."
    assert caught.value.mine == "Lees straks ⟦1 mijn boek⟧."


@pytest.mark.parametrize("slot", ["blocks[2].alt", "blocks[2]", "blocks[99]", "elders"])
def test_where_there_are_no_words_nothing_is_mended(workspace: Workspace, slot: str) -> None:
    with pytest.raises(UsageError, match="nothing to mend"):
        mend(workspace, slot, "Iets.", "nl")


# offers


def offers(workspace: Workspace, slot: str) -> list[tuple[float, str, str]]:
    return pipeline.offers_for(workspace, MONTH, "en", "koffie", [slot])[slot]


def test_what_is_nearly_the_passage_is_offered(workspace: Workspace) -> None:
    assert offers(workspace, "blocks[3]") == []
    near = "Er stonden 12 mensen te wachten op hun thee."
    remember(workspace, near, "There were 12 people waiting for tea.", Origin.EDITOR, by="x")
    ((score, source, target),) = offers(workspace, "blocks[3]")
    assert (source, target) == (near, "There were 12 people waiting for tea.")
    assert 0.75 <= score < 1


# taken back

UNDOABLE: dict[str, Callable[[Workspace], object]] = {
    "text": lambda w: mend(w, "blocks[0]", "The barista knew it all along."),
    "text that waited": lambda w: mend(w, "blocks[3]", FIGURE_EN),
    "accepted": lambda w: accept(w, "blocks[1]"),
    "the same words typed": lambda w: mend(w, "blocks[0]", GREETING_EN),
    "own text": lambda w: mend(w, "blocks[0]", "De barista wist het.", "nl"),
    "letter": lambda w: pipeline.write_letter(w, MONTH, "nl", "Dag jij"),
    "subject": lambda w: pipeline.write_subject(w, MONTH, "en", "Coffee"),
    "left out": lambda w: pipeline.leave_out(w, MONTH, "brood", "kept for spring"),
    "sentences": lambda w: pipeline.shorten(w, MONTH, "koffie", 1),
    "order": lambda w: pipeline.arrange(w, MONTH, ["brood", "koffie"]),
}


@pytest.mark.parametrize("name", UNDOABLE)
def test_a_change_is_taken_back_whole(workspace: Workspace, clock: Clock, name: str) -> None:
    before = state(workspace)
    UNDOABLE[name](workspace)
    assert state(workspace) != before
    clock.pass_hours(1)
    pipeline.undo(workspace, MONTH, by="Bea")
    assert state(workspace) == before
    told, first = pipeline.read_changes(workspace, MONTH)
    assert (told.kind, told.by, told.undone) == ("undone", "Bea", True)
    assert (first.by or "Anna", first.undone) == ("Anna", True)
    with pytest.raises(UsageError, match="nothing to take back"):
        pipeline.undo(workspace, MONTH)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("name", UNDOABLE)
@pytest.mark.parametrize(
    "write", ["forget", "remember", "save_edition", "save_draft", "undo_change"]
)
def test_a_taking_back_that_was_cut_off_is_done_again(
    workspace: Workspace, clock: Clock, name: str, write: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after any of its writes: the next one ends what it began."""
    before = state(workspace)
    UNDOABLE[name](workspace)
    clock.pass_hours(1)
    method = getattr(Store, write)

    def killed(*told: object, **named: object) -> None:
        method(*told, **named)
        raise Killed

    with monkeypatch.context() as during, suppress(Killed):
        during.setattr(Store, write, killed)
        pipeline.undo(workspace, MONTH)
    with suppress(UsageError):
        pipeline.undo(workspace, MONTH)
    assert state(workspace) == before
    assert [c.kind for c in pipeline.read_changes(workspace, MONTH)].count("undone") == 1
    with pytest.raises(UsageError, match="nothing to take back"):
        pipeline.undo(workspace, MONTH)


@pytest.mark.parametrize("workspace", ["combined"], indirect=True)
def test_changes_are_taken_back_one_after_the_other(workspace: Workspace) -> None:
    states = []
    for do in UNDOABLE.values():
        states.append(state(workspace))
        do(workspace)
    for before in reversed(states):
        pipeline.undo(workspace, MONTH)
        assert state(workspace) == before


def test_a_piece_taken_in_goes_again(workspace: Workspace) -> None:
    old = a_post("https://blog.example/oud/", title="Oud", published=NOW - timedelta(days=400))
    take(workspace, old)
    before = edition(workspace)
    pipeline.take_in(workspace, MONTH, "oud")
    assert "oud" in edition(workspace).shown
    pipeline.undo(workspace, MONTH)
    assert edition(workspace) == before


def test_words_said_twice_go_back_by_one(workspace: Workspace) -> None:
    mend(workspace, "blocks[0]", "The barista knew it all along.")
    mend(workspace, "blocks[0]", "Aardvarks knew it.")
    pipeline.undo(workspace, MONTH)
    assert passage(workspace, "blocks[0]").target == "The barista knew it all along."
    mend(workspace, "blocks[0]", "Zebras knew it.")
    pipeline.undo(workspace, MONTH)
    pipeline.undo(workspace, MONTH)
    now = passage(workspace, "blocks[0]")
    assert (now.target, now.origin, now.by) == (GREETING_EN, Origin.ENGINE, "googly")


def test_a_mended_own_text_goes_back_to_the_mending_before(workspace: Workspace) -> None:
    mend(workspace, "blocks[0]", "De barista wist het.", "nl")
    mend(workspace, "blocks[0]", "De barista wist het allang.", "nl")
    pipeline.undo(workspace, MONTH)
    assert passage(workspace, "blocks[0]", "nl").target == "De barista wist het."


def test_figures_that_were_rewritten_are_so_again(workspace: Workspace) -> None:
    remember(
        workspace, FIGURE_NL.replace("12", "9"), FIGURE_EN.replace("12", "9"), Origin.EDITOR, by="x"
    )
    pipeline.draft(workspace, MONTH)
    accept(workspace, "blocks[3]")
    pipeline.undo(workspace, MONTH)
    segment = Segment(FIGURE_NL, "nl", "en")
    hit = StoreMemory(workspace).lookup([segment])[segment.key]
    assert hit.rewritten_from == FIGURE_NL.replace("12", "9")


def test_words_changed_since_in_another_month_are_not_taken_back(
    workspace: Workspace, clock: Clock
) -> None:
    """What she undoes in November is not what stands there since she mended it for December."""
    mend(workspace, "blocks[0]", "The barista knew it all along.")
    mend(workspace, "blocks[0]", "The waiter knew it all along.")
    remember(workspace, GREETING_NL, "He knew.", Origin.EDITOR, by="Bea", hours=48)
    with pytest.raises(UsageError, match="changed again since"):
        pipeline.undo(workspace, MONTH)
    assert passage(workspace, "blocks[0]").target == "He knew."
    assert not pipeline.read_changes(workspace, MONTH)[0].undone


def test_words_are_taken_back_though_the_author_changed_her_text(workspace: Workspace) -> None:
    mend(workspace, "blocks[0]", "The barista knew it all along.")
    take(workspace, with_paragraph(0, "De vrouw achter de toonbank wist het allang."))
    pipeline.undo(workspace, MONTH)
    segment = Segment(GREETING_NL, "nl", "en")
    hit = StoreMemory(workspace).lookup([segment])[segment.key]
    assert (hit.text, hit.origin) == (GREETING_EN, Origin.ENGINE)


def test_the_history_says_who_did_what(workspace: Workspace, clock: Clock) -> None:
    mend(workspace, "blocks[0]", "The barista knew it all along.")
    clock.pass_hours(1)
    accept(workspace, "blocks[1]")
    newest, first = pipeline.read_changes(workspace, MONTH)
    assert (newest.kind, newest.subject, newest.by) == ("accepted", "en:koffie:blocks[1]", "Anna")
    assert (first.kind, first.at) == ("text", NOW)
    assert first.before["text"] == GREETING_EN
    assert first.after["text"] == "The barista knew it all along."
