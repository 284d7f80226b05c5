"""LibreTranslate, on a server that one runs oneself: no key needed, nothing goes further.

In: coded texts and the server's address. Out: as many translations, or an EngineError that
holds those of the finished requests. Never: an address of somebody else's server by default,
a redirect (it would carry the text on), a proxy, a key in a message.

Texts go with `format: text`. Its `html` translates the words before, inside and after every
link as three texts that know nothing of each other, and unescapes the answer all the same
(seen in release 1.9.6). So placeholders travel as text, and may get lost.
"""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from cxgreetz import __version__
from cxgreetz.engines._answers import check_pair, decode, encode, opening, speaks
from cxgreetz.engines._calls import batches, harmless, is_web, within
from cxgreetz.errors import EngineError
from cxgreetz.model import Language, Segment
from cxgreetz.ports import EngineCapabilities, EngineOptions

KEY_NAME = "CXGREETZ_LIBRE_API_KEY"
URL_NAME = "CXGREETZ_LIBRE_URL"

#: A server without a graphics card takes a second or two a paragraph: a request stays small,
#: so that one that is given up loses little. It has no limits of its own unless set.
CAPABILITIES = EngineCapabilities(tags="none", max_texts=5, max_bytes=8_000)

#: Bytes; no answer to CAPABILITIES.max_bytes is longer.
_LONGEST_ANSWER = 1_000_000
#: The server unescapes what it answers, also where no semicolon ends the entity.
_ENTITY = re.compile(r"&#?\w+;?")
#: The server itself sends no Retry-After: "Slowdown: 8 per 1 minute" is all it says.
_A_MINUTE = re.compile(r"\bper 1 minute\b")


