"""Whole editions to look at and to test with: all columns, names and pictures are made up.

In: `data/samples/`, the columns in two languages and a drawing for each. Out: samples, that is
named views as an email is rendered from; their pictures as PNG files. Never: a store, a network,
a real person.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

import browser as browsers
from cxgreetz.model import (
    BlockView,
    EditionKey,
    EmailView,
    EventView,
    Image,
    ItemView,
    Language,
    Origin,
)

FOLDER = Path(__file__).parent / "data" / "samples"
SITE = "https://columns.example/"
MONTH = date(2026, 11, 1)
AUTHOR = "Marijke van der Veen"
#: The layouts: one email per language, and both languages in one.
LAYOUTS: tuple[tuple[Language, ...], ...] = (("nl",), ("en",), ("nl", "en"))
#: How much of a column the lead, each of the next three and each short read tell.
_PARAGRAPHS = (3, 2, 1)
#: How the words come to be there where a column appeared first in the other language, in turn;
#: None: the author put it into this language.
_TURNS = (None, Origin.ENGINE, Origin.MEMORY, Origin.EDITOR)
#: As long as a title that a feed gives may well be: 140 characters.
_LONG: dict[Language, str] = {
    "nl": "Over de receptioniste die om kwart voor zes nog de lift terughaalde voor één enkele "
    "gast zonder koffer, en wat dat met je volgende jaar doet",
    "en": "On the receptionist who called the lift back at quarter to six for one lone guest "
    "without a suitcase, and what that does to all of next year",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """An email to render, by a name that says what is special about it: "nl-5"."""

    name: str
    views: tuple[EmailView, ...]


@lru_cache(maxsize=1)
def _material() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "columns.toml").read_text(encoding="utf-8"))


def all_samples() -> list[Sample]:
    """Every sample: sizes, layouts, and what may be missing or too long."""
    special = {
        "5-no-pictures": _without_pictures,
        "5-long-title": _with_long_titles,
        "5-bare": _bare,
        "5-waiting": _waiting,
    }
    samples = []
    for languages in LAYOUTS:
        made = {str(n): [a_view(language, n) for language in languages] for n in (1, 2, 5, 27)}
        if languages != ("en",):  # there they would show nothing new
            made |= {name: [change(view) for view in made["5"]] for name, change in special.items()}
        layout = "+".join(languages)
        samples += [Sample(f"{layout}-{name}", tuple(views)) for name, views in made.items()]
    return samples


def sample(name: str) -> Sample:
    """The sample of that name; raises StopIteration where there is none."""
    return next(one for one in all_samples() if one.name == name)


def a_view(language: Language, count: int) -> EmailView:
    """The email of `count` columns (at most 32) in `language`, with everything it can have."""
    material = _material()
    items = tuple(_item(place, language) for place in range(count))
    other: Language = "en" if language == "nl" else "nl"
    return EmailView(
        edition=EditionKey("2026-11"),
        language=language,
        newsletter="CX Greetz",
        sender="Marijke <marijke@columns.example>",
        subject=f"{items[0].title} · CX Greetz",
        preheader=" · ".join(i.title for i in items[1:4]) or items[0].blocks[0].html[:110],
        month=MONTH,
        items=items,
        greeting=material["greeting"][language].strip(),
        other_language=other,
        events=tuple(
            EventView(event["kind"], *_words(event, language), url=event["link"])
            for event in material["events"]
        ),
        signature="Marijke",
        postal_address="CX Greetz, Lijnbaan 12, 8011 AB Zwolle",
        web_version=f"{SITE}brief/2026-11/{language}/",
        sister=f"{SITE}brief/2026-11/{other}/",
    )


def _words(event: dict[str, Any], language: Language) -> tuple[str, date | None, str]:
    title, note = event[language]
    return title, event.get("day"), note


def _item(place: int, language: Language) -> ItemView:
    """The column at `place` of an edition; in turn written first in Dutch and in English."""
    columns = _material()["columns"]
    again, index = divmod(place, len(columns))
    column = columns[index]
    first: Language = "nl" if (index + again) % 2 == 0 else "en"
    own = first == language
    turn = Origin.AUTHOR if own else _TURNS[(index // 2 + again) % len(_TURNS)]
    page_language = language if own or turn is None else first
    url = f"{SITE}{column['slug']}/" + (f"{again}/" if again else "") + f"{page_language}/"
    width, height = column["picture"]
    paragraphs = column[language]
    shown = paragraphs[: _PARAGRAPHS[(place > 0) + (place > 3)]]
    return ItemView(
        key=f"{column['slug']}-{again}",
        title=column["titles"][language][again],
        title_language=language,
        blocks=tuple(BlockView(paragraph, language) for paragraph in shown),
        origin=turn or Origin.AUTHOR,
        url=url,
        url_language=page_language,
        link=f"{url}?utm_source=cx-greetz&utm_medium=email&utm_campaign=2026-11",
        image=Image(f"{SITE}{column['slug']}.png", column["alt"][language], width, height),
        author=AUTHOR,
        publication="CustomerFirst" if first == "nl" else None,
        publication_language="nl" if first == "nl" else None,
        published=MONTH + timedelta(days=20 - place),
        truncated=len(shown) < len(paragraphs),
        own_translation=turn is None,
    )


def _without_pictures(view: EmailView) -> EmailView:
    return replace(view, items=tuple(replace(item, image=None) for item in view.items))


def _bare(view: EmailView) -> EmailView:
    return replace(view, greeting="", signature="", events=())


def _with_long_titles(view: EmailView) -> EmailView:
    """The lead, a panel item and a short read get a title of 140 characters."""
    title = _LONG[view.language]
    items = (replace(i, title=title) if n in (0, 2, 4) else i for n, i in enumerate(view.items))
    return replace(view, items=tuple(items), subject=title)


def _waiting(view: EmailView) -> EmailView:
    """An edition as its editor sees it before the translation: some words are the original's."""
    other: Language = "en" if view.language == "nl" else "nl"

    def wait(item: ItemView, original: ItemView) -> ItemView:
        return replace(
            original,
            blocks=tuple(replace(b, waiting=True) for b in original.blocks),
            origin=Origin.WAITING,
            url_language=other,
            publication=None,
            own_translation=False,
            image=item.image,
        )

    originals = a_view(other, len(view.items)).items
    items = (
        wait(item, original) if place in (0, 1, 4) else item
        for place, (item, original) in enumerate(zip(view.items, originals, strict=True))
    )
    return replace(view, items=tuple(items))


def draw_pictures(browser: Browser, folder: Path) -> None:
    """Draw the picture of every column into `folder`, as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    with browsers.a_page(browser) as page:
        for column in _material()["columns"]:
            width, height = column["picture"]
            page.set_viewport_size({"width": width, "height": height})
            page.goto((FOLDER / f"{column['slug']}.svg").resolve().as_uri())
            page.screenshot(path=folder / f"{column['slug']}.png")


def at_home(html: str, pictures: str) -> str:
    """Let the email's pictures come from the folder `pictures`, as a page on a disk finds them."""
    return html.replace(f'src="{SITE}', f'src="{pictures}/')
