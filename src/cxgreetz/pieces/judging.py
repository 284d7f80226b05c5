"""Decide what a reading means: what is new, what was edited, what is held.

In: posts as sources show them, what is known of those stored. Out: one Decision per post
seen. Never: network, SQL, a clock, a post dropped without a reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cxgreetz.model import Credit, Head, KnownPost, Post, Seen, Source, address_key
from cxgreetz.pieces.heads import head_of, likeness, size_of

#: A reading with less than this part of the longest reading's text is a teaser.
TEASER = 0.6

TAKEN, HELD, SKIPPED = "taken", "held", "skipped"
DISMISSED = "dismissed by a person"


def is_dismissed(reason: str) -> bool:
    """Whether the reason for a decision is that a person did not want the post."""
    return reason.startswith(DISMISSED)


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one post that one source showed."""

    head: Head
    #: The source that showed it.
    source: str
    #: taken, held, skipped
    decision: str
    reason: str
    #: The time that places it in a month; None while held.
    effective: datetime | None = None
    piece: str | None = None
    #: What the store must keep; None: what it has already.
    post: Post | None = None
    #: The key it was stored under before its address changed.
    replaces: str | None = None

    @property
    def stored(self) -> bool:
        """Whether the store must hear of it."""
        return self.post is not None

    @property
    def edited(self) -> bool:
        return self.decision == TAKEN and self.reason == "edited"


def judge(
    readings: Mapping[str, Sequence[Post | Seen]],
    known: Iterable[KnownPost],
    *,
    start: datetime,
    now: datetime,
    read_before: Iterable[str] = (),
    others: Iterable[str] = (),
) -> list[Decision]:
    """Give one Decision for every post that every source showed.

    `readings` holds the posts by source, the most trusted source first: of a post that
    several show, the first one's text is kept (unless it is only a teaser) and the others
    fill in what it lacks. A post that is only Seen is as it is `known`. `read_before` names
    the sources that were read in earlier runs: an undated post of theirs is new now; one on
    a first reading may be years old. `others` names the sources that this newsletter has and
    that were not read just now: what they gave stays theirs.
    """
    sources = frozenset((*readings, *others))
    judge_one = _Judge(known, start, now, frozenset(read_before), sources)
    shown: dict[str, list[Post | Seen]] = defaultdict(list)
    for posts in readings.values():
        for post in posts:
            shown[post.key].append(post)
    first_in: dict[str, str] = {}
    heads: dict[str, Head] = {}
    decisions = []
    for source, posts in readings.items():
        for post in posts:
            key = post.key
            if key not in first_in:
                first_in[key] = source
                decision = replace(judge_one(shown.pop(key)), source=source)
                heads[key] = decision.head
            else:
                first = first_in[key]
                reason = "shown twice" if first == source else f"the same as in {first}"
                decision = Decision(heads[key], source, SKIPPED, reason)
            decisions.append(decision)
    return decisions


def disown(
    known: Iterable[KnownPost],
    sources: Iterable[Source],
    shown: Collection[str],
    spoken_for: Collection[str],
) -> list[Decision]:
    """Skip what was gathered before its source was told to take one author's posts only.

    Not a post that a source shows still (`shown` are their keys), nor one of a piece that an
    edition carries (`spoken_for`), nor one that names no author.
    """
    named = {source.name: source for source in sources}
    return [
        Decision(k.head, source.name, SKIPPED, f"not by {source.author}")
        for k in known
        if (source := named.get(k.head.source)) is not None
        and k.decision in (TAKEN, HELD)
        and k.key not in shown
        and k.piece not in spoken_for
        and source.is_by(k.head.credit.author) is False
    ]


