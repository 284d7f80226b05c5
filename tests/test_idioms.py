"""Idioms: the pattern language; the shipped list on plain prose and on its own examples."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxgreetz.errors import ConfigError
from cxgreetz.glossary import Idioms, load_idioms, starter_idioms
from cxgreetz.glossary._patterns import PatternError, Patterns, compile_pattern
from cxgreetz.glossary._verbs import forms
from cxgreetz.model import Severity

LIST = starter_idioms()
DATA = Path(__file__).parent / "data"
DUTCH = (DATA / "plain_dutch.txt").read_text(encoding="utf-8").splitlines()
ENGLISH = (DATA / "plain_english.txt").read_text(encoding="utf-8").splitlines()
HEAD = "idiom;pattern;meaning;english;literal;level;example;rendering\n"


def matches(pattern: str, text: str, language="nl") -> list[str]:
    spans = Patterns([compile_pattern(pattern, language)]).find(text)
    return [text[start:end] for start, end, _ in spans]


# the language


@pytest.mark.parametrize(
    ("pattern", "text", "hit"),
    [
        ("kat in/uit de boom", "Een Kat uit de boom.", True),
        ("kat in/uit de boom", "Een kat bij de boom.", False),
        ("kat (heel) hoog", "De kat heel hoog.", True),
        ("kat (heel) hoog", "De kat hoog.", True),
        ("kat (heel) hoog", "De kat erg hoog.", False),
        ("boom*", "vier boompjes", None),
        ("kat boom*", "kat boomhut", True),
        ("kat +2 boom", "kat in de boom", True),
        ("kat +2 boom", "kat hoog in de boom", False),
        ("kat + (oude) boom", "kat in de boom", True),
        ("kat ~3 [kijken]", "keek de kat", True),
        ("kat ~3 [kijken]", "de kat heeft wel gekeken", True),
        ("kat ~3 [kijken]", "de kat heeft daar nooit eens gekeken", False),
        ("kat ~3 [kijken]", "De kat. Gekeken wordt er niet.", False),
        ("kat ~ [kijken] ~ boom", "boom, kat, gekeken", True),
        ("[uit-kijken] naar", "wij keken uit naar", False),
        ("[uit-kijken] naar", "om uit te kijken naar", True),
        ("op <my> kop", "op z’n kop", True),
        ("<me> kat", "zichzelf kat", True),
        ("kat !hond", "de kat", True),
        ("kat !hond", "de kat en de Hond", False),
        ("kat !hond", "de kat. Een hond.", True),
        ("op_zijn/bij kat", "op zijn kat", True),
        ("oost-indisch doof", "Oostindisch doof", True),
        ("kat uit", "kattenkwaad uit de kat", False),
    ],
)
def test_the_signs_of_a_pattern(pattern, text, hit):
    if hit is None:
        with pytest.raises(PatternError, match="written out whole"):
            compile_pattern(pattern, "nl")
    else:
        assert bool(matches(pattern, text)) is hit


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("", "wants words"),
        ("kat ~", "wants words"),
        ("~ kat", "wants words"),
        ("kat +", "wants words"),
        ("a ~ b ~ c ~ d", "wants words"),
        ("(kat)", "wants words"),
        ("kat +12 boom", "between 1 and 9"),
        ("kat ~0 boom", "between 1 and 9"),
        ("kat <him>", "there are <my> and <me>"),
        ("kat !hond boom", "stand at the end"),
        ("kat [", "is no word"),
        ("kat . boom", "is no word"),
        ("kat (a b)", "is no part"),
        ("kat//boom", "is no word"),
        ("(een) " * 7 + "kat", "has 7 words in brackets and +; at most 6"),
        ("kat " + "+2 boom " * 4 + "(een) " * 3, "at most 6"),
    ],
)
def test_a_pattern_that_is_none_says_why(pattern, said):
    with pytest.raises(PatternError, match=re.escape(said)):
        compile_pattern(pattern, "nl")


@given(st.text(alphabet="abenEN/+~!()[]<>*_-' 1", max_size=20))
def test_any_text_is_a_pattern_or_refused(text):
    try:
        pattern = compile_pattern(text, "nl")
    except PatternError:
        return
    Patterns([pattern]).find("a b ab a-b 1 a. b")


def test_a_pattern_never_runs_away():
    words = "kat " * 4000
    began = time.process_time()
    assert not matches("kat +9 kat ~9 kat +9 (kat) +9 hond !x", f"{words} hon-d")
    assert not matches("(kat) " * 6 + "hond", f"{words} hon-d")
    assert not matches("kat +9 boom ~9 [kijken] ~9 hond", f"{words} hond kijken")
    assert time.process_time() - began < 5  # measured: under half a second


@pytest.mark.parametrize(
    ("verb", "language", "expected"),
    [
        ("maken", "nl", "maak maakt maakte maakten gemaakt"),
        ("reizen", "nl", "reis reist reisde reisden gereisd"),
        ("pakken", "nl", "pak pakt pakte gepakt"),
        ("wikkelen", "nl", "wikkel wikkelt wikkelde gewikkeld"),
        ("verdienen", "nl", "verdien verdiende verdiend"),
        ("bellen", "nl", "bel belt belde gebeld"),
        ("en", "nl", "en"),
        ("kijken", "nl", "kijk kijkt keek keken gekeken"),
        ("zijn", "nl", "ben is was waren geweest"),
        ("binnen-halen", "nl", "binnenhaalt binnengehaald binnen_te_halen"),
        ("stop", "en", "stops stopped stopping"),
        ("carry", "en", "carries carried carrying"),
        ("make", "en", "makes made making"),
        ("go", "en", "goes went gone going"),
    ],
)
def test_verbs_have_their_forms(verb, language, expected):
    found = forms(verb, language)
    assert set(expected.split()) <= set(found)


# the shipped list: precision


@pytest.mark.parametrize("sentence", DUTCH)
def test_plain_dutch_holds_no_idiom(sentence):
    assert [(hit.idiom.name, hit.text) for hit in LIST.find_idioms(sentence)] == []


@pytest.mark.parametrize("sentence", ENGLISH)
def test_plain_english_holds_no_literal_rendering(sentence):
    assert [(hit.idiom.name, hit.text) for hit in LIST.find_literal(sentence)] == []


def test_the_sentences_are_many_and_use_the_idioms_words():
    assert len(DUTCH) >= 380
    assert len(set(DUTCH)) == len(DUTCH)
    assert len(ENGLISH) >= 160
    anchors = {word for idiom in LIST.idioms for p in idiom.patterns for word in p.anchors}
    used = {word.strip(".,").lower() for sentence in DUTCH for word in sentence.split()}
    assert len(anchors & used) >= 100


def test_one_idiom_s_english_is_no_other_s_literal_rendering():
    for idiom in LIST.idioms:
        for english in idiom.english:
            assert not LIST.find_literal(f"It was {english} again."), english


# the shipped list: recall


def test_the_list_is_large_and_every_row_is_complete():
    assert len(LIST) >= 250
    for idiom in LIST.idioms:
        assert idiom.meaning, idiom.name
        assert idiom.english, idiom.name
        assert idiom.examples, idiom.name
        assert idiom.renderings, idiom.name
    assert sum(len(idiom.examples) for idiom in LIST.idioms) >= 2 * len(LIST) - 10


@pytest.mark.parametrize("idiom", LIST.idioms, ids=lambda idiom: idiom.name)
def test_every_idiom_is_found_in_its_examples_and_renderings(idiom):
    for example in idiom.examples:
        names = [hit.idiom.name for hit in LIST.find_idioms(f"Kort gezegd. {example} Zo was het.")]
        assert idiom.name in names, example
    hits = LIST.find_idioms(idiom.examples[0])
    for rendering in idiom.renderings:
        literal = LIST.find_literal(rendering, hits)
        assert idiom.name in [hit.idiom.name for hit in literal], rendering
        assert {hit.severity for hit in literal} == {Severity.ERROR}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Daar kan ik écht geen chocola van maken.", "chocola van maken"),
        ("Ze keken weken achtereen de kat uit de boom.", "de kat uit de boom kijken"),
        ("De moed is hun in de schoenen gezakt.", "de moed zakt in de schoenen"),
        ("Het portaal is gisteren in de lucht gekomen.", "in de lucht komen"),
        ("Hebben jullie de knoop al doorgehakt?", "de knoop doorhakken"),
        ("Hij hakt morgen de knoop door.", "de knoop doorhakken"),
        ("Je moet de handen uit de mouwen durven steken.", "de handen uit de mouwen steken"),
        ("Wat een mosterd na\nde maaltijd!", "mosterd na de maaltijd"),
        ("Zijn ’aap’ kwam toch uit de mouw? De aap kwam “uit de mouw”.", "de aap komt uit de mouw"),
    ],
)
def test_idioms_bend(text, name):
    assert name in [hit.idiom.name for hit in LIST.find_idioms(text)]


# findings


def test_without_a_source_a_rendering_warns_and_doubtful_ones_are_left_out():
    (hit,) = LIST.find_literal("So go with that banana!")
    assert hit.severity is Severity.WARNING
    assert hit.text == "go with that banana"
    assert not LIST.find_literal("They fell into the water.")
    source = LIST.find_idioms("Het feest viel in het water.")
    assert LIST.find_literal("The party fell into the water.", source)


def test_a_rendering_of_an_idiom_that_is_not_in_the_source_is_no_error():
    source = LIST.find_idioms("De klant belde.")
    assert source == []
    assert LIST.find_literal("So go with that banana!", source) == []


def test_common_idioms_only_inform():
    (hit,) = LIST.find_idioms("Morgen gaan we aan de slag.")
    assert hit.severity is Severity.INFO
    (hit,) = LIST.find_idioms("Toen kwam de aap uit de mouw.")
    assert (hit.severity, hit.text) == (Severity.WARNING, "de aap uit de mouw")


def test_places_are_those_of_the_given_text():
    text = "Nou. Het viel… ja! Toen — helaas, pindakaas — was ’t op."
    (hit,) = LIST.find_idioms(text)
    assert text[hit.start : hit.end] == hit.text == "helaas, pindakaas"


# an editor's own list


def test_an_own_list_goes_before_the_shipped_one(tmp_path):
    file = tmp_path / "idioms.csv"
    row = "Helaas pindakaas;helaas pindakaas;our meaning;bad luck;;info;;\n"
    file.write_text(HEAD + row, encoding="utf-8-sig")
    merged = LIST.merge(load_idioms(file))
    assert len(merged) == len(LIST)
    (hit,) = merged.find_idioms("Helaas pindakaas.")
    assert hit.idiom.meaning == "our meaning"
    assert merged.fingerprint != LIST.fingerprint
    assert Idioms().find_idioms("Helaas pindakaas.") == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x;kat;m;;;;;", "english is empty"),
        ("x;kat [;m;e;;;;", "pattern 'kat [': '[' is no word"),
        ("x;kat;m;e;;loud;;", "'loud' is no level"),
        ("x;kat;m;e;cat;;Een hond.;", "example 'Een hond.' is not found"),
        ("x;kat;m;e;cat;;Een kat.;A dog.", "rendering 'A dog.' is not found"),
    ],
)
def test_a_bad_row_gets_one_line(tmp_path, row, said):
    file = tmp_path / "idioms.csv"
    file.write_text(HEAD + row + "\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_idioms(file)
    (problem,) = caught.value.problems
    assert problem.path == "row 2"
    assert said in problem.message


def test_a_double_row_is_told(tmp_path):
    file = tmp_path / "idioms.csv"
    file.write_text(HEAD + "x;kat;m;e;;;;\nX;hond;m;e;;;;\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"row 3: 'X' also stands in row 2"):
        load_idioms(file)


def test_the_shipped_file_passes_as_an_editor_s_own():
    from importlib import resources

    with resources.as_file(resources.files("cxgreetz.glossary") / "idioms.csv") as file:
        assert len(load_idioms(file)) == len(LIST)


def test_a_long_column_takes_no_time():
    column = " ".join(DUTCH)[:6500] + " Toen kwam de aap uit de mouw."
    english = " ".join(ENGLISH * 2)[:6500]
    LIST.find_idioms(" ".join(DUTCH))
    LIST.find_literal(" ".join(ENGLISH))
    began = time.process_time()
    assert len(LIST.find_idioms(column)) == 1
    assert not LIST.find_literal(english)
    assert time.process_time() - began < 0.5  # measured: some 20 ms
