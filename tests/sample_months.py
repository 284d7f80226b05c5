"""A month on the demo's sites that waits for its editor: nothing is approved, nothing is sent.

In: a folder, the demo's sites. Out: a workspace in the folder, with a machine's first draft of a
column beside the author's and the memory's words, and a warning. Never: a network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path

from cxgreetz import pipeline
from cxgreetz.demo.site import DemoSite
from cxgreetz.model import Origin
from cxgreetz.pipeline import Workspace
from cxgreetz.store import MemoryRow
from cxgreetz.translation.memory import memory_key

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
#: When the sources were read and the draft was made.
MADE = NOW - timedelta(hours=3)
EDITION = "2026-11"
#: The column that nobody has translated, and what a machine makes of its beginning.
BAKER = "de-bakker-die-nee-zei"
MACHINE = {
    "De bakker die nee zei": "The baker who said no",
    "Zaterdagochtend, kwart voor negen. De rij bij de bakker staat tot aan de fietsenwinkel. "
    "Voor mij wil een man in een waxjas tachtig krentenbollen. Voor vanmiddag, een jubileum, of "
    "dat even kan.": "Saturday morning, a quarter to nine. The row at the baker stands up to the "
    "bicycle shop. For me a man in a wax coat wants eighty currant buns. For this afternoon, an "
    "anniversary, or that is just possible.",
    "‘Nee,’ zegt de bakker. Niet onaardig. Hij zegt het zoals je zegt dat het regent.": "“No,” "
    "says the baker. Not unkindly. He says it the way you say that it is raining.",
    "Een bakker achter een toonbank vol brood": "A baker behind a counter full of bread",
}


def at(folder: Path, moment: datetime = NOW) -> AbstractContextManager[Workspace]:
    """The workspace in `folder`, on the day of the sample."""
    return pipeline.open_workspace(folder, now=lambda: moment)


@contextmanager
def sites() -> Iterator[DemoSite]:
    """The demo's sites, as they are on the day of the sample."""
    with DemoSite(NOW.date()) as site:
        yield site


def make_month(folder: Path, site: DemoSite) -> Path:
    """Gather, translate and draft; the rest is the editor's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cxgreetz.toml").write_text(site.workspace_file(), encoding="utf-8")
    with at(folder, MADE) as workspace, as_file(files("cxgreetz.demo") / "memory.tmx") as memory:
        pipeline.import_memory(workspace, memory)
        workspace.store.remember(
            [
                MemoryRow(
                    *("nl", "en"),
                    *(memory_key(dutch, "nl"), memory_key(english, "en")),
                    *(dutch, english),
                    Origin.ENGINE,
                    "",
                    MADE,
                )
                for dutch, english in MACHINE.items()
            ]
        )
        # The columns link to the web, and nobody there is asked.
        report = pipeline.run(workspace, links=False)
        assert report.drafted.edition.key == EDITION
    return folder
