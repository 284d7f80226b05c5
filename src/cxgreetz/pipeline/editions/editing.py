"""What an editor writes into an edition: her letter, her subject, what she announces.

In: a workspace, a month, her words and her name. Out: the edition as it stands then, and a
record of what she changed. Never: a change to an email that a provider holds; one that two
people make at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cxgreetz import edition as editions
from cxgreetz.config import FILE, read_event
from cxgreetz.edition import edition_key
from cxgreetz.errors import HeldError, StaleError, UsageError
from cxgreetz.model import Change, Edition, Event, Piece, fingerprint
from cxgreetz.pipeline.editions.drafting import (
    EditionReport,
    effective_pieces,
    keep,
    stored_edition,
)
from cxgreetz.pipeline.editions.making import with_provider
from cxgreetz.pipeline.workspace import DONE, HELD, Workspace

#: What a form was made from, as `mark_of` gives it; None: nobody looked before.
Expected = str | None
#: What comes along with pasted text and no email or database can hold.
_IMPOSSIBLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def leave_out(
    workspace: Workspace,
    edition: str | None,
    piece: str,
    reason: str | None,
    *,
    by: str = "",
    expected: Expected = None,
) -> EditionReport:
    """Leave a piece out of an edition with the reason, or take it in again (reason None)."""

    def part(of: Edition) -> str | None:
        return next((item.left_out for item in of.items if item.piece == piece), None)

    def leave(of: Edition) -> Edition:
        return editions.leave_out(of, piece, reason)

    return change(workspace, edition, Edit("left out", piece, part, leave), by, expected)


def arrange(
    workspace: Workspace,
    edition: str | None,
    pieces: Sequence[str],
    *,
    by: str = "",
    expected: Expected = None,
) -> EditionReport:
    """Show `pieces` first and in this order; the first one is the lead."""

    def arranged(of: Edition) -> Edition:
        return editions.arrange(of, pieces)

    edit = Edit("order", "", lambda of: list(of.shown), arranged)
    return change(workspace, edition, edit, by, expected)


def shorten(
    workspace: Workspace,
    edition: str | None,
    piece: str,
    most: int | None,
    *,
    by: str = "",
    expected: Expected = None,
) -> EditionReport:
    """Show at most so many sentences of a piece; None: as many as there is room for."""

    def part(of: Edition) -> int | None:
        return next((item.sentences for item in of.items if item.piece == piece), None)

    def shortened(of: Edition) -> Edition:
        return editions.shorten(of, piece, most)

    return change(workspace, edition, Edit("sentences", piece, part, shortened), by, expected)


def older_pieces(workspace: Workspace, edition: str | None) -> list[tuple[Piece, datetime]]:
    """The pieces that no edition has carried or shows, and this one does not hold: newest first."""
    store = workspace.store
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    held = {item.piece for item in stored_edition(store, key).items} | set(store.spoken_for())
    found = [(piece, when) for piece, when in effective_pieces(store) if piece.key not in held]
    return sorted(found, key=lambda one: one[1], reverse=True)


def take_in(
    workspace: Workspace, edition: str | None, piece: str, *, by: str = ""
) -> EditionReport:
    """Take a piece of another time into an edition, or one that was left out.

    Raises UsageError for one that another edition carries.
    """
    store = workspace.store
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    if (other := store.spoken_for().get(piece, key)) != key:
        raise UsageError(f"{piece} goes out with {other}, and no column goes out twice")
    if piece not in {known.key for known in store.pieces()}:
        raise UsageError(f"there is no piece {piece!r}")

    if piece in {item.piece for item in stored_edition(store, key).items}:
        return leave_out(workspace, key, piece, None, by=by)

    def part(of: Edition) -> bool:
        return piece in of.shown

    def taken(of: Edition) -> Edition:
        return editions.take_in(of, piece)

    return change(workspace, key, Edit("taken in", piece, part, taken), by)


def write_letter(
    workspace: Workspace,
    edition: str | None,
    language: str,
    text: str,
    *,
    by: str = "",
    expected: Expected = None,
) -> EditionReport:
    """Write the letter that opens an email; "" takes it away. Raises UsageError, HeldError."""
    _expect_language(workspace, language)
    letter = "\n".join(_IMPOSSIBLE.sub(" ", line).strip() for line in text.splitlines()).strip()

    def write(of: Edition) -> Edition:
        return replace(of, greetings=with_text(of.greetings, language, letter))

    def part(of: Edition) -> str:
        return of.greetings.get(language, "")

    return change(workspace, edition, Edit("letter", language, part, write, language), by, expected)


def write_subject(
    workspace: Workspace,
    edition: str | None,
    language: str,
    text: str,
    *,
    by: str = "",
    expected: Expected = None,
) -> EditionReport:
    """Write the subject of an email; "": it is made of the lead's title again."""
    _expect_language(workspace, language)
    subject = " ".join(_IMPOSSIBLE.sub(" ", text).split())

    def write(of: Edition) -> Edition:
        return replace(of, subjects=with_text(of.subjects, language, subject))

    def part(of: Edition) -> str:
        return of.subjects.get(language, "")

    return change(
        workspace, edition, Edit("subject", language, part, write, language), by, expected
    )


@dataclass(frozen=True)
class DropReport:
    edition: str
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        return {"dropped": self.edition}


def drop(workspace: Workspace, edition: str) -> DropReport:
    """Forget an edition that was made by mistake; its columns stay where they were.

    Raises UsageError where there is none, HeldError where a provider holds an email of it.
    """
    store = workspace.store
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    with store.lease(f"edition {key}", seconds=300):
        stored_edition(store, key)
        if store.receipts(key):
            raise HeldError(f"{key} is with a provider, or on its way to one, and stays")
        store.drop_edition(key)
    return DropReport(key)


