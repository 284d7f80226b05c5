"""Columns of a small newsletter, each in Dutch with its English beside it in the memory.

In: nothing. Out: posts for a blog, and the rows that translate them. Never: an engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from cxgreetz.model import Origin
from cxgreetz.store import MemoryRow
from cxgreetz.translation.memory import memory_key
from servers.feed_site import FeedPost


@dataclass(frozen=True)
class Column:
    """Pairs of Dutch and English: the title, then the paragraphs."""

    slug: str
    title: tuple[str, str]
    paragraphs: tuple[tuple[str, str], ...]

    def post(self, edition: str) -> FeedPost:
        """The column on the blog, of the tenth of the month."""
        body = "".join(f"<p>{dutch}</p>" for dutch, _english in self.paragraphs)
        published = datetime.fromisoformat(f"{edition}-10T09:00:00+00:00")
        return FeedPost(self.title[0], body, published, f"/{self.slug}/")


#: A title that would be markup and a cell of its own, if anybody let it.
HOSTILE = Column(
    "gratis",
    (
        "Gratis [koffie](javascript:alert(1)) | <b>nu</b> *hier*",
        "Free [coffee](javascript:alert(1)) | <b>now</b> *here*",
    ),
    (
        (
            "Bij de garage kreeg ik koffie, en daarna een rekening waar die koffie op stond.",
            "At the garage I was given coffee, and then a bill that had the coffee on it.",
        ),
        (
            "De monteur lachte er zelf om en streepte de regel door, met een dikke blauwe pen.",
            "The mechanic laughed about it himself and crossed out the line with a fat blue pen.",
        ),
        (
            "Sindsdien weet ik dat een gebaar pas gratis is als niemand het heeft opgeschreven.",
            "Since then I know that a gesture is free only if nobody has written it down.",
        ),
    ),
)
LIFT = Column(
    "lift",
    ("De lift die dankjewel zegt", "The lift that says thank you"),
    (
        (
            "In het ziekenhuis staat een lift die iedereen bedankt voor het wachten.",
            "In the hospital there is a lift that thanks everybody for waiting.",
        ),
        (
            "Een jongen van zes zei elke keer graag gedaan terug, tot op de vierde verdieping.",
            "A boy of six said you are welcome each time, all the way up to the fourth floor.",
        ),
        (
            "Niemand in de lift keek nog op zijn telefoon, en beneden hield iemand de deur open.",
            "Nobody in the lift looked at a phone any more, and downstairs somebody held the door.",
        ),
    ),
)
KEY = Column(
    "sleutel",
    ("Een sleutel onder de mat", "A key under the mat"),
    (
        (
            "De loodgieter belde vooraf om te vragen of de hond van bezoek houdt.",
            "The plumber rang beforehand to ask whether the dog likes visitors.",
        ),
        (
            "Toen ik thuiskwam lag er een briefje naast de kraan: hij lekt niet meer, de hond is "
            "uitgelaten.",
            "When I came home there was a note beside the tap: it no longer leaks, and the dog "
            "has been walked.",
        ),
        (
            "Zo'n briefje bewaar je langer dan de factuur die een week later in de bus viel.",
            "A note like that is kept longer than the invoice that came in the post a week later.",
        ),
    ),
)
BRIDGE = Column(
    "brug",
    ("Wachten voor de brug", "Waiting for the bridge"),
    (
        (
            "De brugwachter heeft een bord opgehangen met de naam van het schip dat langskomt.",
            "The bridge keeper has put up a board with the name of the ship that passes.",
        ),
        (
            "Sinds dat bord er hangt zet bijna iedereen zijn motor af en zwaait er iemand terug.",
            "Since the board went up almost everybody turns off the engine, and somebody waves.",
        ),
        (
            "Wachten duurt even lang als vroeger, alleen weet je nu op wie je wacht.",
            "The wait is as long as it used to be, only now you know whom you are waiting for.",
        ),
    ),
)
SOCKS = Column(
    "sokken",
    ("Drie sokken in een doos", "Three socks in a box"),
    (
        (
            "De webwinkel stuurde mij drie sokken, en een dag later vanzelf de vierde.",
            "The web shop sent me three socks, and a day later the fourth came by itself.",
        ),
        (
            "Er zat een kaartje bij met de groeten van iemand van het magazijn, die Joop heet.",
            "There was a card with it, with greetings from somebody in the warehouse called Joop.",
        ),
        (
            "Ik heb daarna nooit meer sokken gekocht bij een winkel zonder Joop.",
            "I have never since bought socks from a shop that has no Joop.",
        ),
    ),
)


def memory_rows(columns: Iterable[Column]) -> list[MemoryRow]:
    """What a translator would have made of the columns."""
    now = datetime.now(UTC)
    return [
        MemoryRow(
            *("nl", "en"),
            *(memory_key(dutch, "nl"), memory_key(english, "en")),
            *(dutch, english),
            *(Origin.EDITOR, "Roos", now),
        )
        for column in columns
        for pair in (column.title, *column.paragraphs)
        for dutch, english in [[escape(text, quote=False) for text in pair]]
    ]
