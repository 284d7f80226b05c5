"""Tell our own translations apart from what the author writes, when they turn up at a source.

In: the receipts of what went to a blog, heads of posts. Out: whose translation a post is.
Never: one of ours taken for a new piece, or for the author's own translation: that would put
a machine's words in the place of hers.

A post is ours by its address or number at the blog, whatever a person made of it there; and
wherever it stands by its text, as two posts in one language are held to be one. An archive or a
feed may show its beginning alone: that is ours under our title, and word for word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from cxgreetz import pieces
from cxgreetz.model import Head, KnownPost, Posting, address_key
from cxgreetz.pieces.heads import FEWEST_RUNS, plain_words, share_left, share_of_runs, share_within
from cxgreetz.pieces.joining import SAME_TEXT
from cxgreetz.pipeline.posts.versions import Version

#: Where less than this share of our words is left nobody would call a text a version of ours.
HARDLY = 0.2


class OwnTranslations:
    """What went to a blog, and by what it is known again."""

    def __init__(self, postings: Sequence[Posting]) -> None:
        self._postings = postings
        self._places: dict[str, Posting] = {}
        for posting in postings:
            numbered = f"{posting.site}/?p={posting.remote_id}" if posting.remote_id else ""
            for url in filter(None, (posting.url, numbered)):
                with suppress(ValueError):
                    self._places[address_key(url)] = posting

    def reason(self, head: Head) -> tuple[str, str] | None:
        """Say whose translation a post is, with the piece's key; None: it is none of ours."""
        here = next((self._places[k] for k in _places(head) if k in self._places), None)
        if here is not None:
            told = f"our own translation of {here.piece}"
            share = share_left(here.runs, head.runs)
            if here.runs and share < SAME_TEXT and not _is_part(head, here.text):
                told += f", which a person has rewritten there ({share:.0%} of it is left)"
                if share < HARDLY:
                    told += "; if it is a post of its own: "
                    told += f"cxgreetz syndicate {here.piece} --anew"
            return told, here.piece
        for posting in self._postings:
            if posting.language == head.language:
                share = share_of_runs(posting.runs, head.runs)
                if share >= SAME_TEXT:
                    return f"our own translation of {posting.piece} ({share:.0%})", posting.piece
        for posting in self._postings:
            if posting.language == head.language and _begins(posting, head):
                return f"a part of our own translation of {posting.piece}", posting.piece
        return None

    def leave_out(
        self, decisions: Iterable[pieces.Decision], known: Iterable[KnownPost]
    ) -> list[pieces.Decision]:
        """Skip those of the `decisions` that would take, or ask about, one of ours as new."""
        # What was taken before anything went to a blog is the author's own.
        taken = {one.key for one in known if one.piece} if self._postings else set()
        return [self._judged(one, taken) for one in decisions]

    def not_ours(self, versions: Iterable[Version]) -> list[Version]:
        """The versions in another language that are not ours."""
        return [version for version in versions if self.reason(version.head) is None]

    def _judged(self, decision: pieces.Decision, taken: set[str]) -> pieces.Decision:
        known = decision.replaces or decision.head.key
        if decision.decision not in (pieces.TAKEN, pieces.HELD) or known in taken:
            return decision
        found = self.reason(decision.head)
        if found is None:
            return decision
        reason, piece = found
        return replace(
            decision, decision=pieces.SKIPPED, reason=reason, piece=piece, effective=None
        )


def _begins(posting: Posting, head: Head) -> bool:
    """Whether a post is an excerpt of what was sent, under its title.

    Not by the words alone: a text of hers may be little more than the line that we close with.
    """
    title, _, text = posting.text.partition("\n")
    if not plain_words(title) or plain_words(title) != plain_words(head.title):
        return False
    return _is_part(head, text)


def _is_part(head: Head, text: str) -> bool:
    return len(head.runs) >= FEWEST_RUNS and share_within(head.runs, text) >= SAME_TEXT


def _places(head: Head) -> Iterable[str]:
    for url in filter(None, (head.url, head.guid)):
        with suppress(ValueError):
            yield address_key(url)
