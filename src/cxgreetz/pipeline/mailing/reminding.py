"""Remind people of an edition that waits for their approval.

In: a workspace; the clock. Out: who was reminded of which edition. Never: an approval, a word to
a reader, two reminders of one edition a day, however often and by however many it is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cxgreetz.model import EditionKey, Request
from cxgreetz.notices import Notice, Undelivered
from cxgreetz.pipeline.mailing.asking import REJECT, open_requests
from cxgreetz.pipeline.mailing.telling import rows_of, tell, write
from cxgreetz.pipeline.workspace import DONE, FAILED, Workspace

#: A day, to a clock that comes round every hour and may come a little early.
_DAY = timedelta(hours=23, minutes=30)
#: So many reminders go to those who get every notice; the later ones to the second addresses.
_FIRST = 2


class Whom(StrEnum):
    NOBODY = ""
    FIRST = "urls"
    SECOND = "second"


@dataclass(frozen=True)
class Reminded:
    edition: EditionKey
    #: The how-manieth reminder it is.
    number: int
    whom: Whom
    undelivered: Sequence[Undelivered]


@dataclass(frozen=True)
class RemindReport:
    reminded: Sequence[Reminded] = ()

    @property
    def exit_code(self) -> int:
        return FAILED if any(one.undelivered for one in self.reminded) else DONE

    def as_json(self) -> dict[str, Any]:
        return {
            "reminded": [
                {
                    "edition": one.edition,
                    "number": one.number,
                    "to": one.whom,
                    "undelivered": [str(failure) for failure in one.undelivered],
                }
                for one in self.reminded
            ]
        }


def whom_to_remind(request: Request, now: datetime, days: int) -> Whom:
    """Who is due to be reminded of a request now.

    First `days` days after it was asked, once more a day later, then every day the second
    addresses; after an approval for readers nobody.
    """
    if request.is_approved or now < request.asked_at + timedelta(days=days):
        return Whom.NOBODY
    if request.reminded_at is not None and now < request.reminded_at + _DAY:
        return Whom.NOBODY
    return Whom.FIRST if request.reminded < _FIRST else Whom.SECOND


def remind(workspace: Workspace) -> RemindReport:
    """Remind of every edition that has waited long enough; nothing where nothing is due.

    A reminder is noted before it is sent, so that of two calls at once one sends it. What
    reached nobody is taken back, and sent by the next call.
    """
    if not workspace.config.notice_addresses():
        return RemindReport()
    done = (_remind(workspace, request.edition) for request in open_requests(workspace))
    return RemindReport([one for one in done if one])


def _remind(workspace: Workspace, key: EditionKey) -> Reminded | None:
    store, now, config = workspace.store, workspace.now(), workspace.config
    whom = Whom.NOBODY

    def noted(request: Request | None) -> Request | None:
        nonlocal whom
        whom = whom_to_remind(request, now, config.notify.days) if request else Whom.NOBODY
        if request is None or not whom:
            return None
        return replace(request, reminded=request.reminded + 1, reminded_at=now)

    before = store.request(key)
    request = store.change_request(key, noted)
    if request is None:
        return None
    addresses = config.notice_addresses(whom) or config.notice_addresses()
    report = tell(workspace, _notice(workspace, request), addresses)
    if not report.told:

        def as_before(now_there: Request | None) -> Request | None:
            if now_there is None or before is None or now_there.reminded_at != now:
                return None
            return replace(now_there, reminded=before.reminded, reminded_at=before.reminded_at)

        store.change_request(key, as_before)
    return Reminded(key, request.reminded, whom, report.undelivered)


def _notice(workspace: Workspace, request: Request) -> Notice:
    key, page = request.edition, workspace.config.review_address(request.edition)
    rows = rows_of(workspace, key, request.fingerprints)
    if request.decision == REJECT:
        by, note = request.by, request.note
        return write(workspace, "reminder_back", month=key, rows=rows, url=page, by=by, note=note)
    day = request.asked_at.astimezone(workspace.config.zone).date()
    return write(workspace, "reminder", month=key, rows=rows, url=page, day=day)
