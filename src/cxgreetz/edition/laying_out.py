"""Take every decision of what an email shows, item by item.

In: an edition, its pieces and translations, what all letters have in common. Out: one
EmailView per language. Never: markup of an email, a choice of pieces.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import takewhile
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from cxgreetz.edition.excerpts import cut_title, excerpt
from cxgreetz.markup import plain_text
from cxgreetz.model import (
    BlockKind,
    BlockView,
    Edition,
    EmailView,
    Event,
    EventView,
    Image,
    ItemView,
    Language,
    Origin,
    Piece,
    Post,
    TranslatedBlock,
    Translation,
    least_certain,
    mend_key,
)

#: Words shown of the lead, of each of the next three, and of each short read. An email of
#: ten pieces then has some 450 words: what a reader finishes.
LEAD_WORDS, PANEL_WORDS, SHORT_WORDS = 110, 55, 24
PANEL_ITEMS = 3
#: A phone shows some 40 characters of a subject, a desktop some 70.
SUBJECT_LENGTH, PREHEADER_LENGTH = 70, 120
#: Events told in one letter.
MOST_EVENTS = 4


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every letter of a newsletter has in common."""

    newsletter: str
    #: "Name <address>"
    sender: str
    languages: Sequence[Language]
    #: Days are told in it.
    zone: ZoneInfo
    #: By language: who signs.
    signatures: Mapping[str, str] = field(default_factory=dict)
    postal_address: str = ""
    #: Where the letters stand on the web, with {edition} and {language} to fill in; "": nowhere.
    web: str = ""
    #: Links to columns and events say which letter they stood in.
    counted: bool = False
    events: Sequence[Event] = ()


def lay_out(
    edition: Edition,
    language: Language,
    pieces: Mapping[str, Piece],
    translations: Mapping[str, Translation],
    letterhead: Letterhead,
    *,
    brief: bool = False,
    corrected: date | None = None,
) -> EmailView:
    """Take every decision of what the email in `language` shows.

    `translations` holds, by piece, those without an author's own text in `language`;
    `brief` tells the short reads by their titles, for want of room; `corrected` is the day
    of a correction after it had gone out.
    """
    head, key = letterhead, edition.key
    shown = [item for item in edition.items if item.left_out is None]
    items = tuple(
        _item(
            pieces[one.piece],
            _Place(language, place, one.sentences, edition.mended, head.zone),
            translations.get(one.piece),
        )
        for place, one in enumerate(shown)
    )
    events = _events(head.events, language, edition.closing.astimezone(head.zone).date())
    if head.counted:
        items = tuple(
            replace(item, link=counted(item.url, head.newsletter, key, f"{language}-{place}"))
            for place, item in enumerate(items, 1)
        )
        events = tuple(
            replace(e, link=counted(e.url, head.newsletter, key, f"{language}-event-{place}"))
            for place, e in enumerate(events, 1)
        )
    year, month = (int(part) for part in key.split("-"))
    other = next((other for other in head.languages if other != language), None)
    return EmailView(
        edition=key,
        language=language,
        newsletter=head.newsletter,
        sender=head.sender,
        subject=edition.subjects.get(language) or _subject(items, head.newsletter),
        preheader=_preheader(items),
        greeting=edition.greetings.get(language, ""),
        month=date(year, month, 1),
        items=items,
        other_language=other,
        events=events,
        signature=head.signatures.get(language, ""),
        postal_address=head.postal_address,
        web_version=head.web.format(edition=key, language=language),
        sister=head.web.format(edition=key, language=other) if other else "",
        brief=brief,
        corrected=corrected,
    )


def whole_texts(
    edition: Edition,
    language: Language,
    pieces: Mapping[str, Piece],
    translations: Mapping[str, Translation],
    letterhead: Letterhead,
) -> tuple[ItemView, ...]:
    """The translated columns that the letter in `language` shows, each as a page of its own.

    With all of their text as far as rights allow and up to the first paragraph that nobody has
    translated; what the author wrote in `language` has a page already.
    """
    place = _Place(language, 0, None, edition.mended, letterhead.zone, whole=True)
    views = (
        _item(pieces[key], place, translations[key])
        for key in edition.shown
        if key in pieces and key in translations
    )
    return tuple(view for view in views if view.origin is not Origin.WAITING and view.blocks)


def counted(url: str, newsletter: str, campaign: str, content: str) -> str:
    """Write into a web address which letter, and which place in it, a reader came from.

    What the address already says stays as it is, and first. An address that is none, or
    that names a source of its own, comes back unchanged.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    mine = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if parts.scheme not in ("http", "https") or any(name.startswith("utm_") for name in mine):
        return url
    source = re.sub(r"[\W_]+", "-", newsletter.lower()).strip("-") or "newsletter"
    added = {
        "utm_source": source,
        "utm_medium": "email",
        "utm_campaign": campaign,
        "utm_content": content,
    }
    query = "&".join(part for part in (parts.query, urlencode(added)) if part)
    return urlunsplit(parts._replace(query=query))


def _events(events: Sequence[Event], language: Language, today: date) -> tuple[EventView, ...]:
    """The events that are still to come, the soonest first, those without a day last."""
    coming = [e for e in events if (last := e.until or e.day) is None or last >= today]
    coming.sort(key=lambda e: (e.day is None, e.day or today))
    return tuple(
        EventView(
            e.kind,
            # It may have been announced when the newsletter had one language.
            e.titles.get(language) or next(iter(e.titles.values())),
            e.day,
            e.notes.get(language, ""),
            e.links.get(language, ""),
        )
        for e in coming[:MOST_EVENTS]
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an item stands, and what a person asked for there."""

    language: Language
    #: From 0, the lead.
    number: int
    #: Sentences.
    most: int | None
    mended: Mapping[str, str]
    zone: ZoneInfo

    #: True: a page of its own, with pictures, up to what nobody has translated.
    whole: bool = False

    @property
    def words(self) -> int:
        """How many there is room for."""
        if self.whole:
            return sys.maxsize
        return (LEAD_WORDS, PANEL_WORDS, SHORT_WORDS)[
            (self.number > 0) + (self.number > PANEL_ITEMS)
        ]

    def mend(self, shown: TranslatedBlock) -> TranslatedBlock:
        """Put a person's words in the place of the author's."""
        if not self.mended or shown.origin is not Origin.AUTHOR:
            return shown
        html = self.mended.get(mend_key(self.language, shown.block.html))
        if html is None:
            return shown
        return replace(shown, block=replace(shown.block, html=html))


