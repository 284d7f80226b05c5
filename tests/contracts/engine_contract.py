"""What every engine on the shelf promises, whatever service stands behind it.

In: a `Harness`, an engine beside a loopback fake of its service. A test module gives the
fixtures `name` (one of the shelf) and `harness`, and inherits `EngineContract`.
"""

from __future__ import annotations

import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from cxgreetz.errors import EngineError
from cxgreetz.model import Segment
from cxgreetz.ports import EngineCapabilities, EngineOptions, EnginePlugin
from servers.engine_server import EngineServer, Fault, shout

KEY = "0f3a-geheim-van-de-test:fx"

#: What the shelf must not load before it is asked to translate.
HEAVY = {"deep_translator", "deepl", "requests", "bs4", "ctranslate2", "sentencepiece", "numpy"}

KINDS = {
    Fault.SLOW: {"unavailable"},
    Fault.DRIP: {"unavailable"},
    Fault.DIE: {"unavailable"},
    Fault.CUT: {"unavailable", "bad_response"},
    Fault.BROKEN: {"unavailable"},
    Fault.BUSY: {"rate_limit"},
    Fault.PAGE: {"bad_response"},
    Fault.FEW: {"bad_response"},
}

HARD_TEXTS = [
    "Gewoon een zin over klanten.",
    "<g1>Vet</g1> en <g2>schuin met <g3>nog iets</g3> erin</g2>,<x4/>na de regel",
    "Jansen &amp; Zonen zeggen: 5 &lt; 6 en &lt;b&gt; is geen markering",
    'Ze zei: "dat kan \'m niet zijn", “echt niet”, ‘nee’',
    "Feest 🎉 met 👩‍👩‍👧 en 🇳🇱, een café naïef coördineren",
    "Eerste regel\nTweede regel\n\nVierde regel",
    "  spaties voor en achter \n",
    "***",
    "🎉 <x1/>",
    "",
    "2026",
]


@dataclass
class Harness:
    engine: EnginePlugin
    server: EngineServer
    #: The address of the fake, as a workspace would name it.
    url: str
    #: How many texts go into one request.
    per_request: int
    #: Seconds in which one healthy request is surely answered, and a sick one given up.
    time_limit: float

    def translate(self, texts: list[str], **changes: Any) -> list[str]:
        values = {"api_key": KEY, "url": self.url, "time_limit": 20.0} | changes
        segments = [Segment(text, "nl", "en") for text in texts]
        return self.engine.translate(segments, "nl", "en", EngineOptions(**values))


def long_texts(count: int) -> list[str]:
    about = "gaat over wachten aan de balie van het gemeentehuis"
    return [f"Alinea {number} {about}" for number in range(count)]


class EngineContract:
    def test_it_says_what_it_can_and_loads_nothing_for_that(self, name: str) -> None:
        script = (
            f"import sys, cxgreetz.engines.{name} as engine\n"
            f"heavy = {HEAVY} & set(sys.modules)\n"
            "sys.exit(f'loaded: {heavy}' if heavy else type(engine.CAPABILITIES).__name__ "
            f"!= {EngineCapabilities.__name__!r})"
        )
        ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr

    def test_same_length_same_order_and_nothing_lost(self, harness: Harness) -> None:
        assert harness.translate(HARD_TEXTS) == [shout(text) for text in HARD_TEXTS]

    def test_nothing_to_translate_asks_nobody(self, harness: Harness) -> None:
        assert harness.translate([]) == []
        assert harness.translate(["***", ""]) == ["***", ""]
        assert harness.server.requests == []

    def test_more_than_one_batch(self, harness: Harness) -> None:
        texts = [f"Tekst {number}" for number in range(harness.per_request * 2 + 1)]
        assert harness.translate(texts) == [text.upper() for text in texts]
        assert len(harness.server.requests) == 3

    def test_it_takes_as_much_as_it_says(self, harness: Harness) -> None:
        able = harness.engine.CAPABILITIES
        longest = "woord " * (able.max_bytes // 6)
        many = [f"tekst {number}" for number in range(able.max_texts)]
        assert harness.translate([longest]) == [longest.upper()]
        assert harness.translate(many) == [text.upper() for text in many]

    def test_a_short_text_may_be_the_same_in_both_languages(self, harness: Harness) -> None:
        harness.server.strike(Fault.ECHO)
        assert harness.translate(["CX Greetz"]) == ["CX Greetz"]

    def test_it_needs_a_key_exactly_when_it_says_so(self, harness: Harness, name: str) -> None:
        if not harness.engine.CAPABILITIES.needs_key:
            assert harness.translate(["hallo"], api_key=None) == ["HALLO"]
            return
        for missing in (None, "", "  "):
            with pytest.raises(EngineError, match=f"CXGREETZ_{name.upper()}_API_KEY") as caught:
                harness.translate(["hallo"], api_key=missing)
            assert (caught.value.kind, caught.value.done) == ("auth", ())
        assert harness.server.requests == []

    def test_threads_do_not_get_each_others_answers(self, harness: Harness) -> None:
        asked = [[f"Draad {thread} tekst {n}" for n in range(4)] for thread in range(3)]
        with ThreadPoolExecutor(len(asked)) as pool:
            answers = list(pool.map(harness.translate, asked))
        assert answers == [[text.upper() for text in texts] for texts in asked]

    @pytest.mark.parametrize(("source", "target"), [("nl", "nl"), ("de", "en"), ("en", "fr")])
    def test_another_language_is_refused(self, harness: Harness, source: Any, target: Any) -> None:
        options = EngineOptions(api_key=KEY, url=harness.url)
        with pytest.raises(EngineError, match=f"'{source}' to '{target}'") as caught:
            harness.engine.translate([Segment("hallo", source, target)], source, target, options)
        assert caught.value.kind == "unsupported"

    @pytest.mark.parametrize("fault", [Fault.ECHO, Fault.EMPTY])
    def test_a_strange_answer_does_not_cost_its_neighbours(
        self, harness: Harness, fault: Fault
    ) -> None:
        """Alone in its request it is refused; in a batch it is handed on, to be judged."""
        texts = long_texts(harness.per_request + 2)
        first, rest = texts[: harness.per_request], texts[harness.per_request :]
        shouted = [text.upper() for text in first]
        harness.server.strike(fault, after=1)
        if harness.per_request > 1:
            strange = rest if fault is Fault.ECHO else ["", ""]
            assert harness.translate(texts) == shouted + strange
            return
        with pytest.raises(EngineError) as caught:
            harness.translate(texts)
        assert (caught.value.kind, caught.value.done) == ("bad_response", tuple(shouted))

    @pytest.mark.parametrize("fault", KINDS)
    def test_a_fault_is_named_in_time_and_keeps_what_arrived(
        self, harness: Harness, name: str, fault: Fault
    ) -> None:
        texts = long_texts(harness.per_request + 2)
        harness.server.strike(fault, after=1)
        started = time.monotonic()
        with pytest.raises(EngineError) as caught:
            harness.translate(texts, time_limit=harness.time_limit)
        assert time.monotonic() - started < harness.time_limit + 2
        error = caught.value
        assert error.kind in KINDS[fault], error
        assert error.done == tuple(text.upper() for text in texts[: harness.per_request])
        assert error.retryable == (error.kind in {"unavailable", "rate_limit"})
        assert str(error).startswith(name)
        assert "\n" not in str(error)
        told = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
        assert KEY not in told
