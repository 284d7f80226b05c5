"""The reading side against a real WordPress, in every look it has.

Runs where one answers: at CXGREETZ_TEST_WORDPRESS (the author's site; the magazine one port
up, two other themes two and three up), or on the port the sample site uses. What the
posts must read as stands in the sample site's `posts.json`.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cxgreetz.errors import NetError
from cxgreetz.markup import plain_text
from cxgreetz.model import BlockKind, Post, Source, address_key
from cxgreetz.net import Limits, Net
from cxgreetz.ports import plugin
from cxgreetz.sources import resolve

AUTHOR = os.environ.get("CXGREETZ_TEST_WORDPRESS", "http://127.0.0.1:8641").rstrip("/")
REFERENCE = Path(__file__).parents[2] / "shared" / "wordpress" / "posts.json"
HOST, PORT = urlsplit(AUTHOR).hostname or "127.0.0.1", urlsplit(AUTHOR).port or 80
AUTHOR_SITE, MAGAZINE, CLASSIC, BLOCKS = (f"http://{HOST}:{PORT + n}" for n in range(4))

NET = Net({HOST}, limits=Limits(connect=1, retries=0))


@cache
def answers() -> bool:
    try:
        return "wordpress.org" in NET.get(f"{AUTHOR_SITE}/feed/").text[:5000]
    except NetError:
        return False


@pytest.fixture(scope="module", autouse=True)
def _running() -> None:
    if not answers():
        pytest.skip(f"no WordPress answers at {AUTHOR}")
    if not REFERENCE.exists():
        pytest.skip(f"the sample posts are not at {REFERENCE}")


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
