"""The review page before a visitor: its forms as the page means them, and a real socket.

In: a client that was let in, or the application. Out: the answer to a form; an address for a
browser. Never: a form without its guard, a port that somebody else may have.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import uvicorn
from httpx import Response
from lxml import html as lxml_html
from starlette.applications import Starlette
from starlette.testclient import TestClient

from cxgreetz.review.server import listen


def csrf_of(client: TestClient, address: str = "/nowhere") -> str:
    """The guard of this session's forms, as every page carries it; the default costs nothing."""
    [first, *_] = lxml_html.document_fromstring(client.get(address).text).xpath(
        "//input[@name='csrf']/@value"
    )
    return str(first)


def post(
    client: TestClient,
    address: str,
    fields: Mapping[str, str | Sequence[str]] | None = None,
    *,
    live: bool = False,
) -> Response:
    """Send a form; `live` as the page's script does."""
    headers = {"origin": str(client.base_url).rstrip("/")}
    if live:
        headers["x-requested-with"] = "cxgreetz"
    data = {"csrf": csrf_of(client)} | dict(fields or {})
    return client.post(address, data=data, headers=headers)


@contextmanager
def on_a_socket(app: Starlette) -> Iterator[str]:
    """The page at an address of its own on loopback, until the end."""
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(app, log_level="error", lifespan="off", access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
