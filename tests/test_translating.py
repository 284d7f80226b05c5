"""The verb `translate`: engines with glossary and usage, what it costs, what it may cost."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cxgreetz import pipeline
from cxgreetz.cli import show
from cxgreetz.errors import ConfigError, EngineError, HeldError, UsageError
from cxgreetz.model import Block, BlockKind, Language, Post
from cxgreetz.pipeline.words import translating
from cxgreetz.pipeline.words.engines import MonthBudget
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.pipeline.workspace import Workspace, open_workspace
from cxgreetz.store import StoredPost
from fakes import mortal
from fakes.engine import FakeEngine
from fakes.mortal import MortalEngine
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
    shown = "\n".join(show.translate(report))
    assert f"{usage['after']['count']:,} of {usage['after']['limit']:,} characters" in shown
    assert report.notes == []


def test_the_editors_own_idioms_are_told_too(api: DeepLApi, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(
        "idiom,pattern,meaning,english\n"
        "het loket voorbij,loket gaat om,be too late for the desk,miss the desk\n"
    )
    with at(tmp_path, 'engines = ["deepl"]\nidioms = "own.csv"') as workspace:
        a_column(workspace, "rij", *COLUMN)
        pipeline.translate(workspace)
    (body,) = api.bodies
    assert "“het loket voorbij”: be too late for the desk" in body["context"]
    assert "“chocola van maken”" in body["context"]


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
        assert "not known" in "\n".join(show.translate(report))


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


# What it costs, and what it may cost

COUNTING = 'engines = ["fakes.mortal:engine"]'
#: With its title: 3, 10, 20, 30 and 40 characters.
SIZED = ("x" * 10, "y" * 20, "z" * 30, "w" * 40)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MortalEngine:
    monkeypatch.setattr(mortal, "engine", MortalEngine(tmp_path))
    assert mortal.engine is not None
    return mortal.engine


def test_a_dry_run_says_who_would_get_what_and_sends_nothing(
    engine: MortalEngine, tmp_path: Path
) -> None:
    with at(tmp_path, COUNTING) as workspace:
        a_column(workspace, "rij", "In 2026 is alles anders.", "Nieuw.", "***")
        pipeline.translate(workspace)
        sent = engine.sent
        a_column(workspace, "rij", "In 2026 is alles anders.", "In 2027 is alles anders.", *SIZED)
        report = pipeline.estimate_translation(workspace)
        assert report.as_json() == {
            "dry_run": True,
            "segments": 7,
            "from_author": 0,
            "from_memory": {"exact": 2, "masked": 1},
            "waiting": 4,
            "characters": 100,
            "engines": [{"engine": "fakes.mortal:engine", "texts": 4, "characters": 100}],
            "unsent": 0,
            "over_limit": 0,
            "beyond": 0,
            "idioms": [],
            "month": {
                "month": "2026-11",
                "characters": 33,
                "limit": None,
                "engines": {"fakes.mortal:engine": 33},
            },
        }
        assert pipeline.estimate_translation(workspace, limit=1).beyond == 3
        done = pipeline.translate(workspace)
        assert (done.characters_sent, done.from_engine) == (100, 4)
    assert (engine.sent - sent).total() == 4


def test_an_answer_that_was_not_believed_is_not_paid_again(
    engine: MortalEngine, tmp_path: Path
) -> None:
    with at(tmp_path, COUNTING) as workspace:
        a_column(workspace, "rij", "Negen klanten stonden in de rij.", "Een gewone zin.")
        wrong = "NINE CUSTOMERS AND 12 DOGS STOOD IN LINE."
        engine.dictionary["Negen klanten stonden in de rij."] = wrong
        first = pipeline.translate(workspace)
        assert [row["text"] for row in first.held] == ["Negen klanten stonden in de rij."]
        sent = engine.sent
        again = pipeline.translate(workspace)
        assert engine.sent == sent, "what was paid in vain is not paid again"
        assert "it is not asked again" in again.held[0]["reason"]
        assert pipeline.estimate_translation(workspace).as_json()["unsent"] == 1
        assert pipeline.estimate_translation(workspace, again=True).as_json()["unsent"] == 0
        del engine.dictionary["Negen klanten stonden in de rij."]
        assert pipeline.translate(workspace, again=True).held == []
    with at(tmp_path, f'{COUNTING}\nenglish = "en-US"') as other:
        a_column(other, "rij", "Acht klanten stonden in de rij.")
        engine.dictionary["Acht klanten stonden in de rij."] = "EIGHT CUSTOMERS AND 12 DOGS."
        pipeline.translate(other)
    before = engine.sent
    with at(tmp_path, COUNTING) as asked_otherwise:
        pipeline.translate(asked_otherwise)
    assert (engine.sent - before).total() == 1, "another English is another question"


def test_a_months_count_stays_in_the_month_it_began_in(tmp_path: Path) -> None:
    with at(tmp_path, "monthly_characters = 100") as workspace:
        budget = MonthBudget(workspace)
        budget.reserve("e", [23])
        workspace.now = lambda: NOW + timedelta(days=20)  # type: ignore[method-assign]
        budget.release("e", 23)
        assert workspace.store.spent("2026-11") == {"e": 0}
        assert workspace.store.spent("2026-12") == {}
        workspace.store.unspend("2026-11", "e", 5)
        assert workspace.store.spent("2026-11")["e"] == 0, "never below nothing"


def test_what_stays_on_this_machine_needs_no_budget(engine: MortalEngine, tmp_path: Path) -> None:
    engine.CAPABILITIES = replace(engine.CAPABILITIES, leaves_this_machine=False)
    with at(tmp_path, f"{COUNTING}\nmonthly_characters = 5") as workspace:
        a_column(workspace, "rij", *SIZED)
        assert pipeline.estimate_translation(workspace).over_limit == 0
        assert pipeline.translate(workspace).from_engine == 5
        assert workspace.store.spent("2026-11") == {}


def test_a_limit_is_not_used_up_by_what_was_asked_in_vain(
    engine: MortalEngine, tmp_path: Path
) -> None:
    with at(tmp_path, COUNTING) as workspace:
        a_column(workspace, "Negen klanten", "Een gewone zin.")
        engine.dictionary["Negen klanten"] = "12 DOGS"
        pipeline.translate(workspace, limit=1)
        assert pipeline.translate(workspace, limit=1).from_engine == 1, "the next one has its turn"


def test_idioms_are_told_before_anything_is_sent(engine: MortalEngine, tmp_path: Path) -> None:
    with at(tmp_path, COUNTING) as workspace:
        a_column(workspace, "raadsel", "Daar kan ik geen chocola van maken.", "Een gewone zin.")
        (row,) = pipeline.estimate_translation(workspace).idioms
        assert (row["piece"], row["text"]) == ("raadsel", "geen chocola van maken")
        assert "understand" in row["meaning"] and row["english"]
        assert not engine.sent
        assert pipeline.translate(workspace).as_json()["idioms"][0]["text"] == row["text"]
        assert pipeline.estimate_translation(workspace).idioms == [], "it is translated now"


def test_a_dry_run_keeps_to_the_limit_and_knows_who_writes_by_hand(
    engine: MortalEngine, tmp_path: Path
) -> None:
    with at(
        tmp_path, 'engines = ["mymemory", "manual", "deepl"]\nmonthly_characters = 660'
    ) as workspace:
        a_column(workspace, "rij", *SIZED, "lang " * 110, "langer " * 100)
        report = pipeline.estimate_translation(workspace)
        assert [(s.engine, s.texts, s.characters) for s in report.engines] == [
            ("mymemory", 5, 103),
            ("manual", 0, 0),
            ("deepl", 1, 549),
        ]
        shown = "\n".join(show.estimate(report))
    assert "mymemory would get 5 texts, 103 characters" in shown
    assert "! 1 text would pass the limit, and wait" in shown
    assert "2026-11: 0 of 660 characters" in shown
    assert engine.sent == Counter()


def test_the_months_limit_is_never_passed(engine: MortalEngine, tmp_path: Path) -> None:
    with at(tmp_path, f"{COUNTING}\nmonthly_characters = 50") as workspace:
        a_column(workspace, "rij", *SIZED)
        report = pipeline.translate(workspace)
        # 3 + 10 + 20, then 30 and 40 are too much.
        assert report.characters_sent == 33
        assert [row["text"] for row in report.held] == list(SIZED[2:])
        assert {row["reason"] for row in report.held} == {
            "it would pass monthly_characters = 50 in the file; 33 are used in 2026-11"
        }
        assert report.month["characters"] == 33
        assert pipeline.translate(workspace).characters_sent == 0
        a_column(workspace, "kort", "kortkort")
        assert pipeline.translate(workspace).characters_sent == 12
        # Another month, another count.
        workspace.now = lambda: NOW + timedelta(days=4)
        assert pipeline.translate(workspace).characters_sent == 30
    assert engine.sent.total() == 6


def test_of_a_call_what_fits_the_limit_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = MortalEngine(tmp_path, max_texts=50)
    monkeypatch.setattr(mortal, "engine", engine)
    with at(tmp_path, f"{COUNTING}\nmonthly_characters = 73") as workspace:
        a_column(workspace, "rij", *SIZED)
        # The longest comes before one that still fits.
        a_column(workspace, "tot", "t" * 7)
        assert pipeline.translate(workspace).characters_sent == 3 + 10 + 20 + 30 + 3 + 7
    assert len(engine.calls) == 2


def test_two_runs_at_once_do_not_pass_the_limit_together(tmp_path: Path) -> None:
    with at(tmp_path, "") as one, at(tmp_path, "") as other:

        def spend(n: int) -> int:
            store = (one, other)[n % 2].store
            return store.spend("2026-11", f"engine {n % 3}", [7, 7, 7], 500)

        with ThreadPoolExecutor(8) as pool:
            admitted = sum(pool.map(spend, range(60)))
        assert admitted == 500 // 7
        assert sum(one.store.spent("2026-11").values()) == admitted * 7
        assert one.store.spent("2026-12") == {}


def test_one_run_translates_at_a_time(engine: MortalEngine, tmp_path: Path) -> None:
    with at(tmp_path, COUNTING) as one, at(tmp_path, COUNTING) as other:
        a_column(one, "rij", *SIZED)
        with one.store.lease("translate"), pytest.raises(HeldError):
            pipeline.translate(other)
    assert engine.sent == Counter()


@pytest.mark.parametrize(
    ("kind", "counted"),
    [("quota", 0), ("rate_limit", 0), ("auth", 0), ("unavailable", 103), ("bad_response", 103)],
)
def test_what_was_surely_not_charged_is_not_counted(
    kind: str, counted: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = FakeEngine(faults=[EngineError("no", kind=kind)], always=EngineError("x", kind="auth"))
    monkeypatch.setattr(mortal, "engine", broken)
    with at(tmp_path, COUNTING) as workspace:
        a_column(workspace, "rij", *SIZED)
        assert pipeline.translate(workspace).month["characters"] == counted


# Killed at every segment in turn

PARAGRAPHS = ("Eerste alinea.", "Tweede <em>alinea</em> &amp; meer.", "Derde.", "Vierde.", "***")
TEXTS = {"rij", "Eerste alinea.", "Tweede <g1>alinea</g1> &amp; meer.", "Derde.", "Vierde."}


def run_until_done(folder: Path, child: Callable[[], None]) -> int:
    """Run `child` in a process of its own until it ends by itself; give how often it was killed."""
    for killed in range(100):
        pid = os.fork()
        if pid == 0:
            try:
                child()
                os._exit(0)
            except BaseException:
                os._exit(1)
        _pid, status = os.waitpid(pid, 0)
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == 0
            return killed
        assert os.WTERMSIG(status) == signal.SIGKILL
    raise AssertionError("it never ended")


def killed_everywhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, max_texts: int, dies: str
) -> tuple[Counter[str], int]:
    """Translate a column, killed at each of its texts; what was sent, and how often killed."""
    engine = MortalEngine(folder, max_texts=max_texts, dies=dies)
    monkeypatch.setattr(mortal, "engine", engine)
    with at(folder, COUNTING) as workspace:
        a_column(workspace, "rij", *PARAGRAPHS)
    keep = StoreMemory.remember

    def keep_and_die(memory: StoreMemory, *what: Any) -> None:
        keep(memory, *what)
        os.kill(os.getpid(), signal.SIGKILL)

    if dies == "stored":
        monkeypatch.setattr(StoreMemory, "remember", keep_and_die)

    def child() -> None:
        with at(folder, COUNTING) as workspace:
            report = pipeline.translate(workspace)
            assert report.held == []

    killed = run_until_done(folder, child)
    with at(folder, COUNTING) as workspace:
        sent = sum(len(text) for text in engine.sent.elements())
        assert sum(workspace.store.spent("2026-11").values()) >= sent
        report = pipeline.translate(workspace)
        assert (report.from_memory, report.characters_sent) == (5, 0)
    return engine.sent, killed


@pytest.mark.parametrize("max_texts", [1, 3, 50])
def test_killed_before_each_text_is_sent_each_is_sent_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, max_texts: int
) -> None:
    sent, killed = killed_everywhere(tmp_path, monkeypatch, max_texts, "before")
    assert sent == Counter(TEXTS)
    assert killed == len(TEXTS)


def test_killed_after_each_text_is_kept_each_is_sent_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, killed = killed_everywhere(tmp_path, monkeypatch, 1, "stored")
    assert sent == Counter(TEXTS)
    assert killed == len(TEXTS)


def test_killed_between_answer_and_keeping_that_one_call_is_paid_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was answered and not yet kept is lost with the process: one call, never more."""
    sent, killed = killed_everywhere(tmp_path, monkeypatch, 1, "answered")
    assert sent == Counter(dict.fromkeys(TEXTS, 2))
    assert killed == len(TEXTS)


