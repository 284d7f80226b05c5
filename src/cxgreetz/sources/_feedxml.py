"""Make a feed's XML fit to be parsed, before feedparser sees it.

In: the text of an answer. Out: well-formed XML within limits, without what is too old.
Never: an entity or DTD resolved, a network, a time that grows out of hand.

feedparser takes 3 ms for an entry, but a minute for one element with 100,000 attributes or
for 5 MB that are not well-formed; lxml takes a fraction of a second for either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html.entities import html5

from lxml import etree

from cxgreetz.dates import parse_date
from cxgreetz.ports import mark_of

#: What no blog writes.
MAX_ENTRIES = 5000
_MAX_ATTRIBUTES, _MAX_NAMESPACES, _MAX_DEPTH = 100, 100, 100

_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)
_PAGE = re.compile(r"<(?:html|head|body)\b", re.IGNORECASE)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Either text in which "&" means nothing, or an "&" with the name that may follow it.
_AMPERSAND = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|&(#?\w{1,32};)?", re.DOTALL)
_LAST_CODE = 0x10FFFF
_OWN_ENTITIES = ("amp;", "lt;", "gt;", "quot;", "apos;")
_ENTRY_START = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)\b", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
#: What a feed says once of all its entries.
_OF_ALL = ("language", "author", "creator", "managingEditor")
_DATES = ("pubDate", "published", "issued", "date", "created", "updated", "modified")


class BadFeedError(ValueError):
    """Why a text cannot be read as a feed; continues a sentence that begins with its address."""


@dataclass(frozen=True, slots=True)
class FeedXml:
    xml: bytes
    #: How many entries were left out because they are too old.
    older: int
    #: Whether the text breaks off in the middle of an entry, which is then left out.
    broken_off: bool
    #: The marks of the entries it holds, in order.
    marks: tuple[str, ...] = ()
    #: The marks of those left out because something was made of them before.
    made: tuple[str, ...] = ()


def is_feed(text: str) -> bool:
    """Whether a text is RSS or Atom, whatever it was called on the way."""
    feed, page = _ROOT.search(text, 0, 65536), _PAGE.search(text, 0, 65536)
    return feed is not None and (page is None or feed.start() < page.start())


def writable(text: str) -> str:
    """Leave out what XML cannot hold."""
    return _NOT_XML.sub("", text)


def prepare_feed(
    text: str, since: datetime | None = None, is_made: Callable[[str], bool] = lambda _mark: False
) -> FeedXml:
    """Repair a feed if need be and hold it to limits; leave out entries from before `since`,
    and those of which something was made before, by their marks.

    Raises BadFeedError.
    """
    start = _ROOT.search(text)
    if start is None:
        raise BadFeedError("is no feed")
    text = text[start.start() :]  # what defines entities stands before the root
    root, broken_off = _parse(text), False
    if root is None:
        text = _repaired(text)
        root = _parse(text)
    if root is None:
        kept = _without_half_an_entry(text)
        broken_off = kept != text
        root = _parse(kept, recover=True)
        if root is not None and not broken_off and next(_entries(root), None) is None:
            root = None  # an empty feed is no damaged one
    if root is None:
        raise BadFeedError("is a feed too damaged to read; its site must mend it")
    old = [e for e in _entries(root) if (when := _published(e)) and when < since] if since else []
    _take_out(old)
    _hold_to_limits(root)
    shared: dict[etree._Element | None, str] = {}
    for parent in {entry.getparent() for entry in _entries(root)}:
        shared[parent] = _said_once(root, parent)
    marked = [(entry, _mark(shared[entry.getparent()], entry)) for entry in _entries(root)]
    made = [(entry, mark) for entry, mark in marked if is_made(mark)]
    _take_out([entry for entry, _mark in made])
    for entry in _entries(root):
        _keep_whole(entry)
    xml: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    known = {mark for _entry, mark in made}
    marks = tuple(mark for _entry, mark in marked if mark not in known)
    return FeedXml(xml, len(old), broken_off, marks, tuple(mark for _entry, mark in made))


def _parse(text: str, *, recover: bool = False) -> etree._Element | None:
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None


def _repaired(text: str) -> str:
    """Mend what feeds break most: HTML's entities, bare ampersands, control characters."""

    def mended(match: re.Match[str]) -> str:
        name: str | None = match.group(1)
        if match.group() != "&" and name is None:
            return match.group()  # CDATA or a comment
        if name in _OWN_ENTITIES:
            return match.group()
        if name and (number := re.fullmatch(r"#(?:(\d{1,7})|[xX]([\da-fA-F]{1,6}));", name)):
            code = int(number[1]) if number[1] else int(number[2], 16)
            return f"&#{code};" if code <= _LAST_CODE and writable(chr(code)) else ""
        if name in html5:
            return "".join(f"&#{ord(char)};" for char in html5[name])
        return f"&amp;{name or ''}"

    return _AMPERSAND.sub(mended, writable(text))


def _without_half_an_entry(text: str) -> str:
    """Cut a text that breaks off behind its last whole entry, or before its first one."""
    root = re.match(r"<([\w:.-]+)", text)
    if root and re.search(rf"</{re.escape(root.group(1))}\s*>", text[-2000:]):
        return text
    ends = [match.end() for match in _ENTRY_END.finditer(text)]
    first = _ENTRY_START.search(text)
    return text[: ends[-1]] if ends else text[: first.start()] if first else text


def _hold_to_limits(root: etree._Element) -> None:
    entries = depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "end":
            continue
        entries += _name(element) in ("item", "entry")
        for count, limit, what in (
            (entries, MAX_ENTRIES, "entries"),
            (len(element.attrib), _MAX_ATTRIBUTES, "attributes on one element"),
            (len(element.nsmap), _MAX_NAMESPACES, "namespaces"),
            (depth, _MAX_DEPTH, "levels of elements"),
        ):
            if count > limit:
                raise BadFeedError(f"has more than {limit} {what}, which no blog's feed has")


def _take_out(entries: Iterable[etree._Element]) -> None:
    for entry in entries:
        parent = entry.getparent()
        if parent is not None:
            entry.tail = None
            parent.remove(entry)


def _keep_whole(entry: etree._Element) -> None:
    """Write the texts of an entry as CDATA: of escaped markup feedparser makes a hundred bits."""
    for child in entry:
        text = child.text
        if text and not len(child) and "<" in text and "]]>" not in text:
            child.text = etree.CDATA(text)


def _said_once(root: etree._Element, parent: etree._Element | None) -> str:
    """Give what a feed says once of all the entries of a parent."""
    said = [*root.attrib.items()]
    # In RDF the channel stands beside its items.
    channels = [child for child in root if _name(child) == "channel"]
    for part in {id(p): p for p in (root, parent, *channels) if p is not None}.values():
        for child in part:
            if _name(child) in _OF_ALL:
                said.append((_name(child), "".join(map(str, child.itertext()))))
    return repr(said)


def _mark(said_once: str, entry: etree._Element) -> str:
    return mark_of(said_once, etree.tostring(entry, encoding="utf-8", with_tail=False))


def _entries(root: etree._Element) -> Iterator[etree._Element]:
    return (element for element in root.iter() if _name(element) in ("item", "entry"))


def _published(entry: etree._Element) -> datetime | None:
    stated = {_name(child): child.text for child in reversed(entry)}
    found = (parse_date(stated.get(name)) for name in _DATES)
    return next((when for when in found if when), None)


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
