"""The posts of the demo, as their sites store them.

In: the files that travel with the package, and the day that counts as today. Out: posts with
their dates. Never: a clock; a date inside a text, save the line that says when a column
stood in the magazine: the texts stay what the translation memory knows.

A post is a file `posts/SITE/SLUG.html`: a TOML head, the column, its closing lines, each
parted by a line of `+++`. The head gives its age in days, so that there is always a month
to fill.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from babel.dates import format_date

from cxgreetz.model import Language

SiteName = Literal["author", "magazine"]
SITES: tuple[SiteName, ...] = get_args(SiteName)
AUTHOR = "Marijke van der Veen"
_ZONE = ZoneInfo("Europe/Amsterdam")
_POSTS = files("cxgreetz.demo") / "posts"


@dataclass(frozen=True, slots=True)
class BlogPost:
    """A post as its site stores it; `column` and `closing` are HTML that names no host."""

    site: SiteName
    slug: str
    title: str
    language: Language
    author: str
    published: datetime
    tags: tuple[str, ...]
    column: str
    closing: str
    #: A file in `pictures/`.
    picture: str | None
    #: The slug on this site of the same text in the other language.
    alternate: str | None
    #: The slug in the magazine where this text stood first.
    original: str | None
    comments: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        return f"/columns/{self.slug}/" if self.site == "magazine" else f"/{self.slug}/"


def in_words(day: date, language: Language) -> str:
    """Write a day as a reader meets it: "7 October 2026", "7 oktober 2026"."""
    return format_date(day, "d MMMM y", locale=language)


def read_posts(today: date) -> list[BlogPost]:
    """Give the posts of both sites as they stand on `today`, newest first."""
    posts = [
        _read_post(site, file, today)
        for site in SITES
        for file in (_POSTS / site).iterdir()
        if file.name.endswith(".html")
    ]
    return sorted(posts, key=lambda post: (post.published, post.slug), reverse=True)


def _read_post(site: SiteName, file: Traversable, today: date) -> BlogPost:
    head, column, closing = _parts(file)
    if twin := head.get("body_of"):
        column = _parts(_POSTS / twin)[1]
    day = today - timedelta(days=head["days_ago"])
    return BlogPost(
        site=site,
        slug=file.name.removesuffix(".html"),
        title=head["title"],
        language=head["language"],
        author=head.get("author", AUTHOR),
        published=datetime.combine(day, head["at"], _ZONE),
        tags=tuple(head["tags"]),
        column=column.strip(),
        closing=closing.strip(),
        picture=head.get("picture"),
        alternate=head.get("alternate"),
        original=head.get("original"),
        comments=tuple((comment["name"], comment["text"]) for comment in head.get("comments", [])),
    )


def _parts(file: Traversable) -> tuple[dict[str, Any], str, str]:
    _, head, column, closing = file.read_text(encoding="utf-8").split("+++\n")
    return tomllib.loads(head), column, closing
