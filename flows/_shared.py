"""What the flows share: one way to do a step, one way to tell of it, one state for a run.

In: a verb of the pipeline, a folder, plain values. Out: a Prefect state with one line of
words, artifacts, an exit code. Never: a decision about content, a traceback for what a person
can mend, a memory of what was done (that is the workspace's database).

The flow files import Prefect from here, because it reads its settings as it is imported.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from argparse import SUPPRESS, ArgumentParser, BooleanOptionalAction
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, Self, get_origin
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from _parameters import Delivery, Month, Outward, Whole, wrong_month
from _told import Told, count, link, one_line, page, table, text
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
from prefect.artifacts import (  # noqa: E402
    create_image_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    update_progress_artifact,
)
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
    "Outward",
    "State",
    "Steps",
    "Told",
    "Whole",
    "alone",
    "count",
    "create_image_artifact",
    "data_of",
    "do",
    "done",
    "flow",
    "link",
    "log_progress",
    "month_of",
    "one_line",
    "open_workspace",
    "page",
    "run_as_script",
    "runtime",
    "table",
    "task",
    "text",
]

#: Seconds for which a month is held at a time: so long others wait where a run was killed on
#: another machine, or in a container that is gone.
_HELD = 300.0
#: Seconds after which a task is long enough for a bar in the UI.
_SHORT = 5.0

# the month


def month_of(month: Month) -> str:
    """Give the edition that a run is about: the one it names, else that of its start.

    A run that was due on the first and is only begun later is still that month's.
    """
    if month.edition:
        return month.edition
    due = runtime.flow_run.scheduled_start_time or datetime.now(UTC)
    try:
        zone = load_config(month.workspace, plugin).zone
    except CxGreetzError:
        # The first task says what is wrong; the run needs a name before.
        zone = ZoneInfo("UTC")
    return edition_key(None, due, zone)


def run_name() -> str:
    """Name a flow run after its flow and month: `greetz-2026-11`."""
    given = runtime.flow_run.parameters.get("month") or Month()
    month = given if isinstance(given, Month) else Whole.model_validate(given)
    return f"{runtime.flow_run.flow_name}-{month_of(month)}"


# doing a step and telling of it


def may_pass(_task: object, _run: TaskRun, state: State) -> bool:
    """Whether the pipeline itself said that asking again later can help."""
    return isinstance(state.data, dict) and bool(state.data.get("retryable"))


#: Of every flow, and of every task: what was done stands in the workspace's database, so
#: Prefect remembers nothing.
FLOW: dict[str, Any] = {"flow_run_name": run_name, "persist_result": False}
STEP: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}
#: Of a task that may be done again: it creates nothing outside. Twice is enough, since the
#: pipeline has asked several times already, and waited as long as it was told to.
AGAIN: dict[str, Any] = {
    **STEP,
    "retries": 2,
    "retry_delay_seconds": [60, 240],
    "retry_jitter_factor": 0.5,
    "retry_condition_fn": may_pass,
}


def do(
    verb: Callable[..., Any],
    workspace: Path,
    *arguments: object,
    tell: Callable[[dict[str, Any]], Told],
    artifact: str = "",
    idle: str = "there is nothing to do",
    **options: object,
) -> State[dict[str, Any]]:
    """Do one verb in a workspace and put what came of it into a state and an artifact.

    A verb that gives None had nothing to do here: `idle` says why.

    The state's data holds `exit_code`, the verb's `report` (absent if it could not do its
    work) and `retryable`. Held work is Completed with the name "Held": it is done, and
    something waits for a person. "NothingNew" is Completed too.
    """
    try:
        with open_workspace(workspace) as opened:
            report = verb(opened, *arguments, **options)
    except CxGreetzError as error:
        return _state_of(error)
    if report is None:
        return done(idle, quiet=True)
    document = report.as_json()
    told = tell(document)
    if artifact and told.page:
        create_markdown_artifact(told.page, key=artifact, description=text(told.line))
    exit_code = report.exit_code if told.exit_code is None else told.exit_code
    return _state(exit_code, told.line, told.quiet, report=document)


def data_of(state: State[dict[str, Any]]) -> dict[str, Any]:
    """What `do` put into the state of a task."""
    data: Any = state.result(raise_on_failure=False)
    return dict(data)


def done(line: str, *, quiet: bool = False) -> State[dict[str, Any]]:
    """What a task came to that is no report of the pipeline."""
    return _state(DONE, line, quiet, report={})


def _state_of(error: CxGreetzError) -> State[dict[str, Any]]:
    retryable = error.exit_code == FAILED and getattr(error, "retryable", False)
    return _state(error.exit_code, one_line(str(error)), retryable=retryable)


def _state(exit_code: int, line: str, quiet: bool = False, **data: object) -> State[dict[str, Any]]:
    data["exit_code"] = exit_code
    if exit_code > HELD:
        return Failed(message=line, data=data)
    name = "NothingNew" if quiet else "Held" if exit_code == HELD else None
    return Completed(name=name, message=line, data=data)


def log_progress(what: str = "work") -> Progress:
    """Progress as log lines, one for each new tenth, and as a bar once a task is a long one."""
    logger, said, began = get_run_logger(), set[tuple[str, int]](), time.monotonic()
    bars: dict[str, Any] = {}

    def log(label: str, done: int, total: int) -> None:
        tenth = (label.partition(" ")[0], done * 10 // total if total else 0)
        if not done or tenth in said:
            return
        said.add(tenth)
        logger.info("%s: %d of %d", label, done, total)
        if what in bars:
            update_progress_artifact(bars[what], progress=100 * done / total)
        elif time.monotonic() - began > _SHORT:
            bars[what] = create_progress_artifact(
                100 * done / total, key=f"progress-{what}", description=text(label)
            )

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

    def end(self, error: CxGreetzError) -> NoReturn:
        """End the block with what a verb said outside a task."""
        self._states.append((_state_of(error), error.exit_code))
        raise _EndedError

    def note(self, state: State[dict[str, Any]]) -> None:
        """Keep what a task came to on which the others do not depend."""
        self._states.append((state, data_of(state)["exit_code"]))

    def take(self, state: State[dict[str, Any]]) -> dict[str, Any]:
        """Keep what a task came to and give its report; ends the block if there is none."""
        data = data_of(state)
        self._states.append((state, data["exit_code"]))
        if "report" not in data:
            raise _EndedError
        report: dict[str, Any] = data["report"]
        return report

    def state(self) -> State[dict[str, Any]]:
        """Give the worst that any task came to, its words first, then what else was done."""
        worst = max((code for _state, code in self._states), default=DONE)
        said = [state for state, code in self._states if code == worst]
        if worst > DONE:
            said += [s for s, code in self._states if code < worst and s.name != "NothingNew"]
        lines = dict.fromkeys(str(state.message) for state in said)
        quiet = all(state.name == "NothingNew" for state, _code in self._states)
        return _state(worst, "; ".join(lines), quiet)


@contextmanager
def alone(steps: Steps, workspace: Path, edition: str) -> Iterator[None]:
    """Hold a month, so that no other run works on it; where one does, end this one's block.

    The row stands in the workspace's database: Prefect's own limits forget a run that waits.
    """
    with ExitStack() as held:
        try:
            opened = held.enter_context(open_workspace(workspace))
            renew = held.enter_context(opened.store.lease(f"the month {edition}", _HELD))
        except CxGreetzError as error:
            steps.end(error)
        with _renewing(renew):
            yield


@contextmanager
def _renewing(renew: Callable[[], None]) -> Iterator[None]:
    """Hold on to a lease for as long as the block lasts."""
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(_HELD / 5):
            # What a busy database refuses is asked for again; what is lost stays lost, and the
            # verbs hold leases of their own.
            with suppress(CxGreetzError):
                renew()

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()


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
        print(f"Prefect: {one_line(str(error))} ({remedy})", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        print("interrupted; what was done is kept, run it again", file=sys.stderr)
        sys.exit(130)


def _read_options(what: Flow[..., Any], parameters: type[Month]) -> Month:
    parser = _Parser(description=what.description, allow_abbrev=False)
    for name, field in parameters.model_fields.items():
        metavar: dict[str, Any] = {"metavar": {"workspace": "DIR"}.get(name, name.upper())}
        if field.annotation is bool:
            kind: dict[str, Any] = {
                "action": BooleanOptionalAction if field.default else "store_true"
            }
        elif get_origin(field.annotation) is tuple:
            kind = {"nargs": "+", **metavar}
        else:
            kind = metavar
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, help=field.description, default=SUPPRESS, **kind)
    given = vars(parser.parse_args())
    try:
        return parameters(**given)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0])
        told = (
            wrong_month(wrong["input"])
            if name == "edition"
            else f"{wrong['input']!r} cannot be taken: {parameters.model_fields[name].description}"
        )
        parser.error(f"--{name.replace('_', '-')}: {told}")
