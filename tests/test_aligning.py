"""`memory align`: from two addresses to what the memory knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cxgreetz import cli, pipeline
from cxgreetz.cli import aligning
from cxgreetz.errors import NetError, SourceError, UsageError
from cxgreetz.model import Origin, Segment
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.translation.memory import Entry
from cxgreetz.translation.tmx import read_tmx, write_tmx
from samples import TEXTS
from servers.blog_site import Answer, BlogPost, BlogSite

WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-01-01
[[sources]]
name = "blog"
url = "{site}/feed/"
language = "nl"
"""


def body(*paragraphs: str) -> str:
    return "".join(f"<p>{one}</p>" for one in paragraphs)


DUTCH = BlogPost(
    "koffie",
    "Koffie bij Quist",
    body(
        TEXTS["nl"][0],
        "Lees <b>altijd</b> het <a href='/nl/bord'>bord</a> bij de ingang van Quist.",
    )
    + body(TEXTS["nl"][1], TEXTS["nl"][2], "Alleen hier staat nog een slotzin over 2026."),
)
ENGLISH = BlogPost(
    "coffee",
    "Coffee at Quist",
    body(
        TEXTS["en"][0],
        "Do read <strong>always</strong> the <a href='/en/bord'>sign</a> by Quist's door.",
    )
    + body(f"{TEXTS['en'][1]} {TEXTS['en'][2]}"),
    language="en",
)
OTHER = BlogPost(
    "umbrella",
    "The umbrella counter",
    body(
        "Yesterday my umbrella broke, and the woman behind the counter at Pirelle mended it.",
        "She asked for nothing in return, which made me come back with three of them today.",
        "What is given away freely is what people talk about at dinner, and that is enough.",
    ),
    language="en",
)


@pytest.fixture
def site() -> Iterator[BlogSite]:
    with BlogSite(DUTCH, ENGLISH, OTHER) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path, site: BlogSite) -> Path:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE.format(site=site.url))
    return tmp_path


@pytest.fixture
def workspace(folder: Path) -> Iterator[Workspace]:
    with pipeline.open_workspace(folder) as opened:
        opened.net._sleep = lambda _s: None
        yield opened


def said(workspace: Workspace, dutch: str, *, back: bool = False) -> tuple[str, str] | None:
    segment = Segment(dutch, "en", "nl") if back else Segment(dutch, "nl", "en")
    hit = StoreMemory(workspace).lookup([segment]).get(segment.key)
    return hit and (hit.text, hit.origin)


def align(workspace: Workspace, site: BlogSite, **options: Any) -> pipeline.Alignment:
    return pipeline.align_posts(workspace, f"{site.url}/koffie/", f"{site.url}/coffee/", **options)


def test_a_column_is_learnt_in_both_directions(workspace: Workspace, site: BlogSite) -> None:
    found = align(workspace, site)
    assert [(pair.nl[:6], pair.en[:6], pair.with_markup) for pair in found.pairs] == [
        ("Koffie", "Coffee", True),
        ("Op het", "At the", True),
        ("Lees a", "Do rea", True),
        ("Hij ke", "He kno", True),
    ]
    assert found.alone == (("nl", "Alleen hier staat nog een slotzin over 2026."),)
    assert not list(workspace.store.all_memory()), "nothing was accepted yet"
    kept = pipeline.keep_pairs(workspace, found, {1, 2, 3, 4})
    assert kept.kept == (1, 2, 3, 4)
    assert said(workspace, TEXTS["nl"][0]) == (TEXTS["en"][0], Origin.AUTHOR)
    assert said(workspace, TEXTS["en"][0], back=True) == (TEXTS["nl"][0], Origin.AUTHOR)
    marked = said(workspace, "Lees <g1>altijd</g1> het <g2>bord</g2> bij de ingang van Quist.")
    assert marked == (
        "Do read <g1>always</g1> the <g2>sign</g2> by Quist's door.",
        Origin.AUTHOR,
    )
    # One English paragraph says what two Dutch ones do.
    whole = said(workspace, f"{TEXTS['en'][1]} {TEXTS['en'][2]}", back=True)
    assert whole == (f"{TEXTS['nl'][1]} {TEXTS['nl'][2]}", Origin.AUTHOR)
    assert {row.author for row in workspace.store.all_memory()} == {"Anna Voorbeeld"}


