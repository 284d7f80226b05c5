"""A browser without scripts before the review page: it sends the forms as the page means them.

In: a client that was let in. Out: the answer to a form. Never: a form without its guard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from httpx import Response
from lxml import html as lxml_html
from starlette.testclient import TestClient


def csrf_of(client: TestClient, address: str = "/") -> str:
    """The guard of this session's forms, as a page carries it."""
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
