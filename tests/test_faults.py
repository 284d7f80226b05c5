"""Every way a host can fail: it ends in time, is told in one line, and harms no other source."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cxgreetz import pipeline
from cxgreetz.net import Limits, Net
from servers.fault_host import FaultHost, a_feed, an_item
from servers.plain_site import Site

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
#: A busy machine may hold up the host and the reader alike, and neither is then at fault.
LIMITS = Limits(
    connect=10, read=10, total=10, size=4 * 1024 * 1024, retries=1, patience=0.2, parse=10
)
#: For a host whose fault is that it takes its time, and for feeds that do.
HASTY = replace(LIMITS, read=0.5, total=1)
BRIEF = replace(LIMITS, parse=1)
#: Seconds for one gathering with a fault in it; a busy machine is allowed for.
IN_TIME = 30
WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-10-01
[[sources]]
name = "faulty"
url = "{host}/{fault}/"
{kind}
[[sources]]
name = "other"
url = "{other}/feed/"
"""


@pytest.fixture(scope="module")
def host() -> Iterator[FaultHost]:
    opened = FaultHost()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def other() -> Iterator[Site]:
    opened = Site()
    opened.answer("/feed/", body=a_feed(an_item(opened.url, "thee")).encode())
    yield opened
    opened.close()


class Gathered:
    """What a run with a fault in it came to."""

    def __init__(
        self,
        folder: Path,
        host: FaultHost,
        other: Site,
        fault: str,
        kind: str = "",
        limits: Limits = LIMITS,
    ) -> None:
        line = f'kind = "{kind}"' if kind else ""
        text = WORKSPACE.format(host=host.url, fault=fault, other=other.url, kind=line)
        (folder / "cxgreetz.toml").write_text(text)
        began = time.monotonic()
        with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
            workspace.net = Net(
                {"127.0.0.1"},
                limits=limits,
                cache=workspace.store,
                pauses=workspace.store,
                now=lambda: NOW,
                sleep=lambda _seconds: None,
            )
            self.report = pipeline.gather(workspace)
            self.stored = workspace.store.posts()
        self.seconds = time.monotonic() - began
        rows = {row["name"]: row for row in self.report.sources}
        self.faulty: dict[str, Any] = dict(rows["faulty"])
        self.other: dict[str, Any] = dict(rows["other"])

    @property
    def titles(self) -> list[str]:
        return sorted(s.post.title for s in self.stored if s.post.source == "faulty")

    def check(self) -> None:
        """What holds of every fault."""
        assert self.seconds < IN_TIME
        assert (self.other["error"], self.other["new"]) == (None, 1), "another source was harmed"
        error = self.faulty["error"]
        if error:
            assert "\n" not in error and len(error) < 600
            assert error.startswith('source "faulty": ')
            assert self.report.exit_code == 3
        for stored in self.stored:
            shown = stored.post.title + "".join(block.html for block in stored.post.blocks)
            assert "<script" not in shown.lower() and "root:" not in shown


