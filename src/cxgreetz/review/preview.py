"""How an email is shown: the choices of the tool bar, and the HTML as a frame needs it.

In: the query of an address; an email's HTML. Out: choices with their links; HTML for the
frame. Never: a change to the words or the looks of an email.

Each choice is a plain link, so the page needs no script; with one they act at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from lxml import html as lxml_html

from cxgreetz.review.words import Words

#: name, and its values; the first is the default. The words are `choice_NAME`, `NAME_VALUE`.
_GROUPS = (
    ("width", ("375", "600")),
    ("scheme", ("light", "dark")),
    ("images", ("on", "off")),
    ("part", ("email", "text")),
)
BOTH = "both"
#: Of an email's height: what its columns keep free at both sides, in px; the width of a letter
#: as a share of its size; and how much is added, for what is not known.
_EDGES = 88
_LETTER = 0.47
_MARGIN = 1.02
_INLINE = frozenset(
    ("a", "abbr", "b", "br", "code", "em", "i", "small", "span", "strong", "sub", "sup", "u")
)
_NO_WIDTH = " \u034f\u200c\xa0"


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    chosen: bool
    href: str


@dataclass(frozen=True, slots=True)
class Group:
    """One choice of the tool bar."""

    name: str
    label: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True)
class Choices:
    """The tool bar: what is chosen, by name, and the groups to choose from."""

    chosen: Mapping[str, str]
    groups: Sequence[Group]


def choices(query: Mapping[str, str], emails: Sequence[str], t: Words) -> Choices:
    """Read what `query` asks for; what it does not say, or says wrongly, is the default.

    `emails` are their names; several can be shown together.
    """
    show = [(name, t.email(name)) for name in emails]
    together = [(BOTH, t("show_both"))] if len(show) > 1 else []
    groups = [("show", t("choice_show"), [*together, *show])]
    for name, known in _GROUPS:
        labels = [(value, t(f"{name}_{value}")) for value in known]
        groups.append((name, t(f"choice_{name}"), labels))
    chosen = {}
    for name, _label, options in groups:
        values = [value for value, _ in options]
        asked = query.get(name, "")
        chosen[name] = asked if asked in values else values[0]
    return Choices(
        chosen,
        [
            Group(
                name,
                label,
                [
                    Option(
                        value,
                        text,
                        value == chosen[name],
                        f"?{urlencode({**chosen, name: value})}#emails",
                    )
                    for value, text in options
                ],
            )
            for name, label, options in groups
        ],
    )


#: What the frame of one column goes to.
COLUMN = "column"


def framed(html: str, at: str = "") -> str:
    """Fit an email into the page's frame: links open beside the page, neutral ones do nothing.

    Only a provider knows where `cxgreetz:unsubscribe` leads. The frame can go to
    COLUMN, which stands before the first link to the address `at`.
    """
    html = html.replace('href="cxgreetz:', 'data-cxgreetz="')
    if at:
        # The address may go on: with what the site's statistics count.
        link = re.compile(rf'<a\b[^>]*\bhref="{re.escape(escape(at))}[?&#"]')
        html = link.sub(rf'<span id="{COLUMN}"></span>\g<0>', html, count=1)
    return re.sub(r"<head\b[^>]*>", r'\g<0><base target="_blank">', html, count=1)


def without_images(html: str) -> str:
    """Show an email as programs that block pictures do: the alt text in the picture's place."""
    document = lxml_html.document_fromstring(html)
    for image in document.iter("img"):
        for name in ("src", "srcset"):
            image.attrib.pop(name, "")
    for element in document.iter():
        element.attrib.pop("background", "")
    shown: str = lxml_html.tostring(document, encoding="unicode", doctype="<!doctype html>")
    return shown


def height_of(html: str, width: int) -> int:
    """Estimate how high an email is at `width`, in px; rather too much than too little.

    A frame that runs nothing cannot say it. In a frame this high the page around it scrolls,
    and keeps its place when the email is made afresh.
    """
    body = lxml_html.document_fromstring(html).find("body")
    return int(_height(body, width - _EDGES, 16, 26) * _MARGIN) if body is not None else 0


def _height(element: lxml_html.HtmlElement, width: float, size: float, line: float) -> float:
    """The height of a box and all that is in it, with the letters it inherits."""
    if not isinstance(element.tag, str):  # a comment
        return 0
    style = dict(_declarations(element.get("style", "")))
    if style.get("display") == "none":
        return 0
    size = _pixels(style.get("font-size", "")) or size
    line = _pixels(style.get("line-height", "")) or line
    if element.tag == "img":
        wide, high = (_number(element.get(name)) for name in ("width", "height"))
        # Without a height it is drawn as high as it is: two to one is what most are.
        return (high or wide / 2) * min(1, width / wide) if wide else high
    total = sum(_upright(style.get(name, "")) for name in ("padding", "margin"))
    boxes = [child for child in element if child.tag not in _INLINE]
    written = " ".join((element.text or "").split())
    for child in element:
        within = child.text_content() if child.tag in _INLINE else ""
        written += " ".join((within + (child.tail or "")).split())
        total += line if child.tag == "br" else 0
        if child.tag in _INLINE:
            total += sum(_height(image, width, size, line) for image in child.iter("img"))
    if written.strip(_NO_WIDTH):
        total += line * math.ceil(len(written) * size * _LETTER / width)
    return total + sum(_height(child, width, size, line) for child in boxes)


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for part in style.split(";"):
        name, colon, value = part.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _pixels(value: str) -> float:
    found = re.match(r"([\d.]+)px", value)
    return float(found[1]) if found else 0


def _number(value: str | None) -> float:
    return float(value) if value and value.isdecimal() else 0


def _upright(value: str) -> float:
    """The top and the bottom of a padding or a margin."""
    sides = [_pixels(part) for part in value.split()]
    return sides[0] + sides[2 if len(sides) > 2 else 0] if sides else 0
