"""Put markup back that an engine lost: by the words that stood in it.

In: a coded text, the translation of its bare words, and of the words in each pair. Out: the
translation with its markup, or None. Never: a guess; each pair's words stand there exactly
once, or there is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cxgreetz.model import Language
from cxgreetz.translation import coded, masked

_END = " .,;:!?…"
#: The start of a sentence, or of what is said in one.
_OPENS = r"(?:^|[.!?:…\"“”‘„«(])[\s\"'“”‘’„«(]*"


def bare_texts(text: str) -> list[str]:
    """What has to be translated to put the markup of `text` back: all its words, then each pair's.

    Empty when there is no way: an element without words stands in the middle.
    """
    inside = _Inside(text)
    if not inside.is_plain:
        return []
    wanted = [inside.words, *inside.pairs.values()]
    return [words for words in dict.fromkeys(wanted) if not coded.is_wordless(words)]


def put_back(
    text: str, translations: Mapping[str, str], source: Language, target: Language
) -> str | None:
    """Write the translation of the bare words of `text` with the markup of `text`.

    A pair goes around the translation of its own words, or around a name, number or address
    that was kept. None when one cannot be placed, or the pairs would cross.
    """
    inside = _Inside(text)
    said = translations.get(inside.words)
    if said is None:
        return None
    marks: list[tuple[int, int, int, str]] = []
    for number, words in inside.pairs.items():
        place = _place(words, inside.words, said, translations.get(words), source, target)
        if place is None:
            return None
        start, end = place
        # Where several begin or end in one place, the outer one was opened first.
        marks.append((start, 1, number, f"<g{number}>"))
        marks.append((end, 0, -number, f"</g{number}>"))
    for position, _kind, _number, mark in sorted(marks, reverse=True):
        said = said[:position] + mark + said[position:]
    said = inside.before + said + inside.after
    return None if coded.faults(text, said) else said


class _Inside:
    """A coded text taken apart; the words are escaped as they were."""

    def __init__(self, text: str) -> None:
        opened: dict[int, str] = {}
        self.pairs: dict[int, str] = {}
        self.words = self.before = self.after = ""
        self.is_plain = True
        for part in coded.parts(text):
            if isinstance(part, str):
                self.words += part
                opened = {number: words + part for number, words in opened.items()}
                self.is_plain &= not self.after
            elif part.kind == "open":
                opened[part.number] = ""
                self.is_plain &= not self.after
            elif part.kind == "close":
                self.pairs[part.number] = opened.pop(part.number, "").strip()
            elif opened:
                self.is_plain = False
            elif self.words.strip():
                self.after += str(part)
            else:
                self.before += str(part)
        self.words = self.words.strip()


def _place(
    words: str,
    all_words: str,
    said: str,
    translation: str | None,
    source: Language,
    target: Language,
) -> tuple[int, int] | None:
    """Where in `said` the words of a pair stand: translated, as figures, or kept as they were."""
    if len(_find(words, all_words)) != 1:
        return None
    figures = masked.turned(words, source, target)
    for candidate in filter(None, [(translation or "").strip(_END), figures]):
        if len(found := _find(candidate, said)) == 1:
            return found[0]
    if not _is_kept(words, all_words):
        return None
    found = [(start, end) for start, end in _find(words, said) if said[start:end] == words]
    return found[0] if len(found) == 1 and _is_kept(words, said) else None


def _is_kept(words: str, text: str) -> bool:
    """Whether a translator may have left `words` as they stand in `text`: a name, an address.

    One word with a capital that only opens a sentence there is any word ("Was", "Door").
    """
    if coded.LINK.fullmatch(words) or any(map(str.isdigit, words)):
        return True
    if not any(map(str.isupper, words)):
        return False
    is_plain_word = not re.search(r"\s", words) and words[1:] == words[1:].lower()
    opens = re.search(_OPENS + re.escape(words) + r"(?!\w)", text)
    return not (is_plain_word and opens)


def _find(words: str, text: str) -> list[tuple[int, int]]:
    pattern = rf"(?<!\w){re.escape(words)}(?!\w)"
    return [match.span() for match in re.finditer(pattern, text, re.I)]
