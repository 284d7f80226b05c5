"""A blog on loopback, in the looks that WordPress themes give it.

In: GET of a feed, an archive, a post's page, the REST API. Out: what such a site answers,
or what a test put in its place. Every request but that for robots.txt is noted. Never: the
same text in two looks by accident: `posts` is the one place it comes from.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

_MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni"),
    *("juli", "augustus", "september", "oktober", "november", "december"),
)


@dataclass
class BlogPost:
    slug: str
    title: str
    #: HTML.
    body: str
    published: datetime = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
    author: str | None = "Anna Voorbeeld"
    tags: tuple[str, ...] = ("cx blogs",)
    language: str = "nl"
    #: For `head` of its own page.
    head: str = ""

    @property
    def teaser(self) -> str:
        words = self.body.replace("<p>", " ").replace("</p>", " ").split()
        return " ".join(words[:15]) + " [&#8230;]"


@dataclass
class Answer:
    body: str | bytes = ""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


class BlogSite:
    """Started by `with`. `answers` maps a path with its query to what is said instead."""

    def __init__(
        self,
        *posts: BlogPost,
        per_page: int = 10,
        teasers: bool = False,
        archive: str = "full",
        bylines: bool = True,
        rest: bool = True,
        wordpress: bool = False,
    ) -> None:
        self.posts, self.per_page, self.teasers = list(posts), per_page, teasers
        self.archive, self.bylines, self.rest = archive, bylines, rest
        #: Whether pages name the API and the feed of the tag, as WordPress does.
        self.wordpress = wordpress
        self.answers: dict[str, Answer] = {}
        self.requests: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path != "/robots.txt":
                    outer.requests.append(self.path)
                answer = outer.answers.get(self.path) or outer.answer(self.path)
                body = answer.body.encode() if isinstance(answer.body, str) else answer.body
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        serve = self._server.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, target: str) -> Answer:
        parts = urlsplit(target)
        path, query = parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()}
        if path in ("/feed/", "/tag/cx-blogs/feed/"):
            return self._feed(int(query.get("paged", "1")))
        if path == "/comments/feed/":
            return Answer("<rss><channel><title>Reacties op Het blog</title></channel></rss>")
        if path.startswith("/wp-json/wp/v2/"):
            return self._rest(path.removeprefix("/wp-json/wp/v2/"), query)
        if path.startswith("/tag/cx-blogs/"):
            number = path.removeprefix("/tag/cx-blogs/").removeprefix("page/").strip("/") or "1"
            return self._archive(int(number))
        for post in self.posts:
            if path == f"/{post.slug}/":
                return Answer(self.page(post))
        return Answer("<h1>Not found</h1>", 404)

    def _part(self, number: int) -> list[BlogPost]:
        return self.posts[(number - 1) * self.per_page : number * self.per_page]

    def _feed(self, number: int) -> Answer:
        shown = self._part(number)
        if number > 1 and not shown:
            return Answer("", 404)
        items = "".join(self._item(post) for post in shown)
        return Answer(
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
            f"<title>Het blog</title><link>{self.url}</link><language>nl-NL</language>"
            f"<generator>https://wordpress.org/?v=6.1</generator>{items}</channel></rss>",
            content_type="application/rss+xml; charset=UTF-8",
        )

    def _item(self, post: BlogPost) -> str:
        link = f"{self.url}/{post.slug}/"
        author = f"<dc:creator><![CDATA[{post.author}]]></dc:creator>"
        whole = f"<content:encoded><![CDATA[{post.body}]]></content:encoded>"
        return (
            f"<item><title>{escape(escape(post.title))}</title><link>{link}</link>"
            f"{author if post.author and self.bylines else ''}"
            f"<pubDate>{format_datetime(post.published)}</pubDate>"
            f"{''.join(f'<category>{escape(tag)}</category>' for tag in post.tags)}"
            f'<guid isPermaLink="false">{self.url}/?p={post.slug}</guid>'
            f"<description><![CDATA[{post.teaser}]]></description>"
            f"{'' if self.teasers else whole}</item>"
        )

    def _archive(self, number: int) -> Answer:
        shown = self._part(number)
        if not shown:
            return Answer("", 404)
        entries = "".join(self._entry(post) for post in shown)
        older = len(self.posts) > number * self.per_page
        link = f"{self.url}/tag/cx-blogs/page/{number + 1}/"
        pages = f'<nav class="pagination"><a class="next page-numbers" href="{link}">›</a></nav>'
        title = "<h1>Tag Archief van: cx blogs</h1>"
        return Answer(
            f'<!DOCTYPE html><html lang="nl-NL"><head><title>cx blogs – Het blog</title>{self.head}'
            f'</head><body><nav><h3><a href="/contact/">Contact</a></h3></nav><main>{title}'
            f"{entries}{pages if older else ''}</main><aside><article><h2><a href='/oud/'>Een oud "
            "stuk</a></h2></article></aside></body></html>"
        )

    @property
    def head(self) -> str:
        return (
            '<link rel="alternate" type="application/rss+xml" title="Het blog &raquo; Feed" '
            f'href="{self.url}/feed/"><link rel="alternate" type="application/rss+xml" '
            f'title="Het blog &raquo; Reacties" href="{self.url}/comments/feed/">'
        ) + (self._wordpress_head if self.wordpress else "")

    @property
    def _wordpress_head(self) -> str:
        return (
            '<link rel="alternate" type="application/rss+xml" title="Het blog &raquo; cx blogs" '
            f'href="{self.url}/tag/cx-blogs/feed/">'
            f'<link rel="https://api.w.org/" href="{self.url}/wp-json/">'
        )

    def _entry(self, post: BlogPost) -> str:
        link, when = f"{self.url}/{post.slug}/", post.published
        date = f"{when.day} {_MONTHS[when.month - 1]} {when.year}"
        by = f'door <span class="vcard author"><a rel="author">{post.author}</a></span>'
        meta = f'<time class="updated">{date}</time> / 0 Reacties {by if self.bylines else ""}'
        body = f'<div class="entry-content">{post.body}</div>'
        if self.archive == "excerpt":
            body = f'<div class="entry-summary"><p>{post.teaser}</p></div>'
        elif self.archive == "shortened":
            body = f'<div class="entry-content">{post.body.split("</p>")[0]}</p></div>'
        return (
            f'<article class="post hentry"><h2 class="entry-title"><a href="{link}">'
            f"{escape(post.title)}</a></h2><p class='entry-meta'>{meta}</p>{body}"
            f"<footer class='entry-footer'><a rel='tag'>{post.tags[0]}</a></footer></article>"
        )

    def page(self, post: BlogPost) -> str:
        return (
            f'<!DOCTYPE html><html lang="{post.language}"><head><title>{escape(post.title)} – Het '
            f"blog</title>{post.head}</head><body><article><header><h1 class='entry-title'>"
            f"{escape(post.title)}</h1><time datetime='{post.published.isoformat()}'>toen</time>"
            f"<b class='author vcard'><b class='fn'>{post.author or ''}</b></b></header>"
            f"<div class='entry-content'>{post.body}<div class='share-buttons'>Deel dit</div></div>"
            "</article><div id='comments'><article class='comment'><b class='fn'>Een lezer</b>"
            "<p>Wat een herkenbaar verhaal.</p></article></div></body></html>"
        )

    def _rest(self, route: str, query: dict[str, str]) -> Answer:
        if not self.rest:
            return Answer('{"code":"rest_disabled"}', 401, "application/json")
        found: list[dict[str, Any]] = []
        headers: dict[str, str] = {}
        authors = sorted({post.author or "" for post in self.posts})
        tags = sorted({tag for post in self.posts for tag in post.tags})
        if route == "posts":
            chosen = [p for p in self.posts if self._asked(p, query, authors, tags)]
            size, number = int(query["per_page"]), int(query["page"])
            headers["X-WP-TotalPages"] = str(-(-len(chosen) // size))
            for post in chosen[(number - 1) * size : number * size]:
                found.append(self._rest_post(post, authors, tags))
        elif route == "users":
            found = [{"id": n, "name": name} for n, name in enumerate(authors, 1)]
        elif route == "tags":
            named = [
                {"id": n, "name": t, "slug": t.replace(" ", "-")} for n, t in enumerate(tags, 1)
            ]
            found = [t for t in named if query.get("slug", t["slug"]) == t["slug"]]
        return Answer(json.dumps(found), 200, "application/json; charset=UTF-8", headers)

    def _asked(
        self, post: BlogPost, query: dict[str, str], authors: list[str], tags: list[str]
    ) -> bool:
        return (
            query.get("tags") in (None, *(str(tags.index(tag) + 1) for tag in post.tags))
            and query.get("author") in (None, str(authors.index(post.author or "") + 1))
            and post.published.isoformat() >= query.get("after", "")
        )

    def _rest_post(self, post: BlogPost, authors: list[str], tags: list[str]) -> dict[str, Any]:
        return {
            "id": self.posts.index(post) + 1,
            "date_gmt": post.published.strftime("%Y-%m-%dT%H:%M:%S"),
            "link": f"{self.url}/{post.slug}/",
            "guid": {"rendered": f"{self.url}/?p={post.slug}"},
            "title": {"rendered": escape(post.title)},
            "content": {"rendered": post.body, "protected": False},
            "author": authors.index(post.author or "") + 1,
            "featured_media": 0,
            "tags": [tags.index(tag) + 1 for tag in post.tags],
        }
