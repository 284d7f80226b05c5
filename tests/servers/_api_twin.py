"""What the small stateful twins of providers' APIs share: a server, faults, a list that lags.

In: requests on loopback. Out: what the twin makes of them, or a fault in its place; every
exchange is kept. Never: a campaign counted that was not made, an answer to who brings no key.

A twin gives `routes` (method, pattern of the path after `prefix`, handler), `creates` (the
one request that makes a campaign) and `campaigns`, which hold what was made. Handlers raise
`RefusalError` for what the service would refuse.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from cxgreetz.model import Held, RemoteState


class Fault(StrEnum):
    """What may go wrong with one request."""

    #: The line drops: before anything is done, and after all is.
    DROP_BEFORE = "drop before"
    DROP_AFTER = "drop after"
    FAIL_BEFORE = "500 before"
    FAIL_AFTER = "500 after"
    TIMEOUT = "408"
    #: Too many calls: with Retry-After, and without.
    BUSY = "429 with Retry-After"
    BUSY_BARE = "429"
    #: It is done, and the answer comes too late; or cannot be read.
    SLOW = "slow"
    GARBLED = "garbled"


#: Seconds that a slow answer takes; a test's time limit is well below.
SLOW_SECONDS = 1.0
#: What Retry-After asks for, in seconds.
RETRY_AFTER = 7


class RefusalError(Exception):
    """What the service answers when it refuses."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


@dataclass
class Asked:
    """One request."""

    method: str
    #: Without the prefix, unquoted.
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    #: Parsed JSON, or the pairs of a form, or None.
    body: Any
    raw: bytes


@dataclass
class Reply:
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Exchange:
    asked: Asked
    reply: Reply | None
    #: The reply is a fault's, and not the service's own.
    faulty: bool = False


@dataclass
class Campaign:
    """What a twin keeps; `fields` are as the service writes them."""

    id: str
    #: Our key stands somewhere in it.
    name: str
    #: As the service calls it.
    state: str
    held: Held = field(default_factory=Held)
    fields: dict[str, Any] = field(default_factory=dict)
    #: How many of the next lists do not show it.
    hidden: int = 0


Handler = Callable[..., Reply]


