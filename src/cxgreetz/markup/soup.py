"""A page that selectors go through, which knows what stands nowhere in it.

In: HTML. Out: the elements that a selector finds. Never: a search for a class, an attribute or
an element that the page does not have.

The names that themes give their parts are many, and any one page has few of them: nine tenths
of reading a page went into looking for the others, element by element (a page of 18 kB took 48
ms, and takes 9).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any

import soupsieve
from bs4 import BeautifulSoup, ResultSet, SoupStrainer, Tag

#: One step through a selector, but for what stands after a colon.
_STEP = re.compile(
    r"""\.(?P<klass>[\w-]+) | \#(?P<id>[\w-]+) | (?P<name>[a-zA-Z][\w-]*) | [\s>+~*]
    | \[\s*(?P<attribute>[\w-]+)\s*
      (?:(?P<how>[~|^$*!]?=)\s*(?P<value>"[^"\\]*"|'[^'\\]*'|[\w-]+)\s*(?P<case>[iIsS])?\s*)?\]""",
    re.VERBOSE,
)
#: What an element must have for a selector to find it; "name value" of an attribute.
Traits = frozenset[str]


class _Narrow(Tag):
    """Asks the page first."""

    def select(self, selector: str, *args: Any, **kwargs: Any) -> ResultSet[Tag]:
        there = self._narrowed(selector)
        return super().select(there, *args, **kwargs) if there else ResultSet(SoupStrainer())

    def select_one(self, selector: str, *args: Any, **kwargs: Any) -> Tag | None:
        there = self._narrowed(selector)
        return super().select_one(there, *args, **kwargs) if there else None

    def _narrowed(self, selector: str) -> str:
        """The alternatives of a selector that may find something on the page; "": none may."""
        page: Tag = self
        while page.parent is not None:
            page = page.parent
        if not isinstance(page, Soup):  # it was cut out
            return selector
        return ", ".join(one for one, traits in alternatives(selector) if traits <= page.traits)


class Soup(_Narrow, BeautifulSoup):
    """A whole page; what is cut out of it may be looked for in vain, nothing may be added."""

    def __init__(self, html: str) -> None:
        super().__init__(html, "lxml", element_classes={Tag: _Narrow})

    @cached_property
    def traits(self) -> Traits:
        """Everything that some element of the page has."""
        found = set[str]()
        for tag in self.find_all(True):
            found.add(tag.name.lower())
            for name, value in tag.attrs.items():
                words = value if isinstance(value, list) else str(value).split()
                whole = " ".join(value) if isinstance(value, list) else str(value)
                found.update((f"[{name.lower()}", f"[{name.lower()} {whole}"))
                found.update(f"[{name.lower()} {word}" for word in words)
        return frozenset(found)


@lru_cache(maxsize=512)
def alternatives(select: str) -> tuple[tuple[str, Traits], ...]:
    """Take a selector apart at its commas; each with the traits that it cannot do without.

    What is not understood here needs nothing. Raises soupsieve's error for what is no selector.
    """
    soupsieve.compile(select)
    return tuple((one.strip(), _traits_of(one)) for one in _split(select))


def _split(select: str) -> Iterator[str]:
    start = 0
    for place, mark, depth in _bare(select):
        if mark == "," and not depth:
            yield select[start:place]
            start = place + 1
    yield select[start:]


def _bare(select: str) -> Iterator[tuple[int, str, int]]:
    """Every mark that stands in no quotes: its place, itself, the brackets open after it."""
    depth, quote = 0, ""
    for place, mark in enumerate(select):
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "\"'":
            quote = mark
        else:
            depth += (mark in "([") - (mark in ")]")
            yield place, mark, depth


def _traits_of(one: str) -> Traits:
    found, place = set[str](), 0
    if "\\" in one or "/*" in one:
        return frozenset()
    while place < len(one):
        if one[place] == ":":
            place = _after_pseudo(one, place)
            continue
        step = _STEP.match(one, place)
        if step is None:
            return frozenset()
        place = step.end()
        if step["name"]:
            found.add(step["name"].lower())
        elif step["klass"] or step["id"]:
            found.add(f"[class {step['klass']}" if step["klass"] else f"[id {step['id']}")
        elif step["attribute"] and step["how"] != "!=":
            found.add(_trait_of(step))
    return frozenset(found)


def _trait_of(step: re.Match[str]) -> str:
    name = step["attribute"].lower()
    # HTML compares the values of "type" without regard to case.
    if step["how"] not in ("=", "~=") or step["case"] or name == "type":
        return f"[{name}"
    return f"[{name} {step['value'].strip(chr(34) + chr(39))}"


def _after_pseudo(one: str, place: int) -> int:
    """Where a pseudo-class ends, with all that stands in its brackets."""
    place += 1
    while place < len(one) and (one[place].isalnum() or one[place] in "-_:"):
        place += 1
    if place == len(one) or one[place] != "(":
        return place
    ends = (place + at + 1 for at, _mark, depth in _bare(one[place:]) if not depth)
    return next(ends, len(one))
