"""Put a site together: which files there are, and what stands in each.

In: a Home. Out: bytes by place. Never: a file written.
"""

from __future__ import annotations

from collections.abc import Iterator

from cxgreetz.site import maps
from cxgreetz.site.feeds import entries_of, write_atom, write_json
from cxgreetz.site.home import Home
from cxgreetz.site.pages import Writer
from cxgreetz.site.places import SITEMAP, SOURCES, STYLE
from cxgreetz.sources._opml import write_opml


def build(home: Home) -> dict[str, bytes]:
    """Give every file of a site by its place in the folder.

    Feeds and the sitemap hold whole addresses: without `home.url` there are none. Raises
    ConfigError for a template whose words or colours are wrong.
    """
    return dict(sorted(_files(home)))


def _files(home: Home) -> Iterator[tuple[str, bytes]]:
    writer, places = Writer(home), home.places
    yield STYLE, writer.style().encode()
    pages = [("", writer.root())]
    pages += [(places.index(one), writer.index(one)) for one in home.languages]
    pages += [(places.letter(p.language, p.edition), writer.letter(p)) for p in home.letters]
    pages += [(places.column(*key), writer.column(column)) for key, column in home.columns.items()]
    for address, html in pages:
        yield places.file(address), html.encode()
    if home.sources:
        yield SOURCES, write_opml(home.newsletter, home.sources)
    if not home.url:
        return
    yield SITEMAP, maps.write_sitemap(home)
    for language in home.languages:
        entries = entries_of(home, writer, language)
        yield places.atom(language), write_atom(home, writer, language, entries)
        yield places.json(language), write_json(home, writer, language, entries)
