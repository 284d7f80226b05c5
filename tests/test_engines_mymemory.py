"""What the MyMemory engine does beyond the contract: its codes, limits and messages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from cxgreetz.engines import mymemory
from cxgreetz.errors import EngineError
from cxgreetz.model import Segment
from cxgreetz.ports import EngineOptions
from servers.mymemory_api import MyMemoryApi


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[MyMemoryApi]:
    monkeypatch.setattr(mymemory, "PAUSE", 0.01)
    with MyMemoryApi() as server:
        yield server


def ask(api: MyMemoryApi, *texts: str, **options: Any) -> list[str]:
    segments = [Segment(text, "nl", "en") for text in texts]
    told = {"url": api.address, "time_limit": 20.0} | options
    return mymemory.translate(segments, "nl", "en", EngineOptions(**told))


def refused(api: MyMemoryApi, *texts: str, **options: Any) -> EngineError:
    with pytest.raises(EngineError) as caught:
        ask(api, *texts, **options)
    return caught.value


def test_it_is_asked_with_its_own_codes_as_a_reader_sees_the_text(api: MyMemoryApi) -> None:
    assert ask(api, " Q&amp;A \n") == [" Q&amp;A \n"]
    options = EngineOptions(url=api.address, time_limit=20.0)
    mymemory.translate([Segment("hello", "en", "nl")], "en", "nl", options)
    assert api.asked == [("Q&A", "nl-NL|en-GB"), ("hello", "en-GB|nl-NL")]


def test_by_itself_it_asks_the_service_over_https() -> None:
    assert mymemory._ADDRESS.startswith("https://api.mymemory.translated.net/")


def test_a_text_of_too_many_bytes_is_named_and_not_sent(api: MyMemoryApi) -> None:
    fits = "é" * 249
    error = refused(api, fits, fits + "en", "daarna")
    assert (error.kind, error.done, len(api.requests)) == ("bad_request", (fits.upper(),), 1)
    assert "fewer than 500 bytes and the paragraph “ééé" in str(error)
    assert "has 500" in str(error)


@pytest.mark.parametrize(
    "message",
    [
        "MYMEMORY WARNING: THE SERVICE IS BUSY",
        "'AUTO' IS AN INVALID SOURCE LANGUAGE . EXAMPLE: LANGPAIR=EN|IT USING 2 LETTER ISO",
        "'XX' IS AN INVALID TARGET LANGUAGE",
        "QUERY LENGTH LIMIT EXCEEDED. MAX ALLOWED QUERY : 500 CHARS",
        "PLEASE SELECT TWO DISTINCT LANGUAGES",
        "NO QUERY SPECIFIED. EXAMPLE REQUEST: GET?Q=HELLO&LANGPAIR=EN|IT",
        "INVALID LANGUAGE PAIR SPECIFIED. EXAMPLE: LANGPAIR=EN|IT",
    ],
)
def test_a_message_is_no_translation(api: MyMemoryApi, message: str) -> None:
    api.instead = message
    error = refused(api, "hallo")
    assert (error.kind, error.retryable, error.done) == ("bad_response", False, ())
    assert "instead of a translation for “hallo”" in str(error)


def test_a_text_may_speak_of_such_messages(api: MyMemoryApi) -> None:
    api.instead = "It said QUERY LENGTH LIMIT EXCEEDED"
    assert ask(api, "Er stond QUERY LENGTH LIMIT EXCEEDED") == [api.instead]


def test_the_end_of_the_day(api: MyMemoryApi) -> None:
    api.left = 6
    error = refused(api, "hallo", "dag")
    assert (error.kind, error.retryable, error.done) == ("quota", False, ("HALLO",))
    assert "tomorrow" in str(error)


@pytest.mark.parametrize("answer", [None, "", 7, ["HALLO"], {"text": "HALLO"}])
def test_an_answer_of_another_shape_is_a_bad_response(api: MyMemoryApi, answer: object) -> None:
    api.instead = answer
    assert refused(api, "hallo").kind == "bad_response"


def test_a_suggestion_serves_where_there_is_no_translation(api: MyMemoryApi) -> None:
    api.instead, api.matches = None, [{"translation": "hello"}]
    assert ask(api, "hallo") == ["hello"]
    api.matches = [{"translation": "MYMEMORY WARNING"}]
    assert refused(api, "hallo").kind == "bad_response"


def test_an_address_that_is_another_page(api: MyMemoryApi) -> None:
    error = refused(api, "hallo", url=f"{api.url}/elsewhere")
    assert (error.kind, error.retryable) == ("unavailable", True)


def test_a_lost_line_break_is_refused(api: MyMemoryApi) -> None:
    api.instead = "First line second line"
    assert "line breaks" in str(refused(api, "Eerste regel\ntweede regel"))


def test_calls_are_paced(api: MyMemoryApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mymemory, "PAUSE", 0.4)
    moments: list[float] = []
    api.on_request = lambda _number: moments.append(time.monotonic())
    ask(api, "een", "twee", "drie")
    assert all(later - earlier > 0.39 for earlier, later in pairwise(moments))
    assert len(moments) == 3
