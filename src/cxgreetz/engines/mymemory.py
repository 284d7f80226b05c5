"""MyMemory's public memory, by `deep-translator`: no key, short texts, a little every day.

In: coded texts. Out: as many translations, or an EngineError that holds those that did
arrive. Never: a message of the service taken for a translation, a second try.

What it gives comes from a memory that anyone may write into, or from a machine. Without an
account it translates some 5,000 characters a day, fewer than 500 bytes at a time; a longer
paragraph waits, as sentences on their own would lose what holds them together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cxgreetz.engines._answers import check_pair, decode, opening
from cxgreetz.engines._apart import Job, Service, serve, translate_apart
from cxgreetz.errors import EngineError
from cxgreetz.model import Language, Segment
from cxgreetz.ports import EngineCapabilities, EngineOptions

#: Bytes of UTF-8 in one call, counted by the service; the library counts characters.
MAX_BYTES = 500

#: Ten calls, not ten times the bytes: a batch is one child process.
CAPABILITIES = EngineCapabilities(tags="none", max_texts=10, max_bytes=MAX_BYTES - 1)

#: Seconds between two calls.
PAUSE = 1.0

#: The library's own is plain http.
_ADDRESS = "https://api.mymemory.translated.net/get"
_CODES = {"nl": "nl-NL", "en": "en-GB"}
#: Its messages come as translations, with status 200.
_USED_UP = re.compile(r"USED ALL AVAILABLE FREE TRANSLATIONS", re.I)
_MESSAGE = re.compile(
    r"MYMEMORY WARNING|IS AN INVALID (?:SOURCE|TARGET) LANGUAGE|INVALID LANGUAGE PAIR"
    r"|QUERY LENGTH LIMIT|SELECT TWO DISTINCT LANGUAGES|NO QUERY SPECIFIED",
    re.I,
)


def translate(
    segments: Sequence[Segment],
    source_language: Language,
    target_language: Language,
    options: EngineOptions,
) -> list[str]:
    """Translate `segments` one by one, within `options.time_limit` seconds in all.

    A text without a letter or digit comes back unsent. Raises EngineError: `unavailable`
    (too slow, unreachable), `rate_limit`, `quota` (the day's characters are used),
    `bad_request` (a text of MAX_BYTES or more), `bad_response` (no translation, a message,
    an error page); `done` holds the translations before the failure.
    """
    check_pair("mymemory", source_language, target_language)
    texts = [segment.text for segment in segments]
    pair = (_CODES[source_language], _CODES[target_language])
    job = Job(texts, *pair, options.time_limit, PAUSE, options.url or _ADDRESS)
    return translate_apart("mymemory", job)


def _ask(job: Job, text: str) -> object:
    from deep_translator import MyMemoryTranslator

    # One object a text: it keeps the text of a call in itself.
    translator = MyMemoryTranslator(source=job.source, target=job.target)
    translator._base_url = job.url
    return translator.translate(decode(text))


def _refuse(text: str, answer: object) -> EngineError | None:
    """Name a message of the service that is no translation; a source may speak of one."""
    said = answer if isinstance(answer, str) else ""
    if _USED_UP.search(said) and not _USED_UP.search(text):
        message = "mymemory has translated all the characters of the day: try again tomorrow"
        return EngineError(message, kind="quota")
    if (found := _MESSAGE.search(said)) and not _MESSAGE.search(text):
        message = f"mymemory gave a message ({found[0]!r}) instead of a translation"
        return EngineError(f"{message} for {opening(text)}", kind="bad_response")
    return None


if __name__ == "__main__":
    # Counted as coded text, which is never shorter than what is sent.
    serve(Service("mymemory", _ask, MAX_BYTES, "bytes", lambda t: len(t.encode()), _refuse))
