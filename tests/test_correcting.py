"""A letter that has gone out is corrected on the web, and nowhere else."""

from __future__ import annotations

import re
import shlex
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cxgreetz import pipeline
from cxgreetz.cli import app
from cxgreetz.errors import HeldError, StaleError, UsageError
from cxgreetz.model import Origin
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.render import find_template
from cxgreetz.store import Store, StoredPost
from cxgreetz.translation.assembly import segments_of
from samples import NOW, a_post

TOML = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
languages = ["nl"]
start = 2026-01-01
[[sources]]
name = "blog"
url = "https://blog.example/"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cxgreetz.toml").write_text(TOML)
    return tmp_path


def tell(workspace: Workspace, *texts: str) -> None:
    post = a_post(texts=texts)
    workspace.store.save_posts([StoredPost(post, "koffie", "taken", "new", post.published, NOW)])


def send_and_mend(workspace: pipeline.Workspace) -> str:
    """An edition goes out with a price that its column has no more."""
    tell(workspace, "De koffie kost tien euro, en dat is al jaren zo op het perron.")
    key = pipeline.draft(workspace).edition.key
    pipeline.approve(workspace, key, by="Anna")
    pipeline.push(workspace, key)
    tell(workspace, "De koffie kost drie euro, en dat is al jaren zo op het perron.")
    return key


def test_a_letter_that_went_out_gets_a_corrected_page_and_stays_as_it_was(folder: Path) -> None:
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        tell(workspace, "De koffie kost tien euro, en dat is al jaren zo op het perron.")
        key = pipeline.draft(workspace).edition.key
        with pytest.raises(UsageError, match=f"{key} has not gone out"):
            pipeline.correct(workspace, key)
        pipeline.approve(workspace, key, by="Anna")
        pipeline.push(workspace, key)
        tell(workspace, "De koffie kost drie euro, en dat is al jaren zo op het perron.")
    outbox = folder / "outbox" / key / "nl"
    sent = {file.name: file.read_bytes() for file in outbox.iterdir()}
    later = NOW + timedelta(days=2)
    with pipeline.open_workspace(folder, now=lambda: later) as workspace:
        before = workspace.store.drafts(key), workspace.store.receipts(key)
        shown = pipeline.correct(workspace, key)
        assert shown.exit_code == 1 and shown.pages == {} and not (folder / "web").exists()
        assert "-De koffie kost tien euro" in shown.changes["nl"]
        assert "+De koffie kost drie euro" in shown.changes["nl"]
        report = pipeline.correct(workspace, key, by="Anna", seen=shown.mark)
        assert (workspace.store.drafts(key), workspace.store.receipts(key)) == before
        page = report.pages["nl"].read_text(encoding="utf-8")
        assert pipeline.correct(workspace, key).changes == {}, "that is what it says now"
        done = workspace.store.changes(key)[0]
        assert (done.kind, done.by, done.subject) == ("corrected", "Anna", "nl")
    assert report.exit_code == 0
    assert report.pages == {"nl": folder / "web" / key / "nl" / "index.html"}
    assert "drie euro" in page and "tien euro" not in page
    assert "Verbeterd op dinsdag 24 november 2026" in page
    assert "cxgreetz:" not in page and "Afmelden" not in page
    assert {file.name: file.read_bytes() for file in outbox.iterdir()} == sent


def test_only_the_correction_that_a_person_saw_reaches_the_web(folder: Path) -> None:
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        key = send_and_mend(workspace)
        seen = pipeline.correct(workspace, key).mark
        tell(workspace, "De koffie kost vier euro, en dat is al jaren zo op het perron.")
        with pytest.raises(StaleError, match="look at it again"):
            pipeline.correct(workspace, key, by="Anna", seen=seen)
        for one in ({"by": "Anna"}, {"seen": seen}, {"by": " ", "seen": seen}):
            with pytest.raises(UsageError, match="a name and the mark"):
                pipeline.correct(workspace, key, **one)
        pipeline.build_site(workspace)
        assert not (folder / "web").exists()
        pages = [page.read_text() for page in (folder / "site").rglob("*.html")]
        assert any("tien euro" in page for page in pages)
        assert not any(said in page for page in pages for said in ("drie euro", "vier euro"))


