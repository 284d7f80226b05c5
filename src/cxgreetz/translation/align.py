"""Find which paragraph of a text is which of its translation, both written by people.

In: two posts that are one text in Dutch and in English. Out: links between their texts, each
with how sure it is, and whether the posts belong together at all. Never: an engine, a
dictionary; a link across, but for pictures, which move about.

Lengths tell most (W. Gale, K. Church, "A Program for Aligning Sentences in Bilingual
Corpora", Computational Linguistics 19, 1993): their priors and variance are used here. What
both languages share tells the rest: numbers, names, words alike, addresses, question marks,
quotations, the kinds of the blocks.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cxgreetz.model import BlockKind, Language, Post
from cxgreetz.translation import coded
from cxgreetz.translation.assembly import segments_of
from cxgreetz.translation.segments import Coded

#: How many texts of either side make one link, and how often that is so.
_SHAPES = {
    (1, 1): 0.89,
    (1, 0): 0.005,
    (0, 1): 0.005,
    (2, 1): 0.045,
    (1, 2): 0.045,
}
#: Of the length of a translation, in characters per character.
_VARIANCE = 6.8
#: However odd the lengths are, people translate freely.
_LEAST_LIKELY = 1e-4
#: What words in common are worth, in the units of a log likelihood.
_SHARED = 6.0
#: A sign that only one of two has, a kind that differs, a heading or picture in a merger.
_SIGN, _KIND, _MERGED_HEADING = 0.5, 2.5, 5.0
#: Measured on 9 columns and their translations: 0.42 to 0.79; on 100 pairs of different ones:
#: at most 0.26.
_BELONG = 0.33

_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]{4,}|[A-Z]{2,3}\b")
_SIGNS = (re.compile(r"\?"), re.compile("!"), re.compile("[\"“”„«»]|(?<!\\w)[‘'](?=\\w)"))
_TAG = re.compile(r"<([a-z][\w-]*)")
_TARGET = re.compile(r' (?:href|src)="([^"]*)"')
_SAME_TAG = {"b": "strong", "i": "em"}


@dataclass(frozen=True, slots=True)
class Text:
    """A title, a block or the words for a picture, cut for translation."""

    cut: Coded
    #: "title", "picture" (the words for it), or of a block its kind.
    kind: str
    #: Of a picture, its file.
    picture: str = ""
    plain: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Link:
    """Places on the left that say what places on the right say; none: nobody says it there."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    #: 0 to 1; of a text that stands alone, how sure it is that it does.
    confidence: float


@dataclass(frozen=True, slots=True)
class Aligned:
    """A text and its translation as the memory keeps them, both coded."""

    left: str
    right: str
    #: False: the markup of the two differs, and the words alone are kept.
    with_markup: bool


def texts_of(post: Post, other: Language) -> list[Text]:
    """Everything in `post` that is not written in `other`, in reading order."""
    found = []
    for part in segments_of(post, other):
        plain = coded.plain(part.segment.text)
        if part.slot == "title":
            found.append(Text(part.coded, "title", plain=plain))
            continue
        block = post.blocks[int(part.slot.partition("[")[2].partition("]")[0])]
        of_picture = part.slot.endswith(".alt")
        file = block.image.src.rpartition("/")[2] if block.image else ""
        found.append(Text(part.coded, "alt" if of_picture else block.kind.value, file, plain))
    return found


def align(left: Sequence[Text], right: Sequence[Text]) -> list[Link]:
    """Link every text of either side once, in the order of the left side.

    Titles are linked to each other, and the words of pictures by the picture's file, else by
    their order where there are as many; the rest by dynamic programming.
    """
    links = [*_titles(left, right), *_pictures(left, right)]
    done = {n for link in links for n in link.left}, {n for link in links for n in link.right}
    running = [
        [n for n in range(len(side)) if n not in placed]
        for side, placed in zip((left, right), done, strict=True)
    ]
    lattice = _Lattice([left[n] for n in running[0]], [right[n] for n in running[1]])
    for link in lattice.best():
        places = tuple(running[0][n] for n in link.left), tuple(running[1][n] for n in link.right)
        links.append(Link(*places, link.confidence))
    return sorted(links, key=_place)


def belong(left: Sequence[Text], right: Sequence[Text], links: Sequence[Link]) -> bool:
    """Whether two posts look like one text: most is linked, surely, and words in common stand
    where the links are rather than elsewhere."""
    likeness = _Likeness(left, right)
    pairs = [link for link in links if link.left and link.right]
    if not pairs or len(left) + len(right) > 4 * len(pairs):
        return False
    linked = {(i, j) for link in pairs for i in link.left for j in link.right}
    cells = [(i, j) for i in range(len(left)) for j in range(len(right))]
    others = [likeness((i,), (j,)) for i, j in cells if (i, j) not in linked]
    alike = _mean([likeness(link.left, link.right) for link in pairs]) - _mean(others)
    return alike * _mean([link.confidence for link in pairs]) >= _BELONG


