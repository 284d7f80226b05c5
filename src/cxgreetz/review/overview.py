"""Where everything stands, and what waits for the editor.

In: an open workspace. Out: plain values for the page. Never: HTML, a decision, a failure
of one edition that hides the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from cxgreetz import pipeline
from cxgreetz.errors import CxGreetzError
from cxgreetz.model import Severity
from cxgreetz.pipeline import Workspace
from cxgreetz.review.edition_page import count_findings, waiting_in
from cxgreetz.review.rows import EditionRow, count, edition_row, month_name, web_address

#: The overview looks into at most so many open editions: a look renders and checks them.
_OPEN_EDITIONS = 3


@dataclass(frozen=True)
class Task:
    """Something that waits for the editor: error, warning, or ready to be done."""

    level: str
    text: str
    detail: str = ""
    #: Where on these pages, or on the web, it is to be seen.
    href: str = ""
    command: str = ""


@dataclass(frozen=True)
class Overview:
    newsletter: str
    tasks: Sequence[Task]
    #: Newest first.
    editions: Sequence[EditionRow]
    sources: Sequence[Mapping[str, Any]]


def read_overview(workspace: Workspace) -> Overview:
    """Where everything stands, and what waits for the editor."""
    status = pipeline.status(workspace)
    editions = [edition_row(workspace, row) for row in reversed(status.editions)]
    tasks = [
        *_first_tasks(status.sources),
        *_source_tasks(status.sources),
        *(task for row in editions for task in _receipt_tasks(row)),
        # What is older than the last edition that went out is history, not work.
        *(
            task
            for row in list(takewhile(lambda row: row.state != "pushed", editions))[:_OPEN_EDITIONS]
            for task in _edition_tasks(workspace, row)
        ),
        *_held_tasks(workspace),
        *_left_out_tasks(workspace),
    ]
    return Overview(workspace.config.newsletter.name, tasks, editions, status.sources)


def _first_tasks(sources: Sequence[Mapping[str, Any]]) -> Iterator[Task]:
    if not any(source.get("at") for source in sources):
        yield Task("ready", "Nothing has been read yet", command="cxgreetz run")


def _source_tasks(sources: Sequence[Mapping[str, Any]]) -> Iterator[Task]:
    for source in sources:
        if alarm := source.get("alarm") or source.get("error"):
            text = f"The source {source['name']} has a problem"
            yield Task("error", text, alarm, "#sources")


def _receipt_tasks(row: EditionRow) -> Iterator[Task]:
    for email in row.emails:
        if email.receipt and email.receipt["state"] == "unknown":
            text = f"{row.month}, {email.language}: look at {email.receipt['provider']}"
            detail = "the last push got no clear answer; see what is there, then push again"
            command = f"cxgreetz push {row.key}"
            yield Task("error", text, detail, f"/edition/{row.key}", command)


def _held_tasks(workspace: Workspace) -> Iterator[Task]:
    for stored in workspace.store.posts():
        if stored.decision == "held":
            text = f"A post is held: “{stored.post.title}”"
            yield Task("warning", text, stored.reason, web_address(stored.post.url))


def _left_out_tasks(workspace: Workspace) -> Iterator[Task]:
    """Pieces that were left out and that no later edition has carried."""
    carried = workspace.store.carried()
    titles = {piece.key: piece.origin.title for piece in workspace.store.pieces()}
    told: set[str] = set()
    for edition in reversed(workspace.store.editions()):
        for item in edition.items:
            new = item.piece not in carried and item.piece not in told
            told.add(item.piece)
            if new and item.left_out is not None and item.piece in titles:
                text = f"“{titles[item.piece]}” was left out of {month_name(edition.key)}"
                detail = f"{item.left_out}; it travels in the next edition"
                yield Task("warning", text, detail, f"/edition/{edition.key}")


def _edition_tasks(workspace: Workspace, row: EditionRow) -> Iterator[Task]:
    here = f"/edition/{row.key}"
    try:
        report = pipeline.check(workspace, row.key)
    except CxGreetzError as error:
        yield Task("error", f"{row.month} cannot be shown", str(error), here)
        return
    behind = report.behind
    if behind:
        yield Task(
            "warning",
            f"{row.month}: the draft is behind",
            "posts, translations or templates have changed since it was made",
            here,
            f"cxgreetz draft {row.key}",
        )
    if row.state == "approved":
        text = f"{row.month} is approved and can go to the provider"
        yield Task("ready", text, href=here, command=f"cxgreetz push {row.key}")
    for email in row.emails:
        built = report.built.get(email.name)
        if built is None or email.approval or email.receipt:
            continue
        label, counts = f"{row.month}, {email.language}", count_findings(built.findings)
        texts = sum(len(w.texts) for view in built.views for w in waiting_in(view))
        if counts[Severity.ERROR]:
            yield Task(
                "error",
                f"{label}: {count(counts[Severity.ERROR], 'error')} to mend before approval",
                f"{count(texts, 'text')} to translate" if texts else "",
                f"{here}#findings-{email.slug}",
            )
        elif email.name not in behind:
            details = [f"it has changed since {email.void.by} approved it"] if email.void else []
            if waiting := sum(finding.is_open for finding in built.findings):
                yield Task(
                    "warning",
                    f"{label}: {count(waiting, 'warning')} to mend or to dismiss before approval",
                    "; ".join(details),
                    f"{here}#findings-{email.slug}",
                )
                continue
            yield Task(
                "ready",
                f"{label} is ready for your approval",
                "; ".join(details),
                f"{here}?show={email.name.replace('+', '%2B')}#emails",
                f"cxgreetz approve {row.key} --language {email.name} --by NAME",
            )
