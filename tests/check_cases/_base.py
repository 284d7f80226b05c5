"""A letter in which no check finds anything, and small ways to spoil it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import samples
from cxgreetz.checks import Subject, run_checks
from cxgreetz.model import Email, EmailView, Finding, ItemView, Language
from samples import TEXTS, an_item

GREETING = (
    "Vorige week stond ik op een perron waar de trein maar niet kwam, en toch bleef iedereen "
    "vrolijk. Dat kwam door een man met een thermoskan, die vertelde wat hij wist en ook wat hij "
    "niet wist. Eerlijk zijn over wat je niet weet is misschien wel de goedkoopste vorm van "
    "gastvrijheid. Deze maand daarom een handvol verhalen over mensen die dat durven, op een "
    "station, aan een loket en gewoon achter de toonbank."
)
LINKS = (
    '<a href="cxgreetz:web_version">Bekijk online</a> <a href="cxgreetz:unsubscribe">Afmelden</a>'
)


def a_view(*items: ItemView, **changes: Any) -> EmailView:
    values = {"greeting": GREETING, "postal_address": "Perron 4, 1011 AA Amsterdam"}
    return samples.a_view(*items, **{**values, **changes})


def item(**changes: Any) -> EmailView:
    """The letter with its one column changed."""
    return a_view(replace(an_item(), **changes))


def html(body: str, head: str = "", **changes: Any) -> Email:
    """The letter with another body between its heading and its foot."""
    page = f"<h1>CX Greetz</h1>{body}<p>Door Marijke van der Veen</p>{LINKS}"
    return samples.an_email(
        html=f"<html><head>{head}</head><body>{page}</body></html>",
        **{"text": text("Door Marijke van der Veen"), **changes},
    )


def text(body: str) -> str:
    foot = "Bekijk online: <cxgreetz:web_version>\nAfmelden: <cxgreetz:unsubscribe>\n"
    return f"CX Greetz\n\n{body}\n\n{foot}"


def an_email(**changes: Any) -> Email:
    return html("<p>Dag</p>", **changes) if "html" not in changes else samples.an_email(**changes)


def detect(words: str) -> Language | None:
    """Enough for the samples: which of the two lists holds it."""
    return next((language for language, texts in TEXTS.items() if words in texts), None)


@dataclass(frozen=True)
class Case:
    """An email, what is known of it, and the severities that its check is to find."""

    check: str
    view: EmailView | None = None
    email: Email | None = None
    finds: tuple[str, ...] = ()
    #: Further fields of the Subject.
    known: Mapping[str, Any] = field(default_factory=dict)
    #: Words that stand in the first message.
    says: str = ""


def look(view: EmailView | None = None, email: Email | None = None, **known: Any) -> list[Finding]:
    return run_checks(Subject([view or a_view()], email or an_email(), detect, **known))
