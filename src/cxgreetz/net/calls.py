"""Ask an API once.

In: a method, an address, headers, a body. Out: whatever it answered, or a NetError that
says whether the request may have arrived. Never: a second attempt, a redirect followed
with the key in hand, a line kept from an earlier call (it may have gone stale, and a create
lost on it would leave nobody knowing), a key taken from .netrc.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import requests
from urllib3.exceptions import HTTPError

from cxgreetz import __version__
from cxgreetz.errors import NetError
from cxgreetz.net.failures import failure, is_web
from cxgreetz.net.guard import GuardedAdapter, StillSession


@dataclass(frozen=True, slots=True)
class Answer:
    """What an API answered, whatever its status."""

    status: int
    #: Lower-case names.
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)


def call(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    allowed: frozenset[str],
    connect: float,
    seconds: float,
    size: int,
) -> Answer:
    """Send one request; `allowed` are the hosts that may stand at a private address.

    `connect` and `seconds` (in all) are limits of time, `size` one of the answer's bytes.
    """
    if not is_web(url):
        raise NetError(f"{url!r} is not a web address (http or https)", sent=False)
    deadline = time.monotonic() + seconds
    own = {
        "User-Agent": f"cxgreetz/{__version__}",
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Connection": "close",
    }
    with StillSession() as session:
        # A second more than between bytes, so that silence is called by its name.
        adapter = GuardedAdapter(allowed, seconds + 1, 1)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        try:
            response = session.request(
                method,
                url,
                headers=own | dict(headers),
                data=body,
                auth=lambda request: request,  # or .netrc would be looked into
                timeout=(connect, seconds),
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as error:
            raise failure(url, url, error) from None
        except (ValueError, UnicodeError) as error:  # what urllib3 and idna let through
            raise NetError(f"{url!r} cannot be asked ({error})", sent=False) from None
        with response:
            content = _read(response, url, deadline, size)
        return Answer(
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            content,
        )


def _read(response: requests.Response, url: str, deadline: float, size: int) -> bytes:
    content = b""
    try:
        while chunk := response.raw.read1(65536, decode_content=True):
            content += chunk
            if len(content) > size:
                raise NetError(f"{url} answered with more than {size} bytes")
            if time.monotonic() > deadline:
                raise NetError(f"{url} did not answer in time", retryable=True)
    except HTTPError:
        raise failure(url, url, requests.exceptions.ChunkedEncodingError()) from None
    return content
