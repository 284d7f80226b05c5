"""Ask a person for approval of an edition, and take the answer.

In: a workspace, a month, a person's word. Out: the request as it stands. Never: an approval by
anybody but a person; a second request for one edition; twice the news that the same bytes
are ready.

An edition has one request, for the bytes its emails had when it was made. Whoever runs the month
may write into it what waits for the answer; whichever way a person approves answers it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cxgreetz.edition import edition_key, parse_when
from cxgreetz.errors import HeldError, StaleError, UsageError
from cxgreetz.model import Approval, Change, EditionKey, Request, fingerprint, iso
from cxgreetz.notices import Undelivered
from cxgreetz.pipeline.editions.drafting import (
    EditionReport,
    approve,
    asked_for,
    check,
    settle,
    state_of,
    stored_edition,
)
from cxgreetz.pipeline.editions.keeping import approved, rehearsed
from cxgreetz.pipeline.workspace import DONE, Workspace

_LOG = logging.getLogger(__name__)
#: The kind of change that a rejection is kept as.
SENT_BACK = "sent back"
APPROVE, REJECT = "approve", "reject"


def request_json(request: Request | None) -> dict[str, Any] | None:
    """A request as `status --json` tells it."""
    if request is None:
        return None
    return {
        "asked_at": iso(request.asked_at),
        "fingerprints": dict(request.fingerprints),
        "run": request.run,
        "times": request.times,
        "reminded": request.reminded,
        "reminded_at": iso(request.reminded_at),
        "answered_at": iso(request.answered_at),
        "decision": request.decision,
        "by": request.by,
        "note": request.note,
        "send_at": request.send_at,
        "provider": request.provider,
    }


@dataclass(frozen=True)
class AskReport:
    """What a person is asked, and the emails that it is asked of."""

    request: Request | None
    shown: EditionReport
    newsletter: str
    url: str
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        return self.shown.as_json() | {
            "newsletter": self.newsletter,
            "url": self.url,
            "request": request_json(self.request),
        }


@dataclass(frozen=True)
class AnswerReport:
    """What a person answered, and the approvals that hold now, by email."""

    request: Request
    approvals: Mapping[str, Approval]
    #: Whom the notice of it did not reach.
    undelivered: Sequence[Undelivered] = ()
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        return {
            "edition": self.request.edition,
            "request": request_json(self.request),
            "approved_by": {email: approval.by for email, approval in self.approvals.items()},
            "undelivered": [str(failure) for failure in self.undelivered],
        }


def find_request(workspace: Workspace, *, edition: str = "", run: str = "") -> Request | None:
    """The request for `edition`, or the one that `run` has made, answered or not."""
    found = workspace.store.requests()
    return next((r for r in found if r.edition == edition or (run and r.run == run)), None)


def ask_and_show(
    workspace: Workspace, edition: str, *, run: str = "", why: str = "", provider: str = ""
) -> AskReport:
    """Ask as `ask` does, in the place of any run that waited, and give what is asked about."""
    request = ask(workspace, edition, run=run, takeover=True, why=why, provider=provider)
    config = workspace.config
    url = config.review_address(edition)
    return AskReport(request, check(workspace, edition), config.newsletter.name, url)


def ask(
    workspace: Workspace,
    edition: str | None = None,
    *,
    run: str = "",
    takeover: bool = False,
    why: str = "",
    provider: str = "",
) -> Request | None:
    """Ask for the approval of an edition's emails as they are now, and tell that they are ready.

    Asked again for the same bytes it is the same request, and nobody is told twice; what is
    approved already comes back answered. `run` names what waits for the answer. None: the
    edition shows nothing, so there is nothing to ask. `why` an answer could not be taken: so
    it is put once more. `provider`, where it is another than the newsletter's own, is whom the
    answer is for alone: a rehearsal. Of that question and the one for readers the later takes
    the place of one that nobody has answered. Raises HeldError where another run waits for the
    same edition, unless this one takes its place (`takeover`).
    """
    store, now = workspace.store, workspace.now()
    key = edition_key(edition, now, workspace.config.zone)
    if not stored_edition(store, key).shown:
        return None
    prints = _fingerprints(workspace, key)
    whom = rehearsed(workspace, provider)
    is_approved = state_of(workspace, key, whom) != "draft"

    def made(before: Request | None) -> Request:
        if before is None:
            return Request(key, now, prints, run, provider=whom)
        waits = before.run if not before.decision else ""
        if run and waits and waits != run and not takeover:
            raise HeldError(
                f"{key} is being asked for already: {waits} waits for the answer; approve or "
                "reject it there, or on the editor's page"
            )
        # What is answered for readers, or sent back, is so for a rehearsal as well.
        is_same = before.provider == whom or (before.decision and not before.provider)
        is_same = is_same and before.fingerprints == prints
        if is_same and (is_approved or before.decision != APPROVE):
            return replace(before, run=run or before.run, times=before.times + bool(why))
        return Request(key, now, prints, run or waits, before.times + 1, provider=whom)

    request = store.change_request(key, made)
    assert request is not None
    request = settle(workspace, key) or request
    if not request.decision:
        _tell_ready(workspace, request, why)
    return request


def answer(
    workspace: Workspace,
    edition: str,
    decision: str,
    *,
    by: str,
    note: str = "",
    send_at: str = "",
    expected: Mapping[str, str] | None = None,
    provider: str | None = None,
) -> AnswerReport:
    """Take a person's answer: "approve", or "reject" with a note to the editor.

    `expected` are the fingerprints, by email, of what she was shown: StaleError where one is
    another by now. `send_at` is when it is to be sent, for whoever pushes it (`time_to_send`). To
    approve what is approved changes nothing. `provider` is whom an approval is for, as for
    `approve`; in a rehearsal no time can be named. To reject voids the approvals of whatever is
    not at a provider, nor on its way there. Raises HeldError and UsageError as `approve` does,
    and UsageError for a time that the provider cannot be told.
    """
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    by, note = by.strip(), note.strip()
    if not by:
        raise UsageError("an answer needs the name of a person: --by NAME")
    undelivered: Sequence[Undelivered] = ()
    if decision == APPROVE:
        whom = asked_for(workspace, key) if provider is None else rehearsed(workspace, provider)
        if send_at and whom:
            raise UsageError(f"{whom} only writes files to look at; leave the time empty")
        if send_at:
            from cxgreetz.pipeline.mailing.delivering import check_time

            check_time(workspace, send_at)
        _approve(workspace, key, by, expected, send_at, whom)
    elif decision == REJECT:
        undelivered = _reject(workspace, key, by, note, expected)
    else:
        raise UsageError(f'{decision!r} is no answer; it is "{APPROVE}" or "{REJECT}"')
    request = workspace.store.request(key)
    assert request is not None
    return AnswerReport(request, approved(workspace, key, request.provider), undelivered)


def open_requests(workspace: Workspace) -> Sequence[Request]:
    """The requests that wait: nobody has answered with a yes for the newsletter's readers."""
    settled = (settle(workspace, one.edition) for one in workspace.store.requests())
    return [request for request in settled if request and not request.is_approved]


