"""Measure gathering from 2,000 blogs with one worker and with two, on PostgreSQL and Prefect.

In: how many sources. Out: seconds of both sides, where they went, the load of the machine; and
what becomes of a run whose second worker is killed in the middle. Never: a network beyond
loopback, a figure of an unfinished gathering.

A farm serves blogs on 60 loopback addresses, each answer 50 ms late: a feed of teasers, two of
them of the last month, and each post's own page (some 30 KB), as most blogs are. PostgreSQL, the
Prefect server and the farm are started here and use the same machine; what they take of it is
told beside the workers' own. Each worker is held to one
core, and so is what it starts. Seconds count from the start that a person presses to the end of
the run, with everything in between: picking it up, beginning a process, reading, judging.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parent))
from gather import _column, _sentence

ROOT = Path(__file__).resolve().parent.parent
POSTGRES_BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
SOURCES, ADDRESSES, LATENCY, NEW, OLD = 2000, 60, 0.05, 2, 8
GOAL = 1.7


# the farm


def feed_of(base: str, number: int) -> bytes:
    chance, now = random.Random(number), datetime.now(UTC)
    days = [5 + 10 * place for place in range(NEW)] + [60 + 20 * place for place in range(OLD)]
    entries = "".join(
        f"<item><title>{_sentence(chance)}</title><link>{base}/{number}/{place}/</link>"
        f"<guid>{base}/{number}/{place}/</guid>"
        f"<pubDate>{format_datetime(now - timedelta(days=day, minutes=number))}</pubDate>"
        f"<description>{_sentence(chance)} [&#8230;]</description></item>"
        for place, day in enumerate(days)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>Columns {number}</title><link>{base}/{number}/</link><language>en</language>"
        f"<description>Columns</description>{entries}</channel></rss>"
    ).encode()


def page_of(base: str, path: str) -> bytes:
    """A post's page: the text, and around it what a blog's theme puts there."""
    chance = random.Random(path)
    menu = "".join(f'<li><a href="/{n}/">{_sentence(chance)[:20]}</a></li>' for n in range(40))
    more = "".join(
        f'<article><h3><a href="/m{n}/">{_sentence(chance)}</a></h3><p>{_sentence(chance)}</p>'
        "</article>"
        for n in range(20)
    )
    style = "".join(f".c{n}{{margin:{n}px;padding:0 {n}px}}" for n in range(200))
    return (
        f'<!DOCTYPE html><html lang="en"><head><title>{path}</title><style>{style}</style></head>'
        f'<body><header><nav><ul>{menu}</ul></nav></header><main><article class="post">'
        f'<h1 class="entry-title">{_sentence(chance)}</h1><div class="entry-content">'
        f"{_column(chance, base + path)}</div></article></main><aside>{more}</aside></body></html>"
    ).encode()


def answers(bases: list[str], sources: int) -> dict[tuple[str, str], tuple[str, bytes]]:
    """Everything that will be asked for, made beforehand: blogs are other people's machines."""
    made = {}
    for number in range(sources):
        base = bases[number % len(bases)]
        made[base, f"/feed/{number}/"] = "application/rss+xml", feed_of(base, number)
        for place in range(NEW):
            path = f"/{number}/{place}/"
            made[base, path] = "text/html", page_of(base, path)
    return made


