"""Read sources: what each gives, and what goes wrong, as values.

In: a workspace, what is known. Out: a Reading for each source. Never: a judgement, anything
stored, a source that stops the others.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cxgreetz import pieces
from cxgreetz.errors import UsageError
from cxgreetz.model import KnownPost, Post, Seen, Source
from cxgreetz.pipeline.posts.addresses import (
    Notes,
    address_to_ask,
    is_resting,
    learn,
    say_gone,
    say_moved,
)
from cxgreetz.pipeline.posts.remembering import keep_made, recall, recall_made, remember
from cxgreetz.pipeline.workspace import Workspace
from cxgreetz.ports import Memo, Progress, nothing_known
from cxgreetz.sources import Resolved, read_source
from cxgreetz.store import AddressNote

_LOG = logging.getLogger(__name__)
#: Languages and addresses.
Alternates = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one source gave: posts, and the failure that ended it if there was one."""

    source: Source
    way: Resolved
    shown: tuple[Post | Seen, ...] = ()
    error: str | None = None
    #: What the next run may rely on: the way to read it, and what was made of its entries.
    remembered: Mapping[str, Any] = field(default_factory=dict)
    #: What it shows where all of it is older than the newsletter's start.
    before_start: tuple[Post, ...] = ()
    #: What is now known of its address; None: it is as the workspace file has it.
    address: AddressNote | None = None
    #: What a person should know although nothing failed.
    note: str | None = None
    #: What the pages of posts named as their versions, by the key of the post.
    asked: Mapping[str, Alternates] = field(default_factory=dict)

    @property
    def posts(self) -> tuple[Post, ...]:
        """The posts that were made now."""
        return tuple(post for post in self.shown if isinstance(post, Post))


def named_sources(workspace: Workspace, only: Sequence[str] = ()) -> list[Source]:
    """The sources with these names (none: all), in the file's order; raises UsageError."""
    sources = workspace.config.source_list()
    names = [source.name for source in sources]
    if unknown := [name for name in only if name not in names]:
        told = f"{unknown[0]!r} is no source of this newsletter"
        raise UsageError(f"{told}; it has: {', '.join(names)}")
    return [source for source in sources if not only or source.name in only]


def read_all(
    workspace: Workspace,
    since: datetime,
    notes: Notes,
    progress: Progress,
    before: Mapping[str, Mapping[str, Any]] | None = None,
    stored: Sequence[KnownPost] = (),
    sources: Sequence[Source] | None = None,
) -> list[Reading]:
    """Read `sources` (None: all): whole, or from `before` on, the last reading of each by name."""
    read_one = _Reader(workspace, since, notes, before or {}, stored)
    sources = workspace.config.source_list() if sources is None else sources
    done = 0
    progress("gather", done, len(sources))
    readings = []
    with ThreadPoolExecutor(max(1, min(10, len(sources)))) as pool:
        for reading in pool.map(read_one, sources):
            done += 1
            progress(f"gather {reading.source.name}", done, len(sources))
            if reading.error:
                _LOG.warning("source %s: %s", reading.source.name, reading.error)
            readings.append(reading)
    return readings


class _Reader:
    """Reads one source after another; whatever goes wrong is a value, so the others go on."""

    def __init__(
        self,
        workspace: Workspace,
        since: datetime,
        notes: Notes,
        before: Mapping[str, Mapping[str, Any]],
        stored: Sequence[KnownPost],
    ) -> None:
        self._net, self._since, self._now = workspace.net, since, workspace.now()
        self._notes, self._before = notes, before
        self._known = {k.key for k in stored}
        #: What a person must look at is looked at again in every run.
        held = [k for k in stored if k.decision == pieces.HELD]
        self._settled = self._known - {k.key for k in held}
        self._held = {k.head.source for k in held}

    def __call__(self, source: Source) -> Reading:
        """Read a source from where it has moved to, if it has; leave one that is gone alone."""
        url, notes, now = source.url, self._notes, self._now
        if is_resting(url, notes, now):
            kind = source.kind or "unknown"
            reading, note = Reading(source, Resolved(kind, url, "", "unknown")), notes.get(url)
        else:
            asked = address_to_ask(url, notes, now)
            reading = self._read(replace(source, url=asked))
            if asked != url and reading.error and not reading.shown:  # is it back where it was?
                former = self._read(source)
                reading, asked = (reading, asked) if former.error else (former, url)
            outcome = self._net.outcome(url) if asked == url else None
            read = reading.error is None or bool(reading.shown)
            note = learn(url, notes, outcome, now, read=read)
        if note and note.gone:
            error = f'source "{source.name}": {say_gone(note)}'
            return replace(reading, source=source, error=error, address=note)
        told = say_moved(note, now) if note else None
        return replace(reading, source=source, address=note, note=told)

    def _read(self, source: Source) -> Reading:
        """Read a source from the address it names, the way it was read before if there is one."""
        summary = self._before.get(source.name, {})
        # Of an address that is about to move, what is remembered would not ask it again.
        whole = source.name in self._held or source.url in self._notes
        way = None if whole else recall(summary, source, self._since, self._now)
        known = self._known.__contains__ if way else nothing_known
        made, pages = recall_made(summary, source, self._settled, self._since, self._now)
        memo = Memo(known, made, pages)
        outcome = read_source(source, self._net, self._since, memo, way)
        kept = {
            "way": remember(summary, way, source, outcome, self._since, self._now),
            "made": keep_made(summary, source, memo, self._since, self._now, anew=not made),
        }
        # What a person declared holds for a text that no rule can place.
        shown = tuple(
            replace(post, language=post.language or source.language)
            if isinstance(post, Post)
            else post
            for post in outcome.posts
        )
        return Reading(source, outcome.way, shown, outcome.error, kept)
