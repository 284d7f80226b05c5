"""The page's own words: the same in both languages, all of them there, none too many."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from cxgreetz import checks, review
from cxgreetz.model import Action, BlockKind, Origin
from cxgreetz.review import history, jobs, preview
from cxgreetz.review.explained import _TITLES, explain
from cxgreetz.review.words import choose_language, words_in
from cxgreetz.translation import checks as translation_checks

ROOM = Path(review.__file__).parent
TABLES = tomllib.loads((ROOM / "words.toml").read_text(encoding="utf-8"))
CHECKS = [check.__name__ for check in (*checks.CHECKS, *translation_checks.CHECKS)]
#: Keys that are put together: their beginnings, and what may follow.
MADE = {
    "language_": ("nl", "en"),
    "state_": ("draft", "approved", "pushed"),
    "origin_": tuple(Origin),
    "texts_kind_": ("title", *BlockKind),
    "work_": jobs.VERBS,
    "work_step_": ("source", "gather", "translate", "following"),
    "count_": ("seen", "new", "edited", "held", "skipped"),
    "choice_": ("show", *(name for name, _values in preview._GROUPS)),
    **{f"{name}_": values for name, values in preview._GROUPS},
    "severity_": ("error", "error_meaning", "warning", "warning_meaning"),
    "subject_": ("label", "hint", "save"),
    "letter_": ("label", "hint", "save"),
    "did_": (*history.KINDS.values(), *(one for one in Action if one != "stop")),
    "what_": tuple(history.KINDS.values()),
    "push_": (*Action, "wait", "failed"),
}


def asked() -> Iterator[str]:
    """Every key that code and templates ask for."""
    for file in [*ROOM.rglob("*.py"), *ROOM.rglob("*.html")]:
        text = file.read_text(encoding="utf-8")
        yield from re.findall(r"""(?:\bt|words_of\(request\)|self)\(\s*["'](\w+)["'](?! ~)""", text)
        # Chosen first: t("a" if ... else "b"), or a table of keys.
        yield from re.findall(r""""((?:receipt|reading|not)_\w+|\w+_saved)\"""", text)
    yield from (start + end for start, ends in MADE.items() for end in ends)


def forms(said: str | list[str]) -> list[str]:
    return [said] if isinstance(said, str) else said


def places(said: str | list[str]) -> set[str]:
    return {name for form in forms(said) for _, name, _, _ in Formatter().parse(form) if name}


def test_both_languages_have_the_same_keys() -> None:
    assert TABLES["nl"].keys() == TABLES["en"].keys()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_key_that_is_asked_for_is_there(language: str) -> None:
    assert set(asked()) - TABLES[language].keys() == set()


def test_no_key_is_left_over() -> None:
    assert TABLES["en"].keys() - set(asked()) == set()


@pytest.mark.parametrize("key", sorted(TABLES["en"]))
def test_both_languages_have_the_same_places(key: str) -> None:
    dutch, english = TABLES["nl"][key], TABLES["en"][key]
    assert places(dutch) == places(english)
    for said in (dutch, english):
        assert all(form.strip() for form in forms(said))
        if isinstance(said, list):
            assert len(said) == 2
            assert "n" in places(said)


def test_an_editor_reads_no_word_of_the_trade() -> None:
    told = str(list(TABLES["nl"].values()) + list(TABLES["en"].values())).lower()
    for word in ("preheader", "fingerprint", "alt text", "json", "csrf"):
        assert word not in told


def test_one_and_many() -> None:
    english, dutch = words_in("en"), words_in("nl")
    assert [english("columns", n=n) for n in (0, 1, 2)] == ["0 columns", "1 column", "2 columns"]
    assert dutch("errors", n=1) == "1 fout"


def test_days_and_languages_in_words() -> None:
    moment, zone = datetime(2026, 3, 1, 23, 30, tzinfo=UTC), ZoneInfo("Europe/Amsterdam")
    assert words_in("nl").moment(moment, zone) == "2 maart 2026, 00:30"
    assert words_in("en").moment(moment.isoformat(), zone) == "2 March 2026, 00:30"
    assert words_in("nl").moment(None, zone) == ""
    assert words_in("nl").month("2026-03") == "maart 2026"
    assert words_in("nl").email("nl+en") == "Nederlands en Engels"
    assert words_in("en").email("fr") == "fr"


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        (None, None, "en"),
        (None, "nl-NL,nl;q=0.9,en;q=0.8", "nl"),
        (None, "en;q=0.5, nl", "nl"),
        (None, "de,fr;q=0.9", "en"),
        (None, "fr, nl-BE;q=0.7, en;q=0.3", "nl"),
        (None, "nl;q=0, en", "en"),
        (None, "nl;q=zero,,;;q=1", "en"),
        ("nl", "en", "nl"),
        ("xx", "nl", "nl"),
    ],
)
def test_which_language(chosen: str | None, accepted: str | None, language: str) -> None:
    assert choose_language(chosen, accepted) == language


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_is_explained_in_both_languages(name: str) -> None:
    dutch, english = explain(name, "nl"), explain(name, "en")
    assert english.title and english.paragraphs
    assert dutch.title and dutch.remedy and all(dutch.paragraphs)
    assert set(dutch.paragraphs).isdisjoint(english.paragraphs)


def test_no_explanation_is_left_over() -> None:
    dutch = tomllib.loads((ROOM / "checks.nl.toml").read_text(encoding="utf-8"))
    assert set(dutch) == set(CHECKS)


def test_titles_are_of_checks_that_there_are() -> None:
    assert set(_TITLES) <= set(CHECKS)
    for name in CHECKS:
        assert "preheader" not in explain(name, "en").title.lower()


def test_an_unknown_check_has_its_name() -> None:
    assert explain("somebody_elses", "nl").title == "Somebody elses"
    assert explain("somebody_elses", "en").paragraphs == []
