"""The socket: the review page on loopback until Ctrl-C. The one door to uvicorn.

In: a workspace folder and a port. Out: nothing; the address is announced once it answers.
Never: an address that another machine can reach.
"""

from __future__ import annotations

import contextlib
import errno
import secrets
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn

from cxgreetz.errors import UsageError
from cxgreetz.pipeline import open_workspace
from cxgreetz.review.app import make_app


def serve(folder: Path, *, port: int = 8765, announce: Callable[[str], None]) -> None:
    """Show the workspace in `folder` until Ctrl-C; port 0 is any free one.

    `announce` gets the address to open, with the token that lets a browser in; it answers
    from then on. Raises ConfigError or StoreError for a workspace that cannot be opened,
    UsageError for a port that cannot be had.
    """
    with open_workspace(folder):
        pass
    token = secrets.token_urlsafe(24)
    app = make_app(lambda: open_workspace(folder), token)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        # The socket is this machine's own: no proxy speaks for anybody.
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    with _listen(port) as listener:
        announce(f"http://127.0.0.1:{listener.getsockname()[1]}/?token={token}")
        # uvicorn finishes what is under way and then raises the Ctrl-C that it caught.
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    # Else a page that was just ended would keep its port for a minute.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is taken by another program" if taken else f"cannot be used ({error})"
        raise UsageError(f"port {port} {why}; name another one with --port") from None
    return listener
