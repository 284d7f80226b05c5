"""Checks of what a translation must keep: markup, numbers, links, names; and of what must go.

In: a Pair. Out: findings. Never: a guess about style.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from cxgreetz.glossary.style import quoted
from cxgreetz.model import LANGUAGE_NAMES, Finding, Language, Severity
from cxgreetz.translation import coded, numerals
from cxgreetz.translation.checks._pair import TRANSLATE, WORD, Pair, word_list

#: Fewer words may well be the same in both languages.
_ENOUGH_WORDS = 4
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.I)
_ERROR_PAGE = re.compile(
    r"Error \d{3} \([^)]{0,99}\)|\b(?:429|50[0234]) (?:Too Many Requests|Internal Server Error|"
    r"Bad Gateway|Service Unavailable|Gateway Time-?out)|MYMEMORY WARNING|"
    r"IS AN INVALID (?:SOURCE|TARGET) LANGUAGE|QUERY LENGTH LIMIT|INVALID LANGUAGE PAIR|"
    r"unusual traffic from your computer|<(?:!doctype|html|body)\b",
    re.I,
)


def empty(pair: Pair) -> Iterator[Finding]:
    """The source says something, the translation nothing."""
    if any(c.isalnum() for c in pair.old) and not any(c.isalnum() for c in pair.new):
        yield pair.found(empty, Severity.ERROR, "the translation says nothing", TRANSLATE)


def error_page(pair: Pair) -> Iterator[Finding]:
    """A service's error message stands where the translation should be."""
    if _ERROR_PAGE.search(coded.unescape(pair.target or "")) and not _ERROR_PAGE.search(
        coded.unescape(pair.source or "")
    ):
        message = "this is an error page, not a translation"
        yield pair.found(error_page, Severity.ERROR, message, TRANSLATE)


def placeholders(pair: Pair) -> Iterator[Finding]:
    """Links, bold and italic words must come back whole, each around the same words."""
    wrong = coded.faults(pair.source or "", pair.target or "")
    doubled = _ENTITY.search(pair.new)
    if doubled and not _ENTITY.search(pair.old):
        wrong.append(f"{doubled[0]} is left undecoded")
    remedy = "Put every marker of the source back once, around the same words."
    for message in wrong:
        yield pair.found(placeholders, Severity.ERROR, message, remedy)


def numbers(pair: Pair) -> Iterator[Finding]:
    """Every number is there, and none is new, however each language writes it.

    1.000 is 1,000, "twee" is 2, half negen is 8:30.
    """
    bare = (coded.LINK.sub(" ", pair.old), coded.LINK.sub(" ", pair.new))
    missing, added = numerals.compare(*bare, pair.source_language, pair.target_language)
    for number in missing:
        message, remedy = f"{number} is missing", "Put the number back."
        yield pair.found(numbers, Severity.ERROR, message, remedy, number)
    for number in added:
        message, remedy = f"{number} is not in the source", "Correct the number."
        yield pair.found(numbers, Severity.ERROR, message, remedy, number)


def links(pair: Pair) -> Iterator[Finding]:
    """Addresses that stand in the text, of pages and mail, stay as they are."""
    before, after = set(coded.LINK.findall(pair.old)), set(coded.LINK.findall(pair.new))
    for link in sorted(before - after):
        message, remedy = f"{link} is missing", "Put the address back as it was."
        yield pair.found(links, Severity.ERROR, message, remedy, link)
    for link in sorted(after - before):
        message, remedy = f"{link} is not in the source", "Correct the address."
        yield pair.found(links, Severity.ERROR, message, remedy, link)


def unchanged(pair: Pair) -> Iterator[Finding]:
    """The translation is the source, word for word.

    Names and a quotation already in the reader's language may stay.
    """
    if (
        pair.is_unchanged
        and len(pair.new_words) >= _ENOUGH_WORDS
        and pair.detect(pair.old) != pair.target_language
    ):
        yield pair.found(unchanged, Severity.ERROR, "the translation is the source", TRANSLATE)


def language(pair: Pair) -> Iterator[Finding]:
    """The text as a whole still reads as the language it was to be translated from."""
    if pair.is_unchanged or len(pair.new_words) < _ENOUGH_WORDS:
        return
    if pair.detect(pair.new) == pair.source_language:
        message = f"the translation is still in {LANGUAGE_NAMES[pair.source_language]}"
        yield pair.found(language, Severity.ERROR, message, TRANSLATE)


#: Function words that the other language does not have, nor uses in a phrase it borrowed.
_LEFT: dict[Language, frozenset[str]] = {
    "nl": word_list("""
        aan achter alles als altijd bij dan dat de deze dit dus een eens en er geen haar
        hebben heeft hij het hier hoe hun ik je jij jouw kan maar meer met mijn moet
        naar niet nog omdat onder ons onze ook tegen toch uit van vaak veel voor waar
        waarom wanneer wat wel werd wie wij worden wordt zal ze zelf zich zij zijn zo
        zoals zonder zou"""),
    "en": word_list("""
        the and you your this that with for from are not have they their them what who
        our will would she but which when where because about there these those could
        should been"""),
}
#: How many of them within how many words: "jobs to be done" is good Dutch these days.
_CLOSE: dict[Language, tuple[int, int]] = {"nl": (2, 4), "en": (2, 5)}
#: "Marijke van der Veen", "Den Haag", "De Wit": a name and its small words.
_NAME = re.compile(
    r"[A-ZÀ-Þ][\w’'-]{0,40}+"
    r"(?: (?:van|de|der|den|het|ter|ten|te|op|aan|in|en|of|the|and|for|’t|'t))+"
    r" [A-ZÀ-Þ][\w’'-]*"
)


