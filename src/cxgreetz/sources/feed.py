"""Read a feed.

In: the address of an RSS, Atom or JSON feed. Out: its posts with their whole text; a teaser
is completed from the post's own page. Never: feedparser's own dates ("07-10-2020" it reads as
a day in 2007), its sanitising, or in this process XML that has not been looked at first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from cxgreetz.markup import Rules, find_feeds, is_teaser, plain_text, rules_for, too_heavy
from cxgreetz.model import Post, Seen, Source
from cxgreetz.net import Net, Page
from cxgreetz.ports import Memo, PageMemo
from cxgreetz.sources._apart import parse_feed, parse_feed_apart
from cxgreetz.sources._feedxml import MAX_ENTRIES, BadFeedError, FeedXml, is_feed, prepare_feed
from cxgreetz.sources._jsonfeed import read_json_feed
from cxgreetz.sources._reading import (
    MAX_PAGES,
    Draft,
    FeedEntry,
    FeedPage,
    Reading,
    first_date,
    line_of,
    only_posts,
    reading_turn,
)

#: A description with fewer words may be a teaser without saying so.
_SHORT = 150
_COMMENTS = re.compile(r"comments (?:for|on)\b|reacties op\b", re.IGNORECASE)
_ACCEPT = (
    "application/rss+xml,application/atom+xml,application/feed+json;q=0.9,application/xml;q=0.9,"
    "text/xml;q=0.9,*/*;q=0.5"
)


@dataclass(frozen=True, slots=True)
class FeedLook:
    """What a first look at a feed shows."""

    entries: int
    #: Whether it goes on to older entries.
    paged: bool
    #: Whether it leaves the text to the posts' own pages.
    teasers: bool
    oldest: datetime | None


def read(source: Source, net: Net, since: datetime | None) -> Iterator[Post]:
    """Give the posts of a feed, following its older pages as far as `since` asks."""
    return only_posts(read_new(source, net, since, Memo()))


def read_new(source: Source, net: Net, since: datetime | None, memo: Memo) -> Iterator[Post | Seen]:
    """The same, up to a page where everything is known."""
    reading = Reading(source, net, memo)
    page: Page | None = reading.fetch(source.url, _ACCEPT, has=memo.has_page)
    seen: set[str] = set()
    for number in range(MAX_PAGES):
        if page is None:
            break
        remembered = memo.recall_page(page.mark)
        if remembered:  # nothing on it has changed since all of it was read
            feed = FeedPage(page.url, (), remembered.older, remembered.entries)
        elif number and not is_feed_text(page.text):
            break
        else:
            feed = _parse(reading, page, since)
        made = [mark for mark in feed.made if mark not in seen]
        fresh = [entry for entry in feed.entries if entry.identity not in seen]
        seen.update(made, (entry.identity for entry in fresh))
        keys = [key for mark in made if (key := memo.recall(mark))]
        yield from (Seen(key) for key in dict.fromkeys(keys))
        for entry in fresh:
            yield from _posts(reading, page.url, entry, since)
        marks = (*feed.made, *(entry.draft.mark or "" for entry in feed.entries))
        if not reading.failures:
            memo.note_page(page.mark, PageMemo(marks, feed.next_page))
        if not feed.next_page or not (fresh or made):
            break
        if reading.is_all_known((entry.draft for entry in fresh), keys):
            break
        page = reading.fetch_older(feed.next_page, _ACCEPT, has=memo.has_page)
    else:
        reading.failures.append(f"what is older than {MAX_PAGES} pages of {source.url}")
    reading.finish()


def is_feed_text(text: str) -> bool:
    """Whether a text is a feed, whatever it was called on the way."""
    return is_feed(text) or read_json_feed(text, "") is not None


def look_at_feed(source: Source, net: Net, page: Page) -> FeedLook:
    """Say what a feed is like; raises SourceError when it is none, or one of comments."""
    feed = _parse(Reading(source, net), page, None)
    rules = rules_for(source)
    dates = [entry.draft.published for entry in feed.entries if entry.draft.published]
    return FeedLook(
        entries=len(feed.entries),
        paged=feed.next_page is not None,
        teasers=any(not _is_whole(entry, rules) for entry in feed.entries),
        oldest=min(dates, default=None),
    )


def _parse(reading: Reading, page: Page, since: datetime | None) -> FeedPage:
    """Read one page of a feed; raises SourceError."""
    if not page.content.strip():
        raise reading.error(f"{page.url} answered with nothing; is it the feed's address?")
    if feed := read_json_feed(page.text, page.url):
        if len(feed.entries) <= MAX_ENTRIES:
            return feed
        reading.failures.append(_after_most(page))
        return replace(feed, entries=feed.entries[:MAX_ENTRIES])
    if not is_feed(page.text):
        raise reading.error(_no_feed(page))
    prepared: FeedXml | None = None
    try:
        with reading_turn:
            prepared = prepare_feed(page.text, since, reading.memo.is_made)
            parsed = parse_feed(prepared.xml, page.url)
    except BadFeedError as error:
        parsed = _parse_strange(reading, page, error)
    else:
        if prepared.broken_off:
            reading.failures.append(f"the last entry of {page.url}, where the feed breaks off")
    if _COMMENTS.match(line_of(parsed.feed.get("title", ""))):
        raise reading.error(f"{page.url} carries readers' comments; name the feed of the posts")
    entries = [_entry(entry, parsed.feed, page.url) for entry in parsed.entries]
    made: tuple[str, ...] = ()
    if prepared:
        made = prepared.made
        if len(prepared.marks) == len(entries):  # else nobody knows which is which
            for entry, mark in zip(entries, prepared.marks, strict=True):
                entry.draft.mark = mark
    older = _next_page(parsed.feed, page.url) if entries or made else None
    return FeedPage(page.url, entries, older, made)


def _parse_strange(reading: Reading, page: Page, strange: BadFeedError) -> Any:
    """Read a feed that is over a limit or beyond repair, as far as that can be done."""
    try:
        parsed = parse_feed_apart(page.text, page.url, reading.net.limits.parse)
    except BadFeedError as error:
        raise reading.error(f"{page.url} {strange}; it {error}") from error
    if not parsed.entries:
        raise reading.error(f"{page.url} {strange}")
    if len(parsed.entries) > MAX_ENTRIES:
        del parsed.entries[MAX_ENTRIES:]
        reading.failures.append(_after_most(page))
    return parsed


def _after_most(page: Page) -> str:
    return f"what comes after {MAX_ENTRIES} entries of {page.url}"


def _no_feed(page: Page) -> str:
    if "<html" not in page.text[:65536].lower():
        return f"{page.url} is no feed but {page.content_type or 'something unnamed'}"
    found = [] if too_heavy(page.text) else find_feeds(page.text, page.url)
    feeds = [feed.url for feed in found if not feed.comments]
    remedy = f"its feed is at {feeds[0]}" if feeds else "is it the feed's address?"
    return f'{page.url} answered with a web page; {remedy} (or use kind = "page")'


def _next_page(feed: Any, url: str) -> str | None:
    """Find older entries: a link (RFC 5005), or WordPress's `?paged=2`."""
    for link in feed.get("links", []):
        if link.get("rel") == "next" and link.get("href"):
            return urljoin(url, str(link["href"]))
    if "wordpress" not in (feed.get("generator") or "").lower():
        return None
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = query.get("paged", "1")
    query["paged"] = str(int(number) + 1) if number.isdecimal() else "2"
    return urlunsplit(parts._replace(query=urlencode(query)))


