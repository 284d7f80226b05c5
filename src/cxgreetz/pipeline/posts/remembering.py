"""What is remembered of reading a source, so that a daily run need not find it out again.

In: the last reading's summary, the outcome of this one. Out: the way to read it and how
far it is known, or nothing. Never: a way kept that failed, an old post given up for known
because nobody looks any more.

After a reading of everything without a failure, later readings go that same way, and no
further back than the first page on which everything is known. Once a week everything is
read again: an edit of an old post, or a better way that has opened, is found then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cxgreetz import __version__
from cxgreetz.model import Source, fingerprint, iso
from cxgreetz.ports import Memo, PageMemo
from cxgreetz.sources import Outcome, Resolved

EVERYTHING_AFTER = timedelta(days=7)


def recall(
    summary: Mapping[str, Any], source: Source, since: datetime, now: datetime
) -> Resolved | None:
    """Give the way a source was read, if all it had since `since` is known from there."""
    way = summary.get("way")
    if not way or way["of"] != _settings(source):
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
    whole = {"of": _settings(source), "at": iso(now), "since": iso(since)}
    return {**whole, **_named(outcome.way)}


def recall_made(
    summary: Mapping[str, Any],
    source: Source,
    settled: Collection[str],
    since: datetime,
    now: datetime,
) -> tuple[dict[str, str], dict[str, PageMemo]]:
    """Give what was made of a source's entries and pages, as far as it still holds.

    What was left out for being older than an earlier day was not looked at. `settled` are
    the keys of the posts that need not be looked at again.
    """
    kept = summary.get("made")
    if not kept or kept["of"] != _settings(source):
        return {}, {}
    if not timedelta(0) <= now - datetime.fromisoformat(kept["at"]) < EVERYTHING_AFTER:
        return {}, {}
    if datetime.fromisoformat(kept["since"]) > since:
        return {}, {}
    entries = {mark: key for mark, key in kept["entries"].items() if not key or key in settled}
    pages = {
        mark: PageMemo(tuple(page["entries"]), page["older"])
        for mark, page in kept["pages"].items()
    }
    return entries, pages


def keep_made(
    summary: Mapping[str, Any],
    source: Source,
    memo: Memo,
    since: datetime,
    now: datetime,
    *,
    anew: bool,
) -> Mapping[str, Any]:
    """Give what was made of a source's entries, for the next run; `anew`: all of it now."""
    at = iso(now) if anew else summary["made"]["at"]
    pages = {
        mark: {"entries": page.entries, "older": page.older}
        for mark, page in memo.pages_now.items()
    }
    held = {"of": _settings(source), "at": at, "since": iso(since)}
    return {**held, "entries": memo.made_now, "pages": pages}


@lru_cache(maxsize=4096)
def _settings(source: Source) -> str:
    """Everything that decides what is made of an entry, apart from the entry itself."""
    return fingerprint(__version__, asdict(source))


def _named(way: Resolved) -> dict[str, str]:
    return {"kind": way.kind, "url": way.url, "rung": way.rung, "note": way.note}
