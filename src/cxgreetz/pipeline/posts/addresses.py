"""What a source's address says of itself: that it moved for good, that it is gone.

In: the address in the workspace file, what was noted of it, what it answered now. Out: the
address to ask, one line for a person, the note to keep. Never: a request, a changed file.

A redirect called permanent is often undone the next day, and an address that was taken
over redirects too: so a move is followed for a week before it is believed (the old address
is asked all that time), and given up when what it leads to no longer answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cxgreetz.model import address_key
from cxgreetz.net import Outcome
from cxgreetz.store import AddressNote

WEEK = timedelta(days=7)

Notes = Mapping[str, AddressNote]


def address_to_ask(url: str, notes: Notes, now: datetime) -> str:
    """Give the address that `url` has moved to, if that is believed by now; else `url`."""
    note = notes.get(url)
    if note and note.moved_to and now >= _believed(note):
        return note.moved_to
    return url


def is_resting(url: str, notes: Notes, now: datetime) -> bool:
    """Whether an address is gone and was asked within the last week."""
    note = notes.get(url)
    return note is not None and note.gone and now < note.asked + WEEK


def say_gone(note: AddressNote) -> str:
    """Say that an address is gone, and what to do."""
    return (
        f"{note.url} is gone for good (it says so since {_day(note.since)}); remove the source "
        f"or name its new address; this one is asked again on {_day(note.asked + WEEK)}"
    )


def say_moved(note: AddressNote, now: datetime) -> str:
    """Say where an address has moved, and what is done about it."""
    if now >= _believed(note):
        done = "which is asked from now on"
    else:
        done = f"which is asked from {_day(_believed(note))} if that stays so"
    return (
        f"{note.url} has moved for good to {note.moved_to}, {done}; name it in the workspace file"
    )


def learn(
    url: str, notes: Notes, outcome: Outcome | None, now: datetime, *, read: bool
) -> AddressNote | None:
    """Give the note to keep of an address that was asked; None: there is nothing to note.

    `read`: what it led to was read as a source; a move to anything else is no move.
    """
    note = notes.get(url)
    was_gone = note is not None and note.gone
    if outcome is None:
        return note
    if outcome.gone:
        return AddressNote(url, True, None, note.since if note and was_gone else now, now)
    if not read:
        return None if was_gone else note
    if not outcome.moved_to:
        return None
    known = note is not None and note.moved_to == outcome.moved_to
    return AddressNote(url, False, outcome.moved_to, note.since if note and known else now, now)


def _believed(note: AddressNote) -> datetime:
    """When a move is believed; the same page by https is the same page at once."""
    old, new = urlsplit(note.url), urlsplit(note.moved_to or "")
    secured = (old.scheme, new.scheme) == ("http", "https") and old.hostname == new.hostname
    same = secured and address_key(note.url) == address_key(note.moved_to or "")
    return note.since if same else note.since + WEEK


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
