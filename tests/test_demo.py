"""The whole job on the bundled site, from the feeds to the outbox, over real HTTP."""

from __future__ import annotations

import email as mail
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import requests

from cxgreetz import pipeline
from cxgreetz.demo.job import DemoReport, run_demo, serve_site
from cxgreetz.errors import UsageError

ROOT = Path(__file__).parents[1]
#: The column that nobody has translated.
UNTRANSLATED = "de-bakker-die-nee-zei"


@dataclass
class Done:
    report: DemoReport
    gathered: dict[str, Any]
    drafted: dict[str, Any]

    @property
    def outbox(self) -> Path:
        return self.report.outbox


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    report = run_demo(tmp_path_factory.mktemp("demo") / "demo")
    return Done(report, report.month.gathered.as_json(), report.month.drafted.as_json())


@pytest.fixture
def workspace(done: Done) -> Iterator[pipeline.Workspace]:
    with pipeline.open_workspace(done.report.workspace) as opened:
        yield opened


def test_both_emails_are_in_the_outbox(done: Done) -> None:
    assert done.report.exit_code == 0
    for language in ("nl", "en"):
        folder = done.outbox / language
        names = {file.name for file in folder.iterdir()}
        assert names == {"email.html", "email.txt", "email.eml", "receipt.json"}
        message = mail.message_from_bytes((folder / "email.eml").read_bytes(), policy=default)
        assert message["Subject"] and message.get_content_type() == "multipart/alternative"


def test_every_post_is_accounted_for(done: Done) -> None:
    sources = {row["name"]: row for row in done.gathered["sources"]}
    assert set(sources) == {"blog", "cx-blogs", "cx-masterclass", "customerfirst"}
    for name, row in sources.items():
        told = [p for p in done.gathered["posts"] if p["source"] == name]
        assert row["seen"] == len(told) == row["new"] + row["held"] + row["skipped"], row
        assert row["error"] is None and row["seen"] > 0
    assert {p["decision"] for p in done.gathered["posts"]} == {"taken", "skipped"}
    taken = [p["url"] for p in done.gathered["posts"] if p["decision"] == "taken"]
    assert len(taken) == len(set(taken)) == 12


def test_the_archive_gives_what_the_feed_no_longer_carries(done: Done) -> None:
    by_source: dict[str, set[str]] = {}
    for post in done.gathered["posts"]:
        by_source.setdefault(post["source"], set()).add(post["url"].rstrip("/"))
    only_archive = by_source["cx-blogs"] - by_source["blog"]
    assert only_archive
    taken = {p["url"].rstrip("/") for p in done.gathered["posts"] if p["decision"] == "taken"}
    assert only_archive & taken


def test_one_text_in_two_places_or_languages_is_one_piece(done: Done) -> None:
    pieces: dict[str, list[dict[str, Any]]] = {}
    for post in done.gathered["posts"]:
        if post["decision"] == "taken":
            pieces.setdefault(post["piece"], []).append(post)
    pairs = [posts for posts in pieces.values() if len(posts) > 1]
    assert len(pairs) == 3
    assert sum(len({p["language"] for p in posts}) == 2 for posts in pairs) == 2


def test_evidence_is_kept_for_every_pair(workspace: pipeline.Workspace) -> None:
    found = sorted(e.by for p in workspace.store.pieces() for e in p.evidence)
    assert {"attribution", "hreflang", "same-text"} <= set(found)


def test_closing_lines_are_kept_apart_from_the_text(workspace: pipeline.Workspace) -> None:
    posts = [s.post for s in workspace.store.posts()]
    rules = {cut.rule for post in posts for cut in post.cuts}
    assert {"attribution", "bio", "sign-up"} <= rules
    for post in posts:
        text = " ".join(block.html for block in post.blocks)
        assert "*****" not in text and "Sign up" not in text and "written for" not in text


def test_people_translated_what_is_shown_and_nothing_is_made_up(done: Done) -> None:
    for language in ("nl", "en"):
        items = done.drafted["languages"][language]["items"]
        origins = {item["piece"]: item["origin"] for item in items}
        assert "engine" not in origins.values()
        assert {"author", "memory"} <= set(origins.values())
    waiting = [i for i in done.drafted["languages"]["en"]["items"] if i["origin"] == "waiting"]
    assert [item["piece"] for item in waiting] == [UNTRANSLATED]


def test_what_nobody_translated_waits_for_the_editor(
    done: Done, workspace: pipeline.Workspace
) -> None:
    report = pipeline.check(workspace, done.report.edition).as_json()
    assert [row["piece"] for row in report["left_out"]] == [UNTRANSLATED]
    assert report["state"] == "pushed"
    held = pipeline.translate(workspace).as_json()["held"]
    assert {row["piece"] for row in held} == {UNTRANSLATED, "nummer-87-loket-vier"} - set(
        workspace.store.carried()
    )
    for language in ("nl", "en"):
        assert "bakker" not in (done.outbox / language / "email.txt").read_text().lower()


