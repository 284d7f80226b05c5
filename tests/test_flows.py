"""The flows: thin, safe to start again, and clear about what came of them."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from cxgreetz import pipeline
from cxgreetz.errors import ConfigError, HeldError, NetError, Problem, StoreError
from fakes import provider
from fakes.provider import World
from servers.feed_site import FeedPost, FeedSite
from servers.notice_taker import NoticeTaker

ROOT = Path(__file__).parent.parent
FLOWS = ROOT / "flows"
NAMES = ("gather", "assemble", "publish", "greetz", "syndicate")
HOSTILE = "[gratis](javascript:alert(1)) <img src=x onerror=alert(1)> | *nu* `x`"


@pytest.fixture(scope="module")
def flows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """The flow modules, as Prefect imports them: with their folder on the path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        patch.syspath_prepend(FLOWS)
        modules = {
            name: importlib.import_module(name)
            for name in ("_shared", "_asking", "_told", "read", *NAMES)
        }
        yield SimpleNamespace(**modules)


@pytest.fixture
def artifacts(flows: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Where artifacts end up when tasks are called without a server."""
    from prefect.logging import disable_run_logger

    kept: dict[str, str] = {}

    def keep(content: str, *, key: str, description: str) -> None:
        assert description
        assert re.fullmatch(r"[a-z0-9-]+", key)
        kept[key] = content

    monkeypatch.setattr(flows._shared, "create_markdown_artifact", keep)
    monkeypatch.setattr(flows.assemble, "create_image_artifact", keep)
    monkeypatch.setattr("cxgreetz.pipeline.mailing.photographing.photograph", lambda _html: b"png")
    monkeypatch.setattr(flows.publish, "wake_answered", lambda _workspaces: ([], []))
    for module in (getattr(flows, name) for name in NAMES):
        for name, task in vars(module).items():
            if type(task).__name__ == "Task":
                monkeypatch.setattr(module, name, task.fn)
    with disable_run_logger():
        yield kept


@pytest.fixture
def blog() -> Iterator[FeedSite]:
    words = "<p>Op het station schenkt een man al twintig jaar koffie voor iedereen.</p>"
    more = "<p>Wie zijn klanten bij naam kent, hoeft geen enquête te sturen naar hen.</p>"
    published = datetime.now(UTC) - timedelta(hours=2)
    with FeedSite(
        FeedPost("De koffie van perron negen", words * 2 + more, published, "/koffie/"),
        FeedPost(HOSTILE, more * 3, published - timedelta(minutes=5), "/gratis/"),
    ) as site:
        yield site


def workspace_at(folder: Path, url: str, *, languages: str = '"nl"') -> Path:
    start = (datetime.now(UTC) - timedelta(days=40)).date()
    (folder / "cxgreetz.toml").write_text(
        f"""[newsletter]
name = "De Klantbrief"
from = "Redactie <redactie@example.org>"
languages = [{languages}]
start = {start}

[[sources]]
name = "blog"
url = "{url}"
kind = "feed"
language = "nl"
""",
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def workspace(tmp_path: Path, blog: FeedSite) -> Path:
    return workspace_at(tmp_path, blog.url)


def outcome(state: Any) -> tuple[str, int]:
    return state.name, state.data["exit_code"]


# a month, task by task


def test_a_month_from_blog_to_outbox(
    flows: SimpleNamespace, artifacts: dict[str, str], workspace: Path
) -> None:
    month = flows._shared.Whole(workspace=workspace)
    first = flows.greetz.greetz.fn(month)
    assert outcome(first) == ("Completed", 0)
    assert "2 new" in first.message
    assert "approved and not pushed: nothing" in first.message
    assert not (workspace / "outbox").exists()

    with pipeline.open_workspace(workspace) as opened:
        (edition,) = pipeline.status(opened).as_json()["editions"]
        key, by = edition["edition"], "De redactie"
        warnings = [finding.id for finding in pipeline.check(opened, key).open_warnings]
        pipeline.dismiss_findings(opened, key, warnings, reason="no author is named there", by=by)
        pipeline.approve(opened, key, by=by)
    dry = flows.publish.publish.fn(month.model_copy(update={"dry_run": True}))
    assert outcome(dry) == ("Completed", 0)
    assert "dry run" in dry.message
    assert not (workspace / "outbox").exists()

    assert outcome(flows.greetz.greetz.fn(month)) == ("Completed", 0)
    assert (workspace / "outbox" / edition["edition"] / "nl" / "email.html").is_file()
    assert "confirm" in artifacts["push"] or "create" in artifacts["push"]
    receipt = (workspace / "outbox" / edition["edition"] / "nl" / "receipt.json").read_bytes()

    again = flows.publish.publish.fn(month)
    assert outcome(again) == ("NothingNew", 0)
    assert receipt == (
        (workspace / "outbox" / edition["edition"] / "nl" / "receipt.json").read_bytes()
    )
    assert set(artifacts) == {
        "sources",
        "translation",
        "edition",
        "findings",
        "email-nl",
        "approval",
        "approvals",
        "push",
    }
    assert artifacts["email-nl"] == "data:image/png;base64,cG5n"
    assert f"/edition/{key}" in artifacts["approval"]


def test_held_work_is_completed_and_visible(
    flows: SimpleNamespace, artifacts: dict[str, str], tmp_path: Path, blog: FeedSite
) -> None:
    month = flows._shared.Month(workspace=workspace_at(tmp_path, blog.url, languages='"nl", "en"'))
    assert outcome(flows.gather.gather.fn(month)) == ("Completed", 0)
    state = flows.assemble.assemble.fn(month)
    assert outcome(state) == ("Held", 1)
    assert state.is_completed()
    assert "held for the editor" in state.message
    assert "De koffie van perron negen" in artifacts["translation"]
    assert "| error |" in artifacts["findings"]


def test_very_many_sources_are_read_in_shares(
    flows: SimpleNamespace,
    artifacts: dict[str, str],
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cxgreetz.pipeline.posts import sharing

    helped: list[tuple[str, int]] = []

    @contextmanager
    def helping(_workspace: Path, gathering: str, shares: int) -> Iterator[None]:
        helped.append((gathering, shares))
        yield

    monkeypatch.setattr(flows.gather, "sharing", helping)
    monkeypatch.setattr(sharing, "BATCH", 1)
    table = (workspace / "cxgreetz.toml").read_text().partition("[[sources]]")[2]
    with (workspace / "cxgreetz.toml").open("a") as out:
        out.write(f"[[sources]]{table}".replace('"blog"', '"again"'))
    monkeypatch.setenv("CXGREETZ_SHARDS", "3")
    month = flows._shared.Month(workspace=workspace)
    assert outcome(flows.gather.gather.fn(month)) == ("Completed", 0)
    assert helped == [("None", 2)], "no more than there are batches"
    assert "Read here" in artifacts["share-1"] and "again" in artifacts["share-1"]
    assert artifacts["sources"].count("| ok |") == 2, "one table tells of all of them"
    assert outcome(flows.gather.gather.fn(month)) == ("NothingNew", 0)


class Runs:
    """Prefect's account of the runs that help, as a test has it."""

    def __init__(self, *states: Any) -> None:
        self.states, self.set, self.begun = list(states), list[str](), list[dict[str, Any]]()

    def __call__(self, *_: object, **__: object) -> Runs:
        return self

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *_: object) -> None: ...

    def begin(self, name: str, **given: Any) -> SimpleNamespace:
        self.begun.append({"name": name} | given)
        return SimpleNamespace(id=len(self.begun), name=given["flow_run_name"])

    def read_flow_run(self, _number: int) -> SimpleNamespace:
        return SimpleNamespace(state=self.states.pop(0) if self.states[1:] else self.states[0])

    def set_flow_run_state(self, _number: int, state: Any, *, force: bool) -> None:
        self.set.append(state.name)


