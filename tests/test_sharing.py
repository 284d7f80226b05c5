"""Several processes read for one gathering: what comes of it is what one of them would give."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxgreetz import pipeline
from cxgreetz.model import Source
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.posts import sharing
from cxgreetz.pipeline.posts.reading import named_sources
from cxgreetz.store import Claim
from samples import TEXTS
from servers.blog_site import Answer, BlogPost, BlogSite

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HEAD = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-10-01
"""


def body(*paragraphs: str) -> str:
    return "".join(f"<p>{one}</p>" for one in paragraphs)


class World:
    """Six sources on four sites: versions that only a page names, a copy, a failure."""

    def __init__(self, *sites: BlogSite) -> None:
        self.sites = sites
        self._requests: list[str] = []
        for site in sites:
            site.requests = self._requests
        dutch, english, copies, broken = sites
        day = NOW - timedelta(days=9)
        dutch.posts += [
            BlogPost(
                "koffie",
                "Koffie op het station",
                body(*TEXTS["nl"]),
                published=day,
                head=f'<link rel="alternate" hreflang="en" href="{english.url}/coffee/">',
            ),
            BlogPost("thee", "Thee om de hoek", body(*reversed(TEXTS["nl"])), published=day),
        ]
        # No source shows this one: it is not on the first page of its feed.
        english.posts.append(
            BlogPost(
                "queue", "The queue", body(*reversed(TEXTS["en"])), published=day, language="en"
            )
        )
        coffee = BlogPost(
            "coffee", "Coffee at the station", body(*TEXTS["en"]), published=day, language="en"
        )
        english.answers["/coffee/"] = Answer(english.page(coffee))
        copies.posts += [
            BlogPost("kopie", "Koffie op het station", body(*TEXTS["nl"]), published=day),
            BlogPost("eigen", "Eigen werk", body(TEXTS["nl"][0]), published=day),
        ]
        broken.answers["/feed/"] = Answer("no", 500)
        for answer in ("/wp-json/wp/v2/tags?slug=cx-blogs",):
            broken.answers[answer] = Answer("no", 500)
        self.urls = {
            "dutch": f"{dutch.url}/feed/",
            "again": f"{dutch.url}/tag/cx-blogs/feed/",
            "english": f"{english.url}/feed/",
            "copies": f"{copies.url}/feed/",
            "broken": f"{broken.url}/feed/",
            "list": f"{copies.url}/tag/cx-blogs/",
        }

    def write(self, folder: Path, url: str = "") -> Path:
        tables = [f'[[sources]]\nname = "{name}"\nurl = "{at}"' for name, at in self.urls.items()]
        store = f'[store]\nurl = "{url}"' if url else ""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cxgreetz.toml").write_text("\n".join([HEAD, *tables, store]))
        return folder

    @property
    def asked(self) -> list[str]:
        return self._requests


def open_at(folder: Path) -> Any:
    return pipeline.open_workspace(folder, now=lambda: NOW)


def quick(workspace: Workspace) -> Workspace:
    workspace.net._sleep = lambda _s: None
    workspace.sleep = lambda _s: time.sleep(0.05)
    return workspace


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with BlogSite() as a, BlogSite() as b, BlogSite() as c, BlogSite() as d:
        yield World(a, b, c, d)


