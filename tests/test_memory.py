"""The translation memory: figures rewritten, whose words win, what is offered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cxgreetz import pipeline
from cxgreetz.model import Block, BlockKind, Language, Origin, Post, Segment
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.pipeline.workspace import Workspace, open_workspace
from cxgreetz.store import MemoryRow, StoredPost
from cxgreetz.translation.masked import mask, rewrite
from cxgreetz.translation.memory import DictMemory, Entry, best_hit, memory_key, rewritten
from cxgreetz.translation.offers import Offers
from cxgreetz.translation.tmx import write_tmx

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def nl(text: str) -> Segment:
    return Segment(text, "nl", "en")


def en(text: str) -> Segment:
    return Segment(text, "en", "nl")


def entry(source: str, target: str, origin: Origin = Origin.EDITOR, days: int = 0) -> Entry:
    return Entry("nl", "en", source, target, origin, "Roos", NOW + timedelta(days))


# Known, its translation, asked (all Dutch but the second), and what comes of it.
REWRITTEN = [
    ("Wij spraken 1.000 gasten", "We spoke to 1,000 guests", "Wij spraken 2.500 gasten",
     "We spoke to 2,500 guests"),
    ("Op 7 oktober 2020", "On 7 October 2020", "Op 12 mei 2021", "On 12 May 2021"),
    ("Op 7 oktober 2020", "On October 7, 2020", "Op 22 mei 2021", "On May 22, 2021"),
    ("Op 7 oktober", "On October 7th", "Op 22 mei", "On May 22nd"),
    ("Tot dinsdag 3 november!", "See you on Tuesday, 3 November!", "Tot woensdag 9 december!",
     "See you on Wednesday, 9 December!"),
    ("Sinds mei 2020", "Since May 2020", "Sinds juli 2024", "Since July 2024"),
    ("Een stijging van 3,5 %", "A rise of 3.5%", "Een stijging van 12 %", "A rise of 12%"),
    ("In 2020 waren er 20 klachten", "In 2020 there were 20 complaints",
     "In 2025 waren er 7 klachten", "In 2025 there were 7 complaints"),
    ("Om 14.30 uur", "At 14:30", "Om 16.15 uur", "At 16:15"),
    ("Om 14.30 uur", "At 2:30 pm", "Om 17.00 uur", "At 5 pm"),
    ("Op 3 mei om 8 uur 's ochtends", "On 3 May at 8 in the morning",
     "Op 7 juni om 8 uur 's ochtends", "On 7 June at 8 in the morning"),
    ("Om 20 uur", "At 8 p.m.", "Om 12 uur", "At 12 p.m."),
    ("8 uur slaap", "8 hours of sleep", "14 uur slaap", "14 hours of sleep"),
    ("8 <g1>uur</g1> per nacht", "8 <g1>hours</g1> a night", "6 <g1>uur</g1> per nacht",
     "6 <g1>hours</g1> a night"),
    ("Die middag kwamen 8 gasten", "8 guests came that afternoon",
     "Die middag kwamen 14 gasten", "14 guests came that afternoon"),
    ("De 21e eeuw", "The 21st century", "De 13e eeuw", "The 13th century"),
    ("€ 1.250,50 per jaar", "€1,250.50 a year", "€ 75,25 per jaar", "€75.25 a year"),
    ("een groei van 8 %", "an 8% growth", "een groei van 80 %", "an 80% growth"),
    ("van <g1>5</g1> naar 7 <x2/>", "<x2/> from <g1>5</g1> to 7", "van <g1>3</g1> naar 9 <x2/>",
     "<x2/> from <g1>3</g1> to 9"),
    ("5 loketten, 5 rijen", "5 desks, 5 queues", "8 loketten, 8 rijen", "8 desks, 8 queues"),
]  # fmt: skip


@pytest.mark.parametrize(("known", "translation", "asked", "said"), REWRITTEN)
def test_figures_are_rewritten(known: str, translation: str, asked: str, said: str) -> None:
    memory = DictMemory([entry(known, translation)])
    hit = memory.lookup([nl(asked)])[nl(asked).key]
    assert (hit.text, hit.origin, hit.by) == (said, Origin.MEMORY, "Roos")
    assert hit.rewritten_from == known
    (finding,) = rewritten(nl(asked), hit)
    assert (finding.check, finding.severity) == ("rewritten", "info")


@pytest.mark.parametrize(
    ("known", "translation", "asked", "said"),
    [
        ("1,000.50 people at 2:30 pm", "1.000,50 mensen om 14.30 uur",
         "2,000.25 people at 4:15 pm", "2.000,25 mensen om 16.15 uur"),
        ("On October 7, 2020", "Op 7 oktober 2020", "On May 2, 2021", "Op 2 mei 2021"),
        ("The 21st time", "De 21ste keer", "The 2nd time", "De 2e keer"),
        ("At 8 pm", "Om 20 uur", "At 9:45 pm", "Om 21.45 uur"),
    ],
)  # fmt: skip
def test_and_from_english(known: str, translation: str, asked: str, said: str) -> None:
    memory = DictMemory([entry(translation, known)])
    assert memory.lookup([en(asked)])[en(asked).key].text == said


@pytest.mark.parametrize(
    ("known", "translation", "asked"),
    [
        # Two of one value that now differ: which is which?
        ("van 5 naar 7 en 5", "from 5 to 7 and 5", "van 3 naar 4 en 6"),
        # One is a word on one side.
        ("7 van de 10 gasten", "seven in 10 guests", "6 van de 12 gasten"),
        ("zeven van de 7 gasten", "7 of the seven guests", "zeven van de 9 gasten"),
        # Not in the translation, or more in it.
        ("In 2020 begon het", "It began then", "In 2021 begon het"),
        ("Het begon in 2020", "It began in 2020, 3 years ago", "Het begon in 2021"),
        # What is counted changes its form.
        ("2 gasten", "2 guests", "1 gasten"),
        ("1 jaar", "1 year", "2 jaar"),
        ("een groei van 8 %", "an 8% growth", "een groei van 7 %"),
        ("een groei van 12,5 %", "a 12.5% growth", "een groei van 11,5 %"),
        ("een groei van 12,5 %", "a 12.5% growth", "een groei van 18,25 %"),
        ("een groei van 11,5 %", "an 11.5% growth", "een groei van 12,5 %"),
        # Another meaning of the same figures.
        ("de jaren 80", "the 1980s", "de jaren 90"),
        ("om 8 uur", "at 8 pm", "om 9 uur"),
        ("2 miljoen", "2,000,000", "3 miljoen"),
        ("op 3-4-2026", "on 3 April 2026", "op 4-5-2026"),
        # No figure but part of a name.
        ("Wij zijn B2B", "We are B2B", "Wij zijn B3B"),
        ("Web 2.0 is er", "Web 2.0 is here", "Web 3.0 is er"),
        ("Zie <x1/>example.org/7 eens", "See <x1/>example.org/7", "Zie <x1/>example.org/8 eens"),
        # Another kind of figure.
        ("Op 7 oktober", "On 7 October", "Op 7 oktober 2020"),
        ("tevreden met 7", "satisfied with 7", "ontevreden met 8"),
    ],
)
def test_what_does_not_map_one_to_one_is_no_hit(known: str, translation: str, asked: str) -> None:
    assert DictMemory([entry(known, translation)]).lookup([nl(asked)]) == {}


@pytest.mark.parametrize(
    ("known", "translation", "asked"),
    [
        # The other half of the day.
        ("Om 14.30 uur", "At 2:30 pm", "Om 9.00 uur"),
        ("Om 8 uur", "At 8 am", "Om 20 uur"),
        # English leaves the half of the day to another word, or to nobody.
        ("Om 12 uur", "At 12", "Om 20 uur"),
        ("Om 12.30 uur", "At 12:30", "Om 13.30 uur"),
        ("Van 9 uur tot 17 uur", "From 9 to 5 pm", "Van 13 uur tot 15 uur"),
        ("Van 9 tot 17 uur", "From 9 to 5 pm", "Van 13 tot 15 uur"),
        ("Van 8.00 uur tot 10.00 uur", "From 8:00 to 10:00 am", "Van 13.00 uur tot 15.00 uur"),
        ("Om 8 uur", "At 8 AM", "Om 20 uur"),
        ("Om 8.30 uur", "At 8:30 <g1>a.m.</g1>", "Om 20.30 uur"),
        # A word for the part of the day, on either side.
        ("Om 9 uur", "At 9 in the morning", "Om 2 uur"),
        ("Om 20 uur", "At 20:00 tonight", "Om 23 uur"),
        ("Om 10 uur", "At 10 o'clock", "Om 20 uur"),
        ("Om 12 uur", "At 12 noon", "Om 20 uur"),
        ("Morgenochtend om 8 uur", "Tomorrow at 8 am", "Morgenochtend om 2 uur"),
        ("Vanavond om 20 uur", "At 8 pm", "Vanavond om 13 uur"),
        ("Om 8 uur 's morgens", "At 8 am", "Om 11 uur 's morgens"),
        ("Om 8 <g1>uur</g1> 's ochtends", "At 8 <g1>in the</g1> morning",
         "Om 20 <g1>uur</g1> 's ochtends"),
        ("Kom om 10", "Come at 10 in the morning", "Kom om 20"),
        # No hour at all.
        ("Om 20 uur", "At 20:00", "Om 30 uur"),
    ],
)  # fmt: skip
def test_a_time_that_may_come_out_false_is_no_hit(known: str, translation: str, asked: str) -> None:
    assert DictMemory([entry(known, translation)]).lookup([nl(asked)]) == {}


@pytest.mark.parametrize(
    ("known", "translation", "asked"),
    [
        ("We start at 8 am.", "We beginnen om 8 uur 's ochtends.", "We start at 9 pm."),
        ("We start at 8 am.", "We beginnen om 8 uur 's ochtends.", "We start at 2 am."),
        ("Tomorrow at 8 am", "Morgenochtend om 8 uur", "Tomorrow at 9 pm"),
        ("We start at 8.", "We beginnen om 8 uur.", "We start at 30."),
    ],
)
def test_nor_is_one_from_english(known: str, translation: str, asked: str) -> None:
    assert DictMemory([entry(translation, known)]).lookup([en(asked)]) == {}


def test_a_text_without_figures_has_no_mask() -> None:
    assert mask("Een <g1>klant</g1> van B2B op example.org/7", "nl") is None
    assert rewrite("In 2020", "In 2020", "Op 7 mei", "nl", "en") is None


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "cxgreetz.toml").write_text(
        '[newsletter]\nname = "CX"\nfrom = "Roos <roos@example.org>"\nstart = 2026-01-01\n'
        '[[sources]]\nname = "blog"\nurl = "http://127.0.0.1:1/feed/"\n'
    )
    with open_workspace(tmp_path, now=lambda: NOW) as opened:
        yield opened


def remember(
    workspace: Workspace, source: Segment, target: str, origin: Origin, days: int = 0
) -> None:
    keys = memory_key(source.text, source.source), memory_key(target, source.target)
    row = MemoryRow(
        source.source, source.target, *keys, source.text, target, origin, "x", NOW + timedelta(days)
    )
    workspace.store.remember([row])


def said(workspace: Workspace, segment: Segment) -> tuple[str, Origin] | None:
    hit = StoreMemory(workspace).lookup([segment]).get(segment.key)
    return (hit.text, hit.origin) if hit else None


def test_the_store_serves_figures_in_both_directions(workspace: Workspace) -> None:
    remember(workspace, nl("In 2020 kwamen er 1.000"), "In 2020, 1,000 came", Origin.AUTHOR)
    assert said(workspace, nl("In 2021 kwamen er 2.000")) == ("In 2021, 2,000 came", "memory")
    assert said(workspace, en("In 2022, 3,000 came")) == ("In 2022 kwamen er 3.000", "memory")
    # What came without masks, by an older version or a file, is given them when it is asked.
    with workspace.store._write() as db:
        db.execute(sa.text("UPDATE memory SET source_mask = NULL, target_mask = NULL"))
    assert said(workspace, nl("In 2021 kwamen er 2.000")) == ("In 2021, 2,000 came", "memory")


def test_the_very_text_goes_before_a_rewritten_one(workspace: Workspace) -> None:
    remember(workspace, nl("In 2020 won hij"), "In 2020 he won, said the editor", Origin.EDITOR, 5)
    remember(workspace, nl("In 2021 won hij"), "He won in 2021", Origin.ENGINE)
    assert said(workspace, nl("In 2021 won hij")) == ("He won in 2021", "engine")
    assert said(workspace, nl("In 2019 won hij")) == ("In 2019 he won, said the editor", "memory")


def test_of_rewritten_ones_an_editors_wins(workspace: Workspace) -> None:
    remember(workspace, nl("In 2020 won hij"), "He won in 2020 (editor)", Origin.EDITOR)
    remember(workspace, nl("In 2021 won hij"), "He won in 2021 (engine)", Origin.ENGINE, 9)
    assert said(workspace, nl("In 2024 won hij")) == ("He won in 2024 (editor)", "memory")


def test_an_editors_words_beat_everything(workspace: Workspace) -> None:
    asked = nl("In 2021 won hij")
    remember(workspace, asked, "The editor's 2021", Origin.EDITOR)
    remember(workspace, nl("In 2020 won hij"), "The author's 2020", Origin.AUTHOR, 3)
    remember(workspace, asked, "An engine's 2021", Origin.ENGINE, 4)
    remember(workspace, asked, "A file's 2021", Origin.MEMORY, 5)
    # The other way round, by an engine, later.
    remember(workspace, en("A backward 2021"), asked.text, Origin.ENGINE, 6)
    assert said(workspace, asked) == ("The editor's 2021", "editor")
    # The very pair again, by an engine or from a file: it stays the editor's.
    remember(workspace, asked, "The editor's 2021", Origin.MEMORY, 7)
    assert said(workspace, asked) == ("The editor's 2021", "editor")
    # An editor's later words beat an editor's earlier ones, also from the other side.
    remember(workspace, en("The editor's new 2021"), asked.text, Origin.EDITOR, 8)
    assert said(workspace, asked) == ("The editor's new 2021", "editor")


def post(slug: str, language: Language, *texts: str) -> StoredPost:
    blocks = tuple(Block(BlockKind.PARAGRAPH, text, language) for text in texts)
    made = Post(f"https://columns.example/{slug}/", slug, language, blocks, "blog", published=NOW)
    return StoredPost(made, slug, "taken", "new", NOW, NOW)


def test_a_correction_serves_the_whole_edition_at_once(workspace: Workspace) -> None:
    """The same sentence in two columns, and once more with another year."""
    sentence = "Wie in 2026 een klant laat wachten, verliest meer dan tijd."
    workspace.store.save_posts(
        [
            post("een", "nl", sentence),
            post("twee", "nl", f"<em>{sentence}</em>"),
            post("drie", "nl", sentence.replace("2026", "2027")),
        ]
    )
    for title in ("een", "twee", "drie"):
        remember(workspace, nl(title), title.upper(), Origin.EDITOR)
    bad = "Who lets a customer wait in 2026, loses more than time."
    good = "Keep a customer waiting in 2026 and you lose more than time."
    remember(workspace, nl(sentence), bad, Origin.ENGINE)

    def texts() -> list[str]:
        built = pipeline.draft(workspace, "2026-11").built["en"]
        return [line for line in built.email.text.splitlines() if "more than time" in line]

    assert sorted(texts()) == sorted([bad, bad, bad.replace("2026", "2027")])
    remember(workspace, nl(sentence), good, Origin.EDITOR)
    assert sorted(texts()) == sorted([good, good, good.replace("2026", "2027")])
    built = pipeline.check(workspace, "2026-11").built
    (told,) = [finding for finding in built["en"].findings if finding.check == "rewritten"]
    assert (told.piece, told.severity) == ("drie", "info")
    assert not any(finding.check == "rewritten" for finding in built["nl"].findings)
    report = pipeline.translate(workspace)
    assert (report.from_memory, report.held) == (5, [])
    (row,) = report.as_json()["rewritten"]
    assert (row["piece"], row["translation"]) == ("drie", good.replace("2026", "2027"))


# Corrections in a file


def edit(workspace: Workspace, file: Path, old: str, new: str) -> dict[str, Any]:
    """Change a sentence in an exported memory and take that in."""
    pipeline.export_memory(workspace, file)
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return pipeline.import_memory(workspace, file)


def test_what_is_mended_in_an_export_beats_everything(workspace: Workspace, tmp_path: Path) -> None:
    asked, other = nl("Wie wacht, wint."), nl("Wie belt, is er.")
    remember(workspace, asked, "Who waits, winds.", Origin.ENGINE, -2)
    remember(workspace, other, "Who calls is there.", Origin.ENGINE, -2)
    told = edit(workspace, tmp_path / "m.tmx", "Who waits, winds.", "Who waits wins.")
    assert (told["entries"], told["corrected"]) == (2, 1)
    assert said(workspace, asked) == ("Who waits wins.", "editor")
    assert said(workspace, other) == ("Who calls is there.", "engine")
    (hit,) = StoreMemory(workspace).lookup([asked]).values()
    assert (hit.by, hit.changed) == (None, NOW)


@pytest.mark.parametrize("origin", [Origin.EDITOR, Origin.AUTHOR, Origin.MEMORY])
def test_a_persons_words_are_mended_too(
    workspace: Workspace, tmp_path: Path, origin: Origin
) -> None:
    asked = nl("Wie wacht, wint.")
    for number, name in enumerate(["Ada", "Bea", "Cor"]):
        remember(workspace, asked, f"{name} waits.", origin, -9 + number)
    assert edit(workspace, tmp_path / "m.tmx", "Cor waits.", "Zed waits.")["corrected"] == 1
    assert said(workspace, asked) == ("Zed waits.", "editor")
    (hit,) = StoreMemory(workspace).lookup([asked]).values()
    assert hit.changed == NOW


def test_a_memory_that_moves_house_corrects_nothing(workspace: Workspace, tmp_path: Path) -> None:
    """Two machines' words for one text, in an empty memory and in the one they came from."""
    asked = nl("Wie wacht, wint.")
    remember(workspace, asked, "Who waits wins.", Origin.ENGINE, -2)
    remember(workspace, asked, "Waiting wins.", Origin.ENGINE, -1)
    file = tmp_path / "m.tmx"
    pipeline.export_memory(workspace, file)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "cxgreetz.toml").write_bytes((tmp_path / "cxgreetz.toml").read_bytes())
    with open_workspace(tmp_path / "new", now=lambda: NOW) as other:
        for opened in (workspace, other, other):
            assert pipeline.import_memory(opened, file)["corrected"] == 0
            assert said(opened, asked) == ("Waiting wins.", "engine")


