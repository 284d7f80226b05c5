"""Measure the editor's page at the server: the overview, an edition, the texts of a column.

In: how many columns, and passages of each. Out: one table, and how it stands to what is aimed
at. Never: a network, a workspace that anyone uses.

The workspace has one edition with as many columns as asked, all of them Dutch, with a title
and paragraphs that are made of a few sentences each; one in five has a link and one in five a
figure. A machine translated nearly all of them; of every column two wait. Each page is asked
for once to warm up, and then `TIMES` times; "first" is that first answer, "after a change" the
answer after a passage was mended, in which nothing that was kept may help.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from starlette.testclient import TestClient

from cxgreetz import pipeline
from cxgreetz.model import Block, BlockKind, Credit, Origin, Post
from cxgreetz.pipeline import Workspace, open_workspace
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.review import make_app
from cxgreetz.review.server import collect_seldom
from cxgreetz.store import StoredPost
from cxgreetz.translation.assembly import segments_of

#: Answers of each page, and milliseconds that one may take.
TIMES, MOST = 5, 200.0
MONTH, NOW = "2026-11", datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TOKEN = "measured"
WORKSPACE = """
[newsletter]
name = "Measured"
from = "Measured <measured@example.org>"
start = 2026-01-01
[[sources]]
name = "blog"
url = "http://127.0.0.1:1/feed/"
[translation]
engines = []
"""
_WHO = (
    ("de bakker", "the baker"),
    ("mijn buurvrouw", "my neighbour"),
    ("een jonge conducteur", "a young conductor"),
    ("de klantenservice", "customer service"),
    ("het meisje achter de balie", "the girl behind the desk"),
    ("onze kapper", "our hairdresser"),
    ("de man van het loket", "the man at the counter"),
)
_DID = (
    ("vroeg waarom niemand haar had teruggebeld", "asked why nobody had called her back"),
    ("legde rustig uit wat er was misgegaan", "calmly explained what had gone wrong"),
    ("schreef met de hand een kaartje terug", "wrote back a card by hand"),
    ("had de klantreis nog nooit zelf gelopen", "had never walked the customer journey"),
    ("wist precies welke koffie ik wilde", "knew exactly which coffee I wanted"),
    ("bleef staan tot de laatste gast weg was", "stayed until the last guest had gone"),
)
_WHERE = (
    ("op een regenachtige maandag in oktober", "on a rainy Monday in October"),
    ("vlak voordat de winkel dichtging", "just before the shop closed"),
    ("terwijl de telefoon maar bleef rinkelen", "while the telephone kept ringing"),
    ("en niemand in de rij zei er iets van", "and nobody in the queue said a word"),
    ("zonder dat iemand het had gevraagd", "without anybody having asked for it"),
)


def make_text(chance: random.Random, number: int) -> tuple[str, str]:
    """A paragraph in Dutch, and what it says in English as it is coded; each another one."""
    dutch, english = [], []
    for _ in range(chance.randint(1, 3)):
        (who, who_en), (did, did_en) = chance.choice(_WHO), chance.choice(_DID)
        where, where_en = chance.choice(_WHERE)
        dutch.append(f"{who[0].upper()}{who[1:]} {did}, {where}.")
        english.append(f"{who_en[0].upper()}{who_en[1:]} {did_en}, {where_en}.")
    name = "".join("bdfgklmnpr"[int(digit)] + "a" for digit in str(number)).capitalize()
    dutch.append(f"Dat zei {name} ook.")
    english.append(f"That is what {name} said, too.")
    if number % 5 == 0:
        dutch.append('Lees er <a href="https://columns.example/boek/">mijn boek</a> op na.')
        english.append("Read <g1>my book</g1> about it.")
    if number % 5 == 1:
        dutch.append(f"Er stonden {number} mensen te wachten.")
        english.append(f"There were {number} people waiting.")
    return " ".join(dutch), " ".join(english)


def fill(workspace: Workspace, columns: int, passages: int) -> str:
    """Store the columns with their translations and draft the edition; gives one column's key."""
    chance = random.Random(1)
    memory = StoreMemory(workspace)
    number, last = 0, ""
    for column in range(columns):
        pairs = [make_text(chance, number + place) for place in range(passages)]
        number += passages
        title, title_en = pairs[0][0].partition(",")[0], pairs[0][1].partition(",")[0]
        post = Post(
            f"https://columns.example/{column}/",
            f"{title} ({column})",
            "nl",
            tuple(Block(BlockKind.PARAGRAPH, dutch, "nl") for dutch, _ in pairs[1:]),
            "blog",
            published=NOW - timedelta(hours=column + 1),
            credit=Credit("Marijke van der Veen"),
        )
        workspace.store.save_posts(
            [StoredPost(post, post.key, "taken", "new", post.published, NOW)]
        )
        said = [f"{title_en} ({column})", *(english for _dutch, english in pairs[1:])]
        for place, (part, english) in enumerate(zip(segments_of(post, "en"), said, strict=True)):
            if place not in (passages // 2, passages - 1):
                memory.remember(part.segment, english, Origin.ENGINE, "an engine")
        last = last or post.key
    pipeline.draft(workspace, MONTH)
    return last


def timed(ask: Callable[[], int]) -> tuple[float, float]:
    """Milliseconds until the answer is there, and those of the processor for it.

    Raises SystemExit for a page that is none.
    """
    start, worked = time.perf_counter(), time.process_time()
    if (status := ask()) != 200:
        raise SystemExit(f"a page answered {status}")
    return (time.perf_counter() - start) * 1000, (time.process_time() - worked) * 1000


def middle(times: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The median of either."""
    waited, worked = zip(*times, strict=True)
    return statistics.median(waited), statistics.median(worked)


def measure(folder: Path, piece: str) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """For each page its name, and how long the first, a later and a changed answer take."""
    collect_seldom()
    client = TestClient(make_app(lambda: open_workspace(folder, now=lambda: NOW), TOKEN))
    client.base_url = "http://127.0.0.1:8765"
    client.get("/", params={"token": TOKEN})
    changes = 0
    for name, address in (
        ("overview", "/"),
        ("edition", f"/edition/{MONTH}"),
        ("texts, translated", f"/edition/{MONTH}/en/{quote(piece)}"),
        ("texts, her own", f"/edition/{MONTH}/nl/{quote(piece)}"),
    ):

        def ask(address: str = address) -> int:
            return client.get(address).status_code

        first = timed(ask)
        again = middle([timed(ask) for _ in range(TIMES)])
        changed = []
        for _ in range(TIMES):
            changes += 1
            with open_workspace(folder, now=lambda: NOW) as workspace:
                text = f"Change number {changes} came from the baker himself."
                pipeline.mend_passage(workspace, MONTH, "en", piece, "blocks[0]", text)
            changed.append(timed(ask))
        yield name, [first, again, middle(changed)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--columns", type=int, default=27)
    parser.add_argument("--passages", type=int, default=110, help="of each, its title included")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "cxgreetz.toml").write_text(WORKSPACE)
        with open_workspace(folder, now=lambda: NOW) as workspace:
            piece = fill(workspace, asked.columns, asked.passages)
        print(f"{asked.columns} columns of {asked.passages} passages; milliseconds (of processor)")
        print(f"{'page':20}{'first':>16}{'again':>16}{'after a change':>20}")
        slow = 0
        for page, answers in measure(folder, piece):
            slow += any(waited > MOST for waited, _worked in answers[1:])
            told = [f"{waited:.0f} ({worked:.0f})" for waited, worked in answers]
            print(f"{page:20}{told[0]:>16}{told[1]:>16}{told[2]:>20}")
    print(f"aimed at: at most {MOST:.0f} again and after a change; {slow} of the pages miss it")
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main())
