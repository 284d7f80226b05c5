"""Everything that must survive: the one door to SQLAlchemy and Alembic.

In: nouns. Out: the same nouns, later. Never: a decision about content, a secret, a
half-written change (each method is one transaction).

SQLite in WAL mode by default, PostgreSQL by URL; the schema brings itself up to date
when a store is opened. Nouns are kept whole as JSON beside the few columns that are
searched, so a new field of a noun needs no migration. A Store is one thing to its callers; its
methods stand on shelves, by what they keep.
"""

from __future__ import annotations

from pathlib import Path

from cxgreetz.store.approvals import Approvals
from cxgreetz.store.database import connect
from cxgreetz.store.editions import Draft, Editions
from cxgreetz.store.memory import Memory, MemoryRow
from cxgreetz.store.posts import Posts, SourceReading, StoredPost
from cxgreetz.store.receipts import Receipts
from cxgreetz.store.sharing import Claim, Sharing
from cxgreetz.store.web import AddressNote, KeptPage, Web

__all__ = [
    "AddressNote",
    "Claim",
    "Draft",
    "KeptPage",
    "MemoryRow",
    "SourceReading",
    "Store",
    "StoredPost",
    "open_store",
]


class Store(Posts, Memory, Editions, Approvals, Receipts, Web, Sharing):
    """An open database; may be used from several threads."""


def open_store(url: str, folder: Path) -> Store:
    """Open the database at `url`, bringing its schema up to date.

    A relative SQLite file is relative to `folder`. Raises StoreError in one line, without
    the password, when it cannot be opened or was made by a newer version.
    """
    return Store(connect(url, folder))