@pytest.fixture(scope="module")
def alone(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process makes of it."""
    return gathered(world.write(tmp_path_factory.mktemp("alone")))


def gathered(folder: Path, **options: Any) -> dict[str, Any]:
    """Gather, and give everything that is told and kept."""
    with open_at(folder) as workspace:
        report = pipeline.gather(quick(workspace), **options)
        store = workspace.store
        made = {
            name: row["made"]["entries"] if row.get("made") else None
            for name, row in store.readings().items()
        }
        return {
            "told": report.as_json(),
            "code": report.exit_code,
            "posts": store.posts(),
            "pieces": store.pieces(),
            "evidence": store.evidence(),
            "made": made,
            "left": store.count_parts("g"),
        }


def share(folder: Path, **options: Any) -> pipeline.ShareReport:
    with open_at(folder) as workspace:
        return pipeline.read_share(quick(workspace), "g", **options)


def test_the_world_is_worth_sharing(alone: dict[str, Any]) -> None:
    decisions = {
        row["url"].rpartition("/")[0].rpartition("/")[2]: row for row in alone["told"]["posts"]
    }
    assert alone["code"] == 3, "one source fails"
    assert (
        decisions["koffie"]["piece"] == decisions["coffee"]["piece"] == decisions["kopie"]["piece"]
    )
    assert decisions["eigen"]["piece"] != decisions["thee"]["piece"]


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(["dutch", "again", "english", "copies", "broken", "list"]),
    cuts=st.sets(st.integers(1, 5)),
    hands=st.integers(1, 3),
)
def test_parts_in_any_order_and_at_once_give_what_one_process_gives(
    world: World,
    alone: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
    order: list[str],
    cuts: set[int],
    hands: int,
) -> None:
    folder = world.write(tmp_path_factory.mktemp("shared"))
    places = [0, *sorted(cuts), len(order)]
    batches = [order[a:b] for a, b in pairwise(places)]
    with open_at(folder) as workspace:
        workspace.store.open_parts("g", batches, NOW)
    with ThreadPoolExecutor(hands) as pool:
        reports = list(pool.map(lambda _n: share(folder, wait=True), range(hands)))
    assert sorted(name for one in reports for name in one.sources) == sorted(order), "each once"
    before = world.asked
    assert gathered(folder, gathering="g") == alone
    asked = world.asked[len(before) :]
    assert not [path for path in asked if "feed" in path or "tag" in path], "only posts' pages"


def test_what_nobody_read_is_read_in_the_end(
    world: World, alone: dict[str, Any], tmp_path: Path
) -> None:
    folder = world.write(tmp_path)
    with open_at(folder) as workspace:
        assert pipeline.open_gathering(workspace, "g") == 1, "six sources are one batch"
        pipeline.open_gathering(workspace, "g")
        assert workspace.store.count_parts("g") == (0, 6)
    assert gathered(folder, gathering="g") == alone


_MORTAL = """
import os, signal, sys
from pathlib import Path
from datetime import datetime
from cxgreetz import pipeline
from cxgreetz.store import Store
saved, save = [], Store.save_part
def die_at(self, *arguments):
    if len(saved) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    save(self, *arguments)
    saved.append(arguments)
Store.save_part = die_at
now = datetime.fromisoformat(sys.argv[3])
with pipeline.open_workspace(Path(sys.argv[1]), now=lambda: now) as workspace:
    pipeline.read_share(workspace, "g")
"""


@pytest.mark.parametrize("saved", [0, 2])
def test_a_process_that_is_killed_costs_nothing_but_time(
    world: World, alone: dict[str, Any], tmp_path: Path, saved: int
) -> None:
    folder = world.write(tmp_path)
    with open_at(folder) as workspace:
        order = list(world.urls)
        workspace.store.open_parts("g", [order[:4], order[4:]], NOW)
        command = [sys.executable, "-c", _MORTAL, str(folder), str(saved), NOW.isoformat()]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        assert subprocess.run(command, env=env, check=False).returncode == -signal.SIGKILL
        assert workspace.store.count_parts("g") == (saved, 6)
    report = share(folder, wait=True)
    assert len(report.sources) == 6 - saved, "what was kept is not read again"
    # It reads two batches at once, if it comes to that before it is killed.
    assert report.taken_over in (4 - saved, 6 - saved)
    assert gathered(folder, gathering="g") == alone


def test_a_batch_of_another_machine_is_taken_over_when_its_time_is_up(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = world.write(tmp_path)
    with open_at(folder) as workspace:
        store, clock = workspace.store, [1_000_000.0]
        monkeypatch.setattr("cxgreetz.store.sharing.time.time", lambda: clock[0])
        store.open_parts("g", [["dutch", "again"]], NOW)
        monkeypatch.setattr("cxgreetz.store.sharing._here", lambda: "elsewhere pid:[1]/7/")
        names = ["dutch", "again", "new"]
        assert store.claim_parts("g", 100, names) == Claim(("again", "dutch"), False, 0)
        clock[0] += 90
        store.renew_parts("g", 100)
        monkeypatch.undo()
        monkeypatch.setattr("cxgreetz.store.sharing.time.time", lambda: clock[0])
        clock[0] += 90
        assert store.claim_parts("g", 100, names) == Claim((), False, 2)
        clock[0] += 20
        assert store.claim_parts("g", 100, ["new"]) == Claim((), False, 0)
        assert store.claim_parts("g", 100, names) == Claim(("again", "dutch"), True, 0)
        store.save_part("g", "dutch", b"ours")
        store.save_part("g", "dutch", b"late")
        assert store.parts("g") == {"dutch": b"ours"}


def test_a_batch_that_could_not_be_kept_is_left_to_others(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = world.write(tmp_path)
    with open_at(folder) as workspace:
        pipeline.open_gathering(workspace, "g")

    def full(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken, pytest.raises(OSError, match="full"):
        broken.setattr("cxgreetz.store.Store.save_part", full)
        share(folder)
    assert len(share(folder).sources) == 6


def test_a_source_that_one_machine_does_not_know_is_left_to_another(
    world: World, alone: dict[str, Any], tmp_path: Path
) -> None:
    """The copies of a workspace are not always alike."""
    folder = world.write(tmp_path)
    with open_at(folder) as workspace:
        pipeline.open_gathering(workspace, "g")
    whole = (folder / "cxgreetz.toml").read_text()
    parts = whole.split("[[sources]]")
    (folder / "cxgreetz.toml").write_text("[[sources]]".join(parts[:-1]))
    assert len(share(folder, wait=True).sources) == 5
    (folder / "cxgreetz.toml").write_text(whole)
    assert gathered(folder, gathering="g") == alone


def test_what_a_gathering_left_behind_goes_after_a_day(world: World, tmp_path: Path) -> None:
    with open_at(world.write(tmp_path)) as workspace:
        store = workspace.store
        store.open_parts("old", [["dutch"]], NOW - timedelta(days=2))
        store.open_parts("mine", [["dutch"]], NOW - timedelta(hours=2))
        store.open_parts("g", [["dutch"]], NOW)
        assert [store.count_parts(name)[1] for name in ("old", "mine", "g")] == [0, 1, 1]


def test_the_same_on_postgresql(
    world: World, alone: dict[str, Any], tmp_path: Path, postgres_url: str
) -> None:
    folder = world.write(tmp_path, postgres_url)
    with open_at(folder) as workspace:
        workspace.store.open_parts("g", [[name] for name in world.urls], NOW)
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda _n: share(folder, wait=True), range(3)))
    assert sorted(name for one in reports for name in one.sources) == sorted(world.urls)
    assert gathered(folder, gathering="g") == alone


def test_sources_of_one_host_are_dealt_together() -> None:
    def source(host: str, n: int) -> Source:
        return Source(f"{host}{n}", f"https://{host}.example/{n}/")

    sources = [source(host, n) for n in range(7) for host in "abc"]
    dealt = sharing.deal_sources(sources, size=10)
    assert sorted(name for batch in dealt for name in batch) == sorted(s.name for s in sources)
    assert [{name[0] for name in batch} for batch in dealt] == [{"a"}, {"b"}, {"c"}]
    many = [source(f"h{n}x", n) for n in range(45)]
    assert [len(batch) for batch in sharing.deal_sources(many)] == [20, 20, 5]


def test_only_some_sources_are_shared(world: World, tmp_path: Path) -> None:
    folder = world.write(tmp_path)
    with open_at(folder) as workspace:
        pipeline.open_gathering(workspace, "g", ["copies", "list"])
        assert [s.name for s in named_sources(workspace, ["list", "copies"])] == ["copies", "list"]
    assert sorted(share(folder).sources) == ["copies", "list"]
    told = gathered(folder, gathering="g", only=["copies", "list"])["told"]
    assert [row["name"] for row in told["sources"]] == ["copies", "list"]
