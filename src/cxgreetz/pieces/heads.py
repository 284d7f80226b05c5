"""What posts are compared by, made once of each.

In: a post. Out: its Head: sizes, hashes and names instead of its text. Never: two texts
compared letter by letter: a thousand posts are compared in a second, and stay on disk.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from heapq import nsmallest
from html import unescape
from itertools import accumulate
from zlib import crc32

from cxgreetz.model import Head, Post

#: A change of what a head holds asks for a migration that empties the stored ones.
#: So many runs stand for a text (bottom-k sketch): of two texts that share 60 % of their
#: runs, the share is told to within some 6 points.
_RUNS = 64
_RUN = 5
#: A sentence of eight words: what is shorter says nothing of where it comes from.
FEWEST_RUNS = 4
_TAG = re.compile(r"<[^>]*>")
#: Numbers, and words with a capital inside a sentence.
_NAME = re.compile(r"\d+|(?<=[a-z,;] )[A-Z]\w+")


def head_of(post: Post) -> Head:
    """Give what is compared of a post."""
    text = " ".join(_plain(block.html) for block in post.blocks)
    return Head(
        url=post.url,
        title=post.title,
        language=post.language,
        source=post.source,
        fingerprint=post.fingerprint,
        size=size_of(post),
        runs=_runs(text),
        names=dict(Counter(_NAME.findall(text))),
        guid=post.guid,
        published=post.published,
        updated=post.updated,
        image=post.image,
        credit=post.credit,
        tags=post.tags,
        cuts=post.cuts,
        alternates=post.alternates,
    )


def size_of(post: Post | Head) -> int:
    """Count the characters of a post's text."""
    if isinstance(post, Head):
        return post.size
    return sum(len(block.html) for block in post.blocks)


def likeness(one: Head, other: Head) -> float:
    """Estimate which part of their five-word runs two texts share (Jaccard)."""
    return share_of_runs(one.runs, other.runs)


def share_of_runs(one: Iterable[int], other: Iterable[int]) -> float:
    """The same of the runs that two heads hold."""
    ours, theirs = set(one), set(other)
    union = nsmallest(_RUNS, ours | theirs)
    return sum(run in ours and run in theirs for run in union) / (len(union) or 1)


def plain_words(text: str) -> list[str]:
    """Give the words of a text without accents, capitals and punctuation."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).casefold()
        text = text.encode("ascii", "ignore").decode()
    return re.findall(r"\w+", text.casefold())


def _plain(inline: str) -> str:
    """What stands in our own inline HTML, near enough to compare it by."""
    return unescape(_TAG.sub("", inline.replace("<br/>", " ")))


def share_left(runs: Iterable[int], other: Collection[int]) -> float:
    """Estimate which part of a head's runs stands in another text, however much more that says.

    A sample tells of those runs alone that would be in it; where none would, of both alike.
    """
    most = max(other) if len(other) >= _RUNS else math.inf
    asked = [run for run in runs if run <= most]
    return sum(run in other for run in asked) / len(asked) if asked else share_of_runs(runs, other)


def share_within(runs: Sequence[int], text: str) -> float:
    """The share of a head's runs that stand somewhere in a text; 0 where there are none.

    Unlike `share_of_runs` it knows a text within one that is much longer.
    """
    there = _every_run(text)
    return sum(run in there for run in runs) / (len(runs) or 1)


def _runs(text: str) -> tuple[int, ...]:
    return tuple(nsmallest(_RUNS, _every_run(text)))


def _every_run(text: str) -> set[int]:
    words = plain_words(text)
    joined = " ".join(words).encode()
    starts = [0, *accumulate(len(word) + 1 for word in words)]  # the words are ASCII
    pairs = zip(starts, starts[_RUN:], strict=False)
    return {crc32(joined[start : end - 1]) for start, end in pairs}
