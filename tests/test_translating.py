"""The verb `translate`: engines with glossary and usage, what it costs, what it may cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cxgreetz import pipeline
from cxgreetz.cli import show
from cxgreetz.errors import ConfigError
from cxgreetz.model import Block, BlockKind, Language, Post
from cxgreetz.pipeline import translating
from cxgreetz.pipeline.workspace import Workspace, open_workspace
from cxgreetz.store import StoredPost
from servers.deepl_api import DeepLApi

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
KEY = "5b7e-een-geheim:fx"
WORKSPACE = """
[newsletter]
name = "CX Groeten"
from = "Roos <roos@example.org>"
start = 2026-01-01
[[sources]]
name = "blog"
url = "http://127.0.0.1:1/feed/"
"""
COLUMN = (
    "Het loket gaat om negen uur open.",
    "Wie dan pas komt staat achteraan.",
    "Daar kan ik geen chocola van maken.",
)


@pytest.fixture(autouse=True)
def _capitals_are_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """The services of the tests translate into capitals."""
    monkeypatch.setattr(translating, "detect_language", lambda text: "en" * text.isupper() or "nl")


def at(folder: Path, translation: str) -> AbstractContextManager[Workspace]:
    (folder / "cxgreetz.toml").write_text(f"{WORKSPACE}\n[translation]\n{translation}\n")
    return open_workspace(folder, now=lambda: NOW)


def a_column(workspace: Workspace, slug: str, *texts: str, language: Language = "nl") -> None:
    blocks = tuple(Block(BlockKind.PARAGRAPH, text, language) for text in texts)
    made = Post(f"https://columns.example/{slug}/", slug, language, blocks, "blog", published=NOW)
    workspace.store.save_posts([StoredPost(made, slug, "taken", "new", NOW, NOW)])


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeepLApi]:
    with DeepLApi(KEY) as server:
        monkeypatch.setenv("CXGREETZ_DEEPL_API_KEY", KEY)
        monkeypatch.setenv("CXGREETZ_DEEPL_URL", server.url + server.path)
        yield server


# DeepL with all it is told


def test_deepl_gets_glossary_and_context_and_tells_its_usage(api: DeepLApi, tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("dutch,english\nloket,service desk\nklantreis,tour\n")
    with at(tmp_path, 'engines = ["deepl"]\nglossary = "terms.csv"') as workspace:
        a_column(workspace, "rij", *COLUMN)
        report = pipeline.translate(workspace)
    (kept,) = api.glossaries.values()
    assert kept["name"].startswith("cxgreetz: CX Groeten #")
    terms = {term.lower(): said for term, said in kept["entries"]["nl", "en"].items()}
    assert (terms["loket"], terms["klantreis"]) == ("service desk", "tour")
    # The program's own terms are there too.
    assert len(terms) > 100
    (body,) = api.bodies
    assert body["glossary_id"] in api.glossaries
    assert body["context"].startswith("rij\n\nHet loket gaat")
    assert "“chocola van maken”: be unable to understand something" in body["context"]
    usage = report.as_json()["usage"]["deepl"]
    sent = usage["after"]["count"] - usage["before"]["count"]
    assert 0 < sent <= report.characters_sent
    lines = list(show.translate(report))
    assert f"{usage['after']['count']:,} of {usage['after']['limit']:,} characters" in lines[1]
    assert report.notes == []


def test_a_glossary_that_cannot_be_kept_is_told_and_done_without(
    api: DeepLApi, tmp_path: Path
) -> None:
    api.room_for_glossaries = 0
    with at(tmp_path, 'engines = ["deepl"]') as workspace:
        a_column(workspace, "rij", *COLUMN)
        report = pipeline.translate(workspace)
        (note,) = report.notes
        assert note.startswith("deepl translates without the glossary: the account holds no more")
        assert report.from_engine == 4


def test_an_account_that_does_not_tell_stops_nothing(api: DeepLApi, tmp_path: Path) -> None:
    api.broken["/v2/usage"] = 503
    with at(tmp_path, 'engines = ["deepl"]') as workspace:
        a_column(workspace, "rij", *COLUMN)
        report = pipeline.translate(workspace)
        assert report.from_engine == 4
        assert report.usage == {"deepl": {"error": "deepl is out of order (503)"}}
        assert "not known" in list(show.translate(report))[1]


def test_nothing_is_asked_when_nothing_is_lacking(api: DeepLApi, tmp_path: Path) -> None:
    with at(tmp_path, 'engines = ["deepl"]') as workspace:
        a_column(workspace, "rij", *COLUMN)
        pipeline.translate(workspace)
        asked = len(api.requests)
        report = pipeline.translate(workspace)
    assert len(api.requests) == asked
    assert (report.from_memory, report.usage) == (4, {})


def test_a_bad_glossary_is_told_row_by_row_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("dutch,english\nloket,\nrij,queue\nrij,line\n")
    with pytest.raises(ConfigError) as caught, at(tmp_path, 'glossary = "terms.csv"'):
        pass
    assert [problem.path for problem in caught.value.problems] == ["row 2", "row 4"]
    assert caught.value.file.endswith("terms.csv")
