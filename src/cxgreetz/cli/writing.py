"""What an editor writes herself: the letter, the subject, what is coming up.

In: words, or a file with words. Out: the edition as it stands then. Never: a rule about them.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cxgreetz.cli._doing import HERE, In, Json, Month, Report, act

if TYPE_CHECKING:
    from cxgreetz.pipeline import EditionReport, Workspace

event_app = typer.Typer(help="What the letters announce.", no_args_is_help=True)

By = Annotated[str, typer.Option(metavar="NAME", help="Who changes it; it is kept.")]


def write(
    edition: Month,
    language: Annotated[str, typer.Option(metavar="L", help="nl or en.")],
    subject: Annotated[
        str | None, typer.Option(metavar="TEXT", help='The subject; "" for the made one.')
    ] = None,
    letter: Annotated[
        str | None,
        typer.Option(metavar="FILE", help='A text file with the letter, - for stdin; "" for none.'),
    ] = None,
    by: By = "",
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Write the letter and the subject of an edition, in one language."""
    from cxgreetz.cli import show
    from cxgreetz.errors import UsageError
    from cxgreetz.pipeline import write_letter, write_subject

    def write_it(opened: Workspace) -> EditionReport:
        if subject is None and letter is None:
            raise UsageError("nothing to write; name --subject TEXT, --letter FILE, or both")
        if letter is not None:
            report = write_letter(opened, edition, language, _text_of(letter), by=by)
        if subject is not None:
            report = write_subject(opened, edition, language, subject, by=by)
        return report

    act(workspace, as_json, lambda w, _p: write_it(w), show.edition)


def _text_of(name: str) -> str:
    from cxgreetz.errors import UsageError

    if name == "":
        return ""
    told = "stdin" if name == "-" else name
    try:
        written = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return written.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{told} is not UTF-8 text; save it as UTF-8") from None


Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="2026-12-03")]


@event_app.command("add")
def event_add(
    nl: Annotated[str, typer.Option(metavar="NAME", help="Its name in Dutch.")] = "",
    en: Annotated[str, typer.Option(metavar="NAME", help="Its name in English.")] = "",
    kind: Annotated[str, typer.Option(help="masterclass, keynote, book or event.")] = "event",
    day: Day = None,
    until: Day = None,
    note_nl: Annotated[str, typer.Option(metavar="TEXT", help="The place, the hour.")] = "",
    note_en: Annotated[str, typer.Option(metavar="TEXT")] = "",
    link_nl: Annotated[str, typer.Option(metavar="URL", help="Where more is told.")] = "",
    link_en: Annotated[str, typer.Option(metavar="URL")] = "",
    workspace: In = HERE,
    as_json: Json = False,
) -> None:
    """Announce something in the letters to come; a text in one language stands for both."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import announce

    def both(dutch: str, english: str) -> dict[str, str]:
        return {"nl": dutch or english, "en": english or dutch}

    def add(opened: Workspace) -> Report:
        return announce(
            opened,
            kind=kind,
            title=both(nl, en),
            day=day and day.date(),
            note=both(note_nl, note_en),
            link=both(link_nl, link_en),
            until=until and until.date(),
        )

    act(workspace, as_json, lambda w, _p: add(w), show.events)


@event_app.command("list")
def event_list(workspace: In = HERE, as_json: Json = False) -> None:
    """Everything that is announced."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import list_events

    act(workspace, as_json, lambda w, _p: list_events(w), show.events)


@event_app.command("remove")
def event_remove(number: int, workspace: In = HERE, as_json: Json = False) -> None:
    """Announce it no longer; events of the workspace file are removed there."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import withdraw

    act(workspace, as_json, lambda w, _p: withdraw(w, number), show.events)
