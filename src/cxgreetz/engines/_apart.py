"""Run a translator of `deep-translator` in a child process, with an end to it.

In: texts and a service. Out: as many translations, or an EngineError that holds those that
did arrive. Never: this program's secrets in the child; a second try.

The library has no time limit, is not safe between threads and prints where it likes. So an
engine that uses it is also a program, `python -m cxgreetz.engines.NAME`: one JSON document
in on stdin, one JSON line a text out on stdout, killed when the time is up. Only the child
imports the library.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from cxgreetz.engines._answers import encode, heard, opening, speaks
from cxgreetz.errors import EngineError

#: All that the child may know of its surroundings: how to start, and how to reach the net.
_ENVIRONMENT = re.compile(
    r"PATH|PYTHONPATH|SYSTEMROOT|TEMP|TMP|TMPDIR|LANG|LC_\w+"
    r"|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Job:
    """What the child is asked to do."""

    texts: list[str]
    source: str
    target: str
    #: Seconds, after which the child ends by itself, should nobody be left to kill it.
    limit: float
    #: Seconds between two calls.
    pause: float
    url: str | None


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the library, as the child knows it."""

    name: str
    #: Imports the library, makes one of its objects and asks it one text.
    ask: Callable[[Job, str], object]
    #: A text takes fewer than `limit` of `unit` in one call; a cut would part placeholders.
    limit: int
    unit: str
    measure: Callable[[str], int]
    #: Says what is wrong with an answer that is a message and no translation.
    refuse: Callable[[str, object], EngineError | None] = lambda _text, _answer: None


def translate_apart(name: str, job: Job) -> list[str]:
    """Have the child of engine `name` do `job`, within `job.limit` seconds.

    Raises EngineError; `done` holds the translations before the one that failed.
    """
    if not any(map(speaks, job.texts)):
        return job.texts
    output, ending = _run(name, job)
    # A killed child may leave half a line: what has no end of line is not an answer.
    lines = [json.loads(line) for line in output.split(b"\n")[:-1]]
    done = tuple(line["text"] for line in lines if "text" in line)
    if len(done) == len(job.texts):
        return list(done)
    failed = lines[-1] if lines and "kind" in lines[-1] else None
    if failed is None:
        message = f"{name} {ending}; {len(done)} of {len(job.texts)} texts arrived"
        raise EngineError(message, kind="unavailable", retryable=True, done=done)
    raise EngineError(**failed, done=done)


def _run(name: str, job: Job) -> tuple[bytes, str]:
    """Run the child to its end or the limit's: what it wrote, and how it ended."""
    # -P: a file in the current folder must not pass for a library.
    command = [sys.executable, "-P", "-m", f"cxgreetz.engines.{name}"]
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


def _translate_one(service: Service, job: Job, text: str) -> str:
    """Translate one coded text; raises EngineError, or anything that the library raises."""
    if not speaks(text):
        return text
    if (size := service.measure(text)) >= service.limit:
        raise EngineError(
            f"{service.name} takes fewer than {service.limit} {service.unit} and the paragraph "
            f"{opening(text)} has {size}: cut it in two",
            kind="bad_request",
        )
    said = service.ask(job, text)
    if refusal := service.refuse(text, said):
        raise refusal
    answer = heard(service.name, text, said)
    core = text.strip()
    if answer.count("\n") < core.count("\n"):
        # A line break may be lost on the way: the library glues what Google parts by <br>.
        message = f"{service.name} lost line breaks of {opening(text)}"
        raise EngineError(message, kind="bad_response")
    before, _, after = text.partition(core)
    return before + encode(answer.strip(), entities=True) + after


def failure(name: str, error: Exception) -> EngineError:
    """Say what an exception of the library means; its own words may quote anything."""
    if isinstance(error, EngineError):
        return error
    kind, retryable, what = "bad_response", False, type(error).__name__
    message = f"gave an answer that cannot be read ({what})"
    match what:
        case "TooManyRequests":
            kind, retryable = "rate_limit", True
            message = "refuses more calls from here for now (429): try again in an hour or two"
        case "RequestError":
            kind, retryable, message = "unavailable", True, "answered with an error"
        case "TranslationNotFound":
            message = "answered a page without a translation: it may ask for consent, or block"
        case "JSONDecodeError":
            message = "answered something else than a translation: it may block"
        case _ if isinstance(error, ImportError):
            kind = "unsupported"
            message = "needs the package deep-translator, which cannot be imported"
        case _ if isinstance(error, OSError):  # as requests' own failures are
            kind, retryable, message = "unavailable", True, f"cannot be reached ({what})"
        case _ if isinstance(error, UnicodeError):
            kind, message = "bad_request", "cannot be sent this text: broken characters"
    return EngineError(f"{name} {message}", kind=kind, retryable=retryable)


def serve(service: Service) -> None:
    """Be the child: do the job on stdin; write a line for each text, the last perhaps a failure."""
    job = Job(**json.load(sys.stdin))
    guard = threading.Timer(job.limit, os._exit, [1])
    guard.daemon = True
    guard.start()
    # What the library prints must not pass for an answer.
    answers, sys.stdout = sys.stdout, sys.stderr

    def say(**line: object) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    try:
        for number, text in enumerate(job.texts):
            if number:
                time.sleep(job.pause)
            say(text=_translate_one(service, job, text))
    except Exception as error:  # the library raises anything
        failed = failure(service.name, error)
        say(message=str(failed), kind=failed.kind, retryable=failed.retryable)