def as_entry(left: Sequence[Text], right: Sequence[Text], link: Link) -> Aligned | None:
    """Write a link as the memory keeps it; None for one side alone, or where nothing is said.

    Several texts become one. The markup of the translation is tied to the original's.
    """
    if not link.left or not link.right:
        return None
    one = _join([left[n].cut for n in link.left])
    other = _join([right[n].cut for n in link.right])
    if coded.is_wordless(one.text) or coded.is_wordless(other.text):
        return None
    numbers = _tie(one.table, other.table)
    if numbers is not None:
        tied = coded.renumber(other.text, numbers)
        if not coded.faults(one.text, tied):
            return Aligned(one.text, tied, True)
    return Aligned(_words_of(one.text), _words_of(other.text), False)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _place(link: Link) -> tuple[float, ...]:
    # What stands on the right alone comes where it would stand.
    first = link.left[0] if link.left else link.right[0] - 0.5
    return (first, link.right[0] if link.right else -1)


def _titles(left: Sequence[Text], right: Sequence[Text]) -> Iterator[Link]:
    places = [[n for n, text in enumerate(side) if text.kind == "title"] for side in (left, right)]
    if all(places):
        # Authors write titles anew: there is no other, but it may say something else.
        yield Link((places[0][0],), (places[1][0],), 0.9)


def _pictures(left: Sequence[Text], right: Sequence[Text]) -> Iterator[Link]:
    for kind in ("alt", BlockKind.PICTURE.value):
        mine, theirs = (
            [n for n, text in enumerate(side) if text.kind == kind] for side in (left, right)
        )
        rest = []
        for n in mine:
            same = next((m for m in theirs if right[m].picture == left[n].picture), None)
            if same is None:
                rest.append(n)
            else:
                theirs.remove(same)
                yield Link((n,), (same,), 1.0)
        by_order = len(rest) == len(theirs)
        yield from (Link((n,), (m,), 0.7) for n, m in zip(rest, theirs, strict=False) if by_order)
        if not by_order:
            yield from (Link((n,), (), 0.7) for n in rest)
            yield from (Link((), (m,), 0.7) for m in theirs)


class _Likeness:
    """How much texts of two sides have in common: the cosine of their shared words, rare ones
    counting more; 0 to 1."""

    def __init__(self, left: Sequence[Text], right: Sequence[Text]) -> None:
        sides = [[_tokens(text) for text in side] for side in (left, right)]
        spread = [Counter(token for bag in side for token in bag) for side in sides]
        both = spread[0].keys() & spread[1].keys()
        weight = {
            token: math.log(1 + len(sides[0]) / spread[0][token])
            * math.log(1 + len(sides[1]) / spread[1][token])
            for token in both
        }
        self._bags = [[{t: weight[t] for t in bag if t in both} for bag in s] for s in sides]

    def __call__(self, left: Sequence[int], right: Sequence[int]) -> float:
        one, other = self._merged(0, left), self._merged(1, right)
        length = math.sqrt(sum(one.values()) * sum(other.values()))
        return sum(one[t] for t in one.keys() & other.keys()) / length if length else 0.0

    def _merged(self, side: int, places: Sequence[int]) -> Mapping[str, float]:
        bags = self._bags[side]
        if len(places) == 1:
            return bags[places[0]]
        return {t: w for n in places for t, w in bags[n].items()}


def _tokens(text: Text) -> set[str]:
    """Numbers, addresses, and words by their beginning: names, and "contact" in "contacten"."""
    found = {word.lower()[:5] for word in _WORD.findall(_without_accents(text.plain))}
    tags = [text.cut.prefix, *(opening for opening, _closing in text.cut.table)]
    return found | {f"link {_target(tag)}" for tag in tags if _TARGET.search(tag)}


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


