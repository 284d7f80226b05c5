"""MyMemory's `/get`, on loopback, with messages where translations belong.

In: GET /get?q=…&langpair=nl-NL|en-GB. Out: JSON as the service writes it, status in the
body; texts are shouted, entities and all.
"""

from __future__ import annotations

import html
import json
import re
from urllib.parse import parse_qs, urlsplit

from servers.engine_server import EngineServer, Fault, Reply, Request

_MARK = re.compile(r"(</?g\d+>|<x\d+/>)")


class MyMemoryApi(EngineServer):
    """`left` is how many characters it still translates today."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 1_000_000
        #: What to give for a translation instead, whatever is asked.
        self.instead: object = ...
        #: Its suggestions from the memory.
        self.matches: list[dict[str, object]] = []

    @property
    def address(self) -> str:
        return f"{self.url}/get"

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Texts and pairs of languages so far."""
        return [(query["q"], query["langpair"]) for query in map(_query, self.requests)]

    def respond(self, request: Request, fault: Fault | None) -> Reply:
        query = _query(request)
        if urlsplit(request.target).path != "/get" or request.method != "GET":
            return Reply(b"<html>Not Found</html>", 404, "text/html")
        text, pair = query.get("q", ""), query.get("langpair", "")
        self.left -= len(text)
        if self.instead is not ...:
            return _says(self.instead, 200, self.matches)
        if pair not in ("nl-NL|en-GB", "en-GB|nl-NL"):
            language = pair.partition("|")[0].upper()
            return _says(f"'{language}' IS AN INVALID SOURCE LANGUAGE", 403)
        if len(text.encode()) > 500:
            return _says("QUERY LENGTH LIMIT EXCEEDED. MAX ALLOWED QUERY : 500 CHARS", 403)
        if self.left < 0:
            used = "MYMEMORY WARNING: YOU USED ALL AVAILABLE FREE TRANSLATIONS FOR TODAY."
            return _says(f"{used} NEXT AVAILABLE IN  11 HOURS", 429)
        if fault is Fault.FEW:
            return _says(None, 200)
        if fault is Fault.ECHO:
            return _says(text, 200)
        if fault is Fault.EMPTY:
            return _says("", 200)
        return _says(_shout(self.asked[0][0] if fault is Fault.SWAP else text), 200)


def _says(text: object, status: int, matches: list[dict[str, object]] | None = None) -> Reply:
    """What the service says of itself stands in the body; the answer's status is 200."""
    body = {
        "responseData": {"translatedText": text, "match": 0.85},
        "quotaFinished": status == 429,
        "responseStatus": status,
        "matches": matches or [],
    }
    return Reply(json.dumps(body).encode())


def _query(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}


def _shout(text: str) -> str:
    """Louder, and with quotation marks as entities, as its answers often have them."""
    parts = _MARK.split(text)
    parts[::2] = [html.escape(part.upper()) for part in parts[::2]]
    return "".join(parts)
