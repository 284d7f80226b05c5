"""What the LibreTranslate engine does beyond the contract: its server's habits and refusals."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from cxgreetz.engines import libre
from cxgreetz.errors import EngineError
from cxgreetz.model import Segment
from cxgreetz.ports import EngineOptions
from servers.engine_server import Fault, Reply
from servers.libre_server import LibreServer

KEY = "sleutel-van-de-test"


@pytest.fixture
def server() -> Iterator[LibreServer]:
    with LibreServer(KEY) as started:
        yield started


def ask(server: LibreServer, *texts: str, **options: Any) -> list[str]:
    segments = [Segment(text, "nl", "en") for text in texts]
    told = {"url": server.url, "time_limit": 10.0} | options
    return libre.translate(segments, "nl", "en", EngineOptions(**told))


def refused(server: LibreServer, *texts: str, **options: Any) -> EngineError:
    with pytest.raises(EngineError) as caught:
        ask(server, *texts, **options)
    assert KEY not in str(caught.value)
    return caught.value


def test_one_request_holds_several_texts_as_a_reader_sees_them(server: LibreServer) -> None:
    assert ask(server, "Jansen &amp; Zonen", " 5 &lt; 6 ") == ["JANSEN &amp; ZONEN", " 5 &lt; 6 "]
    assert server.bodies == [
        {"q": ["Jansen & Zonen", " 5 < 6 "], "source": "nl", "target": "en", "format": "text"}
    ]


def test_both_directions(server: LibreServer) -> None:
    options = EngineOptions(url=server.url)
    assert libre.translate([Segment("hello", "en", "nl")], "en", "nl", options) == ["HELLO"]
    assert (server.bodies[0]["source"], server.bodies[0]["target"]) == ("en", "nl")


@pytest.mark.parametrize(
    ("coded", "sent"),
    [
        ("Q&amp;A", "Q&A"),
        ("?a=1&amp;copy=2", "?a=1&amp;copy=2"),
        ("zo schrijf je &amp;amp; op", "zo schrijf je &amp;amp; op"),
        ("zo schrijf je &amp;lt;b&amp;gt; op", "zo schrijf je &amp;lt;b&amp;gt; op"),
        ("<g1>R&amp;D</g1> <x2/>", "<g1>R&D</g1> <x2/>"),
    ],
)
def test_what_the_server_unescapes_comes_back_whole(
    server: LibreServer, coded: str, sent: str
) -> None:
    """The real one unescapes its answer, `&copy` without a semicolon too."""
    assert ask(server, coded)[0].lower() == coded.lower()
    assert server.bodies[0]["q"] == [sent]


def test_the_key_goes_in_the_body_alone(server: LibreServer) -> None:
    server.needs_key = True
    assert ask(server, "hallo", api_key=f" {KEY} ") == ["HALLO"]
    request = server.requests[0]
    assert server.bodies[0]["api_key"] == KEY
    assert KEY not in request.target
    assert KEY not in str(request.headers)


@pytest.mark.parametrize(("key", "status"), [(None, 400), ("verkeerd", 403)])
def test_a_server_that_does_not_let_us_in(
    server: LibreServer, key: str | None, status: int
) -> None:
    server.needs_key = True
    error = refused(server, "hallo", api_key=key)
    assert (error.kind, error.retryable) == ("auth", False)
    assert f"({status}: " in str(error)
    assert libre.KEY_NAME in str(error)
    assert "verkeerd" not in str(error)


def test_a_server_that_wants_fewer_texts_is_asked_one_by_one(server: LibreServer) -> None:
    server.batch_limit = 2
    assert ask(server, "een", "twee", "drie") == ["EEN", "TWEE", "DRIE"]
    assert [len(body["q"]) for body in server.bodies] == [3, 1, 1, 1]


def test_the_text_that_is_too_long_is_named_and_the_others_are_kept(server: LibreServer) -> None:
    server.char_limit = 20
    long = "deze alinea is langer dan twintig tekens"
    error = refused(server, "een", "twee", "drie", "vier", "vijf", "zes", long, "acht")
    assert (error.kind, error.retryable) == ("bad_request", False)
    assert error.done == ("EEN", "TWEE", "DRIE", "VIER", "VIJF", "ZES")
    assert "“deze alinea is langer dan twintig tekens”" in str(error)
    assert "exceeds text limit (20)" in str(error)


@pytest.mark.parametrize("targets", [{"en": ["fr"], "fr": ["en"]}, {"nl": [], "en": []}])
def test_a_server_without_the_languages(server: LibreServer, targets: dict[str, list[str]]) -> None:
    server.targets = targets
    error = refused(server, "hallo", "dag")
    assert (error.kind, error.retryable) == ("unsupported", False)
    assert f"it knows {', '.join(sorted(targets))}" in str(error)
    assert "--load-only nl,en" in str(error)


def test_no_address_is_nobodys_address(server: LibreServer) -> None:
    for nothing in (None, "", "  "):
        error = refused(server, "hallo", url=nothing)
        assert (error.kind, error.retryable) == ("unavailable", False)
        assert libre.URL_NAME in str(error)


@pytest.mark.parametrize(
    "url", ["127.0.0.1:5000", "ftp://127.0.0.1/", "http://", "http://a:99999/", "http://u:p@a/"]
)
def test_an_address_that_is_none(server: LibreServer, url: str) -> None:
    error = refused(server, "hallo", url=url)
    assert (error.kind, error.retryable) == ("unavailable", False)
    assert "not a web address" in str(error)
    assert "u:p" not in str(error)


def test_an_address_with_a_path() -> None:
    with LibreServer(path="/vertaal") as server:
        assert ask(server, "hallo", url=f"{server.url}/vertaal/") == ["HALLO"]
        error = refused(server, "hallo", url=f"{server.url}/vertaal/translate")
        assert (error.kind, error.retryable) == ("unavailable", False)
        assert "leave out /translate" in str(error)


def test_a_redirect_is_not_followed(server: LibreServer) -> None:
    server.instead = Reply(b"", 302)
    error = refused(server, "hallo", api_key=KEY)
    assert (error.kind, len(server.requests)) == ("unavailable", 1)


def test_a_port_where_nobody_listens(server: LibreServer) -> None:
    with LibreServer() as gone:
        url = gone.url
    error = refused(server, "hallo", url=url)
    assert (error.kind, error.retryable) == ("unavailable", True)
    assert "is it running" in str(error)


@pytest.mark.parametrize("in_seconds", [True, False])
def test_how_long_to_wait_is_handed_on(server: LibreServer, in_seconds: bool) -> None:
    later = datetime.now(UTC) + timedelta(seconds=42)
    server.retry_after = "42" if in_seconds else format_datetime(later, usegmt=True)
    server.strike(Fault.BUSY)
    error = refused(server, "hallo")
    assert (error.kind, error.retryable) == ("rate_limit", True)
    assert error.retry_after == pytest.approx(42, abs=3)


def test_a_limit_a_minute_is_waited_for_a_minute(server: LibreServer) -> None:
    """The real server's own words; it sends no Retry-After."""
    server.instead = Reply(b'{"error": "Slowdown: 8 per 1 minute"}', 429)
    assert refused(server, "hallo").retry_after == 60


