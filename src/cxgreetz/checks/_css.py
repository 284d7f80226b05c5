"""How every element of an email is shown: its colours, letters and padding.

In: the document of an email, and whether the reader's device is dark. Out: a Look of every
element in its body. Never: a browser, a width (media queries other than the colour scheme
are left out), what only Outlook on Windows reads (it stands in comments).

The cascade is that of CSS: `!important` before all, then the style attribute, then the more
specific selector, then the later rule; attributes like `bgcolor` come last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import tinycss2
from cssselect import HTMLTranslator, SelectorError
from cssselect import parse as parse_selectors
from lxml import etree
from lxml import html as lxml_html

from cxgreetz.checks._colours import BLACK, CLEAR, WHITE, Paint, read_paint

#: Where a reader's program colours what the email leaves open, as browsers do.
_DARK_CANVAS, _LINK, _DARK_LINK = Paint(0.07, 0.07, 0.07), "#0000ee", "#9e9eff"
_BOLD_TAGS = {"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"}
_TAG_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83}
_SIZES = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0,
    "x-large": 24.0, "xx-large": 32.0,
}  # fmt: skip
_READ = {
    "color", "background", "background-color", "font", "font-size", "font-weight", "line-height",
    "display", "visibility", "opacity", "padding", "padding-top", "padding-bottom", "max-height",
}  # fmt: skip
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(px|pt|em|rem|%)?")
_FONT_SIZE = re.compile(r"(?:^|\s)([\d.]+(?:px|pt|em|rem|%))(?:\s*/\s*([\d.]+(?:px|pt|em|%)?))?")


@dataclass(frozen=True, slots=True)
class Look:
    """How an element is shown."""

    colour: Paint
    #: What lies behind its text, opaque.
    ground: Paint
    #: Pixels.
    size: float
    bold: bool
    #: Of one line, in pixels.
    line: float
    opacity: float
    hidden: bool
    #: Of itself only: "inline-block", ...; whether it paints a ground; padding above and below.
    display: str = ""
    painted: bool = False
    padding: float = 0.0
    #: What `line` was told as: a factor that heirs apply to their own size, or None.
    factor: float | None = 1.2

    @property
    def is_large(self) -> bool:
        """Large text of WCAG 2.2: 18 points, or 14 points in bold."""
        return self.size >= 24 or (self.bold and self.size >= 18.66)


class _Declared(NamedTuple):
    #: What decides between two: important, in the style attribute, specificity, order.
    weight: tuple[bool, bool, tuple[int, int, int], int]
    value: str


_Own = dict[str, _Declared]


def looks(document: lxml_html.HtmlElement, *, dark: bool) -> Mapping[lxml_html.HtmlElement, Look]:
    """Give how every element of the body is shown, in the order of the document."""
    declared = _from_rules(document, dark)
    canvas = dark and _follows_scheme(document)
    root = Look(
        WHITE if canvas else BLACK,
        _DARK_CANVAS if canvas else WHITE,
        size=16,
        bold=False,
        line=19.2,
        opacity=1,
        hidden=False,
    )
    link = read_paint(_DARK_LINK if canvas else _LINK) or BLACK
    html = _look(document, _own(document, declared.get(document)), root, link)
    seen: dict[lxml_html.HtmlElement, Look] = {}
    waiting = [(body, html) for body in document.iterchildren("body")]
    while waiting:
        element, parent = waiting.pop()
        look = _look(element, _own(element, declared.get(element)), parent, link)
        seen[element] = look
        # Comments have no name; what only Outlook reads is one.
        waiting += [(c, look) for c in reversed(element) if isinstance(c.tag, str)]
    return seen


def _follows_scheme(document: lxml_html.HtmlElement) -> bool:
    """Whether the email says that it can be dark, so that a dark device gives a dark canvas."""
    metas = (m for m in document.iter("meta") if (m.get("name") or "").lower() == "color-scheme")
    return any("dark" in (meta.get("content") or "").lower() for meta in metas)


def _look(element: lxml_html.HtmlElement, own: _Own, parent: Look, link: Paint) -> Look:
    def value(name: str) -> str:
        return own[name].value if name in own else ""

    tag = element.tag
    size = _length(value("font-size"), parent.size, _SIZES)
    if size is None:
        size = parent.size * _TAG_SIZES.get(tag, 1.0)
    weight = value("font-weight")
    bold = parent.bold or tag in _BOLD_TAGS
    if weight and weight != "inherit":
        bold = weight in ("bold", "bolder") or (weight.isdigit() and int(weight) >= 600)
    factor, line = parent.factor, parent.line
    if told := value("line-height"):
        factor = 1.2 if told == "normal" else float(told) if _is_number(told) else None
        line = (_length(told, size) or line) if factor is None else line
    if factor is not None:
        line = size * factor
    # A link does not take the colour around it: it has the reader's program's own.
    colour = link if tag == "a" and element.get("href") is not None else parent.colour
    if told := value("color"):
        colour = parent.colour if told in ("inherit", "currentcolor") else _colour(told, colour)
    ground = _colour(value("background-color"), CLEAR)
    opacity = parent.opacity
    if _is_number(told := value("opacity")):
        opacity *= min(1.0, max(0.0, float(told)))
    hidden = (
        parent.hidden
        or value("display") == "none"
        or value("visibility") in ("hidden", "collapse")
        or opacity == 0
        or value("max-height") in ("0", "0px")
        or element.get("aria-hidden") == "true"
        or element.get("hidden") is not None
        or tag in ("style", "script", "title", "head")
    )
    return Look(
        colour=colour,
        ground=ground.faded(opacity).over(parent.ground),
        size=size,
        bold=bold,
        line=line,
        opacity=opacity,
        hidden=hidden,
        display=value("display"),
        painted=ground.cover > 0,
        padding=sum(_length(value(f"padding-{side}"), size) or 0 for side in ("top", "bottom")),
        factor=factor,
    )


def _colour(value: str, otherwise: Paint) -> Paint:
    return (read_paint(value) or otherwise) if value else otherwise


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"\d+\.?\d*|\.\d+", text))


def _length(text: str, size: float, names: Mapping[str, float] | None = None) -> float | None:
    """Pixels of a CSS length, `em` and `%` of `size`; None for what is none."""
    if names and text in names:
        return names[text]
    if not (match := _LENGTH.fullmatch(text)):
        return None
    unit = {"px": 1.0, None: 1.0, "pt": 4 / 3, "em": size, "rem": 16.0, "%": size / 100}
    return float(match[1]) * unit[match[2]]


# which declarations an element gets


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
                for element in path(document):
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
    except SelectorError:
        return ()


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
    else:
        yield name, value
