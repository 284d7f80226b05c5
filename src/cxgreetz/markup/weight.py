"""Tell a page that no person wrote before it is read.

In: HTML. Out: why it is too heavy to be read in bounded time, or None. Never: more than a
second, a page of a real blog refused.

Reading costs about 0.3 ms an element, and looking at all that an element stands in again as
much for every few dozen of those; long class names and styles are looked at each time. The
heaviest archives of real blogs, a hundred posts in full, weigh a fifth of what is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

_MAX_TAGS, _MAX_ELEMENTS, _MAX_ATTRIBUTES = 150_000, 20_000, 1000
#: Elements times how deep they stand; 100 letters of class, id or style count as one more.
_MAX_LOOKS = 500_000


def too_heavy(html: str) -> str | None:
    """Give what is too much of it, continuing a sentence that begins with its address."""
    if html.count("<") > _MAX_TAGS:
        return f"has more than {_MAX_TAGS} tags, which no page of a blog has"
    scale: Any = _Scale()
    parser = etree.HTMLParser(target=scale, encoding="utf-8", no_network=True, recover=True)
    try:
        parser.feed(html.encode("utf-8", "replace"))
        parser.close()
    except etree.LxmlError:
        return None  # whoever reads it finds as little
    except _TooHeavyError as error:
        return str(error)
    return None


class _TooHeavyError(Exception):
    pass


class _Scale:
    """Weighs elements as the parser meets them, the way the soup is built of them."""

    def __init__(self) -> None:
        self._elements = self._looks = 0
        #: What it costs to look at all that the present element stands in.
        self._path = [0]

    def start(self, _tag: str, attributes: Mapping[str, str]) -> None:
        letters = sum(len(attributes.get(name, "")) for name in ("class", "id", "style"))
        self._path.append(self._path[-1] + 1 + letters // 100)
        self._elements += 1
        self._looks += self._path[-1]
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

    def end(self, _tag: str) -> None:
        if len(self._path) > 1:
            self._path.pop()

    def close(self) -> None:
        pass
