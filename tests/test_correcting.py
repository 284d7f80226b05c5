"""A letter that has gone out is corrected on the web, and nowhere else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cxgreetz import pipeline
from cxgreetz.cli import app
from cxgreetz.errors import UsageError
from cxgreetz.pipeline import Workspace
from cxgreetz.store import StoredPost
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
        report = pipeline.correct(workspace, key)
        assert (workspace.store.drafts(key), workspace.store.receipts(key)) == before
        page = report.pages["nl"].read_text(encoding="utf-8")
    assert report.pages == {"nl": folder / "web" / key / "nl" / "index.html"}
    assert "drie euro" in page and "tien euro" not in page
    assert "Verbeterd op dinsdag 24 november 2026" in page
    assert "cxgreetz:" not in page and "Afmelden" not in page
    assert {file.name: file.read_bytes() for file in outbox.iterdir()} == sent


def test_the_command_names_the_page(folder: Path) -> None:
    with pipeline.open_workspace(folder) as workspace:
        tell(workspace, "Op het perron staat een man die al jaren dezelfde koffie schenkt.")
        key = pipeline.draft(workspace, "2026-11").edition.key
        pipeline.approve(workspace, key, by="Anna")
        pipeline.push(workspace, key)
    done = CliRunner().invoke(app, ["draft", key, "--correct", "--workspace", str(folder)])
    assert done.exit_code == 0, done.output
    assert f"✓ {key} nl: {folder / 'web' / key / 'nl' / 'index.html'}" in done.output
    early = CliRunner().invoke(app, ["draft", "2026-10", "--correct", "--workspace", str(folder)])
    assert early.exit_code == 2 and "Traceback" not in early.output
