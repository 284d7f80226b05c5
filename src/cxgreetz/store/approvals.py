"""The store's shelf for a person's yes: who approved what, who was asked, who was told.

In: approvals, requests, notices. Out: the same. Never: one request changed by two at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection

from cxgreetz.model import (
    Approval,
    EditionKey,
    Request,
    iso,
)
from cxgreetz.store.database import Database
from cxgreetz.store.tables import TABLES, chunks, moment

_REQUEST = TypeAdapter(Request)


class Approvals(Database):
    """Who said yes to what, what was asked, and who was told."""

    def save_approval(self, approval: Approval, pieces: Sequence[str]) -> None:
        with self._write() as db:
            db.execute(
                sa.insert(TABLES["approval"]).values(
                    edition=approval.edition,
                    language=approval.language,
                    fingerprint=approval.fingerprint,
                    by=approval.by,
                    at=iso(approval.at),
                    pieces=list(pieces),
                    provider=approval.provider,
                )
            )

    def approvals(self, edition: str) -> dict[str, tuple[Approval, tuple[str, ...]]]:
        """The newest approval of each language with the pieces it covers."""
        table = TABLES["approval"]
        with self._read() as db:
            query = sa.select(table).where(table.c.edition == edition).order_by(table.c.id)
            return {
                row["language"]: (
                    Approval(
                        EditionKey(row["edition"]),
                        row["language"],
                        row["fingerprint"],
                        row["by"],
                        moment(row["at"]),
                        row["provider"],
                    ),
                    tuple(row["pieces"]),
                )
                for row in db.execute(query).mappings()
            }

    def drop_approvals(self, edition: str, languages: Iterable[str]) -> None:
        """Forget who approved what of an edition in `languages`."""
        table = TABLES["approval"]
        with self._write() as db:
            these = table.c.edition == edition, table.c.language.in_(list(languages))
            db.execute(sa.delete(table).where(*these))

    def requests(self) -> list[Request]:
        """The approvals that were asked for, one an edition, oldest edition first."""
        table = TABLES["request"]
        with self._read() as db:
            rows = db.execute(sa.select(table.c.data).order_by(table.c.edition)).scalars()
            return [_REQUEST.validate_python(data) for data in rows]

    def request(self, edition: str) -> Request | None:
        """The approval that was asked for an edition."""
        with self._read() as db:
            return self._request(db, edition)

    def change_request(
        self, edition: str, change: Callable[[Request | None], Request | None]
    ) -> Request | None:
        """Put what `change` makes of an edition's request in its place; give that.

        Nobody else changes it meanwhile. Where `change` gives None or raises, it stays.
        """
        table = TABLES["request"]
        with self._write() as db:
            if not self._sqlite:  # where nothing is, there is no row to lock
                db.execute(sa.text("LOCK TABLE request IN SHARE ROW EXCLUSIVE MODE"))
            made = change(self._request(db, edition))
            if made is not None:
                row = {"edition": edition, "data": _REQUEST.dump_python(made, mode="json")}
                self._put(db, table.name, row, ("edition",))
            return made

    def _request(self, db: Connection, edition: str) -> Request | None:
        table = TABLES["request"]
        data = db.execute(sa.select(table.c.data).where(table.c.edition == edition)).scalar()
        return _REQUEST.validate_python(data) if data is not None else None

    def untold(self, news: Iterable[str]) -> list[str]:
        """What of `news` people were not told of."""
        wanted, table = list(dict.fromkeys(news)), TABLES["told"]
        told = set[str]()
        with self._read() as db:
            for some in chunks(wanted, 500):
                told.update(
                    db.execute(sa.select(table.c.about).where(table.c.about.in_(some))).scalars()
                )
        return [about for about in wanted if about not in told]

    def note_told(self, about: str, at: datetime) -> None:
        """Note that people were told of `about`; the first time stays."""
        row, table = {"about": about, "at": iso(at)}, TABLES["told"]
        with self._write() as db:
            self._put(db, "told", row, ("about",), only_if=table.c.at.is_(None))

    def drop_notices(self, about: Iterable[str]) -> None:
        """Have people told of `about` when it comes up again."""
        table = TABLES["told"]
        with self._write() as db:
            for some in chunks(list(about), 500):
                db.execute(sa.delete(table).where(table.c.about.in_(some)))
