"""The glossary that DeepL keeps for us: made once, brought up to date, and done without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from cxgreetz.engines import deepl
from cxgreetz.errors import EngineError
from cxgreetz.model import Language, Segment
from cxgreetz.ports import EngineOptions, GlossaryPairs
from servers.deepl_api import DeepLApi
from servers.engine_server import Fault

KEY = "9c1d-een-derde-geheim:fx"
NL, EN = ("nl", "en"), ("en", "nl")
TERMS: dict[Any, Mapping[str, str]] = {
    NL: {"klantreis": "customer journey", "gemeente": "municipality"},
    EN: {"customer journey": "klantreis"},
}


@pytest.fixture
def api() -> Iterator[DeepLApi]:
    with DeepLApi(KEY) as server:
        yield server


@pytest.fixture
def notes() -> list[str]:
    return []


def ask(
    api: DeepLApi,
    notes: list[str],
    *texts: str,
    terms: Mapping[Any, Mapping[str, str]] = TERMS,
    fingerprint: str = "f1",
    newsletter: str = "CX  Greetz",
    pair: tuple[Language, Language] = ("nl", "en"),
    time_limit: float = 10.0,
) -> list[str]:
    wanted = GlossaryPairs(newsletter, fingerprint, terms)
    options = EngineOptions(
        api_key=KEY, url=api.url, time_limit=time_limit, glossary=wanted, note=notes.append
    )
    return deepl.translate([Segment(text, *pair) for text in texts], *pair, options)


def others(api: DeepLApi) -> list[str]:
    """The requests that change something."""
    return [step for step in api.steps if not step.startswith("GET") and "translate" not in step]


def test_it_is_made_once_and_serves_both_directions(api: DeepLApi, notes: list[str]) -> None:
    assert ask(api, notes, "de klantreis") == ["DE customer journey"]
    said = ask(api, notes, "a customer journey", pair=("en", "nl"))
    assert said == ["A klantreis"]
    assert list(api.glossaries) == ["glossary-1"]
    kept = api.glossaries["glossary-1"]
    assert kept == {"name": "cxgreetz: CX Greetz #f1", "entries": {p: TERMS[p] for p in TERMS}}
    assert others(api) == ["POST /v3/glossaries"]
    assert (notes, [body["glossary_id"] for body in api.bodies]) == ([], ["glossary-1"] * 2)


def test_one_call_finds_it_once_for_all_batches(api: DeepLApi, notes: list[str]) -> None:
    ask(api, notes, *["klantreis"] * 120)
    assert [body["glossary_id"] for body in api.bodies] == ["glossary-1"] * 3
    assert api.steps.count("GET /v3/glossaries") == 1


def test_other_terms_take_its_place_and_its_name_comes_last(
    api: DeepLApi, notes: list[str]
) -> None:
    ask(api, notes, "klantreis")
    said = ask(api, notes, "klantreis", terms={NL: {"klantreis": "journey"}}, fingerprint="f2")
    assert said == ["journey"]
    assert others(api)[1:] == [
        "PUT /v3/glossaries/glossary-1/dictionaries",
        "DELETE /v3/glossaries/glossary-1/dictionaries?source_lang=EN&target_lang=NL",
        "PATCH /v3/glossaries/glossary-1",
    ]
    entries = {NL: {"klantreis": "journey"}}
    assert api.glossaries == {"glossary-1": {"name": "cxgreetz: CX Greetz #f2", "entries": entries}}


def test_a_change_that_was_cut_off_is_made_again(api: DeepLApi, notes: list[str]) -> None:
    ask(api, notes, "klantreis")
    terms = {NL: {"klantreis": "journey"}, EN: {"journey": "klantreis"}}
    api.strike(Fault.DRIP, after=2)  # the list and the first direction still go well
    with pytest.raises(EngineError):
        ask(api, notes, "klantreis", terms=terms, fingerprint="f2", time_limit=1.0)
    assert api.glossaries["glossary-1"]["name"].endswith("#f1")
    api.strike(Fault.DRIP, times=0)
    assert ask(api, notes, "klantreis", terms=terms, fingerprint="f2") == ["journey"]
    kept = {"name": "cxgreetz: CX Greetz #f2", "entries": terms}
    assert api.glossaries == {"glossary-1": kept}


def test_a_direction_that_a_person_took_out_is_put_back(api: DeepLApi, notes: list[str]) -> None:
    ask(api, notes, "klantreis")
    del api.glossaries["glossary-1"]["entries"][NL]
    assert ask(api, notes, "klantreis") == ["customer journey"]
    assert len(api.glossaries) == 1


@pytest.mark.parametrize(
    "name", ["Marketing", "cxgreetz: Another letter #f1", "cxgreetz: CX Greetz Extra #f1"]
)
def test_somebody_elses_is_never_touched(api: DeepLApi, notes: list[str], name: str) -> None:
    theirs = {"name": name, "entries": {NL: {"klantreis": "hun vertaling"}}}
    api.glossaries["glossary-0"] = theirs
    assert ask(api, notes, "klantreis") == ["KLANTREIS"]
    assert api.glossaries == {"glossary-0": theirs}
    assert "glossary_id" not in api.bodies[0]
    assert len(notes) == 1
    assert notes[0].startswith("deepl translates without the glossary: the account holds no more")
    api.room_for_glossaries = 2
    assert ask(api, notes, "klantreis") == ["customer journey"]
    assert api.glossaries["glossary-0"] == theirs


@pytest.mark.parametrize(("status", "said"), [(403, "403"), (429, "429"), (500, "500")])
def test_without_it_the_texts_are_translated_and_a_person_is_told(
    api: DeepLApi, notes: list[str], status: int, said: str
) -> None:
    api.broken["/v3/glossaries"] = status
    assert ask(api, notes, "klantreis") == ["KLANTREIS"]
    assert len(notes) == 1
    assert notes[0].startswith("deepl translates without the glossary: ")
    assert said in notes[0]
    assert KEY not in notes[0]


def test_glossaries_that_hang_leave_time_for_the_texts(api: DeepLApi, notes: list[str]) -> None:
    api.strike(Fault.SLOW, times=1)
    assert ask(api, notes, "klantreis", time_limit=4.0) == ["KLANTREIS"]
    assert len(notes) == 1
    assert "did not answer" in notes[0]


def test_a_direction_without_terms_is_asked_without_it(api: DeepLApi, notes: list[str]) -> None:
    said = ask(api, notes, "hello", pair=("en", "nl"), terms={NL: TERMS[NL], EN: {}})
    assert (said, notes) == (["HELLO"], [])
    assert "glossary_id" not in api.bodies[0]


def test_no_terms_at_all_make_no_glossary(api: DeepLApi, notes: list[str]) -> None:
    ask(api, notes, "hallo", terms={NL: {}, EN: {}})
    assert (api.steps, notes) == (["POST /v2/translate"], [])


def test_nothing_to_translate_needs_no_glossary(api: DeepLApi, notes: list[str]) -> None:
    assert ask(api, notes, "***") == ["***"]
    assert api.steps == []


@pytest.mark.parametrize(
    "term", ["", "  ", "twee\nregels", "met\ttab", "x" * 1025, "é" * 513, "\x7f"]
)
@pytest.mark.parametrize("turned", [True, False])
def test_a_term_that_deepl_cannot_hold_is_left_out_and_named(
    api: DeepLApi, notes: list[str], term: str, turned: bool
) -> None:
    odd = {"iets": term} if turned else {term: "something"}
    assert ask(api, notes, "klantreis", terms={NL: {**odd, " klantreis ": " journey "}}) == [
        "journey"
    ]
    assert api.glossaries["glossary-1"]["entries"] == {NL: {"klantreis": "journey"}}
    assert len(notes) == 1
    assert "cannot hold" in notes[0]
    assert "\n" not in notes[0]


def test_the_terms_do_not_show_in_a_repr() -> None:
    assert "klantreis" not in repr(GlossaryPairs("n", "f", TERMS))