def test_what_is_known_is_not_stored_again_and_an_editor_stays_first(
    workspace: Workspace, site: BlogSite
) -> None:
    segment = Segment(TEXTS["nl"][0], "nl", "en")
    StoreMemory(workspace).remember(segment, "The editor's words.", Origin.EDITOR, "redactie")
    title = Segment("Koffie bij Quist", "nl", "en")
    StoreMemory(workspace).remember(title, "Coffee at Quist", Origin.EDITOR, "redactie")
    found = align(workspace, site)
    assert [pair.state for pair in found.pairs] == ["known", "corrected", "new", "new"]
    assert pipeline.keep_pairs(workspace, found, {1, 2, 3, 4}).kept == (2, 3, 4)
    assert said(workspace, TEXTS["nl"][0]) == ("The editor's words.", Origin.EDITOR)
    assert said(workspace, "Koffie bij Quist") == ("Coffee at Quist", Origin.EDITOR)
    again = align(workspace, site)
    assert [pair.number for pair in again.open] == [2], "only what differs is left to say"


def test_a_stored_post_is_not_fetched(workspace: Workspace, site: BlogSite) -> None:
    pipeline.gather(workspace)
    site.requests.clear()
    assert len(align(workspace, site).pairs) == 4
    assert site.requests == []


@pytest.mark.parametrize(
    ("nl", "en", "says"),
    [
        ("/coffee/", "/koffie/", "is English and {site}/koffie/ Dutch; name the Dutch one first"),
        ("/koffie/", "/koffie/", "both addresses lead to"),
        ("/coffee/", "/umbrella/", "{site}/coffee/ is English; the Dutch version belongs there"),
        ("/koffie/", "/umbrella/", "do not look like one text; if they are, add --anyway"),
        ("/koffie/", "/tag/cx-blogs/", "lists posts; name the address of one"),
        ("/koffie/", "/leeg/", "shows no text of a post"),
        ("/koffie/", "/feed/", "is no web page but application/rss+xml"),
        ("koffie", "/coffee/", "'koffie' is not a web address"),
        ("/koffie/", "http://[", "'http://[' is not a web address"),
    ],
)
def test_one_clear_line(workspace: Workspace, site: BlogSite, nl: str, en: str, says: str) -> None:
    site.answers["/leeg/"] = Answer("<html lang='en'><title>Leeg</title><p></p></html>")
    urls = [site.url + path if path.startswith("/") else path for path in (nl, en)]
    with pytest.raises(UsageError) as caught:
        pipeline.align_posts(workspace, *urls)
    assert says.format(site=site.url) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("archive", ["full", "excerpt", "shortened"])
def test_a_list_of_posts_is_no_post(workspace: Workspace, site: BlogSite, archive: str) -> None:
    site.archive = archive
    with pytest.raises(UsageError, match="lists posts"):
        pipeline.align_posts(workspace, f"{site.url}/tag/cx-blogs/", f"{site.url}/coffee/")


def test_a_page_that_does_not_answer(workspace: Workspace, site: BlogSite) -> None:
    with pytest.raises(SourceError, match="404") as caught:
        pipeline.align_posts(workspace, f"{site.url}/koffie/", f"{site.url}/weg/")
    assert isinstance(caught.value.__cause__, NetError)
    assert not isinstance(caught.value, UsageError)


def test_texts_that_look_different_are_aligned_when_a_person_says_so(
    workspace: Workspace, site: BlogSite
) -> None:
    urls = f"{site.url}/koffie/", f"{site.url}/umbrella/"
    assert pipeline.align_posts(workspace, *urls, anyway=True).pairs


def test_a_page_that_names_the_other_needs_no_likeness(
    workspace: Workspace, site: BlogSite
) -> None:
    named = BlogPost(
        "free", OTHER.title, OTHER.body, language="en",
        head=f'<link rel="alternate" hreflang="nl" href="{site.url}/koffie/">',
    )  # fmt: skip
    site.posts.append(named)
    assert pipeline.align_posts(workspace, f"{site.url}/koffie/", f"{site.url}/free/").pairs