def time_to_send(workspace: Workspace, edition: str) -> str:
    """When the approved emails of an edition are to be sent; "": nobody named a time to come.

    It holds for the bytes that it was named for, and no others.
    """
    request, config = workspace.store.request(edition), workspace.config
    if request is None or not request.is_approved or not request.send_at:
        return ""
    now_there = {email: one.fingerprint for email, one in approved(workspace, edition).items()}
    if now_there != request.fingerprints:
        return ""
    if parse_when(request.send_at, config.zone) <= workspace.now():
        _LOG.warning("%s: %s has passed, so no time is set", edition, request.send_at)
        return ""
    return request.send_at


def _approve(
    workspace: Workspace,
    key: EditionKey,
    by: str,
    expected: Mapping[str, str] | None,
    send_at: str,
    whom: str,
) -> None:
    prints, now = _fingerprints(workspace, key), workspace.now()
    # A push freezes what is approved; to say so once more changes nothing.
    is_draft = state_of(workspace, key, whom) == "draft"
    if is_draft or (expected is not None and expected != prints):
        approve(workspace, key, by=by, expected=expected, provider=whom)
    asked = Request(key, now, prints, provider=whom)
    workspace.store.change_request(key, lambda was: None if was else asked)
    settle(workspace, key)
    if send_at:

        def timed(request: Request | None) -> Request | None:
            return request and replace(request, fingerprints=prints, send_at=send_at)

        workspace.store.change_request(key, timed)


