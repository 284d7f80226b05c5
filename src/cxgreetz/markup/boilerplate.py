"""Take from the end of a post what is not the column.

In: the blocks of a post, the rules, the author's name. Out: the blocks that remain, what
was cut and why, and where the post says it appeared first. Never: a cut in the middle, a
cut of more than two fifths of the words.

What was cut is kept: the attribution line is needed to pair translations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cxgreetz.markup.inline import plain_text, text_of_links
from cxgreetz.markup.rules import Rules, load_rules
from cxgreetz.model import Block, BlockKind, Cut

#: More than this share of the words is never cut.
MOST = 0.4

_LINE = re.compile(r"[*_=~#•·.\s–—-]{3,}")
_MARKS = re.compile(r"^[\s>»›*•·~_–—|(\[\"“‘'-]+")
_DATE = re.compile(
    r"\b(?:\d{1,2}(?:st|nd|rd|th|e)?[ -](?:of )?[a-z]{3,9}\.?[ -]\d{4}"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|[a-z]{3,9} \d{1,2}(?:st|nd|rd|th)?,? \d{4}|\d{4}-\d\d-\d\d)\b",
    re.IGNORECASE,
)
#: Words that a link to the first publication may consist of without naming it.
_POINTING = {"here", "hier", "this", "link", "website", "site", "article", "artikel", "deze"}


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where and when a post says it appeared first; the date as it is written there."""

    publication: str
    date: str | None = None


def cut_boilerplate(
    blocks: Sequence[Block], rules: Rules | None = None, author: str | None = None
) -> tuple[tuple[Block, ...], tuple[Cut, ...], Attribution | None]:
    """Give the column, what was cut from its end, and its attribution if there is one.

    An attribution is also read where it may not be cut: at the beginning, or when the
    post is so short that cutting it would take more than `MOST` of the words.
    """
    rules = rules or load_rules()
    texts = [plain_text(block.html) for block in blocks]
    reasons = _from_line(blocks, texts, rules, author)
    start = len(blocks) - len(reasons)
    reasons = _from_end(blocks[:start], texts[:start], rules, author) + reasons
    allowed = MOST * sum(len(text.split()) for text in texts)
    while sum(len(text.split()) for text in texts[len(texts) - len(reasons) :]) > allowed:
        reasons = reasons[1:]
    start = len(blocks) - len(reasons)
    cuts = tuple(
        Cut(rule, text or (block.image.alt if block.image else None) or "")
        for rule, text, block in zip(reasons, texts[start:], blocks[start:], strict=True)
    )
    places = [*range(len(blocks) - 1, max(start - 4, 0) - 1, -1), *range(min(2, len(blocks)))]
    found = (read_attribution(blocks[place], rules) for place in places)
    return tuple(blocks[:start]), cuts, next((a for a in found if a), None)


def read_attribution(block: Block, rules: Rules | None = None) -> Attribution | None:
    """Read "This blog was written for X and published on D"; None when it is no such line."""
    rules = rules or load_rules()
    text = plain_text(block.html)
    plain = _MARKS.sub("", text)
    endings = [ending for ending in rules.endings if ending.rule == "attribution"]
    if not any(ending.fits(plain, None) for ending in endings):
        return None
    date = _DATE.search(plain)
    without_date = plain.replace(date.group(), "") if date else plain
    named = rules.publication.search(without_date)
    publication = named["publication"].rstrip(".,;:’'") if named else ""
    links = text_of_links(block.html)
    for link in links:
        telling = set(link.lower().split()) - _POINTING
        if telling and len(link.split()) <= 6 and (publication in link or len(links) == 1):
            publication = link
    return Attribution(publication, date.group() if date else None) if publication else None


def _from_line(
    blocks: Sequence[Block], texts: Sequence[str], rules: Rules, author: str | None
) -> list[str]:
    """Find a line of stars with a biography below it; give a rule for each block from there."""
    allowed = MOST * sum(len(text.split()) for text in texts)
    words = 0
    reasons: list[str] = []
    for place in range(len(texts) - 1, -1, -1):
        if _LINE.fullmatch(texts[place]):
            first = next((_MARKS.sub("", text) for text in texts[place + 1 :] if text), "")
            for ending in rules.endings:
                if ending.below_line and ending.cuts and ending.fits(first, author):
                    reasons = [ending.rule] * (len(blocks) - place)
        words += len(texts[place].split())
        if words > allowed:
            break
    return reasons


def _from_end(
    blocks: Sequence[Block], texts: Sequence[str], rules: Rules, author: str | None
) -> list[str]:
    """Go back from the end while everything is an ending; give the rule for each block."""
    reasons: list[str] = []
    while True:
        place = last = len(blocks) - len(reasons) - 1
        # Pictures and lines go with what stands above them, or stay with it.
        while place >= 0 and (
            blocks[place].kind is BlockKind.PICTURE or _LINE.fullmatch(texts[place])
        ):
            place -= 1
        if place < 0:
            break
        rule = _rule_for(blocks[place], texts[place], rules, author)
        if rule is None:
            announced = _announcement(blocks, texts, place, rules)
            if announced is None:
                break
            place, rule = announced, "series"
        reasons = [rule] * (last - place + 1) + reasons
    while reasons and len(reasons) < len(blocks) and _LINE.fullmatch(texts[-len(reasons) - 1]):
        reasons = [reasons[0], *reasons]
    return reasons


def _rule_for(block: Block, text: str, rules: Rules, author: str | None) -> str | None:
    plain = _MARKS.sub("", text)
    for ending in rules.endings:
        if ending.below_line or not ending.cuts or not ending.fits(plain, author):
            continue
        if ending.rule != "attribution" or read_attribution(block, rules):
            return ending.rule
    return None


def _announcement(
    blocks: Sequence[Block], texts: Sequence[str], last: int, rules: Rules
) -> int | None:
    """Find the line that announces the list of links ending at `last`; None: no such list."""
    place = last
    while place >= 0 and blocks[place].kind in (BlockKind.ITEM, BlockKind.PICTURE):
        place -= 1
    items = [block.html for block in blocks[place + 1 : last + 1] if block.kind is BlockKind.ITEM]
    linked = sum("<a " in item for item in items)
    if place < 0 or not items or 2 * linked < len(items):
        return None
    short = len(texts[place].split()) <= 40 and len(texts[place]) <= 800
    return place if short and rules.announcements.match(texts[place]) else None
