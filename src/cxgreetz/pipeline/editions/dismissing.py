"""A person's word that a warning may stand; and that word taken back.

In: a workspace, a month, the names of findings. Out: the edition as it stands then. Never: an
error dismissed; a dismissal that outlives the text it was about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cxgreetz.edition import edition_key
from cxgreetz.errors import HeldError, UsageError
from cxgreetz.model import Dismissal, EditionKey, Finding, Severity
from cxgreetz.pipeline.editions.drafting import EditionReport, check, stored_edition
from cxgreetz.pipeline.editions.keeping import approval_of
from cxgreetz.pipeline.editions.making import Press, with_provider
from cxgreetz.pipeline.workspace import Workspace


def dismiss_findings(
    workspace: Workspace, edition: str | None, findings: Sequence[str], *, reason: str, by: str
) -> EditionReport:
    """Let the warnings named by `findings` (their ids) stand, all or none.

    Raises UsageError without a name or a reason, and for what is no warning of the edition.
    """
    if not by.strip():
        raise UsageError("a dismissal needs the name of a person: --by NAME")
    if not reason.strip():
        raise UsageError("a dismissal needs its reason: --reason TEXT")
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    with workspace.store.lease(f"edition {key}", seconds=300):
        found = _named(check(workspace, key), findings, _of_a_correction(workspace, key))
        for one in found:
            if one.severity is Severity.ERROR:
                told = f"{one.id} is an error and cannot be dismissed"
                raise UsageError(f"{told}: {one.message}; {one.remedy}")
            if one.severity is Severity.INFO:
                raise UsageError(f"{one.id} is only shown and needs no dismissal: {one.message}")
        at = workspace.now()
        workspace.store.save_dismissals(
            Dismissal(one.about, one.check, by.strip(), reason.strip(), at) for one in found
        )
        return check(workspace, key)


def restore_findings(
    workspace: Workspace, edition: str | None, findings: Sequence[str]
) -> EditionReport:
    """Take dismissals back: the warnings wait for a person again.

    An approval that stood on them ends, also one of earlier bytes, which may come back. Raises
    UsageError, and HeldError where a provider has such an email, or may have it.
    """
    key = edition_key(edition, workspace.now(), workspace.config.zone)
    with workspace.store.lease(f"edition {key}", seconds=300):
        report = check(workspace, key)
        found = _named(report, findings)
        for one in found:
            if one.dismissal is None:
                raise UsageError(f"{one.id} was not dismissed: {one.message}")
        store, about = workspace.store, {one.about for one in found}
        emails = [
            name
            for name, built in report.built.items()
            if any(finding.about in about for finding in built.findings)
        ]
        # Its approval is what its pieces are held by, so it must stay, and the word as well.
        if gone := sorted({receipt.language for receipt in store.receipts(key)} & set(emails)):
            told = f"{key} {', '.join(gone)} is with the provider already, or on its way there"
            raise HeldError(f"{told}; its warnings stay as they were judged")
        drafts, approvals = store.drafts(key), store.approvals(key)
        ended = [name for name in emails if approval_of(drafts, approvals, name)]
        store.drop_dismissals(about, key, emails)
        report = check(workspace, key)
        if not ended:
            return report
        note = f"the approval of {', '.join(ended)} ends with it; approve it again"
        return replace(report, notes=[*report.notes, note])


def _of_a_correction(workspace: Workspace, key: EditionKey) -> list[Finding]:
    """What the checks find in the emails that went out, as they would be corrected today."""
    if not with_provider(workspace.store, key):
        return []
    edition = stored_edition(workspace.store, key)
    built = Press(workspace, edition).build(edition)
    return [finding for one in built.values() for finding in one.findings]


def _named(
    report: EditionReport, names: Sequence[str], more: Sequence[Finding] = ()
) -> list[Finding]:
    """The findings, `more` among them, that `names` name: each by its id or a clear beginning
    of it."""
    key = report.edition.key
    if report.behind:
        raise UsageError("; ".join(report.notes))
    known = [finding for built in report.built.values() for finding in built.findings]
    known += more
    found: dict[str, Finding] = {}
    for name in names:
        hits = {f.about: f for f in known if name and f.id.startswith(name.lower())}
        if not hits:
            raise UsageError(
                f"{key} has no finding {name!r}; they are told by: cxgreetz check {key}"
            )
        if len(hits) > 1:
            raise UsageError(f"{name!r} names several findings of {key}; write one in full")
        found |= hits
    return list(found.values())
