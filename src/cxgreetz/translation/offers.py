"""What the memory has that is nearly a text: shown to the editor, never used by itself.

In: the texts of entries. Out: for a segment, scored offers. Never: a decision; one "not" makes
nearly the same words mean the opposite.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from cxgreetz.model import Language, Segment
from cxgreetz.translation import coded

#: A likeness, and the texts of the entry, coded: in the segment's language, in the other one.
Offer = tuple[float, str, str]

#: The languages of an entry and its texts, coded: what comes first comes first.
Texts = tuple[str, str, str, str]

#: Less alike is no help.
LEAST = 0.75
#: Two texts that are alike to `LEAST` share that many of the words of either: with M shared
#: of a and b words, 2M >= .75 (a + b) and b >= M.
_SHARED = LEAST / (2 - LEAST)
_MOST = 5
_WORD = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


class Offers:
    """Texts arranged so that those like another are found without comparing all of them."""

    def __init__(self, texts: Iterable[Texts]) -> None:
        #: By language: each text in it with its translation, and which of them hold a word.
        self._texts: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        self._holding: dict[str, defaultdict[str, list[int]]] = {}
        for language, other, text, translation in texts:
            self._texts[language].append((text, translation))
            self._texts[other].append((translation, text))

    def _held(self, language: Language) -> Mapping[str, list[int]]:
        """Which texts in a language hold a word: worked out when it is asked for first."""
        if language not in self._holding:
            holding = self._holding[language] = defaultdict(list)
            for number, (text, _translation) in enumerate(self._texts[language]):
                for word in set(_words(text)):
                    holding[word].append(number)
        return self._holding[language]

    def offer(self, segment: Segment) -> list[Offer]:
        """The texts most like `segment` with their translations, best first, newest of equals.

        The score is the share of words that both have in one order: 1.0 is the same.
        """
        words, holding = _words(segment.text), self._held(segment.source)
        rarest = sorted(words, key=lambda word: len(holding.get(word, ())))
        # Whoever has enough of the words has one of these.
        needed = rarest[: int(len(words) * (1 - _SHARED)) + 1]
        near = {number for word in needed for number in holding.get(word, ())}
        found: dict[tuple[str, str], tuple[float, int]] = {}
        for number in near:
            pair = self._texts[segment.source][number]
            score = _likeness(segment.text, pair[0])
            if score >= LEAST:
                found[pair] = max(found.get(pair, (0.0, 0)), (score, number))
        best = sorted(found.items(), key=lambda item: item[1], reverse=True)[:_MOST]
        return [(round(score, 2), *pair) for pair, (score, _number) in best]


@lru_cache(maxsize=16384)  # of a large memory, a page asks for nearly the same every time
def _words(text: str) -> Sequence[str]:
    return [word.lower() for word in _WORD.findall(coded.plain(text))]


@lru_cache(maxsize=16384)
def _likeness(text: str, other_text: str) -> float:
    one, other = _words(text), _words(other_text)
    if 2 * min(len(one), len(other)) < LEAST * (len(one) + len(other)):
        return 0.0
    if 2 * (Counter(one) & Counter(other)).total() < LEAST * (len(one) + len(other)):
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
