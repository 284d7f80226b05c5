"""Take a post apart into segments and put its translation together.

In: a post, and a lookup of translated segments. Out: the segments to translate, then a
Translation, block by block. Never: an engine; a translation whose markup does not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cxgreetz.model import (
    LANGUAGES,
    Block,
    Language,
    Origin,
    Piece,
    Post,
    Segment,
    TranslatedBlock,
    Translation,
    least_certain,
)
from cxgreetz.translation import coded
from cxgreetz.translation.memory import Hit

if TYPE_CHECKING:
    from cxgreetz.translation.segments import Coded

Lookup = Callable[[Segment], Hit | None]


@dataclass(frozen=True, slots=True)
class Part:
    """A text of a post that has to be translated."""

    #: Its place: "title", "blocks[2]", "blocks[2].alt".
    slot: str
    segment: Segment
    coded: Coded
    #: True for a title or an alt: no markup.
    is_plain: bool = False

    def decode(self, text: str) -> str:
        """Put a translation of the segment back; ValueError when its markup does not fit."""
        from cxgreetz.translation import segments

        whole = segments.decode(text, self.coded)
        return segments.decode_text(whole) if self.is_plain else whole


def segments_of(post: Post, target: Language) -> list[Part]:
    """Everything in `post` to translate into `target`, in reading order.

    Blocks already written in `target` are left out, and so is what holds no text at all.
    """
    from cxgreetz.translation import segments

    found = []
    for slot, text, language, is_plain in _texts(post, target):
        cut = segments.encode_text(text) if is_plain else segments.encode(text)
        if cut.text and language != target:
            found.append(Part(slot, Segment(cut.text, language, target), cut, is_plain))
    return found


def assemble(
    piece: Piece,
    post: Post,
    target: Language,
    lookup: Lookup,
    parts: Sequence[Part] | None = None,
) -> Translation:
    """Make `post` of `piece` readable in `target` with what `lookup` knows.

    `parts` are what `segments_of` gave of it, where that is known already.

    A block in the target language is the author's as it is; one without a translation, or
    with one whose markup does not fit, is shown as it was and waits.
    """
    known = {p.slot: p for p in (segments_of(post, target) if parts is None else parts)}

    def words(slot: str, original: str) -> tuple[str, Origin]:
        part = known.get(slot)
        if part is None:
            return original, Origin.AUTHOR
        hit = lookup(part.segment)
        if hit is not None and not coded.faults(part.segment.text, hit.text):
            return part.decode(hit.text), hit.origin
        return original, Origin.AUTHOR if coded.is_wordless(part.coded.text) else Origin.WAITING

    def translated(index: int, block: Block) -> TranslatedBlock:
        language = _language(block.language, post, target)
        if language == target:
            return TranslatedBlock(block, Origin.AUTHOR, block)
        html, origin = words(f"blocks[{index}]", block.html)
        image = block.image
        if image is not None and image.alt:
            alt, alt_origin = words(f"blocks[{index}].alt", image.alt)
            image, origin = replace(image, alt=alt), least_certain([origin, alt_origin])
        shown = language if origin is Origin.WAITING else target
        return TranslatedBlock(
            replace(block, html=html, language=shown, image=image), origin, block
        )

    title, title_origin = words("title", post.title)
    return Translation(
        piece=piece.key,
        language=target,
        source_language=_language(None, post, target),
        title=title,
        title_origin=title_origin,
        blocks=tuple(translated(index, block) for index, block in enumerate(post.blocks)),
        source_fingerprint=post.fingerprint,
        source_title=post.title,
    )


def _texts(post: Post, target: Language) -> Iterator[tuple[str, str, Language, bool]]:
    yield "title", post.title, _language(None, post, target), True
    for index, block in enumerate(post.blocks):
        language = _language(block.language, post, target)
        yield f"blocks[{index}]", block.html, language, False
        if block.image is not None and block.image.alt:
            yield f"blocks[{index}].alt", block.image.alt, language, True


def _language(own: Language | None, post: Post, target: Language) -> Language:
    """A text's own language, else its post's, else the one that is not asked for."""
    other = next(language for language in LANGUAGES if language != target)
    return own or post.language or other
