"""Assemble an edition, render it, check it, and take a person's approval of its bytes.

In: a workspace and a month. Out: the edition as it stands, with its emails and findings.
Never: a choice of pieces or words (`edition` decides), an approval of what has errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cxgreetz import checks
from cxgreetz import edition as editions
from cxgreetz.edition import NO_ROOM, Candidate, edition_key
from cxgreetz.errors import HeldError, StaleError, UsageError
from cxgreetz.model import (
    Approval,
    Edition,
    EditionKey,
    Finding,
    Piece,
    Request,
    iso,
)
from cxgreetz.pipeline.editions.keeping import approved, keep_letters, rehearsed
from cxgreetz.pipeline.editions.looking import follow, links_shown
from cxgreetz.pipeline.editions.making import Built, Press, with_provider
from cxgreetz.pipeline.editions.pictures import fetch_pictures
from cxgreetz.pipeline.workspace import DONE, HELD, Workspace
from cxgreetz.ports import Progress, no_progress
from cxgreetz.store import Store


@dataclass(frozen=True)
class EditionReport:
    edition: Edition
    state: str
    built: Mapping[str, Built]
    notes: Sequence[str] = ()
    #: The emails whose draft is older than what is stored: to be drafted again.
    behind: Sequence[str] = ()

    @property
    def open_warnings(self) -> Sequence[Finding]:
        """The warnings that keep it from being approved until a person has dismissed them."""
        return [f for built in self.built.values() for f in built.findings if f.is_open]

    @property
    def exit_code(self) -> int:
        """1 while an error blocks approval; warnings wait for a person, and block no run."""
        blocked = any(checks.blocks_approval(b.findings) for b in self.built.values())
        return HELD if blocked else DONE

    def as_json(self) -> dict[str, Any]:
        return {
            "edition": self.edition.key,
            "state": self.state,
            "closing": iso(self.edition.closing),
            "languages": {
                language: {
                    "subject": built.email.subject,
                    "preheader": built.email.preheader,
                    "fingerprint": built.email.fingerprint,
                    "items": [
                        {
                            "piece": item.key,
                            "title": item.title,
                            "url": item.url,
                            "origin": item.origin,
                        }
                        for view in built.views
                        for item in view.items
                    ],
                    "findings": [
                        {
                            "id": f.id,
                            "check": f.check,
                            "severity": f.severity,
                            "where": f.where,
                            "message": f.message,
                            "remedy": f.remedy,
                            "piece": f.piece,
                            "paragraph": f.paragraph,
                            "excerpt": f.excerpt,
                            "dismissed": f.dismissal
                            and {
                                "by": f.dismissal.by,
                                "reason": f.dismissal.reason,
                                "at": iso(f.dismissal.at),
                            },
                        }
                        for f in built.findings
                    ],
                }
                for language, built in self.built.items()
            },
            "left_out": [
                {"piece": item.piece, "reason": item.left_out}
                for item in self.edition.items
                if item.left_out is not None
            ],
            "notes": list(self.notes),
        }


def draft(
    workspace: Workspace, edition: str | None = None, *, closing: str | None = None
) -> EditionReport:
    """Assemble or refresh an edition and keep its emails.

    An email that a provider holds already is not changed, and neither are then the pieces
    of its edition. Raises UsageError for a wrong month or closing time.
    """
    store, zone, now = workspace.store, workspace.config.zone, workspace.now()
    key = edition_key(edition, now, zone)
    with store.lease(f"edition {key}", seconds=300):
        previous = store.edition(key)
        if previous and with_provider(store, key):
            told = f"{key} is with the provider already, or on its way there"
            note = f"{told}; what is new goes into the next edition"
            return keep(workspace, previous, [note])
        fixed = closing is not None or bool(previous and previous.closing_is_fixed)
        if previous and closing is None and fixed:
            closes = previous.closing
        else:
            closes = editions.closing_time(closing, key, now, zone)
        candidates = [Candidate(piece, effective) for piece, effective in effective_pieces(store)]
        composed = editions.compose(
            key,
            candidates,
            store.spoken_for(),
            closes,
            previous,
            start=workspace.config.start,
            closing_is_fixed=fixed,
        )
        shown = set(composed.shown)
        fetch_pictures(workspace, [c.piece for c in candidates if c.piece.key in shown])
        press = Press(workspace, composed)
        composed = press.fit(composed)
        present = edition_key(None, now, zone)
        notes = [] if key == present else [f"{key} is not the present month, {present}"]
        if late := [item.piece for item in composed.items if item.left_out == NO_ROOM]:
            notes.append(f"no room in {key} for {', '.join(late)}: the next edition takes it")
        return keep(workspace, composed, notes, press)


def check(workspace: Workspace, edition: str | None = None) -> EditionReport:
    """The preflight of an edition as it was drafted; raises UsageError where there is none."""
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    found = stored_edition(workspace.store, key)
    return _report(workspace, found, Press(workspace, found).build(found))


def preflight(
    workspace: Workspace,
    edition: str | None = None,
    *,
    fresh: bool = False,
    progress: Progress = no_progress,
) -> EditionReport:
    """The same after the links of its emails were followed; `fresh` follows every one again.

    The other verbs look at what this one found out: an approval asks nobody anything.
    """
    report = check(workspace, edition)
    shown = [links_shown(built.views, built.email) for built in report.built.values()]
    links = set().union(*shown)
    followed, late = follow(workspace, links, fresh=fresh, progress=progress)
    if followed:
        report = check(workspace, report.edition.key)
    if not late:
        return report
    told = f"there was no time to follow {late} of the links; go on with: cxgreetz check"
    return replace(report, notes=[*report.notes, told])


def stored_edition(store: Store, key: EditionKey) -> Edition:
    found = store.edition(key)
    if found is None:
        raise UsageError(f"there is no edition {key} yet; make it with: cxgreetz draft {key}")
    return found


def effective_pieces(store: Store) -> list[tuple[Piece, datetime]]:
    """Every piece with the earliest time that one of its posts counts from."""
    times: dict[str, datetime] = {}
    for stored in store.posts():
        if stored.piece and stored.effective:
            times[stored.piece] = min(stored.effective, times.get(stored.piece, stored.effective))
    return [(piece, times[piece.key]) for piece in store.pieces() if piece.key in times]


def keep(
    workspace: Workspace, edition: Edition, notes: Sequence[str] = (), press: Press | None = None
) -> EditionReport:
    """Keep an edition and the emails made of it, but for those a provider holds."""
    store, frozen = workspace.store, with_provider(workspace.store, edition.key)
    store.save_edition(edition)
    built = (press or Press(workspace, edition)).build(edition)
    for language, one in built.items():
        if language not in frozen:
            store.save_draft(one.email, edition.shown)
    return _report(workspace, edition, built, notes)


def _report(
    workspace: Workspace,
    edition: Edition,
    built: Mapping[str, Built],
    notes: Sequence[str] = (),
) -> EditionReport:
    """An edition with the emails that were kept, and where `built`, made now, differs."""
    store = workspace.store
    drafts, frozen = store.drafts(edition.key), with_provider(store, edition.key)
    shown, behind = {}, []
    for language, one in built.items():
        kept = drafts.get(language)
        if kept and kept.fingerprint == one.email.fingerprint:
            shown[language] = one
            continue
        if kept:
            # Findings belong to the very email that is shown; those of this one are history.
            one = replace(one, email=store.email(kept.fingerprint), findings=())
        shown[language] = one
        if language not in frozen:
            behind.append(language)
    told = [_say_behind(language, edition.key) for language in behind]
    state = state_of(workspace, edition.key)
    return EditionReport(edition, state, shown, [*notes, *told], behind)


def _say_behind(language: str, key: EditionKey) -> str:
    return (
        f"{language}: posts, translations or templates have changed since the draft; "
        f"refresh it with: cxgreetz draft {key}"
    )


def state_of(workspace: Workspace, key: str, provider: str = "") -> str:
    """draft, approved or pushed: what all emails of the edition have reached.

    For a rehearsal's `provider`: what they have reached for that one.
    """
    store, names = workspace.store, workspace.config.editions()
    confirmed = {r.language for r in store.receipts(key) if r.state == "confirmed"}
    if confirmed.issuperset(names):
        return "pushed"
    return "approved" if approved(workspace, key, provider).keys() >= set(names) else "draft"


def say_waiting(key: EditionKey, waiting: Mapping[str, Finding]) -> str:
    """Name the open warnings that keep an edition from being approved, with what to do."""
    one = len(waiting) == 1
    told = ", ".join(f"{name} ({f.where}: {f.message})" for name, f in waiting.items())
    return (
        f"edition {key} has {'a warning' if one else f'{len(waiting)} warnings'} that nobody has "
        f"dismissed: {told}; mend {'it' if one else 'them'}, or: cxgreetz finding dismiss "
        f"{' '.join(waiting)} --edition {key} --reason WHY --by NAME"
    )


@dataclass(frozen=True)
class ApproveReport:
    edition: EditionKey
    approvals: Mapping[str, Approval]
    #: The emails that the rehearsal these are for still waits for.
    waits_for: Sequence[str] = ()
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        return {
            "edition": self.edition,
            "waits_for": list(self.waits_for),
            "languages": {
                language: {
                    "fingerprint": approval.fingerprint,
                    "approved_by": approval.by,
                    "at": iso(approval.at),
                    "approved_for": approval.provider or None,
                }
                for language, approval in self.approvals.items()
            },
        }


def approve(
    workspace: Workspace,
    edition: str,
    *,
    by: str,
    language: str | None = None,
    expected: Mapping[str, str] | None = None,
    provider: str | None = None,
) -> ApproveReport:
    """Approve the bytes of an edition's emails as they are now, in one language or all.

    `provider` names whom it is for where that is another than the newsletter's own: a rehearsal,
    and for everything else no approval. None: whom the question that waits is about.

    `expected` are the fingerprints, by email, of what a person was shown; StaleError where one
    of them is another by now. Raises HeldError when an error blocks it, a warning waits for a
    person's word, or the draft is behind what is stored, and UsageError for an unknown edition
    or language.
    """
    if not by.strip():
        raise UsageError("an approval needs the name of a person: --by NAME")
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    with workspace.store.lease(f"edition {key}", seconds=300):
        report = check(workspace, key)
        if provider is None:
            whom = asked_for(workspace, key, language)
        else:
            whom = rehearsed(workspace, provider)
        given = _approve(workspace, report, by.strip(), language, expected, whom)
        settle(workspace, key)
        if not any(one.provider for one in given.approvals.values()):
            return given
        there = approved(workspace, key, whom)
        return replace(given, waits_for=[name for name in report.built if name not in there])


def asked_for(workspace: Workspace, key: str, language: str | None = None) -> str:
    """The rehearsal's provider that an answer now is for alone; "": it is for readers.

    So is one about a `language` whose email the rehearsal has already, while others keep it
    waiting.
    """
    request = workspace.store.request(key)
    whom = request.provider if request and not request.decision else ""
    return "" if language in approved(workspace, key, whom) else whom


def settle(workspace: Workspace, key: str) -> Request | None:
    """Give what was asked of an edition, as its approvals have it by now.

    It is answered as soon as every email is approved, and waits again where an approval no
    longer holds and nothing has gone to a provider yet.
    """
    store = workspace.store
    before = store.request(key)
    if before is None:
        return None
    if before.provider and state_of(workspace, key) != "draft":
        # A yes for readers is one for a rehearsal as well; an hour named in one is not for them.
        settled = _answered(workspace, replace(before, provider="", send_at=""))
        return store.change_request(key, lambda now: settled if now == before else now)
    is_draft = state_of(workspace, key, before.provider) == "draft"
    if is_draft != (before.decision == "approve"):
        return before
    if is_draft and store.receipts(key):
        return before
    settled = _asked_again(before) if is_draft else _answered(workspace, before)
    # Unless somebody asked or answered a moment ago.
    return store.change_request(key, lambda now: settled if now == before else now)


def _asked_again(request: Request) -> Request:
    """As new, counted from the approval that ended; where that was a rehearsal's, it is over."""
    asked = request.answered_at or request.asked_at
    return replace(
        request,
        asked_at=asked,
        reminded=0,
        reminded_at=None,
        answered_at=None,
        decision="",
        by="",
        send_at="",
        provider="",
    )