def mark_of(value: Any) -> str:
    """A short name for how something stands: another one when it is changed."""
    return fingerprint(value)[:12]


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one part of an edition."""

    kind: str
    #: What was changed: a language, a piece.
    subject: str
    #: Gives the part, as JSON can hold it.
    part: Callable[[Edition], Any]
    make: Callable[[Edition], Edition]
    #: The one language it is about; None: all.
    language: str | None = None


def change(
    workspace: Workspace,
    edition: str | None,
    edit: Edit,
    by: str = "",
    expected: Expected = None,
) -> EditionReport:
    """Change an edition, render it again and keep who did it; nothing where nothing changed.

    Raises HeldError where the provider holds the edition already, or the one language that
    the change is about; StaleError where the part is no longer what `expected` names.
    """
    store = workspace.store
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    with store.lease(f"edition {key}", seconds=300):
        expect_free(workspace, key, edit.language)
        old = stored_edition(store, key)
        new = edit.make(old)
        before, after = edit.part(old), edit.part(new)
        if expected is not None and expected != mark_of(before):
            raise stale(edit.kind, before, after)
        if new != old:
            store.add_change(
                Change(key, workspace.now(), by.strip(), edit.kind, edit.subject, before, after)
            )
        return keep(workspace, new)


def expect_free(workspace: Workspace, key: str, language: str | None) -> None:
    """Raise HeldError where the provider holds the edition, or its email in `language`."""
    frozen = with_provider(workspace.store, key)
    if frozen and (language is None or any(language in name.split("+") for name in frozen)):
        told = f"{key} {language}" if language else key
        raise HeldError(
            f"{told} is with the provider already, or on its way there, and stays as it is"
        )


def stale(kind: str, theirs: Any, mine: Any) -> StaleError:
    """Say that somebody else was there first, with both versions."""
    told = f"somebody changed this ({kind}) meanwhile; nothing was overwritten"
    return StaleError(told, theirs=_as_text(theirs), mine=_as_text(mine))


def _as_text(part: Any) -> str:
    if isinstance(part, list):
        return "\n".join(map(str, part))
    if isinstance(part, dict):
        return str(part["words"])
    return "" if part is None else str(part)


def _expect_language(workspace: Workspace, language: str) -> None:
    known = workspace.languages
    if language not in known:
        raise UsageError(f"{language!r} is no language of this newsletter: {', '.join(known)}")


def with_text(texts: Mapping[str, str], language: str, text: str) -> dict[str, str]:
    """Put a text in its language's place; "" takes it away."""
    kept = {name: said for name, said in texts.items() if name != language}
    return kept | ({language: text} if text else {})


@dataclass(frozen=True)
class EventsReport:
    """What is announced: by the editor with its number, and in the workspace file."""

    numbered: Mapping[int, Event]
    in_file: tuple[Event, ...]
    notes: Sequence[str] = ()
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        rows = [*self.numbered.items(), *((None, event) for event in self.in_file)]
        return {
            "events": [
                {
                    "id": number,
                    "kind": event.kind,
                    "title": dict(event.titles),
                    "day": event.day and event.day.isoformat(),
                    "note": dict(event.notes),
                    "link": dict(event.links),
                    "until": event.until and event.until.isoformat(),
                }
                for number, event in rows
            ],
            "notes": list(self.notes),
        }


def list_events(workspace: Workspace) -> EventsReport:
    """Everything that is announced, past or to come."""
    return EventsReport(workspace.store.events(), workspace.config.event_list())


def announce(workspace: Workspace, **values: object) -> EventsReport:
    """Announce something in the letters to come, by the names that an event has in the file.

    Raises UsageError for what is wrong with it, also a language in which it has no name. What
    is announced already is not announced twice; that, and a day that is past, a person is told.
    """
    event = read_event(**values)
    if lacking := [one for one in workspace.languages if not event.titles.get(one, "").strip()]:
        told = f"it has no name in {', '.join(lacking)}"
        raise UsageError(f"{told}; give it one: --{lacking[0]} NAME")
    listed, today = list_events(workspace), workspace.now().astimezone(workspace.config.zone).date()
    if event in (*listed.numbered.values(), *listed.in_file):
        place = next((f"event {n}" for n, e in listed.numbered.items() if e == event), FILE)
        return replace(listed, notes=[f"it is announced already ({place})"], exit_code=HELD)
    number = workspace.store.add_event(event)
    if (last := event.until or event.day) and last < today:
        told = f"{last} is past, and no letter to come tells it; if that is wrong: cxgreetz event"
        return replace(
            list_events(workspace), notes=[f"{told} remove {number}, then add"], exit_code=HELD
        )
    return replace(list_events(workspace), notes=_ask_for_draft(workspace))


def withdraw(workspace: Workspace, number: int) -> EventsReport:
    """Announce it no longer; raises UsageError for a number that is not there."""
    known = workspace.store.events()
    if number not in known or not workspace.store.drop_event(number):
        there = ", ".join(map(str, known)) or "none"
        raise UsageError(f"there is no event {number}; there are: {there}")
    return replace(list_events(workspace), notes=_ask_for_draft(workspace))


def _ask_for_draft(workspace: Workspace) -> list[str]:
    """What is announced stands in no email that was drafted before."""
    store = workspace.store
    newest = max((edition.key for edition in store.editions()), default=None)
    if newest is None or with_provider(store, newest) >= store.drafts(newest).keys():
        return []
    return [f"{newest} was drafted before this; draft it again with: cxgreetz draft {newest}"]