@pytest.mark.parametrize(
    ("states", "set_to", "told"),
    [
        (["Running", "Completed"], [], ""),
        (["Scheduled"], ["Cancelled"], ""),
        (["Crashed"], [], "read-share-2 ended as Crashed, and what it left was read here"),
        (["Running"], ["Crashed"], "read-share-2 went away, and what it left was read here"),
    ],
)
def test_a_run_that_helps_is_seen_to_its_end(
    flows: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    states: list[str],
    set_to: list[str],
    told: str,
) -> None:
    from prefect import states as prefect_states

    runs = Runs(*(getattr(prefect_states, name)() for name in states))
    said: list[str] = []
    logger = SimpleNamespace(warning=lambda line, *of: said.append(line % of))
    monkeypatch.setattr(flows.read, "run_deployment", runs.begin)
    monkeypatch.setattr(flows.read, "get_client", runs)
    monkeypatch.setattr(flows.read, "get_run_logger", lambda: logger)
    monkeypatch.setattr(flows.read, "_LEAVE", 0.05)
    monkeypatch.setattr(flows.read.time, "sleep", lambda _s: None)
    monkeypatch.setattr(flows.read, "runtime", SimpleNamespace(deployment=Named("cx-greetz")))
    with flows.read.sharing(Path("here"), "g", 2):
        assert [one["name"] for one in runs.begun] == ["read/cx-greetz"]
        assert runs.begun[0]["parameters"] == {"workspace": "here", "gathering": "g", "number": 2}
        assert runs.begun[0]["idempotency_key"] == "g-2"
    assert runs.set == set_to
    assert said == ([f"{told}; nothing is missing"] if told else [])


class Named(SimpleNamespace):
    def __init__(self, name: str) -> None:
        super().__init__(name=name)


def test_without_a_deployment_to_help_a_run_reads_alone(
    flows: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.exceptions import ObjectNotFound

    def missing(*_: object, **__: object) -> None:
        raise ObjectNotFound(None)

    said: list[str] = []
    logger = SimpleNamespace(warning=lambda line, *of: said.append(line % of))
    monkeypatch.setattr(flows.read, "run_deployment", missing)
    monkeypatch.setattr(flows.read, "get_client", Runs())
    monkeypatch.setattr(flows.read, "get_run_logger", lambda: logger)
    monkeypatch.setattr(flows.read, "runtime", SimpleNamespace(deployment=Named("cx-greetz")))
    with flows.read.sharing(Path("here"), "g", 4):
        pass
    assert said == ["there is no deployment read/cx-greetz, so this run reads alone"]


def test_a_cluster_that_is_not_there_is_done_without(
    flows: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        def __init__(self, address: str = "") -> None:
            self.address = address

        def __enter__(self) -> Gone:
            return self

        def submit(self, *_: object) -> None:
            raise OSError(f"timed out connecting to {self.address}")

        def __exit__(self, *_: object) -> None: ...

    said: list[str] = []
    logger = SimpleNamespace(warning=lambda line, *of: said.append(line % of))
    monkeypatch.setitem(sys.modules, "prefect_dask", SimpleNamespace(DaskTaskRunner=Gone))
    monkeypatch.setattr(flows.read, "get_run_logger", lambda: logger)
    monkeypatch.setenv("CXGREETZ_TASK_RUNNER", "dask")
    monkeypatch.setenv("CXGREETZ_TASK_RUNNER_ADDRESS", "tcp://nowhere:8786")
    with flows.read.sharing(Path("here"), "g", 2):
        pass
    assert said == [
        "the cluster of CXGREETZ_TASK_RUNNER_ADDRESS cannot be reached (timed out connecting to "
        "tcp://nowhere:8786), so this run reads alone"
    ]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CXGREETZ_SHARDS", "many", "CXGREETZ_SHARDS: 'many' is no number of processes"),
        ("CXGREETZ_SHARDS", "0", "CXGREETZ_SHARDS: '0' is no number of processes"),
        ("CXGREETZ_TASK_RUNNER", "spark", "'spark' is none of: threads, dask, ray"),
        ("CXGREETZ_TASK_RUNNER", "ray", "ray is not installed here; install cxgreetz[ray]"),
    ],
)
def test_a_setting_that_cannot_be_had_is_one_line(
    flows: SimpleNamespace,
    artifacts: dict[str, str],
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    told: str,
) -> None:
    monkeypatch.setitem(sys.modules, "prefect_ray", None)
    monkeypatch.setenv(name, value)
    state = flows.gather.gather.fn(flows._shared.Month(workspace=workspace))
    assert outcome(state) == ("Failed", 2)
    assert told in state.message


