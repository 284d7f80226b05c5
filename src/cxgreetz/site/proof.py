"""Look through a site that was built: does every link lead somewhere, is it told both ways?

In: the files of a site, and where it will stand. Out: what is wrong, in words. Never: a network.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urldefrag, urlsplit

from lxml import etree
from lxml import html as lxml_html

from cxgreetz.site.places import SITEMAP, Places

_XHTML = "{http://www.w3.org/1999/xhtml}link"


def faults_in(files: Mapping[str, bytes], url: str = "") -> list[str]:
    """Say what is wrong with a site; [] for a whole one.

    Links within the site that lead nowhere; a page in another language that does not name this
    one back; a sitemap that lists other pages than those that count.
    """
    return [*_loose_ends(files, url), *_one_way(files, url), *_unlisted(files, url)]


def _pages(files: Mapping[str, bytes]) -> Iterator[tuple[str, lxml_html.HtmlElement]]:
    for name, content in files.items():
        if name.endswith((".html", ".htm")):
            yield name, lxml_html.document_fromstring(content.decode())


def _inside(file: str, href: str, url: str) -> str | None:
    """The file of the site that a link leads to; None: it leads elsewhere."""
    href, _part = urldefrag(href)
    if url and href.startswith(url):
        within = href.removeprefix(url)
    elif urlsplit(href).scheme or href.startswith("//"):
        return None
    elif not href:
        return file
    else:
        within = posixpath.normpath(posixpath.join(posixpath.dirname(file), href))
        within += "/" if href.endswith("/") or href in (".", "..") else ""
    within = unquote(within.removeprefix("./"))
    return Places.file("" if within in (".", "./") else within)


def _loose_ends(files: Mapping[str, bytes], url: str) -> Iterator[str]:
    for name, page in _pages(files):
        ids = set(page.xpath("//@id"))
        for href in page.xpath("//@href"):
            there = _inside(name, href, url)
            if there is not None and there not in files:
                yield f"{name} links to {href}, which is not there"
            if href.startswith("#") and href[1:] not in ids:
                yield f"{name} links to {href}, which is nowhere in it"


def _one_way(files: Mapping[str, bytes], url: str) -> Iterator[str]:
    led: dict[str, dict[str, str | None]] = {}
    for name, page in _pages(files):
        alternates = page.xpath("//link[@rel='alternate'][@hreflang][not(@type)]")
        led[name] = {
            a.get("hreflang", ""): _inside(name, a.get("href", ""), url) for a in alternates
        }
    for name, alternates in led.items():
        for language, there in alternates.items():
            if there in led and name not in led[there].values():
                yield f"{name} names {there} as its like in {language}, and not the other way round"


def _unlisted(files: Mapping[str, bytes], url: str) -> Iterator[str]:
    if not url or SITEMAP not in files:
        return
    root = etree.fromstring(files[SITEMAP])
    listed = {_inside("", str(loc.text), url) or str(loc.text) for loc in root.iter("{*}loc")}
    pages = {name: page.xpath("//link[@rel='canonical']/@href") for name, page in _pages(files)}
    count = {
        name for name, named in pages.items() if all(_inside(name, c, url) == name for c in named)
    }
    yield from (f"{name} is not in the sitemap" for name in sorted(count - listed))
    for name in sorted(listed - count):
        what = "counts elsewhere" if name in pages else "is not there"
        yield f"the sitemap lists {name}, which {what}"