def _reject(
    workspace: Workspace,
    key: EditionKey,
    by: str,
    note: str,
    expected: Mapping[str, str] | None,
) -> Sequence[Undelivered]:
    store, now = workspace.store, workspace.now()
    if not note:
        raise UsageError("say what is to be changed: --note TEXT")
    # Nothing is on its way to the provider while its approval is taken away.
    with store.lease("push", seconds=60), store.lease(f"edition {key}", seconds=60):
        prints = _fingerprints(workspace, key)
        for email, now_there in prints.items():
            if expected is not None and expected.get(email) != now_there:
                told = f"{key} {email} was changed since it was shown; look at it again"
                raise StaleError(told, theirs=now_there, mine=expected.get(email, ""))
        # An approval is also what the pieces of a receipt are held by, so there it must stay.
        gone = {receipt.language for receipt in store.receipts(key)}
        if gone.issuperset(prints):
            told = f"{key} is with the provider already, or on its way there"
            raise HeldError(f"{told}, and stays as it is")
        voided = {email: a.by for email, a in approved(workspace, key).items() if email not in gone}
        before = store.request(key)
        word, said = (REJECT, by, note), before and (before.decision, before.by, before.note)
        if before and said == word and before.fingerprints == prints and not voided:
            return ()  # the same word once more

        def rejected(request: Request | None) -> Request:
            request = request or Request(key, now, prints)
            return replace(
                request,
                fingerprints=prints,
                answered_at=now,
                decision=REJECT,
                by=by,
                note=note,
                send_at="",
                provider="",
            )

        # Those of earlier bytes too, which may come back.
        store.drop_approvals(key, prints.keys() - gone)
        was = {"approved": voided} if voided else None
        # Marked as one that is not taken back: an approval answers it.
        store.add_change(Change(key, now, by, SENT_BACK, "", was, note, undone=True))
        store.change_request(key, rejected)
    return _tell_sent_back(workspace, key, by, note)


def _fingerprints(workspace: Workspace, key: EditionKey) -> dict[str, str]:
    """The bytes that each email of an edition has now; raises UsageError for one missing."""
    stored_edition(workspace.store, key)
    drafts, emails = workspace.store.drafts(key), workspace.config.editions()
    if missing := [email for email in emails if email not in drafts]:
        told = f"{key} has no email {', '.join(missing)} yet"
        raise UsageError(f"{told}; make it with: cxgreetz draft {key}")
    return {email: drafts[email].fingerprint for email in emails}


def _tell_ready(workspace: Workspace, request: Request, why: str) -> None:
    """Tell that emails wait, once; each time an answer could not be taken, and `why`."""
    from cxgreetz.pipeline.mailing import telling

    key, page = request.edition, workspace.config.review_address(request.edition)
    rows = telling.rows_of(workspace, key, request.fingerprints)
    about = f"ready {key} {fingerprint(sorted(request.fingerprints.items()))}"
    about += f" for {request.provider}" if request.provider else ""
    if why:
        workspace.store.note_told(about, workspace.now())
        note = telling.retell(workspace, "not_taken", why)
        notice = telling.write(workspace, "not_taken", month=key, rows=rows, url=page, note=note)
        telling.tell(workspace, notice)
        return
    facts = {"month": key, "rows": rows, "url": page}
    if whom := request.provider:
        facts |= {"provider": whom, "own": workspace.config.provider.name}
    notice = telling.write(workspace, "rehearsal" if whom else "ready", **facts)
    telling.tell_once(workspace, about, notice)


def _tell_sent_back(
    workspace: Workspace, key: EditionKey, by: str, note: str
) -> Sequence[Undelivered]:
    from cxgreetz.pipeline.mailing import telling

    page = workspace.config.review_address(key)
    notice = telling.write(workspace, "sent_back", month=key, by=by, note=note, url=page)
    return telling.tell(workspace, notice).undelivered
