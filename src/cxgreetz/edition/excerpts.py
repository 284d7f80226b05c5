"""The beginning of a text: as much as there is room, right and wish for, whole sentences.

In: translated blocks. Out: the first of them, the last one cut where it must be. Never: a
word that is not the text's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cxgreetz import sentences
from cxgreetz.markup import plain_text
from cxgreetz.markup.sentences import sentence_ends
from cxgreetz.model import (
    Block,
    BlockKind,
    TranslatedBlock,
)


def excerpt(
    blocks: Sequence[TranslatedBlock],
    words: int,
    characters: int | None = None,
    most: int | None = None,
) -> list[TranslatedBlock]:
    """The beginning of a text: whole blocks up to about `words` words, at least one.

    `most` is how many sentences a person wants to see of it; it may cut the last block short.
    `characters` is a right, not a wish: it is never passed, and the text is then cut at the
    last sentence's end that fits (else, of a first paragraph, at a word's end). A heading never
    stands last.
    """
    shown: list[TranslatedBlock] = []
    count = used = 0
    for entry in blocks:
        text = plain_text(entry.block.html)
        if shown and count + len(text.split()) > words * 1.25:
            break
        if characters is not None and used + len(text) > characters:
            cut = cut_text(text, characters - used)
            # After whole paragraphs a sentence that breaks off is not worth its beginning.
            if cut and not (shown and cut.endswith("…") and not text.startswith(cut)):
                shown.append(replace(entry, block=_plain_block(entry.block, cut)))
            break
        shown.append(entry)
        count, used = count + len(text.split()), used + len(text)
        if count >= words:
            break
    while len(shown) > 1 and shown[-1].block.kind == BlockKind.HEADING:
        shown.pop()
    if len(shown) == 1 and count > words * 1.6:
        # One very long first paragraph would push everything else off the screen.
        text = plain_text(shown[0].block.html)
        fitting = len(" ".join(text.split()[: int(words * 1.25)]))
        shown[0] = replace(shown[0], block=_plain_block(shown[0].block, cut_text(text, fitting)))
    return shown if most is None else _first_sentences(shown, most)


def _first_sentences(blocks: Sequence[TranslatedBlock], most: int) -> list[TranslatedBlock]:
    """The first `most` sentences of a text; a block that goes on after them is cut."""
    shown: list[TranslatedBlock] = []
    for entry in blocks:
        found = sentences.split(plain_text(entry.block.html))
        if len(found) > most:
            entry = replace(entry, block=_plain_block(entry.block, " ".join(found[:most])))
        shown.append(entry)
        most -= len(found)
        if most <= 0:
            break
    return shown


def _plain_block(block: Block, text: str) -> Block:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return replace(block, html=escaped.replace("\n", "<br/>"))


def cut_text(text: str, characters: int) -> str:
    """The start of `text`, at most `characters` long, ending where a sentence ends if it can."""
    if len(text) <= characters:
        return text
    end = max((end for end in sentence_ends(text) if end <= characters), default=0)
    if end > characters / 3:
        return text[:end]
    head = text[: max(0, characters - 1)].rpartition(" ")[0].rstrip(" ,;:")
    return f"{head}…" if head else ""


def cut_title(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    head = text[: length - 1]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:·–-") + "…"
