"""Asking a person: the form of a run that waits, who waits already, and how a run is woken.

In: an edition and its emails as they stand. Out: a run that ends its process and goes on when
somebody answers, here or elsewhere. Never: a memory of what was approved (that is the
workspace's database), a time after which anything goes out by itself.

A run is suspended, not paused: its process ends, so that days, restarts and other machines
make no difference. It is begun again from the top, finds its own request in the database, and
goes on from there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, create_model

from _shared import link, open_workspace, runtime, text
from _told import Told, one_line, page, to_mend
from cxgreetz import pipeline
from cxgreetz.errors import CxGreetzError, HeldError
from cxgreetz.model import Request

# isort: split
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.events import emit_event
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.states import Cancelled

__all__ = [
    "Approval",
    "describe",
    "form_for",
    "is_alive",
    "key_of",
    "may_wait",
    "request_of",
    "tell_of_answer",
    "tell_of_request",
    "this_run",
    "wait_for_answer",
    "wake_answered",
]

#: The one flow that waits for a person.
_WAITS = "greetz"
_TIME = r"^(?:(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:[0-2]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d|(?!)a day and an hour, such as 2026-12-03T09:00)?$"  # noqa: E501 - words in it are told, see _parameters
_SEALS = 12
#: How often a run that waits is said to: its process is gone after some seconds.
_SAYINGS = 4


class Approval(RunInput):
    """An answer. Nothing is sent before it, and only what was described."""

    decision: Literal["approve", "reject"] = Field(
        title="Decision",
        description="approve: the emails described above go to the provider (in a rehearsal, to "
        "the one named there). "
        "reject: they go back to the editor.",
    )
    editor: str = Field(title="Your name", min_length=1, description="It is kept with the answer.")
    note: str = Field(default="", title="Note", description="With reject: what is to be mended.")
    send_at: str = Field(
        default="",
        title="Send at",
        description="A day and an hour in the newsletter's time zone, such as 2026-12-03T09:00, "
        "where the provider can be told; left empty, it holds a draft.",
        json_schema_extra={"pattern": _TIME},
    )


def this_run() -> str:
    """The id of this flow run; "" where Prefect keeps none."""
    return str(runtime.flow_run.id or "")


def may_wait() -> bool:
    """Whether this run can end its process and be begun again: only a deployment's can."""
    return bool(runtime.deployment.id)


def request_of(workspace: Path, *, edition: str = "", run: str = "") -> Request | None:
    """The request for an edition, or the one that a run has made; None: there is none.

    None too for a workspace that cannot be opened: the first task says why.
    """
    try:
        with open_workspace(workspace) as opened:
            return pipeline.find_request(opened, edition=edition, run=run)
    except CxGreetzError:
        return None


def key_of(request: dict[str, Any]) -> str:
    """Name a question, so that an answer to another one is not taken for its.

    Prefect takes lower case, figures and dashes.
    """
    return re.sub(r"[^a-z0-9]+", "-", f"{request['asked_at']}-{request['times']}".lower())


def wait_for_answer(description: str, key: str) -> Approval:
    """Give the answer to a question, or end this process until there is one.

    The run is then begun again and comes here once more: `key` names the question, so that it
    is not asked again, and an answer to an earlier one is not taken for this one's. The form
    carries it too: one that was opened before the question changed is refused by the server.
    """
    form = form_for(key).with_initial_data(description=description)
    return suspend_flow_run(wait_for_input=form, key=key)


def form_for(key: str) -> type[Approval]:
    """Give the form of one question, which only an answer to that very question fits."""
    about: Any = Field(
        default=key,
        title="Question",
        description="It ties your answer to the emails that are described above.",
        json_schema_extra={"enum": [key]},
    )
    return create_model("Approval", __base__=Approval, question=(Literal[key], about))


def is_alive(run: str) -> bool:
    """Whether a run of this name still waits or works; one that Prefect does not know does not."""
    if not run:
        return False
    with suppress(ValueError, ObjectNotFound), get_client(sync_client=True) as client:
        state = client.read_flow_run(UUID(run)).state
        return state is None or not state.is_final()
    return False


