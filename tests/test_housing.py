"""The newsletter's home shows what was approved, what was corrected, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from cxgreetz import pipeline
from cxgreetz.cli import app
from cxgreetz.config import load_config
from cxgreetz.errors import ConfigError, UsageError
from cxgreetz.model import Credit, Origin
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.ports import plugin
from cxgreetz.site import faults_in
from cxgreetz.store import StoredPost
from cxgreetz.translation.assembly import segments_of
from samples import NOW, TEXTS, a_post

KEY = "2026-11"
URL = "https://letters.example/"
TOML = f"""
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-01-01
[[sources]]
name = "blog"
url = "https://blog.example/"
[site]
url = "{URL}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cxgreetz.toml").write_text(TOML)
    return tmp_path


@pytest.fixture
def workspace(folder: Path) -> Iterator[Workspace]:
    """A Dutch column, put into English by a person."""
    with pipeline.open_workspace(folder, now=lambda: NOW) as opened:
        tell(opened)
        yield opened


def tell(workspace: Workspace, texts: tuple[str, ...] = TEXTS["nl"], **changes: Any) -> None:
    post = a_post(texts=texts, **changes)
    english = ("Coffee on platform 4", *TEXTS["en"][: len(texts)])
    workspace.store.save_posts([StoredPost(post, "koffie", "taken", "new", post.published, NOW)])
    memory = StoreMemory(workspace)
    for part, said in zip(segments_of(post, "en"), english, strict=True):
        memory.remember(part.segment, said, Origin.EDITOR, "Els")


def approve(workspace: Workspace) -> None:
    pipeline.draft(workspace, KEY)
    if found := pipeline.check(workspace, KEY).open_warnings:
        ids = [finding.id for finding in found]
        pipeline.dismiss_findings(workspace, KEY, ids, reason="seen", by="Els")
    pipeline.approve(workspace, KEY, by="Els")


def correct(workspace: Workspace) -> pipeline.CorrectReport:
    shown = pipeline.correct(workspace, KEY)
    return pipeline.correct(workspace, KEY, by="Els", seen=shown.mark)


def text(folder: Path, name: str) -> str:
    return (folder / "site" / name).read_text(encoding="utf-8")


def at(folder: Path, when: datetime) -> Any:
    return pipeline.open_workspace(folder, now=lambda: when)


def test_a_draft_never_comes_there(workspace: Workspace, folder: Path) -> None:
    pipeline.draft(workspace, KEY)
    report = pipeline.build_site(workspace)
    assert report.exit_code == 0 and report.home.letters == []
    assert "nog geen brief" in text(folder, "nl/index.html")
    assert not list((folder / "site").rglob("2026-11"))


def test_what_is_approved_stands_where_its_email_links_to(
    workspace: Workspace, folder: Path
) -> None:
    approve(workspace)
    report = pipeline.build_site(workspace)
    assert report.exit_code == 0 and faults_in(report.files, URL) == []
    email = workspace.store.email(workspace.store.drafts(KEY)["en"].fingerprint)
    assert f'href="{URL}en/{KEY}/"' in email.html and f'href="{URL}nl/{KEY}/"' in email.html
    assert TEXTS["en"][0].replace("'", "&#39;") in text(folder, f"en/{KEY}/index.html")
    whole = text(folder, "en/columns/koffie/index.html")
    assert all(words in whole for words in TEXTS["en"])
    assert 'href="https://blog.example/koffie/"' in whole
    assert not (folder / "site/nl/columns").exists(), "hers stands on her own site"


def test_an_approval_that_ended_takes_the_page_away(workspace: Workspace, folder: Path) -> None:
    approve(workspace)
    pipeline.build_site(workspace)
    pipeline.write_letter(workspace, KEY, "nl", "Lieve lezer, nog een woord.", by="Els")
    report = pipeline.build_site(workspace)
    assert f"nl/{KEY}/index.html" in report.placed.removed
    assert (folder / "site/en" / KEY).exists()
    assert faults_in(report.files, URL) == []


def test_what_changes_later_does_not_reach_the_web_until_it_is_a_correction(
    workspace: Workspace, folder: Path
) -> None:
    approve(workspace)
    pipeline.push(workspace, KEY)
    pipeline.build_site(workspace)
    before = {p: p.read_bytes() for p in (folder / "site").rglob("*") if p.is_file()}
    sent = {p: p.read_bytes() for p in (folder / "outbox").rglob("*") if p.is_file()}
    changed = ("Op het perron staat nu een vrouw, en haar koffie is al twintig jaar beter.",)
    tell(workspace, changed)
    assert pipeline.build_site(workspace).placed.written == []
    assert {p: p.read_bytes() for p in before} == before
    with at(folder, NOW + timedelta(days=2)) as later:
        correct(later)
        report = pipeline.build_site(later)
    assert report.exit_code == 0 and faults_in(report.files, URL) == []
    page = text(folder, f"nl/{KEY}/index.html")
    assert "een vrouw" in page and "Verbeterd op dinsdag 24 november 2026" in page
    assert {p: p.read_bytes() for p in sent} == sent
    entry = json.loads(text(folder, "nl/feed.json"))["items"][0]
    assert entry["date_modified"] > entry["date_published"] == "2026-11-22T09:00:00Z"


