"""A translation service on loopback that can be told to misbehave.

In: requests. Out: what the service would answer, or the fault it was told to have.
Never: a real translation: it shouts, so that a test sees that something was done.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

ERROR_PAGE = (
    "<!DOCTYPE html><html><title>Error 500 (Server Error)!!1</title>"
    '<div class="result-container">Error 500 (Server Error)!!1 That’s an error.</div></html>'
)


class Fault(StrEnum):
    #: Says nothing at all, and does not hang up.
    SLOW = "slow"
    #: Sends a byte now and then, for ever.
    DRIP = "drip"
    #: Promises more than it sends.
    CUT = "cut"
    #: Is killed: hangs up in the middle, and nobody listens any more.
    DIE = "die"
    #: An error page with status 200.
    PAGE = "page"
    #: What was asked is the answer.
    ECHO = "echo"
    #: A translation of no words.
    EMPTY = "empty"
    #: The translation of another text.
    SWAP = "swap"
    #: Fewer translations than were asked.
    FEW = "few"
    BUSY = "429"
    BROKEN = "500"


@dataclass(frozen=True)
class Request:
    method: str
    #: With the query.
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    body: bytes
    status: int = 200
    content_type: str = "application/json"


def shout(coded: str) -> str:
    """Raise the voice of a coded text: placeholders and entities stay as they are."""
    part = re.compile(r"<[^<>]*>|&#?\w+;|[^<&]+|.", re.S)
    return part.sub(lambda m: m[0] if m[0][0] in "<&" else m[0].upper(), coded)


class EngineServer:
    """Started by `with`; `url` is its address; a subclass says what it answers."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        #: Called with the number of a request (from 1) before it is answered.
        self.on_request: Callable[[int], None] = lambda _number: None
        #: What a 429 names, in the header of that name.
        self.retry_after: str | None = None
        self._fault: Fault | None = None
        self._first, self._last = 1, 0
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                outer._serve(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

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
        self._stopping.set()
        self._close()

    def strike(self, fault: Fault, *, after: int = 0, times: int = 1_000_000) -> None:
        """Have `fault` for `times` requests, once `after` more requests went well."""
        self._fault = fault
        self._first = len(self.requests) + after + 1
        self._last = self._first + times - 1

    def respond(self, request: Request, fault: Fault | None) -> Reply:
        """Say what the service answers; it need know ECHO, EMPTY, SWAP and FEW alone."""
        raise NotImplementedError

    def _close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Request(handler.command, handler.path, headers, body)
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
        self.on_request(number)
        fault = self._fault if self._first <= number <= self._last else None
        handler.close_connection = True
        # Whoever asked may have lost patience.
        with suppress(ConnectionError):
            self._send(handler, request, fault)

    def _send(self, handler: BaseHTTPRequestHandler, request: Request, fault: Fault | None) -> None:
        if fault is Fault.SLOW:
            self._stopping.wait(60)
            return
        if fault is Fault.DIE:
            self._close()
            return
        reply = {
            Fault.PAGE: Reply(ERROR_PAGE.encode(), content_type="text/html; charset=utf-8"),
            Fault.BUSY: Reply(b'{"message": "Too many requests"}', 429),
            Fault.BROKEN: Reply(b'{"message": "Internal error"}', 500),
        }.get(fault) or self.respond(request, fault)
        handler.send_response(reply.status)
        handler.send_header("Content-Type", reply.content_type)
        length = 1_000_000 if fault is Fault.DRIP else len(reply.body)
        handler.send_header("Content-Length", str(length))
        handler.send_header("Connection", "close")
        if reply.status == 429 and self.retry_after:
            handler.send_header("Retry-After", self.retry_after)
        handler.end_headers()
        if fault is Fault.DRIP:
            while not self._stopping.wait(0.1):
                handler.wfile.write(b" ")
        else:
            half = len(reply.body) // 2
            handler.wfile.write(reply.body[:half] if fault is Fault.CUT else reply.body)
