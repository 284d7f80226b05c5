"""What the command leaves behind: found by a mark in its environment, and ended.

In: a mark. Out: no process that bears it. Never: anything but the standard library; a process
of somebody else's.

As a script it is the heir: it waits at its stdin for as long as the command lives, and then ends
what is left, however that died. A worker gives each run a session of its own, so that no signal
to its group reaches them, and prctl's at a parent's death goes no further than children. What
they inherit all the same is the environment. It is read where there is /proc (Linux); elsewhere a
command that is killed leaves its children.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

VARIABLE = "CXGREETZ_UP"


def end_marked(mark: str) -> None:
    """Kill every process whose VARIABLE begins with `mark`, but this one."""
    wanted = f"{VARIABLE}={mark}".encode()
    for place in Path("/proc").glob("[0-9]*"):
        # Those that have just ended, and those of other users.
        with contextlib.suppress(OSError):
            is_ours = any(one.startswith(wanted) for one in _environment(place))
            if is_ours and int(place.name) != os.getpid():
                os.kill(int(place.name), signal.SIGKILL)


def _environment(place: Path) -> list[bytes]:
    return (place / "environ").read_bytes().split(b"\0")


if __name__ == "__main__":
    sys.stdin.read()
    end_marked(sys.argv[1])
