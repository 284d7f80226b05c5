"""The store's shelf for words: the translation memory, and what engines were sent.

In: rows of the memory, characters spent. Out: the same, found by their keys. Never: a person's
wording taken out by a machine's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import accumulate, islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cxgreetz.model import (
    iso,
)
from cxgreetz.store.database import Database
from cxgreetz.store.tables import COLUMNS, TABLES, chunks, moment


@dataclass(frozen=True, slots=True)
class MemoryRow:
    """One entry of the translation memory, with the keys it is looked up by."""

    source_language: str
    target_language: str
    source_key: str
    target_key: str
    source_text: str
    target_text: str
    origin: str
    author: str | None
    changed: datetime
    #: The keys of the texts without their figures; "": they have none; None: not made yet.
    source_mask: str | None = None
    target_mask: str | None = None
    #: What a translator noted beside it.
    note: str | None = None


class Memory(Database):
    """Segments and their translations; what engines were sent, and refused."""

    def find_memory(
        self, language: str, other: str, keys: Iterable[str], *, masked: bool = False
    ) -> list[MemoryRow]:
        """Entries between two languages whose text in `language` has one of `keys`.

        With `masked` these are the keys of texts without their figures. Rows come turned so
        that `language` is the source, whichever way they were stored.
        """
        table, found, wanted = TABLES["memory"], [], sorted(set(keys))
        of_source, of_target = (
            (table.c.source_mask, table.c.target_mask)
            if masked
            else (table.c.source_key, table.c.target_key)
        )
        with self._read() as db:
            for chunk in chunks(wanted, 500):
                forward = sa.select(*_memory_columns()).where(
                    table.c.source_language == language,
                    table.c.target_language == other,
                    of_source.in_(chunk),
                )
                backward = sa.select(*_memory_columns()).where(
                    table.c.source_language == other,
                    table.c.target_language == language,
                    of_target.in_(chunk),
                )
                found += [_memory_row(row) for row in db.execute(forward)]
                found += [_turned(_memory_row(row)) for row in db.execute(backward)]
        return found

    def mask_memory(self, masks_of: Callable[[MemoryRow], tuple[str, str]]) -> None:
        """Give the entries that have no masks yet theirs."""
        table = TABLES["memory"]
        query = sa.select(*_memory_columns(), table.c.id)
        query = query.where(table.c.source_mask.is_(None)).limit(1000)
        update = (
            sa.update(table)
            .where(table.c.id == sa.bindparam("row"))
            .values(source_mask=sa.bindparam("one"), target_mask=sa.bindparam("other"))
        )
        while True:
            with self._read() as db:
                rows = db.execute(query).all()
            if not rows:
                return
            masks = [(row.id, *masks_of(_memory_row(row))) for row in rows]
            with self._write() as db:
                db.execute(update, [{"row": i, "one": o, "other": t} for i, o, t in masks])

    def all_memory(self) -> Iterator[MemoryRow]:
        """Every entry, oldest first."""
        table = TABLES["memory"]
        with self._read() as db:
            query = sa.select(*_memory_columns()).order_by(table.c.id)
            for row in db.execute(query.execution_options(yield_per=1000)):
                yield _memory_row(row)

    def memory_texts(self) -> Iterator[tuple[str, str, str, str]]:
        """The languages and the texts of every entry, oldest first: many at a low price."""
        columns = TABLES["memory"].c
        asked = (
            columns.source_language,
            columns.target_language,
            columns.source_text,
            columns.target_text,
        )
        with self._read() as db:
            for row in db.execute(sa.select(*asked).order_by(columns.id)):
                yield row[0], row[1], row[2], row[3]

    def remember(self, rows: Iterable[MemoryRow]) -> int:
        """Add entries; the same pair of texts again only renews its origin and time.

        What a person wrote, or read and let stand, stays a person's, whoever brings it again.
        """
        unique = ("source_language", "target_language", "source_key", "target_key")
        columns = [name for name in COLUMNS["memory"].split() if name != "id"]
        kept = TABLES["memory"].c.origin
        brought: sa.ColumnElement[str] = sa.literal_column("excluded.origin")
        is_machine = (kept != "editor") & (kept != "checked")
        allowed = is_machine | (brought == "editor") | (brought == "checked")
        statement = self._upserting("memory", columns, unique, allowed, returning=False)
        count, waiting = 0, iter(rows)
        with self._write() as db:
            # Some at a time: a file of them does not fit into memory, and one by one is slow.
            while some := list(islice(waiting, 500)):
                values = [{name: getattr(row, name) for name in columns} for row in some]
                db.execute(
                    statement,
                    [v | {"changed": iso(r.changed)} for v, r in zip(values, some, strict=True)],
                )
                count += len(some)
        return count

    def forget(self, row: MemoryRow) -> None:
        """Take one pair of texts out of the memory, whoever wrote it."""
        table = TABLES["memory"]
        same = [
            table.c[name] == getattr(row, name)
            for name in ("source_language", "target_language", "source_key", "target_key")
        ]
        with self._write() as db:
            db.execute(sa.delete(table).where(*same))

    def spend(self, month: str, engine: str, sizes: Sequence[int], limit: int | None) -> int:
        """Count texts of `sizes` characters as sent to `engine`; give how many of the first.

        No more than keeps what all engines were sent in `month` within `limit` (None: any).
        """
        count = len(sizes)
        with self._write() as db:
            if not self._sqlite:
                # Two runs must not both see the old sum; SQLite writes one at a time anyway.
                db.execute(sa.text("SELECT pg_advisory_xact_lock(7229362)"))
            if limit is not None:
                left = limit - sum(self._spent(db, month).values())
                sums = list(accumulate(sizes))
                count = sum(1 for so_far in sums if so_far <= left)
            if count:
                self._add_spent(db, month, engine, sum(sizes[:count]))
        return count

    def unspend(self, month: str, engine: str, characters: int) -> None:
        """Take back what was counted and not sent after all; never more than was counted."""
        with self._write() as db:
            counted = self._spent(db, month).get(engine, 0)
            self._add_spent(db, month, engine, -min(characters, counted))

    def refusals(self, keys: Iterable[str]) -> dict[str, str]:
        """Why answers were not believed, by the keys of those that were not."""
        table, found = TABLES["refusal"], {}
        with self._read() as db:
            for some in chunks(sorted(set(keys)), 500):
                query = sa.select(table.c.key, table.c.reason).where(table.c.key.in_(some))
                found.update({row.key: row.reason for row in db.execute(query)})
        return found

    def keep_refusal(self, key: str, reason: str, at: datetime) -> None:
        with self._write() as db:
            self._put(db, "refusal", {"key": key, "reason": reason, "at": iso(at)}, ("key",))

    def spent(self, month: str) -> dict[str, int]:
        """How many characters each engine was sent in `month`, by engine."""
        with self._read() as db:
            return self._spent(db, month)

    def _spent(self, db: Connection, month: str) -> dict[str, int]:
        table = TABLES["spent"]
        rows = db.execute(sa.select(table).where(table.c.month == month)).mappings()
        return {row["engine"]: row["characters"] for row in rows}

    def _add_spent(self, db: Connection, month: str, engine: str, characters: int) -> None:
        table = TABLES["spent"]
        this = (table.c.month == month) & (table.c.engine == engine)
        more = {"characters": table.c.characters + characters}
        if not db.execute(sa.update(table).where(this).values(more)).rowcount:
            row = {"month": month, "engine": engine, "characters": characters}
            db.execute(sa.insert(table).values(row))


def _memory_columns() -> list[sa.ColumnElement[Any]]:
    """What a MemoryRow is made of, in its order."""
    return [TABLES["memory"].c[field.name] for field in fields(MemoryRow)]


def _memory_row(row: Any) -> MemoryRow:
    """A row of `_memory_columns`, by its places: an edition asks for some thousands of them."""
    values = [*row[:8], moment(row[8]), *row[9:12]]
    return MemoryRow(*values)


def _turned(row: MemoryRow) -> MemoryRow:
    return MemoryRow(
        row.target_language,
        row.source_language,
        row.target_key,
        row.source_key,
        row.target_text,
        row.source_text,
        row.origin,
        row.author,
        row.changed,
        row.target_mask,
        row.source_mask,
        row.note,
    )
