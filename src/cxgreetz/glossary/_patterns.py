"""A small language for phrases that bend: written in a spreadsheet, safe to run.

In: a pattern ("de kat uit de boom ~ [kijken]") and its language. Out: where it stands in a
text. Never: a match across the end of a sentence; a search that grows faster than the text.

======================  ===================================================================
`boom`                  this word, in small letters or capitals
`boom/bomen`            one of these; `op_kop/op_zijn_kop`: one of these groups of words
`(dan)`                 this word or none, as in `(de/een)`
`boom*`                 any ending: "boompje", "boomstam"
`[kijken]`              any form of the verb; `[toe-kijken]` of a separable one, written as one
                        word or with "te"
`<my>` `<me>`           any possessive; any pronoun for a person, "zich" and "yourself" included
`+2`                    at most two other words here (`+` alone: two)
`~6`                    what stands left and right of it in either order, at most six words
                        apart (`~` alone: six); with two of them the larger number counts
`!school/pad`           not when one of these stands in the same sentence; at the end
======================  ===================================================================

Compiled to a regular expression in which words and what parts them share no character and
every repetition is bounded, and what may be left out is little, so it never backtracks far.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

from cxgreetz.glossary._phrases import plain_apostrophes
from cxgreetz.glossary._verbs import forms
from cxgreetz.model import Language

_CLASSES: dict[Language, dict[str, str]] = {
    "nl": {
        "my": "mijn m'n jouw je uw zijn z'n haar d'r ons onze jullie hun iemands",
        "me": "me mij je jou hem haar het ons jullie hen hun ze u zich iedereen iemand mezelf "
        "mijzelf jezelf zichzelf onszelf uzelf",
    },
    "en": {
        "my": "my your his her its our their one's someone's somebody's the",
        "me": "me you him her it us them one myself yourself himself herself itself ourselves "
        "themselves someone everyone",
    },
}
_GAP, _APART, _MOST = 2, 6, 9
#: So many places may be filled or not: the ways to try them double with each.
_LOOSE = 6
_SIGNS = "there are: word, a/b, (word), word*, [verb], <my>, <me>, +2, ~6, !word"
#: What parts two words of one sentence; never a word, never the end of a sentence.
_BETWEEN = r"[^\w.!?;:…]{1,4}"
_SENTENCE = re.compile(r"[^.!?;:…\n]+(?:(?:[.!?;:…](?=\w)|\n(?![ \t]*\n))[^.!?;:…\n]*)*")
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(
    r"(?P<gap>\+(?P<gap_size>\d*))|(?P<apart>~(?P<apart_size>\d*))|!(?P<unless>\S+)"
    r"|\((?P<optional>[^\s()]+)\)|(?P<word>[^\s()~+!]+)"
)


class PatternError(ValueError):
    """A pattern that is not in the language; the message says what, and what to write."""


@dataclass(frozen=True, slots=True)
class _Slot:
    """One place in a phrase: the forms that may stand there, after at most `gap` others."""

    forms: tuple[str, ...]
    optional: bool = False
    gap: int = 0

    @property
    def anchors(self) -> frozenset[str]:
        """The words of which one must be there; empty where none can be named."""
        if self.optional or not all(_WORD.fullmatch(form.split("_")[0]) for form in self.forms):
            return frozenset()
        return frozenset(form.split("_")[0].lower() for form in self.forms)

    @property
    def regex(self) -> str:
        longest_first = sorted(self.forms, key=len, reverse=True)
        return rf"(?<!\w)(?:{'|'.join(map(_form_regex, longest_first))})(?!\w)"


@dataclass(frozen=True)
class Pattern:
    """A compiled phrase."""

    text: str
    anchors: frozenset[str]
    unless: frozenset[str]
    _source: str

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        return re.compile(self._source, re.IGNORECASE)

    def spans(self, sentence: str, words: frozenset[str]) -> Iterator[tuple[int, int]]:
        """Where it stands in `sentence`, whose lower-case words are `words`."""
        if self.unless.isdisjoint(words):
            yield from (match.span() for match in self._regex.finditer(sentence))


def compile_pattern(text: str, language: Language) -> Pattern:
    """Read a pattern; raises PatternError."""
    parts: list[list[_Slot]] = [[]]
    apart: list[int] = []
    unless: set[str] = set()
    gap = 0
    rest = plain_apostrophes(text).strip()
    for piece in rest.split():
        token = _TOKEN.fullmatch(piece)
        if token is None:
            raise PatternError(f"{piece!r} is no part of a pattern; {_SIGNS}")
        if unless and not token["unless"]:
            raise PatternError("words that forbid it (!) stand at the end")
        if token["unless"]:
            unless.update(token["unless"].lower().split("/"))
        elif token["gap"]:
            gap = _size(token["gap_size"], _GAP, piece)
        elif token["apart"]:
            apart.append(_size(token["apart_size"], _APART, piece))
            parts.append([])
        else:
            found = _alternatives(token["optional"] or token["word"], language)
            parts[-1].append(_Slot(found, bool(token["optional"]), gap))
            gap = 0
    if gap or len(parts) > 3 or not all(any(not s.optional for s in part) for part in parts):
        raise PatternError("wants words before and after every ~ (two at most) and after every +")
    loose = sum(slot.optional + (slot.gap > 0) for part in parts for slot in part)
    if loose > _LOOSE:
        raise PatternError(f"has {loose} words in brackets and +; at most {_LOOSE}: write two")
    anchors = max((s.anchors for part in parts for s in part), key=_weight)
    if not anchors:
        raise PatternError("wants at least one word that is written out whole")
    return Pattern(text, anchors, frozenset(unless), _in_any_order(parts, apart))


class Patterns:
    """Many patterns over one text: each is run only on sentences that hold its rarest word."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._by_word: dict[str, list[tuple[int, Pattern]]] = {}
        for number, pattern in enumerate(patterns):
            for word in pattern.anchors:
                self._by_word.setdefault(word, []).append((number, pattern))

    def find(self, text: str) -> list[tuple[int, int, int]]:
        """Give (start, end, number of the pattern), in order of place."""
        plain = plain_apostrophes(text)
        found = []
        for sentence in _SENTENCE.finditer(plain):
            words = frozenset(_WORD.findall(sentence.group().lower()))
            candidates = {c for word in words for c in self._by_word.get(word, ())}
            offset = sentence.start()
            for number, pattern in candidates:
                for start, end in pattern.spans(sentence.group(), words):
                    found.append((offset + start, offset + end, number))
        return sorted(found)


