"""A child that goes when its parent goes: `tied.py PROGRAM ARGUMENTS...`.

In: a command line. Out: that program in this process, told to stop (SIGTERM) should the parent
die without a word. Never: anything but the standard library, since it stands before every child.

`prctl(PR_SET_PDEATHSIG)` (Linux, prctl(2)) is kept across exec. Elsewhere the program is only
started.
"""

from __future__ import annotations

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def tie(parent: int) -> None:
    """Have this process stopped when `parent` dies; leaves at once where it is gone already."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    tie(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell is what is wanted
