"""Tell a page that no person wrote before it is read.

In: HTML. Out: why it is too heavy to be read in bounded time, or None; the tree of what is
not. Never: more than a second, a page of a real blog refused, a body parsed twice in a row.

Reading costs about 0.3 ms an element, and looking at all that an element stands in again as
much for every few dozen of those; long class names and styles are looked at each time. The
heaviest archives of real blogs, a hundred posts in full, weigh a fifth of what is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from cxgreetz.markup.tree import Element, Grower, grow

_MAX_TAGS, _MAX_ELEMENTS, _MAX_ATTRIBUTES = 150_000, 20_000, 1000
#: Elements times how deep they stand; 100 letters of class, id or style count as one more.
_MAX_LOOKS = 500_000
#: Trees of so many letters, columns rather than pages, are kept until others are asked for.
_KEPT, _MAX_KEPT = 16, 50_000


def too_heavy(html: str) -> str | None:
    """Give what is too much of it, continuing a sentence that begins with its address."""
    weighed = _weighed(html)
    return weighed if isinstance(weighed, str) else None


def tree_of(html: str) -> Element:
    """Give the tree of a body, which its reader may have weighed just now; not to be changed."""
    weighed = _weighed(html)
    return grow(html) if isinstance(weighed, str) else weighed


def _weighed(html: str) -> Element | str:
    return _weigh_and_keep(html) if len(html) <= _MAX_KEPT else _weigh(html)


def _weigh(html: str) -> Element | str:
    """Give the tree, or what is too much of it."""
    if html.count("<") > _MAX_TAGS:
        return f"has more than {_MAX_TAGS} tags, which no page of a blog has"
    try:
        return grow(html, _Scale())
    except _TooHeavyError as error:
        return str(error)


_weigh_and_keep = lru_cache(maxsize=_KEPT)(_weigh)


class _TooHeavyError(Exception):
    pass


class _Scale(Grower):
    """Weighs elements as the parser meets them."""

    def __init__(self) -> None:
        super().__init__()
        self._elements = self._looks = 0
        #: What it costs to look at all that the present element stands in.
        self._costs = [0]

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        cost = self._costs[-1] + 1
        if attributes:
            cost += sum(len(attributes.get(name, "")) for name in ("class", "id", "style")) // 100
        self._costs.append(cost)
        self._elements += 1
        self._looks += cost
        if self._elements > _MAX_ELEMENTS:
            raise _TooHeavyError(
                f"has more than {_MAX_ELEMENTS} elements, which no page of a blog has"
            )
        if len(attributes) > _MAX_ATTRIBUTES:
            raise _TooHeavyError(
                f"has an element with more than {_MAX_ATTRIBUTES} attributes, which no page of "
                "a blog has"
            )
        if self._looks > _MAX_LOOKS:
            raise _TooHeavyError("has elements deeper or with longer names than any page of a blog")
        super().start(tag, attributes)

    def end(self, tag: str) -> None:
        if len(self._costs) > 1:
            self._costs.pop()
        super().end(tag)
