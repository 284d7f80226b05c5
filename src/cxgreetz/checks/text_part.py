"""The check of the text part: does it say what the HTML says?

In: the views and both parts of their email. Out: Findings. Never: a judgement on its layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from cxgreetz.checks._found import Subject, found, one_line, page_of, short, words_in
from cxgreetz.model import EmailView, Finding, ItemView, Severity

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_ADDRESS = re.compile(r"https?://[^\s<>]+", re.I)
#: Where a link leads, as the text tells it behind the link's words.
_TOLD = re.compile(r" ?<https?://[^\s<>]+>", re.I)
_REMEDY = "let the template's email.txt say what its email.mjml says"


def text_parity(subject: Subject) -> Iterator[Finding]:
    """Who reads the plain text misses no title, no link and no name.

    Watches, braille lines and many careful readers show the text part and not the HTML.
    """
    # A joiner keeps words of a column from being read as one of our own links.
    text = subject.email.text.replace("\u2060", "")
    flat = one_line(text).casefold()
    shown, web = subject.visible.casefold(), {anchor.page for anchor in subject.anchors}
    linked = {page_of(address.rstrip(".,;:)")) for address in _ADDRESS.findall(text)}
    for view, item in subject.items:
        title = one_line(item.title).casefold()
        if title and title in shown and title not in flat:
            yield _lost((view, item), f"the title “{short(item.title)}”")
        # Whether it counts readers or not, it is the same page.
        page = page_of(item.url)
        if page in web and page not in linked:
            yield _lost((view, item), f"the link to “{short(item.title)}”")
    yield from _credits(subject, text, shown)
    titles = {one_line(item.title).casefold() for _view, item in subject.items}
    bare = _letters(_TOLD.sub("", one_line(text)))
    for element, look in subject.light.items():
        if element.tag not in _HEADINGS or look.hidden:
            continue
        words = words_in(element)
        heading = words.casefold()
        said = heading in flat or _letters(words) in bare
        if not said and not any(title and title in heading for title in titles):
            yield _lost(subject.email.language, f"the heading “{short(words)}”")


def _letters(text: str) -> str:
    """What of `text` stands in both parts, however its lines break and its addresses are told."""
    return re.sub(r"[\s<>]", "", text).casefold()


def _credits(subject: Subject, text: str, shown: str) -> Iterator[Finding]:
    """The names that the HTML gives at every column stand at each of them in the text too."""
    items = list(subject.items)
    starts = sorted(
        (match.start(), title)
        for title in {item.title for _view, item in items}
        for match in _at_line_start(title).finditer(text)
    )
    said: dict[str, str] = {}
    for (start, title), (end, _next) in pairwise([*starts, (len(text), "")]):
        said[title] = f"{said.get(title, '')} {one_line(text[start:end]).casefold()}"
    for names in ([i.author for _v, i in items], [i.publication for _v, i in items]):
        for (view, item), name in zip(items, names, strict=True):
            key = one_line(name or "").casefold()
            # In fewer places than columns, the HTML does not say it of each of them.
            if not key or shown.count(key) < names.count(name) or item.title not in said:
                continue
            if key not in said[item.title]:
                yield _lost((view, item), f"the name {name} at “{short(item.title)}”")


def _at_line_start(title: str) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, title.split())) or r"(?!)"
    return re.compile(rf"^[^\w\n]*\d*[^\w\n]*{words}", re.M | re.I)


def _lost(where: str | tuple[EmailView, ItemView], what: str) -> Finding:
    return found(text_parity, Severity.ERROR, where, f"{what} is not in the text part", _REMEDY)
