"""Words: the glossary, the idioms and the house style.

In: plain text, CSV files that an editor keeps, the lists that come with the program. Out: what
stands where, and what to write instead. Never: markup, a network, a text changed.
"""

from cxgreetz.glossary.idioms import (
    Idiom,
    IdiomHit,
    Idioms,
    LiteralHit,
    load_idioms,
    starter_idioms,
)
from cxgreetz.glossary.style import StyleFinding, find_style
from cxgreetz.glossary.terms import (
    ForbiddenTerm,
    Glossary,
    Hit,
    MissingTerm,
    Term,
    load_glossary,
    starter_glossary,
)

__all__ = [
    "ForbiddenTerm",
    "Glossary",
    "Hit",
    "Idiom",
    "IdiomHit",
    "Idioms",
    "LiteralHit",
    "MissingTerm",
    "StyleFinding",
    "Term",
    "find_style",
    "load_glossary",
    "load_idioms",
    "starter_glossary",
    "starter_idioms",
]
