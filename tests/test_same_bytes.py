"""The same input gives the same bytes: elsewhere, later, and after a change of the code."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import sample_editions as samples
from cxgreetz import pipeline
from cxgreetz.model import (
    LANGUAGES,
    Block,
    BlockKind,
    Credit,
    Edition,
    EditionKey,
    ItemView,
    Language,
    PictureFacts,
    Post,
)
from cxgreetz.pipeline import Workspace
from cxgreetz.render import render
from cxgreetz.store import MemoryRow, Store, StoredPost
from cxgreetz.translation.memory import memory_key

GOLDEN = Path(__file__).parent / "data" / "golden"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MONTH = "2026-11"
WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@columns.example>"
languages = ["nl", "en"]
layout = "{layout}"
start = 2026-01-01
signature = {{ nl = "Marijke", en = "Marijke" }}
postal_address = "CX Greetz, Lijnbaan 12, 8011 AB Zwolle"
web = "https://columns.example/letters/{{edition}}/{{language}}/"
[[events]]
kind = "book"
title = {{ nl = "Een stoel bij de balie", en = "A chair by the counter" }}
link = "https://columns.example/boek/"
[[sources]]
name = "blog"
url = "https://columns.example/feed/"
[translation]
engines = []
[provider]
name = "outbox"
"""


@pytest.mark.parametrize("layout", ["nl", "en", "nl+en"])
def test_the_email_is_as_it_was(layout: str, request: pytest.FixtureRequest) -> None:
    """Against the files in data/golden: a change of the template or the code shows itself here."""
    email = render(samples.sample(f"{layout}-5").views)
    changes = []
    for name, text in ((f"{layout}.html", email.html), (f"{layout}.txt", email.text)):
        file = GOLDEN / name
        if request.config.getoption("--rewrite-golden"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        kept = file.read_bytes().decode() if file.exists() else ""
        changes += difference(kept, text, name)
    shown = "\n".join(changes[:20] + ([f"… {len(changes) - 20} lines more"] * (len(changes) > 20)))
    assert not changes, (
        f"the {layout} email has changed:\n{shown}\nLook at it with: make emails SAMPLES={layout}-5"
        "\nIf it is as it should be: pytest tests/test_same_bytes.py --rewrite-golden"
    )


def difference(kept: str, made: str, name: str) -> list[str]:
    """What differs, tag by tag, each cut to what fits on a screen; empty: not one byte."""
    # The whole body of an email is one line.
    before, after = (text.replace("<", "\n<").split("\n") for text in (kept, made))
    lines = difflib.unified_diff(before, after, name, "now", n=0, lineterm="")
    return [line[:200] for line in lines]


def test_one_sign_is_a_difference() -> None:
    assert difference("one\ntwo\n", "one\ntwo\n", "x") == []
    assert difference("one\ntwo\n", "one\ntoo\n", "x")[-2:] == ["-two", "+too"]
    assert difference("one\ntwo\n", "one\ntwo", "x") != []
    assert difference("one<b>", "one\n<b>", "x") != []
    assert difference("<p><b>one</b></p>", "<p><b>two</b></p>", "x")[-2:] == ["-<b>one", "+<b>two"]


@pytest.mark.parametrize("layout", ["per-language", "combined"])
def test_rebuilt_from_its_store_it_has_the_same_bytes(tmp_path: Path, layout: str) -> None:
    """In another process and folder, on another day, in another zone, without any network."""
    first, second = (a_folder(tmp_path / name, layout) for name in ("first", "second"))
    with pipeline.open_workspace(first, now=lambda: NOW) as workspace:
        fill(workspace.store)
        deliver(workspace)
        with pipeline.open_workspace(second) as again:
            again.store.save_posts(workspace.store.posts())
            again.store.remember(workspace.store.all_memory())
            for facts in workspace.store.pictures(pictures()).values():
                again.store.save_picture(facts)
            again.store.save_edition(workspace.store.editions()[0])
    here = str(Path(__file__).parent)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([here, *filter(None, sys.path)]),
        "PYTHONHASHSEED": "7",
        "TZ": "Pacific/Auckland",
        "LC_ALL": "C",
    }
    program = "import sys, test_same_bytes as t; t.rebuild(sys.argv[1])"
    subprocess.run([sys.executable, "-c", program, str(second)], check=True, env=environment)
    made = hashes(first)
    assert set(made) == {
        f"{name}/email.{ending}"
        for name in (["nl", "en"] if layout == "per-language" else ["nl+en"])
        for ending in ("html", "txt")
    }
    assert hashes(second) == made


