"""Idioms and false friends: seen in the Dutch before an engine spoils them, and in the English
after.

In: a CSV file that an editor keeps, or the list that comes with the program; plain text.
Out: idioms with their meaning and natural English; literal renderings. Never: markup, a network.

Columns (`idiom`, `pattern`, `meaning` and `english` are needed; several values are separated by
`|`; the signs of a pattern are listed in `_patterns`):

- `idiom`: as a dictionary writes it. `pattern`: how it is found in Dutch.
- `meaning`: in English. `english`: what a writer would say.
- `literal`: patterns for the English that betrays a machine. One that begins with `?` is good
  English in another sense, and only counts where the idiom stands in the source.
  Words that forbid a pattern (`!`) forbid every pattern of their cell.
- `level`: `warning` (the default), or `info` for what engines handle.
- `example`: Dutch sentences; `rendering`: what a machine made of one. Both must be found by the
  row's own patterns, else the row is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from importlib import resources
from pathlib import Path

from cxgreetz.errors import ConfigError, Problem
from cxgreetz.glossary._patterns import Pattern, PatternError, Patterns, compile_pattern
from cxgreetz.glossary._table import Row, read_rows, read_text
from cxgreetz.model import Language, Severity, fingerprint

COLUMNS = (
    "idiom",
    "pattern",
    "meaning",
    "english",
    "literal",
    "level",
    "example",
    "rendering",
)


@dataclass(frozen=True, slots=True)
class Idiom:
    """One row of the list."""

    name: str
    meaning: str
    english: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    literal: tuple[Pattern, ...] = ()
    #: Literal renderings that are good English in another sense.
    doubtful: tuple[Pattern, ...] = ()
    level: Severity = Severity.WARNING
    examples: tuple[str, ...] = ()
    renderings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdiomHit:
    """An idiom in a Dutch text, at characters `start` to `end`."""

    idiom: Idiom
    start: int
    end: int
    text: str

    @property
    def severity(self) -> Severity:
        return self.idiom.level


@dataclass(frozen=True, slots=True)
class LiteralHit:
    """A literal rendering in an English text, at characters `start` to `end`.

    An error when the idiom stands in the source, else a warning.
    """

    idiom: Idiom
    start: int
    end: int
    text: str
    severity: Severity


class Idioms:
    """A list of idioms; earlier rows go before later ones."""

    def __init__(self, idioms: Iterable[Idiom] = ()) -> None:
        self.idioms = tuple(idioms)

    def __len__(self) -> int:
        return len(self.idioms)

    @cached_property
    def fingerprint(self) -> str:
        """Of what decides what is found, and what is said about it."""
        return fingerprint(
            [
                [i.name, i.meaning, i.english, i.level]
                + [[p.text for p in some] for some in (i.patterns, i.literal, i.doubtful)]
                for i in self.idioms
            ]
        )

    @cached_property
    def _dutch(self) -> tuple[Patterns, list[Idiom]]:
        return _index((idiom, idiom.patterns) for idiom in self.idioms)

    @cached_property
    def _certain(self) -> tuple[Patterns, list[Idiom]]:
        return _index((idiom, idiom.literal) for idiom in self.idioms)

    def find_idioms(self, text: str) -> list[IdiomHit]:
        """Find the idioms in plain Dutch `text`, in order, each once in one place."""
        index, owners = self._dutch
        return [
            IdiomHit(idiom, start, end, text[start:end])
            for idiom, start, end in _distinct(index, owners, text)
        ]

    def find_literal(
        self, text: str, source_hits: Sequence[IdiomHit] | None = None
    ) -> list[LiteralHit]:
        """Find literal renderings in plain English `text`, in order.

        With `source_hits` (of `find_idioms` on the source): those of its idioms, as errors.
        Without, for a text that has no Dutch source: all that are no good English in any
        sense, as warnings.
        """
        if source_hits is None:
            index, owners = self._certain
            severity = Severity.WARNING
        else:
            meant = dict.fromkeys(hit.idiom for hit in source_hits)
            index, owners = _index((idiom, idiom.literal + idiom.doubtful) for idiom in meant)
            severity = Severity.ERROR
        return [
            LiteralHit(idiom, start, end, text[start:end], severity)
            for idiom, start, end in _distinct(index, owners, text)
        ]

    @lru_cache(maxsize=4)  # noqa: B019 - the list that comes with the program lives on anyway
    def merge(self, own: Idioms) -> Idioms:
        """Put the rows of `own` first; an idiom that both have is taken from `own`."""
        names = {idiom.name.casefold() for idiom in own.idioms}
        kept = (idiom for idiom in self.idioms if idiom.name.casefold() not in names)
        return Idioms((*own.idioms, *kept))


def load_idioms(path: Path) -> Idioms:
    """Read an editor's CSV file; raises ConfigError with every bad row."""
    return _parse(read_text(path), str(path))


