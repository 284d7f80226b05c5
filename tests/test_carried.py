"""What comes back as another piece is known by its address, guid, text or title."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cxgreetz import checks, pipeline
from cxgreetz.model import (
    Approval,
    Block,
    BlockKind,
    Carried,
    Credit,
    Edition,
    EditionKey,
    Email,
    Item,
    Piece,
    Post,
    Receipt,
)
from cxgreetz.pipeline import Workspace, open_workspace
from cxgreetz.pipeline.editions.carried import carried_before, find_carried
from cxgreetz.store import Store, StoredPost, open_store
from samples import NOW, a_post, an_email

OCTOBER, NOVEMBER = EditionKey("2026-10"), EditionKey("2026-11")
OTHER_TEXT = (
    "Een bakker in Delft schreef elke ochtend op een bord wat er die nacht was mislukt.",
    "De rij werd er niet korter van: iedereen wilde weten wat hij vandaag weer had beleefd.",
    "Zo werd een mislukt brood de beste reclame die hij zich kon wensen, en het was nog waar ook.",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///carried.db", tmp_path)
    yield opened
    opened.close()


def put(store: Store, piece: str, *posts: Post) -> None:
    store.save_posts(StoredPost(p, piece, "taken", "", p.published or NOW, NOW) for p in posts)


def send(store: Store, edition: EditionKey, *pieces: str, state: str = "confirmed") -> None:
    receipt = Receipt("outbox", "", edition, "nl", state, an_email().fingerprint, "1", NOW)
    store.save_receipt(receipt, pieces)


def edition(*pieces: str, key: EditionKey = NOVEMBER) -> Edition:
    return Edition(key, tuple(Item(piece) for piece in pieces), NOW)


def another(**changes: object) -> Post:
    """A post that has nothing of `a_post`."""
    given = {"url": "https://blog.example/bakker/", "title": "De bakker van Delft"}
    return a_post(**{**given, "texts": OTHER_TEXT, **changes})  # type: ignore[arg-type]


def found(store: Store, *shown: str) -> dict[str, tuple[str, str]]:
    told = carried_before(store, edition(*shown or ("new",)), store.pieces())
    return {piece: (one.edition, one.words) for piece, one in told.items()}


def test_what_is_new_was_never_carried(store: Store) -> None:
    put(store, "old", a_post())
    put(store, "new", another())
    assert found(store) == {}
    send(store, OCTOBER, "old")
    assert found(store) == {}


def test_an_edition_is_not_held_against_itself(store: Store) -> None:
    put(store, "new", a_post())
    put(store, "twin", a_post("https://elders.example/koffie/"))
    send(store, NOVEMBER, "new", "twin")
    assert found(store, "new", "twin") == {}


def test_a_piece_that_went_out_in_another_edition_is_told(store: Store) -> None:
    put(store, "new", a_post())
    send(store, OCTOBER, "new")
    assert found(store) == {"new": (OCTOBER, "https://blog.example/koffie/")}


def test_only_what_is_shown_is_told(store: Store) -> None:
    put(store, "old", a_post())
    put(store, "new", a_post("https://blog.example/weer-koffie/"))
    send(store, OCTOBER, "old")
    assert found(store) == {"new": (OCTOBER, "https://blog.example/koffie/")}
    left_out = Edition(NOVEMBER, (Item("new", left_out="twice"),), NOW)
    assert carried_before(store, left_out, store.pieces()) == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"guid": "https://blog.example/?p=12"}, {"guid": "https://blog.example/?p=12"}),
        ({"guid": "12"}, {"guid": "12"}),
        ({}, {"alternates": (("nl", "http://www.blog.example/koffie"),)}),
        ({"alternates": (("en", "https://blog.example/bakker/?utm_source=x"),)}, {}),
        ({}, {"credit": Credit(link="https://blog.example/koffie/")}),
        ({"credit": Credit(link="https://blog.example/bakker/")}, {}),
        ({}, {"title": "KOFFIE op perron 4!"}),
        ({}, {"texts": (*OTHER_TEXT[:1], *(block.html for block in a_post().blocks))}),
    ],
    ids=["guid", "number", "names it", "is named", "credits it", "is credited", "title", "text"],
)
def test_it_is_known_by_any_of_its_marks(
    store: Store, old: dict[str, object], new: dict[str, object]
) -> None:
    put(store, "old", a_post(**old))
    put(store, "new", another(**new))
    send(store, OCTOBER, "old")
    assert found(store) == {"new": (OCTOBER, "Koffie op perron 4")}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # A number is a guid within its own source only.
        ({"guid": "12"}, {"guid": "12", "source": "magazine"}),
        # Both name the magazine's front page.
        (
            {"credit": Credit(link="https://magazine.example/")},
            {"credit": Credit(link="https://magazine.example/")},
        ),
        # One title in two languages is two titles.
        ({"title": "Service"}, {"title": "Service", "language": "en"}),
        ({"title": "…"}, {"title": "!"}),
        # A sentence quoted from it makes no copy of it, nor does a short one in any text.
        ({}, {"texts": (*OTHER_TEXT, a_post().blocks[0].html)}),
        ({"texts": ("Tot gauw!",)}, {"texts": ("Tot gauw!",)}),
        ({}, {"alternates": (("en", "https://[kapot/"),)}),
    ],
)
def test_what_only_looks_alike_is_not_told(
    store: Store, old: dict[str, object], new: dict[str, object]
) -> None:
    put(store, "old", a_post(**old))
    put(store, "new", another(**new))
    send(store, OCTOBER, "old")
    assert found(store) == {}


def test_the_title_of_a_series_tells_nothing(store: Store) -> None:
    for number in range(3):
        texts = tuple(f"{text} Dat was nummer {number}." for text in OTHER_TEXT)
        title = "Vraag van de maand"
        post = another(url=f"https://blog.example/vraag-{number}/", title=title, texts=texts)
        put(store, f"vraag-{number}", post)
    send(store, OCTOBER, "vraag-0")
    assert set(found(store, "vraag-2")) == {"vraag-2"}
    send(store, OCTOBER, "vraag-1")
    assert found(store, "vraag-2") == {}


def test_a_title_alone_is_not_sure(store: Store) -> None:
    """Or the second column of a series could never go out: no word lets an error be."""
    put(store, "old", another(title="Vraag van de maand"))
    put(store, "new", a_post(title="Vraag van de maand"))
    send(store, OCTOBER, "old")
    told = carried_before(store, edition("new"), store.pieces())
    assert told == {"new": Carried(OCTOBER, "https://blog.example/bakker/", sure=False)}


def test_a_version_in_the_other_language_is_enough(store: Store) -> None:
    english = a_post("https://blog.example/en/coffee/", language="en")
    put(store, "old", a_post(), english)
    put(store, "new", another(), a_post("https://moved.example/coffee/", language="en"))
    send(store, OCTOBER, "old")
    assert found(store) == {"new": (OCTOBER, "https://blog.example/en/coffee/")}


def test_the_most_certain_and_then_the_first_is_told(store: Store) -> None:
    put(store, "by-title", another(url="https://a.example/", title="Nieuw", texts=("Kort.",)))
    put(store, "by-guid", another(url="https://b.example/", guid="tag:b,1", texts=("Kort.",)))
    put(store, "new", a_post(title="Nieuw", guid="tag:b,1"))
    send(store, EditionKey("2026-08"), "by-title")
    send(store, OCTOBER, "by-guid")
    assert found(store) == {"new": (OCTOBER, "De bakker van Delft")}
    put(store, "earlier", another(url="https://c.example/", guid="tag:b,1", title="Eerder"))
    send(store, EditionKey("2026-09"), "earlier")
    assert found(store) == {"new": ("2026-09", "Eerder")}


def test_a_push_that_has_begun_counts(store: Store) -> None:
    email = Email(OCTOBER, "nl", "s", "p", "<p>x</p>", "x", "a@example.org")
    put(store, "old", a_post())
    put(store, "new", another(title="Koffie op perron 4"))
    store.save_draft(email, ["old"])
    store.save_approval(Approval(OCTOBER, "nl", email.fingerprint, "Anna", NOW), ["old"])
    assert found(store) == {}
    receipt = Receipt("outbox", "", OCTOBER, "nl", "intended", email.fingerprint, None, NOW)
    store.save_receipt(receipt)
    assert set(found(store)) == {"new"}


WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Anna <anna@example.org>"
languages = ["nl"]
start = 2026-01-01
[[sources]]
name = "blog"
url = "http://127.0.0.1:1/feed/"
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE)
    with open_workspace(tmp_path, now=lambda: NOW) as opened:
        opened.sleep = lambda _seconds: None
        yield opened


def test_after_a_split_the_checks_are_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects: list[checks.Subject] = []
    run = checks.run_checks
    monkeypatch.setattr(checks, "run_checks", lambda s: (subjects.append(s), run(s))[1])
    texts = tuple(block.html for block in a_post().blocks)
    first = a_post(texts=(*texts, "Tot de volgende keer."), published=NOW - timedelta(days=40))
    again = a_post("https://blog.example/koffie-2/", published=NOW - timedelta(days=40))
    put(workspace.store, "koffie", first, again)
    send(workspace.store, OCTOBER, "koffie")
    # The second post was hidden behind the first, and becomes a piece that never went out.
    pipeline.split_piece(workspace, "koffie", again.url)
    report = pipeline.draft(workspace, NOVEMBER)
    (shown,) = report.edition.shown
    assert shown != "koffie"
    assert subjects[-1].carried == {shown: Carried(OCTOBER, first.url)}
    pipeline.check(workspace, NOVEMBER)
    assert subjects[-1].carried == {shown: Carried(OCTOBER, first.url)}


def test_three_thousand_posts_are_compared_in_a_breath() -> None:
    def piece(number: int) -> Piece:
        texts = (f"{text} Nummer {number}, alinea {n}." for n in range(8) for text in OTHER_TEXT)
        blocks = tuple(Block(BlockKind.PARAGRAPH, text, "nl") for text in texts)
        url = f"https://blog.example/{number}/"
        post = a_post(url, title=f"Stuk {number}", blocks=blocks, guid=f"{url}?p={number}")
        return Piece(str(number), (post,))

    pieces = [piece(number) for number in range(3030)]
    gone = {str(number): "2026-10" for number in range(3000)}
    copies = [Piece(f"copy-{p.key}", p.posts) for p in pieces[:10]]
    november = edition(*(p.key for p in (*pieces[3000:], *copies)))
    start = time.perf_counter()
    told = find_carried(november, [*pieces, *copies], gone)
    # Measured: 0.09 s where nothing else runs.
    assert time.perf_counter() - start < 10
    assert set(told) == {piece.key for piece in copies}