def leftover(pair: Pair) -> Iterator[Finding]:
    """Some words were left in the other language: its small words stand close together.

    A name ("van der Veen") is none of them; within quotation marks it may be meant, so that is
    a warning.
    """
    if pair.is_unchanged or pair.detect(pair.new) == pair.source_language:
        return
    known, (wanted, within) = _LEFT[pair.source_language], _CLOSE[pair.source_language]
    text = _NAME.sub(lambda m: " " * len(m[0]), coded.LINK.sub(lambda m: " " * len(m[0]), pair.new))
    words = list(WORD.finditer(text))
    hits = [n for n, w in enumerate(words) if w[0].lower() in known and not w[0].isupper()]
    spans = quoted(pair.new)
    for first, last in zip(hits, hits[wanted - 1 :], strict=False):
        start, end = words[first].start(), words[last].end()
        if last - first >= within or re.search(r"[.!?]\s", text[start:end]):
            continue
        excerpt = pair.new[start:end]
        said = any(one <= start and end <= other for one, other in spans)
        name = LANGUAGE_NAMES[pair.source_language]
        severity = Severity.WARNING if said else Severity.ERROR
        message, remedy = f"“{excerpt}” was left in {name}", "Translate these words."
        yield pair.found(leftover, severity, message, remedy, excerpt)
        return


def copied(pair: Pair) -> Iterator[Finding]:
    """Four words in a row stand there as they stood in the source.

    Rows of names and numbers, and titles within quotation marks, may stay.
    """
    if pair.is_unchanged:
        return
    old, spans = pair.old_words, quoted(pair.new)
    runs = {tuple(old[n : n + 4]) for n in range(len(old) - 3)}
    words = list(WORD.finditer(coded.LINK.sub(lambda m: " " * len(m[0]), pair.new)))
    for four in (words[n : n + 4] for n in range(len(words) - 3)):
        row = tuple(word[0] for word in four)
        start, end = four[0].start(), four[-1].end()
        if row not in runs or sum(word.islower() for word in row) < 2:
            continue
        # Words as they are spoken, not a path or a formula.
        if not all(re.search(r"\s", pair.new[a.end() : b.start()]) for a, b in pairwise(four)):
            continue
        if not any(one <= start and end <= other for one, other in spans):
            excerpt = pair.new[start:end]
            message = f"“{excerpt}” is copied from the source"
            yield pair.found(copied, Severity.WARNING, message, "Translate these words.", excerpt)
            return


_ACRONYM = re.compile(r"(?<![\w.])(?:[A-Z]{2,}\d*|[A-Z]\d?[A-Z0-9]+|[A-Z][a-z]+[A-Z]\w*)")
#: What an acronym may be in the other language, both ways.
_ACRONYMS = (
    "VS|US|USA|U.S.|United States|Verenigde Staten", "VN|UN|United Nations|Verenigde Naties",
    "VK|GB|UK|United Kingdom|Verenigd Koninkrijk|Groot-Brittannië|Britain",
    "BBP|GDP", "NAVO|NATO", "AVG|GDPR", "BTW|btw|VAT", "MKB|mkb|SME|SMEs|small business",
    "AI|KI", "OV|ov|public transport", "WC|wc|toilet|loo", "P&O|HR|personnel", "CAO|cao|CLA",
    "EHBO|first aid", "ICT|IT", "HBO|hbo", "ZZP|zzp|freelance", "TV|tv|televisie|television|telly",
    "NOS|NOS", "HRM|HR", "RvB|board", "RvC|supervisory board", "PvA|plan", "SMS|sms|text",
    "NL|the Netherlands|Dutch|Nederland|Nederlands", "APK|MOT", "ANWB|ANWB", "KvK|Chamber of",
    "CBS|Statistics Netherlands", "WHO|WHO", "CV|cv|résumé", "DNA|DNA", "EU|EU|European Union",
    "FAQ|FAQ|veelgestelde vragen|frequently asked", "ROI|ROI|rendement|return", "PC|pc|computer",
    "PIN|pin|pincode", "GGZ|ggz|mental health", "GGD|health service", "CEO|CEO|topman|topvrouw",
)  # fmt: skip


#: "Dat is NIET waar": said loudly, no acronym.
_LOUD = word_list("""
    alle allemaal echt en geen heel nooit nu of over wel weer zeer all and any ever every just nu
    much must never new no now nothing of only or really so stop true very yes""")


