"""What a month's newsletter holds, and how each piece appears in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cxgreetz.edition import (
    NO_ROOM,
    Candidate,
    Letterhead,
    closing_time,
    compose,
    counted,
    edition_key,
    excerpt,
    lay_out,
    leave_out,
    parse_when,
    put_over,
)
from cxgreetz.errors import UsageError
from cxgreetz.markup import plain_text
from cxgreetz.model import (
    Block,
    BlockKind,
    Credit,
    Edition,
    EditionKey,
    EmailView,
    Event,
    Item,
    Language,
    Origin,
    Piece,
    TranslatedBlock,
    Translation,
)
from samples import NOW, PICTURE, TEXTS, a_piece, a_post

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOVEMBER = EditionKey("2026-11")
LETTERHEAD = Letterhead("CX Greetz", "Marijke <m@example.org>", ["nl", "en"], AMSTERDAM)


def candidate(key: str, days: int) -> Candidate:
    return Candidate(a_piece(key), NOW - timedelta(days=days))


def keys(edition: Edition) -> list[str]:
    return [item.piece for item in edition.items]


def test_the_month_is_counted_where_the_newsletter_lives() -> None:
    newyear = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert edition_key(None, newyear, AMSTERDAM) == "2027-01"
    assert edition_key("2026-02", newyear, AMSTERDAM) == "2026-02"


@pytest.mark.parametrize("text", ["2026-13", "2026", "november", "2026-1", "2026-11-01", ""])
def test_a_wrong_month_is_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="write a month, for example 2026-11"):
        edition_key(text, NOW, AMSTERDAM)


def test_an_edition_closes_now_but_not_after_its_month() -> None:
    assert closing_time(None, NOVEMBER, NOW, AMSTERDAM) == NOW
    december = datetime(2026, 12, 9, tzinfo=UTC)
    assert closing_time(None, NOVEMBER, december, AMSTERDAM) == datetime(
        2026, 11, 30, 22, 59, 59, tzinfo=UTC
    )
    assert closing_time("2026-11-15", NOVEMBER, NOW, AMSTERDAM) == datetime(
        2026, 11, 15, 22, 59, 59, tzinfo=UTC
    )


def test_times_are_read_in_the_newsletters_zone() -> None:
    assert parse_when("2026-07-01T09:00", AMSTERDAM) == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert parse_when("2026-07-01T09:00+00:00", AMSTERDAM) == datetime(2026, 7, 1, 9, tzinfo=UTC)
    with pytest.raises(UsageError, match="'soon' is no date"):
        parse_when("soon", AMSTERDAM)


def test_an_edition_takes_every_piece_not_yet_carried_newest_first() -> None:
    candidates = [candidate("old", 40), candidate("late", 70), candidate("new", 1)]
    edition = compose(NOVEMBER, candidates, {}, NOW)
    assert keys(edition) == ["new", "old", "late"]


def test_none_goes_twice_and_none_is_lost() -> None:
    candidates = [candidate("a", 40), candidate("b", 3), candidate("tomorrow", -1)]
    october = compose(EditionKey("2026-10"), candidates, {}, NOW - timedelta(days=20))
    assert keys(october) == ["a"]
    november = compose(NOVEMBER, candidates, {"a": "2026-10"}, NOW)
    assert keys(november) == ["b"]
    december = compose(
        EditionKey("2026-12"), candidates, {"a": "2026-10", "b": "2026-11"}, NOW + timedelta(days=9)
    )
    assert keys(december) == ["tomorrow"]
    again = compose(NOVEMBER, candidates, {"a": "2026-10", "b": "2026-11"}, NOW)
    assert keys(again) == ["b"], "its own pieces stay in a replayed edition"


def test_a_refresh_keeps_what_the_editor_did() -> None:
    first = compose(NOVEMBER, [candidate("a", 3), candidate("b", 2)], {}, NOW)
    edited = replace(leave_out(first, "a", "not now"), subjects={"nl": "Mijn onderwerp"})
    again = compose(NOVEMBER, [candidate("a", 3), candidate("c", 1)], {}, NOW, edited)
    assert again.items == (Item("c"), Item("a", "not now"))
    assert again.subjects == {"nl": "Mijn onderwerp"}
    assert leave_out(again, "a", None).items == (Item("c"), Item("a"))
    with pytest.raises(UsageError, match="'x' is not in edition 2026-11; its pieces are: c, a"):
        leave_out(again, "x", "why")


# how pieces appear


def show(
    *pieces: Piece,
    language: Language = "nl",
    translations: dict[str, Translation] | None = None,
    letterhead: Letterhead | None = None,
) -> EmailView:
    edition = Edition(NOVEMBER, tuple(Item(p.key) for p in pieces), NOW)
    return lay_out(
        edition,
        language,
        {p.key: p for p in pieces},
        translations or {},
        letterhead or LETTERHEAD,
    )


def a_translation(*origins: Origin) -> Translation:
    source = a_post()
    blocks = tuple(
        TranslatedBlock(Block(BlockKind.PARAGRAPH, text, "en"), origin, block)
        for text, origin, block in zip(TEXTS["en"], origins, source.blocks, strict=True)
    )
    title = "Coffee on platform 4"
    return Translation("koffie", "en", "nl", title, Origin.MEMORY, blocks, source.fingerprint)


def test_the_authors_own_text_is_used_in_her_language() -> None:
    view = show(a_piece("koffie", a_post()))
    (item,) = view.items
    assert (item.title, item.origin) == ("Koffie op perron 4", Origin.AUTHOR)
    assert (item.url, item.url_language) == ("https://blog.example/koffie/", "nl")
    assert not item.waiting
    assert (view.language, view.other_language) == ("nl", "en")


def test_the_authors_own_translation_beats_any_other() -> None:
    both = a_piece("koffie", a_post(), a_post("https://blog.example/coffee/", language="en"))
    (item,) = show(both, language="en").items
    assert (item.title, item.origin, item.url_language) == (
        "Coffee on platform 4",
        Origin.AUTHOR,
        "en",
    )


def test_a_translation_is_shown_with_its_least_certain_origin() -> None:
    translations = {"koffie": a_translation(Origin.MEMORY, Origin.ENGINE, Origin.EDITOR)}
    (item,) = show(a_piece(), language="en", translations=translations).items
    assert item.title == "Coffee on platform 4"
    assert item.origin == Origin.ENGINE
    assert item.url_language == "nl", "the page it leads to is still the Dutch one"
    assert {block.language for block in item.blocks} == {"en"}


def test_what_nobody_translated_waits_and_is_never_made_up() -> None:
    (untouched,) = show(a_piece(), language="en").items
    assert untouched.origin == Origin.WAITING
    assert untouched.title == "Koffie op perron 4" and untouched.title_language == "nl"
    assert all(block.waiting and block.language == "nl" for block in untouched.blocks)


def test_what_waits_below_the_excerpt_is_counted() -> None:
    translation = a_translation(Origin.MEMORY, Origin.MEMORY, Origin.WAITING)
    long = "word " * 120
    first = replace(translation.blocks[0], block=Block(BlockKind.PARAGRAPH, long.strip(), "en"))
    translation = replace(translation, blocks=(first, *translation.blocks[1:]))
    (item,) = show(a_piece(), language="en", translations={"koffie": translation}).items
    assert item.waiting_below == 1 and not item.waiting and item.truncated


def test_a_piece_that_was_left_out_is_not_shown() -> None:
    edition = Edition(NOVEMBER, (Item("koffie", "later"),), NOW)
    view = lay_out(
        edition,
        "nl",
        {"koffie": a_piece()},
        {},
        LETTERHEAD,
    )
    assert view.items == ()
    assert view.subject == "CX Greetz"


def test_days_are_told_where_the_newsletter_lives() -> None:
    late = a_post(published=datetime(2026, 11, 18, 23, 30, tzinfo=UTC))
    (item,) = show(a_piece("koffie", late)).items
    assert f"{item.published:%Y-%m-%d}" == "2026-11-19"


def test_what_an_author_quotes_is_in_the_language_it_is_in() -> None:
    """A screen reader then speaks it as it should."""
    quote = Block(BlockKind.QUOTE, TEXTS["en"][0], "en")
    short = Block(BlockKind.PARAGRAPH, "Ja.", None)
    post = a_post(blocks=(*a_post().blocks[:1], quote, short))
    (item,) = show(a_piece("koffie", post)).items
    assert [block.language for block in item.blocks] == ["nl", "en", "nl"]
    assert not item.waiting


def test_the_subject_is_the_leads_title_and_fits() -> None:
    assert show(a_piece()).subject == "Koffie op perron 4 · CX Greetz"
    long = a_piece("lang", a_post(title="Waarom " + "heel " * 20 + "lange titels"))
    subject = show(long).subject
    assert len(subject) <= 70 and subject.endswith("…")


def test_the_preheader_adds_to_the_subject() -> None:
    assert show(a_piece()).preheader.startswith("Op het station stond een man")
    two = show(a_piece(), a_piece("bakker", a_post(title="De bakker die nee zei")))
    assert two.preheader == "De bakker die nee zei"


def test_a_picture_comes_with_the_words_of_the_readers_language() -> None:
    picture = Block(BlockKind.PICTURE, image=PICTURE)
    post = a_post(image=replace(PICTURE, alt=None))
    post = replace(post, blocks=(*post.blocks, picture))
    (item,) = show(a_piece("koffie", post)).items
    assert item.image == PICTURE


def test_a_picture_without_translated_words_has_none() -> None:
    piece = a_piece("koffie", a_post(image=PICTURE))
    (item,) = show(piece, language="en").items
    assert item.image == replace(PICTURE, alt="")


def test_a_picture_of_the_sister_post_is_borrowed_as_decoration() -> None:
    sister = a_post("https://blog.example/coffee/", language="en", image=PICTURE)
    (item,) = show(a_piece("koffie", a_post(), sister)).items
    assert item.image == replace(PICTURE, alt="")


def test_a_publication_that_only_the_original_names_is_told_without_language_and_day() -> None:
    """The day on which a blog repeats a column is not the magazine's, nor is its language."""
    credit = Credit("Marijke van der Veen", "CustomerFirst")
    repeated = a_post(language="en", credit=credit)
    for language in ("nl", "en"):
        (item,) = show(a_piece("koffie", repeated), language=language).items
        assert (item.publication, item.publication_language) == ("CustomerFirst", None)
        assert item.published is None


