"""Decide what a reading means: what is new, what is held, which posts are one text.

In: posts as read, posts as stored, a person's verdicts. Out: one Decision per post seen,
and which posts form a piece, with the evidence. Never: network, SQL, a clock.

No post is dropped silently: everything seen is taken, held or skipped, with the reason.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cxgreetz.markup import plain_text
from cxgreetz.model import Credit, Evidence, Post, address_key

#: Two texts in one language that share this part of their five-word runs are one text
#: (measured on real copies with different closing lines: 0.95; all other pairs 0.00).
SAME_TEXT = 0.6
#: A column may stand on the blog some days before or after the day its line names.
ATTRIBUTION_DAYS = 3
#: A reading with less than this part of the longest reading's text is a teaser.
TEASER = 0.6

#: A translation shares names and numbers with its original: cosine, weighted by rarity.
#: Real pairs have 0.32 to 0.89, pairs of different columns at most 0.09 (measured on two
#: blogs of a dozen posts); a wrong join would publish one column as the other's translation.
SAME_NAMES, NAMES_LEAD, NAMES_DAYS = 0.15, 0.05, 60

TAKEN, HELD, SKIPPED = "taken", "held", "skipped"


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a post."""

    post: Post
    piece: str | None
    decision: str
    effective: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one post that one source showed."""

    post: Post
    #: The source that showed it.
    source: str
    #: taken, held, skipped
    decision: str
    reason: str
    #: The time that places it in a month; None while held.
    effective: datetime | None = None
    piece: str | None = None
    #: Whether the store must hear of it.
    stored: bool = True
    #: The key it was stored under before its address changed.
    replaces: str | None = None

    @property
    def edited(self) -> bool:
        return self.decision == TAKEN and self.reason == "edited"


def judge(
    readings: Mapping[str, Sequence[Post]],
    known: Iterable[Known],
    *,
    start: datetime,
    now: datetime,
    read_before: Iterable[str] = (),
) -> list[Decision]:
    """Give one Decision for every post that every source showed.

    `readings` holds the posts by source, the most trusted source first: of a post that
    several show, the first one's text is kept (unless it is only a teaser) and the others
    fill in what it lacks. `read_before` names the sources that were read in earlier runs:
    an undated post of theirs is new now; one on a first reading may be years old.
    """
    judge_one = _Judge(list(known), start, now, frozenset(read_before), frozenset(readings))
    merged = _merge_readings([post for posts in readings.values() for post in posts])
    seen: dict[str, str] = {}
    decisions = []
    for source, posts in readings.items():
        for post in posts:
            first = seen.setdefault(post.key, source)
            whole = merged.pop(post.key, None)
            if whole is None:
                reason = "shown twice" if first == source else f"the same as in {first}"
                decisions.append(Decision(post, source, SKIPPED, reason, stored=False))
            else:
                decisions.append(replace(judge_one(whole), source=source))
    return decisions


class _Judge:
    def __init__(
        self,
        known: Sequence[Known],
        start: datetime,
        now: datetime,
        read_before: frozenset[str],
        sources: frozenset[str],
    ) -> None:
        self._start, self._now, self._read_before = start, now, read_before
        self._sources = sources
        self._known = {k.post.key: k for k in known}
        self._by_guid = {_guid_key(k.post): k for k in known if k.post.guid}

    def __call__(self, post: Post) -> Decision:
        known = self._find(post)
        if known is None or known.decision != TAKEN:
            # What was held or skipped is judged afresh: a date was added, the start moved.
            fresh = self._place(post, known)
            unchanged = known is not None and fresh.decision == SKIPPED == known.decision
            return replace(fresh, stored=not unchanged)
        if not self._may_edit(post, known.post) or _says_the_same(post, known.post):
            return self._decide(known.post, SKIPPED, "known", known, stored=False)
        edited = _merge([post, known.post], first_wins=True)
        moved = known.post.key if known.post.key != post.key else None
        return replace(self._decide(edited, TAKEN, "edited", known), replaces=moved)

    def _may_edit(self, post: Post, known: Post) -> bool:
        """Two sources never show a text quite alike, so only its own source can edit a post:
        unless that one is no longer read, or showed no more than a teaser."""
        fuller = _size(known) < TEASER * _size(post)
        return post.source == known.source or known.source not in self._sources or fuller

    @staticmethod
    def _decide(
        post: Post, decision: str, reason: str, known: Known, *, stored: bool = True
    ) -> Decision:
        return Decision(
            post, post.source, decision, reason, known.effective, known.piece, stored=stored
        )

    def _find(self, post: Post) -> Known | None:
        known = self._known.get(post.key)
        if known is None and post.guid:
            known = self._by_guid.get(_guid_key(post))
            # Some feeds give every post the same guid: then the text must tell as well.
            if known and not (known.post.title == post.title and _alike(known.post, post)):
                return None
        return known

    def _place(self, post: Post, known: Known | None) -> Decision:
        def held(reason: str) -> Decision:
            return Decision(post, post.source, HELD, reason)

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
            first_time = known.decision == HELD if known else post.source not in self._read_before
            if first_time:
                return held("it has no date, and stood there when its source was first read")
            effective = self._now
        if effective < self._start:
            reason = f"published before {self._start:%Y-%m-%d}, the start"
            return Decision(post, post.source, SKIPPED, reason, effective)
        return Decision(post, post.source, TAKEN, "new", effective)


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


def _guid_key(post: Post) -> str:
    """A guid without scheme and host: sites that move to https keep their posts."""
    guid = post.guid or ""
    if guid.startswith(("http://", "https://")):
        guid = address_key(guid).removeprefix(urlsplit(guid).netloc.removeprefix("www."))
    return f"{post.source} {guid}"


def _says_the_same(post: Post, known: Post) -> bool:
    """Whether nothing that an email shows or needs has changed."""
    return (post.fingerprint, post.key, post.language) == (
        known.fingerprint,
        known.key,
        known.language,
    ) and all(
        getattr(post.credit, name) in (None, getattr(known.credit, name))
        for name in ("author", "publication", "published", "link")
    )


def _alike(a: Post, b: Post) -> bool:
    runs, others = _runs(a), _runs(b)
    return a.fingerprint == b.fingerprint or len(runs & others) > len(runs | others) / 2


def _size(post: Post) -> int:
    return sum(len(block.html) for block in post.blocks)


def _merge_readings(posts: Sequence[Post]) -> dict[str, Post]:
    grouped: dict[str, list[Post]] = defaultdict(list)
    for post in posts:
        grouped[post.key].append(post)
    return {key: _merge(readings) for key, readings in grouped.items()}


def _merge(readings: Sequence[Post], *, first_wins: bool = False) -> Post:
    """One post of several readings: the first one's text, unless it is only a teaser."""
    longest = max(readings, key=_size)
    whole = first_wins or _size(readings[0]) >= TEASER * _size(longest)
    best = readings[0] if whole else longest
    ordered = [best, *(p for p in readings if p is not best)]

    def first(of: Sequence[Post | Credit], name: str) -> Any:
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


