"""A site on loopback whose answers a test sets, path by path.

In: requests. Out: what was set, however strange; 404 for a path nobody set.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A server whose answers a test sets; keeps the requests it saw."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                site.requests.append((self.path, headers))
                site.answers.get(self.path, missing)(self)

            def log_message(self, *_: object) -> None:
                pass

        self.answer("/missing", 404)
        missing = self.answers.pop("/missing")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str, status: int = 200, body: bytes = b"", **headers: str) -> None:
        def write(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = write

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
