"""Read a page that lists posts: a tag archive, a blog's front page.

In: its HTML and address. Out: the entries in reading order, the address of the older
ones, the feeds it advertises. Never: a network, a sidebar's or menu's link for a post.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxgreetz.markup.blocks import blocks_of
from cxgreetz.markup.inline import HEADINGS, plain_text
from cxgreetz.markup.microformats import h_entries, property_of
from cxgreetz.markup.parts import (
    EXCERPTS,
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
from cxgreetz.markup.tree import attribute_of, parse
from cxgreetz.markup.weight import tree_of
from cxgreetz.model import Block, Selectors, address_key

if TYPE_CHECKING:
    from bs4 import Tag

#: What themes make of an entry; the one that finds most entries is right.
_ENTRIES = (
    "article",
    ".hentry",
    ".wp-block-post",
    "[itemtype*='schema.org/BlogPosting']",
    "[itemtype*='schema.org/Article']",
    ".post",
)
_TITLES = ".entry-title, .post-title, .wp-block-post-title, [itemprop=headline]"
_OLDER = (
    "link[rel~=next]",
    "a[rel~=next]",
    "a.next.page-numbers",
    "a.wp-block-query-pagination-next",
    ".nav-previous a",
    ".older a, a.older, .previous-posts a, .older-posts a, a.older-posts",
    ".pagination a.next, .pagination .next a, .paging a.next, .pager .next a",
    "a.nextlink, a.next_page, a.next-page, a.nextpostslink, .pagination-next a",
)
_OLDER_TEXT = re.compile(
    r"[\s«‹←<]*(?:older|oudere?|volgende|next)\b"
    r"(?: (?:posts?|entries|articles|page|berichten|artikelen|pagina|blogs?|columns?))?[\s»›→>]*",
    re.IGNORECASE,
)
_MORE_TEXT = re.compile(
    r"(?:lees (?:meer|verder)|verder lezen|meer lezen|read (?:more|on)|continue reading)\b",
    re.IGNORECASE,
)
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")
_FEED_ADDRESS = re.compile(r"(?:/feed/?|/rss/?|(?:rss2?|atom|feed)\.(?:xml|json))$")
#: How a text ends that is not the whole text.
_TEASER_END = re.compile(
    r"(?:\[(?:…|\.\.\.)\]|…|\.\.\.)\s*"
    r"(?:(?:lees|verder|read|continue|meer)\b.{0,80})?[\s»›→>]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A post as an archive shows it."""

    url: str
    title: str
    #: Texts that say when it appeared, the most exact first.
    dates: tuple[str, ...] = ()
    author: str | None = None
    tags: tuple[str, ...] = ()
    #: The body, or what is shown of it; None: nothing.
    html: str | None = None
    #: Whether `html` seems to be the whole body.
    full: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    entries: tuple[Entry, ...]
    #: The next page, with older posts.
    older: str | None = None
    #: As declared, "nl"; of the page, not of each post.
    language: str | None = None


@dataclass(frozen=True, slots=True)
class FeedLink:
    url: str
    title: str
    #: True: it carries readers' comments, not posts.
    comments: bool


@dataclass(frozen=True, slots=True)
class PageLink:
    """A `link` in the head of a page."""

    #: Lower-case words.
    rel: tuple[str, ...]
    type: str
    url: str
    title: str = ""


def find_links(html: str, url: str) -> list[PageLink]:
    """Give what a page says it is related to, absolute, in order."""
    return [
        PageLink(
            rel=tuple(attribute_of(tag, "rel").lower().split()),
            type=attribute_of(tag, "type").strip().lower(),
            url=link,
            title=attribute_of(tag, "title"),
        )
        for tag in parse(html).find_all("link", href=True)
        if (link := link_in(tag, url))
    ]


