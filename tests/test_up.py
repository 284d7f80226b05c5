"""Bringing a newsletter up: what is planned, who is kept, which runs are settled."""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cxgreetz.cli import app
from cxgreetz.errors import UsageError
from cxgreetz.up import keeper as keeping
from cxgreetz.up import plan, tidying
from cxgreetz.up.keeper import ChildError, Keeper, StoppedError
from cxgreetz.up.plan import Child, Newsletter, Setup

SECRET = "correct horse battery"


def workspace_at(folder: Path, name: str, *, port: int = 8765, url: str = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "cxgreetz.toml").write_text(
        f"""[newsletter]
name = "{name}"
from = "Redactie <redactie@example.org>"
timezone = "Europe/Brussels"
start = 2026-10-01

[[sources]]
name = "blog"
url = "https://blog.example.org/feed/"

[review]
port = {port}
url = "{url}"
""",
        encoding="utf-8",
    )
    return folder


def setup_at(folder: Path, **environ: str) -> Setup:
    letter = Newsletter("De Klantbrief", "de-klantbrief", folder, "Europe/Brussels", 8765)
    return Setup((letter,), folder / ".prefect", folder, 4321, SECRET, environ)


# newsletters and places


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("CX Greetz", "cx-greetz"),
        ("Één & Twee!", "een-twee"),
        ("  --  ", "newsletter"),
        ("客户", "newsletter"),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    assert plan.slug_of(name) == slug


def test_newsletters_are_read_once_each(tmp_path: Path) -> None:
    one = workspace_at(tmp_path / "one", "Een")
    two = workspace_at(tmp_path / "two", "Twee", port=8766, url="https://r.example.org")
    first, second = plan.read_newsletters([one, two, one])
    assert (first.slug, first.port, first.timezone) == ("een", 8765, "Europe/Brussels")
    assert (second.folder, second.url) == (two.resolve(), "https://r.example.org")


@pytest.mark.parametrize(
    ("name", "port", "remedy"),
    [("EEN!", 8766, "newsletter.name"), ("Twee", 8765, "[review] port")],
)
def test_two_in_each_others_way_are_refused(
    tmp_path: Path, name: str, port: int, remedy: str
) -> None:
    folders = [
        workspace_at(tmp_path / "one", "Een"),
        workspace_at(tmp_path / "two", name, port=port),
    ]
    with pytest.raises(UsageError) as refused:
        plan.read_newsletters(folders)
    assert remedy in str(refused.value)
    assert all(str(folder) in str(refused.value) for folder in folders)


