"""What the Google engine does beyond the contract: the child, its limits, its leftovers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from deep_translator import exceptions as theirs
from requests import exceptions as requests_errors

from cxgreetz.engines import _apart, google
from cxgreetz.engines._answers import encode
from cxgreetz.errors import EngineError
from cxgreetz.model import Segment
from cxgreetz.ports import EngineOptions
from cxgreetz.translation.memory import DictMemory
from cxgreetz.translation.service import NamedEngine, translate_texts
from servers.engine_server import Fault, shout
from servers.google_page import GooglePage


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[GooglePage]:
    monkeypatch.setattr(google, "PAUSE", 0.01)
    with GooglePage() as server:
        yield server


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that are started during a test."""
    started: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return started


def ask(page: GooglePage, *texts: str, time_limit: float = 20.0, **options: Any) -> list[str]:
    segments = [Segment(text, "nl", "en") for text in texts]
    told = EngineOptions(url=page.page, time_limit=time_limit, **options)
    return google.translate(segments, "nl", "en", told)


def test_a_quotation_already_in_english_stays(page: GooglePage) -> None:
    """It comes back as it went, and more such texts do not close the engine."""
    quotation = "the customer is not always right but is always the customer"
    texts = [f"{quotation}, {n}" for n in "abcd"] + ["nog een gewone zin"]
    page.strike(Fault.ECHO)
    segments = [Segment(text, "nl", "en") for text in texts]
    options = EngineOptions(url=page.page, time_limit=20.0)
    result = translate_texts(
        segments,
        DictMemory(),
        [NamedEngine("google", google, options)],
        detect=lambda text: "nl" if "zin" in text else "en",
        remember=lambda *_kept: None,
        sleep=lambda _seconds: None,
    )
    outcomes = [result.outcomes[segment.key] for segment in segments]
    assert [outcome.origin for outcome in outcomes] == ["engine"] * 4 + ["waiting"]
    assert outcomes[4].reason and "translation is the source" in outcomes[4].reason


def refused(page: GooglePage, *texts: str, time_limit: float = 20.0) -> EngineError:
    with pytest.raises(EngineError) as caught:
        ask(page, *texts, time_limit=time_limit)
    return caught.value


def test_the_page_is_asked_in_both_directions(page: GooglePage) -> None:
    ask(page, "hallo")
    options = EngineOptions(url=page.page, time_limit=20.0)
    google.translate([Segment("hello", "en", "nl")], "en", "nl", options)
    dutch, english = (request.target for request in page.requests)
    assert "sl=nl" in dutch and "tl=en" in dutch
    assert "sl=en" in english and "tl=nl" in english


def test_a_child_that_is_killed_loses_nothing_that_arrived(
    page: GooglePage, children: list[subprocess.Popen[bytes]]
) -> None:
    page.on_request = lambda number: (
        os.kill(children[0].pid, signal.SIGKILL) if number == 3 else None
    )
    error = refused(page, "een", "twee", "drie", "vier")
    assert (error.kind, error.retryable, error.done) == ("unavailable", True, ("EEN", "TWEE"))
    assert "exit code -9" in str(error)
    assert "2 of 4 texts" in str(error)


def test_half_a_line_is_not_an_answer(page: GooglePage, monkeypatch: pytest.MonkeyPatch) -> None:
    written = b'{"text": "ONE"}\n{"text": "TW'
    monkeypatch.setattr(_apart, "_run", lambda *_: (written, "ended early (exit code -9)"))
    assert refused(page, "een", "twee").done == ("ONE",)


def test_a_child_that_is_too_slow_is_gone_afterwards(
    page: GooglePage, children: list[subprocess.Popen[bytes]]
) -> None:
    page.strike(Fault.SLOW)
    assert "did not answer within 0.5 s" in str(refused(page, "een", time_limit=0.5))
    assert children[0].poll() == -signal.SIGKILL