@pytest.mark.parametrize("max_texts", [3, 50])
def test_killed_while_a_call_is_kept_only_its_rest_is_paid_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, max_texts: int
) -> None:
    sent, killed = killed_everywhere(tmp_path, monkeypatch, max_texts, "stored")
    assert killed == len(TEXTS)
    # Killed after each text that is kept, so what is sent again is what the call still held.
    waiting = range(len(TEXTS), 0, -1)
    assert sent.total() == sum(min(left, max_texts) for left in waiting)
    assert set(sent) == TEXTS


def test_only_the_languages_that_are_named_are_translated_into(
    api: DeepLApi, tmp_path: Path
) -> None:
    with at(tmp_path, 'engines = ["deepl"]') as workspace:
        a_column(workspace, "rij", *COLUMN)
        a_column(workspace, "queue", "The desk opens at nine.", language="en")
        planned = pipeline.estimate_translation(workspace, into=["en"])
        report = pipeline.translate(workspace, into=["en"])
        assert planned.segments == report.segments == 4, "three paragraphs and a title"
        assert {body["target_lang"][:2] for body in api.bodies} == {"EN"}
        assert pipeline.estimate_translation(workspace).waiting == 2, "Dutch still waits"
        with pytest.raises(UsageError, match="'fr' is no language of this newsletter; it has: nl"):
            pipeline.translate(workspace, into=["fr"])
        with pytest.raises(UsageError, match="'fr'"):
            pipeline.estimate_translation(workspace, into=["fr"])
