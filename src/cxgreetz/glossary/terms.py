"""The glossary: which word goes for which, what may not be written, what stays as it is.

In: a CSV file that an editor keeps, or the list that comes with the program; plain text.
Out: terms found, preferred terms that are missing, forbidden ones that are used, pairs for an
engine. Never: markup, a network, a word changed.

Columns (only `dutch` is needed; a cell may hold several values, separated by `|`):

- `dutch`, `english`: the term and its preferred translation.
- `direction`: `both` (the default), `nl>en` or `en>nl`.
- `dutch_forms`, `english_forms`: other forms that are recognised, and as good in a
  translation: plurals, compounds, accepted synonyms; `klantreis*` takes any ending. A regular
  English plural needs no listing.
- `dutch_forbidden`, `english_forbidden`: what may not be written for this term.
- `do_not_translate`: `yes` for a name that stays as it is.
- `note`: for people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal, cast, get_args

from cxgreetz.errors import ConfigError, Problem
from cxgreetz.glossary._phrases import Phrases
from cxgreetz.glossary._table import Row, read_rows, read_text
from cxgreetz.model import Language, fingerprint

Direction = Literal["both", "nl>en", "en>nl"]
COLUMNS = (
    "dutch",
    "english",
    "direction",
    "dutch_forms",
    "english_forms",
    "dutch_forbidden",
    "english_forbidden",
    "do_not_translate",
    "note",
)
_YES, _NO = ("yes", "true", "1", "x"), ("", "no", "false", "0")
#: DeepL, glossary entries: at most so many bytes of UTF-8, no control characters.
_ENTRY_BYTES = 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Term:
    """One row of the glossary."""

    dutch: str
    english: str
    direction: Direction = "both"
    dutch_forms: tuple[str, ...] = ()
    english_forms: tuple[str, ...] = ()
    dutch_forbidden: tuple[str, ...] = ()
    english_forbidden: tuple[str, ...] = ()
    do_not_translate: bool = False
    note: str = ""

    def text(self, language: Language) -> str:
        """The preferred term in `language`."""
        return self.dutch if language == "nl" else self.english

    def forms(self, language: Language) -> tuple[str, ...]:
        """The preferred term and everything that is as good, in `language`."""
        if language == "nl":
            return (self.dutch, *self.dutch_forms)
        listed = (self.english, *self.english_forms)
        plurals = () if self.do_not_translate else map(_plural, listed)
        return tuple(dict.fromkeys((*listed, *plurals)))

    def forbidden(self, language: Language) -> tuple[str, ...]:
        return self.dutch_forbidden if language == "nl" else self.english_forbidden

    def holds(self, source: Language, target: Language) -> bool:
        """Whether the row is meant for translating from `source` to `target`."""
        return self.direction in ("both", f"{source}>{target}")


@dataclass(frozen=True, slots=True)
class Hit:
    """A term that stands in a text, at characters `start` to `end`."""

    #: More than one where a word has several rows; any of their translations will do.
    terms: tuple[Term, ...]
    start: int
    end: int
    text: str

    @property
    def term(self) -> Term:
        return self.terms[0]


@dataclass(frozen=True, slots=True)
class MissingTerm:
    """A term of the source whose preferred translation is not in the target."""

    hit: Hit
    #: What was expected in the target.
    expected: str

    @property
    def kept(self) -> bool:
        """True: a name that should have stayed as it is."""
        return self.hit.term.do_not_translate


@dataclass(frozen=True, slots=True)
class ForbiddenTerm:
    """A forbidden variant in a text, at characters `start` to `end`, and what to write."""

    term: Term
    start: int
    end: int
    text: str
    preferred: str
    #: True: the term stands in the source, so this is a wrong translation of it.
    certain: bool


class Glossary:
    """Terms in the order of their rows; earlier ones go before later ones."""

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        self.terms = tuple(terms)

    def __len__(self) -> int:
        return len(self.terms)

    @cached_property
    def fingerprint(self) -> str:
        """Of everything but the notes: changes when a translation could."""
        return fingerprint([_row(replace(term, note="")) for term in self.terms])

    @cached_property
    def _found_by(self) -> dict[Language, Phrases[Term]]:
        languages: tuple[Language, ...] = ("nl", "en")
        return {
            language: Phrases((form, t) for t in self.terms for form in t.forms(language))
            for language in languages
        }

    @cached_property
    def _forbidden_by(self) -> dict[Language, Phrases[Term]]:
        languages: tuple[Language, ...] = ("nl", "en")
        return {
            language: Phrases((form, t) for t in self.terms for form in t.forbidden(language))
            for language in languages
        }

    def terms_in(self, text: str, language: Language) -> list[Hit]:
        """Find the terms in plain `text` in order; of overlapping ones the longest."""
        return [
            Hit(match.found, match.start, match.end, text[match.start : match.end])
            for match in self._found_by[language].find(text)
        ]

    def missing(
        self, source_text: str, target_text: str, source: Language, target: Language
    ) -> list[MissingTerm]:
        """Name the source's terms of which the target has no accepted form, each once."""
        present = {
            term
            for match in self._found_by[target].find(target_text, overlapping=True)
            for term in match.found
        }
        missing: dict[tuple[Term, ...], MissingTerm] = {}
        for hit in self.terms_in(source_text, source):
            meant = tuple(term for term in hit.terms if term.holds(source, target))
            if meant and not present.intersection(meant):
                found = replace(hit, terms=meant)
                missing.setdefault(meant, MissingTerm(found, meant[0].text(target)))
        return list(missing.values())

    def forbidden(
        self, target_text: str, target: Language, source_hits: Sequence[Hit] | None = None
    ) -> list[ForbiddenTerm]:
        """Find the forbidden variants in plain `target_text`.

        With `source_hits` (of `terms_in` on the source) only those of terms that stand there,
        and these are certain; without, for a text that has no source, all of them.
        """
        meant = None if source_hits is None else {t for hit in source_hits for t in hit.terms}
        source: Language = "nl" if target == "en" else "en"
        found = []
        for match in self._forbidden_by[target].find(target_text):
            terms = [
                term
                for term in match.found
                if term.holds(source, target) and (meant is None or term in meant)
            ]
            if terms:
                text = target_text[match.start : match.end]
                term = terms[0]
                found.append(
                    ForbiddenTerm(
                        term, match.start, match.end, text, term.text(target), meant is not None
                    )
                )
        return found

    def pairs(self, source: Language, target: Language) -> dict[str, str]:
        """Term and translation as an engine takes them, sorted; the first row of a term counts.

        Only preferred terms: engines inflect by themselves. What is longer than 1,024 bytes
        or holds a control character is left out (DeepL's rule for glossary entries).
        """
        pairs: dict[str, str] = {}
        for term in self.terms:
            entry = term.text(source), term.text(target)
            fits = all(len(t.encode()) <= _ENTRY_BYTES and not _CONTROL.search(t) for t in entry)
            if fits and term.holds(source, target):
                pairs.setdefault(*entry)
        return dict(sorted(pairs.items()))

    @lru_cache(maxsize=4)  # noqa: B019 - the list that comes with the program lives on anyway
    def merge(self, own: Glossary) -> Glossary:
        """Add the rows of `own`: for a term that both have, only its row counts.

        A term of `own` is no longer a mere form of another row, and its English word no
        longer leads to that row's Dutch.
        """
        dutch = {term.dutch.casefold() for term in own.terms}
        english = {term.english.casefold() for term in own.terms}
        kept = []
        for term in self.terms:
            if term.dutch.casefold() in dutch:
                continue
            if term.english.casefold() in english:
                if term.direction == "en>nl" or term.do_not_translate:
                    continue
                term = replace(term, direction="nl>en")
            nl = tuple(form for form in term.dutch_forms if form.casefold() not in dutch)
            en = tuple(form for form in term.english_forms if form.casefold() not in english)
            kept.append(replace(term, dutch_forms=nl, english_forms=en))
        return Glossary((*own.terms, *kept))


