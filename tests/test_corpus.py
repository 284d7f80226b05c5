"""A large corpus of odd feeds, read as a run reads them: no crash, no hang, nothing unsafe.

The corpus is the one that feedparser is tested with, and is no part of this project. It is in
feedparser's source package; name its folder to have it read:

    pip download --no-deps --no-binary :all: feedparser==6.0.14
    tar xzf feedparser-6.0.14.tar.gz
    CXGREETZ_FEED_CORPUS=$PWD/feedparser-6.0.14/tests make test
"""

from __future__ import annotations

import io
import os
import time
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urljoin

import feedparser
import pytest
from lxml import etree

from cxgreetz.errors import SourceError
from cxgreetz.model import Post, Source, address_key
from cxgreetz.net import Limits, Page
from cxgreetz.sources import feed, page
from cxgreetz.sources._reading import Reading, line_of, make_post
from test_fuzz import SITE, hold_clean

# Read here, since no test sees a variable of the person who runs it.
CORPUS = Path(os.environ.get("CXGREETZ_FEED_CORPUS", "no corpus named"))
ADDRESS = f"{SITE}/feed.xml"
#: Seconds for one file, on a busy machine.
IN_TIME = 8
#: Files that feedparser reads and we refuse: one is a feed of comments.
MOST_UNREAD = 1
#: Files with other titles or links than feedparser gives: six have an identifier that serves as
#: the link, one breaks off, one is in an encoding nobody can tell, one has an odd reference.
MOST_OTHER = 9

pytestmark = [
    pytest.mark.skipif(
        not CORPUS.is_dir(),
        reason="CXGREETZ_FEED_CORPUS names no folder; it is tests/ in feedparser's source package",
    ),
    pytest.mark.timeout(900),
]


class OneFileNet:
    """Answers every address with the same file."""

    limits = Limits(parse=5)

    def __init__(self, path: Path) -> None:
        self._content, self._type = path.read_bytes(), content_type(path)

    def get(self, url: str, *, accept: str | None = None, robots: bool = False) -> Page:
        return Page(url, self._content, {"content-type": self._type})


def name_of(path: Path) -> str:
    return str(path.relative_to(CORPUS))


def files() -> list[Path]:
    return sorted(path for path in CORPUS.rglob("*.xml") if path.is_file())


def content_type(path: Path) -> str:
    """What the file says that it was served as, in the words of the corpus."""
    stated = path.read_bytes()[:2000].partition(b"Content-type:")[2].split(b"\n")[0]
    return stated.decode("ascii", "replace").strip() or "application/xml"


def as_we_ask(path: Path) -> dict[str, Any]:
    headers = {"content-location": ADDRESS, "content-type": content_type(path)}
    return {
        "sanitize_html": False,
        "resolve_relative_uris": False,
        "response_headers": headers,
    }


def hold_safe(post: Post) -> None:
    hold_clean(post)
    for block in post.blocks:
        etree.fromstring(f"<p>{block.html}</p>")


def titles_and_links(entries: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """What feedparser gives, each link made absolute as we do."""
    found: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        link = urljoin(ADDRESS, entry.get("link", "")) if entry.get("link") else ""
        found[line_of(entry.get("title", "")), key_of(link)] += 1
    return found


def key_of(link: str) -> str:
    try:
        return address_key(link) if link.startswith(("http://", "https://")) else ""
    except ValueError:
        return ""


def read_with(reader: ModuleType, path: Path) -> int:
    """Read a file as a source; its failure is one line. Gives how many posts it had."""
    given = 0
    try:
        for post in reader.read(Source("corpus", ADDRESS), OneFileNet(path), None):
            hold_safe(post)
            given += 1
    except SourceError as error:
        assert "\n" not in str(error)
    except Exception as error:
        error.add_note(f"in {name_of(path)}")
        raise
    return given


@pytest.mark.parametrize("reader", [feed, page], ids=["feed", "page"])
def test_every_file_as_a_source(reader: ModuleType) -> None:
    assert len(files()) > 2000
    given, slow = 0, []
    for path in files():
        before = time.perf_counter()
        given += read_with(reader, path)
        if (took := time.perf_counter() - before) > IN_TIME:
            slow.append((name_of(path), took))
    assert not slow
    assert given >= (10 if reader is feed else 0)


def test_every_entry_as_a_post_with_the_title_and_link_that_feedparser_gives() -> None:
    """Also those that a source would not give, for want of a text or an address."""
    both, unread, other, posts = 0, [], [], 0
    for path in files():
        theirs = feedparser.parse(io.BytesIO(path.read_bytes()), **as_we_ask(path)).entries
        net = OneFileNet(path)
        reading = Reading(Source("corpus", ADDRESS), net)  # type: ignore[arg-type]
        try:
            drafts = [e.draft for e in feed._parse(reading, net.get(ADDRESS), None).entries]
        except SourceError as error:
            assert "\n" not in str(error)
            unread += [name_of(path)] if theirs else []
            continue
        both += bool(theirs)
        ours = Counter((draft.title, key_of(draft.url)) for draft in drafts)
        if ours != titles_and_links(theirs):
            other.append(name_of(path))
        for draft in drafts:
            draft.url = draft.url or ADDRESS
            hold_safe(make_post(reading.source, draft))
            posts += 1
    assert both > 1000
    assert posts > 1000
    assert len(unread) <= MOST_UNREAD, unread
    assert len(other) <= MOST_OTHER, other
