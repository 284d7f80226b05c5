"""Decide what a month's newsletter holds, and change that as an editor asks.

In: pieces with their times, what earlier editions carried, an editor's wishes. Out: an
Edition. Never: network, SQL, a clock, a word of a piece.

An edition takes every piece that no earlier edition carried, up to its closing time: late
finds travel in the next one, none is lost and none goes twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cxgreetz.edition.laying_out import PANEL_ITEMS
from cxgreetz.errors import UsageError
from cxgreetz.model import (
    Edition,
    EditionKey,
    Item,
    Piece,
    mend_key,
)

#: Why the program itself left a piece out: it is asked again at every refresh.
NO_ROOM = "no room in this email, which would be cut off; it goes into the next edition"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A piece and the time that places it in a month."""

    piece: Piece
    effective: datetime


def compose(
    key: EditionKey,
    candidates: Iterable[Candidate],
    spoken_for: Mapping[str, str],
    closing: datetime,
    previous: Edition | None = None,
    *,
    start: datetime | None = None,
    closing_is_fixed: bool = False,
) -> Edition:
    """Choose the pieces of an edition, newest first.

    `spoken_for` says which edition has carried a piece or has begun to. What the editor did
    to `previous` (left out, written by hand) is kept; what only found no room is taken in
    again. Nothing from before `start` enters.
    """
    added = previous.added if previous else ()
    chosen = [
        c
        for c in candidates
        if (
            c.piece.key in added
            or ((start is None or start <= c.effective) and c.effective <= closing)
        )
        and spoken_for.get(c.piece.key, key) == key
    ]
    chosen.sort(key=lambda c: (-c.effective.timestamp(), c.piece.key))
    before = {item.piece: item for item in previous.items} if previous else {}
    items = [before.get(c.piece.key) or Item(c.piece.key) for c in chosen]
    items = [replace(i, left_out=None) if i.left_out == NO_ROOM else i for i in items]
    if previous is None:
        return Edition(key, tuple(items), closing, closing_is_fixed=closing_is_fixed)
    return replace(
        previous,
        items=_ordered(items, previous.order),
        closing=closing,
        closing_is_fixed=closing_is_fixed,
    )


def _ordered(items: Iterable[Item], order: Sequence[str]) -> tuple[Item, ...]:
    """Put the pieces that `order` names first, in its order; the others stay as they are."""
    places = {piece: place for place, piece in enumerate(order)}
    return tuple(sorted(items, key=lambda item: places.get(item.piece, len(places))))


def arrange(edition: Edition, pieces: Sequence[str]) -> Edition:
    """Show `pieces` first and in this order, the others after them as they stood.

    The first one is the lead. Raises UsageError for a piece that is not shown, or named twice.
    """
    if len(set(pieces)) != len(pieces):
        raise UsageError("a piece stands twice in the order")
    for piece in pieces:
        _expect(edition, piece)
    rest = [piece for piece in edition.shown if piece not in pieces]
    order = (*pieces, *rest)
    return replace(edition, items=_ordered(edition.items, order), order=order)


def take_in(edition: Edition, piece: str) -> Edition:
    """Take in a piece of another time, at the end."""
    if piece in {item.piece for item in edition.items}:
        return leave_out(edition, piece, None)
    items = (*edition.items, Item(piece))
    return replace(edition, items=items, added=(*edition.added, piece))


def shorten(edition: Edition, piece: str, most: int | None) -> Edition:
    """Show at most so many sentences of a piece; None: as many as its place has room for."""
    if most is not None and most < 1:
        raise UsageError(f"{most} sentences are none; to show nothing of it, leave it out")
    _expect(edition, piece)
    items = tuple(
        replace(item, sentences=most) if item.piece == piece else item for item in edition.items
    )
    return replace(edition, items=items)


def mend(edition: Edition, language: str, original: str, html: str) -> Edition:
    """Show `html` where the author wrote `original`; the same again takes the mending away."""
    key = mend_key(language, original)
    kept = {name: text for name, text in edition.mended.items() if name != key}
    return replace(edition, mended=kept | ({key: html} if html != original else {}))


def _expect(edition: Edition, piece: str) -> None:
    if piece not in {item.piece for item in edition.items}:
        known = ", ".join(item.piece for item in edition.items) or "none"
        raise UsageError(f"{piece!r} is not in edition {edition.key}; its pieces are: {known}")


def leave_out(edition: Edition, piece: str, reason: str | None) -> Edition:
    """Leave a piece out with the reason, or take it in again (None). Raises UsageError."""
    _expect(edition, piece)
    items = tuple(
        replace(item, left_out=reason) if item.piece == piece else item for item in edition.items
    )
    return replace(edition, items=items)


def put_over(edition: Edition, count: int) -> Edition:
    """Leave `count` pieces to the next edition for want of room: of the short reads, the newest.

    What waited longest goes first, so that no piece is put over month after month.
    """
    late = set(edition.shown[1 + PANEL_ITEMS :][:count])
    items = tuple(
        replace(item, left_out=NO_ROOM) if item.piece in late else item for item in edition.items
    )
    return replace(edition, items=items)
