"""Every form of a verb, Dutch or English.

In: an infinitive; a separable one with its hyphen ("uit-kijken"). Out: the forms that prose
uses, now and then one that does not exist. Never: a form left out.

Regular verbs go by rule, the others by the two lists below: infinitive, past (singular and
plural in Dutch), participle; a line with `=` gives every form.
"""

from __future__ import annotations

import re
from functools import cache

from cxgreetz.model import Language

_DUTCH = """
bakken bakte bakten gebakken; barsten barstte barstten gebarsten; bijten beet beten gebeten
beginnen begon begonnen begonnen; blijven bleef bleven gebleven; breken brak braken gebroken
brengen bracht brachten gebracht; denken dacht dachten gedacht; dragen droeg droegen gedragen
drinken dronk dronken gedronken; duiken dook doken gedoken; eten at aten gegeten
gieten goot goten gegoten; geven gaf gaven gegeven; glijden gleed gleden gegleden
graven groef groeven gegraven; grijpen greep grepen gegrepen; hangen hing hingen gehangen
helpen hielp hielpen geholpen; kiezen koos kozen gekozen
kijken keek keken gekeken; klimmen klom klommen geklommen; knijpen kneep knepen geknepen
kruipen kroop kropen gekropen; krijgen kreeg kregen gekregen; laten liet lieten gelaten
lezen las lazen gelezen; liggen lag lagen gelegen; lopen liep liepen gelopen
meten mat maten gemeten; nemen nam namen genomen; rijden reed reden gereden
roepen riep riepen geroepen; scheren schoor schoren geschoren; schieten schoot schoten geschoten
schrijven schreef schreven geschreven; slapen sliep sliepen geslapen; smijten smeet smeten gesmeten
spelen speelde speelden gespeeld; springen sprong sprongen gesprongen
spreken sprak spraken gesproken; steken stak staken gestoken; stelen stal stalen gestolen
strijken streek streken gestreken; treden trad traden getreden; treffen trof troffen getroffen
trekken trok trokken getrokken; vallen viel vielen gevallen; vangen ving vingen gevangen
varen voer voeren gevaren; vechten vocht vochten gevochten; vinden vond vonden gevonden
vliegen vloog vlogen gevlogen; vreten vrat vraten gevreten; wassen waste wasten gewassen
werpen wierp wierpen geworpen; winden wond wonden gewonden; worden werd werden geworden
wijzen wees wezen gewezen; zingen zong zongen gezongen; zinken zonk zonken gezonken
zitten zat zaten gezeten; zoeken zocht zochten gezocht; zuigen zoog zogen gezogen
zwijgen zweeg zwegen gezwegen; zweren zwoer zwoeren gezworen; binden bond bonden gebonden
verliezen verloor verloren verloren; verkopen verkocht verkochten verkocht
kopen kocht kochten gekocht; ontspringen ontsprong ontsprongen ontsprongen
spinnen spon sponnen gesponnen; stinken stonk stonken gestonken; buigen boog bogen gebogen
lijden leed leden geleden; wrijven wreef wreven gewreven; schuiven schoof schoven geschoven
bevinden bevond bevonden bevonden; verdwijnen verdween verdwenen verdwenen
hebben= heb hebt heeft hebben had hadden gehad; zijn= ben bent is zijn was waren geweest
gaan= ga gaat gaan ging gingen gegaan; staan= sta staat staan stond stonden gestaan
slaan= sla slaat slaan sloeg sloegen geslagen; doen= doe doet doen deed deden gedaan
zien= zie ziet zien zag zagen gezien; komen= kom komt komen kwam kwamen gekomen
kunnen= kan kun kunt kunnen kon konden; willen= wil wilt willen wilde wilden wou gewild
moeten= moet moeten moest moesten; mogen= mag mogen mocht mochten
weten= weet weten wist wisten geweten; zullen= zal zult zullen zou zouden
houden= houd houdt hou houden hield hielden gehouden; zeggen= zeg zegt zeggen zei zeiden gezegd
laveren= laveer laveert laveerde laveerden gelaveerd
leggen= leg legt leggen legde legden gelegd
snijden= snijd snijdt snijden sneed sneden gesneden
"""

