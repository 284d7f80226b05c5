"""Telling Dutch from English, and both from everything else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cxgreetz.language import Verdict, detect, label_blocks
from cxgreetz.model import Block, BlockKind, Language

DUTCH = (
    "Vorige week belde ik met een winkel die mijn bestelling kwijt was. De medewerker luisterde, "
    "vroeg door en loste het meteen op. Zo hoort het, want een klant die belt heeft iets nodig."
)
ENGLISH = (
    "Last week I called a shop that had lost my order. The person on the phone listened, asked "
    "what I needed and solved it there and then. That is how it should be, every single time."
)
FOREIGN = {
    "German": "Letzte Woche rief ich bei einem Geschäft an, das meine Bestellung verloren hatte. "
    "Die Mitarbeiterin hörte zu, fragte nach und löste das Problem sofort.",
    "French": "La semaine dernière, j'ai appelé un magasin qui avait perdu ma commande. La "
    "personne au téléphone a écouté, et elle a tout de suite réglé le problème de la livraison.",
    "Spanish": "La semana pasada llamé a una tienda que había perdido mi pedido. La persona que me "
    "atendió escuchó, preguntó y en el momento resolvió el problema de la entrega.",
    "Danish": "I sidste uge ringede jeg til en butik, som havde mistet min bestilling. Damen i "
    "telefonen lyttede, spurgte ind og løste det med det samme, og sådan skal det være.",
}


def block(text: str) -> Block:
    return Block(BlockKind.PARAGRAPH, text)


@pytest.mark.parametrize(("text", "language"), [(DUTCH, "nl"), (ENGLISH, "en")])
@pytest.mark.parametrize("prior", [None, "nl", "en"])
def test_the_words_decide_whatever_was_declared(
    text: str, language: Language, prior: Language | None
) -> None:
    assert detect(text, prior) == Verdict(language, confident=True)


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Hoe customer experience management je organisatie helpt", "nl"),
        ("Waarom de klant niet altijd gelijk heeft", "nl"),
        ("What the customer does not tell you", "en"),
        ("Klantbeleving in de zorg", "nl"),
        ("Listening beats measuring", "en"),
    ],
)
def test_titles(title: str, language: Language) -> None:
    assert detect(title, language).language == language
    assert detect(title).language == language


@pytest.mark.parametrize("text", ["", "CX", "123", "CX Masterclass", "***"])
def test_too_little_text_takes_what_was_declared(text: str) -> None:
    assert detect(text) == Verdict(None)
    assert detect(text, "nl") == Verdict("nl", confident=False)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_third_language_is_named_not_forced(name: str) -> None:
    assert detect(FOREIGN[name], "nl") == Verdict(None, confident=True, other=name)


def test_another_script_is_seen_in_a_few_words() -> None:
    assert detect("Καλημέρα σε όλους", "en").other == "Greek"
    assert detect("Η λέξη brand experience στα ελληνικά σημαίνει πολλά", "en").other == "Greek"
    assert detect("Het woord λόγος komt in deze zin maar één keer voor").language == "nl"


def test_blocks_are_labelled_and_short_ones_left_open() -> None:
    blocks, language, other = label_blocks([block(DUTCH), block("CX"), block("")])
    assert [b.language for b in blocks] == ["nl", None, None]
    assert (language, other) == ("nl", None)


def test_markup_and_entities_are_not_words() -> None:
    html = '<a href="https://the.example/and/with/for">De klant</a> is <em>hier</em> en niet daar'
    blocks, _, _ = label_blocks([block(html)])
    assert blocks[0].language == "nl"


def test_in_a_mixed_post_blocks_keep_their_own_and_most_words_win() -> None:
    mixed = [block(ENGLISH), block(ENGLISH), block("Lees het hele verhaal"), block(DUTCH)]
    blocks, language, other = label_blocks(mixed, "nl")
    assert [b.language for b in blocks] == ["en", "en", "nl", "nl"]
    assert (language, other) == ("en", None)


def test_a_post_in_neither_language_has_none_and_is_named() -> None:
    german = [block(FOREIGN["German"]), block("Mehr erfahren")]
    blocks, language, other = label_blocks(german, "nl")
    assert (language, other) == (None, "German")
    assert [b.language for b in blocks] == [None, None]


def test_a_foreign_quotation_does_not_change_the_post() -> None:
    _, language, other = label_blocks([block(DUTCH), block(DUTCH), block(FOREIGN["French"])])
    assert (language, other) == ("nl", None)


def test_nothing_to_go_by() -> None:
    assert label_blocks([]) == ((), None, None)
    assert label_blocks([block("CX")], "en")[1] == "en"


def test_a_list_of_short_lines_is_told_as_a_whole() -> None:
    lines = ["Geen kleine lettertjes", "Nooit lang wachten", "Terugbellen als beloofd"]
    assert label_blocks([block(line) for line in lines])[1] == "nl"


def test_lingua_is_loaded_only_when_the_vote_leaves_it_open() -> None:
    code = (
        "import sys; from cxgreetz.language import detect;"
        f"detect({DUTCH!r}); assert 'lingua' not in sys.modules;"
        "detect('Klantbeleving'); assert 'lingua' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
