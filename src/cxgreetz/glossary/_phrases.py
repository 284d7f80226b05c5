"""Find many fixed phrases in one text at once.

In: phrases with what they stand for; plain text. Out: where they stand. Never: markup, grammar.

A phrase is compared word by word. White space and hyphens are the same to it; `*` at its end
takes any ending ("klantreis*"). A phrase with a capital ("NPS") wants exactly those letters,
any other one is found in capitals too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

T = TypeVar("T")

_WORD = re.compile(r"\w+")
_STARRED = re.compile(r"\w+\*?")
_LOOSE = re.compile(r"\s*[-‐‑\s]\s*")
_APOSTROPHES = str.maketrans("’ʼ`´", "''''")


def plain_apostrophes(text: str) -> str:
    """The same text, as long as before, with every apostrophe written `'`."""
    return text.translate(_APOSTROPHES)


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    start: int
    end: int
    found: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class _Phrase(Generic[T]):
    words: tuple[str, ...]
    gaps: tuple[str, ...]
    exact: bool
    open_end: bool
    found: tuple[T, ...]


def _gap(text: str) -> str:
    return " " if _LOOSE.fullmatch(text) else text


class Phrases(Generic[T]):
    """An index of phrases by their first word."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        """Index `entries`; raises ValueError for a phrase without a letter or digit."""
        meanings: dict[str, list[T]] = {}
        for phrase, stands_for in entries:
            meanings.setdefault(plain_apostrophes(phrase), []).append(stands_for)
        self._by_word: dict[str, list[_Phrase[T]]] = {}
        self._by_prefix: dict[str, list[_Phrase[T]]] = {}
        for text, found in meanings.items():
            entry = _read(text, tuple(found))
            opens = self._by_prefix if entry.open_end and len(entry.words) == 1 else self._by_word
            opens.setdefault(entry.words[0].lower(), []).append(entry)
        self._prefixes = tuple(self._by_prefix)

    def find(self, text: str, *, overlapping: bool = False) -> list[Match[T]]:
        """Give the matches in order; the longest one wins, unless `overlapping` ones are asked."""
        plain = plain_apostrophes(text)
        words = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(plain)]
        matches: list[Match[T]] = []
        taken = 0
        for n, (word, start, _) in enumerate(words):
            if start < taken:
                continue
            here: dict[int, list[T]] = {}
            for phrase in self._candidates(word.lower()):
                if end := _end(phrase, plain, words, n):
                    here.setdefault(end, []).extend(phrase.found)
            if not here:
                continue
            for end in sorted(here) if overlapping else [max(here)]:
                matches.append(Match(start, end, tuple(dict.fromkeys(here[end]))))
            taken = taken if overlapping else max(here)
        return matches

    def _candidates(self, word: str) -> Iterable[_Phrase[T]]:
        yield from self._by_word.get(word, ())
        if word.startswith(self._prefixes):
            for prefix in self._prefixes:
                if word.startswith(prefix):
                    yield from self._by_prefix[prefix]


def _read(text: str, found: tuple[T, ...]) -> _Phrase[T]:
    spans = list(_STARRED.finditer(text))
    if not spans:
        raise ValueError(f"{text!r} holds no word")
    gaps = tuple(_gap(text[one.end() : other.start()]) for one, other in pairwise(spans))
    words = tuple(span.group().rstrip("*") for span in spans)
    exact = any(char.isupper() for char in text)
    return _Phrase(words, gaps, exact, spans[-1].group().endswith("*"), found)


def _end(
    phrase: _Phrase[T], text: str, words: list[tuple[str, int, int]], first: int
) -> int | None:
    """Where `phrase` ends when it stands at word `first`; None when it does not."""
    last = len(phrase.words) - 1
    if first + last >= len(words):
        return None
    for n, wanted in enumerate(phrase.words):
        word, start, end = words[first + n]
        if n and _gap(text[words[first + n - 1][2] : start]) != phrase.gaps[n - 1]:
            return None
        if not phrase.exact:
            word, wanted = word.lower(), wanted.lower()
        if not (word.startswith(wanted) if n == last and phrase.open_end else word == wanted):
            return None
    return end
