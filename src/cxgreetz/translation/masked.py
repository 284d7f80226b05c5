"""Texts that are the same but for their figures: numbers, ordinals, times and dates.

In: coded texts. Out: a text's mask, and a remembered translation with the figures of another
text written in it as its language writes them. Never: a guess; where one figure does not stand
for exactly one on the other side, there is no answer.

Masked: 12; 1.000 and 1,000; 3,5 and 3.5; 21e and 21st; 14.30 uur and 2:30 pm; 7 oktober 2020
and October 7, 2020, with a weekday or without. Left as it is, so that another one is another
text: 1 (what is counted is then in the singular), anything joined to letters (B2B, 5G, 2x) or
written as its language does not write numbers (4.0 in Dutch, 1/2, 020), figures in an address.
Not rewritten: an hour to one of the other half of the day, or beside a word for a part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from cxgreetz.model import Language
from cxgreetz.translation import coded, numerals

#: Stands before the kind of a figure in a mask; a private-use character is in no text.
_SLOT = "\ue000"
_WEEKDAYS: dict[Language, str] = {
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}
#: What groups thousands, and what begins the decimals.
_SIGNS: dict[Language, tuple[str, str]] = {"nl": (".", ","), "en": (",", ".")}
#: Every figure has one; most texts have none but in their markers.
_DIGIT = re.compile(r"(?<!<[gx])(?<!</g)\d")
#: A run of digits that hangs on nothing else.
_RUN = re.compile(
    r"(?<![\w/])(?<![^\W\d_]-)(?<!\d[.,:])\d+(?:[.,:]\d+)*(?!\w)(?![.,:/]\d)(?!-[^\W\d_])"
)
_ORDINAL: dict[Language, re.Pattern[str]] = {
    "nl": re.compile(r"(?<![\w.,:/-])(?P<number>[1-9]\d{0,3})(?:e|de|ste)(?!\w)"),
    "en": re.compile(r"(?<![\w.,:/-])(?P<number>[1-9]\d{0,3})(?:st|nd|rd|th)(?!\w)"),
}
_HALF_DAY = re.compile(
    r"(?<![\w.,:/-])(?P<hour>1[0-2]|[1-9])(?:[:.](?P<minute>[0-5]\d))?"
    r"(?P<half> ?(?:[ap]m|[ap]\.m\.))(?!\w)"
)
_TIME = re.compile(r"(?P<hour>[01]?\d|2[0-4])(?P<sign>[.:])(?P<minute>[0-5]\d)")
#: With the sign that groups; a number that begins with a zero is none that is counted with.
_WHOLE = r"(?:0|[1-9]\d{{0,8}}|[1-9]\d{{0,2}}(?:{}\d{{3}})+)"
_HOURS = re.compile(r" uur\b| u\b")
#: What may stand between a figure and its word.
_GAP = r"(?:<[^<>]*>|[ \u00a0-])*"
_LASTING = re.compile(rf"{_GAP}(?:hours?|hrs?)\b", re.I)
#: A part of the day, alone or in a compound ("morgenochtend", "tonight").
_DAY_PART = re.compile(
    r"ochtend|middag|avond|nacht|morgens\b|morning|noon|evening|night|midday|o['’]clock", re.I
)
#: The same right behind a figure, which is then an hour, whatever else it could be.
_OF_THE_DAY = re.compile(
    rf"{_GAP}(?:in (?:de|the)|at|this|['’]s)?{_GAP}(?:\w*(?:{_DAY_PART.pattern})|[ap]\.?m\b)", re.I
)
_ARTICLE = re.compile(r"\b(an?)[ \u00a0](?:<[^<>]*>|[€$£] ?)*$", re.I)
#: "eight", "eleven point five", "eighteen thousand", the year 1850: they want "an".
_WANTS_AN = re.compile(r"8|1[18](?:\d\d)?(?!\d)")


@cache
def _dates(language: Language) -> tuple[re.Pattern[str], ...]:
    weekday = f"(?P<weekday>{_WEEKDAYS[language].replace(' ', '|')})"
    month = f"(?P<month>{numerals.MONTHS[language].replace(' ', '|')})"
    day, year = r"(?P<day>3[01]|[12]\d|[1-9])", r"(?P<year>[12]\d{3})"
    ordinal = "(?P<suffix>st|nd|rd|th)?"
    if language == "nl":
        forms = [f"(?:{weekday} )?{day} {month}(?: {year})?", f"{month} {year}"]
    else:
        # "May" is a month only with a capital.
        forms = [
            f"(?:{weekday},? )?(?:the )?{day}{ordinal}(?: of)? {month}(?:,? {year})?",
            f"(?:{weekday},? )?{month} {day}{ordinal}(?!\\d)(?:,? {year})?",
            f"{month} {year}",
        ]
    flags = re.I if language == "nl" else 0
    return tuple(re.compile(rf"(?<![\w.,:/-]){form}(?![\w/])", flags) for form in forms)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, ordinal, time or date in a text, at characters `start` to `end`."""

    start: int
    end: int
    written: str
    #: "n" number, "o" ordinal, "t" time, "p" time with am or pm, "d..." date and its parts.
    kind: str
    #: What it means: the number, the minute of the day, the parts of the date.
    value: tuple[Decimal, ...]
    #: Where the parts of a date stand in `written`.
    parts: Mapping[str, tuple[int, int]]
    #: Of a number that may be an hour ("20 uur"): the minute of the day.
    minutes: Decimal | None = None

    def means(self, other: Figure) -> bool:
        """Whether both say the same, each in its language."""
        if self.kind[0] == "d" or other.kind[0] == "d":
            return (self.kind, self.value) == (other.kind, other.value)
        if (self.kind, other.kind) in (("n", "n"), ("o", "o")):
            return self.value == other.value
        return self._time is not None and self._time == other._time

    @property
    def hour(self) -> int | None:
        """The hour of the day it is, or could be."""
        if self.kind in "tp":
            return int(self.value[0]) // 60
        is_one = self.kind == "n" and self.value[0] <= 24 and self.value[0] % 1 == 0
        return int(self.value[0]) if is_one else None

    @property
    def _time(self) -> Decimal | None:
        return self.value[0] if self.kind in "tp" else self.minutes