# which posts are one text


@dataclass(frozen=True, slots=True)
class Join:
    """The outcome of joining: the piece of every post given, and why."""

    #: Post key -> piece key, of new posts and of posts that moved.
    pieces: Mapping[str, str]
    #: Piece key -> evidence, of every piece that gained some.
    evidence: Mapping[str, tuple[Evidence, ...]]


def join_posts(
    new: Sequence[Post],
    stored: Mapping[str, tuple[Post, str]],
    verdicts: Mapping[tuple[str, str], bool],
    carried: Collection[str] = (),
) -> Join:
    """Find the piece of each new post.

    `stored` holds the posts known before, by key, with their piece, oldest first.
    `verdicts` are a person's own words about two posts, by their sorted keys: they beat all
    evidence. A post that ties two pieces together merges them into the one that went out
    already (`carried`), else the older one: a text never goes out twice.
    """
    if not new:
        return Join({}, {})
    posts = {key: post for key, (post, _piece) in stored.items()}
    piece_of = {key: piece for key, (_post, piece) in stored.items()}
    moved: dict[str, str] = {}
    found: dict[str, list[Evidence]] = defaultdict(list)
    texts = _Texts()
    for post in (*posts.values(), *new):
        texts.count_names(post)
    for post in posts.values():
        texts.add(post)
    taken_keys = {*piece_of.values(), *carried}
    age = {piece: n for n, piece in reversed(list(enumerate(piece_of.values())))}
    for post in sorted(new, key=lambda p: (p.published is None, p.published, p.key)):
        ties = [
            evidence
            for evidence in _ties(post, posts, texts, verdicts)
            if not _forbidden(post.key, piece_of, piece_of[evidence.posts[1]], verdicts)
        ]
        tied = sorted(
            {piece_of[e.posts[1]] for e in ties},
            key=lambda piece: (piece not in carried, age.get(piece, len(age)), piece),
        )
        home = tied[0] if tied else _new_key(post, taken_keys)
        taken_keys.add(home)
        posts[post.key] = post
        texts.add(post)
        piece_of[post.key] = moved[post.key] = home
        found[home] += ties
        for other in tied[1:]:
            for key in [k for k, piece in piece_of.items() if piece == other]:
                piece_of[key] = moved[key] = home
    return Join(moved, {piece: tuple(evidence) for piece, evidence in found.items() if evidence})


