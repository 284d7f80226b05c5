"""House style: what a careful copy editor would stop at.

In: plain text in Dutch or English, how readers are addressed, which English is wanted. Out:
small findings with their places. Never: markup, a judgement on good prose; where a form may be
right, nothing is said.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from cxgreetz.glossary._figures import find_dates, find_numbers
from cxgreetz.glossary._findings import StyleFinding, finding
from cxgreetz.glossary._phrases import plain_apostrophes
from cxgreetz.glossary._quotes import find_quotes, quoted
from cxgreetz.glossary._spelling import Variant, find_spelling
from cxgreetz.glossary.terms import Glossary
from cxgreetz.model import Language

__all__ = [
    "Address",
    "StyleFinding",
    "Variant",
    "find_address",
    "find_dates",
    "find_numbers",
    "find_quotes",
    "find_spelling",
    "find_split_compounds",
    "find_style",
    "quoted",
]

Address = Literal["je", "u"]


def find_style(
    text: str,
    language: Language,
    *,
    address: Address | None = None,
    variant: Variant | None = None,
    glossary: Glossary | None = None,
) -> list[StyleFinding]:
    """Apply every rule for `language`, in order of place.

    `address` and `variant` None: only what is mixed within `text`. Without a `glossary`
    compounds are not looked at.
    """
    found = find_quotes(text) + find_numbers(text, language) + find_dates(text, language, variant)
    if language == "en":
        found += find_spelling(text, variant)
    else:
        found += find_address(text, address)
        found += find_split_compounds(text, glossary) if glossary else []
    return sorted(found, key=lambda one: (one.start, one.end))


#: First what addresses nobody: French, thanks, the letter u; it is read over.
_JE = re.compile(
    r"\bje (?:ne|suis|veux|t'aime|maintiendrai|reinste)\b"
    r"|(?<![\w'.-])(?P<form>je|jij|jou|jouw|jezelf|jullie)(?![\w'-])",
    re.IGNORECASE,
)
_U = re.compile(
    r"\b(?:dank|vitamine|letter|hoofdletter|klinker|een|de) u\b"
    r"|(?<![\w'.&+-])(?P<form>u|uw|uzelf)(?![\w'&+-]|\.\w)",
    re.IGNORECASE,
)
_INFORMAL = {"uw": "je or jouw", "uzelf": "jezelf"}
_FORMAL = {"je": "u or uw", "jouw": "uw", "jezelf": "uzelf"}


def find_address(text: str, address: Address | None = None) -> list[StyleFinding]:
    """Find je where u is the rule, and u where je is; what is quoted is left alone.

    `address` None: the form that is used more often in `text` is the rule, the first one when
    they are even.
    """
    spans = quoted(text)
    je, u = _addressed(_JE, text, spans), _addressed(_U, text, spans)
    if address is None:
        if not je or not u:
            return []
        more_je = len(je) - len(u) or u[0][0] - je[0][0]
        address = "je" if more_je > 0 else "u"
    wrong, instead, usual = (u, _INFORMAL, "je") if address == "je" else (je, _FORMAL, "u")
    return [
        finding("address", text, start, end, instead.get(text[start:end].lower(), usual))
        for start, end in wrong
    ]


def _addressed(
    pattern: re.Pattern[str], text: str, spans: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    return [
        match.span()
        for match in pattern.finditer(plain_apostrophes(text))
        if match["form"] and not any(start <= match.start() < end for start, end in spans)
    ]


#: Second halves that stand without an article in good Dutch: "dat een klant contact opneemt".
_BARE = """contact contacten vraag vragen waarde waarden kennis feedback inzicht inzichten onderzoek
    onderzoeken gegevens data betrokkenheid tevredenheid loyaliteit behoefte behoeften
    klachten reizen verwachtingen beloftes beloften verhalen gesprekken groepen processen
    gericht gerichte gerichtheid vormen vriendelijk vriendelijke gedreven aandacht informatie
    management tijd tijden orders service beleving belevingen profielen relaties"""
#: First halves that are words of their own before nearly anything: "waar ik aan dacht".
_LOOSE = """aan achter bij door een eerste heel in mee meer met na naar om onder op over terug toe
    tweede uit van voor waar"""
#: After these a bare "klant" cannot be a noun of its own, so it belongs to what follows.
_BEFORE = "voor van met bij over door naar aan goed slecht beter meer veel minder"
_PAIR = re.compile(r"(?<![\w-])(?=((?P<one>[^\W\d_]{3,}) (?P<two>[^\W\d_]{3,}))(?![\w-]))")
_LAST_WORD = re.compile(r"(\w+)[ ]$")


def find_split_compounds(text: str, glossary: Glossary) -> list[StyleFinding]:
    """Find Dutch terms of `glossary` that are written as two words ("klant reis").

    Where the second word also stands by itself in good Dutch ("als een klant contact zoekt"),
    only what grammar leaves no other reading for is found ("voor klant contact").
    """
    whole = _compounds(glossary)
    bare, open_to, loose = set(_BARE.split()), set(_BEFORE.split()), set(_LOOSE.split())
    found = []
    for match in _PAIR.finditer(text):
        one, two = match["one"].lower(), match["two"].lower()
        if one + two not in whole or one in loose:
            continue
        if two in bare:
            before = _LAST_WORD.search(text[max(0, match.start() - 40) : match.start()])
            if one.endswith(("en", "s")) or not before or before[1].lower() not in open_to:
                continue
        start, end = match.span(1)
        joined = match["one"] + two
        found.append(finding("compound", text, start, end, joined))
    return found


@lru_cache(maxsize=8)
def _compounds(glossary: Glossary) -> frozenset[str]:
    forms = (form for term in glossary.terms for form in term.forms("nl"))
    return frozenset(form.lower() for form in forms if form.isalpha() and len(form) >= 6)
