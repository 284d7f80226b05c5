"""Read the page of one post.

In: its HTML and address. Out: title, body, dates, author, and what the page says of
itself. Never: a network, "Title - Site" for a title, a commenter for an author.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cxgreetz.markup.inline import plain_text
from cxgreetz.markup.parts import (
    BODIES,
    author_name,
    author_of,
    body_of,
    chosen,
    date_in,
    dates_of,
    is_outside,
    language_of,
    link_in,
    tags_of,
    text_of,
)
from cxgreetz.markup.rules import Rules, load_rules
from cxgreetz.markup.tree import attribute_of, classes_of, parse
from cxgreetz.model import Selectors, address_key

if TYPE_CHECKING:
    from bs4 import Tag

_OWN_TITLES = "h1.entry-title, h1.post-title, h1.wp-block-post-title, h1[itemprop=headline]"
_OTHER_TITLES = (".h-entry h1.p-name", "article h1", "main h1", "h1", ".entry-title", "article h2")
_TITLE_GAP = re.compile(r"\s+[-–—|»·•]\s+")


@dataclass(frozen=True, slots=True)
class Article:
    """A post as its own page shows it."""

    title: str
    #: The body; None when the page has none that can be told from the rest.
    html: str | None
    #: Texts that say when it appeared, the most exact first.
    dates: tuple[str, ...] = ()
    updated: str | None = None
    author: str | None = None
    canonical: str | None = None
    #: (language, address) of this text in other languages.
    alternates: tuple[tuple[str, str], ...] = ()
    image: str | None = None
    tags: tuple[str, ...] = ()
    #: As declared, "nl".
    language: str | None = None


def read_article(
    html: str, url: str, rules: Rules | None = None, selectors: Selectors | None = None
) -> Article:
    """Read the page of a post at `url`.

    What `selectors` find comes before what is found out. Raises BadSelectorError.
    """
    rules, selectors = rules or load_rules(), selectors or Selectors()
    soup = parse(html)
    data = _structured_data(soup)
    body = next(iter(chosen(soup, selectors.body)), None)
    body = body or body_of(soup, rules, (*BODIES, "article", "main"))
    titles = (text_of(tag, rules) for tag in chosen(soup, selectors.title))
    title = next(filter(None, titles), None) or _title(soup, data, rules)
    own = (body.find_parent("article") if body else None) or soup
    stated = [date_in(tag) for tag in chosen(soup, selectors.date)]
    stated += filter(None, (_text(data, "datePublished"), _meta(soup, "article:published_time")))
    names = (author_name(text_of(tag, rules)) for tag in chosen(soup, selectors.author))
    language = language_of(soup) or (_text(data, "inLanguage") or "")[:2].lower() or None
    return Article(
        title=title,
        html=_body_html(body, title, rules) if body else None,
        dates=(*stated, *dates_of(own, body, rules), *dates_of(soup, body, rules)),
        updated=_text(data, "dateModified") or _meta(soup, "article:modified_time"),
        author=next(filter(None, names), None) or _author(soup, own, data, rules),
        canonical=link_in(soup.select_one("link[rel~=canonical]"), url),
        alternates=_alternates(soup, url, language),
        image=_meta(soup, "og:image"),
        tags=tags_of(own, rules),
        language=language,
    )


def is_one_post(html: str) -> bool:
    """Whether a page says of itself that it is the page of a single post.

    WordPress says so by classes; others by when it was published (ogp.me), which SEO plugins
    also say of a static page: that one has a class of its own.
    """
    soup = parse(html)
    classes = set(classes_of(soup.body)) if soup.body else set()
    if classes & {"archive", "blog", "home", "page"}:
        return False
    published = _meta(soup, "og:type") == "article" and _meta(soup, "article:published_time")
    return bool(published) or ("single" in classes and any("postid" in name for name in classes))


def _title(soup: Tag, data: dict[str, Any], rules: Rules) -> str:
    for tag in soup.select(_OWN_TITLES):
        if is_outside(tag, rules, "related", "comments") and (text := text_of(tag, rules)):
            return text
    if headline := _text(data, "headline"):
        return " ".join(plain_text(headline).split())
    for selector in _OTHER_TITLES:
        for tag in soup.select(selector):
            text = text_of(tag, rules)
            if text and is_outside(tag, rules) and "site-title" not in classes_of(tag):
                return text
    whole = _meta(soup, "og:title") or (soup.title.get_text() if soup.title else "")
    return _without_site(" ".join(whole.split()), _meta(soup, "og:site_name"))


def _without_site(title: str, site: str | None) -> str:
    """Take the site's name off "Title - Site"; unnamed, the last part is taken for it."""
    parts = _TITLE_GAP.split(title)
    if len(parts) > 1 and site in (None, parts[-1].strip()):
        return title[: title.rindex(parts[-1])].rstrip(" -–—|»·•")
    return title


def _author(soup: Tag, own: Tag, data: dict[str, Any], rules: Rules) -> str | None:
    stated = data.get("author")
    while isinstance(stated, list):
        stated = stated[0] if stated else None
    if isinstance(stated, dict):
        stated = stated.get("name")
    for name in (stated, _meta(soup, "author"), _meta(soup, "article:author")):
        if isinstance(name, str) and (found := author_name(plain_text(name))):
            return found
    return author_of(own, rules) or author_of(soup, rules)


def _alternates(soup: Tag, url: str, language: str | None) -> tuple[tuple[str, str], ...]:
    found = {}
    for tag in soup.find_all("link", hreflang=True, href=True):
        other = re.split(r"[-_]", attribute_of(tag, "hreflang").lower())[0]
        link = link_in(tag, url)
        if link and other not in ("x", language) and address_key(link) != address_key(url):
            found[other] = link
    return tuple(found.items())


def _body_html(body: Tag, title: str, rules: Rules) -> str:
    """Write out the body without what a whole `article` or `main` has around the text."""
    for tag in body.find_all("h1"):
        if text_of(tag, rules) == title:
            tag.decompose()
    if body.name in ("article", "main"):
        for tag in body.select("header, footer, time, .entry-title, .post-title"):
            tag.decompose()
    return body.decode_contents()


def _structured_data(soup: Tag) -> dict[str, Any]:
    """Give what the page says of the article in JSON-LD (schema.org); {} when nothing.

    An author given by reference is looked up among the page's other statements.
    """
    nodes = []
    for script in soup.find_all("script", type="application/ld+json"):
        try:
            nodes += list(_nodes(json.loads(script.get_text(), strict=False)))
        except (ValueError, RecursionError):
            continue
    named = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    for node in nodes:
        kinds = node.get("@type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if any(isinstance(kind, str) and re.search(r"Article|Posting$", kind) for kind in kinds):
            author = node.get("author")
            if isinstance(author, dict) and "name" not in author:
                author = named.get(str(author.get("@id")))
            return {**node, "author": author}
    return {}


def _nodes(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, list):
        for entry in data:
            yield from _nodes(entry)
    elif isinstance(data, dict):
        yield data
        yield from _nodes(data.get("@graph"))


def _text(data: dict[str, Any], key: str) -> str | None:
    value = data.get(key)
    return value.strip() or None if isinstance(value, str) else None


def _meta(soup: Tag, name: str) -> str | None:
    """Give the content of a `meta`, by property or by name."""
    tag = soup.select_one(f'meta[property="{name}"], meta[name="{name}"]')
    return (attribute_of(tag, "content").strip() or None) if tag else None
