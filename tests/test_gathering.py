"""Gathering from a site that changes: nothing is lost, everything is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cxgreetz import pieces, pipeline
from cxgreetz.errors import HeldError, UsageError
from cxgreetz.model import Approval, Post, Receipt, Source
from cxgreetz.pipeline import Workspace
from cxgreetz.sources import _reading, feed
from samples import TEXTS
from servers.plain_site import Site

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-10-01
[[sources]]
name = "blog"
url = "{site}/feed/"
[[sources]]
name = "other"
url = "{site}/other/"
"""


def an_entry(slug: str, title: str, body: str, site: str, date: str) -> str:
    return (
        f"<item><title>{title}</title><link>{site}/{slug}/</link><guid>{site}/?p={slug}</guid>"
        f"<pubDate>{date}</pubDate><dc:creator>Marijke</dc:creator>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded></item>"
    )


def a_feed(*entries: str) -> bytes:
    return (
        '<?xml version="1.0"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Blog</title>'
        f"{''.join(entries)}</channel></rss>"
    ).encode()


NOVEMBER = "Fri, 13 Nov 2026 09:00:00 +0000"
BODY = "".join(f"<p>{text}</p>" for text in TEXTS["nl"])
TEA = "<p>De theewinkel om de hoek schrijft op ieder zakje hoe lang het moet trekken.</p>"
NEW = "<p>Vandaag is er een nieuw stuk over klanten die blijven.</p>"
GERMAN = (
    "<p>Am Bahnhof stand ein Mann, der seit zwanzig Jahren den gleichen Kaffee ausschenkt, und "
    "er kennt die Namen aller seiner Kunden, weil sein Chef das so entschieden hat.</p>"
)


@pytest.fixture
def site() -> Iterator[Site]:
    opened = Site()
    yield opened
    opened.close()


@pytest.fixture
def workspace(tmp_path: Path, site: Site) -> Iterator[Workspace]:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE.format(site=site.url))
    show(site, an_entry("koffie", "Koffie", BODY, site.url, NOVEMBER))
    site.answer("/other/", body=a_feed(an_entry("thee", "Thee", TEA, site.url, NOVEMBER)))
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as opened:
        opened.net._sleep = lambda _s: None
        yield opened


def show(site: Site, *entries: str) -> None:
    site.answer("/feed/", body=a_feed(*entries))
    for page in ("/koffie/", "/thee/", "/kaffee/", "/nieuw/"):
        site.answer(page, 404)


def gather(workspace: Workspace, **options: Any) -> tuple[dict[str, Any], int]:
    report = pipeline.gather(workspace, **options)
    document = report.as_json()
    return {row["name"]: row for row in document["sources"]} | document, report.exit_code


def titles(workspace: Workspace) -> set[str]:
    return {s.post.title for s in workspace.store.posts() if s.decision == "taken"}


def test_a_second_reading_gives_nothing_new(workspace: Workspace) -> None:
    first, code = gather(workspace)
    assert (first["blog"]["new"], first["other"]["new"], code) == (1, 1, 0)
    second, code = gather(workspace)
    assert (second["blog"]["seen"], second["blog"]["new"], code) == (1, 0, 0)


def test_an_edit_is_taken_and_is_no_new_post(workspace: Workspace, site: Site) -> None:
    gather(workspace)
    edited = BODY.replace("twintig", "dertig")
    show(site, an_entry("koffie", "Koffie", edited, site.url, NOVEMBER))
    again, code = gather(workspace)
    assert (again["blog"]["edited"], again["blog"]["new"], code) == (1, 0, 0)
    (post,) = [s.post for s in workspace.store.posts() if s.post.title == "Koffie"]
    assert "dertig" in post.blocks[0].html
    assert len(workspace.store.pieces()) == 2


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, b"", "500"),
        (404, b"", "404"),
        (200, b"", "other/"),
        (200, b"<html><title>Just a moment</title>Checking your browser</html>", "other/"),
        (200, b"not xml at all", "other/"),
        (200, b"<rss><channel><title>Blog</title></channel></rss>", "other/"),
    ],
)
def test_a_broken_source_is_named_and_the_others_go_on(
    workspace: Workspace, site: Site, status: int, body: bytes, said: str
) -> None:
    gather(workspace)
    show(
        site,
        an_entry("koffie", "Koffie", BODY, site.url, NOVEMBER),
        an_entry(
            "nieuw",
            "Nieuw",
            NEW,
            site.url,
            NOVEMBER,
        ),
    )
    site.answer("/other/", status, body)
    told, code = gather(workspace)
    assert code == 3
    assert told["other"]["status"] == "failed" and said in told["other"]["error"]
    assert "\n" not in told["other"]["error"]
    assert told["blog"]["new"] == 1
    assert titles(workspace) == {"Koffie", "Thee", "Nieuw"}, "what was gathered before is lost"
    # and it is still an alarm the next time
    again, code = gather(workspace)
    assert code == 3 and again["other"]["error"]


