"""Which answers are believed, which are mended first, which are refused."""

from __future__ import annotations

import re

import pytest

from cxgreetz import sentences
from cxgreetz.model import Language, Severity
from cxgreetz.translation import coded, numerals
from cxgreetz.translation.verify import repair, verify

_DUTCH = " de het een en van ik je niet dat met voor op zijn is wij "
_ENGLISH = " the a and of i you not that with for on are is we to it "


def detect(text: str) -> Language | None:
    """Sure when one language's small words are clearly more."""
    words = re.findall(r"[a-z]+", text.lower())
    nl, en = (sum(f" {word} " in known for word in words) for known in (_DUTCH, _ENGLISH))
    return "nl" if nl >= 2 and nl > en else "en" if en >= 2 and en > nl else None


def checks(source: str, target: str, severity: Severity = Severity.ERROR) -> list[str]:
    found = verify(source, target, "nl", "en", detect)
    return [finding.check for finding in found if finding.severity is severity]


def messages(source: str, target: str) -> list[str]:
    return [finding.message for finding in verify(source, target, "nl", "en", detect)]


# A good translation is believed

GOOD = [
    ("De klant belt om <g1>half negen</g1>.", "The customer calls at <g1>8:30</g1>."),
    ("Zie <g1>www.example.org</g1> voor meer.", "See <g1>www.example.org</g1> for more."),
    ("Klantreis", "Customer journey"),
    ("CX Masterclass", "CX Masterclass"),
    ("In 2025 kwamen 1.200 gasten; 3,5% meer.", "In 2025, 1,200 guests came; 3.5 percent more."),
    ("Is dat zo? Ja. En nee.", "Is that so? Yes and no."),
    ("Stay close to the people you serve", "Stay close to the people you serve"),
    ("Een &lt;tag&gt; &amp; meer", "A &lt;tag&gt; &amp; more"),
    ("<g1>Wie belt</g1>, wacht<x2/>niet.", "<x2/>Do not wait if <g1>you call</g1>."),
]


@pytest.mark.parametrize(("source", "target"), GOOD)
def test_good_translations_are_believed(source: str, target: str) -> None:
    assert checks(source, target) == []


# Placeholders

SOURCE = "Een <g1>trouwe <g2>klant</g2></g1> wacht<x3/>niet <g4>lang</g4>."


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("A <g1>loyal <g2>customer</g2></g1> does not<x3/>wait long.", "<g4> is missing"),
        ("A <g1>loyal <g2>customer</g1> does not<x3/>wait <g4>long</g4>.", "<g2> is not closed"),
        ("A <g1>loyal <g2>customer</g1></g2> does not<x3/>wait <g4>long</g4>.", "</g1> closes"),
        ("A <g1>loyal <g2>customer</g2></g1> does not wait <g4>long</g4>.", "<x3/> is missing"),
        ("A <g1>loyal <g2>customer</g2></g1><x3/> not<x3/>wait <g4>long</g4>.", "<x3/> stands"),
        ("A <g1>loyal <g2></g2></g1> customer<x3/>wait <g4>long</g4>.", "<g2> has become empty"),
        ("A <g1>loyal <g2> </g2>one</g1> not<x3/>wait <g4>long</g4>.", "<g2> has become empty"),
        ("A <g1>loyal <g2>customer</g2></g1> not<x3/>wait <g5>long</g5>.", "<g5> is not in"),
        ("A <g1>loyal <g2>customer</g2></g1> not<g3>wait</g3> <g4>long</g4>.", "<x3/> is missing"),
        ("A <g1>loyal <g2>one</g2> <g4>long</g4></g1> not<x3/>wait.", "<g4> has moved into <g1>"),
        ("A &lt;g1&gt;loyal customer&lt;/g1&gt; does not wait long.", "<g1> is missing"),
        ("A <g1>loyal <g2>customer</g2></g1> <b>not</b><x3/>wait <g4>long</g4>.", "a stray <"),
        ("A <g1>loyal <g2>customer</g2></g1> not<x3/>it&amp;#39;s <g4>x</g4>.", "left undecoded"),
    ],
)
def test_damaged_markup_is_refused(target: str, says: str) -> None:
    assert "placeholders" in checks(SOURCE, target)
    assert any(says in message for message in messages(SOURCE, target))


