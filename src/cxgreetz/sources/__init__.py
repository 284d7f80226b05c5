"""The shelf `sources`: where posts are read; a file's name is its name in the workspace file.

In: a source as the workspace names it. Out: its posts, by the best way that works, and
which way that was. Never: a plug-in imported before it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from cxgreetz.model import Post, Seen, Source
    from cxgreetz.net import Net
    from cxgreetz.ports import Memo


@dataclass(frozen=True, slots=True)
class Resolved:
    """How a source is read: by which plug-in, from which address, and why."""

    kind: str
    url: str
    note: str
    #: rest, feed, post pages (listed by a feed), archive; else the plug-in's own name.
    rung: str
    #: The ways to take where this one fails, best first.
    below: tuple[Resolved, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a source gave: by which way, and the failure that ended it if there was one."""

    way: Resolved
    posts: tuple[Post | Seen, ...]
    error: str | None = None


def resolve(source: Source, net: Net, since: datetime | None = None) -> Resolved:
    """Find out how a source is best read, where the workspace does not say.

    A feed is read as it is. Of a page, a WordPress site's API comes first, then the page's
    own feed (a tag's, not the site's; never one of comments), then the page as a list of
    posts; a feed that ends sooner than the page and than `since` comes after it. Raises
    SourceError in one line.

    This one look is taken whatever robots.txt says, since it may be a feed that is named.
    """
    from cxgreetz.sources._finding import find_way

    return find_way(source, net, since)


def read_source(
    source: Source,
    net: Net,
    since: datetime | None,
    memo: Memo,
    remembered: Resolved | None = None,
    most: int | None = None,
) -> Outcome:
    """Read a source by the way it was read before, else by the best one that works.

    `memo` tells what is known, and learns what was made. `most` ends it after so many
    posts. Raises nothing of its own: failures are part of the outcome, whatever a strange
    site brings out in a parser.
    """
    from cxgreetz.sources._ladder import climb

    return climb(source, net, since, memo, remembered, most)


def read_post(source: Source, net: Net, url: str) -> Post:
    """Read the page of the one post at `url`, as if `source` showed it.

    Raises SourceError in one line: it does not answer, its robots.txt closes it, it is no
    page of a post.
    """
    from cxgreetz.sources._single import read_one

    return read_one(source, net, url)
