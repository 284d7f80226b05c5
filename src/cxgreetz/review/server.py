"""The socket: the review page until Ctrl-C, on loopback or where its owner wants it. The one
door to uvicorn.

In: a workspace folder, a port, and for others to reach it a host or a public address. Out:
nothing; the address is announced once it answers. Never: a page that another machine can reach
without a password.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import ipaddress
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from cxgreetz.errors import UsageError
from cxgreetz.pipeline import open_workspace
from cxgreetz.review.app import make_app
from cxgreetz.review.password import read_password

LOOPBACK = "127.0.0.1"
#: Told where a page goes over the network unencrypted.
PLAIN = (
    "The page itself speaks plain http: who listens on the way reads along, the password too. "
    "Put a proxy with TLS before it, and name its address with --public-url https://..."
)


def serve(
    folder: Path,
    *,
    port: int = 8765,
    host: str = LOOPBACK,
    public_url: str = "",
    announce: Callable[[str], None],
    warn: Callable[[str], None] = lambda _line: None,
) -> None:
    """Show the workspace in `folder` until Ctrl-C; port 0 is any free one.

    On loopback `announce` gets the address to open, with the token that lets a browser in. With
    another `host`, or a `public_url` that a proxy serves, a password lets in, and `announce`
    gets the address alone; `warn` gets a line where that goes unencrypted. Raises ConfigError
    or StoreError for a workspace that cannot be opened, UsageError for a port or host that
    cannot be had, and for a page that others can reach without a password or a name.
    """
    address = read_public_url(public_url) if public_url else ""
    shared = bool(address) or not is_loopback(host)
    is_password = read_password() if shared else None
    with open_workspace(folder):
        pass
    with listen(host, port) as listener:
        if not address and host != LOOPBACK:
            address = _address_of(host, listener.getsockname()[1])
        token = "" if shared else secrets.token_urlsafe(24)
        app = make_app(
            lambda: open_workspace(folder), token, is_password=is_password, public_url=address
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            # What a header says of the visitor is not believed: anybody can write it.
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        if shared and not address.startswith("https:"):
            warn(PLAIN)
        here = address or f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        announce(f"{here}/" if shared else f"{here}/?token={token}")
        collect_seldom()
        # uvicorn finishes what is under way and then raises the Ctrl-C that it caught.
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


def collect_seldom() -> None:
    """Have Python look for garbage less often, in all that is kept to answer quickly.

    What the pages make has no cycles and goes by itself; going through some million objects
    at every answer took a third of its time (`make bench-review`).
    """
    gc.set_threshold(100_000, 20, 50)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_public_url(text: str) -> str:
    """Give scheme, host and port of an address, in lower case; raises UsageError otherwise."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(text.strip().lower())
        plain = not (parts.query or parts.fragment or parts.username or parts.path.strip("/"))
        if parts.scheme in ("http", "https") and parts.hostname and plain:
            usual = {"http": 80, "https": 443}[parts.scheme]
            name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            port = "" if parts.port in (None, usual) else f":{parts.port}"
            return f"{parts.scheme}://{name}{port}"
    raise UsageError(
        f"--public-url {text!r} is no address of a page; write it as a browser opens it, "
        "without a path: https://review.example.org"
    )


def _address_of(host: str, port: int) -> str:
    """The address at which browsers reach a socket on `host`."""
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(host).is_unspecified:
            raise UsageError(
                f"--host {host} answers under every name of this machine; say under which "
                "browsers come: --public-url https://review.example.org"
            )
    return read_public_url(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")


def listen(host: str, port: int) -> socket.socket:
    """Take a port, 0 is any free one; raises UsageError with the remedy where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By its name: of a socket without one asyncio leaves Nagle's delay on, 40 ms an answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # Else a page that was just ended would keep its port for a minute.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(64)
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, socket.gaierror) or (
            isinstance(error, OSError) and error.errno == errno.EADDRNOTAVAIL
        ):
            told = f"--host {host} is no address of this machine"
            raise UsageError(f"{told}; leave it out for this machine alone") from None
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is taken by another program" if taken else f"cannot be used ({error})"
        raise UsageError(f"port {port} {why}; name another one with --port") from None
    return listener
