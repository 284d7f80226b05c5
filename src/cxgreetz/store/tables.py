"""The store's tables, as this code needs them.

In: nothing. Out: tables and columns by name, and how moments are read. Never: a type or a
key of a column (those are the migrations' matter).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import sqlalchemy as sa

COLUMNS = {
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
_JSON = {"data", "head", "evidence", "summary", "pieces", "headers", "before", "after"}
_AS_JSON = sa.JSON(none_as_null=True)
#: The columns as this code needs them; their types and keys are the migrations' matter.
TABLES = {
    name: sa.table(name, *(sa.column(c, _AS_JSON if c in _JSON else None) for c in columns.split()))
    for name, columns in COLUMNS.items()
}


def chunks(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (values[n : n + size] for n in range(0, len(values), size))


@lru_cache(maxsize=4096)
def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