def test_a_translation_names_where_and_when_the_original_appeared() -> None:
    magazine = a_post("https://m.example/x", published=NOW - timedelta(days=30))
    credit = Credit("Marijke van der Veen", "CustomerFirst")
    english = a_post("https://blog.example/coffee/", language="en", credit=credit)
    for language in ("nl", "en"):
        (item,) = show(a_piece("koffie", magazine, english), language=language).items
        assert (item.publication, item.publication_language) == ("CustomerFirst", "nl")
        assert item.published and item.published.date() == magazine.published.date()


def test_credits_come_from_all_posts_of_a_piece() -> None:
    magazine = a_post(
        "https://m.example/x",
        credit=Credit("Marijke", "CustomerFirst", NOW - timedelta(days=30), excerpt_limit=120),
    )
    (item,) = show(a_piece("koffie", a_post(), magazine)).items
    assert (item.author, item.publication) == ("Marijke van der Veen", "CustomerFirst")
    assert sum(len(plain_text(b.html)) for b in item.blocks) <= 120


# excerpts


def blocks(*texts: str) -> list[TranslatedBlock]:
    return [TranslatedBlock(Block(BlockKind.PARAGRAPH, t, "nl"), Origin.AUTHOR) for t in texts]


def text_of(shown: list[TranslatedBlock]) -> str:
    return " | ".join(plain_text(s.block.html) for s in shown)