def test_an_alarm_holds_the_edition_until_it_is_gone(workspace: Workspace, site: Site) -> None:
    gather(workspace)
    good = site.answers["/other/"]
    site.answer("/other/", 503)
    gather(workspace)
    pipeline.draft(workspace, "2026-11")
    with pytest.raises(HeldError, match=r"source other: .*503"):
        pipeline.approve(workspace, "2026-11", by="Anna", language="nl")
    site.answers["/other/"] = good
    gather(workspace)
    pipeline.approve(workspace, "2026-11", by="Anna", language="nl")


def test_a_plug_in_that_breaks_harms_no_other_source(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(source: Source, *_: object) -> list[Post]:
        if source.name == "other":
            raise RuntimeError("out of\nbounds")
        return list(whole(source, *_))  # type: ignore[arg-type]

    whole = feed.read_new
    monkeypatch.setattr(feed, "read_new", read)
    told, code = gather(workspace)
    assert code == 3 and told["blog"]["new"] == 1
    assert "could not be read (RuntimeError)" in told["other"]["error"]


def test_a_cut_off_feed_gives_what_can_be_read(workspace: Workspace, site: Site) -> None:
    whole = a_feed(
        an_entry("koffie", "Koffie", BODY, site.url, NOVEMBER),
        an_entry("nieuw", "Nieuw", BODY, site.url, NOVEMBER),
    )
    site.answer("/feed/", body=whole[: whole.rindex(b"<guid>")])
    told, _code = gather(workspace)
    assert "Koffie" in titles(workspace)
    assert told["blog"]["error"] or told["blog"]["new"] == 2


def test_a_third_language_is_held_with_the_remedy(workspace: Workspace, site: Site) -> None:
    show(site, an_entry("kaffee", "Kaffee", GERMAN * 3, site.url, NOVEMBER))
    told, code = gather(workspace)
    assert code == 1
    assert told["blog"]["held"] == 1
    (post,) = [p for p in told["posts"] if p["decision"] == "held"]
    assert "neither Dutch nor English" in post["reason"]
    report = pipeline.draft(workspace, "2026-11")
    assert "Kaffee" not in str(report.as_json())


def test_looking_back_less_far_is_no_alarm(workspace: Workspace) -> None:
    gather(workspace)
    told, code = gather(workspace, since=datetime(2026, 11, 20, tzinfo=UTC))
    assert code == 0 and told["blog"]["error"] is None


def test_pieces_are_joined_and_split_and_stay_so(workspace: Workspace) -> None:
    gather(workspace)
    keys = sorted(p.key for p in workspace.store.pieces())
    assert keys == ["koffie", "thee"]
    pipeline.join_pieces(workspace, "koffie", "thee")
    gather(workspace)
    (piece,) = workspace.store.pieces()
    assert {p.title for p in piece.posts} == {"Koffie", "Thee"}
    thee = next(p.url for p in piece.posts if p.title == "Thee")
    told = pipeline.split_piece(workspace, "koffie", thee)
    assert told["piece"] == "thee"
    gather(workspace)
    assert len(workspace.store.pieces()) == 2
    with pytest.raises(UsageError, match="only this one post"):
        pipeline.split_piece(workspace, "thee", thee)
    with pytest.raises(UsageError, match="is not in the piece"):
        pipeline.split_piece(workspace, "koffie", thee)


def test_what_was_decided_is_kept_for_status(workspace: Workspace, site: Site) -> None:
    gather(workspace)
    site.answer("/other/", 503)
    gather(workspace)
    rows = {row["name"]: row for row in pipeline.status(workspace).as_json()["sources"]}
    assert rows["blog"]["status"] == "ok" and "503" in rows["other"]["error"]
    assert rows["other"]["succeeded_at"] == "2026-11-22T09:00:00Z"


def made(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of which a post is made from now on."""
    addresses: list[str] = []
    whole = _reading.make_post

    def make_post(source: Source, draft: _reading.Draft) -> Post:
        addresses.append(draft.url.rstrip("/").rpartition("/")[2])
        return whole(source, draft)

    monkeypatch.setattr(_reading, "make_post", make_post)
    return addresses


def test_only_what_is_new_or_edited_is_made_a_post_of(
    workspace: Workspace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    gather(workspace)
    addresses = made(workspace, monkeypatch)
    told, _code = gather(workspace)
    assert addresses == [] and told["blog"]["seen"] == 1
    coffee = an_entry("koffie", "Koffie", BODY, site.url, NOVEMBER)
    new = an_entry("nieuw", "Nieuw", NEW, site.url, NOVEMBER)
    show(site, new, coffee)
    told, _code = gather(workspace)
    assert addresses == ["nieuw"]
    assert (told["blog"]["seen"], told["blog"]["new"], told["blog"]["skipped"]) == (2, 1, 1)
    show(site, new, an_entry("koffie", "Koffie", BODY + TEA, site.url, NOVEMBER))
    told, _code = gather(workspace)
    assert addresses == ["nieuw", "koffie"] and told["blog"]["edited"] == 1


def test_after_a_week_everything_is_made_again(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    gather(workspace)
    addresses = made(workspace, monkeypatch)
    with pipeline.open_workspace(tmp_path, now=lambda: NOW + timedelta(days=8)) as later:
        told, _code = gather(later)
    assert sorted(addresses) == ["koffie", "thee"]
    assert told["blog"]["skipped"] == 1


def test_what_is_set_for_a_source_makes_its_posts_again(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    gather(workspace)
    addresses = made(workspace, monkeypatch)
    file = tmp_path / "cxgreetz.toml"
    file.write_text(file.read_text().replace('name = "blog"', 'name = "blog"\nexcerpt_limit = 90'))
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as changed:
        gather(changed)
    assert addresses == ["koffie"]


def test_a_held_post_is_made_again_until_it_is_dismissed(
    workspace: Workspace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    german = an_entry("kaffee", "Kaffee", GERMAN * 3, site.url, NOVEMBER)
    show(site, german, an_entry("koffie", "Koffie", BODY, site.url, NOVEMBER))
    gather(workspace)
    addresses = made(workspace, monkeypatch)
    told, code = gather(workspace)
    assert addresses == ["kaffee"] and (told["blog"]["held"], code) == (1, 1)
    done = pipeline.dismiss_post(workspace, f"{site.url}/kaffee", "a German visitor")
    assert done["reason"] == "dismissed by a person: a German visitor"
    told, code = gather(workspace)
    assert (told["blog"]["held"], told["blog"]["skipped"], code) == (0, 2, 0)
    (row,) = [row for row in told["posts"] if row["title"] == "Kaffee"]
    assert row["reason"] == "dismissed by a person: a German visitor"
    # What somebody dismissed is looked at again when it says something else.
    show(site, an_entry("kaffee", "Kaffee", GERMAN * 4, site.url, NOVEMBER))
    told, code = gather(workspace)
    assert (told["blog"]["held"], code) == (1, 1)


def test_what_was_dismissed_can_be_taken_back(workspace: Workspace, site: Site) -> None:
    show(site, an_entry("kaffee", "Kaffee", GERMAN * 3, site.url, NOVEMBER))
    gather(workspace)
    url = f"{site.url}/kaffee/"
    with pytest.raises(UsageError, match="was not dismissed"):
        pipeline.restore_post(workspace, url)
    pipeline.dismiss_post(workspace, url)
    with pytest.raises(UsageError, match="is not held"):
        pipeline.dismiss_post(workspace, url)
    with pytest.raises(UsageError, match="was ever gathered"):
        pipeline.dismiss_post(workspace, f"{site.url}/never/")
    pipeline.restore_post(workspace, url)
    told, _code = gather(workspace)
    assert told["blog"]["held"] == 1


def test_why_two_posts_are_one_text_is_told(workspace: Workspace, site: Site) -> None:
    site.answer("/other/", body=a_feed(an_entry("kopie", "Koffie", BODY, site.url, NOVEMBER)))
    told, _code = gather(workspace)
    (row,) = [row for row in told["posts"] if row["evidence"]][:1]
    (tie,) = row["evidence"]
    assert tie["by"] == "same-text" and tie["detail"] == "100% of the text is the same"
    assert {row["url"].rstrip("/")[-6:], tie["with"][-6:]} == {"koffie", "/kopie"}


def test_a_picture_that_was_taken_out_stays_out(workspace: Workspace, site: Site) -> None:
    picture = f'<p><img src="{site.url}/kop.jpg" alt="Een kop"/></p>'
    show(site, an_entry("koffie", "Koffie", BODY + picture, site.url, NOVEMBER))
    gather(workspace)
    show(site, an_entry("koffie", "Koffie", BODY, site.url, NOVEMBER))
    gather(workspace)
    (post,) = [s.post for s in workspace.store.posts() if s.post.title == "Koffie"]
    assert post.image is None


def test_a_database_from_before_heads_gives_its_posts_heads(workspace: Workspace) -> None:
    gather(workspace)
    stored = [replace(post, head=None) for post in workspace.store.posts()]
    workspace.store.save_posts(stored)
    known = workspace.store.known_posts(pieces.head_of)
    assert len(known) == 2 and all(k.head.runs for k in known)
    told, _code = gather(workspace)
    assert told["blog"]["new"] == told["blog"]["edited"] == 0


def test_only_the_sources_that_are_named_are_read(workspace: Workspace, site: Site) -> None:
    first, code = gather(workspace, only=["other"])
    assert ([row["name"] for row in first["sources"]], code) == (["other"], 0)
    assert titles(workspace) == {"Thee"}
    assert list(workspace.store.readings()) == ["other"], "the other was not read, nor silent"
    asked = [path for path, _headers in site.requests]
    gather(workspace)
    before = workspace.store.readings()["other"]
    site.answer("/other/", 500)
    again, code = gather(workspace, only=["blog"])
    assert code == 0 and [row["name"] for row in again["sources"]] == ["blog"]
    assert workspace.store.readings()["other"] == before
    assert "/feed/" not in asked
    with pytest.raises(UsageError, match="'blgo' is no source of this newsletter; it has: blog, o"):
        gather(workspace, only=["blog", "blgo"])


def test_a_source_that_is_not_read_now_keeps_its_posts(workspace: Workspace, site: Site) -> None:
    """Another source shows the same post, in other words."""
    gather(workspace)
    shared = an_entry("thee", "Thee", TEA.replace("zakje", "doosje"), site.url, NOVEMBER)
    show(site, an_entry("koffie", "Koffie", BODY, site.url, NOVEMBER), shared)
    told, _code = gather(workspace, only=["blog"])
    assert told["blog"]["edited"] == 0
    (tea,) = [s.post for s in workspace.store.posts() if s.post.title == "Thee"]
    assert tea.source == "other" and "zakje" in tea.blocks[0].html


# an author named later


@contextmanager
def with_author(workspace: Workspace, author: str) -> Iterator[Workspace]:
    """The same newsletter after its first source was given an author."""
    file = workspace.folder / "cxgreetz.toml"
    line = f'name = "blog"\nauthor = "{author}"'
    file.write_text(re.sub(r'name = "blog"(\nauthor = ".*")?', line, file.read_text()))
    with pipeline.open_workspace(workspace.folder, now=lambda: NOW) as later:
        later.net._sleep = lambda _s: None
        yield later


def test_an_author_named_later_takes_out_what_others_wrote(
    workspace: Workspace, site: Site
) -> None:
    guest = an_entry("nieuw", "Nieuw", NEW * 3, site.url, NOVEMBER).replace("Marijke", "Joris")
    show(site, an_entry("koffie", "Koffie", BODY, site.url, NOVEMBER), guest)
    gather(workspace)
    assert titles(workspace) == {"Koffie", "Nieuw", "Thee"}
    pipeline.draft(workspace, "2026-11")
    with with_author(workspace, "Marijke") as later:
        told, _code = gather(later)
        rows = [row for row in told["posts"] if row["title"] == "Nieuw"]
        assert [(row["decision"], row["reason"]) for row in rows] == [("skipped", "not by Marijke")]
        assert titles(later) == {"Koffie", "Thee"}
        assert len(pipeline.draft(later, "2026-11").edition.shown) == 2
        again, _code = gather(later)
        assert not [row for row in again["posts"] if row["reason"] == "not by Marijke"]
    with with_author(workspace, "Joris") as later:
        gather(later)
        assert titles(later) == {"Nieuw", "Thee"}, "named again, it is there again"


def test_what_an_edition_carried_stays_whoever_wrote_it(workspace: Workspace) -> None:
    gather(workspace)
    pipeline.draft(workspace, "2026-11")
    report = pipeline.check(workspace, "2026-11")
    for language, built in report.built.items():
        seal = built.email.fingerprint
        approval = Approval("2026-11", language, seal, "Anna", NOW)
        workspace.store.save_approval(approval, report.edition.shown)
        receipt = Receipt("outbox", "", "2026-11", language, "intended", seal, at=NOW)
        workspace.store.save_receipt(receipt)
    with with_author(workspace, "Joris") as later:
        gather(later)
        assert titles(later) == {"Koffie", "Thee"}
