"""What every check looks at: a text, its translation, and what is known of both.

In: coded text, the languages, the words of the workspace. Out: a Pair, and findings that belong
to it. Never: a judgement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from cxgreetz import sentences
from cxgreetz.glossary import Glossary, Idioms
from cxgreetz.glossary.style import Address, Variant
from cxgreetz.model import Finding, Language, Origin, Severity, fingerprint
from cxgreetz.translation import coded

#: Gives the language of a text when it is sure of it.
Detect = Callable[[str], Language | None]

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
TRANSLATE = "Translate this text by hand."


def word_list(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class Words:
    """The workspace's own words: what its terms, idioms and readers ask for."""

    glossary: Glossary = field(default_factory=Glossary)
    idioms: Idioms = field(default_factory=Idioms)
    #: None: only what is mixed within a text.
    address: Address | None = None
    english: Variant | None = None


@dataclass(frozen=True)
class Pair:
    """A text and its translation, both coded.

    `source` None: the author wrote it in this language. `target` None: nobody has translated
    it yet.
    """

    source: str | None
    target: str | None
    source_language: Language
    target_language: Language
    detect: Detect
    words: Words = field(default_factory=Words)
    origin: Origin = Origin.ENGINE

    @cached_property
    def old(self) -> str:
        """The source as a reader sees it."""
        return coded.plain(self.source or "")

    @cached_property
    def new(self) -> str:
        return coded.plain(self.target or "")

    @cached_property
    def old_words(self) -> list[str]:
        return WORD.findall(self.old)

    @cached_property
    def new_words(self) -> list[str]:
        return WORD.findall(self.new)

    @cached_property
    def old_sentences(self) -> list[str]:
        return sentences.split(self.old)

    @cached_property
    def new_sentences(self) -> list[str]:
        return sentences.split(self.new)

    @property
    def is_unchanged(self) -> bool:
        return " ".join(self.new.split()) == " ".join(self.old.split())

    def found(
        self, check: Check, severity: Severity, message: str, remedy: str, excerpt: str = ""
    ) -> Finding:
        """A finding that speaks of these very texts: when one changes, it is another finding."""
        text = self.old if self.source is not None else self.new
        where = coded.opening(text)
        name = check.__name__
        about = fingerprint(name, self.source, self.target, message, excerpt)
        return Finding(name, severity, where, message, remedy, excerpt=excerpt, about=about)


Check = Callable[[Pair], Iterator[Finding]]
