"""Hold what an edition shows in each language against what it was translated from.

In: the views of an edition, its pieces and translations, the workspace's words. Out: findings,
each with its piece and paragraph. Never: a check of its own (`translation.checks` has them).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from cxgreetz.pipeline.translating import detect_language
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


def _place(number: int | None) -> str:
    return "title" if number is None else f"paragraph {number}"


def _pairs(
    language: Language, item: ItemView, translation: Translation | None, words: checks.Words
) -> Iterator[tuple[int | None, checks.Pair]]:
    """The texts of an item with their sources: its title (None), then paragraph by paragraph."""
    other = next(one for one in LANGUAGES if one != language)

    def pair(origin: Origin, source: str | None, target: str, wrote: Language) -> checks.Pair:
        return checks.Pair(
            None if origin is Origin.AUTHOR or source is None else coded.escape(source),
            None if origin is Origin.WAITING else coded.escape(target),
            wrote,
            language,
            detect_language,
            words,
            origin,
        )

    if translation is None:
        yield None, pair(Origin.AUTHOR, None, item.title, other)
        for number, block in enumerate(item.blocks, 1):
            yield number, pair(Origin.AUTHOR, None, plain_text(block.html), other)
        return
    wrote = translation.source_language
    if translation.source_title:
        origin = translation.title_origin
        yield None, pair(origin, translation.source_title, translation.title, wrote)
    for number, shown in enumerate(_shown(item, translation), 1):
        source = plain_text(shown.source.html) if shown.source else None
        own = (shown.source.language if shown.source else None) or wrote
        yield number, pair(shown.origin, source, plain_text(shown.block.html), own)


def _shown(item: ItemView, translation: Translation) -> list[TranslatedBlock]:
    """The blocks an item begins with, whole: an excerpt may cut the last one short."""
    texts = [b for b in translation.blocks if b.block.kind != BlockKind.PICTURE]
    return texts[: len(item.blocks)]
