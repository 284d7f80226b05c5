"""The filters of the templates: words about an item, and blocks as HTML or plain text.

In: parts of a view, and the words of a language. Out: strings. Never: a template, a file.
The one door to babel.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from babel.dates import format_date
from lxml import etree
from lxml import html as lxml_html
from markupsafe import Markup

from cxgreetz.markup import plain_text
from cxgreetz.markup.sentences import sentence_ends
from cxgreetz.model import BlockKind, BlockView, Image, ItemView, Language, Origin

#: Columns of the plain text: RFC 5322 (2.1.1) advises at most 78; a reply's "> " takes two.
TEXT_WIDTH = 76
_LOCALES = {"nl": "nl_NL", "en": "en_GB"}


def month(day: date, language: Language) -> str:
    """Write the month of `day`: "november 2026"."""
    return format_date(day, "LLLL y", locale=_LOCALES[language])


def months(parts: Sequence[Mapping[str, Any]]) -> list[tuple[Language, str]]:
    """The months of the parts' views as each language writes them, told once where they agree."""
    told: dict[str, tuple[Language, str]] = {}
    for part in parts:
        language = part["view"].language
        said = month(part["view"].month, language)
        told.setdefault(said.lower(), (language, said))
    return list(told.values())


def month_short(day: date, language: Language) -> str:
    """Write the month of `day` on a leaf of a calendar: "nov"."""
    return format_date(day, "LLL", locale=_LOCALES[language]).rstrip(".")


def full_day(day: date, language: Language) -> str:
    """Write `day` as an invitation does: "donderdag 3 december 2026"."""
    return format_date(day, "EEEE d MMMM y", locale=_LOCALES[language])


def plain_day(day: date, language: Language) -> str:
    """Write `day` as a text does: "3 december 2026"."""
    return format_date(day, "d MMMM y", locale=_LOCALES[language])


def paragraphs(text: str) -> list[str]:
    """Part plain text at its empty lines."""
    return [p.strip() for p in re.split(r"\n\s*\n", text) if p.strip()]


def shortened(text: str, width: int) -> str:
    """Give `text`, cut between words and ended with an ellipsis when over `width`."""
    told = textwrap.shorten(text, width, placeholder=" …")
    # One endless word has no place to cut between.
    return f"{text.strip()[: width - 1]}…" if told == "…" else told


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]


def credit(item: ItemView, words: dict[str, str], language: Language) -> str:
    """Who wrote it and where it appeared first, in one line; "" when nothing is known.

    A day is never broken over two lines.
    """
    day = item.published and plain_day(item.published, language)
    day = day and day.replace(" ", "\u00a0")
    parts = [words["by"].format(author=item.author)] if item.author else []
    if item.publication:
        abroad = item.publication_language not in (None, language)
        first = ("first_there" if abroad else "first_in") + ("" if day else "_undated")
        parts.append(words[first].format(publication=item.publication, date=day))
    elif day:
        parts.append(day)
    return _sentence_case(" · ".join(parts))


_LABELS = {Origin.ENGINE: "machine", Origin.CHECKED: "checked"}


def label(item: ItemView, words: dict[str, str]) -> str:
    """Where the words come from; "" for those the author wrote first."""
    if item.waiting:
        return words["waiting"]
    if item.origin is Origin.AUTHOR:
        return words["own"] if item.own_translation else ""
    return words[_LABELS.get(item.origin, "translated")]


class Teaser(NamedTuple):
    text: str
    language: Language


def teaser(item: ItemView, least: int, most: int) -> Teaser | None:
    """Take whole sentences from the start of `item`: at least `least` characters, never more
    than `most`. A first sentence that is longer is cut between words and ends in "…".
    None when there is no text.
    """
    readable = [b for b in item.blocks if b.kind is not BlockKind.PICTURE and b.html]
    running = [b for b in readable if b.kind is BlockKind.PARAGRAPH] or readable
    if not running:
        return None
    language = running[0].language
    text = " ".join(plain_text(b.html) for b in running if b.language == language)
    text = " ".join(text.split())
    end = 0
    for stop in sentence_ends(text):
        if stop > most:
            break
        end = stop
        if end >= least:
            break
    else:
        end = len(text) if len(text) <= most else end
    shown = text[:end] if end else shortened(text, most)
    return Teaser(shown, language)


