"""Small posts and views that tests put together; all texts are made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cxgreetz.model import (
    Block,
    BlockKind,
    BlockView,
    Credit,
    EditionKey,
    Email,
    EmailView,
    Image,
    ItemView,
    Language,
    Origin,
    Piece,
    Post,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TEXTS: dict[Language, tuple[str, ...]] = {
    "nl": (
        "Op het station stond een man die al twintig jaar dezelfde koffie schenkt aan iedereen.",
        "Hij kent de namen van zijn klanten, en dat is geen toeval maar een keuze van zijn baas.",
        "Wie zijn klanten bij naam kent, hoeft geen enquête te sturen om te weten hoe het gaat.",
    ),
    "en": (
        "At the station there was a man who has poured the same coffee for twenty years now.",
        "He knows the names of his customers, and that is no accident but his boss's choice.",
        "If you know your customers by name, you need no survey to know how they are doing.",
    ),
}


def a_post(url: str = "https://blog.example/koffie/", **changes: Any) -> Post:
    """A Dutch column of three paragraphs, three days old."""
    language: Language = changes.get("language", "nl") or "nl"
    texts = changes.pop("texts", TEXTS[language])
    values: dict[str, Any] = {
        "url": url,
        "title": "Koffie op perron 4" if language == "nl" else "Coffee on platform 4",
        "language": language,
        "blocks": tuple(Block(BlockKind.PARAGRAPH, text, language) for text in texts),
        "source": "blog",
        "published": NOW - timedelta(days=3),
        "credit": Credit("Marijke van der Veen"),
    }
    return Post(**{**values, **changes})


def a_piece(key: str = "koffie", *posts: Post) -> Piece:
    return Piece(key, posts or (a_post(),))


def an_item(**changes: Any) -> ItemView:
    language: Language = changes.pop("language", "nl")
    blocks = tuple(BlockView(text, language) for text in TEXTS[language])
    item = ItemView(
        key="koffie",
        title="Koffie op perron 4",
        title_language=language,
        blocks=blocks,
        origin=Origin.AUTHOR,
        url="https://blog.example/koffie/",
        url_language=language,
        author="Marijke van der Veen",
        published=date(2026, 11, 19),
    )
    return replace(item, **changes)


def a_view(*items: ItemView, **changes: Any) -> EmailView:
    view = EmailView(
        edition=EditionKey("2026-11"),
        language="nl",
        newsletter="CX Greetz",
        sender="Marijke <marijke@example.org>",
        subject="Koffie op perron 4 · CX Greetz",
        preheader="Waarom een naam meer zegt dan een cijfer",
        month=date(2026, 11, 1),
        items=items or (an_item(),),
    )
    return replace(view, **changes)


def an_email(**changes: Any) -> Email:
    email = Email(
        edition=EditionKey("2026-11"),
        language="nl",
        subject="Koffie op perron 4 · CX Greetz",
        preheader="Waarom een naam meer zegt dan een cijfer",
        html='<html><body><p>Dag</p><a href="cxgreetz:web_version">Bekijk online</a>'
        '<a href="cxgreetz:unsubscribe">Afmelden</a></body></html>',
        text="Dag\n\nBekijk online: <cxgreetz:web_version>\nAfmelden: <cxgreetz:unsubscribe>\n",
        sender="Marijke <marijke@example.org>",
    )
    return replace(email, **changes)


PICTURE = Image("https://blog.example/koffie.png", "Een man schenkt koffie", 800, 400)
