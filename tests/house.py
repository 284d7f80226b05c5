"""A house with everything of `cxgreetz up` in it: server, worker, waker, review pages (Linux).

In: workspace folders. Out: the real thing on free ports, its runs by their ids, its processes to
be killed. Never: a process that is left, a wait without an end.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from cxgreetz.up.api import Api

#: Seconds: a process of a flow imports for ten seconds where four others want the same two cores.
LONG = 120.0
T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(
    what: Callable[[], T],
    told: Callable[[], object] = str,
    within: float = LONG,
    every: float = 0.1,
) -> T:
    """Give what is asked as soon as it is true; raises AssertionError with what is told then."""
    until = time.monotonic() + within
    while not (found := what()):
        assert time.monotonic() < until, f"it did not come to that: {told()}"
        time.sleep(every)
    return found


def descendants(pid: int) -> list[int]:
    """The processes that `pid` started, and those that they started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in task.read_text().split():
                found += [int(child), *descendants(int(child))]
        except OSError:
            continue  # it has just ended
    return found


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def end(pid: int) -> None:
    """SIGKILL, which nothing can answer."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class House:
    """What one `cxgreetz up` runs; `start` again finds everything that was there before."""

    def __init__(self, home: Path, folders: dict[str, Path], **environment: str) -> None:
        self.home, self.folders, self.port = home, folders, free_port()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "CXGREETZ_"))}
        self._environment = kept | environment
        self._up: subprocess.Popen[str] | None = None
        #: By slug, the addresses of the review pages that let one in.
        self.pages: dict[str, str] = {}
        #: What a person types into Prefect's page, as it was printed.
        self.login = ""
        self.api = Api("127.0.0.1", self.port, "")
        self._deployments: dict[str, str] = {}

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # up and down

    def start(self) -> None:
        """Start it all, and wait until it answers."""
        command = [sys.executable, "-m", "cxgreetz", "up", "--json", "--port", str(self.port)]
        command += ["--home", str(self.home)]
        for folder in self.folders.values():
            command += ["--workspace", str(folder)]
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "up.log").open("a") as log:
            self._up = subprocess.Popen(
                command, env=self._environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._up.stdout
        line = self._up.stdout.readline()
        assert line, self.said()
        said = json.loads(line)
        self.pages = {one["slug"]: one["review"] for one in said["newsletters"]}
        # Made anew for each start, like the token that the server knows us by.
        self.login = said["prefect"]["login"]
        self.api = Api("127.0.0.1", self.port, self.login)

    def stop(self) -> None:
        """As a person does, by Ctrl-C."""
        assert self._up
        self._up.send_signal(signal.SIGINT)
        assert self._up.wait(timeout=LONG) == 0, self.said()
        self._up = None

    def kill(self) -> None:
        """As a power cut does: everything at once; nothing if nothing runs."""
        if self._up:
            for pid in (self._up.pid, *descendants(self._up.pid)):
                end(pid)
            self._up.communicate()
            self._up = None

    def said(self) -> str:
        return (self.home / "up.log").read_text()[-2000:]

    def process(self, words: str) -> int:
        """The one process of the house whose command has these words; waits for it."""
        assert self._up
        up = self._up.pid

        def found() -> int:
            pids = [pid for pid in descendants(up) if words in command_of(pid)]
            return pids[0] if len(pids) == 1 else 0

        return wait_for(found, lambda: [command_of(one) for one in descendants(up)])

    def kill_one(self, words: str) -> None:
        """SIGKILL to the one process whose command has these words."""
        end(self.process(words))

    # runs

    def begin(self, flow: str, slug: str, **month: Any) -> str:
        """Press the button of a deployment; gives the run's id."""
        if not self._deployments:
            flows = {one["id"]: one["name"] for one in self.api.post("/flows/filter", {})}
            for one in self.api.post("/deployments/filter", {}):
                self._deployments[f"{flows[one['flow_id']]}/{one['name']}"] = one["id"]
        given = {"month": {"workspace": str(self.folders[slug])} | month}
        body = {"state": {"type": "SCHEDULED"}, "parameters": given}
        place = f"/deployments/{self._deployments[f'{flow}/{slug}']}/create_flow_run"
        return str(self.api.post(place, body)["id"])

    def state(self, run: str) -> dict[str, Any]:
        return dict(self.api.get(f"/flow_runs/{run}")["state"])

    def come_to(self, run: str, *names: str) -> str:
        """Wait until a run's state has one of these names; gives what it says then.

        A run that has ended otherwise is not waited for.
        """
        last: dict[str, Any] = {}

        def came() -> bool:
            last.update(self.state(run))
            ended = last["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
            assert not ended or last["name"] in names, (last["name"], last["message"])
            return last["name"] in names

        # Not more often: the server that answers is the one that the run waits for.
        wait_for(came, lambda: (last["name"], last["message"], self.said()), every=0.4)
        return str(last["message"])

    def runs(self, flow: str, slug: str) -> list[str]:
        """The ids of a newsletter's runs of a flow, but those planned, the newest first."""
        wanted = {
            "flows": {"name": {"any_": [flow]}},
            "flow_runs": {"tags": {"all_": [slug]}, "state": {"type": {"not_any_": ["SCHEDULED"]}}},
            "sort": "EXPECTED_START_TIME_DESC",
        }
        return [str(run["id"]) for run in self.api.post("/flow_runs/filter", wanted)]

    def pause_schedules(self) -> None:
        """Let nothing begin by itself, whatever the time is."""
        for one in self.api.post("/deployments/filter", {}):
            self.api.post(f"/deployments/{one['id']}/pause_deployment", {})
