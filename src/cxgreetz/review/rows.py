"""The rows that all pages show: an edition and its emails as they were drafted and approved.

In: an open workspace, and what `status` says of an edition. Out: plain values. Never: a
rendering, a check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cxgreetz.model import Approval
from cxgreetz.pipeline import Workspace

_LONGEST = 300


def shortened(text: str) -> str:
    """A title or a reason as a list shows it: nobody's is longer than this, but a hostile one."""
    return text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + "…"


def web_address(url: str) -> str:
    """`url` if a browser may be led there, else ""."""
    return url if re.match(r"https?://", url, re.I) else ""


@dataclass(frozen=True)
class EmailRow:
    """One email of an edition: what was drafted, approved and pushed."""

    name: str
    subject: str
    fingerprint: str
    #: Of these very bytes.
    approval: Approval | None
    #: Of earlier bytes, where the present ones have none.
    void: Approval | None
    #: provider, remote_id, state, fingerprint, at; None: never pushed.
    receipt: Mapping[str, Any] | None
    #: Of these very bytes, for another provider alone.
    rehearsed: Approval | None = None

    @property
    def slug(self) -> str:
        return self.name.replace("+", "-")


@dataclass(frozen=True)
class EditionRow:
    key: str
    state: str
    columns: int
    left_out: int
    emails: Sequence[EmailRow]


def edition_row(workspace: Workspace, status: Mapping[str, Any]) -> EditionRow:
    """Fill in what `status` leaves out: subjects, and approvals that no longer hold."""
    key, store = status["edition"], workspace.store
    approvals = store.approvals(key)
    emails = []
    for name in sorted(status["languages"], key=_order(workspace)):
        row = status["languages"][name]
        approval = approvals[name][0] if name in approvals else None
        holds = row["approved_by"] is not None
        emails.append(
            EmailRow(
                name,
                store.email(row["fingerprint"]).subject,
                row["fingerprint"],
                approval if holds else None,
                None if holds or row["rehearsed"] else approval,
                row["receipt"],
                approval if row["rehearsed"] else None,
            )
        )
    return EditionRow(key, status["state"], status["items"], status["left_out"], emails)


def _order(workspace: Workspace) -> Callable[[str], int]:
    """The newsletter's own order of languages; a name it no longer has comes last."""
    names = list(workspace.config.editions())
    return lambda name: names.index(name) if name in names else len(names)
