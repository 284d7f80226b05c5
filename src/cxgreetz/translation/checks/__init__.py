"""What a translation must pass: each check one function, its docstring what the editor reads.

In: a Pair. Out: Findings, the worst first. Never: an engine, a network, a text changed.

An error is not believed of an engine and blocks approval; a warning wants a person's word; an
info is shown. What a person wrote is doubted less: see `_FOR_PEOPLE`. A single wrong word stays
invisible here and is the editor's to see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from cxgreetz.model import Finding, Origin, Severity
from cxgreetz.translation.checks import kept, shape, wording
from cxgreetz.translation.checks._pair import Check, Detect, Pair, Words

__all__ = ["ANSWER", "CHECKS", "Check", "Detect", "Pair", "Words", "run"]

#: Where one of these speaks, there is nothing else to say.
_FIRST: tuple[Check, ...] = (kept.empty, kept.error_page)
#: What an engine's answer is held to before it is believed.
ANSWER: tuple[Check, ...] = (
    *_FIRST,
    kept.placeholders,
    kept.numbers,
    kept.links,
    shape.sentences,
    kept.language,
    kept.unchanged,
    kept.leftover,
    shape.stock_sentence,
    shape.length,
    kept.copied,
    kept.acronyms,
    shape.doubled_word,
    shape.x_and_x,
    shape.repeated,
    shape.quotes,
    shape.brackets,
    shape.end_mark,
)
#: What is only shown: languages have their own names for things, and their own ways to say no.
_SHOWN: tuple[Check, ...] = (kept.names, kept.negation)
#: Its words besides: a wrong term is quicker mended than the whole text written anew, so they
#: never refuse an answer, they block the approval.
_WORDING: tuple[Check, ...] = (
    wording.forbidden_term,
    wording.literal_idiom,
    wording.missing_term,
    wording.idiom,
    wording.house_style,
)
CHECKS: tuple[Check, ...] = (*ANSWER, *_SHOWN, *_WORDING)
#: What can be said of a text that its author wrote, and of one that waits.
_OF_AUTHOR: tuple[Check, ...] = (wording.forbidden_term, wording.literal_idiom, wording.house_style)
_WAITING: tuple[Check, ...] = (wording.idiom,)

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)
#: Errors that are warnings in what a person wrote, by whose words they are: people join
#: sentences, round numbers, name another address, and may leave a quotation as it is. Never a
#: trap without a way out.
_LOOSE = frozenset({"sentences", "length", "unchanged"})
_MEANT = _LOOSE | {"links", "numbers", "language", "leftover", "stock_sentence"}
_FOR_PEOPLE: dict[Origin, frozenset[str]] = {
    Origin.MEMORY: _LOOSE,
    Origin.AUTHOR: _MEANT,
    Origin.EDITOR: _MEANT,
}


def run(pair: Pair, checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """Give what `checks` find in `pair`, the errors first.

    Of a text without a source, its author's own, only what its words show, as info; of one
    without a translation only its idioms.
    """
    return list(_run(pair, tuple(checks)))


@lru_cache(maxsize=2048)  # what an edition shows is looked at again with every page that shows it
def _run(pair: Pair, checks: tuple[Check, ...]) -> tuple[Finding, ...]:
    return tuple(_look(pair, checks))


def _look(pair: Pair, checks: Sequence[Check]) -> list[Finding]:
    if pair.source is None:
        own = [finding for check in _OF_AUTHOR for finding in check(pair)]
        return [replace(finding, severity=Severity.INFO) for finding in own]
    if pair.target is None:
        return [finding for check in _WAITING for finding in check(pair)]
    for check in _FIRST:
        if check in checks and (found := list(check(pair))):
            return found
    found = [finding for check in checks if check not in _FIRST for finding in check(pair)]
    loose = _FOR_PEOPLE.get(pair.origin, frozenset())
    found = [
        replace(finding, severity=Severity.WARNING)
        if finding.severity is Severity.ERROR and finding.check in loose
        else finding
        for finding in found
    ]
    return sorted(found, key=lambda finding: _ORDER.index(finding.severity))
