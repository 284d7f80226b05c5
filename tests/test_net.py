"""The network is not trusted: limits, redirects, private addresses, conditions, retries."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from cxgreetz.errors import NetError
from cxgreetz.net import Limits, Net, Page, validators
from servers.plain_site import Site

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def site() -> Iterator[Site]:
    opened = Site()
    yield opened
    opened.close()


@dataclass(frozen=True)
class Kept:
    url: str
    headers: Mapping[str, str]
    mark: str | None
    content: bytes | None

    @property
    def whole(self) -> bool:
        return self.content is not None

    def load(self) -> bytes:
        assert self.content is not None
        return self.content


class Cache:
    def __init__(self) -> None:
        self.pages: dict[str, Kept] = {}

    def load_page(self, url: str) -> Kept | None:
        return self.pages.get(url)

    def save_page(
        self, url: str, final: str, content: bytes | None, headers: Mapping[str, str], mark: str
    ) -> None:
        self.pages[url] = Kept(final, dict(headers), mark, content)


def net(**changes: object) -> Net:
    values: dict[str, object] = {"private_hosts": {"127.0.0.1"}, "sleep": lambda _s: None}
    return Net(**{**values, **changes})  # type: ignore[arg-type]


def test_a_page_comes_whole(site: Site) -> None:
    site.answer("/", body="hé".encode(), Content_Type="text/html; charset=UTF-8")
    page = net().get(f"{site.url}/", accept="text/html")
    assert (page.text, page.content_type, page.status) == ("hé", "text/html", 200)
    _path, headers = site.requests[0]
    assert headers["user-agent"].startswith("cxgreetz/")
    assert headers["accept"] == "text/html"


@pytest.mark.parametrize(
    ("content", "header", "text"),
    [
        (b"\xef\xbb\xbfh\xc3\xa9", "", "hé"),
        ("hé".encode("utf-16"), "", "hé"),
        (b"h\xe9", "text/html; charset=iso-8859-1", "hé"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?>h\xe9', "text/xml", None),
        (b'<meta charset="windows-1252">\x80', "text/html", None),
        (b"h\xe9 \x80", "text/html; charset=utf-8", "hé €"),
        (b"h\xe9", "text/html; charset=nonsense", "hé"),
    ],
)
def test_text_is_decoded_by_what_is_true(content: bytes, header: str, text: str | None) -> None:
    decoded = Page("x", content, {"content-type": header}).text
    assert decoded == text if text else ("é" in decoded or "€" in decoded)


def test_redirects_are_followed_and_the_end_is_told(site: Site) -> None:
    site.answer("/a", 301, Location="/b")
    site.answer("/b", body=b"there")
    page = net().get(f"{site.url}/a")
    assert (page.url, page.content) == (f"{site.url}/b", b"there")


def test_too_many_redirects(site: Site) -> None:
    site.answer("/a", 302, Location="/a")
    with pytest.raises(NetError, match="redirects more than 5 times"):
        net().get(f"{site.url}/a")
    assert len(site.requests) == 6


@pytest.mark.parametrize(
    "target", ["http://localhost:{port}/", "file:///etc/passwd", "http://[::1]:{port}/"]
)
def test_a_redirect_to_a_private_or_strange_address_is_refused(site: Site, target: str) -> None:
    port = site.url.rpartition(":")[2]
    site.answer("/a", 302, Location=target.format(port=port))
    site.answer("/", body=b"secret")
    with pytest.raises(NetError):
        net().get(f"{site.url}/a")
    assert "/" not in [path for path, _headers in site.requests], "the inner page was asked for"


def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(site: Site) -> None:
    site.answer("/", body=b"secret")
    url = site.url.replace("127.0.0.1", "localhost")
    with pytest.raises(NetError, match=r"private address 127\.0\.0\.1 \(localhost\)"):
        net().get(f"{url}/")
    assert site.requests == []
    assert net(private_hosts={"localhost"}).get(f"{url}/").content == b"secret"


def test_a_body_over_the_limit_is_refused_even_when_it_is_packed(site: Site) -> None:
    bomb = gzip.compress(b"0" * 3_000_000)
    site.answer("/", body=bomb, Content_Encoding="gzip")
    with pytest.raises(NetError, match="larger than 1 MB"):
        net(limits=Limits(size=1024 * 1024)).get(f"{site.url}/")


def test_a_drip_of_bytes_ends_in_time(site: Site) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x" * 10)
            time.sleep(0.1)

    site.answers["/"] = drip
    before = time.monotonic()
    with pytest.raises(NetError, match=r"longer than|in time"):
        net(limits=Limits(total=0.5, read=0.5, retries=0)).get(f"{site.url}/")
    assert time.monotonic() - before < 8


def test_silence_ends_in_time_and_is_asked_again(site: Site) -> None:
    site.answers["/"] = lambda _handler: time.sleep(1.0)
    with pytest.raises(NetError, match="did not answer in time") as caught:
        net(limits=Limits(read=0.2, retries=1)).get(f"{site.url}/")
    assert caught.value.retryable
    assert len(site.requests) == 2


def test_an_answer_that_breaks_off(site: Site) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True

    site.answers["/"] = cut
    with pytest.raises(NetError, match="broke off"):
        net(limits=Limits(retries=0)).get(f"{site.url}/")


def test_a_head_that_is_cut_off_is_no_empty_page(site: Site) -> None:
    """The library takes the end of the line for the end of the head."""
    whole = b'HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Length: 5\r\n\r\nHallo'
    cuts, cache = iter([25, 31]), Cache()

    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(whole[: next(cuts, None)])
        handler.close_connection = True

    site.answers["/"] = cut
    with pytest.raises(NetError, match="broke off") as caught:
        net(limits=Limits(retries=0), cache=cache).get(f"{site.url}/")
    assert caught.value.retryable and not cache.pages
    assert net(cache=cache).get(f"{site.url}/").content == b"Hallo"


def test_an_empty_page_that_says_so_is_empty(site: Site) -> None:
    site.answer("/", 200, b"")
    assert net().get(f"{site.url}/").content == b""


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n"])
def test_a_drip_of_headers_ends_in_time(site: Site, start: bytes) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(start)
        for number in range(100):
            handler.wfile.write(b"X-%d: y\r\n" % number if start else b"H")
            time.sleep(0.1)

    site.answers["/"] = drip
    before = time.monotonic()
    with pytest.raises(NetError, match="did not answer in time"):
        net(limits=Limits(total=0.5, read=0.5, retries=0)).get(f"{site.url}/")
    assert time.monotonic() - before < 8


def test_chunks_come_whole(site: Site) -> None:
    def chunked(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for part in (b"one ", b"two ", b"x" * 100_000):
            handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    site.answers["/"] = chunked
    assert net().get(f"{site.url}/").content == b"one two " + b"x" * 100_000


def test_what_may_pass_is_asked_again(site: Site) -> None:
    answers = iter([503, 502])
    site.answer("/ok", body=b"fine")
    fine = site.answers["/ok"]

    def flaky(handler: BaseHTTPRequestHandler) -> None:
        if (status := next(answers, None)) is None:
            fine(handler)
        else:
            handler.send_response(status)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

    site.answers["/"] = flaky
    assert net().get(f"{site.url}/").content == b"fine"


def test_retry_after_is_respected_up_to_our_patience(site: Site) -> None:
    waits: list[float] = []
    site.answer("/", 429, Retry_After="7")
    with pytest.raises(NetError, match="429") as caught:
        net(sleep=waits.append, now=lambda: NOW).get(f"{site.url}/")
    assert waits == [7.0, 7.0]
    assert caught.value.retry_after == 7.0
    site.answer("/", 429, Retry_After="3600")
    waits.clear()
    with pytest.raises(NetError):
        net(sleep=waits.append).get(f"{site.url}/")
    assert waits == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 500])
def test_a_refusal_is_one_line_and_not_asked_again(site: Site, status: int) -> None:
    site.answer("/x", status)
    with pytest.raises(NetError) as caught:
        net().get(f"{site.url}/x")
    assert caught.value.status == status
    assert str(status) in str(caught.value) and f"{site.url}/x" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(site.requests) == 1


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(NetError, match=r"127\.0\.0\.1 cannot be reached"):
        net().get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "https://", "nonsense", "http://[bad/", "http://a b/", "file:///x"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(NetError) as caught:
        net(limits=Limits(retries=0)).get(url)
    assert "\n" not in str(caught.value)


def test_an_unchanged_page_comes_from_the_cache(site: Site) -> None:
    cache = Cache()
    site.answer("/f", body=b"one", ETag='"1"', Last_Modified="Sun, 22 Nov 2026 09:00:00 GMT")
    first = net(cache=cache).get(f"{site.url}/f")
    site.answer("/f", 304)
    second = net(cache=cache).get(f"{site.url}/f")
    assert (first.unchanged, second.unchanged) == (False, True)
    assert second.content == b"one"
    assert site.requests[1][1]["if-none-match"] == '"1"'


def test_a_page_without_validators_is_not_kept(site: Site) -> None:
    cache = Cache()
    site.answer("/f", body=b"one")
    net(cache=cache).get(f"{site.url}/f")
    assert cache.pages == {}


@pytest.mark.parametrize(("etag", "sent"), [('W/"1"', False), ('"1-gzip"', False), ('"1"', True)])
def test_a_weakened_etag_stays_home(etag: str, sent: bool) -> None:
    headers = validators({"etag": etag, "last-modified": "Sun, 22 Nov 2026 09:00:00 GMT"})
    assert ("If-None-Match" in headers) == sent
    assert "If-Modified-Since" in headers
    assert validators({"etag": etag}) == {"If-None-Match": etag}


@pytest.mark.parametrize("charset", ["undefined", "idna", "punycode", "utf-7", "hex", "rot13"])
def test_what_is_no_charset_of_a_page_is_not_used(charset: str) -> None:
    page = Page(
        "x", b"plain +ADw-script+AD4- \xff", {"content-type": f"text/html; charset={charset}"}
    )
    assert page.text == "plain +ADw-script+AD4- ÿ"


# manners


class Book:
    def __init__(self) -> None:
        self.pauses: dict[str, datetime] = {}

    def load_pause(self, host: str) -> datetime | None:
        return self.pauses.get(host)

    def save_pause(self, host: str, until: datetime) -> None:
        self.pauses[host] = until


@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_a_host_is_asked_few_things_at_a_time(site: Site, at_once: int) -> None:
    busy, most, lock = 0, 0, threading.Lock()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.1)
        with lock:
            busy -= 1
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    site.answers["/"] = slow
    shared = net(limits=Limits(at_once=at_once))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(shared.get, [f"{site.url}/"] * 12))
    assert most == at_once


def test_waiting_for_a_turn_does_not_count_as_slowness(site: Site) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.4)
        handler.send_response(200)
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"ok")

    site.answers["/"] = slow
    shared = net(limits=Limits(at_once=1, total=2, retries=0))
    with ThreadPoolExecutor(6) as pool:
        pages = list(pool.map(shared.get, [f"{site.url}/"] * 6))
    assert [page.content for page in pages] == [b"ok"] * 6


@pytest.mark.parametrize("asked", ["3600", "Sun, 22 Nov 2026 10:00:00 GMT"])
@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_to_wait_is_left_alone_until_then(
    site: Site, status: int, asked: str
) -> None:
    site.answer("/busy", status, Retry_After=asked)
    site.answer("/other", body=b"fine")
    book, clock = Book(), NOW
    with pytest.raises(NetError, match=rf"{status}.*asks to wait until 2026-11-22 10:00:00 UTC"):
        net(pauses=book, now=lambda: clock).get(f"{site.url}/busy")
    again = net(pauses=book, now=lambda: clock)  # the next run
    with pytest.raises(NetError, match="asks to wait until 2026-11-22 10:00:00 UTC") as caught:
        again.get(f"{site.url}/other")
    assert f"{site.url}/other" in str(caught.value) and caught.value.retry_after == 3600
    assert [path for path, _headers in site.requests] == ["/busy"]
    clock += timedelta(seconds=3601)
    assert again.get(f"{site.url}/other").content == b"fine"


def test_a_short_wait_holds_every_thread(site: Site) -> None:
    waits: list[float] = []
    book = Book()
    book.save_pause(site.url.removeprefix("http://"), NOW + timedelta(seconds=5))
    site.answer("/", body=b"fine")
    assert net(pauses=book, now=lambda: NOW, sleep=waits.append).get(f"{site.url}/").content
    assert waits == [5.0]


@pytest.mark.parametrize(
    ("asked", "until"),
    [
        ("9" * 400, NOW + timedelta(hours=24)),
        ("Sun, 22 Nov 2099 10:00:00 GMT", NOW + timedelta(hours=24)),
        ("Sun, 22 Nov 2020 10:00:00 GMT", NOW),
        ("²", None),
        ("-5", None),
        ("soon", None),
        ("Sun, 99 Nov 2026 99:00:00 GMT", None),
    ],
)
def test_a_strange_wish_is_cut_to_a_day_or_not_heard(
    site: Site, asked: str, until: datetime | None
) -> None:
    site.answer("/", 429, Retry_After=asked)
    book = Book()
    with pytest.raises(NetError, match="429"):
        net(pauses=book, now=lambda: NOW).get(f"{site.url}/")
    assert book.pauses == ({site.url.removeprefix("http://"): until} if until else {})


def test_another_host_does_not_wait(site: Site) -> None:
    other = Site()
    site.answer("/", 503, Retry_After="3600")
    other.answer("/", body=b"fine")
    shared = net(now=lambda: NOW)
    with pytest.raises(NetError):
        shared.get(f"{site.url}/")
    assert shared.get(f"{other.url}/").content == b"fine"
    other.close()


def test_threads_share_a_net(site: Site) -> None:
    site.answer("/", body=b"fine")
    shared = net()
    results: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: results.append(shared.get(f"{site.url}/").content))
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [b"fine"] * 12


def test_who_keeps_what_is_made_of_a_page_need_not_have_it_again(site: Site) -> None:
    site.answer("/", body=b"whole", ETag='"1"')
    cache, had = Cache(), set[str]()
    keeper = net(cache=cache)
    first = keeper.get(f"{site.url}/", has=had.__contains__)
    again = keeper.get(f"{site.url}/", has=had.__contains__)
    assert (first.unchanged, again.unchanged, again.content) == (False, False, b"whole")
    had.add(first.mark)
    site.answer("/", 304)
    known = keeper.get(f"{site.url}/", has=had.__contains__)
    assert known.unchanged and known.mark == first.mark
    assert cache.pages[f"{site.url}/"].content is None
    site.answer("/", body=b"whole")
    keeper.get(f"{site.url}/")
    asked = ["if-none-match" in headers for _path, headers in site.requests]
    assert asked == [False, False, True, False], "what was not kept is asked for anew"
