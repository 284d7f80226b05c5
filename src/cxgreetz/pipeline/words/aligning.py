"""Learn from a column that its author translated herself.

In: a workspace, the addresses of both versions, a person's choice. Out: the paragraphs side
by side, and what of them the memory keeps. Never: a pair kept that nobody accepted, an
editor's own words put behind.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from cxgreetz.errors import NetError, SourceError, UsageError
from cxgreetz.model import (
    LANGUAGE_NAMES,
    LANGUAGES,
    Language,
    Origin,
    Post,
    Segment,
    Source,
    address_key,
)
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.pipeline.workspace import DONE, Workspace
from cxgreetz.sources import read_post
from cxgreetz.translation.align import align, as_entry, belong, texts_of


@dataclass(frozen=True, slots=True)
class Pair:
    """What one language says in one or two paragraphs, and what the other says there."""

    number: int
    #: As people read it.
    nl: str
    en: str
    #: 0 to 1.
    confidence: float
    #: What the memory would keep; None: there is nothing to translate in it.
    segment: Segment | None
    translation: str
    #: False: bold, links and the like differ, so that the words alone are kept.
    with_markup: bool
    #: "new"; "known": the memory has it from a person; "corrected": an editor has other words.
    state: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """Two versions of a column side by side."""

    nl: Post
    en: Post
    pairs: tuple[Pair, ...]
    #: What only one of them says: language and text.
    alone: tuple[tuple[Language, str], ...]
    #: The numbers of the pairs that were kept.
    kept: tuple[int, ...] = ()

    @property
    def exit_code(self) -> int:
        return DONE

    @property
    def open(self) -> tuple[Pair, ...]:
        """The pairs that there is something to decide about."""
        return tuple(p for p in self.pairs if p.segment and p.state != "known")

    def as_json(self) -> dict[str, Any]:
        return {
            "nl": self.nl.url,
            "en": self.en.url,
            "pairs": [
                {
                    "number": pair.number,
                    "nl": pair.nl,
                    "en": pair.en,
                    "confidence": pair.confidence,
                    "markup": "kept" if pair.with_markup else "words alone",
                    "state": pair.state,
                    "stored": pair.number in self.kept,
                }
                for pair in self.pairs
            ],
            "alone": [{"language": language, "text": text} for language, text in self.alone],
            "stored": len(self.kept),
        }


def align_posts(
    workspace: Workspace, nl_url: str, en_url: str, *, anyway: bool = False
) -> Alignment:
    """Put the Dutch and the English version of a column side by side; stores nothing.

    Raises UsageError for an address that is no post's, a wrong language, and posts that do
    not look like one text unless `anyway`.
    """
    nl, en = _post_at(workspace, nl_url), _post_at(workspace, en_url)
    if nl.key == en.key:
        raise UsageError(f"both addresses lead to {nl.url}; name the Dutch and the English one")
    if (nl.language, en.language) == ("en", "nl"):
        raise UsageError(f"{nl_url} is English and {en_url} Dutch; name the Dutch one first")
    for url, post, wanted in ((nl_url, nl, LANGUAGES[0]), (en_url, en, LANGUAGES[1])):
        if post.language != wanted:
            found = LANGUAGE_NAMES[post.language] if post.language else "neither Dutch nor English"
            raise UsageError(
                f"{url} is {found}; the {LANGUAGE_NAMES[wanted]} version belongs there"
            )
    left, right = texts_of(nl, "en"), texts_of(en, "nl")
    links = align(left, right)
    if not (anyway or _is_known_pair(workspace, nl, en) or belong(left, right, links)):
        raise UsageError(
            f"{nl_url} and {en_url} do not look like one text; if they are, add --anyway"
        )
    pairs: list[Pair] = []
    alone: list[tuple[Language, str]] = []
    for link in links:
        mine = "\n".join(left[n].plain for n in link.left)
        theirs = "\n".join(right[n].plain for n in link.right)
        if not link.left or not link.right:
            alone.append(("nl", mine) if mine else ("en", theirs))
            continue
        kept = as_entry(left, right, link)
        segment = Segment(kept.left, "nl", "en") if kept else None
        said = (kept.right, kept.with_markup) if kept else ("", True)
        pairs.append(Pair(len(pairs) + 1, mine, theirs, link.confidence, segment, *said, "new"))
    return Alignment(nl, en, _look_up(workspace, pairs), tuple(alone))


def keep_pairs(workspace: Workspace, found: Alignment, numbers: Collection[int]) -> Alignment:
    """Keep the pairs with these numbers in the memory, as the author's own words."""
    by = found.en.credit.author or found.nl.credit.author
    memory = StoreMemory(workspace)
    kept = [pair for pair in found.open if pair.number in numbers]
    for pair in kept:
        if pair.segment:
            memory.remember(pair.segment, pair.translation, Origin.AUTHOR, by)
    return replace(found, kept=(*found.kept, *(pair.number for pair in kept)))


def parse_numbers(text: str, found: Alignment) -> set[int]:
    """Read "1,3-7"; raises UsageError naming what is no pair's number."""
    numbers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,4})(?:\s*-\s*(\d{1,4}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= len(found.pairs):
            raise UsageError(
                f"--accept {text}: {part.strip()!r} is no number of a pair; there are "
                f"{len(found.pairs)}: name them like 1,3-{max(4, len(found.pairs))}"
            )
        numbers.update(range(first, last + 1))
    return numbers


def _post_at(workspace: Workspace, url: str) -> Post:
    """The post at an address: as it was gathered, else as its page shows it now."""
    try:
        key, parts = address_key(url), urlsplit(url)
    except ValueError:
        key, parts = "", urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{url!r} is not a web address")
    for stored in workspace.store.posts([key]):
        if stored.post.blocks:
            return stored.post
    sources = workspace.config.source_list()
    own = (s for s in sources if urlsplit(s.url).hostname == parts.hostname)
    # What a person says of a source holds for its list, which may be in one language.
    source = replace(next(own, Source("align", url)), language=None)
    try:
        return read_post(source, workspace.net, url)
    except SourceError as error:
        if isinstance(error.__cause__, NetError):
            raise
        raise UsageError(str(error)) from None


def _is_known_pair(workspace: Workspace, nl: Post, en: Post) -> bool:
    """Whether a page names the other as its version, or a gathering made them one piece."""
    named = {address_key(url) for post in (nl, en) for _language, url in post.alternates}
    if named & {nl.key, en.key}:
        return True
    stored = workspace.store.posts([nl.key, en.key])
    return len(stored) == 2 and stored[0].piece is not None and stored[0].piece == stored[1].piece


def _look_up(workspace: Workspace, pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Say of each pair what the memory has of it already."""
    hits = StoreMemory(workspace).lookup(pair.segment for pair in pairs if pair.segment)

    def state(pair: Pair) -> str:
        hit = hits.get(pair.segment.key) if pair.segment else None
        if hit is None or hit.origin not in (Origin.EDITOR, Origin.AUTHOR):
            return "new"
        if hit.text == pair.translation:
            return "known"
        return "corrected" if hit.origin is Origin.EDITOR else "new"

    return tuple(replace(pair, state=state(pair)) for pair in pairs)
