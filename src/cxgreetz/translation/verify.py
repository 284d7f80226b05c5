"""Mend what engines do to a text, and decide whether their answer is believed.

In: the coded text that was asked and the answer. Out: the answer with harmless damage mended,
and what is wrong with it. Never: an engine, a guess about style.

The checks themselves are in `checks`; an error means "not believed". Measured on 763 paragraphs
of a manual that people translated: numbers 5 and links 1, all true differences; unchanged 5,
rows of names; sentences 3; length 2, and 30 warnings. Engines translate closer to the source
than people.
"""

from __future__ import annotations

import html
import re

from cxgreetz.model import Finding, Language, Severity
from cxgreetz.translation import checks, coded
from cxgreetz.translation.checks import Detect, kept

__all__ = ["Detect", "placeholders", "repair", "verify"]

_LOOSE_MARK = re.compile(r"<\s*(/?)\s*([gx])\s*(\d{1,3})\s*(/?)\s*>", re.I)
_ESCAPED_MARK = re.compile(r"&lt;\s*/?\s*[gx]\s*\d{1,3}\s*/?\s*&gt;", re.I)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.I)
#: Halves of a pair, control characters, and what Unicode says is no character: neither UTF-8,
#: XML nor a database takes them all.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_MARK_SPACE_SIGN = re.compile(r"((?:</g\d+>|<x\d+/>)+) +(?=[,.;:!?)])")


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
    """Say what is wrong with an engine's `target` for `source`; both are coded text.

    The checks of `checks.ANSWER`: errors, then warnings. Of a target with characters that are
    no text, and not the source's own, only that is said: no other finding may quote them.
    """
    odd = sorted({sign for sign in _NO_TEXT.findall(target) if sign not in source})
    if odd:
        message = f"U+{ord(odd[0]):04X} stands in it, which is no text"
        where = coded.opening(coded.plain(source))
        return [Finding("characters", Severity.ERROR, where, message, "Translate it by hand.")]
    pair = checks.Pair(source, target, source_language, target_language, detect)
    return checks.run(pair, checks.ANSWER)


def placeholders(source: str, target: str) -> list[Finding]:
    """Say in what the markup of `target` is not that of `source`: it cannot be put back."""
    # The languages make no difference to markup.
    return list(kept.placeholders(checks.Pair(source, target, "nl", "en", lambda _text: None)))


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
