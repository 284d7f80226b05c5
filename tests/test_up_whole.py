"""`cxgreetz up` as a person runs it: started, looked at, cut off, started again, stopped."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from cxgreetz.up import tidying
from cxgreetz.up.api import Api
from servers.feed_site import FeedPost, FeedSite

FLOWS = ("syndicate", "gather", "assemble", "publish", "greetz", "read", "tell")
PASSWORD = "a password of this test"
LOGIN = f"cxgreetz:{PASSWORD}"
SLUG = "de-klantbrief"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def blog() -> Iterator[FeedSite]:
    words = "<p>Wie zijn klanten bij naam kent, hoeft geen enquête te sturen naar hen.</p>"
    published = datetime.now(UTC) - timedelta(hours=2)
    with FeedSite(FeedPost("Bij naam gekend", words * 4, published, "/naam/")) as site:
        yield site


@pytest.fixture
def workspace(tmp_path: Path, blog: FeedSite) -> Path:
    start = (datetime.now(UTC) - timedelta(days=40)).date()
    (tmp_path / "cxgreetz.toml").write_text(
        f"""[newsletter]
name = "De Klantbrief"
from = "Redactie <redactie@example.org>"
languages = ["nl"]
timezone = "Europe/Brussels"
start = {start}

[[sources]]
name = "blog"
url = "{blog.url}"
kind = "feed"

[review]
port = {free_port()}
""",
        encoding="utf-8",
    )
    return tmp_path


class Up:
    """A running `cxgreetz up`."""

    def __init__(self, process: subprocess.Popen[str], said: dict[str, Any], port: int) -> None:
        self.process, self.said = process, said
        self.api = Api("127.0.0.1", port, LOGIN)
        self.children = descendants(process.pid)

    def deployments(self) -> dict[str, dict[str, Any]]:
        flows = {one["id"]: one["name"] for one in self.api.post("/flows/filter", {})}
        return {flows[one["flow_id"]]: one for one in self.api.post("/deployments/filter", {})}

    def run(self, run: str) -> dict[str, Any]:
        return dict(self.api.get(f"/flow_runs/{run}"))

    def told(self) -> str:
        """The addresses that the runs of `tell` were given."""
        wanted = {"flows": {"name": {"any_": ["tell"]}}}
        runs = self.api.post("/flow_runs/filter", wanted)
        return " ".join(run["parameters"]["url"] for run in runs)

    def start_run(self, flow: str) -> str:
        """Press the button, and wait until the flow is at work."""
        deployment = self.deployments()[flow]["id"]
        state = {"state": {"type": "SCHEDULED"}}
        run = self.api.post(f"/deployments/{deployment}/create_flow_run", state)["id"]
        wait_for(lambda: self.run(run)["state_type"] == "RUNNING", 60)
        return str(run)

    def wait_until_gone(self, seconds: float) -> None:
        self.process.wait(timeout=seconds)
        wait_for(lambda: not self.left(), seconds, self.left)

    def left(self) -> list[str]:
        """The command lines of the children that are still there."""
        return [command_of(pid) for pid in self.children if is_alive(pid)]


@contextmanager
def up(workspace: Path, port: int) -> Iterator[Up]:
    command = [sys.executable, "-m", "cxgreetz", "up", "--json", "--port", str(port)]
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    process = subprocess.Popen(
        [*command, "--workspace", str(workspace)],
        env=environ | {"CXGREETZ_PREFECT_PASSWORD": PASSWORD},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield Up(process, json.loads(process.stdout.readline()), port)
    finally:
        process.kill()
        process.communicate()


def descendants(pid: int) -> list[int]:
    """The processes that `pid` started, and those that they started (Linux)."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *descendants(int(child))]
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def wait_for(is_so: Any, seconds: float, look: Any = lambda: "it did not come to that") -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, look()
        time.sleep(0.2)


def ask(port: int, method: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, "{}" if method == "POST" else None, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}


def make_missed(database: Path, flow: str, *, ago: list[timedelta]) -> list[str]:
    """Put planned runs of a flow into the past, as if nothing had run then; gives their ids."""
    with sqlite3.connect(database) as db:
        rows = db.execute(
            "SELECT flow_run.id, flow_run.state_id FROM flow_run JOIN flow ON flow.id = flow_id "
            "WHERE flow.name = ? AND state_type = 'SCHEDULED' AND auto_scheduled = 1 LIMIT ?",
            (flow, len(ago)),
        ).fetchall()
        for (run, state), before in zip(rows, ago, strict=True):
            due = datetime.now(UTC) - before
            db.execute(
                "UPDATE flow_run SET expected_start_time = ?1, next_scheduled_start_time = ?1 "
                "WHERE id = ?2",
                (due.strftime("%Y-%m-%d %H:%M:%S.%f"), run),
            )
            (text,) = db.execute(
                "SELECT state_details FROM flow_run_state WHERE id = ?", (state,)
            ).fetchone()
            details = json.loads(text) | {"scheduled_time": due.isoformat()}
            db.execute(
                "UPDATE flow_run_state SET state_details = ? WHERE id = ?",
                (json.dumps(details), state),
            )
    db.close()
    return [run for run, _state in rows]


