"""Everything that must survive: the one door to SQLAlchemy and Alembic.

In: nouns. Out: the same nouns, later. Never: a decision about content, a secret, a
half-written change (each method is one transaction).

SQLite in WAL mode by default, PostgreSQL by URL; the schema brings itself up to date
when a store is opened. Nouns are kept whole as JSON beside the few columns that are
searched, so a new field of a noun needs no migration.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
import uuid
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import Connection, Engine, RowMapping

from cxgreetz.errors import HeldError, StoreError
from cxgreetz.model import (
    Approval,
    Change,
    Dismissal,
    Edition,
    EditionKey,
    Email,
    Event,
    Evidence,
    Head,
    KnownPost,
    Letter,
    LinkAnswer,
    PictureFacts,
    Piece,
    Post,
    Posting,
    Receipt,
    Request,
    iso,
)

#: The newest step in `migrations/versions`; a test holds it to the folder.
HEAD = "0015"

#: Seconds for another process to be done writing in an SQLite file.
_PATIENCE = 15
#: Every thread has a connection, whose cache would else be 2 MB.
_PRAGMAS = (f"busy_timeout={_PATIENCE * 1000}", "synchronous=NORMAL", "cache_size=-256")
_NEVER = datetime.min.replace(tzinfo=UTC)
_POST = TypeAdapter(Post)
_HEAD = TypeAdapter(Head)
_EVIDENCE = TypeAdapter(tuple[Evidence, ...])
_EDITION = TypeAdapter(Edition)
_EMAIL = TypeAdapter(Email)
_ANSWER = TypeAdapter(LinkAnswer)
_PICTURE = TypeAdapter(PictureFacts)
_EVENT = TypeAdapter(Event)
_REQUEST = TypeAdapter(Request)
_LETTER = TypeAdapter(Letter)
_POSTING = TypeAdapter(Posting)

#: What belongs to one edition, and the column that says to which.
_OF_EDITION = tuple((name, "edition") for name in ("draft", "approval", "change", "request"))

Noun = TypeVar("Noun")

_NAMES = {
    "post": "key guid source fingerprint piece decision reason effective first_seen data head",
    "piece": "key evidence",
    "verdict": "first second same",
    "reading": "source at succeeded_at summary",
    "memory": "id source_language target_language source_key target_key source_text target_text "
    "origin author changed source_mask target_mask note",
    "spent": "month engine characters",
    "refusal": "key reason at",
    "edition": "key data",
    "email": "fingerprint data",
    "draft": "edition language fingerprint pieces",
    "approval": "id edition language fingerprint by at pieces provider",
    "receipt": "provider account edition language state fingerprint remote_id at",
    "carried": "piece language edition",
    "page": "url final headers content mark",
    "address": "url gone moved_to since asked",
    "pause": "host until",
    "link_answer": "url data",
    "picture": "url data",
    "lease": "name owner until",
    "part": "gathering source batch owner until opened content",
    "dismissal": "about check by reason at",
    "posting": "blog site piece language data",
    "event": "id data",
    "letter": "fingerprint language corrected data",
    "change": "id edition at by kind subject before after undone",
    "request": "edition data",
    "told": "about at",
}
_POSTING_KEY = ("blog", "site", "piece", "language")
_JSON = {"data", "head", "evidence", "summary", "pieces", "headers", "before", "after"}
_AS_JSON = sa.JSON(none_as_null=True)
#: The columns as this code needs them; their types and keys are the migrations' matter.
_T = {
    name: sa.table(name, *(sa.column(c, _AS_JSON if c in _JSON else None) for c in columns.split()))
    for name, columns in _NAMES.items()
}

#: Asked for every page that is fetched; made once.
_THIS_PAGE = _T["page"].c.url == sa.bindparam("url")
_PAGE = sa.select(
    _T["page"].c.final,
    _T["page"].c.headers,
    _T["page"].c.mark,
    sa.func.length(_T["page"].c.content),
).where(_THIS_PAGE)
_PARTS_LOCK = sa.text("SELECT pg_advisory_xact_lock(7229363)")
_PAGE_CONTENT = sa.select(_T["page"].c.content).where(_THIS_PAGE)


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A post as it was last read, and what was decided of it."""

    post: Post
    #: None: held or skipped, so in no piece.
    piece: str | None
    #: taken, held, skipped
    decision: str
    reason: str
    #: The time that places it in a month: published, else first seen; None while held.
    effective: datetime | None
    first_seen: datetime
    #: What it is compared by; None: it is made when it is asked for.
    head: Head | None = None


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


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What reading a source gave, as it is kept."""

    source: str
    summary: Mapping[str, Any]
    succeeded: bool


@dataclass(frozen=True, slots=True)
class AddressNote:
    """What a source's address said of itself when it was last asked."""

    url: str
    #: It answered 410.
    gone: bool
    #: Where its permanent redirects lead.
    moved_to: str | None
    #: When it first said so.
    since: datetime
    asked: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """The email an edition holds now in one language, and the pieces it carries."""

    edition: EditionKey
    language: str
    fingerprint: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page as it was when it was last fetched (net.KeptPage)."""

    url: str
    headers: Mapping[str, str]
    mark: str | None
    whole: bool
    load: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Claim:
    """The sources that a process took to read for a gathering."""

    sources: tuple[str, ...]
    #: Whether another process had taken them before and left them.
    left: bool
    #: How many sources others are reading just now.
    others: int


class Store:
    """An open database; may be used from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        self._statements: dict[tuple[str, tuple[str, ...]], Any] = {}

    def close(self) -> None:
        self._engine.dispose()

    # posts and pieces

    def posts(self, keys: Iterable[str] | None = None) -> list[StoredPost]:
        """Every post ever seen, or those with `keys`, oldest sighting first."""
        table = _T["post"]
        names = [c for c in table.c if c.name != "head"]
        query = sa.select(*names).order_by(table.c.first_seen, table.c.key)
        if keys is not None:
            query = query.where(table.c.key.in_(sorted(set(keys))))
        with self._read() as db:
            return [_stored_post(row) for row in db.execute(query).mappings()]

    def known_posts(
        self, head_of: Callable[[Post], Head], before: Iterable[KnownPost] = ()
    ) -> list[KnownPost]:
        """The same, but for their texts; a post that has no head yet is given one.

        `before` is what was known a moment ago: only what has changed since is read again.
        """
        table = _T["post"]
        had = {(k.key, k.head.fingerprint, k.piece, k.decision, k.reason): k for k in before}
        states = [table.c[name] for name in ("key", "fingerprint", "piece", "decision", "reason")]
        with self._read() as db:
            rows = db.execute(sa.select(*states).order_by(table.c.first_seen, table.c.key)).all()
        found = {row.key: had[tuple(row)] for row in rows if tuple(row) in had}
        others = [row.key for row in rows if row.key not in found]
        for some in _chunks(others, 1000):
            found |= {k.key: k for k in self._known(some, head_of)}
        return [found[row.key] for row in rows if row.key in found]

    def _known(self, keys: Sequence[str], head_of: Callable[[Post], Head]) -> list[KnownPost]:
        table = _T["post"]
        columns = [table.c[n] for n in ("key", "piece", "decision", "reason", "effective")]
        columns += [table.c.first_seen, table.c.head]
        with self._read() as db:
            query = sa.select(*columns).where(table.c.key.in_(keys))
            rows = db.execute(query).mappings().all()
        if missing := [row["key"] for row in rows if row["head"] is None]:
            heads = [(s.post, head_of(s.post)) for s in self.posts(missing)]
            same = table.c.key == sa.bindparam("of"), table.c.fingerprint == sa.bindparam("text")
            add = sa.update(table).where(*same, table.c.head.is_(None))
            with self._write() as db:  # whatever else became of the post meanwhile stays
                for post, head in heads:
                    row = {"of": post.key, "text": post.fingerprint}
                    db.execute(add.values(head=_HEAD.dump_python(head, mode="json")), row)
            return self._known(keys, head_of)
        return [_known_post(row) for row in rows]

    def save_posts(self, posts: Iterable[StoredPost], gone: Iterable[str] = ()) -> None:
        """Add posts, or put newer readings in the place of older ones.

        `gone` are the keys of posts that now stand under another address.
        """
        table, waiting = _T["post"], iter(posts)
        with self._write() as db:
            # Some at a time: written out, a post takes several times its memory.
            while some := [_post_row(stored) for stored in islice(waiting, 50)]:
                self._put_all(db, "post", some, ("key",))
            for key in gone:
                db.execute(sa.delete(table).where(table.c.key == key))

    def move_posts(self, pieces: Mapping[str, str]) -> None:
        """Give posts, by key, another piece."""
        table = _T["post"]
        with self._write() as db:
            for key, piece in pieces.items():
                db.execute(sa.update(table).where(table.c.key == key).values(piece=piece))

    def decide_post(self, key: str, decision: str, reason: str) -> None:
        """Keep another decision about a post, which is then in no piece."""
        table = _T["post"]
        values = {"decision": decision, "reason": reason, "piece": None}
        with self._write() as db:
            db.execute(sa.update(table).where(table.c.key == key).values(**values))

    def pieces(self) -> list[Piece]:
        """Every piece, oldest sighting first, with its posts, oldest publication first."""
        grouped: dict[str, list[Post]] = {}
        for stored in self.posts():
            if stored.piece:
                grouped.setdefault(stored.piece, []).append(stored.post)
        for posts in grouped.values():
            posts.sort(key=lambda p: (p.published is None, p.published or _NEVER))
        evidence = self.evidence()
        return [Piece(key, tuple(p), evidence.get(key, ())) for key, p in grouped.items()]

    def evidence(self) -> dict[str, tuple[Evidence, ...]]:
        """Why the posts of each piece are held to be one text, by piece."""
        with self._read() as db:
            rows = db.execute(sa.select(_T["piece"])).mappings()
            return {row["key"]: _EVIDENCE.validate_python(row["evidence"]) for row in rows}

    def save_pieces(self, pieces: Iterable[tuple[str, Sequence[Evidence]]]) -> None:
        """Keep why the posts of each piece are held to be one text."""
        with self._write() as db:
            for key, evidence in pieces:
                row = {"key": key, "evidence": _EVIDENCE.dump_python(tuple(evidence), mode="json")}
                self._put(db, "piece", row, ("key",))

    def verdicts(self) -> dict[tuple[str, str], bool]:
        """What a person said of two posts: one text (True), or not."""
        with self._read() as db:
            rows = db.execute(sa.select(_T["verdict"])).mappings()
            return {(row["first"], row["second"]): bool(row["same"]) for row in rows}

    def save_verdict(self, first: str, second: str, same: bool) -> None:
        a, b = sorted((first, second))
        with self._write() as db:
            self._put(db, "verdict", {"first": a, "second": b, "same": same}, ("first", "second"))

    # readings

    def readings(self) -> dict[str, dict[str, Any]]:
        """The last reading of each source: `at`, `succeeded_at` and what it gave."""
        with self._read() as db:
            rows = db.execute(sa.select(_T["reading"])).mappings()
            return {
                row["source"]: {"at": row["at"], "succeeded_at": row["succeeded_at"]}
                | row["summary"]
                for row in rows
            }

    def save_readings(self, at: datetime, readings: Iterable[SourceReading]) -> None:
        """Keep the last reading of each source."""
        rows = [
            {"source": one.source, "at": iso(at), "summary": dict(one.summary)}
            | ({"succeeded_at": iso(at)} if one.succeeded else {})
            for one in readings
        ]
        with self._write() as db:
            self._put_all(db, "reading", [r for r in rows if "succeeded_at" in r], ("source",))
            self._put_all(db, "reading", [r for r in rows if "succeeded_at" not in r], ("source",))

    # translation memory

    def find_memory(
        self, language: str, other: str, keys: Iterable[str], *, masked: bool = False
    ) -> list[MemoryRow]:
        """Entries between two languages whose text in `language` has one of `keys`.

        With `masked` these are the keys of texts without their figures. Rows come turned so
        that `language` is the source, whichever way they were stored.
        """
        table, found, wanted = _T["memory"], [], sorted(set(keys))
        of_source, of_target = (
            (table.c.source_mask, table.c.target_mask)
            if masked
            else (table.c.source_key, table.c.target_key)
        )
        with self._read() as db:
            for chunk in _chunks(wanted, 500):
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
        table = _T["memory"]
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
        table = _T["memory"]
        with self._read() as db:
            query = sa.select(*_memory_columns()).order_by(table.c.id)
            for row in db.execute(query.execution_options(yield_per=1000)):
                yield _memory_row(row)

    def memory_texts(self) -> Iterator[tuple[str, str, str, str]]:
        """The languages and the texts of every entry, oldest first: many at a low price."""
        columns = _T["memory"].c
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
        columns = [name for name in _NAMES["memory"].split() if name != "id"]
        kept = _T["memory"].c.origin
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
        table = _T["memory"]
        same = [
            table.c[name] == getattr(row, name)
            for name in ("source_language", "target_language", "source_key", "target_key")
        ]
        with self._write() as db:
            db.execute(sa.delete(table).where(*same))

    # what engines were sent

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
        table, found = _T["refusal"], {}
        with self._read() as db:
            for some in _chunks(sorted(set(keys)), 500):
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
        table = _T["spent"]
        rows = db.execute(sa.select(table).where(table.c.month == month)).mappings()
        return {row["engine"]: row["characters"] for row in rows}

    def _add_spent(self, db: Connection, month: str, engine: str, characters: int) -> None:
        table = _T["spent"]
        this = (table.c.month == month) & (table.c.engine == engine)
        more = {"characters": table.c.characters + characters}
        if not db.execute(sa.update(table).where(this).values(more)).rowcount:
            row = {"month": month, "engine": engine, "characters": characters}
            db.execute(sa.insert(table).values(row))

    # editions, emails, approvals

    def edition(self, key: str) -> Edition | None:
        table = _T["edition"]
        with self._read() as db:
            data = db.execute(sa.select(table.c.data).where(table.c.key == key)).scalar()
        return _EDITION.validate_python(data) if data is not None else None

    def editions(self) -> list[Edition]:
        table = _T["edition"]
        with self._read() as db:
            rows = db.execute(sa.select(table.c.data).order_by(table.c.key)).scalars()
            return [_EDITION.validate_python(data) for data in rows]

    def save_edition(self, edition: Edition) -> None:
        row = {"key": edition.key, "data": _EDITION.dump_python(edition, mode="json")}
        with self._write() as db:
            self._put(db, "edition", row, ("key",))

    def events(self) -> dict[int, Event]:
        """What an editor announces, by its number, in the order it was added."""
        table = _T["event"]
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
        table = _T["event"]
        with self._write() as db:
            return bool(db.execute(sa.delete(table).where(table.c.id == number)).rowcount)

    def add_change(self, change: Change) -> int:
        """Keep what a person changed; give its number."""
        with self._write() as db:
            return self._add(db, "change", _change_row(change))

    def changes(self, edition: str) -> list[Change]:
        """What people changed in an edition, the newest first."""
        table = _T["change"]
        with self._read() as db:
            query = sa.select(table).where(table.c.edition == edition).order_by(table.c.id.desc())
            rows = db.execute(query).mappings().all()
        return [
            Change(**{**row, "at": _moment(row["at"]), "undone": bool(row["undone"])})
            for row in rows
        ]

    def undo_change(self, number: int, told: Change) -> None:
        """Keep that a change was taken back, with `told`, which did it."""
        table = _T["change"]
        with self._write() as db:
            db.execute(sa.update(table).where(table.c.id == number).values(undone=True))
            self._add(db, "change", _change_row(told))

    def drop_edition(self, key: str) -> None:
        """Forget an edition with its drafts, approvals and history; its emails are kept."""
        with self._write() as db:
            for name, column in (("edition", "key"), *_OF_EDITION):
                table = _T[name]
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
        table = _T["draft"]
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
        table = _T["email"]
        with self._read() as db:
            query = sa.select(table.c.data).where(table.c.fingerprint == fingerprint)
            data = db.execute(query).scalar()
        if data is None:
            raise StoreError(f"the database holds no email {fingerprint[:12]}; draft it again")
        email = _EMAIL.validate_python(data)
        if email.fingerprint != fingerprint:
            raise StoreError(f"the stored email {fingerprint[:12]} was changed; draft it again")
        return email

    def save_approval(self, approval: Approval, pieces: Sequence[str]) -> None:
        with self._write() as db:
            db.execute(
                sa.insert(_T["approval"]).values(
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
        table = _T["approval"]
        with self._read() as db:
            query = sa.select(table).where(table.c.edition == edition).order_by(table.c.id)
            return {
                row["language"]: (
                    Approval(
                        EditionKey(row["edition"]),
                        row["language"],
                        row["fingerprint"],
                        row["by"],
                        _moment(row["at"]),
                        row["provider"],
                    ),
                    tuple(row["pieces"]),
                )
                for row in db.execute(query).mappings()
            }

    def drop_approvals(self, edition: str, languages: Iterable[str]) -> None:
        """Forget who approved what of an edition in `languages`."""
        table = _T["approval"]
        with self._write() as db:
            these = table.c.edition == edition, table.c.language.in_(list(languages))
            db.execute(sa.delete(table).where(*these))

    def requests(self) -> list[Request]:
        """The approvals that were asked for, one an edition, oldest edition first."""
        table = _T["request"]
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
        table = _T["request"]
        with self._write() as db:
            if not self._sqlite:  # where nothing is, there is no row to lock
                db.execute(sa.text("LOCK TABLE request IN SHARE ROW EXCLUSIVE MODE"))
            made = change(self._request(db, edition))
            if made is not None:
                row = {"edition": edition, "data": _REQUEST.dump_python(made, mode="json")}
                self._put(db, table.name, row, ("edition",))
            return made

    def _request(self, db: Connection, edition: str) -> Request | None:
        table = _T["request"]
        data = db.execute(sa.select(table.c.data).where(table.c.edition == edition)).scalar()
        return _REQUEST.validate_python(data) if data is not None else None

    def claim_notice(self, about: str, at: datetime) -> bool:
        """Note that people are told of `about`; False where they were told before."""
        row, table = {"about": about, "at": iso(at)}, _T["told"]
        with self._write() as db:
            return self._put(db, "told", row, ("about",), only_if=table.c.at.is_(None))

    def drop_notices(self, about: Iterable[str]) -> None:
        """Have people told of `about` when it comes up again."""
        table = _T["told"]
        with self._write() as db:
            for some in _chunks(list(about), 500):
                db.execute(sa.delete(table).where(table.c.about.in_(some)))

    def save_letters(self, letters: Iterable[Letter]) -> None:
        """Keep what emails were made of; of corrections the last one."""
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
            self._put_all(db, "letter", rows, ("fingerprint", "language", "corrected"))

    def letters(self, fingerprints: Iterable[str]) -> list[Letter]:
        """What these emails were made of, as approved and then as corrected."""
        table, found = _T["letter"], []
        with self._read() as db:
            for some in _chunks(sorted(set(fingerprints)), 500):
                query = sa.select(table.c.data).where(table.c.fingerprint.in_(some))
                rows = db.execute(query.order_by(table.c.corrected, table.c.language)).scalars()
                found += [_LETTER.validate_python(data) for data in rows]
        return found

    def first_letters(self) -> dict[tuple[str, str], datetime]:
        """When each letter was first approved, in whatever words; by edition and language."""
        table, found = _T["letter"], dict[tuple[str, str], datetime]()
        about = (table.c.data["view"]["edition"], table.c.data["view"]["language"])
        query = sa.select(*(column.as_string() for column in (*about, table.c.data["at"])))
        with self._read() as db:
            for edition, language, at in db.execute(query.where(sa.not_(table.c.corrected))):
                key, moment = (str(edition), str(language)), _moment(at)
                found[key] = min(moment, found.get(key, moment))
        return found

    def dismissals(self) -> dict[str, Dismissal]:
        """Every warning that a person let stand, by what it speaks of."""
        with self._read() as db:
            return {
                row["about"]: Dismissal(**{**row, "at": _moment(row["at"])})
                for row in db.execute(sa.select(_T["dismissal"])).mappings()
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
        table, approval = _T["dismissal"], _T["approval"]
        theirs = (approval.c.edition == edition, approval.c.language.in_(list(emails)))
        with self._write() as db:
            db.execute(sa.delete(table).where(table.c.about.in_(list(about))))
            db.execute(sa.delete(approval).where(*theirs))

    # receipts

    def receipts(self, edition: str) -> list[Receipt]:
        table = _T["receipt"]
        with self._read() as db:
            rows = db.execute(sa.select(table).where(table.c.edition == edition)).mappings()
            return [
                Receipt(**{**row, "at": _moment(row["at"]) if row["at"] else None}) for row in rows
            ]

    def save_receipt(self, receipt: Receipt, spent: Sequence[str] = ()) -> None:
        """Keep a receipt and, in the same stroke, mark `spent` pieces as carried by it."""
        row = {name: getattr(receipt, name) for name in _NAMES["receipt"].split()}
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
        table = _T["receipt"]
        same = [
            table.c[name] == getattr(receipt, name)
            for name in ("provider", "account", "edition", "language")
        ]
        with self._write() as db:
            db.execute(sa.delete(table).where(*same))

    # what went back to a blog

    def postings(self) -> list[Posting]:
        """Every receipt of a translation at a blog."""
        table = _T["posting"]
        query = sa.select(table.c.data).order_by(table.c.blog, table.c.site, table.c.piece)
        with self._read() as db:
            return [_POSTING.validate_python(row.data) for row in db.execute(query)]

    def posting(self, blog: str, site: str, piece: str, language: str) -> Posting | None:
        """The receipt of one translation."""
        table = _T["posting"]
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
        table = _T["posting"]
        same = [table.c[name] == getattr(posting, name) for name in _POSTING_KEY]
        with self._write() as db:
            db.execute(sa.delete(table).where(*same))

    def carried(self) -> dict[str, str]:
        """Which edition carried a piece in any language, by piece."""
        return {piece: edition for (piece, _language), edition in self.carried_in().items()}

    def carried_in(self) -> dict[tuple[str, str], str]:
        """Which edition carried a piece, by piece and email ("nl", "nl+en")."""
        with self._read() as db:
            rows = db.execute(sa.select(_T["carried"])).mappings()
            return {(row["piece"], row["language"]): row["edition"] for row in rows}

    def spoken_for(self) -> dict[str, str]:
        """Which edition carried a piece, or has begun to: its approved email has a receipt."""
        approval, receipt = _T["approval"], _T["receipt"]
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
        table = _T["carried"]
        with self._write() as db:
            rows = db.execute(sa.select(table).where(table.c.piece == old)).mappings().all()
            for row in rows:
                self._put(db, "carried", {**row, "piece": new}, ("piece", "language"))
            if not keep:
                db.execute(sa.delete(table).where(table.c.piece == old))

    # pages between runs (net.PageCache)

    def load_page(self, url: str) -> KeptPage | None:
        """What was kept of a page, but for its content."""
        with self._read(alone=True) as db:
            row = db.execute(_PAGE, {"url": url}).first()
        if row is None:
            return None
        final, headers, mark, length = tuple(row)
        return KeptPage(final, headers, mark, length > 0, lambda: self._page_content(url))

    def _page_content(self, url: str) -> bytes:
        with self._read(alone=True) as db:
            packed: Any = db.execute(_PAGE_CONTENT, {"url": url}).scalar_one()
        return zlib.decompress(packed)

    def save_page(
        self, url: str, final: str, content: bytes | None, headers: Mapping[str, str], mark: str
    ) -> None:
        """Keep a page, or (content None) only what it can be told by."""
        kept = {
            k: v
            for k, v in headers.items()
            if k in ("etag", "last-modified", "content-type", "link")
        }
        row: dict[str, Any] = {"url": url, "final": final, "headers": kept, "mark": mark}
        # Level 1: a fifth of the time of the usual 6, for a tenth more bytes.
        row["content"] = zlib.compress(content, 1) if content is not None else b""
        with self._write() as db:
            self._put(db, "page", row, ("url",))

    # what hosts and addresses asked of us

    def load_pause(self, host: str) -> datetime | None:
        """Until when a host wants to be left alone (net.PauseBook)."""
        table = _T["pause"]
        with self._read() as db:
            until = db.execute(sa.select(table.c.until).where(table.c.host == host)).scalar()
        return _moment(until) if until else None

    def save_pause(self, host: str, until: datetime) -> None:
        # To the microsecond: cut to a second, a pause would end before it has passed.
        row = {"host": host, "until": until.astimezone(UTC).isoformat()}
        with self._write() as db:
            self._put(db, "pause", row, ("host",))

    def addresses(self) -> dict[str, AddressNote]:
        """The notes on sources' addresses, by address."""
        with self._read() as db:
            rows = db.execute(sa.select(_T["address"])).mappings()
            return {
                row["url"]: AddressNote(
                    row["url"],
                    bool(row["gone"]),
                    row["moved_to"],
                    _moment(row["since"]),
                    _moment(row["asked"]),
                )
                for row in rows
            }

    def save_address(self, url: str, note: AddressNote | None) -> None:
        """Keep what was noted of an address; None: it is as the workspace file has it."""
        with self._write() as db:
            if note is None:
                db.execute(sa.delete(_T["address"]).where(_T["address"].c.url == url))
                return
            row = {name: getattr(note, name) for name in _NAMES["address"].split()}
            row |= {"since": iso(note.since), "asked": iso(note.asked)}
            self._put(db, "address", row, ("url",))

    # what the links and pictures of emails turned out to be

    def link_answers(self, urls: Iterable[str]) -> dict[str, LinkAnswer]:
        """What came back the last time that each of `urls` was followed, by address."""
        return self._by_url("link_answer", urls, _ANSWER)

    def save_link_answer(self, answer: LinkAnswer) -> None:
        row = {"url": answer.url, "data": _ANSWER.dump_python(answer, mode="json")}
        with self._write() as db:
            self._put(db, "link_answer", row, ("url",))

    def pictures(self, urls: Iterable[str]) -> dict[str, PictureFacts]:
        """What each of the pictures at `urls` turned out to be, by address."""
        return self._by_url("picture", urls, _PICTURE)

    def save_picture(self, facts: PictureFacts) -> None:
        row = {"url": facts.src, "data": _PICTURE.dump_python(facts, mode="json")}
        with self._write() as db:
            self._put(db, "picture", row, ("url",))

    def _by_url(self, name: str, urls: Iterable[str], noun: TypeAdapter[Noun]) -> dict[str, Noun]:
        table, found = _T[name], {}
        with self._read() as db:
            for some in _chunks(sorted(set(urls)), 500):
                for row in db.execute(sa.select(table).where(table.c.url.in_(some))).mappings():
                    found[row["url"]] = noun.validate_python(row["data"])
        return found

    # what several processes read for one gathering

    def open_parts(self, gathering: str, batches: Iterable[Sequence[str]], at: datetime) -> None:
        """Note which sources a gathering is to read, in batches that are read by one process.

        Opening it again changes nothing. What other gatherings left behind a day ago goes.
        """
        table = _T["part"]
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
        table, now = _T["part"], time.time()
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
        table = _T["part"]
        mine = (table.c.owner == _here(), table.c.content.is_(None))
        later = sa.update(table).where(table.c.gathering == gathering, *mine)
        with self._write() as db:
            db.execute(later.values(until=time.time() + seconds))

    def leave_parts(self, gathering: str, sources: Sequence[str]) -> None:
        """Let others have what this process took and could not read."""
        table = _T["part"]
        mine = (table.c.source.in_(sources), table.c.owner == _here())
        with self._write() as db:
            db.execute(
                sa.update(table).where(table.c.gathering == gathering, *mine).values(owner=None)
            )

    def save_part(self, gathering: str, source: str, content: bytes) -> None:
        """Keep what was read of a source; the first to come stays."""
        table = _T["part"]
        this = (table.c.gathering == gathering, table.c.source == source)
        kept = sa.update(table).where(*this, table.c.content.is_(None))
        with self._write() as db:
            db.execute(kept.values(content=zlib.compress(content, 1)))

    def count_parts(self, gathering: str) -> tuple[int, int]:
        """How many sources of a gathering were read, and how many there are."""
        table = _T["part"]
        counts = sa.select(sa.func.count(table.c.content), sa.func.count())
        with self._read() as db:
            done, every = db.execute(counts.where(table.c.gathering == gathering)).one()
        return int(done), int(every)

    def parts(self, gathering: str) -> dict[str, bytes]:
        """What was read for a gathering, by source."""
        table = _T["part"]
        query = sa.select(table.c.source, table.c.content)
        query = query.where(table.c.gathering == gathering, table.c.content.is_not(None))
        with self._read() as db:
            return {row.source: zlib.decompress(row.content) for row in db.execute(query)}

    def drop_parts(self, gathering: str) -> None:
        table = _T["part"]
        with self._write() as db:
            db.execute(sa.delete(table).where(table.c.gathering == gathering))

    # one at a time

    @contextmanager
    def lease(self, name: str, seconds: float = 600.0) -> Iterator[Callable[[], None]]:
        """Hold `name` alone, across processes and machines, for at most `seconds`.

        Gives what holds it for as long again, and raises HeldError where it ran out meanwhile
        (a machine that slept) and somebody else took it. Raises HeldError when somebody else
        holds it. The lease of a killed run is free at once on the same machine, and runs out
        elsewhere.
        """
        owner, table, now = f"{_here()}{uuid.uuid4().hex}", _T["lease"], time.time()
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
        table = _T["lease"]
        with self._read() as db:
            held = db.execute(sa.select(table).where(table.c.name == name)).mappings().first()
        return bool(held and held["until"] > time.time() and not _is_dead(held["owner"]))

    # plumbing

    @contextmanager
    def _read(self, *, alone: bool = False) -> Iterator[Connection]:
        """`alone`: for one statement, which needs no transaction around it."""
        with _named(self._engine), self._engine.connect() as db:
            yield db.execution_options(alone=True) if alone else db

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with (
            _named(self._engine),
            self._engine.connect().execution_options(writes=True) as db,
            db.begin(),
        ):
            yield db

    def _put(
        self,
        db: Connection,
        name: str,
        row: Mapping[str, Any],
        unique: Sequence[str],
        only_if: sa.ColumnElement[bool] | None = None,
    ) -> bool:
        """Insert, or update the row with the same `unique` columns; False: `only_if` forbade it."""
        if only_if is None:
            statement = self._upsert(name, tuple(row), tuple(unique))
        else:
            statement = self._upserting(name, tuple(row), unique, only_if)
        return db.execute(statement, dict(row)).first() is not None

    def _add(self, db: Connection, name: str, row: Mapping[str, Any]) -> int:
        """Insert a row that the database numbers; give its number."""
        table = _T[name]
        number = db.execute(sa.insert(table).values(**row).returning(table.c.id)).scalar_one()
        return int(number)

    def _put_all(
        self, db: Connection, name: str, rows: Sequence[Mapping[str, Any]], unique: Sequence[str]
    ) -> None:
        """Insert or update rows that have the same columns."""
        if rows:
            statement = self._upserting(name, tuple(rows[0]), unique, returning=False)
            db.execute(statement, [dict(row) for row in rows])

    def _upsert(self, name: str, columns: tuple[str, ...], unique: tuple[str, ...]) -> Any:
        """Give a statement that was made before, if there is one: making it costs as much."""
        key = (name, columns)
        if key not in self._statements:
            self._statements[key] = self._upserting(name, columns, unique)
        return self._statements[key]

    def _upserting(
        self,
        name: str,
        columns: Sequence[str],
        unique: Sequence[str],
        only_if: sa.ColumnElement[bool] | None = None,
        *,
        returning: bool = True,
    ) -> Any:
        if self._sqlite:
            from sqlalchemy.dialects.sqlite import insert
        else:
            from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
        # The columns are named, since one statement serves every row.
        statement = insert(_T[name]).values({c: sa.bindparam(c) for c in columns})
        rest = {c: statement.excluded[c] for c in columns if c not in unique} or {
            unique[0]: statement.excluded[unique[0]]
        }
        statement = statement.on_conflict_do_update(
            index_elements=list(unique), set_=rest, where=only_if
        )
        return statement.returning(_T[name].c[unique[0]]) if returning else statement


def open_store(url: str, folder: Path) -> Store:
    """Open the database at `url`, bringing its schema up to date.

    A relative SQLite file is relative to `folder`. Raises StoreError in one line, without
    the password, when it cannot be opened or was made by a newer version.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError("store.url is not the address of a database") from None
    if parsed.get_backend_name() == "sqlite" and not parsed.database:
        raise StoreError("store.url names no file; write for example sqlite:///cxgreetz.db")
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        parsed = parsed.set(database=str(folder / parsed.database))
    try:
        engine = sa.create_engine(parsed, json_serializer=_to_json)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{error.name} is not installed; install cxgreetz[postgres] for a PostgreSQL store"
        ) from None
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    with _named(engine):
        _migrate(engine)
    return Store(engine)


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


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transactions start too late (at the first write); ours are explicit.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    _keep_a_log(cursor)
    cursor.close()


def _keep_a_log(cursor: sqlite3.Cursor) -> None:
    """Let readers and a writer work side by side: SQLite's write-ahead log, for good.

    Changing to it refuses at once where another process is writing in the new file
    (measured: `busy_timeout` is not kept to), so the waiting is done here.
    """
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
        time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    # A write transaction takes the lock at once: one that reads first and then writes could
    # otherwise fail at the end with "database is locked", whatever the waiting time.
    options = connection.get_execution_options()
    if options.get("alone"):
        return
    writes = options.get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(engine: Engine) -> None:
    version = sa.text("SELECT version_num FROM alembic_version")
    with engine.connect() as db:
        there = sa.inspect(db).has_table("alembic_version")
        current = db.execute(version).scalar() if there else None
    if current == HEAD:
        return
    if current is not None and current > HEAD:
        raise StoreError("the database was made by a newer cxgreetz; update the program")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect().execution_options(writes=True) as db, db.begin():
        if engine.dialect.name == "postgresql":
            db.execute(sa.text("SELECT pg_advisory_xact_lock(7229361)"))
        config.attributes["connection"] = db
        command.upgrade(config, "head")


@contextmanager
def _named(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into one line that names the database, without its password."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        name = engine.url.render_as_string(hide_password=True)
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no answer"
        raise StoreError(f"{name}: {reason}") from None


def _chunks(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[n : n + size] for n in range(0, len(values), size))


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _stored_post(row: RowMapping) -> StoredPost:
    return StoredPost(
        _POST.validate_python(row["data"]),
        row["piece"],
        row["decision"],
        row["reason"],
        _moment(row["effective"]) if row["effective"] else None,
        _moment(row["first_seen"]),
    )


def _post_row(stored: StoredPost) -> dict[str, Any]:
    post = stored.post
    return {
        "key": post.key,
        "guid": post.guid,
        "source": post.source,
        "fingerprint": post.fingerprint,
        "piece": stored.piece,
        "decision": stored.decision,
        "reason": stored.reason,
        "effective": iso(stored.effective),
        "first_seen": iso(stored.first_seen),
        "data": _POST.dump_python(post, mode="json"),
        "head": _HEAD.dump_python(stored.head, mode="json") if stored.head else None,
    }


def _known_post(row: RowMapping) -> KnownPost:
    return KnownPost(
        _HEAD.validate_python(row["head"]),
        row["piece"],
        row["decision"],
        row["reason"],
        _moment(row["effective"]) if row["effective"] else None,
        _moment(row["first_seen"]),
    )


def _change_row(change: Change) -> dict[str, Any]:
    names = (name for name in _NAMES["change"].split() if name != "id")
    return {name: getattr(change, name) for name in names} | {"at": iso(change.at)}


def _memory_columns() -> list[sa.ColumnElement[Any]]:
    """What a MemoryRow is made of, in its order."""
    return [_T["memory"].c[field.name] for field in fields(MemoryRow)]


def _memory_row(row: Any) -> MemoryRow:
    """A row of `_memory_columns`, by its places: an edition asks for some thousands of them."""
    values = [*row[:8], _moment(row[8]), *row[9:12]]
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