def test_where_prefect_has_its_home(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    assert plan.choose_home([one], None) == one / ".prefect"
    assert plan.choose_home([one, two], None) == tmp_path / ".prefect"
    assert plan.choose_home([one, one / "inner"], None) == tmp_path / ".prefect"
    (one / ".prefect").mkdir()
    assert plan.choose_home([one, two], None) == one / ".prefect"
    (two / ".prefect").mkdir()
    assert plan.choose_home([one, two], None) == tmp_path / ".prefect"
    (two / ".prefect").rmdir()
    (tmp_path / ".prefect").mkdir()
    assert plan.choose_home([one, two], None) == tmp_path / ".prefect"
    assert plan.choose_home([one, two], tmp_path / "else") == tmp_path / "else"


def test_who_ran_with_others_goes_on_where_they_ran(tmp_path: Path) -> None:
    one, two, new = (tmp_path / name for name in ("one", "two", "new"))
    for folder in (one, two, new):
        folder.mkdir()
    around = plan.choose_home([one, two], None)
    around.mkdir()
    plan.note_newsletters(around, [one, two])
    assert plan.choose_home([one], None) == plan.choose_home([two], None) == around
    assert plan.choose_home([new], None) == new / ".prefect"
    # Both are known still when one of them has run there alone.
    plan.note_newsletters(around, [one])
    assert plan.choose_home([two], None) == plan.choose_home([one, new], None) == around
    assert plan.choose_home([one], tmp_path / "else") == tmp_path / "else"


def test_who_ran_in_the_home_of_another_newsletter_goes_on_there(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    two.mkdir()
    (one / ".prefect").mkdir(parents=True)
    plan.note_newsletters(one / ".prefect", [one])
    assert plan.choose_home([two], None) == two / ".prefect"
    home = plan.choose_home([one, two], None)
    assert home == one / ".prefect"
    plan.note_newsletters(home, [one, two])
    assert plan.choose_home([two], None) == home


def test_of_two_homes_the_one_it_ran_in_last_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, around = tmp_path / "one", tmp_path / ".prefect"
    (one / ".prefect").mkdir(parents=True)
    around.mkdir()
    for home, at in ((around, 2000), (one / ".prefect", 1000)):
        plan.note_newsletters(home, [one])
        os.utime(home / plan.NOTED, (at, at))
    assert plan.choose_home([one], None) == around
    os.utime(one / ".prefect" / plan.NOTED, (3000, 3000))
    assert plan.choose_home([one], None) == one / ".prefect"
    # What somebody else wrote is no note of ours.
    monkeypatch.setattr(os, "getuid", lambda: -1)
    os.utime(around / plan.NOTED, (4000, 4000))
    assert plan.choose_home([one], None) == one / ".prefect"


def test_the_flows_are_found_with_their_deployments() -> None:
    project = plan.find_project()
    assert (project / "prefect.yaml").is_file()
    assert (project / "flows" / "deploying.py").is_file()


# settings


def test_no_secret_is_an_argument_or_told_by_accident(tmp_path: Path) -> None:
    setup = setup_at(tmp_path)
    (letter,) = setup.newsletters
    children = [
        plan.server_child(setup),
        plan.deploying_child(setup),
        plan.worker_child(setup),
        plan.waker_child(setup),
        plan.review_child(setup, letter),
    ]
    assert len({child.name for child in children}) == len(children)
    for child in children:
        assert SECRET not in " ".join(child.argv)
        assert SECRET not in repr(child)
    assert SECRET not in repr(setup)


def test_the_server_is_shut_to_all_but_its_own_page(tmp_path: Path) -> None:
    keys = {"CXGREETZ_DEEPL_API_KEY": "k", "PATH": "/bin", plan.PASSWORD: SECRET}
    settings = plan.server_environment(setup_at(tmp_path, **keys))
    assert settings["PREFECT_SERVER_API_HOST"] == "127.0.0.1"
    assert settings["PREFECT_SERVER_API_PORT"] == "4321"
    assert settings["PREFECT_SERVER_API_AUTH_STRING"] == f"cxgreetz:{SECRET}"
    assert settings["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    origins = settings["PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"].split(",")
    assert origins == ["http://127.0.0.1:4321", "http://localhost:4321"]
    for name in ("ANALYTICS_ENABLED", "UI_V2_ENABLED", "UI_SHOW_PROMOTIONAL_CONTENT"):
        assert settings[f"PREFECT_SERVER_{name}"] == "false"
    assert settings["DO_NOT_TRACK"] == "1"
    assert not [name for name in settings if name.startswith("CXGREETZ_")]


def test_prefects_own_variables_of_a_person_do_not_get_in_between(tmp_path: Path) -> None:
    database = "postgresql+asyncpg://prefect@db/prefect"
    setup = setup_at(
        tmp_path,
        PREFECT_API_URL="https://elsewhere.example/api",
        PREFECT_API_KEY="pnu_1",
        PREFECT_PROFILE="cloud",
        PREFECT_SERVER_DATABASE_CONNECTION_URL=database,
        PREFECT_LOGGING_LEVEL="DEBUG",
        CXGREETZ_DEEPL_API_KEY="k",
        CXGREETZ_REVIEW_PASSWORD_HASH="$argon2id$",
    )
    worker = plan.client_environment(setup)
    assert worker["PREFECT_API_URL"] == "http://127.0.0.1:4321/api"
    assert worker["PREFECT_API_AUTH_STRING"] == f"cxgreetz:{SECRET}"
    assert not {"PREFECT_API_KEY", "PREFECT_PROFILE", plan.REVIEW_PASSWORD} & set(worker)
    assert worker["PREFECT_LOGGING_LEVEL"] == "DEBUG"
    assert worker["CXGREETZ_DEEPL_API_KEY"] == "k"
    assert worker["PREFECT_HOME"] == str(tmp_path / ".prefect")
    assert plan.server_environment(setup)["PREFECT_SERVER_DATABASE_CONNECTION_URL"] == database
    assert not setup.is_alone
    assert setup_at(tmp_path).is_alone
    review = plan.review_environment(setup)
    assert review[plan.REVIEW_PASSWORD] == "$argon2id$"
    assert not [name for name in review if name.startswith("PREFECT_")]


@pytest.mark.parametrize(
    ("name", "value", "alone"),
    [
        ("PREFECT_SERVER_DATABASE_CONNECTION_URL", "sqlite+aiosqlite:////srv/p.db", True),
        ("PREFECT_SERVER_DATABASE_TIMEOUT", "30", True),
        ("PREFECT_API_DATABASE_CONNECTION_URL", "postgresql+asyncpg://db/prefect", False),
        ("PREFECT_SERVER_DATABASE_DRIVER", "postgresql+asyncpg", False),
    ],
)
def test_whoever_shares_a_database_touches_no_run_of_another_machine(
    tmp_path: Path, name: str, value: str, alone: bool
) -> None:
    assert setup_at(tmp_path, **{name: value}).is_alone is alone


# refused before anything starts


def refusal(*options: str, **environ: str) -> str:
    done = CliRunner().invoke(app, ["up", *options], env=environ)
    assert done.exit_code == 2, done.output
    (line,) = done.output.splitlines()
    return line


def test_a_taken_port_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    with socket.socket() as free, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free.bind(("127.0.0.1", 0))
        used, unused = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        folder = workspace_at(tmp_path / "one", "Een", port=used)
        where = ("--workspace", str(folder))
        said = refusal(*where, "--port", str(unused))
        assert f"port {used} is taken" in said
        assert "another cxgreetz up" in said
        assert f"`[review] port` in {folder}" in said
        assert "--port" in refusal(*where, "--port", str(used))
    assert "both Prefect" in refusal(*where, "--port", str(used))
    assert (folder / ".prefect").stat().st_mode & 0o777 == 0o700


def test_a_second_one_at_the_same_home_is_refused(tmp_path: Path) -> None:
    from cxgreetz.up.command import _hold

    folder = workspace_at(tmp_path / "one", "Een")
    with _hold(folder / ".prefect"):
        said = refusal("--workspace", str(folder))
    assert f"runs already with {folder / '.prefect'} (process {os.getpid()})" in said
    with _hold(folder / ".prefect"):
        pass


def test_a_home_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    folder = workspace_at(tmp_path / "one", "Een")
    (tmp_path / "file").write_text("")
    home = str(tmp_path / "file" / "home")
    assert "--home DIR" in refusal("--workspace", str(folder), "--home", home)


def test_a_page_for_others_needs_its_password(tmp_path: Path) -> None:
    folder = workspace_at(tmp_path / "one", "Een", url="https://review.example.org")
    said = refusal("--workspace", str(folder), CXGREETZ_REVIEW_PASSWORD_HASH="")
    assert "CXGREETZ_REVIEW_PASSWORD_HASH is not set" in said


# children

QUIET = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)"


def child(folder: Path, code: str, *, name: str = "one", **values: Any) -> Child:
    environment = {"PATH": os.environ["PATH"]}
    return Child(name, (sys.executable, "-c", code), environment, folder, **values)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(is_so: Any, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.02)


def test_a_child_that_dies_is_started_again_later_and_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "FIRST_PAUSE", 0.1)
    said: list[str] = []
    keeper = Keeper(tmp_path, said.append)
    code = "print('I cannot find my glasses', flush=True); raise SystemExit(1)"
    settled: list[int] = []
    keeper.start(child(tmp_path, code), settle=lambda: settled.append(len(said)))
    wait_for(lambda: keeper.look() or len(said) == 3)
    keeper.stop_all()
    assert settled == [1, 2], "after each death, before the next start"
    assert all("the one ended (1), saying last: I cannot find my glasses" in line for line in said)
    keeper.start(child(tmp_path, QUIET))
    assert keeper.is_up("one")
    keeper.look()
    assert len(said) == 3
    keeper.stop_all()


def test_pauses_double_up_to_a_minute_and_begin_anew_after_a_good_while(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, lambda _line: None)
    keeper.start(child(tmp_path, "raise SystemExit(1)"))
    pauses = []
    for _turn in range(9):
        kept = keeper._kept["one"]
        kept.process.wait()
        keeper.look()
        pauses.append(kept.pause)
        assert kept.again_at is not None
        kept.again_at = 0.0
        keeper.look()
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    kept = keeper._kept["one"]
    kept.process.wait()
    kept.began -= keeping.WELL + 1
    keeper.look()
    assert kept.pause == keeping.FIRST_PAUSE
    keeper.stop_all()


def test_who_does_not_listen_is_killed_with_all_it_started(tmp_path: Path) -> None:
    keeper, said = Keeper(tmp_path, lambda _line: None), list[str]()
    code = (
        "import subprocess, sys, time; "
        f"p = subprocess.Popen([sys.executable, '-c', {QUIET!r}], start_new_session=True); "
        "print(p.pid, flush=True); "
        f"{DEAF}; time.sleep(60)"
    )
    keeper.start(child(tmp_path, code, patience=0.3, is_heard=True), said.append)
    wait_for(lambda: "up" in said)
    began = time.monotonic()
    keeper.stop("one")
    assert 0.2 < time.monotonic() - began < 5
    wait_for(lambda: not is_alive(int(said[0])))


def test_a_job_ends_by_itself_and_its_failure_is_its_last_line(tmp_path: Path) -> None:
    keeper, said = Keeper(tmp_path, lambda _line: None), list[str]()
    keeper.run(child(tmp_path, "print('a'); print('b')", is_heard=True), said.append)
    assert said == ["a", "b"]
    code = "import sys; print('no pool here', file=sys.stderr); sys.exit(3)"
    with pytest.raises(ChildError, match="no pool here"):
        keeper.run(child(tmp_path, code, is_heard=True), said.append)
    assert (tmp_path / "one.log").stat().st_mode & 0o777 == 0o600
    keeping.put_old_logs_away(tmp_path)
    assert [path.name for path in tmp_path.glob("*.log")] == ["one.old.log"]


def test_a_wish_to_stop_ends_any_wait(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, lambda _line: None)
    before = signal.getsignal(signal.SIGTERM)
    with keeper.watching():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StoppedError):
            keeper.wait(60)
        with pytest.raises(StoppedError):
            keeper.run(child(tmp_path, QUIET), print)
    assert signal.getsignal(signal.SIGTERM) == before


