"""What every blog on the shelf promises, whoever stands behind it.

In: a `BlogCase`, and a place where posts end up: a twin of WordPress, WordPress itself, or a
folder. A test module gives the fixtures `case` and `place` and inherits `BlogContract`; a blog
with an API inherits the providers' `FaultContract` too. Everything goes through the real
pipeline, on a real workspace and database.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from contracts.provider_contract import _FORK, renew
from cxgreetz import pipeline
from cxgreetz.errors import HeldError
from cxgreetz.model import Image, Language, Origin
from cxgreetz.net import Limits, Net
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.ports import BlogCapabilities, plugin
from cxgreetz.store import StoredPost
from cxgreetz.translation.assembly import segments_of
from samples import NOW, TEXTS, a_post

PIECE = "koffie"
TITLE = "Coffee on platform 4"


@dataclass(frozen=True)
class BlogCase:
    """A blog as the contract needs to know it."""

    name: str
    key: str = ""
    #: More lines of its table in the workspace file.
    lines: tuple[str, ...] = ()

    @property
    def able(self) -> BlogCapabilities:
        able: BlogCapabilities = plugin("blogs", self.name, "").CAPABILITIES
        return able


class BlogPlace(Protocol):
    """Where posts end up, and what a person does there."""

    #: As a workspace names it; None: it names none.
    site: str | None

    def bodies(self) -> list[str]: ...
    def edit(self, old: str, new: str) -> None: ...
    def publish(self) -> None: ...
    def remove(self) -> None: ...


def translate(
    workspace: Workspace, change: Callable[[str], str] = str, origin: str = "editor", later: int = 0
) -> None:
    """Have the Dutch column in English, in somebody's words."""
    memory = StoreMemory(workspace)
    (piece,) = workspace.store.pieces()
    english = [TITLE, *TEXTS["en"]]
    for part, text in zip(segments_of(piece.origin, "en"), english, strict=False):
        after = NOW + timedelta(seconds=later)
        memory.remember(part.segment, change(text), Origin(origin), "Anna", after=after)


