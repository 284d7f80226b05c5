"""What the styles of an email declare of each of its elements.

In: the document of an email, and whether the reader's device is dark. Out: by element, the
value of each property that the checks read. Never: a browser, inheritance (`_looks` has
that), a width (media queries other than the colour scheme are left out), what only Outlook
on Windows reads (it stands in comments).

The cascade is that of CSS: `!important` before all, then the style attribute, then the more
specific selector, then the later rule; attributes like `bgcolor` come last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import tinycss2
from cssselect import HTMLTranslator, SelectorError
from cssselect import parse as parse_selectors
from lxml import etree
from lxml import html as lxml_html

from cxgreetz.checks._colours import read_paint

_READ = {
    "color", "background", "background-color", "font", "font-size", "font-weight", "line-height",
    "display", "visibility", "opacity", "padding", "padding-top", "padding-bottom", "max-height",
}  # fmt: skip
_HEIRS = ("inherit", "currentcolor")
_FONT_SIZE = re.compile(r"(?:^|\s)([\d.]+(?:px|pt|em|rem|%))(?:\s*/\s*([\d.]+(?:px|pt|em|%)?))?")


class _Declared(NamedTuple):
    #: What decides between two: important, in the style attribute, specificity, order.
    weight: tuple[bool, bool, tuple[int, int, int], int]
    value: str


_Own = dict[str, _Declared]


class Cascade:
    """The styles of a document on a light or a dark device."""

    def __init__(self, document: lxml_html.HtmlElement, *, dark: bool) -> None:
        self._ruled = _from_rules(document, dark)

    def of(self, element: lxml_html.HtmlElement) -> dict[str, str]:
        """Give what is declared of an element itself, by property, shorthands taken apart."""
        own = _own(element, self._ruled.get(element))
        return {name: declared.value for name, declared in own.items()}


def _own(element: lxml_html.HtmlElement, ruled: _Own | None) -> _Own:
    """What is declared of an element by rules, its style attribute and older attributes."""
    own = dict(ruled) if ruled else {}
    old = element.get("bgcolor")
    for name, value in (
        ("background-color", old),
        ("color", element.get("color") if element.tag == "font" else None),
        ("color", element.get("text") if element.tag == "body" else None),
    ):
        if value and name not in own:
            own[name] = _Declared((False, False, (0, 0, 0), -1), value)
    if style := element.get("style"):
        for name, value, important in _declarations(style):
            _declare(own, name, _Declared((important, True, (0, 0, 0), 0), value))
    return own


def _declare(own: _Own, name: str, new: _Declared) -> None:
    if name not in own or own[name].weight <= new.weight:
        own[name] = new


def _from_rules(document: lxml_html.HtmlElement, dark: bool) -> dict[lxml_html.HtmlElement, _Own]:
    declared: dict[lxml_html.HtmlElement, _Own] = {}
    order = 0
    for sheet in document.iter("style"):
        for selectors, body in _rules(sheet.text or "", dark):
            order += 1
            for path, specificity in _paths(selectors):
                for element in _found_by(path, document):
                    own = declared.setdefault(element, {})
                    for name, value, important in body:
                        weight = (important, False, specificity, order)
                        _declare(own, name, _Declared(weight, value))
    return declared


_Body = tuple[tuple[str, str, bool], ...]


@lru_cache(maxsize=32)
def _rules(sheet: str, dark: bool) -> tuple[tuple[str, _Body], ...]:
    """Selectors with what they declare, of what this check reads."""
    return tuple(_walk_rules(tinycss2.parse_stylesheet(sheet, True, True), dark))


def _walk_rules(rules: list[Any], dark: bool) -> Iterator[tuple[str, _Body]]:
    for rule in rules:
        if rule.type == "qualified-rule":
            if body := tuple(_declarations(tinycss2.serialize(rule.content))):
                yield tinycss2.serialize(rule.prelude).strip(), body
        elif _is_media(rule) and _holds(tinycss2.serialize(rule.prelude), dark):
            yield from _walk_rules(tinycss2.parse_rule_list(rule.content, True, True), dark)


def _is_media(rule: Any) -> bool:
    return rule.type == "at-rule" and rule.lower_at_keyword == "media" and bool(rule.content)


def _holds(media: str, dark: bool) -> bool:
    """Whether a media query asks for nothing but a screen and this colour scheme."""
    scheme = "dark" if dark else "light"
    asked = (re.sub(r"[\s()]|only|screen|all|and", "", one.lower()) for one in media.split(","))
    return any(one in ("", f"prefers-color-scheme:{scheme}") for one in asked)


@lru_cache(maxsize=1024)
def _paths(selectors: str) -> tuple[tuple[Any, tuple[int, int, int]], ...]:
    """What finds the elements of a selector, and how specific it is; none if unknown here."""
    try:
        return tuple(
            (etree.XPath(HTMLTranslator().selector_to_xpath(one)), one.specificity())
            for one in parse_selectors(selectors)
            if not one.pseudo_element
        )
    except (SelectorError, etree.XPathError, ValueError):
        return ()


def _found_by(path: Any, document: lxml_html.HtmlElement) -> list[lxml_html.HtmlElement]:
    try:
        return list(path(document))
    except etree.XPathError:
        # A namespace, which emails have no use for.
        return []


@lru_cache(maxsize=4096)
def _declarations(style: str) -> _Body:
    """The declarations of a style attribute, shorthands taken apart."""
    parsed = tinycss2.parse_blocks_contents(style, True, True)
    return tuple(
        (name, value, d.important)
        for d in parsed
        if d.type == "declaration" and d.lower_name in _READ
        for name, value in _longhands(d.lower_name, d.value)
    )


def _longhands(name: str, tokens: list[Any]) -> Iterator[tuple[str, str]]:
    value = tinycss2.serialize(tokens).strip().lower()
    if name == "background":
        # Without a colour it takes away the one that an earlier declaration gave.
        given = (t for t in tokens if t.type in ("ident", "hash", "function"))
        colour = next((tinycss2.serialize([t]) for t in given if read_paint(t)), "transparent")
        yield "background-color", colour
    elif name == "padding":
        parts = value.split()
        if 1 <= len(parts) <= 4:
            yield "padding-top", parts[0]
            yield "padding-bottom", parts[2] if len(parts) > 2 else parts[0]
    elif name == "font":
        if match := _FONT_SIZE.search(value):
            yield "font-size", match[1]
            yield "line-height", match[2] or "normal"
            bold = re.search(r"\b(bold|bolder|[6-9]00)\b", value[: match.start() + 1])
            yield "font-weight", "bold" if bold else "normal"
    elif name not in ("color", "background-color") or value in _HEIRS or read_paint(value):
        # A colour that is none is as if it were not written.
        yield name, value