def test_a_letter_approved_again_was_published_when_it_first_was(
    workspace: Workspace, folder: Path
) -> None:
    approve(workspace)
    with at(folder, NOW + timedelta(hours=3)) as later:
        pipeline.write_letter(later, KEY, "nl", "Lieve lezer, nog een woord.", by="Els")
        approve(later)
        pipeline.build_site(later)
    (entry,) = json.loads(text(folder, "nl/feed.json"))["items"]
    assert entry["date_published"] == "2026-11-22T09:00:00Z"
    assert entry["date_modified"] == "2026-11-22T12:00:00Z"
    assert "<published>2026-11-22T09:00:00Z<" in text(folder, "nl/feed.xml")


def test_the_same_words_sent_back_and_approved_again_are_not_published_anew(
    workspace: Workspace, folder: Path
) -> None:
    approve(workspace)
    with at(folder, NOW + timedelta(hours=3)) as later:
        pipeline.answer(later, KEY, "reject", note="Wacht nog even.", by="Marijke")
        assert pipeline.build_site(later).home.letters == []
        approve(later)
        pipeline.build_site(later)
    entry = json.loads(text(folder, "nl/feed.json"))["items"][0]
    assert entry["date_published"] == "2026-11-22T09:00:00Z"
    assert entry["date_modified"] == "2026-11-22T12:00:00Z"


def test_a_letter_keeps_its_name_when_it_is_approved_again_and_the_site_moves(
    workspace: Workspace, folder: Path
) -> None:
    def names() -> list[str]:
        return [one["id"] for one in json.loads(text(folder, "en/feed.json"))["items"]]

    approve(workspace)
    pipeline.build_site(workspace)
    before = names()
    (folder / "cxgreetz.toml").write_text(TOML.replace(URL, "https://elsewhere.example/cx/"))
    with at(folder, NOW + timedelta(hours=3)) as later:
        pipeline.write_letter(later, KEY, "en", "Dear reader, one more word.", by="Els")
        approve(later)
        pipeline.build_site(later)
    assert names() == before and len(before) == 2


def test_a_correction_is_of_what_has_gone_out_alone(workspace: Workspace, folder: Path) -> None:
    approve(workspace)
    pipeline.push(workspace, KEY, languages=["nl"], alone=True)
    tell(workspace, ("Op het perron staat nu een vrouw, en haar koffie is al jaren beter.",))
    assert list(correct(workspace).pages) == ["nl"]
    pipeline.build_site(workspace)
    assert "een vrouw" in text(folder, f"nl/{KEY}/index.html")
    page = text(folder, f"en/{KEY}/index.html")
    assert TEXTS["en"][1] in page and "Corrected" not in page, "it says what was approved"


def test_a_correction_reaches_what_went_out_in_another_layout(
    workspace: Workspace, folder: Path
) -> None:
    approve(workspace)
    pipeline.push(workspace, KEY)
    combined = TOML.replace("start =", 'layout = "combined"\nstart =')
    (folder / "cxgreetz.toml").write_text(combined)
    with at(folder, NOW + timedelta(days=2)) as later:
        tell(later, ("Op het perron staat nu een vrouw, en haar koffie is al jaren beter.",))
        correct(later)
        pipeline.build_site(later)
    for language, said in (("nl", "Verbeterd op"), ("en", "Corrected on")):
        assert said in text(folder, f"{language}/{KEY}/index.html")


def test_a_letter_of_before_is_kept_where_it_still_comes_out_the_same(
    workspace: Workspace, folder: Path
) -> None:
    approve(workspace)
    pipeline.push(workspace, KEY)
    forget_letters(folder)
    assert len(pipeline.build_site(workspace).home.letters) == 2
    tell(workspace, ("Iets heel anders, dat niemand in deze vorm ooit heeft goedgekeurd.",))
    assert len(pipeline.build_site(workspace).home.letters) == 2, "kept when it was first asked"


def test_a_letter_that_can_not_be_made_again_is_held_and_named(
    workspace: Workspace, folder: Path
) -> None:
    approve(workspace)
    pipeline.push(workspace, KEY)
    forget_letters(folder)
    tell(workspace, ("Iets heel anders, dat niemand in deze vorm ooit heeft goedgekeurd.",))
    report = pipeline.build_site(workspace)
    assert report.exit_code == 1 and report.home.letters == []
    held = report.as_json()["held"]
    assert [one["what"] for one in held] == [f"{KEY} nl", f"{KEY} en"]
    assert f"cxgreetz draft {KEY} --correct" in held[0]["why"]
    assert set(correct(workspace).changes) == {"nl", "en"}
    assert pipeline.build_site(workspace).exit_code == 0