def test_each_email_is_in_its_own_language(done: Done) -> None:
    from cxgreetz.pipeline.words.translating import detect_language

    for language in ("nl", "en"):
        text = (done.outbox / language / "email.txt").read_text()
        paragraphs = [" ".join(p.split()) for p in text.split("\n\n")]
        told = [detect_language(p) for p in paragraphs if len(p.split()) > 15]
        assert told.count(language) >= 8  # type: ignore[arg-type]
        assert set(told) <= {language, None}


def test_each_email_is_a_letter_and_tells_what_is_coming(
    done: Done, workspace: pipeline.Workspace
) -> None:
    words = {
        "nl": ("Dag lezer,", "Marijke, in de blauwe jurk", "De wachtkamer", "Boek"),
        "en": ("Dear reader,", "Marijke, in the blue dress", "The Waiting Room", "Book"),
    }
    report = pipeline.check(workspace, done.report.edition)
    for language, expected in words.items():
        for name in ("email.html", "email.txt"):
            text = (done.outbox / language / name).read_text()
            assert [word for word in (*expected, "1234 AB Rivierdam") if word not in text] == []
        (view,) = report.built[language].views
        assert [event.kind for event in view.events] == ["masterclass", "keynote", "book"]
        assert "letter" not in {f.check for f in report.built[language].findings}
    assert {c.kind for c in workspace.store.changes(done.report.edition)} == {"letter", "left out"}


def test_running_the_month_again_changes_nothing(done: Done, workspace: pipeline.Workspace) -> None:
    receipts = [(done.outbox / x / "receipt.json").read_bytes() for x in ("nl", "en")]
    with serve_site(done.report.workspace):
        again = pipeline.run(workspace)
        pushed = pipeline.push(workspace, done.report.edition)
    assert again.gathered.exit_code == 0
    assert {d.decision for d in again.gathered.decisions} == {"skipped"}
    assert again.drafted.state == "pushed"
    assert {one.step for one in pushed.pushed.values()} == {"none"}
    assert receipts == [(done.outbox / x / "receipt.json").read_bytes() for x in ("nl", "en")]


def test_what_waits_travels_next_month(done: Done, workspace: pipeline.Workspace) -> None:
    year, month = (int(part) for part in done.report.edition.split("-"))
    following = f"{year + month // 12}-{month % 12 + 1:02}"
    report = pipeline.draft(workspace, following)
    assert [item.piece for item in report.edition.items] == [UNTRANSLATED]


def test_the_site_is_up_again_for_the_editors_page(done: Done) -> None:
    html = (done.outbox / "nl" / "email.html").read_text()
    picture = html.partition('src="')[2].partition('"')[0]
    with serve_site(done.report.workspace):
        assert requests.get(picture, timeout=5).content.startswith(b"\x89PNG")


def test_a_demo_starts_afresh_and_touches_nobodys_files(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear aunt")
    with pytest.raises(UsageError, match="holds other files"):
        run_demo(folder)
    assert [file.name for file in folder.iterdir()] == ["letter.txt"]


def test_the_wheel_is_whole(tmp_path: Path) -> None:
    """Built, installed apart from the checkout, it does the whole job in an empty folder."""
    wheels, site = tmp_path / "wheels", tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = wheels.iterdir()
    with zipfile.ZipFile(wheel) as packed:  # what an installer does with a wheel without scripts
        packed.extractall(site)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(site), "HOME": str(tmp_path)}
    start = "import cxgreetz.cli as cli, sys; print(cli.__file__, file=sys.stderr); cli.main()"

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", start, *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )

    result = call("demo", "there", "--json")
    assert str(site) in result.stderr, "the checkout was used, not the wheel"
    document = json.loads(result.stdout)
    assert set(document) >= {"workspace", "edition", "outbox"}
    assert (tmp_path / document["outbox"] / "en" / "email.html").is_file()
    call("init", "new")
    call("template", "new", "mine", "--workspace", "new")
    assert (tmp_path / "new" / "templates" / "mine" / "email.mjml").is_file()
    assert (site / "cxgreetz" / "bundled" / "flows" / "greetz.py").is_file()


def test_what_waits_can_be_filled_in_by_a_translation_tool(
    done: Done, workspace: pipeline.Workspace, tmp_path: Path
) -> None:
    todo = tmp_path / "todo.tmx"
    told = pipeline.export_memory(workspace, todo, waiting=True)
    assert told["entries"] == len(pipeline.translate(workspace).held) > 0
    assert pipeline.import_memory(workspace, todo)["entries"] == 0, "nothing was filled in yet"
    text = todo.read_text(encoding="utf-8")
    assert "De bakker die nee zei" in text
    for empty in ("<seg></seg>", "<seg/>"):
        text = text.replace(empty, "<seg>The baker who said no, in other words</seg>")
    todo.write_text(text, encoding="utf-8")
    assert pipeline.import_memory(workspace, todo)["entries"] > 0
    held = pipeline.translate(workspace).held
    assert all(row["where"] != "title" for row in held)
