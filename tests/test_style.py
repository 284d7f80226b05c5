"""House style: what is found, and what good prose may keep."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgreetz.glossary import find_style, starter_glossary
from cxgreetz.glossary._quotes import marks, quoted
from cxgreetz.glossary._spelling import spellings
from cxgreetz.glossary.style import (
    find_address,
    find_dates,
    find_numbers,
    find_quotes,
    find_spelling,
    find_split_compounds,
)

DATA = Path(__file__).parent / "data"
GLOSSARY = starter_glossary()


def said(findings):
    return [(one.excerpt, one.suggestion) for one in findings]


# good prose


@pytest.mark.parametrize(("file", "language"), [("plain_dutch", "nl"), ("plain_english", "en")])
def test_good_prose_is_left_alone(file, language):
    text = (DATA / f"{file}.txt").read_text(encoding="utf-8")
    for sentence in text.splitlines():
        found = find_style(sentence, language, variant="en-GB", glossary=GLOSSARY)
        assert said(found) == [], sentence


@given(st.text(alphabet="aek u jeUw.,:;!?'\"“”‘’„«»0123456789/€-\n\u00a0", max_size=60))
def test_any_text_can_be_read_and_every_place_is_right(text):
    for language in ("nl", "en"):
        for variant in (None, "en-GB", "en-US"):
            for one in find_style(text, language, variant=variant, glossary=GLOSSARY):
                assert text[one.start : one.end] == one.excerpt
                assert one.excerpt
                assert one.suggestion


def test_every_rule_has_its_part_in_order_of_place():
    text = 'Als u belt, help ik je en jou op 7 October voor 1,000.50 euro. De klant reis is "lang.'
    kinds = [one.kind for one in find_style(text, "nl", glossary=GLOSSARY)]
    assert kinds == ["address", "date", "number", "compound", "quotes"]
    text = "The color and the colour of 7 oktober cost 3,5 percent"
    kinds = [one.kind for one in find_style(text, "en", variant="en-GB")]
    assert kinds == ["spelling", "date", "number"]


# je and u


@pytest.mark.parametrize(
    ("text", "address", "expected"),
    [
        ("Bel je ons, dan helpen we u.", None, [("u", "je")]),
        ("Bel je? U en uw collega's zijn welkom.", None, [("je", "u or uw")]),
        ("U belt en je wacht.", None, [("je", "u or uw")]),
        ("Uw vraag helpt u en jouw team.", "u", [("jouw", "uw")]),
        ("Uw vraag.", "je", [("Uw", "je or jouw")]),
        ("Vergis jezelf niet, jij daar.", "u", [("jezelf", "uzelf"), ("jij", "u")]),
        ("Als u belt, helpt u uzelf.", None, []),
        ("Je belt en krijgt jouw antwoord.", "je", []),
    ],
)
def test_je_and_u_are_not_mixed(text, address, expected):
    assert said(find_address(text, address)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Zij vroeg: “Kunt u wachten?” en je wachtte.",
        "Hij zei: 'U bent aan de beurt.' Jij knikte.",
        'Hij zei: "Uw beurt." Jij knikte.',
        "‘Wilt u nog koffie?’ vroeg zij je.",
        "„Bent u er nog?” en je hing op.",
        "Dank u wel, zeg je dan.",
        "Je neemt de U-bocht en luistert naar U2.",
        "Dat je ne sais quoi, waarmee u scoort.",
        "Je t'aime, zong zij tegen u.",
        "Je schrijft een u en een w.",
        "Jullie werken u.s. uit.",
    ],
)
def test_quotations_and_set_phrases_address_nobody(text):
    assert said(find_address(text)) == []


# British and American


def test_the_table_is_large_and_sound():
    british, american = spellings()
    assert len(british) >= 150
    assert len(american) >= 150
    assert not set(british) & set(american)
    for word in ("practice", "license", "program", "tire", "check", "curb", "meter", "promise"):
        assert word not in british
        assert word not in american
    assert all(word.isalpha() and word.islower() for pair in british.items() for word in pair)


@pytest.mark.parametrize(
    ("text", "variant", "expected"),
    [
        ("The color of our labor.", "en-GB", [("color", "colour"), ("labor", "labour")]),
        ("The colour of labour", "en-US", [("colour", "color"), ("labour", "labor")]),
        (
            "We traveled to the theater.",
            "en-GB",
            [("traveled", "travelled"), ("theater", "theatre")],
        ),
        ("Color matters", "en-GB", [("Color", "Colour")]),
        ("OUR COLOR", "en-GB", [("COLOR", "COLOUR")]),
        ("We organise and we realize.", "en-GB", [("realize", "realise")]),
        ("We organize and we realize in colour.", "en-GB", []),
        ("We analyze", "en-GB", [("analyze", "analyse")]),
        (
            "We practise the programme",
            "en-US",
            [("practise", "practice"), ("programme", "program")],
        ),
        ("A good practice; they license the program.", "en-GB", []),
        ("The colour, the flavour and the center", None, [("center", "centre")]),
        ("The colour and the color, two behaviors", None, [("colour", "color")]),
        ("We saw Pearl Harbor and the Lincoln Center.", "en-GB", []),
        ("The Labour Party", "en-US", []),
        ("Favor Street", "en-GB", []),
        ("The size of a prize, otherwise we capsize.", "en-GB", []),
        ("Advertise, promise, exercise, surprise", "en-US", []),
    ],
)
def test_one_english_in_one_text(text, variant, expected):
    assert said(find_spelling(text, variant)) == expected


# quotation marks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Zij zei "ja” en ging.', [("”", "the other marks are straight ones")]),
        ('“One” and "two" and “three”', [('"', "the other marks are curly ones")]),
        ('Zij zei "ja en ging.', [('"', "the closing mark is missing")]),
        ("Zij zei “ja en ging.", [("“", "the closing mark is missing")]),
        ("Zij zei ja” en ging.", [("”", "the opening mark is missing")]),
        ("Zij zei ‘ja en ging.", []),
        ("„Ja” en „nee”.", []),
        ("„Ja“ und „nein“.", []),
        ("«Oui» dit-il", []),
        ('Een hekje (“#”) en een streep ("\\").', [('"', "the other marks are curly ones")]),
        ('Een hekje ("#") en "...zo".', []),
        ("“One\n\n“Two”", []),
        ("“One\n\nTwo", [("“", "the closing mark is missing")]),
        ("“He said ‘no’ to ‘it’,” she said.", []),
        ("'s Avonds en 's morgens 't nummer in '24 van foto's en 'm.", []),
        ("’s Avonds en ’t nummer van collega’s’ klanten.", []),
        ("the customers' choice, rock 'n' roll, the '90s and a 15\" screen", []),
        ('In "2024" was het 5 voor "12".', []),
        ("'Quoted' and it's 'fine'.", []),
    ],
)
def test_quotation_marks_are_of_one_kind_and_in_pairs(text, expected):
    assert said(find_quotes(text)) == expected


def test_what_is_quoted_is_told_from_what_is_not():
    text = "’s Avonds zei zij: “Kom ’s langs” en ‘goed’."
    assert [text[start:end] for start, end in quoted(text)] == ["“Kom ’s langs”", "‘goed’"]
    assert marks("klant's 's 't '24 foto’s") == []


# numbers and dates


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Het kost 1,000.50 euro.", "nl", [("1,000.50", "1.000,50")]),
        (
            "Voor 1,000,000 mensen en 25,000 klanten",
            "nl",
            [("1,000,000", "1.000.000"), ("25,000", "25.000")],
        ),
        ("€ 3.50 of 3.5 procent, 2.5%", "nl", [("3.50", "3,50"), ("3.5", "3,5"), ("2.5", "2,5")]),
        ("1.000,50 euro, 3,5 procent, 25.000 klanten", "nl", []),
        ("Versie 3.5, om 10.30 uur, web 2.0, op 1.2.2024, hoofdstuk 2.1", "nl", []),
        ("Het getal 3,142 en de breuk 0,000", "nl", []),
        ("It costs 1.000,50 euros.", "en", [("1.000,50", "1,000.50")]),
        ("€3,50 for 25.000 customers", "en", [("3,50", "3.50"), ("25.000", "25,000")]),
        ("3,5 percent, 2,5 million", "en", [("3,5", "3.5"), ("2,5", "2.5")]),
        ("1,000.50 euros, 3.5 per cent, in 2019, 20 people, 1.168.192.in-addr", "en", []),
        ("at 10.30, version 1.2.3, 192.168.1.000", "en", []),
    ],
)
def test_numbers_are_written_as_the_language_does(text, language, expected):
    assert said(find_numbers(text, language)) == expected


@pytest.mark.parametrize(
    ("text", "language", "variant", "expected"),
    [
        ("Op 7 October 2024", "nl", None, [("7 October 2024", "7 oktober 2024")]),
        (
            "Op October 7, 2024 en 3 Mei",
            "nl",
            None,
            [("October 7, 2024", "7 oktober 2024"), ("3 Mei", "3 mei")],
        ),
        ("Op 7 oktober 2024 en 7 okt.; april 2024", "nl", None, []),
        ("on October 7th, 2024", "en", "en-GB", [("October 7th, 2024", "7 October 2024")]),
        ("on 7 October 2024", "en", "en-US", [("7 October 2024", "October 7, 2024")]),
        ("on 7 October 2024, October 2024; by March 20 people had called", "en", "en-GB", []),
        ("May 20 was busy", "en", "en-GB", [("May 20", "20 May")]),
        ("7 October, 8 October and October 9", "en", None, [("October 9", "9 October")]),
        ("October 9, 2024", "en", None, []),
        (
            "on 7 okt. and 7 oktober, 3 maart",
            "en",
            "en-GB",
            [("7 okt.", "7 October"), ("7 oktober", "7 October"), ("3 maart", "3 March")],
        ),
        ("on 7 october", "en", None, [("7 october", "7 October")]),
        ("on 10/7/2024", "en", None, [("10/7/2024", "write the month as a word")]),
        ("on 10/27/2024, 7/7/2024 and 10/7", "en", None, []),
        ("You may 7 times march 3 miles", "en", "en-GB", []),
    ],
)
def test_dates_are_written_as_the_language_does(text, language, variant, expected):
    assert said(find_dates(text, language, variant)) == expected


# compounds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("De klant reis begint.", [("klant reis", "klantreis")]),
        ("Een Klant reis", [("Klant reis", "Klantreis")]),
        ("Voor klant contact is tijd nodig.", [("klant contact", "klantcontact")]),
        ("Onze klachten afhandeling", [("klachten afhandeling", "klachtenafhandeling")]),
        (
            "De nieuws brief en het contact center",
            [("nieuws brief", "nieuwsbrief"), ("contact center", "contactcenter")],
        ),
        ("Als een klant contact opneemt.", []),
        ("Omdat de klant vragen heeft en waarde zoekt.", []),
        ("Waar ik aan dacht, door verbinden we.", []),
        ("Met meer waarde voor het werk vormen wij een team.", []),
        ("De klantreis, de klant-reis, de klant. Reis!", []),
    ],
)
def test_known_compounds_are_one_word(text, expected):
    assert said(find_split_compounds(text, GLOSSARY)) == expected