def test_an_excerpt_is_whole_paragraphs() -> None:
    shown = excerpt(blocks("Een twee drie.", "Vier vijf zes.", "Zeven acht."), 6)
    assert text_of(shown) == "Een twee drie. | Vier vijf zes."


def test_a_heading_never_stands_last() -> None:
    entries = blocks("Een twee drie vier.", "Kop", "Vijf zes zeven acht negen tien elf.")
    entries[1] = replace(entries[1], block=Block(BlockKind.HEADING, "Kop", "nl", 2))
    assert text_of(excerpt(entries, 5)) == "Een twee drie vier."


def test_a_right_to_quote_is_never_passed_and_ends_at_a_sentence() -> None:
    entries = blocks("Eerste zin hier. Tweede zin is wat langer dan de eerste. Derde.")
    assert text_of(excerpt(entries, 99, 30)) == "Eerste zin hier."
    assert (
        text_of(excerpt(blocks("Woorden zonder eind " * 9), 99, 30))
        == "Woorden zonder eind Woorden…"
    )
    assert excerpt(blocks("Onafbreekbaarlangwoord"), 99, 5) == []


@pytest.mark.parametrize(
    "text",
    [
        "Om acht uur sprak ik dr. Jansen aan de balie. Daarna ging ik naar huis, het was mooi.",
        "We went there at eight, e.g. to Mrs. Jones or so. Then we all went home, happy and late.",
        "Dat kost bijv. tien euro en o.a. een uur werk. Daarna heb je nog niets van de stad.",
    ],
)
def test_an_abbreviation_ends_no_sentence(text: str) -> None:
    assert text_of(excerpt(blocks(text), 99, 60)) == text[: text.index(". ", 40) + 1]
    assert text_of(excerpt(blocks(text), 99, 35)).endswith("…")