def test_another_tools_words_are_a_memorys(workspace: Workspace, tmp_path: Path) -> None:
    """They have a time of their own."""
    asked = nl("Wie wacht, wint.")
    remember(workspace, asked, "Who waits wins.", Origin.MEMORY, -2)
    file = tmp_path / "m.tmx"
    write_tmx(file, [entry(asked.text, "Waiting wins.", Origin.MEMORY, -1)])
    assert pipeline.import_memory(workspace, file)["corrected"] == 0
    assert said(workspace, asked) == ("Waiting wins.", "memory")


def test_of_words_of_one_moment_the_same_win_in_any_order() -> None:
    entries = [
        Entry("nl", "en", "Wie wacht, wint.", text, Origin.EDITOR, None, NOW)
        for text in ("One.", "Two.", "Three.", "Four.")
    ]
    for order in permutations(entries):
        hit = best_hit(nl("Wie wacht, wint."), order)
        assert hit is not None and hit.text == "Four."


# Offers


OFFERS = Offers(
    entry(dutch, english).texts
    for dutch, english in (
        ("De klant wacht al heel lang op antwoord", "The customer has long been waiting"),
        ("De klant wacht niet lang op een antwoord", "The customer does not wait long"),
        ("Iets heel anders", "Something quite different"),
    )
)