def mask(text: str, language: Language) -> str | None:
    """Put a slot in the place of each figure of a coded text; None: it has none."""
    found = figures(text, language)
    written, end = "", 0
    for figure in found:
        written += f"{text[end : figure.start]}{_SLOT}{figure.kind}"
        end = figure.end
    return written + text[end:] if found else None


def rewrite(
    known: str, translation: str, text: str, source: Language, target: Language
) -> str | None:
    """Give `translation` (of `known`) the figures of `text`, whose mask is that of `known`.

    None unless every figure of `known` stands for exactly one of `translation`. Placeholders
    keep their numbers.
    """
    old, new = figures(known, source), figures(text, source)
    there = figures(translation, target)
    if [f.kind for f in old] != [f.kind for f in new] or len(old) != len(there):
        return None
    if _spoken(known, source, old) or _spoken(translation, target, there):
        return None
    if _may_mislead(known, translation, list(zip(old, new, strict=True)), there, target):
        return None
    written, end = "", 0
    for place in there:
        meant = [new[n] for n, figure in enumerate(old) if figure.means(place)]
        others = [f for f in there if any(o.means(f) for o in old if o.means(place))]
        if not meant or len(meant) != len(others) or len({f.written for f in meant}) != 1:
            return None
        said = _write(meant[0], place, target)
        before = translation[end : place.start]
        if said is None or _other_article(before, place.written, said, target):
            return None
        written, end = written + before + said, place.end
    return written + translation[end:]


def turned(text: str, source: Language, target: Language) -> str | None:
    """Write a text that is nothing but a number in the other language; None: it is not."""
    is_number = [f.written for f in figures(text, source) if f.kind == "n"] == [text]
    return _turn(text, target) if is_number else None


def figures(text: str, language: Language) -> list[Figure]:
    """Find the figures of a coded text, in order; a date is one figure."""
    if not _DIGIT.search(text):
        return []
    taken = [m.span() for pattern in (coded.TOKEN, coded.LINK) for m in pattern.finditer(text)]
    found: list[Figure] = []

    def keep(figure: Figure) -> None:
        if not any(start < figure.end and figure.start < end for start, end in taken):
            taken.append((figure.start, figure.end))
            found.append(figure)

    for pattern in _dates(language):
        for match in pattern.finditer(text):
            keep(_date(match, language))
    if language == "en":
        for match in _HALF_DAY.finditer(text):
            hour = int(match["hour"]) % 12 + 12 * ("p" in match["half"])
            keep(_figure(match, "p", Decimal(hour * 60 + int(match["minute"] or 0))))
    for match in _ORDINAL[language].finditer(text):
        keep(_figure(match, "o", Decimal(match["number"])))
    for match in _RUN.finditer(text):
        for figure in _number_or_time(match, text[match.end() : match.end() + 8], language):
            keep(figure)
    return sorted(found, key=lambda figure: figure.start)


def _figure(match: re.Match[str], kind: str, *value: Decimal, hour: bool = False) -> Figure:
    minutes = value[0] * 60 if hour and value[0] <= 24 else None
    return Figure(match.start(), match.end(), match[0], kind, value, {}, minutes)


def _date(match: re.Match[str], language: Language) -> Figure:
    names = {"weekday": _WEEKDAYS[language], "month": numerals.MONTHS[language]}
    parts, value, kind = {}, [], "d"
    for part in ("weekday", "day", "month", "year"):
        written = match.groupdict().get(part)
        if written is None:
            continue
        start, end = match.span(part)
        parts[part] = (start - match.start(), end - match.start())
        kind += part[0]
        if part in names:
            value.append(Decimal(names[part].lower().split().index(written.lower())))
        else:
            value.append(Decimal(written))
    if match.groupdict().get("suffix"):
        start, end = match.span("suffix")
        parts["suffix"] = (start - match.start(), end - match.start())
    return Figure(match.start(), match.end(), match[0], kind, tuple(value), parts)


