"""The page's own words in Dutch and in English; the one reader of `words.toml`.

In: a key, and what stands in its {places}. Out: the sentence in the visitor's language; dates,
months and languages in words. Never: a word of a column, a sentence in a template or a module.

`words.toml` has the same keys in `[nl]` and `[en]`. A value with two forms is for one and for
many, and is chosen by `n`: `t("columns", n=3)`. Code and templates of this room write
`t(KEY)`; a key that is missing in either language fails a test.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

LANGUAGES = ("nl", "en")
DEFAULT = "en"
_FILE = Path(__file__).parent / "words.toml"
#: "nl-BE;q=0.8": the language and how much it is wished for.
_WISH = re.compile(r"\s*([a-z]{2})(?:-[\w-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")


class Words:
    """Everything the page says of its own in one language."""

    def __init__(self, language: str) -> None:
        """Raises KeyError for a language that the page does not speak."""
        self.language = language
        self._words: Mapping[str, Any] = _tables()[language]

    def __call__(self, key: str, /, **places: object) -> str:
        """The sentence `key`, its {places} filled in; raises KeyError where either is missing."""
        said = self._words[key]
        if isinstance(said, list):
            said = said[places["n"] != 1]
        return str(said).format_map(places)

    def __contains__(self, key: str) -> bool:
        return key in self._words

    def email(self, name: str) -> str:
        """The languages of an email in words: "nl" is Dutch, "nl+en" Dutch and English."""
        parts = [self._words.get(f"language_{part}", part) for part in name.split("+")]
        return f" {self('and')} ".join(parts)

    def month(self, key: str) -> str:
        """ "2026-11" in words."""
        return format_date(date.fromisoformat(f"{key}-01"), "MMMM y", self.language)

    def moment(self, moment: datetime | str | None, zone: ZoneInfo) -> str:
        """A moment as people write it, in the newsletter's zone; None: ""."""
        if moment is None:
            return ""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        return format_datetime(moment.astimezone(zone), "d MMMM y, HH:mm", locale=self.language)


@cache
def words_in(language: str) -> Words:
    """The words in one of LANGUAGES."""
    return Words(language)


def choose_language(chosen: str | None, accepted: str | None) -> str:
    """The language of the page: `chosen` before, else what the browser likes best.

    `accepted` is an Accept-Language header (RFC 9110, 12.5.4); whoever asks for neither of
    ours gets English.
    """
    if chosen in LANGUAGES:
        return str(chosen)
    wishes = []
    for place, part in enumerate((accepted or "").split(",")):
        found = _WISH.fullmatch(part.lower())
        if found and found[1] in LANGUAGES and float(found[2] or 1) > 0:
            wishes.append((-float(found[2] or 1), place, found[1]))
    return min(wishes)[2] if wishes else DEFAULT


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
