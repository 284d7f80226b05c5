"""The command line: its commands, exit codes, JSON, and how little `--help` imports."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cxgreetz.cli import app
from cxgreetz.demo.site import DemoSite

COMMANDS = {
    "init", "demo", "sources", "gather", "translate", "draft", "check", "review", "approve",
    "push", "run", "status", "finding", "memory", "piece", "providers", "syndicate", "template",
}  # fmt: skip

WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-01-01
[[sources]]
name = "blog"
url = "http://127.0.0.1:1/feed/"
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE)
    return tmp_path


def call(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def call_json(*arguments: str | Path) -> tuple[int, Any]:
    code, out, _err = call(*arguments, "--json")
    return code, json.loads(out)


def test_help_lists_the_commands_of_the_contract() -> None:
    code, out, _err = call("--help")
    listed = {line.split()[0] for line in out.splitlines() if line.startswith("  ")}
    assert code == 0
    assert listed >= COMMANDS


def test_help_imports_nothing_heavy() -> None:
    """The list of what is imported is the promise that `--help` is quick."""
    script = (
        "import sys; sys.argv = ['cxgreetz', '--help']\n"
        "from cxgreetz.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('IMPORTED', *sorted({m.partition('.')[0] for m in sys.modules}))"
        "\nprint('OURS', *sorted(m for m in sys.modules if m.startswith('cxgreetz')))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    lines = {line.split()[0]: set(line.split()[1:]) for line in run.stdout.splitlines()[-2:]}
    ours = {"cxgreetz", "cxgreetz.cli", "cxgreetz.cli._doing"}
    ours |= {"cxgreetz.cli.asking", "cxgreetz.cli.writing"}
    assert lines["OURS"] == ours
    heavy = {
        "prefect", "fastapi", "sqlalchemy", "alembic", "pydantic", "requests", "feedparser", "bs4",
        "lxml", "lingua", "mjml", "jinja2", "babel", "deepl", "deep_translator", "starlette",
        "uvicorn", "nh3", "html5lib", "rich",
    }  # fmt: skip
    assert lines["IMPORTED"] & heavy == set()


def test_no_verb_imports_prefect(workspace: Path) -> None:
    script = (
        "import sys\n"
        "from cxgreetz.cli import main\n"
        "for verb in ('status', 'gather', 'translate', 'draft', 'run'):\n"
        f"    sys.argv = ['cxgreetz', verb, '--workspace', {str(workspace)!r}]\n"
        "    try:\n        main()\n    except SystemExit:\n        pass\n"
        "    if {'prefect', 'deep_translator'} & set(sys.modules):\n        sys.exit(verb)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--edtion", "2026-11"],
        ["gather", "--sinse", "2026-01-01"],
        ["push", "2026-11", "--dry"],
        ["nonsense"],
        ["approve", "2026-11"],
        ["draft", "2026-11", "2026-12"],
        ["translate", "--limit", "many"],
    ],
)
def test_a_half_known_word_is_an_error(arguments: list[str]) -> None:
    code, _out, err = call(*arguments)
    assert code == 2
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["draft", "2026-13"], "'2026-13' is no edition"),
        (["draft", "--closing", "soon"], "'soon' is no date"),
        (["gather", "--since", "soon"], "'soon' is no date"),
        (["check", "2026-11"], "make it with: cxgreetz draft 2026-11"),
        (["approve", "2026-11", "--by", "Anna"], "make it with: cxgreetz draft 2026-11"),
        (["push", "2026-11"], "make it with: cxgreetz draft 2026-11"),
        (["memory", "import", "nowhere.tmx"], "nowhere.tmx"),
        (["piece", "join", "a", "b"], "there is no piece 'a'"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    workspace: Path, arguments: list[str], said: str
) -> None:
    code, out, err = call(*arguments, "--workspace", workspace)
    assert (code, out) == (2, "")
    assert said in err and err.count("\n") == 1 and err.startswith("cxgreetz: ")


def test_a_missing_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    code, _out, err = call("status", "--workspace", tmp_path)
    assert code == 2
    assert "make one with: cxgreetz init" in err


def test_every_problem_of_the_file_comes_at_once(workspace: Path) -> None:
    file = workspace / "cxgreetz.toml"
    file.write_text(WORKSPACE + 'langauge = "nl"\n[provider]\nname = "pigeon"\ncolour = 1\n')
    code, _out, err = call("status", "--workspace", workspace)
    assert code == 2
    assert "sources[0].langauge: unknown key" in err
    assert "provider.colour: unknown key" in err


def test_an_error_is_json_too_where_json_is_asked(workspace: Path) -> None:
    code, document = call_json("check", "2026-11", "--workspace", workspace)
    assert code == 2
    assert document["exit_code"] == 2 and "cxgreetz draft" in document["error"]


def test_an_unreachable_source_is_named_and_nothing_is_lost(workspace: Path) -> None:
    code, document = call_json("gather", "--workspace", workspace)
    assert code == 3
    (source,) = document["sources"]
    assert set(source) >= {"name", "status", "seen", "new", "held", "skipped", "error"}
    assert source["status"] == "failed"
    assert "127.0.0.1 cannot be reached" in source["error"]
    code, out, _err = call("status", "--workspace", workspace)
    assert code == 0 and "cannot be reached" in out


def test_run_goes_on_without_the_source_and_says_so(workspace: Path) -> None:
    code, document = call_json("run", "2026-11", "--workspace", workspace)
    assert code == 3
    assert set(document) == {"gather", "translate", "draft"}
    assert document["draft"]["languages"]["nl"]["findings"][0]["check"] == "empty_edition"


def test_init_writes_a_file_that_is_understood(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    code, document = call_json("init", folder)
    assert code == 0 and document["file"] == str(folder / "cxgreetz.toml")
    assert call("status", "--workspace", folder)[0] == 0
    code, _out, err = call("init", folder)
    assert code == 2 and "stands there already" in err


def test_every_example_of_the_starter_file_can_be_used(tmp_path: Path) -> None:
    call("init", tmp_path)
    file = tmp_path / "cxgreetz.toml"
    examples = re.sub(r"(?m)^# (?=\w+ = |\[)", "", file.read_text())
    assert examples != file.read_text()
    file.write_text(examples)
    code, document = call_json("event", "list", "--workspace", tmp_path)
    assert code == 0 and [event["kind"] for event in document["events"]] == ["masterclass"]


def test_init_takes_addresses(tmp_path: Path) -> None:
    addresses = [
        "https://www.a.example/tag/x/",
        "https://www.a.example/feed/",
        "https://b.example/",
    ]
    code, _out, _err = call("init", tmp_path, *(x for a in addresses for x in ("--source", a)))
    assert code == 0
    text = (tmp_path / "cxgreetz.toml").read_text()
    assert all(f'url = "{a}"' in text for a in addresses)
    assert all(f'name = "{name}"' in text for name in ("x", "feed", "b.example"))
    assert call("status", "--workspace", tmp_path)[0] == 0


def test_a_template_can_be_copied_and_used(workspace: Path) -> None:
    code, _out, _err = call("template", "new", "mine", "--workspace", workspace)
    assert code == 0
    assert (workspace / "templates" / "mine" / "email.mjml").is_file()
    assert call("template", "new", "mine", "--workspace", workspace)[0] == 2
    assert call("template", "new", "../x", "--workspace", workspace)[0] == 2


def test_the_provider_can_be_proved(workspace: Path) -> None:
    code, document = call_json("providers", "check", "--workspace", workspace)
    assert code == 0 and document["provider"] == "outbox" and document["proved"]


def test_progress_is_a_bar_on_a_terminal(workspace: Path) -> None:
    """A real terminal, as far as the program can tell: a pseudo one."""
    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "cxgreetz", "gather", "--json", "--workspace", workspace]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    drawn = b""
    with suppress(OSError):  # the terminal is closed when the program ends
        while chunk := os.read(screen, 4096):
            drawn += chunk
    out, _err = run.communicate(timeout=30)
    os.close(screen)
    assert json.loads(out)["sources"]
    assert "━".encode() in drawn and b"1/1" in drawn


def test_progress_is_plain_lines_where_stderr_is_no_terminal(workspace: Path) -> None:
    _code, out, err = call("gather", "--workspace", workspace, "--json")
    assert json.loads(out)
    assert "gather blog: 1 of 1" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gather", "--since", "0001-01-01"], "too far away"),
        (["push", "2026-11", "--schedule", "9999-12-31T23:59-23:00"], "too far away"),
        (["draft", "20٢٦-10"], "is no edition"),
        (["piece", "split", "x", "http://[bad"], "there is no piece 'x'"),
        (["memory", "export", "."], "."),
        (["memory", "export", "no/such/folder/x.tmx"], "x.tmx"),
    ],
)
def test_what_a_person_can_mend_is_no_traceback(
    workspace: Path, arguments: list[str], said: str
) -> None:
    if arguments[0] == "push":
        call("draft", "2026-11", "--workspace", workspace)
    code, _out, err = call(*arguments, "--workspace", workspace)
    assert code == 2, err
    assert said in err and err.count("\n") == 1 and "fault" not in err


@pytest.mark.parametrize("address", ["https://[x", "ftp://a.example", "https://u:p@a.example", "x"])
def test_init_writes_no_file_that_it_would_refuse(tmp_path: Path, address: str) -> None:
    code, _out, err = call("init", tmp_path, "--source", address)
    assert code == 2 and "is not a web address" in err
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_ours_is_one_line_too(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("something\nnobody thought of")

    monkeypatch.setattr("cxgreetz.pipeline.status", break_down)
    code, _out, err = call("status", "--workspace", workspace)
    assert code == 3
    assert err.startswith("cxgreetz: a fault in cxgreetz at test_cli.py:")
    assert "RuntimeError something nobody thought of" in err


def test_sources_tell_of_what_is_older_than_the_start(tmp_path: Path) -> None:
    """A newcomer's start is a month ago, and the last column may be older."""
    with DemoSite(date(2024, 5, 20)) as site:
        text = WORKSPACE.replace("http://127.0.0.1:1/feed/", site.feed_url)
        (tmp_path / "cxgreetz.toml").write_text(text)
        code, out, _err = call("sources", "--workspace", tmp_path)
    assert code == 0
    assert "all of it is from before your start; the newest is of 2024-05" in out
