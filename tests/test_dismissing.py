"""What keeps an edition from being approved, and a person's word that a warning may stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cxgreetz import pipeline
from cxgreetz.cli import app
from cxgreetz.errors import ConfigError, HeldError, UsageError
from cxgreetz.model import Block, BlockKind, Credit, Finding, Origin, Post, Severity
from cxgreetz.pipeline import Workspace, open_workspace
from cxgreetz.review.edition_page import read_edition
from cxgreetz.review.words import Words
from cxgreetz.store import MemoryRow, StoredPost
from cxgreetz.translation.memory import memory_key
from samples import NOW, a_post

WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Anna <anna@example.org>"
start = 2026-01-01
[[sources]]
name = "blog"
url = "http://127.0.0.1:1/feed/"
[translation]
engines = []
"""
MONTH = "2026-11"
#: A column of three paragraphs with their translations: an idiom said in English, then two plain.
PAIRS = (
    ("Koffie op perron 4", "Coffee on platform 4"),
    (
        "Toen kwam de aap uit de mouw, zei de man bij de koffie.",
        "Then the truth came out, said the man by the coffee.",
    ),
    (
        "De klantreis begint op het perron, niet bij de balie.",
        "The customer journey begins on the platform, not at the desk.",
    ),
    (
        "Er stonden 12 mensen te wachten op hun koffie.",
        "There were 12 people waiting for their coffee.",
    ),
)


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE)
    with open_workspace(tmp_path, now=lambda: NOW) as opened:
        take(opened, post())
        translate(opened)
        yield opened


def post(**changes: object) -> Post:
    blocks = tuple(Block(BlockKind.PARAGRAPH, dutch, "nl") for dutch, _english in PAIRS[1:])
    return a_post(**{"title": PAIRS[0][0], "blocks": blocks, **changes})


def take(workspace: Workspace, *posts: Post) -> None:
    at = NOW - timedelta(days=1)
    workspace.store.save_posts(
        StoredPost(p, p.key, "taken", "", p.published or at, at) for p in posts
    )


def translate(
    workspace: Workspace, *pairs: tuple[str, str], origin: Origin = Origin.ENGINE, hours: int = 0
) -> None:
    """Keep translations, made some hours from now."""
    at = NOW + timedelta(hours=hours)
    workspace.store.remember(
        MemoryRow("nl", "en", memory_key(nl, "nl"), memory_key(en, "en"), nl, en, origin, None, at)
        for nl, en in pairs or PAIRS
    )


def findings(workspace: Workspace, severity: Severity) -> list[Finding]:
    built = pipeline.check(workspace, MONTH).built.values()
    return [f for one in built for f in one.findings if f.severity is severity]


def spoil(workspace: Workspace, number: int, english: str, origin: Origin = Origin.EDITOR) -> None:
    translate(workspace, (PAIRS[number][0], english), origin=origin)
    pipeline.draft(workspace, MONTH)


def test_good_translations_are_approved(workspace: Workspace) -> None:
    pipeline.draft(workspace, MONTH)
    assert findings(workspace, Severity.ERROR) == findings(workspace, Severity.WARNING) == []
    assert set(pipeline.approve(workspace, MONTH, by="Anna").approvals) == {"nl", "en"}


@pytest.mark.parametrize(
    ("number", "english", "check"),
    [
        (1, "Then the monkey came out of the sleeve, said the man by the coffee.", "literal_idiom"),
        (2, "The customer travel begins on the platform, not at the desk.", "forbidden_term"),
    ],
)
@pytest.mark.parametrize("origin", [Origin.ENGINE, Origin.MEMORY, Origin.EDITOR])
def test_an_error_blocks_whoever_wrote_it_and_is_never_dismissed(
    workspace: Workspace, number: int, english: str, check: str, origin: Origin
) -> None:
    # Nothing but this one is known of the paragraph.
    take(workspace, post(blocks=(Block(BlockKind.PARAGRAPH, PAIRS[number][0] + " Ja.", "nl"),)))
    translate(workspace, (PAIRS[number][0] + " Ja.", english + " Yes."), origin=origin)
    report = pipeline.draft(workspace, MONTH)
    (error,) = findings(workspace, Severity.ERROR)
    assert (error.check, error.piece, error.paragraph) == (check, post().key, 1)
    assert error.excerpt and error.excerpt in english and error.remedy
    assert error.where == f"en: {post().key}, paragraph 1"
    assert report.exit_code == 1
    with pytest.raises(HeldError, match="paragraph 1"):
        pipeline.approve(workspace, MONTH, by="Anna")
    with pytest.raises(UsageError, match="is an error and cannot be dismissed"):
        pipeline.dismiss_findings(workspace, MONTH, [error.id], reason="no", by="Anna")


