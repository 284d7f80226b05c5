"""How an email is shown: the choices of the tool bar, and the HTML as a frame needs it.

In: the query of an address; an email's HTML. Out: choices with their links; HTML for the
frame. Never: a change to the words or the looks of an email.

Each choice is a plain link, so the page needs no script; with one they act at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from lxml import html as lxml_html

from cxgreetz.review.words import Words

#: name, and its values; the first is the default. The words are `choice_NAME`, `NAME_VALUE`.
_GROUPS = (
    ("width", ("600", "375")),
    ("scheme", ("light", "dark")),
    ("images", ("on", "off")),
    ("part", ("email", "text")),
)
BOTH = "both"


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