def _item(piece: Piece, place: _Place, translation: Translation | None) -> ItemView:
    language, zone = place.language, place.zone
    own = piece.post(language)
    post = own or piece.origin
    if own or translation is None:
        origin = Origin.AUTHOR if own else Origin.WAITING
        title, title_origin = post.title, origin
        blocks = [TranslatedBlock(block, origin) for block in post.blocks]
    else:
        title, title_origin = translation.title, translation.title_origin
        blocks = list(translation.blocks)
    limit = piece.credit.excerpt_limit
    with_pictures = place.whole and limit is None
    texts = [place.mend(b) for b in blocks if with_pictures or b.block.kind != BlockKind.PICTURE]
    readable = list(takewhile(_is_read, texts)) if place.whole else texts
    if title_origin is Origin.AUTHOR:
        title = place.mended.get(mend_key(language, title), title)
    credit = piece.credit
    shown = excerpt(readable, place.words, limit, place.most)
    hidden = texts[len(shown) :]
    cut_inside = bool(shown) and shown[-1].block != texts[len(shown) - 1].block
    waiting = title_origin == Origin.WAITING
    language_there, published = _first_appearance(piece, post)
    return ItemView(
        key=piece.key,
        title=title,
        title_language=(post.language or language) if waiting else language,
        blocks=tuple(_block_view(b, language, post) for b in shown),
        image=_image(post, blocks, language) or _borrowed_image(piece),
        url=post.url,
        url_language=post.language or language,
        origin=least_certain([title_origin, *(b.origin for b in shown)]),
        author=credit.author,
        publication=credit.publication,
        publication_language=language_there,
        published=published.astimezone(zone) if published else None,
        truncated=bool(hidden) or cut_inside,
        own_translation=own is not None and own.language != piece.origin.language,
        waiting_below=sum(b.origin == Origin.WAITING for b in hidden),
    )


def _first_appearance(piece: Piece, post: Post) -> tuple[Language | None, datetime | None]:
    """In which language a piece appeared first, and when; None: nobody says so.

    A translation that names a publication speaks of the original. Where the original names it,
    who knows in which language, and when, it stood there.
    """
    credit, origin = piece.credit, piece.origin
    if not credit.publication:
        return None, credit.published or post.published
    if origin.credit.publication:
        return None, credit.published
    return origin.language, credit.published or origin.published


def _block_view(shown: TranslatedBlock, language: Language, post: Post) -> BlockView:
    waiting = shown.origin == Origin.WAITING
    if waiting:
        words_in = post.language or language
    else:
        # An author may quote in another language.
        words_in = (shown.origin == Origin.AUTHOR and shown.block.language) or language
    return BlockView(
        html=shown.block.html,
        kind=shown.block.kind,
        level=shown.block.level,
        language=words_in,
        waiting=waiting,
        image=shown.block.image,
    )


def _is_read(shown: TranslatedBlock) -> bool:
    return shown.origin is not Origin.WAITING


def _image(post: Post, blocks: Sequence[TranslatedBlock], language: Language) -> Image | None:
    """The picture of an item: the page's own choice, with the words of a reader's language."""
    pictures = [b.block.image for b in blocks if b.block.image is not None]
    if post.image is None:
        return pictures[0] if pictures else None
    in_text = next((p for p in pictures if p.src == post.image.src), None)
    if in_text or post.language == language:
        return in_text or post.image
    # Its words stand nowhere in the text, so nobody translated them.
    return replace(post.image, alt="")


def _borrowed_image(piece: Piece) -> Image | None:
    """A picture of the piece's other posts: as decoration, for its words are not the reader's."""
    images = (p.image or next((b.image for b in p.blocks if b.image), None) for p in piece.posts)
    image = next((image for image in images if image is not None), None)
    return replace(image, alt="") if image else None


def _subject(items: Sequence[ItemView], newsletter: str) -> str:
    """The lead's title with the newsletter's name where both fit, else what fits."""
    if not items:
        return newsletter
    both = f"{items[0].title} · {newsletter}"
    return both if len(both) <= SUBJECT_LENGTH else cut_title(items[0].title, SUBJECT_LENGTH)


def _preheader(items: Sequence[ItemView]) -> str:
    """What the inbox shows behind the subject: the other titles, else how the lead begins."""
    if not items:
        return ""
    titles = [item.title for item in items[1:4]]
    text = " · ".join(titles)
    if not titles and items[0].blocks:
        text = plain_text(items[0].blocks[0].html)
    return cut_title(text, PREHEADER_LENGTH)
