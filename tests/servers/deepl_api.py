"""DeepL's `/v2/translate`, on loopback, with the refusals of the real one.

In: POST with a JSON body and the key in the header. Out: translations that shout. Tags
are parsed as strictly as version 2 of DeepL's tag handling does.
"""

from __future__ import annotations

import json
from typing import Any
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

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was asked so far."""
        return [json.loads(request.body) for request in self.requests]

    def respond(self, request: Request, fault: Fault | None) -> Reply:
        refusal = self._refusal(request)
        if refusal:
            return refusal
        if self.instead is not None:
            return Reply(self.instead)
        asked = json.loads(request.body)
        texts: list[str] = asked["text"]
        try:
            said = [_shout(text) if asked.get("tag_handling") else text.upper() for text in texts]
        except ElementTree.ParseError:
            quoted = request.headers["authorization"]
            return _says(400, f"Tag handling parsing failed, please check input. [{quoted}]")
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
        if request.headers.get("authorization") != f"DeepL-Auth-Key {self.key}":
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
        return None


def _says(status: int, message: str) -> Reply:
    return Reply(json.dumps({"message": message}).encode(), status)


def _shout(text: str) -> str:
    root = ElementTree.fromstring(f"<r>{text}</r>")
    for element in root.iter():
        element.text = element.text and element.text.upper()
        element.tail = element.tail and element.tail.upper()
    written = ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")
    return written.removeprefix("<r>").removesuffix("</r>") if text else ""
