"""What a site is made of.

In: letters, and what the workspace file says of the site. Out: a Home that knows what stands
on it, and in which order. Never: markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

from cxgreetz.model import ItemView, Language, Letter, Source
from cxgreetz.site import text
from cxgreetz.site.places import Places


@dataclass(frozen=True, slots=True)
class Public:
    """A letter that may be read on the web."""

    letter: Letter
    #: When its email was first approved, in whatever words.
    published: datetime
    #: When it was last approved; a correction came later, and is told by the letter.
    approved: datetime

    @property
    def updated(self) -> datetime:
        """When it last changed."""
        return self.letter.at if self.letter.view.corrected else self.approved

    @property
    def language(self) -> Language:
        return self.letter.view.language

    @property
    def edition(self) -> str:
        return self.letter.view.edition

    @property
    def title(self) -> str:
        """Its subject, without the newsletter's name that a site says anyway."""
        view = self.letter.view
        return view.subject.removesuffix(f" · {view.newsletter}")


@dataclass(frozen=True, slots=True)
class Column:
    """A translated column with a page of its own, and the letter it stood in."""

    item: ItemView
    public: Public

    @property
    def language(self) -> Language:
        return self.public.language


@dataclass(frozen=True)
class Home:
    """A whole site, before a word of it is written."""

    newsletter: str
    #: Who publishes it: a name.
    publisher: str
    languages: Sequence[Language]
    #: Where the site will stand, with a slash at its end; "": not known.
    url: str = ""
    #: The first approval there ever was, by which its feeds are known wherever they stand; None:
    #: there was none.
    since: datetime | None = None
    #: Where the letters stand, with {edition} and {language}; "": where the site has them.
    web: str = ""
    canonical: Literal["original", "here"] = "original"
    titles: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    postal_address: str = ""
    #: The oldest first.
    letters: Sequence[Public] = ()
    sources: Sequence[Source] = ()
    #: Of the email, whose words and colours the site shares; None: the built-in one.
    template: Path | None = None

    def title(self, language: Language) -> str:
        return self.titles.get(language) or self.newsletter

    @cached_property
    def places(self) -> Places:
        return Places(self.url, self.web)

    @cached_property
    def columns(self) -> Mapping[tuple[str, str], Column]:
        """By language and piece; one that stood in two letters as the later one has it."""
        return {
            (public.language, item.key): Column(item, public)
            for public in self.letters
            for item in public.letter.columns
        }

    def elsewhere(self, column: Column) -> str:
        """The page that counts for search engines where it is the original's; "": ours does."""
        # Of a text whose beginning alone may stand here the original is the whole.
        if self.canonical == "here" and not column.item.truncated:
            return ""
        return text.address(column.item.url)

    @cached_property
    def by_place(self) -> Mapping[tuple[str, str], Public]:
        """By language and edition."""
        return {(public.language, public.edition): public for public in self.letters}

    def letters_in(self, language: Language) -> list[Public]:
        """The newest first."""
        found = [public for public in self.letters if public.language == language]
        return sorted(found, key=lambda public: public.edition, reverse=True)
