"""The translation memory: what counts as the same text, and whose words win.

In: entries, wherever they are kept. Out: for a segment the best translation known; of a text
that is the same but for its figures, with the figures of this one. Never: SQL, a fuzzy match
("tevreden" and "ontevreden" are nearly one string).

An entry serves both ways: made from Dutch to English, it also answers English to Dutch.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from cxgreetz.model import Finding, Language, Origin, Segment, Severity, fingerprint
from cxgreetz.translation import coded, masked, numerals

#: Characters that typing and typesetting change and a reader does not see as a difference.
_SAME = str.maketrans(
    dict.fromkeys("‘’‚‛′", "'")
    | dict.fromkeys("“”„‟″", '"')
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff")
)
_SPACES = re.compile(r"\s+")
#: Texts of which the keys are remembered: both sides of what an edition shows, and some.
_KEPT = 16384
#: Whose words win, best first. An editor corrects even an author's own pair.
RANKS = (Origin.EDITOR, Origin.AUTHOR, Origin.CHECKED, Origin.MEMORY, Origin.ENGINE)


@lru_cache(maxsize=_KEPT)
def memory_key(text: str, language: Language) -> str:
    """The identity of a coded text in the memory: 64 hex digits.

    The same for NFC and NFD, curly and straight quotes, any white space, soft hyphens, and
    however the placeholders are numbered.
    """
    return fingerprint(_normalise(text), language)


@lru_cache(maxsize=_KEPT)
def mask_key(text: str, language: Language) -> str:
    """The identity of a coded text without its figures: 64 hex digits; "": it has none."""
    bare = masked.mask(text, language)
    return "" if bare is None else memory_key(bare, language)


@lru_cache(maxsize=_KEPT)
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
    #: The text whose translation this was, before its figures were rewritten.
    rewritten_from: str | None = None


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
    #: What a translator noted beside it.
    note: str | None = None

    @property
    def source_key(self) -> str:
        return memory_key(self.source_text, self.source_language)

    @property
    def target_key(self) -> str:
        return memory_key(self.target_text, self.target_language)

    @property
    def texts(self) -> tuple[Language, Language, str, str]:
        """Its languages and its texts, the source's first."""
        return self.source_language, self.target_language, self.source_text, self.target_text

    @property
    def masks(self) -> tuple[str, str]:
        """The `mask_key` of either side."""
        return (
            mask_key(self.source_text, self.source_language),
            mask_key(self.target_text, self.target_language),
        )

    def answer(self, segment: Segment) -> str | None:
        """What this entry says to `segment`, from either side; None: nothing."""
        for text, translation in self._sides(segment):
            if text == segment.text:
                return translation
            if _normalise(text) == _normalise(segment.text):
                return _renumbered(translation, text, segment)
        return None

    def rewritten(self, segment: Segment) -> tuple[str, str] | None:
        """The same for a text that differs in its figures only, and the text it was made for."""
        for text, translation in self._sides(segment):
            if mask_key(text, segment.source) != mask_key(segment.text, segment.source):
                continue
            languages = (segment.source, segment.target)
            said = masked.rewrite(text, translation, segment.text, *languages)
            if said is not None and _same_numbers(segment, said):
                return _renumbered(said, text, segment), text
        return None

    def _sides(self, segment: Segment) -> Iterator[tuple[str, str]]:
        """This entry's text in the language of `segment`, and its translation."""
        forth = (self.source_language, self.source_text, self.target_language, self.target_text)
        for language, text, other, translation in (forth, (*forth[2:], *forth[:2])):
            if (language, other) == (segment.source, segment.target):
                yield text, translation


def _renumbered(translation: str, text: str, segment: Segment) -> str:
    numbers = dict(zip(coded.order(text), coded.order(segment.text), strict=True))
    return coded.renumber(translation, numbers)


def _same_numbers(segment: Segment, said: str) -> bool:
    """Ask those who judge an engine's numbers too: no rewriting is believed unseen."""
    asked, answered = (coded.LINK.sub(" ", coded.plain(text)) for text in (segment.text, said))
    return numerals.compare(asked, answered, segment.source, segment.target) == ([], [])