def state_in(database: Path, run: str) -> tuple[str, str]:
    with sqlite3.connect(database) as db:
        found = db.execute(
            "SELECT flow_run_state.type, message FROM flow_run "
            "JOIN flow_run_state ON flow_run_state.id = flow_run.state_id WHERE flow_run.id = ?",
            (run,),
        ).fetchone()
    db.close()
    return (found[0], found[1])


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.skipif(sys.platform != "linux", reason="children are counted in /proc")
def test_one_command_runs_all_and_finds_it_again(workspace: Path, blog: FeedSite) -> None:
    port, database = free_port(), workspace / ".prefect" / "prefect.db"
    with up(workspace, port) as first:
        assert first.said["prefect"] == {"url": f"http://127.0.0.1:{port}", "login": None}
        assert set(first.said["deployments"]) == {f"{flow}/{SLUG}" for flow in FLOWS}
        assert first.said["notes"] == []
        assert (workspace / ".prefect").stat().st_mode & 0o777 == 0o700

        # Nobody without the password, no other site, no form without a token.
        assert ask(port, "GET", "/api/version")[0] == 401
        assert ask(port, "POST", "/api/deployments/filter")[0] in (401, 403)
        here, other = f"http://127.0.0.1:{port}", "https://elsewhere.example"
        for origin, allowed in ((here, here), (other, None)):
            asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
            _status, headers = ask(port, "OPTIONS", "/api/version", **asked)
            assert headers.get("access-control-allow-origin") == allowed
        basic = {"Authorization": f"Basic {first.api._login}", "Content-Type": "application/json"}
        assert ask(port, "POST", "/api/flows/filter", **basic)[0] == 403
        commands = [command_of(pid) for pid in [first.process.pid, *first.children]]
        assert not [line for line in commands if PASSWORD in line]

        made = first.deployments()
        assert set(made) == set(FLOWS)
        for flow, one in made.items():
            assert one["name"] == SLUG
            assert one["tags"] == (["cxgreetz"] if flow == "tell" else ["cxgreetz", SLUG])
            zones = [schedule["schedule"]["timezone"] for schedule in one["schedules"]]
            assert zones == ["Europe/Brussels"] * (
                flow in ("gather", "assemble", "publish", "syndicate")
            )
        kept = {flow: one["id"] for flow, one in made.items()}
        automations = first.api.post("/automations/filter", {})
        assert len(automations) == 2
        (page,) = [one["review"] for one in first.said["newsletters"]]
        browser = build_opener(HTTPCookieProcessor())
        assert browser.open(page, timeout=20).status == 200

        # The next start is to leave a schedule of a person's own alone, and a paused one paused.
        own_one = {
            "active": True,
            "schedule": {"cron": "0 12 * * 1", "timezone": "Europe/Brussels"},
        }
        first.api.post(f"/deployments/{kept['greetz']}/schedules", [own_one])
        (schedule,) = made["publish"]["schedules"]
        place = f"/api/deployments/{kept['publish']}/schedules/{schedule['id']}"
        token = {"Prefect-Csrf-Token": first.api._token, "Prefect-Csrf-Client": first.api._client}
        for _try in range(60):  # Prefect answers 503 where its SQLite is busy, and means "again"
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("PATCH", place, '{"active": false}', basic | token)
            status = connection.getresponse().status
            connection.close()
            if status != 503:
                break
            time.sleep(0.5)
        assert status == 204

        # The power fails while the blogs are read.
        blog.slow = 120
        cut_off = first.start_run("gather")
        first.children = descendants(first.process.pid)
        first.process.kill()
        first.wait_until_gone(20)

    assert state_in(database, cut_off)[0] == "RUNNING"
    blog.slow = 0
    days = [timedelta(days=1), timedelta(days=3), timedelta(days=2)]
    newest, *older = make_missed(database, "gather", ago=days)
    with up(workspace, port) as second:
        assert second.deployments().keys() == kept.keys()
        assert {flow: one["id"] for flow, one in second.deployments().items()} == kept
        assert [s["active"] for s in second.deployments()["publish"]["schedules"]] == [False]
        assert [s["active"] for s in second.deployments()["gather"]["schedules"]] == [True]
        (added,) = second.deployments()["greetz"]["schedules"]
        assert added["schedule"]["cron"] == "0 12 * * 1"
        again = second.api.post("/automations/filter", {})
        assert {one["id"] for one in again} == {one["id"] for one in automations}
        crashed = second.run(cut_off)["state"]
        assert (crashed["type"], crashed["message"]) == ("CRASHED", tidying.CUT_OFF)
        for run in older:
            missed = second.run(run)["state"]
            assert (missed["type"], missed["message"]) == ("CANCELLED", tidying.MISSED)
        # What was missed is caught up at once, though its slot was held by the one cut off.
        wait_for(lambda: second.run(newest)["state_type"] == "COMPLETED", 90)

        # A run that is killed is told of, by a flow of its own.
        blog.slow = 120
        killed = second.start_run("gather")
        everybody = descendants(second.process.pid)
        (engine,) = [pid for pid in everybody if "prefect.engine" in command_of(pid)]
        os.kill(engine, signal.SIGKILL)
        wait_for(lambda: second.run(killed)["state_type"] == "CRASHED", 30)
        wait_for(lambda: killed in second.told(), 30)

        stopped = second.start_run("gather")
        second.children = descendants(second.process.pid)
        began = time.monotonic()
        second.process.send_signal(signal.SIGINT)
        second.wait_until_gone(20)
        assert second.process.returncode == 0
        assert time.monotonic() - began < 20
    assert state_in(database, stopped) == ("CRASHED", tidying.STOPPED)
