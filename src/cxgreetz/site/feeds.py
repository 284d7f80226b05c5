"""The feeds of a site: Atom (RFC 4287) and JSON Feed 1.1, of the same entries.

In: a Home that knows where it stands. Out: bytes. Never: more of a text than its page shows.

The newest letter comes first, then its columns, then the letter before it: who follows a feed
reads the columns without leaving it.

What a feed and its entries are called (`id`) never changes (RFC 4287, 4.2.6), so it is no address:
a site may move, and whoever reads it would see every letter anew. It is a name-based UUID (RFC
9562, 5.5) made of the moment of the newsletter's first approval, which no other newsletter shares
and nothing moves, and of what the entry is: a language with an edition, or with a piece.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from lxml import etree

from cxgreetz.model import Language, iso
from cxgreetz.site import text
from cxgreetz.site.home import Column, Home
from cxgreetz.site.pages import Writer

_ATOM = "http://www.w3.org/2005/Atom"
_NAMES: Any = {None: _ATOM}
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_JSON_FEED = "https://jsonfeed.org/version/1.1"
#: Drawn once by chance; another one would give every entry of every newsletter another name.
_NEWSLETTERS = UUID("1581e657-4243-48ac-98ba-c3d17144179b")
#: A feed tells what is new; whoever wants all has the site.
MOST_ENTRIES = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """A page as a feed tells it."""

    id: str
    #: The address of its page.
    url: str
    title: str
    html: str
    published: datetime
    updated: datetime
    summary: str = ""
    author: str = ""
    #: Where the text appeared first, and in which language; "": here.
    original: str = ""
    original_language: str = ""
    picture: str = ""


def entries_of(home: Home, writer: Writer, language: Language) -> list[Entry]:
    """The newest entries of a language, the newest first."""
    found: list[Entry] = []
    for entry in _entries(home, writer, language):
        found.append(entry)
        if len(found) == MOST_ENTRIES:
            break
    return found


def _entries(home: Home, writer: Writer, language: Language) -> Iterator[Entry]:
    for public in home.letters_in(language):
        view = public.letter.view
        first = text.picture(view.items[0].image) if view.items else None
        yield Entry(
            _identity(home, language, "letter", public.edition),
            home.places.on_web(home.places.letter(language, public.edition)),
            public.title,
            writer.letter_entry(public),
            public.published,
            public.updated,
            view.preheader,
            home.publisher,
            picture=first.src if first else "",
        )
        for item in public.letter.columns:
            column = home.columns[language, item.key]
            if column.public is public:
                yield _column(home, writer, column)


def _column(home: Home, writer: Writer, column: Column) -> Entry:
    item, public = column.item, column.public
    shown = text.picture(item.image)
    return Entry(
        _identity(home, column.language, "column", item.key),
        home.places.on_web(home.places.column(column.language, item.key)),
        item.title,
        writer.column_entry(column),
        public.published,
        public.updated,
        author=item.author or home.publisher,
        original=text.address(item.url),
        original_language=item.url_language,
        picture=shown.src if shown else "",
    )


def _identity(home: Home, language: Language, *what: str) -> str:
    """Name a feed, or an entry of it, for good."""
    since = home.since.astimezone(UTC).isoformat() if home.since else home.newsletter
    # A piece's key may hold what no name can.
    name = "\n".join([language, *what]).encode("utf-8", "replace").decode()
    return uuid5(uuid5(_NEWSLETTERS, since), name).urn


def write_atom(home: Home, writer: Writer, language: Language, entries: Sequence[Entry]) -> bytes:
    """Write the Atom feed of a language."""
    places = home.places
    root = etree.Element(_name("feed"), {_XML_LANG: str(language)}, nsmap=_NAMES)
    front = places.on_web(places.index(language))
    _add(root, "id", _identity(home, language))
    _add(root, "title", home.title(language))
    _add(root, "subtitle", home.descriptions.get(language) or writer.words(language)["about"])
    _add(root, "updated", _when(max((e.updated for e in entries), default=None)))
    _link(root, "self", places.on_web(places.atom(language)), type="application/atom+xml")
    _link(root, "alternate", front, type="text/html", hreflang=language)
    _add(etree.SubElement(root, _name("author")), "name", home.publisher)
    for entry in entries:
        one = etree.SubElement(root, _name("entry"))
        _add(one, "id", entry.id)
        _add(one, "title", entry.title)
        _link(one, "alternate", entry.url, type="text/html", hreflang=language)
        if entry.original:
            _link(one, "via", entry.original, hreflang=entry.original_language)
        _add(one, "published", _when(entry.published))
        _add(one, "updated", _when(entry.updated))
        _add(etree.SubElement(one, _name("author")), "name", entry.author)
        if entry.summary:
            _add(one, "summary", entry.summary)
        content = etree.SubElement(one, _name("content"), {"type": "html", _XML_LANG: language})
        content.text = text.possible(entry.html)
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written


def _name(tag: str) -> str:
    return f"{{{_ATOM}}}{tag}"


def _add(to: etree._Element, tag: str, value: str) -> None:
    etree.SubElement(to, _name(tag)).text = text.possible(value)


def _link(to: etree._Element, rel: str, href: str, **more: str) -> None:
    etree.SubElement(to, _name("link"), {"rel": rel, "href": href, **more})


def _when(moment: datetime | None) -> str:
    """A feed that has no entry yet has never changed, and must say when (RFC 4287, 4.2.15)."""
    return iso(moment) or "1970-01-01T00:00:00Z"


def write_json(home: Home, writer: Writer, language: Language, entries: Sequence[Entry]) -> bytes:
    """Write the JSON feed of a language."""
    places = home.places
    feed: dict[str, Any] = {
        "version": _JSON_FEED,
        "title": home.title(language),
        "home_page_url": places.on_web(places.index(language)),
        "feed_url": places.on_web(places.json(language)),
        "description": home.descriptions.get(language) or writer.words(language)["about"],
        "language": language,
        "authors": [{"name": home.publisher}],
        "items": [_item(entry, language) for entry in entries],
    }
    return text.possible(json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode()


def _item(entry: Entry, language: Language) -> dict[str, Any]:
    told = {
        "id": entry.id,
        "url": entry.url,
        "external_url": entry.original,
        "title": entry.title,
        "content_html": entry.html,
        "summary": entry.summary,
        "image": entry.picture,
        "date_published": iso(entry.published),
        "date_modified": iso(entry.updated),
        "language": language,
    }
    kept = {name: value for name, value in told.items() if value}
    return kept | {"authors": [{"name": entry.author}]}
