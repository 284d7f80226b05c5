"""Decide what a month's newsletter holds and how each piece appears in it.

In: pieces with their times, what earlier editions carried, translations. Out: an Edition,
and per language an EmailView in which every decision has been taken. Never: network, SQL,
a clock, markup of an email.

An edition takes every piece that no earlier edition carried, up to its closing time: late
finds travel in the next one, none is lost and none goes twice.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from cxgreetz import sentences
from cxgreetz.errors import UsageError
from cxgreetz.markup import plain_text
from cxgreetz.markup.sentences import sentence_ends
from cxgreetz.model import (
    Block,
    BlockKind,
    BlockView,
    Edition,
    EditionKey,
    EmailView,
    Event,
    EventView,
    Image,
    Item,
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
#: Why the program itself left a piece out: it is asked again at every refresh.
NO_ROOM = "no room in this email, which would be cut off; it goes into the next edition"


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


@dataclass(frozen=True, slots=True)
class Candidate:
    """A piece and the time that places it in a month."""

    piece: Piece
    effective: datetime


def edition_key(text: str | None, now: datetime, zone: ZoneInfo) -> EditionKey:
    """Read "2026-11"; None is the month of `now` in `zone`. Raises UsageError."""
    if text is None:
        return EditionKey(f"{now.astimezone(zone):%Y-%m}")
    if not re.fullmatch(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise UsageError(f"{text!r} is no edition; write a month, for example 2026-11")
    return EditionKey(text)


def closing_time(text: str | None, key: EditionKey, now: datetime, zone: ZoneInfo) -> datetime:
    """When an edition closes: as asked, else now, but not after its month has ended.

    `text` is a date (its whole day counts) or a date and time, in `zone` unless it names
    another. Raises UsageError.
    """
    year, month = (int(part) for part in key.split("-"))
    if text is None:
        last = calendar.monthrange(year, month)[1]
        end = datetime(year, month, last, 23, 59, 59, tzinfo=zone)
        return min(now, end).astimezone(UTC)
    return parse_when(text, zone, whole_day=True)


def parse_when(text: str, zone: ZoneInfo, *, whole_day: bool = False) -> datetime:
    """Read "2026-11-22" or "2026-11-22T09:00" into UTC; raises UsageError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        example = "2026-11-22 or 2026-11-22T09:00"
        raise UsageError(f"{text!r} is no date; write it like {example}") from None
    if len(text) == len("2026-11-22") and whole_day:
        moment = moment.replace(hour=23, minute=59, second=59)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise UsageError(f"{text!r} is too far away to be a date of a newsletter") from None


def compose(
    key: EditionKey,
    candidates: Iterable[Candidate],
    spoken_for: Mapping[str, str],
    closing: datetime,
    previous: Edition | None = None,
    *,
    start: datetime | None = None,
    closing_is_fixed: bool = False,
) -> Edition:
    """Choose the pieces of an edition, newest first.

    `spoken_for` says which edition has carried a piece or has begun to. What the editor did
    to `previous` (left out, written by hand) is kept; what only found no room is taken in
    again. Nothing from before `start` enters.
    """
    added = previous.added if previous else ()
    chosen = [
        c
        for c in candidates
        if (
            c.piece.key in added
            or ((start is None or start <= c.effective) and c.effective <= closing)
        )
        and spoken_for.get(c.piece.key, key) == key
    ]
    chosen.sort(key=lambda c: (-c.effective.timestamp(), c.piece.key))
    before = {item.piece: item for item in previous.items} if previous else {}
    items = [before.get(c.piece.key) or Item(c.piece.key) for c in chosen]
    items = [replace(i, left_out=None) if i.left_out == NO_ROOM else i for i in items]
    if previous is None:
        return Edition(key, tuple(items), closing, closing_is_fixed=closing_is_fixed)
    return replace(
        previous,
        items=_ordered(items, previous.order),
        closing=closing,
        closing_is_fixed=closing_is_fixed,
    )


def _ordered(items: Iterable[Item], order: Sequence[str]) -> tuple[Item, ...]:
    """Put the pieces that `order` names first, in its order; the others stay as they are."""
    places = {piece: place for place, piece in enumerate(order)}
    return tuple(sorted(items, key=lambda item: places.get(item.piece, len(places))))


def arrange(edition: Edition, pieces: Sequence[str]) -> Edition:
    """Show `pieces` first and in this order, the others after them as they stood.

    The first one is the lead. Raises UsageError for a piece that is not shown, or named twice.
    """
    if len(set(pieces)) != len(pieces):
        raise UsageError("a piece stands twice in the order")
    for piece in pieces:
        _expect(edition, piece)
    rest = [piece for piece in edition.shown if piece not in pieces]
    order = (*pieces, *rest)
    return replace(edition, items=_ordered(edition.items, order), order=order)


def take_in(edition: Edition, piece: str) -> Edition:
    """Take in a piece of another time, at the end."""
    if piece in {item.piece for item in edition.items}:
        return leave_out(edition, piece, None)
    items = (*edition.items, Item(piece))
    return replace(edition, items=items, added=(*edition.added, piece))


def shorten(edition: Edition, piece: str, most: int | None) -> Edition:
    """Show at most so many sentences of a piece; None: as many as its place has room for."""
    if most is not None and most < 1:
        raise UsageError(f"{most} sentences are none; to show nothing of it, leave it out")
    _expect(edition, piece)
    items = tuple(
        replace(item, sentences=most) if item.piece == piece else item for item in edition.items
    )
    return replace(edition, items=items)


