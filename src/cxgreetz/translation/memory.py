"""The translation memory: what counts as the same text, and whose words win.

In: entries, wherever they are kept. Out: for a segment the best translation known.
Never: SQL, a fuzzy match ("tevreden" and "ontevreden" are nearly one string).

An entry serves both ways: made from Dutch to English, it also answers English to Dutch.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from cxgreetz.model import Language, Origin, Segment, fingerprint
from cxgreetz.translation import coded

#: Characters that typing and typesetting change and a reader does not see as a difference.
_SAME = str.maketrans(
    dict.fromkeys("‘’‚‛′", "'")
    | dict.fromkeys("“”„‟″", '"')
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff")
)
_SPACES = re.compile(r"\s+")
#: Whose words win, best first. An editor corrects even an author's own pair.
_RANKS = (Origin.EDITOR, Origin.AUTHOR, Origin.MEMORY, Origin.ENGINE)


def memory_key(text: str, language: Language) -> str:
    """The identity of a coded text in the memory: 64 hex digits.

    The same for NFC and NFD, curly and straight quotes, any white space, soft hyphens, and
    however the placeholders are numbered.
    """
    return fingerprint(_normalise(text), language)


def _normalise(text: str) -> str:
    text = unicodedata.normalize("NFC", text).translate(_SAME)
    numbers = {old: new for new, old in enumerate(coded.order(text), 1)}
    return _SPACES.sub(" ", coded.renumber(text, numbers)).strip()


@dataclass(frozen=True, slots=True)
class Hit:
    """A translation the memory knows; its placeholders are numbered as the segment's."""

    text: str
    origin: Origin
    #: The editor, the engine, or whoever the file it came from names.
    by: str | None
    changed: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A text and its translation, both coded; which of the two came first is kept."""

    source_language: Language
    target_language: Language
    source_text: str
    target_text: str
    origin: Origin
    author: str | None
    changed: datetime

    @property
    def source_key(self) -> str:
        return memory_key(self.source_text, self.source_language)

    @property
    def target_key(self) -> str:
        return memory_key(self.target_text, self.target_language)

    def answer(self, segment: Segment) -> str | None:
        """What this entry says to `segment`, from either side; None: nothing."""
        forth = (self.source_language, self.source_text, self.target_language, self.target_text)
        back = (*forth[2:], *forth[:2])
        for language, text, other, translation in (forth, back):
            if (language, other) != (segment.source, segment.target):
                continue
            if _normalise(text) == _normalise(segment.text):
                numbers = dict(zip(coded.order(text), coded.order(segment.text), strict=True))
                return coded.renumber(translation, numbers)
        return None


def best_hit(segment: Segment, entries: Iterable[Entry]) -> Hit | None:
    """Choose among `entries`: an editor's before a memory's before an engine's, then the newest."""
    hits = [
        Hit(text, entry.origin, entry.author, entry.changed)
        for entry in entries
        if entry.origin in _RANKS and (text := entry.answer(segment)) is not None
    ]
    return min(hits, key=lambda h: (_RANKS.index(h.origin), -h.changed.timestamp()), default=None)


class Memory(Protocol):
    """Where translations are looked up."""

    def lookup(self, segments: Iterable[Segment]) -> dict[str, Hit]:
        """Give the best hit for each segment that has one, by `Segment.key`."""
        ...


class DictMemory:
    """A memory that lasts as long as the program."""

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._clock = clock
        self._by_key: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        self._by_key[entry.source_key].append(entry)
        self._by_key[entry.target_key].append(entry)

    def remember(self, segment: Segment, text: str, origin: Origin, by: str | None) -> None:
        """Keep a translation made just now."""
        languages = (segment.source, segment.target)
        self.add(Entry(*languages, segment.text, text, origin, by, self._clock()))

    def lookup(self, segments: Iterable[Segment]) -> dict[str, Hit]:
        found = {}
        for segment in segments:
            known = self._by_key.get(memory_key(segment.text, segment.source), ())
            if hit := best_hit(segment, known):
                found[segment.key] = hit
        return found
