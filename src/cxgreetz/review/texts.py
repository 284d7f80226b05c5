"""The texts of one column in one language, beside what they were made from.

In: an open workspace, an edition, a language, a piece. Out: plain values for the page. Never:
HTML, a decision, a text of the memory used by itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from cxgreetz import pipeline
from cxgreetz.model import ORIGIN_ORDER, Finding, Language, Origin, Piece, Post
from cxgreetz.pipeline import Passage, Passages, Workspace
from cxgreetz.review.explained import Explained, explain
from cxgreetz.review.words import Words

if TYPE_CHECKING:
    from cxgreetz.glossary import Glossary

#: Words and signs with the white space before them: what a diff is told in.
_TOKEN = re.compile(r"\s*(?:\w+(?:['’-]\w+)*|[^\w\s])")
#: So many places are named where the same sentence stands.
_MOST_PLACES = 6


#: What was found, and what its check looks at.
Remark = tuple[Finding, Explained]


@dataclass(frozen=True, slots=True)
class Run:
    """Some words of a text, and what is said of them."""

    text: str
    #: Of a term: its translation. Of a diff: "same", "old" or "new". Else "".
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """What the memory has that is nearly a passage."""

    percent: int
    #: From its source to this one.
    diff: Sequence[Run]
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Another column with the very same passage."""

    edition: str
    title: str
    #: Its page here; "": it is not shown in that language.
    href: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What an editor sent that was not kept, and why."""

    slot: str
    text: str
    error: str
    #: How it stands now, where somebody else was there first.
    theirs: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A passage with everything that is told of it."""

    passage: Passage
    anchor: str
    #: "Paragraph 3".
    label: str
    source: Sequence[Run]
    findings: Sequence[Remark]
    places: Sequence[Place]
    #: Of places not named.
    more_places: int
    #: None: nobody asked for them.
    offers: Sequence[Offered] | None
    typed: Typed | None = None

    @property
    def text(self) -> str:
        """What the textarea holds."""
        return self.typed.text if self.typed else self.passage.target

    @property
    def changed(self) -> Offered | None:
        """What this passage was before its author changed it, most likely."""
        if self.passage.origin is not Origin.WAITING or not self.offers:
            return None
        return self.offers[0]

    @property
    def is_open(self) -> bool:
        return bool(self.typed or self.changed)

    @property
    def may_accept(self) -> bool:
        return self.passage.origin in (Origin.ENGINE, Origin.MEMORY)

    @property
    def has_brackets(self) -> bool:
        return "⟦" in self.passage.source + self.passage.target

    @property
    def lines(self) -> int:
        """How tall the textarea is where no script lets it grow."""
        return max(2, -(-len(self.text or self.passage.source) // 48))


@dataclass(frozen=True, slots=True)
class Neighbour:
    title: str
    href: str


@dataclass(frozen=True)
class TextsPage:
    newsletter: str
    passages: Passages
    rows: Sequence[Row]
    #: What was found about the column as a whole.
    about: Sequence[Remark]
    #: The email that shows it: "nl", "nl+en"; "": it is left out.
    email: str
    #: The other languages of the newsletter, with the page of this column in each.
    others: Mapping[Language, str]
    before: Neighbour | None
    after: Neighbour | None
    href: str
    typed: Typed | None = field(default=None)

    @property
    def shown(self) -> Sequence[Row]:
        return [row for row in self.rows if row.passage.shown]

    @property
    def below(self) -> Sequence[Row]:
        return [row for row in self.rows if not row.passage.shown]

    @property
    def counts(self) -> Sequence[tuple[Origin, int, str]]:
        """How many passages are whose, those that ask for something first, and where to begin."""
        by_origin = [
            (origin, [row for row in self.rows if row.passage.origin is origin])
            for origin in reversed(ORIGIN_ORDER)
        ]
        return [(origin, len(rows), rows[0].anchor) for origin, rows in by_origin if rows]

    @property
    def has_brackets(self) -> bool:
        return any(row.has_brackets for row in self.rows)


def address_of(edition: str, language: str, piece: str) -> str:
    """Where the page of a column in a language is."""
    return f"/edition/{quote(edition)}/{quote(language)}/{quote(piece)}"


#: Before the number of a paragraph as findings count them, as an id.
PARAGRAPH = "paragraph-"


def anchor_of(slot: str) -> str:
    """ "blocks[2].alt" as an id."""
    return "p-" + re.sub(r"\W+", "-", slot).strip("-")


def read_texts(
    workspace: Workspace,
    edition: str,
    language: str,
    piece: str,
    t: Words,
    *,
    helped: str = "",
    typed: Typed | None = None,
) -> TextsPage:
    """Everything the page says; raises UsageError for what is not there.

    `helped` is the slot of a passage for which the memory is asked; it always is for what
    waits for a translation.
    """
    found = pipeline.read_passages(workspace, edition, language, piece)
    asked = [
        row.slot
        for row in found.rows
        if not found.is_own
        and (row.origin is Origin.WAITING or row.slot in (helped, typed.slot if typed else ""))
    ]
    offers = pipeline.offers_for(workspace, found.edition, language, piece, asked) if asked else {}
    pieces = {one.key: one for one in workspace.store.pieces()}
    places = _Places(workspace, pieces, found)
    rows = [
        Row(
            row,
            anchor_of(row.slot),
            _label(row, t),
            _terms(workspace.glossary, row.source, found.source_language, found.language),
            [_remark(f, t) for f in row.findings if row.slot != "title" or _is_of_title(f)],
            there[:_MOST_PLACES],
            max(0, len(there) - _MOST_PLACES),
            _offered(row.source, offers[row.slot]) if row.slot in offers else None,
            typed if typed and typed.slot == row.slot else None,
        )
        for row in found.rows
        for there in [places.of(row.slot)]
    ]
    shown = _shown(workspace, found.edition)
    place = shown.index(piece) if piece in shown else None

    def neighbour(step: int) -> Neighbour | None:
        if place is None or not 0 <= place + step < len(shown):
            return None
        key = shown[place + step]
        title = pieces[key].origin.title if key in pieces else key
        return Neighbour(title, address_of(found.edition, language, key))

    emails = workspace.config.editions()
    return TextsPage(
        newsletter=workspace.config.newsletter.name,
        passages=found,
        rows=rows,
        about=[
            _remark(finding, t)
            for row in found.rows
            if row.slot == "title"
            for finding in row.findings
            if not _is_of_title(finding)
        ],
        email=next((n for n in emails if language in n.split("+") and place is not None), ""),
        others={
            other: address_of(found.edition, other, piece)
            for other in workspace.languages
            if other != language
        },
        before=neighbour(-1),
        after=neighbour(1),
        href=address_of(found.edition, language, piece),
        typed=typed,
    )


def _shown(workspace: Workspace, key: str) -> Sequence[str]:
    edition = workspace.store.edition(key)
    return edition.shown if edition else ()


def _label(row: Passage, t: Words) -> str:
    if row.number is not None:
        return t(f"texts_kind_{row.kind}", number=row.number)
    return t("texts_alt" if row.slot.endswith(".alt") else f"texts_kind_{row.kind}", number="")


def _remark(finding: Finding, t: Words) -> Remark:
    return finding, explain(finding.check, t.language)


def _is_of_title(finding: Finding) -> bool:
    """Whether it speaks of the title's words, not of the column."""
    return finding.where.endswith(", title")


@lru_cache(maxsize=4096)
def _terms(glossary: Glossary, text: str, source: Language, target: Language) -> Sequence[Run]:
    """A text with the terms in it, as translations from `source` to `target` are held to them."""
    if source == target:
        return [Run(text)]
    runs, end = [], 0
    for hit in glossary.terms_in(text, source):
        meant = [term for term in hit.terms if term.holds(source, target)]
        if not meant:
            continue
        runs.append(Run(text[end : hit.start]))
        said = dict.fromkeys(
            hit.text if term.do_not_translate else term.text(target) for term in meant
        )
        runs.append(Run(hit.text, " / ".join(said)))
        end = hit.end
    return [run for run in (*runs, Run(text[end:])) if run.text]


def _offered(source: str, offers: Sequence[tuple[float, str, str]]) -> list[Offered]:
    return [
        Offered(round(score * 100), diff_words(known, source), said)
        for score, known, said in offers
        if score < 1
    ]


def diff_words(old: str, new: str) -> list[Run]:
    """How `old` became `new`, in words: runs marked "same", "old" or "new"."""
    was, now = _TOKEN.findall(old), _TOKEN.findall(new)
    runs: list[Run] = []
    matcher = SequenceMatcher(
        None, [one.strip() for one in was], [one.strip() for one in now], autojunk=False
    )
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            runs.append(Run("".join(now[c:d]), "same"))
            continue
        runs += [Run("".join(was[a:b]), "old")] if b > a else []
        runs += [Run("".join(now[c:d]), "new")] if d > c else []
    return runs


class _Places:
    """Where else the passages of a column stand, word for word."""

    def __init__(self, workspace: Workspace, pieces: Mapping[str, Piece], found: Passages) -> None:
        self._language, self._mine = found.language, pieces[found.piece]
        own = self._mine.post(found.language)
        self._texts = dict(_texts(own or self._mine.origin))
        wanted = {text for text in self._texts.values() if text}
        self._there: dict[str, list[Place]] = {}
        for edition in workspace.store.editions():
            for key in edition.shown:
                if key == found.piece or key not in pieces:
                    continue
                piece = pieces[key]
                for text in _said(piece, wanted):
                    href = address_of(edition.key, found.language, key)
                    place = Place(edition.key, piece.origin.title, href)
                    self._there.setdefault(text, []).append(place)

    def of(self, slot: str) -> Sequence[Place]:
        return self._there.get(self._texts.get(slot, ""), ())


def _said(piece: Piece, wanted: Collection[str]) -> set[str]:
    """Which of some texts a piece says."""
    return {text for post in piece.posts for _slot, text in _texts(post) if text in wanted}


def _texts(post: Post) -> Iterator[tuple[str, str]]:
    yield "title", post.title
    for index, block in enumerate(post.blocks):
        yield f"blocks[{index}]", block.html