def test_a_child_that_nobody_watches_ends_by_itself(page: GooglePage) -> None:
    page.strike(Fault.SLOW)
    job = _apart.Job(["een"], "nl", "en", limit=0.5, pause=0, url=page.page)
    command = [sys.executable, "-P", "-m", "cxgreetz.engines.google"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        started = time.monotonic()
        assert child.communicate(json.dumps(asdict(job)).encode(), timeout=20)[0] == b""
        assert child.returncode == 1
        assert time.monotonic() - started < 10


def test_the_child_sees_no_secret(
    page: GooglePage,
    children: list[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CXGREETZ_DEEPL_API_KEY", "geheim-1")
    monkeypatch.setenv("CXGREETZ_SMTP_URL", "smtps://anna:geheim-2@mail.example")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "geheim-3")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    seen: list[str] = []

    def look(_number: int) -> None:
        proc = Path(f"/proc/{children[0].pid}")
        seen.extend((proc / name).read_text() for name in ("environ", "cmdline"))

    if not Path("/proc/self/environ").exists():
        pytest.skip("there is no /proc to look into a process")
    page.on_request = look
    assert ask(page, "hallo", api_key="geheim-4") == ["HALLO"]
    assert "geheim" not in "".join(seen)
    assert "no_proxy=127.0.0.1" in seen[0]
    assert f"NETRC={os.devnull}" in seen[0]


def test_a_file_in_the_current_folder_does_not_pass_for_a_library(
    page: GooglePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requests.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    assert ask(page, "hallo") == ["HALLO"]


def _library(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Put another `deep_translator` in the way of the child."""
    (folder / "deep_translator.py").write_text(body)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_what_the_library_prints_is_not_an_answer(
    page: GooglePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (
        "import sys\n"
        "class GoogleTranslator:\n"
        '    def __init__(self, source, target): print(\'{"text": "pages"}\')\n'
        "    def translate(self, text):\n"
        "        print('noise', file=sys.stderr)\n"
        "        return 'bye' if text == 'dag' else None\n"
    )
    _library(tmp_path, monkeypatch, body)
    error = refused(page, "dag", "hallo")
    assert (error.kind, error.done) == ("bad_response", ("bye",))
    assert "gave nothing back for “hallo”" in str(error)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("raise ImportError('gone')", "unsupported", "needs the package deep-translator"),
        ("raise SystemExit(7)", "unavailable", "ended early (exit code 7)"),
        ("class GoogleTranslator: pass", "bad_response", "cannot be read (TypeError)"),
    ],
)
def test_a_library_that_fails_is_named(
    page: GooglePage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    kind: str,
    said: str,
) -> None:
    _library(tmp_path, monkeypatch, body)
    error = refused(page, "hallo")
    assert error.kind == kind
    assert said in str(error)


def test_a_python_that_cannot_be_started(page: GooglePage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    error = refused(page, "hallo")
    assert error.kind == "unavailable"
    assert "could not be started (No such file or directory)" in str(error)


def test_calls_are_paced(page: GooglePage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google, "PAUSE", 0.4)
    moments: list[float] = []
    page.on_request = lambda _number: moments.append(time.monotonic())
    ask(page, "een", "twee", "drie")
    assert all(later - earlier > 0.39 for earlier, later in pairwise(moments))
    assert len(moments) == 3


def test_a_text_that_is_too_long_is_named_and_not_sent(page: GooglePage) -> None:
    fits = "x" * (google.MAX_CHARACTERS - 1)
    error = refused(page, fits, "Het begin " + fits, "daarna")
    assert (error.kind, error.done, len(page.texts)) == ("bad_request", (fits.upper(),), 1)
    assert "fewer than 4500 characters and the paragraph “Het begin xxx" in str(error)
    assert "has 4509" in str(error)


def test_a_text_that_google_glues_together_is_refused(page: GooglePage) -> None:
    page.say = lambda text: shout(text).replace("\n", "\v")
    error = refused(page, "eerste", "eerste regel\ntweede regel")
    assert (error.kind, error.done) == ("bad_response", ("EERSTE",))
    assert "line breaks" in str(error)


def test_an_entity_that_google_decoded_is_written_again(page: GooglePage) -> None:
    page.say = lambda text: text.replace("&amp;", "&").replace("&lt;", "<") + " isn&#39;t"
    assert ask(page, "a &amp; b &lt; c") == ["a &amp; b &lt; c isn't"]


@pytest.mark.parametrize(
    ("answer", "coded"),
    [
        ("Q&amp;A", "Q&amp;A"),
        ("Q&A", "Q&amp;A"),
        ("it&#39;s &quot;so&quot;", 'it\'s "so"'),
        ("&amp;amp;", "&amp;amp;"),
        ("1 < 2 > 0", "1 &lt; 2 &gt; 0"),
        ("see ?a=1&copy=2", "see ?a=1&amp;copy=2"),
        ("<g1>a & b</g1><x2/>&nbsp;c", "<g1>a &amp; b</g1><x2/>\N{NO-BREAK SPACE}c"),
        # Bent placeholders stay as they came, for the verifier to judge.
        ("< g1 >a</ G1 > < x2 / >", "< g1 >a</ G1 > < x2 / >"),
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
    ],
)
def test_an_answer_is_decoded_and_escaped_once(answer: str, coded: str) -> None:
    assert encode(answer, entities=True) == coded


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        (theirs.TooManyRequests(), "rate_limit", True),
        (theirs.RequestError(), "unavailable", True),
        (theirs.TranslationNotFound("geheim"), "bad_response", False),
        (theirs.NotValidPayload("geheim"), "bad_response", False),
        (requests_errors.ConnectionError("geheim"), "unavailable", True),
        (requests_errors.ChunkedEncodingError("geheim"), "unavailable", True),
        (UnicodeEncodeError("utf-8", "geheim", 0, 1, "no"), "bad_request", False),
        (RuntimeError("geheim"), "bad_response", False),
        (EngineError("x", kind="bad_request"), "bad_request", False),
    ],
)
def test_what_the_library_raises_becomes_ours(error: Exception, kind: str, retryable: bool) -> None:
    failure = _apart.failure("google", error)
    assert (failure.kind, failure.retryable) == (kind, retryable)
    assert "geheim" not in str(failure)


def test_broken_characters_are_a_bad_request(page: GooglePage) -> None:
    assert refused(page, "half \ud83d teken").kind == "bad_request"