def test_what_waits_tells_its_idioms(workspace: Workspace) -> None:
    waiting = (Block(BlockKind.PARAGRAPH, "Hier kan ik geen chocola van maken, zei hij.", "nl"),)
    take(workspace, post(blocks=waiting))
    pipeline.draft(workspace, MONTH)
    assert [f.check for f in findings(workspace, Severity.ERROR)] == ["missing_translation"]
    (idiom,) = findings(workspace, Severity.WARNING)
    assert (idiom.check, idiom.paragraph) == ("idiom", 1)


def test_what_the_author_wrote_is_only_shown(workspace: Workspace) -> None:
    blocks = (Block(BlockKind.PARAGRAPH, "Our customer travel has no color at all.", "en"),)
    take(workspace, post(language="en", title="Coffee", blocks=blocks))
    pipeline.draft(workspace, MONTH)
    told = {f.check for f in findings(workspace, Severity.INFO) if f.where.startswith("en")}
    assert {"forbidden_term", "house_style"} <= told


LATE = "The tour begins on the platform, not at the desk."


def test_a_warning_waits_for_a_person(workspace: Workspace) -> None:
    spoil(workspace, 2, LATE)
    assert pipeline.draft(workspace, MONTH).exit_code == 0, "a run goes on"
    (warning,) = findings(workspace, Severity.WARNING)
    assert (warning.check, warning.paragraph, warning.is_open) == ("missing_term", 2, True)
    with pytest.raises(HeldError) as refused:
        pipeline.approve(workspace, MONTH, by="Anna")
    message = str(refused.value)
    assert "\n" not in message and warning.id in message and warning.message in message
    assert f"cxgreetz finding dismiss {warning.id} --edition {MONTH}" in message
    assert set(pipeline.approve(workspace, MONTH, by="Anna", language="nl").approvals) == {"nl"}

    report = pipeline.dismiss_findings(
        workspace, MONTH, [warning.id[:5]], reason=" a tour is meant ", by=" Anna "
    )
    assert not report.open_warnings
    (told,) = [f for f in report.as_json()["languages"]["en"]["findings"] if f["dismissed"]]
    assert (told["id"], told["severity"]) == (warning.id, "warning")
    assert told["dismissed"]["by"] == "Anna" and told["dismissed"]["reason"] == "a tour is meant"
    assert pipeline.approve(workspace, MONTH, by="Anna").approvals["en"].by == "Anna"


def test_a_dismissal_ends_with_the_text_it_is_about(workspace: Workspace) -> None:
    spoil(workspace, 2, LATE)
    (first,) = findings(workspace, Severity.WARNING)
    pipeline.dismiss_findings(workspace, MONTH, [first.id], reason="meant", by="Anna")
    pipeline.draft(workspace, MONTH)
    assert not findings(workspace, Severity.WARNING)[0].is_open

    changed = LATE.replace("tour", "trip")
    translate(workspace, (PAIRS[2][0], changed), origin=Origin.EDITOR, hours=1)
    pipeline.draft(workspace, MONTH)
    (again,) = findings(workspace, Severity.WARNING)
    assert again.check == first.check and again.id != first.id and again.is_open


