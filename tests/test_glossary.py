"""The glossary: reading an editor's file, finding terms, missing and forbidden ones."""

import time
from pathlib import Path

import pytest

from cxgreetz.errors import ConfigError
from cxgreetz.glossary import Glossary, Term, load_glossary, starter_glossary
from cxgreetz.glossary._phrases import Phrases

STARTER = starter_glossary()


def write(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    file = tmp_path / "glossary.csv"
    file.write_bytes(text.encode(encoding))
    return file


def problems(tmp_path: Path, text: str, encoding: str = "utf-8") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_glossary(write(tmp_path, text, encoding))
    return [str(problem) for problem in caught.value.problems]


# the file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_spreadsheet_may_save_it_its_own_way(tmp_path, encoding, separator, newline):
    lines = ["dutch,english,dutch_forms", "klantreis,customer journey,klantreizen|reis", "", ",,"]
    text = newline.join(lines).replace(",", separator) + newline
    (term,) = load_glossary(write(tmp_path, text, encoding)).terms
    assert term == Term("klantreis", "customer journey", dutch_forms=("klantreizen", "reis"))


def test_columns_come_in_any_order_with_quoted_cells_and_comments(tmp_path):
    text = 'note,english,dutch\n# ours\n"first, best",surprise,"verrassing"\n'
    (term,) = load_glossary(write(tmp_path, text)).terms
    assert (term.dutch, term.english, term.note) == ("verrassing", "surprise", "first, best")


def test_a_name_needs_no_english(tmp_path):
    (term,) = load_glossary(write(tmp_path, "dutch,do_not_translate\nPost-it,yes\n")).terms
    assert term.do_not_translate
    assert term.english == "Post-it"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",journey,,", "has no Dutch term"),
        ("reis,,,", "has no English"),
        ("reis,trip,sideways,", "'sideways' is no direction"),
        ("reis,trip,,maybe", "do_not_translate is 'maybe'"),
        ("Reis,Trip,,yes", "empty one of the two"),
        ("reis|tocht,trip,,", "dutch holds several terms"),
        ("***,trip,,", "is no term"),
        ("re*is,trip,,", "is no term"),
        ("reis*,trip,,", "is no term"),
        ('reis,"trip\nfar",,', "holds a line break"),
        ("reis,trip,,,extra", "has 5 cells"),
        ("klant,client,,", "also stands in row 2"),
    ],
)
def test_a_bad_row_gets_one_line_with_its_number(tmp_path, row, said):
    text = f"dutch,english,direction,do_not_translate\nklant,customer,,\n{row}\n"
    (problem,) = problems(tmp_path, text)
    assert problem.startswith("row 3: ")
    assert said in problem


def test_every_bad_row_is_told_at_once_under_the_file_s_name(tmp_path):
    text = "dutch,english\n,one\ntwee,\ndrie,three\n"
    with pytest.raises(ConfigError) as caught:
        load_glossary(write(tmp_path, text))
    assert [p.path for p in caught.value.problems] == ["row 2", "row 3"]
    assert str(tmp_path / "glossary.csv") in str(caught.value)


def test_a_forbidden_form_that_is_accepted_is_a_contradiction(tmp_path):
    text = "dutch,english,english_forbidden\nreis,trip,Trips\n"
    assert "also an accepted form" in problems(tmp_path, text)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("nederlands,english\nreis,trip\n", "unknown column 'nederlands'"),
        ("english\ntrip\n", "lacks the column 'dutch'"),
        ("dutch,english,dutch\na,b,c\n", "names the column 'dutch' twice"),
        ('dutch,english\n"reis,trip\n', "quotation mark that is not closed"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path, text, said):
    assert said in "\n".join(problems(tmp_path, text))


def test_a_file_that_is_absent_or_in_another_code_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"no such file"):
        load_glossary(tmp_path / "none.csv")
    assert "CSV UTF-8" in problems(tmp_path, "dutch,english\nidee\xeb,idea\n", "latin-1")[0]


def test_the_same_term_may_differ_by_direction(tmp_path):
    text = "dutch,english,direction\nservice,service,nl>en\nservice,support,en>nl\n"
    glossary = load_glossary(write(tmp_path, text))
    assert glossary.pairs("nl", "en") == {"service": "service"}
    assert glossary.pairs("en", "nl") == {"support": "service"}


# terms in a text


def found(text, language="nl", glossary=STARTER):
    return [(hit.term.dutch, hit.text) for hit in glossary.terms_in(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Onze klantreis begint hier.", [("klantreis", "klantreis")]),
        ("KLANTREIZEN vragen aandacht", [("klantreis", "KLANTREIZEN"), ("aandacht", "aandacht")]),
        ("een klantreissessie", [("klantreis", "klantreissessie")]),
        ("de klantreiskaart", [("klantreiskaart", "klantreiskaart")]),
        ("de klantreizenbureaus", []),
        ("NPS-score en nps", [("NPS", "NPS")]),
        ("een Post-it en een post-it", [("Post-it", "Post-it")]),
        ("in één keer goed gedaan", [("in één keer goed", "in één keer goed")]),
        ("", []),
    ],
)
def test_terms_are_found_with_their_forms_and_compounds(text, expected):
    assert found(text) == expected


def test_english_plurals_possessives_and_hyphens_need_no_listing():
    assert found("Two customer journeys.", "en") == [("klantreis", "customer journeys")]
    assert found("The customer journey's end", "en") == [("klantreis", "customer journey")]
    assert found("a customer-journey map", "en") == [("klantreiskaart", "customer-journey map")]
    glossary = Glossary([Term("bezoek", "visit to the city")])
    assert found("visit to the cities", "en", glossary) == [("bezoek", "visit to the cities")]


