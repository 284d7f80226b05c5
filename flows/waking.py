"""Wake the runs that wait, as soon as somebody has answered elsewhere.

In: workspaces, and a Prefect server by PREFECT_API_URL. Out: resumed runs, a line for each.
Never: an answer of its own; an end because a server was away for a while.

Prefect knows nothing of an approval on the editor's page or the command line, and those know
nothing of Prefect. `publish` does the same once an hour; this does it within seconds.
"""

from __future__ import annotations

import signal
import sys
import threading
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

from _asking import wake_answered
from _shared import httpx, one_line

#: Seconds between two looks, and after one that failed.
_EVERY, _AFTER_FAILURE = 5.0, 30.0


def main() -> None:
    asked = ArgumentParser(description="Resume the runs whose edition was answered elsewhere.")
    asked.add_argument("--workspace", type=Path, action="append", required=True, metavar="DIR")
    asked.add_argument("--every", type=float, default=_EVERY, metavar="SECONDS")
    options = asked.parse_args()
    ended = threading.Event()
    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, lambda *_: ended.set())
    last, met = "", Counter[str]()
    while not ended.is_set():
        pause, told = options.every, ""
        try:
            woken, failures = wake_answered(options.workspace, met)
            for name in woken:
                print(f"resumed {name}: it was answered elsewhere", flush=True)
            told = "; ".join(failures)
        except (RuntimeError, httpx.HTTPError) as error:
            pause, told = _AFTER_FAILURE, one_line(str(error)) or type(error).__name__
        if told and told != last:
            print(f"waking: {told}; tried again", file=sys.stderr, flush=True)
        last = told
        ended.wait(pause)


if __name__ == "__main__":
    main()
