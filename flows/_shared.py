"""What the four flows share: their parameters, one way to do a step, one way to tell of it.

In: a verb of the pipeline, a folder, plain values. Out: a Prefect state with one line of
words, a Markdown artifact, an exit code. Never: a decision about content, a traceback for
what a person can mend, a memory of what was done (that is the workspace's database).

The flow files import Prefect from here, because it reads its settings as it is imported.
"""

from __future__ import annotations

import os
import re
import sys
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, Self
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from cxgreetz.config import load_config
from cxgreetz.edition import edition_key
from cxgreetz.errors import CxGreetzError
from cxgreetz.pipeline import open_workspace
from cxgreetz.pipeline.workspace import DONE, FAILED, HELD
from cxgreetz.ports import Progress, plugin

for _name, _value in {
    # A small or busy machine needs more than Prefect's own 20 seconds.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "cxgreetz",
}.items():
    os.environ.setdefault(_name, _value)

import httpx  # noqa: E402
from prefect import Flow, flow, get_run_logger, runtime, task  # noqa: E402
from prefect.artifacts import create_markdown_artifact  # noqa: E402
from prefect.cache_policies import NO_CACHE  # noqa: E402
from prefect.client.schemas.objects import State, TaskRun  # noqa: E402
from prefect.states import Completed, Failed  # noqa: E402

__all__ = [
    "AGAIN",
    "DONE",
    "FLOW",
    "STEP",
    "Delivery",
    "Month",
    "State",
    "Steps",
    "Told",
    "count",
    "do",
    "flow",
    "link",
    "log_progress",
    "page",
    "run_as_script",
    "table",
    "task",
    "text",
]

# parameters


