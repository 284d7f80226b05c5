"""How every element of an email is shown: its colours, letters and padding.

In: the document of an email, and whether the reader's device is dark. Out: a Look of every
element in its body, and the texts that are seen. Never: a style sheet (`_css` reads those),
a judgement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import html as lxml_html

from cxgreetz.checks._colours import BLACK, CLEAR, WHITE, Paint, read_paint
from cxgreetz.checks._css import Cascade

#: Where a reader's program colours what the email leaves open, as browsers do.
_DARK_CANVAS, _LINK, _DARK_LINK = Paint(0.07, 0.07, 0.07), "#0000ee", "#9e9eff"
_BOLD_TAGS = {"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"}
_TAG_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17, "h5": 0.83, "h6": 0.67, "small": 0.83}
_SIZES = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0,
    "x-large": 24.0, "xx-large": 32.0,
}  # fmt: skip
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(px|pt|em|rem|%)?")


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


def looks(document: lxml_html.HtmlElement, *, dark: bool) -> Mapping[lxml_html.HtmlElement, Look]:
    """Give how every element of the body is shown, in the order of the document."""
    cascade = Cascade(document, dark=dark)
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
    html = _look(document, cascade.of(document), root, link)
    seen: dict[lxml_html.HtmlElement, Look] = {}
    waiting = [(body, html) for body in document.iterchildren("body")]
    while waiting:
        element, parent = waiting.pop()
        look = _look(element, cascade.of(element), parent, link)
        seen[element] = look
        # Comments have no name; what only Outlook reads is one.
        waiting += [(c, look) for c in reversed(element) if isinstance(c.tag, str)]
    return seen


def texts_in(seen: Mapping[lxml_html.HtmlElement, Look]) -> Iterator[tuple[str, Look]]:
    """Give every text that a reader sees, in order, with how it is shown."""
    body = next(iter(seen), None)
    for text in body.xpath(".//text()") if body is not None else ():
        parent = text.getparent()
        look = seen.get(parent.getparent() if text.is_tail else parent)
        if look is not None and not look.hidden and look.size:
            yield str(text), look


def _follows_scheme(document: lxml_html.HtmlElement) -> bool:
    """Whether the email says that it can be dark, so that a dark device gives a dark canvas."""
    metas = (m for m in document.iter("meta") if (m.get("name") or "").lower() == "color-scheme")
    return any("dark" in (meta.get("content") or "").lower() for meta in metas)


def _look(
    element: lxml_html.HtmlElement, own: Mapping[str, str], parent: Look, link: Paint
) -> Look:
    def value(name: str) -> str:
        return own.get(name, "")

    tag = element.tag
    size = _length(value("font-size"), parent.size, _SIZES)
    if size is None:
        size = parent.size * _TAG_SIZES.get(tag, 1.0)
    weight = value("font-weight")
    bold = parent.bold or tag in _BOLD_TAGS
    if weight and weight != "inherit":
        bold = weight in ("bold", "bolder") or (re.fullmatch(r"[6-9]\d\d|1000", weight) is not None)
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
    if (told_opacity := _length(value("opacity"), 1.0)) is not None:
        opacity *= min(1.0, max(0.0, told_opacity))
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
