"""British and American spelling.

In: plain English text. Out: the words of the wrong one of the two. Never: a word that is right in
both ("practice", "license", "program", "tire", "check"), a name.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from cxgreetz.glossary._findings import StyleFinding, finding

Variant = Literal["en-GB", "en-US"]

#: Stems of -our; every ending that keeps the u in Britain.
_OUR = "arm behavi cand clam col demean endeav fav ferv flav harb hon hum lab neighb od parl ranc "
_OUR += "rum sav savi splend tum val vap vig"
_OUR_ENDINGS = "our ours oured ouring ourful ourable ourably ourite ourites ourhood ourhoods "
_OUR_ENDINGS += "ourer ourers ourless oural ourally oury"
#: Stems of -ise; in Britain -ize is right as well (Oxford), but not both in one text.
_ISE = """
    agon apolog author bapt capital categor central character civil commercial computer
    critic custom decentral demoral democrat digit econom emphas energ equal fantas familiar
    final formal general global harmon hospital human ideal individual industrial initial
    internal ital jeopard legal liberal local maxim memor minim mobil modern monet monopol
    moral national natural neutral normal optim organ penal personal polar popular priorit
    privat public random rational real recogn revital revolution romantic scrutin social special
    stabil standard steril stigmat subsid summar symbol sympath synchron systemat terror
    trivial util vandal verbal victim visual vital western apostroph hypothes empath
    incentiv operational conceptual contextual institutional crystall fertil galvan hypnot
    immortal immun lion material mesmer plagiar pressur pulver ration sensit tantal theor
    traumat unional urban
"""
_ISE_ENDINGS = "ise ises ised ising isation isations iser isers isable"
#: Verbs that double their l in Britain only.
_DOUBLED = "cancel channel counsel dial equal fuel funnel label level marvel model panel quarrel "
_DOUBLED += "rival shovel signal snorkel spiral total travel tunnel unravel yodel"
_DOUBLED_ENDINGS = "led ling ler lers lings"
_RE = "cent fib lust meag theat calib somb spect sceptr kilomet centimet millimet"
_OTHERS = """
    analyse analyze; analysed analyzed; analysing analyzing; analyser analyzer
    paralyse paralyze; paralysed paralyzed; paralysing paralyzing; catalyse catalyze
    catalysed catalyzed; catalysing catalyzing; defence defense; defences defenses
    offence offense; offences offenses; pretence pretense; licence license!; licences licenses!
    practise practice!; practises practices!; practised practiced; practising practicing
    catalogue catalog; catalogues catalogs; catalogued cataloged; marvellous marvelous
    fulfil fulfill; fulfils fulfills; fulfilment fulfillment; enrol enroll; enrols enrolls
    enrolment enrollment; instalment installment; instalments installments; skilful skillful
    skilfully skillfully; wilful willful; wilfully willfully; distil distill; appal appall
    grey gray; greyer grayer; greyish grayish; cheque check!; cheques checks!; tyre tire!
    tyres tires!; kerb curb!; programme program!; programmes programs!; plough plow
    ploughs plows; ploughed plowed; ploughing plowing; aluminium aluminum; jewellery jewelry
    mould mold; moulds molds; mouldy moldy; moustache mustache; moustaches mustaches
    pyjamas pajamas; sceptic skeptic; sceptics skeptics; sceptical skeptical
    scepticism skepticism; sulphur sulfur; storey story!; storeys stories!; ageing aging
    cosy cozy; cosier cozier; draught draft!; draughts drafts!; artefact artifact
    artefacts artifacts; mum mom; mums moms; manoeuvre maneuver; manoeuvres maneuvers
    paediatric pediatric; anaesthetic anesthetic; encyclopaedia encyclopedia; foetus fetus
    oestrogen estrogen; diarrhoea diarrhea; leukaemia leukemia; orthopaedic orthopedic
    gynaecologist gynecologist; maths math!; metre meter!; metres meters!; litre liter
    litres liters; centred centered; centring centering; woollen woolen
"""


@cache
def spellings() -> tuple[dict[str, str], dict[str, str]]:
    """British words with their American spelling, and the reverse; lower case.

    A word whose American spelling has other uses in Britain ("cheque", "check") is only in
    the first.
    """
    british: dict[str, str] = {}
    for stem in _OUR.split():
        for ending in _OUR_ENDINGS.split():
            british[stem + ending] = stem + ending.replace("our", "or", 1)
    for stem in _ISE.split():
        for ending in _ISE_ENDINGS.split():
            british[stem + ending] = f"{stem}iz{ending[2:]}"
    for stem in _DOUBLED.split():
        for ending in _DOUBLED_ENDINGS.split():
            british[stem + ending] = stem + ending[1:]
    for stem in _RE.split():
        british[f"{stem}re"], british[f"{stem}res"] = f"{stem}er", f"{stem}ers"
    for entry in _OTHERS.replace("\n", ";").split(";"):
        if entry.strip():
            one, other = entry.split()
            british[one] = other
    american = {us: uk for uk, us in british.items() if not us.endswith("!")}
    return {uk: us.rstrip("!") for uk, us in british.items()}, american


_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_IZE = re.compile(r"iz(?:e|es|ed|ing|ation|ations|er|ers|able)$")
_SENTENCE_END = ".!?:…\n"


def find_spelling(text: str, variant: Variant | None = None) -> list[StyleFinding]:
    """Find American spelling where British is the rule, and the reverse.

    `variant` None: the one used more often in `text` is the rule. Names are left alone ("Pearl
    Harbor"), and so is British -ize in a text that has no -ise.
    """
    british, american = spellings()
    uk: list[tuple[int, int]] = []
    us: list[tuple[int, int]] = []
    oxford: list[tuple[int, int]] = []
    has_ise = False
    for match in _WORD.finditer(text):
        word = match.group().lower()
        if (word not in british and word not in american) or _is_name(text, match):
            continue
        if word in british:
            uk.append(match.span())
            has_ise = has_ise or bool(_IZE.search(british[word]))
        else:
            (oxford if _IZE.search(word) else us).append(match.span())
    if variant is None:
        variant = "en-GB" if len(uk) >= len(us) else "en-US"
    wrong = uk if variant == "en-US" else sorted(us + (oxford if has_ise else []))
    other = british if variant == "en-US" else american
    return [
        finding("spelling", text, start, end, _in_case(text[start:end], other))
        for start, end in wrong
    ]


def _in_case(word: str, other: dict[str, str]) -> str:
    new = other[word.lower()]
    return new.upper() if word.isupper() else new.capitalize() if word[0].isupper() else new


def _is_name(text: str, match: re.Match[str]) -> bool:
    """True for a capital where no sentence begins, or before another one."""
    if not match.group()[0].isupper() or (match.group().isupper() and len(match.group()) > 1):
        return False
    before = text[: match.start()].rstrip(" \"'“‘(")
    after = text[match.end() :].lstrip(" ")
    return (bool(before) and before[-1] not in _SENTENCE_END) or after[:1].isupper()