def test_a_letter_too_long_for_any_email_is_told_by_the_checks(tmp_path: Path) -> None:
    """There is no column that could wait for the next edition."""
    letter = "Alweer een woord. " * 6000
    with pipeline.open_workspace(
        a_folder(tmp_path / "w", "combined"), now=lambda: NOW
    ) as workspace:
        workspace.store.save_edition(Edition(EditionKey(MONTH), (), NOW, greetings={"nl": letter}))
        findings = pipeline.draft(workspace, MONTH).built["nl+en"].findings
    assert {f.check for f in findings if f.severity == "error"} == {"size", "empty_edition"}


def rebuild(folder: str) -> None:
    """Deliver the edition of the workspace in `folder`, with every call to a network refused."""

    def refuse(event: str, _arguments: object) -> None:
        if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
            raise PermissionError(f"{event}: an edition is made of its store alone")

    sys.addaudithook(refuse)
    with pipeline.open_workspace(Path(folder), now=lambda: NOW + timedelta(days=3)) as workspace:
        deliver(workspace)


def a_folder(folder: Path, layout: str) -> Path:
    folder.mkdir()
    (folder / "cxgreetz.toml").write_text(WORKSPACE.format(layout=layout))
    return folder


def deliver(workspace: Workspace) -> None:
    """Draft, dismiss what a person would look at, approve, push."""
    report = pipeline.draft(workspace, MONTH)
    if report.open_warnings:
        ids = [finding.id for finding in report.open_warnings]
        pipeline.dismiss_findings(workspace, MONTH, ids, reason="a sample", by="Anna")
    pipeline.approve(workspace, MONTH, by="Anna")
    assert pipeline.push(workspace, MONTH).exit_code == 0


def fill(store: Store) -> None:
    """Six columns with a greeting: two the author put into English, the memory has the rest."""
    greetings = {language: samples.a_view(language, 1).greeting for language in LANGUAGES}
    store.save_edition(Edition(EditionKey(MONTH), (), NOW, greetings=greetings))
    views = (samples.a_view(language, 6).items for language in LANGUAGES)
    for place, (dutch, english) in enumerate(zip(*views, strict=True)):
        posts = [a_post(dutch, "nl", place)]
        if place < 2:
            posts.append(a_post(english, "en", place))
        store.save_posts(StoredPost(p, dutch.key, "taken", "new", p.published, NOW) for p in posts)
        store.remember(
            MemoryRow(
                "nl", "en", memory_key(nl, "nl"), memory_key(en, "en"), nl, en, "editor", None, NOW
            )
            for nl, en in zip(coded_texts(dutch), coded_texts(english), strict=True)
        )

    for facts in pictures().values():
        store.save_picture(facts)


def pictures() -> dict[str, PictureFacts]:
    """What the columns' pictures turned out to be: smaller than an email has room for."""
    sources = [item.image.src for item in samples.a_view("nl", 6).items if item.image]
    return {
        src: PictureFacts(src, NOW, "png", 160, 160, size=20_000, status=200) for src in sources
    }


def coded_texts(item: ItemView) -> list[str]:
    """Title and paragraphs as the memory keeps them; none holds more than one element."""
    texts = [item.title, *(block.html for block in item.blocks)]
    return [re.sub(r"(</?)(?:em|strong)>", r"\1g1>", text) for text in texts]


def a_post(item: ItemView, language: Language, place: int) -> Post:
    return Post(
        url=f"{samples.SITE}{item.key}/{language}/",
        title=item.title,
        language=language,
        blocks=tuple(Block(BlockKind.PARAGRAPH, block.html, language) for block in item.blocks),
        source="blog",
        published=NOW - timedelta(days=3 + place),
        image=item.image and replace(item.image, width=None, height=None),
        credit=Credit(samples.AUTHOR, "CustomerFirst" if place % 2 else None),
    )


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every email in the outbox of the workspace in `folder`."""
    month = folder / "outbox" / MONTH
    return {
        file.relative_to(month).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for ending in ("html", "txt")
        for file in month.glob(f"*/email.{ending}")
    }