@cache
def starter_idioms() -> Idioms:
    """The list that comes with the program."""
    text = resources.files(__package__).joinpath("idioms.csv").read_text(encoding="utf-8")
    return _parse(text, "idioms.csv", proved=True)


def _index(
    entries: Iterable[tuple[Idiom, Sequence[Pattern]]],
) -> tuple[Patterns, list[Idiom]]:
    pairs = [(idiom, pattern) for idiom, some in entries for pattern in some]
    return Patterns(pattern for _, pattern in pairs), [idiom for idiom, _ in pairs]


def _distinct(index: Patterns, owners: list[Idiom], text: str) -> Iterator[tuple[Idiom, int, int]]:
    """Give what `index` finds, without a second find of an idiom in the same place."""
    ends: dict[str, int] = {}
    for start, end, number in index.find(text):
        idiom = owners[number]
        if start >= ends.get(idiom.name, 0):
            ends[idiom.name] = end
            yield idiom, start, end


@lru_cache(maxsize=4)  # the same list again is the same idioms, with what they have prepared
def _parse(text: str, file: str, *, proved: bool = False) -> Idioms:
    """Read a list; one that is `proved` (by the tests) need not be tried on its examples."""
    rows, problems = read_rows(text, COLUMNS, COLUMNS[:4])
    idioms = []
    first: dict[str, int] = {}
    for row in rows:
        found: list[Problem] = []
        idiom = _idiom(row, found)
        earlier = first.setdefault(idiom.name.casefold(), row.number)
        if earlier != row.number and idiom.name:
            message = f"{idiom.name!r} also stands in row {earlier}; keep one of them"
            found.append(Problem(row.where, message))
        problems += found or ([] if proved else _unproved(row, idiom))
        idioms.append(idiom)
    if problems:
        raise ConfigError(file, problems)
    return Idioms(idioms)


def _idiom(row: Row, problems: list[Problem]) -> Idiom:
    def compiled(column: str, texts: Iterable[str], language: Language) -> tuple[Pattern, ...]:
        patterns = []
        for text in texts:
            try:
                patterns.append(compile_pattern(text, language))
            except PatternError as error:
                problems.append(Problem(row.where, f"{column} {text!r}: {error}"))
        unless = frozenset(word for pattern in patterns for word in pattern.unless)
        return tuple(replace(pattern, unless=unless) for pattern in patterns)

    for column in COLUMNS[:4]:
        if not row.one(column):
            problems.append(Problem(row.where, f"{column} is empty; fill it in"))
    level = row.one("level").lower() or "warning"
    if level not in ("warning", "info"):
        problems.append(Problem(row.where, f"{level!r} is no level; write warning or info"))
        level = "warning"
    renderings = row.many("literal")
    literal = compiled("literal", (text.removeprefix("?") for text in renderings), "en")
    doubtful = {text[1:] for text in renderings if text.startswith("?")}
    return Idiom(
        name=row.one("idiom"),
        meaning=row.one("meaning"),
        english=row.many("english"),
        patterns=compiled("pattern", row.many("pattern"), "nl"),
        literal=tuple(pattern for pattern in literal if pattern.text not in doubtful),
        doubtful=tuple(pattern for pattern in literal if pattern.text in doubtful),
        level=Severity(level),
        examples=row.many("example"),
        renderings=row.many("rendering"),
    )


def _unproved(row: Row, idiom: Idiom) -> list[Problem]:
    """Examples that the row's own patterns do not find."""
    proofs = (
        ("example", idiom.examples, idiom.patterns),
        ("rendering", idiom.renderings, idiom.literal + idiom.doubtful),
    )
    return [
        Problem(row.where, f"{column} {text!r} is not found by the row's own pattern; mend either")
        for column, texts, patterns in proofs
        for text in texts
        if not Patterns(patterns).find(text)
    ]