def forget_letters(folder: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{folder / 'cxgreetz.db'}")
    with engine.begin() as db:
        db.execute(sa.text("DELETE FROM letter"))
    engine.dispose()


def test_what_nobody_has_translated_ends_a_page(workspace: Workspace, folder: Path) -> None:
    # The email shows what is translated; what waits stands far below.
    long = (*TEXTS["nl"] * 4, f"{TEXTS['nl'][0]} En dat al jaren.", TEXTS["nl"][1])
    post = a_post(texts=long)
    workspace.store.save_posts([StoredPost(post, "koffie", "taken", "new", post.published, NOW)])
    approve(workspace)
    pipeline.build_site(workspace)
    page = text(folder, "en/columns/koffie/index.html")
    assert page.count(TEXTS["en"][2]) == 4 and "En dat al jaren" not in page
    assert "This is how it begins" in page


def test_a_page_ends_before_what_the_checks_do_not_believe(
    workspace: Workspace, folder: Path
) -> None:
    """An editor sees what the email shows; below it the checks alone judge."""
    long = (*TEXTS["nl"] * 4, "Zij betaalden 40 euro voor de koffie.", TEXTS["nl"][1])
    post = a_post(texts=long)
    workspace.store.save_posts([StoredPost(post, "koffie", "taken", "new", post.published, NOW)])
    wrong = next(part for part in segments_of(post, "en") if "40" in part.segment.text)
    engine = ("They paid 90 euros for the coffee.", Origin.ENGINE, None)
    StoreMemory(workspace).remember(wrong.segment, *engine)
    approve(workspace)
    report = pipeline.build_site(workspace)
    page = text(folder, "en/columns/koffie/index.html")
    assert page.count(TEXTS["en"][2]) == 4 and "90 euros" not in page
    assert "This is how it begins" in page
    assert report.as_json()["letters"][1]["columns"] == [{"piece": "koffie", "whole": False}]


def test_rights_hold_on_the_web_too(folder: Path) -> None:
    (folder / "cxgreetz.toml").write_text(
        TOML.replace('blog.example/"', 'blog.example/"\nexcerpt_limit = 100')
    )
    with at(folder, NOW) as workspace:
        tell(workspace, credit=Credit("Marijke", "CustomerFirst"))
        approve(workspace)
        pipeline.build_site(workspace)
    for name in ("en/columns/koffie/index.html", "en/feed.xml", "en/feed.json"):
        assert TEXTS["en"][0][:60] in text(folder, name)
        assert TEXTS["en"][1] not in text(folder, name)


def test_a_right_that_shrinks_later_holds_at_once(workspace: Workspace, folder: Path) -> None:
    approve(workspace)
    pipeline.push(workspace, KEY)
    pipeline.build_site(workspace)
    limited = TOML.replace('blog.example/"', 'blog.example/"\nexcerpt_limit = 100')
    (folder / "cxgreetz.toml").write_text(limited)
    with at(folder, NOW) as later:
        report = pipeline.build_site(later)
        assert (
            faults_in(report.files, URL) == [] and pipeline.build_site(later).placed.written == []
        )
    for name, content in report.files.items():
        for words in (*TEXTS["nl"][1:], *TEXTS["en"][1:]):
            assert words.split(",")[0] not in content.decode(), name
    assert TEXTS["en"][0] in text(folder, "en/columns/koffie/index.html")
    assert "This is how it begins" in text(folder, "en/columns/koffie/index.html")


def test_both_languages_in_one_email_are_two_letters(folder: Path) -> None:
    (folder / "cxgreetz.toml").write_text(TOML.replace("start =", 'layout = "combined"\nstart ='))
    with at(folder, NOW) as workspace:
        tell(workspace)
        approve(workspace)
        report = pipeline.build_site(workspace)
    assert [p.language for p in report.home.letters] == ["nl", "en"]
    assert faults_in(report.files, URL) == []


def test_another_layout_takes_nothing_away(workspace: Workspace, folder: Path) -> None:
    approve(workspace)
    pipeline.push(workspace, KEY)
    for change in ('layout = "combined"', 'languages = ["en"]'):
        (folder / "cxgreetz.toml").write_text(TOML.replace("start =", f"{change}\nstart ="))
        with at(folder, NOW) as later:
            report = pipeline.build_site(later)
        spoken = later.config.newsletter.languages
        assert [p.language for p in report.home.letters] == spoken
        assert report.exit_code == 0 and faults_in(report.files, URL) == []


@pytest.mark.parametrize(
    ("web", "is_astray"),
    [
        (f"{URL}#{{edition}}/{{language}}", True),
        (f"{URL}?m={{edition}}&l={{language}}", True),
        (f"{URL}{{edition}}/{{language}}", False),
        ("https://elsewhere.example/?m={edition}&l={language}", False),
    ],
)
def test_letters_that_cannot_stand_where_the_emails_link_to_are_told(
    folder: Path, web: str, is_astray: bool
) -> None:
    (folder / "cxgreetz.toml").write_text(TOML.replace("start =", f'web = "{web}"\nstart ='))
    with at(folder, NOW) as workspace:
        for dry_run in (True, False):
            report = pipeline.build_site(workspace, dry_run=dry_run)
            assert any("newsletter.web" in one for one in report.faults) == is_astray


def test_the_address_of_the_site_is_the_default_of_the_letters(folder: Path) -> None:
    own = load_config(folder, plugin)
    assert own.web_address() == f"{URL}{{language}}/{{edition}}/"
    named = 'web = "https://elsewhere.example/{edition}/{language}/"\nstart ='
    (folder / "cxgreetz.toml").write_text(TOML.replace("start =", named))
    assert load_config(folder, plugin).web_address().startswith("https://elsewhere.example/")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('url = "letters.example"', "is not a web address"),
        ('url = "https://letters.example/?a=1"', "more than the address of a folder"),
        ('url = "https://letters.example/{edition}/"', "more than the address of a folder"),
        ('folder = "../elsewhere"', "no folder of its own"),
        ('folder = "."', "no folder of its own"),
        ('folder = "/"', "no folder of its own"),
        ('canonical = "there"', "is not one of"),
        ('title = { nl = "a\\nb" }', "holds a line break"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, line: str, told: str) -> None:
    head = TOML.partition("[site]")[0]
    (tmp_path / "cxgreetz.toml").write_text(f"{head}[site]\n{line}\n")
    with pytest.raises(ConfigError, match=told) as error:
        load_config(tmp_path, plugin)
    assert "site." in str(error.value)


def test_the_command_writes_checks_and_tells(workspace: Workspace, folder: Path) -> None:
    approve(workspace)
    run = ["site", "--workspace", str(folder)]
    early = CliRunner().invoke(app, [*run, "--check"])
    assert early.exit_code == 1 and not (folder / "site").exists(), early.output
    done = CliRunner().invoke(app, run)
    assert done.exit_code == 0 and "2 letters, 1 column in translation" in done.output
    late = CliRunner().invoke(app, [*run, "--check", "--json"])
    told = json.loads(late.stdout)
    assert late.exit_code == 0 and told["written"] == [] and told["faults"] == []
    assert [one["page"] for one in told["letters"]] == [f"nl/{KEY}/", f"en/{KEY}/"]
    (folder / "site" / "nl" / "index.html").write_text("hers")
    held = CliRunner().invoke(app, run)
    assert held.exit_code == 1 and "somebody has changed it" in held.output


def test_letters_come_back_from_the_store_as_they_were(workspace: Workspace) -> None:
    approve(workspace)
    fingerprint = workspace.store.drafts(KEY)["en"].fingerprint
    (letter,) = workspace.store.letters([fingerprint])
    workspace.store.save_letters([letter])
    assert workspace.store.letters([fingerprint]) == [letter]
    assert letter.view.month.isoformat() == "2026-11-01" and letter.at == NOW
    other = replace(letter, at=NOW + timedelta(days=1))
    workspace.store.save_letters([other])
    assert workspace.store.letters([fingerprint]) == [other]


def test_an_address_with_a_key_in_it_is_told_to_nobody(folder: Path, workspace: Workspace) -> None:
    more = '[[sources]]\nname = "members"\nurl = "https://blog.example/feed/?{}"\n'
    for number, query in enumerate(("token=hunter2", "a=1&feed_key=hunter2", "tag=cx&page=2")):
        named = more.replace("members", f"members {number}").format(query)
        (folder / "cxgreetz.toml").write_text(TOML.replace("[site]", f"{named}[site]"))
        with pipeline.open_workspace(folder, now=lambda: NOW) as opened:
            approve(opened)
            pipeline.build_site(opened)
        listed = text(folder, "sources.opml")
        assert "https://blog.example/" in listed
        assert ("members" in listed) is (query == "tag=cx&page=2")
        assert "hunter2" not in listed


def test_a_folder_that_cannot_be_written_is_one_line(folder: Path, workspace: Workspace) -> None:
    approve(workspace)
    (folder / "site").write_text("a file")
    with pytest.raises(UsageError, match="cannot be written or read") as told:
        pipeline.build_site(workspace)
    assert "\n" not in str(told.value)
