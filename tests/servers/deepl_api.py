"""DeepL's `/v2/translate`, `/v2/usage` and `/v3/glossaries`, with the real one's refusals.

In: requests with JSON bodies and the key in the header. Out: translations that shout, in which
the terms of a glossary stand as it has them. Tags are parsed as strictly as version 2 of
DeepL's tag handling does.
"""

from __future__ import annotations

import json
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

from servers.engine_server import EngineServer, Fault, Reply, Request

MAX_TEXTS = 50
MAX_BYTES = 128 * 1024


class DeepLApi(EngineServer):
    """`quota` is how many characters it still translates; `billing` whether it counts them."""

    def __init__(self, key: str, *, path: str = "") -> None:
        super().__init__()
        self.key, self.path = key, path
        self.quota = 1_000_000
        self.billing = True
        #: A body to answer with instead, whatever is asked.
        self.instead: bytes | None = None
        #: By id: name and entries by direction. A free account has room for one.
        self.glossaries: dict[str, dict[str, Any]] = {}
        self.room_for_glossaries = 1
        #: Paths it answers with an error, with the status.
        self.broken: dict[str, int] = {}
        self._numbers = count(1)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was asked to be translated so far."""
        asked = (r for r in self.requests if r.target.endswith("/v2/translate"))
        return [json.loads(request.body) for request in asked]

    @property
    def steps(self) -> list[str]:
        """The requests so far: `POST /v3/glossaries`."""
        return [f"{request.method} {request.target}" for request in self.requests]

    def respond(self, request: Request, fault: Fault | None) -> Reply:
        parts = urlsplit(request.target.removeprefix(self.path))
        for path, status in self.broken.items():
            if parts.path.startswith(path):
                return _says(status, f"No luck with {request.headers['authorization']}")
        account = parts.path.startswith(("/v2/usage", "/v3/glossaries"))
        if not account:
            return self._refusal(request) or self._translate(request, fault)
        if not self._knows(request):
            return _says(403, "Forbidden")
        if parts.path == "/v2/usage":
            limit = 1_000_000
            return _json({"character_count": limit - self.quota, "character_limit": limit})
        places = parts.path.removeprefix("/v3/glossaries").strip("/").split("/")
        return self._keep_glossary(request, places, dict(parse_qsl(parts.query)))

    def _knows(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"DeepL-Auth-Key {self.key}"

    def _keep_glossary(self, request: Request, places: list[str], query: dict[str, str]) -> Reply:
        asked = json.loads(request.body) if request.body else {}
        match request.method, places:
            case "GET", [""]:
                return _json({"glossaries": [self._about(key) for key in self.glossaries]})
            case "POST", [""]:
                if len(self.glossaries) >= self.room_for_glossaries:
                    return _says(456, "Quota Exceeded")
                key = f"glossary-{next(self._numbers)}"
                entries = dict(map(_dictionary, asked["dictionaries"]))
                self.glossaries[key] = {"name": asked["name"], "entries": entries}
                return _json(self._about(key), 201)
            case _, [key, *_] if key not in self.glossaries:
                return _says(404, "Glossary not found")
            case "PATCH", [key]:
                self.glossaries[key]["name"] = asked["name"]
                return _json(self._about(key))
            case "PUT", [key, "dictionaries"]:
                pair, terms = _dictionary(asked)
                self.glossaries[key]["entries"][pair] = terms
                return _json(self._about(key)["dictionaries"][-1])
            case "DELETE", [key, "dictionaries"]:
                pair = (query["source_lang"].lower(), query["target_lang"].lower())
                gone = self.glossaries[key]["entries"].pop(pair, None)
                return Reply(b"", 204) if gone else _says(404, "Dictionary not found")
        return _says(405, "Method not allowed")

    def _about(self, key: str) -> dict[str, Any]:
        kept = self.glossaries[key]
        return {
            "glossary_id": key,
            "name": kept["name"],
            "creation_time": "2026-11-01T12:00:00.123456+00:00",
            "dictionaries": [
                {"source_lang": source, "target_lang": target, "entry_count": len(terms)}
                for (source, target), terms in kept["entries"].items()
            ],
        }

    def _translate(self, request: Request, fault: Fault | None) -> Reply:
        if self.instead is not None:
            return Reply(self.instead)
        asked = json.loads(request.body)
        texts: list[str] = asked["text"]
        try:
            said = [_shout(text) if asked.get("tag_handling") else text.upper() for text in texts]
        except ElementTree.ParseError:
            quoted = request.headers["authorization"]
            return _says(400, f"Tag handling parsing failed, please check input. [{quoted}]")
        said = [self._with_terms(text, asked) for text in said]
        if fault is Fault.ECHO:
            said = texts
        elif fault is Fault.EMPTY:
            said = [""] * len(texts)
        elif fault is Fault.SWAP:
            said = said[::-1]
        elif fault is Fault.FEW:
            said = said[1:]
        self.quota -= sum(map(len, texts))
        if self.quota < 0:
            return _says(456, "Quota Exceeded")
        answers = [{"detected_source_language": asked["source_lang"], "text": t} for t in said]
        if self.billing:
            answers = [a | {"billed_characters": len(a["text"])} for a in answers]
        return Reply(json.dumps({"translations": answers}, ensure_ascii=False).encode())

    def _refusal(self, request: Request) -> Reply | None:
        if request.target != f"{self.path}/v2/translate":
            return _says(404, "Not found")
        if request.method != "POST":
            return _says(405, "Method not allowed")
        if not self._knows(request):
            return _says(403, "Forbidden")
        if len(request.body) > MAX_BYTES:
            return _says(413, "Request Entity Too Large")
        asked = json.loads(request.body)
        if not 1 <= len(asked.get("text", ())) <= MAX_TEXTS:
            return _says(400, "Bad request. Reason: text takes 1 to 50 values.")
        if asked.get("target_lang") not in ("NL", "EN-GB", "EN-US"):
            return _says(400, "Value for 'target_lang' not supported.")
        if asked.get("formality") in ("more", "less") and asked["target_lang"] != "NL":
            return _says(400, "'formality' is not supported for given 'target_lang'.")
        if (key := asked.get("glossary_id")) and self._terms(asked) is None:
            return _says(404 if key not in self.glossaries else 400, "No such glossary")
        return None

    def _terms(self, asked: dict[str, Any]) -> dict[str, str] | None:
        kept = self.glossaries.get(asked["glossary_id"])
        pair = (asked["source_lang"].lower(), asked["target_lang"].lower()[:2])
        return kept["entries"].get(pair) if kept else None

    def _with_terms(self, text: str, asked: dict[str, Any]) -> str:
        terms = self._terms(asked) if "glossary_id" in asked else None
        for term, translation in (terms or {}).items():
            text = text.replace(term.upper(), translation)
        return text


def _dictionary(asked: dict[str, Any]) -> tuple[tuple[str, str], dict[str, str]]:
    assert asked["entries_format"] == "tsv"
    terms = dict(line.split("\t") for line in asked["entries"].split("\n"))
    return (asked["source_lang"].lower(), asked["target_lang"].lower()), terms


def _json(value: object, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status)


def _says(status: int, message: str) -> Reply:
    return Reply(json.dumps({"message": message}).encode(), status)


def _shout(text: str) -> str:
    root = ElementTree.fromstring(f"<r>{text}</r>")
    for element in root.iter():
        element.text = element.text and element.text.upper()
        element.tail = element.tail and element.tail.upper()
    written = ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")
    return written.removeprefix("<r>").removesuffix("</r>") if text else ""
