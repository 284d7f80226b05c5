"""What is remembered of a source hides nothing: no post, no edit, no alarm."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cxgreetz import pieces, pipeline
from cxgreetz.model import Head, KnownPost, Post, Seen
from cxgreetz.net.guard import _Watch
from cxgreetz.pipeline import Workspace
from cxgreetz.sources import _feedxml
from cxgreetz.store import StoredPost
from samples import a_post
from servers.plain_site import Site
from test_gathering import BODY, GERMAN, NOVEMBER, NOW, TEA, a_feed, an_entry, gather, titles

OCTOBER = "Tue, 13 Oct 2026 09:00:00 +0000"
START = NOW - timedelta(days=60)


@pytest.fixture
def site() -> Iterator[Site]:
    opened = Site()
    yield opened
    opened.close()


@contextmanager
def opened(
    folder: Path,
    site: Site,
    start: str = "2026-10-01",
    more: str = "",
    paths: Sequence[str] = ("feed",),
) -> Iterator[Workspace]:
    tables = [f'[newsletter]\nname = "CX"\nfrom = "M <m@example.org>"\nstart = {start}\n']
    tables += [
        f'[[sources]]\nname = "{p}"\nkind = "feed"\nurl = "{site.url}/{p}/"\n{more}' for p in paths
    ]
    (folder / "cxgreetz.toml").write_text("".join(tables))
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        workspace.net._sleep = lambda _s: None
        yield workspace


def a_json_feed(site: Site, *items: tuple[str, str, str, str]) -> bytes:
    rows = [
        {
            "id": slug,
            "url": f"{site.url}/{slug.strip(chr(0xD800))}/",
            "title": title,
            "content_html": body,
            "date_published": day,
        }
        for slug, title, body, day in items
    ]
    head = {"version": "https://jsonfeed.org/version/1.1", "title": "Blog"}
    return json.dumps({**head, "items": rows}).encode()


@pytest.mark.parametrize("kind", ["rss", "json"])
def test_an_earlier_start_is_looked_back_to(tmp_path: Path, site: Site, kind: str) -> None:
    body = a_feed(
        an_entry("thee", "Thee", TEA, site.url, NOVEMBER),
        an_entry("koffie", "Koffie", BODY, site.url, OCTOBER),
    )
    if kind == "json":
        body = a_json_feed(
            site,
            ("thee", "Thee", TEA * 8, "2026-11-13T09:00:00Z"),
            ("koffie", "Koffie", BODY, "2026-10-13T09:00:00Z"),
        )
    site.answer("/feed/", body=body)
    with opened(tmp_path, site, "2026-11-01") as workspace:
        gather(workspace)
        assert titles(workspace) == {"Thee"}
    with opened(tmp_path, site, "2026-10-01") as workspace:
        gather(workspace)
        assert titles(workspace) == {"Thee", "Koffie"}


def test_a_first_page_of_others_is_no_end(tmp_path: Path, site: Site) -> None:
    def page(author: str, older: str, entry: str) -> bytes:
        link = f'<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="next" href="{older}"/>'
        head = f"<title>Blog</title>{link if older else ''}".encode()
        whole = a_feed(entry).replace(b"Marijke", author.encode())
        return whole.replace(b"<title>Blog</title>", head)

    tea = an_entry("thee", "Thee", TEA, site.url, NOVEMBER)
    coffee = an_entry("koffie", "Koffie", BODY, site.url, NOVEMBER)
    site.answer("/feed/", body=page("Joost", f"{site.url}/feed2/", tea))
    site.answer("/feed2/", body=page("Marijke", "", coffee))
    with opened(tmp_path, site, more='author = "Marijke"\n') as workspace:
        for _run in range(2):
            told, code = gather(workspace)
            assert (told["feed"]["seen"], told["feed"]["error"], code) == (1, None, 0)


def known_as(post: Post, reason: str) -> KnownPost:
    return KnownPost(pieces.head_of(post), None, pieces.SKIPPED, reason, None, NOW)


def test_a_dismissed_post_without_a_date_does_not_go_out_for_an_edit() -> None:
    post = a_post(published=None)
    edited = replace(post, title="Koffie!")
    known = [known_as(post, pieces.DISMISSED)]
    (decision,) = pieces.judge(
        {post.source: [edited]}, known, start=START, now=NOW, read_before=[post.source]
    )
    assert decision.decision == pieces.HELD


def test_another_source_does_not_bring_back_what_was_dismissed() -> None:
    mine = a_post(published=None, source="a")
    other = replace(mine, source="b", title="Koffie (blog)")
    known = [known_as(mine, pieces.DISMISSED)]
    readings: dict[str, Sequence[Post | Seen]] = {"a": [Seen(mine.key)], "b": [other]}
    decision, _same = pieces.judge(readings, known, start=START, now=NOW, read_before=["a", "b"])
    assert (decision.decision, decision.reason) == (pieces.SKIPPED, pieces.DISMISSED)


def test_what_a_feed_says_once_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read for every entry, it took minutes where much stands beside many entries."""
    calls: list[object] = []
    said_once = _feedxml._said_once
    monkeypatch.setattr(
        _feedxml, "_said_once", lambda *about: calls.append(about) or said_once(*about)
    )
    beside, entries = "<a/>" * 4000, "<item><title>t</title></item>" * 500
    feed = _feedxml.prepare_feed(f"<rss version='2.0'><channel>{beside}{entries}</channel></rss>")
    assert (len(feed.marks), len(calls)) == (500, 1)


