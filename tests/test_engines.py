"""Every engine on the shelf keeps the contract; one without a harness fails here."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from contracts.engine_contract import (
    KEY,
    EngineContract,
    Harness,
    ServiceContract,
    ServiceHarness,
)
from cxgreetz.engines import _answers, deepl, google, libre, local, manual, mymemory
from cxgreetz.errors import EngineError
from cxgreetz.model import Segment
from cxgreetz.ports import EngineOptions, plugin, shelf
from servers.deepl_api import DeepLApi
from servers.google_page import GooglePage
from servers.libre_server import LibreServer
from servers.mymemory_api import MyMemoryApi


def _google() -> Iterator[Harness]:
    with GooglePage() as server:
        url = server.page
        yield ServiceHarness(engine=google, server=server, url=url, per_request=1, time_limit=4.0)


def _deepl() -> Iterator[Harness]:
    with DeepLApi(KEY) as server:
        url = server.url
        yield ServiceHarness(engine=deepl, server=server, url=url, per_request=50, time_limit=3.0)


def _libre() -> Iterator[Harness]:
    with LibreServer(KEY) as server:
        url = server.url
        yield ServiceHarness(engine=libre, server=server, url=url, per_request=5, time_limit=3.0)


def _mymemory() -> Iterator[Harness]:
    with MyMemoryApi() as server:
        url = server.address
        yield ServiceHarness(engine=mymemory, server=server, url=url, per_request=1, time_limit=4.0)


def _local() -> Iterator[Harness]:
    pytest.importorskip("ctranslate2", reason="the extra [local] is not installed")
    from fakes.tiny_model import make_model

    with TemporaryDirectory() as folder:
        make_model(Path(folder, "nl-en"))
        yield Harness(engine=local, models=folder, bends=True)


SERVICES: dict[str, Callable[[], Iterator[Harness]]] = {
    "google": _google,
    "deepl": _deepl,
    "libre": _libre,
    "mymemory": _mymemory,
}
HARNESSES = SERVICES | {"local": _local}

#: Asks nobody, so no fake stands behind it.
ASKS_NOBODY = ["manual"]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google, "PAUSE", 0.01)
    monkeypatch.setattr(mymemory, "PAUSE", 0.01)


@pytest.fixture(params=[name for name in shelf("engines") if name not in ASKS_NOBODY])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def harness(name: str) -> Iterator[Harness]:
    assert name in HARNESSES, f"engines/{name}.py has no harness in {__name__}"
    assert plugin("engines", name, path="translation.engines")
    yield from HARNESSES[name]()


class TestContract(EngineContract):
    pass


class TestServices(ServiceContract):
    @pytest.fixture(params=SERVICES)
    def name(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)


def test_the_shelf_is_known() -> None:
    assert set(shelf("engines")) >= set(HARNESSES) | set(ASKS_NOBODY)
    assert "_answers" not in shelf("engines")


@pytest.mark.parametrize("name", ASKS_NOBODY)
def test_an_engine_that_asks_nobody_leaves_all_to_the_editor(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: Any) -> None:
        raise AssertionError("a text left this machine")

    monkeypatch.setattr(socket.socket, "connect", connect)
    engine = plugin("engines", name, path="translation.engines")
    segments = [Segment("hallo", "nl", "en"), Segment("dag", "nl", "en")]
    with pytest.raises(EngineError) as caught:
        engine.translate(segments, "nl", "en", EngineOptions(api_key=KEY))
    assert (caught.value.kind, caught.value.done) == ("left_to_editor", ())
    assert not caught.value.retryable
    assert not engine.CAPABILITIES.leaves_this_machine
    assert not engine.CAPABILITIES.needs_key
    assert KEY not in repr(vars(caught.value))


@pytest.mark.parametrize(("count", "said"), [(1, "1 paragraph left"), (2, "2 paragraphs left")])
def test_manual_counts_and_names_the_language(count: int, said: str) -> None:
    segments = [Segment("hello", "en", "nl")] * count
    with pytest.raises(EngineError, match=f"^{said} for the editor to write in Dutch"):
        manual.translate(segments, "en", "nl", EngineOptions())


@pytest.mark.parametrize("answer", [None, "", "<g1> </g1>", 7, ["hello"]])
def test_an_answer_that_says_nothing(answer: object) -> None:
    with pytest.raises(EngineError, match=r"^engine gave nothing back for “hallo”$") as caught:
        _answers.heard("engine", "hallo", answer)
    assert caught.value.kind == "bad_response"


@pytest.mark.parametrize(
    "answer",
    ["hello", "een zin die lang genoeg is om te tellen", "That’s an error", "&lt;html&gt; no"],
)
def test_whether_it_is_a_translation_is_judged_elsewhere(answer: str) -> None:
    said = _answers.heard("engine", "een zin die lang genoeg is om te tellen", answer)
    assert said == answer


def test_a_message_names_a_text_by_its_opening() -> None:
    assert _answers.opening("<g1>Q&amp;A</g1> in het kort") == "“Q&A in het kort”"
    assert _answers.opening("woord " * 20) == "“woord woord woord woord woord woord woor…”"
