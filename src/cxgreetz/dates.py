"""Read the dates that blogs write: exactly, or not at all.

In: what a feed or a page says ("7 oktober 2020 / 0 Reacties", RFC 822, ISO 8601).
Out: an aware moment in UTC, or None. Never: a guess.

Numbers are read day first, as both Dutch and British pages write them. A date that the
calendar does not have, a text with two different dates, a year before 1995 or a moment
more than a day ahead is refused: an undated post is found and dated by a person, a
wrongly dated one travels in the wrong edition.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

#: Where a moment without a zone is taken to be.
AMSTERDAM: tzinfo = ZoneInfo("Europe/Amsterdam")

_FIRST_YEAR = 1995

_MONTH_NAMES = (
    ("jan", "january", "januari"),
    ("feb", "febr", "february", "februari"),
    ("mar", "mrt", "march", "maart"),
    ("apr", "april"),
    ("may", "mei"),
    ("jun", "june", "juni"),
    ("jul", "july", "juli"),
    ("aug", "august", "augustus"),
    ("sep", "sept", "september"),
    ("oct", "okt", "october", "oktober"),
    ("nov", "november"),
    ("dec", "december"),
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}

#: RFC 822 (section 5.1) and the European names that feeds use beside it; hours from UTC.
_ZONES = {
    name: hours
    for hours, names in (
        (0, "z ut utc gmt wet"),
        (1, "cet met west bst"),
        (2, "cest mest eet"),
        (3, "eest"),
        (-4, "edt"),
        (-5, "est cdt"),
        (-6, "cst mdt"),
        (-7, "mst pdt"),
        (-8, "pst"),
    )
    for name in names.split()
}

_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DAY = r"(?<![\d.,:/-])(?P<day>\d{1,2})"
_ZONE = rf"(?:[+-]\d\d:?\d\d|(?:{'|'.join(_ZONES)})\b)"
_FULL_YEAR = r"(?:19|20)\d\d(?![\d/-])"
_YEAR = rf"(?P<year>{_FULL_YEAR})"
#: Two digits count as a year only where RFC 822 puts them: before a time with a zone.
_ANY_YEAR = rf"(?P<year>{_FULL_YEAR}|\d\d(?=\s+\d\d:\d\d(?::\d\d)?\s+{_ZONE}))"
_CLOCK = (
    r"(?:(?:,|\s|T|-|–|@|\bat\b|\bom\b|\baround\b|\brond\b)*"
    r"(?<!\d)(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?(?!\d)"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?"
    rf"(?:\s*(?P<zone>{_ZONE}))?)?"
)
_SHAPES = tuple(
    re.compile(shape + _CLOCK, re.IGNORECASE | re.ASCII)
    for shape in (
        r"(?<![\d/-])(?P<year>(?:19|20)\d\d)([-/])(?P<number>\d\d?)\2(?P<day>\d\d?)(?![\d/-])",
        rf"{_DAY}([-/.])(?P<number>\d{{1,2}})\2{_YEAR}",
        rf"{_DAY}(?:st|nd|rd|th|e|ste|de)?[\s.-]*(?:of\s+)?{_MONTH}[\s,-]*{_ANY_YEAR}",
        rf"\b{_MONTH}\s*{_DAY}(?:st|nd|rd|th)?(?:\s*,\s*|\s+){_YEAR}",
    )
)
#: A date after one of these says when the text was changed, not when it appeared.
_CHANGED = re.compile(
    r"(?:updated|modified|changed|edited|bijgewerkt|gewijzigd|aangepast|update)\W*(?:on|op|at)?\W*"
    r"(?:[a-z]{2,9}\W+)?$",
    re.IGNORECASE,
)


def parse_date(
    text: str | None, tz: tzinfo = AMSTERDAM, *, now: datetime | None = None
) -> datetime | None:
    """Find the one date in `text`; `tz` holds where the text names no zone.

    ISO 8601, RFC 822 and dates in Dutch or English words or numbers, anywhere in the
    text; weekday names are not looked at. A date without a time is the first moment that
    has that date both in `tz` and in UTC, so that nobody reads it as the day before.
    """
    text = (text or "")[:300].replace("\xa0", " ")
    found = set()
    for shape in _SHAPES:
        for match in shape.finditer(text):
            if not _CHANGED.search(text[: match.start()]):
                found.add(_moment(match, tz))
    moment = found.pop() if len(found) == 1 else None
    if moment is None:
        return None
    latest = (now or datetime.now(UTC)) + timedelta(days=1)
    return moment if datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC) <= moment <= latest else None


def _moment(match: re.Match[str], tz: tzinfo) -> datetime | None:
    """Put the parts of a match together; None when no calendar or clock has them."""
    part = match.groupdict()
    month = int(part["number"]) if part.get("number") else _MONTHS[part["month"].lower()]
    day = (_year(part["year"]), month, int(part["day"]))
    zone = _zone(part["zone"], tz)
    try:
        if not part["hour"]:
            midnights = datetime(*day, tzinfo=UTC), datetime(*day, tzinfo=zone)
            return max(moment.astimezone(UTC) for moment in midnights)
        hour, half = int(part["hour"]), (part["half"] or "").lower()
        if half and not 1 <= hour <= 12:
            return None
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        clock = (hour, int(part["minute"]), int(part["second"] or 0))
        return datetime(*day, *clock, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _year(digits: str) -> int:
    """RFC 5322, section 4.3: two digits below 50 are 2000 and later."""
    year = int(digits)
    return year if year > 99 else year + (2000 if year < 50 else 1900)


def _zone(name: str | None, tz: tzinfo) -> tzinfo:
    if not name:
        return tz
    if name[0] in "+-":
        digits = name[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if offset >= timedelta(hours=24):
            return tz
        return timezone(-offset if name[0] == "-" else offset)
    return timezone(timedelta(hours=_ZONES[name.lower()]))