def test_a_quiet_month_says_so(flows: SimpleNamespace, artifacts: Any, tmp_path: Path) -> None:
    with FeedSite() as silent:
        month = flows._shared.Whole(workspace=workspace_at(tmp_path, silent.url))
        state = flows.greetz.greetz.fn(month)
    assert state.name == "NothingNew", state.message
    assert "there is nothing in 20" in state.message


def test_a_source_that_fails_does_not_stop_the_month(
    flows: SimpleNamespace, artifacts: dict[str, str], workspace: Path, blog: FeedSite
) -> None:
    month = flows._shared.Whole(workspace=workspace)
    flows.gather.gather.fn(month)
    blog.down = True
    state = flows.greetz.greetz.fn(month)
    assert outcome(state) == ("Failed", 3)
    assert "blog: " in state.message
    assert "503" in state.message
    assert "\n" not in state.message
    assert "failed" in artifacts["sources"]
    assert "De koffie van perron negen" in artifacts["edition"]


def test_a_workspace_that_is_wrong_ends_the_run_in_one_line(
    flows: SimpleNamespace, artifacts: dict[str, str], tmp_path: Path
) -> None:
    state = flows.greetz.greetz.fn(flows._shared.Whole(workspace=tmp_path))
    assert outcome(state) == ("Failed", 2)
    assert "cxgreetz init" in state.message
    assert state.message.count("cxgreetz init") == 1
    assert not artifacts


