"""Doing a verb: the workspace opened, the report told, a failure turned into a line and a code.

In: a verb and the words for its report. Out: lines or one JSON document on stdout, the exit
code of the contract. Never: a verb; a traceback for what a person can mend.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Protocol

import typer

if TYPE_CHECKING:
    from cxgreetz.pipeline import Workspace
    from cxgreetz.ports import Progress


In = Annotated[Path, typer.Option("--workspace", metavar="DIR", help="The workspace folder.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Edition = Annotated[str | None, typer.Argument(metavar="[EDITION]", help="A month: 2026-11.")]
Month = Annotated[str, typer.Argument(metavar="EDITION", help="A month: 2026-11.")]
HERE = Path()


class Report(Protocol):
    """What every verb gives back."""

    @property
    def exit_code(self) -> int: ...

    def as_json(self) -> dict[str, Any]: ...


def act(
    folder: Path,
    as_json: bool,
    verb: Callable[[Workspace, Progress], Report],
    words: Callable[[Any], Iterable[str]],
) -> None:
    """Open the workspace, do the verb under a progress bar, tell what came of it."""
    from cxgreetz.cli import show
    from cxgreetz.pipeline import open_workspace

    def run_it() -> Report:
        with open_workspace(folder) as workspace, show.progress() as progress:
            return verb(workspace, progress)

    tell(as_json, run_it, words)


def act_plain(
    folder: Path,
    as_json: bool,
    verb: Callable[[Workspace], dict[str, Any]],
    words: Callable[[dict[str, Any]], str],
) -> None:
    """The same for verbs whose whole report is a small table."""
    from cxgreetz.pipeline import open_workspace

    def run_it() -> None:
        with open_workspace(folder) as workspace:
            done = verb(workspace)
        print_json(done) if as_json else typer.echo(words(done))

    guard(as_json, run_it)


def tell(as_json: bool, verb: Callable[[], Report], words: Callable[[Any], Iterable[str]]) -> None:
    def run_it() -> None:
        report = verb()
        if as_json:
            print_json(report.as_json())
        else:
            for line in words(report):
                typer.echo(line)
        raise typer.Exit(report.exit_code)

    guard(as_json, run_it)


def guard(as_json: bool, work: Callable[[], None]) -> None:
    """Turn failures into lines and exit codes."""
    from cxgreetz.errors import CxGreetzError

    try:
        work()
    except CxGreetzError as error:
        fail(str(error), error.exit_code, as_json)
    except KeyboardInterrupt:
        fail("interrupted; what was done is kept, run it again", 130, as_json)
    except OSError as error:
        fail(f"{error.filename or 'this machine'}: {error.strerror or error}", 2, as_json)
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        # Ours to mend, so the place is told; what was done so far is kept by the store.
        import logging

        logging.getLogger("cxgreetz").debug("unexpected", exc_info=True)
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        what = " ".join(str(error).split())[:200]
        fail(f"a fault in cxgreetz at {where}: {type(error).__name__} {what}", 3, as_json)


def fail(message: str, code: int, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"error": message, "exit_code": code})
    for line in message.splitlines():
        typer.echo(f"cxgreetz: {line}", err=True)
    raise typer.Exit(code)


def print_json(document: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