def test_no_paragraph_begins_that_its_first_sentence_cannot_end() -> None:
    entries = blocks("Eerste zin hier.", "Een tweede zin die veel te lang is voor wat er over is.")
    shown = excerpt(entries, 99, 40)
    assert text_of(shown) == "Eerste zin hier."


@pytest.mark.parametrize("limit", range(1, 130, 7))
def test_no_limit_is_ever_passed(limit: int) -> None:
    shown = excerpt(blocks(*TEXTS["nl"]), 40, limit)
    assert sum(len(plain_text(s.block.html)) for s in shown) <= limit


def test_one_endless_paragraph_is_cut_at_a_sentence() -> None:
    sentence = "Dit is een zin van acht woorden precies. "
    shown = excerpt(blocks(sentence * 30), 24)
    words = len(text_of(shown).split())
    assert 16 <= words <= 32
    assert text_of(shown).endswith("precies.")


def test_a_cut_keeps_signs_as_text() -> None:
    (shown,) = excerpt(blocks("A &lt;b&gt; &amp; co. " + "Nog een zin erbij hier. " * 20), 99, 20)
    assert shown.block.html == "A &lt;b&gt; &amp; co."


# links, events, room


@pytest.mark.parametrize(
    ("url", "followed"),
    [
        (
            "https://blog.example/koffie/",
            "https://blog.example/koffie/?utm_source=cx-greetz&utm_medium=email"
            "&utm_campaign=2026-11&utm_content=nl-1",
        ),
        (
            "https://blog.example/?p=12&lang=nl#slot",
            "https://blog.example/?p=12&lang=nl&utm_source=cx-greetz&utm_medium=email"
            "&utm_campaign=2026-11&utm_content=nl-1#slot",
        ),
        (
            "https://blog.example/?q=a%20b&leeg=",
            "https://blog.example/?q=a%20b&leeg=&utm_source=cx-greetz&utm_medium=email"
            "&utm_campaign=2026-11&utm_content=nl-1",
        ),
        ("https://blog.example/?utm_source=vriend", "https://blog.example/?utm_source=vriend"),
        ("mailto:m@example.org", "mailto:m@example.org"),
        ("", ""),
        ("https://[", "https://["),
    ],
)
def test_a_link_says_where_it_stood_and_keeps_what_it_said(url: str, followed: str) -> None:
    assert counted(url, "CX Greetz!", "2026-11", "nl-1") == followed