def test_what_is_nearly_the_same_is_offered_with_its_likeness() -> None:
    scores = OFFERS.offer(nl("De klant wacht al lang op antwoord"))
    assert scores[0] == (
        0.93,
        "De klant wacht al heel lang op antwoord",
        "The customer has long been waiting",
    )
    assert all(score >= 0.75 for score, _source, _target in scores)
    ((score, source, target),) = OFFERS.offer(en("The customer has been waiting"))
    assert (source, target) == (
        "The customer has long been waiting",
        "De klant wacht al heel lang op antwoord",
    )
    assert score >= 0.75


def test_what_is_not_near_is_not_offered() -> None:
    assert OFFERS.offer(nl("Iets totaal anders en nieuws")) == []
    assert OFFERS.offer(nl("***")) == []


def test_offers_are_shown_and_never_used(workspace: Workspace) -> None:
    workspace.store.save_posts([post("een", "nl", "De gast is heel erg ontevreden vandaag.")])
    remember(workspace, nl("een"), "one", Origin.EDITOR)
    near = "De gast is heel erg tevreden vandaag."
    remember(workspace, nl(near), "The guest is very satisfied today.", Origin.EDITOR)
    report = pipeline.translate(workspace)
    (row,) = report.as_json()["held"]
    assert row["offer"] == {
        "score": 0.88,
        "source": near,
        "target": "The guest is very satisfied today.",
    }
    assert report.from_memory == 1


def test_in_a_large_memory_the_nearest_is_found() -> None:
    words = [f"woord{n}" for n in range(997)]

    def sentence(n: int) -> str:
        return "De klant van " + " ".join(words[(n * k) % 997] for k in range(1, 12))

    offers = Offers(entry(sentence(n), f"sentence {n}").texts for n in range(1, 900))
    for n in range(1, 100):
        assert offers.offer(nl(f"{sentence(n)} snel"))[0][1:] == (sentence(n), f"sentence {n}")
