"""Read HTML into a tree.

In: any HTML. Out: a soup that selectors go through, or a light tree of the same elements.
Never: a failure over what stands in it, a limit on how deep it stands.

A page is looked at in many ways, a body is read once from beginning to end: the light tree
takes a seventh of the time. Both are told of the same elements by the same parser.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

from lxml import etree

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

#: What the XML specification (1.0, 2.2) does not allow; a surrogate also stops the parser.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Elements whose text stands beside what is read, or is never shown.
_BESIDE = ("rp", "rt", "script", "style", "template")


_NONE: Mapping[str, str] = {}


class Named(Protocol):
    """What an element of either tree says of itself."""

    name: str

    @property
    def attrs(self) -> Mapping[str, Any]: ...


class Element:
    """An element of the light tree; comments and declarations are not in it."""

    __slots__ = ("attrs", "contents", "name")

    def __init__(self, name: str, attrs: Mapping[str, str]) -> None:
        self.name = name
        self.attrs: Mapping[str, str] = dict(attrs) if attrs else _NONE
        self.contents: list[Element | str] = []

    def find_all(self, *names: str) -> Iterator[Element]:
        """Give the elements inside with one of these names, in order."""
        return (node for node in self._inside() if type(node) is Element and node.name in names)

    @property
    def stripped_strings(self) -> Iterator[str]:
        """Give what is read inside, string by string."""
        strings = (node.strip() for node in self._inside(_BESIDE) if isinstance(node, str))
        return (string for string in strings if string)

    def _inside(self, unless: Collection[str] = ()) -> Iterator[Element | str]:
        """Go through everything inside, however deep, but for elements named in `unless`."""
        stack = self.contents[::-1]
        while stack:
            node = stack.pop()
            yield node
            if isinstance(node, Element) and node.name not in unless:
                stack.extend(node.contents[::-1])


class Grower:
    """Grows a tree of what the parser meets."""

    def __init__(self) -> None:
        self._path = [Element("[document]", {})]
        self._text: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._end_text()
        element = Element(tag, attributes)
        self._path[-1].contents.append(element)
        self._path.append(element)

    def end(self, _tag: str) -> None:
        self._end_text()
        if len(self._path) > 1:
            self._path.pop()

    def data(self, text: str) -> None:
        self._text.append(text)

    def comment(self, _text: str) -> None:
        self._end_text()

    def pi(self, _target: str, _text: str | None = None) -> None:
        self._end_text()

    def doctype(self, *_names: str | None) -> None:
        self._end_text()

    def close(self) -> Element:
        self._end_text()
        return self._path[0]

    def _end_text(self) -> None:
        if self._text:
            self._path[-1].contents.append("".join(self._text))
            self._text = []


def parse(html: str) -> BeautifulSoup:
    """Parse a page or a fragment; nothing in `html` can make it fail."""
    from cxgreetz.markup.soup import Soup  # bodies are read without it, and most runs only those

    # The comment keeps BeautifulSoup from taking a lone address for a file's name.
    return Soup("<!---->" + NOT_XML.sub("", html))


def grow(html: str, grower: Grower | None = None) -> Element:
    """The same into a light tree, for whoever goes through it once.

    A grower that refuses what it is told of raises its own error.
    """
    target: Any = grower or Grower()
    parser = etree.HTMLParser(target=target, recover=True)
    parser.feed("<!---->" + NOT_XML.sub("", html))  # an empty text is no failure either
    root: Any = parser.close()
    return cast("Element", root)


def attribute_of(tag: Named, name: str) -> str:
    """Give an attribute as one string, "" when there is none."""
    value = tag.attrs.get(name)
    return " ".join(value) if isinstance(value, list) else value or ""


def classes_of(tag: Named) -> set[str]:
    return set(attribute_of(tag, "class").split())
