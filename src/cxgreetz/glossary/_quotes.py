"""Quotation marks, told from apostrophes.

In: plain text, Dutch or English. Out: what is quoted; marks of two kinds, marks that stand alone.
Never: a mark changed.

Dutch 's, 't, 'n, 'k and 'm are apostrophes wherever they stand, and so is what follows a letter
or stands before a year ('24). A mark after a digit may mean inches or minutes and is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cxgreetz.glossary._findings import StyleFinding, finding

_MARK = re.compile(r"[\"“”„«»'‘’‚]")
#: What an apostrophe at the beginning of a word makes of it.
_CLIPPED = re.compile(r"(?:[stnkmr]|ie|em|til|tis|twas|cause|\d\ds?)(?!\w)", re.IGNORECASE)
_SINGLE = "'‘’‚"
_OPENS, _CLOSES = "“„«‘‚", "”»’"

Role = Literal["open", "close", "either"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A quotation mark at character `at`."""

    at: int
    sign: str
    role: Role

    @property
    def single(self) -> bool:
        return self.sign in _SINGLE


def marks(text: str) -> list[Mark]:
    """Give the quotation marks of `text`; apostrophes, inches and minutes are left out."""
    found: list[Mark] = []
    single_open = double_open = low_open = False
    for match in _MARK.finditer(text):
        at, sign = match.start(), match.group()
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if sign == '"':
            if before.isdigit() and not double_open:
                continue  # 15"
            double_open = not double_open
        if sign in _SINGLE:
            if before.isalnum() and after.isalnum():
                continue  # klant's, it's
            if sign in "'’‘" and not before.isalnum() and _CLIPPED.match(text, at + 1):
                continue  # 's avonds, '24
            opens = sign in "‘‚" or (sign == "'" and not before.isalnum() and after.isalnum())
            if not opens and not single_open:
                continue  # klanten' : an apostrophe at the end of a word
            single_open = opens
        if sign in "„“”":
            closes_low, low_open = low_open and sign == "“", sign == "„"
            if closes_low:  # „so“
                found.append(Mark(at, sign, "close"))
                continue
        found.append(Mark(at, sign, _role(sign, before, after)))
    return found


def quoted(text: str) -> list[tuple[int, int]]:
    """Give the stretches between an opening mark and its closing one, within one line."""
    spans: list[tuple[int, int]] = []
    open_mark: Mark | None = None
    for mark in marks(text):
        if open_mark and "\n" in text[open_mark.at : mark.at]:
            open_mark = None
        if open_mark is None:
            open_mark = mark if mark.role != "close" else None
        elif mark.single == open_mark.single and mark.role != "open":
            spans.append((open_mark.at, mark.at + 1))
            open_mark = None
    return spans


def _role(sign: str, before: str, after: str) -> Role:
    if sign in _OPENS:
        return "open"
    if sign in _CLOSES:
        return "close"
    if after.isalnum() and not before.isalnum():
        return "open"
    ends_word = before.isalnum() or before in tuple(".,!?…)%”’")
    return "close" if ends_word and not after.isalnum() else "either"


_DOUBLE_KINDS = {
    '"': "straight",
    "“": "curly",
    "”": "curly",
    "„": "low",
    "«": "French",
    "»": "French",
}


def find_quotes(text: str) -> list[StyleFinding]:
    """Find double quotation marks of two kinds in one text, and ones without their other half.

    „ closed by ” counts as curly. A quotation that runs over several paragraphs opens each.
    """
    all_marks = marks(text)
    doubles = [mark for mark in all_marks if not mark.single]
    found = list(_mixed(text, doubles))
    lines = text.split("\n")
    at = 0
    for n, line in enumerate(lines):
        inside = [m for m in all_marks if at <= m.at < at + len(line)]
        following = next((other.lstrip() for other in lines[n + 1 :] if other.strip()), "")
        for mark in _alone(inside):
            goes_on = mark.role == "open" and following.startswith(mark.sign)
            if not goes_on:
                hint = "closing" if mark.role == "open" else "opening"
                found.append(
                    finding("quotes", text, mark.at, mark.at + 1, f"the {hint} mark is missing")
                )
        at += len(line) + 1
    return found


def _mixed(text: str, doubles: list[Mark]) -> Iterator[StyleFinding]:
    kinds = [_DOUBLE_KINDS[mark.sign] for mark in doubles]
    kinds = ["curly" if kind == "low" and "curly" in kinds else kind for kind in kinds]
    if len(set(kinds)) > 1:
        rule = max(dict.fromkeys(kinds), key=kinds.count)
        mark = next(m for m, kind in zip(doubles, kinds, strict=True) if kind != rule)
        yield finding("quotes", text, mark.at, mark.at + 1, f"the other marks are {rule} ones")


def _alone(inside: list[Mark]) -> list[Mark]:
    """Marks of one line that lack their other half; double and single ones may nest."""
    alone: list[Mark] = []
    for single in (False, True):
        waiting: Mark | None = None
        for mark in (m for m in inside if m.single == single):
            role = mark.role if mark.role != "either" else ("close" if waiting else "open")
            if role == "open":
                if waiting:
                    alone.append(waiting)
                waiting = Mark(mark.at, mark.sign, "open")
            elif waiting:
                waiting = None
            else:
                alone.append(mark)
        if waiting and not single:  # a single one may be an apostrophe after all
            alone.append(waiting)
    return [mark for mark in alone if not mark.single or mark.sign in "‘‚"]