@pytest.fixture
def gather(tmp_path: Path, host: FaultHost, other: Site) -> Any:
    def run(fault: str, kind: str = "", limits: Limits = LIMITS) -> Gathered:
        gathered = Gathered(tmp_path, host, other, fault, kind, limits)
        gathered.check()
        return gathered

    return run


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("loop", "redirects more than 5 times"),
        ("to-inside", r"private address 127\.0\.0\.1 \(localhost\)"),
        ("to-metadata", r"private address 169\.254|cannot be reached|did not answer in time"),
        ("to-file", "is not a web address"),
        ("to-nonsense", "is not a web address|is not an address"),
        ("to-bad-port", "is not a web address"),
        ("429", "asks to wait until 2026-11-22 10:00:00 UTC"),
        ("503", "asks to wait until 2026-11-22 12:00:00 UTC"),
        ("410", "is gone for good"),
        ("404", r"404 \(Not Found\)"),
        ("500", "500"),
        ("999", "999"),
        ("gzip-bomb", "larger than 4 MB"),
        ("no-gzip", "broke off"),
        ("200-mb", "larger than 4 MB"),
        ("byte-a-second", "longer than 1 s"),
        ("silence", "did not answer in time"),
        ("breaks-off", "broke off"),
        ("hangs-up", "cannot be reached|broke off"),
        ("not-http", "cannot be reached|broke off"),
        ("long-header", "cannot be reached|broke off"),
        ("many-headers", "cannot be reached|broke off"),
        ("empty", "neither a feed nor a page|answered with nothing"),
        ("spaces", "neither a feed nor a page|answered with nothing"),
        ("cut-off", "the last entry of .*, where the feed breaks off"),
        ("noise", "neither a feed nor a page"),
        ("noisy-feed", "too damaged"),
        ("100000-attributes", "more than 100 attributes on one element.* takes more than 1 s"),
        ("many-items", "more than 5000 entries"),
        ("nested-items", "too damaged|more than|levels|takes more"),
        ("nested-divs", "more than 150000 tags"),
        ("challenge", "neither a feed nor a page"),
        ("divs-page", "more than 150000 tags"),
        ("attributes-page", "more than 1000 attributes"),
        ("html-as-feed", "neither a feed nor a page"),
    ],
)
def test_a_fault_has_a_name(gather: Any, fault: str, said: str) -> None:
    gathered = gather(fault, limits=HASTY if fault in ("byte-a-second", "silence") else BRIEF)
    assert gathered.faulty["status"] == "failed"
    assert gathered.faulty["error"] and re.search(said, gathered.faulty["error"]), gathered.faulty[
        "error"
    ]


@pytest.mark.parametrize(
    ("fault", "titles"),
    [
        ("302-then-301", ["Goed"]),
        ("301", ["Goed"]),
        ("302-drip", ["Goed"]),
        ("302-bomb", ["Goed"]),
        ("308", ["Goed"]),
        ("weak-etag", ["Goed"]),
        ("text-plain", ["Goed"]),
        ("gzip", ["Goed"]),
        ("odd-charset", ["Goed"]),
        ("junk-before", ["Koffie"]),
        ("control-characters", ["Koffie"]),
        ("bare-ampersand", ["Q & A Koffie"]),
        ("windows-1252", ["Café"]),
        ("utf-16", ["Café"]),
        ("one-guid", ["Drie", "Een", "Twee"]),
        ("two-links", ["Koffie"]),
        ("dutch-date", ["Koffie"]),
        ("500-attributes", ["Koffie"]),
        ("20000-namespaces", ["Koffie"]),
        ("ampersands", ["Koffie"]),
        ("long-attribute", ["Koffie"]),
    ],
)
def test_what_can_be_read_is_read(gather: Any, fault: str, titles: list[str]) -> None:
    gathered = gather(fault)
    assert (gathered.faulty["error"], gathered.titles) == (None, titles)


@pytest.mark.parametrize(
    "fault", ["unknown-entities", "billion-laughs", "external-entity", "utf-7"]
)
def test_a_title_that_plays_tricks_does_no_more_than_look_odd(gather: Any, fault: str) -> None:
    gathered = gather(fault)
    assert gathered.faulty["error"] is None
    (title,) = gathered.titles
    assert len(title) < 200


@pytest.mark.parametrize("fault", ["in-2036", "in-1970"])
def test_an_impossible_date_waits_for_a_person(gather: Any, fault: str) -> None:
    gathered = gather(fault)
    assert gathered.faulty["error"] is None
    decisions = {d.post.title: d for d in gathered.report.decisions}
    assert decisions["Koffie"].decision != "taken" or decisions["Koffie"].post.published is None


@pytest.mark.parametrize("fault", ["divs-page", "attributes-page", "text-page", "noise", "empty"])
@pytest.mark.parametrize("kind", ["page", "wordpress", "feed"])
def test_a_fault_has_a_name_however_it_is_read(gather: Any, fault: str, kind: str) -> None:
    assert gather(fault, kind, limits=BRIEF).faulty["error"]


def test_guids_that_become_https_are_no_new_posts(
    tmp_path: Path, host: FaultHost, other: Site
) -> None:
    for scheme in ("http", "https"):
        item = an_item(host.url, "koffie", guid=f"{scheme}://blog.example/?p=1")
        host.answer("/guids/", body=a_feed(item).encode())
        gathered = Gathered(tmp_path, host, other, "guids")
    assert (gathered.faulty["seen"], gathered.faulty["new"]) == (1, 0)
    assert gathered.titles == ["Koffie"]