@pytest.mark.parametrize(
    ("text", "numbers"), [("1", {1}), ("1,3-4", {1, 3, 4}), (" 2 - 3 , 1", {1, 2, 3})]
)
def test_numbers(workspace: Workspace, site: BlogSite, text: str, numbers: set[int]) -> None:
    assert pipeline.parse_numbers(text, align(workspace, site)) == numbers


@pytest.mark.parametrize("text", ["", "0", "5", "3-1", "1-9", "een", "1,,2", "1;2"])
def test_no_such_number(workspace: Workspace, site: BlogSite, text: str) -> None:
    with pytest.raises(UsageError, match="is no number of a pair; there are 4"):
        pipeline.parse_numbers(text, align(workspace, site))


def test_notes_and_authors_go_out_and_come_back(workspace: Workspace, tmp_path: Path) -> None:
    there, back = tmp_path / "there.tmx", tmp_path / "back.tmx"
    told = datetime(2026, 3, 1, tzinfo=UTC)
    entry = Entry("nl", "en", "u", "you", Origin.EDITOR, "Bea", told, "beleefd")
    write_tmx(there, [entry])
    assert pipeline.import_memory(workspace, there) == {
        "file": str(there), "entries": 1, "corrected": 0, "skipped": {},
    }  # fmt: skip
    pipeline.export_memory(workspace, back)
    assert list(read_tmx(back)) == [entry]
    assert 'xml:lang="nl-NL"' in back.read_text() and 'xml:lang="en-GB"' in back.read_text()


# the command


def run(folder: Path, site: BlogSite, *options: str, answers: str = "") -> tuple[int, str]:
    urls = f"{site.url}/koffie/", f"{site.url}/coffee/"
    arguments = ["memory", "align", *urls, "--workspace", str(folder), *options]
    result = CliRunner().invoke(cli.app, arguments, input=answers)
    return result.exit_code, result.stdout


def entries(folder: Path) -> int:
    with pipeline.open_workspace(folder) as opened:
        return len(list(opened.store.all_memory()))


def test_without_a_terminal_it_shows_and_keeps_nothing(folder: Path, site: BlogSite) -> None:
    code, told = run(folder, site)
    assert code == 0
    assert "1. 90% sure" in told and "Koffie bij Quist" in told and "Coffee at Quist" in told
    assert "only in nl: Alleen hier staat nog een slotzin over 2026." in told
    assert "0 of 4 pairs kept in the memory; to keep some: --accept-all" in told
    assert entries(folder) == 0


@pytest.mark.parametrize(
    ("options", "kept"),
    [(["--accept-all"], 4), (["--accept", "1,3-4"], 3), (["--dry-run"], 0), ([], 0)],
)
def test_json(folder: Path, site: BlogSite, options: list[str], kept: int) -> None:
    code, told = run(folder, site, "--json", *options)
    document = json.loads(told)
    assert (code, document["stored"]) == (0, kept)
    assert [pair["number"] for pair in document["pairs"]] == [1, 2, 3, 4]
    assert sum(pair["stored"] for pair in document["pairs"]) == kept == entries(folder)
    assert all(0 <= pair["confidence"] <= 1 for pair in document["pairs"])


def test_wrong_options(folder: Path, site: BlogSite) -> None:
    assert run(folder, site, "--accept-all", "--dry-run")[0] == 2
    assert run(folder, site, "--accept", "9")[0] == 2
    assert entries(folder) == 0


@pytest.mark.parametrize(
    ("answers", "kept"),
    [("y\nn\ny\nn\n", 2), ("\n\n\n\n", 4), ("n\na\n", 3), ("y\nq\n", 1), ("what\ny\nq\n", 1)],
)
def test_a_person_is_asked(
    folder: Path, site: BlogSite, monkeypatch: pytest.MonkeyPatch, answers: str, kept: int
) -> None:
    monkeypatch.setattr(aligning.Choice, "asks", True)
    code, told = run(folder, site, answers=answers)
    assert code == 0
    assert f"{kept} of 4 pairs kept" in told
    assert entries(folder) == kept