def _answered(workspace: Workspace, request: Request) -> Request:
    """Answered by whoever approved the last email."""
    names = workspace.config.editions()
    kept = workspace.store.approvals(request.edition).values()
    approvals = [approval for approval, _pieces in kept if approval.language in names]
    if not approvals:
        return request
    # Of two in one second the one that was kept later.
    last = max(enumerate(approvals), key=lambda one: (one[1].at, one[0]))[1]
    return replace(
        request,
        fingerprints={approval.language: approval.fingerprint for approval in approvals},
        answered_at=last.at,
        decision="approve",
        by=last.by,
        note="",
    )


def _approve(
    workspace: Workspace,
    report: EditionReport,
    by: str,
    language: str | None,
    expected: Mapping[str, str] | None,
    provider: str,
) -> ApproveReport:
    store, key, names = workspace.store, report.edition.key, list(report.built)
    if language is not None and language not in names:
        raise UsageError(f"{language!r} is no email of this newsletter; it has: {', '.join(names)}")
    wanted = [language] if language else names
    # What went out as it was approved stays so, and keeps nobody from approving the others.
    frozen = with_provider(store, key) & set(wanted)
    held = approved(workspace, key, provider)
    standing = {name: one for name, one in held.items() if name in frozen}
    if unapproved := sorted(frozen - standing.keys()):
        told = f"{key} {', '.join(unapproved)} is with the provider already, or on its way there"
        raise HeldError(f"{told}; approve the others one by one with --language")
    for name in wanted:
        now = report.built[name].email.fingerprint
        if expected is not None and expected.get(name) != now:
            told = f"{key} {name} was changed since it was shown; look at it, then approve"
            raise StaleError(told, theirs=now, mine=expected.get(name, ""))
    wanted = [name for name in wanted if name not in standing]
    if behind := [_say_behind(name, key) for name in wanted if name in report.behind]:
        raise HeldError("; ".join(behind))
    errors = [
        f"{finding.where}: {finding.message} ({finding.remedy})"
        for name in wanted
        for finding in report.built[name].findings
        if finding.severity == "error"
    ]
    if errors:
        raise HeldError(f"edition {key} cannot be approved yet:\n" + "\n".join(errors))
    waiting = {f.id: f for name in wanted for f in report.built[name].findings if f.is_open}
    if waiting:
        raise HeldError(say_waiting(key, waiting))
    approvals: dict[str, Approval] = {}
    for name in wanted:
        # Of the email that was checked a moment ago, whatever is drafted meanwhile.
        checked = report.built[name].email.fingerprint
        if (before := held.get(name)) and before.fingerprint == checked:
            approvals[name] = before  # who said so first
            continue
        approvals[name] = Approval(key, name, checked, by, workspace.now(), provider)
        store.save_approval(approvals[name], report.edition.shown)
    # What was approved in a rehearsal has no page.
    views = {n: report.built[n].views for n in wanted if not approvals[n].provider}
    keep_letters(workspace, Press(workspace, report.edition), report.edition, views, approvals)
    return ApproveReport(key, {**standing, **approvals})
