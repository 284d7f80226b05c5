"""The sitemap: every page that counts for search engines, and its like in the other language.

In: a Home that knows where it stands. Out: XML as sitemaps.org 0.9 and its `xhtml:link` have it.
Never: a page of somebody else, nor one that names somebody else's as canonical: a page that is
listed is one that is proposed for search results (developers.google.com/search, "Build and submit
a sitemap").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from lxml import etree

from cxgreetz.model import iso
from cxgreetz.site.home import Home

_MAP, _XHTML = "http://www.sitemaps.org/schemas/sitemap/0.9", "http://www.w3.org/1999/xhtml"
_NAMES: Any = {None: _MAP, "xhtml": _XHTML}
#: A page, when it last changed, and the same by language ("x-default": for everybody).
Entry = tuple[str, datetime | None, Sequence[tuple[str, str]]]


def write_sitemap(home: Home) -> bytes:
    """Write the sitemap of a site that has an address."""
    root = etree.Element(f"{{{_MAP}}}urlset", nsmap=_NAMES)
    for address, changed, alternates in _entries(home):
        entry = etree.SubElement(root, f"{{{_MAP}}}url")
        etree.SubElement(entry, f"{{{_MAP}}}loc").text = home.places.on_web(address)
        if changed:
            etree.SubElement(entry, f"{{{_MAP}}}lastmod").text = iso(changed)
        for language, there in alternates:
            stated = {"rel": "alternate", "hreflang": language, "href": home.places.on_web(there)}
            etree.SubElement(entry, f"{{{_XHTML}}}link", stated)
    written: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written


def _entries(home: Home) -> Iterator[Entry]:
    places = home.places
    fronts = [(one, places.index(one)) for one in home.languages]
    latest = max((public.updated for public in home.letters), default=None)
    for address in ("", *(there for _one, there in fronts)):
        yield address, latest, [*fronts, ("x-default", "")]
    for public in home.letters:
        same = [
            (one, places.letter(one, public.edition))
            for one in home.languages
            if (one, public.edition) in home.by_place
        ]
        address = places.letter(public.language, public.edition)
        yield address, public.updated, [*same, ("x-default", same[0][1])]
    for (language, key), column in home.columns.items():
        if not home.elsewhere(column):
            yield places.column(language, key), column.public.updated, []
