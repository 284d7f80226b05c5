"""The demo: the whole job on the bundled blog site, as an editor would have it done.

In: a folder. Out: a workspace in it with both emails in its outbox. Never: an address
outside this machine, a key, a translation that no person wrote, somebody's own files.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cxgreetz import pipeline
from cxgreetz.demo.site import DemoSite
from cxgreetz.errors import UsageError
from cxgreetz.model import Severity
from cxgreetz.ports import Progress, no_progress

_MARK = ".cxgreetz-demo.json"
_OURS = (
    "cxgreetz.toml",
    "cxgreetz.db",
    "cxgreetz.db-wal",
    "cxgreetz.db-shm",
    "memory.tmx",
    "outbox",
    "site",
)
#: Pairs of ports to try; pictures in the emails point to them, so they are kept.
_PORTS = range(8650, 8850, 2)
EDITOR = "the demo's editor"


@dataclass(frozen=True)
class DemoReport:
    workspace: Path
    edition: str
    outbox: Path
    month: pipeline.RunReport
    #: By piece: why it was left out.
    left_out: Mapping[str, str]
    pushed: pipeline.PushReport

    @property
    def exit_code(self) -> int:
        """What waits for the editor is part of the show; a failure is not."""
        reports = (self.month.gathered, self.pushed)
        return max((r.exit_code for r in reports if r.exit_code > 1), default=0)

    @property
    def review_command(self) -> str:
        program = "cxgreetz" if shutil.which("cxgreetz") else sys.argv[0]
        return f"{program} review --workspace {shlex.quote(str(self.workspace))}"

    def as_json(self) -> dict[str, Any]:
        return {
            "workspace": str(self.workspace),
            "edition": self.edition,
            "outbox": str(self.outbox),
            "review": self.review_command,
        }


def run_demo(folder: Path, *, progress: Progress = no_progress) -> DemoReport:
    """Gather from the bundled site, translate, draft, write the letter, approve and push.

    What the memory lacks is not made up: the piece is left out with the reason and waits
    for the next month. Starts afresh in a folder of an earlier demo; raises UsageError for
    a folder that holds anything else.
    """
    _clear(folder)
    today = datetime.now(ZoneInfo("Europe/Amsterdam")).date()
    with _any_site(today) as (site, port):
        (folder / _MARK).write_text(json.dumps({"today": today.isoformat(), "port": port}))
        (folder / "cxgreetz.toml").write_text(site.workspace_file(), encoding="utf-8")
        with as_file(files("cxgreetz.demo") / "memory.tmx") as memory:
            shutil.copyfile(memory, folder / "memory.tmx")
        with pipeline.open_workspace(folder) as workspace:
            pipeline.import_memory(workspace, folder / "memory.tmx")
            # Its columns link to the web, and the demo asks nobody there.
            month = pipeline.run(workspace, links=False, progress=progress)
            key = month.drafted.edition.key
            left_out = _waiting(month.drafted)
            for piece, reason in left_out.items():
                pipeline.leave_out(workspace, key, piece, reason, by=EDITOR)
            for language, letter in _letters().items():
                pipeline.write_letter(workspace, key, language, letter, by=EDITOR)
            _dismiss_warnings(workspace, key)
            pipeline.approve(workspace, key, by=EDITOR)
            pushed = pipeline.push(workspace, key)
    return DemoReport(folder, key, folder / "outbox" / key, month, left_out, pushed)


def _letters() -> dict[str, str]:
    """The author's letter, by language."""
    text = (files("cxgreetz.demo") / "letters.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _waiting(report: pipeline.EditionReport) -> dict[str, str]:
    """The pieces that an error keeps from going out, with the reason to leave them out."""
    return {
        finding.piece: finding.message
        for built in report.built.values()
        for finding in built.findings
        if finding.severity == Severity.ERROR and finding.piece
    }


def _dismiss_warnings(workspace: pipeline.Workspace, key: str) -> None:
    """Let stand what the checks ask a person about, as an editor who has seen it would."""
    if found := pipeline.check(workspace, key).open_warnings:
        names = [finding.id for finding in found]
        pipeline.dismiss_findings(workspace, key, names, reason="seen, and may stand", by=EDITOR)


def _clear(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a new folder: cxgreetz demo DIR")
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).is_file():
        raise UsageError(f"{folder} holds other files; name a new folder: cxgreetz demo DIR")
    folder.mkdir(parents=True, exist_ok=True)
    for name in _OURS:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _any_site(today: date) -> Iterator[tuple[DemoSite, int]]:
    for port in _PORTS:
        site = DemoSite(today, port)
        try:
            site.__enter__()
        except UsageError:
            continue
        try:
            yield site, port
        finally:
            site.__exit__(None, None, None)
        return
    raise UsageError(f"no free port between {_PORTS[0]} and {_PORTS[-1]} for the demo's site")


@contextmanager
def serve_site(folder: Path) -> Iterator[None]:
    """Have the demo's site up, if `folder` is a demo: its emails show pictures from there."""
    try:
        kept = json.loads((folder / _MARK).read_text())
        site = DemoSite(date.fromisoformat(kept["today"]), kept["port"])
        site.__enter__()
    except (OSError, ValueError, KeyError, TypeError, UsageError):
        # No demo; or its ports are taken, and its pictures are then not shown.
        yield
        return
    try:
        yield
    finally:
        site.__exit__(None, None, None)