class _Judge:
    def __init__(
        self,
        known: Iterable[KnownPost],
        start: datetime,
        now: datetime,
        read_before: frozenset[str],
        sources: frozenset[str],
    ) -> None:
        self._start, self._now, self._read_before = start, now, read_before
        self._sources = sources
        self._known = {k.key: k for k in known}
        self._by_guid = {_guid_key(k.head): k for k in self._known.values() if k.head.guid}

    def __call__(self, shown: Sequence[Post | Seen]) -> Decision:
        """Judge one post, as one or several sources show it."""
        posts = [post for post in shown if isinstance(post, Post)]
        seen = self._known[shown[0].key] if len(posts) < len(shown) else None
        if not posts:
            assert seen is not None
            return self._as_before(seen)
        post = _merge(posts)
        if seen and seen.decision == TAKEN and size_of(post) < TEASER * size_of(seen.head):
            return self._as_before(seen)  # shown whole elsewhere, as it was
        return self._judge(post)

    def _judge(self, post: Post) -> Decision:
        known = self._find(post)
        if known and is_dismissed(known.reason) and not self._may_edit(post, known.head):
            return self._as_before(known)
        if known is None or known.decision != TAKEN:
            # What was held or skipped is judged afresh: a date was added, the start moved.
            fresh = self._place(post, known)
            moved_here = known is not None and known.key != post.key and fresh.stored
            return replace(fresh, replaces=known.key) if known and moved_here else fresh
        if not self._may_edit(post, known.head) or _says_the_same(post, known.head):
            return self._as_before(known)
        edited = _merge([post, known.head], first_wins=True)
        if post.source == known.head.source:  # a picture that was taken out stays out
            edited = replace(edited, image=post.image)
        moved = known.key if known.key != post.key else None
        placed = (TAKEN, "edited", known.effective, known.piece)
        return Decision(head_of(edited), edited.source, *placed, post=edited, replaces=moved)

    @staticmethod
    def _as_before(known: KnownPost) -> Decision:
        decision, reason = known.decision, known.reason
        if decision == TAKEN:
            decision, reason = SKIPPED, "known"
        head = known.head
        return Decision(head, head.source, decision, reason, known.effective, known.piece)

    def _may_edit(self, post: Post, known: Head) -> bool:
        """Two sources never show a text quite alike, so only its own source can edit a post:
        unless that one is no longer read, or showed no more than a teaser."""
        fuller = known.size < TEASER * size_of(post)
        return post.source == known.source or known.source not in self._sources or fuller

    def _find(self, post: Post) -> KnownPost | None:
        known = self._known.get(post.key)
        if known is None and post.guid:
            known = self._by_guid.get(_guid_key(post))
            # Some feeds give every post the same guid: then the text must tell as well.
            if known and not (known.head.title == post.title and _alike(known.head, post)):
                return None
        return known

    def _place(self, post: Post, known: KnownPost | None) -> Decision:
        head = head_of(post)

        def held(reason: str) -> Decision:
            return Decision(head, post.source, HELD, reason, post=post)

        if known and is_dismissed(known.reason) and known.head.fingerprint == head.fingerprint:
            return self._as_before(known)
        if not post.blocks:
            return held("no text was found; look at the page")
        if not post.title.strip():
            return held("it has no title; give it one at its source")
        if post.language is None:
            return held(
                "it is neither Dutch nor English; if that is wrong, set the language of "
                f"the source {post.source!r}"
            )
        effective = post.published
        if effective is None:
            waiting = known is not None and (known.decision == HELD or is_dismissed(known.reason))
            first_time = waiting if known else post.source not in self._read_before
            if first_time:
                return held("it has no date, and stood there when its source was first read")
            effective = self._now
        if effective < self._start:
            reason = f"published before {self._start:%Y-%m-%d}, the start"
            again = known is not None and known.decision == SKIPPED
            kept = None if again else post
            return Decision(head, post.source, SKIPPED, reason, effective, post=kept)
        return Decision(head, post.source, TAKEN, "new", effective, post=post)


def silence(expected_per_month: float | None, newest: datetime | None, now: datetime) -> str | None:
    """Say that a source has been silent for longer than it should be; None: all is well.

    It may be twice as slow as expected, and never less than two weeks, before it is said.
    """
    if expected_per_month is None or newest is None:
        return None
    patience = max(timedelta(days=14), 2 * timedelta(days=30.4) / expected_per_month)
    if now - newest <= patience:
        return None
    return (
        f"its newest post is of {newest:%Y-%m-%d}, and {expected_per_month:g} a month are "
        "expected; look whether it has moved"
    )


def _guid_key(post: Post | Head) -> str:
    """A guid without scheme and host: sites that move to https keep their posts."""
    guid = post.guid or ""
    if guid.startswith(("http://", "https://")):
        guid = address_key(guid).removeprefix(urlsplit(guid).netloc.removeprefix("www."))
    return f"{post.source} {guid}"


def _says_the_same(post: Post, known: Head) -> bool:
    """Whether nothing that an email shows or needs has changed."""
    return (post.fingerprint, post.key, post.language) == (
        known.fingerprint,
        known.key,
        known.language,
    ) and all(
        getattr(post.credit, name) in (None, getattr(known.credit, name))
        for name in ("author", "publication", "published", "link")
    )


def _alike(known: Head, post: Post) -> bool:
    head = head_of(post)
    return known.fingerprint == head.fingerprint or likeness(known, head) > 1 / 2


def _merge(readings: Sequence[Post | Head], *, first_wins: bool = False) -> Post:
    """One post of several readings: the first one's text, unless it is only a teaser."""
    longest = max(readings, key=size_of)
    whole = first_wins or size_of(readings[0]) >= TEASER * size_of(longest)
    best = readings[0] if whole else longest
    assert isinstance(best, Post)
    ordered = [best, *(p for p in readings if p is not best)]

    def first(of: Sequence[Post | Head | Credit], name: str) -> Any:
        return next((v for one in of if (v := getattr(one, name)) is not None), None)

    credits = [p.credit for p in ordered]
    return replace(
        best,
        guid=first(ordered, "guid"),
        published=first(ordered, "published"),
        updated=first(ordered, "updated"),
        image=first(ordered, "image"),
        credit=Credit(**{f.name: first(credits, f.name) for f in fields(Credit)}),
        tags=tuple(dict.fromkeys(tag for p in ordered for tag in p.tags)),
        alternates=tuple(dict.fromkeys(a for p in ordered for a in p.alternates)),
    )
