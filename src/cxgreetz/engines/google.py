"""Google's public translation page, read by `deep-translator`: no key, and no promise.

In: coded texts. Out: as many translations, or an EngineError that holds those that did
arrive. Never: a key, a disguise, a second try; a block is reported, not worked around.
"""

from __future__ import annotations

from collections.abc import Sequence

from cxgreetz.engines._answers import check_pair
from cxgreetz.engines._apart import Job, Service, serve, translate_apart
from cxgreetz.model import Language, Segment
from cxgreetz.ports import EngineCapabilities, EngineOptions

#: Characters in one call; the page takes fewer than 5,000.
MAX_CHARACTERS = 4_500

#: A batch of these is one child process and some twenty seconds of paced calls at most.
CAPABILITIES = EngineCapabilities(tags="none", max_texts=20, max_bytes=4_000)

#: Seconds between two calls; the library's authors name five calls a second as the limit.
PAUSE = 0.3


def translate(
    segments: Sequence[Segment],
    source_language: Language,
    target_language: Language,
    options: EngineOptions,
) -> list[str]:
    """Translate `segments` one by one, within `options.time_limit` seconds in all.

    A text without a letter or digit comes back unsent. Raises EngineError: `unavailable`
    (too slow, unreachable), `rate_limit`, `bad_request` (a text of MAX_CHARACTERS or
    more), `bad_response` (no translation); `done` holds the translations before the one that
    failed. An error page, or the text itself, may come back as an answer.
    """
    check_pair("google", source_language, target_language)
    texts = [segment.text for segment in segments]
    limit = options.time_limit
    job = Job(texts, source_language, target_language, limit, PAUSE, options.url)
    return translate_apart("google", job)


def _ask(job: Job, text: str) -> object:
    from deep_translator import GoogleTranslator

    # One object a text: it keeps the text of a call in itself.
    translator = GoogleTranslator(source=job.source, target=job.target)
    if job.url:
        translator._base_url = job.url
    return translator.translate(text)


if __name__ == "__main__":
    serve(Service("google", _ask, MAX_CHARACTERS, "characters", len))