def test_items_and_events_are_counted_by_their_place_only_where_it_is_wished() -> None:
    event = Event("keynote", {"nl": "Lezing", "en": "Talk"}, links={"nl": "https://x.example/"})
    plain = replace(LETTERHEAD, events=[event])
    (item,) = show(a_piece(), letterhead=plain).items
    assert item.link == ""
    view = show(a_piece(), letterhead=replace(plain, counted=True))
    assert view.items[0].url == "https://blog.example/koffie/"
    assert view.items[0].link.endswith("utm_content=nl-1")
    assert view.events[0].link.endswith("utm_content=nl-event-1")


def test_events_to_come_are_told_the_soonest_first() -> None:
    def event(name: str, day: date | None = None, until: date | None = None) -> Event:
        return Event("event", {"nl": name, "en": f"{name}!"}, day, until=until)

    closing = NOW.astimezone(AMSTERDAM).date()
    events = [
        event("boek"),
        event("voorbij", closing - timedelta(days=1)),
        event("later", closing + timedelta(days=30)),
        event("vandaag", closing),
        event("actie", None, closing - timedelta(days=1)),
        event("reeks", closing - timedelta(days=9), closing + timedelta(days=9)),
    ]
    letterhead = replace(LETTERHEAD, events=events)
    told = [e.title for e in show(a_piece(), letterhead=letterhead).events]
    assert told == ["reeks", "vandaag", "later", "boek"]
    english = show(a_piece(), letterhead=letterhead, language="en").events
    assert [e.title for e in english] == [f"{name}!" for name in told]
    many = replace(LETTERHEAD, events=[event(str(n)) for n in range(9)])
    assert len(show(a_piece(), letterhead=many).events) == 4


def test_an_event_announced_before_the_newsletter_had_two_languages_is_told_in_both() -> None:
    letterhead = replace(LETTERHEAD, events=[Event("book", {"nl": "Koffie"})])
    assert [e.title for e in show(a_piece(), letterhead=letterhead, language="en").events] == [
        "Koffie"
    ]


def test_a_letterhead_gives_each_language_its_own() -> None:
    letterhead = replace(
        LETTERHEAD,
        signatures={"nl": "Marijke, in de blauwe jurk"},
        postal_address="Dorpsstraat 1",
        web="https://blog.example/{edition}/{language}/",
    )
    view = show(a_piece(), letterhead=letterhead)
    assert (view.signature, view.postal_address) == ("Marijke, in de blauwe jurk", "Dorpsstraat 1")
    assert view.web_version == "https://blog.example/2026-11/nl/"
    assert view.sister == "https://blog.example/2026-11/en/"
    assert show(a_piece(), letterhead=letterhead, language="en").signature == ""
    assert (show(a_piece()).web_version, show(a_piece()).sister) == ("", "")


def test_one_endless_word_is_cut_too() -> None:
    subject = show(a_piece("lang", a_post(title="Klant" * 30))).subject
    assert subject == "Klant" * 13 + "Klan…"


def test_a_newsletter_without_a_letter_in_its_name_is_counted_all_the_same() -> None:
    assert "utm_source=newsletter&" in counted("https://blog.example/", "★", "2026-11", "nl-1")


def test_want_of_room_puts_over_the_newest_of_the_short_reads() -> None:
    candidates = [candidate(name, days) for days, name in enumerate("abcdefg")]
    whole = compose(NOVEMBER, candidates, {}, NOW)
    less = put_over(whole, 2)
    assert less.shown == tuple("abcdg")
    assert [i.piece for i in less.items if i.left_out == NO_ROOM] == ["e", "f"]
    # Asked again at the next refresh, unlike what a person left out.
    edited = leave_out(less, "a", "not now")
    assert compose(NOVEMBER, candidates, {}, NOW, edited).shown == tuple("bcdefg")
    assert put_over(compose(NOVEMBER, candidates[:3], {}, NOW), 5).shown == tuple("abc")


def test_an_own_translation_is_known_by_the_piece_it_belongs_to() -> None:
    both = a_piece("koffie", a_post(), a_post("https://blog.example/coffee/", language="en"))
    assert not show(both).items[0].own_translation
    assert show(both, language="en").items[0].own_translation