def test_a_head_that_is_made_later_undoes_nothing(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.answer("/feed/", body=a_feed(an_entry("kaffee", "Kaffee", GERMAN, site.url, NOVEMBER)))
    with opened(tmp_path, site) as workspace:
        gather(workspace)
        store = workspace.store
        (stored,) = store.posts()
        store.save_posts([replace(stored, head=None)])

        def head_of(post: Post) -> Head:
            store.decide_post(post.key, pieces.SKIPPED, pieces.DISMISSED)
            return pieces.head_of(post)

        (known,) = store.known_posts(head_of)
        assert known.decision == pieces.SKIPPED
        assert store.posts()[0].decision == pieces.SKIPPED


def test_a_post_that_moves_while_posts_are_listed_is_left_out(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.answer("/feed/", body=a_feed(an_entry("koffie", "Koffie", BODY, site.url, NOVEMBER)))
    with opened(tmp_path, site) as workspace:
        gather(workspace)
        store = workspace.store
        (stored,) = store.posts()
        read = store._known

        def meanwhile(keys: Sequence[str], head_of: object) -> list[KnownPost]:
            moved = replace(stored.post, url=f"{stored.post.url}elders/")
            store.save_posts([replace(stored, post=moved, head=None)], gone=[stored.post.key])
            return read(keys, head_of)  # type: ignore[arg-type]

        monkeypatch.setattr(store, "_known", meanwhile)
        assert store.known_posts(pieces.head_of) == []


def test_what_no_database_can_hold_harms_no_other_source(tmp_path: Path, site: Site) -> None:
    strange = ("x\ud800\x00", "Thee \ud800", BODY, "2026-11-13T09:00:00Z")
    site.answer("/feed/", body=a_json_feed(site, strange))
    site.answer("/other/", body=a_feed(an_entry("melk", "Melk", TEA, site.url, NOVEMBER)))
    with opened(tmp_path, site, paths=("feed", "other")) as workspace:
        gather(workspace)
        assert titles(workspace) == {"Thee", "Melk"}


def test_a_held_post_that_moves_leaves_nothing_behind(tmp_path: Path, site: Site) -> None:
    entry = an_entry("kaffee", "Kaffee", GERMAN, site.url, NOVEMBER)
    site.answer("/feed/", body=a_feed(entry))
    with opened(tmp_path, site) as workspace:
        gather(workspace)
        site.answer("/feed/", body=a_feed(entry.replace("/kaffee/", "/bahnhof/")))
        gather(workspace)
        (stored,) = workspace.store.posts()
        assert stored.post.url.endswith("/bahnhof/") and stored.decision == pieces.HELD


def test_a_source_without_new_posts_is_silent_too(tmp_path: Path, site: Site) -> None:
    """What it showed last tells how long ago that was, although it is not shown any more."""
    site.answer("/feed/", body=a_feed(an_entry("thee", "Thee", TEA, site.url, NOVEMBER)))
    with opened(tmp_path, site, "2026-11-10", "expected_per_month = 2\n") as workspace:
        old = a_post(f"{site.url}/oud/", source="feed", published=NOW - timedelta(days=90))
        workspace.store.save_posts([StoredPost(old, None, "skipped", "old", old.published, NOW)])
        told, _code = gather(workspace)
        assert told["feed"]["alarm"] is None
        site.answer("/feed/", body=a_feed(an_entry("oud", "Oud", BODY, site.url, OCTOBER)))
    with opened(tmp_path, site, "2026-11-10", "expected_per_month = 60\n") as workspace:
        workspace.store.move_posts({})
        told, _code = gather(workspace)
        assert told["feed"]["alarm"]


def test_a_watch_that_could_not_begin_begins_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    watch = _Watch()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError), watch.over(socket.socket(), 1):
            pass
    waiting, _other = socket.socketpair()
    waiting.settimeout(3)
    with watch.over(waiting, 0.1):
        assert waiting.recv(1) == b"", "it was hung up"


def test_a_forked_process_watches_for_itself() -> None:
    watch = _Watch()
    parents, _other = socket.socketpair()
    with watch.over(parents, 5):
        child = os.fork()
        if child == 0:
            waiting, _other = socket.socketpair()
            waiting.settimeout(3)
            with watch.over(waiting, 0.1):
                os._exit(0 if waiting.recv(1) == b"" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_an_author_nobody_is_is_told_with_those_there_are(tmp_path: Path, site: Site) -> None:
    site.answer("/feed/", body=a_feed(an_entry("thee", "Thee", TEA, site.url, NOVEMBER)))
    with opened(tmp_path, site, more='author = "Marijk"\ntags = ["colum"]\n') as workspace:
        (row,) = pipeline.try_sources(workspace).as_json()["sources"]
        assert row["posts"] == 0 and "filed under" in row["note"]
    with opened(tmp_path, site, more='author = "Marijek"\n') as workspace:
        (row,) = pipeline.try_sources(workspace).as_json()["sources"]
        assert "no post by 'Marijek'; its authors: Marijke" in row["note"]
