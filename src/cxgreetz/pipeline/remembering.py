"""What is remembered of reading a source, so that a daily run need not find it out again.

In: the last reading's summary, the outcome of this one. Out: the way to read it and how
far it is known, or nothing. Never: a way kept that failed, an old post given up for known
because nobody looks any more.

After a reading of everything without a failure, later readings go that same way, and no
further back than the first page on which everything is known. Once a week everything is
read again: an edit of an old post, or a better way that has opened, is found then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from cxgreetz.model import Source, fingerprint, iso
from cxgreetz.sources import Outcome, Resolved

EVERYTHING_AFTER = timedelta(days=7)


def recall(
    summary: Mapping[str, Any], source: Source, since: datetime, now: datetime
) -> Resolved | None:
    """Give the way a source was read, if all it had since `since` is known from there."""
    way = summary.get("way")
    if not way or way["of"] != fingerprint(asdict(source)):
        return None
    age = now - datetime.fromisoformat(way["at"])
    if not timedelta(0) <= age < EVERYTHING_AFTER or datetime.fromisoformat(way["since"]) > since:
        return None
    return Resolved(way["kind"], way["url"], way["note"], way["rung"])


def remember(
    summary: Mapping[str, Any],
    recalled: Resolved | None,
    source: Source,
    outcome: Outcome,
    since: datetime,
    now: datetime,
) -> Mapping[str, Any] | None:
    """Give what the next run may rely on; None after a failure."""
    if outcome.error:
        return None
    if recalled:  # only what was new was read, so the day of the whole reading stays
        kept: Mapping[str, Any] = summary["way"]
        return {**kept, **_named(outcome.way)}
    whole = {"of": fingerprint(asdict(source)), "at": iso(now), "since": iso(since)}
    return {**whole, **_named(outcome.way)}


def _named(way: Resolved) -> dict[str, str]:
    return {"kind": way.kind, "url": way.url, "rung": way.rung, "note": way.note}
