"""What every engine on the shelf promises, whatever service stands behind it.

In: a `Harness`, an engine beside a loopback fake of its service. A test module gives the
fixtures `name` (one of the shelf) and `harness`, and inherits `EngineContract`; and, for
engines that ask a service, `ServiceContract`.
"""

from __future__ import annotations

import subprocess
import sys
import time
import traceback
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from cxgreetz.errors import EngineError
from cxgreetz.model import Origin, Segment
from cxgreetz.ports import EngineCapabilities, EngineOptions, EnginePlugin
from cxgreetz.translation.memory import Hit
from cxgreetz.translation.service import NamedEngine, translate_texts
from cxgreetz.translation.verify import repair
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


@dataclass(kw_only=True)
class Harness:
    engine: EnginePlugin
    #: The address of the fake, as a workspace would name it.
    url: str | None = None
    #: A folder of models, for an engine without a service.
    models: str | None = None
    #: It takes a placeholder for words; whoever verifies the answer mends or refuses that.
    bends: bool = False

    def translate(self, texts: list[str], **changes: Any) -> list[str]:
        values = {"api_key": KEY, "url": self.url, "models": self.models, "time_limit": 60.0}
        segments = [Segment(text, "nl", "en") for text in texts]
        return self.engine.translate(segments, "nl", "en", EngineOptions(**values | changes))


@dataclass(kw_only=True)
class ServiceHarness(Harness):
    """An engine with a fake of its service behind it."""

    server: EngineServer
    #: How many texts go into one request.
    per_request: int
    #: Seconds in which one healthy request is surely answered, and a sick one given up.
    time_limit: float


def long_texts(count: int) -> list[str]:
    about = "gaat over wachten aan de balie van het gemeentehuis"
    return [f"Alinea {number} {about}" for number in range(count)]


