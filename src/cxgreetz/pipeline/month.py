"""The whole month in one verb, and where everything stands.

In: a workspace. Out: the reports of the verbs, or a summary of the store. Never: anything
of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cxgreetz.edition import edition_key
from cxgreetz.model import Edition, Receipt, iso
from cxgreetz.pipeline.editions.drafting import EditionReport, draft, preflight, state_of
from cxgreetz.pipeline.editions.keeping import approval_of
from cxgreetz.pipeline.mailing.asking import request_json
from cxgreetz.pipeline.posts.gathering import GatherReport, gather
from cxgreetz.pipeline.words.translating import TranslateReport, translate
from cxgreetz.pipeline.workspace import DONE, Workspace
from cxgreetz.ports import Progress, no_progress

#: What appeared since is for the next edition; longer ago, a day's reading was missed.
_FRESH = timedelta(hours=12)


@dataclass(frozen=True)
class RunReport:
    gathered: GatherReport
    translated: TranslateReport
    drafted: EditionReport

    @property
    def exit_code(self) -> int:
        return max(self.gathered.exit_code, self.translated.exit_code, self.drafted.exit_code)

    def as_json(self) -> dict[str, Any]:
        return {
            "gather": self.gathered.as_json(),
            "translate": self.translated.as_json(),
            "draft": self.drafted.as_json(),
        }


def run(
    workspace: Workspace,
    edition: str | None = None,
    *,
    links: bool = True,
    progress: Progress = no_progress,
) -> RunReport:
    """Gather, translate, draft and check: everything that needs no person.

    Without `links` none of the emails' links is followed.
    """
    edition_key(edition, workspace.now(), workspace.config.zone)
    gathered = gather(workspace, progress=progress)
    translated = translate(workspace, progress=progress)
    drafted = draft(workspace, edition)
    if links:
        checked = preflight(workspace, drafted.edition.key, progress=progress)
        notes = dict.fromkeys([*drafted.notes, *checked.notes])
        drafted = replace(checked, notes=list(notes))
    return RunReport(gathered, translated, drafted)


@dataclass(frozen=True)
class StatusReport:
    sources: Sequence[Mapping[str, Any]] = field(default_factory=list)
    editions: Sequence[Mapping[str, Any]] = field(default_factory=list)
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        return {"sources": list(self.sources), "editions": list(self.editions)}


@dataclass(frozen=True)
class ReadingsReport:
    """When the source was last read that has waited longest; None: one never was."""

    oldest: str | None
    is_stale: bool
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        return {"oldest": self.oldest, "is_stale": self.is_stale}


def last_readings(workspace: Workspace) -> ReadingsReport:
    """Say whether the sources have waited too long to make an edition of what is known."""
    readings = workspace.store.readings()
    read = [readings.get(source.name, {}).get("at") for source in workspace.config.sources]
    oldest = min((at for at in read if at), default=None) if all(read) else None
    is_stale = oldest is None or workspace.now() - datetime.fromisoformat(oldest) > _FRESH
    return ReadingsReport(oldest, is_stale)


def status(workspace: Workspace) -> StatusReport:
    """Where everything stands, from the store alone."""
    store, readings = workspace.store, workspace.store.readings()
    sources = [
        {"name": s.name, "url": s.url}
        | readings.get(s.name, {"status": "never read", "at": None, "error": None})
        for s in workspace.config.sources
    ]
    return StatusReport(sources, [_edition_status(workspace, e) for e in store.editions()])


def _is_there(receipt: Receipt | None, fingerprint: str) -> bool:
    """Whether a provider holds these very bytes for good."""
    held = receipt and receipt.state == "confirmed" and receipt.fingerprint
    return held == fingerprint


def _edition_status(workspace: Workspace, edition: Edition) -> dict[str, Any]:
    store = workspace.store
    drafts, approvals = store.drafts(edition.key), store.approvals(edition.key)
    receipts = {r.language: r for r in store.receipts(edition.key)}
    languages = {}
    for language, kept in drafts.items():
        approval, receipt = approval_of(drafts, approvals, language), receipts.get(language)
        alone = approvals[language][0] if language in approvals and not approval else None
        if alone and not approval_of(drafts, approvals, language, alone.provider):
            alone = None
        languages[language] = {
            "fingerprint": kept.fingerprint,
            "approved_by": approval.by if approval else None,
            # An approval that is for another provider alone: nothing goes out by it.
            "rehearsed": {"by": alone.by, "provider": alone.provider} if alone else None,
            "receipt": {
                "provider": receipt.provider,
                "remote_id": receipt.remote_id,
                "state": receipt.state,
                "fingerprint": receipt.fingerprint,
                "at": iso(receipt.at),
            }
            if receipt
            else None,
            "due": approval is not None and not _is_there(receipt, approval.fingerprint),
        }
    return {
        "edition": edition.key,
        "state": state_of(workspace, edition.key),
        "items": len(edition.shown),
        "left_out": len(edition.items) - len(edition.shown),
        "languages": languages,
        "request": request_json(store.request(edition.key)),
    }
