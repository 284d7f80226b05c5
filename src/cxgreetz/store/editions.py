"""The store's shelf for editions: what was chosen and written, and the emails made of it.

In: editions, changes, emails, letters, dismissals. Out: the same. Never: an email changed once
it is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from cxgreetz.errors import StoreError
from cxgreetz.model import (
    Change,
    Dismissal,
    Edition,
    EditionKey,
    Email,
    Event,
    Letter,
    iso,
)
from cxgreetz.store.database import Database
from cxgreetz.store.tables import COLUMNS, TABLES, chunks, moment

_EDITION = TypeAdapter(Edition)
_EMAIL = TypeAdapter(Email)
_EVENT = TypeAdapter(Event)
_LETTER = TypeAdapter(Letter)
#: What belongs to one edition, and the column that says to which.
_OF_EDITION = tuple((name, "edition") for name in ("draft", "approval", "change", "request"))


@dataclass(frozen=True, slots=True)
class Draft:
    """The email an edition holds now in one language, and the pieces it carries."""

    edition: EditionKey
    language: str
    fingerprint: str
    pieces: tuple[str, ...]


class Editions(Database):
    """Editions and their history, their emails, letters and dismissed findings."""

    def edition(self, key: str) -> Edition | None:
        table = TABLES["edition"]
        with self._read() as db:
            data = db.execute(sa.select(table.c.data).where(table.c.key == key)).scalar()
        return _EDITION.validate_python(data) if data is not None else None

    def editions(self) -> list[Edition]:
        table = TABLES["edition"]
        with self._read() as db:
            rows = db.execute(sa.select(table.c.data).order_by(table.c.key)).scalars()
            return [_EDITION.validate_python(data) for data in rows]

    def save_edition(self, edition: Edition) -> None:
        row = {"key": edition.key, "data": _EDITION.dump_python(edition, mode="json")}
        with self._write() as db:
            self._put(db, "edition", row, ("key",))

    def events(self) -> dict[int, Event]:
        """What an editor announces, by its number, in the order it was added."""
        table = TABLES["event"]
        with self._read() as db:
            rows = db.execute(sa.select(table.c.id, table.c.data).order_by(table.c.id))
            return {number: _EVENT.validate_python(data) for number, data in rows}

    def add_event(self, event: Event) -> int:
        """Keep an event; give its number."""
        row = {"data": _EVENT.dump_python(event, mode="json")}
        with self._write() as db:
            return self._add(db, "event", row)

    def drop_event(self, number: int) -> bool:
        """Forget an event; False where there is none of that number."""
        table = TABLES["event"]
        with self._write() as db:
            return bool(db.execute(sa.delete(table).where(table.c.id == number)).rowcount)

    def add_change(self, change: Change) -> int:
        """Keep what a person changed; give its number."""
        with self._write() as db:
            return self._add(db, "change", _change_row(change))

    def changes(self, edition: str) -> list[Change]:
        """What people changed in an edition, the newest first."""
        table = TABLES["change"]
        with self._read() as db:
            query = sa.select(table).where(table.c.edition == edition).order_by(table.c.id.desc())
            rows = db.execute(query).mappings().all()
        return [
            Change(**{**row, "at": moment(row["at"]), "undone": bool(row["undone"])})
            for row in rows
        ]

    def undo_change(self, number: int, told: Change) -> None:
        """Keep that a change was taken back, with `told`, which did it."""
        table = TABLES["change"]
        with self._write() as db:
            db.execute(sa.update(table).where(table.c.id == number).values(undone=True))
            self._add(db, "change", _change_row(told))

    def drop_edition(self, key: str) -> None:
        """Forget an edition with its drafts, approvals and history; its emails are kept."""
        with self._write() as db:
            for name, column in (("edition", "key"), *_OF_EDITION):
                table = TABLES[name]
                db.execute(sa.delete(table).where(table.c[column] == key))

    def save_draft(self, email: Email, pieces: Sequence[str]) -> None:
        """Keep an email for good, by its fingerprint, and make it the edition's current one."""
        with self._write() as db:
            kept = {
                "fingerprint": email.fingerprint,
                "data": _EMAIL.dump_python(email, mode="json"),
            }
            self._put(db, "email", kept, ("fingerprint",))
            draft = {
                "edition": email.edition,
                "language": email.language,
                "fingerprint": email.fingerprint,
                "pieces": list(pieces),
            }
            self._put(db, "draft", draft, ("edition", "language"))

    def drafts(self, edition: str) -> dict[str, Draft]:
        """The current email of each language, by language."""
        table = TABLES["draft"]
        with self._read() as db:
            rows = db.execute(sa.select(table).where(table.c.edition == edition)).mappings()
            return {
                row["language"]: Draft(
                    EditionKey(row["edition"]),
                    row["language"],
                    row["fingerprint"],
                    tuple(row["pieces"]),
                )
                for row in rows
            }

    def email(self, fingerprint: str) -> Email:
        """The very email that was stored under `fingerprint`; raises StoreError if gone."""
        table = TABLES["email"]
        with self._read() as db:
            query = sa.select(table.c.data).where(table.c.fingerprint == fingerprint)
            data = db.execute(query).scalar()
        if data is None:
            raise StoreError(f"the database holds no email {fingerprint[:12]}; draft it again")
        email = _EMAIL.validate_python(data)
        if email.fingerprint != fingerprint:
            raise StoreError(f"the stored email {fingerprint[:12]} was changed; draft it again")
        return email

    def save_letters(self, letters: Iterable[Letter], changes: Iterable[Change] = ()) -> None:
        """Keep what emails were made of; of corrections the last one, with who said so."""
        rows = [
            {
                "fingerprint": letter.fingerprint,
                "language": letter.view.language,
                "corrected": letter.view.corrected is not None,
                "data": _LETTER.dump_python(letter, mode="json"),
            }
            for letter in letters
        ]
        with self._write() as db:
            for change in changes:
                self._add(db, "change", _change_row(change))
            self._put_all(db, "letter", rows, ("fingerprint", "language", "corrected"))

    def letters(self, fingerprints: Iterable[str]) -> list[Letter]:
        """What these emails were made of, as approved and then as corrected."""
        table, found = TABLES["letter"], []
        with self._read() as db:
            for some in chunks(sorted(set(fingerprints)), 500):
                query = sa.select(table.c.data).where(table.c.fingerprint.in_(some))
                rows = db.execute(query.order_by(table.c.corrected, table.c.language)).scalars()
                found += [_LETTER.validate_python(data) for data in rows]
        return found

    def first_letters(self) -> dict[tuple[str, str], datetime]:
        """When each letter was first approved, in whatever words; by edition and language."""
        table, found = TABLES["letter"], dict[tuple[str, str], datetime]()
        about = (table.c.data["view"]["edition"], table.c.data["view"]["language"])
        query = sa.select(*(column.as_string() for column in (*about, table.c.data["at"])))
        with self._read() as db:
            for edition, language, at in db.execute(query.where(sa.not_(table.c.corrected))):
                key, approved = (str(edition), str(language)), moment(at)
                found[key] = min(approved, found.get(key, approved))
        return found

    def dismissals(self) -> dict[str, Dismissal]:
        """Every warning that a person let stand, by what it speaks of."""
        with self._read() as db:
            return {
                row["about"]: Dismissal(**{**row, "at": moment(row["at"])})
                for row in db.execute(sa.select(TABLES["dismissal"])).mappings()
            }

    def save_dismissals(self, dismissals: Iterable[Dismissal]) -> None:
        rows = [
            {"about": d.about, "check": d.check, "by": d.by, "reason": d.reason, "at": iso(d.at)}
            for d in dismissals
        ]
        with self._write() as db:
            self._put_all(db, "dismissal", rows, ("about",))

    def drop_dismissals(self, about: Iterable[str], edition: str, emails: Iterable[str]) -> None:
        """Forget dismissals and, in the same stroke, the approvals of the emails they are in."""
        table, approval = TABLES["dismissal"], TABLES["approval"]
        theirs = (approval.c.edition == edition, approval.c.language.in_(list(emails)))
        with self._write() as db:
            db.execute(sa.delete(table).where(table.c.about.in_(list(about))))
            db.execute(sa.delete(approval).where(*theirs))


def _change_row(change: Change) -> dict[str, Any]:
    names = (name for name in COLUMNS["change"].split() if name != "id")
    return {name: getattr(change, name) for name in names} | {"at": iso(change.at)}
