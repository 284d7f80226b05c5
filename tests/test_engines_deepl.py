"""What the DeepL engine does beyond the contract: what it asks, and what it makes of refusals."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import deepl as sdk
import pytest

from cxgreetz.engines import deepl
from cxgreetz.errors import EngineError
from cxgreetz.model import Language, Segment
from cxgreetz.ports import EngineOptions, ReportsUsage, Usage
from servers.deepl_api import MAX_BYTES, DeepLApi
from servers.engine_server import Fault

KEY = "5b7e-nog-een-geheim:fx"


@pytest.fixture
def api() -> Iterator[DeepLApi]:
    with DeepLApi(KEY) as server:
        yield server


def ask(
    api: DeepLApi,
    *texts: str,
    source: Language = "nl",
    target: Language = "en",
    **changes: Any,
) -> list[str]:
    options = {"api_key": KEY, "url": api.url + api.path, "time_limit": 10.0} | changes
    segments = [Segment(text, source, target) for text in texts]
    return deepl.translate(segments, source, target, EngineOptions(**options))


def refused(api: DeepLApi, *texts: str, **changes: Any) -> EngineError:
    with pytest.raises(EngineError) as caught:
        ask(api, *texts, **changes)
    assert changes.get("api_key", KEY) not in str(caught.value)
    return caught.value


def test_to_english_it_asks_for_british_and_no_formality(api: DeepLApi) -> None:
    assert ask(api, "<g1>hallo</g1>", context="Een groet vooraf.") == ["<g1>HALLO</g1>"]
    body = api.bodies[0]
    assert (body["source_lang"], body["target_lang"]) == ("NL", "EN-GB")
    assert (body["tag_handling"], body["tag_handling_version"]) == ("xml", "v2")
    assert body["outline_detection"] is False
    assert body["context"] == "Een groet vooraf."
    assert "formality" not in body


def test_to_english_it_asks_for_american_where_that_is_wanted(api: DeepLApi) -> None:
    ask(api, "hallo", english="en-US")
    assert api.bodies[0]["target_lang"] == "EN-US"
    ask(api, "hello", source="en", target="nl", english="en-US")
    assert (api.bodies[1]["source_lang"], api.bodies[1]["target_lang"]) == ("EN", "NL")


@pytest.mark.parametrize(("address", "formality"), [("je", "prefer_less"), ("u", "prefer_more")])
def test_to_dutch_it_asks_how_readers_are_addressed(
    api: DeepLApi, address: str, formality: str
) -> None:
    ask(api, "you", source="en", target="nl", address=address)
    body = api.bodies[0]
    assert (body["source_lang"], body["target_lang"]) == ("EN", "NL")
    assert body["formality"] == formality
    assert "context" not in body


def test_the_key_goes_in_the_header_and_nowhere_else(
    api: DeepLApi, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(api, "hallo", api_key=f" {KEY}\n")
    request = api.requests[0]
    assert request.headers["authorization"] == f"DeepL-Auth-Key {KEY}"
    assert KEY not in request.target + request.body.decode() + caplog.text
    assert request.method == "POST"


@pytest.mark.parametrize("key", ["half\nkey", "gehéim", "two keys", "a\x7fb"])
def test_a_key_that_cannot_be_one_is_not_sent(api: DeepLApi, key: str) -> None:
    error = refused(api, "hallo", api_key=key)
    assert (error.kind, api.requests) == ("auth", [])
    assert deepl.KEY_NAME in str(error)


@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_a_path_in_the_address_is_kept(slash: str) -> None:
    with DeepLApi(KEY, path="/behind/a/proxy") as api:
        options = EngineOptions(api_key=KEY, url=api.url + api.path + slash, time_limit=10.0)
        assert deepl.translate([Segment("hoi", "nl", "en")], "nl", "en", options) == ["HOI"]


def test_batches_stay_within_both_limits(api: DeepLApi) -> None:
    texts = [f"<g1>{number}</g1> " + "é🎉" * 900 for number in range(120)]
    assert ask(api, *texts) == [text.upper().replace("G1", "g1") for text in texts]
    sizes = [len(request.body) for request in api.requests]
    assert len(sizes) > 3
    assert max(sizes) < deepl.CAPABILITIES.max_bytes + 1_000 < MAX_BYTES
    assert max(len(body["text"]) for body in api.bodies) <= deepl.CAPABILITIES.max_texts


def test_texts_without_a_word_are_not_paid_for(api: DeepLApi) -> None:
    assert ask(api, "***", "hallo", "<x1/>", "dag") == ["***", "HALLO", "<x1/>", "DAG"]
    assert api.bodies[0]["text"] == ["hallo", "dag"]


def test_a_used_up_account(api: DeepLApi) -> None:
    api.quota = 250
    error = refused(api, *["vijf!"] * 60)
    assert (error.kind, error.retryable) == ("quota", False)
    assert error.done == ("VIJF!",) * 50


def test_a_refused_key(api: DeepLApi) -> None:
    error = refused(api, "hallo", api_key="another-key")
    assert (error.kind, error.retryable, len(api.requests)) == ("auth", False, 1)
    assert deepl.KEY_NAME in str(error)


def test_an_address_with_too_much_in_it(api: DeepLApi) -> None:
    error = refused(api, "hallo", url=f"{api.url}/v2")
    assert (error.kind, error.retryable) == ("unavailable", False)
    assert "leave out /v2" in str(error)


@pytest.mark.parametrize(
    "url", ["no address", "http://", "ftp://127.0.0.1/", "http://[::1", "http://*.example/"]
)
def test_an_address_that_is_none(api: DeepLApi, url: str) -> None:
    error = refused(api, "hallo", url=url)
    assert (error.kind, error.retryable, api.requests) == ("unavailable", False, [])
    assert "address" in str(error)


def test_a_server_that_quotes_the_key_does_not_get_it_printed(api: DeepLApi) -> None:
    error = refused(api, "<g1>open")
    assert error.kind == "bad_request"
    assert "Tag handling parsing failed" in str(error)
    assert "[key]" in str(error)


def test_a_text_that_is_too_long_for_deepl(api: DeepLApi) -> None:
    error = refused(api, "kort", "lang " * 30_000)
    assert (error.kind, error.done) == ("bad_request", ("KORT",))
    assert "cut the paragraph" in str(error)


def test_a_request_is_made_once(api: DeepLApi) -> None:
    api.strike(Fault.BUSY, times=1)
    assert refused(api, "hallo").kind == "rate_limit"
    assert len(api.requests) == 1
    assert ask(api, "hallo") == ["HALLO"]


def test_a_request_that_was_given_up_is_not_repeated_behind_our_back(api: DeepLApi) -> None:
    api.strike(Fault.SLOW)
    assert refused(api, "hallo", time_limit=0.5).kind == "unavailable"
    with api:  # leaving lets go of the request that hangs
        pass
    for thread in [t for t in threading.enumerate() if t.name == "deepl"]:
        thread.join(5)
        assert not thread.is_alive()
    assert len(api.requests) == 1


def test_no_request_leaves_when_the_time_is_up(api: DeepLApi) -> None:
    api.on_request = lambda _number: time.sleep(0.7)
    texts = ["kort"] * 250
    error = refused(api, *texts, time_limit=2.5)
    assert error.kind == "unavailable"
    assert 0 < len(error.done) < len(texts)
    asked = len(api.requests)
    time.sleep(0.5)
    assert len(api.requests) == asked
    assert refused(api, "kort", time_limit=0.0).kind == "unavailable"
    assert len(api.requests) == asked


def test_a_request_that_hangs_keeps_no_program_from_ending(api: DeepLApi) -> None:
    api.strike(Fault.SLOW)
    script = (
        "from cxgreetz.engines import deepl\n"
        "from cxgreetz.model import Segment\n"
        "from cxgreetz.ports import EngineOptions\n"
        f"options = EngineOptions(api_key={KEY!r}, url={api.url!r}, time_limit=1.0)\n"
        "deepl.translate([Segment('hallo', 'nl', 'en')], 'nl', 'en', options)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=40)
    assert b"deepl did not answer within 1 s" in ran.stderr
    assert KEY.encode() not in ran.stderr.replace(script.encode(), b"")


def test_a_patient_caller_is_not_cut_short_by_the_sdk(
    api: DeepLApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdk.http_client, "min_connection_timeout", 0.2)
    api.on_request = lambda _number: time.sleep(1.5)
    assert ask(api, "hallo") == ["HALLO"]
    assert len(api.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"fine"',
        b"plain words",
        b"<html><body>Sign in</body></html>",
        b'{"translations": null}',
        b'{"translations": {"text": "x"}}',
        b'{"translations": [null]}',
        b'{"translations": ["HALLO"]}',
        b'{"translations": [{"text": null, "billed_characters": 5}]}',
        b'{"translations": [{"text": 7, "billed_characters": 5}]}',
        b'{"translations": [{"text": "A", "billed_characters": 1}, '
        b'{"text": "B", "billed_characters": 1}]}',
    ],
)
def test_an_answer_of_another_shape_is_a_bad_response(api: DeepLApi, body: bytes) -> None:
    api.instead = body
    error = refused(api, "hallo")
    assert (error.kind, error.retryable, error.done) == ("bad_response", False, ())


def test_a_gateway_that_bills_nothing_is_a_bad_response(api: DeepLApi) -> None:
    api.billing = False
    error = refused(api, "hallo")
    assert error.kind == "bad_response"
    assert "cannot be read" in str(error)


def usage(api: DeepLApi, **changes: Any) -> Usage:
    return deepl.usage(EngineOptions(**({"api_key": KEY, "url": api.url} | changes)))


def test_usage_is_told_before_and_after(api: DeepLApi) -> None:
    assert isinstance(deepl, ReportsUsage)
    assert usage(api) == Usage(0, 1_000_000)
    ask(api, "hallo", "dag")
    assert usage(api) == Usage(8, 1_000_000)


def test_usage_that_cannot_be_told(api: DeepLApi) -> None:
    with pytest.raises(EngineError) as caught:
        usage(api, api_key="another-key")
    assert caught.value.kind == "auth"
    api.broken["/v2/usage"] = 500
    with pytest.raises(EngineError) as caught:
        usage(api)
    assert (caught.value.kind, caught.value.retryable) == ("unavailable", True)
    api.broken.clear()
    api.strike(Fault.PAGE)
    with pytest.raises(EngineError) as caught:
        usage(api)
    assert caught.value.kind == "bad_response"
    api.strike(Fault.SLOW)
    with pytest.raises(EngineError, match=r"within 0\.5 s"):
        usage(api, time_limit=0.5)