def test_a_dismissal_is_taken_back(workspace: Workspace) -> None:
    spoil(workspace, 2, LATE)
    (warning,) = findings(workspace, Severity.WARNING)
    with pytest.raises(UsageError, match="was not dismissed"):
        pipeline.restore_findings(workspace, MONTH, [warning.id])
    pipeline.dismiss_findings(workspace, MONTH, [warning.id], reason="meant", by="Anna")
    assert pipeline.restore_findings(workspace, MONTH, [warning.id]).open_warnings
    with pytest.raises(HeldError):
        pipeline.approve(workspace, MONTH, by="Anna")
    pipeline.dismiss_findings(workspace, MONTH, [warning.id], reason="meant", by="Anna")


def test_an_approval_ends_with_the_dismissal_that_it_stood_on(workspace: Workspace) -> None:
    spoil(workspace, 2, LATE)
    (warning,) = findings(workspace, Severity.WARNING)
    pipeline.dismiss_findings(workspace, MONTH, [warning.id], reason="meant", by="Anna")
    pipeline.approve(workspace, MONTH, by="Anna")
    report = pipeline.restore_findings(workspace, MONTH, [warning.id])
    assert "the approval of en ends" in report.notes[-1] and report.open_warnings
    assert set(workspace.store.approvals(MONTH)) == {"nl"}
    with pytest.raises(HeldError, match="nobody has dismissed"):
        pipeline.approve(workspace, MONTH, by="Anna")


def test_an_approval_does_not_come_back_without_its_ground(workspace: Workspace) -> None:
    """Approved with a warning dismissed, changed, the warning taken up again, changed back."""
    spoil(workspace, 2, LATE)
    (warning,) = findings(workspace, Severity.WARNING)
    pipeline.dismiss_findings(workspace, MONTH, [warning.id], reason="meant", by="Anna")
    pipeline.approve(workspace, MONTH, by="Anna")
    pipeline.write_letter(workspace, MONTH, "en", "Hello.")
    pipeline.restore_findings(workspace, MONTH, [warning.id])
    report = pipeline.write_letter(workspace, MONTH, "en", "")
    assert report.state == "draft" and report.open_warnings
    assert "en" not in workspace.store.approvals(MONTH)


def test_what_a_provider_has_stays_as_it_was_judged(workspace: Workspace) -> None:
    spoil(workspace, 2, LATE)
    (warning,) = findings(workspace, Severity.WARNING)
    pipeline.dismiss_findings(workspace, MONTH, [warning.id], reason="meant", by="Anna")
    pipeline.approve(workspace, MONTH, by="Anna")
    pipeline.push(workspace, MONTH)
    with pytest.raises(HeldError, match="with the provider already"):
        pipeline.restore_findings(workspace, MONTH, [warning.id])
    assert set(workspace.store.approvals(MONTH)) == {"nl", "en"}
    assert len(workspace.store.dismissals()) == 1


def test_warnings_of_the_email_are_dismissed_for_this_edition_alone(workspace: Workspace) -> None:
    named = post(url="https://blog.example/perron-5/")
    take(workspace, post(credit=Credit(author=None)), named)
    pipeline.draft(workspace, MONTH)
    open_ones = pipeline.check(workspace, MONTH).open_warnings
    assert {f.check for f in open_ones} == {"missing_credit"}
    names = [f.id for f in open_ones]
    report = pipeline.dismiss_findings(workspace, MONTH, names, reason="known", by="Anna")
    assert not report.open_warnings
    other = pipeline.draft(workspace, "2026-12", closing="2026-11-22")
    assert {f.check for f in other.open_warnings} == {"missing_credit"}


@pytest.mark.parametrize(
    ("names", "reason", "by", "says"),
    [
        (["beef"], "why", "Anna", "has no finding 'beef'"),
        ([""], "why", "Anna", "has no finding ''"),
        (["beef"], "  ", "Anna", "--reason TEXT"),
        (["beef"], "why", " ", "--by NAME"),
    ],
)
def test_what_is_no_dismissal(
    workspace: Workspace, names: list[str], reason: str, by: str, says: str
) -> None:
    pipeline.draft(workspace, MONTH)
    with pytest.raises(UsageError, match=says):
        pipeline.dismiss_findings(workspace, MONTH, names, reason=reason, by=by)


