"""Which month is meant, and until when it takes in what appears.

In: what a person typed, the present moment, a time zone. Out: an EditionKey, a moment in
UTC. Never: a clock.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cxgreetz.errors import UsageError
from cxgreetz.model import (
    EditionKey,
)


def edition_key(text: str | None, now: datetime, zone: ZoneInfo) -> EditionKey:
    """Read "2026-11"; None is the month of `now` in `zone`. Raises UsageError."""
    if text is None:
        return EditionKey(f"{now.astimezone(zone):%Y-%m}")
    if not re.fullmatch(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise UsageError(f"{text!r} is no edition; write a month, for example 2026-11")
    return EditionKey(text)


def closing_time(text: str | None, key: EditionKey, now: datetime, zone: ZoneInfo) -> datetime:
    """When an edition closes: as asked, else now, but not after its month has ended.

    `text` is a date (its whole day counts) or a date and time, in `zone` unless it names
    another. Raises UsageError.
    """
    year, month = (int(part) for part in key.split("-"))
    if text is None:
        last = calendar.monthrange(year, month)[1]
        end = datetime(year, month, last, 23, 59, 59, tzinfo=zone)
        return min(now, end).astimezone(UTC)
    return parse_when(text, zone, whole_day=True)


def parse_when(text: str, zone: ZoneInfo, *, whole_day: bool = False) -> datetime:
    """Read "2026-11-22" or "2026-11-22T09:00" into UTC; raises UsageError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        example = "2026-11-22 or 2026-11-22T09:00"
        raise UsageError(f"{text!r} is no date; write it like {example}") from None
    if len(text) == len("2026-11-22") and whole_day:
        moment = moment.replace(hour=23, minute=59, second=59)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise UsageError(f"{text!r} is too far away to be a date of a newsletter") from None
