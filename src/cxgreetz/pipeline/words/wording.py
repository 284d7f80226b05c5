"""Hold what an edition shows in each language against what it was translated from.

In: the views of an edition, its pieces and translations, the workspace's words. Out: findings,
each with its piece and paragraph. Never: a check of its own (`translation.checks` has them).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cxgreetz.markup import plain_text
from cxgreetz.model import (
    LANGUAGES,
    BlockKind,
    EmailView,
    Finding,
    ItemView,
    Language,
    Origin,
    TranslatedBlock,
    Translation,
)
from cxgreetz.pipeline.words.translating import detect_language
from cxgreetz.pipeline.workspace import Workspace
from cxgreetz.translation import checks, coded


def words_of(workspace: Workspace) -> checks.Words:
    """What terms, idioms and house style ask for in this workspace."""
    config = workspace.config.translation
    return checks.Words(workspace.glossary, workspace.idioms, config.address, config.english)


def findings_in(
    view: EmailView, translations: Mapping[str, Translation], words: checks.Words
) -> list[Finding]:
    """What the checks say of every title and paragraph that `view` shows.

    `translations` holds, by piece, those that the author did not write in the view's language.
    """
    return [
        replace(finding, where=place, piece=item.key, paragraph=number)
        for item in view.items
        for number, pair in _pairs(view.language, item, translations.get(item.key), words)
        for place in [f"{view.language}: {item.key}, {_place(number)}"]
        for finding in checks.run(pair)
    ]


def findings_of(translation: Translation, words: checks.Words) -> list[Finding]:
    """What the checks say of a whole translation, wherever it is shown."""
    language = translation.language
    return [
        replace(finding, where=place, piece=translation.piece, paragraph=number)
        for number, pair in _translated(language, translation, _texts(translation), words)
        for place in [f"{language}: {translation.piece}, {_place(number)}"]
        for finding in checks.run(pair)
    ]


def _place(number: int | None) -> str:
    return "title" if number is None else f"paragraph {number}"


def _pairs(
    language: Language, item: ItemView, translation: Translation | None, words: checks.Words
) -> Iterator[tuple[int | None, checks.Pair]]:
    """The texts of an item with their sources: its title (None), then paragraph by paragraph."""
    if translation is not None:
        # Whole blocks: an excerpt may cut the last one short.
        shown = _texts(translation)[: len(item.blocks)]
        yield from _translated(language, translation, shown, words)
        return
    other = next(one for one in LANGUAGES if one != language)
    yield None, _pair(language, words, Origin.AUTHOR, None, item.title, other)
    for number, block in enumerate(item.blocks, 1):
        text = plain_text(block.html)
        yield number, _pair(language, words, Origin.AUTHOR, None, text, other)


def _translated(
    language: Language,
    translation: Translation,
    shown: Iterable[TranslatedBlock],
    words: checks.Words,
) -> Iterator[tuple[int | None, checks.Pair]]:
    """The title of a translation, and its blocks that are `shown`, with their sources."""
    wrote = translation.source_language
    if title := translation.source_title:
        origin = translation.title_origin
        yield None, _pair(language, words, origin, title, translation.title, wrote)
    for number, one in enumerate(shown, 1):
        source = plain_text(one.source.html) if one.source else None
        own = (one.source.language if one.source else None) or wrote
        text = plain_text(one.block.html)
        yield number, _pair(language, words, one.origin, source, text, own)


def _pair(
    language: Language,
    words: checks.Words,
    origin: Origin,
    source: str | None,
    target: str,
    wrote: Language,
) -> checks.Pair:
    return checks.Pair(
        None if origin is Origin.AUTHOR or source is None else coded.escape(source),
        None if origin is Origin.WAITING else coded.escape(target),
        wrote,
        language,
        detect_language,
        words,
        origin,
    )


def _texts(translation: Translation) -> list[TranslatedBlock]:
    return [b for b in translation.blocks if b.block.kind != BlockKind.PICTURE]
