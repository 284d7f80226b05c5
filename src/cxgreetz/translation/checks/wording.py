"""Checks of words: the workspace's terms, idioms, and house style.

In: a Pair with the workspace's words. Out: findings. Never: markup, a word changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cxgreetz.glossary.style import find_style
from cxgreetz.model import Finding, Language, Origin, Severity
from cxgreetz.translation.checks._pair import WORD, Pair


def forbidden_term(pair: Pair) -> Iterator[Finding]:
    """A word that the glossary forbids for a term of the source ("customer travel").

    In a text that its author wrote in this language it is only shown.
    """
    if not pair.words.glossary:
        return
    hits = None
    if pair.source is not None:
        hits = pair.words.glossary.terms_in(pair.old, pair.source_language)
    for one in pair.words.glossary.forbidden(pair.new, pair.target_language, hits):
        message = f"“{one.text}” is not how we write {one.term.text(_other(pair))}"
        remedy = f"Write “{one.preferred}”; or change the glossary."
        severity = Severity.ERROR if one.certain else Severity.WARNING
        yield pair.found(forbidden_term, severity, message, remedy, one.text)


def _other(pair: Pair) -> Language:
    return "en" if pair.target_language == "nl" else "nl"


def missing_term(pair: Pair) -> Iterator[Finding]:
    """A term of the source has none of the words that the glossary has for it.

    A name that is not to be translated stays as it is. From English only the preferred word asks
    for its Dutch: a synonym ("name" for "reputation") may mean something else.
    """
    if not pair.words.glossary:
        return
    for one in pair.words.glossary.missing(
        pair.old, pair.new, pair.source_language, pair.target_language
    ):
        preferred = one.hit.term.english.lower()
        if pair.source_language == "en" and not one.hit.text.lower().startswith(preferred[:-1]):
            continue
        what = "stays as it is" if one.kept else f"is “{one.expected}” in the glossary"
        remedy = f"Write “{one.expected}”, or dismiss this where another word is better."
        message = f"“{one.hit.text}” {what}"
        yield pair.found(missing_term, Severity.WARNING, message, remedy, one.hit.text)


def literal_idiom(pair: Pair) -> Iterator[Finding]:
    """An idiom was translated word by word: "make chocolate of it".

    Where the idiom stands in the Dutch it is an error; where only the English betrays it, a
    warning.
    """
    if pair.target_language != "en":
        return
    idioms, seen = pair.words.idioms, set()
    meant = idioms.find_idioms(pair.old) if pair.source is not None else []
    for hit in (*idioms.find_literal(pair.new, meant), *idioms.find_literal(pair.new)):
        if hit.idiom.name in seen:
            continue
        seen.add(hit.idiom.name)
        message = f"“{hit.text}” is “{hit.idiom.name}” word by word: {hit.idiom.meaning}"
        remedy = f"Say it in English: {'; '.join(hit.idiom.english)}."
        yield pair.found(literal_idiom, hit.severity, message, remedy, hit.text)


def idiom(pair: Pair) -> Iterator[Finding]:
    """A Dutch idiom, which machines tend to spoil.

    It warns before the translation, and after one by a machine that does not use the English
    we know for it. What machines usually get right is only shown.
    """
    if pair.source is None or pair.source_language != "nl":
        return
    for hit in pair.words.idioms.find_idioms(pair.old):
        if any(_says(pair.new_words, english) for english in hit.idiom.english):
            continue
        by_person = pair.target is not None and pair.origin is not Origin.ENGINE
        severity = Severity.INFO if by_person else hit.severity
        message = f"“{hit.text}” is an idiom: {hit.idiom.meaning}"
        remedy = f"In English: {'; '.join(hit.idiom.english)}."
        yield pair.found(idiom, severity, message, remedy, hit.text)


def _says(words: Sequence[str], english: str) -> bool:
    """Whether half of the weighty words of `english` are among `words`, in whatever form."""
    wanted = [word[:4] for word in WORD.findall(english.lower()) if len(word) > 3]
    there = {word.lower()[:4] for word in words}
    return bool(wanted) and 2 * sum(word in there for word in wanted) >= len(wanted)


_STYLE = {
    "address": ("readers are addressed in another way here", Severity.WARNING),
    "spelling": ("this is the other English", Severity.WARNING),
    "compound": ("this is one word", Severity.WARNING),
    "number": ("a number in the other language's form", Severity.WARNING),
    "date": ("a date in another form", Severity.INFO),
    "quotes": ("quotation marks of two kinds", Severity.INFO),
}


def house_style(pair: Pair) -> Iterator[Finding]:
    """One way of writing: je or u, British or American, quotation marks, numbers, dates.

    What is quoted is left alone.
    """
    for one in find_style(
        pair.new,
        pair.target_language,
        address=pair.words.address,
        variant=pair.words.english,
        glossary=pair.words.glossary,
    ):
        if one.suggestion.endswith("mark is missing"):
            continue
        what, severity = _STYLE[one.kind]
        message, remedy = f"“{one.excerpt}”: {what}", f"Write: {one.suggestion}."
        if one.kind == "quotes":
            remedy = f"Make them alike: {one.suggestion}."
        yield pair.found(house_style, severity, message, remedy, one.excerpt)
