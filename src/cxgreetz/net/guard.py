"""Connections that know whom they talk to.

In: the hosts that may stand at a private address, the seconds an answer's head may take.
Out: an adapter for `requests`. Never: a byte sent to a peer that has not been looked at.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager


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
            watch = threading.Timer(patience, _hang_up, [self.sock])
            watch.daemon = True
            watch.start()
            try:
                return super().getresponse()
            finally:
                watch.cancel()

    return Checked


def _hang_up(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


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