def test_places_are_those_of_the_given_text():
    text = "Zo’n klantreis – en ’s avonds nóg een klantreis."
    for hit in STARTER.terms_in(text, "nl"):
        assert text[hit.start : hit.end] == hit.text == "klantreis"


def test_a_phrase_without_a_word_is_refused():
    with pytest.raises(ValueError, match="holds no word"):
        Phrases([("***", 1)])


# missing and forbidden


def test_a_preferred_term_that_is_missing_is_named_once():
    source = "De klantreis van de klantreizen."
    (missing,) = STARTER.missing(source, "The client path.", "nl", "en")
    assert (missing.expected, missing.hit.text, missing.kept) == (
        "customer journey",
        "klantreis",
        False,
    )
    assert not STARTER.missing(source, "The customer journeys.", "nl", "en")


def test_a_name_must_stay_letter_by_letter():
    (missing,) = STARTER.missing("Een Post-it.", "A post it.", "nl", "en")
    assert missing.kept
    assert not STARTER.missing("Een Post-it.", "A Post-it.", "nl", "en")


def test_a_longer_term_in_the_target_still_holds_the_shorter_one():
    assert not STARTER.missing("de klantreis", "the customer journey map", "nl", "en")


def test_of_two_dutch_words_for_one_english_either_will_do():
    for dutch in ("klantbeleving", "klantervaring", "customer experience"):
        assert not STARTER.missing("customer experience", f"de {dutch}", "en", "nl")
    assert STARTER.missing("customer experience", "de ervaring", "en", "nl")


def test_a_direction_is_kept():
    glossary = Glossary([Term("traject", "programme", "nl>en")])
    assert glossary.missing("een traject", "a way", "nl", "en")
    assert not glossary.missing("a programme", "een weg", "en", "nl")


def test_a_forbidden_variant_is_certain_when_its_term_is_in_the_source():
    hits = STARTER.terms_in("De klantreis is lang.", "nl")
    (wrong,) = STARTER.forbidden("Our Customer  travel sessions", "en", hits)
    assert (wrong.text, wrong.preferred, wrong.certain) == (
        "Customer  travel",
        "customer journey",
        True,
    )
    assert not STARTER.forbidden("Our customer travel sessions", "en", [])
    (likely,) = STARTER.forbidden("Our customer travel sessions", "en")
    assert not likely.certain


# for an engine, and together with the workspace's own


def test_pairs_are_what_an_engine_takes():
    long = Term("x" * 1025, "too long")
    glossary = Glossary([Term("b", "two"), Term("a", "one"), long, Term("b2", "two")])
    assert list(glossary.pairs("nl", "en").items()) == [("a", "one"), ("b", "two"), ("b2", "two")]
    assert glossary.pairs("en", "nl")["two"] == "b"
    for pairs in (STARTER.pairs("nl", "en"), STARTER.pairs("en", "nl")):
        assert len(pairs) > 100
        for entry in (*pairs, *pairs.values()):
            assert entry == entry.strip()
            assert len(entry.encode()) <= 1024
            assert not set(entry) & set("\t\n\r*|")


def test_the_workspace_s_entry_beats_the_starter_s():
    own = Glossary([Term("klantreis", "client path"), Term("klantervaring", "customer experience")])
    merged = STARTER.merge(own)
    assert merged.pairs("nl", "en")["klantreis"] == "client path"
    assert merged.pairs("en", "nl")["customer experience"] == "klantervaring"
    (hit,) = merged.terms_in("klantervaring", "nl")
    assert hit.terms == (own.terms[1],)
    assert merged.missing("klantreis", "customer journey", "nl", "en")
    assert merged.pairs("nl", "en")["klantbeleving"] == "customer experience"
    assert merged.pairs("nl", "en")["klachtafhandeling"] == "complaint handling"


def test_the_fingerprint_changes_with_what_matters():
    one = Glossary([Term("reis", "trip")])
    assert one.fingerprint == Glossary([Term("reis", "trip", note="for people")]).fingerprint
    assert (
        one.fingerprint != Glossary([Term("reis", "trip", english_forbidden=("tour",))]).fingerprint
    )


# the list that comes with the program


def test_the_starter_is_large_and_passes_its_own_checks():
    assert len(STARTER) >= 170
    for term in STARTER.terms:
        for source, target in (("nl", "en"), ("en", "nl")):
            if not term.holds(source, target):
                continue
            (hit,) = STARTER.terms_in(term.text(source), source)
            assert term in hit.terms
            assert not STARTER.missing(term.text(source), term.text(target), source, target)


def test_every_forbidden_variant_of_the_starter_is_found():
    count = 0
    for term in STARTER.terms:
        for variant in term.english_forbidden:
            hits = STARTER.terms_in(f"Over {term.dutch} gesproken.", "nl")
            assert STARTER.forbidden(f"About the {variant} here.", "en", hits), variant
            count += 1
    assert count >= 150


def test_no_word_of_the_starter_is_forbidden_in_plain_english():
    text = (Path(__file__).parent / "data" / "plain_english.txt").read_text(encoding="utf-8")
    assert [found.text for found in STARTER.forbidden(text, "en")] == []


def test_a_long_column_takes_no_time():
    text = "Elke klantreis begint met een klacht of een vraag aan de klantenservice. " * 85
    STARTER.terms_in(text, "nl")
    began = time.process_time()
    hits = STARTER.terms_in(text, "nl")
    assert len(hits) == 3 * 85
    assert time.process_time() - began < 0.5  # measured: some 5 ms