@pytest.mark.parametrize("said", [None, "straks", "-5"])
def test_a_wait_that_is_none(server: LibreServer, said: str | None) -> None:
    server.retry_after = said
    server.strike(Fault.BUSY)
    assert refused(server, "hallo").retry_after is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html><body>Sign in</body></html>",
        b'{"translatedText": "HALLO"}',
        b'{"translatedText": null}',
        b'{"translatedText": [null]}',
        b'{"translatedText": [7]}',
        b'{"translatedText": [["HALLO"]]}',
        b'{"translatedText": ["HALLO", "DAG"]}',
        b'{"translatedText": []}',
        b"[" * 100_000,
    ],
)
def test_an_answer_of_another_shape_is_a_bad_response(server: LibreServer, body: bytes) -> None:
    server.instead = Reply(body)
    error = refused(server, "hallo")
    assert (error.kind, error.retryable, error.done) == ("bad_response", False, ())


def test_an_answer_without_end_is_not_read(server: LibreServer) -> None:
    server.instead = Reply(b" " * 3_000_000)
    assert refused(server, "hallo").kind == "unavailable"


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_out_of_order(server: LibreServer, status: int) -> None:
    server.instead = Reply(b"<html>sorry</html>", status, "text/html")
    error = refused(server, "hallo")
    assert (error.kind, error.retryable) == ("unavailable", True)
    assert f"out of order ({status})" in str(error)


def test_no_request_leaves_when_the_time_is_up(server: LibreServer) -> None:
    server.on_request = lambda _number: time.sleep(0.3)
    texts = ["kort"] * 50
    error = refused(server, *texts, time_limit=2.5)
    assert error.kind == "unavailable"
    assert 0 < len(error.done) < len(texts)
    asked = len(server.requests)
    time.sleep(0.5)
    assert len(server.requests) == asked


def test_a_placeholder_that_came_back_bent_is_left_for_the_verifier(server: LibreServer) -> None:
    server.instead = Reply(b'{"translatedText": ["< G1 >A & B</ g1> <x 2/>"]}')
    assert ask(server, "<g1>a &amp; b</g1> <x2/>") == ["< G1 >A &amp; B</ g1> <x 2/>"]
