"""Find the parts that every theme shows in its own way: body, title, byline, date.

In: a part of a page. Out: the element with the text, names, dates as they are written.
Never: a commenter taken for the author, a date out of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cxgreetz.markup.inline import Runs, clean_link
from cxgreetz.markup.rules import Rules
from cxgreetz.markup.tree import attribute_of, classes_of

if TYPE_CHECKING:
    from bs4 import Tag

#: Where themes put the text of a post, best first.
BODIES = (
    "[itemprop=articleBody]",
    "[itemprop=text].entry-content",
    ".wp-block-post-content",
    ".entry-content",
    ".post-content",
    ".post-body",
    ".article-content",
    ".article-body",
    ".h-entry .e-content",
)
#: Where they put a few lines of it.
EXCERPTS = ".wp-block-post-excerpt, .entry-summary, .entry-excerpt, .post-excerpt, .excerpt"

#: An element anywhere above may fit, and of an author's archive the whole body has "author".
_BYLINES = (
    ".h-entry .p-author .p-name",
    ".h-entry .p-author",
    "[rel~=author]",
    ".vcard .fn",
    ".author:not(body) .fn",
    "[itemprop=author] [itemprop=name]",
    "[itemprop=author]",
    ".wp-block-post-author__name",
    ".wp-block-post-author-name",
    ".byline a",
    ".byline",
    ".author:not(body) a",
    ".author-name",
    ".entry-author",
    ".post-author",
    ".blog-author",
    ".author-title",
    ".author",
)
_BY = re.compile(
    r"^(?:(?:written|posted|published|geschreven|geplaatst|gepubliceerd) )?"
    r"(?:by|door|auteur|author)\b[:\s]+",
    re.IGNORECASE,
)
#: What a link beside the name says instead of the name.
_NO_NAME = re.compile(
    r"\d|[@/]|\b(?:view|all|more|posts?|read|about|alle|meer|berichten|lees|bekijk|over|website)\b",
    re.IGNORECASE,
)
_DATE_MARKS = "[itemprop=datePublished], abbr.published, .h-entry .dt-published"
_DATE_PLACES = (
    ".entry-date, .post-date, .published, .posted-on, .wp-block-post-date, .date, .datum,"
    ".post-meta, .entry-meta, .post-meta-infos, .meta, .post-info, .article-meta"
)


class BadSelectorError(ValueError):
    """A selector that is no CSS; says which."""


def chosen(root: Tag, selector: str | None) -> list[Tag]:
    """Give what a person's own selector finds; raises BadSelectorError."""
    if not selector:
        return []
    from soupsieve import SelectorSyntaxError  # it brings the whole soup

    try:
        return list(root.select(selector))
    except SelectorSyntaxError:
        raise BadSelectorError(f"the selector {selector!r} is not CSS") from None


def date_in(tag: Tag) -> str:
    """Give how an element says when: for machines, else as it is read."""
    names = ("datetime", "content", "title", "value")
    stated = next(filter(None, (attribute_of(tag, name) for name in names)), tag.get_text(" "))
    return " ".join(stated.split())[:200]


def text_of(tag: Tag, rules: Rules) -> str:
    """Give what is read in a short element (a heading, a name) on one line."""
    unread = [t for t in tag.find_all(True) if rules.is_hidden(t) or rules.is_noise(t, "other")]
    hidden = {id(string) for t in unread for string in t.strings}
    runs = Runs()
    runs.add("".join(string for string in tag.strings if id(string) not in hidden))
    return runs.take_text()


def is_outside(tag: Tag, rules: Rules, *groups: str) -> bool:
    """Whether `tag` is in no menu, sidebar or other part that is not the text."""
    return not any(rules.is_hidden(p) or rules.is_noise(p, *groups) for p in tag.parents)


def body_of(root: Tag, rules: Rules, selectors: Iterable[str] = BODIES) -> Tag | None:
    """Find the element with the text: the fullest that the best selector finds."""
    found = {selector: [t for t in root.select(selector) if words_in(t)] for selector in selectors}
    outside = ([tag for tag in tags if is_outside(tag, rules)] for tags in found.values())
    # A theme that wraps everything in what looks like a sidebar still has its text there.
    return next((max(tags, key=words_in) for tags in (*outside, *found.values()) if tags), None)


def words_in(tag: Tag) -> int:
    return sum(len(text.split()) for text in tag.stripped_strings)


def author_of(root: Tag, rules: Rules) -> str | None:
    """Find the author's name in a byline, never in a comment or beside another post."""
    for selector in _BYLINES:
        for tag in root.select(selector):
            name = author_name(attribute_of(tag, "content") or text_of(tag, rules))
            if name and is_outside(tag, rules, "comments", "related"):
                return name
    return None


def author_name(text: str) -> str | None:
    """Clean a name ("door Anna Voorbeeld"); None when it is no name ("View all posts")."""
    name = _BY.sub("", text.strip()).strip(" .,:|/-–")
    return name if name and len(name) <= 60 and not _NO_NAME.search(name) else None


def dates_of(root: Tag, body: Tag | None, rules: Rules) -> tuple[str, ...]:
    """Give the texts that say when it appeared, the most exact first."""

    def wanted(tag: Tag) -> bool:
        in_body = body is not None and any(node is body for node in (tag, *tag.parents))
        return not in_body and is_outside(tag, rules, "comments", "related")

    times = sorted((t for t in root.find_all("time") if wanted(t)), key=_says_updated)
    marked = [t for t in root.select(_DATE_MARKS) if wanted(t)]
    places = [t for t in root.select(_DATE_PLACES) if wanted(t)]
    texts = [attribute_of(t, "datetime") for t in times if not _says_updated(t)]
    texts += [date_in(tag) for tag in marked]
    texts += [tag.get_text(" ") for tag in [*times, *places]]
    tidy = (" ".join(text.split())[:200] for text in texts)
    return tuple(dict.fromkeys(text for text in tidy if text))[:12]


def tags_of(root: Tag, rules: Rules) -> tuple[str, ...]:
    """Give the tags and categories a post is filed under, as it shows them."""
    found = [
        text_of(tag, rules)
        for tag in root.select("a[rel~=tag]")
        if is_outside(tag, rules, "comments", "related")
    ]
    return tuple(dict.fromkeys(filter(None, found)))


def _says_updated(tag: Tag) -> bool:
    classes = classes_of(tag)
    return "updated" in classes and not classes & {"published", "entry-date"}


def language_of(root: Tag) -> str | None:
    """Give the language a page declares, in lower case, without its region."""
    page = root.select_one("html")
    declared = attribute_of(page, "lang") or attribute_of(page, "xml:lang") if page else ""
    return re.split(r"[-_]", declared.strip().lower())[0] or None


def link_in(tag: Tag | None, url: str) -> str | None:
    """Give where an `a` or `link` leads, absolute; None when it leads to no page."""
    link = clean_link(attribute_of(tag, "href"), url) if tag else None
    return link if link and not link.startswith("mailto:") else None
