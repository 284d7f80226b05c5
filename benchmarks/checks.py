"""What the checks of a translation find: in good lines, and in lines that were damaged.

In: lines made by `tests/pairs.py`, and the demo's memory. Out: two tables. Never: a text of
somebody else, a network.

A finding counts as caught when the check that found it said nothing of the good line. `measured`
is the share that checks of this kind found in 1,012 lines of an engine's translation.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cxgreetz.model import Severity
from cxgreetz.translation.checks import CHECKS

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import measuring
import pairs


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--lines", type=int, default=1200)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    lines = pairs.good_lines(options.lines, options.seed)
    own = measuring.own_lines()
    print(f"{len(lines)} good lines, {len(own)} of the demo's memory; {len(CHECKS)} checks\n")
    columns = [measuring.false_alarms(some, way) for some in (lines, own) for way in measuring.WAYS]
    sizes = [len(lines), len(lines), len(own), len(own)]
    heads = ["nl-en", "en-nl", "own nl-en", "own en-nl"]
    print(f"{'false alarms, %':28}" + "".join(f"{head:>11}" for head in heads))
    for check in CHECKS:
        shares = [column[0][check.__name__] for column in columns]
        print(f"{check.__name__:28}" + _shares(shares, sizes))
    for severity in Severity:
        print(f"{f'any {severity}':28}" + _shares([c[1][severity] for c in columns], sizes))
    print(
        f"\n{'damage: caught, %':28}{'measured':>9}{'error':>8}{'+ warning':>11}{'+ info':>8}",
        end="",
    )
    print(f"{'error':>8}{'+ warning':>11}{'+ info':>8}   lines")
    for name, damage, rate in pairs.DAMAGES:
        print(f"{name:28}{'-' if rate is None else rate:>9}", end="")
        counts = []
        for way in measuring.WAYS:
            count, worst = measuring.caught(lines, damage, way)
            counts.append(count)
            error, warning, info = (100 * worst[s] / count for s in Severity)
            print(f"{error:8.1f}{error + warning:11.1f}{error + warning + info:8.1f}", end="")
        print(f"   {counts[0]}, {counts[1]}")


def _shares(counts: Sequence[int], sizes: Sequence[int]) -> str:
    return "".join(f"{100 * n / size:11.2f}" for n, size in zip(counts, sizes, strict=True))


if __name__ == "__main__":
    main()