def _number_or_time(match: re.Match[str], after: str, language: Language) -> Iterator[Figure]:
    written, (group, point) = match[0], map(re.escape, _SIGNS[language])
    hours = bool(_HOURS.match(after)) and language == "nl"
    clock = _TIME.fullmatch(written)
    if clock and (clock["sign"] == ":" or hours):
        yield _figure(match, "t", Decimal(int(clock["hour"]) * 60 + int(clock["minute"])))
    elif re.fullmatch(rf"{_WHOLE.format(group)}(?:{point}\d\d?)?", written):
        english = written if language == "en" else _turn(written, "en")
        if (value := Decimal(english.replace(",", ""))) != 1:
            yield _figure(match, "n", value, hour=hours and written.isdigit())


def _spoken(text: str, language: Language, found: Sequence[Figure]) -> bool:
    """Whether a number is also there in words, so that the two could be taken for each other."""
    for figure in found:
        text = text[: figure.start] + " " * len(figure.written) + text[figure.end :]
    said = numerals.spoken(coded.plain(text), language)
    return any(f"{v.normalize():f}" in said for f in found if f.kind in "no" for v in f.value)


def _may_mislead(
    known: str,
    translation: str,
    changes: Sequence[tuple[Figure, Figure]],
    there: Sequence[Figure],
    target: Language,
) -> bool:
    """Whether an hour changes that other words may fix: "8 in the morning", "from 9 to 5 pm".

    True for the other half of the day, an hour over 12 where English writes none, and any other
    hour beside a part of the day. Where a time is told, each small number may be one of its
    hours ("van 9 tot 17 uur"); how long something lasts is none.
    """
    said = bool(_DAY_PART.search(known) or _DAY_PART.search(translation))
    is_time = misleads = False
    for old, new, place in ((o, n, p) for o, n in changes for p in there if o.means(p)):
        here, its_text = (place, translation) if target == "en" else (old, known)
        if old.hour is None or _LASTING.match(its_text, here.end):
            continue
        beside = _OF_THE_DAY.match(known, old.end) or _OF_THE_DAY.match(translation, place.end)
        is_time |= bool(beside) or not old._time is place._time is None
        if new.value != old.value:
            misleads |= said or bool(beside)
            misleads |= new.hour is None or (new.hour % 24 < 12) != (old.hour % 24 < 12)
            bare = target == "en" and place.kind in "nt"
            misleads |= bare and old.hour < 13 <= (new.hour or 0)
    return is_time and misleads


def _write(new: Figure, place: Figure, language: Language) -> str | None:
    """Write `new`, a figure of the other language, in the way that `place` is written."""
    if place.kind[0] == "d":
        return _write_date(new, place, language)
    if place.kind == "o":
        return f"{new.value[0]:f}{_suffix(int(new.value[0]), language)}"
    if new.kind == "n" and place.kind == "n":
        return _turn(new.written, language)
    minutes = new._time
    if minutes is None:
        return None
    hour, minute = divmod(int(minutes), 60)
    if place.kind == "n":
        return f"{hour}.{minute:02}" if minute else str(hour)
    if place.kind == "t":
        sign = "." if "." in place.written else ":"
        return f"{hour:0{2 if place.written[0] == '0' else 1}}{sign}{minute:02}"
    match = _HALF_DAY.fullmatch(place.written)
    half = match["half"] if match else " pm"
    return f"{(hour - 1) % 12 + 1}" + (f":{minute:02}" if minute else "") + half


def _turn(written: str, language: Language) -> str:
    """Write a number of the other language as `language` does: 1.000,5 and 1,000.5."""
    group, point = _SIGNS["en" if language == "nl" else "nl"]
    return written.translate(str.maketrans(group + point, "".join(_SIGNS[language])))


def _write_date(new: Figure, place: Figure, language: Language) -> str:
    values = dict(zip((p for p in place.parts if p != "suffix"), new.value, strict=True))
    said = {
        part: str(value) if part in ("day", "year") else
        (_WEEKDAYS if part == "weekday" else numerals.MONTHS)[language].split()[int(value)]
        for part, value in values.items()
    }  # fmt: skip
    if "suffix" in place.parts:
        said["suffix"] = _suffix(int(values["day"]), language)
    written = place.written
    for part, (start, end) in sorted(place.parts.items(), key=lambda p: -p[1][0]):
        word = said[part]
        if written[start].isupper():
            word = word[0].upper() + word[1:]
        written = written[:start] + word + written[end:]
    return written


def _suffix(number: int, language: Language) -> str:
    if language == "nl":
        return "e"
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _other_article(before: str, old: str, new: str, language: Language) -> bool:
    """Whether "a" before a figure would have to become "an", or the other way round."""
    if language != "en" or not _ARTICLE.search(before):
        return False
    return bool(_WANTS_AN.match(old)) != bool(_WANTS_AN.match(new))
