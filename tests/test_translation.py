"""From a post to its translation: the memory, the engines, and putting it together."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cxgreetz.errors import EngineError
from cxgreetz.model import (
    Block,
    BlockKind,
    Image,
    Language,
    Origin,
    Piece,
    Post,
    Segment,
    TranslatedBlock,
)
from cxgreetz.ports import EngineOptions
from cxgreetz.translation.assembly import assemble, segments_of
from cxgreetz.translation.memory import DictMemory, Entry, Hit, best_hit, memory_key
from cxgreetz.translation.service import NamedEngine, Result, translate_texts
from fakes.engine import FakeEngine

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def nl(text: str) -> Segment:
    return Segment(text, "nl", "en")


def en(text: str) -> Segment:
    return Segment(text, "en", "nl")


def unsure(_text: str) -> Language | None:
    return None


class Desk:
    """Everything `translate_texts` works with, and what it did with it."""

    def __init__(self, *engines: FakeEngine, memory: DictMemory | None = None) -> None:
        names = ("deepl", "google", "libre")
        self.engines = [NamedEngine(n, e) for n, e in zip(names, engines, strict=False)]
        self.memory = memory or DictMemory(clock=lambda: NOON)
        self.remembered: list[tuple[str, str, Origin, str]] = []
        self.slept: list[float] = []
        self.progress: list[tuple[str, int, int]] = []
        #: Called after each thing remembered.
        self.after: Callable[[], None] = lambda: None

    def remember(self, segment: Segment, text: str, origin: Origin, by: str) -> None:
        self.memory.remember(segment, text, origin, by)
        self.remembered.append((segment.text, text, origin, by))
        self.after()

    def run(self, *segments: Segment) -> Result:
        return translate_texts(
            segments,
            self.memory,
            self.engines,
            detect=unsure,
            remember=self.remember,
            progress=lambda *step: self.progress.append(step),
            sleep=self.slept.append,
        )


def texts(result: Result) -> list[str]:
    return [outcome.text for outcome in result.outcomes.values()]


def reasons(result: Result) -> list[str]:
    return [outcome.reason for outcome in result.outcomes.values()]


# The memory


def test_one_text_has_one_key() -> None:
    key = memory_key('Zo\'n "klant" is één <g1>koning</g1>', "nl")
    for same in (
        "Zo’n “klant” is één <g1>koning</g1>",
        'Zo\'n  "klant"\xa0is één\n<g1>koning</g1> ',
        unicodedata.normalize("NFD", 'Zo\'n "klant" is één <g1>koning</g1>'),
        'Zo\'n "klant" is één <g7>koning</g7>',
        'Zo\'n "kl\u00adant" is één <g1>koning</g1>',
    ):
        assert memory_key(same, "nl") == key
    for other in (
        'Zo\'n "klant" is een <g1>koning</g1>',
        'Zo\'n "klant" is één koning',
        'zo\'n "klant" is één <g1>koning</g1>',
    ):
        assert memory_key(other, "nl") != key
    assert memory_key('Zo\'n "klant" is één <g1>koning</g1>', "en") != key


def entry(source: str, target: str, origin: Origin = Origin.MEMORY, days: int = 0) -> Entry:
    return Entry("nl", "en", source, target, origin, f"{origin}-{days}", NOON + timedelta(days))


def test_an_entry_serves_both_ways() -> None:
    memory = DictMemory([entry("Een klant", "A customer")])
    found = memory.lookup([nl("Een klant"), en("A customer"), nl("A customer"), en("Een klant")])
    assert {key: hit.text for key, hit in found.items()} == {
        nl("Een klant").key: "A customer",
        en("A customer").key: "Een klant",
    }


def test_placeholders_are_numbered_as_the_segment_asks() -> None:
    """From the other side the markup has another order, so each mark another number."""
    memory = DictMemory(
        [entry("<g1>een</g1> <g2>twee</g2><x3/>", "<x3/><g2>two</g2> <g1>one</g1>")]
    )
    asked = en("<x1/><g2>two</g2> <g3>one</g3>")
    assert memory.lookup([asked])[asked.key].text == "<g3>een</g3> <g2>twee</g2><x1/>"


def test_whose_words_win() -> None:
    segment = nl("Hoi")
    by_rank = [
        entry("Hoi", "Hi editor", Origin.EDITOR),
        entry("Hoi", "Hi author", Origin.AUTHOR, 1),
        entry("Hoi", "Hi memory", Origin.MEMORY, 2),
        entry("Hoi", "Hi engine", Origin.ENGINE, 3),
    ]
    while by_rank:
        hit = best_hit(segment, reversed(by_rank))
        assert hit is not None
        assert hit.text == by_rank.pop(0).target_text
    newest = entry("Hoi", "Hi again", Origin.ENGINE, 9)
    hit = best_hit(segment, [entry("Hoi", "Hi", Origin.ENGINE, 8), newest])
    assert hit == Hit("Hi again", Origin.ENGINE, "engine-9", newest.changed)
    assert best_hit(segment, [entry("Hoi", "Hoi", Origin.WAITING), entry("Hallo", "Hello")]) is None


def test_nearly_the_same_is_not_the_same() -> None:
    memory = DictMemory([entry("Ik ben tevreden", "I am satisfied")])
    assert memory.lookup([nl("Ik ben ontevreden")]) == {}


# The engines


def test_memory_first_then_engines_each_text_once() -> None:
    engine = FakeEngine()
    desk = Desk(engine, memory=DictMemory([entry("Bekend", "Known", Origin.EDITOR)]))
    result = desk.run(nl("Bekend"), nl("Nieuw"), nl("2020"), nl("Nieuw"), nl("Ook <g1>nieuw</g1>"))
    assert engine.calls == [["Nieuw", "Ook <g1>nieuw</g1>"]]
    assert [(o.text, o.origin, o.by) for o in result.outcomes.values()] == [
        ("Known", Origin.EDITOR, "editor-0"),
        ("NIEUW", Origin.ENGINE, "deepl"),
        ("2020", Origin.AUTHOR, None),
        ("OOK <g1>NIEUW</g1>", Origin.ENGINE, "deepl"),
    ]
    tally = result.tally
    assert (tally.segments, tally.from_author, tally.from_memory) == (4, 1, 1)
    assert (tally.from_engine, tally.waiting, tally.by_engine) == (2, 0, {"deepl": 2})
    assert tally.characters_sent == engine.characters
    assert result.failures == {}
    assert desk.progress[-1] == ("translate", 4, 4)


def test_a_second_run_asks_nothing() -> None:
    engine = FakeEngine()
    desk = Desk(engine)
    desk.run(nl("Een"), nl("Twee"))
    result = desk.run(nl("Een"), nl("Twee"))
    assert len(engine.calls) == 1
    assert [o.origin for o in result.outcomes.values()] == [Origin.ENGINE] * 2
    assert (result.tally.from_memory, result.tally.characters_sent) == (2, 0)


@pytest.mark.parametrize("text", ["***", "2020", "🎉", "https://example.org/pad", "<x1/>", "– 7%"])
def test_text_without_a_letter_is_never_sent(text: str) -> None:
    engine = FakeEngine()
    result = Desk(engine).run(nl(text))
    assert engine.calls == []
    (outcome,) = result.outcomes.values()
    assert (outcome.text, outcome.origin) == (text, Origin.AUTHOR)


def test_batches_keep_the_limits_and_the_languages() -> None:
    engine = FakeEngine(max_texts=2, max_bytes=10)
    Desk(engine).run(nl("aa"), nl("bb"), nl("cc"), en("dd"), nl("ééé"), nl("eeeee"), nl("f" * 10))
    assert engine.calls == [["aa", "bb"], ["cc", "ééé"], ["eeeee"], ["f" * 10], ["dd"]]


def test_a_text_too_long_for_one_engine_goes_to_the_next() -> None:
    small, large = FakeEngine(max_bytes=5), FakeEngine()
    result = Desk(small, large).run(nl("kort"), nl("ééé"))
    assert (small.calls, large.calls) == ([["kort"]], [["ééé"]])
    assert texts(result) == ["KORT", "ÉÉÉ"]
    result = Desk(small).run(nl("ééé"))
    assert reasons(result) == ["6 bytes is more than deepl takes (5)"]


def test_each_engine_is_told_its_own_options() -> None:
    engine, options = FakeEngine(), EngineOptions(address="u", api_key="k")
    desk = Desk()
    desk.engines = [NamedEngine("deepl", engine, options)]
    desk.run(nl("Hoi"))
    assert engine.options == [options]


def test_a_refused_answer_goes_to_the_next_engine() -> None:
    wrong, right = FakeEngine({"In 2020": "In 2021"}), FakeEngine({"In 2020": "During 2020"})
    desk = Desk(wrong, right)
    result = desk.run(nl("In 2020"), nl("Goed"))
    assert texts(result) == ["During 2020", "GOED"]
    assert [(o.by, o.reason, o.findings) for o in result.outcomes.values()] == [
        ("google", "", ()),
        ("deepl", "", ()),
    ]
    assert [(text, by) for _source, text, _origin, by in desk.remembered] == [
        ("GOED", "deepl"),
        ("During 2020", "google"),
    ]
    assert result.tally.by_engine == {"deepl": 1, "google": 1}


def test_what_nobody_translates_waits_and_says_why() -> None:
    wrong = {"In 2020": "In 2021"}
    desk = Desk(FakeEngine(wrong), FakeEngine(wrong))
    result = desk.run(nl("In 2020"))
    (outcome,) = result.outcomes.values()
    assert (outcome.text, outcome.origin) == ("In 2020", Origin.WAITING)
    assert outcome.reason == (
        "numbers: 2020 is missing in the answer of deepl; "
        "numbers: 2020 is missing in the answer of google"
    )
    assert [finding.check for finding in outcome.findings] == ["numbers", "numbers"]
    assert desk.remembered == []
    assert result.tally.waiting == 1


def test_a_warning_does_not_refuse() -> None:
    source = "Wie een klant verliest, verliest meer dan een bestelling."
    result = Desk(FakeEngine({source: "Losing a customer costs a lot."})).run(nl(source))
    (outcome,) = result.outcomes.values()
    assert outcome.origin is Origin.ENGINE
    assert [finding.check for finding in outcome.findings] == ["length"]


def test_answers_in_the_wrong_order_are_seen() -> None:
    result = Desk(FakeEngine(always="swap")).run(nl("Acht van de 10 gasten"), nl("In 2020"))
    assert [o.origin for o in result.outcomes.values()] == [Origin.WAITING] * 2


def test_without_engines_the_editor_translates() -> None:
    assert reasons(Desk().run(nl("Hoi"))) == ["left to the editor"]


def test_the_engine_that_leaves_it_to_the_editor_has_not_failed() -> None:
    engine = FakeEngine(always=EngineError("by hand", kind="left_to_editor"), max_texts=1)
    result = Desk(engine).run(nl("Hoi"), nl("Dag"))
    assert reasons(result) == ["left to the editor"] * 2
    assert (result.failures, result.tally.characters_sent) == ({}, 0)
    assert len(engine.calls) == 1


# Markup


def test_lost_markup_is_asked_for_once_more() -> None:
    engine = FakeEngine(faults=["mangle"])
    result = Desk(engine).run(nl("een <g1>klant</g1>"), nl("zonder"))
    assert engine.calls == [["een <g1>klant</g1>", "zonder"], ["een <g1>klant</g1>"]]
    assert texts(result) == ["EEN <g1>KLANT</g1>", "ZONDER"]
    assert result.tally.characters_sent == engine.characters


def test_markup_lost_again_is_put_back_by_its_words() -> None:
    """Asked twice with it, then once without it; with the words that it stood around."""
    engine = FakeEngine(always="mangle")
    desk = Desk(engine)
    result = desk.run(nl("een <g1>klant</g1> van <g2>Acme</g2> in <g3>1.000</g3> rijen"))
    assert engine.calls[1:] == [
        engine.calls[0],
        ["een klant van Acme in 1.000 rijen", "klant", "Acme"],
    ]
    said = {"een klant van Acme in 1.000 rijen": "a client of Acme in 1,000 rows"}
    said |= {"klant": "Client.", "Acme": "Summit"}
    engine = FakeEngine(said, always="mangle")
    result = Desk(engine).run(nl("een <g1>klant</g1> van <g2>Acme</g2> in <g3>1.000</g3> rijen"))
    assert texts(result) == ["a <g1>client</g1> of <g2>Acme</g2> in <g3>1,000</g3> rows"]
    assert result.tally.characters_sent == engine.characters


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # Nowhere, twice, or twice in the source.
        ("een <g1>klant</g1>", {"een klant": "a guest", "klant": "client"}),
        ("een <g1>klant</g1> en", {"een klant en": "a client, client", "klant": "client"}),
        ("een <g1>klant</g1> of klant", {"een klant of klant": "a client", "klant": "client"}),
        # Two links on the same words.
        ("<g1>hier</g1> en <g2>hierzo</g2>", {"hier en hierzo": "here", "hier": "here",
         "hierzo": "here"}),
        # What has no words has no place.
        ("een<x1/>klant", {}),
    ],
)  # fmt: skip
def test_markup_that_cannot_be_put_back_waits(text: str, said: dict[str, str]) -> None:
    desk = Desk(FakeEngine(said, always="mangle"))
    (outcome,) = desk.run(nl(text)).outcomes.values()
    assert (outcome.text, outcome.origin) == (text, Origin.WAITING)
    assert outcome.findings[-1].check == "markup_lost"
    assert outcome.findings[-1].severity == "error"
    assert outcome.reason.endswith("could not be put back by deepl")
    assert desk.remembered == []


@pytest.mark.parametrize(
    ("text", "said", "translation"),
    [
        ("Door <g1>u</g1> te bellen", {"Door u te bellen": "Call you", "u": "You"},
         "Call <g1>you</g1>"),
        ("<g1>Slim</g1> werken", {"Slim werken": "Work smart, stay slim", "Slim": "Smart"},
         "Work <g1>smart</g1>, stay slim"),
        ("de <g1>Brand</g1> was fel", {"de Brand was fel": "the fire of our brand",
         "Brand": "Fire"}, "the <g1>fire</g1> of our brand"),
        # A name stays, whatever becomes of it alone; so does an abbreviation.
        ("<g1>NPS</g1> telt", {"NPS telt": "NPS counts", "NPS": "Score"}, "<g1>NPS</g1> counts"),
        ("bij <g1>Roos Tak</g1>", {"bij Roos Tak": "Roos Tak knows", "Roos Tak": "Rose Branch"},
         "<g1>Roos Tak</g1> knows"),
    ],
)  # fmt: skip
def test_markup_goes_around_the_translation_of_its_words(
    text: str, said: dict[str, str], translation: str
) -> None:
    assert texts(Desk(FakeEngine(said, always="mangle")).run(nl(text))) == [translation]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<g1>Door</g1> te bellen", {"Door te bellen": "Calling opened every door",
         "Door": "By"}),
        ("Ja. <g1>Was</g1> het maar", {"Ja. Was het maar": "Yes. If it was", "Was": "Laundry"}),
        ("<g1>Was</g1> het maar", {"Was het maar": "If only Was would", "Was": "Laundry"}),
        # A name perhaps, but here it opens a sentence of other words.
        ("de <g1>Brand</g1> was fel", {"de Brand was fel": "Brand new flames", "Brand": "Fire"}),
    ],
)  # fmt: skip
def test_a_word_that_opens_a_sentence_is_no_name(text: str, said: dict[str, str]) -> None:
    (outcome,) = Desk(FakeEngine(said, always="mangle")).run(nl(text)).outcomes.values()
    assert (outcome.text, outcome.origin) == (text, Origin.WAITING)


def test_what_stands_at_the_ends_and_what_stands_in_another_is_put_back() -> None:
    text = "<x1/><g2>de <g3>klant</g3></g2> is <g4>Koning &amp; Zn</g4><x5/>"
    said = {
        "de klant is Koning &amp; Zn": "the client is Koning & Zn",
        "de klant": "The client",
        "klant": "client",
    }
    result = Desk(FakeEngine(said, always="mangle")).run(nl(text))
    assert texts(result) == ["<x1/><g2>the <g3>client</g3></g2> is <g4>Koning &amp; Zn</g4><x5/>"]


def test_words_with_markup_put_back_are_verified() -> None:
    said = {"In 2020 een klant": "In 2021 a client", "klant": "client"}
    (outcome,) = (
        Desk(FakeEngine(said, always="mangle")).run(nl("In 2020 een <g1>klant</g1>"))
    ).outcomes.values()
    assert outcome.origin is Origin.WAITING
    assert outcome.findings[-1].check == "numbers"


def test_answers_are_mended_before_they_are_judged() -> None:
    engine = FakeEngine({"een <g1>klant</g1> &amp; <x2/>": "a <G1> client</g1> &#38; <x2></x2>"})
    assert texts(Desk(engine).run(nl("een <g1>klant</g1> &amp; <x2/>"))) == [
        "a <g1>client</g1> &amp; <x2/>"
    ]


def test_a_memory_entry_with_other_markup_is_not_used() -> None:
    memory = DictMemory([entry("een <g1>klant</g1>", "a client", Origin.EDITOR)])
    result = Desk(FakeEngine(), memory=memory).run(nl("een <g1>klant</g1>"))
    assert texts(result) == ["EEN <g1>KLANT</g1>"]
    memory = DictMemory([entry("een <g1>klant</g1>", "a client", Origin.EDITOR)])
    assert reasons(Desk(memory=memory).run(nl("een <g1>klant</g1>"))) == [
        "placeholders: <g1> is missing in the memory"
    ]


def test_an_editors_words_are_believed_with_what_speaks_against_them() -> None:
    memory = DictMemory([entry("In 2020", "Last year", Origin.EDITOR)])
    (outcome,) = Desk(FakeEngine(), memory=memory).run(nl("In 2020")).outcomes.values()
    assert (outcome.text, outcome.by) == ("Last year", "editor-0")
    assert [finding.check for finding in outcome.findings] == ["numbers"]


# Failures

FIVE = [nl(text) for text in ("een", "twee", "drie", "vier", "vijf")]


def failure(kind: str, done: Sequence[str] = (), **more: object) -> EngineError:
    return EngineError(f"deepl says {kind}", kind=kind, done=tuple(done), **more)  # type: ignore[arg-type]


def test_what_was_done_before_a_failure_is_kept() -> None:
    engine = FakeEngine(faults=[failure("quota", ["ONE", "TWO"])])
    desk = Desk(engine, FakeEngine())
    result = desk.run(*FIVE)
    assert texts(result) == ["ONE", "TWO", "DRIE", "VIER", "VIJF"]
    assert [by for *_rest, by in desk.remembered] == ["deepl"] * 2 + ["google"] * 3
    assert result.tally.characters_sent == len("eentweedrieviervijf")
    assert result.failures == {"deepl": "says quota"}


def test_what_was_done_is_verified_too() -> None:
    engine = FakeEngine(always=failure("quota", ["In 1999"]))
    result = Desk(engine).run(nl("In 2020"), nl("Dag"))
    assert reasons(result) == [
        "numbers: 2020 is missing in the answer of deepl",
        "deepl: says quota",
    ]


@pytest.mark.parametrize("kind", ["auth", "quota", "left_to_editor", "unsupported"])
def test_some_failures_end_the_engine_for_this_run(kind: str) -> None:
    engine = FakeEngine(always=failure(kind), max_texts=1)
    result = Desk(engine).run(*FIVE)
    assert len(engine.calls) == 1
    assert len(set(reasons(result))) == 1


def test_a_pair_of_languages_it_has_not_leaves_it_the_other() -> None:
    engine = FakeEngine(faults=[failure("unsupported")], max_texts=1)
    result = Desk(engine).run(nl("een"), nl("twee"), en("three"), en("four"))
    assert engine.calls == [["een"], ["three"], ["four"]]
    assert texts(result) == ["een", "twee", "THREE", "FOUR"]


def test_what_may_pass_is_asked_again_twice() -> None:
    passing = [failure("rate_limit", retryable=True, retry_after=7.0)]
    passing.append(failure("unavailable", retryable=True))
    engine = FakeEngine(faults=passing)
    desk = Desk(engine)
    assert texts(desk.run(nl("Hoi"))) == ["HOI"]
    assert desk.slept == [7.0, 2.0]
    assert len(engine.calls) == 3


def test_what_does_not_pass_ends_the_engine() -> None:
    engine = FakeEngine(always=failure("unavailable", retryable=True), max_texts=1)
    desk = Desk(engine)
    result = desk.run(*FIVE)
    assert len(engine.calls) == 3
    assert desk.slept == [1.0, 2.0]
    assert reasons(result) == ["deepl: says unavailable"] * 5


def test_an_engine_that_wants_too_much_patience_is_left() -> None:
    engine = FakeEngine(always=failure("rate_limit", retryable=True, retry_after=3600.0))
    desk = Desk(engine)
    desk.run(nl("Hoi"))
    assert (len(engine.calls), desk.slept) == (1, [])


def test_only_the_rest_is_asked_again() -> None:
    part = failure("unavailable", ["ONE"], retryable=True)
    engine = FakeEngine(faults=[part, part, part, part])
    desk = Desk(engine)
    assert texts(desk.run(*FIVE)) == ["ONE", "ONE", "ONE", "ONE", "VIJF"]
    assert [len(call) for call in engine.calls] == [5, 4, 3, 2, 1]


def test_one_text_it_cannot_do_costs_one_text() -> None:
    engine = FakeEngine(faults=[failure("bad_response", ["ONE"]), None])
    result = Desk(engine).run(*FIVE)
    assert [len(call) for call in engine.calls] == [5, 3]
    assert texts(result) == ["ONE", "twee", "DRIE", "VIER", "VIJF"]
    assert reasons(result)[1] == "deepl: says bad_response"


def test_three_in_a_row_is_the_engine() -> None:
    engine = FakeEngine(always=failure("bad_request"))
    result = Desk(engine).run(*FIVE)
    assert [len(call) for call in engine.calls] == [5, 4, 3]
    assert reasons(result) == ["deepl: says bad_request"] * 5
    bad = failure("bad_request")
    engine = FakeEngine(faults=[bad, bad, None, bad, None], max_texts=1)
    assert texts(Desk(engine).run(*FIVE)) == ["een", "twee", "DRIE", "vier", "VIJF"]


def test_each_text_is_asked_again_for_itself() -> None:
    engine = FakeEngine(always=failure("bad_response", retryable=True))
    desk = Desk(engine)
    desk.run(nl("een"), nl("twee"))
    assert [len(call) for call in engine.calls] == [2, 2, 2, 1, 1, 1]
    assert desk.slept == [1.0, 2.0, 1.0, 2.0]


def test_too_few_answers_are_all_refused() -> None:
    engine = FakeEngine(always="short")
    result = Desk(engine).run(*FIVE)
    assert len(engine.calls) == 1
    assert reasons(result) == ["deepl: did not give 5 translations for 5 texts"] * 5
    # They were answered, so they were paid.
    assert result.tally.characters_sent == engine.characters


def test_an_engine_that_breaks_its_word_stops_nobody_and_tells_nothing() -> None:
    result = Desk(FakeEngine(always="crash"), FakeEngine()).run(nl("Hoi"))
    assert texts(result) == ["HOI"]
    assert result.failures == {"deepl": "broke (RuntimeError)"}


def test_a_killed_run_pays_nothing_twice() -> None:
    engine = FakeEngine(max_texts=2)
    desk = Desk(engine)

    def kill() -> None:
        if len(desk.remembered) == 2:
            raise KeyboardInterrupt

    desk.after = kill
    with pytest.raises(KeyboardInterrupt):
        desk.run(*FIVE)
    assert len(engine.calls) == 1
    desk.after = lambda: None
    result = desk.run(*FIVE)
    assert engine.calls == [["een", "twee"], ["drie", "vier"], ["vijf"]]
    assert (result.tally.from_memory, result.tally.from_engine) == (2, 3)


# A post, taken apart and put together

PARAGRAPH, PICTURE = BlockKind.PARAGRAPH, BlockKind.PICTURE
IMAGE = Image("https://example.org/a.png", "Een loket & een rij", 600, 400)
POST = Post(
    url="https://example.org/rij",
    title="De rij & de klant",
    language="nl",
    blocks=(
        Block(PARAGRAPH, '<strong>Wie <a href="/w">wacht</a></strong>, belt<br/>niet.'),
        Block(PARAGRAPH, "The customer waits.", "en"),
        Block(PARAGRAPH, "***"),
        Block(PICTURE, "Een <em>lange</em> rij", image=IMAGE),
        Block(PICTURE, image=Image("https://example.org/b.png", "")),
        Block(BlockKind.HEADING, "Slot", "nl", 2),
    ),
    source="blog",
)
PIECE = Piece("rij", (POST,))


def known(*names: str) -> Callable[[Segment], Hit | None]:
    """A lookup that knows these texts in capitals, by an engine."""

    def lookup(segment: Segment) -> Hit | None:
        if names and segment.text not in names:
            return None
        (text,) = texts(Desk(FakeEngine()).run(segment))
        return Hit(text, Origin.ENGINE, "deepl", NOON)

    return lookup


def test_the_parts_of_a_post() -> None:
    assert [(part.slot, part.segment.text) for part in segments_of(POST, "en")] == [
        ("title", "De rij &amp; de klant"),
        ("blocks[0]", "<g1>Wie <g2>wacht</g2></g1>, belt<x3/>niet."),
        ("blocks[2]", "***"),
        ("blocks[3]", "Een <g1>lange</g1> rij"),
        ("blocks[3].alt", "Een loket &amp; een rij"),
        ("blocks[5]", "Slot"),
    ]
    assert {(p.segment.source, p.segment.target) for p in segments_of(POST, "en")} == {("nl", "en")}
    # The other way only the English paragraph is foreign.
    assert [(p.slot, p.segment) for p in segments_of(POST, "nl")] == [
        ("blocks[1]", en("The customer waits."))
    ]


def test_a_post_in_an_unknown_language_is_taken_for_the_other_one() -> None:
    part = segments_of(replace(POST, language=None), "nl")[0]
    assert (part.segment.source, part.segment.target) == ("en", "nl")


def test_a_translated_piece() -> None:
    made = assemble(PIECE, POST, "en", known())
    assert (made.piece, made.language, made.source_language) == ("rij", "en", "nl")
    assert made.source_fingerprint == POST.fingerprint
    assert (made.title, made.title_origin) == ("DE RIJ & DE KLANT", Origin.ENGINE)
    assert [(b.block.html, b.block.language, b.origin) for b in made.blocks] == [
        ('<strong>WIE <a href="/w">WACHT</a></strong>, BELT<br/>NIET.', "en", Origin.ENGINE),
        ("The customer waits.", "en", Origin.AUTHOR),
        ("***", "en", Origin.ENGINE),
        ("EEN <em>LANGE</em> RIJ", "en", Origin.ENGINE),
        ("", "en", Origin.AUTHOR),
        ("SLOT", "en", Origin.ENGINE),
    ]
    assert made.blocks[3].block.image == replace(IMAGE, alt="EEN LOKET & EEN RIJ")
    assert [b.source for b in made.blocks] == list(POST.blocks)
    assert (made.blocks[5].block.kind, made.blocks[5].block.level) == (BlockKind.HEADING, 2)
    assert made.origin is Origin.ENGINE


def test_what_is_missing_waits_and_shows_the_original() -> None:
    made = assemble(PIECE, POST, "en", known("De rij &amp; de klant", "Een loket &amp; een rij"))
    assert [b.origin for b in made.blocks] == [
        Origin.WAITING,
        Origin.AUTHOR,
        Origin.AUTHOR,
        Origin.WAITING,
        Origin.AUTHOR,
        Origin.WAITING,
    ]
    waiting = made.blocks[0]
    assert (waiting.block.html, waiting.block.language) == (POST.blocks[0].html, "nl")
    # Its alt is translated, its caption is not: the block as a whole waits.
    picture = made.blocks[3].block
    assert picture.html == "Een <em>lange</em> rij"
    assert picture.image == replace(IMAGE, alt="EEN LOKET & EEN RIJ")
    assert made.origin is Origin.WAITING


def test_a_picture_claims_the_least_certain_of_its_words() -> None:
    def lookup(segment: Segment) -> Hit | None:
        said = {"Een <g1>lange</g1> rij": Hit("A <g1>long</g1> line", Origin.EDITOR, "a", NOON)}
        return said.get(segment.text, Hit("A desk", Origin.ENGINE, "deepl", NOON))

    assert assemble(PIECE, POST, "en", lookup).blocks[3].origin is Origin.ENGINE


def test_a_post_in_the_language_asked_is_the_authors() -> None:
    made = assemble(PIECE, POST, "nl", known())
    assert (made.title, made.title_origin) == (POST.title, Origin.AUTHOR)
    assert made.blocks[0] == TranslatedBlock(POST.blocks[0], Origin.AUTHOR, POST.blocks[0])
    assert made.blocks[1].block.html == "THE CUSTOMER WAITS."
    assert made.blocks[1].block.language == "nl"


@pytest.mark.parametrize(
    "text", ["WHO waits", "<g1>Who <g2>waits</g2></g1>, calls<x3/> <g4>x</g4>"]
)
def test_a_translation_whose_markup_does_not_fit_is_not_shown(text: str) -> None:
    made = assemble(PIECE, POST, "en", lambda _: Hit(text, Origin.EDITOR, "redactie", NOON))
    assert made.blocks[0].origin is Origin.WAITING
    assert made.blocks[0].block.html == POST.blocks[0].html


def test_from_gathered_to_translated() -> None:
    """The whole way: take apart, translate, keep, look up, put together."""
    desk = Desk(FakeEngine(faults=["mangle"]))
    segments = [part.segment for part in segments_of(POST, "en")]
    result = desk.run(*segments)
    assert result.tally.waiting == 0
    hits = desk.memory.lookup(segments)
    made = assemble(PIECE, POST, "en", lambda segment: hits.get(segment.key))
    assert made.origin is Origin.ENGINE
    assert made.blocks[2].origin is Origin.AUTHOR
    html = made.blocks[0].block.html
    assert html == '<strong>WIE <a href="/w">WACHT</a></strong>, BELT<br/>NIET.'


@pytest.mark.parametrize("sign", ["\ud83d", "\x00"])
def test_an_answer_that_is_no_text_goes_to_the_next_engine(sign: str) -> None:
    texts_asked = ["Een klant", "Een <g1>trouwe</g1> klant"]
    asked = [nl(text) for text in texts_asked]
    broken = dict.fromkeys(texts_asked, f"A client {sign}") | {"trouwe": f"loyal{sign}"}
    broken |= {"Een trouwe klant": f"A loyal{sign} client"}
    result = Desk(FakeEngine(broken)).run(*asked)
    assert [o.origin for o in result.outcomes.values()] == [Origin.WAITING] * 2
    assert [o.findings[0].check for o in result.outcomes.values()] == ["characters"] * 2
    desk = Desk(FakeEngine(broken), FakeEngine())
    assert texts(desk.run(*asked)) == ["EEN KLANT", "EEN <g1>TROUWE</g1> KLANT"]
    assert {by for *_, by in desk.remembered} == {"google"}
    # Markup lost first, and asked again without it.
    lost = broken | {texts_asked[1]: "A loyal client"}
    (outcome,) = Desk(FakeEngine(lost)).run(asked[1]).outcomes.values()
    assert outcome.origin is Origin.WAITING
    "".join(f"{f.message}{f.where}{f.excerpt}" for f in outcome.findings).encode()
