"""The store's shelf for working side by side: leases, and what processes share in a gathering.

In: names, sources, seconds. Out: who may go on. Never: one thing held by two.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from cxgreetz.errors import HeldError
from cxgreetz.model import (
    iso,
)
from cxgreetz.store.database import Database
from cxgreetz.store.tables import TABLES

_PARTS_LOCK = sa.text("SELECT pg_advisory_xact_lock(7229363)")


@dataclass(frozen=True, slots=True)
class Claim:
    """The sources that a process took to read for a gathering."""

    sources: tuple[str, ...]
    #: Whether another process had taken them before and left them.
    left: bool
    #: How many sources others are reading just now.
    others: int


class Sharing(Database):
    """Leases, and the parts of a gathering that processes share."""

    def open_parts(self, gathering: str, batches: Iterable[Sequence[str]], at: datetime) -> None:
        """Note which sources a gathering is to read, in batches that are read by one process.

        Opening it again changes nothing. What other gatherings left behind a day ago goes.
        """
        table = TABLES["part"]
        with self._write() as db:
            db.execute(sa.delete(table).where(table.c.opened < iso(at - timedelta(days=1))))
            there = sa.select(table.c.source).where(table.c.gathering == gathering)
            if not self._sqlite:
                db.execute(_PARTS_LOCK)
            if db.execute(there.limit(1)).first() is None:
                rows = [
                    {"gathering": gathering, "source": source, "batch": n, "opened": iso(at)}
                    for n, batch in enumerate(batches)
                    for source in batch
                ]
                db.execute(sa.insert(table), rows)

    def claim_parts(self, gathering: str, seconds: float, names: Collection[str]) -> Claim:
        """Take the next batch that nobody has read or is reading, of the sources in `names`.

        Whoever takes it has so many seconds (`renew_parts`). A batch whose process has died is
        free at once on the same machine, and when they are over elsewhere.
        """
        table, now = TABLES["part"], time.time()
        ours = table.c.gathering == gathering
        lacking = sa.select(table.c.batch, table.c.source, table.c.owner, table.c.until)
        lacking = lacking.where(ours, table.c.content.is_(None))
        with self._write() as db:
            if not self._sqlite:
                # Two processes must not both see it free; SQLite writes one at a time anyway.
                db.execute(_PARTS_LOCK)
            rows = db.execute(lacking.order_by(table.c.batch, table.c.source)).all()
            rows = [row for row in rows if row.source in names]
            free = [r for r in rows if r.owner is None or r.until <= now or _is_dead(r.owner)]
            if not free:
                return Claim((), False, len(rows))
            sources = tuple(row.source for row in free if row.batch == free[0].batch)
            this = sa.update(table).where(ours, table.c.source.in_(sources))
            db.execute(this.values(owner=_here(), until=now + seconds))
        return Claim(sources, free[0].owner is not None, len(rows) - len(free))

    def renew_parts(self, gathering: str, seconds: float) -> None:
        """Give this process so many seconds again for what it took and has not read yet."""
        table = TABLES["part"]
        mine = (table.c.owner == _here(), table.c.content.is_(None))
        later = sa.update(table).where(table.c.gathering == gathering, *mine)
        with self._write() as db:
            db.execute(later.values(until=time.time() + seconds))

    def leave_parts(self, gathering: str, sources: Sequence[str]) -> None:
        """Let others have what this process took and could not read."""
        table = TABLES["part"]
        mine = (table.c.source.in_(sources), table.c.owner == _here())
        with self._write() as db:
            db.execute(
                sa.update(table).where(table.c.gathering == gathering, *mine).values(owner=None)
            )

    def save_part(self, gathering: str, source: str, content: bytes) -> None:
        """Keep what was read of a source; the first to come stays."""
        table = TABLES["part"]
        this = (table.c.gathering == gathering, table.c.source == source)
        kept = sa.update(table).where(*this, table.c.content.is_(None))
        with self._write() as db:
            db.execute(kept.values(content=zlib.compress(content, 1)))

    def count_parts(self, gathering: str) -> tuple[int, int]:
        """How many sources of a gathering were read, and how many there are."""
        table = TABLES["part"]
        counts = sa.select(sa.func.count(table.c.content), sa.func.count())
        with self._read() as db:
            done, every = db.execute(counts.where(table.c.gathering == gathering)).one()
        return int(done), int(every)

    def parts(self, gathering: str) -> dict[str, bytes]:
        """What was read for a gathering, by source."""
        table = TABLES["part"]
        query = sa.select(table.c.source, table.c.content)
        query = query.where(table.c.gathering == gathering, table.c.content.is_not(None))
        with self._read() as db:
            return {row.source: zlib.decompress(row.content) for row in db.execute(query)}

    def drop_parts(self, gathering: str) -> None:
        table = TABLES["part"]
        with self._write() as db:
            db.execute(sa.delete(table).where(table.c.gathering == gathering))

    @contextmanager
    def lease(self, name: str, seconds: float = 600.0) -> Iterator[Callable[[], None]]:
        """Hold `name` alone, across processes and machines, for at most `seconds`.

        Gives what holds it for as long again, and raises HeldError where it ran out meanwhile
        (a machine that slept) and somebody else took it. Raises HeldError when somebody else
        holds it. The lease of a killed run is free at once on the same machine, and runs out
        elsewhere.
        """
        owner, table, now = f"{_here()}{uuid.uuid4().hex}", TABLES["lease"], time.time()
        values = {"name": name, "owner": owner, "until": now + seconds}
        with self._write() as db:
            held = db.execute(sa.select(table).where(table.c.name == name)).mappings().first()
            free = table.c.until <= now
            if held and _is_dead(held["owner"]):
                free = free | (table.c.owner == held["owner"])
            # One statement, so that of two runs exactly one wins.
            if not self._put(db, "lease", values, ("name",), only_if=free):
                left = f"{held['until'] - now:.0f} s" if held else "a moment"
                raise HeldError(f"another run is busy with {name}; wait for it (at most {left})")
        ours = (table.c.name == name, table.c.owner == owner)

        def renew() -> None:
            later = sa.update(table).where(*ours).values(until=time.time() + seconds)
            with self._write() as db:
                if not db.execute(later).rowcount:
                    told = f"another run took over {name} while this one waited"
                    raise HeldError(f"{told}; see what it did, then start again")

        try:
            yield renew
        finally:
            with self._write() as db:
                db.execute(sa.delete(table).where(*ours))

    def is_leased(self, name: str) -> bool:
        """Whether a run that is alive, as far as can be told, holds `name`."""
        table = TABLES["lease"]
        with self._read() as db:
            held = db.execute(sa.select(table).where(table.c.name == name)).mappings().first()
        return bool(held and held["until"] > time.time() and not _is_dead(held["owner"]))


def _machine() -> str:
    """This machine, and on it the space in which process numbers mean something."""
    try:
        space = Path("/proc/self/ns/pid").readlink().name
    except OSError:
        space = ""
    return f"{socket.gethostname()} {space}"


def _here() -> str:
    return f"{_machine()}/{os.getpid()}/"


def _is_dead(owner: str) -> bool:
    """Whether the process that took a lease ran on this machine and is gone."""
    host, pid = owner.split("/")[:2]
    if host != _machine():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
