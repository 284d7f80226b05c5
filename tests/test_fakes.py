"""The fakes do what the tests believe they do."""

from __future__ import annotations

import pytest

from cxgreetz.errors import EngineError
from cxgreetz.model import Segment
from cxgreetz.ports import EngineOptions
from fakes.engine import FakeEngine

TEXTS = ["een <g1>klant</g1> &amp; meer", "twee<x1/>drie"]


def ask(engine: FakeEngine, texts: list[str] = TEXTS) -> list[str]:
    segments = [Segment(text, "nl", "en") for text in texts]
    return engine.translate(segments, "nl", "en", EngineOptions())


def test_it_writes_capitals_and_leaves_marks_and_entities() -> None:
    assert ask(FakeEngine()) == ["EEN <g1>KLANT</g1> &amp; MEER", "TWEE<x1/>DRIE"]


def test_it_knows_its_dictionary() -> None:
    engine = FakeEngine({TEXTS[1]: "two<x1/>three"})
    assert ask(engine) == ["EEN <g1>KLANT</g1> &amp; MEER", "two<x1/>three"]


def test_it_counts_calls_and_characters() -> None:
    engine = FakeEngine()
    ask(engine)
    ask(engine, TEXTS[1:])
    assert engine.calls == [TEXTS, TEXTS[1:]]
    assert engine.characters == len("".join(TEXTS)) + len(TEXTS[1])


def test_each_fault_is_used_once_then_the_lasting_one() -> None:
    engine = FakeEngine(faults=["short", "swap", "mangle", None], always="crash")
    assert ask(engine) == ["EEN <g1>KLANT</g1> &amp; MEER"]
    assert ask(engine) == ["TWEE<x1/>DRIE", "EEN <g1>KLANT</g1> &amp; MEER"]
    assert ask(engine) == ["EEN KLANT &amp; MEER", "TWEEDRIE"]
    assert ask(engine) == ["EEN <g1>KLANT</g1> &amp; MEER", "TWEE<x1/>DRIE"]
    for _ in range(2):
        with pytest.raises(RuntimeError):
            ask(engine)


def test_it_raises_the_error_it_is_given() -> None:
    error = EngineError("no more", kind="quota", done=("EEN",))
    with pytest.raises(EngineError) as caught:
        ask(FakeEngine(faults=[error]))
    assert caught.value is error


def test_it_refuses_segments_of_another_pair() -> None:
    with pytest.raises(AssertionError):
        FakeEngine().translate([Segment("hi", "en", "nl")], "nl", "en", EngineOptions())