def test_all_are_dismissed_or_none(workspace: Workspace) -> None:
    spoil(workspace, 2, LATE)
    (warning,) = findings(workspace, Severity.WARNING)
    with pytest.raises(UsageError):
        pipeline.dismiss_findings(workspace, MONTH, [warning.id, "beef"], reason="x", by="Anna")
    assert pipeline.check(workspace, MONTH).open_warnings


def test_a_draft_that_is_behind_is_drafted_first(workspace: Workspace) -> None:
    spoil(workspace, 2, LATE)
    (warning,) = findings(workspace, Severity.WARNING)
    take(workspace, post(title="Thee op perron 4"))
    with pytest.raises(UsageError, match=f"cxgreetz draft {MONTH}"):
        pipeline.dismiss_findings(workspace, MONTH, [warning.id], reason="x", by="Anna")


def test_the_workspaces_own_terms_and_idioms_count(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text(
        "dutch;english;english_forbidden\nklantreis;customer path;customer journey\n"
    )
    (tmp_path / "idioms.csv").write_text(
        "idiom;pattern;meaning;english;literal\n"
        "op zijn perron staan;wachten op hun koffie;to be early;be early;waiting for their coffee\n"
    )
    file = tmp_path / "cxgreetz.toml"
    own = '[translation]\nglossary = "terms.csv"\nidioms = "idioms.csv"\n'
    file.write_text(file.read_text().replace("[translation]\n", own))
    with open_workspace(tmp_path, now=lambda: NOW) as opened:
        pipeline.draft(opened, MONTH)
        assert {f.check for f in findings(opened, Severity.ERROR)} == {
            "forbidden_term",
            "literal_idiom",
        }
    (tmp_path / "idioms.csv").write_text("idiom;pattern;meaning;english\nop een perron;perron;;x\n")
    with pytest.raises(ConfigError, match="row 2"), open_workspace(tmp_path):
        pass


def call(folder: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [*arguments, "--workspace", str(folder)])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_names_a_warning_dismisses_it_and_takes_that_back(
    workspace: Workspace, tmp_path: Path
) -> None:
    spoil(workspace, 2, LATE)
    code, out, _err = call(tmp_path, "check", MONTH)
    (warning,) = findings(workspace, Severity.WARNING)
    assert code == 0 and f"! {warning.id} en: " in out
    assert f"cxgreetz finding dismiss {warning.id} --edition {MONTH}" in out

    word = ["--edition", MONTH, "--reason", "a tour is meant", "--by", "Anna"]
    code, out, _err = call(tmp_path, "finding", "dismiss", warning.id, *word)
    assert code == 0 and f"✓ {warning.id} " in out
    assert "dismissed by Anna: a tour is meant" in out and "cxgreetz approve" in out
    code, out, _err = call(tmp_path, "finding", "restore", warning.id, "--edition", MONTH)
    assert code == 0 and f"! {warning.id} " in out
    code, _out, err = call(tmp_path, "finding", "dismiss", "beef", *word)
    assert code == 2 and "has no finding 'beef'" in err and "Traceback" not in err


def test_the_page_tells_what_was_dismissed_and_why(workspace: Workspace, tmp_path: Path) -> None:
    spoil(workspace, 2, LATE)
    (warning,) = findings(workspace, Severity.WARNING)
    page = read_edition(workspace, MONTH, Words("en"))
    pane = next(p for p in page.panes if p.row.name == "en")
    assert (pane.open_warnings, pane.verdict.text) == (1, "1 warning to look at before approval")
    explained = [group.explanation for _severity, groups in page.faults for group in groups]
    assert any("glossary has for it" in " ".join(paragraphs) for paragraphs in explained)
    pipeline.dismiss_findings(workspace, MONTH, [warning.id], reason="meant", by="Anna")
    pane = next(p for p in read_edition(workspace, MONTH, Words("en")).panes if p.row.name == "en")
    assert (pane.open_warnings, pane.verdict.level) == (0, "ready")