def best_hit(segment: Segment, entries: Iterable[Entry]) -> Hit | None:
    """Choose among `entries`: an editor's before a memory's before an engine's, then the newest."""
    return _best(
        Hit(text, entry.origin, entry.author, entry.changed)
        for entry in entries
        if entry.origin in RANKS and (text := entry.answer(segment)) is not None
    )


def best_rewritten(segment: Segment, entries: Iterable[Entry]) -> Hit | None:
    """The same among entries of which only the figures differ.

    With other figures nobody has said it so: it is the memory's, or still a machine's.
    """
    best = _best(
        Hit(said[0], entry.origin, entry.author, entry.changed, said[1])
        for entry in entries
        if entry.origin in RANKS and (said := entry.rewritten(segment)) is not None
    )
    if best is None or best.origin is Origin.ENGINE:
        return best
    return replace(best, origin=Origin.MEMORY)


def _best(hits: Iterable[Hit]) -> Hit | None:
    found = list(hits)
    if len(found) < 2:  # nearly always: thousands are asked for at once
        return found[0] if found else None
    return min(found, key=_standing)


def _standing(hit: Hit) -> tuple[int, float, str, str, str]:
    """Where a hit stands: by whose it is, the newest first; the texts settle what is left."""
    words = (hit.text, hit.by or "", hit.rewritten_from or "")
    return RANKS.index(hit.origin), -hit.changed.timestamp(), *words


def corrected(entry: Entry, known: Iterable[Entry], now: datetime) -> Entry | None:
    """`entry` of a file as a person's correction of what the memory knew; None: it is none.

    `known` has the entries for the same source text. A machine's pair that is not among them
    was edited: no machine is asked again for a text that the memory has. Of anyone else's the
    time tells: an edited pair still bears that of the pair it was.
    """
    others = [one for one in known if one.source_key == entry.source_key]
    if not others or any(one.target_key == entry.target_key for one in others):
        return None
    times = {(one.origin, int(one.changed.timestamp())) for one in others}
    is_machine = entry.origin is Origin.ENGINE
    if not is_machine and (entry.origin, int(entry.changed.timestamp())) not in times:
        return None
    author = entry.author if entry.origin is Origin.EDITOR else None
    return replace(entry, origin=Origin.EDITOR, author=author, changed=now)


def rewritten(segment: Segment, hit: Hit) -> list[Finding]:
    """Tell the editor of a hit whose figures were rewritten."""
    if hit.rewritten_from is None:
        return []
    return [
        Finding(
            "rewritten",
            Severity.INFO,
            coded.opening(coded.plain(segment.text)),
            f"translated as “{coded.plain(hit.rewritten_from)}” was, with other figures",
            "See that the figures suit the sentence.",
        )
    ]


class Memory(Protocol):
    """Where translations are looked up."""

    def lookup(self, segments: Iterable[Segment]) -> dict[str, Hit]:
        """Give the best hit for each segment that has one, by `Segment.key`.

        An entry for the very text goes before one of which only the figures differ.
        """
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
        self._by_mask: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        self._by_key[entry.source_key].append(entry)
        self._by_key[entry.target_key].append(entry)
        for mask in entry.masks:
            if mask:
                self._by_mask[mask].append(entry)

    def remember(self, segment: Segment, text: str, origin: Origin, by: str | None) -> None:
        """Keep a translation made just now."""
        languages = (segment.source, segment.target)
        self.add(Entry(*languages, segment.text, text, origin, by, self._clock()))

    def lookup(self, segments: Iterable[Segment]) -> dict[str, Hit]:
        found = {}
        for segment in segments:
            known = self._by_key.get(memory_key(segment.text, segment.source), ())
            alike = self._by_mask.get(mask_key(segment.text, segment.source), ())
            if hit := best_hit(segment, known) or best_rewritten(segment, alike):
                found[segment.key] = hit
        return found
