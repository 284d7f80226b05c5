"""Read every source, account for every post, put posts together into pieces.

In: a workspace. Out: what each source gave, what became of each post. Never: a judgement
of a post (`pieces` decides), a source that stops the others.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cxgreetz import pieces
from cxgreetz.errors import HeldError
from cxgreetz.model import Evidence, KnownPost, Post, iso
from cxgreetz.pipeline.posts.reading import Reading, named_sources, read_all
from cxgreetz.pipeline.posts.recognising import OwnTranslations
from cxgreetz.pipeline.posts.sharing import parts_of
from cxgreetz.pipeline.posts.versions import Version, ask_pages, join_versions, read_versions
from cxgreetz.pipeline.workspace import DONE, FAILED, HELD, Workspace
from cxgreetz.ports import Memo, Progress, no_progress
from cxgreetz.sources import read_source
from cxgreetz.store import SourceReading, Store, StoredPost

#: Seconds that storing what was read may take, and that another run is waited for.
_STORING, _WAITS = 900.0, 60
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class SourcesReport:
    readings: Sequence[Reading]

    @property
    def exit_code(self) -> int:
        return FAILED if any(r.error for r in self.readings) else DONE

    def as_json(self) -> dict[str, Any]:
        return {"sources": [self._row(reading) for reading in self.readings]}

    @staticmethod
    def _row(reading: Reading) -> dict[str, Any]:
        days = [p.published for p in reading.posts if p.published]
        older = [p.published for p in reading.before_start if p.published]
        return {
            "name": reading.source.name,
            "url": reading.way.url,
            "kind": reading.way.kind,
            "rung": reading.way.rung,
            "status": "failed" if reading.error else "ok",
            "posts": len(reading.posts),
            "languages": sorted({p.language or "other" for p in reading.posts}),
            "authors": sorted({p.credit.author for p in reading.posts if p.credit.author}),
            "undated": len(reading.posts) - len(days),
            "newest": iso(max(days, default=None)),
            "oldest": iso(min(days, default=None)),
            "before_start": len(reading.before_start),
            "newest_before_start": iso(max(older, default=None)),
            "error": reading.error,
            "note": reading.note or reading.way.note or None,
        }


def try_sources(workspace: Workspace, *, progress: Progress = no_progress) -> SourcesReport:
    """Read every source without storing anything: what it is, what it gives, what is wrong."""
    start = workspace.config.start
    moved = {url: note for url, note in workspace.store.addresses().items() if not note.gone}
    readings = read_all(workspace, start, moved, progress)
    shown = []
    for reading in readings:
        if not reading.posts and not reading.error:
            # Is there nothing, or is all of it too old? Its first posts tell.
            glance = read_source(reading.source, workspace.net, None, Memo(), reading.way, most=20)
            older = tuple(post for post in glance.posts if isinstance(post, Post))
            reading = replace(reading, before_start=older, note=_whom_it_has(workspace, reading))
        shown.append(reading)
    return SourcesReport(shown)


def _whom_it_has(workspace: Workspace, reading: Reading) -> str | None:
    """Say who writes at a source and under what, where a filter leaves none of its posts."""
    source = reading.source
    if not (source.author or source.tags):
        return None
    anyone = replace(source, author=None, tags=())
    way = replace(reading.way, below=())
    shown = read_source(anyone, workspace.net, None, Memo(), way, most=20).posts
    posts = [post for post in shown if isinstance(post, Post)]
    authors = sorted({post.credit.author for post in posts if post.credit.author})
    tags = sorted({tag for post in posts for tag in post.tags})
    said = []
    if source.author and not any(source.author.casefold() in a.casefold() for a in authors):
        said.append(f"no post by {source.author!r}; its authors: {', '.join(authors) or 'unnamed'}")
    if source.tags:
        said.append(f"filed under: {', '.join(tags[:12]) or 'nothing'}")
    return f"{'; '.join(said)} (of its newest {len(posts)} posts)" if posts and said else None


@dataclass(frozen=True)
class GatherReport:
    sources: Sequence[Mapping[str, Any]]
    decisions: Sequence[pieces.Decision]
    #: Why the posts of a piece are held to be one text, by piece.
    evidence: Mapping[str, Sequence[Evidence]] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        if any(s["error"] for s in self.sources):
            return FAILED
        return HELD if any(s["held"] or s["alarm"] for s in self.sources) else DONE

    def as_json(self) -> dict[str, Any]:
        return {"sources": list(self.sources), "posts": [self._row(d) for d in self.decisions]}

    def ties(self, decision: pieces.Decision) -> list[dict[str, str]]:
        """Why a post is held to be one text with others of its piece."""
        key = decision.head.key
        return [
            {"by": e.by, "detail": e.detail, "with": next(p for p in e.posts if p != key)}
            for e in self.evidence.get(decision.piece or "", ())
            if key in e.posts and e.posts[0] != e.posts[1]
        ]

    def _row(self, decision: pieces.Decision) -> dict[str, Any]:
        head = decision.head
        return {
            "url": head.url,
            "title": head.title,
            "language": head.language,
            "published": iso(head.published),
            "piece": decision.piece,
            "source": decision.source,
            "decision": decision.decision,
            "reason": decision.reason,
            "evidence": self.ties(decision),
            "cut": [{"rule": cut.rule, "text": cut.text} for cut in head.cuts],
        }


def gather(
    workspace: Workspace,
    *,
    since: datetime | None = None,
    only: Sequence[str] = (),
    gathering: str = "",
    progress: Progress = no_progress,
) -> GatherReport:
    """Read every source, judge every post seen, store what is new.

    `since` looks further back or less far than the newsletter's start; nothing published
    before the start enters an edition either way. `only` names the sources that are read (none:
    all); what is known of the others stays as it is. What was read for `gathering` by this
    process or others (`sharing`) is not read again: all of it is judged together, so what comes
    of it is the same. Raises UsageError for an unknown name.
    """
    store, now = workspace.store, workspace.now()
    sources = named_sources(workspace, only)
    before = store.readings()
    asked = since or workspace.config.start
    notes, stored = store.addresses(), store.known_posts(pieces.head_of)
    # Whoever names a day wants everything since then looked at.
    brought = parts_of(workspace, gathering) if gathering else {}
    missing = [source for source in sources if source.name not in brought]
    just_read = read_all(
        workspace, asked, notes, progress, None if since else before, stored, missing
    )
    brought |= {reading.source.name: reading for reading in just_read}
    readings = [brought[source.name] for source in sources]
    counted = {
        name: row.get("most_seen", 0)
        for name, row in before.items()
        if row.get("since") == iso(asked)
    }
    readings = [_miss_posts(reading, counted.get(reading.source.name, 0)) for reading in readings]
    readings = ask_pages(workspace, readings, stored)
    versions = read_versions(workspace, readings, stored)
    with _alone(workspace):
        # Another run may have stored some while this one was reading.
        now_stored = store.known_posts(pieces.head_of, stored)
        known = {k.key: k for k in (*stored, *now_stored)}
        decisions = pieces.judge(
            {reading.source.name: reading.shown for reading in readings},
            known.values(),
            start=workspace.config.start,
            now=now,
            read_before=[name for name, row in before.items() if row["succeeded_at"]],
            others=[source.name for source in named_sources(workspace)],
        )
        own = OwnTranslations(store.postings())
        decisions = own.leave_out(decisions, known.values())
        versions = own.not_ours(versions)
        decisions = _store_decisions(store, known, decisions, versions, now)
        decisions += _disown(store, readings, known)
        last: dict[str, datetime] = {}
        for k in known.values():
            name, published = k.head.source, k.head.published
            if published and published > last.get(name, published - timedelta(days=1)):
                last[name] = published
        by_source: dict[str, list[pieces.Decision]] = {
            reading.source.name: [] for reading in readings
        }
        for decision in decisions:
            by_source[decision.source].append(decision)
        rows = [
            _summary(r, by_source[r.source.name], last.get(r.source.name), now) for r in readings
        ]
        kept = []
        for row, reading in zip(rows, readings, strict=True):
            _LOG.info("source %s: %s seen, %s new", row["name"], row["seen"], row["new"])
            most = max(row["seen"], counted.get(row["name"], 0))
            # After less than a whole reading nothing can be relied on.
            remembered = {} if since else dict(reading.remembered)
            if reading.error:
                remembered["way"] = None
            summary = row | {"most_seen": most, "since": iso(asked)} | remembered
            kept.append(SourceReading(row["name"], summary, succeeded=row["error"] is None))
        store.save_readings(now, kept)
        for reading in readings:
            if reading.address != notes.get(reading.source.url):
                store.save_address(reading.source.url, reading.address)
        if gathering:
            store.drop_parts(gathering)
        shown = {d.piece for d in decisions if d.piece}
        evidence = {key: why for key, why in store.evidence().items() if key in shown}
    return GatherReport(rows, decisions, evidence)


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Hold the lease, waiting for another run that stores what it read; raises HeldError."""
    for again in reversed(range(_WAITS)):
        with ExitStack() as held:
            try:
                held.enter_context(workspace.store.lease("gather", seconds=_STORING))
            except HeldError:
                if not again:
                    raise
            else:
                yield
                return
        workspace.sleep(1.0)