async def serve_farm(sources: int) -> None:
    """Serve until standard input ends; the first line written says where."""
    made: dict[tuple[str, str], tuple[str, bytes]] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                path, port = head.split(" ", 2)[1], writer.get_extra_info("sockname")
                await asyncio.sleep(LATENCY)
                found = made.get((f"http://{port[0]}:{port[1]}", path))
                kind, body = found or ("text/html", b"")
                status = "200 OK" if found else "404 Not Found"
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: {kind}; charset=utf-8\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    hosts = [f"127.0.0.{last}" for last in range(1, ADDRESSES + 1)]
    servers = [await asyncio.start_server(talk, host, 0, backlog=512) for host in hosts]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    bases = [f"http://{h}:{p}" for h, p in zip(hosts, ports, strict=True)]
    made |= answers(bases, sources)
    print(json.dumps(bases), flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def farm(sources: int) -> Iterator[tuple[int, list[str]]]:
    """Blogs; gives the number of their process, and their addresses."""
    command = [sys.executable, __file__, "--farm", "--sources", str(sources)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        try:
            yield process.pid, json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


# what stands around it


@contextmanager
def postgres() -> Iterator[tuple[int, Path]]:
    """A PostgreSQL of its own; gives the number of its process and the folder of its socket."""
    if POSTGRES_BIN is None:
        sys.exit("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="cxg-scale-pg-"))
    prefix: list[str] = []
    if os.geteuid() == 0:  # which PostgreSQL refuses to run as
        shutil.chown(folder, "postgres")
        folder.chmod(0o755)
        prefix = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *arguments: str) -> None:
        command = [*prefix, str(POSTGRES_BIN / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust", "-U", "cxgreetz", "--no-sync")
    options = f"-c listen_addresses= -c unix_socket_directories={folder}"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        for name in ("prefect", "one", "two", "killed"):
            run("createdb", "-h", str(folder), "-U", "cxgreetz", name)
        yield int((folder / "data" / "postmaster.pid").read_text().split()[0]), folder
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def children_of(pid: int) -> list[int]:
    """A process and everything that it started."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(
                int(stat.parent.name)
            )
        except OSError:
            continue
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def cpu_of(pid: int) -> float:
    """Processor seconds of a process and of everything it started, also of what has ended."""
    found = 0
    for one in children_of(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found += sum(map(int, fields[11:15]))
    return found / os.sysconf("SC_CLK_TCK")


def kill(pid: int) -> None:
    for one in children_of(pid):
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue


@contextmanager
def process(
    log: Path, env: dict[str, str], *command: str, core: int | None = None
) -> Iterator[int]:
    """Run a command, held to a core if one is named; it ends with everything it started."""
    held = ["taskset", "-c", str(core)] if core is not None else []
    with log.open("w") as out:
        started = subprocess.Popen([*held, *command], env=env, stdout=out, stderr=out)
        try:
            yield started.pid
        finally:
            kill(started.pid)
            started.wait()


@dataclass
class Prefect:
    """A server, by its API; what it does not answer at once is asked again."""

    url: str
    env: dict[str, str]
    folder: Path
    pid: int

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        for again in reversed(range(60)):
            try:
                answer = httpx.request(method, f"{self.url}{path}", json=body, timeout=30)
                if answer.status_code < 500:
                    answer.raise_for_status()
                    return answer.json() if answer.content else None
            except httpx.TransportError:
                if not again:
                    raise
            time.sleep(1)
        sys.exit(f"Prefect does not answer at {path}")

    def deploy(self) -> None:
        script = (
            "import sys\nfrom prefect import Flow\n"
            "for name in ('gather', 'read'):\n"
            "    flow = Flow.from_source(sys.argv[1], f'flows/{name}.py:{name}')\n"
            "    flow.deploy('farm', work_pool_name='farm', build=False, push=False,"
            " print_next_steps=False)\n"
        )
        self.ask("POST", "/work_pools/", {"name": "farm", "type": "process"})
        command = [sys.executable, "-c", script, str(ROOT)]
        subprocess.run(command, env=self.env, check=True, stdout=subprocess.DEVNULL)

    @contextmanager
    def worker(self, name: str, core: int, shares: int) -> Iterator[int]:
        env = self.env | {"CXGREETZ_SHARDS": str(shares)}
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "farm"]
        command += ["--type", "process", "--limit", "1", "--name", name]
        with process(self.folder / f"{name}.log", env, *command, core=core) as pid:
            while not any(w["name"] == name for w in self.workers()):
                time.sleep(0.5)
            yield pid

    def workers(self) -> list[dict[str, Any]]:
        found = self.ask("POST", "/work_pools/farm/workers/filter", {})
        return [worker for worker in found if worker["status"] == "ONLINE"]

    def begin(self, workspace: Path) -> str:
        deployment = self.ask("GET", "/deployments/name/gather/farm")
        given = {"parameters": {"month": {"workspace": str(workspace)}}}
        run = self.ask("POST", f"/deployments/{deployment['id']}/create_flow_run", given)
        return str(run["id"])

    def run(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/flow_runs/{run}")
        return found

    def helper(self) -> dict[str, Any] | None:
        """The run of `read` that is running now."""
        wanted = {
            "flows": {"name": {"any_": ["read"]}},
            "flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}},
        }
        found = self.ask("POST", "/flow_runs/filter", wanted)
        return found[0] if found else None

    def warnings(self, run: str) -> list[str]:
        wanted = {"logs": {"flow_run_id": {"any_": [run]}, "level": {"ge_": 30}}}
        return [log["message"] for log in self.ask("POST", "/logs/filter", wanted)]


@contextmanager
def prefect(folder: Path, sockets: Path) -> Iterator[Prefect]:
    port = _free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    env |= {
        "PYTHONPATH": str(ROOT / "src"),
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "cxgreetz",
        "DO_NOT_TRACK": "1",
    }
    database = f"postgresql+asyncpg://cxgreetz@/prefect?host={sockets}"
    own = env | {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database}
    command = [sys.executable, "-m", "prefect", "server", "start"]
    with process(folder / "server.log", own, *command) as pid:
        server = Prefect(env["PREFECT_API_URL"], env, folder, pid)
        server.ask("GET", "/health")
        server.deploy()
        yield server


# measuring


def write_workspace(folder: Path, bases: list[str], sources: int, url: str) -> Path:
    start = (datetime.now(UTC) - timedelta(days=30)).date()
    tables = [
        f'[newsletter]\nname = "Farm"\nfrom = "F <f@example.org>"\nstart = {start}\n'
        f'[store]\nurl = "{url}"\n'
    ]
    tables += [
        f'[[sources]]\nname = "{n}"\nurl = "{bases[n % len(bases)]}/feed/{n}/"\n'
        for n in range(sources)
    ]
    folder.mkdir()
    (folder / "cxgreetz.toml").write_text("\n".join(tables))
    return folder


def wait(server: Prefect, run: str) -> dict[str, Any]:
    while True:
        found = server.run(run)
        if found["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
            return found
        time.sleep(0.5)


def seconds_of(run: dict[str, Any]) -> tuple[float, float]:
    """From the press of the button to the end, and of those before the flow began."""
    asked, began, ended = (
        datetime.fromisoformat(run[name]) for name in ("created", "start_time", "end_time")
    )
    return (ended - asked).total_seconds(), (began - asked).total_seconds()


def proof(folder: Path, sources: int) -> str:
    """Say that every post is known once; ends the benchmark where one is lost or doubled."""
    from cxgreetz.pipeline import open_workspace

    with open_workspace(folder) as workspace:
        posts = [s for s in workspace.store.posts() if s.decision == "taken"]
        readings = workspace.store.readings()
        pieces = {post.piece for post in posts}
        failed = [name for name, row in readings.items() if row["error"]]
    lost, urls = NEW * sources - len(posts), {s.post.url for s in posts}
    told = f"{len(posts)} posts of {len(readings)} sources, in {len(pieces)} pieces"
    if lost or len(urls) != len(posts) or len(readings) != sources or failed:
        sys.exit(f"{told}: {lost} lost, {len(posts) - len(urls)} twice, {len(failed)} failed")
    return told


def load() -> str:
    return " ".join(f"{one:.1f}" for one in os.getloadavg())


def measure(
    server: Prefect, folder: Path, workers: int, sources: int, around: dict[str, int]
) -> float:
    with ExitStack() as held:
        names = [f"w{workers}-{number}" for number in range(workers)]
        pids = [held.enter_context(server.worker(n, core, workers)) for core, n in enumerate(names)]
        before, spent = load(), [cpu_of(pid) for pid in (*pids, *around.values())]
        done = wait(server, server.begin(folder))
        used = [
            cpu_of(pid) - was for pid, was in zip((*pids, *around.values()), spent, strict=True)
        ]
    whole, idle = seconds_of(done)
    print(
        f"{workers} worker{'s' * (workers > 1)}: {whole:6.1f} s, of which {idle:.1f} s to begin; "
        f"{' + '.join(f'{one:.1f}' for one in used[:workers])} s of processor ("
        f"{', '.join(f'{n} {s:.1f}' for n, s in zip(around, used[workers:], strict=True))}); "
        f"{done['state_name']}; {proof(folder, sources)}; load before {before}, after {load()}",
        flush=True,
    )
    for line in server.warnings(done["id"])[:5]:
        print(f"   said: {line}")
    return whole


def kill_one(server: Prefect, folder: Path, sources: int) -> None:
    """Kill the helping worker and all that it runs, when a part of the sources is read."""
    from cxgreetz.pipeline import open_workspace

    with ExitStack() as held:
        pids = [held.enter_context(server.worker(f"k-{n}", n, 2)) for n in range(2)]
        run = server.begin(folder)
        with open_workspace(folder) as workspace:
            while not (helper := server.helper()):
                time.sleep(0.5)
            at = sum(workspace.store.count_parts(run)[:1])
            while workspace.store.count_parts(run)[0] < at + sources // 4:
                time.sleep(0.1)
            at = workspace.store.count_parts(run)[0]
        theirs = int(helper["infrastructure_pid"].rpartition(":")[2])
        victim = next(pid for pid in pids if theirs in children_of(pid))
        kill(victim)
        print(f"a worker was killed when {at} of {sources} sources were read", flush=True)
        done = wait(server, run)
        whole, _idle = seconds_of(done)
        print(f"the run ended by itself: {done['state_name']}, {whole:.1f} s; ", end="")
        print(proof(folder, sources))
        for line in server.warnings(run)[:8]:
            print(f"   said: {line}")
        print(f"   the helping run is {server.run(helper['id'])['state_name']}")


def main() -> None:
    """Measure and print; what the figures are does not change the exit code."""
    options = argparse.ArgumentParser(description="one worker against two")
    options.add_argument("--sources", type=int, default=SOURCES)
    options.add_argument("--farm", action="store_true", help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.farm:
        asyncio.run(serve_farm(asked.sources))
        return
    sys.path.insert(0, str(ROOT / "src"))
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="cxg-scale-")))
        farmer, bases = held.enter_context(farm(asked.sources))
        database, sockets = held.enter_context(postgres())
        server = held.enter_context(prefect(folder, sockets))
        around = {"farm": farmer, "database": database, "Prefect": server.pid}
        url = "postgresql+psycopg://cxgreetz@/{name}?host=" + str(sockets)
        few = max(min(asked.sources, 200), asked.sources // 10)
        sizes = {"one": asked.sources, "two": asked.sources, "killed": few}
        places = {
            name: write_workspace(folder / name, bases, size, url.format(name=name))
            for name, size in sizes.items()
        }
        print(f"{asked.sources} sources, {NEW} new posts each, {LATENCY * 1000:.0f} ms an answer")
        one = measure(server, places["one"], 1, asked.sources, around)
        two = measure(server, places["two"], 2, asked.sources, around)
        is_met = "met" if one / two >= GOAL else "not met"
        print(f"two workers are {one / two:.2f} times as fast as one (goal {GOAL}: {is_met})")
        kill_one(server, places["killed"], few)


if __name__ == "__main__":
    main()
