"""The reading side against a real WordPress, in every look it has.

Runs where one answers: at CXGREETZ_TEST_WORDPRESS (the author's site; the magazine one port
up, two other themes two and three up), or on the port the sample site uses. Where CI is set
and the sample site's files are there, it is started for these tests and stopped after them.
What the posts must read as stands in the sample site's `posts.json`. A second one, without pretty
addresses, is started in the same way, on ports and with a state of its own.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cxgreetz import pipeline
from cxgreetz.errors import NetError
from cxgreetz.markup import plain_text
from cxgreetz.model import BlockKind, Post, Source, address_key
from cxgreetz.net import Limits, Net
from cxgreetz.ports import Memo, plugin
from cxgreetz.sources import read_source, resolve

AUTHOR = os.environ.get("CXGREETZ_TEST_WORDPRESS", "http://127.0.0.1:8641").rstrip("/")
SITE = Path(__file__).parents[2] / "shared" / "wordpress"
REFERENCE = SITE / "posts.json"
HOST, PORT = urlsplit(AUTHOR).hostname or "127.0.0.1", urlsplit(AUTHOR).port or 80
AUTHOR_SITE, MAGAZINE, CLASSIC, BLOCKS = (f"http://{HOST}:{PORT + n}" for n in range(4))

NET = Net({HOST}, limits=Limits(connect=1, retries=0))


@cache
def answers() -> bool:
    try:
        return "wordpress.org" in NET.get(f"{AUTHOR_SITE}/feed/").text[:5000]
    except NetError:
        return False


# It may have to be installed first.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module", autouse=True)
def started() -> Iterator[bool]:
    """Have it running; True where it was started for these tests and may be changed."""
    own = False
    if not answers() and os.environ.get("CI") and (SITE / "up").is_file():
        own = subprocess.run([SITE / "up"], stdout=subprocess.DEVNULL, check=False).returncode == 0
        answers.cache_clear()
    if not answers():
        pytest.skip(f"no WordPress answers at {AUTHOR}")
    if not REFERENCE.exists():
        pytest.skip(f"the sample posts are not at {REFERENCE}")
    yield own
    if own:
        subprocess.run([SITE / "down", "--purge"], stdout=subprocess.DEVNULL, check=False)


@cache
def reference() -> dict[tuple[str, str], dict[str, Any]]:
    posts = json.loads(REFERENCE.read_text(encoding="utf-8"))
    return {(post["site"], post["slug"]): post for post in posts}


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text))


def slug(found: Post) -> str:
    return found.url.rstrip("/").rsplit("/", 1)[1]


def check(found: Post, site: str) -> None:
    # Without pretty addresses only the title tells which one it is.
    wanted = next(
        p for (at, _), p in reference().items() if (at, p["title"]) == (site, found.title)
    )
    text = " ".join(plain_text(b.html) for b in found.blocks if b.kind is not BlockKind.PICTURE)
    assert words(text) == words(wanted["core"])
    cut = " ".join(c.text for c in found.cuts)
    assert words(cut) == words(" ".join(wanted["boilerplate"]))
    assert found.title == wanted["title"]
    assert found.language == wanted["lang"]
    assert found.published and found.published.isoformat()[:10] == wanted["date"][:10]
    assert found.credit.author == wanted["author"]
    attribution = wanted["attribution"] or {}
    assert found.credit.publication == attribution.get("publication")
    assert bool(found.credit.published) == bool(attribution)
    pictures = [block for block in found.blocks if block.kind is BlockKind.PICTURE]
    assert len(pictures) == len(wanted["images"])


def read(url: str, kind: str | None, author: str | None = None) -> list[Post]:
    """The posts of the sample; others may have been published since."""
    source = Source("live", url, kind, author)
    resolved = resolve(source, NET)
    source = replace(source, url=resolved.url)
    found = plugin("sources", resolved.kind, path="sources[0].kind").read(source, NET, None)
    return [one for one in found if slug(one) in {known for _, known in reference()}]


def expected(site: str, **wanted: str) -> int:
    return sum(
        key[0] == site and all(value in post[name] for name, value in wanted.items())
        for key, post in reference().items()
    )


@pytest.mark.parametrize("base", [AUTHOR_SITE, CLASSIC, BLOCKS])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/tag/{}/", "page"),
        ("/tag/{}/", None),
        ("/tag/{}/feed/", None),
        ("/tag/{}/", "wordpress"),
    ],
)
@pytest.mark.parametrize("tag", ["cx blogs", "cx masterclass"])
def test_a_tag_in_every_look_and_by_every_way(
    base: str, path: str, kind: str | None, tag: str
) -> None:
    found = read(base + path.format(tag.replace(" ", "-")), kind)
    assert len(found) == expected("author", tags=tag)
    for one in found:
        check(one, "author")


@pytest.mark.parametrize(("path", "kind"), [("/", None), ("/", "page"), ("/", "wordpress")])
def test_a_whole_site(path: str, kind: str | None) -> None:
    found = read(AUTHOR_SITE + path, kind)
    assert len(found) == expected("author")
    for one in found:
        check(one, "author")


@pytest.mark.parametrize("kind", [None, "page", "wordpress"])
def test_one_author_of_a_magazine_whose_feed_has_teasers(kind: str | None) -> None:
    name = next(p["author"] for (site, _), p in reference().items() if site == "author")
    found = read(f"{MAGAZINE}/", kind, name)
    assert len(found) == expected("magazine", author=name)
    for one in found:
        check(one, "magazine")


def test_hreflang_joins_a_pair_on_its_own_page() -> None:
    found = read(f"{BLOCKS}/tag/cx-blogs/", "page")
    pairs = [one for one in found if one.alternates]
    assert pairs
    for one in pairs:
        (language, address) = one.alternates[0]
        assert language != one.language
        assert address_key(address).startswith(f"{HOST}:{PORT + 3}/")


def test_publish_edit_and_trash_give_exactly_those_changes(started: bool, tmp_path: Path) -> None:
    if not started:
        pytest.skip("a WordPress that somebody else uses is not changed")
    (tmp_path / "cxgreetz.toml").write_text(
        '[newsletter]\nname = "X"\nfrom = "Anna <anna@example.org>"\nstart = 2010-01-01\n'
        f'[[sources]]\nname = "blog"\nurl = "{AUTHOR_SITE}/"\n'
    )

    def told(**options: datetime) -> tuple[int, int, int, int]:
        (row,) = pipeline.gather(workspace, **options).as_json()["sources"]
        assert row["error"] is None
        assert row["seen"] == row["new"] + row["edited"] + row["held"] + row["skipped"]
        return row["seen"], row["new"], row["edited"], row["held"]

    def change(*what: str) -> None:
        subprocess.run([SITE / "up", *what], stdout=subprocess.DEVNULL, check=True)

    everything = datetime(2010, 1, 1, tzinfo=UTC)
    with pipeline.open_workspace(tmp_path) as workspace:
        count = sum(site == "author" for site, _slug in reference())
        assert told() == (count, count, 0, 0)
        assert told(since=everything) == (count, 0, 0, 0)
        change("--publish", "1")
        assert told()[1:] == (1, 0, 0)
        key = next(p["key"] for p in reference().values() if p["site"] == "author")
        change("--edit", key)
        assert told(since=everything) == (count + 1, 0, 1, 0)
        change("--trash", key)
        assert told(since=everything) == (count, 0, 0, 0)
        assert len(workspace.store.posts()) == count + 1, "what was gathered is not lost"


# without pretty addresses


@dataclass(frozen=True)
class PlainSite:
    """A WordPress of these tests alone, as it is where nobody chose what addresses look like."""

    port: int
    state: Path

    def url(self, path: str, look: int = 0) -> str:
        return f"http://127.0.0.1:{self.port + look}{path}"

    def log(self) -> list[tuple[str, int, int]]:
        """What was asked of it: address, status, bytes."""
        text = (self.state / "log" / "access.log").read_text()
        found = re.findall(r'"GET (\S+) [^"]*" (\d+) (\d+)', text)
        return [(address, int(status), int(size)) for address, status, size in found]


def free_ports() -> int:
    """The first of four ports in a row that nobody uses."""
    for first in range(20641, 30000, 4):
        with ExitStack() as opened:
            try:
                for port in range(first, first + 4):
                    taken = opened.enter_context(socket.socket())
                    taken.bind(("127.0.0.1", port))
                return first
            except OSError:
                continue
    pytest.skip("no four ports in a row are free")


@contextmanager
def started_apart(*options: str) -> Iterator[PlainSite]:
    """A WordPress with a state of its own, on ports that nobody uses; gone in the end."""
    if not os.environ.get("CI") or not (SITE / "up").is_file():
        pytest.skip("a WordPress of these tests alone is started where CI is set")
    # Its database listens on a path, which may not be long.
    with tempfile.TemporaryDirectory(
        prefix="cxg-wp-", dir="/tmp", ignore_cleanup_errors=True
    ) as at:
        site, state = PlainSite(free_ports(), Path(at)), os.environ | {"CXG_STATE": at}
        command = [SITE / "up", *options, "--port", str(site.port)]
        try:
            subprocess.run(command, env=state, stdout=subprocess.DEVNULL, check=True)
            yield site
        finally:
            # Nothing of it is kept, and a database takes its time to close in good order.
            with suppress(OSError, ValueError):
                os.kill(int((site.state / "run" / "mariadb.pid").read_text()), signal.SIGKILL)
            quiet = subprocess.DEVNULL
            subprocess.run([SITE / "down"], env=state, stdout=quiet, stderr=quiet, check=False)


@pytest.fixture(scope="module")
def plain() -> Iterator[PlainSite]:
    with started_apart("--plain") as site:
        yield site


PLAIN_PAGES = [
    ("/", ""),
    ("/?author=2", ""),
    ("/?tag=cx-blogs", "cx blogs"),
    ("/?tag=cx-masterclass", "cx masterclass"),
]
#: No theme has a say in these.
PLAIN_FEEDS = [
    ("/?feed=rss2", ""),
    ("/?feed=atom", ""),
    ("/?feed=rss2&author=2", ""),
    ("/?feed=rss2&tag=cx-blogs", "cx blogs"),
]


@pytest.mark.parametrize(
    ("look", "path", "tag"),
    [(look, *page) for look in (0, 2, 3) for page in PLAIN_PAGES]
    + [(0, *page) for page in PLAIN_FEEDS],
)
def test_plain_addresses_in_every_look(plain: PlainSite, look: int, path: str, tag: str) -> None:
    """By the way that is found, and by every way below it."""
    source = Source("live", plain.url(path, look))
    found = resolve(source, NET)
    assert found.kind == ("feed" if "feed" in path else "wordpress")
    ways = [way.kind for way in found.below]
    assert "feed" in path or ("feed" in ways and "page" in ways)
    for way in (found, *found.below):
        there = replace(source, kind=way.kind, url=way.url)
        outcome = read_source(there, NET, None, Memo())
        assert outcome.error is None
        assert len(outcome.posts) == (expected("author", tags=tag) if tag else expected("author"))
        for one in outcome.posts:
            check(one, "author")


@pytest.mark.parametrize("look", [0, 2, 3])
def test_the_plain_address_of_one_post(plain: PlainSite, look: int) -> None:
    number = next(slug(post) for post in plain_posts(plain, look))
    outcome = read_source(Source("live", plain.url(f"/{number}", look)), NET, None, Memo())
    assert not outcome.posts
    assert "is the page of a single post; name the blog" in (outcome.error or "")
    assert f"which is at {plain.url('/?feed=rss2', look)}" in (outcome.error or "")


def plain_posts(plain: PlainSite, look: int) -> tuple[Post, ...]:
    source = Source("live", plain.url("/?feed=rss2", look))
    return read_source(source, NET, None, Memo()).posts


@pytest.mark.parametrize("look", [0, 2, 3])
def test_plain_pairs_and_a_second_run_that_asks_little(
    plain: PlainSite, look: int, tmp_path: Path
) -> None:
    addresses = {
        "blog": plain.url("/", look),
        "tag": plain.url("/?feed=rss2&tag=cx-blogs", look),
        "magazine": plain.url("/?feed=rss2", 1),
    }
    (tmp_path / "cxgreetz.toml").write_text(
        '[newsletter]\nname = "X"\nfrom = "Anna <anna@example.org>"\nstart = 2010-01-01\n'
        + "".join(f'[[sources]]\nname = "{n}"\nurl = "{u}"\n' for n, u in addresses.items())
    )
    with pipeline.open_workspace(tmp_path) as workspace:
        first = pipeline.gather(workspace).as_json()
        assert [row["error"] for row in first["sources"]] == [None] * 3
        home = {(p["source"], p["title"]): p["piece"] for p in first["posts"] if p["piece"]}
        by_key = {p["key"]: p for p in reference().values()}

        def piece(post: dict[str, Any]) -> str:
            at = "blog" if post["site"] == "author" else "magazine"
            return home[at, post["title"]]

        pairs = 0
        for post in by_key.values():
            for other in filter(None, (post["translation_of"], post["same_as"])):
                assert piece(post) == piece(by_key[other])
                pairs += 1
        assert pairs == 3
        assert len(set(home.values())) == len(by_key) - pairs

        asked = len(plain.log())
        again = pipeline.gather(workspace).as_json()
        assert sum(row["new"] for row in again["sources"]) == 0
        before, after = plain.log()[:asked], plain.log()[asked:]
        feeds = [status for address, status, _ in after if "feed=" in address]
        assert feeds == [304, 304]
        # Of the blog only the API is asked, which has no way to say "unchanged".
        pages = [address for address, _, _ in after if "feed=" not in address]
        assert sum("rest_route" in address for address in pages) <= 4
        assert not any(address in ("/", "/robots.txt") for address in pages)
        assert sum(size for *_, size in after) < 0.5 * sum(size for *_, size in before[-40:])
