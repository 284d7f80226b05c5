"""The shelf `sources`: where posts are read; a file's name is its name in the workspace file.

In: a source as the workspace names it. Out: the plug-in that reads it, and from where.
Never: a plug-in imported before it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxgreetz.errors import NetError, SourceError

if TYPE_CHECKING:
    from cxgreetz.model import Source
    from cxgreetz.net import Net


@dataclass(frozen=True, slots=True)
class Resolved:
    """How a source is read: by which plug-in, from which address, and why."""

    kind: str
    url: str
    note: str


def resolve(source: Source, net: Net) -> Resolved:
    """Find out what a source is, where the workspace does not say.

    A feed is read as it is; a site's front page by the feed it advertises, never the one
    with comments; a page that lists posts as such. Raises SourceError in one line.

    This one look is taken whatever robots.txt says, since it may be a feed that is named.
    """
    if source.kind:
        return Resolved(source.kind, source.url, "as the workspace file says")

    from cxgreetz.markup import find_feeds, read_archive, too_heavy
    from cxgreetz.sources._feedxml import is_feed

    try:
        page = net.get(source.url)
    except NetError as error:
        raise SourceError(f'source "{source.name}": {error}') from error
    if is_feed(page.text):
        return Resolved("feed", source.url, "a feed")
    if page.content_type == "application/json" or "/wp-json" in urlsplit(page.url).path:
        return Resolved("wordpress", source.url, "the API of a WordPress site")
    if heavy := too_heavy(page.text):
        raise SourceError(f'source "{source.name}": {page.url} {heavy}')
    feeds = [feed.url for feed in find_feeds(page.text, page.url) if not feed.comments]
    front = urlsplit(page.url).path.strip("/") in ("", "index.php", "index.html")
    if front and not urlsplit(page.url).query and feeds:
        return Resolved("feed", feeds[0], "the feed of the site")
    if read_archive(page.text, page.url).entries:
        return Resolved("page", source.url, "a page that lists posts")
    if feeds:
        return Resolved("feed", feeds[0], "the feed of a page that lists no posts itself")
    raise SourceError(
        f'source "{source.name}": {page.url} is neither a feed nor a page that lists posts; '
        "name the address of the blog's feed or archive"
    )