class Month(BaseModel):
    """Which newsletter, and which month of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workspace: Path = Field(
        default=Path(),
        description="The folder that holds cxgreetz.toml, on the machine that does the work.",
    )
    edition: str = Field(
        default="",
        pattern=r"^((19|20)\d\d-(0[1-9]|1[0-2]))?$",
        description="A month such as 2026-11; left empty, this month. "
        "Where only publishing is asked: left empty, every month.",
    )

    @field_validator("edition", mode="before")
    @classmethod
    def _none_is_this_month(cls, value: object) -> object:
        return "" if value is None else value


class Delivery(Month):
    """Which newsletter, which month of it, and whether its emails may leave."""

    dry_run: bool = Field(
        default=False,
        description="Only say what would be done at the mailing provider; change nothing there.",
    )


def run_name() -> str:
    """Name a flow run after its flow and month: `greetz-2026-11`."""
    given = runtime.flow_run.parameters.get("month") or Month()
    month = given if isinstance(given, Month) else Delivery.model_validate(given)
    return f"{runtime.flow_run.flow_name}-{month.edition or _this_month(month.workspace)}"


def _this_month(folder: Path) -> str:
    try:
        zone = load_config(folder, plugin).zone
    except CxGreetzError:
        # The first task says what is wrong; the run needs a name before.
        zone = ZoneInfo("UTC")
    return edition_key(None, datetime.now(UTC), zone)


# doing a step and telling of it


@dataclass(frozen=True, slots=True)
class Told:
    """What is worth saying of a report: one line, a page of Markdown, and if it was quiet."""

    line: str
    page: str
    quiet: bool = False
    #: In place of the report's own, where the task is not what the report judges.
    exit_code: int | None = None


def may_pass(_task: object, _run: TaskRun, state: State) -> bool:
    """Whether the pipeline itself said that asking again later can help."""
    return isinstance(state.data, dict) and bool(state.data.get("retryable"))


#: Of every flow, and of every task: what was done stands in the workspace's database, so
#: Prefect remembers nothing.
FLOW: dict[str, Any] = {"flow_run_name": run_name, "persist_result": False}
STEP: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}
#: Of a task that may be done again: it creates nothing outside. Once is enough, since the
#: pipeline has asked several times already.
AGAIN: dict[str, Any] = {
    **STEP,
    "retries": 1,
    "retry_delay_seconds": 60,
    "retry_condition_fn": may_pass,
}


def do(
    verb: Callable[..., Any],
    workspace: Path,
    *arguments: object,
    tell: Callable[[dict[str, Any]], Told],
    artifact: str,
    **options: object,
) -> State[dict[str, Any]]:
    """Do one verb in a workspace and put what came of it into a state and an artifact.

    The state's data holds `exit_code`, the verb's `report` (absent if it could not do its
    work) and `retryable`. Held work is Completed with the name "Held": it is done, and
    something waits for a person. "NothingNew" is Completed too.
    """
    try:
        with open_workspace(workspace) as opened:
            report = verb(opened, *arguments, **options)
    except CxGreetzError as error:
        retryable = error.exit_code == FAILED and getattr(error, "retryable", False)
        return _state(error.exit_code, _one_line(str(error)), retryable=retryable)
    document = report.as_json()
    told = tell(document)
    create_markdown_artifact(told.page, key=artifact, description=text(told.line))
    exit_code = report.exit_code if told.exit_code is None else told.exit_code
    return _state(exit_code, told.line, told.quiet, report=document)


def _state(exit_code: int, line: str, quiet: bool = False, **data: object) -> State[dict[str, Any]]:
    data["exit_code"] = exit_code
    if exit_code > HELD:
        return Failed(message=line, data=data)
    name = "NothingNew" if quiet else "Held" if exit_code == HELD else None
    return Completed(name=name, message=line, data=data)


def log_progress() -> Progress:
    """Progress as log lines: one for each new tenth of a task."""
    logger, said = get_run_logger(), set[tuple[str, int]]()

    def log(label: str, done: int, total: int) -> None:
        tenth = (label.partition(" ")[0], done * 10 // total if total else 0)
        if done and tenth not in said:
            said.add(tenth)
            logger.info("%s: %d of %d", label, done, total)

    return log


class _EndedError(Exception):
    """A task could not do its work, so those after it have nothing to work on."""


class Steps:
    """The tasks of one flow run, in turn, and the one state they come to.

    Used by `with`: a task that could not do its work ends the block. One that did, though
    something is held or a source failed, does not.
    """

    def __init__(self) -> None:
        self._states: list[tuple[State, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is _EndedError

    def take(self, state: State[dict[str, Any]]) -> dict[str, Any]:
        """Keep what a task came to and give its report; ends the block if there is none."""
        data: Any = state.result(raise_on_failure=False)
        self._states.append((state, data["exit_code"]))
        if "report" not in data:
            raise _EndedError
        report: dict[str, Any] = data["report"]
        return report

    def state(self) -> State[dict[str, Any]]:
        """Give the worst that any task came to, in the words of those tasks."""
        worst = max((code for _state, code in self._states), default=DONE)
        lines = [str(state.message) for state, code in self._states if code == worst]
        quiet = all(state.name == "NothingNew" for state, _code in self._states)
        return _state(worst, "; ".join(lines), quiet)


# Markdown, in which nothing that a blog wrote is more than text


def text(value: object) -> str:
    """Write a value in Markdown, so that no Markdown or HTML in it means anything.

    Only what could mean something is escaped: one of Prefect's pages shows the backslashes
    of a link's words.
    """
    return re.sub(r"([\\`*_\[\]<>|~]|&(?=#?\w+;))", r"\\\1", _one_line(str(value)))


def link(title: str, url: str | None) -> str:
    """Link a title to a web address; an address of another kind is left out."""
    words = text(title) or "?"
    try:
        is_web = urlsplit(url or "").scheme in ("http", "https")
    except ValueError:
        is_web = False
    if not url or not is_web:
        return words
    # Entities count inside an address too: `&copy=1` would become a sign.
    address = quote(url, safe="%/?#:@!$&'*+,;=~").replace("&", "&amp;")
    return f"[{words}](<{address}>)"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a table of cells that are Markdown already; "" if there is no row."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines] if lines else [])


def page(*parts: tuple[str, str]) -> str:
    """Put headings over bodies, leaving out what has no body."""
    return "\n\n".join(f"## {text(heading)}\n\n{body}" for heading, body in parts if body)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _one_line(words: str) -> str:
    return " ".join(words.split())


# as a script


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help shows what there is)\n")


def run_as_script(what: Flow[..., Any], parameters: type[Month]) -> NoReturn:
    """Run a flow with the options of the command line and leave with its exit code.

    0 done, 1 something is held, 2 wrong usage or configuration, 3 the outside world failed.
    A Prefect server is used if one is configured, else one is started for this run.
    """
    month = _read_options(what, parameters)
    try:
        # What is wrong with the workspace is said at once, before a server is started.
        with open_workspace(month.workspace) as opened:
            edition_key(month.edition or None, opened.now(), opened.config.zone)
        state: Any = what(month=month, return_state=True)
        outcome = state.result(raise_on_failure=False)
        # Anything but our own data is a failure that Prefect has told of in full.
        sys.exit(outcome["exit_code"] if isinstance(outcome, dict) else FAILED)
    except CxGreetzError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except (RuntimeError, httpx.HTTPError) as error:
        # What a task raises is in its state; this is Prefect without a server.
        remedy = "PREFECT_API_URL names a server; where it is not set, one is started"
        print(f"Prefect: {_one_line(str(error))} ({remedy})", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        print("interrupted; what was done is kept, run it again", file=sys.stderr)
        sys.exit(130)


def _read_options(what: Flow[..., Any], parameters: type[Month]) -> Month:
    parser = _Parser(description=what.description, allow_abbrev=False)
    for name, field in parameters.model_fields.items():
        is_switch = field.annotation is bool
        metavar: dict[str, Any] = {"metavar": {"workspace": "DIR"}.get(name, name.upper())}
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            help=field.description,
            default=SUPPRESS,
            action="store_true" if is_switch else "store",
            **({} if is_switch else metavar),
        )
    given = vars(parser.parse_args())
    try:
        return parameters(**given)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0])
        parser.error(f"--{name} {wrong['input']!r}: {parameters.model_fields[name].description}")