class _Lattice:
    """All ways to link two rows of texts in their order, each step with its likelihood."""

    def __init__(self, left: Sequence[Text], right: Sequence[Text]) -> None:
        self._left, self._right = left, right
        self._likeness = _Likeness(left, right)
        self._signs = [[_signs_in(text.plain) for text in side] for side in (left, right)]
        self._steps: dict[tuple[int, int], dict[tuple[int, int], float]] = defaultdict(dict)
        for i in range(len(left) + 1):
            for j in range(len(right) + 1):
                for shape in _SHAPES:
                    a, b = i - shape[0], j - shape[1]
                    if a >= 0 and b >= 0:
                        places = tuple(range(a, i)), tuple(range(b, j))
                        self._steps[i, j][a, b] = self._likelihood(*places)

    def best(self) -> list[Link]:
        """The likeliest way, each link with the share of all ways that go through it."""
        ends = len(self._left), len(self._right)
        score: dict[tuple[int, int], float] = {(0, 0): 0.0}
        before: dict[tuple[int, int], tuple[int, int]] = {}
        forth: dict[tuple[int, int], float] = {(0, 0): 0.0}
        for node, steps in self._steps.items():
            if not steps:
                continue
            before[node] = max(steps, key=lambda origin: score[origin] + steps[origin])
            score[node] = score[before[node]] + steps[before[node]]
            forth[node] = _log_sum([forth[origin] + step for origin, step in steps.items()])
        back: dict[tuple[int, int], list[float]] = defaultdict(list)
        back[ends] = [0.0]
        behind: dict[tuple[int, int], float] = {}
        for node in reversed(self._steps):
            behind[node] = _log_sum(back[node])
            for origin, step in self._steps[node].items():
                back[origin].append(behind[node] + step)
        links, node = [], ends
        while node != (0, 0):
            a, b = before[node]
            share = math.exp(forth[a, b] + self._steps[node][a, b] + behind[node] - forth[ends])
            left, right = tuple(range(a, node[0])), tuple(range(b, node[1]))
            links.append(Link(left, right, round(min(1.0, share) * self._fit(left, right), 2)))
            node = a, b
        return links[::-1]

    def _likelihood(self, left: tuple[int, ...], right: tuple[int, ...]) -> float:
        found = math.log(_SHAPES[len(left), len(right)])
        if not left or not right:
            return found
        found += math.log(max(self._by_length(left, right), _LEAST_LIKELY))
        found += _SHARED * self._likeness(left, right)
        mine, theirs = (
            [any(column) for column in zip(*(signs[n] for n in places), strict=True)]
            for signs, places in zip(self._signs, (left, right), strict=True)
        )
        found -= _SIGN * sum(a != b for a, b in zip(mine, theirs, strict=True))
        kinds = {self._left[n].kind for n in left}, {self._right[n].kind for n in right}
        if kinds[0] != kinds[1]:
            found -= _KIND
        if len(left) + len(right) > 2 and BlockKind.HEADING in kinds[0] | kinds[1]:
            found -= _MERGED_HEADING
        return found

    def _by_length(self, left: Sequence[int], right: Sequence[int]) -> float:
        one = sum(len(self._left[n].plain) for n in left)
        other = sum(len(self._right[n].plain) for n in right)
        mean = max(1.0, (one + other) / 2)
        return math.erfc(abs(one - other) / math.sqrt(2 * _VARIANCE * mean))

    def _fit(self, left: Sequence[int], right: Sequence[int]) -> float:
        """How well a link fits by itself: lengths as of a translation, or words in common."""
        if not left or not right:
            return 1.0
        odd = 1 - min(1.0, 5 * self._by_length(left, right))
        return 1 - 0.6 * odd * (1 - self._likeness(left, right))


def _signs_in(text: str) -> list[bool]:
    return [sign.search(text) is not None for sign in _SIGNS]


def _log_sum(values: Sequence[float]) -> float:
    most = max(values)
    return most + math.log(sum(math.exp(value - most) for value in values))


def _join(cuts: Sequence[Coded]) -> Coded:
    """Make one text of several, with one row of placeholders."""
    if len(cuts) == 1:
        return cuts[0]
    runs: list[str] = []
    table: list[tuple[str, str]] = []
    for cut in cuts:
        moved = {number: number + len(table) for number in coded.order(cut.text)}
        runs.append(coded.renumber(cut.text, moved))
        table += cut.table
    return Coded(" ".join(runs), tuple(table))


def _tie(
    left: Sequence[tuple[str, str]], right: Sequence[tuple[str, str]]
) -> Mapping[int, int] | None:
    """Give each placeholder on the right the left one's number; None: they are not the same.

    The same element with the same target first, then the same element, in their order.
    """
    numbers: dict[int, int] = {}
    free = dict(enumerate(left, 1))
    for same in (_element_and_target, _element):
        for number, tags in enumerate(right, 1):
            mate = next((n for n, t in free.items() if same(t) == same(tags)), None)
            if number not in numbers and mate is not None:
                numbers[number] = mate
                del free[mate]
    return numbers if not free and len(numbers) == len(right) else None


def _element(tags: tuple[str, str]) -> tuple[str, bool]:
    name = (_TAG.match(tags[0]) or [""] * 2)[1]
    return _SAME_TAG.get(name, name), bool(tags[1])


def _element_and_target(tags: tuple[str, str]) -> tuple[str, bool, str]:
    return *_element(tags), _target(tags[0])


def _target(tag: str) -> str:
    """Where an element leads, without what a site changes from language to language."""
    found = _TARGET.search(tag)
    if not found:
        return ""
    parts = urlsplit(found[1])
    return f"{(parts.hostname or '').removeprefix('www.')} {parts.path.rpartition('/')[2]}"


def _words_of(text: str) -> str:
    return coded.escape(re.sub(" +", " ", coded.plain(text)).strip())