def mend(edition: Edition, language: str, original: str, html: str) -> Edition:
    """Show `html` where the author wrote `original`; the same again takes the mending away."""
    key = mend_key(language, original)
    kept = {name: text for name, text in edition.mended.items() if name != key}
    return replace(edition, mended=kept | ({key: html} if html != original else {}))


def _expect(edition: Edition, piece: str) -> None:
    if piece not in {item.piece for item in edition.items}:
        known = ", ".join(item.piece for item in edition.items) or "none"
        raise UsageError(f"{piece!r} is not in edition {edition.key}; its pieces are: {known}")


def leave_out(edition: Edition, piece: str, reason: str | None) -> Edition:
    """Leave a piece out with the reason, or take it in again (None). Raises UsageError."""
    _expect(edition, piece)
    items = tuple(
        replace(item, left_out=reason) if item.piece == piece else item for item in edition.items
    )
    return replace(edition, items=items)


def put_over(edition: Edition, count: int) -> Edition:
    """Leave `count` pieces to the next edition for want of room: of the short reads, the newest.

    What waited longest goes first, so that no piece is put over month after month.
    """
    late = set(edition.shown[1 + PANEL_ITEMS :][:count])
    items = tuple(
        replace(item, left_out=NO_ROOM) if item.piece in late else item for item in edition.items
    )
    return replace(edition, items=items)


def lay_out(
    edition: Edition,
    language: Language,
    pieces: Mapping[str, Piece],
    translations: Mapping[str, Translation],
    letterhead: Letterhead,
    *,
    brief: bool = False,
) -> EmailView:
    """Take every decision of what the email in `language` shows.

    `translations` holds, by piece, those without an author's own text in `language`;
    `brief` tells the short reads by their titles, for want of room.
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
    )


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
    source = re.sub(r"[\W_]+", "-", newsletter.lower()).strip("-")
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
            e.titles[language],
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

    @property
    def words(self) -> int:
        """How many there is room for."""
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
    texts = [place.mend(b) for b in blocks if b.block.kind != BlockKind.PICTURE]
    if title_origin is Origin.AUTHOR:
        title = place.mended.get(mend_key(language, title), title)
    credit = piece.credit
    shown = excerpt(texts, place.words, credit.excerpt_limit, place.most)
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
    return BlockView(
        html=shown.block.html,
        kind=shown.block.kind,
        level=shown.block.level,
        language=(post.language or language) if waiting else language,
        waiting=waiting,
    )


def excerpt(
    blocks: Sequence[TranslatedBlock],
    words: int,
    characters: int | None = None,
    most: int | None = None,
) -> list[TranslatedBlock]:
    """The beginning of a text: whole blocks up to about `words` words, at least one.

    `most` is how many sentences a person wants to see of it; it may cut the last block short.
    `characters` is a right, not a wish: it is never passed, and the text is then cut at the
    last sentence's end that fits (else, of a first paragraph, at a word's end). A heading never
    stands last.
    """
    shown: list[TranslatedBlock] = []
    count = used = 0
    for entry in blocks:
        text = plain_text(entry.block.html)
        if shown and count + len(text.split()) > words * 1.25:
            break
        if characters is not None and used + len(text) > characters:
            cut = _cut(text, characters - used)
            # After whole paragraphs a sentence that breaks off is not worth its beginning.
            if cut and not (shown and cut.endswith("…") and not text.startswith(cut)):
                shown.append(replace(entry, block=_plain_block(entry.block, cut)))
            break
        shown.append(entry)
        count, used = count + len(text.split()), used + len(text)
        if count >= words:
            break
    while len(shown) > 1 and shown[-1].block.kind == BlockKind.HEADING:
        shown.pop()
    if len(shown) == 1 and count > words * 1.6:
        # One very long first paragraph would push everything else off the screen.
        text = plain_text(shown[0].block.html)
        fitting = len(" ".join(text.split()[: int(words * 1.25)]))
        shown[0] = replace(shown[0], block=_plain_block(shown[0].block, _cut(text, fitting)))
    return shown if most is None else _first_sentences(shown, most)


def _first_sentences(blocks: Sequence[TranslatedBlock], most: int) -> list[TranslatedBlock]:
    """The first `most` sentences of a text; a block that goes on after them is cut."""
    shown: list[TranslatedBlock] = []
    for entry in blocks:
        found = sentences.split(plain_text(entry.block.html))
        if len(found) > most:
            entry = replace(entry, block=_plain_block(entry.block, " ".join(found[:most])))
        shown.append(entry)
        most -= len(found)
        if most <= 0:
            break
    return shown


def _plain_block(block: Block, text: str) -> Block:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return replace(block, html=escaped.replace("\n", "<br/>"))


def _cut(text: str, characters: int) -> str:
    """The start of `text`, at most `characters` long, ending where a sentence ends if it can."""
    if len(text) <= characters:
        return text
    end = max((end for end in sentence_ends(text) if end <= characters), default=0)
    if end > characters / 3:
        return text[:end]
    head = text[: max(0, characters - 1)].rpartition(" ")[0].rstrip(" ,;:")
    return f"{head}…" if head else ""


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
    return both if len(both) <= SUBJECT_LENGTH else _cut_title(items[0].title, SUBJECT_LENGTH)


def _preheader(items: Sequence[ItemView]) -> str:
    """What the inbox shows behind the subject: the other titles, else how the lead begins."""
    if not items:
        return ""
    titles = [item.title for item in items[1:4]]
    text = " · ".join(titles)
    if not titles and items[0].blocks:
        text = plain_text(items[0].blocks[0].html)
    return _cut_title(text, PREHEADER_LENGTH)


def _cut_title(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return text[: length - 1].rpartition(" ")[0].rstrip(" ,;:·–-") + "…"
