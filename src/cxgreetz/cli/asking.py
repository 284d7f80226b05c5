"""Approval and notices: what waits for a person, her no, and whether notices get there.

In: an edition, a name, a note. Out: what became of it, in lines. Never: a yes (that is
`approve`), a notice to a reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from cxgreetz.cli._doing import HERE, In, Json, Month, act

if TYPE_CHECKING:
    from cxgreetz.pipeline import AnswerReport, RemindReport, TellReport


def reject(
    edition: Month,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who sends it back.")],
    note: Annotated[str, typer.Option(metavar="TEXT", help="What is to be changed; it is kept.")],
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Send an edition back to its editor, with a note; approvals of it are void."""
    from cxgreetz.pipeline import answer

    act(
        workspace,
        as_json,
        lambda w, _p: answer(w, edition, "reject", by=by, note=note),
        _show_rejected,
    )


def remind(workspace: In = HERE, as_json: Json = False) -> None:
    """Remind of editions that wait for approval; nothing where nothing is due."""
    from cxgreetz.pipeline import remind as verb

    act(workspace, as_json, lambda w, _p: verb(w), _show_reminded)


def notify(workspace: In = HERE, as_json: Json = False) -> None:
    """Send a test notice to every address, and say what came of each."""
    from cxgreetz.pipeline import tell_test

    act(workspace, as_json, lambda w, _p: tell_test(w), _show_told)


def _show_rejected(report: AnswerReport) -> Iterator[str]:
    request = report.request
    yield f"{request.edition}: sent back by {request.by}: {request.note}"
    yield from (f"! nobody was told at {failure}" for failure in report.undelivered)
    yield f"Mend it, then approve it with: cxgreetz approve {request.edition} --by NAME"


def _show_reminded(report: RemindReport) -> Iterator[str]:
    for one in report.reminded:
        mark, whom = "✗" if one.undelivered else "✓", f"notify.{one.whom}"
        yield f"{mark} {one.edition}: reminder {one.number}, to {whom}"
        yield from (f"  {failure}" for failure in one.undelivered)


def _show_told(report: TellReport) -> Iterator[str]:
    for place, service in report.reached:
        yield f"✓ {place} ({service}): the service took it"
    yield from (f"✗ {failure}" for failure in report.undelivered)
