"""Numbers and dates as each language writes them.

In: plain text, its language. Out: those in the other language's form. Never: one that may be a
version, a time, a chapter or a price code: only what a unit, a currency or three zeros makes sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from cxgreetz.glossary._findings import StyleFinding, finding
from cxgreetz.glossary._spelling import Variant
from cxgreetz.model import Language

_UNITS: dict[Language, str] = {
    "nl": r"%|procent|miljoen|miljard|duizend|euro|dollar|keer|punt(?:en)?|sterren|kilo(?:meter)?|"
    r"meter|liter|jaar|seconden|minuten",
    "en": r"%|per ?cent|million|billion|thousand|euros?|dollars?|pounds?|times|points?|stars|"
    r"kilos?|kilomet(?:re|er)s?|met(?:re|er)s?|lit(?:re|er)s?|years?|seconds|minutes",
}
_MONEY = r"(?:€|\$|£|EUR|USD|GBP) ?"
_MONTHS: dict[Language, str] = {
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "en": "January February March April May June July August September October November December",
}
_DUTCH_SHORT = {"okt": 9, "mrt": 2, "dec": 11, "nov": 10, "sept": 8, "aug": 7, "feb": 1, "jan": 0}
#: What follows a date, and not the number of something ("By March 20 people had called").
_GOES_ON = re.compile(
    r"\s*(?:$|[.,;:!?)…–-]|(?:is|was|and|or|to|at|in|on|for|we|the|with|from|until|will|I|you)\b)"
)
_DAY = r"(?P<day>[12]\d|3[01]|0?[1-9])"


@cache
def _number_rules(language: Language) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The other language's thousands, and its decimals where a unit or currency makes sure."""
    group, point = (",", r"\.") if language == "nl" else (r"\.", ",")
    begins, ends = r"(?<![\w.,:/-])", r"(?![\w:/-]|[.,]\w)"
    thousands = (
        rf"{begins}(?:\d{{1,3}}(?:{group}\d{{3}})+{point}\d+|\d{{1,3}}(?:{group}\d{{3}}){{2,}}"
        rf"|[1-9]\d{{0,2}}{group}000){ends}"
    )
    amount = rf"\d{{1,6}}{point}\d{{1,2}}"
    decimals = (
        rf"{begins}{_MONEY}(?P<price>{amount}){ends}"
        rf"|{begins}(?P<measure>{amount})(?=[ \u00a0-]?(?:{_UNITS[language]})(?!\w))"
    )
    return re.compile(thousands), re.compile(decimals)


def find_numbers(text: str, language: Language) -> list[StyleFinding]:
    """Find 1,000.50 and 3.5 procent in Dutch, 1.000,50 and 3,5 percent in English."""
    thousands, decimals = _number_rules(language)
    spans = [match.span() for match in thousands.finditer(text)]
    for match in decimals.finditer(text):
        span = match.span("price" if match["price"] else "measure")
        if not any(start < span[1] and span[0] < end for start, end in spans):
            spans.append(span)
    swap = str.maketrans(".,", ",.")
    return [
        finding("number", text, start, end, text[start:end].translate(swap))
        for start, end in sorted(spans)
    ]


def find_dates(text: str, language: Language, variant: Variant | None = None) -> list[StyleFinding]:
    """Find dates in another form than the language's, and ones that two readers read apart.

    Dutch: "7 October" and "October 7" (7 oktober). English: "7 okt.", "7 oktober", and the
    order of day and month that `variant` does not want; None: the one used less in `text`.
    "10/7/2024" is found in English only, where it means two days.
    """
    rule = _dutch_dates if language == "nl" else _english_dates
    found = list(rule(text, variant))
    return sorted(found, key=lambda one: one.start)


def _months(language: Language) -> list[str]:
    return _MONTHS[language].split()


def _names(language: Language) -> str:
    return "|".join(_months(language))


def _dutch_dates(text: str, variant: Variant | None) -> Iterator[StyleFinding]:  # noqa: ARG001
    english = rf"(?P<month>{_names('en')}|Januari|Februari|Maart|Mei|Juni|Juli|Augustus|Oktober)"
    months = _months("nl")
    spelt = {m: n for n, m in enumerate(_months("en"))}
    spelt.update({m.capitalize(): n for n, m in enumerate(months)})
    year = r"(?:,? (?P<year>(?:19|20)\d\d))?"
    for order in (
        rf"(?<![\w.,]){_DAY}(?:st|nd|rd|th|e)? {english}(?!\w){year}",
        rf"(?<!\w){english} {_DAY}(?:st|nd|rd|th)?(?![\w:%]|[.,]\d){year}",
    ):
        for match in re.finditer(order, text):
            month = months[spelt[match["month"]]]
            words = [match["day"].lstrip("0"), month, match["year"] or ""]
            yield finding("date", text, *match.span(), " ".join(words).strip())


def _english_dates(text: str, variant: Variant | None) -> Iterator[StyleFinding]:
    day_first, month_first = [], []
    ordinal, year = "(?P<suffix>st|nd|rd|th)?", r"(?P<year>,? (?:19|20)\d\d)?"
    names = rf"(?P<month>{_names('en')})"
    for match in re.finditer(rf"(?<![\w.,/-]){_DAY}{ordinal} {names}(?!\w){year}", text):
        day_first.append(match)
    pattern = rf"(?<!\w){names} {_DAY}{ordinal}(?![\w:%/-]|[.,]\d){year}"
    taken = {match.start("month") for match in day_first}
    for match in re.finditer(pattern, text):
        sure = match["suffix"] or match["year"] or _GOES_ON.match(text, match.end())
        if sure and match.start("month") not in taken:
            month_first.append(match)
    if variant is None and day_first and month_first:
        variant = "en-GB" if len(day_first) >= len(month_first) else "en-US"
    for match in month_first if variant == "en-GB" else []:
        year_only = (match["year"] or "").strip(", ")
        words = f"{match['day'].lstrip('0')} {match['month']} {year_only}".strip()
        yield finding("date", text, *match.span(), words)
    for match in day_first if variant == "en-US" else []:
        year_only = (match["year"] or "").strip(", ")
        words = f"{match['month']} {match['day'].lstrip('0')}" + (year_only and f", {year_only}")
        yield finding("date", text, *match.span(), words)
    yield from _foreign_months(text, variant or "en-GB")
    for match in re.finditer(
        r"(?<![\w/])(0?[1-9]|1[0-2])/(0?[1-9]|1[0-2])/((?:19|20)\d\d)\b", text
    ):
        if int(match[1]) != int(match[2]):
            yield finding("date", text, *match.span(), "write the month as a word")


def _foreign_months(text: str, variant: Variant) -> Iterator[StyleFinding]:
    """Dutch months, and English ones with a small letter, after a day."""
    spelt = {m: n for n, m in enumerate(_months("nl"))} | _DUTCH_SHORT
    spelt |= {m.lower(): n for n, m in enumerate(_months("en"))}
    long = "|".join(m for m in spelt if m not in _DUTCH_SHORT)
    short = "|".join(_DUTCH_SHORT)
    pattern = rf"(?<![\w.,/-]){_DAY} (?:(?P<long>{long})(?!\w)|(?P<short>{short})\b(?:\.|(?=\W|$)))"
    for match in re.finditer(pattern, text):
        month = _months("en")[spelt[match["long"] or match["short"]]]
        day = match["day"].lstrip("0")
        written = f"{day} {month}" if variant == "en-GB" else f"{month} {day}"
        yield finding("date", text, *match.span(), written)