def find_feeds(html: str, url: str) -> list[FeedLink]:
    """Give the feeds a page advertises: of posts before comments, nearest to `url` first."""
    named = [
        (link.url, link.title)
        for link in find_links(html, url)
        if "alternate" in link.rel and link.type in _FEED_TYPES
    ]
    if not named:  # a theme without them may still link to one
        named = [
            (link, tag.get_text(" ", strip=True))
            for tag in parse(html).find_all("a", href=_FEED_ADDRESS)
            if (link := link_in(tag, url)) and is_outside(tag, load_rules(), "comments")
        ]
    found: dict[str, FeedLink] = {}
    for link, title in named:
        about_comments = re.search(r"comment|reacti", f"{title} {link}", re.IGNORECASE)
        found.setdefault(link, FeedLink(link, title, about_comments is not None))
    here = _segments(url)

    def distance(feed: FeedLink) -> tuple[bool, int, int]:
        there = _segments(feed.url)
        common = sum(a == b for a, b in zip(here, there, strict=False))
        return feed.comments, -common, len(there)

    return sorted(found.values(), key=distance)


def read_archive(
    html: str, url: str, rules: Rules | None = None, selectors: Selectors | None = None
) -> Archive:
    """Read a list of posts; no entries when the page shows none.

    What `selectors` find comes before what is found out. Raises BadSelectorError.
    """
    rules, selectors = rules or load_rules(), selectors or Selectors()
    soup = parse(html)
    if selectors.entry:
        named = _outermost(chosen(soup, selectors.entry))
        entries = [_entry(tag, url, rules, selectors) for tag in named]
    else:
        entries = [_entry(tag, url, rules, selectors) for tag in _find_entries(soup, url, rules)]
        marked = [tag for tag in h_entries(soup) if is_outside(tag, rules)]
        stated = [_h_entry(tag, url, rules) for tag in marked]
        if not selectors.is_set and len(stated) >= len(entries):
            entries = stated if any(stated) else entries
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry and address_key(entry.url) != address_key(url):  # not the page itself
            found.setdefault(address_key(entry.url), entry)
    older = (
        next((link for tag in chosen(soup, selectors.older) if (link := link_in(tag, url))), None)
        if selectors.older
        else _older(soup, url)
    )
    return Archive(tuple(found.values()), older, language_of(soup))


def _find_entries(soup: Tag, url: str, rules: Rules) -> list[Tag]:
    best: list[Tag] = []
    for selector in _ENTRIES:
        tags = [tag for tag in _outermost(soup.select(selector)) if is_outside(tag, rules)]
        if len(tags) > len(best):
            tags = [tag for tag in tags if _headline(tag, url, rules)]
            best = max(best, tags, key=len)
    return best or _around_headings(soup, rules)


def _h_entry(tag: Tag, url: str, rules: Rules) -> Entry | None:
    """Read an entry that says of each part what it is; None without an address."""
    link = link_in(property_of(tag, "u-url"), url)
    if link is None:
        return None
    name, author = property_of(tag, "p-name"), property_of(tag, "p-author")
    body, excerpt = property_of(tag, "e-content"), property_of(tag, "p-summary")
    when, own = property_of(tag, "dt-published"), property_of(author, "p-name") if author else None
    shown = body if body is not None else excerpt
    # A note has no name of its own: its text is marked as its name too.
    has_name = name is not None and name is not body
    by = next((t for t in (own, author) if t is not None), None)
    return Entry(
        link,
        text_of(name, rules) if name is not None and has_name else "",
        dates=(*([date_in(when)] if when is not None else []), *dates_of(tag, shown, rules)),
        author=author_name(text_of(by, rules)) if by is not None else author_of(tag, rules),
        tags=tuple(text_of(t, rules) for t in tag.select(".p-category")),
        html=shown.decode_contents() if shown is not None else None,
        full=body is not None and not is_teaser(body.decode_contents()),
    )


def _outermost(tags: Sequence[Tag]) -> list[Tag]:
    known = {id(tag) for tag in tags}
    return [tag for tag in tags if not any(id(parent) in known for parent in tag.parents)]


