"""Write inline HTML that every mail program and every XML parser reads.

In: any HTML, and the address its links are relative to. Out: text with a handful of
inline elements, properly nested, none empty, white space collapsed. Never: a script, a
handler, a style, a link that is not http, https or mailto.

Text is collected in *runs*, each with the elements around it, and written out afresh: what
comes out is well-formed by construction, and nh3 has the last word on every element in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape, unescape
from typing import NamedTuple
from urllib.parse import unquote_plus, urljoin, urlsplit

import nh3

from cxgreetz.markup.tree import NOT_XML, Element, attribute_of, classes_of, grow
from cxgreetz.model import is_tracking

#: Soft hyphens, zero-width and direction marks, private use: no reader sees them, mail
#: programs show some as boxes. A joiner between two emoji holds them together and stays.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffc\ue000-\uf8ff\U000f0000-\U0010ffff]"
    "|(?<![\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\u200d"
    "|\u200d(?![\u2600-\u27bf\U0001f000-\U0001faff])"
)
#: All white space except the non-breaking kinds and the spaces of a set width.
_SPACE = re.compile("[\t\n\x0b\x0c\r\x1c-\x20\x85\u2028\u2029]+")

#: An inline element of a page, and what it becomes; any other is unwrapped.
_SPELLING = {
    "a": "a",
    "sub": "sub",
    "sup": "sup",
    **dict.fromkeys(("strong", "b"), "strong"),
    **dict.fromkeys(("em", "i", "cite", "dfn", "var"), "em"),
    **dict.fromkeys(("code", "kbd", "samp", "tt"), "code"),
    **dict.fromkeys(("s", "strike", "del"), "s"),
}
_ALLOWED = {*_SPELLING.values(), "span", "br"}
_ATTRIBUTES = {"a": {"href"}, "span": {"lang"}}
_SCHEMES = {"http", "https", "mailto"}
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
#: Deeper nesting than this is an accident or an attack; the text stays, the element goes.
_DEEPEST = 8

#: An element of our own clean inline HTML; the group is a break. Parsers read no other piece
#: of such a text for anything but text.
_CLEAN_TAG = re.compile(
    r'<(?:(br/)|/?(?:strong|em|sub|sup|code|s)|a href="[^"]*"|span lang="[^"]*"|/a|/span)>'
)
#: Entities in clean inline HTML; where another stands, or two parsers might part the text
#: in two ways (at a joiner, in deep nesting), plain text is read the long way.
_CLEAN_ENTITY = re.compile(r"&(?:amp|lt|gt|quot);")
_MOST_CLEAN_TAGS = 200

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Elements whose content nobody reads. Empty ones that the parser does not know for empty
#: (`source`, `wbr`) are not among them: it puts what follows inside.
_UNREAD = _names("""
    applet area audio base canvas datalist dialog form frame frameset head iframe input link map
    meta meter nav noembed noframes object optgroup option output progress rp script select style
    svg template textarea title video""")
#: Elements that stand on lines of their own.
_BLOCK_LEVEL = _names("""
    address article aside blockquote body caption center dd details dir div dl dt fieldset
    figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu ol p pre
    search section summary table tbody td tfoot th thead tr ul""")
_UNFOLDING = {*HEADINGS, "summary", "dt"}
_EMOJI_CLASSES = {"emoji", "wp-smiley"}


class Wrap(NamedTuple):
    """An inline element around text."""

    tag: str
    #: Escaped, with the space before it: ` href="..."`.
    attribute: str = ""


class _Piece(NamedTuple):
    wraps: tuple[Wrap, ...]
    text: str

    @property
    def is_gap(self) -> bool:
        return not self.text or self.text.isspace()


def _tidy(text: str) -> str:
    """Take out what nobody sees, and make one space of all white space in a row."""
    printed = text.isascii() or ("\u034f" not in text and "\ufffc" not in text)
    if printed and text.isprintable() and "  " not in text:  # most are, and take a tenth
        return text
    text = NOT_XML.sub("", text)
    return _SPACE.sub(" ", text if text.isascii() else _UNSEEN.sub("", text))


class Runs:
    """Text as it is read, run by run, each with the elements around it."""

    def __init__(self) -> None:
        self._runs: list[_Piece] = []

    def add(self, text: str, wraps: tuple[Wrap, ...] = ()) -> None:
        """Add text as it stands in the source."""
        tidy = _tidy(text)
        core = tidy.strip(" ")
        if tidy.startswith(" "):
            self._runs.append(_Piece((), " "))
        if core:
            self._runs.append(_Piece(wraps, core))
            if tidy.endswith(" "):
                self._runs.append(_Piece((), " "))

    def add_break(self) -> None:
        self._runs.append(_Piece((), "\n"))

    @property
    def empty(self) -> bool:
        return all(piece.is_gap for piece in self._runs)

    @property
    def ends_with_break(self) -> bool:
        last = next((piece for piece in reversed(self._runs) if piece.text != " "), None)
        return last is not None and last.text == "\n"

    def take(self) -> str:
        """Write the runs as inline HTML, and start anew."""
        if not self._runs:
            return ""
        pieces = self._tidied()
        if not any(piece.wraps for piece in pieces):
            return escape("".join(p.text for p in pieces), quote=False).replace("\n", "<br/>")
        following: tuple[Wrap, ...] = ()
        for place in range(len(pieces) - 1, -1, -1):  # a gap belongs to what follows,
            if pieces[place].is_gap:
                pieces[place] = _Piece(following, pieces[place].text)
            following = pieces[place].wraps
        written: list[str] = []
        opened: tuple[Wrap, ...] = ()
        for piece in pieces:
            wraps, text = piece
            if piece.is_gap:  # as far as to what stands before it
                wraps = wraps[: _shared(opened, wraps)]
            common = _shared(opened, wraps)
            written += [f"</{wrap.tag}>" for wrap in reversed(opened[common:])]
            written += [f"<{wrap.tag}{wrap.attribute}>" for wrap in wraps[common:]]
            written.append(escape(text, quote=False).replace("\n", "<br/>"))
            opened = wraps
        written += [f"</{wrap.tag}>" for wrap in reversed(opened)]
        return _sanitised("".join(written))

    def take_text(self) -> str:
        """Write the runs as plain text, and start anew."""
        return "".join(piece.text for piece in self._tidied())

    def _tidied(self) -> list[_Piece]:
        """Give the pieces with no more space between them than a reader sees; start anew."""
        kept: list[_Piece] = []
        for piece in self._runs:
            if piece.is_gap and not kept:
                continue
            if piece.text == " " and kept[-1].text in (" ", "\n"):
                continue
            if piece.text == "\n":
                if kept[-1].text == " ":
                    kept.pop()
                if [p.text for p in kept[-2:]] == ["\n", "\n"]:
                    continue
            kept.append(piece)
        self._runs = []
        while kept and kept[-1].is_gap:
            kept.pop()
        if kept:
            kept[0] = _Piece(kept[0].wraps, kept[0].text.lstrip())
            kept[-1] = _Piece(kept[-1].wraps, kept[-1].text.rstrip())
        return kept


class Reader:
    """Goes through HTML as a reader does and collects the text with its inline elements."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.runs = Runs()
        self._wraps: tuple[Wrap, ...] = ()
        self._outer: list[tuple[Wrap, ...]] = []
        self._preformatted = self._headings = 0

    def read(self, root: Element) -> None:
        """Go through a tree in reading order, however deep."""
        opened: list[Element] = []
        rests: list[Iterator[Element | str]] = [iter((root,))]
        while True:
            for node in rests[-1]:
                if isinstance(node, str):
                    self._read_text(node)
                elif not (self.is_unread(node) or self.open(node)):
                    opened.append(node)
                    rests.append(iter(node.contents))
                    break
            else:
                rests.pop()
                if not rests:
                    return
                self.close(opened.pop())

    def is_unread(self, tag: Element) -> bool:
        """Whether nobody reads what is inside."""
        if tag.name == "button":  # in a heading it unfolds what follows, elsewhere it acts
            return not self._headings
        return tag.name in _UNREAD

    def open(self, tag: Element) -> bool:
        """Begin an element; True when it has been dealt with, inside and all."""
        if tag.name == "br":
            self.line_break()
            return True
        if tag.name == "img":
            self.picture(tag)
            return True
        if tag.name in _BLOCK_LEVEL:
            self.boundary(tag, opens=True)
        elif tag.name == "q":
            self.runs.add("“", self.wraps)
        self._outer.append(self._wraps)
        self._wraps += self._wraps_of(tag)
        self._preformatted += tag.name == "pre"
        self._headings += tag.name in _UNFOLDING
        return False

    def close(self, tag: Element) -> None:
        self._preformatted -= tag.name == "pre"
        self._headings -= tag.name in _UNFOLDING
        self._wraps = self._outer.pop()
        if tag.name in _BLOCK_LEVEL:
            self.boundary(tag, opens=False)
        elif tag.name == "q":
            self.runs.add("”", self.wraps)

    @property
    def wraps(self) -> tuple[Wrap, ...]:
        """The inline elements around what is read now."""
        return self._wraps

    def line_break(self) -> None:
        self.runs.add_break()

    def boundary(self, _tag: Element, *, opens: bool) -> None:  # noqa: ARG002
        """What stands on lines of its own begins or ends."""
        self.runs.add_break()

    def picture(self, tag: Element) -> None:
        """An emoji that a site has made a picture of is read as the character it was."""
        if emoji := emoji_of(tag):
            self.runs.add(emoji, self.wraps)

    def _read_text(self, text: str) -> None:
        lines = text.split("\n") if self._preformatted else [text]
        for number, line in enumerate(lines):
            if number:
                self.runs.add_break()
            self.runs.add(line, self.wraps)

    def _wraps_of(self, tag: Element) -> tuple[Wrap, ...]:
        name = _SPELLING.get(tag.name)
        if not name and not tag.attrs:
            return ()
        attribute: str | None = ""
        if name == "a":
            link = clean_link(attribute_of(tag, "href"), self.base_url)
            attribute = f' href="{escape(link)}"' if link else None
        found = []
        if name and attribute is not None and all(wrap.tag != name for wrap in self._wraps):
            found.append(Wrap(name, attribute))
        language = attribute_of(tag, "lang") or attribute_of(tag, "xml:lang")
        if tag.name not in _BLOCK_LEVEL and _LANGUAGE_TAG.fullmatch(language):
            found.append(Wrap("span", f' lang="{language}"'))
        fresh = [wrap for wrap in found if wrap not in self._wraps]
        return tuple(fresh) if len(self._wraps) < _DEEPEST else ()


