"""Decide what a reading means: what is new, what is held, which posts are one text.

In: posts as read, what is known of those stored, a person's verdicts. Out: one Decision
per post seen, and which posts form a piece, with the evidence. Never: network, SQL, a clock.

`heads` makes of a post what it is compared by, `judging` decides about each, `joining`
puts them together into pieces.
"""

from cxgreetz.pieces.heads import head_of
from cxgreetz.pieces.joining import Join, join_posts
from cxgreetz.pieces.judging import (
    DISMISSED,
    HELD,
    SKIPPED,
    TAKEN,
    Decision,
    disown,
    is_dismissed,
    judge,
    silence,
)

__all__ = [
    "DISMISSED",
    "HELD",
    "SKIPPED",
    "TAKEN",
    "Decision",
    "Join",
    "disown",
    "head_of",
    "is_dismissed",
    "join_posts",
    "judge",
    "silence",
]