@pytest.fixture(scope="session")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one Dutch column and its English; copied for every test."""
    folder = tmp_path_factory.mktemp("translated")
    (folder / "cxgreetz.toml").write_text(_toml())
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        post = a_post(tags=("klachten", "Column"))
        workspace.store.save_posts([StoredPost(post, PIECE, "taken", "new", post.published, NOW)])
        translate(workspace)
    return folder


def _toml(*lines: str) -> str:
    return "\n".join(
        [
            "[newsletter]",
            'name = "CX Greetz"',
            'from = "Marijke <marijke@example.org>"',
            "start = 2026-01-01",
            "[[sources]]",
            'name = "blog"',
            'url = "http://127.0.0.1:1/feed/"',
            *lines,
        ]
    )


@dataclass
class _One:
    """A report as the fault contract reads it, which speaks of an email."""

    pushed: dict[str, Any]
    exit_code: int


@dataclass
class BlogDesk:
    """A workspace with a translation; opened for each act, so that a fork is clean."""

    case: BlogCase
    folder: Path
    place: Any
    waits: list[float] = field(default_factory=list)
    #: Everything that was told to anybody.
    told: list[str] = field(default_factory=list)
    patience: float = 20.0
    #: Lines in the table [blog], and before it.
    more: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    picture: str = ""

    def settle(self) -> None:
        """Write the workspace file; have the column's picture where this test's server is."""
        lines = [*self.before, "[blog]", f'name = "{self.case.name}"', 'languages = ["en"]']
        if self.place.site:
            lines.append(f'url = "{self.place.site}"')
        file = self.folder / "cxgreetz.toml"
        file.write_text(_toml(*lines, *self.case.lines, *self.more), encoding="utf-8")
        if self.picture:
            with self.open() as workspace:
                (stored,) = workspace.store.posts()
                image = Image(self.picture, "Een man schenkt koffie")
                changed = replace(stored, post=replace(stored.post, image=image), head=None)
                workspace.store.save_posts([changed])

    @contextmanager
    def open(self) -> Iterator[Workspace]:
        with pipeline.open_workspace(self.folder, now=lambda: NOW) as workspace:
            workspace.sleep = self.waits.append
            workspace.net = Net(workspace.config.private_hosts(), limits=Limits(call=self.patience))
            yield workspace

    def syndicate(self, piece: str | None = PIECE, **options: Any) -> pipeline.SyndicateReport:
        with self.open() as workspace:
            report = pipeline.syndicate(workspace, piece, **options)
        self.told.append(json.dumps(report.as_json()) + repr(report))
        return report

    def push(self, **options: Any) -> _One:
        report = self.syndicate(**options)
        (row,) = report.rows
        return _One({"nl": row.posted}, report.exit_code)

    def pushed(self, **options: Any) -> tuple[str, str, int]:
        report = self.push(**options)
        one = report.pushed["nl"]
        return one.step, one.state, report.exit_code

    def change(self, old: str = "coffee", new: str = "tea") -> None:
        with self.open() as workspace:
            translate(workspace, lambda text: text.replace(old, new), later=60)

    def receipt(self) -> str | None:
        with self.open() as workspace:
            return next((one.state for one in workspace.store.postings()), None)

    def child(self) -> Any:
        process = _FORK.Process(target=_as_child, args=(self,))
        process.start()
        return process


def _as_child(desk: BlogDesk) -> None:
    logging.disable()
    try:
        code = desk.push().exit_code
    except HeldError:
        code = 1
    os._exit(code)


@pytest.fixture
def desk(
    translated: Path,
    case: BlogCase,
    place: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[BlogDesk]:
    caplog.set_level(logging.DEBUG)
    if case.key:
        monkeypatch.setenv(f"CXGREETZ_{case.name.upper()}_API_KEY", case.key)
    desk = BlogDesk(case, tmp_path / "workspace", place, picture=getattr(place, "picture", ""))
    renew(desk, translated, place)
    yield desk
    seen = capfd.readouterr()
    told = "\n".join([*desk.told, caplog.text, seen.out, seen.err])
    password = case.key.partition(":")[2]
    assert not password or password not in told, "the password was told"


class BlogContract:
    def test_a_translation_is_there_once_however_often_it_is_asked_for(
        self, desk: BlogDesk, place: BlogPlace
    ) -> None:
        assert desk.pushed() == ("create", "draft", 0)
        assert desk.pushed() == ("none", "draft", 0)
        (body,) = place.bodies()
        for text in TEXTS["en"]:
            assert text in body
        assert "19 November 2026" in body, "the date of the original is written out"
        assert desk.receipt() == "confirmed"

    def test_the_report_keeps_its_form(self, desk: BlogDesk) -> None:
        report = desk.syndicate().as_json()
        assert set(report) == {"blog", "site", "posts"}
        (one,) = report["posts"]
        assert {
            "piece", "language", "title", "step", "state", "why", "remote_id", "url",
            "edit_url", "difference", "notes",
        } == set(one)  # fmt: skip
        assert (one["piece"], one["language"], one["title"]) == (PIECE, "en", TITLE)

    def test_a_draft_is_brought_up_to_date(self, desk: BlogDesk, place: BlogPlace) -> None:
        desk.push()
        desk.change()
        assert desk.pushed() == ("update", "draft", 0)
        (body,) = place.bodies()
        assert "the same tea" in body and "the same coffee" not in body
        assert desk.pushed() == ("none", "draft", 0)

    def test_what_a_person_changed_there_is_never_written_over(
        self, desk: BlogDesk, place: BlogPlace
    ) -> None:
        desk.push()
        place.edit("the same coffee", "the very best coffee")
        assert desk.pushed() == ("none", "draft", 0), "nothing new is to be sent"
        desk.change()
        report = desk.push()
        one = report.pushed["nl"]
        assert (one.step, one.state, report.exit_code) == ("stop", "draft", 1)
        assert "a person changed it" in one.why
        assert any(line.startswith("-") and "very best coffee" in line
                   for line in one.difference.splitlines())  # fmt: skip
        assert any(line.startswith("+") and "the same tea" in line
                   for line in one.difference.splitlines())  # fmt: skip
        (body,) = place.bodies()
        assert "the very best coffee" in body

    def test_what_is_published_is_never_written_over(
        self, desk: BlogDesk, place: BlogPlace
    ) -> None:
        desk.push()
        place.publish()
        assert desk.pushed() == ("none", "published", 0)
        desk.change()
        assert desk.pushed() == ("stop", "published", 1)
        (body,) = place.bodies()
        assert "the same coffee" in body

    def test_other_closing_lines_are_no_matter_of_what_is_published(
        self, desk: BlogDesk, place: BlogPlace
    ) -> None:
        desk.push()
        desk.case = replace(desk.case, lines=('sign_up = { en = "Write to me." }',))
        desk.settle()
        assert desk.pushed() == ("update", "draft", 0)
        place.publish()
        desk.case = replace(desk.case, lines=('sign_up = { en = "Call me." }',))
        desk.settle()
        assert desk.pushed() == ("none", "published", 0)
        (body,) = place.bodies()
        assert "Write to me" in body

    def test_a_dry_run_changes_nothing_and_shows_what_would_be(
        self, desk: BlogDesk, place: BlogPlace
    ) -> None:
        assert desk.pushed(dry_run=True) == ("create", "none", 0)
        assert (place.bodies(), desk.receipt()) == ([], None)
        desk.push()
        desk.change()
        report = desk.push(dry_run=True)
        assert report.pushed["nl"].step == "update"
        assert "tea" in report.pushed["nl"].difference
        (body,) = place.bodies()
        assert "the same coffee" in body

    def test_what_a_person_removed_is_made_again_only_when_that_is_said(
        self, desk: BlogDesk, place: BlogPlace
    ) -> None:
        desk.push()
        place.remove()
        step, _state, code = desk.pushed()
        assert (step, code) == ("stop", 1)
        assert desk.pushed(again=True) == ("create", "draft", 0)
        assert desk.pushed() == ("none", "draft", 0)

    def test_of_two_runs_at_once_one_does_it(self, desk: BlogDesk, place: BlogPlace) -> None:
        children = [desk.child(), desk.child()]
        for child in children:
            child.join()
        codes = sorted(child.exitcode for child in children)
        assert codes in ([0, 0], [0, 1]), codes
        assert len(place.bodies()) == 1
        assert desk.pushed() == ("none", "draft", 0)

    def test_what_nobody_approved_waits(self, desk: BlogDesk, place: BlogPlace) -> None:
        with desk.open() as workspace:
            memory = StoreMemory(workspace)
            (piece,) = workspace.store.pieces()
            part = segments_of(piece.origin, "en")[2]
            memory.forget(part.segment, TEXTS["en"][1])
        report = desk.push()
        assert "1 of its 3 paragraphs wait" in report.pushed["nl"].why
        assert (report.pushed["nl"].step, report.exit_code) == ("wait", 1)
        with desk.open() as workspace:
            StoreMemory(workspace).remember(part.segment, TEXTS["en"][1], Origin.ENGINE, None)
        assert "nobody has approved the English email" in desk.push().pushed["nl"].why
        assert place.bodies() == []
        with desk.open() as workspace:
            pipeline.draft(workspace, "2026-11")
            report = pipeline.check(workspace, "2026-11")
            if names := [finding.id for finding in report.open_warnings]:
                pipeline.dismiss_findings(workspace, "2026-11", names, reason="seen", by="Anna")
            pipeline.approve(workspace, "2026-11", by="Anna")
        assert desk.pushed() == ("create", "draft", 0)
        (body,) = place.bodies()
        assert "Translated from Dutch by machine" in body

    def test_what_the_author_wrote_herself_never_goes(
        self, desk: BlogDesk, place: BlogPlace
    ) -> None:
        with desk.open() as workspace:
            language: Language = "en"
            own = a_post("https://blog.example/coffee/", language=language)
            workspace.store.save_posts([StoredPost(own, PIECE, "taken", "new", own.published, NOW)])
        assert desk.pushed() == ("none", "own", 0)
        assert place.bodies() == []
