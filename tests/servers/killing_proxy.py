"""A way to a server on which the run that asks can be killed, at the call one chooses.

In: requests on loopback, the address they are for. Out: that server's answers. Never: an
answer of its own.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import requests

_OWN = {"connection", "transfer-encoding", "content-encoding", "content-length"}


class KillingProxy:
    """Started by `with`."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        #: How many requests came, what they asked.
        self.asked: list[str] = []
        #: The number of the call at which `victim` is killed, "before" or "after" it is done.
        self.doom: tuple[int, str] | None = None
        self.victim: int | None = None
        self._lock = threading.Lock()
        outer = self

        class Server(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._serve(self)

            do_POST = do_PUT = do_DELETE = do_OPTIONS = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        serve = self._server.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            number = len(self.asked)
            self.asked.append(f"{handler.command} {handler.path.partition('?')[0]}")
            moment = self.doom[1] if self.doom and self.doom[0] == number else ""
        if moment == "before":
            return self._kill(handler)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {k: v for k, v in handler.headers.items() if k.lower() not in ("host", *_OWN)}
        answer = requests.request(
            handler.command,
            self._base + handler.path,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=60,
        )
        if moment:
            return self._kill(handler)
        handler.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _OWN:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.content)))
        handler.end_headers()
        handler.wfile.write(answer.content)
        return None

    def _kill(self, handler: BaseHTTPRequestHandler) -> None:
        while (victim := self.victim) is None:
            time.sleep(0.005)
        self.doom = self.victim = None
        os.kill(victim, signal.SIGKILL)
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)
