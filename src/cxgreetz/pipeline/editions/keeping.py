"""Keep what an approved email was made of, so that its page on the web says the same.

In: an edition, what its emails were made of, their approvals. Out: letters in the store.
Never: a letter that nobody approved.

An email is kept as HTML and plain text, and what it was made of goes on changing: columns,
translations, the template. So that is kept too, at the moment of the approval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cxgreetz.model import Approval, Change, Edition, EmailView, Letter
from cxgreetz.pipeline.editions.making import Press
from cxgreetz.pipeline.workspace import Workspace
from cxgreetz.store import Draft


def keep_letters(
    workspace: Workspace,
    press: Press,
    edition: Edition,
    made_of: Mapping[str, Sequence[EmailView]],
    approvals: Mapping[str, Approval],
    corrected: datetime | None = None,
    changes: Sequence[Change] = (),
) -> None:
    """Keep what emails were made of; of those without an approval nothing.

    `corrected` is when that was, where these are not what was approved but its correction;
    `changes`, who said so, are kept with them.
    """
    # The same bytes approved once more were approved when they were first.
    marks = [approval.fingerprint for approval in approvals.values()]
    first = {
        one.fingerprint: one.at for one in workspace.store.letters(marks) if not one.view.corrected
    }
    letters = (
        Letter(
            view,
            press.whole_texts(edition, view),
            approvals[name].fingerprint,
            corrected or first.get(approvals[name].fingerprint, approvals[name].at),
        )
        for name, views in made_of.items()
        if name in approvals
        for view in views
    )
    workspace.store.save_letters(letters, changes)


def standing_approvals(workspace: Workspace, edition: Edition) -> dict[str, Approval]:
    """The approvals that hold, by email: of its draft, or of what a provider has.

    What went out in another layout than the workspace file has now went out all the same.
    """
    store, key = workspace.store, edition.key
    drafts, approvals = store.drafts(key), store.approvals(key)
    sent = {r.language: r.fingerprint for r in store.receipts(key) if r.remote_id}
    current = workspace.config.editions()
    found: dict[str, Approval] = {}
    for name in (*current, *(one for one in sorted(sent) if one not in current)):
        if {one for known in found for one in known.split("+")} & set(name.split("+")):
            continue
        held = approval_of(drafts, approvals, name)
        if held is None and name in sent and name in approvals:
            approval, _pieces = approvals[name]
            held = approval if approval.fingerprint == sent[name] else None
        if held:
            found[name] = held
    return found


def approved(workspace: Workspace, key: str, provider: str = "") -> dict[str, Approval]:
    """The approvals that hold, by email; for a rehearsal's `provider` those for it too."""
    drafts, kept = workspace.store.drafts(key), workspace.store.approvals(key)
    emails = workspace.config.editions()
    found = {email: approval_of(drafts, kept, email, provider) for email in emails}
    return {email: approval for email, approval in found.items() if approval}


def approval_of(
    drafts: Mapping[str, Draft],
    approvals: Mapping[str, tuple[Approval, tuple[str, ...]]],
    language: str,
    provider: str = "",
) -> Approval | None:
    """The approval that holds: of the very bytes of the current draft.

    One for another provider alone counts for nothing but that `provider`'s files.
    """
    kept, approval = drafts.get(language), approvals.get(language)
    if kept is None or approval is None or approval[0].fingerprint != kept.fingerprint:
        return None
    return approval[0] if approval[0].provider in ("", provider) else None


def rehearsed(workspace: Workspace, provider: str) -> str:
    """The provider of a rehearsal; "" where it is the newsletter's own, or none is named."""
    return "" if provider == workspace.config.provider.name else provider
