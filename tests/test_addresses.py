"""Addresses that move for good, or are gone: what is asked, what is told, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cxgreetz import pipeline
from cxgreetz.net import Outcome
from cxgreetz.pipeline.posts.addresses import address_to_ask, learn
from cxgreetz.store import AddressNote
from samples import TEXTS
from servers.plain_site import Site

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FEED = (
    '<rss version="2.0"><channel><title>Blog</title><item><title>Koffie</title>'
    "<link>{site}/koffie/</link><pubDate>Fri, 13 Nov 2026 09:00:00 +0000</pubDate>"
    "<author>Marijke</author><description><![CDATA[{body}]]></description></item></channel></rss>"
)
BODY = "".join(f"<p>{text}</p>" for text in TEXTS["nl"]) * 3


@pytest.fixture
def site() -> Iterator[Site]:
    opened = Site()
    opened.answer("/feed/", body=FEED.format(site=opened.url, body=BODY).encode())
    yield opened
    opened.close()


Run = Callable[[datetime], tuple[dict[str, Any], list[str]]]


@pytest.fixture
def run(tmp_path: Path, site: Site) -> Run:
    """Gather on a day from `/old/`; gives the source's row and the paths that were asked."""
    name(tmp_path, f"{site.url}/old/")

    def gather(day: datetime) -> tuple[dict[str, Any], list[str]]:
        site.requests.clear()
        with pipeline.open_workspace(tmp_path, now=lambda: day) as workspace:
            workspace.net._sleep = lambda _seconds: None
            row = pipeline.gather(workspace).as_json()["sources"][0]
        asked = [path for path, _headers in site.requests]
        return row, [path for path in asked if path in ("/old/", "/feed/", "/new/")]

    return gather


def name(folder: Path, url: str, kind: str = 'kind = "feed"') -> None:
    (folder / "cxgreetz.toml").write_text(
        '[newsletter]\nname = "CX"\nfrom = "Marijke <marijke@example.org>"\nstart = 2026-10-01\n'
        f'[[sources]]\nname = "blog"\nurl = "{url}"\n{kind}\n'
    )


def test_an_address_that_is_gone_is_asked_once_a_week(run: Run, site: Site, tmp_path: Path) -> None:
    site.answer("/old/", 410)
    row, asked = run(NOW)
    assert asked == ["/old/"]
    assert row["status"] == "failed"
    assert "is gone for good (it says so since 2026-11-22)" in row["error"]
    assert "remove the source or name its new address" in row["error"]
    for days in (1, 2, 6):
        row, asked = run(NOW + days * DAY)
        assert asked == [] and "asked again on 2026-11-29" in row["error"]
    row, asked = run(NOW + 7 * DAY)
    assert asked == ["/old/"] and "since 2026-11-22" in row["error"]
    assert run(NOW + 8 * DAY)[1] == []
    name(tmp_path, f"{site.url}/feed/")
    row, asked = run(NOW + 8 * DAY)
    assert (row["error"], asked) == (None, ["/feed/"])


def test_an_address_that_comes_back_is_read_again(run: Run, site: Site) -> None:
    site.answer("/old/", 410)
    run(NOW)
    site.answers["/old/"] = site.answers["/feed/"]
    row, _asked = run(NOW + 7 * DAY)
    assert (row["error"], row["seen"]) == (None, 1)
    assert run(NOW + 8 * DAY)[1] == ["/old/"]


@pytest.mark.parametrize("status", [301, 308])
def test_a_move_is_believed_after_a_week(run: Run, site: Site, status: int) -> None:
    site.answer("/old/", status, Location="/feed/")
    row, asked = run(NOW)
    assert (row["error"], row["seen"], asked) == (None, 1, ["/old/", "/feed/"])
    assert f"has moved for good to {site.url}/feed/" in row["note"]
    assert "asked from 2026-11-29 if that stays so" in row["note"]
    assert run(NOW + 6 * DAY)[1] == ["/old/", "/feed/"]
    for days in (7, 8, 30):
        row, asked = run(NOW + days * DAY)
        assert asked == ["/feed/"], days
        assert "which is asked from now on; name it in the workspace file" in row["note"]
        assert row["error"] is None


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_detour_is_never_a_move(run: Run, site: Site, status: int) -> None:
    site.answer("/old/", status, Location="/feed/")
    for days in (0, 7, 30):
        row, asked = run(NOW + days * DAY)
        assert (row["error"], row["note"], asked) == (None, None, ["/old/", "/feed/"])