def _miss_posts(reading: Reading, most_seen: int) -> Reading:
    """A source that had posts and shows none has changed, whatever it answered."""
    if reading.error or reading.shown or not most_seen:
        return reading
    message = (
        f"{reading.way.url} shows no posts, where there were {most_seen} before; "
        "look whether the page has changed or moved"
    )
    return replace(reading, error=message)


def _summary(
    reading: Reading,
    own: Sequence[pieces.Decision],
    last: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    """`last` is when the newest post was published that the source showed in earlier runs."""
    counts = {
        "seen": len(own),
        "new": sum(d.decision == pieces.TAKEN and not d.edited for d in own),
        "edited": sum(d.edited for d in own),
        "held": sum(d.decision == pieces.HELD for d in own),
        "skipped": sum(d.decision == pieces.SKIPPED for d in own),
    }
    source = reading.source
    newest = max((d.head.published for d in own if d.head.published), default=last)
    silent = pieces.silence(source.expected_per_month, newest, now)
    status = "failed" if reading.error else "held" if counts["held"] or silent else "ok"
    return {
        "name": reading.source.name,
        "status": status,
        **counts,
        "error": reading.error,
        "alarm": reading.error or silent,
        "note": reading.note,
        # A source that gave posts but not quite all is a matter for a person to look at.
        "partial": bool(reading.error and own),
        "kind": reading.way.kind,
        "url": reading.way.url,
        "rung": reading.way.rung,
    }


def _store_decisions(
    store: Store,
    stored: Mapping[str, KnownPost],
    decisions: Sequence[pieces.Decision],
    versions: Sequence[Version],
    now: datetime,
) -> list[pieces.Decision]:
    """Give new posts their pieces and store everything; gives the decisions with pieces."""
    fresh = [d for d in decisions if d.stored and d.decision == pieces.TAKEN and not d.edited]
    known = {key: (k.head, k.piece) for key, k in stored.items() if k.piece}
    carried = store.carried()
    join = pieces.join_posts([d.head for d in fresh], known, store.verdicts(), carried)
    home = {key: piece for key, (_head, piece) in known.items()} | dict(join.pieces)
    if versions:
        heads = {key: head for key, (head, _piece) in known.items()}
        heads |= {d.head.key: d.head for d in fresh}
        there = {key: (heads[key], piece) for key, piece in home.items()}
        versions, more = join_versions(versions, there, store.verdicts(), carried)
        join = _together(join, more)
        home |= join.pieces
    rows: dict[str, StoredPost] = {}
    for decision in decisions:
        if post := decision.post:
            key = post.key
            before = stored.get(decision.replaces or key)
            first_seen = before.first_seen if before else now
            piece = home.get(key, decision.piece) if decision.decision == pieces.TAKEN else None
            placed = (piece, decision.decision, decision.reason, decision.effective)
            rows[key] = StoredPost(post, *placed, first_seen, decision.head)
    for version in versions:
        key = version.head.key
        first_seen = stored[key].first_seen if key in stored else now
        # Without a time of its own it brings its piece into no edition.
        placed = (home[key], pieces.SKIPPED, version.reason, None)
        rows[key] = StoredPost(version.post, *placed, first_seen, version.head)
    moved = join.pieces.keys() & stored.keys()
    store.save_posts(rows.values(), gone=[d.replaces for d in decisions if d.replaces])
    store.move_posts({key: join.pieces[key] for key in moved - rows.keys()})
    for key in moved:
        old = stored[key].piece
        if old in carried and old != join.pieces[key]:
            store.move_carried(old, join.pieces[key], keep=True)
    kept = store.evidence() if join.evidence else {}
    store.save_pieces(
        (key, tuple(dict.fromkeys((*kept.get(key, ()), *evidence))))
        for key, evidence in join.evidence.items()
    )
    told = {v.head.key: v for v in versions}
    shown = {d.head.key for d in decisions}
    return [
        replace(d, piece=home.get(d.head.key, d.piece))
        if d.head.key not in told
        else replace(d, piece=home[d.head.key], reason=told[d.head.key].reason)
        for d in decisions
    ] + [
        pieces.Decision(v.head, v.source, pieces.SKIPPED, v.reason, piece=home[key], post=v.post)
        for key, v in told.items()
        if key not in shown
    ]


def _disown(
    store: Store, readings: Sequence[Reading], known: Mapping[str, KnownPost]
) -> list[pieces.Decision]:
    """Skip what was gathered before a source was told whose posts to take."""
    sources = [reading.source for reading in readings]
    shown = {post.key for reading in readings for post in reading.shown}
    others = pieces.disown(known.values(), sources, shown, store.spoken_for())
    for decision in others:
        store.decide_post(decision.head.key, decision.decision, decision.reason)
    return others


def _together(one: pieces.Join, other: pieces.Join) -> pieces.Join:
    """The outcome of two joinings, one after the other."""
    moved = {key: other.pieces.get(key, piece) for key, piece in one.pieces.items()}
    keys = [*one.evidence, *other.evidence]
    why = {key: (*one.evidence.get(key, ()), *other.evidence.get(key, ())) for key in keys}
    return pieces.Join({**moved, **other.pieces}, why)