def acronyms(pair: Pair) -> Iterator[Finding]:
    """NPS, B2B, LinkedIn: an abbreviation or brand of the source stands in the translation too.

    Some have another form in the other language (VS is US, BBP is GDP), and what the glossary
    translates is the glossary's matter.
    """
    if pair.old.isupper():
        return
    spans = pair.words.glossary.terms_in(pair.old, pair.source_language)
    for said in dict.fromkeys(_ACRONYM.findall(coded.LINK.sub(" ", pair.old))):
        loud = said.lower() in _LOUD | _LEFT["nl"] | _LEFT["en"]
        if loud or any(said in hit.text for hit in spans):
            continue
        others = {said}.union(*(r.split("|") for r in _ACRONYMS if said in r.split("|")))
        if not any(re.search(rf"(?<!\w){re.escape(o)}", pair.new, re.I) for o in others):
            message = f"{said} is missing"
            remedy = "Put it back, or dismiss this where it has another name."
            yield pair.found(acronyms, Severity.WARNING, message, remedy, said)


#: Capitals of one language only, or names that have another form in the other.
_OTHER_CAPITALS = word_list("""
        i i'm i've i'll i'd monday tuesday wednesday thursday friday saturday sunday
        january february march april may june july august september october november
        december christmas easter whitsun dutch english german french belgian flemish
        spanish italian danish swedish norwegian american british european chinese
        japanese asian african polish turkish greek irish scottish nederlands
        nederlandse engels engelse duits duitse frans franse belgisch belgische vlaams
        vlaamse spaans spaanse italiaans italiaanse deens deense zweeds zweedse noors
        noorse amerikaans amerikaanse brits britse europees europese chinees chinese
        japans japanse netherlands nederland germany duitsland france frankrijk belgium
        belgië spain spanje italy italië denmark denemarken sweden zweden norway
        noorwegen europe europa england engeland america amerika brussels brussel
        antwerp antwerpen ghent gent bruges brugge paris parijs london londen berlin
        berlijn vienna wenen rome milan milaan lisbon lissabon prague praag hague haag
        den the flanders vlaanderen britain ireland ierland mr mrs ms mevrouw meneer dhr
        mevr king koning sint saint god internet bijbel bible kerst pasen nederlander
        nederlanders belg belgen duitser duitsers engelsman dutchman""")
_CAPITALISED = re.compile(r"(?<=[a-zà-ÿ,;] )[A-ZÀ-Þ][a-zà-ÿ]+")


def names(pair: Pair) -> Iterator[Finding]:
    """A name of the source is gone and another stands in the translation.

    Only shown: places and titles often have a name of their own in each language.
    """
    before = {word for word in _CAPITALISED.findall(pair.old) if not _has_other_form(word)}
    after = {word for word in _CAPITALISED.findall(pair.new) if not _has_other_form(word)}
    gone = sorted(word for word in before if word not in pair.new)
    new = sorted(word for word in after if word not in pair.old)
    if gone and new:
        message = f"{', '.join(gone)} is gone, {', '.join(new)} is new"
        yield pair.found(names, Severity.INFO, message, "See that the names are right.", gone[0])


def _has_other_form(word: str) -> bool:
    return word.lower() in _OTHER_CAPITALS


_NEGATIONS: dict[Language, re.Pattern[str]] = {
    "nl": re.compile(
        r"\b(?:niet|geen|nooit|niks|niets|niemand|nergens|nee|zonder|noch|nauwelijks|amper|zelden|"
        r"evenmin|on\w{4,}|ont\w{3,}|mis\w{3,}|\w+loze?|weiger\w*|tenzij|geenszins|verbied\w*|"
        r"verboden)\b",
        re.I,
    ),
    "en": re.compile(
        r"\b(?:not|no|never|nothing|nobody|none|nowhere|neither|nor|without|cannot|\w+n['’]t|"
        r"hardly|barely|seldom|rarely|scarcely|un\w{3,}|in\w{4,}|im\w{4,}|dis\w{3,}|mis\w{3,}|"
        r"\w+less|non-?\w+|few|little|fail\w*|refus\w*|lack\w*|unless|only|avoid\w*|free|stop\w*|"
        r"far from|anything but|other than|instead|rather|yet to|only just|no-one|deny|denied|"
        r"forb\w+|ir\w{4,}|miss\w*|out of|too)\b",
        re.I,
    ),
}
_NOT: dict[Language, re.Pattern[str]] = {
    "nl": re.compile(r"\b(?:niet|geen|nooit|niemand|niets)\b", re.I),
    "en": re.compile(r"\b(?:not|never|nobody|nothing|\w+n['’]t|cannot)\b", re.I),
}


def negation(pair: Pair) -> Iterator[Finding]:
    """The source says not, none or never, and nothing in the translation does.

    Only shown: languages have many ways to say no.
    """
    denied = _NOT[pair.source_language].search(pair.old)
    if denied and not _NEGATIONS[pair.target_language].search(pair.new):
        message = f"“{denied[0]}” has nothing beside it in the translation"
        remedy = "See that it still says what it said."
        yield pair.found(negation, Severity.INFO, message, remedy, denied[0])
