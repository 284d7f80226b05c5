"""The pages of a site, and the same letters and columns as a feed tells them.

In: a Home. Out: HTML. Never: a text of others that `text` did not let through, a script, a style
that stands in the page, a picture from a site that the page's policy does not name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from cxgreetz.model import BlockView, Image, ItemView, Language
from cxgreetz.render import prose
from cxgreetz.render.template import Template
from cxgreetz.render.theme import Theme, load_theme
from cxgreetz.site import text
from cxgreetz.site.home import Column, Home, Public
from cxgreetz.site.places import SOURCES, STYLE
from cxgreetz.site.words import own_words

_HERE = Path(__file__).parent
#: What a search engine shows of a page.
_SUMMARY = 160


@dataclass(frozen=True, slots=True)
class Link:
    """A page that says the same in another language."""

    language: str
    href: str


class Writer:
    """Writes the pages of one site."""

    def __init__(self, home: Home) -> None:
        self._home, self._places = home, home.places
        template = Template(home.template)
        self._theme: Theme = load_theme(template.layers("theme.toml"))
        letter_words, own = template.table("words.toml"), own_words()
        self._words = {one: {**letter_words[one], **own[one]} for one in own}

    def style(self) -> str:
        return self._fill("style.css", theme=self._theme)

    def root(self) -> str:
        home = self._home
        latest = {one: next(iter(home.letters_in(one)), None) for one in home.languages}
        others = [(one, self._places.index(one)) for one in home.languages]
        first = home.languages[0]
        return self._page(
            "root.html", first, "", home.title(first), alternates=others, latest=latest, neutral=""
        )

    def index(self, language: Language) -> str:
        home, here = self._home, self._places.index(language)
        letters = home.letters_in(language)
        return self._page(
            "index.html",
            language,
            here,
            home.title(language),
            alternates=[(one, self._places.index(one)) for one in home.languages],
            neutral="",
            letters=letters,
            pictures=text.pictures_of(letters[0].letter.view.items[:1]) if letters else (),
            summary=home.descriptions.get(language, ""),
        )

    def letter(self, public: Public) -> str:
        language, edition, view = public.language, public.edition, public.letter.view
        siblings = self._home.letters_in(language)
        place = siblings.index(public)
        there = self._in_all_languages(edition)
        return self._page(
            "letter.html",
            language,
            self._places.letter(language, edition),
            f"{public.title} · {self._home.title(language)}",
            alternates=[(one, self._places.letter(one, edition)) for one in there],
            public=public,
            newer=siblings[place - 1] if place else None,
            older=siblings[place + 1] if place + 1 < len(siblings) else None,
            summary=view.preheader,
            pictures=text.pictures_of(view.items),
        )

    def column(self, column: Column) -> str:
        item, language, home = column.item, column.language, self._home
        here, there = self._places.column(language, item.key), text.address(item.url)
        return self._page(
            "column.html",
            language,
            here,
            f"{item.title} · {home.title(language)}",
            canonical=home.elsewhere(column),
            alternates=[(language, here)],
            original=Link(item.url_language, there) if there else None,
            column=column,
            summary=_summary(item),
            pictures=text.pictures_of([item]),
        )

    def letter_entry(self, public: Public) -> str:
        """A letter as a feed tells it."""
        return self._entry("letter_entry.html", public.language, public=public)

    def column_entry(self, column: Column) -> str:
        """A column as a feed tells it."""
        return self._entry("column_entry.html", column.language, column=column)

    def words(self, language: Language) -> Mapping[str, str]:
        return self._words[language]

    def _in_all_languages(self, edition: str) -> list[Language]:
        return [one for one in self._home.languages if (one, edition) in self._home.by_place]

    def _page(
        self,
        template: str,
        language: Language,
        here: str,
        title: str,
        *,
        alternates: Sequence[tuple[str, str]],
        canonical: str = "",
        neutral: str | None = None,
        original: Link | None = None,
        summary: str = "",
        pictures: Iterable[Image] = (),
        **context: Any,
    ) -> str:
        """Fill a page.

        `alternates` are its own places by language; `neutral` the one for a reader of any, and
        `original` a page that is elsewhere.
        """
        places = self._places
        told = [Link(one, places.on_web(at) or places.link(here, at)) for one, at in alternates]
        fallback = (original or told[0]).href
        if neutral is not None:
            fallback = places.on_web(neutral) or places.link(here, neutral)
        shown = [picture.src for picture in pictures]
        shown += filter(None, (self._theme.logo.src, self._theme.logo.dark_src))
        return self._fill(
            template,
            home=self._home,
            places=places,
            theme=self._theme,
            language=language,
            words=self._words[language],
            all_words=self._words,
            here=here,
            to=lambda there: places.link(here, there),
            title=title,
            summary=summary
            or self._home.descriptions.get(language)
            or self._words[language]["about"],
            canonical=canonical or places.on_web(here),
            alternates=[*told, original] if original else told,
            fallback=fallback,
            others=[(one, at) for one, at in alternates if one != language],
            hosts=sorted({text.origin(src) for src in shown} - {""}),
            shown=shown,
            style=STYLE,
            sources=SOURCES,
            **context,
        )

    def _entry(self, template: str, language: Language, **context: Any) -> str:
        return self._fill(
            template,
            home=self._home,
            places=self._places,
            language=language,
            words=self._words[language],
            to=self._places.on_web,
            **context,
        ).strip()

    def _fill(self, template: str, **context: Any) -> str:
        filled = _environment().get_template(template).render(context)
        return re.sub(r"\n\s*\n", "\n", text.possible(filled))


def _summary(item: ItemView) -> str:
    told = prose.teaser(item, 80, _SUMMARY)
    return told.text if told else ""


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=lambda name: not (name or "").endswith(".css"),  # noqa: S701
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= prose.FILTERS | _FILTERS
    return environment


def _sentence(words: str) -> str:
    """Begin with a capital: Dutch writes its months without."""
    return words[:1].upper() + words[1:]


def _machine_day(day: date) -> str:
    """Write a day as programs read it."""
    return day.isoformat()[:10]


def _body(item: ItemView) -> list[tuple[str, list[BlockView]]]:
    """The blocks of a text, list items together, without pictures that cannot be shown."""
    kept = (b for b in item.blocks if b.html or text.picture(b.image))
    return prose.groups(kept)


def _lead_picture(item: ItemView) -> Image | None:
    """The picture above a whole text, unless it stands in it."""
    shown = text.picture(item.image)
    inside = {b.image.src for b in item.blocks if b.image}
    return shown if shown and item.image and item.image.src not in inside else None


def _is_wide(image: Image) -> bool:
    """Whether a picture fills the width of the page; unknown sizes are taken for that."""
    if not (image.width and image.height):
        return True
    return image.width >= 560 and image.width * 3 >= image.height * 4


def _paragraph_lines(paragraph: str) -> Markup:
    return Markup("<br>").join(paragraph.splitlines())


_FILTERS: dict[str, Callable[..., Any]] = {
    "body": _body,
    "clean": text.clean,
    "day": _machine_day,
    "lead_picture": _lead_picture,
    "lines": _paragraph_lines,
    "picture": text.picture,
    "sentence": _sentence,
    "web": text.address,
    "wide": _is_wide,
}