class NoMemory:
    """A translation memory in which nothing is found."""

    def lookup(self, segments: Iterable[Segment]) -> dict[str, Hit]:
        return {}


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
        said = harness.translate(HARD_TEXTS)
        if harness.bends:
            said = [repair(*pair) for pair in zip(HARD_TEXTS, said, strict=True)]
            assert said == [repair(text, shout(text)) for text in HARD_TEXTS]
        else:
            assert said == [shout(text) for text in HARD_TEXTS]

    def test_nothing_to_translate_stays_as_it_is(self, harness: Harness) -> None:
        assert harness.translate([]) == []
        assert harness.translate(["***", ""]) == ["***", ""]

    def test_it_takes_as_much_as_it_says(self, harness: Harness) -> None:
        able = harness.engine.CAPABILITIES
        longest = "Een woord en nog een woord. " * (able.max_bytes // 28)
        many = [f"tekst {number}" for number in range(able.max_texts)]
        assert harness.translate([longest]) == [longest.upper()]
        assert harness.translate(many) == [text.upper() for text in many]

    def test_it_needs_a_key_exactly_when_it_says_so(self, harness: Harness, name: str) -> None:
        if not harness.engine.CAPABILITIES.needs_key:
            assert harness.translate(["hallo"], api_key=None) == ["HALLO"]
            return
        for missing in (None, "", "  "):
            with pytest.raises(EngineError, match=f"CXGREETZ_{name.upper()}_API_KEY") as caught:
                harness.translate(["hallo"], api_key=missing)
            assert (caught.value.kind, caught.value.done) == ("auth", ())

    def test_threads_do_not_get_each_others_answers(self, harness: Harness) -> None:
        asked = [[f"Draad {thread} tekst {n}" for n in range(4)] for thread in range(3)]
        with ThreadPoolExecutor(len(asked)) as pool:
            answers = list(pool.map(harness.translate, asked))
        assert answers == [[text.upper() for text in texts] for texts in asked]

    def test_no_time_is_no_translation(self, harness: Harness, name: str) -> None:
        with pytest.raises(EngineError, match=f"^{name} .* within 0 s") as caught:
            harness.translate(["hallo"], time_limit=0.0)
        assert (caught.value.kind, caught.value.retryable) == ("unavailable", True)

    @pytest.mark.parametrize(("source", "target"), [("nl", "nl"), ("de", "en"), ("en", "fr")])
    def test_another_language_is_refused(self, harness: Harness, source: Any, target: Any) -> None:
        options = EngineOptions(api_key=KEY, url=harness.url)
        with pytest.raises(EngineError, match=f"'{source}' to '{target}'") as caught:
            harness.engine.translate([Segment("hallo", source, target)], source, target, options)
        assert caught.value.kind == "unsupported"


class ServiceContract:
    def test_nothing_to_translate_asks_nobody(self, harness: ServiceHarness) -> None:
        harness.translate(["***", ""])
        assert harness.server.requests == []

    def test_more_than_one_batch(self, harness: ServiceHarness) -> None:
        texts = [f"Tekst {number}" for number in range(harness.per_request * 2 + 1)]
        assert harness.translate(texts) == [text.upper() for text in texts]
        assert len(harness.server.requests) == 3

    def test_a_short_text_may_be_the_same_in_both_languages(self, harness: ServiceHarness) -> None:
        harness.server.strike(Fault.ECHO)
        assert harness.translate(["CX Greetz"]) == ["CX Greetz"]

    def test_without_a_key_it_needs_nobody_is_asked(self, harness: ServiceHarness) -> None:
        if harness.engine.CAPABILITIES.needs_key:
            with pytest.raises(EngineError):
                harness.translate(["hallo"], api_key=None)
            assert harness.server.requests == []

    @pytest.mark.parametrize("fault", [Fault.ECHO, Fault.EMPTY])
    def test_a_strange_answer_does_not_cost_its_neighbours(
        self, harness: ServiceHarness, fault: Fault
    ) -> None:
        """It is handed on, to be judged; nothing at all is refused where it came alone."""
        texts = long_texts(harness.per_request + 2)
        first, rest = texts[: harness.per_request], texts[harness.per_request :]
        shouted = [text.upper() for text in first]
        harness.server.strike(fault, after=1)
        if fault is Fault.ECHO or harness.per_request > 1:
            strange = rest if fault is Fault.ECHO else ["", ""]
            assert harness.translate(texts) == shouted + strange
            return
        with pytest.raises(EngineError) as caught:
            harness.translate(texts)
        assert (caught.value.kind, caught.value.done) == ("bad_response", tuple(shouted))

    @pytest.mark.parametrize("fault", KINDS)
    def test_a_fault_is_named_in_time_and_keeps_what_arrived(
        self, harness: ServiceHarness, name: str, fault: Fault
    ) -> None:
        texts = long_texts(harness.per_request + 2)
        limit = harness.time_limit if fault in (Fault.SLOW, Fault.DRIP) else 60.0
        harness.server.strike(fault, after=1)
        started = time.monotonic()
        with pytest.raises(EngineError) as caught:
            harness.translate(texts, time_limit=limit)
        assert time.monotonic() - started < limit + 10
        error = caught.value
        assert error.kind in KINDS[fault], error
        assert error.done == tuple(text.upper() for text in texts[: harness.per_request])
        assert error.retryable == (error.kind in {"unavailable", "rate_limit"})
        assert str(error).startswith(name)
        assert "\n" not in str(error)
        told = "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))
        assert KEY not in told

    def test_swapped_answers_are_handed_on(self, harness: ServiceHarness) -> None:
        """No service says which text an answer belongs to, so no engine can see a swap."""
        texts = long_texts(harness.per_request * 2)
        harness.server.strike(Fault.SWAP, after=1)
        said = harness.translate(texts)
        assert len(said) == len(texts)
        assert set(said) <= {text.upper() for text in texts}
        assert said != [text.upper() for text in texts]

    @pytest.mark.parametrize(
        "fault", [Fault.ECHO, Fault.EMPTY, Fault.FEW, Fault.PAGE, Fault.SWAP, Fault.CUT]
    )
    def test_what_an_engine_hands_on_is_not_believed_either(
        self, harness: ServiceHarness, name: str, fault: Fault
    ) -> None:
        """What the engine cannot see, the verifier does: here by the number in each text."""
        segments = [Segment(t, "nl", "en") for t in long_texts(harness.per_request + 2)]
        harness.server.strike(fault, after=1)
        options = EngineOptions(api_key=KEY, url=harness.url, time_limit=60.0)
        kept: dict[str, str] = {}
        result = translate_texts(
            segments,
            NoMemory(),
            [NamedEngine(name, harness.engine, options)],
            detect=lambda text: "en" if text.isupper() else "nl",
            remember=lambda segment, text, _origin, _by: kept.update({segment.text: text}),
            sleep=lambda _seconds: None,
        )
        assert kept == {s.text: s.text.upper() for s in segments[: harness.per_request]}
        assert result.tally.waiting == 2
        for segment in segments[harness.per_request :]:
            assert result.outcomes[segment.key].origin is Origin.WAITING
            assert result.outcomes[segment.key].reason