def _posts(
    reading: Reading, url: str, entry: FeedEntry, since: datetime | None
) -> Iterator[Post | Seen]:
    """Give the post of one entry of the feed at `url`, if it is wanted and whole."""
    draft, memo = entry.draft, reading.memo
    wanted = reading.is_wanted(draft)
    if wanted is False or not reading.is_recent(draft.published, since):
        if draft.mark:
            memo.note(draft.mark, "")
    elif draft.mark and (key := memo.recall(draft.mark)) is not None:
        yield from [Seen(key)] if key else []
    elif not draft.url:
        reading.fail(draft, f"the entry in {url} has no address")
    elif (wanted and _is_whole(entry, rules_for(reading.source))) or (
        reading.is_light(draft) and reading.complete(draft)
    ):
        yield from reading.give(draft)


def _entry(entry: Any, feed: Any, page_url: str) -> FeedEntry:
    content = _content(entry)
    draft = _draft(entry, content, feed, page_url)
    identity = f"{entry.get('id', '')} {entry.get('link', '')}"
    return FeedEntry(identity, draft, bool(entry.get("content")))


def _draft(entry: Any, content: Any, feed: Any, page_url: str) -> Draft:
    links = [link for link in entry.get("links", []) if link.get("href")]
    pages = [link for link in links if link.get("rel") == "alternate"]
    own = next((link["href"] for link in pages if not link.get("hreflang")), None)
    # A guid is an address unless the feed says that it is none.
    guid = entry.get("id") if entry.get("guidislink") is not False else None
    url = entry.get("feedburner_origlink") or own or entry.get("link") or guid or ""
    url = urljoin(page_url, url) if own or re.match(r"https?://", url) else ""
    base = content.get("base") or ""
    return Draft(
        url=url,
        title=line_of(entry.get("title", "")),
        html=_html(content),
        base=base if base != page_url else "",
        guid=entry.get("id"),
        published=first_date([entry[n] for n in ("published", "created", "updated") if n in entry]),
        updated=first_date([entry["updated"]] if "updated" in entry else []),
        author=_author(entry) or _author(feed),
        tags=tuple(dict.fromkeys(t["term"] for t in entry.get("tags", []) if t.get("term"))),
        image=_image(entry, links, url),
        language=content.get("language") or feed.get("language"),
        alternates=tuple(
            (link["hreflang"].lower()[:2], link["href"]) for link in pages if link.get("hreflang")
        ),
    )


