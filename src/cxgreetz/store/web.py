"""The store's shelf for what the web answered: pages, pauses, addresses, links, pictures.

In: answers as they came. Out: the same, until they are asked for again. Never: a content that
is not needed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter

from cxgreetz.model import (
    LinkAnswer,
    PictureFacts,
    iso,
)
from cxgreetz.store.database import Database
from cxgreetz.store.tables import COLUMNS, TABLES, chunks, moment

_ANSWER = TypeAdapter(LinkAnswer)
_PICTURE = TypeAdapter(PictureFacts)
Noun = TypeVar("Noun")
#: Asked for every page that is fetched; made once.
_THIS_PAGE = TABLES["page"].c.url == sa.bindparam("url")
_PAGE = sa.select(
    TABLES["page"].c.final,
    TABLES["page"].c.headers,
    TABLES["page"].c.mark,
    sa.func.length(TABLES["page"].c.content),
).where(_THIS_PAGE)
#: Bytes of a page that had none, as it is kept: it is asked for anew, for its answer may have
#: broken off, and its server would say that it is unchanged.
_EMPTY = len(zlib.compress(b"", 1))
_PAGE_CONTENT = sa.select(TABLES["page"].c.content).where(_THIS_PAGE)


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
class KeptPage:
    """A page as it was when it was last fetched (net.KeptPage)."""

    url: str
    headers: Mapping[str, str]
    mark: str | None
    whole: bool
    load: Callable[[], bytes]


class Web(Database):
    """What hosts and addresses answered."""

    def load_page(self, url: str) -> KeptPage | None:
        """What was kept of a page, but for its content."""
        with self._read(alone=True) as db:
            row = db.execute(_PAGE, {"url": url}).first()
        if row is None:
            return None
        final, headers, mark, length = tuple(row)
        return KeptPage(final, headers, mark, length > _EMPTY, lambda: self._page_content(url))

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

    def load_pause(self, host: str) -> datetime | None:
        """Until when a host wants to be left alone (net.PauseBook)."""
        table = TABLES["pause"]
        with self._read() as db:
            until = db.execute(sa.select(table.c.until).where(table.c.host == host)).scalar()
        return moment(until) if until else None

    def save_pause(self, host: str, until: datetime) -> None:
        # To the microsecond: cut to a second, a pause would end before it has passed.
        row = {"host": host, "until": until.astimezone(UTC).isoformat()}
        with self._write() as db:
            self._put(db, "pause", row, ("host",))

    def addresses(self) -> dict[str, AddressNote]:
        """The notes on sources' addresses, by address."""
        with self._read() as db:
            rows = db.execute(sa.select(TABLES["address"])).mappings()
            return {
                row["url"]: AddressNote(
                    row["url"],
                    bool(row["gone"]),
                    row["moved_to"],
                    moment(row["since"]),
                    moment(row["asked"]),
                )
                for row in rows
            }

    def save_address(self, url: str, note: AddressNote | None) -> None:
        """Keep what was noted of an address; None: it is as the workspace file has it."""
        with self._write() as db:
            if note is None:
                db.execute(sa.delete(TABLES["address"]).where(TABLES["address"].c.url == url))
                return
            row = {name: getattr(note, name) for name in COLUMNS["address"].split()}
            row |= {"since": iso(note.since), "asked": iso(note.asked)}
            self._put(db, "address", row, ("url",))

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
        table, found = TABLES[name], {}
        with self._read() as db:
            for some in chunks(sorted(set(urls)), 500):
                for row in db.execute(sa.select(table).where(table.c.url.in_(some))).mappings():
                    found[row["url"]] = noun.validate_python(row["data"])
        return found
