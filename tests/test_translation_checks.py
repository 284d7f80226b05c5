"""Each check of a translation lets good ones pass and finds what is wrong in bad ones."""

from __future__ import annotations

import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from cxgreetz import language
from cxgreetz.glossary import starter_glossary, starter_idioms
from cxgreetz.model import Language, Origin, Severity
from cxgreetz.translation.checks import ANSWER, CHECKS, Check, Pair, Words, run

DATA = Path(__file__).parent / "data" / "translation_checks.toml"
EXAMPLES: dict[str, dict[str, list[list[str]]]] = tomllib.loads(DATA.read_text(encoding="utf-8"))
WORDS = Words(starter_glossary(), starter_idioms(), "je", "en-GB")


def detect(text: str) -> Language | None:
    verdict = language.detect(text)
    return verdict.language if verdict.confident else None


def pair(source: str | None, target: str | None = None, way: str = "nl>en", **changes: Any) -> Pair:
    one, other = way.split(">")
    made = Pair(source, target, cast(Language, one), cast(Language, other), detect, WORDS)
    return replace(made, **changes)


def found(check: str, *example: str) -> list[str]:
    return [f.message for f in run(pair(*example)) if f.check == check]


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_every_check_explains_itself_and_has_examples(check: Check) -> None:
    assert check.__doc__ and check.__doc__.strip().endswith(".")
    own = EXAMPLES[check.__name__]
    for kind in ("good", "bad"):
        assert len({tuple(example) for example in own[kind]}) >= 3, f"too few {kind} examples"


def test_every_example_belongs_to_a_check() -> None:
    assert set(EXAMPLES) == {check.__name__ for check in CHECKS}
    assert len(CHECKS) == len({check.__name__ for check in CHECKS})


@pytest.mark.parametrize(
    ("check", "example"), [(name, e) for name, own in EXAMPLES.items() for e in own["good"]]
)
def test_a_good_translation_passes(check: str, example: list[str]) -> None:
    assert found(check, *example) == []


@pytest.mark.parametrize(
    ("check", "example"), [(name, e) for name, own in EXAMPLES.items() for e in own["bad"]]
)
def test_a_bad_one_is_found(check: str, example: list[str]) -> None:
    findings = [f for f in run(pair(*example)) if f.check == check]
    assert findings
    for finding in findings:
        assert finding.message and finding.remedy and "\n" not in finding.message + finding.remedy
        assert finding.about and finding.id


def test_a_finding_is_the_same_one_until_a_text_changes() -> None:
    first = run(pair("De klantreis begint thuis.", "The path begins at home."))
    assert [f.id for f in first] == [
        f.id for f in run(pair("De klantreis begint thuis.", "The path begins at home."))
    ]
    for changed in (
        ("De klantreis begint thuis!", "The path begins at home."),
        ("De klantreis begint thuis.", "The path begins at home!"),
    ):
        assert not {f.id for f in run(pair(*changed))} & {f.id for f in first}


TWICE = ("Ik bel. Jij belt. Wij bellen er 12.", "I call.")


@pytest.mark.parametrize(
    ("origin", "errors"),
    [
        (Origin.ENGINE, {"numbers", "sentences"}),
        (Origin.MEMORY, {"numbers"}),
        (Origin.EDITOR, set()),
    ],
)
def test_what_a_person_wrote_is_doubted_less(origin: Origin, errors: set[str]) -> None:
    findings = run(pair(*TWICE, origin=origin))
    assert {f.check for f in findings if f.severity is Severity.ERROR} == errors
    assert {f.check for f in findings} >= {"numbers", "sentences"}


def test_a_lost_link_is_never_silent() -> None:
    """An engine lost it; a person may mean another address, and must be able to say so."""
    severities = {
        Origin.ENGINE: Severity.ERROR,
        Origin.MEMORY: Severity.ERROR,
        Origin.EDITOR: Severity.WARNING,
        Origin.AUTHOR: Severity.WARNING,
    }
    for origin, severity in severities.items():
        findings = run(pair("Zie www.example.org.", "See our site.", origin=origin))
        assert findings[0].check == "links" and findings[0].severity is severity


def test_of_the_authors_own_text_only_something_is_shown() -> None:
    text = "Our customer travel has a color, and the monkey came out of the sleeve."
    findings = run(pair(None, text))
    assert {f.check for f in findings} == {"forbidden_term", "literal_idiom", "house_style"}
    assert {f.severity for f in findings} == {Severity.INFO}
    assert all(f.where for f in findings)


def test_an_idiom_warns_before_it_is_translated_and_after_a_machine_did() -> None:
    dutch = "Toen kwam de aap uit de mouw."
    assert [f.severity for f in run(pair(dutch))] == [Severity.WARNING]

    def severities(english: str, origin: Origin) -> list[Severity]:
        return [f.severity for f in run(pair(dutch, english, origin=origin)) if f.check == "idiom"]

    assert severities("Then all was clear.", Origin.ENGINE) == [Severity.WARNING]
    assert severities("Then all was clear.", Origin.EDITOR) == [Severity.INFO]
    assert severities("Then the truth came out.", Origin.ENGINE) == []


def test_a_literal_idiom_is_an_error_where_its_source_has_it_and_else_a_warning() -> None:
    english = "Then the monkey came out of the sleeve."
    for dutch, severity in (
        ("Toen kwam de aap uit de mouw.", Severity.ERROR),
        ("Toen werd alles duidelijk.", Severity.WARNING),
    ):
        findings = [f for f in run(pair(dutch, english)) if f.check == "literal_idiom"]
        assert [f.severity for f in findings] == [severity]


def test_terms_never_refuse_an_answer() -> None:
    bad = pair("De klantreis begint thuis.", "The customer travel begins at home.")
    assert run(bad)[0].check == "forbidden_term"
    assert run(bad, ANSWER) == []


def test_left_over_words_within_quotation_marks_are_a_warning() -> None:
    dutch = "Hij zei: ‘Dat is niet van jou.’"
    findings = run(pair(dutch, "He said: ‘Dat is niet van jou.’ I laughed."))
    assert [f.severity for f in findings if f.check == "leftover"] == [Severity.WARNING]


#: What a run of this made some pattern try again from each of its places.
LONG = [
    "a",
    "A",
    "1.",
    "1-",
    ".",
    ". ",
    " ",
    "'",
    "”",
    "a-b-",
    "a.b.",
    "A. ",
    "a@b.",
    "Sure. ",
    "“Ja. ",
]


@pytest.mark.parametrize("run_of", LONG)
def test_a_long_paragraph_takes_time_with_its_length(run_of: str) -> None:
    """Four times the length takes about four times as long, and sixteen where places multiply."""

    def seconds(size: int) -> float:
        text = (run_of * size)[:size]
        began = time.process_time()
        for check in CHECKS:
            list(check(Pair(text, f"{text} x", "nl", "en", lambda _text: None, WORDS)))
        return time.process_time() - began

    seconds(1000)
    short, long = (min(seconds(size) for _ in range(2)) for size in (5000, 20_000))
    assert long < 9 * short + 0.6
