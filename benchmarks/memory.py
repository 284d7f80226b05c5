"""Measure the translation memory: taking in a TMX file, and looking texts up.

In: how many segments. Out: one table, and how it stands to what is aimed at. Never: a
network, a memory that anyone uses.

The file has as many generated segments as asked, one in five with markup and one in five with
figures. Every row is measured in a process of its own, in a folder that is removed at the end.
The floor is what Python's own `sqlite3` needs for rows that are made already.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cxgreetz.model import Origin, Segment
from cxgreetz.pipeline import import_memory, open_workspace
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.translation.memory import Entry
from cxgreetz.translation.tmx import read_tmx, write_tmx

LOOKED_UP = 1000
#: Seconds, seconds, and how much more memory the whole file may take than a tenth of it.
MOST_IMPORT, MOST_LOOKUP, MOST_GROWTH = 60.0, 1.0, 10.0
WORKSPACE = """
[newsletter]
name = "Measured"
from = "Measured <measured@example.org>"
start = 2026-01-01
[[sources]]
name = "none"
url = "http://127.0.0.1:1/feed/"
"""
_DUTCH = """
klant winkel maandag lantaarn fiets antwoord vraag belofte wachtrij verhaal keuken rivier
de een het dat die en of maar met voor niet ook nog al waarom daarna zonder langzaam
"""
_ENGLISH = """
customer shop monday lantern bicycle answer question promise queue story kitchen river
the a it that who and or but with for not also still yet why later without slowly
"""
_WORDS = (_DUTCH.split(), _ENGLISH.split())


def make_entries(count: int) -> Iterator[Entry]:
    """Give as many different entries as asked, always the same ones."""
    chance = random.Random(1)
    day = datetime(2020, 1, 1, tzinfo=UTC)
    for number in range(count):
        words = [chance.randrange(len(_WORDS[0])) for _ in range(chance.randint(4, 60))]
        texts = [[pool[n] for n in words] for pool in _WORDS]
        for text in texts:
            if number % 5 == 0:
                text[1:3] = [f"<g1>{text[1]}</g1>", f"{text[2]}<x2/>"]
            text.append(f"{number}." if number % 5 == 1 else f"{_named(number)}.")
        dutch, english = (" ".join(text) for text in texts)
        changed = day + timedelta(minutes=number)
        yield Entry("nl", "en", dutch, english, Origin.MEMORY, "Measured", changed)


def _named(number: int) -> str:
    """A name of its own for each number."""
    return "".join("bdfgklmnpr"[int(digit)] + "a" for digit in str(number)).capitalize()


# what is measured, each in a process of its own


def take_in(folder: Path) -> int:
    with open_workspace(folder) as workspace:
        return int(import_memory(workspace, folder / "memory.tmx")["entries"])


def read_only(folder: Path) -> int:
    return sum(1 for _ in read_tmx(folder / "memory.tmx"))


def insert_plainly(folder: Path) -> int:
    """The floor: rows that are made already, with the same columns and keys."""
    with sqlite3.connect(folder / "cxgreetz.db") as measured:
        schema = measured.execute("select sql from sqlite_master where tbl_name = 'memory'")
        statements = [row[0] for row in schema if row[0]]
        rows = measured.execute("select * from memory").fetchall()
    plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
    plain.execute("pragma journal_mode=wal")
    for statement in statements:
        plain.execute(statement)
    marks = ", ".join("?" * len(rows[0]))
    _start()
    plain.execute("begin immediate")
    plain.executemany(f"insert into memory values ({marks})", rows)
    plain.execute("commit")
    plain.close()
    return len(rows)


def look_up(folder: Path) -> int:
    with open_workspace(folder) as workspace:
        wanted = _wanted(folder)
        _start()
        return len(StoreMemory(workspace).lookup(wanted))


def look_up_again(folder: Path) -> int:
    with open_workspace(folder) as workspace:
        wanted = _wanted(folder)
        StoreMemory(workspace).lookup(wanted[:1])
        _start()
        return len(StoreMemory(workspace).lookup(wanted))


def look_up_singly(folder: Path) -> int:
    """The baseline: the same texts, each in a lookup of its own."""
    with open_workspace(folder) as workspace:
        memory, wanted = StoreMemory(workspace), _wanted(folder)
        _start()
        return sum(len(memory.lookup([segment])) for segment in wanted)


def _wanted(folder: Path) -> list[Segment]:
    """Texts to look up, half of them in the other direction; one in ten is not known."""
    file = folder / "memory.tmx"
    chosen = set(random.Random(2).sample(range(int((folder / "count").read_text())), LOOKED_UP))
    entries = (entry for place, entry in enumerate(read_tmx(file)) if place in chosen)
    found = []
    for number, entry in enumerate(entries):
        text = f"Nieuw: {entry.source_text}" if number % 10 == 0 else entry.source_text
        back = Segment(entry.target_text, "en", "nl")
        found.append(back if number % 2 else Segment(text, "nl", "en"))
    return found


MEASURED = {
    "read the file": read_only,
    "take it in": take_in,
    "  floor: sqlite3, rows made": insert_plainly,
    f"look up {LOOKED_UP}": look_up,
    f"look up {LOOKED_UP} again": look_up_again,
    "  baseline: one by one": look_up_singly,
}
_began = [0.0]


def _start() -> None:
    _began[0] = time.perf_counter()


def measure(name: str, folder: Path) -> dict[str, Any]:
    """Do one thing in another process: seconds, megabytes at the most, how many."""
    command = [sys.executable, __file__, "--do", name, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def do(name: str, folder: Path) -> None:
    _start()
    count = MEASURED[name](folder)
    seconds = time.perf_counter() - _began[0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak": peak, "count": count}))


def prepare(folder: Path, segments: int) -> Path:
    folder.mkdir()
    (folder / "cxgreetz.toml").write_text(WORKSPACE)
    count = write_tmx(folder / "memory.tmx", make_entries(segments))
    (folder / "count").write_text(str(count))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description="measure the translation memory")
    parser.add_argument("--segments", type=int, default=100_000, help="default 100000")
    parser.add_argument("--do", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.do:
        do(asked.do, asked.folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        tenth = prepare(Path(temporary) / "tenth", max(LOOKED_UP, asked.segments // 10))
        small = measure("take it in", tenth)
        folder = prepare(Path(temporary) / "whole", asked.segments)
        size = (folder / "memory.tmx").stat().st_size / 1e6
        print(f"{asked.segments} segments, a file of {size:.0f} MB\n")
        print(f"{'':32}{'seconds':>10}{'a second':>12}{'peak MB':>10}")
        rows = {}
        for name in MEASURED:
            row = rows[name] = measure(name, folder)
            rate = row["count"] / row["seconds"]
            print(f"{name:32}{row['seconds']:10.2f}{rate:12.0f}{row['peak']:10.0f}")
        whole = rows["take it in"]
        growth = whole["peak"] - small["peak"]
        print(f"{'  a tenth of it':32}{small['seconds']:10.2f}{'':12}{small['peak']:10.0f}\n")
        aims = [
            ("seconds to take it in", whole["seconds"], MOST_IMPORT),
            ("seconds to look up", rows[f"look up {LOOKED_UP}"]["seconds"], MOST_LOOKUP),
            ("MB more than for a tenth", growth, MOST_GROWTH),
        ]
        for aim, found, most in aims:
            verdict = "met" if found <= most else "not met"
            print(f"{aim:32}{found:10.2f}   at most {most:g}   {verdict}")


if __name__ == "__main__":
    main()
