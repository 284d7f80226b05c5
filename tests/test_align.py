"""Which paragraph is which of a translation: links found, and what is made of them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxgreetz.model import Block, BlockKind, Image, Language, Post, Source
from cxgreetz.sources._reading import Draft, make_post
from cxgreetz.translation import coded
from cxgreetz.translation.align import Link, Text, align, as_entry, belong, texts_of
from cxgreetz.translation.segments import encode
from samples import TEXTS

CORPUS = Path(__file__).resolve().parents[2] / "shared/wordpress/posts.json"

_DUTCH = "klant winkel maandag lantaarn fiets antwoord vraag belofte wachtrij verhaal keuken"
_ENGLISH = "customer shop monday lantern bicycle answer question promise queue story kitchen"
_WORDS: dict[Language, list[str]] = {
    "nl": f"{_DUTCH} de een het dat die en of maar met voor niet ook nog al".split(),
    "en": f"{_ENGLISH} the a it that who and or but with for not also still yet".split(),
}
_NAMES = ["Lindqvist", "Terborg", "Zwolle", "Maastricht", "Ohlsson", "Pirelle", "Quist", "Varga"]


def text(html: str, kind: str = "paragraph", picture: str = "") -> Text:
    cut = encode(html)
    return Text(cut, kind, picture, coded.plain(cut.text))


def texts(*paragraphs: str) -> list[Text]:
    return [text(one) for one in paragraphs]


def shapes(links: Sequence[Link]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(link.left, link.right) for link in links]


# texts that are made up, with the links known


@dataclass
class Made:
    left: list[Text]
    right: list[Text]
    #: The links of one text with one.
    pairs: set[tuple[int, int]]


def make(chance: random.Random, paragraphs: int, changes: int) -> Made:
    """A text and its translation, in which so many paragraphs were merged, split, dropped or
    added, and in which three pictures stand in another order."""
    rows: list[tuple[list[str], list[str]]] = []
    for _ in range(paragraphs):
        length = max(25, int(chance.lognormvariate(5.2, 0.7)))
        shared = [chance.choice(_NAMES) for _ in range(chance.choice([0, 0, 1, 2]))]
        shared += [str(chance.randint(2, 99))] if chance.random() < 0.3 else []
        other = int(length * chance.lognormvariate(0, 0.1))
        rows.append(([_prose(chance, "nl", length, shared)], [_prose(chance, "en", other, shared)]))
    for place in sorted(chance.sample(range(0, paragraphs - 1, 2), changes)):
        dutch, english = rows[place]
        match chance.choice(["merged", "split", "dropped", "added"]):
            case "merged":
                after, theirs = rows[place + 1]
                rows[place : place + 2] = [(dutch + after, [" ".join(english + theirs)]), ([], [])]
            case "split":
                words = english[0].split()
                half = len(words) // 2
                rows[place] = (dutch, [" ".join(words[:half]), " ".join(words[half:])])
            case "dropped":
                rows[place] = (dutch, [])
            case "added":
                rows[place] = ([], english)
    left, right, pairs = [text("Kop", "title")], [text("Head", "title")], {(0, 0)}
    for mine, theirs in rows:
        if len(mine) == len(theirs) == 1:
            pairs.add((len(left), len(right)))
        left += texts(*mine)
        right += texts(*theirs)
    files = ["a.png", "b.png", "c.png"]
    for n, file in zip(chance.sample(range(1, len(left)), 3), files, strict=True):
        left, pairs = _insert(left, pairs, n, file, 0)
    for n, file in zip(chance.sample(range(1, len(right)), 3), files, strict=True):
        right, pairs = _insert(right, pairs, n, file, 1)
    place_of = {t.picture: n for n, t in enumerate(right) if t.picture}
    pairs |= {(n, place_of[t.picture]) for n, t in enumerate(left) if t.picture}
    return Made(left, right, pairs)


def _length(paragraphs: Sequence[str]) -> int:
    return sum(map(len, paragraphs))


def _prose(chance: random.Random, language: Language, length: int, shared: Sequence[str]) -> str:
    words = [chance.choice(_WORDS[language])]
    while _length(words) + len(words) < length:
        words.append(chance.choice(_WORDS[language]))
    for name in shared:
        words.insert(chance.randint(0, len(words)), name)
    return " ".join(words) + "."


def _insert(
    side: list[Text], pairs: set[tuple[int, int]], place: int, file: str, which: int
) -> tuple[list[Text], set[tuple[int, int]]]:
    moved = {(a + (which == 0 and a >= place), b + (which == 1 and b >= place)) for a, b in pairs}
    return [*side[:place], text(f"Onder {file}", "picture", file), *side[place:]], moved


def test_made_up_columns_are_aligned() -> None:
    """Of the single links, as a share: how many found are right, how many right are found."""
    found = right = both = 0
    for seed in range(150):
        made = make(random.Random(seed), paragraphs=14, changes=seed % 4)
        ones = {
            (link.left[0], link.right[0])
            for link in align(made.left, made.right)
            if len(link.left) == len(link.right) == 1
        }
        found, right = found + len(ones), right + len(made.pairs)
        both += len(ones & made.pairs)
    assert both / found >= 0.97
    assert both / right >= 0.97


def test_what_is_surely_linked_is_rightly_linked() -> None:
    sure = wrong = 0
    for seed in range(150):
        made = make(random.Random(1000 + seed), paragraphs=12, changes=3)
        for link in align(made.left, made.right):
            if len(link.left) == len(link.right) == 1 and link.confidence >= 0.9:
                sure += 1
                wrong += (link.left[0], link.right[0]) not in made.pairs
    assert sure > 1000
    assert wrong / sure <= 0.02


_KINDS = st.sampled_from(["title", "paragraph", "heading", "item", "quote", "picture", "alt"])
_SIDE = st.lists(
    st.builds(text, st.text('ab 12?"', max_size=60), _KINDS, st.sampled_from(["a.png", "b.png"])),
    max_size=9,
)


@settings(max_examples=200, deadline=None)
@given(_SIDE, _SIDE)
def test_everything_is_linked_once_and_nothing_across(left: list[Text], right: list[Text]) -> None:
    links = align(left, right)
    assert sorted(n for link in links for n in link.left) == list(range(len(left)))
    assert sorted(n for link in links for n in link.right) == list(range(len(right)))
    assert all(0 <= link.confidence <= 1 for link in links)
    fixed = ("title", "picture", "alt")
    running = [
        link for link in links if link.left and link.right and left[link.left[0]].kind not in fixed
    ]
    assert all(a.left < b.left and a.right < b.right for a, b in pairwise(running))
    for link in links:
        as_entry(left, right, link)
    belong(left, right, links)


#: By key: the places of texts that are one another's, read off by hand; the title is 0.
_REAL = {
    ("mag-watzeggie", "watzeggie"): {(n, n + (n > 2)) for n in range(7)},
    ("mag-voornemens", "voornemens"): {(0, 0)} | {(n, n - 1) for n in range(3, 24)},
    ("voornemens-nl", "voornemens"): {(0, 0)} | {(n, n - 1) for n in range(3, 24)},
}


@pytest.mark.skipif(not CORPUS.is_file(), reason="there are no sample posts beside the repository")
def test_real_columns() -> None:
    rows = json.loads(CORPUS.read_text(encoding="utf-8"))
    sides: dict[str, dict[str, list[Text]]] = {"nl": {}, "en": {}}
    for row in rows:
        other: Language = "en" if row["lang"] == "nl" else "nl"
        draft = Draft(f"https://blog.example/{row['key']}/", row["title"], row["content"])
        post = make_post(Source("blog", "https://blog.example/", language=row["lang"]), draft)
        sides[row["lang"]][row["key"]] = [t for t in texts_of(post, other) if t.kind != "alt"]
    for dutch, left in sides["nl"].items():
        for english, right in sides["en"].items():
            links = align(left, right)
            wanted = _REAL.get((dutch, english))
            assert belong(left, right, links) == (wanted is not None), (dutch, english)
            if wanted is not None:
                ones = {(a[0], b[0]) for a, b in shapes(links) if len(a) == len(b) == 1}
                assert ones == wanted, "recall and precision"


# single cases


def test_one_paragraph_that_became_two() -> None:
    left = texts("Eerst een zin van gewone lengte.", " ".join(TEXTS["nl"]), "En dan nog een slot.")
    right = texts("First a sentence of usual length.", TEXTS["en"][0], " ".join(TEXTS["en"][1:]),
                  "And then a last one.")  # fmt: skip
    links = align(left, right)
    assert shapes(links) == [((0,), (0,)), ((1,), (1, 2)), ((2,), (3,))]
    entry = as_entry(left, right, links[1])
    assert entry is not None
    assert (entry.left, entry.right) == (" ".join(TEXTS["nl"]), " ".join(TEXTS["en"]))


def test_a_name_tells_where_lengths_do_not() -> None:
    left = texts("Een korte regel over Quist.", "Een korte regel over Varga.")
    right = texts("A line about Varga, short.")
    assert shapes(align(left, right)) == [((0,), ()), ((1,), (0,))]


def test_pictures_go_by_their_file_wherever_they_stand() -> None:
    left = [text("De bank", "picture", "a.png"), *texts(*TEXTS["nl"]), text("", "alt", "b.png")]
    right = [text("", "alt", "b.png"), *texts(*TEXTS["en"]), text("The bench", "picture", "a.png")]
    assert shapes(align(left, right)) == [
        ((0,), (4,)), ((1,), (1,)), ((2,), (2,)), ((3,), (3,)), ((4,), (0,)),
    ]  # fmt: skip


def test_a_block_in_the_other_language_is_nobodys_translation() -> None:
    blocks = (
        Block(BlockKind.PARAGRAPH, TEXTS["nl"][0], "nl"),
        Block(BlockKind.QUOTE, TEXTS["en"][1], "en"),
        Block(BlockKind.PICTURE, "", "nl", image=Image("https://x.example/p/man.png", "Een man")),
    )
    found = texts_of(Post("https://x.example/a/", "Kop", "nl", blocks, "s"), "en")
    assert [(t.kind, t.plain, t.picture) for t in found] == [
        ("title", "Kop", ""),
        ("paragraph", TEXTS["nl"][0], ""),
        ("alt", "Een man", "man.png"),
    ]


@pytest.mark.parametrize(
    ("dutch", "english", "entry"),
    [
        ("een <b>dikke</b> jas", "a <strong>thick</strong> coat",
         ("een <g1>dikke</g1> jas", "a <g1>thick</g1> coat", True)),
        ('<a href="/nl/tas">tas</a> en <a href="/nl/jas">jas</a>',
         '<a href="/en/jas">coat</a> and <a href="/en/tas">bag</a>',
         ("<g1>tas</g1> en <g2>jas</g2>", "<g2>coat</g2> and <g1>bag</g1>", True)),
        ("een <em>mooie</em> jas<br/>hier", "a nice coat<br/>here",
         ("een mooie jas hier", "a nice coat here", False)),
        ("<strong>Alles</strong>", "Everything", ("Alles", "Everything", True)),
        ("***", "***", None),
    ],
)  # fmt: skip
def test_entries(dutch: str, english: str, entry: tuple[str, str, bool] | None) -> None:
    found = as_entry([text(dutch)], [text(english)], Link((0,), (0,), 1.0))
    assert (found and (found.left, found.right, found.with_markup)) == entry


def test_two_different_texts_do_not_belong_together() -> None:
    left = texts("Koffie op het station", *TEXTS["nl"])
    other = texts(
        "The umbrella counter",
        "Yesterday my umbrella broke, and the woman behind the counter at Pirelle mended it.",
        "She asked for nothing in return, which made me come back with 3 more of them today.",
        "What is given away freely is what people talk about at dinner, and that is marketing.",
    )
    assert not belong(left, other, align(left, other))
    assert not belong(left, [], align(left, []))
    same = texts(
        "De paraplubalie",
        "Gisteren brak mijn paraplu, en de vrouw achter de balie van Pirelle maakte hem weer.",
        "Zij vroeg er niets voor, en dus kwam ik vandaag met nog 3 andere terug bij haar.",
        "Wat weggegeven wordt, daar praat men over aan tafel, en dat is pas marketing.",
    )
    assert belong(same, other, align(same, other))