def translate(
    segments: Sequence[Segment],
    source_language: Language,
    target_language: Language,
    options: EngineOptions,
) -> list[str]:
    """Translate `segments` in small requests, within `options.time_limit` seconds in all.

    A text without a letter or digit comes back unsent. Raises EngineError: `unavailable`
    (no address, too slow, unreachable), `auth`, `rate_limit`, `unsupported` (the server
    lacks a language), `bad_request`, `bad_response`; `done` holds the finished requests.
    """
    check_pair("libre", source_language, target_language)
    server = _Server(options, source_language, target_language)
    able, texts = CAPABILITIES, [segment.text for segment in segments]
    done: list[str] = []
    try:
        for batch in batches(texts, able.max_texts, able.max_bytes, lambda t: len(t.encode())):
            sent = [text for text in batch if speaks(text)]
            answers = iter(server.translate(sent) if sent else ())
            done += [next(answers) if speaks(text) else text for text in batch]
    except EngineError as error:
        # A request that was asked again text by text has answers of its own.
        error.done = (*done, *error.done)
        raise
    return done


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes = field(repr=False)
    #: Lower-case names.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def json(self) -> Any:
        """What the body holds; None when it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class _Server:
    """One server during one call of the engine."""

    def __init__(self, options: EngineOptions, source: Language, target: Language) -> None:
        url = (options.url or "").strip()
        if not url:
            raise EngineError(
                "libre needs the address of your LibreTranslate server: put it in the "
                f"environment variable {URL_NAME}, for example http://127.0.0.1:5000",
                kind="unavailable",
            )
        if not is_web(url) or "@" in urlsplit(url).netloc:
            raise EngineError(
                f"libre's address in {URL_NAME} is not a web address "
                "(http or https, without a name or password)",
                kind="unavailable",
            )
        self._parts = urlsplit(url)
        self._key, self._limit = (options.api_key or "").strip(), options.time_limit
        self._source, self._target = source, target
        self._deadline = time.monotonic() + options.time_limit

    def translate(self, texts: Sequence[str]) -> list[str]:
        """Have `texts` translated in one request; one that is refused is asked text by text.

        The server refuses a request as a whole, be it for one long text or for its number of
        texts, and does not tell its limits to programs.
        """
        answer = self._post(texts)
        if answer.status == 400 and len(texts) > 1:
            done: list[str] = []
            try:
                for text in texts:
                    done += self.translate([text])
            except EngineError as error:
                error.done = tuple(done)
                raise
            return done
        if answer.status != 200:
            raise self._refusal(answer, texts)
        said = answer.json()
        found = said.get("translatedText") if isinstance(said, dict) else None
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            raise EngineError(
                "libre gave an answer that is no list of translations: is there a "
                f"LibreTranslate server at {self._parts.netloc}?",
                kind="bad_response",
            )
        if len(found) != len(texts):
            raise EngineError(
                f"libre gave {len(found)} translations for {len(texts)} texts",
                kind="bad_response",
            )
        return [_arrived(text, answer) for text, answer in zip(texts, found, strict=True)]

    def _post(self, texts: Sequence[str]) -> _Answer:
        asked: dict[str, Any] = {
            "q": [_ready(text) for text in texts],
            "source": self._source,
            "target": self._target,
            "format": "text",
        }
        if self._key:
            asked["api_key"] = self._key
        return self._ask("POST", "/translate", json.dumps(asked).encode())

    def _ask(self, method: str, path: str, body: bytes | None = None) -> _Answer:
        outcome = within(
            self._deadline - time.monotonic(), partial(self._exchange, method, path, body), "libre"
        )
        if isinstance(outcome, _Answer):
            return outcome
        message = "cannot be reached, or broke off: is it running, is its address right?"
        if isinstance(outcome, TimeoutError):
            message = f"did not answer within {self._limit:g} s"
        raise EngineError(
            f"libre at {self._parts.netloc} {message}", kind="unavailable", retryable=True
        )

    def _exchange(self, method: str, path: str, body: bytes | None) -> _Answer:
        """Send one request and read the whole answer; raises OSError or HTTPException."""
        left = max(0.1, self._deadline - time.monotonic())
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=left)
        headers = {"Accept": "application/json", "User-Agent": f"cxgreetz/{__version__}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, self._parts.path.rstrip("/") + path, body, headers)
            response = connection.getresponse()
            content = b""
            while more := response.read1(65536):
                content += more
                if len(content) > _LONGEST_ANSWER or time.monotonic() > self._deadline:
                    raise HTTPException("too long")
            if response.length:
                raise HTTPException("cut short")
            kept = {name.lower(): value for name, value in response.getheaders()}
            return _Answer(response.status, content, kept)
        finally:
            connection.close()

    def _refusal(self, answer: _Answer, texts: Sequence[str]) -> EngineError:
        """Say what an answer means that is no translation; `texts` are those it was for."""
        status, said = answer.status, answer.json()
        words = str(said.get("error", "")) if isinstance(said, dict) else ""
        told = f": {harmless(words, self._key)}" if words else ""
        kind, retryable = "bad_response", False
        message = f"answered with status {status}{told}"
        if status == 403 or (status == 400 and re.search(r"\bAPI key\b", words, re.I)):
            kind, message = "auth", f"does not let us in ({status}{told}); its key is {KEY_NAME}"
        elif status == 429:
            kind, retryable, message = "rate_limit", True, f"asks for patience (429{told})"
        elif status >= 500:
            kind, retryable, message = "unavailable", True, f"is out of order ({status}{told})"
        elif status == 400 and (lacking := self._lacking()):
            kind, message = "unsupported", lacking
        elif status == 400:
            kind, message = "bad_request", f"refuses {opening(texts[0])}{told}"
        elif status == 404 or 300 <= status < 400:
            kind = "unavailable"
            message = f"is not at that address ({status}): leave out /translate, name its own host"
        after = _retry_after(answer.headers.get("retry-after"))
        if after is None and _A_MINUTE.search(words):
            after = 60.0
        return EngineError(
            f"libre at {self._parts.netloc} {message}",
            kind=kind,
            retryable=retryable,
            retry_after=after if retryable else None,
        )

    def _lacking(self) -> str:
        """Say that the server does not know these languages; "" when it does or cannot tell."""
        try:
            known = self._ask("GET", "/languages").json()
        except EngineError:
            return ""
        if not isinstance(known, list):
            return ""
        pairs = {
            entry["code"]: entry.get("targets") or []
            for entry in known
            if isinstance(entry, dict) and isinstance(entry.get("code"), str)
        }
        if not pairs or self._target in pairs.get(self._source, ()):
            return ""
        return (
            f"does not translate from {self._source} to {self._target} (it knows "
            f"{', '.join(sorted(pairs))}): install the models of both, with --load-only nl,en"
        )


def _ready(text: str) -> str:
    """Write a coded text as the server should get it: as a reader sees it, placeholders apart.

    What the server would take for an entity and unescape is escaped once, and only that:
    `Q&A` goes as it is, `?a=1&copy=2` does not come back with a copyright sign.

    >>> _ready("<g1>Q&amp;A</g1> ?a=1&amp;copy=2 &lt; 5")
    '<g1>Q&A</g1> ?a=1&amp;copy=2 < 5'
    """
    return _ENTITY.sub(
        lambda m: m[0] if html.unescape(m[0]) == m[0] else f"&amp;{m[0][1:]}", decode(text)
    )


def _arrived(source: str, answer: str) -> str:
    """Write an answer as coded text, with the white space around it that the text had."""
    core = source.strip()
    before, _, after = source.partition(core)
    return before + encode(answer.strip()) + after


def _retry_after(value: str | None) -> float | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds, or a date; in seconds."""
    text = (value or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
