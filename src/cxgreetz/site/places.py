"""Where each page of the site stands, and how one leads to another.

In: an edition, a language, a piece's key. Out: an address within the site ("nl/2026-11/"), its
file, a link from another page, its address on the web. Never: a place outside the site, whatever
a piece is called.
"""

from __future__ import annotations

import posixpath
import re
from hashlib import sha256
from urllib.parse import urlsplit

_PLAIN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: A segment of an address that is a file's name on every system.
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")
#: Names that Windows keeps for devices, and one that a letter's page may have.
_TAKEN = re.compile(r"con|prn|aux|nul|com\d|lpt\d|\d{4}-\d{2}")
_LONGEST = 80

STYLE, SITEMAP, SOURCES = "style.css", "sitemap.xml", "sources.opml"
OWN_LETTERS = "{language}/{edition}/"


def slug(key: str) -> str:
    """Name a folder after a piece: its key, made safe; what that loses, a hash keeps apart."""
    if _PLAIN.fullmatch(key) and len(key) <= _LONGEST and not _TAKEN.fullmatch(key):
        return key
    words = "-".join(re.findall(r"[a-z0-9]+", key.lower()))[:60].strip("-")
    return f"{words or 'column'}-{sha256(key.encode('utf-8', 'replace')).hexdigest()[:8]}"


class Places:
    """The addresses of one site."""

    def __init__(self, url: str = "", web: str = "") -> None:
        self.url = url
        self._letters = _pattern(url, web)

    def index(self, language: str) -> str:
        return f"{language}/"

    def letter(self, language: str, edition: str) -> str:
        return self._letters.format(language=language, edition=edition)

    def column(self, language: str, key: str) -> str:
        return f"{language}/columns/{slug(key)}/"

    def atom(self, language: str) -> str:
        return f"{language}/feed.xml"

    def json(self, language: str) -> str:
        return f"{language}/feed.json"

    @staticmethod
    def file(address: str) -> str:
        """Give the file of an address, within the site's folder."""
        return f"{address}index.html" if not address or address.endswith("/") else address

    def on_web(self, address: str) -> str:
        """Give the whole address; "" where nobody said where the site will stand."""
        return f"{self.url}{address}" if self.url else ""

    def link(self, here: str, there: str) -> str:
        """Lead from one page to another, wherever the site stands.

        Without an address on the web the site is opened from a disk, where a folder is no page.
        """
        start, file = posixpath.dirname(f"/{here}"), self.file(there)
        led = posixpath.relpath(f"/{file}", start)
        if self.url and file != there:
            led = led.removesuffix("index.html") or "./"
        return led


def _pattern(url: str, web: str) -> str:
    """Where the letters stand within the site: as the emails say, if that is on it."""
    if not url or not web.startswith(url):
        return OWN_LETTERS
    within = web.removeprefix(url)
    parts = urlsplit(within)
    filled = within.replace("{language}", "nl").replace("{edition}", "2026-11")
    segments = filled.rstrip("/").split("/")
    is_safe = all(_SEGMENT.fullmatch(one) for one in segments) and parts.path == within
    if not is_safe or segments[1:2] == ["columns"] or filled == "nl":
        return OWN_LETTERS
    return within if within.endswith(("/", ".html", ".htm")) else f"{within}/"