def test_every_way_to_lose_a_mark_is_seen() -> None:
    """Each mark of a text left out, doubled, renumbered, or put in another's place."""
    runs = re.split(r"(</?[gx]\d/?>)", SOURCE)
    marks = range(1, len(runs), 2)
    for place in marks:
        for instead in ("", runs[place] * 2, re.sub(r"\d", "9", runs[place]), runs[place][1:]):
            damaged = "".join([*runs[:place], instead, *runs[place + 1 :]])
            assert "placeholders" in checks(SOURCE, damaged), damaged
        for other in marks:
            if other != place:
                changed = list(runs)
                changed[place], changed[other] = runs[other], runs[place]
                swapped = "".join(changed)
                still_sound = not coded.faults(SOURCE, swapped)
                assert ("placeholders" in checks(SOURCE, swapped)) is not still_sound
                # Nothing but moving the void element keeps the text sound.
                assert not still_sound or "<x3/>" in (runs[place], runs[other])


@pytest.mark.parametrize(
    ("source", "answer", "mended"),
    [
        ("een <g1>klant</g1><x2/>", "A <G1>client</ g1 ><x2></x2>", "A <g1>client</g1><x2/>"),
        ("een <x1/> klant", "a < x1 /> client", "a <x1/> client"),
        ("een <x1/> klant", "a <x1> client", "a <x1/> client"),
        ("een <g1>klant</g1>, ja", "a<g1> client </g1> , yes", "a <g1>client</g1>, yes"),
        ("<g1>een <g2>klant</g2></g1> wel", "<g1>a<g2> client </g2> </g1> does",
         "<g1>a <g2>client</g2></g1> does"),
        ("een <g1> klant</g1>", "a <g1> client</g1>", "a <g1> client</g1>"),
        ("een <g1>klant</g1>", "a &lt;g1&gt;client&lt;/g1&gt;", "a <g1>client</g1>"),
        ("zo'n klant", "it&#39;s a &quot;client&quot;", "it's a \"client\""),
        ("R&amp;D", "R&D", "R&amp;D"),
        ("R&amp;D", "R&amp;amp;D", "R&amp;D"),
        ("schrijf &amp;amp;", "write &amp;amp;", "write &amp;amp;"),
        ("1 &lt; 2", "1 < 2", "1 &lt; 2"),
        ("&lt;script&gt; weg", "<script> gone", "&lt;script&gt; gone"),
        ("een klant", "  a\n client ", "a client"),
        ("een klant", "a <b>client</b>", "a <b>client</b>"),
        ("fijn <g1>zo</g1> :)", "fine <g1>so</g1> :)", "fine <g1>so</g1> :)"),
    ],
)  # fmt: skip
def test_harmless_damage_is_mended(source: str, answer: str, mended: str) -> None:
    assert repair(source, answer) == mended
    assert repair(source, mended) == mended


def test_a_bracket_that_the_source_has_not_is_never_escaped_away() -> None:
    mended = repair("it is &lt;3", "it&#39;s <3 <b>")
    assert "placeholders" in checks("it is &lt;3", mended)
    assert "it's" in mended


# Numbers

SAME = [
    ("1.000 klanten", "1,000 customers"),
    ("1.000 klanten", "1000 customers"),
    ("10 000 klanten in 2020", "10,000 customers in 2020"),
    ("€ 1.234,56", "€1,234.56"),
    ("3,5 procent", "3.5%"),
    ("€ 2,50", "€2.50"),
    ("7 redenen", "seven reasons"),
    ("zeven redenen", "7 reasons"),
    ("vijfentwintig jaar", "25 years"),
    ("tweeëntwintig jaar", "22 years"),
    ("dertig", "30"),
    ("tweehonderd", "200"),
    ("250", "two hundred and fifty"),
    ("42", "forty-two"),
    ("vijftigduizend", "50,000"),
    ("de 15e keer", "the 15th time"),
    ("de derde keer", "the 3rd time"),
    ("de 20e", "the twentieth"),
    ("2 miljoen", "2,000,000"),
    ("2 miljoen", "two million"),
    ("1,5 miljard", "1.5 billion"),
    ("10 duizend", "10K"),
    ("jaren 80", "the 1980s"),
    ("jaren tachtig", "the eighties"),
    ("om 14.30 uur", "at 2:30 pm"),
    ("om 14.30 uur", "at 14:30"),
    ("om 20 uur", "at 8 pm"),
    ("van 13 tot 17 uur", "from 1 to 5 pm"),
    ("om half negen", "at 8:30"),
    ("om half drie", "at half past two"),
    ("kwart voor drie", "2:45"),
    ("om 9u30", "at 9:30"),
    ("12 uur", "noon"),
    ("12-11-2026", "November 12, 2026"),
    ("12.11.2026", "12 November 2026"),
    ("versie 2.0, 24/7, 65-plus", "version 2.0, 24/7, over 65"),
    ("anderhalf jaar", "1.5 years"),
    ("5 m", "5 metres"),
    ("1.000", "1.000"),
]
OTHER = [
    ("in 2020", "in 2021", ["2020"], ["2021"]),
    ("2 miljoen", "2 billion", ["2"], ["2"]),
    ("3,5 procent", "35 percent", ["3,5"], ["35"]),
    ("1.000 klanten", "1 customer", ["1.000"], ["1"]),
    ("12 klanten", "customers", ["12"], []),
    ("klanten", "12 customers", [], ["12"]),
    ("48 uur", "24 hours", ["48"], ["24"]),
    ("5 en 5", "5 and a bit", ["5"], []),
    ("om 14.30 uur", "at 3:30 pm", ["14.30"], ["3:30"]),
    ("3 redenen", "four reasons", ["3"], []),
]


