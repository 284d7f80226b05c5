"""Read the sources of one gathering in several processes, on one machine or on several.

In: a workspace and the name of a gathering. Out: what was read of each source, kept in the
database until `gather` puts it together. Never: a judgement, a post stored, a source that one
process has read read by another, a batch that waits for a process that has died.

Whoever is free takes the next batch, so that none of them waits for the slowest, and one that
comes late or goes away changes nothing but the time it takes.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import TypeAdapter

from cxgreetz import pieces
from cxgreetz.model import Post, Seen, Source
from cxgreetz.pipeline.posts.reading import Alternates, Reading, named_sources, read_all
from cxgreetz.pipeline.posts.versions import ask_ahead
from cxgreetz.pipeline.workspace import DONE, Workspace
from cxgreetz.ports import Progress, no_progress
from cxgreetz.sources import Resolved
from cxgreetz.store import AddressNote

_LOG = logging.getLogger(__name__)
#: Sources in a batch: some seconds of work, so that the end is not waited for.
BATCH = 20
#: More sources than these are worth a second process, which takes ten seconds to begin.
MANY = 400
#: Seconds without a source that is done, before another process takes over a batch; what a
#: source may take ends sooner.
PATIENCE = 180.0
#: A host is asked two things at a time. While some batches wait for theirs, others are read:
#: batches until so many hosts are being asked.
_HOSTS_AT_ONCE = 6
#: Seconds between two looks whether the last batches of others are done.
_NAP = 1.0


@dataclass(frozen=True, slots=True)
class _Part:
    """What is kept of a Reading; its source stands in the workspace file."""

    way: Resolved
    #: A post, or the key of one that was only seen.
    shown: tuple[Post | str, ...]
    error: str | None
    remembered: Mapping[str, Any]
    address: AddressNote | None
    note: str | None
    asked: Mapping[str, Alternates]


_PART = TypeAdapter(_Part)


@dataclass(frozen=True)
class ShareReport:
    """What one process read of a gathering."""

    sources: Sequence[str]
    posts: int
    failed: Mapping[str, str]
    #: How many of the sources a process had taken that went away.
    taken_over: int = 0
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        return {
            "sources": list(self.sources),
            "posts": self.posts,
            "failed": dict(self.failed),
            "taken_over": self.taken_over,
        }


def deal_sources(sources: Sequence[Source], size: int = BATCH) -> list[list[str]]:
    """Deal sources into batches of about `size`, by name; those of one host stay together.

    A host is asked by one process, whose manners then hold for it.
    """
    by_host: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        by_host[_host(source)].append(source.name)
    batches: list[list[str]] = []
    for names in sorted(by_host.values(), key=len, reverse=True):
        if not batches or len(batches[-1]) + len(names) > size:
            batches.append([])
        batches[-1] += names
    return batches


def _host(source: Source) -> str:
    return urlsplit(source.url).netloc.lower()


def share_count(sources: int, wanted: int | None = None) -> int:
    """How many processes are to read so many sources: as many as are `wanted`, else two for many.

    Never more than there are batches, for the rest would find nothing to do.
    """
    count = wanted if wanted is not None else 2 if sources > MANY else 1
    return max(1, min(count, -(-sources // BATCH)))


def open_gathering(workspace: Workspace, gathering: str, only: Sequence[str] = ()) -> int:
    """Note what a gathering is to read; gives how many batches that is. Safe to repeat."""
    batches = deal_sources(named_sources(workspace, only))
    workspace.store.open_parts(gathering, batches, workspace.now())
    return len(batches)


def read_share(
    workspace: Workspace,
    gathering: str,
    *,
    since: datetime | None = None,
    wait: bool = False,
    progress: Progress = no_progress,
) -> ShareReport:
    """Read batch after batch of a gathering until none is left that nobody reads.

    `wait`: until all of it is read, by whomever; what a process leaves that has died is read
    here. `since` is as in `gather`, and must be the same for all of a gathering.
    """
    store = workspace.store
    named = {source.name: source for source in workspace.config.source_list()}
    before, notes = store.readings(), store.addresses()
    stored = store.known_posts(pieces.head_of)
    asked = since or workspace.config.start
    done: list[str] = []
    failed: dict[str, str] = {}
    posts = taken_over = 0

    def renew(_label: str, _done: int, _total: int) -> None:
        store.renew_parts(gathering, PATIENCE)

    def read_batch(sources: Sequence[str]) -> list[Reading]:
        batch = [named[name] for name in sources]
        readings = read_all(
            workspace, asked, notes, renew, None if since else before, stored, batch
        )
        readings = ask_ahead(workspace, readings, stored)
        for reading in readings:
            store.save_part(gathering, reading.source.name, _PART.dump_json(_packed(reading)))
        return readings

    running: dict[Future[list[Reading]], Sequence[str]] = {}
    with ThreadPoolExecutor(_HOSTS_AT_ONCE) as lanes:
        try:
            while True:
                # A source that this process's workspace file does not name is for others.
                claim = store.claim_parts(gathering, PATIENCE, named)
                progress("gather", *store.count_parts(gathering))
                if claim.sources:
                    # What is logged there belongs to the run that began it.
                    begun = lanes.submit(copy_context().run, read_batch, claim.sources)
                    running[begun] = claim.sources
                elif not running:
                    if not (wait and claim.others):
                        return ShareReport(done, posts, failed, taken_over)
                    workspace.sleep(_NAP)
                if claim.left:
                    taken_over += len(claim.sources)
                    told = "a process went away; %d sources it had taken are read here"
                    _LOG.warning(told, len(claim.sources))
                hosts = {_host(named[name]) for batch in running.values() for name in batch}
                if running and (len(hosts) >= _HOSTS_AT_ONCE or not claim.sources):
                    for ended in wait_for(running, return_when=FIRST_COMPLETED).done:
                        for reading in ended.result():
                            done.append(reading.source.name)
                            posts += len(reading.posts)
                            if reading.error:
                                failed[reading.source.name] = reading.error
                        del running[ended]
        except BaseException:
            for sources in running.values():
                store.leave_parts(gathering, sources)
            raise


def parts_of(workspace: Workspace, gathering: str) -> dict[str, Reading]:
    """What was read for a gathering, by the name of the source."""
    named = {source.name: source for source in workspace.config.source_list()}
    return {
        name: _unpacked(_PART.validate_json(data), named[name])
        for name, data in workspace.store.parts(gathering).items()
        if name in named
    }


def _packed(reading: Reading) -> _Part:
    shown = tuple(post.key if isinstance(post, Seen) else post for post in reading.shown)
    return _Part(
        reading.way,
        shown,
        reading.error,
        reading.remembered,
        reading.address,
        reading.note,
        reading.asked,
    )


def _unpacked(part: _Part, source: Source) -> Reading:
    shown = tuple(Seen(post) if isinstance(post, str) else post for post in part.shown)
    reading = Reading(source, part.way, shown, part.error, part.remembered)
    return replace(reading, address=part.address, note=part.note, asked=part.asked)
