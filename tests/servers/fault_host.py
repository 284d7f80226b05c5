"""A host on loopback that does everything wrong that hosts on the web do.

In: GET of a path named after a fault. Out: that fault; at `/good/` a feed as it should be.
Never: an answer that outlives `close` by more than a moment.
"""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from servers.plain_site import Answer, Site

_HEAD = (
    '<?xml version="1.0" encoding="{charset}"?><rss version="2.0" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Blog</title>'
)
_TAIL = "</channel></rss>"
NOVEMBER = "Fri, 13 Nov 2026 09:00:00 +0000"


def body_about(name: str) -> str:
    """Some eighty Dutch words that stand in no other body."""
    return "".join(
        f"<p>De {word} klant van {name} vroeg gisteren of het koffiezetapparaat ook op zondag "
        "wordt bijgevuld, en niemand achter de balie wist het antwoord te geven.</p>"
        for word in ("eerste", "tweede", "derde", "vierde")
    )


def an_item(site: str, name: str, date: str = NOVEMBER, **changes: str) -> str:
    body = changes.get("body", body_about(name))
    link = changes.get("link", f"{site}/{name}/")
    return (
        f"<item><title>{changes.get('title', name.capitalize())}</title><link>{link}</link>"
        f"<guid>{changes.get('guid', link)}</guid><pubDate>{date}</pubDate>"
        f"<dc:creator>Marijke</dc:creator>{changes.get('extra', '')}"
        f"<content:encoded><![CDATA[{body}]]></content:encoded></item>"
    )


def a_feed(*items: str, charset: str = "utf-8") -> str:
    return _HEAD.format(charset=charset) + "".join(items) + _TAIL