def test_a_move_to_another_place_waits_anew(run: Run, site: Site) -> None:
    site.answer("/old/", 301, Location="/new/")
    site.answers["/new/"] = site.answers["/feed/"]
    run(NOW)
    site.answer("/old/", 301, Location="/feed/")
    run(NOW + 5 * DAY)
    assert run(NOW + 8 * DAY)[1] == ["/old/", "/feed/"]
    assert run(NOW + 12 * DAY)[1] == ["/feed/"]


def test_a_move_that_was_taken_back_is_forgotten(run: Run, site: Site) -> None:
    site.answer("/old/", 301, Location="/feed/")
    run(NOW)
    moved, site.answers["/old/"] = site.answers["/old/"], site.answers["/feed/"]
    row, _asked = run(NOW + 3 * DAY)
    assert row["note"] is None
    site.answers["/old/"] = moved
    assert run(NOW + 8 * DAY)[1] == ["/old/", "/feed/"]


def test_a_move_to_what_is_no_source_is_no_move(run: Run, site: Site) -> None:
    site.answer("/old/", 301, Location="/new/")
    site.answer("/new/", body=b"<html><p>This name is for sale", Content_Type="text/html")
    for days in (0, 8):
        row, asked = run(NOW + days * DAY)
        assert row["error"] and asked == ["/old/", "/new/"]


def test_where_a_move_led_has_died_the_old_address_is_tried(run: Run, site: Site) -> None:
    site.answer("/old/", 301, Location="/new/")
    site.answers["/new/"] = site.answers["/feed/"]
    run(NOW)
    assert run(NOW + 8 * DAY)[1] == ["/new/"]
    site.answer("/new/", 404)
    site.answers["/old/"] = site.answers["/feed/"]
    row, asked = run(NOW + 9 * DAY)
    assert (row["error"], row["note"], asked) == (None, None, ["/new/", "/old/"])
    assert run(NOW + 10 * DAY)[1] == ["/old/"]


def test_what_is_remembered_of_a_source_hides_no_move(run: Run, site: Site, tmp_path: Path) -> None:
    """The feed that was found is read without asking the page, but for a page that moves."""
    link = '<link rel="alternate" type="application/rss+xml" href="/feed/">'
    site.answer("/new/", body=f"<html><head>{link}</head>".encode(), Content_Type="text/html")
    name(tmp_path, f"{site.url}/old/", kind="")
    kept, site.answers["/old/"] = site.answers["/new/"], site.answers["/new/"]
    row, asked = run(NOW)
    assert (row["error"], row["note"], asked) == (None, None, ["/old/", "/feed/", "/feed/"])
    assert run(NOW + 1 * DAY)[1] == ["/feed/"]
    site.answer("/old/", 301, Location="/new/")
    row, asked = run(NOW + 7 * DAY)
    assert asked[:2] == ["/old/", "/new/"] and "has moved for good" in row["note"]
    assert run(NOW + 8 * DAY)[1][:2] == ["/old/", "/new/"]
    site.answers["/old/"] = kept
    assert run(NOW + 9 * DAY)[0]["note"] is None
    assert run(NOW + 10 * DAY)[1] == ["/feed/"]


def test_sources_tells_of_a_move_before_how_it_reads(run: Run, site: Site, tmp_path: Path) -> None:
    def told() -> Any:
        with pipeline.open_workspace(tmp_path, now=lambda: NOW + DAY) as workspace:
            return pipeline.try_sources(workspace).as_json()["sources"][0]["note"]

    site.answers["/old/"] = site.answers["/feed/"]
    run(NOW)
    assert told() == "as the workspace file says"
    site.answer("/old/", 301, Location="/feed/")
    run(NOW)
    assert "has moved for good" in told()


def test_a_remembered_way_that_is_closed_is_asked_once(run: Run, site: Site) -> None:
    site.answers["/old/"] = site.answers["/feed/"]
    run(NOW)
    site.answer("/old/", 404)
    row, asked = run(NOW + DAY)
    assert "404" in row["error"] and asked == ["/old/"]


@pytest.mark.parametrize(
    ("old", "new", "at_once"),
    [
        ("http://a.example/feed", "https://a.example/feed/", True),
        ("http://a.example/feed", "https://b.example/feed", False),
        ("http://a.example/feed", "https://www.a.example/feed", False),
        ("http://a.example/feed", "https://a.example/", False),
        ("https://a.example/feed", "http://a.example/feed", False),
    ],
)
def test_the_same_page_by_https_is_believed_at_once(old: str, new: str, at_once: bool) -> None:
    note = learn(old, {}, Outcome(moved_to=new), NOW, read=True)
    assert note == AddressNote(old, False, new, NOW, NOW)
    assert address_to_ask(old, {old: note}, NOW) == (new if at_once else old)
    assert address_to_ask(old, {old: note}, NOW + 7 * DAY) == new
