"""The flow of the whole month in a process of its own, killed after any of its writes.

In: an empty folder, the text of a workspace file, the edition. Out: a JSON line for each place
at which it was killed, with what the run after that came to. Never: a Prefect server; what it
would keep is not what a month is put together from.

Run as a script. The process is imported once and forked for each place, so that a kill costs
what a month costs and no more.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent


def call_tasks_plainly() -> Any:
    """Give the flow's function, with every task a function and every artifact nowhere."""
    sys.path[:0] = [str(ROOT / "flows"), str(ROOT / "tests")]
    import _shared
    import assemble
    import gather
    import greetz
    import publish
    from cxgreetz.pipeline.mailing import photographing

    modules: list[ModuleType] = [assemble, gather, greetz, publish]
    photographing.photograph = lambda _html: b"png"
    _shared.get_run_logger = lambda: logging.getLogger("month")
    _shared.create_markdown_artifact = lambda *_, **__: None
    assemble.create_image_artifact = lambda *_, **__: None
    for module in modules:
        for name, task in list(vars(module).items()):
            if type(task).__name__ == "Task":
                setattr(module, name, task.fn)
    return greetz.greetz.fn, _shared.Whole


class Kill:
    """SIGKILL to this process when the store has written so many times; 0: it only counts."""

    def __init__(self, after: int) -> None:
        from cxgreetz import store

        self.writes = 0
        write = store.Store._write

        @contextmanager
        def counted(of: store.Store) -> Iterator[Any]:
            with write(of) as db:
                yield db
            self.writes += 1
            if self.writes == after:
                os.kill(os.getpid(), signal.SIGKILL)

        store.Store._write = counted  # type: ignore[method-assign]


def apart(work: Callable[[], object]) -> tuple[bool, Any]:
    """Do work in a fork; gives whether that was killed, and what the work gave."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        # Nothing of the parent's is ended by a child.
        try:
            with os.fdopen(writing, "w") as out:
                json.dump(work(), out)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True, None
    assert status == 0, f"the run failed by itself ({status})"
    return False, json.loads(text)


def main(around: Path, config: str, edition: str, most: int) -> None:
    greetz, parameters = call_tasks_plainly()
    from cxgreetz import pipeline
    from sample_columns import KEY, LIFT, memory_rows

    def prepared(folder: Path) -> Path:
        folder.mkdir()
        (folder / "cxgreetz.toml").write_text(config, encoding="utf-8")
        with pipeline.open_workspace(folder) as opened:
            opened.store.remember(memory_rows([KEY, LIFT]))
        return folder

    def run(folder: Path, after: int = 0) -> tuple[bool, Any]:
        def work() -> list[Any]:
            kill = Kill(after)
            asked = parameters(workspace=folder, edition=edition, wait_for_approval=False)
            state = greetz(asked)
            return [kill.writes, state.name, state.message]

        return apart(work)

    def approve(folder: Path) -> None:
        def work() -> None:
            with pipeline.open_workspace(folder) as opened:
                pipeline.approve(opened, edition, by="Ans")

        assert apart(work) == (False, None)

    def outcome(folder: Path) -> Any:
        def work() -> dict[str, Any]:
            with pipeline.open_workspace(folder) as opened:
                store = opened.store
                return {
                    "editions": [
                        row["edition"] for row in pipeline.status(opened).as_json()["editions"]
                    ],
                    "carried": dict(store.carried()),
                    "receipts": [
                        [r.language, r.state, r.fingerprint] for r in store.receipts(edition)
                    ],
                    "made": sorted(
                        str(f.relative_to(folder)) for f in (folder / "outbox").rglob("*.json")
                    ),
                }

        return apart(work)[1]

    def tell(phase: str, after: int, was_killed: bool, last: Any, folder: Path) -> None:
        line = {
            "phase": phase,
            "after": after,
            "killed": was_killed,
            "state": last,
            "outcome": outcome(folder),
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    whole, drafted = prepared(around / "whole"), around / "drafted"
    _no, (drafting, *_rest) = run(whole)
    approve(whole)
    shutil.copytree(whole, drafted)
    _no, (pushing, *said) = run(whole)
    tell("whole", 0, False, said, whole)
    for phase, writes in (("draft", drafting), ("push", pushing)):
        for after in sorted({1 + n * (writes - 1) // max(most - 1, 1) for n in range(most)}):
            folder = around / f"{phase}-{after}"
            if phase == "draft":
                prepared(folder)
                was_killed, _none = run(folder, after)
                run(folder)
                approve(folder)
                _no, (_writes, *said) = run(folder)
            else:
                shutil.copytree(drafted, folder)
                was_killed, _none = run(folder, after)
                _no, (_writes, *said) = run(folder)
            tell(phase, after, was_killed, said, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
