"""Where everything stands, and what waits for the editor.

In: an open workspace. Out: plain values for the page. Never: HTML, a decision, a failure
of one edition that hides the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any
from urllib.parse import quote

from cxgreetz import pieces, pipeline
from cxgreetz.errors import CxGreetzError
from cxgreetz.model import Severity
from cxgreetz.pipeline import Workspace
from cxgreetz.review.edition_page import count_findings, waiting_in
from cxgreetz.review.rows import EditionRow, edition_row, shortened, web_address
from cxgreetz.review.words import Words
from cxgreetz.store import StoredPost

#: The overview looks into at most so many open editions: a look renders and checks them.
_OPEN_EDITIONS = 3
#: And shows so many posts that were put aside.
_DISMISSED = 50


@dataclass(frozen=True)
class Task:
    """Something that waits for the editor: error, warning, or ready to be done."""

    level: str
    text: str
    detail: str = ""
    #: Where on these pages, or on the web, it is to be seen.
    href: str = ""
    #: The post that is held, to be put aside here.
    post: str = ""


@dataclass(frozen=True)
class Overview:
    newsletter: str
    tasks: Sequence[Task]
    #: Newest first.
    editions: Sequence[EditionRow]
    sources: Sequence[Mapping[str, Any]]
    #: Posts that a person put aside, the latest first: address, title, reason.
    dismissed: Sequence[tuple[str, str, str]]


def read_overview(workspace: Workspace, t: Words) -> Overview:
    """Where everything stands, and what waits for the editor, in the words of `t`."""
    status = pipeline.status(workspace)
    editions = [edition_row(workspace, row) for row in reversed(status.editions)]
    # What is older than the last edition that went out is history, not work.
    open_ones = list(takewhile(lambda row: row.state != "pushed", editions))[:_OPEN_EDITIONS]
    posts = workspace.store.posts()
    tasks = [
        *_first_tasks(status.sources, t),
        *_source_tasks(status.sources, t),
        *(task for row in editions for task in _receipt_tasks(row, t)),
        *(task for row in open_ones for task in _edition_tasks(workspace, row, t)),
        *_held_tasks(posts, t),
        *_left_out_tasks(workspace, t),
    ]
    name = workspace.config.newsletter.name
    return Overview(name, tasks, editions, status.sources, _dismissed(posts))


def _first_tasks(sources: Sequence[Mapping[str, Any]], t: Words) -> Iterator[Task]:
    if not any(source.get("at") for source in sources):
        yield Task("ready", t("task_first"), t("task_first_detail"), "#work")


def _source_tasks(sources: Sequence[Mapping[str, Any]], t: Words) -> Iterator[Task]:
    for source in sources:
        if alarm := source.get("alarm") or source.get("error"):
            yield Task("error", t("task_source", name=source["name"]), shortened(alarm), "#sources")


def _receipt_tasks(row: EditionRow, t: Words) -> Iterator[Task]:
    for email in row.emails:
        if email.receipt and email.receipt["state"] == "unknown":
            where = {"month": t.month(row.key), "language": t.email(email.name)}
            text = t("task_receipt", provider=email.receipt["provider"], **where)
            yield Task("error", text, t("task_receipt_detail"), f"/edition/{row.key}")


def _held_tasks(posts: Sequence[StoredPost], t: Words) -> Iterator[Task]:
    for stored in posts:
        if stored.decision == pieces.HELD:
            text, url = t("task_held", title=shortened(stored.post.title)), stored.post.url
            yield Task("warning", text, shortened(stored.reason), web_address(url), post=url)


def _dismissed(posts: Sequence[StoredPost]) -> list[tuple[str, str, str]]:
    found = [
        (
            stored.post.url,
            shortened(stored.post.title),
            shortened(stored.reason.removeprefix(pieces.DISMISSED).lstrip(": ")),
        )
        for stored in posts
        if stored.decision == pieces.SKIPPED and pieces.is_dismissed(stored.reason)
    ]
    return found[: -_DISMISSED - 1 : -1]


def _left_out_tasks(workspace: Workspace, t: Words) -> Iterator[Task]:
    """Pieces that were left out and that no later edition has carried."""
    editions = workspace.store.editions()
    if not any(item.left_out is not None for edition in editions for item in edition.items):
        return
    carried = workspace.store.carried()
    titles = {piece.key: shortened(piece.origin.title) for piece in workspace.store.pieces()}
    told: set[str] = set()
    for edition in reversed(editions):
        for item in edition.items:
            new = item.piece not in carried and item.piece not in told
            told.add(item.piece)
            if new and item.left_out is not None and item.piece in titles:
                month = t.month(edition.key)
                text = t("task_left_out", title=titles[item.piece], month=month)
                detail = t("task_left_out_detail", reason=item.left_out)
                yield Task("warning", text, detail, f"/edition/{edition.key}")


def _edition_tasks(workspace: Workspace, row: EditionRow, t: Words) -> Iterator[Task]:
    here, month = f"/edition/{row.key}", t.month(row.key)
    try:
        report = pipeline.check(workspace, row.key)
    except CxGreetzError as error:
        yield Task("error", t("task_not_shown", month=month), str(error), here)
        return
    behind = report.behind
    if behind:
        yield Task("warning", t("task_behind", month=month), t("task_behind_detail"), here)
    if row.state == "approved":
        yield Task("ready", t("task_push", month=month), href=here)
    asked = workspace.store.request(row.key)
    back = asked if asked and asked.decision == "reject" else None
    if back:
        yield Task("warning", t("task_sent_back", month=month, by=back.by), back.note, here)
    for email in row.emails:
        built = report.built.get(email.name)
        if built is None or email.approval or email.receipt:
            continue
        label, counts = f"{month}, {t.email(email.name)}", count_findings(built.findings)
        texts = sum(len(w.texts) for view in built.views for w in waiting_in(view))
        findings = f"{here}#findings-{email.slug}"
        if errors := counts[Severity.ERROR]:
            detail = t("task_to_translate", n=texts) if texts else ""
            yield Task("error", t("task_errors", label=label, n=errors), detail, findings)
        elif back and back.fingerprints.get(email.name) == built.email.fingerprint:
            continue  # not ready: it is as it was when it was sent back
        elif email.name not in behind:
            detail = t("changed_since", by=email.void.by) if email.void else ""
            if waiting := sum(finding.is_open for finding in built.findings):
                text = t("task_warnings", label=label, n=waiting)
                yield Task("warning", text, detail, findings)
            else:
                there = f"{here}?show={quote(email.name)}#emails"
                yield Task("ready", t("task_ready", label=label), detail, there)
