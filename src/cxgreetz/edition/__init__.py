"""What a month's newsletter holds (`choosing`), and how each piece appears in it (`laying_out`).

In: pieces, translations, an editor's wishes. Out: an Edition, an EmailView per language.
Never: network, SQL, a clock, markup of an email.
"""

from cxgreetz.edition.choosing import (
    NO_ROOM,
    Candidate,
    arrange,
    compose,
    leave_out,
    mend,
    put_over,
    shorten,
    take_in,
)
from cxgreetz.edition.excerpts import excerpt
from cxgreetz.edition.laying_out import Letterhead, counted, lay_out, whole_texts
from cxgreetz.edition.months import closing_time, edition_key, parse_when

__all__ = [
    "NO_ROOM",
    "Candidate",
    "Letterhead",
    "arrange",
    "closing_time",
    "compose",
    "counted",
    "edition_key",
    "excerpt",
    "lay_out",
    "leave_out",
    "mend",
    "parse_when",
    "put_over",
    "shorten",
    "take_in",
    "whole_texts",
]
