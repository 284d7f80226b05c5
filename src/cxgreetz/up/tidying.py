"""Which runs nobody will finish, and which were missed and need no doing any more.

In: Prefect's flow runs as its API gives them. Out: the state each is to have. Never: a run that
waits for a person, a run that a person asked for, a run without a deployment (somebody's script).

A worker that is stopped or cut off leaves its runs "Running" for ever; nobody comes back to them.
After days without power each morning's run would be done one after the other, though the newest
does the work of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from cxgreetz.up.api import Api

#: Of a run: its fields as the API gives them.
Run = Mapping[str, Any]

CUT_OFF = "cut off with the machine or its worker; run it again, nothing is lost"
STOPPED = "stopped with cxgreetz up; run it again, nothing is lost"
MISSED = "missed while nothing ran here; a later one does its work"
_PAGE = 200
_UNDER_WAY = ("PENDING", "RUNNING", "CANCELLING")


def state_of_unfinished(run: Run, why: str) -> dict[str, str] | None:
    """What becomes of a run that no worker is at; None: it is left alone."""
    if run["state_type"] not in _UNDER_WAY or not run["deployment_id"]:
        return None
    kind = "CANCELLED" if run["state_type"] == "CANCELLING" else "CRASHED"
    return {"type": kind, "message": why}


def superseded(runs: Iterable[Run]) -> list[Run]:
    """Of the scheduled runs that are due, all but the newest of each deployment."""
    missed = [
        run
        for run in runs
        if run["state_type"] == "SCHEDULED"
        and run["auto_scheduled"]
        and not run["run_count"]
        and run["deployment_id"]
    ]
    newest: dict[str, Run] = {}
    for run in missed:
        best = newest.get(run["deployment_id"])
        if best is None or _due(run) > _due(best):
            newest[run["deployment_id"]] = run
    return [run for run in missed if newest[run["deployment_id"]] is not run]


def _due(run: Run) -> datetime:
    return datetime.fromisoformat(run["next_scheduled_start_time"])


def end_unfinished(api: Api, why: str) -> list[str]:
    """Say of every run that is under way that it is not any more; gives their names."""
    ended = []
    for run in _runs(api, {"state": {"type": {"any_": list(_UNDER_WAY)}}}):
        if state := state_of_unfinished(run, why):
            _set(api, run, state)
            ended.append(str(run["name"]))
    return ended


def cancel_superseded(api: Api, now: datetime | None = None) -> list[str]:
    """Cancel what was missed and is done by a later run; gives their names."""
    due = (now or datetime.now(UTC)).isoformat()
    wanted = {
        "state": {"type": {"any_": ["SCHEDULED"]}},
        "next_scheduled_start_time": {"before_": due},
    }
    old = superseded(_runs(api, wanted))
    for run in old:
        _set(api, run, {"type": "CANCELLED", "message": MISSED})
    return [str(run["name"]) for run in old]


def _runs(api: Api, wanted: dict[str, Any]) -> list[Run]:
    found: list[Run] = []
    while True:
        page = {"flow_runs": wanted, "sort": "ID_DESC", "limit": _PAGE, "offset": len(found)}
        runs = api.post("/flow_runs/filter", page)
        found += runs
        if len(runs) < _PAGE:
            return found


def _set(api: Api, run: Run, state: dict[str, str]) -> None:
    # Not forced: the rules of a state's change also give back the deployment's slot.
    api.post(f"/flow_runs/{run['id']}/set_state", {"state": state, "force": False})