def _content(entry: Any) -> Any:
    """Choose the fullest text of an entry."""
    contents = [content for content in entry.get("content", []) if content.get("value")]
    fullest = max(contents, key=lambda content: len(content["value"]), default=None)
    return fullest or entry.get("summary_detail") or {}


def _is_whole(entry: FeedEntry, rules: Rules) -> bool:
    """Whether an entry has the whole text, as far as can be told without the post's page;
    never of a text that is too heavy to be read."""
    with reading_turn:
        if too_heavy(entry.draft.html):
            return False
        blocks = entry.draft.cut(rules)
        words = sum(len(plain_text(block.html).split()) for block in blocks)
        enough = entry.content or words >= _SHORT
        return bool(words) and enough and not is_teaser(entry.draft.html, blocks)


def _html(content: Any) -> str:
    value: str = content.get("value") or ""
    if content.get("type") != "text/plain":
        return value
    paragraphs = re.split(r"\n\s*\n", escape(value, quote=False))
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def _author(entry: Any) -> str | None:
    names = [author.get("name") for author in entry.get("authors", [])]
    return ", ".join(dict.fromkeys(name for name in names if name)) or entry.get("author") or None


def _image(entry: Any, links: list[Any], url: str) -> str | None:
    found = [link["href"] for link in links if link.get("type", "").startswith("image/")]
    for media in (*entry.get("media_content", []), *entry.get("media_thumbnail", [])):
        kind = f"{media.get('medium', 'image')} {media.get('type', 'image')}"
        if media.get("url") and "video" not in kind and "audio" not in kind:
            found.append(media["url"])
    return urljoin(url, found[0]) if found else None