def _forbidden(
    key: str,
    piece_of: Mapping[str, str],
    piece: str,
    verdicts: Mapping[tuple[str, str], bool],
) -> bool:
    """Whether a person said that `key` is another text than one of the piece's posts."""
    members = [k for k, p in piece_of.items() if p == piece] if verdicts else []
    return any(verdicts.get(_pair(key, member)) is False for member in members)


def _ties(
    post: Post, posts: Mapping[str, Post], texts: _Texts, verdicts: Mapping[tuple[str, str], bool]
) -> list[Evidence]:
    """Everything that ties `post` to posts known already, the strongest first."""

    def tie(by: str, detail: str, key: str) -> Evidence:
        return Evidence(by, detail, (post.key, key))

    ties = [
        tie("editor", "a person said so", b if a == post.key else a)
        for (a, b), same in verdicts.items()
        if same and post.key in (a, b) and (b if a == post.key else a) in posts
    ]
    for language, url in post.alternates:
        if (key := address_key(url)) in posts and key != post.key:
            ties.append(tie("hreflang", f"the page names it as its {language} version", key))
    for key, other in posts.items():
        if any(address_key(url) == post.key for _language, url in other.alternates):
            ties.append(tie("hreflang", "that page names this one", key))
    if post.credit.link and (key := address_key(post.credit.link)) in posts and key != post.key:
        ties.append(tie("attribution", "its closing line links there", key))
    for key, share in texts.like(post):
        ties.append(tie("same-text", f"{share:.0%} of the text is the same", key))
    if not ties:
        ties += [tie("attribution", detail, key) for key, detail in _attributed(post, posts)]
    if not ties:
        ties += [tie("names", detail, key) for key, detail in _namesakes(post, posts, texts)]
    return ties


def _namesakes(post: Post, posts: Mapping[str, Post], texts: _Texts) -> list[tuple[str, str]]:
    """The one post in the other language that clearly shares names and numbers with `post`."""
    scores = sorted(
        (
            (*texts.names_in_common(post, other), key)
            for key, other in posts.items()
            if _may_be_translation(post, other)
        ),
        reverse=True,
    )
    if not scores:
        return []
    score, shared, key = scores[0]
    runner_up = scores[1][0] if len(scores) > 1 else 0.0
    # One shared word, however rare, is chance.
    if score < SAME_NAMES or score - runner_up < NAMES_LEAD or len(shared) < 2:
        return []
    return [(key, f"both speak of {', '.join(shared[:4])} ({score:.2f})")]


def _may_be_translation(post: Post, other: Post) -> bool:
    if post.language == other.language or not (post.published and other.published):
        return False
    near = abs(post.published - other.published) <= timedelta(days=NAMES_DAYS)
    return near and len(_authors(post, other)) < 2


def _attributed(post: Post, posts: Mapping[str, Post]) -> list[tuple[str, str]]:
    """The post that a line "written for X and published on D" speaks of, either way round.

    Where several fit by date, names and numbers decide; where they do not, nothing is tied.
    """
    fitting = []
    for key, other in posts.items():
        for line, original in ((post, other), (other, post)):
            if _names_day_of(line, original):
                fitting.append((key, other))
    if not fitting:
        return []
    scores = sorted(((_names_in_common(post, o), key) for key, o in fitting), reverse=True)
    if len(scores) > 1 and scores[0][0] == scores[1][0]:
        return []
    key = scores[0][1]
    line = post if post.credit.published else posts[key]
    return [(key, f"published in {line.credit.publication} on {line.credit.published:%Y-%m-%d}")]