def web_address(url: str) -> str:
    """Give `url` if it is a web address, else ""."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    web = parts.scheme.lower() in ("http", "https") and parts.netloc
    return re.sub(r"\s", "%20", url.strip()) if web else ""


def _fragment(html: str) -> lxml_html.HtmlElement:
    """Read inline HTML; leaves only links that lead to a page or an address.

    A picture inside a sentence (an emoji, mostly) gives way to its alt text.
    """
    root = lxml_html.fragment_fromstring(html, create_parent="span")
    for element in list(root.iter()):
        if not isinstance(element.tag, str):
            element.drop_tree()
            continue
        if element.tag == "img":
            element.tail = element.get("alt", "") + (element.tail or "")
            element.drop_tree()
        elif element.tag == "a" and not element.get("href", "").startswith("mailto:"):
            if href := web_address(element.get("href", "")):
                element.set("href", href)
            else:
                element.drop_tag()
    return root


def inline(html: str, link_style: str) -> Markup:
    """Write inline HTML well-formed, its links with `link_style`."""
    root = _fragment(html)
    for link in root.iter("a"):
        link.set("style", link_style)
    written = etree.tostring(root, encoding="unicode", method="xml")
    return Markup(re.sub(r"^<span/?>|</span>$", "", written))  # noqa: S704 (cleaned when read in)


def plain(html: str) -> str:
    """Write inline HTML as text; a link is its words and then `<address>`."""

    def read(element: lxml_html.HtmlElement) -> str:
        inner = (element.text or "") + "".join(read(e) + (e.tail or "") for e in element)
        if element.tag == "br":
            return "\n"
        href = element.get("href")
        if element.tag != "a" or not href:
            return inner
        address = href.removeprefix("mailto:")
        return f"<{address}>" if inner.strip() == address else f"{inner} <{address}>"

    flowing = re.sub(r"[ \t\r\f\n]+", " ", html)
    return re.sub(r" ?\n ?", "\n", read(_fragment(flowing))).strip()


def groups(blocks: Iterable[BlockView]) -> list[tuple[str, list[BlockView]]]:
    """Part `blocks` so that list items in a row stand together: ("ul" | "ol" | kind, blocks)."""

    def name(block: BlockView) -> str:
        if block.kind is BlockKind.ITEM:
            return "ol" if block.level else "ul"
        return block.kind.value

    # Only list items gather; each other block is a group of its own.
    found: list[tuple[str, list[BlockView]]] = []
    for key, run in groupby(blocks, name):
        if key in ("ul", "ol"):
            found.append((key, list(run)))
        else:
            found.extend((key, [block]) for block in run)
    return found


def fit(image: Image, width: int, height: int) -> int:
    """The width in px at which `image` fits in `width` by `height`, never enlarged."""
    shown = min(width, image.width or width)
    if image.width and image.height:
        shown = min(shown, height * image.width // image.height)
    return max(shown, 1)


def wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    """Break `text` into lines of at most TEXT_WIDTH; an address is never broken.

    `first` stands before the first line, `rest` (default: the same) before the others.
    """
    rest = first if rest is None else rest
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += textwrap.wrap(
            re.sub(r"[ \t]+", " ", paragraph).strip(),
            TEXT_WIDTH,
            initial_indent=rest if lines else first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


FILTERS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (
        credit,
        fit,
        groups,
        inline,
        full_day,
        label,
        month,
        month_short,
        months,
        paragraphs,
        plain,
        shortened,
        teaser,
        wrapped,
    )
}
