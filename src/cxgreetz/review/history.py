"""Who did what to an edition, in words: what people changed, approved, let stand, sent.

In: the store's changes, approvals and receipts. Out: lines for the page, the newest first, each
with how it was before and what it became. Never: a judgement of a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cxgreetz.model import Change
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.editions.correcting import CORRECTED
from cxgreetz.pipeline.editions.undoing import UNDONE
from cxgreetz.pipeline.mailing.asking import SENT_BACK
from cxgreetz.review.rows import EditionRow
from cxgreetz.review.words import Words
from cxgreetz.translation.bracketed import to_brackets

#: Each kind of change: its key in `words.toml`, after `did_` and `what_`.
KINDS: Mapping[str, str] = {
    "letter": "letter",
    "subject": "subject",
    "order": "order",
    "left out": "left_out",
    "sentences": "sentences",
    "taken in": "taken_in",
    "text": "text",
    "accepted": "accepted",
    "own text": "own_text",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that somebody did."""

    at: datetime | str
    text: str
    #: How it was and what it became; both "": there is nothing to compare.
    before: str = ""
    after: str = ""
    #: True: it was taken back later.
    undone: bool = False


class Teller:
    """Tells changes in the visitor's language."""

    def __init__(self, t: Words, titles: Mapping[str, str]) -> None:
        self._t, self._titles = t, titles

    def line(self, change: Change) -> Line:
        t = self._t
        by = change.by or t("somebody")
        if change.kind == SENT_BACK:
            return Line(change.at, t("did_sent_back", by=by, note=change.after))
        if change.kind == CORRECTED:
            email = t.email(change.subject)
            return Line(change.at, t("did_correct", by=by, language=email))
        if change.kind == UNDONE:
            text = t("did_undone", by=by, what=self._what(*_taken_apart(change.subject)))
        elif change.kind == "left out" and change.after is None:
            text = t("did_left_out_back", by=by, title=self._title(change.subject))
        else:
            text = self._did(change.kind, change.subject, by)
        before, after = self._told(change.before), self._told(change.after)
        return Line(change.at, text, before, after, change.undone and change.kind != UNDONE)

    def _did(self, kind: str, subject: str, by: str) -> str:
        if kind not in KINDS:
            return f"{by}: {kind} {subject}".strip()
        language, title = self._about(kind, subject)
        return self._t(f"did_{KINDS[kind]}", by=by, language=language, title=title)

    def _what(self, kind: str, subject: str) -> str:
        if kind not in KINDS:
            return f"{kind} {subject}".strip()
        language, title = self._about(kind, subject)
        return self._t(f"what_{KINDS[kind]}", language=language, title=title)

    def _about(self, kind: str, subject: str) -> tuple[str, str]:
        """The language and the title that a change speaks of; "" for what it does not."""
        if kind in ("letter", "subject"):
            return self._t.email(subject), ""
        if kind in ("text", "accepted", "own text"):
            language, _, rest = subject.partition(":")
            return self._t.email(language), self._title(rest.partition(":")[0])
        return "", self._title(subject)

    def _title(self, piece: str) -> str:
        return self._titles.get(piece, piece)

    def _told(self, part: Any) -> str:
        """A part of an edition as it is kept, in words."""
        if isinstance(part, list):
            titles = (self._title(str(one)) for one in part)
            return "\n".join(f"{place}. {title}" for place, title in enumerate(titles, 1))
        if isinstance(part, dict):
            return to_brackets(part["text"]) if "text" in part else str(part.get("words") or "")
        return "" if part is None or isinstance(part, bool) else str(part)


def read_history(
    workspace: Workspace, row: EditionRow, changes: Sequence[Change], t: Words, teller: Teller
) -> list[Line]:
    """Everything that was done to an edition, the newest first."""
    lines = [*map(teller.line, changes), *_approved(workspace, row, t), *_sent(row, t)]
    return sorted(lines, key=lambda line: _moment(line.at), reverse=True)


def since(changes: Sequence[Change], at: datetime, email: str, teller: Teller) -> list[Line]:
    """What was changed in an email after `at`, the newest first."""
    languages = email.split("+")
    return [
        teller.line(change)
        for change in changes
        if change.at >= at and (_language(change) or email) in (*languages, email)
    ]


def _language(change: Change) -> str:
    """The one language a change is about; "": all."""
    kind, subject = change.kind, change.subject
    if kind == UNDONE:
        kind, subject = _taken_apart(subject)
    is_one = kind in ("letter", "subject", "text", "accepted", "own text")
    return subject.partition(":")[0] if is_one else ""


def _taken_apart(subject: str) -> tuple[str, str]:
    """The kind and subject of the change that another one took back."""
    kind = next((k for k in KINDS if subject == k or subject.startswith(f"{k} ")), "")
    return kind, subject[len(kind) :].strip()


def _approved(workspace: Workspace, row: EditionRow, t: Words) -> Iterator[Line]:
    for name, (approval, _pieces) in workspace.store.approvals(row.key).items():
        by, provider = approval.by, approval.provider
        told = t("did_approve", by=by, language=t.email(name))
        if provider:
            told = t("did_approve_for", by=by, language=t.email(name), provider=provider)
        yield Line(approval.at, told)


def _sent(row: EditionRow, t: Words) -> Iterator[Line]:
    for email in row.emails:
        if (receipt := email.receipt) and receipt["state"] == "confirmed" and receipt["at"]:
            told = t("did_push", language=t.email(email.name), provider=receipt["provider"])
            yield Line(receipt["at"], told)


def _moment(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at
