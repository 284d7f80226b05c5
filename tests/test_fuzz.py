"""The demo's feeds and pages, mutilated at random: nothing crashes, hangs or lets a script through.

`CXGREETZ_TEST_FUZZ=2000` tries so many mutilations of each kind instead of a handful.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from datetime import date
from functools import cache
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxgreetz.demo.blog import build_site
from cxgreetz.demo.texts import read_posts
from cxgreetz.errors import SourceError
from cxgreetz.markup import find_feeds, plain_text, read_archive, read_article, too_heavy
from cxgreetz.model import Post, Source
from cxgreetz.net import Limits, Page
from cxgreetz.net.robots import allows, read_rules
from cxgreetz.ports import plugin
from cxgreetz.sources import resolve

#: A variable that begins with CXGREETZ_TEST_ is read by tests alone.
EXAMPLES = int(os.environ.get("CXGREETZ_TEST_FUZZ", "25"))
#: Seconds for one mutilation; none is larger than its page by much.
IN_TIME = 8
SITE = "http://a.example"
HOSTILE = (
    "<script>x()</script>",
    "<ScRiPt src=//e.example>",
    "<img src=x onerror=x()>",
    "<a href='javascript:x()'>x</a>",
    "<a href='java&#10;script:x()'>x</a>",
    "<a href=' data:text/html,x'>x</a>",
    "<a href='http://[x'>x</a>",
    "<a href='http://x:99999999/'>x</a>",
    "<svg><style><img src=x onerror=x()>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=x()'>",
    "<iframe src=javascript:x()>",
    "<style>*{x:expression(x())}</style>",
    "<p style='background:url(javascript:x())' onclick=x()>x</p>",
    "<base href='javascript:x()//'>",
    "&lt;script&gt;x()&lt;/script&gt;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<!DOCTYPE x [<!ENTITY y 'z'>]>&y;",
    "&#0;&#xD800;&#x110000;&#99999999999;&nosuch;&",
    "<item>",
    "</item>",
    "</channel>",
    "<pubDate>wo, 99 okt 99999</pubDate>",
    "<link>javascript:x()</link>",
    "<time datetime='0000-00-00'>x</time>",
    "<link rel=next href='http://[::1'>",
    '<script type=\'application/ld+json\'>{"@type": "Article", "author": [[[]]]}</script>',
    "<script type='application/ld+json'>" + "[" * 5000,
    "<img width='1" + " " * 5000 + "x' src=y srcset='" + ", " * 2000 + "'>",
    "<figure>" * 30,
    "<div>" * 300,
    "<b><i>" * 100,
    "\x00\x01\x0b\ufffe\ufeff\u202e",
    "<p lang='\"><script>'>x</p>",
    "<a href='http://a.example/\"onmouseover=\"x()'>x</a>",
)


@cache
def samples(feeds: bool) -> tuple[str, ...]:
    """Every feed, or every page, of both sites of the demo."""
    addresses = {"author": SITE, "magazine": "http://m.example"}
    found = []
    for name in ("author", "magazine"):
        pages = build_site(name, read_posts(date(2026, 11, 22)), addresses)  # type: ignore[arg-type]
        kind = "xml" if feeds else "html"
        found += [page.body.decode() for page in pages.values() if kind in page.type]
    return tuple(found)


@st.composite
def mutilated(draw: st.DrawFn, feeds: bool) -> str:
    text = draw(st.sampled_from(samples(feeds)))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, max(0, len(text) - 1)))
        end = min(len(text), start + draw(st.sampled_from((1, 3, 20, 300, 5000))))
        change = draw(
            st.sampled_from(("insert", "insert", "cut", "double", "move", "end", "garble"))
        )
        if change == "insert":
            text = text[:start] + draw(st.sampled_from(HOSTILE)) + text[start:]
        elif change == "cut":
            text = text[:start] + text[end:]
        elif change == "double":
            text = text[:end] + text[start:]
        elif change == "move":
            text = text[end:] + text[start:end] + text[:start]
        elif change == "end":
            text = text[: max(end, len(text) // 4)]
        else:
            text = text[:start] + draw(st.text(max_size=8)) + text[end:]
    return text


class OneTextNet:
    """Answers every address with the same text."""

    limits = Limits(parse=10)

    def __init__(self, text: str) -> None:
        self._content = text.encode("utf-8", "replace")

    def get(self, url: str, **_options: object) -> Page:
        return Page(url, self._content, {"content-type": "text/html; charset=utf-8"})


_TAG = re.compile(
    r"</?(?:strong|em|sub|sup|code|s|span|a)>|<br/>"
    r"|<a href=\"(?:https?://[^\"<>]*|mailto:[^\"<>]*)\">|<span lang=\"[A-Za-z0-9-]+\">"
)


def hold_clean(post: Post) -> None:
    """Only what inline HTML may hold, and only web addresses."""
    for block in post.blocks:
        assert "<" not in _TAG.sub("", block.html), block.html
        if block.image:
            assert urlsplit(block.image.src).scheme in ("http", "https")
    pictures = [post.image.src] if post.image else []
    for address in (post.url, *pictures, *(link for _language, link in post.alternates)):
        assert urlsplit(address).scheme in ("http", "https"), address


def in_time(work: Callable[[], object]) -> None:
    before = time.process_time()
    work()
    assert time.process_time() - before < IN_TIME


fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="CXGREETZ_TEST_FUZZ" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def read_all(text: str, kind: str | None) -> int:
    """Read a source as a run does; its failure is one line. Gives how many posts it had."""
    net = OneTextNet(text)
    source, given = Source("blog", f"{SITE}/x/", kind), 0
    try:
        resolved = resolve(source, net)  # type: ignore[arg-type]
        for post in plugin("sources", resolved.kind, "x").read(source, net, None):
            hold_clean(post)
            given += 1
    except SourceError as error:
        assert "\n" not in str(error)
    return given


@fuzz
@given(mutilated(feeds=True))
def test_a_mutilated_feed(text: str) -> None:
    in_time(lambda: read_all(text, "feed"))


@fuzz
@given(mutilated(feeds=False))
def test_a_mutilated_archive(text: str) -> None:
    in_time(lambda: read_all(text, "page"))


@fuzz
@given(st.one_of(mutilated(feeds=True), mutilated(feeds=False)))
def test_what_a_mutilated_address_is(text: str) -> None:
    in_time(lambda: read_all(text, None))


@fuzz
@given(mutilated(feeds=False))
def test_a_mutilated_page(text: str) -> None:
    def read() -> None:
        if not too_heavy(text):
            article = read_article(text, f"{SITE}/x/")
            plain_text(article.html or "")
            read_archive(text, f"{SITE}/x/")
            find_feeds(text, f"{SITE}/x/")

    in_time(read)


@fuzz
@given(st.text(max_size=400), st.text(max_size=60))
def test_any_robots_file_is_read(text: str, path: str) -> None:
    rules = read_rules(f"User-agent: *\n{text}", "cxgreetz")
    assert allows(rules, f"{SITE}/{path.replace('[', '').replace(']', '')}") in (True, False)


def test_what_is_whole_gives_posts_to_look_at() -> None:
    assert sum(read_all(text, "feed") for text in samples(feeds=True)) >= 10
    assert sum(read_all(text, "page") for text in samples(feeds=False)) > 5


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_every_hostile_part_by_itself(hostile: str) -> None:
    words = "<p>Een klant vroeg gisteren iets, en niemand wist het antwoord.</p>" * 20
    feed = (
        f"<rss version='2.0'><channel><item><title>x {hostile}</title><link>{SITE}/y/</link>"
        f"<description><![CDATA[{words}{hostile}{words}]]></description></item></channel></rss>"
    )
    in_time(lambda: read_all(feed, "feed"))
    page = f"<html><body><article><h2><a href='/y/'>y</a></h2>{words}{hostile}{words}</article>"
    in_time(lambda: read_all(page, "page"))