def _names_day_of(line: Post, original: Post) -> bool:
    day, published = line.credit.published, original.published
    if day is None or published is None or line.credit.publication is None:
        return False
    if line.language == original.language or _host(line) == _host(original):
        return False
    near = abs(day.date() - published.date()) <= timedelta(days=ATTRIBUTION_DAYS)
    return (
        near
        and len(_authors(line, original)) < 2
        and _may_stand_in(line.credit.publication, line, original)
    )


def _may_stand_in(publication: str, line: Post, original: Post) -> bool:
    """Whether `original` may be what was published there: by its site's name, or by its text."""
    named = _plain(publication).replace(" ", "")
    place = _plain(f"{original.source} {_host(original)}").replace(" ", "")
    return named in place or _names_in_common(line, original) > 0


def _authors(*posts: Post) -> set[str]:
    return {_plain(post.credit.author) for post in posts if post.credit.author is not None}


def _host(post: Post) -> str:
    return post.key.partition("/")[0]


def _names_in_common(a: Post, b: Post) -> float:
    first, second = _names(a), _names(b)
    common = sum((first & second).values())
    return common / (sum((first | second).values()) or 1)


def _names(post: Post) -> Counter[str]:
    """Numbers, and words with a capital inside a sentence: what survives translation."""
    text = " ".join(plain_text(block.html) for block in post.blocks)
    return Counter(re.findall(r"\d+|(?<=[a-z,;] )[A-Z]\w+", text))


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.findall(r"\w+", decomposed.encode("ascii", "ignore").decode()))


class _Texts:
    """Finds texts that share five-word runs, without comparing each with each."""

    def __init__(self) -> None:
        self._runs: dict[str, set[int]] = {}
        self._holders: dict[int, list[str]] = defaultdict(list)
        self._languages: dict[str, str | None] = {}
        self._names: dict[str, Counter[str]] = {}
        self._known_in: Counter[str] = Counter()

    def count_names(self, post: Post) -> None:
        """Learn how rare each name is; before any are compared."""
        self._names[post.key] = _names(post)
        self._known_in.update(self._names[post.key].keys())

    def names_in_common(self, a: Post, b: Post) -> tuple[float, list[str]]:
        """The cosine of two posts' names and numbers, rare ones counting more, and the rarest."""
        first, second = self._weigh(a), self._weigh(b)
        shared = sorted(first.keys() & second.keys(), key=lambda n: (self._known_in[n], n))
        length = math.hypot(*first.values()) * math.hypot(*second.values())
        product = sum(first[name] * second[name] for name in shared)
        return (product / length if length else 0.0), shared

    def _weigh(self, post: Post) -> dict[str, float]:
        count = len(self._names) + 1
        return {
            name: times * math.log(count / self._known_in[name])
            for name, times in self._names[post.key].items()
        }

    def add(self, post: Post) -> None:
        key = post.key  # one string for all holders: they are many
        self._runs[key] = _runs(post)
        self._languages[key] = post.language
        for run in self._runs[key]:
            self._holders[run].append(key)

    def like(self, post: Post) -> list[tuple[str, float]]:
        """Posts in the same language whose Jaccard similarity is SAME_TEXT or more."""
        runs = _runs(post)
        shared = Counter(key for run in runs for key in self._holders.get(run, ()))
        found = [
            (key, count / len(runs | self._runs[key]))
            for key, count in shared.items()
            if self._languages[key] == post.language and key != post.key
        ]
        return sorted((f for f in found if f[1] >= SAME_TEXT), key=lambda f: (-f[1], f[0]))


def _runs(post: Post) -> set[int]:
    words = _plain(" ".join(plain_text(block.html) for block in post.blocks)).split()
    return {hash(tuple(words[n : n + 5])) for n in range(len(words) - 4)}


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a <= b else (b, a)


def _new_key(post: Post, taken: set[str]) -> str:
    """A key that a person can read and type: the end of the address, else the title."""
    path = post.key.partition("?")[0].partition("/")[2]
    tail = path.rpartition("/")[2]
    words = _plain(tail if re.search(r"[a-z]{3}", tail) else post.title).split()
    base = "-".join(words)[:60].rstrip("-") or "piece"
    key, n = base, 2
    while key in taken:
        key, n = f"{base}-{n}", n + 1
    return key
