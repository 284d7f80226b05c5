"""The fakes of translation services are servers in their own right: they are tested too."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from servers.deepl_api import DeepLApi
from servers.engine_server import EngineServer, Fault, shout
from servers.google_page import GooglePage
from servers.libre_server import LibreServer
from servers.mymemory_api import MyMemoryApi

KEY = "sleutel"
#: Seconds for an answer.
PATIENCE = 20.0


def google(server: EngineServer, text: str = "Dag & <g1>weer</g1>", **query: str) -> Any:
    asked = {"q": text, "sl": "nl", "tl": "en"} | query
    return requests.get(f"{server.url}/m", params=asked, timeout=PATIENCE)


def deepl(server: EngineServer, *texts: str, key: str = KEY, **body: Any) -> Any:
    asked = {"text": texts or ["dag &amp; <g1>weer</g1>"], "source_lang": "NL"}
    asked |= {"target_lang": "EN-GB", "tag_handling": "xml"} | body
    headers = {"Authorization": f"DeepL-Auth-Key {key}"}
    return requests.post(
        f"{server.url}/v2/translate", json=asked, headers=headers, timeout=PATIENCE
    )


def libre(server: EngineServer, *texts: str, **body: Any) -> Any:
    asked = {"q": texts or ["dag &amp; <g1>weer</g1>"], "source": "nl", "target": "en"} | body
    return requests.post(f"{server.url}/translate", json=asked, timeout=PATIENCE)


def mymemory(server: EngineServer, text: str = "dag & <g1>weer</g1>", **query: str) -> Any:
    asked = {"q": text, "langpair": "nl-NL|en-GB"} | query
    return requests.get(f"{server.url}/get", params=asked, timeout=PATIENCE)


FAKES: dict[str, tuple[Callable[[], EngineServer], Callable[..., Any], str]] = {
    "google": (GooglePage, google, "DAG &amp; &lt;g1&gt;WEER&lt;/g1&gt;"),
    "deepl": (lambda: DeepLApi(KEY), deepl, "DAG &amp; <g1>WEER</g1>"),
    "libre": (lambda: LibreServer(KEY), libre, "DAG & <g1>WEER</g1>"),
    "mymemory": (MyMemoryApi, mymemory, "DAG &amp; <g1>WEER</g1>"),
}


@pytest.fixture(params=FAKES)
def fake(request: pytest.FixtureRequest) -> Any:
    return FAKES[request.param]


def test_shouting_leaves_placeholders_and_entities() -> None:
    assert shout("a &amp; <g1>b</g1>\n<x2/> & c") == "A &amp; <g1>B</g1>\n<x2/> & C"


def test_it_translates_and_notes_what_was_asked(fake: Any) -> None:
    make, ask, said = fake
    with make() as server:
        answer = ask(server)
        assert answer.status_code == 200
        assert said in answer.text
        assert len(server.requests) == 1
        assert server.requests[0].headers["host"] in server.url


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.BROKEN])
def test_a_fault_comes_after_and_goes(fake: Any, fault: Fault) -> None:
    make, ask, _ = fake
    with make() as server:
        ask(server)
        server.strike(fault, after=1, times=2)
        assert [ask(server).status_code for _ in range(4)] == [
            200,
            int(fault),
            int(fault),
            200,
        ]


@pytest.mark.parametrize("fault", [Fault.SLOW, Fault.DIE, Fault.CUT])
def test_a_fault_of_the_line_breaks_it(
    fake: Any, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault is Fault.SLOW:
        monkeypatch.setitem(globals(), "PATIENCE", 0.5)
    make, ask, _ = fake
    with make() as server:
        server.strike(fault)
        with pytest.raises(requests.RequestException):
            ask(server)
        port = int(server.url.rpartition(":")[2])
        with socket.socket() as caller:
            assert (caller.connect_ex(("127.0.0.1", port)) != 0) == (fault is Fault.DIE)


def test_a_drip_never_ends(fake: Any) -> None:
    make, _, _ = fake
    with make() as server:
        server.strike(Fault.DRIP)
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as caller:
            caller.sendall(b"GET /m?q=a HTTP/1.1\r\nHost: x\r\n\r\n")
            ends = time.monotonic() + 0.7
            while time.monotonic() < ends:
                assert caller.recv(1000)


@pytest.mark.parametrize(
    ("fault", "there", "not_there"),
    [
        (Fault.PAGE, "Error 500 (Server Error)", "WEER"),
        (Fault.ECHO, "weer", "WEER"),
        (Fault.EMPTY, "", "eer"),
        (Fault.FEW, "", "eer"),
    ],
)
def test_a_fault_of_content_has_status_200(
    fake: Any, fault: Fault, there: str, not_there: str
) -> None:
    make, ask, _ = fake
    with make() as server:
        server.strike(fault)
        answer = ask(server)
        assert answer.status_code == 200
        assert there in answer.text
        assert not_there not in answer.text


def test_stopping_lets_go_of_what_hangs(fake: Any) -> None:
    make, _, _ = fake
    with make() as server:
        server.strike(Fault.SLOW)
        arrived = threading.Event()
        server.on_request = lambda _number: arrived.set()
        caller = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))
        caller.sendall(b"GET /m?q=a HTTP/1.1\r\nHost: x\r\n\r\n")
        caller.settimeout(5)
        assert arrived.wait(5)
    with caller:
        assert caller.recv(1) == b""


@pytest.mark.parametrize(
    ("query", "status"),
    [({"q": ""}, 400), ({"tl": "fr"}, 400), ({"q": "x" * 5000}, 413), ({"q": "x" * 4999}, 200)],
)
def test_the_page_refuses_what_google_refuses(query: dict[str, str], status: int) -> None:
    with GooglePage() as server:
        assert google(server, **query).status_code == status
        assert requests.get(server.url, timeout=PATIENCE).status_code == 404


def test_the_page_breaks_lines_and_remembers_texts() -> None:
    with GooglePage() as server:
        server.say = lambda text: f"{text}\v{text}"
        assert "a<br>a" in google(server, "a").text
        assert server.texts == ["a"]


@pytest.mark.parametrize(
    ("texts", "body", "status"),
    [
        (["a"] * 50, {}, 200),
        (["a"] * 51, {}, 400),
        (["a" * 131_000], {}, 413),
        (["a"], {"target_lang": "EN"}, 400),
        (["a"], {"formality": "more"}, 400),
        (["a"], {"formality": "prefer_more"}, 200),
        (["a"], {"formality": "more", "target_lang": "NL"}, 200),
        (["<g1>a"], {}, 400),
        (["a & b"], {}, 400),
        (["a & b"], {"tag_handling": None}, 200),
        (["a"], {"key": "other"}, 403),
    ],
)
def test_the_api_refuses_what_deepl_refuses(
    texts: list[str], body: dict[str, Any], status: int
) -> None:
    with DeepLApi(KEY) as server:
        assert deepl(server, *texts, **body).status_code == status


def test_the_api_wants_a_post_and_its_path() -> None:
    with DeepLApi(KEY, path="/proxy") as server:
        assert requests.get(f"{server.url}/proxy/v2/translate", timeout=PATIENCE).status_code == 405
        assert deepl(server, "a").status_code == 404


def test_the_api_counts_characters() -> None:
    with DeepLApi(KEY) as server:
        server.quota = 5
        assert [deepl(server, "drie").status_code for _ in range(2)] == [200, 456]
        server.quota = 50
        assert json.loads(deepl(server, "drie").text)["translations"] == [
            {"detected_source_language": "NL", "text": "DRIE", "billed_characters": 4}
        ]
        server.billing = False
        assert "billed" not in deepl(server, "drie").text
        assert [body["text"] for body in server.bodies] == [["drie"]] * 4


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 200, "A"),
        ({"api_key": "other"}, 403, "Invalid API key"),
        ({"target": "fr"}, 400, "fr is not supported"),
        ({"q": []}, 400, "missing q"),
        ({"q": ["a"] * 3}, 400, "request (3) exceeds text limit (2)"),
        ({"q": ["abcdef"]}, 400, "request (6) exceeds text limit (5)"),
        ({"q": "abc"}, 200, '"translatedText": "ABC"'),
        ({"q": ["&copy"]}, 200, "\\u00a9"),
    ],
)
def test_the_server_refuses_what_libretranslate_refuses(
    body: dict[str, Any], status: int, said: str
) -> None:
    with LibreServer(KEY) as server:
        server.batch_limit, server.char_limit = 2, 5
        answer = libre(server, "a", **body)
        assert answer.status_code == status
        assert said in answer.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"langpair": "auto|en-GB"}, "'AUTO' IS AN INVALID SOURCE LANGUAGE"),
        ({"q": "x" * 501}, "QUERY LENGTH LIMIT EXCEEDED"),
    ],
)
def test_the_memory_gives_its_messages_as_translations(query: dict[str, str], said: str) -> None:
    with MyMemoryApi() as server:
        answer = mymemory(server, **query)
        assert answer.status_code == 200
        assert said in answer.json()["responseData"]["translatedText"]


def test_the_memory_has_enough_of_a_day() -> None:
    with MyMemoryApi() as server:
        server.left = 5
        answers = [mymemory(server, "drie").json() for _ in range(2)]
        assert [answer["responseStatus"] for answer in answers] == [200, 429]
        assert (
            "USED ALL AVAILABLE FREE TRANSLATIONS" in answers[1]["responseData"]["translatedText"]
        )


def test_the_api_has_room_for_one_glossary() -> None:
    headers = {"Authorization": f"DeepL-Auth-Key {KEY}"}
    entries = {"source_lang": "NL", "target_lang": "EN", "entries": "dag\tbye"}
    asked = {"name": "a", "dictionaries": [entries | {"entries_format": "tsv"}]}
    with DeepLApi(KEY) as server:
        url = f"{server.url}/v3/glossaries"
        assert requests.get(url, timeout=PATIENCE).status_code == 403
        made = [requests.post(url, json=asked, headers=headers, timeout=PATIENCE) for _ in range(2)]
        assert [answer.status_code for answer in made] == [201, 456]
        key = made[0].json()["glossary_id"]
        assert "DEAR bye" in deepl(server, "dear dag", glossary_id=key).text
        turned = {"source_lang": "EN", "target_lang": "NL", "glossary_id": key}
        assert deepl(server, "dag", **turned).status_code == 400
        assert deepl(server, "dag", glossary_id="gone").status_code == 404
        assert (
            requests.patch(f"{url}/gone", json={}, headers=headers, timeout=PATIENCE).status_code
            == 404
        )
