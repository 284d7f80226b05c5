"""A site on loopback that pages link to, and that has pictures: it counts how it is asked.

In: HEAD and GET. Out: what was set for the path and the method, however strange; 404 for a
path that nobody set.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class LinkSite:
    """Keeps the requests it saw as (method, path), and how many `waits` there were at once."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: dict[tuple[str, str], Answer] = {}
        self.requests: list[tuple[str, str]] = []
        self.busiest = 0
        self.pause = threading.Event()
        self._waiting, self._lock = 0, threading.Lock()
        self._scheme = "https" if context else "http"
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                with site._lock:
                    site.requests.append((self.command, self.path))
                site.answers.get((self.command, self.path), status(404))(self)

            do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Whoever hangs up in the middle is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    def asked(self, path: str) -> list[str]:
        """The methods with which a path was asked for, in order."""
        return [method for method, asked in self.requests if asked == path]

    def answer(self, path: str, answer: Answer, *, head: Answer | None = None) -> str:
        """Set what a path answers, and to HEAD if that is something else; gives the address."""
        self.answers["GET", path] = answer
        self.answers["HEAD", path] = head or answer
        return self.url + path

    def waits(self, seconds: float, then: Answer | None = None) -> Answer:
        """An answer, a 200 unless told, that comes late, or when the site closes."""

        def write(handler: BaseHTTPRequestHandler) -> None:
            with self._lock:
                self._waiting += 1
                self.busiest = max(self.busiest, self._waiting)
            self.pause.wait(seconds)
            # Before it is answered: whoever has the answer may ask for the next thing at once.
            with self._lock:
                self._waiting -= 1
            (then or status(200))(handler)

        return write

    def close(self) -> None:
        self.pause.set()
        self._server.shutdown()
        self._server.server_close()


def status(code: int, **headers: str) -> Answer:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return write


def redirect(code: int, target: str) -> Answer:
    return status(code, Location=target)


def body(content: bytes, kind: str, *, length: bool = True) -> Answer:
    """A file, its content called `kind`; without `length` it ends where the line ends."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        if length:
            handler.send_header("Content-Length", str(len(content)))
        else:
            handler.send_header("Connection", "close")
            handler.close_connection = True
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(content)

    return write


def garbled(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    handler.close_connection = True


def endless(start: bytes, seconds: float = 10.0) -> Answer:
    """A file that begins well and has no end."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        ends = time.monotonic() + seconds
        handler.wfile.write(start)
        while time.monotonic() < ends:
            handler.wfile.write(b"\0" * 65536)

    return write
