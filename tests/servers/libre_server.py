"""LibreTranslate's `/translate` and `/languages`, on loopback, with the real one's habits.

In: POST with a JSON body, the key in it. Out: translations that shout. Like release 1.9.6
it refuses a request as a whole, strips what is around a text, and unescapes its answers.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any
from urllib.parse import urlsplit

from servers.engine_server import EngineServer, Fault, Reply, Request

_PLACEHOLDER = re.compile(r"(</?g\d+>|<x\d+/>|&#?\w+;?)")


class LibreServer(EngineServer):
    """`key` is the one it knows; it asks for one only where `needs_key`."""

    def __init__(self, key: str | None = None, *, path: str = "") -> None:
        super().__init__()
        self.key, self.path = key, path
        self.needs_key = False
        #: Characters of a text, texts of a request; as its options of those names.
        self.char_limit, self.batch_limit = -1, -1
        self.targets = {"en": ["nl"], "nl": ["en"]}
        #: A reply to give instead, whatever is asked.
        self.instead: Reply | None = None

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was asked to be translated so far."""
        return [json.loads(request.body) for request in self.requests if request.body]

    def respond(self, request: Request, fault: Fault | None) -> Reply:
        if self.instead is not None:
            return self.instead
        path = urlsplit(request.target).path
        if request.method == "GET" and path == f"{self.path}/languages":
            return _json([{"code": c, "name": c, "targets": t} for c, t in self.targets.items()])
        if request.method != "POST" or path != f"{self.path}/translate":
            return Reply(b"<!doctype html><title>404 Not Found</title>", 404, "text/html")
        asked = json.loads(request.body)
        if refusal := self._refusal(asked):
            return refusal
        texts = [asked["q"]] if isinstance(asked["q"], str) else asked["q"]
        echo = fault is Fault.ECHO
        said = [html.unescape(text if echo else _shout(text.strip())) for text in texts]
        if fault is Fault.EMPTY:
            said = [""] * len(texts)
        elif fault is Fault.SWAP:
            said = said[::-1]
        elif fault is Fault.FEW:
            said = said[1:]
        return _json({"translatedText": said[0] if isinstance(asked["q"], str) else said})

    def _refusal(self, asked: dict[str, Any]) -> Reply | None:
        given, source, target = asked.get("api_key"), asked.get("source"), asked.get("target")
        if given and given != self.key:
            return _json({"error": f"Invalid API key [{given}]"}, 403)
        if self.needs_key and not given:
            return _json({"error": "Please contact the server operator to get an API key"}, 400)
        if not asked.get("q"):
            return _json({"error": "Invalid request: missing q parameter"}, 400)
        batch = asked["q"] if isinstance(asked["q"], list) else []
        sizes = [(len(batch), self.batch_limit), *((len(t), self.char_limit) for t in batch)]
        for size, limit in sizes:
            if -1 < limit < size:
                said = f"Invalid request: request ({size}) exceeds text limit ({limit})"
                return _json({"error": said}, 400)
        for language in (source, target):
            if language not in self.targets:
                return _json({"error": f"{language} is not supported"}, 400)
        if target not in self.targets[source]:
            said = f"{target} is not available as a target language from {source}"
            return _json({"error": said}, 400)
        return None


def _json(value: object, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status)


def _shout(text: str) -> str:
    parts = _PLACEHOLDER.split(text)
    parts[::2] = [part.upper() for part in parts[::2]]
    return "".join(parts)