@pytest.mark.parametrize("file", ["email.mjml", "words.toml"])
def test_a_yes_is_to_the_very_page_that_is_written(folder: Path, file: str) -> None:
    own = folder / "templates" / "newsletter"
    shutil.copytree(find_template("newsletter", None), own)
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        key = send_and_mend(workspace)
        seen = pipeline.correct(workspace, key)
        (told,) = seen.on_pages.values()
        assert "+Verbeterd op zondag 22 november 2026" in told
        assert "euro" not in told, "that is told already"
        before = (own / file).read_text(encoding="utf-8")
        old = "{{ part.words.corrected" if file == "email.mjml" else '"Verbeterd op'
        new = old.replace("Verbeterd", "NIEMAND ZAG DIT: verbeterd")
        new = f"NIEMAND ZAG DIT: {new}" if file == "email.mjml" else new
        assert before.count(old) == 1
        (own / file).write_text(before.replace(old, new), encoding="utf-8")
        with pytest.raises(StaleError, match="look at it again"):
            pipeline.correct(workspace, key, by="Anna", seen=seen.mark)
        assert not (folder / "web").exists()
        again = pipeline.correct(workspace, key)
        assert again.mark != seen.mark and again.changes == seen.changes
        assert "+NIEMAND ZAG DIT" in again.on_pages["nl"]
        assert again.as_json()["on_pages"] == again.on_pages
        page = pipeline.correct(workspace, key, by="Anna", seen=again.mark).pages["nl"]
    assert "NIEMAND ZAG DIT" in page.read_text(encoding="utf-8")


def test_a_yes_is_of_the_day_that_the_page_names(folder: Path) -> None:
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        key = send_and_mend(workspace)
        seen = pipeline.correct(workspace, key).mark
        assert pipeline.correct(workspace, key).mark == seen
    tomorrow = pipeline.open_workspace(folder, now=lambda: NOW + timedelta(days=1))
    with tomorrow as workspace, pytest.raises(StaleError, match="look at it again"):
        pipeline.correct(workspace, key, by="Anna", seen=seen)


def test_a_correction_that_fails_half_way_is_finished_by_the_same_yes(folder: Path) -> None:
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        key = send_and_mend(workspace)
        seen = pipeline.correct(workspace, key)
        (folder / "web").write_text("a file")
        with pytest.raises(UsageError, match=r"index\.html cannot be written") as told:
            pipeline.correct(workspace, key, by="Anna", seen=seen.mark)
        assert "\n" not in str(told.value)
        pipeline.build_site(workspace)
        pages = [page.read_text() for page in (folder / "site").rglob("*.html")]
        assert not any("drie euro" in page for page in pages), "no half of it reaches the web"
        (folder / "web").unlink()
        done = pipeline.correct(workspace, key, by="Anna", seen=seen.mark)
        assert (done.by, done.changes) == ("Anna", seen.changes)
        assert "drie euro" in done.pages["nl"].read_text(encoding="utf-8")
        assert [one.by for one in workspace.store.changes(key)] == ["Anna"]


@pytest.mark.parametrize(("what", "door"), [(Path, "replace"), (Store, "_put_all")])
def test_a_correction_that_is_killed_is_finished_by_the_same_yes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, what: type, door: str
) -> None:
    class Killed(BaseException):
        pass

    def die(*_all: object, **_named: object) -> None:
        raise Killed

    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        key = send_and_mend(workspace)
        seen = pipeline.correct(workspace, key).mark
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(what, door, die)
            pipeline.correct(workspace, key, by="Anna", seen=seen)
        assert workspace.store.changes(key) == []
        assert pipeline.correct(workspace, key).mark == seen, "all of it is still to be done"
        pipeline.correct(workspace, key, by="Anna", seen=seen)
        assert [one.by for one in workspace.store.changes(key)] == ["Anna"]
        assert pipeline.correct(workspace, key).changes == {}


