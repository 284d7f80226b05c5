"""Dates as blogs write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgreetz.dates import parse_date

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        # ISO 8601
        ("2020-10-12T10:00:00+02:00", at(2020, 10, 12, 8)),
        ("2020-10-12T08:00:00.123Z", at(2020, 10, 12, 8)),
        ("2020-10-12T08:00:00-0500", at(2020, 10, 12, 13)),
        ("2020-10-12 10:00:00", at(2020, 10, 12, 8)),
        ("2020-01-12T10:00", at(2020, 1, 12, 9)),
        ("2020-10-12", at(2020, 10, 12)),
        ("2020/10/07", at(2020, 10, 7)),
        # RFC 822 and what feeds make of it
        ("Wed, 07 Oct 2020 06:00:00 +0000", at(2020, 10, 7, 6)),
        ("Wed, 07 Oct 2020 06:00:00 GMT", at(2020, 10, 7, 6)),
        ("07 Oct 20 06:00 GMT", at(2020, 10, 7, 6)),
        ("07 Oct 97 06:00:00 EST", at(1997, 10, 7, 11)),
        ("Wed, 07 Oct 2020 08:00:00 CEST", at(2020, 10, 7, 6)),
        ("wo, 07 okt 2020 08:00:00 +0200", at(2020, 10, 7, 6)),
        # words
        ("wo, 07 okt 2020", at(2020, 10, 7)),
        ("7 oktober 2020 / 0 Reacties", at(2020, 10, 7)),
        ("7 okt. 2020", at(2020, 10, 7)),
        ("7-okt-2020", at(2020, 10, 7)),
        ("17\xa0september\xa02015", at(2015, 9, 17)),
        ("1 mei 2020 om 14.30 uur", at(2020, 5, 1, 12, 30)),
        ("Geplaatst op 3 mrt 2021 door Anna", at(2021, 3, 3)),
        ("October 7th, 2020", at(2020, 10, 7)),
        ("October 7, 2020 at 8:30 pm", at(2020, 10, 7, 18, 30)),
        ("May 1, 2020 12:05 a.m.", at(2020, 4, 30, 22, 5)),
        ("the 1st of May 2020", at(2020, 5, 1)),
        # numbers, day first
        ("07-10-2020 08:00", at(2020, 10, 7, 6)),
        ("7.10.2020", at(2020, 10, 7)),
        ("07/10/2020", at(2020, 10, 7)),
        # one date twice, and the date of a change beside it
        ("1 May 2020, and again 1 May 2020", at(2020, 5, 1)),
        ("Published 7 October 2020, last updated on Friday 9 October 2020", at(2020, 10, 7)),
        ("7 oktober 2020 (bijgewerkt: 9 oktober 2020)", at(2020, 10, 7)),
    ],
)
def test_reads_exactly(text: str, moment: datetime) -> None:
    assert parse_date(text, now=NOW) == moment


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "7 oktober",
        "oktober 2020",
        "2020",
        "gisteren",
        "31 februari 2020",
        "29 February 2021",
        "2020-13-01",
        "10/25/2020",  # month first: read day first it is no date, and it is not turned round
        "7 oktober 2020 - 9 oktober 2020",
        "31 February 2020 or 1 March 2020",
        "1 mei 2020 25:61",
        "1 May 2020 13:00 pm",
        "Order 12-3-2020-45",
        "1.2.3.2020",
        "20-10-12",
        "12 mei 1970",
        "1 januari 1994",
        "12 mei 2036",
        "24 november 2026",
    ],
)
def test_refuses_what_is_not_exact(text: str | None) -> None:
    assert parse_date(text, now=NOW) is None


def test_a_day_ahead_is_a_matter_of_clocks() -> None:
    assert parse_date("2026-11-23T03:59:00Z", now=NOW) is not None
    assert parse_date("2026-11-23T04:01:00Z", now=NOW) is None


def test_a_date_without_time_is_the_same_day_there_and_in_utc() -> None:
    for name in ("Europe/Amsterdam", "America/New_York", "Asia/Tokyo", "UTC"):
        zone = ZoneInfo(name)
        found = parse_date("12 October 2020", zone, now=NOW)
        assert found is not None
        assert (found.day, found.astimezone(zone).day) == (12, 12)


def test_the_zone_named_in_the_text_wins() -> None:
    amsterdam = parse_date("12 October 2020 10:00", now=NOW)
    named = parse_date("12 October 2020 10:00 +0200", ZoneInfo("Asia/Tokyo"), now=NOW)
    assert amsterdam == named == at(2020, 10, 12, 8)


@given(st.datetimes(datetime(1995, 1, 2), datetime(2026, 11, 20)), st.sampled_from(["nl", "en"]))
def test_what_is_written_is_read(moment: datetime, language: str) -> None:
    months = {
        "nl": "januari februari maart april mei juni juli augustus september oktober november "
        "december",
        "en": "January February March April May June July August September October November "
        "December",
    }[language].split()
    written = f"{moment.day} {months[moment.month - 1]} {moment.year}"
    found = parse_date(f"op {written} / 3 reacties", now=NOW)
    assert found is not None
    assert found.date() == moment.date()
    assert parse_date(f"{moment.isoformat()}+00:00", now=NOW) == moment.replace(
        microsecond=0, tzinfo=UTC
    )


@given(st.text(max_size=400))
def test_any_text_gives_a_moment_or_none(text: str) -> None:
    found = parse_date(text, now=NOW)
    assert found is None or found <= NOW + timedelta(days=1)
