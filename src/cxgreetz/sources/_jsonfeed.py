"""Read JSON Feed, versions 1 and 1.1 (jsonfeed.org).

In: the text of an answer. Out: its entries, and where the older ones are. Never: a feed
known by its name or content type; what it says of itself decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urljoin

from cxgreetz.dates import parse_date
from cxgreetz.ports import mark_of
from cxgreetz.sources._feedxml import MAX_ENTRIES
from cxgreetz.sources._reading import LONGEST_LINE, Draft, FeedEntry, FeedPage, load_json


def read_json_feed(text: str, url: str) -> FeedPage | None:
    """Read the feed that was answered at `url`; None when the text is no JSON Feed.

    Of a feed with more than MAX_ENTRIES entries one more is given, to tell it by.
    """
    feed = _object(text)
    version = feed.get("version")
    if not isinstance(version, str) or "jsonfeed.org/version/1" not in version:
        return None
    items = feed.get("items")
    entries = [
        _entry(item, feed, url)
        for item in (items if isinstance(items, list) else [])[: MAX_ENTRIES + 1]
        if isinstance(item, dict)
    ]
    following = _text(feed, "next_url")
    return FeedPage(url, entries, urljoin(url, following) if following and entries else None)


def _object(text: str) -> Mapping[str, Any]:
    if text.lstrip()[:1] != "{":
        return {}
    try:
        found = load_json(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _entry(item: Mapping[str, Any], feed: Mapping[str, Any], url: str) -> FeedEntry:
    # The id may be a number, although it should not be.
    number = item.get("id")
    identity = str(number) if isinstance(number, (str, int, float)) else ""
    html, tags = _html(item), item.get("tags")
    link = _text(item, "url") or (identity if identity.startswith("http") else "")
    image = _text(item, "image") or _text(item, "banner_image")
    draft = Draft(
        url=urljoin(url, link) if link else "",
        title=" ".join(_text(item, "title")[:LONGEST_LINE].split()),
        html=html,
        guid=identity or None,
        published=parse_date(_text(item, "date_published") or _text(item, "date_modified")),
        updated=parse_date(_text(item, "date_modified")),
        author=_author(item) or _author(feed),
        tags=tuple(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else (),
        image=urljoin(url, image) if image else None,
        language=_text(item, "language") or _text(feed, "language") or None,
    )
    has_content = bool(_text(item, "content_html") or _text(item, "content_text"))
    draft.mark = mark_of(repr(draft))
    return FeedEntry(f"{identity} {link}", draft, has_content)


def _html(item: Mapping[str, Any]) -> str:
    """Give the fullest text there is, as HTML; of plain text an empty line parts paragraphs."""
    if html := _text(item, "content_html"):
        return html
    text = _text(item, "content_text") or _text(item, "summary")
    paragraphs = (part for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())
    return "".join(f"<p>{escape(part, quote=False)}</p>" for part in paragraphs)


def _author(named: Mapping[str, Any]) -> str | None:
    """Read `authors` (1.1), or `author` (1)."""
    authors = named.get("authors")
    people = authors if isinstance(authors, list) else [named.get("author")]
    names = [_text(person, "name").strip() for person in people if isinstance(person, dict)]
    return ", ".join(dict.fromkeys(filter(None, names))) or None


def _text(named: Mapping[str, Any], key: str) -> str:
    value = named.get(key)
    return value if isinstance(value, str) else ""
