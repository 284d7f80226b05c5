"""Put posts together into pieces: one text, wherever it stands and in whichever language.

In: heads of posts, a person's verdicts. Out: the piece of each new post, and why. Never: a
join without evidence, one that a person has undone, a text that goes out twice.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from cxgreetz.model import Evidence, Head, address_key
from cxgreetz.pieces.heads import likeness, plain_words

#: Two texts in one language that share this part of their five-word runs are one text
#: (measured on real copies with different closing lines: 0.95; all other pairs 0.00).
SAME_TEXT = 0.6
#: A column may stand on the blog some days before or after the day its line names.
ATTRIBUTION_DAYS = 3

#: A translation shares names and numbers with its original: cosine, weighted by rarity.
#: Real pairs have 0.32 to 0.89, pairs of different columns as a rule at most 0.09, once 0.18
#: (measured on three blogs of a dozen posts, where two shared a "20" and what everybody
#: speaks of); a wrong join would publish one column as the other's translation.
SAME_NAMES, NAMES_LEAD, NAMES_DAYS = 0.25, 0.05, 60
#: What stands in more than this part of all posts tells nothing; of the rest two are needed.
_COMMON, _TELLING = 0.5, 2


@dataclass(frozen=True, slots=True)
class Join:
    """The outcome of joining: the piece of every post given, and why."""

    #: Head key -> piece key, of new posts and of posts that moved.
    pieces: Mapping[str, str]
    #: Piece key -> evidence, of every piece that gained some.
    evidence: Mapping[str, tuple[Evidence, ...]]


def join_posts(
    new: Sequence[Head],
    stored: Mapping[str, tuple[Head, str]],
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
    piece_of = {key: piece for key, (_head, piece) in stored.items()}
    moved: dict[str, str] = {}
    found: dict[str, list[Evidence]] = defaultdict(list)
    shelf = _Shelf([head for head, _piece in stored.values()], new)
    taken_keys = {*piece_of.values(), *carried}

    def members(key: str) -> list[str]:
        """The posts known of the piece that a post is in."""
        return [k for k, piece in piece_of.items() if piece == piece_of[key] and k in shelf.posts]

    age = {piece: n for n, piece in reversed(list(enumerate(piece_of.values())))}
    for post in sorted(new, key=lambda p: (p.published is None, p.published, p.key)):
        key = post.key
        ties = [
            evidence
            for evidence in _ties(post, shelf, verdicts, members)
            if not _forbidden(key, piece_of, piece_of[evidence.posts[1]], verdicts)
        ]
        own = piece_of.get(key)  # it was there as another one's version only
        stays = {own} if own and not _forbidden(key, piece_of, own, verdicts) else set()
        tied = sorted(
            stays | {piece_of[e.posts[1]] for e in ties},
            key=lambda piece: (piece not in carried, age.get(piece, len(age)), piece),
        )
        home = tied[0] if tied else _new_key(post, taken_keys)
        taken_keys.add(home)
        shelf.add(post)
        piece_of[key] = moved[key] = home
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
    post: Head,
    shelf: _Shelf,
    verdicts: Mapping[tuple[str, str], bool],
    members: Callable[[str], Iterable[str]],
) -> list[Evidence]:
    """Everything that ties `post` to posts known already, the strongest first."""
    mine, posts = post.key, shelf.posts

    def tie(by: str, detail: str, key: str) -> Evidence:
        return Evidence(by, detail, (mine, key))

    ties = [
        tie("editor", "a person said so", b if a == mine else a)
        for (a, b), same in verdicts.items()
        if same and mine in (a, b) and (b if a == mine else a) in posts
    ]
    for language, url in post.alternates:
        if (key := address_key(url)) in posts and key != mine:
            ties.append(tie("hreflang", f"the page names it as its {language} version", key))
    ties += [tie("hreflang", "that page names this one", key) for key in shelf.naming(mine)]
    if post.credit.link and (key := address_key(post.credit.link)) in posts and key != mine:
        ties.append(tie("attribution", "its closing line links there", key))
    for key, share in shelf.like(post):
        ties.append(tie("same-text", f"{share:.0%} of the text is the same", key))
    if not ties:
        ties += [tie("attribution", detail, key) for key, detail in _attributed(post, shelf)]
    if not ties:
        ties += [tie("names", detail, key) for key, detail in _namesakes(post, shelf, members)]
    return ties


def _namesakes(
    post: Head, shelf: _Shelf, members: Callable[[str], Iterable[str]]
) -> list[tuple[str, str]]:
    """The one post in the other language that clearly shares names and numbers with `post`."""
    scores = sorted(
        (
            (*shelf.names_in_common(post, other), other.key)
            for other in shelf.in_other_languages(post)
            if _may_be_translation(post, other)
        ),
        reverse=True,
    )
    if not scores:
        return []
    score, shared, key = scores[0]
    runner_up = scores[1][0] if len(scores) > 1 else 0.0
    # One shared word, however rare, is chance.
    if score < SAME_NAMES or score - runner_up < NAMES_LEAD or len(shared) < _TELLING:
        return []
    # One that has its translation already needs better evidence than this for another.
    if any(shelf.posts[k].language == post.language for k in members(key)):
        return []
    return [(key, f"both speak of {', '.join(shared[:4])} ({score:.2f})")]


def _may_be_translation(post: Head, other: Head) -> bool:
    if post.language == other.language or not (post.published and other.published):
        return False
    near = abs(post.published - other.published) <= timedelta(days=NAMES_DAYS)
    return near and len(_authors(post, other)) < 2


def _attributed(post: Head, shelf: _Shelf) -> list[tuple[str, str]]:
    """The post that a line "written for X and published on D" speaks of, either way round.

    Where several fit by date, names and numbers decide; where they do not, nothing is tied.
    """
    originals = shelf.posts.values() if post.credit.published else ()
    fitting = [other for other in originals if _names_day_of(post, other)]
    fitting += [line for line in shelf.lines if _names_day_of(line, post)]
    if not fitting:
        return []
    scores = sorted(((_names_in_common(post, o), o.key) for o in fitting), reverse=True)
    if len(scores) > 1 and scores[0][0] == scores[1][0]:
        return []
    key = scores[0][1]
    line = post if post.credit.published else shelf.posts[key]
    return [(key, f"published in {line.credit.publication} on {line.credit.published:%Y-%m-%d}")]


def _names_day_of(line: Head, original: Head) -> bool:
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


def _may_stand_in(publication: str, line: Head, original: Head) -> bool:
    """Whether `original` may be what was published there: by its site's name, or by its text."""
    named = "".join(plain_words(publication))
    place = "".join(plain_words(f"{original.source} {_host(original)}"))
    return named in place or _names_in_common(line, original) > 0


