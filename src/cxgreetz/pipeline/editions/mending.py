"""The texts of a piece in one language, beside what they were made from; mended one by one.

In: a workspace, a month, a language, a piece, an editor's words. Out: its passages, or the
edition as it stands then, with a record of the change. Never: a passage whose links and
emphasis are not its source's; words of another person overwritten unseen.

What an editor writes goes into the memory as hers, so the same sentence is hers wherever it
stands. An author's own text is mended for one edition only: its home is her site.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from cxgreetz import edition as editions
from cxgreetz.edition import edition_key
from cxgreetz.errors import UsageError
from cxgreetz.model import (
    BlockKind,
    Change,
    Edition,
    Finding,
    Language,
    Origin,
    Piece,
    Post,
    Segment,
    mend_key,
)
from cxgreetz.pipeline.editions.drafting import EditionReport, check, keep, stored_edition
from cxgreetz.pipeline.editions.editing import Edit, Expected, change, expect_free, mark_of, stale
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.pipeline.workspace import Workspace
from cxgreetz.translation import coded
from cxgreetz.translation.assembly import Part, segments_of
from cxgreetz.translation.bracketed import from_brackets, to_brackets
from cxgreetz.translation.memory import Hit
from cxgreetz.translation.offers import Offer
from cxgreetz.translation.putback import bare_texts, put_back


@dataclass(frozen=True, slots=True)
class Passage:
    """A title, a paragraph or a picture's words, in the language they were written in and the
    one they are read in; both as `bracketed` writes them."""

    #: "title", "blocks[2]", "blocks[2].alt".
    slot: str
    #: Which paragraph it is, as findings count them; None: a title or a picture's words.
    number: int | None
    kind: str
    #: "": the author wrote it in this language.
    source: str
    #: "": it waits for a translation.
    target: str
    origin: Origin
    #: Who translated, checked or mended it last.
    by: str
    #: Whether the email shows it; else it stands further down, on the page.
    shown: bool
    #: What a form is held against.
    mark: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Passages:
    edition: str
    language: Language
    piece: str
    title: str
    url: str
    #: The language it was written in; the same: the author's own text.
    source_language: Language
    rows: tuple[Passage, ...]

    @property
    def is_own(self) -> bool:
        return self.source_language == self.language


def read_passages(workspace: Workspace, edition: str | None, language: str, piece: str) -> Passages:
    """Give every passage of a piece of an edition, in reading order. Raises UsageError."""
    desk = _Desk(workspace, edition, language, piece)
    report = check(workspace, desk.key)
    findings = [f for b in report.built.values() for f in b.findings if f.piece == piece]
    mine = [f for f in findings if f.where.startswith(f"{language}:")]
    view = next(
        (v for b in report.built.values() for v in b.views if v.language == desk.language), None
    )
    item = next((i for i in view.items if i.key == piece), None) if view else None
    rows = tuple(desk.rows(len(item.blocks) if item else 0, mine))
    source = desk.post.language or desk.language
    return Passages(desk.key, desk.language, piece, desk.post.title, desk.post.url, source, rows)


def offers_for(
    workspace: Workspace, edition: str | None, language: str, piece: str, slots: Iterable[str]
) -> dict[str, list[Offer]]:
    """What the memory has that is nearly each of some passages, best first, by slot.

    Both texts of an offer as `bracketed` writes them. Raises UsageError.
    """
    desk, memory = _Desk(workspace, edition, language, piece), StoreMemory(workspace)
    found = {slot: memory.offer(desk.part(slot).segment) for slot in slots}
    return {
        slot: [(score, to_brackets(one), to_brackets(other)) for score, one, other in offers]
        for slot, offers in found.items()
    }


def mend_passage(
    workspace: Workspace,
    edition: str | None,
    language: str,
    piece: str,
    slot: str,
    text: str,
    *,
    by: str = "",
    expected: Expected = None,
) -> EditionReport:
    """Put an editor's words, written as `bracketed` reads them, in a passage's place.

    Raises UsageError for words whose brackets are not the source's, StaleError where the
    passage is no longer what `expected` names, HeldError where a provider holds the email.
    """
    desk = _Desk(workspace, edition, language, piece)
    if desk.is_own:
        return desk.mend_own(slot, text, by, expected)
    part = desk.part(slot)
    hit = desk.hit(part)
    said = _coded(part, text, hit.text if hit else "")
    return desk.say(part, said, Origin.EDITOR, by, expected)


def accept_passage(
    workspace: Workspace,
    edition: str | None,
    language: str,
    piece: str,
    slot: str,
    *,
    by: str = "",
    expected: Expected = None,
) -> EditionReport:
    """Let a passage of an engine or of the memory stand as read by a person."""
    desk = _Desk(workspace, edition, language, piece)
    part = desk.part(slot)
    hit = desk.hit(part)
    if hit is None:
        raise UsageError("there is no translation of it yet; write one")
    if hit.origin not in (Origin.ENGINE, Origin.MEMORY):
        raise UsageError("a person wrote or read it already")
    return desk.say(part, hit.text, Origin.CHECKED, by, expected)


def take_back(workspace: Workspace, told: Change) -> None:
    """Put back into the memory what stood there before a change of a passage.

    Done twice, or ended after it was cut off halfway, it leaves the same. Raises UsageError
    where it has been changed again since, in another edition.
    """
    before, after = told.before, told.after
    language = cast(Language, told.subject.partition(":")[0])
    segment = Segment(after["source"], after["source_language"], language)
    memory = StoreMemory(workspace)
    hit = memory.lookup([segment]).get(segment.key)
    now = (hit.text, hit.origin) if hit else None
    if now == (after["text"], after["origin"]):
        memory.forget(segment, after["text"])
    elif before and now == (before["text"], before["origin"]):
        return  # it was put back already
    elif now is not None:
        raise UsageError("these words were changed again since, elsewhere; mend them as they are")
    if before and not before["rewritten"]:
        memory.remember(segment, before["text"], Origin(before["origin"]), before["by"])


def _coded(part: Part, text: str, before: str = "") -> str:
    """What an editor typed for `part`, as the memory keeps it. Raises UsageError.

    Without brackets, they go round the words that they went round in `before`.
    """
    try:
        said = coded.escape(" ".join(text.split())) if part.is_plain else from_brackets(text)
    except ValueError as error:
        raise UsageError(str(error)) from None
    if not said:
        raise UsageError("there are no words in it; to show nothing of it, shorten the text")
    faults = coded.faults(part.segment.text, said)
    if faults and not coded.order(said):
        asked = part.segment
        for known, language in ((before, asked.target), (asked.text, asked.source)):
            if known and (whole := _marked_as(known, said, language, asked.target)):
                said, faults = whole, coded.faults(asked.text, whole)
                break
    if faults:
        told = "; ".join(_in_brackets(fault) for fault in faults)
        raise UsageError(f"its brackets are not those of the source: {told}")
    return said


def _marked_as(known: str, said: str, source: Language, target: Language) -> str | None:
    """Bare words with the markup of `known`, round the same words; None: it is not clear where."""
    words = dict.fromkeys(bare_texts(known))
    if not words:
        return None
    whole = next(iter(words))
    return put_back(known, {one: one for one in words} | {whole: said}, source, target)


def _in_brackets(fault: str) -> str:
    """A fault in the words of someone who sees brackets: `<g1>` is ⟦1 … ⟧."""
    for mark in coded.TOKEN.finditer(fault):
        number = mark["pair"] or mark["void"]
        shape = f"⟦{number}⟧" if mark["void"] else f"⟦{number} … ⟧"
        fault = fault.replace(mark[0], shape)
    return fault


class _Desk:
    """One piece of an edition on the editor's desk, in one language."""

    def __init__(
        self, workspace: Workspace, edition: str | None, language: str, piece: str
    ) -> None:
        self._workspace, store = workspace, workspace.store
        if language not in workspace.languages:
            known = ", ".join(workspace.languages)
            raise UsageError(f"{language!r} is no language of this newsletter: {known}")
        self.language = cast(Language, language)
        self.key = edition_key(edition, workspace.now(), workspace.config.zone)
        self.edition = stored_edition(store, self.key)
        if piece not in {item.piece for item in self.edition.items}:
            raise UsageError(f"{piece!r} is not in edition {self.key}")
        self._piece: Piece = next(known for known in store.pieces() if known.key == piece)
        own = self._piece.post(self.language)
        self.is_own = own is not None
        self.post: Post = own or self._piece.origin
        self._parts = {} if own else {p.slot: p for p in segments_of(self.post, self.language)}
        self._memory = StoreMemory(workspace)
        self._hits = self._memory.lookup([part.segment for part in self._parts.values()])

    def part(self, slot: str) -> Part:
        if slot not in self._parts:
            raise UsageError(f"{self._piece.key} has nothing to translate at {slot!r}")
        return self._parts[slot]

    def hit(self, part: Part) -> Hit | None:
        found = self._hits.get(part.segment.key)
        return found if found and not coded.faults(part.segment.text, found.text) else None

    def rows(self, shown: int, findings: Sequence[Finding]) -> Iterator[Passage]:
        """`shown` is how many paragraphs the email shows."""
        number = 0
        for slot, kind, text in _slots(self.post):
            in_text = slot.startswith("blocks") and kind != "picture" and not slot.endswith(".alt")
            number += in_text
            place = number if in_text else None
            about = tuple(
                f for f in findings if f.paragraph == place and (in_text or slot == "title")
            )
            is_shown = slot == "title" or (in_text and number <= shown)
            if slot in self._parts or (self.is_own and _is_mendable(slot, text)):
                yield self._row(slot, place, kind, text, is_shown, about)

    def _row(
        self,
        slot: str,
        number: int | None,
        kind: str,
        text: str,
        shown: bool,
        findings: tuple[Finding, ...],
    ) -> Passage:
        if self.is_own:
            own = _own_words(self.edition, mend_key(self.language, text), slot, text)
            origin = Origin.AUTHOR if own["html"] is None else Origin.EDITOR
            words, mark = own["words"] or "", mark_of(own)
            return Passage(slot, number, kind, "", words, origin, "", shown, mark, findings)
        part = self._parts[slot]
        hit = self.hit(part)
        said = to_brackets(hit.text) if hit else ""
        origin = hit.origin if hit else Origin.WAITING
        by = (hit.by if hit else "") or ""
        source = to_brackets(part.segment.text)
        return Passage(
            slot, number, kind, source, said, origin, by, shown, self.mark(part), findings
        )

    def mark(self, part: Part) -> str:
        hit = self.hit(part)
        # The source, too: another paragraph may have come to stand in its place.
        said = [hit.text, hit.origin] if hit else None
        return mark_of([part.segment.source, part.segment.text, said])

    def say(
        self, part: Part, said: str, origin: Origin, by: str, expected: Expected
    ) -> EditionReport:
        """Keep a translation in the memory, render the edition again, and keep who did it."""
        workspace, store = self._workspace, self._workspace.store
        with store.lease(f"edition {self.key}", seconds=300):
            expect_free(workspace, self.key, self.language)
            self._hits = self._memory.lookup([part.segment])
            old = self.hit(part)
            if expected is not None and expected != self.mark(part):
                theirs = to_brackets(old.text) if old else ""
                raise stale("a paragraph", theirs, to_brackets(said))
            if old is None or (old.text, old.origin) != (said, origin):
                at = old.changed if old else None
                self._memory.remember(part.segment, said, origin, by.strip() or None, after=at)
                store.add_change(self._told(part, old, said, origin, by))
            return keep(workspace, stored_edition(store, self.key))

    def _told(self, part: Part, old: Hit | None, said: str, origin: Origin, by: str) -> Change:
        before: dict[str, Any] | None = None
        if old:
            before = {"text": old.text, "origin": old.origin, "by": old.by}
            before["rewritten"] = old.rewritten_from is not None
        # The author may change the passage itself before this is taken back.
        after = {"text": said, "origin": origin, "by": by.strip() or None}
        after |= {"source": part.segment.text, "source_language": part.segment.source}
        subject = f"{self.language}:{self._piece.key}:{part.slot}"
        kind = "accepted" if origin is Origin.CHECKED else "text"
        now = self._workspace.now()
        return Change(self.key, now, by.strip(), kind, subject, before, after)

    def mend_own(self, slot: str, text: str, by: str, expected: Expected) -> EditionReport:
        original = next((one for place, _kind, one in _slots(self.post) if place == slot), None)
        if not original or not _is_mendable(slot, original):
            raise UsageError(f"{self._piece.key} has nothing to mend at {slot!r}")
        part = _own(slot, original)
        words = _coded(part, text, part.segment.text)
        # White space that nobody sees is no mending.
        said = original if words == part.segment.text else part.decode(words)
        key = mend_key(self.language, original)

        def shown(of: Edition) -> dict[str, str | None]:
            return _own_words(of, key, slot, original)

        def mended(of: Edition) -> Edition:
            return editions.mend(of, self.language, original, said)

        subject = f"{self.language}:{self._piece.key}:{slot}"
        edit = Edit("own text", subject, shown, mended, self.language)
        return change(self._workspace, self.key, edit, by, expected)


