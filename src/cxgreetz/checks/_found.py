"""What every check looks at, and how it tells what it found.

In: the views, the email made of them, and what is known of its links and pictures. Out: a
Subject with what several checks read from it, and Findings. Never: a verdict of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from urllib.parse import parse_qsl, urlsplit

from lxml import html as lxml_html

from cxgreetz.checks._looks import Look, looks, texts_in
from cxgreetz.model import (
    Carried,
    Email,
    EmailView,
    Finding,
    Image,
    ItemView,
    Language,
    LinkAnswer,
    PictureFacts,
    Severity,
    canonical_url,
)

#: What only counts readers: Google's names for it, which every site's statistics read.
UTM = "utm_"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link of the HTML."""

    href: str
    #: What is read of it: its words, of a picture in it the description.
    text: str
    #: Which page it leads to (`page_of`).
    page: str


@dataclass(frozen=True)
class Subject:
    """What the checks look at."""

    views: Sequence[EmailView]
    email: Email
    #: Gives the language of a text when it is sure, else None.
    detect: Callable[[str], Language | None]
    #: By source: why what it gave last may not be the whole of it, and whether it gave some.
    alarms: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    #: By address: what came back when it was followed; what is missing was never followed.
    answers: Mapping[str, LinkAnswer] = field(default_factory=dict)
    #: By address: what a picture turned out to be; what is missing was never fetched.
    pictures: Mapping[str, PictureFacts] = field(default_factory=dict)
    #: By piece: in which edition, and as what, it went out before.
    carried: Mapping[str, Carried] = field(default_factory=dict)
    #: The views of the edition's other emails.
    sisters: Sequence[EmailView] = ()
    #: Bytes that the provider adds to every link when it counts clicks.
    link_overhead: int = 0

    @property
    def items(self) -> Iterator[tuple[EmailView, ItemView]]:
        return ((view, item) for view in self.views for item in view.items)

    @property
    def document(self) -> lxml_html.HtmlElement:
        return _seen(self.email.html).document

    @cached_property
    def anchors(self) -> list[Anchor]:
        """Every link of the HTML, in order."""
        return [
            Anchor(href, words_in(a), page_of(href))
            for a in self.document.iter("a")
            if (href := a.get("href")) is not None
        ]

    @property
    def light(self) -> Mapping[lxml_html.HtmlElement, Look]:
        """How every element is shown on a device that is light."""
        return _seen(self.email.html).light

    @property
    def dark(self) -> Mapping[lxml_html.HtmlElement, Look]:
        """How every element is shown on a device that is dark."""
        return _seen(self.email.html).dark

    @cached_property
    def visible(self) -> str:
        """The words of the HTML that a reader sees, in one line."""
        return one_line("".join(text for text, _look in texts_in(self.light)))


class _Seen:
    """The HTML of an email as it is read and seen; nobody writes in it."""

    def __init__(self, html: str) -> None:
        self.document = lxml_html.document_fromstring(html)

    @cached_property
    def light(self) -> Mapping[lxml_html.HtmlElement, Look]:
        return looks(self.document, dark=False)

    @cached_property
    def dark(self) -> Mapping[lxml_html.HtmlElement, Look]:
        return looks(self.document, dark=True)


@lru_cache(maxsize=6)  # the same few emails are checked again with every page that shows them
def _seen(html: str) -> _Seen:
    return _Seen(html)


Check = Callable[[Subject], Iterator[Finding]]
Place = str | tuple[EmailView, ItemView] | tuple[EmailView, ItemView, int]


def found(
    check: Check,
    severity: Severity,
    where: Place,
    message: str,
    remedy: str,
    excerpt: str = "",
) -> Finding:
    """`where` is a language, or an item, or the n-th paragraph of an item."""
    if isinstance(where, str):
        return Finding(check.__name__, severity, where, message, remedy, excerpt=excerpt)
    view, item, *paragraph = where
    place = f"{view.language}: {item.key}" + "".join(f", paragraph {n}" for n in paragraph)
    number = next(iter(paragraph), None)
    return Finding(check.__name__, severity, place, message, remedy, item.key, number, excerpt)


def page_of(href: str) -> str:
    """Which page a link leads to, whoever counts its readers; what is no web address: itself."""
    try:
        is_web = urlsplit(href.strip()).scheme.lower() in ("http", "https")
        return canonical_url(href) if is_web else href.strip()
    except ValueError:
        return href.strip()


def parameters_of(href: str) -> dict[str, str]:
    """The parameters of an address; none where it cannot be read."""
    try:
        return dict(parse_qsl(urlsplit(href).query, keep_blank_values=True))
    except ValueError:
        return {}


def pictures_of(item: ItemView) -> Iterator[Image]:
    """The picture of an item, and those in its text."""
    for image in (item.image, *(block.image for block in item.blocks)):
        if image is not None:
            yield image


def words_in(element: lxml_html.HtmlElement) -> str:
    """What is read of an element: its words, and of its pictures the descriptions."""
    alts = (image.get("alt") or "" for image in element.iter("img"))
    return one_line(" ".join([str(element.text_content()), *alts]))


def one_line(text: str) -> str:
    """`text` with a single space wherever it had white space."""
    return " ".join(text.split())


def short(text: str, length: int = 60) -> str:
    """The beginning of `text`, at most `length` characters."""
    text = one_line(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def counted(count: int, noun: str) -> str:
    """ "1 link", "3 links"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