def wake_answered(
    workspaces: Iterable[Path], met: Counter[str] | None = None
) -> tuple[list[str], list[str]]:
    """Resume the runs that wait for an answer that was given elsewhere.

    Gives their names, and in a line each what kept others from being woken: a newsletter whose
    workspace is wrong keeps nobody else asleep. A run whose edition another run asks for by now
    is cancelled. `met` counts how often each was seen waiting, for whoever
    looks every few seconds: at first Prefect is told that it waits, since a heartbeat that comes
    a moment after it was suspended would have it taken for dead.
    """
    folders = {folder.resolve() for folder in workspaces}
    woken, failures = list[str](), list[str]()
    with get_client(sync_client=True) as client:
        for run in _waiting(client):
            if met is not None:
                met[str(run.id)] += 1
            if met is not None and met[str(run.id)] <= _SAYINGS:
                emit_event("prefect.flow-run.waiting", {"prefect.resource.id": _name(run)})
            folder = Path((run.parameters.get("month") or {}).get("workspace") or ".").resolve()
            if folder not in folders:
                continue
            try:
                if _wake(client, run, folder):
                    woken.append(run.name)
            except (CxGreetzError, PrefectException) as error:
                failures.append(one_line(f"{run.name}: {error}"))
    return woken, failures


def _name(run: FlowRun) -> str:
    """What Prefect's events call a run."""
    return f"prefect.flow-run.{run.id}"


def _waiting(client: SyncPrefectClient) -> Iterator[FlowRun]:
    paused = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.PAUSED]))
    yield from client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[_WAITS])),
        flow_run_filter=FlowRunFilter(state=paused),
    )


def _wake(client: SyncPrefectClient, run: FlowRun, folder: Path) -> bool:
    with open_workspace(folder) as opened:
        request = pipeline.find_request(opened, run=str(run.id))
        edition = run.name.removeprefix(f"{_WAITS}-")
        asked_by = pipeline.find_request(opened, edition=edition) if request is None else None
    if request is None:
        # One that this database knows nothing of waits on: it may be another's.
        if asked_by and asked_by.run:
            told = f"another run asks for {edition} now"
            client.set_flow_run_state(run.id, Cancelled(message=told), force=True)
        return False
    if not request.decision:
        return False
    answer = {"decision": request.decision, "editor": request.by, "note": request.note}
    came_of_it = client.resume_flow_run(run.id, run_input=answer)
    if came_of_it.status == SetStateStatus.REJECT:
        raise HeldError(getattr(came_of_it.details, "reason", "Prefect does not resume it"))
    # Aborted, it was woken a moment ago.
    return came_of_it.status == SetStateStatus.ACCEPT


# what a person is shown


def describe(report: dict[str, Any], why: str = "") -> str:
    """Write what a person is asked to approve, as Markdown; `why` she is asked once more."""
    # A list: the form is too narrow for a table.
    emails = [
        f"- **{name}**: {text(email['subject'])}; {to_mend(email['findings'])}; "
        f"`{email['fingerprint'][:_SEALS]}`"
        for name, email in report["languages"].items()
    ]
    parts = [f"**{text(report['newsletter'])} {report['edition']}**"]
    parts += [f"**Not yet:** {text(why)}"] if why else []
    if provider := (report["request"] or {}).get("provider"):
        parts += [
            f"**A rehearsal:** a yes is for {text(provider)} alone, which writes files to look at. "
            "Nothing goes to the newsletter's own provider by it, so leave *Send at* empty."
        ]
    parts += ["\n".join(emails)]
    parts += [
        f"{link('Read and mend the emails', report['url'])}. Whatever is changed there is asked "
        "for again: only the emails with these fingerprints go out."
    ]
    return "\n\n".join(parts)


def tell_of_request(report: dict[str, Any]) -> Told:
    """Say who is asked for what."""
    request = report["request"]
    if request is None:
        return Told(f"there is nothing in {report['edition']} to approve", "", quiet=True)
    if request["decision"]:
        line = f"{report['edition']} is answered: {request['decision']}, by {request['by']}"
    else:
        line = f"{report['edition']} waits for approval: {report['url']}"
    return Told(line, page((f"Approval of {report['edition']}", describe(report))))


def tell_of_answer(report: dict[str, Any]) -> Told:
    """Say what a person answered."""
    request = report["request"]
    did = "approved by" if request["decision"] == "approve" else "sent back by"
    note = f": {request['note']}" if request["note"] else ""
    line = f"{report['edition']} was {did} {request['by']}{note}"
    return Told(line, page((f"Answer for {report['edition']}", text(line))))
