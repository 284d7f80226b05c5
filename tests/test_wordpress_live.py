"""The reading side against a real WordPress, in every look it has.

Runs where one answers: at CXGREETZ_TEST_WORDPRESS (the author's site; the magazine one port
up, two other themes two and three up), or on the port the sample site uses. Where CI is set
and the sample site's files are there, it is started for these tests and stopped after them.
What the posts must read as stands in the sample site's `posts.json`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
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
from cxgreetz.ports import plugin
from cxgreetz.sources import resolve

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
    wanted = reference()[site, slug(found)]
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
