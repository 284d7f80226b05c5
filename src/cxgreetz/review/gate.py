"""Who may come in, and whose forms are believed.

In: a request. Out: the request handed on with its session, words and form; a redirect that
leaves a cookie; the way in; or a refusal. Never: a page, a token in an address that stays, an
answer to another site, a form that our own page did not make.

The page stands where every web site in the same browser can send requests and a name of its
own can be made to point. So: the Host header must be ours (DNS rebinding), anything but reading
must come from our own pages (Origin, RFC 6454; and a token in the form, which is an HMAC of the
session), and a cookie that other sites cannot send (SameSite=Strict) proves that the printed
address was opened, or the password given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cxgreetz.review.sessions import Session, Sessions, Throttle, is_same
from cxgreetz.review.words import DEFAULT, Words, choose_language, words_in

#: Of every answer that does not say otherwise. A page without any referrer would send its own
#: forms as from nowhere ("Origin: null"); other sites learn nothing either way.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: Remembers the language of the page.
LANGUAGE_COOKIE = "cxgreetz-language"
LOGIN = "/login"
#: Bytes: longer than any letter that a person writes.
_LARGEST_FORM = 2_000_000
_READING = ("GET", "HEAD")
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Door:
    """How visitors come in: with the address that was printed, or with a password."""

    #: In the printed address; lets in where there is no password.
    token: str = ""
    #: Says whether a password is the right one; None: there is none.
    is_password: Callable[[str], bool] | None = None
    #: The one address at which browsers reach the page; "": this machine's own.
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class Faces:
    """The pages of the gate, made elsewhere."""

    #: request, status, sentence
    refuse: Callable[[Request, int, str], Response]
    #: request, status, what was wrong ("": nothing yet), where to go after
    ask: Callable[[Request, int, str, str], Response]


def session_of(request: Request) -> Session | None:
    """The visitor's session; None: not let in (yet)."""
    return cast("Session | None", getattr(request.state, "session", None))


def words_of(request: Request) -> Words:
    """The page's words in the visitor's language."""
    return cast("Words", getattr(request.state, "words", None) or words_in(DEFAULT))