def test_an_open_warning_holds_a_correction_until_a_person_dismisses_it(folder: Path) -> None:
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        tell(workspace, "De koffie kost tien euro, en dat is al jaren zo op het perron.")
        key = pipeline.draft(workspace).edition.key
        pipeline.approve(workspace, key, by="Anna")
        pipeline.push(workspace, key)
        post = a_post(texts=("De koffie kost drie euro, en dat is al jaren zo op het perron.",))
        shouting = replace(post, title="De koffie is GRATIS")
        stored = StoredPost(shouting, "koffie", "taken", "new", post.published, NOW)
        workspace.store.save_posts([stored])
        seen = pipeline.correct(workspace, key).mark
        with pytest.raises(HeldError, match="finding dismiss") as held:
            pipeline.correct(workspace, key, by="Anna", seen=seen)
        assert not (folder / "web").exists() and workspace.store.changes(key) == []
        (named,) = re.findall(r"dismiss (\w+) --edition", str(held.value))
        pipeline.dismiss_findings(workspace, key, [named], reason="seen", by="Els")
        assert pipeline.correct(workspace, key, by="Anna", seen=seen).by == "Anna"


def test_what_could_not_be_approved_is_no_correction(folder: Path) -> None:
    (folder / "cxgreetz.toml").write_text(TOML.replace('["nl"]', '["nl", "en"]'))
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        tell(workspace, "De koffie kost tien euro, en dat is al jaren zo op het perron.")
        memory = StoreMemory(workspace)
        (piece,) = workspace.store.pieces()
        english = ("Coffee on platform 4", "Coffee is ten euros, as it has been for years.")
        for part, said in zip(segments_of(piece.origin, "en"), english, strict=True):
            memory.remember(part.segment, said, Origin.EDITOR, "Els")
        key = pipeline.draft(workspace).edition.key
        if found := pipeline.check(workspace, key).open_warnings:
            ids = [finding.id for finding in found]
            pipeline.dismiss_findings(workspace, key, ids, reason="seen", by="Els")
        pipeline.approve(workspace, key, by="Anna")
        pipeline.push(workspace, key)
        tell(workspace, "Een alinea die nog niemand in het Engels heeft gezet.")
        seen = pipeline.correct(workspace, key).mark
        with pytest.raises(HeldError, match=f"{key} en cannot be corrected yet: .*English"):
            pipeline.correct(workspace, key, by="Anna", seen=seen)
        assert not (folder / "web").exists()


def test_the_command_shows_and_then_names_the_page(folder: Path) -> None:
    with pipeline.open_workspace(folder) as workspace:
        tell(workspace, "Op het perron staat een man die al jaren dezelfde koffie schenkt.")
        key = pipeline.draft(workspace, "2026-11").edition.key
        pipeline.approve(workspace, key, by="Anna")
        pipeline.push(workspace, key)
    verb, at = ["draft", key, "--correct"], ["--workspace", str(folder)]
    same = CliRunner().invoke(app, [*verb, *at])
    assert same.exit_code == 0 and "nothing to correct" in same.output, same.output
    with pipeline.open_workspace(folder) as workspace:
        tell(workspace, "Op het perron staat een vrouw die al jaren dezelfde koffie schenkt.")
    shown = CliRunner().invoke(app, [*verb, *at])
    assert shown.exit_code == 1 and not (folder / "web").exists()
    assert "+Op het perron staat een vrouw" in shown.output
    (line,) = [one for one in shown.output.splitlines() if "--approve" in one]
    yes = shlex.split(line.partition("cxgreetz ")[2])
    assert yes[:3] == verb and yes[-2:] == ["--by", "Your Name"]
    done = CliRunner().invoke(app, [*yes, *at])
    assert done.exit_code == 0, done.output
    page = folder / "web" / key / "nl" / "index.html"
    assert f"✓ {key} nl: approved by Your Name, {page}" in done.output
    for wrong in (["draft", "2026-10", "--correct"], ["draft", key, "--by", "Anna"]):
        early = CliRunner().invoke(app, [*wrong, *at])
        assert early.exit_code == 2 and "Traceback" not in early.output
