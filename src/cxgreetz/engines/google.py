"""Google's public translation page, read by `deep-translator`: no key, and no promise.

In: coded texts. Out: as many translations, or an EngineError that holds those that did
arrive. Never: a key, a disguise, a second try; a block is reported, not worked around.

`deep-translator` has no time limit, is not safe between threads and prints where it
likes. So it runs in a child process, `python -m cxgreetz.engines.google`: one JSON
document in on stdin, one JSON line a text out on stdout, killed when the time is up. Only
the child imports the library, and it gets an environment without this program's secrets.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from cxgreetz.engines._answers import believe, check_pair, encode, opening, speaks
from cxgreetz.errors import EngineError
from cxgreetz.model import Language, Segment
from cxgreetz.ports import EngineCapabilities, EngineOptions

#: Characters in one call; the page takes fewer than 5,000, and a cut would part placeholders.
MAX_CHARACTERS = 4_500

#: A batch of these is one child process and some twenty seconds of paced calls at most.
CAPABILITIES = EngineCapabilities(tags="none", max_texts=20, max_bytes=4_000)

#: Seconds between two calls; the library's authors name five calls a second as the limit.
PAUSE = 0.3

#: All that the child may know of its surroundings: how to start, and how to reach the net.
_ENVIRONMENT = re.compile(
    r"PATH|PYTHONPATH|SYSTEMROOT|TEMP|TMP|TMPDIR|LANG|LC_\w+"
    r"|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _Job:
    """What the child is asked to do."""

    texts: list[str]
    source: str
    target: str
    #: Seconds, after which the child ends by itself, should nobody be left to kill it.
    limit: float
    pause: float
    url: str | None


def translate(
    segments: Sequence[Segment],
    source_language: Language,
    target_language: Language,
    options: EngineOptions,
) -> list[str]:
    """Translate `segments` one by one, within `options.time_limit` seconds in all.

    A text without a letter or digit comes back unsent. Raises EngineError: `unavailable`
    (too slow, unreachable), `rate_limit`, `bad_request` (a text of MAX_CHARACTERS or
    more), `bad_response` (no translation, an error page, the text itself); `done` holds
    the translations before the one that failed.
    """
    check_pair("google", source_language, target_language)
    texts = [segment.text for segment in segments]
    if not any(map(speaks, texts)):
        return texts
    job = _Job(texts, source_language, target_language, options.time_limit, PAUSE, options.url)
    output, ending = _run(job)
    # A killed child may leave half a line: what has no end of line is not an answer.
    lines = [json.loads(line) for line in output.split(b"\n")[:-1]]
    done = tuple(line["text"] for line in lines if "text" in line)
    if len(done) == len(texts):
        return list(done)
    failure = lines[-1] if lines and "kind" in lines[-1] else None
    if failure is None:
        message = f"google {ending}; {len(done)} of {len(texts)} texts arrived"
        raise EngineError(message, kind="unavailable", retryable=True, done=done)
    raise EngineError(**failure, done=done)


def _run(job: _Job) -> tuple[bytes, str]:
    """Run the child to its end or the limit's: what it wrote, and how it ended."""
    # -P: a file in the current folder must not pass for a library.
    command = [sys.executable, "-P", "-m", "cxgreetz.engines.google"]
    try:
        ended = subprocess.run(  # noqa: S603
            command,
            input=json.dumps(asdict(job)).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            timeout=job.limit,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return late.stdout or b"", f"did not answer within {job.limit:g} s"
    except OSError as error:
        return b"", f"could not be started ({error.strerror})"
    return ended.stdout, f"ended early (exit code {ended.returncode})"


def _environment() -> dict[str, str]:
    # Without NETRC, requests would look for passwords in the home folder.
    kept = {name: value for name, value in os.environ.items() if _ENVIRONMENT.fullmatch(name)}
    return kept | {"NETRC": os.devnull}


def _translate_one(text: str, ask: Callable[[str], object]) -> str:
    """Translate one coded text by `ask`; raises EngineError."""
    if not speaks(text):
        return text
    if len(text) >= MAX_CHARACTERS:
        raise EngineError(
            f"google takes fewer than {MAX_CHARACTERS} characters and the paragraph "
            f"{opening(text)} has {len(text)}: cut it in two",
            kind="bad_request",
        )
    answer = believe("google", text, ask(text))
    core = text.strip()
    if answer.count("\n") < core.count("\n"):
        # The library glues together what Google separates by <br>.
        raise EngineError(f"google lost line breaks of {opening(text)}", kind="bad_response")
    before, _, after = text.partition(core)
    return before + encode(answer.strip(), entities=True) + after


def _failure(error: Exception) -> EngineError:
    """Say what an exception of the library means; its own words may quote anything."""
    name = type(error).__name__
    if isinstance(error, EngineError):
        return error
    if name == "TooManyRequests":
        message = "google refuses more calls from here for now (429): try again in an hour or two"
        return EngineError(message, kind="rate_limit", retryable=True)
    if name == "RequestError":
        return EngineError("google answered with an error", kind="unavailable", retryable=True)
    if name == "TranslationNotFound":
        message = "google answered a page without a translation: it may ask for consent, or block"
        return EngineError(message, kind="bad_response")
    if isinstance(error, ImportError):
        message = "google needs the package deep-translator, which cannot be imported"
        return EngineError(message, kind="unsupported")
    if isinstance(error, OSError):  # requests' own failures are OSErrors
        message = f"google cannot be reached ({name})"
        return EngineError(message, kind="unavailable", retryable=True)
    if isinstance(error, UnicodeError):
        return EngineError("google cannot be sent this text: broken characters", kind="bad_request")
    return EngineError(f"google's answer cannot be read ({name})", kind="bad_response")


def _child() -> None:
    """Do the job on stdin; write a line for each text, the last one perhaps a failure."""
    job = _Job(**json.load(sys.stdin))
    guard = threading.Timer(job.limit, os._exit, [1])
    guard.daemon = True
    guard.start()
    # What the library prints must not pass for an answer.
    answers, sys.stdout = sys.stdout, sys.stderr

    def say(**line: object) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    try:
        from deep_translator import GoogleTranslator

        def ask(text: str) -> object:
            # One object a text: it keeps the text of a call in itself.
            translator = GoogleTranslator(source=job.source, target=job.target)
            if job.url:
                translator._base_url = job.url
            return translator.translate(text)

        for number, text in enumerate(job.texts):
            if number:
                time.sleep(job.pause)
            say(text=_translate_one(text, ask))
    except Exception as error:  # the library raises anything
        failed = _failure(error)
        say(message=str(failed), kind=failed.kind, retryable=failed.retryable)


if __name__ == "__main__":
    _child()
