"""Find out what an address is, and the ways to read it, best first.

In: a source, the network. Out: a Resolved with the ways below it. Never: a way that was
only guessed: what is named was seen, of a feed its first page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from cxgreetz.errors import CxGreetzError, NetError, SourceError
from cxgreetz.markup import Archive, find_feeds, is_one_post
from cxgreetz.model import Source
from cxgreetz.net import Net, Page
from cxgreetz.sources import Resolved
from cxgreetz.sources._reading import Reading
from cxgreetz.sources.feed import FeedLook, is_feed_text, look_at_feed
from cxgreetz.sources.wordpress import api_of, is_api, is_route_of_post

#: The rung that each plug-in stands on, where nothing more is known.
_RUNGS = {"wordpress": "rest", "feed": "feed", "page": "archive"}
#: So many feeds of a page are looked at.
_MAX_FEEDS = 3


def find_way(source: Source, net: Net, since: datetime | None) -> Resolved:
    """Give the best way to read a source; raises SourceError."""
    if source.kind:
        rung = _RUNGS.get(source.kind, source.kind)
        return Resolved(source.kind, source.url, "as the workspace file says", rung)
    if source.selectors.is_set:
        return Resolved("page", source.url, "a page with selectors of its own", "archive")
    reading = Reading(source, net)
    page = reading.fetch(source.url)
    if is_feed_text(page.text):
        return _feed_way(source.url, "a feed", look_at_feed(source, net, page))
    if page.content_type == "application/json" or is_api(page.url):
        return Resolved("wordpress", source.url, "the API of a WordPress site", "rest")
    archive = reading.read_archive(page)  # which also refuses what is too heavy to be looked at
    if is_route_of_post(page) or is_one_post(page.text):
        raise reading.error(_one_post(page))
    ways = list(_list_ways(source, net, page, archive, since))
    try:
        api = api_of(source, net, page)
    except SourceError as error:
        if isinstance(error.__cause__, NetError) and error.__cause__.retryable:
            raise
        ways = [replace(way, note=f"{way.note}, since {reason_of(error)}") for way in ways]
    else:
        found = "the API of its WordPress site"
        ways = [*([Resolved("wordpress", api, found, "rest")] if api else []), *ways]
    if not ways:
        raise reading.error(
            f"{page.url} is neither a feed nor a page that lists posts; "
            "name the address of the blog's feed or archive"
        )
    return in_order(ways)


def _one_post(page: Page) -> str:
    feeds = [feed.url for feed in find_feeds(page.text, page.url) if not feed.comments]
    remedy = f"its feed, which is at {feeds[0]}" if feeds else "its feed"
    return f"{page.url} is the page of a single post; name the blog, a tag there, or {remedy}"


def in_order(ways: list[Resolved]) -> Resolved:
    """Give the first of `ways` with the others below it."""
    best, *rest = ways
    return Resolved(best.kind, best.url, best.note, best.rung, tuple(rest))


def reason_of(error: CxGreetzError) -> str:
    """Say what failed, without the remedy that is taken already."""
    cause = error.__cause__
    return str(cause) if isinstance(cause, NetError) else str(error).partition(": ")[2]


def _list_ways(
    source: Source, net: Net, page: Page, archive: Archive, since: datetime | None
) -> Iterator[Resolved]:
    as_list = Resolved("page", source.url, "a page that lists posts", "archive")
    feed = _find_feed(source, net, page, archive)
    if feed is None:
        yield from [as_list] if archive.entries else []
        return
    way, look = feed
    if not archive.entries:
        yield way
    elif _reaches(look, archive, since):
        yield from (way, as_list)
    else:
        shown = f"its feed ends after {look.entries} posts"
        yield Resolved("page", source.url, f"{as_list.note}; {shown}", as_list.rung)
        yield way


def _find_feed(
    source: Source, net: Net, page: Page, archive: Archive
) -> tuple[Resolved, FeedLook] | None:
    """Choose the feed of what a page shows; any feed of the site where it shows nothing."""
    feeds = [feed.url for feed in find_feeds(page.text, page.url) if not feed.comments]
    own = [url for url in feeds if _holds(url, page.url)]
    front = urlsplit(page.url).path.strip("/") in ("", "index.php", "index.html")
    note = "the feed of the site" if front else "the feed of this page"
    if not own and not archive.entries:
        own, note = feeds, "the feed of a page that lists no posts itself"
    for url in own[:_MAX_FEEDS]:
        try:
            look = look_at_feed(source, net, net.get(url))
        except (NetError, SourceError):
            continue  # a page for a feed, or one of comments
        return _feed_way(url, note, look), look
    return None


def _feed_way(url: str, note: str, look: FeedLook) -> Resolved:
    if look.teasers:
        return Resolved("feed", url, f"{note}; the posts' own pages give the text", "post pages")
    return Resolved("feed", url, note, "feed")


def _holds(feed: str, page: str) -> bool:
    """Whether a feed's address names all that the page's address names, and more."""
    there, here = urlsplit(feed), urlsplit(page)
    segments = [part for part in here.path.split("/") if part not in ("", "index.php")]
    same_path = [part for part in there.path.split("/") if part][: len(segments)] == segments
    return same_path and set(parse_qsl(here.query)) <= set(parse_qsl(there.query))


def _reaches(look: FeedLook, archive: Archive, since: datetime | None) -> bool:
    """Whether a feed goes as far back as the page does, or as is asked."""
    if look.paged or (since and look.oldest and look.oldest < since):
        return True
    return archive.older is None and look.entries >= len(archive.entries)