@pytest.mark.parametrize(("dutch", "english"), SAME)
def test_the_same_number_in_either_language(dutch: str, english: str) -> None:
    assert numerals.compare(dutch, english, "nl", "en") == ([], [])
    assert numerals.compare(english, dutch, "en", "nl") == ([], [])


@pytest.mark.parametrize(("dutch", "english", "missing", "added"), OTHER)
def test_another_number(dutch: str, english: str, missing: list[str], added: list[str]) -> None:
    assert numerals.compare(dutch, english, "nl", "en") == (missing, added)
    assert numerals.compare(english, dutch, "en", "nl") == (added, missing)


COUNTED = [
    ("Eerst 2.000.000, 3.000.000.", "First two million, three million."),
    ("Er kwamen 2.300.000 gasten.", "Two million three hundred thousand guests came."),
    ("Het kostte 2.003.000 euro.", "It cost two million three thousand euros."),
    ("Het kostte 250.000 euro.", "It cost two hundred and fifty thousand euros."),
    ("Het kostte 2.021 euro.", "It cost two thousand and twenty-one euros."),
    ("Het kostte 12.000.000.000.000 euro.", "It cost twelve trillion euros."),
]


@pytest.mark.parametrize(("dutch", "english"), COUNTED)
def test_numbers_in_words_are_counted_as_they_are_said(dutch: str, english: str) -> None:
    assert numerals.compare(dutch, english, "nl", "en") == ([], [])
    assert numerals.compare(english, dutch, "en", "nl") == ([], [])


def test_what_is_said_apart_is_not_multiplied() -> None:
    said = numerals.spoken("twee miljoen, drie miljoen", "nl")
    assert said == {"2", "3", "1000000", "2000000", "3000000"}
    counting = "Een miljoen, twee miljoen, drie miljoen, vier miljoen, vijf miljoen, zes miljoen."
    assert max(int(n) for n in numerals.spoken(counting, "nl")) == 6_000_000
    # Not even without a comma.
    assert "6000000000000" not in numerals.spoken("twee miljoen drie miljoen", "nl")
    assert "5000" not in numerals.spoken("two. Three thousand", "en")


def test_a_number_that_nobody_says_is_text() -> None:
    for words in ("miljoen " * 9, "duizend miljard " * 9, "honderd " * 50, "twee biljoen " * 9):
        said = numerals.spoken(f"twee {words}", "nl")
        assert max(len(number) for number in said) <= 15


def test_a_very_long_run_of_digits_is_text() -> None:
    for run in ("1" * 5000, "1" * 5000 + ".55", "12:" + "5" * 5000, "1" + ".111" * 2000):
        assert numerals.compare(f"Code {run}!", f"Code {run}!", "nl", "en") == ([], [])
    one, other = "1" * 40, "1" * 39 + "2"
    assert numerals.compare(f"Code {one}", f"Code {other}", "nl", "en") == ([one], [other])
    assert numerals.compare(f"{one} miljoen", f"{one} million", "nl", "en") == ([], [])


def test_a_changed_number_is_an_error_that_names_it() -> None:
    findings = verify("Dit is van 2020.", "This is from 2021.", "nl", "en", detect)
    assert [(f.check, f.message) for f in findings] == [
        ("numbers", "2020 is missing"),
        ("numbers", "2021 is not in the source"),
    ]
    assert all(f.where == "Dit is van 2020." and f.remedy for f in findings)


def test_numbers_in_addresses_are_the_links_check() -> None:
    assert checks("Zie https://example.org/2020", "See https://example.org/2021") == [
        "links",
        "links",
    ]


# The other checks


def test_addresses_are_kept() -> None:
    source = "Mail naar info@example.org of kijk op example.nl/tips, snel."
    assert checks(source, "Mail info@example.org or look at example.nl/tips, soon.") == []
    assert messages(source, "Mail us or look at example.nl/tips, soon.") == [
        "info@example.org is missing"
    ]
    assert messages("Kijk op het web.", "Look at example.com.") == [
        "example.com is not in the source"
    ]