def load_glossary(path: Path) -> Glossary:
    """Read an editor's CSV file; raises ConfigError with every bad row."""
    return _parse(read_text(path), str(path))


@cache
def starter_glossary() -> Glossary:
    """The terms of customer experience that come with the program."""
    text = resources.files(__package__).joinpath("glossary.csv").read_text(encoding="utf-8")
    return _parse(text, "glossary.csv")


@lru_cache(maxsize=4)  # the same list again is the same glossary, with what it has prepared
def _parse(text: str, file: str) -> Glossary:
    rows, problems = read_rows(text, COLUMNS, ("dutch",))
    terms: list[Term] = []
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        term = _term(row)
        found = list(_problems(row, term))
        for way in ("nl>en", "en>nl"):
            if term.direction in ("both", way):
                earlier = first.setdefault((term.dutch.casefold(), way), row.number)
                if earlier != row.number and not found:
                    message = f"{term.dutch!r} also stands in row {earlier}; keep one of them"
                    found.append(Problem(row.where, message))
        problems += found
        terms.append(term)
    if problems:
        raise ConfigError(file, problems)
    return Glossary(terms)


def _term(row: Row) -> Term:
    keep = row.one("do_not_translate").lower() in _YES
    dutch = row.one("dutch")
    return Term(
        dutch=dutch,
        english=row.one("english") or (dutch if keep else ""),
        direction=cast(Direction, row.one("direction").lower().replace(" ", "") or "both"),
        dutch_forms=row.many("dutch_forms"),
        english_forms=row.many("english_forms"),
        dutch_forbidden=row.many("dutch_forbidden"),
        english_forbidden=row.many("english_forbidden"),
        do_not_translate=keep,
        note=row.one("note"),
    )


