"""The demo's own corner of the web: two sites on loopback.

In: the day that counts as today. Out: the author's blog and the magazine, each on a port of
127.0.0.1 for as long as the context lasts, and the workspace file that reads them.
Never: an address outside this machine, a line in the terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, date, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from socketserver import TCPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from jinja2 import Template

from cxgreetz.demo.blog import NOT_FOUND, Page, build_site, slug
from cxgreetz.demo.texts import AUTHOR, SITES, SiteName, read_posts
from cxgreetz.errors import UsageError

_HOST = "127.0.0.1"
#: Every post is younger than this.
_START_DAYS = 60


class DemoSite:
    """Both sites, served while the context lasts.

    `today` dates the posts: same day, same ports, same bytes. `port` is for the author's
    site, the next one for the magazine; 0 lets the system choose two. Entering raises
    UsageError when a port is taken.
    """

    def __init__(self, today: date, port: int = 0) -> None:
        self._today, self._port = today, port
        self._addresses: dict[SiteName, str] = {}
        self._running = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            servers = {
                name: stack.enter_context(_open(self._port and self._port + place))
                for place, name in enumerate(SITES)
            }
            self._addresses = {
                name: f"http://{_HOST}:{server.server_port}" for name, server in servers.items()
            }
            posts = read_posts(self._today)
            for name, server in servers.items():
                server.pages = build_site(name, posts, self._addresses)
                thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
                thread.start()
                stack.callback(thread.join)
                stack.callback(server.shutdown)
            self._running = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def author_url(self) -> str:
        """The author's own site: its home page."""
        return f"{self._addresses['author']}/"

    @property
    def magazine_url(self) -> str:
        """The trade magazine: its home page."""
        return f"{self._addresses['magazine']}/"

    @property
    def feed_url(self) -> str:
        """The newest five posts of the author's site, in full."""
        return f"{self.author_url}feed/"

    @property
    def tag_url(self) -> str:
        """The tag archive in two languages, two pages long, posts in full."""
        return f"{self.author_url}tag/cx-blogs/"

    @property
    def tag_nl_url(self) -> str:
        """The tag archive in Dutch."""
        return f"{self.author_url}tag/cx-masterclass/"

    @property
    def magazine_feed_url(self) -> str:
        """Teasers of all authors of the magazine."""
        return f"{self.magazine_url}feed/"

    @property
    def magazine_author_url(self) -> str:
        """The author's archive in the magazine, teasers only."""
        return f"{self.magazine_url}author/{slug(AUTHOR)}/"

    def workspace_file(self) -> str:
        """Write the `cxgreetz.toml` that gathers from these two sites."""
        template = (files("cxgreetz.demo") / "cxgreetz.toml.jinja").read_text(encoding="utf-8")
        start = self._today - timedelta(days=_START_DAYS)
        filled: str = Template(template, keep_trailing_newline=True).render(
            site=self, start=start, thursday=self._thursday
        )
        return filled

    def _thursday(self, weeks: int) -> str:
        """The day, within so many weeks from now, that the author keeps for a room of people."""
        late = self._today + timedelta(weeks=weeks)
        return (late - timedelta(days=(late.weekday() - 3) % 7)).isoformat()


class _Server(ThreadingHTTPServer):
    pages: dict[str, Page]

    def server_bind(self) -> None:
        """Bind without asking a name server who 127.0.0.1 is: some take seconds to answer."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = _HOST, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that hangs up early is no news."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _open(port: int) -> _Server:
    try:
        return _Server((_HOST, port), _Handler)
    except (OSError, OverflowError):
        message = f"Port {port} on {_HOST} cannot be had: choose another, or 0 for any free one."
        raise UsageError(message) from None


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        pages = self.server.pages
        if path not in pages and f"{path}/" in pages:
            self._answer(HTTPStatus.MOVED_PERMANENTLY, {"Location": f"{path}/"})
        elif page := pages.get(path):
            validators = _validators(page)
            if validators and self._has_seen(page):
                self._answer(HTTPStatus.NOT_MODIFIED, validators)
            else:
                self._answer(HTTPStatus.OK, {"Content-Type": page.type, **validators}, page.body)
        else:
            page = pages[NOT_FOUND]
            self._answer(HTTPStatus.NOT_FOUND, {"Content-Type": page.type}, page.body)

    do_HEAD = do_GET  # noqa: N815

    def _has_seen(self, page: Page) -> bool:
        """Whether the reader's copy is the page (RFC 9110, 13.2.2: the ETag decides)."""
        if tags := self.headers.get("If-None-Match"):
            known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
            return bool(known & {page.etag, "*"})
        try:
            since = parsedate_to_datetime(self.headers.get("If-Modified-Since", ""))
        except ValueError:
            return False
        return page.modified is not None and page.modified <= since.astimezone(UTC)

    def _answer(self, status: HTTPStatus, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status is not HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal belongs to the demo."""


def _validators(page: Page) -> dict[str, str]:
    if page.modified is None:
        return {}
    modified = format_datetime(page.modified.astimezone(UTC), usegmt=True)
    return {"ETag": page.etag, "Last-Modified": modified}
