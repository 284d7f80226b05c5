"""What a check looks at, in the visitor's language; the one reader of `checks.nl.toml`.

In: the name of a check. Out: a title, what it looks at, what to do about it. Never: a finding.

A check's own docstring is the English; `checks.nl.toml` says the same in Dutch, and has a
remedy that fits whatever the check finds.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cxgreetz import checks
from cxgreetz.translation import checks as translation_checks

_DUTCH = Path(__file__).parent / "checks.nl.toml"


#: Where a check's own name is no word of an editor's.
_TITLES = {
    "preheader": "The line behind the subject",
    "image_alt": "Words for who cannot see the picture",
    "utm": "Where readers came from",
    "language_parity": "The same in both languages",
    "carried_before": "Sent before",
    "leftover_tag": "Remains of the template",
    "tap_target": "Buttons for a thumb",
    "text_parity": "The plain text is complete",
    "own_name": "The name of a person",
    "placeholders": "Links and emphasis",
    "acronyms": "Abbreviations and brands",
    "x_and_x": "The same and the same",
    "end_mark": "The mark at the end",
}


@dataclass(frozen=True, slots=True)
class Explained:
    """A check as an editor reads of it."""

    title: str
    paragraphs: Sequence[str]
    #: What can be done, whatever it found; "": each finding says it.
    remedy: str = ""


def explain(name: str, language: str) -> Explained:
    """What the check `name` looks at; one that is unknown has only its name for a title."""
    title = _TITLES.get(name) or name.replace("_", " ").capitalize()
    if language == "nl" and (dutch := _in_dutch().get(name)):
        return Explained(dutch["title"], [dutch["explanation"]], dutch["remedy"])
    said = inspect.getdoc(_known()[name]) if name in _known() else None
    paragraphs = [" ".join(part.split()) for part in (said or "").split("\n\n") if part.strip()]
    return Explained(title, paragraphs)


@cache
def _known() -> Mapping[str, Any]:
    return {check.__name__: check for check in (*checks.CHECKS, *translation_checks.CHECKS)}


@cache
def _in_dutch() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(_DUTCH.read_text(encoding="utf-8"))