def test_progress_is_a_line_for_each_tenth(
    flows: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    logger = SimpleNamespace(info=lambda words, *values: lines.append(words % values))
    monkeypatch.setattr(flows._shared, "get_run_logger", lambda: logger)
    progress = flows._shared.log_progress()
    for done in range(1001):
        progress("translate nl → en", done, 1000)
    assert len(lines) == 11
    assert lines[-1] == "translate nl → en: 1000 of 1000"


def test_a_long_task_has_a_bar_and_a_short_one_none(
    flows: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, bars = [100.0], list[tuple[str, float]]()

    def create(progress: float, *, key: str, description: str) -> str:
        assert re.fullmatch(r"[a-z-]+", key) and description
        bars.append((key, progress))
        return key

    shared = flows._shared
    monkeypatch.setattr(shared, "get_run_logger", lambda: SimpleNamespace(info=lambda *_: None))
    monkeypatch.setattr(shared, "create_progress_artifact", create)
    monkeypatch.setattr(
        shared, "update_progress_artifact", lambda bar, progress: bars.append((bar, progress))
    )
    monkeypatch.setattr(shared.time, "monotonic", lambda: clock[0])
    short = shared.log_progress("sources")
    for done in range(5):
        short(f"gather <b>{done}", done, 4)
    assert bars == []
    long = shared.log_progress("translation")
    for done in range(1, 101):
        clock[0] += 1
        long("translate nl → en", done, 100)
    assert bars[0] == ("progress-translation", 10.0)
    assert [progress for _key, progress in bars] == [10.0, 20, 30, 40, 50, 60, 70, 80, 90, 100]


def test_a_note_of_the_pipeline_is_in_the_line(flows: SimpleNamespace) -> None:
    counts: dict[str, Any] = {"segments": 3, "from_author": 1, "from_memory": 2, "from_engine": 0}
    report = counts | {
        "characters_sent": 40,
        "held": [],
        "month": {},
        "usage": {},
        "notes": ["deepl: the quota is used up"],
    }
    told = flows.assemble.tell_of_translation(report)
    assert told.line == (
        "3 segments to translate: 1 from the author, 2 from the memory; deepl: the quota is used up"
    )
    assert "| characters sent to engines | 40 |" in told.page
    item = {"piece": "koffie", "title": "Koffie", "url": "https://b.example/", "origin": "author"}
    both = {"subject": "Koffie", "items": [item, item]}
    edition = {"edition": "2026-11", "state": "draft", "left_out": [], "notes": []}
    told = flows.assemble.tell_of_edition(edition | {"languages": {"nl+en": both}})
    assert told.line == "2026-11 has 1 piece (draft)"


def test_a_picture_that_cannot_be_had_stops_no_month(
    flows: SimpleNamespace, artifacts: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the database is busy")

    monkeypatch.setattr(pipeline, "photograph_emails", fail, raising=False)
    state = flows.assemble.photograph(workspace, "2026-11")
    assert outcome(state) == ("NothingNew", 0)
    assert state.message == "no picture: the database is busy"


# a person in between


class Suspended(BaseException):
    """What Prefect raises to end the process of a run that waits."""


class Asked:
    """A run of a deployment: keeps what a person is shown, and answers with what is next."""

    def __init__(self, flows: SimpleNamespace, patch: pytest.MonkeyPatch) -> None:
        self.shown: list[str] = []
        self.keys: list[str] = []
        self.answers: list[Any] = []
        self.alive: set[str] = set()
        self.run = "run-1"
        self._flows = flows
        patch.setattr(flows.greetz, "this_run", lambda: self.run)
        patch.setattr(flows.greetz, "may_wait", lambda: True)
        patch.setattr(flows.greetz, "wait_for_answer", self._wait)
        patch.setattr(flows.greetz, "is_alive", lambda run: run in self.alive)

    def _wait(self, description: str, key: str) -> Any:
        self.shown.append(description)
        self.keys.append(key)
        if not self.answers:
            raise Suspended
        answer = self.answers.pop(0)
        answer = answer() if callable(answer) else answer
        return self._flows._asking.Approval(**answer)


@pytest.fixture
def asked(flows: SimpleNamespace, artifacts: Any, monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(flows, monkeypatch)


APPROVE = {"decision": "approve", "editor": "Ans"}


def let_warnings_stand(workspace: Path) -> str:
    """Dismiss what an editor would; gives the edition."""
    with pipeline.open_workspace(workspace) as opened:
        (edition,) = pipeline.status(opened).as_json()["editions"]
        ids = [finding.id for finding in pipeline.check(opened, edition["edition"]).open_warnings]
        if ids:
            by = {"reason": "that is how it is", "by": "Ans"}
            pipeline.dismiss_findings(opened, edition["edition"], ids, **by)
    return str(edition["edition"])


def test_a_run_asks_waits_and_pushes_what_was_approved(
    flows: SimpleNamespace, asked: Asked, workspace: Path, blog: FeedSite
) -> None:
    month = flows._shared.Whole(workspace=workspace)
    with pytest.raises(Suspended):
        flows.greetz.greetz.fn(month)
    edition = let_warnings_stand(workspace)
    (shown,) = asked.shown
    assert edition in shown and "De koffie van perron negen" in shown
    assert len(rendered(shown).select("li")) == 1
    assert not rendered(shown).select("img, script")
    assert not (workspace / "outbox").exists()

    # Begun again it does not gather again, and takes the answer.
    before = len(blog.asked)
    asked.answers = [APPROVE]
    assert outcome(flows.greetz.greetz.fn(month)) == ("Completed", 0)
    assert len(blog.asked) == before
    assert asked.keys[0] == asked.keys[1]
    assert (workspace / "outbox" / edition / "nl" / "email.html").is_file()
    with pipeline.open_workspace(workspace) as opened:
        seal = opened.store.drafts(edition)["nl"].fingerprint
        assert opened.store.approvals(edition)["nl"][0].by == "Ans"
    assert seal[:12] in shown


def test_what_was_changed_since_is_asked_for_again(
    flows: SimpleNamespace, asked: Asked, workspace: Path
) -> None:
    def change_then_approve() -> dict[str, str]:
        edition = let_warnings_stand(workspace)
        with pipeline.open_workspace(workspace) as opened:
            pipeline.write_letter(opened, edition, "nl", "Beste lezer, nog iets.", by="Bea")
        return APPROVE

    asked.answers = [change_then_approve]
    with pytest.raises(Suspended):
        flows.greetz.greetz.fn(flows._shared.Whole(workspace=workspace))
    first, second = asked.shown
    assert "Not yet" not in first
    assert "was changed since" in second
    assert asked.keys[0] != asked.keys[1]
    assert not (workspace / "outbox").exists()


def test_an_answer_that_cannot_be_taken_is_asked_for_once_more(
    flows: SimpleNamespace, asked: Asked, workspace: Path
) -> None:
    reject = {"decision": "reject", "editor": "Ans"}
    too_late = APPROVE | {"send_at": "2026-01-02T09:00"}
    asked.answers = [too_late, reject, reject | {"note": "de kop is te lang"}]
    state = flows.greetz.greetz.fn(flows._shared.Whole(workspace=workspace))
    assert outcome(state) == ("Held", 1)
    assert "was sent back by Ans: de kop is te lang" in state.message
    _first, second, third = asked.shown
    assert "2026-01-02T09:00 has passed" in rendered(second).get_text()
    assert "say what is to be changed" in third
    assert len(set(asked.keys)) == 3
    assert not (workspace / "outbox").exists()
    # Whoever starts it again is told the same, until the editor has approved it.
    again = flows.greetz.greetz.fn(flows._shared.Whole(workspace=workspace))
    assert outcome(again) == ("Held", 1)


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_answered_elsewhere_the_run_takes_that(
    flows: SimpleNamespace, asked: Asked, workspace: Path, decision: str
) -> None:
    month = flows._shared.Whole(workspace=workspace)
    with pytest.raises(Suspended):
        flows.greetz.greetz.fn(month)
    edition = let_warnings_stand(workspace)
    with pipeline.open_workspace(workspace) as opened:
        if decision == "approve":
            pipeline.approve(opened, edition, by="Bea")
        else:
            pipeline.answer(opened, edition, "reject", by="Bea", note="nog niet")
    state = flows.greetz.greetz.fn(month)
    assert outcome(state) == (("Completed", 0) if decision == "approve" else ("Held", 1))
    assert (workspace / "outbox").exists() is (decision == "approve")
    assert len(asked.shown) == 1


def test_of_two_runs_for_one_month_one_works(
    flows: SimpleNamespace, asked: Asked, workspace: Path
) -> None:
    month = flows._shared.Whole(workspace=workspace)
    with pytest.raises(Suspended):
        flows.greetz.greetz.fn(month)
    asked.run, asked.alive = "run-2", {"run-1"}
    state = flows.greetz.greetz.fn(month)
    assert outcome(state) == ("Held", 1)
    assert "another run asks for" in state.message
    # The first is gone: the second takes its place, and an answer to the first is nobody's.
    asked.alive = set()
    with pytest.raises(Suspended):
        flows.greetz.greetz.fn(month)
    with pipeline.open_workspace(workspace) as opened:
        assert pipeline.find_request(opened, run="run-1") is None
        found = pipeline.find_request(opened, run="run-2")
        assert found is not None
        with opened.store.lease(f"the month {found.edition}"):
            asked.run = "run-3"
            busy = flows.assemble.assemble.fn(flows._shared.Month(workspace=workspace))
    assert outcome(busy) == ("Held", 1)
    assert "another run is busy with the month" in busy.message


def test_a_run_is_not_taken_for_another_one(
    flows: SimpleNamespace, asked: Asked, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = flows._shared.Whole(workspace=workspace)
    with pytest.raises(Suspended):
        flows.greetz.greetz.fn(month)
    let_warnings_stand(workspace)
    # Begun again while the database was busy for a moment, it did not find what it had asked.
    find, missed = flows.greetz.request_of, [True]

    def find_the_second_time(*place: Path, **about: str) -> Any:
        return None if missed and missed.pop() else find(*place, **about)

    monkeypatch.setattr(flows.greetz, "request_of", find_the_second_time)
    asked.alive, asked.answers = {"run-1"}, [APPROVE]
    assert outcome(flows.greetz.greetz.fn(month)) == ("Completed", 0)
    assert asked.keys[0] == asked.keys[1]


def test_a_month_is_held_as_long_as_its_run_lives_and_hardly_longer(
    flows: SimpleNamespace, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def others_wait() -> float:
        """Seconds that a run elsewhere would have to wait if this one were gone."""
        with (
            pipeline.open_workspace(workspace) as opened,
            pytest.raises(HeldError, match="busy with the month") as held,
            opened.store.lease("the month 2026-11"),
        ):
            pass
        found = re.search(r"at most (\d+) s", str(held.value))
        assert found
        return float(found[1])

    with flows._shared.alone(flows._shared.Steps(), workspace, "2026-11"):
        assert others_wait() <= 600
    monkeypatch.setattr(flows._shared, "_HELD", 3.0)
    with flows._shared.alone(flows._shared.Steps(), workspace, "2026-11"):
        time.sleep(3.5)
        assert others_wait() <= 3
    with pipeline.open_workspace(workspace) as opened, opened.store.lease("the month 2026-11"):
        pass


def test_approved_and_not_pushed_goes_out_before_anything_is_drafted_again(
    flows: SimpleNamespace, asked: Asked, workspace: Path, blog: FeedSite
) -> None:
    month = flows._shared.Whole(workspace=workspace)
    with pytest.raises(Suspended):
        flows.greetz.greetz.fn(month)
    edition = let_warnings_stand(workspace)
    with pipeline.open_workspace(workspace) as opened:
        pipeline.approve(opened, edition, by="Bea")
    # Its run was killed, and there is news that would void the approval.
    asked.run = "run-2"
    blog.posts.append(replace(blog.posts[0], title="Nieuw", link="/nieuw/"))
    assert outcome(flows.greetz.greetz.fn(month)) == ("Completed", 0)
    with pipeline.open_workspace(workspace) as opened:
        assert pipeline.status(opened).as_json()["editions"][0]["state"] == "pushed"


def test_a_yes_in_a_rehearsal_goes_to_no_other_provider(
    flows: SimpleNamespace, asked: Asked, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "WORLD", world := World())
    with (workspace / "cxgreetz.toml").open("a") as file:
        file.write('\n[provider]\nname = "fakes.provider"\n')
    month = flows._shared.Whole(workspace=workspace, provider="outbox")
    with pytest.raises(Suspended):
        flows.greetz.greetz.fn(month)
    edition = let_warnings_stand(workspace)
    assert "A rehearsal" in asked.shown[0] and "outbox" in asked.shown[0]
    # A time for files is asked for once more, rather than kept for readers.
    asked.answers = [APPROVE | {"send_at": "2031-01-01T09:00"}, APPROVE]
    assert outcome(flows.greetz.greetz.fn(month)) == ("Completed", 0)
    assert "leave the time empty" in asked.shown[2]
    assert (workspace / "outbox" / edition / "nl" / "email.html").is_file()
    state = flows.publish.publish.fn(flows._shared.Delivery(workspace=workspace))
    assert state.data["exit_code"] == 0 and world.campaigns == {}
    assert f"{edition} is approved for outbox alone (a rehearsal)" in state.message
    # The month itself is asked for afresh, and then goes out.
    asked.run, real = "run-2", flows._shared.Whole(workspace=workspace)
    with pytest.raises(Suspended):
        flows.greetz.greetz.fn(real)
    assert "A rehearsal" not in asked.shown[-1]
    asked.answers = [APPROVE]
    assert outcome(flows.greetz.greetz.fn(real)) == ("Completed", 0)
    assert len(world.campaigns) == 1


def test_a_run_that_waits_for_nobody_asks_for_readers_not_as_a_rehearsal(
    flows: SimpleNamespace, artifacts: dict[str, str], workspace: Path
) -> None:
    with (workspace / "cxgreetz.toml").open("a") as file:
        file.write('\n[provider]\nname = "fakes.provider"\n')
    month = flows._shared.Whole(workspace=workspace, provider="outbox", wait_for_approval=False)
    assert outcome(flows.greetz.greetz.fn(month)) == ("Completed", 0)
    with pipeline.open_workspace(workspace) as opened:
        (request,) = opened.store.requests()
    assert (request.decision, request.provider) == ("", "")


def test_a_notice_that_a_killed_run_owed_is_sent_by_the_next_and_once(
    flows: SimpleNamespace, asked: Asked, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise Suspended

    with pytest.raises(Suspended):
        flows.greetz.greetz.fn(flows._shared.Whole(workspace=workspace))
    edition = let_warnings_stand(workspace)
    with pipeline.open_workspace(workspace) as opened:
        pipeline.approve(opened, edition, by="Bea")
    delivery = flows._shared.Delivery(workspace=workspace)
    with NoticeTaker() as taker:
        with (workspace / "cxgreetz.toml").open("a") as file:
            file.write(f'\n[notify]\nurls = ["{taker.url()}"]\n')
        with monkeypatch.context() as patch, pytest.raises(Suspended):
            patch.setattr(pipeline, "tell_pushed", killed)
            flows.publish.publish.fn(delivery)
        assert (workspace / "outbox" / edition / "nl" / "email.html").is_file()
        assert taker.taken == []
        # A dry run tells nobody.
        flows.publish.publish.fn(delivery.model_copy(update={"dry_run": True}))
        assert taker.taken == []
        state = flows.publish.publish.fn(delivery)
        assert state.name == "Completed" and "told: " in state.message
        ((subject, body),) = taker.taken
        assert "staat bij outbox" in subject and "De koffie van perron negen" in body
        state = flows.publish.publish.fn(delivery)
        assert state.name == "NothingNew" and len(taker.taken) == 1


def test_the_hour_that_was_named_outlives_a_push_that_failed(
    flows: SimpleNamespace, asked: Asked, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its first call is refused.
    monkeypatch.setattr(provider, "WORLD", world := World(faults={0: "no"}))
    with (workspace / "cxgreetz.toml").open("a") as file:
        file.write('\n[provider]\nname = "fakes.provider"\n')
    month = flows._shared.Whole(workspace=workspace)
    with pytest.raises(Suspended):
        flows.greetz.greetz.fn(month)
    let_warnings_stand(workspace)
    wish = datetime.now(ZoneInfo("Europe/Amsterdam")) + timedelta(days=2)
    asked.answers = [APPROVE | {"send_at": f"{wish:%Y-%m-%dT%H:%M}"}]
    assert outcome(flows.greetz.greetz.fn(month)) == ("Failed", 3)
    assert world.calls == ["find"]
    state = flows.publish.publish.fn(flows._shared.Delivery(workspace=workspace))
    assert state.data["exit_code"] == 0
    (remote,) = world.campaigns.values()
    assert remote.state == "scheduled"


class Waiting:
    """Prefect's account of the runs that wait, as a test has it."""

    def __init__(self, *runs: tuple[str, Path], refused: tuple[str, ...] = ()) -> None:
        self.runs = [
            SimpleNamespace(id=run, name=run, parameters={"month": {"workspace": str(folder)}})
            for run, folder in runs
        ]
        self.refused, self.resumed = refused, dict[str, Any]()
        self.cancelled: list[str] = []

    def __call__(self, *_: object, **__: object) -> Waiting:
        return self

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *_: object) -> None: ...

    def read_flow_runs(self, **_: object) -> list[SimpleNamespace]:
        return self.runs

    def resume_flow_run(self, run: str, run_input: dict[str, str]) -> SimpleNamespace:
        self.resumed[run] = run_input
        status = "REJECT" if run in self.refused else "ACCEPT"
        return SimpleNamespace(status=status, details=SimpleNamespace(reason="no such form"))

    def set_flow_run_state(self, run: str, _state: object, *, force: bool) -> None:
        self.cancelled.append(run)


def answered(flows: SimpleNamespace, workspace: Path, run: str) -> None:
    """An edition that `run` has asked for, and that somebody has sent back."""
    with pipeline.open_workspace(workspace) as opened:
        pipeline.gather(opened)
        edition = pipeline.draft(opened).edition.key
        pipeline.ask(opened, edition, run=run)
        pipeline.answer(opened, edition, "reject", by="Bea", note="nog niet")


def test_what_stands_in_one_newsletters_way_keeps_no_other_asleep(
    flows: SimpleNamespace, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    answered(flows, workspace, "run-2")
    server = Waiting(("run-1", broken), ("run-2", workspace))
    monkeypatch.setattr(flows._asking, "get_client", server)
    woken, failures = flows._asking.wake_answered([broken, workspace])
    assert woken == ["run-2"]
    assert server.resumed["run-2"]["decision"] == "reject"
    (told,) = failures
    assert told.startswith("run-1: ") and "cxgreetz.toml" in told
    # And what is approved goes out all the same.
    monkeypatch.setattr(flows.publish, "wake_answered", lambda _: ([], [told]))
    state = flows.publish.wake.fn(workspace)
    assert (state.data["exit_code"], "run-1: " in state.message) == (0, True)
    assert "report" in state.data


def test_a_run_that_prefect_does_not_resume_is_not_said_to_be_awake(
    flows: SimpleNamespace, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(flows, workspace, "run-1")
    server = Waiting(("run-1", workspace), refused=("run-1",))
    monkeypatch.setattr(flows._asking, "get_client", server)
    assert flows._asking.wake_answered([workspace]) == ([], ["run-1: no such form"])


def test_a_form_answers_its_own_question_only(flows: SimpleNamespace) -> None:
    from jsonschema import Draft202012Validator

    first, second = map(flows._asking.form_for, ("2026-11-1", "2026-11-2"))
    judge = Draft202012Validator(second.model_json_schema())
    assert judge.is_valid(APPROVE)
    assert judge.is_valid(APPROVE | {"question": "2026-11-2"})
    # A dialogue that was opened before the emails were changed sends what it was opened with.
    late = first(**APPROVE).model_dump()
    assert late["question"] == "2026-11-1"
    assert not judge.is_valid(late)


def test_the_month_reads_first_where_nobody_has_for_long(
    flows: SimpleNamespace, artifacts: Any, workspace: Path, blog: FeedSite
) -> None:
    month = flows._shared.Month(workspace=workspace)
    flows.assemble.assemble.fn(month)
    assert len(blog.asked) >= 1, "nobody had read it yet"
    before = len(blog.asked)
    flows.assemble.assemble.fn(month)
    assert blog.asked[before:] == [], "it was read a moment ago"
    with pipeline.open_workspace(workspace) as opened:
        kept = opened.store.readings()["blog"]
        at = datetime.fromisoformat(kept["at"])
        later = datetime(at.year + 1, 1, 1, tzinfo=UTC)
        assert not pipeline.last_readings(opened).is_stale
        opened.now = lambda: later
        assert pipeline.last_readings(opened).is_stale


# the blog and the pages


def test_translations_go_back_to_the_blog_where_one_is_named(
    flows: SimpleNamespace, artifacts: dict[str, str], workspace: Path
) -> None:
    month = flows._shared.Outward(workspace=workspace)
    nothing = flows.syndicate.syndicate.fn(month)
    assert outcome(nothing) == ("NothingNew", 0)
    assert nothing.message == "no blog is named"
    with (workspace / "cxgreetz.toml").open("a") as out:
        out.write('[blog]\nname = "folder"\nfolder = "posts"\n')
    flows.greetz.greetz.fn(flows._shared.Whole(workspace=workspace))
    state = flows.syndicate.syndicate.fn(month)
    # The author wrote them in the newsletter's one language herself.
    assert outcome(state) == ("NothingNew", 0)
    assert "2 translations for" in state.message
    assert HOSTILE in [a.get_text() for a in rendered(artifacts["blog"]).select("a")]


def test_pages_are_written_before_their_links_go_out(
    flows: SimpleNamespace, asked: Asked, workspace: Path
) -> None:
    with (workspace / "cxgreetz.toml").open("a") as out:
        out.write('[site]\nurl = "https://letters.example.org/"\n')
    asked.answers = [APPROVE]
    state = flows.greetz.greetz.fn(flows._shared.Whole(workspace=workspace))
    assert outcome(state) == ("Completed", 0), state.message
    assert "of the site written" in state.message
    edition = next((workspace / "outbox").iterdir()).name
    html = (workspace / "outbox" / edition / "nl" / "email.html").read_text()
    (address,) = set(re.findall(r"https://letters\.example\.org/[^\"]*", html))
    place = address.removeprefix("https://letters.example.org/")
    assert (workspace / "site" / place / "index.html").is_file()


def test_pages_that_cannot_be_written_keep_no_email_back(
    flows: SimpleNamespace, asked: Asked, workspace: Path
) -> None:
    with (workspace / "cxgreetz.toml").open("a") as out:
        out.write('[site]\nurl = "https://letters.example.org/"\n')
    (workspace / "site").write_text("a file where the folder should be")
    asked.answers = [APPROVE]
    state = flows.greetz.greetz.fn(flows._shared.Whole(workspace=workspace))
    assert state.data["exit_code"] >= 2, state.message
    with pipeline.open_workspace(workspace) as opened:
        assert pipeline.status(opened).as_json()["editions"][0]["state"] == "pushed"


# what a run comes to


def failing(error: Exception) -> Callable[..., Any]:
    def verb(_workspace: object) -> None:
        raise error

    return verb


@pytest.mark.parametrize(
    ("error", "expected", "retried"),
    [
        (NetError("no answer", retryable=True), ("Failed", 3), True),
        (NetError("404"), ("Failed", 3), False),
        (StoreError("the database is locked"), ("Failed", 3), False),
        (HeldError("another run is busy"), ("Held", 1), False),
        (ConfigError("x.toml", [Problem("a", "b"), Problem("c", "d")]), ("Failed", 2), False),
    ],
)
def test_an_error_becomes_a_state_and_only_what_may_pass_is_retried(
    flows: SimpleNamespace,
    artifacts: object,
    workspace: Path,
    error: Exception,
    expected: tuple[str, int],
    retried: bool,
) -> None:
    state = flows._shared.do(failing(error), workspace, tell=None, artifact="none")
    assert outcome(state) == expected
    assert flows._shared.may_pass(None, None, state) is retried
    assert "\n" not in state.message
    steps, reached = flows._shared.Steps(), []
    with steps:
        steps.take(state)
        reached.append("the next task")
    assert not reached
    assert outcome(steps.state()) == expected


def test_no_task_that_creates_outside_is_retried(flows: SimpleNamespace) -> None:
    tasks = {
        task.name: task
        for module in (getattr(flows, name) for name in NAMES)
        for task in vars(module).values()
        if type(task).__name__ == "Task"
    }
    assert set(tasks) == {
        "Judge what was read",
        "Read a share of the blogs",
        "Read the blogs",
        "Translate",
        "See when the blogs were read",
        "Assemble the edition",
        "Check the emails",
        "Photograph the emails",
        "Ask for approval",
        "Take the answer",
        "See what is approved",
        "Push what is approved",
        "Remind who was asked",
        "Tell what is owed",
        "Write the newsletter's pages",
        "Send translations back to the blog",
        "Wake runs that wait",
    }
    assert {name for name, task in tasks.items() if task.retries} == {
        "Judge what was read",
        "Read a share of the blogs",
        "Read the blogs",
        "Translate",
    }
    assert all(task.tags for task in tasks.values())


def test_what_is_due_is_pushed_once_an_edition(flows: SimpleNamespace) -> None:
    def edition(key: str, **due: bool) -> dict[str, Any]:
        return {
            "edition": key,
            "languages": {name: {"due": is_due, "rehearsed": None} for name, is_due in due.items()},
        }

    rows = [edition("2026-10", nl=False, en=True), edition("2026-11"), edition("2026-12", nl=False)]
    report = {"editions": rows}
    assert flows.publish.to_push(report) == ["2026-10"]
    assert flows.publish.to_push(report, "2026-10") == ["2026-10"]
    assert flows.publish.to_push(report, "2026-12") == []


# parameters


def test_the_form_explains_every_field_and_names_the_run(
    flows: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared = flows._shared
    assert all(field.description for field in shared.Delivery.model_fields.values())
    for name in NAMES:
        flow = getattr(getattr(flows, name), name)
        assert flow.name == name
        assert flow.parameters.required == []

    due: datetime | None = None

    def run_name(month: object) -> str:
        run = SimpleNamespace(
            parameters={"month": month}, flow_name="greetz", scheduled_start_time=due
        )
        monkeypatch.setattr(shared, "runtime", SimpleNamespace(flow_run=run))
        return str(shared.run_name())

    assert run_name({"edition": "2026-11"}) == "greetz-2026-11"
    assert run_name(shared.Month(edition="2026-02")) == "greetz-2026-02"
    assert re.fullmatch(r"greetz-20\d\d-\d\d", run_name(shared.Month(workspace=tmp_path)))
    # Due on the first and begun later, it is still that month's: in the newsletter's zone.
    due = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    workspace_at(tmp_path, "https://blog.example/")
    assert run_name(shared.Month(workspace=tmp_path)) == "greetz-2026-11"
    assert shared.Month(edition=None).edition == ""


# Markdown


def rendered(markdown: str) -> BeautifulSoup:
    html = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return BeautifulSoup(html.render(markdown), "html.parser")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
@example(HOSTILE)
@example("<script>alert(1)</script>")
@example("a\\|b | c &amp; &#58; ![x](http://x/)")
@example("<javascript:alert(1)> http://x.example **a**")
def test_text_is_only_text(flows: SimpleNamespace, words: str) -> None:
    soup = rendered(flows._told.table(["post", "x"], [[flows._told.text(words), "x"]]))
    cell = soup.select("td")[0]
    assert not cell.find_all()
    assert cell.get_text() == " ".join(words.split())
    assert len(soup.select("td")) == 2


def test_what_nobody_dismissed_is_counted_by_how_bad_it_is(flows: SimpleNamespace) -> None:
    def found(severity: str, dismissed: object = None) -> dict[str, object]:
        return {"severity": severity, "dismissed": dismissed}

    findings = [found("warning"), found("info"), found("error"), found("warning")]
    assert flows._told.to_mend(findings) == "1 error, 2 warnings"
    assert flows._told.to_mend([found("warning", {"by": "Ans"}), found("info")]) == (
        "nothing to mend"
    )


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ("https://blog.example/a?x=1&copy=2#top", "https://blog.example/a?x=1&copy=2#top"),
        ("https://blog.example/a|b (c)>d", "https://blog.example/a%7Cb%20%28c%29%3Ed"),
        ("javascript:alert(1)", None),
        (" JavaScript:alert(1)", None),
        ("data:text/html,x", None),
        ("//blog.example/", None),
        ("https://[broken", None),
        (None, None),
    ],
)
def test_only_web_addresses_become_links(
    flows: SimpleNamespace, url: str | None, href: str | None
) -> None:
    soup = rendered(flows._told.table(["post"], [[flows._told.link(HOSTILE, url)]]))
    links = soup.select("a")
    assert [a["href"] for a in links] == ([href] if href else [])
    assert soup.select_one("td").get_text() == HOSTILE
    assert not soup.select("img, em, code, script")


def test_no_title_of_a_blog_survives_as_markup(
    flows: SimpleNamespace, artifacts: dict[str, str], workspace: Path
) -> None:
    flows.greetz.greetz.fn(flows._shared.Whole(workspace=workspace))
    for key in ("sources", "edition"):
        soup = rendered(artifacts[key])
        assert any(a.get_text() == HOSTILE for a in soup.select("a")), key
        assert not soup.select("img, script")
        assert all(a["href"].startswith("http") for a in soup.select("a"))


# as scripts


@pytest.mark.parametrize("name", NAMES)
def test_help_and_wrong_options(
    flows: SimpleNamespace, name: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def leave(*options: str) -> int:
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *options])
        with pytest.raises(SystemExit) as left:
            runpy.run_path(str(FLOWS / f"{name}.py"), run_name="__main__")
        return int(left.value.code)

    assert leave("--help") == 0
    help_text = capsys.readouterr().out
    assert "--workspace DIR" in help_text
    assert ("--dry-run" in help_text) is (name in ("publish", "greetz", "syndicate"))
    for options in (["--bogus"], ["--work", "."], ["--edition", "2026-13"]):
        assert leave(*options) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert options[0] in line


def run_script(script: Path, *options: str, home: Path, **env: str) -> tuple[int, str]:
    """Run a flow as a person would, without a configured server; gives its exit code and log."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    done = subprocess.run(
        [sys.executable, str(script), *options],
        env=kept | {"PREFECT_HOME": str(home)} | env,
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_missing_workspace_is_one_line_wherever_the_flows_stand(tmp_path: Path) -> None:
    bundled = tmp_path / "cxgreetz" / "bundled" / "flows"
    shutil.copytree(FLOWS, bundled, ignore=shutil.ignore_patterns("__pycache__"))
    folder = str(tmp_path / "absent")
    code, said = run_script(bundled / "greetz.py", "--workspace", folder, home=tmp_path)
    assert code == 2
    (line,) = said.splitlines()
    assert "cxgreetz init" in line
    assert not list(tmp_path.glob("**/prefect.db"))


def test_a_server_that_is_not_there_is_one_line(tmp_path: Path, workspace: Path) -> None:
    # Nothing listens on the discard port.
    nowhere = "http://127.0.0.1:9/api"
    options = ("--workspace", str(workspace))
    code, said = run_script(FLOWS / "gather.py", *options, home=tmp_path, PREFECT_API_URL=nowhere)
    assert code == 3
    (line,) = said.splitlines()
    assert nowhere in line


@pytest.mark.prefect
@pytest.mark.timeout(300)
def test_a_month_as_a_script(tmp_path: Path, blog: FeedSite) -> None:
    (tmp_path / "month").mkdir()
    folder = workspace_at(tmp_path / "month", blog.url, languages='"nl", "en"')
    code, said = run_script(FLOWS / "greetz.py", "--workspace", str(folder), home=tmp_path)
    assert code == 1, said
    assert re.search(r"Flow run 'greetz-20\d\d-\d\d' - Finished in state Held\(", said), said
    for task in ("Read the blogs", "Translate", "Assemble the edition", "Check the emails"):
        assert re.search(rf"Task run '{task}[^']*' - Finished in state ", said), (task, said)
    assert "gather blog: 1 of 1" in said
    # What Prefect's own temporary server says of its database on a busy machine is not ours.
    ours = [path for path in (str(FLOWS), str(ROOT / "src")) if f'File "{path}' in said]
    assert not ours, said
    with pipeline.open_workspace(folder) as opened:
        assert len(opened.store.posts()) == 2
        assert pipeline.status(opened).as_json()["editions"][0]["items"] == 2


# deployments


@pytest.fixture(scope="module")
def deployments() -> dict[str, dict[str, Any]]:
    """What prefect.yaml says for a newsletter in Amsterdam."""
    text = (ROOT / "prefect.yaml").read_text(encoding="utf-8")
    for name, value in {
        "NEWSLETTER": "de-klantbrief",
        "TIMEZONE": "Europe/Amsterdam",
        "WORKSPACE": "klantbrief",
    }.items():
        text = text.replace(f"{{{{ $CXGREETZ_{name} }}}}", value)
    assert "{{" not in text
    return {one["entrypoint"]: one for one in yaml.safe_load(text)["deployments"]}


def test_every_flow_has_a_deployment_that_can_be_loaded(
    flows: SimpleNamespace, deployments: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from prefect.flows import load_flow_from_entrypoint

    monkeypatch.chdir(ROOT)
    assert set(deployments) == {f"flows/{name}.py:{name}" for name in (*NAMES, "read", "tell")}
    for entrypoint, deployment in deployments.items():
        loaded = load_flow_from_entrypoint(entrypoint)
        assert loaded.name == entrypoint.partition(":")[2]
        if loaded.name == "tell":
            # The rest comes with the run that failed.
            told = {"run": "gather-2026-11", "message": "cut off", "url": "http://127.0.0.1/"}
            loaded.validate_parameters(deployment["parameters"] | told)
        else:
            loaded.validate_parameters(deployment["parameters"])
        # Many may help at once.
        assert deployment["concurrency_limit"]["limit"] == (64 if loaded.name == "read" else 1)
        assert deployment["work_pool"]["name"] == "cxgreetz"
    assert deployments["flows/greetz.py:greetz"]["parameters"]["month"]["dry_run"] is True


def test_no_deployment_names_a_place_on_somebodys_machine() -> None:
    document = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    assert "pull" not in document
    assert not re.search(r"['\"]/", repr(document))


def test_schedules_keep_amsterdam_time(deployments: dict[str, dict[str, Any]]) -> None:
    from prefect.server.schemas.schedules import CronSchedule

    def times(entrypoint: str, start: datetime, number: int) -> list[datetime]:
        (schedule,) = deployments[entrypoint]["schedules"]
        assert schedule["slug"]
        cron = CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
        return list(asyncio.run(cron.get_dates(number, start)))

    amsterdam = ZoneInfo("Europe/Amsterdam")
    for month, utc_hour in ((1, 8), (7, 7)):
        before = datetime(2027, month, 1, tzinfo=amsterdam) - timedelta(hours=3)
        (when,) = times("flows/assemble.py:assemble", before, 1)
        assert when == datetime(2027, month, 1, 9, tzinfo=amsterdam)
        assert when.astimezone(UTC).hour == utc_hour
        (morning,) = times("flows/gather.py:gather", before, 1)
        assert morning == datetime(2027, month, 1, 6, tzinfo=amsterdam)
    hours = times("flows/publish.py:publish", datetime(2027, 1, 1, tzinfo=UTC), 3)
    assert hours[2] - hours[1] == timedelta(hours=1)
    assert deployments["flows/greetz.py:greetz"]["schedules"] == []
