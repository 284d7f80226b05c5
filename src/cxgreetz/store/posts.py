"""The store's shelf for posts: what sources gave, what was decided of it, which pieces it makes.

In: posts, decisions, verdicts, readings. Out: the same. Never: a text that was not asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.engine import RowMapping

from cxgreetz.model import (
    Evidence,
    Head,
    KnownPost,
    Piece,
    Post,
    iso,
)
from cxgreetz.store.database import Database
from cxgreetz.store.tables import TABLES, chunks, moment

_NEVER = datetime.min.replace(tzinfo=UTC)
_POST = TypeAdapter(Post)
_HEAD = TypeAdapter(Head)
_EVIDENCE = TypeAdapter(tuple[Evidence, ...])


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
class SourceReading:
    """What reading a source gave, as it is kept."""

    source: str
    summary: Mapping[str, Any]
    succeeded: bool


class Posts(Database):
    """Posts and pieces, what joins them, what reading each source gave."""

    def posts(self, keys: Iterable[str] | None = None) -> list[StoredPost]:
        """Every post ever seen, or those with `keys`, oldest sighting first."""
        table = TABLES["post"]
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
        table = TABLES["post"]
        had = {(k.key, k.head.fingerprint, k.piece, k.decision, k.reason): k for k in before}
        states = [table.c[name] for name in ("key", "fingerprint", "piece", "decision", "reason")]
        with self._read() as db:
            rows = db.execute(sa.select(*states).order_by(table.c.first_seen, table.c.key)).all()
        found = {row.key: had[tuple(row)] for row in rows if tuple(row) in had}
        others = [row.key for row in rows if row.key not in found]
        for some in chunks(others, 1000):
            found |= {k.key: k for k in self._known(some, head_of)}
        return [found[row.key] for row in rows if row.key in found]

    def _known(self, keys: Sequence[str], head_of: Callable[[Post], Head]) -> list[KnownPost]:
        table = TABLES["post"]
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
        table, waiting = TABLES["post"], iter(posts)
        with self._write() as db:
            # Some at a time: written out, a post takes several times its memory.
            while some := [_post_row(stored) for stored in islice(waiting, 50)]:
                self._put_all(db, "post", some, ("key",))
            for key in gone:
                db.execute(sa.delete(table).where(table.c.key == key))

    def move_posts(self, pieces: Mapping[str, str]) -> None:
        """Give posts, by key, another piece."""
        table = TABLES["post"]
        with self._write() as db:
            for key, piece in pieces.items():
                db.execute(sa.update(table).where(table.c.key == key).values(piece=piece))

    def decide_post(self, key: str, decision: str, reason: str) -> None:
        """Keep another decision about a post, which is then in no piece."""
        table = TABLES["post"]
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
            rows = db.execute(sa.select(TABLES["piece"])).mappings()
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
            rows = db.execute(sa.select(TABLES["verdict"])).mappings()
            return {(row["first"], row["second"]): bool(row["same"]) for row in rows}

    def save_verdict(self, first: str, second: str, same: bool) -> None:
        a, b = sorted((first, second))
        with self._write() as db:
            self._put(db, "verdict", {"first": a, "second": b, "same": same}, ("first", "second"))

    def readings(self) -> dict[str, dict[str, Any]]:
        """The last reading of each source: `at`, `succeeded_at` and what it gave."""
        with self._read() as db:
            rows = db.execute(sa.select(TABLES["reading"])).mappings()
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


def _stored_post(row: RowMapping) -> StoredPost:
    return StoredPost(
        _POST.validate_python(row["data"]),
        row["piece"],
        row["decision"],
        row["reason"],
        moment(row["effective"]) if row["effective"] else None,
        moment(row["first_seen"]),
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
        moment(row["effective"]) if row["effective"] else None,
        moment(row["first_seen"]),
    )