_ENGLISH = """
be= be am is are was were been being; have= have has had having; do= do does did done doing
go= go goes went gone going; make made made; take took taken; get got got; give gave given
come came come; see saw seen; stand stood stood; fall fell fallen; lie= lie lies lay lain lying
hold held held; hang hung hung; find found found; throw threw thrown; run ran run; sit sat sat
keep kept kept; leave left left; let let let; put put put; set set set; cut cut cut; hit hit hit
break broke broken; bring brought brought; buy bought bought; sell sold sold; bite bit bitten
blow blew blown; drink drank drunk; drive drove driven; eat ate eaten; feel felt felt
fight fought fought; fly flew flown; hear heard heard; know knew known; lay laid laid
lead led led; lose lost lost; pay paid paid; ride rode ridden; say said said; shoot shot shot
sing sang sung; sink sank sunk; sleep slept slept; slide slid slid; speak spoke spoken
stick stuck stuck; strike struck struck; sweep swept swept; swim swam swum; teach taught taught
tell told told; think thought thought; wear wore worn; win won won; write wrote written
shine shone shone; steal stole stolen; spin spun spun; dig dug dug; draw drew drawn
grow grew grown; catch caught caught; bind bound bound; bend bent bent; wind wound wound
rain rained rained; creep crept crept; choose chose chosen; shave shaved shaven
swallow swallowed swallowed; step stepped stepped; wrap wrapped wrapped; drop dropped dropped
slip slipped slipped; plug plugged plugged; rub rubbed rubbed; grab grabbed grabbed; fry fried fried
escape escaped escaped; beat beat beaten; dive dived dived
"""

_VOWEL = "aeiou"


@cache
def forms(verb: str, language: Language) -> tuple[str, ...]:
    """Give the forms of `verb`, the infinitive first; several words are joined by `_`."""
    prefix, hyphen, stem = verb.rpartition("-") if language == "nl" else ("", "", verb)
    listed = _listed(language)
    if whole := listed.get(f"{stem}="):
        base = _unique((stem, *whole))
    else:
        past = listed.get(stem)
        present = _dutch(stem, past) if language == "nl" else _english(stem, past)
        base = _unique((stem, *(past or ()), *present))
    return (*(prefix + form for form in base), f"{prefix}_te_{stem}") if hyphen else base


def _unique(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


@cache
def _listed(language: Language) -> dict[str, tuple[str, ...]]:
    text = _DUTCH if language == "nl" else _ENGLISH
    lines = (entry.split() for entry in re.split(r"[;\n]", text) if entry.strip())
    return {words[0]: tuple(words[1:]) for words in lines}


def _dutch(verb: str, past: tuple[str, ...] | None) -> tuple[str, ...]:
    """The forms that are not listed: the present, and of a weak verb the past."""
    stem, hard = _dutch_stem(verb)
    present = (stem, stem if stem.endswith("t") else f"{stem}t")
    if past:
        return present
    # The consonants of "'t kofschip" decide, as they sound in the infinitive.
    sign = "t" if hard in ("t", "k", "f", "s", "h", "p") else "d"
    participle = stem if stem.endswith(sign) else stem + sign
    # "verdiend" has no ge-, "gebeld" does; telling be- from bel- takes a dictionary.
    prefixed = (participle,) if re.match(r"be|ge|ver|ont|her|er", verb) else ()
    return (*present, f"{stem}{sign}e", f"{stem}{sign}en", f"ge{participle}", *prefixed)


def _dutch_stem(verb: str) -> tuple[str, str]:
    """The first person ("maak"), and the consonant that decides the past tense ("k")."""
    root = verb.removesuffix("en") or verb
    hard = root[-1]
    if len(root) > 2 and root[-1] == root[-2]:  # pakken: pak
        return root[:-1], hard
    one_consonant = root[-1] not in _VOWEL and root[-2:-1] in tuple("aeou")
    open_syllable = one_consonant and root[-3:-2] not in tuple(_VOWEL)
    if open_syllable and not re.search(r"[aeiou].*[^aeiou]e[lnr]$", root):  # maken: maak
        root = f"{root[:-1]}{root[-2]}{root[-1]}"
    soft = {"v": "f", "z": "s"}.get(root[-1])
    return (root[:-1] + soft if soft else root), hard


def _english(verb: str, past: tuple[str, ...] | None) -> tuple[str, ...]:
    """The forms that are not listed, as for Dutch."""
    if re.search(r"(s|x|z|ch|sh|o)$", verb):
        third = f"{verb}es"
    elif re.search(r"[^aeiou]y$", verb):
        third = f"{verb[:-1]}ies"
    else:
        third = f"{verb}s"
    doubled = re.fullmatch(r"[^aeiou]*[aeiou][bdgklmnprt]", verb)
    root = verb + verb[-1] if doubled else verb.removesuffix("e") if verb[-2:] != "ee" else verb
    if past:
        return third, f"{root}ing"
    return third, f"{verb[:-1]}ied" if third.endswith("ies") else f"{root}ed", f"{root}ing"
