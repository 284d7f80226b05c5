"""What the memory has that is nearly a text: shown to the editor, never used by itself.

In: entries. Out: for a segment, scored offers. Never: a decision; one "not" makes nearly the
same words mean the opposite.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from cxgreetz.model import Language, Segment
from cxgreetz.translation import coded
from cxgreetz.translation.memory import Entry

#: A likeness, and the texts of the entry, coded: in the segment's language, in the other one.
Offer = tuple[float, str, str]

#: Less alike is no help.
LEAST = 0.75
#: Two texts that are alike to `LEAST` share that many of the words of either: with M shared
#: of a and b words, 2M >= .75 (a + b) and b >= M.
_SHARED = LEAST / (2 - LEAST)
_MOST = 5
_WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


class Offers:
    """Entries arranged so that those like a text are found without comparing all of them."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        #: By language: each text in it with its translation, and which of them hold a word.
        self._texts: defaultdict[Language, list[tuple[str, str]]] = defaultdict(list)
        self._holding: defaultdict[Language, defaultdict[str, list[int]]]
        self._holding = defaultdict(lambda: defaultdict(list))
        for entry in entries:
            self._add(entry.source_language, entry.source_text, entry.target_text)
            self._add(entry.target_language, entry.target_text, entry.source_text)

    def _add(self, language: Language, text: str, translation: str) -> None:
        number = len(self._texts[language])
        self._texts[language].append((text, translation))
        for word in set(_words(text)):
            self._holding[language][word].append(number)

    def offer(self, segment: Segment) -> list[Offer]:
        """The texts most like `segment` with their translations, best first, newest of equals.

        The score is the share of words that both have in one order: 1.0 is the same.
        """
        words, holding = _words(segment.text), self._holding[segment.source]
        rarest = sorted(words, key=lambda word: len(holding.get(word, ())))
        # Whoever has enough of the words has one of these.
        needed = rarest[: int(len(words) * (1 - _SHARED)) + 1]
        near = {number for word in needed for number in holding.get(word, ())}
        found: dict[tuple[str, str], tuple[float, int]] = {}
        for number in near:
            pair = self._texts[segment.source][number]
            score = _likeness(words, _words(pair[0]))
            if score >= LEAST:
                found[pair] = max(found.get(pair, (0.0, 0)), (score, number))
        best = sorted(found.items(), key=lambda item: item[1], reverse=True)[:_MOST]
        return [(round(score, 2), *pair) for pair, (score, _number) in best]


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(coded.plain(text))]


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    if 2 * (Counter(one) & Counter(other)).total() < LEAST * (len(one) + len(other)):
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
