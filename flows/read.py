"""The flow that helps another one to read the blogs, and how that one gets its help.

In: a gathering that has begun. Out: some of its sources, read. Never: a judgement of a post, a
run that waits for help that does not come.

Help is a run of this flow on any worker of the pool, or a task on a cluster of Dask or Ray
(`CXGREETZ_TASK_RUNNER`). Whoever is there takes the next batch of sources, so it does not
matter how many come, when they come and whether they stay.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from _shared import (
    AGAIN,
    State,
    Steps,
    Told,
    count,
    do,
    flow,
    log_progress,
    one_line,
    page,
    runtime,
    table,
    task,
    text,
)
from cxgreetz import pipeline
from cxgreetz.errors import ConfigError, Problem

# isort: split
import httpx
from prefect import get_run_logger
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.states import Cancelled, Crashed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

#: How many processes read at once; not set: two where there are very many sources.
SHARES = "CXGREETZ_SHARDS"
#: "threads", "dask" or "ray", and where that cluster is.
RUNNER, ADDRESS = "CXGREETZ_TASK_RUNNER", "CXGREETZ_TASK_RUNNER_ADDRESS"
#: Seconds for a helper to end when nothing is left to read.
_LEAVE = 20.0
_CLUSTERS = {
    "dask": ("prefect_dask", "DaskTaskRunner"),
    "ray": ("prefect_ray", "RayTaskRunner"),
}


@task(
    name="Read a share of the blogs",
    task_run_name="Read the blogs: share {number}",
    tags=["sources"],
    **AGAIN,
)
def read_share(
    workspace: Path, gathering: str, number: int, *, wait: bool = False
) -> State[dict[str, Any]]:
    """Read batch after batch of sources until none is left; what was read waits to be judged."""
    return do(
        pipeline.read_share,
        workspace,
        gathering,
        tell=tell_of_share,
        artifact=f"share-{number}",
        wait=wait,
        progress=log_progress(),
    )


def tell_of_share(report: dict[str, Any]) -> Told:
    """Say what one process read."""
    number = len(report["sources"])
    failed = [[text(name), text(why)] for name, why in report["failed"].items()]
    line = f"{count(number, 'source')} read here, {count(report['posts'], 'post')}"
    over = count(report["taken_over"], "source")
    return Told(
        f"{line}; {over} of a process that went away" if report["taken_over"] else line,
        page(
            ("Read here", ", ".join(text(name) for name in report["sources"]) or "Nothing."),
            ("Failed", table(["source", "error"], failed)),
        ),
        quiet=not number,
    )


@flow(name="read", flow_run_name="read-share-{number}", persist_result=False)
def read(workspace: Path = Path(), gathering: str = "", number: int = 1) -> State[dict[str, Any]]:
    """Help a run that reads very many blogs; it is begun by that run."""
    with Steps() as steps:
        steps.take(read_share(workspace, gathering, number))
    return steps.state()


def shares_wanted(sources: int) -> int:
    """How many processes are to read; raises ConfigError where the environment says nonsense."""
    said = os.environ.get(SHARES, "").strip()
    if said and not (said.isdecimal() and int(said)):
        raise ConfigError("environment", [Problem(SHARES, f"{said!r} is no number of processes")])
    is_alone = not said and not runtime.deployment.name and not cluster()
    return 1 if is_alone else pipeline.share_count(sources, int(said) if said else None)


def cluster() -> TaskRunner[Any] | None:
    """The cluster that the environment names; None: none. Raises ConfigError if it is missing."""
    name = os.environ.get(RUNNER, "").strip() or "threads"
    if name == "threads":
        return None
    if name not in _CLUSTERS:
        known = ", ".join(["threads", *_CLUSTERS])
        raise ConfigError("environment", [Problem(RUNNER, f"{name!r} is none of: {known}")])
    package, runner = _CLUSTERS[name]
    try:
        made = getattr(import_module(package), runner)
    except ModuleNotFoundError:
        told = f"{name} is not installed here; install cxgreetz[{name}]"
        raise ConfigError("environment", [Problem(RUNNER, told)]) from None
    address = os.environ.get(ADDRESS, "").strip()
    found: TaskRunner[Any] = made(address=address) if address else made()
    return found


@contextmanager
def sharing(workspace: Path, gathering: str, shares: int) -> Iterator[None]:
    """Have others read as well: the first share is the caller's own."""
    others = range(2, shares + 1)
    runner = cluster()
    if runner is None and runtime.deployment.name:
        with _runs(workspace, gathering, others):
            yield
        return
    with ExitStack() as held:
        given = {"workspace": workspace, "gathering": gathering, "wait": False}
        try:
            pool = held.enter_context(runner or ThreadPoolTaskRunner(max_workers=shares))
            futures = [pool.submit(read_share, {**given, "number": number}) for number in others]
        except (OSError, TimeoutError) as error:
            told = "the cluster of %s cannot be reached (%s), so this run reads alone"
            get_run_logger().warning(told, ADDRESS, error)
            yield
            return
        yield
        for future in futures:
            future.wait()


@contextmanager
def _runs(workspace: Path, gathering: str, numbers: range) -> Iterator[None]:
    """Begin runs of `read` beside this one; who has not begun at the end is not needed."""
    name, helpers = f"read/{runtime.deployment.name}", list[FlowRun]()
    for number in numbers:
        given = {"workspace": str(workspace), "gathering": gathering, "number": number}
        try:
            # Begun once, though a run that was cut off comes here again.
            key = f"{gathering}-{number}"
            helper: Any = run_deployment(
                name,
                parameters=given,
                timeout=0,
                flow_run_name=f"read-share-{number}",
                idempotency_key=key,
            )
        except ObjectNotFound:
            get_run_logger().warning("there is no deployment %s, so this run reads alone", name)
            break
        except (PrefectException, httpx.HTTPError) as error:
            get_run_logger().warning("%s cannot be begun: %s", name, one_line(str(error)))
            break
        helpers.append(helper)
    yield
    with get_client(sync_client=True) as client:
        for helper in helpers:
            try:
                if told := _end(client, helper):
                    get_run_logger().warning("%s %s; nothing is missing", helper.name, told)
            except (PrefectException, httpx.HTTPError) as error:
                get_run_logger().warning("%s: how it ended is not known (%s)", helper.name, error)


def _end(client: SyncPrefectClient, helper: FlowRun) -> str:
    """See that a helper has ended, for nothing is left to read; say what was wrong with it."""
    ends = time.monotonic() + _LEAVE
    while True:
        state = client.read_flow_run(helper.id).state
        if state is None or state.is_completed() or state.is_cancelled():
            return ""
        if state.is_final():
            return f"ended as {state.name}, and what it left was read here"
        if state.is_scheduled() or state.is_pending():
            client.set_flow_run_state(helper.id, Cancelled(message="all is read"), force=True)
            return ""
        if time.monotonic() > ends:
            gone = Crashed(message="it did not end when all was read")
            client.set_flow_run_state(helper.id, gone, force=True)
            return "went away, and what it left was read here"
        time.sleep(1.0)
