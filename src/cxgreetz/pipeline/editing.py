"""What an editor writes into an edition: her letter, her subject, what she announces.

In: a workspace, a month, her words and her name. Out: the edition as it stands then, and a
record of what she changed. Never: a change to an email that a provider holds; one that two
people make at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cxgreetz import edition as editions
from cxgreetz.config import read_event
from cxgreetz.edition import edition_key
from cxgreetz.errors import HeldError, UsageError
from cxgreetz.model import Change, Edition, Event
from cxgreetz.pipeline.drafting import EditionReport, keep, stored_edition
from cxgreetz.pipeline.making import with_provider
from cxgreetz.pipeline.workspace import DONE, Workspace

#: How a change tells an edition before and after: the part of it that was changed.
Part = Callable[[Edition], Any]


def leave_out(
    workspace: Workspace, edition: str | None, piece: str, reason: str | None, *, by: str = ""
) -> EditionReport:
    """Leave a piece out of an edition with the reason, or take it in again (reason None)."""

    def part(of: Edition) -> str | None:
        return next((item.left_out for item in of.items if item.piece == piece), None)

    def leave(of: Edition) -> Edition:
        return editions.leave_out(of, piece, reason)

    return change(workspace, edition, "left out", piece, part, by, leave)


def write_letter(
    workspace: Workspace, edition: str | None, language: str, text: str, *, by: str = ""
) -> EditionReport:
    """Write the letter that opens an email; "" takes it away. Raises UsageError, HeldError."""
    _expect_language(workspace, language)
    letter = "\n".join(line.strip() for line in text.strip().splitlines())

    def write(of: Edition) -> Edition:
        return replace(of, greetings=_with(of.greetings, language, letter))

    def part(of: Edition) -> str:
        return of.greetings.get(language, "")

    return change(workspace, edition, "letter", language, part, by, write, language=language)


def write_subject(
    workspace: Workspace, edition: str | None, language: str, text: str, *, by: str = ""
) -> EditionReport:
    """Write the subject of an email; "": it is made of the lead's title again."""
    _expect_language(workspace, language)
    subject = " ".join(text.split())

    def write(of: Edition) -> Edition:
        return replace(of, subjects=_with(of.subjects, language, subject))

    def part(of: Edition) -> str:
        return of.subjects.get(language, "")

    return change(workspace, edition, "subject", language, part, by, write, language=language)


def change(
    workspace: Workspace,
    edition: str | None,
    kind: str,
    subject: str,
    part: Part,
    by: str,
    make: Callable[[Edition], Edition],
    *,
    language: str | None = None,
) -> EditionReport:
    """Change an edition, render it again and keep who did it.

    `part` gives what was changed, as JSON can hold it. Nothing is kept where nothing changed.
    Raises HeldError where the provider holds the edition already, or the one `language` that
    the change is about.
    """
    store = workspace.store
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    with store.lease(f"edition {key}", seconds=300):
        frozen = with_provider(store, key)
        if frozen and (language is None or any(language in name.split("+") for name in frozen)):
            told = f"{key} {language}" if language else key
            raise HeldError(f"{told} is with the provider already, and stays as it is")
        old = stored_edition(store, key)
        new = make(old)
        if new != old:
            store.add_change(
                Change(key, workspace.now(), by.strip(), kind, subject, part(old), part(new))
            )
        return keep(workspace, new)


def _expect_language(workspace: Workspace, language: str) -> None:
    known = workspace.languages
    if language not in known:
        raise UsageError(f"{language!r} is no language of this newsletter: {', '.join(known)}")


def _with(texts: Mapping[str, str], language: str, text: str) -> dict[str, str]:
    kept = {name: said for name, said in texts.items() if name != language}
    return kept | ({language: text} if text else {})


@dataclass(frozen=True)
class EventsReport:
    """What is announced: by the editor with its number, and in the workspace file."""

    numbered: Mapping[int, Event]
    in_file: tuple[Event, ...]
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
            ]
        }


def list_events(workspace: Workspace) -> EventsReport:
    """Everything that is announced, past or to come."""
    return EventsReport(workspace.store.events(), workspace.config.event_list())


def announce(workspace: Workspace, **values: object) -> EventsReport:
    """Announce something in the letters to come, by the names that an event has in the file.

    Raises UsageError for what is wrong with it, also a language in which it has no name.
    """
    event = read_event(**values)
    if lacking := [one for one in workspace.languages if not event.titles.get(one, "").strip()]:
        told = f"it has no name in {', '.join(lacking)}"
        raise UsageError(f"{told}; give it one: --{lacking[0]} NAME")
    workspace.store.add_event(event)
    return list_events(workspace)


def withdraw(workspace: Workspace, number: int) -> EventsReport:
    """Announce it no longer; raises UsageError for a number that is not there."""
    if not workspace.store.drop_event(number):
        known = ", ".join(map(str, workspace.store.events())) or "none"
        raise UsageError(f"there is no event {number}; there are: {known}")
    return list_events(workspace)
