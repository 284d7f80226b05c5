"""Who may come in: only this machine's browser, with the address that the command printed.

In: a request. Out: the request handed on, a redirect that leaves a cookie, or a refusal.
Never: a page, a token in an address that stays, an answer to another site.

The page stands on loopback, where every web site in the same browser can send requests and
a name of its own can be made to point. So: the Host header must be ours (DNS rebinding),
anything but reading must come from our own pages (Origin, RFC 6454), and a cookie that
other sites cannot send (SameSite=Strict) proves that the printed address was opened.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Of every answer that does not say otherwise.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_READING = ("GET", "HEAD")

#: Makes the page that says why: the status, and a sentence.
Refuse = Callable[[int, str], Response]


class Gate:
    """ASGI middleware that lets in who holds `token`, and puts HEADERS on every answer."""

    def __init__(self, app: ASGIApp, token: str, refuse: Refuse) -> None:
        self._app, self._token, self._refuse = app, token, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = self._judge(Request(scope)) or self._app
            await answer(scope, receive, _with_headers(send))

    def _judge(self, request: Request) -> Response | None:
        """The answer to a request that is not handed on; None: it may pass."""
        # The port of the socket itself: no header can change it.
        port = (request.scope.get("server") or ("", 0))[1]
        hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        if port == 80:
            hosts |= {"127.0.0.1", "localhost"}
        if request.headers.get("host", "").lower() not in hosts:
            return self._refuse(403, f"This page answers only at http://127.0.0.1:{port}/.")
        origin = request.headers.get("origin")
        if request.method not in _READING and origin not in {f"http://{h}" for h in hosts}:
            return self._refuse(403, "This request did not come from the review page.")
        if request.url.path.startswith("/static/"):
            return None
        cookie = f"cxgreetz-{port}"
        known = self._is_token(request.cookies.get(cookie, ""))
        given = request.query_params.get("token")
        if request.method in _READING and given is not None and (known or self._is_token(given)):
            return self._welcome(request, cookie)
        if known:
            return None
        way_in = f"it starts with http://127.0.0.1:{port}/?token="
        return self._refuse(
            403, f"Open the address that “cxgreetz review” printed when it started: {way_in}"
        )

    def _is_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode(), self._token.encode())

    def _welcome(self, request: Request, cookie: str) -> Response:
        rest = [(k, v) for k, v in request.query_params.multi_items() if k != "token"]
        # Two slashes at the start of an address would name another site.
        place = "/" + request.url.path.lstrip("/") + (f"?{urlencode(rest)}" if rest else "")
        answer = RedirectResponse(place, 303)
        answer.set_cookie(cookie, self._token, httponly=True, samesite="strict")
        return answer


def _with_headers(send: Send) -> Send:
    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_on
