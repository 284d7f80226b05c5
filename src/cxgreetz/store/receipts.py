"""The store's shelf for what left: campaigns, posts on a blog, the pieces they carried.

In: receipts and postings. Out: the same, and which edition carried a piece. Never: a receipt
apart from the pieces it spends.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from pydantic import TypeAdapter

from cxgreetz.model import (
    Posting,
    Receipt,
    iso,
)
from cxgreetz.store.database import Database
from cxgreetz.store.tables import COLUMNS, TABLES, moment

_POSTING = TypeAdapter(Posting)
_POSTING_KEY = ("blog", "site", "piece", "language")


class Receipts(Database):
    """What providers and blogs hold of ours, and what has been carried."""

    def receipts(self, edition: str) -> list[Receipt]:
        table = TABLES["receipt"]
        with self._read() as db:
            rows = db.execute(sa.select(table).where(table.c.edition == edition)).mappings()
            return [
                Receipt(**{**row, "at": moment(row["at"]) if row["at"] else None}) for row in rows
            ]

    def save_receipt(self, receipt: Receipt, spent: Sequence[str] = ()) -> None:
        """Keep a receipt and, in the same stroke, mark `spent` pieces as carried by it."""
        row = {name: getattr(receipt, name) for name in COLUMNS["receipt"].split()}
        with self._write() as db:
            unique = ("provider", "account", "edition", "language")
            self._put(db, "receipt", row | {"at": iso(receipt.at)}, unique)
            for piece in spent:
                carried = {
                    "piece": piece,
                    "language": receipt.language,
                    "edition": receipt.edition,
                }
                self._put(db, "carried", carried, ("piece", "language"))

    def drop_receipt(self, receipt: Receipt) -> None:
        """Forget what was intended and definitely did not happen."""
        table = TABLES["receipt"]
        same = [
            table.c[name] == getattr(receipt, name)
            for name in ("provider", "account", "edition", "language")
        ]
        with self._write() as db:
            db.execute(sa.delete(table).where(*same))

    def postings(self) -> list[Posting]:
        """Every receipt of a translation at a blog."""
        table = TABLES["posting"]
        query = sa.select(table.c.data).order_by(table.c.blog, table.c.site, table.c.piece)
        with self._read() as db:
            return [_POSTING.validate_python(row.data) for row in db.execute(query)]

    def posting(self, blog: str, site: str, piece: str, language: str) -> Posting | None:
        """The receipt of one translation."""
        table = TABLES["posting"]
        same = zip(_POSTING_KEY, (blog, site, piece, language), strict=True)
        query = sa.select(table.c.data).where(*(table.c[name] == value for name, value in same))
        with self._read() as db:
            row = db.execute(query).first()
            return _POSTING.validate_python(row.data) if row else None

    def save_posting(self, posting: Posting) -> None:
        row = {name: getattr(posting, name) for name in _POSTING_KEY}
        row["data"] = _POSTING.dump_python(posting, mode="json")
        with self._write() as db:
            self._put(db, "posting", row, _POSTING_KEY)

    def drop_posting(self, posting: Posting) -> None:
        """Forget what was intended and definitely did not happen."""
        table = TABLES["posting"]
        same = [table.c[name] == getattr(posting, name) for name in _POSTING_KEY]
        with self._write() as db:
            db.execute(sa.delete(table).where(*same))

    def carried(self) -> dict[str, str]:
        """Which edition carried a piece in any language, by piece."""
        return {piece: edition for (piece, _language), edition in self.carried_in().items()}

    def carried_in(self) -> dict[tuple[str, str], str]:
        """Which edition carried a piece, by piece and email ("nl", "nl+en")."""
        with self._read() as db:
            rows = db.execute(sa.select(TABLES["carried"])).mappings()
            return {(row["piece"], row["language"]): row["edition"] for row in rows}

    def spoken_for(self) -> dict[str, str]:
        """Which edition carried a piece, or has begun to: its approved email has a receipt."""
        approval, receipt = TABLES["approval"], TABLES["receipt"]
        begun = sa.select(approval.c.edition, approval.c.pieces).where(
            sa.exists().where(
                receipt.c.edition == approval.c.edition,
                receipt.c.language == approval.c.language,
                receipt.c.fingerprint == approval.c.fingerprint,
            )
        )
        with self._read() as db:
            rows = db.execute(begun.order_by(approval.c.id)).mappings().all()
        return {piece: row["edition"] for row in rows for piece in row["pieces"]} | self.carried()

    def move_carried(self, old: str, new: str, *, keep: bool) -> None:
        """Note that `new` went out wherever `old` did; without `keep`, that `old` did not."""
        table = TABLES["carried"]
        with self._write() as db:
            rows = db.execute(sa.select(table).where(table.c.piece == old)).mappings().all()
            for row in rows:
                self._put(db, "carried", {**row, "piece": new}, ("piece", "language"))
            if not keep:
                db.execute(sa.delete(table).where(table.c.piece == old))
