"""Columns: all there, whole, in the reader's language, credited, and for the first time."""

from __future__ import annotations

from dataclasses import replace

from check_cases._base import Case, a_view, item
from cxgreetz.model import BlockView, Carried, EmailView, Origin
from samples import TEXTS, an_item


def waiting(count: int) -> EmailView:
    blocks = tuple(BlockView(text, "nl", waiting=n < count) for n, text in enumerate(TEXTS["nl"]))
    return item(blocks=blocks, origin=Origin.WAITING if count else Origin.MEMORY)


def english(*keys: str) -> EmailView:
    return a_view(
        *(an_item(key=k, title=f"Coffee {k}", language="en") for k in keys), language="en"
    )


def dutch(*keys: str) -> EmailView:
    return a_view(*(an_item(key=k, title=f"Koffie {k}") for k in keys))


CASES = [
    Case("empty_edition"),
    Case("empty_edition", a_view(an_item(), an_item(key="b"))),
    Case("empty_edition", item(blocks=())),
    Case("empty_edition", replace(a_view(), items=()), finds=("error",)),
    Case("empty_edition", replace(a_view(), items=(), greeting=""), finds=("error",)),
    Case("empty_edition", replace(a_view(), items=(), language="en"), finds=("error",)),
    Case("source_alarm"),
    Case("source_alarm", a_view(an_item(), an_item(key="b"))),
    Case("source_alarm", known={"alarms": {}}),
    Case("source_alarm", finds=("error",), known={"alarms": {"blog": ("it answered 404", False)}}),
    Case("source_alarm", finds=("warning",), known={"alarms": {"blog": ("one is gone", True)}}),
    Case(
        "source_alarm",
        finds=("error", "warning"),
        known={"alarms": {"a": ("one is gone", True), "b": ("it is silent", False)}},
    ),
    Case("missing_translation"),
    Case("missing_translation", waiting(0)),
    Case("missing_translation", item(origin=Origin.ENGINE)),
    Case("missing_translation", waiting(2), finds=("error",)),
    Case("missing_translation", item(origin=Origin.WAITING), finds=("error",)),
    Case("missing_translation", item(waiting_below=2), finds=("warning",)),
    Case("wrong_language"),
    Case("wrong_language", item(blocks=(BlockView("What a day", "nl"),))),
    Case("wrong_language", item(blocks=(BlockView(TEXTS["en"][0], "en", waiting=True),))),
    Case("wrong_language", item(blocks=(BlockView(TEXTS["en"][0], "nl"),)), finds=("error",)),
    Case(
        "wrong_language",
        item(blocks=(BlockView(f"<em>{TEXTS['en'][0]}</em>", "nl"),)),
        finds=("error",),
    ),
    Case(
        "wrong_language",
        item(blocks=tuple(BlockView(words, "en") for words in TEXTS["nl"][:2])),
        finds=("error", "error"),
    ),
    # An author quotes in another language: a person says whether readers follow.
    Case(
        "wrong_language",
        item(blocks=(BlockView(TEXTS["nl"][0], "nl"), BlockView(TEXTS["en"][0], "en"))),
        finds=("warning",),
        says="the author wrote this in English: “",
    ),
    Case("missing_credit"),
    Case("missing_credit", a_view(an_item(author="Anna"))),
    Case("missing_credit", item(publication="Vakblad")),
    # A site of one person may name nobody, month after month.
    Case("missing_credit", item(author=None), finds=("info",), says="no column names its author"),
    Case(
        "missing_credit", a_view(an_item(author=""), an_item(key="b", author=None)), finds=("info",)
    ),
    Case("missing_credit", item(author=None, publication="Vakblad"), finds=("info",)),
    Case(
        "missing_credit",
        a_view(an_item(author=None), an_item(key="b")),
        finds=("warning",),
        says="“Koffie op perron 4” names no author",
    ),
    Case("carried_before"),
    Case("carried_before", known={"carried": {"thee": Carried("2026-10", "Thee")}}),
    # The edition itself, drafted before.
    Case("carried_before", known={"carried": {"koffie": Carried("2026-11", "Koffie op perron 4")}}),
    Case(
        "carried_before",
        finds=("error",),
        known={"carried": {"koffie": Carried("2026-10", "Koffie op perron 4")}},
        says="“Koffie op perron 4” was in edition 2026-10 already",
    ),
    Case(
        "carried_before",
        finds=("error",),
        known={"carried": {"koffie": Carried("2026-09", "Coffee on platform 4")}},
        says="2026-09 already as “Coffee on platform 4”",
    ),
    Case(
        "carried_before",
        finds=("error",),
        known={"carried": {"koffie": Carried("2026-10", "https://old.example/koffie")}},
        says="as “https://old.example/koffie”",
    ),
    # A series has one title for many columns: a person says whether this is another one.
    Case(
        "carried_before",
        finds=("warning",),
        known={"carried": {"koffie": Carried("2026-10", "https://blog.example/1", sure=False)}},
        says="a column called “Koffie op perron 4” was in edition 2026-10 already, "
        "as “https://blog.example/1”",
    ),
    Case("language_parity"),
    Case("language_parity", dutch("a", "b"), known={"sisters": [english("a", "b")]}),
    # The English email tells what it lacks itself.
    Case("language_parity", dutch("a", "b"), known={"sisters": [english("a")]}),
    Case(
        "language_parity",
        english("a"),
        finds=("error",),
        known={"sisters": [dutch("a", "b")]},
        says="“Koffie b” is in the Dutch email and not in the English one",
    ),
    Case(
        "language_parity",
        dutch("a"),
        finds=("error", "error"),
        known={"sisters": [english("b", "a", "c")]},
        says="“Coffee b” is in the English email and not in the Dutch one",
    ),
    Case(
        "language_parity",
        english("b", "a"),
        finds=("error",),
        known={"sisters": [dutch("a", "b")]},
        says="in another order than in the Dutch email",
    ),
]