class FaultHost(Site):
    """`url` and a fault's path make an address to gather from."""

    def __init__(self) -> None:
        super().__init__()
        self._closed = threading.Event()
        good = a_feed(an_item(self.url, "goed"))
        self.answer("/good/", body=good.encode(), Content_Type="application/rss+xml")
        for name, body in {**self._feeds(), **self._junk()}.items():
            self.answer(f"/{name}/", body=body, Content_Type="text/xml")
        self.answers |= {f"/{name}/": answer for name, answer in self._manners(good).items()}

    def close(self) -> None:
        self._closed.set()
        super().close()

    def _feeds(self) -> dict[str, bytes]:
        """Feeds that are wrong and can be read all the same, in whole or in part."""
        site, item = self.url, an_item
        one = a_feed(item(site, "koffie"))
        accents = item(site, "koffie", title="Café")
        return {
            "junk-before": b"\n\n<b>Warning</b>: line 3<br>" + one.encode(),
            "control-characters": one.replace("klant", "kl\x01ant", 1).encode(),
            "unknown-entities": one.replace("<title>K", "<title>&nbsp;&foo; K").encode(),
            "bare-ampersand": one.replace("<title>K", "<title>Q & A K").encode(),
            "billion-laughs": _laughs() + one.replace("<title>K", "<title>&i; K").encode(),
            "external-entity": (
                '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                + one.replace("<title>K", "<title>&x; K")
            ).encode(),
            "windows-1252": a_feed(accents).encode("cp1252"),
            "utf-16": a_feed(accents, charset="utf-16").encode("utf-16"),
            "utf-7": a_feed(
                item(site, "koffie", title="+ADw-script+AD4-x()+ADw-/script+AD4-"), charset="utf-7"
            ).encode(),
            "one-guid": a_feed(
                *(item(site, n, guid="same") for n in ("een", "twee", "drie"))
            ).encode(),
            "two-links": a_feed(
                item(site, "koffie", link=f"{site}/koffie/?utm_source=x"),
                item(site, "koffie", link=f"{site}/koffie/#part", guid="other"),
            ).encode(),
            "dutch-date": a_feed(item(site, "koffie", "vr, 13 nov 2026")).encode(),
            "in-2036": a_feed(item(site, "koffie", "Thu, 13 Nov 2036 09:00:00 +0000")).encode(),
            "in-1970": a_feed(item(site, "koffie", "Thu, 01 Jan 1970 00:00:00 +0000")).encode(),
            "500-attributes": a_feed(item(site, "koffie", extra=_element(500))).encode(),
            "ampersands": one.replace("Blog", "Blog" + "&" * 1_000_000).encode(),
            "long-attribute": a_feed(
                item(site, "koffie", extra=f"<x a='{'a' * 1_000_000}'/>")
            ).encode(),
        }

    def _junk(self) -> dict[str, bytes]:
        """What can be read as nothing at all."""
        site, item = self.url, an_item
        noise = bytes((n * 7919 + n // 256) % 251 for n in range(1_000_000))
        return {
            "empty": b"",
            "spaces": b" " * 1_000_000,
            "cut-off": a_feed(item(site, "koffie"))[:400].encode(),
            "noise": noise,
            "noisy-feed": b"<rss>" + noise,
            "100000-attributes": a_feed(item(site, "koffie", extra=_element(100_000))).encode(),
            "20000-namespaces": a_feed(
                item(site, "koffie", extra=_element(20_000, "xmlns:"))
            ).encode(),
            "many-items": a_feed("<item/>" * 300_000).encode(),
            "nested-items": a_feed("<item>" * 200_000 + "</item>" * 200_000).encode(),
            "nested-divs": a_feed(item(site, "koffie", body="<div>" * 200_000)).encode(),
            "challenge": b"<html><title>Just a moment</title><body>Checking your browser</body>",
            "divs-page": b"<html><body>" + b"<div>" * 200_000,
            "attributes-page": f"<html><body>{_element(100_000)}".encode(),
            "text-page": b"<html><body><p>" + b"woord " * 800_000,
            "html-as-feed": b"<html><body><rss version='2.0'>" + b"<p>" * 1000,
        }

    def _manners(self, good: str) -> dict[str, Answer]:
        """What goes wrong on the way."""
        packed = _packed(good)
        return {
            "302-then-301": _redirect(302, "/301/"),
            "301": _redirect(301, "/good/"),
            "308": _redirect(308, "/good/"),
            "loop": _redirect(302, "/loop/"),
            "to-inside": _redirect(302, self.url.replace("127.0.0.1", "localhost") + "/good/"),
            "to-metadata": _redirect(302, "http://169.254.169.254/latest/"),
            "to-file": _redirect(302, "file:///etc/passwd"),
            "to-nonsense": _redirect(302, "http://[::1/"),
            "to-bad-port": _redirect(302, "http://127.0.0.1:99999/"),
            "429": _status(429, "3600"),
            "503": _status(503, "Sun, 22 Nov 2026 12:00:00 GMT"),
            "410": _status(410),
            "404": _status(404),
            "500": _status(500),
            "999": _status(999),
            "weak-etag": _says(good.encode(), ETag='W/"1"'),
            "text-plain": _says(good.encode(), Content_Type="text/plain"),
            "gzip": _says(packed, Content_Encoding="gzip"),
            "gzip-bomb": _says(gzip.compress(b"0" * 50_000_000), Content_Encoding="gzip"),
            "no-gzip": _says(b"this is not packed", Content_Encoding="gzip"),
            "odd-charset": _says(good.encode(), Content_Type="text/xml; charset=undefined"),
            "200-mb": self._pour(b"x" * 65536, 0.0),
            "302-drip": self._pour(b"x", 0.1, 302, "/good/"),
            "302-bomb": self._pour(b"x" * 65536, 0.0, 302, "/good/"),
            "byte-a-second": self._pour(b"x", 0.1),
            "silence": lambda _handler: self._wait(5),
            "breaks-off": _says(good.encode()[:300], Content_Length="100000"),
            "hangs-up": lambda handler: handler.connection.shutdown(socket.SHUT_RDWR),
            "not-http": lambda handler: _raw(handler, b"SSH-2.0-OpenSSH_9.2\r\n"),
            "long-header": lambda handler: _raw(
                handler, b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000
            ),
            "many-headers": lambda handler: _raw(
                handler, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300
            ),
        }

    def _wait(self, seconds: float) -> bool:
        return self._closed.wait(seconds)

    def _pour(self, piece: bytes, pause: float, status: int = 200, location: str = "") -> Answer:
        def pour(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            if location:
                handler.send_header("Location", location)
            handler.send_header("Content-Length", str(200 * 1024 * 1024))
            handler.end_headers()
            ends = time.monotonic() + 10
            while time.monotonic() < ends and not self._closed.is_set():
                try:
                    handler.wfile.write(piece)
                except OSError:
                    break
                if pause:
                    self._wait(pause)
            handler.close_connection = True

        return pour


def _element(attributes: int, prefix: str = "") -> str:
    written = " ".join(f"{prefix}a{n}='u{n}'" for n in range(attributes))
    return f"<x {written}></x>"


def _laughs() -> bytes:
    """Nine entities, each ten times the one before it."""
    entities = [f"<!ENTITY {chr(c + 1)} '{f'&{chr(c)};' * 10}'>" for c in range(ord("a"), ord("i"))]
    return f"<!DOCTYPE rss [<!ENTITY a 'ha'>{''.join(entities)}]>".encode()


def _packed(text: str) -> bytes:
    return gzip.compress(text.encode())


def _status(status: int, retry_after: str | None = None) -> Answer:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if retry_after:
            handler.send_header("Retry-After", retry_after)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return write


def _redirect(status: int, target: str) -> Answer:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return write


def _says(body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return write


def _raw(handler: BaseHTTPRequestHandler, data: bytes) -> None:
    handler.wfile.write(data)
    handler.close_connection = True
