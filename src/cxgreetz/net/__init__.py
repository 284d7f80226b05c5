"""Fetch pages without trusting the network: the one door to `requests`.

In: an address. Out: a whole page, or a NetError in one line. Never: an unsafe call
repeated, an unbounded read, a private address that the workspace does not name.

Limits: 5 s to connect, 20 s between bytes, 60 s in all, 8 MB of decoded bytes, five
redirects, two requests to a host at a time. The address of the peer is looked at after the
connection stands and before anything is sent, so that DNS cannot change its answer in
between. `guard` looks at peers, `hosts` keeps manners, `robots` reads what a site allows,
`calls` asks an API.
"""

from __future__ import annotations

import codecs
import hashlib
import math
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urljoin
from urllib.request import getproxies

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from cxgreetz import __version__
from cxgreetz.errors import NetError
from cxgreetz.net.calls import Answer, call
from cxgreetz.net.failures import failure, is_web
from cxgreetz.net.guard import GuardedAdapter, StillSession
from cxgreetz.net.hosts import Hosts, PauseBook, host_of, say_wait
from cxgreetz.net.robots import Robots

_RETRYABLE = frozenset({429, 502, 503, 504})
#: Their Retry-After speaks of the host, not of the one page.
_BUSY = frozenset({429, 503})
#: One of them says how much an answer brings (RFC 9112, 6.3), be it nothing.
_SIZES = frozenset({"content-length", "transfer-encoding"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_XML_CHARSET = re.compile(rb"""^\s*<\?xml[^>]{0,200}encoding=["']([\w.:-]+)""", re.I)
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset=["']?\s*([\w.:-]+)""", re.I)
#: What Python calls encodings and no page is written in; some fail, some hide a script.
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes and counts; the defaults suit a monthly run on a home connection."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 60.0
    size: int = 8 * 1024 * 1024
    redirects: int = 5
    retries: int = 2
    #: A server may ask for more patience than this; then it is left for the next run.
    patience: float = 10.0
    #: Requests to one host at a time.
    at_once: int = 2
    #: For a feed that only a process of its own may read.
    parse: float = 10.0
    #: Seconds for one call of an API, at most: some answer after two minutes.
    call: float = 150.0


@dataclass(frozen=True)
class Page:
    """A page that was answered with 200, whole."""

    #: After redirects.
    url: str
    #: The content; of one that is unchanged perhaps how to get at it.
    body: bytes | Callable[[], bytes] = field(repr=False)
    #: Lower-case names.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    status: int = 200
    #: True when the server said it is the same as last time (304).
    unchanged: bool = False

    #: Of the content, where it is known.
    known_mark: str | None = None

    @cached_property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else self.body()

    @cached_property
    def mark(self) -> str:
        """A hash that stands for the content."""
        return self.known_mark or hashlib.blake2b(self.content, digest_size=12).hexdigest()

    @property
    def content_type(self) -> str:
        """Without parameters, lower case: `text/html`."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def text(self) -> str:
        """The content as text: BOM, header, declaration, UTF-8, then windows-1252."""
        for bom, name in (
            (b"\xef\xbb\xbf", "utf-8-sig"),
            (b"\xff\xfe", "utf-16"),
            (b"\xfe\xff", "utf-16"),
        ):
            if self.content.startswith(bom):
                return self.content.decode(name, "replace")
        declared = re.search(
            r"charset=[\"']?([\w.:-]+)", self.headers.get("content-type", ""), re.I
        )
        head = self.content[:2048]
        inside = _XML_CHARSET.search(head) or _META_CHARSET.search(head)
        names = [declared.group(1)] if declared else []
        names += [inside.group(1).decode("ascii")] if inside else []
        for name in [*names, "utf-8"]:
            try:
                if codecs.lookup(name).name not in _NO_CHARSETS:
                    return self.content.decode(name)
            except (LookupError, UnicodeError):
                continue
        return self.content.decode("cp1252", "replace")


class KeptPage(Protocol):
    """A page as it was when it was last fetched."""

    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def mark(self) -> str | None: ...
    @property
    def whole(self) -> bool:
        """Whether its content was kept too."""
        ...

    def load(self) -> bytes: ...


class PageCache(Protocol):
    """Where pages and their validators are kept between runs."""

    def load_page(self, url: str) -> KeptPage | None:
        """Give what was kept of `url`; its content is only loaded when it is needed."""
        ...

    def save_page(
        self, url: str, final: str, content: bytes | None, headers: Mapping[str, str], mark: str
    ) -> None:
        """Keep what `url` was answered with, after redirects at `final`."""
        ...


def validators(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the conditional request headers for a page answered with `headers`.

    A server behind a compressing proxy compares its strong ETag byte for byte with the
    weakened one the proxy handed out, and never says 304 (measured on WordPress behind
    gzip): such an ETag is left out where there is a Last-Modified.
    """
    etag, modified = headers.get("etag"), headers.get("last-modified")
    if modified and etag and (etag.startswith("W/") or etag.endswith('-gzip"')):
        etag = None
    found = {"If-None-Match": etag, "If-Modified-Since": modified}
    return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Look:
    """What an address answered at once, whatever its status, without its page."""

    status: int
    #: Where it led, each redirect on the way being a permanent one (301, 308).
    moved_to: str | None = None
    #: Of the answer; lower-case names.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: How the answer's body begins, as far as it was asked for.
    start: bytes = field(default=b"", repr=False)
    #: True: that is all of it.
    whole: bool = False


#: Whether no more of a body is needed: takes the answer's headers and how the body begins.
Enough = Callable[[Mapping[str, str], bytes], bool]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an address the last time it was asked."""

    #: It answered 410: its site says that it will not come back.
    gone: bool = False
    #: Where it led, each redirect on the way being a permanent one (301, 308).
    moved_to: str | None = None


class Net:
    """Fetches; may be used from several threads at once."""

    def __init__(
        self,
        private_hosts: frozenset[str] | set[str] = frozenset(),
        *,
        limits: Limits | None = None,
        cache: PageCache | None = None,
        pauses: PauseBook | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        workers: int = 10,
    ) -> None:
        self.limits = limits or Limits()
        self._cache, self._sleep = cache, sleep
        self._allowed = frozenset(host.lower() for host in private_hosts)
        self._local = threading.local()
        #: Connections are shared: who has read a host's feed leaves its line to the next.
        self._adapter = GuardedAdapter(self._allowed, self.limits.total, workers)
        self._hosts = Hosts(
            self.limits.at_once, self.limits.patience, pauses, now, lambda s: self._sleep(s)
        )
        self._robots = Robots("cxgreetz", lambda url: self.get(url).text)
        self._outcomes: dict[str, Outcome] = {}

    def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        robots: bool = False,
        has: Callable[[str], bool] | None = None,
    ) -> Page:
        """Fetch `url`, following redirects; a page that is unchanged comes from the cache.

        `has` is for who keeps what is made of a page, not the page: it says whether the one
        with this mark is needed no more. One that is unchanged then has no content.

        `robots` is for pages, which are made for people: what the site's robots.txt closes
        to programs is then refused. A feed or an API is made for programs, and a person
        named it.

        Asks again after a dropped line, 429, 502, 503 or 504, waiting as long as the
        server asks up to `limits.patience`. Raises NetError for every other answer than
        200, in one line that names the address.
        """
        self._outcomes.pop(url, None)
        for attempt in range(self.limits.retries + 1):
            try:
                return self._get_once(url, accept, robots, has)
            except NetError as error:
                backoff = 0.5 * 2**attempt
                wait = error.retry_after if error.retry_after is not None else backoff
                last = attempt == self.limits.retries
                if last or not error.retryable or wait > self.limits.patience:
                    raise
                if error.retry_after is None:  # else the host's next turn waits for it
                    self._sleep(backoff)
        raise AssertionError("unreachable")

    def look(
        self,
        url: str,
        *,
        method: str = "GET",
        seconds: float = 10.0,
        most: int = 0,
        enough: Enough = lambda _headers, _start: False,
    ) -> Look:
        """Ask `url` once, following redirects, and give whatever is answered in the end.

        `seconds` is for all of it, but for the wait until the host may be asked. At most
        `most` bytes of the body are read, and none after `enough` says so of what is there.
        Raises NetError where nobody answered, where the host wants to be left alone, and for
        an address that is refused.
        """
        deadline = time.monotonic() + seconds
        here, permanent = url, True
        for _hop in range(self.limits.redirects + 1):
            if not is_web(here):
                raise NetError(f"{url}: {here!r} is not a web address (http or https)")
            with self._hosts.turn(here) as waited:
                deadline += waited
                # As it is: packed, a picture's length would be that of the packet.
                plain = {"Accept": "*/*", "Accept-Encoding": "identity"}
                left = max(deadline - time.monotonic(), 0.1)
                with self._open(here, plain, url, method, left) as response:
                    status, target = response.status_code, response.headers.get("location")
                    if status in _BUSY:
                        self._hosts.pause(here, response.headers.get("retry-after"))
                    if status in _REDIRECTS and target:
                        here = _joined(here, target)
                        permanent = permanent and status in _PERMANENT
                        continue
                    start, whole = self._begin(response, url, deadline, most, enough)
                    kept = _headers_of(response)
            moved = here if permanent and here != url else None
            return Look(status, moved, kept, start, whole)
        raise NetError(f"{url} redirects more than {self.limits.redirects} times")

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None = None,
        time_limit: float = 60.0,
    ) -> Answer:
        """Ask an API once: no cache, no redirect, no cookie, nothing tried again.

        Whatever status it answers with is an answer. Raises NetError where there is none;
        `sent` then says whether the request may have arrived. `time_limit` in seconds.
        """
        seconds = min(time_limit, self.limits.call)
        connect = min(self.limits.connect, seconds)
        sizes = self._allowed, connect, seconds, self.limits.size
        return call(method, url, headers, body, *sizes)

    def outcome(self, url: str) -> Outcome | None:
        """Tell what became of `url` the last time it was asked; None: no answer at all."""
        return self._outcomes.get(url)

    def _session(self) -> requests.Session:
        """One session a thread: a Session's cookie jar is not safe to share."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = StillSession()
            session.headers.update(
                {"User-Agent": f"cxgreetz/{__version__}", "Accept-Encoding": "gzip, deflate"}
            )
            if not getproxies():
                # Else the environment is gone through for every request, .netrc and all.
                session.trust_env = False
                bundles = map(os.environ.get, ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
                session.verify = next(filter(None, bundles), True)
            session.mount("http://", self._adapter)
            session.mount("https://", self._adapter)
            self._local.session = session
        return session

    def _get_once(
        self, url: str, accept: str | None, robots: bool, has: Callable[[str], bool] | None
    ) -> Page:
        deadline = time.monotonic() + self.limits.total
        known = self._cache.load_page(url) if self._cache else None
        if known and not known.whole and not (has and known.mark and has(known.mark)):
            known = None
        headers = {"Accept": accept or "*/*"} | (validators(known.headers) if known else {})
        here, permanent = url, True
        for _hop in range(self.limits.redirects + 1):
            if not is_web(here):
                raise NetError(f"{url}: {here!r} is not a web address (http or https)")
            if robots:
                began = time.monotonic()
                self._robots.check(here)
                deadline += time.monotonic() - began
            with self._hosts.turn(here) as waited, self._open(here, headers, url) as response:
                deadline += waited
                status = response.status_code
                if status in _REDIRECTS and response.headers.get("location"):
                    here = _joined(here, response.headers["location"])
                    permanent = permanent and status in _PERMANENT
                    continue
                moved = here if permanent and here != url else None
                self._outcomes[url] = Outcome(status == HTTPStatus.GONE, moved)
                if status == HTTPStatus.NOT_MODIFIED and known:
                    response.raw.drain_conn()  # it has no body, and leaves its line to the next
                    found = known.url, known.load, known.headers
                    return Page(*found, unchanged=True, known_mark=known.mark)
                if status != HTTPStatus.OK:
                    raise self._refusal(url, here, response)
                content, answered = self._read(response, url, deadline), _headers_of(response)
                if not content and not _SIZES & answered.keys():
                    # The library takes the end of the line for the end of the head.
                    raise failure(url, here, requests.exceptions.ChunkedEncodingError())
                page = Page(here, content, answered)
            if self._cache and validators(page.headers):
                content_kept = None if has else page.content
                self._cache.save_page(url, page.url, content_kept, page.headers, page.mark)
            return page
        raise NetError(
            f"{url} redirects more than {self.limits.redirects} times; name its final address"
        )

    def _open(
        self,
        here: str,
        headers: Mapping[str, str],
        url: str,
        method: str = "GET",
        left: float = math.inf,
    ) -> requests.Response:
        try:
            return self._session().request(
                method,
                here,
                headers=dict(headers),
                timeout=(min(left, self.limits.connect), min(left, self.limits.read)),
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as error:
            raise failure(url, here, error) from None
        except (ValueError, UnicodeError) as error:  # what urllib3 and idna let through
            raise NetError(f"{url}: {here!r} is not a web address ({error})") from None

    def _read(self, response: requests.Response, url: str, deadline: float) -> bytes:
        chunks, size = [], 0
        for chunk in self._chunks(response, url):
            chunks.append(chunk)
            size += len(chunk)
            if size > self.limits.size:
                megabytes = self.limits.size / 1024 / 1024
                raise NetError(f"{url} is larger than {megabytes:.0f} MB; is it a page?")
            if time.monotonic() > deadline:
                raise NetError(f"{url} took longer than {self.limits.total:.0f} s")
        return b"".join(chunks)

    def _begin(
        self,
        response: requests.Response,
        url: str,
        deadline: float,
        most: int,
        enough: Enough,
    ) -> tuple[bytes, bool]:
        """Read how a body begins; says whether that is all of it."""
        if not most:
            return b"", False
        start, headers = b"", _headers_of(response)
        for chunk in self._chunks(response, url):
            start += chunk
            if len(start) >= most or enough(headers, start):
                return start[:most], False
            if time.monotonic() > deadline:
                raise failure(url, url, requests.Timeout())
        return start, True

    def _chunks(self, response: requests.Response, url: str) -> Iterator[bytes]:
        try:
            # One read at a time: a larger wish would wait for bytes past the deadline.
            while chunk := response.raw.read1(65536, decode_content=True):
                yield chunk
        except ReadTimeoutError:
            raise failure(url, url, requests.Timeout()) from None
        except HTTPError:
            raise failure(url, url, requests.exceptions.ChunkedEncodingError()) from None

    def _refusal(self, url: str, here: str, response: requests.Response) -> NetError:
        status = response.status_code
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "an unknown status"
        via = f" (redirected to {here})" if here != url else ""
        said = response.headers.get("retry-after")
        until = self._hosts.pause(here, said) if status in _BUSY else None
        wait = f"; {say_wait(host_of(here), until)}" if until else ""
        return NetError(
            f"{url}{via} answered {status} ({phrase}){wait}",
            status=status,
            retryable=status in _RETRYABLE,
            retry_after=self._hosts.left(until) if until else None,
        )


def _headers_of(response: requests.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _joined(here: str, location: str) -> str:
    try:
        return urljoin(here, location)
    except ValueError:
        return location  # which is then told to be no web address
