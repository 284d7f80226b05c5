"""The last change of an edition, taken back.

In: a workspace, a month, a name. Out: the edition as it stands then; the history keeps both.
Never: a change taken back that a later one was built on; an email that a provider holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cxgreetz import edition as editions
from cxgreetz.edition import edition_key
from cxgreetz.errors import StaleError, UsageError
from cxgreetz.model import Change, Edition
from cxgreetz.pipeline.editions.drafting import EditionReport, keep, stored_edition
from cxgreetz.pipeline.editions.editing import expect_free, with_text
from cxgreetz.pipeline.editions.mending import take_back
from cxgreetz.pipeline.workspace import Workspace

#: Of a change that took another one back.
UNDONE = "undone"


def read_changes(workspace: Workspace, edition: str | None) -> Sequence[Change]:
    """Who changed what in an edition, the newest first."""
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    return workspace.store.changes(key)


def undo(
    workspace: Workspace, edition: str | None, *, by: str = "", expected: int | None = None
) -> EditionReport:
    """Take the last change back that was not taken back yet. Raises UsageError, HeldError.

    `expected` is the number of the change that a person was shown as the last one; StaleError
    where it is another by now. Cut off anywhere, it is ended by the next one.
    """
    store = workspace.store
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    with store.lease(f"edition {key}", seconds=300):
        last = next((c for c in store.changes(key) if not c.undone and c.kind != UNDONE), None)
        if last is None:
            raise UsageError(f"there is nothing to take back in {key}")
        if expected is not None and expected != last.id:
            said = "another change is the last one by now; nothing was taken back"
            raise StaleError(said, theirs=f"{last.kind} {last.subject}".strip(), mine="")
        expect_free(workspace, key, _language(last))
        edition_now = stored_edition(store, key)
        if back := _BACK.get(last.kind):
            edition_now = back(edition_now, last.subject, last.before)
            if last.kind == "order" and not _was_ordered(store.changes(key), last):
                # The pieces stand as they would by themselves, and so do those to come.
                edition_now = replace(edition_now, order=())
        else:
            take_back(workspace, last)
        report = keep(workspace, edition_now)
        # Last, and in one stroke: whoever was cut off before it does the same once more.
        subject = f"{last.kind} {last.subject}".strip()
        told = Change(
            key, workspace.now(), by.strip(), UNDONE, subject, last.after, last.before, True
        )
        store.undo_change(last.id, told)
        return report


def _was_ordered(changes: Sequence[Change], last: Change) -> bool:
    """Whether a person had put the pieces in an order before `last` already."""
    return any(c.kind == "order" and not c.undone and c.id != last.id for c in changes)


def _language(told: Change) -> str | None:
    """The one language that a change was about."""
    by_language = told.kind in ("letter", "subject", "text", "accepted", "own text")
    return told.subject.partition(":")[0] if by_language else None


def _letter_back(of: Edition, language: str, before: Any) -> Edition:
    return replace(of, greetings=with_text(of.greetings, language, before))


def _subject_back(of: Edition, language: str, before: Any) -> Edition:
    return replace(of, subjects=with_text(of.subjects, language, before))


def _order_back(of: Edition, _subject: str, before: Any) -> Edition:
    return editions.arrange(of, [piece for piece in before if piece in of.shown])


def _taken_in_back(of: Edition, piece: str, _before: Any) -> Edition:
    items = tuple(item for item in of.items if item.piece != piece)
    return replace(of, items=items, added=tuple(one for one in of.added if one != piece))


def _own_text_back(of: Edition, _subject: str, before: Any) -> Edition:
    key, html = before["key"], before["html"]
    kept = {name: text for name, text in of.mended.items() if name != key}
    return replace(of, mended=kept | ({key: html} if html is not None else {}))


#: How each kind of change is taken back: from its subject and how it was.
_BACK: Mapping[str, Callable[[Edition, str, Any], Edition]] = {
    "letter": _letter_back,
    "subject": _subject_back,
    "left out": lambda of, piece, before: editions.leave_out(of, piece, before),
    "sentences": lambda of, piece, before: editions.shorten(of, piece, before),
    "order": _order_back,
    "taken in": _taken_in_back,
    "own text": _own_text_back,
}