def clean_inline(html: str, base_url: str = "") -> str:
    """Give `html` as inline HTML for email, links absolute; what stands on lines of its own
    is parted by breaks, pictures are left out.

    Kept: a[href], strong, em, sub, sup, code, s, br, and span where it names a language.
    Well-formed XML inside one root; the only entities are &amp; &lt; &gt; &quot;.
    """
    reader = Reader(base_url)
    reader.read(grow(html))
    return reader.runs.take()


@lru_cache(maxsize=512)  # of each block it is asked by whoever looks at a post
def plain_text(html: str) -> str:
    """Give inline HTML as it is read: breaks as line ends, of a link its text only."""
    if "<" in html:
        if runs := _clean_runs(html):
            return runs.take_text()
        return _text_in(grow(html))
    return _tidy(unescape(html)).strip()


def _text_in(root: Element) -> str:
    reader = Reader("")
    reader.read(root)
    return reader.runs.take_text()


def _clean_runs(html: str) -> Runs | None:
    """Read our own inline HTML without a parser; None when it may not be that."""
    texts = _CLEAN_TAG.split(html)
    strange = "<" in (bare := "".join(texts[::2])) or "&" in _CLEAN_ENTITY.sub("", bare)
    if strange or "\u200d" in bare or len(texts) > 2 * _MOST_CLEAN_TAGS:
        return None
    runs = Runs()
    for place, text in enumerate(texts):
        if place % 2 == 0:
            runs.add(unescape(text))
        elif text:
            runs.add_break()
    return runs


