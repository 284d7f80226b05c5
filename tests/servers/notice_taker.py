"""A service on loopback that takes notices as Apprise's `json://` sends them.

In: POST requests. Out: what each said, in `taken`; the status that a test sets. Never: a notice
kept that it refused.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class NoticeTaker:
    """Started by `with`."""

    def __init__(self) -> None:
        #: Subject and body, as they came.
        self.taken: list[tuple[str, str]] = []
        self.status = 200
        taker = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if taker.status == 200:
                    taker.taken.append((said["title"], said["message"]))
                self.send_response(taker.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def url(self, secret: str = "") -> str:
        """Its address for Apprise, with a password and a token where they are given."""
        login = f"editor:{secret}@" if secret else ""
        return f"json://{login}127.0.0.1:{self._server.server_port}/{secret}"

    @property
    def subjects(self) -> list[str]:
        return [subject for subject, _body in self.taken]