def test_dropped_sentences() -> None:
    source = "Ik bel. Jij belt. Wij bellen. Zij bellen."
    assert "sentences" in checks(source, "I call. You call.")
    assert "sentences" not in checks(source, "I call. You call. We call, they call.")


def test_a_text_still_in_the_source_language() -> None:
    source = "De klant is niet de baas van het bedrijf."
    assert "language" in checks(source, "De klant is niet de chef van het bedrijf.")
    assert checks(source, source) == ["unchanged"]


def test_a_quotation_in_the_target_language_may_stay() -> None:
    quotation = "The customer is not always right"
    assert checks(quotation, quotation) == []


def test_names_may_stay() -> None:
    assert checks("Post-it CX Lab", "Post-it CX Lab") == []


def test_nothing_said() -> None:
    assert checks("Een klant.", "") == ["empty"]
    assert checks("<g1>Een klant.</g1>", "<g1>…</g1>") == ["empty"]


@pytest.mark.parametrize(
    "page",
    [
        "Error 500 (Server Error)!!1500.That’s an error.",
        "MYMEMORY WARNING: YOU USED ALL AVAILABLE FREE TRANSLATIONS FOR TODAY.",
        "'AUTO' IS AN INVALID SOURCE LANGUAGE",
        "QUERY LENGTH LIMIT EXCEEDED",
        "<html><head>",
        "503 Service Unavailable",
    ],
)
def test_an_error_page_is_no_translation(page: str) -> None:
    source = "Waarom de klant koning is"
    assert checks(source, repair(source, page)) == ["error_page"]


def test_a_column_about_an_error_page_is_one() -> None:
    source, target = "De pagina zei: 503 Service Unavailable.", "It said: 503 Service Unavailable."
    assert checks(source, target) == []


@pytest.mark.parametrize("sign", ["\ud83d", "\x00", "\x1b", "\x7f", "\x92", "\uffff"])
def test_characters_that_no_text_has_are_refused(sign: str) -> None:
    source, target = "Een <g1>klant</g1> uit 2020.", f"A <g1>client</g1> {sign}from 2021."
    (finding,) = verify(source, repair(source, target), "nl", "en", detect)
    assert (finding.check, finding.severity) == ("characters", Severity.ERROR)
    assert finding.message == f"U+{ord(sign):04X} stands in it, which is no text"
    assert finding.where == "Een klant uit 2020."


def test_a_picture_sign_or_one_of_the_source_is_text() -> None:
    assert checks("Een klant 👩‍💻", "A client 👩‍💻\u00ad\u200b") == []
    assert checks("Een klant\x92s", "A client\x92s") == []


def test_an_unusual_length_warns_and_an_impossible_one_is_refused() -> None:
    source = "Wie een klant verliest, verliest meer dan een bestelling alleen."
    assert checks(source, "Losing one customer costs more.", Severity.WARNING) == ["length"]
    assert checks(source, "Losing one customer costs more.") == []
    assert checks(source, "Customers.") == ["length"]
    assert checks(source, "A customer who leaves takes more along, " * 6) == ["length"]
    assert checks("Ja, klant.", "Yes, dear and loyal customer of ours.", Severity.WARNING) == []


def test_errors_come_before_warnings() -> None:
    source = "De klant belt ons elke dag om 12 minuten voor tien."
    found = verify(source, "The customer calls us daily.", "nl", "en", detect)
    assert [(f.check, f.severity) for f in found] == [
        ("numbers", Severity.ERROR),
        ("length", Severity.WARNING),
    ]


# Sentences


@pytest.mark.parametrize(
    "cut",
    [
        ["O.a. dhr. De Groot kwam.", "'s Avonds was er feest!", "En daarna?"],
        ["\"Ja!\" zei hij.", "\"Nee!\"", "Zij niet."],
        ["So... they left.", "Then… nothing."],
        ["Mr. Green (no. 3) came, e.g. by car.", "J. Green did not."],
        ["1. Luister.", "2. Vraag door."],
        ["She laughed, and so did I.", "I. Smit did not."],
        ["Dat was in 2020.", "12 klanten bleven, d.w.z. bijna allemaal."],
        ["Koffie, thee, enz.", "Alles was er."],
        ["(Echt waar?)", "Zeker."],
        ["Het kost 3.50 euro!", "’t Is niet veel."],
    ],
)  # fmt: skip
def test_sentences(cut: list[str]) -> None:
    assert sentences.split("  ".join(cut)) == cut


def test_no_sentences() -> None:
    assert sentences.split(" \n ") == []
    assert sentences.split("zonder punt") == ["zonder punt"]
