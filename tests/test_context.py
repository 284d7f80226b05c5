"""What engines are told of the text around, and how calls are filled."""

from __future__ import annotations

from collections.abc import Sequence

from cxgreetz.glossary import starter_idioms
from cxgreetz.model import Segment
from cxgreetz.translation.context import Surroundings
from cxgreetz.translation.memory import DictMemory
from cxgreetz.translation.service import NamedEngine, translate_texts
from fakes.engine import FakeEngine


def nl(text: str) -> Segment:
    return Segment(text, "nl", "en")


FIRST = [nl(f"Alinea {n} van de eerste column.") for n in "abcdef"]
SECOND = [nl("Een <g1>zin</g1> &amp; meer."), nl("Nog een zin.")]
SURROUNDINGS = Surroundings([FIRST, SECOND])


def contexts(engine: FakeEngine, segments: Sequence[Segment]) -> list[tuple[int, str | None]]:
    """Have `segments` translated; give the size and the context of each call."""
    translate_texts(
        segments,
        DictMemory(),
        [NamedEngine("deepl", engine)],
        detect=lambda _text: None,
        remember=lambda *_what: None,
        surroundings=SURROUNDINGS,
    )
    return [
        (len(call), options.context)
        for call, options in zip(engine.calls, engine.options, strict=True)
    ]


def test_a_call_has_its_own_paragraphs_two_before_and_one_after() -> None:
    assert contexts(FakeEngine(context=True), FIRST[3:5]) == [
        (2, "\n\n".join(segment.text for segment in FIRST[1:6]))
    ]


def test_what_goes_alone_is_no_context_of_its_own() -> None:
    (call,) = contexts(FakeEngine(context=True), [FIRST[2]])
    assert call == (1, "\n\n".join(FIRST[n].text for n in (0, 1, 3)))


def test_a_call_holds_one_piece_and_its_context_no_markup() -> None:
    calls = contexts(FakeEngine(context=True), [*FIRST, *SECOND])
    assert [size for size, _context in calls] == [6, 2]
    assert calls[1][1] == "Een zin & meer.\n\nNog een zin."
    assert "eerste column" not in calls[1][1]


def test_an_engine_that_reads_no_context_gets_full_calls_and_none() -> None:
    assert contexts(FakeEngine(), [*FIRST, *SECOND]) == [(8, None)]


def test_what_stands_nowhere_has_no_context() -> None:
    assert contexts(FakeEngine(context=True), [nl("Los."), nl("Ook los.")]) == [(2, None)]


def test_the_context_is_bounded() -> None:
    long = [nl(f"{n} " + "lange woorden " * 200) for n in range(30)]
    told = Surroundings([long]).around(long)
    assert told is not None
    assert 5900 < len(told) <= 6000
    assert told.startswith("0 lange woorden")


def test_idioms_come_with_their_meaning() -> None:
    text = nl("Daar kon ik geen <g1>chocola</g1> van maken.")
    told = Surroundings([[text, nl("Het regent.")]], starter_idioms()).around([text])
    assert told is not None
    assert told.startswith("Het regent.\n\n“")
    assert "be unable to understand something" in told
    back = Segment("I could not make sense of it.", "en", "nl")
    assert Surroundings([[back]], starter_idioms()).around([back]) is None
