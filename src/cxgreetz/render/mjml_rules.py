"""What is wrong with a filled template, in words that a designer can act on.

In: MJML that is well-formed, and its tree. Out: every fault, each with its line and column.
Never: HTML, a template, the engine, which reads MJML and does not judge it: an unknown tag
is printed into the email, an unknown attribute is lost. What is allowed is in `mjml_tags`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import accumulate
from typing import NamedTuple

from lxml import etree

from cxgreetz.render.mjml_tags import (
    ICONS,
    REFUSED,
    Kind,
    Tag,
    any_attribute,
    free_text,
    parents,
    tags,
)


class Fault(NamedTuple):
    """One thing wrong, and where in the filled MJML it stands."""

    message: str
    #: From 1; 0: not known.
    line: int = 0
    column: int = 0
    #: A pattern of what stands there, and how many of the same stand before it in its line.
    mark: str = ""
    nth: int = 0


_START = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<(?P<name>[^\s<>/!?]+)(?:[^>\"']|\"[^\"]*\"|'[^']*')*>",
    re.S,
)


def find_faults(source: str, root: etree._Element) -> list[Fault]:
    """Give all that is wrong with `source`, whose tree `root` is, in its order."""
    return sorted(_Walk(source, root).faults(), key=lambda f: (f.line, f.column))


class _Walk:
    def __init__(self, source: str, root: etree._Element) -> None:
        self._source, self._root = source, root
        self._lines = [0, *accumulate(len(line) + 1 for line in source.split("\n"))]
        elements = [e for e in root.iter() if isinstance(e.tag, str)]
        starts = [found for found in _START.finditer(source) if found["name"]]
        #: Every start tag, in the order of the elements: lxml tells only where a tag ends.
        self._starts = dict(zip(elements, starts, strict=True))
        named = root.iterfind("mj-head/mj-attributes/*")
        self._defaults: dict[str, set[str]] = defaultdict(set)
        self._classes: dict[str, set[str]] = {}
        for element in named:
            given = {str(name) for name in element.attrib}
            if element.tag == "mj-class":
                self._classes[element.get("name", "")] = given
            else:
                self._defaults[str(element.tag)] |= given

    def faults(self) -> Iterator[Fault]:
        for found in _START.finditer(self._source):
            if found[0].startswith("<![CDATA["):
                message = "CDATA is unknown to the engine; write &lt; for <"
                yield self._at(found.start(), message, r"<!\[CDATA\[")
        if self._root.tag != "mjml":
            yield self._fault(self._root, f"<{self._root.tag}> is where <mjml> must be")
            return
        for name in ("mj-head", "mj-body"):
            there = self._root.findall(name)
            if name == "mj-body" and not there:
                yield self._fault(self._root, "there is no <mj-body> in <mjml>")
            for second in there[1:]:
                yield self._fault(second, f"<{name}> stands here a second time; put both in one")
        yield from self._element(self._root)

    def _element(self, element: etree._Element, parent: str | None = None) -> Iterator[Fault]:
        """`parent`: the tag it stands in; None: any will do."""
        name = str(element.tag)
        tag = tags().get(name)
        if name in REFUSED:
            yield self._fault(element, f"<{name}> {REFUSED[name]}")
            return
        if parent == "mj-attributes":
            yield from self._default(element)
            return
        if tag is None and name.lower().startswith("mj"):
            near = _nearest(name, tags())
            meant = f"; did you mean <{near}>?" if near else ""
            yield self._fault(element, f"<{name}> is no MJML tag{meant}")
            for child in _children(element):
                yield from self._element(child, near or None)
            return
        if tag is None:
            if parent and tags()[parent].inside != "html":
                yield self._fault(element, _html_in(name, parent))
                parent = None  # what is in it goes where it goes
            elif name == "img" and element.get("alt") is None:
                yield self._fault(element, 'a picture has no alt; write alt="" for decoration')
            for child in _children(element):
                yield from self._element(child, parent)
            return
        if parent and name not in tags()[parent].holds:
            home = " or ".join(f"<{p}>" for p in parents(name))
            place = f"<{name}> stands in <{parent}>; it belongs in {home or 'no other tag'}"
            yield self._fault(element, place)
        yield from self._attributes(element, tag.takes, tag.without)
        yield from self._needed(element, tag)
        if tag.inside in ("tags", "nothing"):
            yield from self._loose_text(element, name, tag)
        for child in _children(element):
            yield from self._element(child, name)

    def _default(self, element: etree._Element) -> Iterator[Fault]:
        """What stands in mj-attributes: a tag's name with what it has unless it says so."""
        name = str(element.tag)
        tag = tags().get(name)
        if name in ("mj-all", "mj-class"):
            own = {"name": free_text} if name == "mj-class" else {}
            yield from self._attributes(element, {**any_attribute(), **own}, {})
            if name == "mj-class" and not element.get("name"):
                yield self._fault(element, '<mj-class> has no name; write name="…"')
        elif tag is None or "css-class" not in tag.takes:
            near = _nearest(name, [n for n, t in tags().items() if "css-class" in t.takes])
            meant = f"; did you mean <{near}>?" if near else ""
            yield self._fault(element, f"<{name}> cannot stand in <mj-attributes>{meant}")
            return
        else:
            yield from self._attributes(element, tag.takes, tag.without)
        for child in _children(element):
            message = f"<{child.tag}> stands in <{name}>, which holds nothing in <mj-attributes>"
            yield self._fault(child, message)

    def _attributes(
        self, element: etree._Element, takes: Mapping[str, Kind], without: Mapping[str, str]
    ) -> Iterator[Fault]:
        for attribute, value in element.attrib.items():
            name, text = str(attribute), str(value)
            if name in without:
                remedy = without[name] or "take it out"
                message = f"<{element.tag}> has {name}, which the engine does not draw; {remedy}"
            elif name not in takes:
                near = _nearest(name, takes)
                remedy = f"did you mean {near}?" if near else f"it takes {', '.join(takes)}"
                message = f"<{element.tag}> does not know {name}; {remedy}"
            elif wrong := takes[name](text):
                message = f'{name}="{text}" on <{element.tag}> {wrong}'
            elif name == "mj-class":
                message = self._class(text)
            else:
                continue
            if message:
                yield self._fault(element, message, name)

    def _class(self, value: str) -> str:
        names = value.split()
        if len(names) != 1:
            return f'mj-class="{value}" names {len(names)}; name one, of several only one counts'
        if names[0] in self._classes:
            return ""
        there = ", ".join(sorted(self._classes)) or "none"
        return f'mj-class="{value}" is not in <mj-attributes>; there is: {there}'

    def _needed(self, element: etree._Element, tag: Tag) -> Iterator[Fault]:
        name = str(element.tag)
        given = {str(a) for a in element.attrib} | self._defaults["mj-all"] | self._defaults[name]
        given |= self._classes.get(element.get("mj-class", ""), set())
        for attribute in tag.needs:
            if attribute in given:
                continue
            if attribute == "alt":
                message = f'<{name}> has no alt; write alt="" for decoration'
            else:
                message = f'<{name}> has no {attribute}; write {attribute}="…"'
            yield self._fault(element, message)
        icon = element.get("name", "").removesuffix("-noshare")
        if name == "mj-social-element" and icon and icon not in ICONS and "src" not in given:
            near = _nearest(icon, ICONS)
            message = f"there is no icon called {icon!r}; give its address as src="
            yield self._fault(element, message + (f", or did you mean {near}?" if near else ""))

    def _loose_text(self, element: etree._Element, name: str, tag: Tag) -> Iterator[Fault]:
        pieces = [element.text, *(child.tail for child in element)]
        loose = next((" ".join(piece.split()) for piece in pieces if piece and piece.strip()), "")
        if loose:
            shown = loose if len(loose) <= 40 else loose[:39] + "…"
            remedy = (
                f"put it in {_home_of_html(name)}" if tag.inside == "tags" else "it shows nothing"
            )
            yield self._fault(element, f"text stands straight in <{name}> ({shown}); {remedy}")

    def _fault(self, element: etree._Element, message: str, attribute: str = "") -> Fault:
        start = self._starts[element]
        if attribute:
            found = re.search(rf"\s({re.escape(attribute)})\s*=", start[0])
            if found:
                mark = rf"(?<![\w-]){re.escape(attribute)}(?=\s*=)"
                return self._at(start.start() + found.start(1), message, mark)
        return self._at(start.start(), message, rf"<{re.escape(start['name'])}(?![\w-])")

    def _at(self, offset: int, message: str, mark: str) -> Fault:
        line = bisect_right(self._lines, offset)
        begin = self._lines[line - 1]
        before = len(re.findall(mark, self._source[begin:offset]))
        return Fault(message, line, offset - begin + 1, mark, before)


def _html_in(name: str, parent: str) -> str:
    inside = tags()[parent].inside
    if inside == "text" or parent == "mjml":
        return f"<{name}> cannot stand in <{parent}>"
    remedy = "take it out" if inside == "nothing" else f"put it in {_home_of_html(parent)}"
    return f"<{name}> stands straight in <{parent}>; {remedy}"


def _home_of_html(parent: str) -> str:
    if parent in ("mj-column", "mj-hero"):
        return "an <mj-text>"
    return "an <mj-raw>" if parent == "mj-head" else "an <mj-text> in a column, or an <mj-raw>"


def _children(element: etree._Element) -> Iterator[etree._Element]:
    return (child for child in element if isinstance(child.tag, str))


def _nearest(name: str, there: Iterable[str]) -> str:
    return next(iter(get_close_matches(name.lower(), list(there), 1)), "")
