"""Whole sites to look at and to test with, made of the sample editions.

In: how many months, of how many columns. Out: a Home. Never: a store, a network, a real person.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import sample_editions as samples
from cxgreetz.model import (
    LANGUAGES,
    BlockKind,
    BlockView,
    EditionKey,
    EmailView,
    ItemView,
    Language,
    Letter,
    Origin,
    Source,
)
from cxgreetz.site import Home, Public

URL = "https://letters.example/cx/"


def a_home(months: int = 3, columns: int = 6, **changes: Any) -> Home:
    """A site of so many months up to November 2026, each in both languages."""
    letters = [
        a_public(language, 11 - back, columns)
        for back in reversed(range(months))
        for language in LANGUAGES
    ]
    values: dict[str, Any] = {
        "newsletter": "CX Greetz",
        "publisher": "Marijke",
        "languages": LANGUAGES,
        "url": URL,
        "since": datetime(2021, 3, 22, 9, 30, 0, 123456, tzinfo=UTC),
        "letters": letters,
        "postal_address": "CX Greetz, Lijnbaan 12, 8011 AB Zwolle",
        "sources": [Source("blog", "https://columns.example/feed/")],
    }
    return Home(**{**values, **changes})


def a_public(language: Language, month: int, columns: int) -> Public:
    """The letter of a month of 2026 (or, below 1, of a year before)."""
    year, month = 2026 + (month - 1) // 12, (month - 1) % 12 + 1
    key = EditionKey(f"{year}-{month:02}")
    view = samples.a_view(language, columns)
    items = tuple(replace(item, key=f"{item.key}-{key}") for item in view.items)
    view = replace(view, edition=key, month=date(year, month, 1), items=items)
    at = datetime(year, month, 22, 9, 30, tzinfo=UTC)
    return Public(Letter(view, whole(view), key, at), at, at)


def whole(view: EmailView) -> tuple[ItemView, ...]:
    """The translated columns of a letter with all their text, and everything a text can have."""
    material = {c["slug"]: c for c in samples._material()["columns"]}
    found = []
    for item in view.items:
        if item.origin is Origin.AUTHOR:
            continue
        column = material[item.key.removesuffix(f"-{view.edition}").rpartition("-")[0]]
        paragraphs = [BlockView(text, view.language) for text in column[view.language]]
        extra = [
            BlockView("Wat bleef", view.language, BlockKind.HEADING, 2),
            BlockView("Wie <em>wacht</em>, ziet meer.", view.language, BlockKind.QUOTE),
            BlockView("een stoel", view.language, BlockKind.ITEM),
            BlockView("een raam", view.language, BlockKind.ITEM),
            BlockView("Het perron om zes uur", "nl", BlockKind.PICTURE, image=item.image),
        ]
        found.append(replace(item, blocks=(*paragraphs, *extra), truncated=False))
    return tuple(found)
