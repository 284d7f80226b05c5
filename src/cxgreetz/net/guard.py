"""Connections that know whom they talk to.

In: the hosts that may stand at a private address, the seconds an answer's head may take.
Out: an adapter for `requests`. Never: a byte sent to a peer that has not been looked at.
"""

from __future__ import annotations

import ipaddress
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

#: Seconds; how late a wait that is too long may be noticed.
_LOOK = 0.25


class PrivateAddressError(OSError):
    """A connection that must not be used; carries host and address."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} is the private address {address}")
        self.host, self.address = host, address


def _checked(
    base: type[HTTPConnection], allowed: frozenset[str], patience: float
) -> type[HTTPConnection]:
    """Make a connection class that looks at its peer before it sends anything.

    Its answer's head must come within `patience` seconds: a timeout between bytes alone
    lets a server send one byte at a time for ever.
    """

    class Checked(base):  # type: ignore[misc, valid-type]
        def _new_conn(self) -> socket.socket:
            sock: socket.socket = super()._new_conn()
            address = str(sock.getpeername()[0]).partition("%")[0]
            if not ipaddress.ip_address(address).is_global and self.host.lower() not in allowed:
                sock.close()
                raise PrivateAddressError(self.host, address)
            return sock

        def getresponse(self) -> Any:
            with _WATCH.over(self.sock, patience) as hung_up:
                try:
                    response = super().getresponse()
                except (HTTPException, OSError):
                    if hung_up():
                        raise TimeoutError("no head in time") from None
                    raise
                if hung_up():  # the end of the line was taken for the end of the head
                    raise TimeoutError("no head in time")
                return response

    return Checked


class _Watch:
    """Hangs up on whoever lets an answer wait for too long; one thread watches all."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """Begin with nobody waiting; a forked process has neither the thread nor the waits."""
        self._due: dict[int, tuple[float, socket.socket]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def over(self, sock: socket.socket, seconds: float) -> Iterator[Callable[[], bool]]:
        """Hang up after `seconds`; what is given says whether that was done."""
        number = next(self._numbers)
        try:
            with self._lock:
                self._due[number] = (time.monotonic() + seconds, sock)
                if self._thread is None or not self._thread.is_alive():
                    thread = threading.Thread(target=self._work, daemon=True, name="watch")
                    thread.start()
                    self._thread = thread
            yield lambda: number not in self._due
        finally:
            with self._lock:
                self._due.pop(number, None)

    def _work(self) -> None:
        """Look again and again, sooner when one is due; end when nobody waits."""
        while True:
            with self._lock:
                now = time.monotonic()
                late = [number for number, (due, _sock) in self._due.items() if due <= now]
                for number in late:
                    _due, sock = self._due.pop(number)
                    with suppress(Exception):  # it may be gone; the others are still watched
                        sock.shutdown(socket.SHUT_RDWR)
                if not self._due:
                    self._thread = None
                    return
                soonest = min(due for due, _sock in self._due.values())
            time.sleep(min(_LOOK, max(soonest - now, 0.0)))


_WATCH = _Watch()


class GuardedAdapter(HTTPAdapter):
    """Refuses private peers that are not `allowed`, raising PrivateAddressError."""

    def __init__(self, allowed: frozenset[str], patience: float, workers: int) -> None:
        self._allowed, self._patience = allowed, patience
        super().__init__(pool_connections=64, pool_maxsize=workers)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        check = self._allowed, self._patience
        connections = {
            "http": type(
                "P", (HTTPConnectionPool,), {"ConnectionCls": _checked(HTTPConnection, *check)}
            ),
            "https": type(
                "S", (HTTPSConnectionPool,), {"ConnectionCls": _checked(HTTPSConnection, *check)}
            ),
        }
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = connections


class StillSession(requests.Session):
    """Follows no redirect, and so reads none of a redirect's body, which may have no end."""

    def get_redirect_target(self, _response: requests.Response) -> str | None:
        return None
