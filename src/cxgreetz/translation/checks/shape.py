"""Checks of a translation's shape: its sentences, its length, what it says twice, its marks.

In: a Pair. Out: findings. Never: a guess about meaning.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from cxgreetz.glossary.style import find_quotes
from cxgreetz.model import Finding, Language, Origin, Severity
from cxgreetz.translation.checks._pair import Pair, word_list

#: Target characters per source character of a good translation, and of any translation.
_USUAL_RATIO = (0.65, 1.45)
_POSSIBLE_RATIO = (0.4, 2.5)
#: Shorter texts have no usual length.
_MEASURED_LENGTH = 40


def sentences(pair: Pair) -> Iterator[Finding]:
    """Sentences were dropped or added: the two texts have not equally many.

    A difference of two is an error. People join and cut sentences, machines hardly ever: in
    what a machine wrote a difference of one is a warning.
    """
    before, after = len(pair.old_sentences), len(pair.new_sentences)
    apart = abs(before - after)
    if apart >= 2 or (apart == 1 and before and pair.origin is Origin.ENGINE):
        message = f"the source has {_count(before)}, the translation {after}"
        severity = Severity.ERROR if apart >= 2 else Severity.WARNING
        yield pair.found(sentences, severity, message, "See what was dropped or added.")


def _count(number: int) -> str:
    return "1 sentence" if number == 1 else f"{number} sentences"


def length(pair: Pair) -> Iterator[Finding]:
    """The translation is much shorter or longer than translations of its kind are.

    Usual are 65 to 145 % of the source's characters; below 40 or above 250 % it is an error.
    """
    if len(pair.old) < _MEASURED_LENGTH:
        return
    ratio = len(pair.new) / len(pair.old)
    if _USUAL_RATIO[0] <= ratio <= _USUAL_RATIO[1]:
        return
    possible = _POSSIBLE_RATIO[0] <= ratio <= _POSSIBLE_RATIO[1]
    severity = Severity.WARNING if possible else Severity.ERROR
    message = f"the translation has {ratio:.0%} of the length of the source"
    yield pair.found(length, severity, message, "See what was dropped or added.")


_DOUBLED = re.compile(r"(?<![\w'’-])([^\W\d_]+(?:['’][^\W\d_]+)?) +\1(?![\w'’-])", re.I)
#: What may be said twice: "that that", "had had"; "als je je klant kent", "wie die die kent".
_TWICE = word_list("""
        had that very no so bye ha je u die dat dit ze we zo heel nee ja er is""")


def doubled_word(pair: Pair) -> Iterator[Finding]:
    """A word stands there twice in a row ("the the"), which the source does not do."""
    before = len(_DOUBLED.findall(pair.old))
    found = [m for m in _DOUBLED.finditer(pair.new) if m[1].lower() not in _TWICE]
    for match in found[before:]:
        message, remedy = f"“{match[0]}” says it twice", "Take one of them out."
        yield pair.found(doubled_word, Severity.WARNING, message, remedy, match[0])


_JOINTS: tuple[tuple[Language, str], ...] = (("nl", "en|of"), ("en", "and|or"))
_X_AND_X = {
    language: re.compile(
        rf"(?<![\w'’-])(?P<word>[^\W\d_]{{2,}}) (?:{joint}) (?P=word)(?![\w'’-])", re.I
    )
    for language, joint in _JOINTS
}
#: Said so in good English or Dutch.
_AGAIN = word_list("""
    more less on over again through by round around up down out in lots years days hours weeks
    months miles so half such now then meer door om dagen uren jaren weken keer""")
#: Of what grows: "better and better".
_GROWING = re.compile(
    r"\b(?:steeds|alsmaar|almaar|telkens|gaandeweg|hoe langer|elke keer|increasingly|ever|each)\b",
    re.I,
)


def x_and_x(pair: Pair) -> Iterator[Finding]:
    """Two words became one: "understand and understand", where the source names two things.

    "Less and less" is good English, "better and better" too where the source says "steeds
    beter", and "city or city-state" is no pair.
    """
    said = {m["word"].lower() for m in _X_AND_X[pair.source_language].finditer(pair.old)} - _AGAIN
    growing = {word for word in said if word.endswith("er")}
    if said - growing:
        return
    for match in _X_AND_X[pair.target_language].finditer(pair.new):
        word = match["word"].lower()
        grows = word.endswith("er") and (growing or _GROWING.search(pair.old))
        if word in _AGAIN or grows:
            continue
        message, remedy = f"“{match[0]}” says one thing twice", "Find the second word."
        yield pair.found(x_and_x, Severity.WARNING, message, remedy, match[0])


def repeated(pair: Pair) -> Iterator[Finding]:
    """Four words in a row, or a whole clause, come back in the translation and not in the source.

    Where the source repeats itself as often (three words in a row), that is its style.
    """
    again = _again(pair.new_words, 4)
    if len(again) > len(_again(pair.old_words, 3)):
        message, remedy = f"“{again[0]}” stands there twice", "Take one of them out."
        yield pair.found(repeated, Severity.WARNING, message, remedy, again[0])


def _again(words: Sequence[str], size: int) -> list[str]:
    """The rows of `size` words that stand there more than once."""
    rows = Counter(
        tuple(word.lower() for word in words[n : n + size]) for n in range(len(words) - size + 1)
    )
    return [" ".join(row) for row, count in rows.items() if count > 1]


def quotes(pair: Pair) -> Iterator[Finding]:
    """A quotation mark lacks its other half, while those of the source come in pairs."""
    if _lonely(pair.old):
        return
    for said in _lonely(pair.new)[:1]:
        message = "a quotation mark lacks its other half"
        yield pair.found(quotes, Severity.WARNING, message, "Close or open the quotation.", said)


def _lonely(text: str) -> list[str]:
    return [
        text[max(0, one.start - 20) : one.end + 20].strip()
        for one in find_quotes(text)
        if one.suggestion.endswith("is missing")
    ]


_NO_BRACKET = re.compile(r"[:;]-?[()]|(?:(?<=\s)|^)\w{1,2}\)")


def brackets(pair: Pair) -> Iterator[Finding]:
    """A bracket is opened and not closed, or closed and not opened."""
    for one, other in ("()", "[]"):
        old, new = (_NO_BRACKET.sub(" ", text) for text in (pair.old, pair.new))
        if old.count(one) == old.count(other) and new.count(one) != new.count(other):
            message = f"{new.count(one)} {one} and {new.count(other)} {other}"
            yield pair.found(brackets, Severity.WARNING, message, "Put the other bracket in.")


_END = re.compile(r"(?<![\s\"'”’»“)\]])[\s\"'”’»“)\]]++$")


def end_mark(pair: Pair) -> Iterator[Finding]:
    """It ends as the source ends: a question asks, a sentence is finished, a colon opens a list.

    A full stop, an exclamation mark and an ellipsis go for one another.
    """
    if not pair.old or not pair.new:
        return
    before, after = _ending(pair.old), _ending(pair.new)
    if before != after:
        message = f"the source ends {before}, the translation {after}"
        yield pair.found(end_mark, Severity.WARNING, message, "See that the end is there.")


def _ending(text: str) -> str:
    last = _END.sub("", text)[-1:]
    if last in ".!…;":
        return "a sentence"
    return {"?": "as a question", ":": "with a colon"}.get(last, "without a mark")


#: Sentences that engines add, with what in the source would account for each.
_STOCK: tuple[tuple[str, str], ...] = (
    (
        r"(?:i['’]?a?m |i am )?(?:so |very |really )?sorry(?: about that)?|my apologies|"
        r"i apologi[sz]e|het spijt me|(?:mijn )?excuses|sorry",
        r"sorry|spijt|excus|pardon|helaas|jammer|neem me niet|apolog|unfortunately|afraid|regret",
    ),
    (
        r"of course(?: i (?:will|can|do|am))?|sure(?: thing)?|certainly|absolutely|no problem|"
        r"natuurlijk(?: (?:doe|kan|wil) ik dat)?|geen probleem|zeker weten",
        r"natuurlijk|tuurlijk|uiteraard|vanzelf|zeker|absoluut|geen probleem|tuur|allicht|"
        r"of course|sure|certain|absolut|no problem|definitely|naturally",
    ),
    (
        r"(?:yes,? )?i (?:will|do|am|can)|ja,? dat (?:doe|kan) ik",
        r"\b(?:ik|ja|jawel|i|yes)\b",
    ),
    (
        r"i don['’]?t know(?: what to say)?|i do not know|ik weet het niet",
        r"weet|idee|know|idea|wist|snap",
    ),
    (r"thank you(?: very much)?|thanks|dank je wel|bedankt", r"dank|thank|merci|cheers"),
    (
        r"(?:here is|here's|this is|hier is) (?:the|your|de|je|uw) (?:translation|vertaling).*|"
        r"(?:translation|vertaling|dutch|english|nederlands|engels): .*|as an ai\b.*|"
        r"i (?:can['’]?t|cannot) (?:help|assist|translate)\b.*|"
        r"(?:please )?let me know if\b.*|hope this helps",
        r"vertaling|vertaald|translat|opmerking|note|laat (?:het )?(?:me|mij)|let me|hoop|hope",
    ),
)
_STOCK_PATTERNS = tuple((re.compile(a, re.I), re.compile(b, re.I)) for a, b in _STOCK)


def stock_sentence(pair: Pair) -> Iterator[Finding]:
    """A sentence that nobody wrote: "I'm sorry.", "Of course I will."

    Machines add them; nothing in the source speaks of it.
    """
    for said in dict.fromkeys(pair.new_sentences):
        bare = said.strip(" .!…,\"'“”‘’")
        for stock, reason in _STOCK_PATTERNS:
            if stock.fullmatch(bare) and not reason.search(pair.old):
                message, remedy = f"“{said}” is not in the source", "Take it out."
                yield pair.found(stock_sentence, Severity.ERROR, message, remedy, said)
                break
