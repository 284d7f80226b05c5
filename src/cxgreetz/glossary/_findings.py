"""What a rule of house style gives.

In: nothing. Out: a finding with its place. Never: how bad it is; that is for the checks to say.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StyleFinding:
    """Something against the house style, at characters `start` to `end`."""

    #: address, spelling, quotes, number, date or compound
    kind: str
    start: int
    end: int
    excerpt: str
    #: What to write instead, or what to do.
    suggestion: str


def finding(kind: str, text: str, start: int, end: int, suggestion: str) -> StyleFinding:
    return StyleFinding(kind, start, end, text[start:end], suggestion)
