"""A blog that is one RSS feed, on loopback.

In: GET of any path. Out: the feed of `posts`, each whole; at a path of `files` that file.
`down` is a switch: the site then answers every request with 503. `asked` has the paths that
were answered, `begun` those that were asked for; `slow` is how many seconds each answer takes.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class FeedPost:
    title: str
    #: As HTML.
    body: str
    published: datetime
    #: The path on the site, or a whole address.
    link: str


class FeedSite:
    """Started by `with`; `url` is the feed's address."""

    def __init__(self, *posts: FeedPost, language: str = "nl") -> None:
        self.posts, self.language = list(posts), language
        self.down, self.slow = False, 0.0
        #: By path, what it is and its bytes.
        self.files: dict[str, tuple[str, bytes]] = {}
        self.begun: list[str] = []
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.begun.append(self.path)
                time.sleep(outer.slow)
                outer.asked.append(self.path)
                kind, body = outer.files.get(self.path, ("", b""))
                kind = kind or "application/rss+xml; charset=utf-8"
                body = body or outer.feed().encode()
                self.send_response(503 if outer.down else 200)
                # Whoever is polite enough to wait need not wait long.
                self.send_header("Retry-After", "0")
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(b"" if outer.down else body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.home = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.home}/feed/"

    def __enter__(self) -> Self:
        serve = self._server.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def feed(self) -> str:
        items = "".join(self._item(post) for post in self.posts)
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<title>Blog</title><link>{self.home}/</link><description>Columns</description>"
            f"<language>{self.language}</language>{items}</channel></rss>"
        )

    def _item(self, post: FeedPost) -> str:
        link = post.link if ":" in post.link else f"{self.home}{post.link}"
        # Readers take a title for HTML, so a sign in it is escaped for HTML and then for XML.
        title = escape(escape(post.title))
        return (
            f"<item><title>{title}</title><link>{escape(link)}</link>"
            f'<guid isPermaLink="false">{escape(post.link)}</guid>'
            f"<pubDate>{format_datetime(post.published)}</pubDate>"
            f"<content:encoded>{escape(post.body)}</content:encoded></item>"
        )
