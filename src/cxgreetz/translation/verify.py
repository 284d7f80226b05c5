"""Decide whether a translation is believed.

In: the coded text that was asked and the answer. Out: the answer with harmless damage
mended, and what is wrong with it. Never: an engine, a guess about style; a lost "not" and a
single wrong word stay invisible here and are the editor's.

An error means "not believed". Measured on 763 paragraphs of a manual that people translated:
numbers 5 and links 1, all true differences; unchanged 5, rows of names; sentences 3; length
2, and 30 warnings. Engines translate closer to the source than people.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator

from cxgreetz import sentences
from cxgreetz.model import Finding, Language, Severity
from cxgreetz.translation import coded, numerals

#: Gives the language of a text when it is sure of it.
Detect = Callable[[str], Language | None]

#: Target characters per source character of a good translation, and of any translation.
_USUAL_RATIO = (0.65, 1.45)
_POSSIBLE_RATIO = (0.4, 2.5)
#: Shorter texts have no usual length.
_MEASURED_LENGTH = 40
#: Fewer words may well be the same in both languages.
_ENOUGH_WORDS = 4

_LOOSE_MARK = re.compile(r"<\s*(/?)\s*([gx])\s*(\d{1,3})\s*(/?)\s*>", re.I)
_ESCAPED_MARK = re.compile(r"&lt;\s*/?\s*[gx]\s*\d{1,3}\s*/?\s*&gt;", re.I)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.I)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_MARK_SPACE_SIGN = re.compile(r"((?:</g\d+>|<x\d+/>)+) +(?=[,.;:!?)])")
_WORDS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ERROR_PAGE = re.compile(
    r"Error \d{3} \([^)]*\)|\b(?:429|50[0234]) (?:Too Many Requests|Internal Server Error|"
    r"Bad Gateway|Service Unavailable|Gateway Time-?out)|MYMEMORY WARNING|"
    r"IS AN INVALID (?:SOURCE|TARGET) LANGUAGE|QUERY LENGTH LIMIT|INVALID LANGUAGE PAIR|"
    r"unusual traffic from your computer|<(?:!doctype|html|body)\b",
    re.I,
)


def repair(source: str, answer: str) -> str:
    """Mend what engines do to coded text without changing what it says.

    Markers in capitals, with spaces, escaped, or `<x1></x1>`; entities that are not coded
    text (`&#39;`), decoded once; brackets of the source that came back unescaped; white space
    at the ends, in runs, or pushed inside a pair. Anything doubtful is left for `verify`.
    """
    if not coded.TOKEN.search(answer) and not _ESCAPED_MARK.search(source):
        answer = _ESCAPED_MARK.sub(lambda match: html.unescape(match[0]), answer)
    marks = {str(part) for part in coded.parts(source) if isinstance(part, coded.Mark)}
    answer = _LOOSE_MARK.sub(lambda match: _tidy_mark(match, marks), answer)
    answer = _settle_entities(source, answer)
    return _settle_spaces(source, _SPACES.sub(" ", answer)).strip()


def verify(
    source: str,
    target: str,
    source_language: Language,
    target_language: Language,
    detect: Detect,
) -> list[Finding]:
    """Say what is wrong with `target` as a translation of `source`; both are coded text.

    Checks: empty, error_page, placeholders, numbers, links, sentences, language, unchanged,
    length. Only errors and warnings are given, the errors first.
    """
    old, new = coded.plain(source), coded.plain(target)
    if any(c.isalnum() for c in old) and not any(c.isalnum() for c in new):
        return [_finding("empty", old, "the translation says nothing", _TRANSLATE)]
    if _ERROR_PAGE.search(coded.unescape(target)) and not _ERROR_PAGE.search(
        coded.unescape(source)
    ):
        return [_finding("error_page", old, "this is an error page, not a translation", _TRANSLATE)]
    found = [
        *placeholders(source, target),
        *_check_numbers(old, new, source_language, target_language),
        *_check_links(old, new),
        *_check_sentences(old, new),
        *_check_language(old, new, source_language, target_language, detect),
        *_check_length(old, new),
    ]
    return sorted(found, key=lambda f: f.severity is not Severity.ERROR)


def placeholders(source: str, target: str) -> list[Finding]:
    """Say in what the markup of `target` is not that of `source`: it cannot be put back."""
    old = coded.plain(source)
    wrong = coded.faults(source, target)
    doubled = _ENTITY.search(coded.plain(target))
    if doubled and not _ENTITY.search(old):
        wrong.append(f"{doubled[0]} is left undecoded")
    remedy = "Put every marker of the source back once, around the same words."
    return [_finding("placeholders", old, message, remedy) for message in wrong]


_TRANSLATE = "Translate this text by hand."


def _finding(
    check: str, text: str, message: str, remedy: str, severity: Severity = Severity.ERROR
) -> Finding:
    where = text if len(text) <= 60 else f"{text[:59].rstrip()}…"
    return Finding(check, severity, where, message, remedy)


def _check_numbers(
    old: str, new: str, source_language: Language, target_language: Language
) -> Iterator[Finding]:
    bare = (coded.LINK.sub(" ", old), coded.LINK.sub(" ", new))
    missing, added = numerals.compare(*bare, source_language, target_language)
    for number in missing:
        yield _finding("numbers", old, f"{number} is missing", "Put the number back.")
    for number in added:
        yield _finding("numbers", old, f"{number} is not in the source", "Correct the number.")


def _check_links(old: str, new: str) -> Iterator[Finding]:
    before, after = set(coded.LINK.findall(old)), set(coded.LINK.findall(new))
    for link in sorted(before - after):
        yield _finding("links", old, f"{link} is missing", "Put the address back as it was.")
    for link in sorted(after - before):
        yield _finding("links", old, f"{link} is not in the source", "Correct the address.")


def _check_sentences(old: str, new: str) -> Iterator[Finding]:
    before, after = len(sentences.split(old)), len(sentences.split(new))
    if abs(before - after) >= 2:
        message = f"the source has {before} sentences, the translation {after}"
        yield _finding("sentences", old, message, "See what was dropped or added.")


def _check_language(
    old: str,
    new: str,
    source_language: Language,
    target_language: Language,
    detect: Detect,
) -> Iterator[Finding]:
    """Words left as they were; a quotation already in the target language may stay."""
    if len(_WORDS.findall(new)) < _ENOUGH_WORDS:
        return
    if " ".join(new.split()) == " ".join(old.split()):
        if detect(old) != target_language:
            yield _finding("unchanged", old, "the translation is the source", _TRANSLATE)
    elif detect(new) == source_language:
        message = f"the translation is still in {_LANGUAGE_NAMES[source_language]}"
        yield _finding("language", old, message, _TRANSLATE)


_LANGUAGE_NAMES: dict[Language, str] = {"nl": "Dutch", "en": "English"}


def _check_length(old: str, new: str) -> Iterator[Finding]:
    if len(old) < _MEASURED_LENGTH:
        return
    ratio = len(new) / len(old)
    if _USUAL_RATIO[0] <= ratio <= _USUAL_RATIO[1]:
        return
    possible = _POSSIBLE_RATIO[0] <= ratio <= _POSSIBLE_RATIO[1]
    severity = Severity.WARNING if possible else Severity.ERROR
    message = f"the translation has {ratio:.0%} of the length of the source"
    yield _finding("length", old, message, "See what was dropped or added.", severity)


def _tidy_mark(match: re.Match[str], marks: set[str]) -> str:
    before, kind, number, after = match[1], match[2].lower(), int(match[3]), match[4]
    if (void := f"<x{number}/>") in marks and kind == "x":
        return "" if before else void
    return f"<{before}{kind}{number}{after}>"


def _settle_entities(source: str, answer: str) -> str:
    """Make the text between the markers coded text: decoded once, escaped once.

    Brackets that came back unescaped are escaped when the source has as many; else they
    stay for `verify` to see.
    """
    original = coded.plain(source)
    times = 1 if _ENTITY.search(original) else 2
    said = "".join(_decode(part, times) for part in coded.parts(answer) if isinstance(part, str))
    same = all(said.count(sign) == original.count(sign) for sign in "<>")
    written = []
    for part in coded.parts(answer):
        if isinstance(part, coded.Mark):
            written.append(str(part))
            continue
        for run in [part] if same else re.split("([<>])", part):
            raw = run in ("<", ">") and not same
            written.append(run if raw else coded.escape(_decode(run, times)))
    return "".join(written)


def _decode(text: str, times: int) -> str:
    for _ in range(times):
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return text


def _settle_spaces(source: str, answer: str) -> str:
    """Put spaces that the source has not inside a pair outside of it, innermost first."""
    for number in sorted(coded.order(source), reverse=True):
        if not re.search(rf"<g{number}>\s", source):
            answer = re.sub(rf" ?<g{number}> +", f" <g{number}>", answer)
        if not re.search(rf"\s</g{number}>", source):
            answer = re.sub(rf" +</g{number}> ?", f"</g{number}> ", answer)
    if not _MARK_SPACE_SIGN.search(source):
        answer = _MARK_SPACE_SIGN.sub(r"\1", answer)
    return answer