def _authors(*posts: Head) -> set[str]:
    return {
        " ".join(plain_words(post.credit.author))
        for post in posts
        if post.credit.author is not None
    }


def _host(post: Head) -> str:
    return post.key.partition("/")[0]


def _names_in_common(a: Head, b: Head) -> float:
    first, second = Counter(a.names), Counter(b.names)
    common = sum((first & second).values())
    return common / (sum((first | second).values()) or 1)


class _Shelf:
    """The posts known so far, so arranged that each new one meets only those it may be like."""

    def __init__(self, stored: Iterable[Head], new: Sequence[Head]) -> None:
        self.posts: dict[str, Head] = {}
        #: Those with a line that says where and when they appeared first.
        self.lines: list[Head] = []
        self._by_language: dict[str | None, list[Head]] = defaultdict(list)
        self._naming: dict[str, list[str]] = defaultdict(list)
        #: By key of a new post: the keys of those that share a run with it. Only the new
        #: ones' runs are indexed: the known ones are many, and pass by once.
        self._sharing: dict[str, set[str]] = defaultdict(set)
        holders: dict[int, list[str]] = defaultdict(list)
        for head in new:
            for run in head.runs:
                holders[run].append(head.key)
        #: In how many posts each name stands: rare ones tell more.
        self._known_in: Counter[str] = Counter()
        self._count = 1
        self._weights: dict[str, dict[str, float]] = {}
        known = list(stored)
        for head in (*known, *new):
            self._known_in.update(head.names.keys())
            self._count += 1
            for key in {key for run in head.runs for key in holders.get(run, ())}:
                self._sharing[key].add(head.key)
        for head in known:
            self.add(head)

    def add(self, head: Head) -> None:
        key = head.key
        self.posts[key] = head
        self._by_language[head.language].append(head)
        if head.credit.published and head.credit.publication:
            self.lines.append(head)
        for _language, url in head.alternates:
            self._naming[address_key(url)].append(key)

    def naming(self, key: str) -> list[str]:
        """The posts that name the one with `key` as their version in another language."""
        return list(dict.fromkeys(self._naming.get(key, ())))

    def in_other_languages(self, head: Head) -> Iterable[Head]:
        return (
            h
            for language in self._by_language
            if language != head.language
            for h in self._by_language[language]
        )

    def like(self, head: Head) -> list[tuple[str, float]]:
        """Posts in the same language whose texts are SAME_TEXT or more alike."""
        others = [self.posts[key] for key in self._sharing[head.key] if key in self.posts]
        found = [
            (other.key, likeness(head, other))
            for other in others
            if other.language == head.language and other.key != head.key
        ]
        return sorted((f for f in found if f[1] >= SAME_TEXT), key=lambda f: (-f[1], f[0]))

    def names_in_common(self, a: Head, b: Head) -> tuple[float, list[str]]:
        """The cosine of two posts' names and numbers, rare ones counting more; and those that
        tell anything, the rarest first."""
        first, second = self._weigh(a), self._weigh(b)
        common = first.keys() & second.keys()
        telling = [n for n in common if self._known_in[n] <= max(2, _COMMON * (self._count - 1))]
        shared = sorted(telling, key=lambda n: (self._known_in[n], n))
        length = math.hypot(*first.values()) * math.hypot(*second.values())
        product = sum(first[name] * second[name] for name in common)
        return (product / length if length else 0.0), shared

    def _weigh(self, head: Head) -> dict[str, float]:
        key = head.key
        if key not in self._weights:
            self._weights[key] = {
                name: times * math.log(self._count / self._known_in[name])
                for name, times in head.names.items()
            }
        return self._weights[key]


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a <= b else (b, a)


def _new_key(post: Head, taken: set[str]) -> str:
    """A key that a person can read and type: the end of the address, else the title."""
    path = post.key.partition("?")[0].partition("/")[2]
    tail = path.rpartition("/")[2]
    words = plain_words(tail if re.search(r"[a-z]{3}", tail) else post.title)
    base = "-".join(words)[:60].rstrip("-") or "piece"
    key, n = base, 2
    while key in taken:
        key, n = f"{base}-{n}", n + 1
    return key
