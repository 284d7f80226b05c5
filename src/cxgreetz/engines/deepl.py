"""DeepL, by its own SDK: the engine to prefer where there is a key.

In: coded texts, a key, perhaps the text around them. Out: as many translations, or an
EngineError that holds those of the finished batches. Never: a key in a message, an
address or a log; a placeholder as plain text (they go as XML tags).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from cxgreetz.engines._answers import check_pair, opening, speaks
from cxgreetz.engines._calls import batches, harmless, is_web, within
from cxgreetz.engines._deepl_glossary import keep
from cxgreetz.errors import EngineError
from cxgreetz.model import Language, Segment
from cxgreetz.ports import EngineCapabilities, EngineOptions, Usage

if TYPE_CHECKING:
    from deepl import DeepLClient

KEY_NAME = "CXGREETZ_DEEPL_API_KEY"

#: DeepL takes 50 texts and 128 KiB a request, and has been seen to refuse from 76 KiB on.
CAPABILITIES = EngineCapabilities(
    tags="xml",
    max_texts=50,
    max_bytes=60 * 1024,
    formality=True,
    glossary=True,
    context=True,
    needs_key=True,
)

_SOURCE = {"nl": "NL", "en": "EN"}
#: Only for Dutch: English has no formality.
_FORMALITY = {"je": "prefer_less", "u": "prefer_more"}

#: Of an HTTP status: the kind, whether asking later may help, and what to say.
_REFUSALS: dict[int, tuple[str, bool, str]] = {
    401: ("auth", False, f"refuses the key in {KEY_NAME} (401)"),
    403: ("auth", False, f"refuses the key in {KEY_NAME} (403): is it whole, is it active?"),
    404: ("unavailable", False, "is not at that address (404): leave out /v2 and what follows"),
    413: ("bad_request", False, "finds the text too long (413): cut the paragraph in two"),
    429: ("rate_limit", True, "asks for patience (429): try again in some minutes"),
    456: ("quota", False, "has translated all the characters of the account's period (456)"),
}


def translate(
    segments: Sequence[Segment],
    source_language: Language,
    target_language: Language,
    options: EngineOptions,
) -> list[str]:
    """Translate `segments` in batches, within `options.time_limit` seconds in all.

    Each text is translated on its own, with `options.context` to help; one without a
    letter or digit comes back unsent. `options.glossary` is kept at DeepL; where that does
    not succeed, `options.note` is told and the texts are translated without.

    Raises EngineError: `auth`, `quota`, `rate_limit`, `unavailable`, `bad_request`,
    `bad_response`; `done` holds the finished batches.
    """
    check_pair("deepl", source_language, target_language)
    deadline = time.monotonic() + options.time_limit
    able, texts = CAPABILITIES, [segment.text for segment in segments]
    done: list[str] = []
    try:
        with closing(_connect(options)) as client:
            pair = (source_language, target_language)
            send = partial(
                client.translate_text,
                source_lang=_SOURCE[source_language],
                # A plain EN is refused as a target.
                target_lang=options.english.upper() if target_language == "en" else "NL",
                glossary=_glossary(client, pair, texts, deadline, options),
                formality=_FORMALITY[options.address] if target_language == "nl" else None,
                context=options.context,
                tag_handling="xml",
                tag_handling_version="v2",
                # Placeholders are words in a sentence: none of them is a border between two.
                outline_detection=False,
            )
            for batch in batches(texts, able.max_texts, able.max_bytes, _length):
                sent = [text for text in batch if speaks(text)]
                answers = iter(_ask(send, sent, deadline, options) if sent else ())
                done += [next(answers) if speaks(text) else text for text in batch]
    except EngineError as error:
        error.done = tuple(done)
        raise
    return done


def _connect(options: EngineOptions) -> DeepLClient:
    """Make the SDK's client; no call is made.

    Raises EngineError: `auth` without a usable key, `unavailable` without a usable address.
    """
    key = (options.api_key or "").strip()
    if not key:
        raise EngineError(
            f"deepl needs a key: put it in the environment variable {KEY_NAME}", kind="auth"
        )
    # The library that writes the header would quote such a key in its complaint.
    if not key.isascii() or not key.isprintable() or " " in key:
        raise EngineError(
            f"the key in {KEY_NAME} holds characters that no DeepL key has", kind="auth"
        )
    if options.url and not is_web(options.url):
        raise EngineError(
            "deepl's address is not a web address (http or https)", kind="unavailable"
        )
    import deepl

    # The SDK keeps both in its module, for all clients and threads, and this is its only
    # door. They are therefore set for good, never put back: a request that was given up
    # must not start to retry in the background because another one put the old count back.
    # The time limit that counts is `within`; the SDK's only ends what `within` gave up.
    network = deepl.http_client
    network.max_network_retries = 0
    network.min_connection_timeout = max(network.min_connection_timeout, options.time_limit)
    # Without the last slash the SDK would drop the last part of the address.
    server = options.url.rstrip("/") + "/" if options.url else None
    return deepl.DeepLClient(key, server_url=server, send_platform_info=False)


def usage(options: EngineOptions) -> Usage:
    """Ask how many characters of its period the account has used; see `ports.ReportsUsage`."""
    with closing(_connect(options)) as client:
        outcome = within(options.time_limit, client.get_usage, "deepl")
    if isinstance(outcome, Exception):
        raise _failure(outcome, options)
    count, limit = outcome.character.count, outcome.character.limit
    if count is None:
        raise EngineError("deepl did not say how much of the account is used", kind="bad_response")
    return Usage(count, limit)


def _glossary(
    client: DeepLClient,
    pair: tuple[Language, Language],
    texts: Sequence[str],
    deadline: float,
    options: EngineOptions,
) -> str | None:
    """Give the id of the glossary for `pair`; None without one, of which a person is told."""
    wanted = options.glossary
    if wanted is None or not any(map(speaks, texts)):
        return None
    # Half of the time at most: a glossary is no reason not to translate.
    seconds = min(deadline - time.monotonic(), options.time_limit / 2)
    outcome = within(seconds, partial(keep, client, wanted), "deepl")
    if isinstance(outcome, Exception):
        error = _failure(outcome, options)
        if error.kind == "quota":
            why = "the account holds no more glossaries; remove one on deepl.com"
        else:
            why = str(error).removeprefix("deepl ")
        options.note(f"deepl translates without the glossary: {why}")
        return None
    for term in outcome.left_out:
        options.note(f"deepl's glossary cannot hold {opening(term)}: one line, 1,024 bytes at most")
    return outcome.id if pair in outcome.pairs else None


def _length(text: str) -> int:
    """Bytes as they travel: escaped JSON."""
    return len(json.dumps(text))


def _ask(
    send: Callable[[list[str]], Any], texts: list[str], deadline: float, options: EngineOptions
) -> list[str]:
    """Have one batch translated, in one request: whether to repeat it is the caller's to say.

    What the answers say is not judged here: one strange text must not make the rest of a
    batch be paid again.
    """
    outcome = within(deadline - time.monotonic(), partial(send, texts), "deepl")
    if isinstance(outcome, Exception):
        raise _failure(outcome, options)
    answers = [result.text for result in outcome if isinstance(result.text, str)]
    if len(answers) != len(texts):
        raise EngineError(
            f"deepl gave {len(answers)} translations for {len(texts)} texts", kind="bad_response"
        )
    return answers


def _failure(error: Exception, options: EngineOptions) -> EngineError:
    """Say what an exception of the SDK means, in words of our own wherever possible."""
    from deepl import ConnectionException, DeepLException

    status = error.http_status_code if isinstance(error, DeepLException) else None
    kind, retryable, message = "bad_response", False, f"answered with status {status}"
    if isinstance(error, TimeoutError):
        kind, retryable = "unavailable", True
        message = f"did not answer within {options.time_limit:g} s"
    elif isinstance(error, ConnectionException):
        kind, retryable = "unavailable", True
        message = "cannot be reached, or broke off: is the network up, is its address right?"
    elif status in _REFUSALS:
        kind, retryable, message = _REFUSALS[status]
    elif status is not None and status >= 500:
        kind, retryable, message = "unavailable", True, f"is out of order ({status})"
    elif status == 400:
        kind, message = (
            "bad_request",
            f"refuses the request: {harmless(str(error), options.api_key)}",
        )
    elif not isinstance(error, DeepLException):
        message = f"gave an answer that cannot be read ({type(error).__name__})"
    elif status is None:
        kind, message = "unavailable", "cannot be asked: is its address right?"
    return EngineError(f"deepl {message}", kind=kind, retryable=retryable)