class ApiTwin:
    """Started by `with`."""

    #: Before every path: "/3.0".
    prefix: ClassVar[str] = ""
    #: The method and the pattern of the path of the request that makes a campaign.
    creates: ClassVar[tuple[str, str]] = ("POST", "/campaigns")
    #: What the service answers to a wrong key, and says at a fault of its own.
    unauthorised: ClassVar[Any] = {"message": "Key not found"}
    broken: ClassVar[Any] = {"message": "Something went wrong"}

    def __init__(self, key: str) -> None:
        self.key = key
        self.campaigns: dict[str, Campaign] = {}
        self.exchanges: list[Exchange] = []
        #: Test mails: the campaign's id and the address.
        self.tests: list[tuple[str, str]] = []
        #: How many lists do not yet show what is made from now on.
        self.lag = 0
        #: The process that is killed at the request of this number, "before" or "after" it is
        #: done; its id may be told a moment later.
        self.doom: tuple[int, str] | None = None
        self.victim: int | None = None
        self._faults: list[tuple[Fault, str]] = []
        self._lock = threading.Lock()
        outer = self

        class Server(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._serve(self)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{self.prefix}"

    def __enter__(self) -> Self:
        serve = self._server.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    #: How the service spells the states of a campaign.
    states: ClassVar[dict[RemoteState, str]] = {}

    # what a twin says of its service

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        """Method, pattern and handler; it gets the request and the pattern's groups."""
        raise NotImplementedError

    def is_allowed(self, asked: Asked) -> bool:
        """Whether the request brings the key."""
        raise NotImplementedError

    # for tests

    def strike(self, fault: Fault, on: str = "create", times: int = 1) -> None:
        """Let the next requests of a kind go wrong: "create", "read", "change" or "any"."""
        self._faults += [(fault, on)] * times

    def heal(self) -> None:
        self._faults.clear()

    def forget(self) -> None:
        """Begin anew, with nothing made and nothing asked."""
        self.heal()
        self.campaigns.clear()
        self.exchanges.clear()
        self.tests.clear()
        self.doom = self.victim = None
        self.lag = 0

    def held(self) -> list[Held]:
        """What every campaign holds."""
        return [campaign.held for campaign in self.campaigns.values()]

    def creations(self) -> int:
        """How many requests were to make a campaign."""
        return len(self.asked(*self.creates))

    def turn(self, state: RemoteState) -> None:
        """Let every campaign have come so far."""
        for campaign in self.campaigns.values():
            campaign.state = self.states[state]

    def double(self) -> None:
        """Make a copy of the only campaign, as a person might."""
        (only,) = self.campaigns.values()
        self.campaigns["999"] = replace(only, id="999")

    def asked(self, method: str = "", path: str = "") -> list[Asked]:
        """The requests so far, of one method and a path that fits the pattern."""
        return [
            e.asked
            for e in self.exchanges
            if method in ("", e.asked.method) and re.fullmatch(path or ".*", e.asked.path)
        ]

    # for twins

    def make(self, name: str, state: str, held: Held, **fields: Any) -> Campaign:
        """Keep a new campaign."""
        made = Campaign(str(len(self.campaigns) + 101), name, state, held, fields, self.lag)
        self.campaigns[made.id] = made
        return made

    def listed(self) -> list[Campaign]:
        """What a list shows at this moment."""
        shown = [c for c in self.campaigns.values() if not c.hidden]
        for campaign in self.campaigns.values():
            campaign.hidden = max(0, campaign.hidden - 1)
        return shown

    def campaign(self, number: str, refusal: RefusalError) -> Campaign:
        """The campaign of that id; raises `refusal`."""
        if number not in self.campaigns:
            raise refusal
        return self.campaigns[number]

    # plumbing

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        asked = self._read(handler)
        with self._lock:
            number = len(self.exchanges)
            exchange = Exchange(asked, None)
            self.exchanges.append(exchange)
            fault = self._fault_of(asked)
            doomed = self.doom[1] if self.doom and self.doom[0] == number else ""
            if doomed == "before":
                return self._kill(handler)
            if fault in (Fault.DROP_BEFORE,):
                return self._drop(handler)
            early = self._early(fault)
            if early is not None:
                exchange.reply, exchange.faulty = early, True
                return self._send(handler, early)
            reply = exchange.reply = self._answer(asked)
        if doomed == "after":
            return self._kill(handler)
        if fault is Fault.DROP_AFTER:
            return self._drop(handler)
        if fault is Fault.SLOW:
            time.sleep(SLOW_SECONDS)
        if fault is Fault.FAIL_AFTER:
            exchange.faulty, reply = True, Reply(self.broken, 500)
        self._send(handler, reply, garbled=fault is Fault.GARBLED)
        return None

    def _read(self, handler: BaseHTTPRequestHandler) -> Asked:
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        kind = headers.get("content-type", "")
        body: Any = None
        if kind.startswith("application/json"):
            body = json.loads(raw)
        elif kind.startswith("application/x-www-form-urlencoded"):
            body = parse_qsl(raw.decode(), keep_blank_values=True)
        parts = urlsplit(handler.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        path = unquote(parts.path.removeprefix(self.prefix))
        return Asked(handler.command, path, query, headers, body, raw)

    def _fault_of(self, asked: Asked) -> Fault | None:
        is_create = asked.method == self.creates[0] and re.fullmatch(self.creates[1], asked.path)
        kind = "create" if is_create else "read" if asked.method == "GET" else "change"
        for place, (fault, on) in enumerate(self._faults):
            if on in (kind, "any"):
                del self._faults[place]
                return fault
        return None

    def _early(self, fault: Fault | None) -> Reply | None:
        if fault is Fault.FAIL_BEFORE:
            return Reply(self.broken, 500)
        if fault is Fault.TIMEOUT:
            return Reply(self.broken, 408)
        if fault is Fault.BUSY:
            return Reply(self.broken, 429, {"Retry-After": str(RETRY_AFTER)})
        if fault is Fault.BUSY_BARE:
            return Reply(None, 429)
        return None

    def _answer(self, asked: Asked) -> Reply:
        if not self.is_allowed(asked):
            return Reply(self.unauthorised, 401)
        for method, pattern, handle in self.routes():
            if method == asked.method and (match := re.fullmatch(pattern, asked.path)):
                try:
                    return handle(asked, *match.groups())
                except RefusalError as refusal:
                    return Reply(refusal.body, refusal.status)
        return Reply({"message": f"no such path: {asked.method} {asked.path}"}, 404)

    def _kill(self, handler: BaseHTTPRequestHandler) -> None:
        while (victim := self.victim) is None:
            time.sleep(0.005)
        # First the word that it happens: a test looks for it as soon as the process has ended.
        self.doom = self.victim = None
        os.kill(victim, signal.SIGKILL)
        self._drop(handler)

    @staticmethod
    def _drop(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, reply: Reply, *, garbled: bool = False) -> None:
        plain = reply.body is None or isinstance(reply.body, bytes)
        content = (reply.body or b"") if plain else json.dumps(reply.body).encode()
        content = b'{"id": "1' if garbled else content
        try:
            handler.send_response(reply.status)
            handler.send_header("Content-Type", "application/json; charset=utf-8")
            handler.send_header("Content-Length", str(len(content)))
            for name, value in reply.headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(content)
        except OSError:
            pass  # who asked has gone
