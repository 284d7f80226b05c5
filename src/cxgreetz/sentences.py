"""Cut a paragraph into sentences, Dutch or English.

In: plain text. Out: its sentences. Never: a library or a model. Sentences are counted by
the checks, and are what a model on this machine translates; services get whole paragraphs.
"""

from __future__ import annotations

import re
from functools import cache

#: Words that end in a full stop and are followed by the rest of their sentence.
_DUTCH = (
    "dhr mevr mw drs ir ing mr prof bijv bv ca nr nrs blz pag art jl resp incl excl tel max min "
    "vgl evt zgn ong afd red st d.w.z m.b.t i.p.v o.a a.u.b t.a.v n.a.v t.o.v i.v.m o.l.v m.u.v "
    "t.b.v t.g.v m.i m.a.w o.i.d jan feb febr apr aug sept okt nov dec"
)
_ENGLISH = "mrs ms dr jr sr vs e.g i.e inc ltd no approx vol fig dept est gov gen rev viz oct"
#: A sign that ends a sentence, what closes after it, white space, and what opens next.
_BOUNDARY = re.compile(
    # From its first sign only, and without giving any back: dot leaders are long.
    r"(?<![.!?…])(?P<sign>[.!?…]++)[\"'”’»)\]]*+(?P<gap>\s++)"
    r"(?=[\"'“”‘’„«(\[¿¡]*(?:[A-ZÀ-ÖØ-Þ\d]|['’‘][a-z]\s?[A-ZÀ-ÖØ-Þ]))"
)
_LAST_WORD = re.compile(r"[^\s\"'“”‘’„«(\[]*$")


def split(text: str) -> list[str]:
    """Give the sentences of `text` in order, stripped; [] for white space.

    A full stop after an abbreviation, an initial ("J. Smit") or a list number ("2. Luister")
    ends none; "etc." and "enz." do when a capital follows.
    """
    found, start = [], 0
    for match in _BOUNDARY.finditer(text):
        before = text[start : match.start()]
        if match["sign"] == "." and _goes_on(before):
            continue
        found.append(text[start : match.start("gap")])
        start = match.end()
    return [sentence for piece in (*found, text[start:]) if (sentence := piece.strip())]


@cache
def _abbreviations() -> frozenset[str]:
    return frozenset(f"{_DUTCH} {_ENGLISH}".split())


def _goes_on(before: str) -> bool:
    """True when the full stop after `before` belongs to its last word."""
    # No word of these is long: what stands far before is none of its business.
    match = _LAST_WORD.search(before[-20:])
    word = match[0] if match else ""
    if word == "I" and before[:-1].rstrip()[-1:].islower():
        return False  # "so did I."
    if word.lower() in _abbreviations() or (len(word) == 1 and word.isupper()):
        return True
    return word.isdigit() and len(word) <= 2 and not before[: -len(word)].strip()
