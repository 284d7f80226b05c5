"""Keep one glossary of ours at DeepL, both directions in it, as the workspace has it now.

In: DeepL's client and the terms. Out: the glossary's id, and what a person should know.
Never: a glossary of somebody else changed; any glossary deleted (a free account has one).

Its name holds the fingerprint of the terms, and is changed last: what was cut off halfway
still has its old name, and is done again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cxgreetz.model import Language
from cxgreetz.ports import GlossaryPairs

if TYPE_CHECKING:
    from deepl import DeepLClient

#: DeepL's limit for a term and for its translation, in bytes.
_LONGEST_TERM = 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands at DeepL now."""

    #: None when there is no term for any direction.
    id: str | None
    #: Directions that have terms.
    pairs: frozenset[tuple[Language, Language]]
    #: Terms that DeepL cannot take: empty, too long, or of more than one line.
    left_out: tuple[str, ...] = ()


def keep(client: DeepLClient, wanted: GlossaryPairs) -> Kept:
    """Have DeepL hold `wanted`: find it, else bring ours up to date, else make it.

    Raises what the SDK raises.
    """
    from deepl.api_data import MultilingualGlossaryDictionaryEntries as Dictionary

    entries, left_out = _usable(wanted)
    pairs = frozenset(entries)
    if not entries:
        return Kept(None, pairs, left_out)
    ours = f"cxgreetz: {' '.join(wanted.name.split())} #"
    name = f"{ours}{wanted.fingerprint}"
    dictionaries = [
        Dictionary(source.upper(), target.upper(), terms)
        for (source, target), terms in entries.items()
    ]
    directions = {(dictionary.source_lang, dictionary.target_lang) for dictionary in dictionaries}
    known = [g for g in client.list_multilingual_glossaries() if g.name.startswith(ours)]
    for glossary in known:
        # A person may have taken a direction out of it since.
        there = {(old.source_lang, old.target_lang) for old in glossary.dictionaries}
        if glossary.name == name and directions <= there:
            return Kept(glossary.glossary_id, pairs, left_out)
    if not known:
        made = client.create_multilingual_glossary(name, dictionaries)
        return Kept(made.glossary_id, pairs, left_out)
    glossary = known[0]
    for dictionary in dictionaries:
        client.replace_multilingual_glossary_dictionary(glossary, dictionary)
    for old in glossary.dictionaries:
        if (old.source_lang, old.target_lang) not in directions:
            client.delete_multilingual_glossary_dictionary(glossary, old)
    client.update_multilingual_glossary_name(glossary, name)
    return Kept(glossary.glossary_id, pairs, left_out)


def _usable(
    wanted: GlossaryPairs,
) -> tuple[dict[tuple[Language, Language], dict[str, str]], tuple[str, ...]]:
    """Part the terms into those DeepL takes, by direction, and those it would refuse."""
    entries: dict[tuple[Language, Language], dict[str, str]] = {}
    left_out: list[str] = []
    for pair, terms in wanted.terms.items():
        usable = _clean(terms, left_out)
        if usable:
            entries[pair] = usable
    return entries, tuple(left_out)


def _clean(terms: Mapping[str, str], left_out: list[str]) -> dict[str, str]:
    usable: dict[str, str] = {}
    for raw, translation in terms.items():
        term, said = raw.strip(), translation.strip()
        if all(map(_fits, (term, said))):
            usable[term] = said
        else:
            left_out.append(raw)
    return usable


def _fits(text: str) -> bool:
    one_line = text.splitlines() == [text] and "\t" not in text
    return one_line and len(text.encode()) <= _LONGEST_TERM and text.isprintable()
