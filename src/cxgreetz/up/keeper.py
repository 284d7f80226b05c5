"""Children: started, watched, started again, stopped in order.

In: `Child` values. Out: running processes with a log each. Never: a decision what runs, a child
left behind.

Each child has a session of its own, so that a Ctrl-C in the terminal reaches us alone and we say
who stops first. Python's children get back the signals that were ignored before only if we handle
them ourselves (exec keeps what is ignored, signal(7)); `watching` does, so that a start from a
script with `&` leaves no worker that cannot be stopped.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from cxgreetz.errors import CxGreetzError
from cxgreetz.up import heir
from cxgreetz.up.plan import Child

#: Seconds before a child that died is started again: doubled each time, up to the second.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
#: Seconds after which a child is taken to be well, and its next death the first.
WELL = 60.0
_TICK = 0.1


class ChildError(CxGreetzError):
    """A child that is needed does not run."""


class StoppedError(Exception):
    """Somebody asked to stop while something was waited for."""


@dataclass
class _Kept:
    child: Child
    hear: Callable[[str], None] | None
    process: subprocess.Popen[str]
    log: IO[str]
    began: float
    pause: float = FIRST_PAUSE
    #: When it is started again (monotonic); None: it runs.
    again_at: float | None = None
    last_line: str = ""
    reader: threading.Thread | None = field(default=None, repr=False)
    #: Done when it has died and all that it started is gone, before it is started again.
    settle: Callable[[], None] | None = None


class Keeper:
    """Keeps children; made and used in one thread. `tell` gets lines for the person."""

    def __init__(self, logs: Path, tell: Callable[[str], None]) -> None:
        self._logs, self._tell = logs, tell
        self._kept: dict[str, _Kept] = {}
        self._asked = 0
        #: In the environment of all that is started, with the child's name.
        self._mark = f"{secrets.token_hex(8)}/"
        self._heir: subprocess.Popen[bytes] | None = None
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)

    # asked to stop

    @property
    def is_asked(self) -> bool:
        """Whether somebody asked to stop."""
        return self._asked > 0

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Take Ctrl-C, SIGTERM and SIGHUP as wishes to stop, for as long as the block lasts.

        Under nohup a hang-up is none.
        """
        signals = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signals.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._ask) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked += 1

    def wait(self, seconds: float) -> None:
        """Wait, looking after the children; raises StoppedError as soon as somebody asks."""
        until = time.monotonic() + seconds
        while True:
            if self.is_asked:
                raise StoppedError
            self.look()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(_TICK, left))

    # children

    def start(
        self,
        child: Child,
        hear: Callable[[str], None] | None = None,
        settle: Callable[[], None] | None = None,
    ) -> None:
        """Start a child and keep it; `hear` gets each line of one that is heard.

        `settle` is done each time it has died, before it is started again.
        """
        self._kept[child.name] = self._begin(child, hear)
        self._kept[child.name].settle = settle

    def run(self, child: Child, hear: Callable[[str], None]) -> None:
        """Start a child and wait for its end; raises ChildError with its last words, and
        StoppedError where somebody asks to stop meanwhile."""
        kept = self._begin(child, hear)
        try:
            while kept.process.poll() is None:
                self.wait(_TICK)
        finally:
            self._end(kept)
        if kept.process.returncode:
            raise ChildError(self._last_words(kept))

    def is_up(self, name: str) -> bool:
        return self._kept[name].process.poll() is None

    def last_words(self, name: str) -> str:
        """What the child said last, in one line, with the place of the rest."""
        return self._last_words(self._kept[name])

    def look(self) -> None:
        """Start again what has died, after a pause."""
        now = time.monotonic()
        for name, kept in self._kept.items():
            if kept.again_at is None and kept.process.poll() is not None:
                if now - kept.began > WELL:
                    kept.pause = FIRST_PAUSE
                kept.again_at = now + kept.pause
                self._tell(f"{self._last_words(kept)}; started again in {kept.pause:.0f} s")
            elif kept.again_at is not None and now >= kept.again_at:
                pause = min(kept.pause * 2, LONGEST_PAUSE)
                self._end(kept)
                if kept.settle:
                    kept.settle()
                fresh = self._begin(kept.child, kept.hear)
                fresh.pause, fresh.settle = pause, kept.settle
                self._kept[name] = fresh

    def stop(self, name: str) -> None:
        """End a child: asked first, killed when its patience is over or somebody asks twice."""
        if kept := self._kept.pop(name, None):
            self._end(kept)

    def stop_all(self) -> None:
        """End whatever is left, the last started first."""
        for name in reversed(list(self._kept)):
            self.stop(name)
        if self._heir:
            # Its stdin ends, so it looks whether anything is left.
            self._heir.communicate()
            self._heir = None

    def _begin(self, child: Child, hear: Callable[[str], None] | None) -> _Kept:
        if self._heir is None:
            command = [sys.executable, "-I", "-S", heir.__file__, self._mark]
            self._heir = subprocess.Popen(  # noqa: S603 - our own command
                command, stdin=subprocess.PIPE, start_new_session=True
            )
        log = self._open_log(child.name)
        process = subprocess.Popen(  # noqa: S603 - our own command
            child.argv,
            env=dict(child.environment) | {heir.VARIABLE: self._mark_of(child)},
            cwd=child.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if child.is_heard else log,
            stderr=log,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        kept = _Kept(child, hear, process, log, time.monotonic())
        if child.is_heard:
            kept.reader = threading.Thread(target=_read, args=(kept,), daemon=True)
            kept.reader.start()
        return kept

    def _end(self, kept: _Kept) -> None:
        process = kept.process
        if process.poll() is None:
            process.terminate()
            asked, until = self._asked, time.monotonic() + kept.child.patience
            while process.poll() is None and time.monotonic() < until:
                if self._asked > max(asked, 1):
                    break
                time.sleep(0.02)
        # A worker's runs are not in its group; whatever it started bears its mark.
        heir.end_marked(self._mark_of(kept.child))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if kept.reader:
            kept.reader.join(timeout=2)
        if process.stdout:
            process.stdout.close()
        kept.log.close()

    def _mark_of(self, child: Child) -> str:
        return f"{self._mark}{child.name}/"

    # logs

    def _open_log(self, name: str) -> IO[str]:
        path = self._logs / f"{name}.log"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")

    def _last_words(self, kept: _Kept) -> str:
        path = self._logs / f"{kept.child.name}.log"
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        said = next((line.strip() for line in reversed(lines) if line.strip()), "nothing")
        code = kept.process.poll() or 0
        how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended ({code})"
        return f"the {kept.child.name} {how}, saying last: {said[:300]} (more in {path})"


def _read(kept: _Kept) -> None:
    assert kept.process.stdout
    with contextlib.suppress(ValueError):
        for line in kept.process.stdout:
            if kept.hear:
                kept.hear(line.rstrip("\n"))


def put_old_logs_away(logs: Path) -> None:
    """Keep the logs of the last time beside those of this one, and no older ones."""
    for path in logs.glob("*.log"):
        if not path.name.endswith(".old.log"):
            path.replace(path.with_suffix(".old.log"))
