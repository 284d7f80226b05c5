"""Read a source by the best way that works, and step down where one is closed.

In: a source, the way it was read before. Out: its posts, each once, and the way that gave
them. Never: a post lost on the way down: what a failing way gave stays given.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import islice

from cxgreetz.errors import CxGreetzError, NetError, SourceError
from cxgreetz.model import Post, Seen, Source
from cxgreetz.net import Net
from cxgreetz.ports import Memo, ReadsNew, plugin
from cxgreetz.sources import Outcome, Resolved, resolve
from cxgreetz.sources._finding import in_order, reason_of
from cxgreetz.sources._reading import LeftOverError

_LOG = logging.getLogger(__name__)


def climb(
    source: Source,
    net: Net,
    since: datetime | None,
    memo: Memo,
    remembered: Resolved | None,
    most: int | None = None,
) -> Outcome:
    """Read a source by `remembered`, else by the ways that are found, best first."""
    posts: list[Post | Seen] = []
    failure: CxGreetzError | None = None
    if remembered:
        failure = _read_by(remembered, source, net, since, memo, posts, most)
        if failure is None or not _may_step_down(failure):
            return _outcome(remembered, posts, failure)
    try:
        found = resolve(source, net, since)
    except Exception as error:
        way = remembered or Resolved(source.kind or "unknown", source.url, "", "unknown")
        return _outcome(way, posts, _named(error, source))
    ways = [way for way in (found, *found.below) if not (remembered and _same(way, remembered))]
    way = remembered or found
    while ways:
        way = in_order(ways)
        if failure:
            way = replace(way, note=f"{way.note}, since {reason_of(failure)}")
        failure = _read_by(way, source, net, since, memo, posts, most)
        if failure is None or not _may_step_down(failure):
            break
        del ways[0]
    return _outcome(way, posts, failure)


def _same(way: Resolved, other: Resolved) -> bool:
    return (way.kind, way.url) == (other.kind, other.url)


def _read_by(
    way: Resolved,
    source: Source,
    net: Net,
    since: datetime | None,
    memo: Memo,
    posts: list[Post | Seen],
    most: int | None,
) -> CxGreetzError | None:
    """Add to `posts` what a way gives beyond them; give the failure that ended it."""
    before = {post.key for post in posts}
    try:
        reader = plugin("sources", way.kind, f"sources.{source.name}.kind")
        there = replace(source, kind=way.kind, url=way.url)
        given: Iterable[Post | Seen] = (
            reader.read_new(there, net, since, memo)
            if isinstance(reader, ReadsNew)
            else reader.read(there, net, since)
        )
        for post in islice(given, most):
            if post.key not in before:
                posts.append(post)
    except Exception as error:
        return _named(error, replace(source, url=way.url))
    return None


def _named(error: Exception, source: Source) -> CxGreetzError:
    """Give a failure as one line, also one that nobody foresaw."""
    if isinstance(error, CxGreetzError):
        return error
    _LOG.warning("source %s", source.name, exc_info=error)
    what = f"could not be read ({type(error).__name__}); it may be broken there"
    return SourceError(f'source "{source.name}": {source.url} {what}')


def _may_step_down(error: CxGreetzError) -> bool:
    """Whether another way may succeed; a site that is down is left for the next run."""
    cause = error.__cause__
    down = isinstance(cause, NetError) and cause.retryable
    return isinstance(error, SourceError) and not isinstance(error, LeftOverError) and not down


def _outcome(way: Resolved, posts: Iterable[Post | Seen], error: CxGreetzError | None) -> Outcome:
    return Outcome(way, tuple(posts), str(error) if error else None)
