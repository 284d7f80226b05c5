"""Say what went wrong on the way to a host.

In: what `requests` raised. Out: a NetError in one line. Never: the library's own nesting.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from cxgreetz.errors import NetError
from cxgreetz.net.guard import PrivateAddressError


def is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # ValueError when it is no number or too large a one
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def failure(url: str, here: str, error: requests.RequestException) -> NetError:
    """Say in one line what went wrong, without the library's own nesting."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, PrivateAddressError):
            return NetError(
                f"{url} leads to the private address {cause.address} ({cause.host}), which is "
                "refused: only a host named in the workspace file may be private",
                sent=False,
            )
    # No connection stood, so nothing was sent over one.
    sent = not any(isinstance(c, NewConnectionError | ConnectTimeoutError) for c in causes)
    host = urlsplit(here).hostname
    if isinstance(error, requests.exceptions.SSLError):
        sent = "CERTIFICATE_VERIFY_FAILED" not in repr(error)
        return NetError(f"{url}: the certificate of {host} is not valid", sent=sent)
    if isinstance(error, requests.Timeout):
        return NetError(f"{url}: {host} did not answer in time", retryable=True, sent=sent)
    if "NameResolution" in repr(error) or "getaddrinfo" in repr(error):
        return NetError(
            f"{url}: no site is known as {host}; check the spelling", retryable=True, sent=False
        )
    if isinstance(
        error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)
    ):
        return NetError(f"{url}: the answer of {host} broke off", retryable=True)
    if isinstance(error, requests.ConnectionError):
        return NetError(f"{url}: {host} cannot be reached", retryable=True, sent=sent)
    return NetError(f"{url} is not an address that can be fetched", sent=False)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        inner = getattr(cause, "reason", None)
        following = [cause.__cause__, cause.__context__, inner, *cause.args]
        cause = next(
            (c for c in following if isinstance(c, BaseException) and c is not cause), None
        )