def _problems(row: Row, term: Term) -> Iterator[Problem]:
    where = row.where
    if not term.dutch:
        yield Problem(where, "has no Dutch term; fill in the column 'dutch' or empty the row")
        return
    if not term.english:
        message = f"{term.dutch!r} has no English; fill it in, or write yes under do_not_translate"
        yield Problem(where, message)
    if term.direction not in get_args(Direction):
        known = ", ".join(get_args(Direction))
        yield Problem(where, f"{term.direction!r} is no direction; write one of {known}")
    said = row.one("do_not_translate")
    if said.lower() not in _YES + _NO:
        yield Problem(where, f"do_not_translate is {said!r}; write yes or leave it empty")
    if term.do_not_translate and term.english.casefold() != term.dutch.casefold():
        message = f"{term.dutch!r} is not to be translated, yet has the English {term.english!r}"
        yield Problem(where, f"{message}; empty one of the two")
    for column in ("dutch", "english"):
        if "|" in row.one(column):
            message = f"{column} holds several terms; keep one, the others go under {column}_forms"
            yield Problem(where, message)
    for column in (c for c in COLUMNS[:7] if c != "direction"):
        for value in row.many(column):
            if not re.fullmatch(r"[^*]*\w[^*]*\*?", value) or (
                value.endswith("*") and not column.endswith("_forms")
            ):
                message = f"{column}: {value!r} is no term; write words, * only ends a form"
                yield Problem(where, message)
            elif _CONTROL.search(value):
                yield Problem(where, f"{column}: {value!r} holds a line break or tab; take it out")
    for language, column in (("nl", "dutch_forbidden"), ("en", "english_forbidden")):
        good = {form.casefold() for form in term.forms(cast(Language, language))}
        for value in row.many(column):
            if value.casefold() in good:
                message = f"{column}: {value!r} is also an accepted form; take one of them out"
                yield Problem(where, message)


def _plural(term: str) -> str:
    """The regular English plural of a term's last word."""
    if re.search(r"(s|x|z|ch|sh)$", term):
        return f"{term}es"
    if re.search(r"[^aeiou]y$", term):
        return f"{term[:-1]}ies"
    return term if term.endswith("*") else f"{term}s"


def _row(term: Term) -> list[object]:
    return [getattr(term, column) for column in COLUMNS]