def links_of(html: str) -> list[str]:
    """Give where the links of inline HTML lead, in order."""
    return [attribute_of(tag, "href") for tag in grow(html).find_all("a") if "href" in tag.attrs]


def text_of_links(html: str) -> list[str]:
    """Give what is read of each link of inline HTML."""
    return [_text_in(tag) for tag in grow(html).find_all("a")]


@lru_cache(maxsize=2048)
def clean_link(href: str, base_url: str) -> str | None:
    """Write a link absolute and without tracking; None when it leads nowhere in an email."""
    href = re.sub(r"[\t\n\r]", "", _UNSEEN.sub("", NOT_XML.sub("", href)).strip())
    if href in ("", "#"):
        return None
    try:
        parts = urlsplit(urljoin(base_url, href.replace(" ", "%20")))
        nowhere = parts.scheme in ("http", "https") and not parts.hostname
        _ = parts.port  # ValueError when it is no number or too large a one
    except ValueError:
        return None
    if nowhere or parts.scheme not in _SCHEMES:
        return None
    if parts.scheme != "mailto":
        kept = [p for p in parts.query.split("&") if not is_tracking(_parameter(p))]
        parts = parts._replace(query="&".join(kept))
    link = parts.geturl()
    accepted = _sanitised(f'<a href="{escape(link)}">x</a>')
    return link if " href=" in accepted else None


def emoji_of(tag: Element) -> str:
    """Give the character an `img` stands for ("" when it is a picture like any other)."""
    alt, source = attribute_of(tag, "alt"), attribute_of(tag, "src")
    drawn = classes_of(tag) & _EMOJI_CLASSES or "/images/core/emoji/" in source
    return alt if drawn and len(alt) <= 16 else ""


def _parameter(part: str) -> str:
    return unquote_plus(part.partition("=")[0])


def _shared(one: tuple[Wrap, ...], other: tuple[Wrap, ...]) -> int:
    """Count how many elements around two pieces are the same ones."""
    common = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        common += 1
    return common


def _sanitised(inline: str) -> str:
    """Let nh3 take out whatever is not allowed; it writes HTML, so respell it as XML."""
    clean = _cleaner().clean(inline)
    return clean.replace("<br>", "<br/>").replace("&nbsp;", "\xa0")


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(tags=_ALLOWED, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None)
