"""Coded text: the language that segments, memory and engines are written in.

In: coded text. Out: its placeholders, its plain words, its faults. Never: HTML, attributes.

Coded text is escaped text (`&amp;`, `&lt;`, `&gt;` and no other entity) in which the n-th
inline element is written `<gN>...</gN>` and a void or opaque one `<xN/>`; one counter from 1.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

TOKEN = re.compile(r"<(?:(?P<close>/?)g(?P<pair>\d{1,3})|x(?P<void>\d{1,3})/)>")
#: Addresses that stand in the text itself: web, bare host, e-mail. A label has 63 characters, what
#: stands before an @ 64 (RFC 1035, 5321): without a bound, a run of dots is read from each of them.
LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"“”]*[\w/=#&%-]"
    r"|[\w.+-]{1,64}+@(?:[\w-]{1,63}+\.){1,8}[a-z]{2,63}\b"
    r"|\b(?:[a-z0-9-]{1,63}+\.){1,8}(?:com|nl|org|eu|io)\b(?:/[^\s<>\"“”]*[\w/=#&%-])?",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One placeholder as it stands in the text."""

    kind: Literal["open", "close", "void"]
    number: int

    @property
    def name(self) -> str:
        """How a person is told of it: `<g1>` for either end of a pair, `<x2/>`."""
        return f"<x{self.number}/>" if self.kind == "void" else f"<g{self.number}>"

    def __str__(self) -> str:
        return f"</g{self.number}>" if self.kind == "close" else self.name


def escape(text: str) -> str:
    """Write plain text as coded text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo `escape`, once; other entities are text and stay."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def parts(coded: str) -> Iterator[str | Mark]:
    """Give the runs of (still escaped) text and the placeholders between them, in order."""
    end = 0
    for match in TOKEN.finditer(coded):
        if match.start() > end:
            yield coded[end : match.start()]
        if match["void"]:
            yield Mark("void", int(match["void"]))
        else:
            yield Mark("close" if match["close"] else "open", int(match["pair"]))
        end = match.end()
    if end < len(coded):
        yield coded[end:]


def plain(coded: str) -> str:
    """The words a reader sees; a void or opaque element counts as a space."""
    seen = (
        unescape(part) if isinstance(part, str) else " " * (part.kind == "void")
        for part in parts(coded)
    )
    return "".join(seen)


def opening(text: str) -> str:
    """Give plain text as it is named in a report: its first 60 characters at most."""
    return text if len(text) <= 60 else f"{text[:59].rstrip()}…"


def is_wordless(coded: str) -> bool:
    """True when there is nothing to translate: no letter outside an address.

    "***", "2020", an emoji, a bare URL, nothing but a placeholder.
    """
    return not any(c.isalpha() for c in LINK.sub(" ", plain(coded)))


def order(coded: str) -> list[int]:
    """The numbers of the placeholders in order of opening."""
    if "<" not in coded:
        return []
    marks = (part for part in parts(coded) if isinstance(part, Mark) and part.kind != "close")
    return list(dict.fromkeys(mark.number for mark in marks))


def renumber(coded: str, numbers: Mapping[int, int]) -> str:
    """Give each placeholder the number that `numbers` has for it; others keep theirs."""
    return "".join(
        part
        if isinstance(part, str)
        else str(Mark(part.kind, numbers.get(part.number, part.number)))
        for part in parts(coded)
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    """What one pass over a coded text sees."""

    marks: Counter[Mark]
    #: Of each pair, the pairs around it.
    around: dict[int, frozenset[int]]
    #: Pairs with something in them: a word character, a sign or a void element.
    filled: frozenset[int]
    faults: tuple[str, ...]


@lru_cache(maxsize=16384)  # both sides of what an edition shows
def _shape(coded: str) -> _Shape:
    marks: Counter[Mark] = Counter()
    around: dict[int, frozenset[int]] = {}
    filled: set[int] = set()
    faults: list[str] = []
    stack: list[int] = []
    for part in parts(coded):
        if isinstance(part, str):
            if part.strip():
                filled.update(stack)
            if "<" in part or ">" in part:
                faults.append("a stray < or > stands in the text")
            continue
        marks[part] += 1
        if part.kind == "void":
            filled.update(stack)
        elif part.kind == "open":
            around[part.number] = frozenset(stack)
            stack.append(part.number)
        elif stack and stack[-1] == part.number:
            stack.pop()
        else:
            faults.append(f"{part} closes where {part.name} is not the one open")
    faults += [f"<g{number}> is not closed" for number in stack]
    return _Shape(marks, around, frozenset(filled), tuple(faults))


def faults(source: str, target: str) -> list[str]:
    """Say in what the placeholders of `target` are not those of `source`; [] when they agree.

    Every one once, of the same kind, properly nested, no pair emptied, none inside a pair
    it was not inside before (a link in a link), and no other angle bracket. Leaving a pair
    is allowed: word order differs between languages.
    """
    if "<" not in source and "<" not in target and ">" not in target:
        return []
    old, new = _shape(source), _shape(target)
    found = list(new.faults)
    for mark in old.marks | new.marks:
        if mark.kind == "close" and Mark("open", mark.number) in old.marks | new.marks:
            continue
        if not new.marks[mark]:
            found.append(f"{mark.name} is missing")
        elif not old.marks[mark]:
            found.append(f"{mark.name} is not in the source")
        elif new.marks[mark] != old.marks[mark]:
            found.append(f"{mark.name} stands there {new.marks[mark]} times")
    for number, outer in new.around.items():
        entered = outer - old.around.get(number, outer)
        found += [f"<g{number}> has moved into <g{other}>" for other in sorted(entered)]
        if number in old.filled and number not in new.filled:
            found.append(f"<g{number}> has become empty")
    return list(dict.fromkeys(found))