def _headline(
    tag: Tag, url: str, rules: Rules, selector: str | None = None
) -> tuple[str, str] | None:
    """Give where an entry's title leads, and the title; None when it leads nowhere."""
    titles = [*chosen(tag, selector), *tag.select(_TITLES), *tag.find_all(list(HEADINGS[:4]))]
    titles += [tag] if tag.name in HEADINGS else []
    heading = next((t for t in titles if text_of(t, rules)), None)
    if heading is None:
        return None
    linked = heading if heading.name == "a" else heading.find("a", href=True)
    linked = linked or heading.find_parent("a", href=True) or tag.select_one("a[rel~=bookmark]")
    if linked is None and selector:  # whoever names the entry's parts may leave the link bare
        linked = tag if tag.name == "a" else tag.select_one("a[href]")
    link = link_in(linked, url)
    return (link, text_of(heading, rules)) if link else None


def _entry(tag: Tag, url: str, rules: Rules, selectors: Selectors) -> Entry | None:
    headline = _headline(tag, url, rules, selectors.title)
    if headline is None:
        return None
    body = next(iter(chosen(tag, selectors.body)), None) or body_of(tag, rules)
    excerpt = tag.select_one(EXCERPTS)
    if body is not None and any(node is excerpt for node in (body, *body.parents)):
        body = None
    shown = body if body is not None else excerpt
    dates = (date_in(t) for t in chosen(tag, selectors.date))
    names = (author_name(text_of(t, rules)) for t in chosen(tag, selectors.author))
    return Entry(
        *headline,
        dates=(*dates, *dates_of(tag, shown, rules)),
        author=next(filter(None, names), None) or author_of(tag, rules),
        tags=tags_of(tag, rules),
        html=shown.decode_contents() if shown else None,
        full=body is not None and not is_teaser(body.decode_contents()),
    )


def is_teaser(html: str, blocks: Sequence[Block] | None = None) -> bool:
    """Whether a body ends as a teaser does ("[…]"), or leads on to the rest of the text.

    `blocks` are those of `html`, from whoever cut it already.
    """
    blocks = blocks_of(html) if blocks is None else blocks
    if blocks and _TEASER_END.search(plain_text(blocks[-1].html)[-200:]):
        return True
    return any(
        "#more-" in attribute_of(link, "href") or _MORE_TEXT.match(" ".join(link.stripped_strings))
        for link in tree_of(html).find_all("a")
        if "href" in link.attrs
    )


def _around_headings(soup: Tag, rules: Rules) -> list[Tag]:
    """Take as entries what stands around each linked heading, as far as no other does."""
    root = soup.select_one("main") or soup
    headings = [
        heading
        for heading in root.find_all(list(HEADINGS[:4]))
        if (heading.find("a", href=True) or heading.find_parent("a", href=True))
        and is_outside(heading, rules)
        and heading.find_parent(["header", "footer"]) is None
    ]
    crowded = {id(p) for p in _shared_parents(headings)}
    entries = []
    for heading in headings:
        entry = heading
        for parent in heading.parents:
            if id(parent) in crowded or parent.name in ("main", "body", "html", "[document]"):
                break
            entry = parent
        entries.append(entry)
    return entries


def _shared_parents(tags: list[Tag]) -> list[Tag]:
    """Give every element that holds more than one of `tags`."""
    seen: dict[int, Tag] = {}
    shared = []
    for tag in tags:
        for parent in tag.parents:
            if id(parent) in seen:
                shared.append(parent)
            seen[id(parent)] = parent
    return shared


def _older(soup: Tag, url: str) -> str | None:
    """Find the page with older posts on the same site."""
    candidates = [tag for selector in _OLDER for tag in soup.select(selector)]
    candidates += [
        tag
        for tag in soup.find_all("a", href=True)
        if _OLDER_TEXT.fullmatch(tag.get_text(" ", strip=True))
    ]
    for tag in candidates:
        link = link_in(tag, url)
        if (
            link
            and urlsplit(link).hostname == urlsplit(url).hostname
            and address_key(link) != address_key(url)
            and tag.find_parent("article") is None
        ):
            return link
    return None


def _segments(url: str) -> list[str]:
    return [part for part in urlsplit(url).path.split("/") if part]