def _size(digits: str, default: int, piece: str) -> int:
    size = int(digits or default)
    if not 1 <= size <= _MOST:
        raise PatternError(f"{piece!r}: between 1 and {_MOST} words may stand there")
    return size


def _alternatives(text: str, language: Language) -> tuple[str, ...]:
    found: list[str] = []
    for word in text.split("/"):
        if match := re.fullmatch(r"\[([^\W\d_]+(?:-[^\W\d_]+)?)\]", word):
            found += forms(match[1].lower(), language)
        elif match := re.fullmatch(r"<(\w+)>", word):
            known = _CLASSES[language]
            if match[1] not in known:
                raise PatternError(f"{word} is unknown; there are <my> and <me>")
            found += known[match[1]].split()
        elif re.fullmatch(r"[\w'&-]*\w[\w'&-]*\*?", word):
            found.append(word)
        else:
            raise PatternError(f"{word!r} is no word; {_SIGNS}")
    return tuple(dict.fromkeys(found))


def _form_regex(form: str) -> str:
    words = []
    for word in form.split("_"):
        stem = word.rstrip("*")
        regex = re.escape(stem).replace(r"\-", "[- ]?")
        words.append(regex + (r"\w{0,12}" if word != stem else ""))
    return _BETWEEN.join(words)


def _weight(anchors: frozenset[str]) -> tuple[bool, float]:
    """How rare a word is likely to be: long ones are, verbs with many forms are not."""
    if not anchors:
        return False, 0
    return True, min(map(len, anchors)) - 0.7 * len(anchors)


def _in_any_order(parts: list[list[_Slot]], apart: list[int]) -> str:
    between = f"{_gap(max(apart))}{_BETWEEN}" if apart else ""
    sequences = [_sequence(part) for part in parts]
    return "|".join(between.join(order) for order in permutations(sequences))


def _gap(size: int) -> str:
    return rf"(?:{_BETWEEN}\w+){{0,{size}}}?" if size else ""


def _sequence(slots: list[_Slot]) -> str:
    out, begun, gap = "", False, 0
    for slot in slots:
        gap = max(gap, slot.gap)  # stays open past a word that need not be there
        between = f"{_gap(gap)}{_BETWEEN}" if begun else ""
        if not slot.optional:
            out += between + slot.regex
            begun, gap = True, 0
        elif begun:
            out += f"(?:{between}{slot.regex})?"
        else:
            out += f"(?:{slot.regex}{_BETWEEN})?"
    return out