KEEPING = """
import os, signal, sys, time
from pathlib import Path
from cxgreetz.up.keeper import Keeper
from cxgreetz.up.plan import Child
keeper = Keeper(Path(sys.argv[1]), print)
code = (
    "import os, signal, subprocess, sys, time; is_deaf = signal.getsignal(2) is signal.SIG_IGN; "
    "own = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], "
    "start_new_session=True); "
    "print(os.getpid(), own.pid, is_deaf, flush=True); time.sleep(60)"
)
with keeper.watching():
    keeper.start(Child("one", (sys.executable, "-c", code), dict(os.environ), Path(sys.argv[1]),
                       is_heard=True), lambda line: print(line, flush=True))
    keeper.wait(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the heir reads /proc")
def test_children_hear_signals_again_and_go_with_their_parent(tmp_path: Path) -> None:
    # As a shell's `&` in a script does.
    parent = subprocess.Popen(
        [sys.executable, "-c", KEEPING, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert parent.stdout
    child, grandchild, is_deaf = parent.stdout.readline().split()
    assert is_deaf == "False"
    parent.kill()
    parent.communicate()
    wait_for(lambda: not is_alive(int(child)) and not is_alive(int(grandchild)))


# runs


def a_run(kind: str, **values: Any) -> dict[str, Any]:
    return {
        "id": "r",
        "name": "gather-2026-11",
        "state_type": kind,
        "deployment_id": "d",
        "auto_scheduled": True,
        "run_count": 0,
        "next_scheduled_start_time": "2026-11-01T08:00:00Z",
    } | values


@pytest.mark.parametrize(
    ("run", "becomes"),
    [
        (a_run("RUNNING"), "CRASHED"),
        (a_run("PENDING"), "CRASHED"),
        (a_run("CANCELLING"), "CANCELLED"),
        (a_run("PAUSED"), None),
        (a_run("SCHEDULED"), None),
        (a_run("COMPLETED"), None),
        (a_run("RUNNING", deployment_id=None), None),
    ],
)
def test_what_nobody_is_at_has_ended(run: dict[str, Any], becomes: str | None) -> None:
    state = tidying.state_of_unfinished(run, "why")
    assert state == (becomes and {"type": becomes, "message": "why"})


def test_of_what_was_missed_the_newest_does_the_work() -> None:
    days = [
        a_run("SCHEDULED", id=day, next_scheduled_start_time=f"2026-11-{day}T05:00:00Z")
        for day in ("03", "05", "04")
    ]
    others = [
        a_run("SCHEDULED", id="another's", deployment_id="e"),
        a_run("SCHEDULED", id="a person's", auto_scheduled=False),
        a_run("SCHEDULED", id="resumed", run_count=1),
        a_run("SCHEDULED", id="no deployment", deployment_id=None),
        a_run("PAUSED", id="waits for a person"),
    ]
    assert [run["id"] for run in tidying.superseded(days + others)] == ["03", "04"]
    assert tidying.superseded([]) == []


# telling


def test_a_failed_run_is_told_to_whom_the_file_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.syspath_prepend(plan.find_project() / "flows")
    flow = importlib.import_module("tell")
    folder = workspace_at(tmp_path / "one", "Een")
    page = "http://127.0.0.1:4200/runs/flow-run/r"
    nobody = flow.tell.fn(folder, "gather-2026-11", "Crashed: cut off", page)
    assert (nobody.name, nobody.data["exit_code"]) == ("NothingNew", 0)
    assert "[notify]" in nobody.message
    with (folder / "cxgreetz.toml").open("a") as file:
        # Nothing listens on the discard port.
        file.write('[notify]\nurls = ["json://127.0.0.1:9/"]\n')
    unreached = flow.tell.fn(folder, "gather-2026-11", "Crashed: cut off", page)
    assert unreached.is_failed()
    assert "notify.urls[0] (json): " in unreached.message
    wrong = flow.tell.fn(tmp_path / "absent", "gather-2026-11", "Crashed", page)
    assert (wrong.name, wrong.data["exit_code"]) == ("Failed", 2)


def test_what_is_told_has_the_way_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cxgreetz.cli import show
    from cxgreetz.up.command import Started

    page = "http://127.0.0.1:8765/?token=t"
    setup = setup_at(tmp_path)
    fresh = Started(setup, {"de-klantbrief": page}, True, ("gather/de-klantbrief",), ("a note",))
    show.up(fresh, False)
    said = capsys.readouterr().out
    assert f"log in with: cxgreetz:{SECRET}" in said
    for part in ("http://127.0.0.1:4321", page, "a note", str(tmp_path / ".prefect")):
        assert part in said
    given = Started(setup, {"de-klantbrief": page}, False, ())
    show.up(given, False)
    assert SECRET not in capsys.readouterr().out
    show.up(given, True)
    document = json.loads(capsys.readouterr().out)
    assert document["prefect"] == {"url": "http://127.0.0.1:4321", "login": None}
    assert document["newsletters"][0]["review"] == page
    assert SECRET not in repr(given)