class Gate:
    """ASGI middleware: hands on who may come in, and puts HEADERS on every answer."""

    def __init__(self, app: ASGIApp, door: Door, faces: Faces) -> None:
        self._app, self._door, self._faces = app, door, faces
        self._sessions, self._throttle = Sessions(can_leave=bool(door.is_password)), Throttle()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            request = Request(scope, receive)
            chosen = request.cookies.get(LANGUAGE_COOKIE)
            accepted = request.headers.get("accept-language")
            request.state.words = words_in(choose_language(chosen, accepted))
            request.state.session = None
            try:
                answer = await self._judge(request)
            except ClientDisconnect:
                return
            await (answer or self._app)(scope, receive, _with_headers(send))

    async def _judge(self, request: Request) -> Response | None:
        """The answer to a request that is not handed on; None: it may pass."""
        place = _Place(request, self._door.public_url)
        t, reading = words_of(request), request.method in _READING
        if request.headers.get("host", "").lower() not in place.hosts:
            return self._faces.refuse(request, 403, t("gate_host", address=place.address))
        if not reading and request.headers.get("origin") not in place.origins:
            return self._faces.refuse(request, 403, t("gate_origin"))
        if request.url.path.startswith("/static/"):
            return None
        session = self._sessions.find(request.cookies.get(place.cookie, ""))
        request.state.session = session
        if not reading and (refusal := await self._read_form(request)):
            return refusal
        if self._door.is_password and request.url.path == LOGIN:
            return await self._log_in(request, place)
        given = request.query_params.get("token")
        if reading and given is not None and (session or self._is_token(given)):
            return self._welcome(request, place)
        if session is None:
            return self._way_in(request, place)
        if reading:
            return None
        if not is_same(str(request.state.form.get("csrf", "")), session.csrf):
            return self._faces.refuse(request, 403, t("gate_form"))
        if request.url.path == "/logout":
            self._sessions.end(request.cookies.get(place.cookie, ""))
            answer = RedirectResponse(LOGIN if self._door.is_password else "/", 303)
            answer.delete_cookie(place.cookie, **place.cookie_rights)
            return answer
        return None

    def _is_token(self, text: str) -> bool:
        return self._door.is_password is None and is_same(text, self._door.token)

    def _way_in(self, request: Request, place: _Place) -> Response:
        if self._door.is_password is None:
            way_in = words_of(request)("gate_way_in", address=f"{place.address}?token=")
            return self._faces.refuse(request, 403, way_in)
        if request.method not in _READING:
            return self._faces.refuse(request, 403, words_of(request)("gate_session"))
        return RedirectResponse(f"{LOGIN}?{urlencode({'back': _address(request)})}", 303)

    def _welcome(self, request: Request, place: _Place) -> Response:
        """Take the token out of the address."""
        answer = RedirectResponse(_address(request, without="token"), 303)
        if request.state.session is None:
            answer.set_cookie(place.cookie, self._sessions.start(), **place.cookie_rights)
        return answer

    async def _log_in(self, request: Request, place: _Place) -> Response:
        t, reading = words_of(request), request.method in _READING
        sent = request.query_params if reading else request.state.form
        back = str(sent.get("back", "/"))
        if reading:
            return self._faces.ask(request, 200, "", back)
        if request.method != "POST":
            return self._faces.refuse(request, 405, t("not_here"))
        peer = request.client.host if request.client else ""
        if wait := self._throttle.wait(peer):
            answer = self._faces.ask(request, 429, t("login_wait", n=-(-wait // 60)), back)
            answer.headers["Retry-After"] = str(wait)
            return answer
        # Counted before it is known, so that many at once are no way around the count.
        self._throttle.count(peer)
        assert self._door.is_password is not None
        if not await run_in_threadpool(self._door.is_password, str(sent.get("password", ""))):
            return self._faces.ask(request, 403, t("login_wrong"), back)
        self._throttle.forget(peer)
        answer = RedirectResponse(_own(back), 303)
        answer.set_cookie(place.cookie, self._sessions.start(), **place.cookie_rights)
        return answer

    async def _read_form(self, request: Request) -> Response | None:
        """Read what was sent into `request.state.form`; a refusal where it is no form."""
        t, request.state.form = words_of(request), ImmutableMultiDict[str, str]()
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_FORM:
                return self._faces.refuse(request, 413, t("gate_large"))
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not body:
            return None
        if kind != _FORM:
            return self._faces.refuse(request, 415, t("gate_kind"))
        try:
            pairs = parse_qsl(body.decode(), True, errors="replace", max_num_fields=5000)
        except ValueError:
            return self._faces.refuse(request, 400, t("gate_kind"))
        # A form sends its lines as network lines; a database may not take the character 0.
        clean = [(k, v.replace("\r\n", "\n").replace("\0", "")) for k, v in pairs]
        request.state.form = ImmutableMultiDict(clean)
        return None


class _Place:
    """Where the page stands: its names, its origins, its cookie."""

    def __init__(self, request: Request, public_url: str) -> None:
        # The port of the socket itself: no header can change it.
        port = (request.scope.get("server") or ("", 0))[1]
        secure = False
        if public_url:
            address = urlsplit(public_url)
            secure = address.scheme == "https"
            usual = 443 if secure else 80
            name = address.netloc.lower()
            self.hosts = {name} | ({f"{name}:{usual}"} if address.port is None else set())
            self.origins = {f"{address.scheme}://{name}"}
            self.address = f"{address.scheme}://{name}/"
        else:
            names = ("127.0.0.1", "localhost", "[::1]")
            self.hosts = {f"{name}:{port}" for name in names}
            if port == 80:
                self.hosts |= set(names)
            # The same name as in Host: to a browser, localhost is another site than 127.0.0.1.
            host = request.headers.get("host", "").lower()
            self.origins = {f"http://{host}", f"http://{host.removesuffix(':80')}"}
            self.address = f"http://127.0.0.1:{port}/"
        self.cookie = "__Host-cxgreetz" if secure else f"cxgreetz-{port}"
        self.cookie_rights: dict[str, Any] = {
            "httponly": True,
            "samesite": "strict",
            "secure": secure,
        }


def _address(request: Request, without: str = "") -> str:
    rest = [(k, v) for k, v in request.query_params.multi_items() if k != without]
    return _own(request.url.path + (f"?{urlencode(rest)}" if rest else ""))


def _own(place: str) -> str:
    """An address of this page: two slashes or a backslash at its start would name another."""
    return "/" + place.lstrip("/\\") if place.isprintable() else "/"


def _with_headers(send: Send) -> Send:
    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_on