def _slots(post: Post) -> Iterator[tuple[str, str, str]]:
    """Every place of a post that may hold words: its slot, kind and text."""
    yield "title", "title", post.title
    for index, block in enumerate(post.blocks):
        yield f"blocks[{index}]", block.kind.value, block.html
        if block.kind is BlockKind.PICTURE and block.image is not None:
            yield f"blocks[{index}].alt", "picture", block.image.alt or ""


def _is_mendable(slot: str, text: str) -> bool:
    """Whether it is a text of the author's that an edition can show in other words."""
    return not slot.endswith(".alt") and bool(_own(slot, text).segment.text)


def _own_words(of: Edition, key: str, slot: str, original: str) -> dict[str, str | None]:
    """An author's text as this edition shows it, with what takes a mending back."""
    html = of.mended.get(key)
    words = to_brackets(_own(slot, original if html is None else html).segment.text)
    return {"key": key, "html": html, "words": words}


def _own(slot: str, text: str) -> Part:
    """An author's text cut as if it were to be translated: so it is edited with its brackets."""
    from cxgreetz.translation import segments

    is_plain = slot == "title"
    cut = segments.encode_text(text) if is_plain else segments.encode(text)
    return Part(slot, Segment(cut.text, "nl", "en"), cut, is_plain)
