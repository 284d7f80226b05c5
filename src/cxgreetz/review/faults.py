"""What the checks found in the emails of an edition, each fault told once.

In: the findings of every email. Out: faults by severity and check, with the place to mend each.
Never: a fault left out; a judgement of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from cxgreetz.model import Dismissal, Finding, Severity
from cxgreetz.pipeline import Built
from cxgreetz.review.explained import explain
from cxgreetz.review.texts import PARAGRAPH, address_of
from cxgreetz.review.words import Words

#: The end of a remedy that is for who types commands.
_COMMAND = re.compile(r"(?:[,;]?\s+(?:or|with))?:?\s*\bcxgreetz [a-z].*$", re.S)

#: Checks whose faults are mended in the forms of the letter.
_IN_THE_LETTER = frozenset({"letter", "subject_line", "spam_wording"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, in one email or in several alike."""

    message: str
    remedy: str
    #: The emails it is in, in words.
    emails: str
    #: The names of its findings: one per email.
    ids: Sequence[str]
    severity: Severity
    #: Of the column it is in; "": of the email as a whole.
    title: str
    #: Where it is mended on these pages; "": not here.
    href: str
    #: The very words it is about.
    excerpt: str
    dismissal: Dismissal | None

    @property
    def is_open(self) -> bool:
        return self.severity is Severity.WARNING and self.dismissal is None


@dataclass(frozen=True, slots=True)
class Group:
    """What one check found, with its explanation."""

    title: str
    explanation: Sequence[str]
    faults: Sequence[Fault]


def read_faults(
    built: Mapping[str, Built], key: str, titles: Mapping[str, str], t: Words
) -> list[tuple[Severity, list[Group]]]:
    """The faults of all emails: the worst first, then by check."""
    alike: dict[tuple[object, ...], list[tuple[str, Finding]]] = {}
    for name, one in built.items():
        for f in one.findings:
            same = (f.check, f.severity, f.message, f.piece, f.paragraph, _words_of(f.dismissal))
            alike.setdefault(same, []).append((name, f))
    order = list(Severity)
    found = sorted(alike.values(), key=lambda each: order.index(each[0][1].severity))
    shown = []
    for severity, of_severity in groupby(found, lambda each: each[0][1].severity):
        by_check: dict[str, list[Fault]] = {}
        for each in of_severity:
            fault = _fault(each, key, titles, t)
            by_check.setdefault(each[0][1].check, []).append(fault)
        shown.append((severity, [_group(*item, t) for item in by_check.items()]))
    return shown


def _words_of(dismissal: Dismissal | None) -> tuple[str, str] | None:
    return (dismissal.by, dismissal.reason) if dismissal else None


def _group(check: str, faults: Sequence[Fault], t: Words) -> Group:
    told = explain(check, t.language)
    return Group(told.title, told.paragraphs, faults)


def _fault(
    each: Sequence[tuple[str, Finding]], key: str, titles: Mapping[str, str], t: Words
) -> Fault:
    names, first = [name for name, _ in each], each[0][1]
    remedy = explain(first.check, t.language).remedy or plain(first.remedy)
    return Fault(
        first.message,
        remedy,
        ", ".join(t.email(name) for name in dict.fromkeys(names)),
        list(dict.fromkeys(f.id for _, f in each)),
        first.severity,
        titles.get(first.piece or "", first.piece or ""),
        _place(first, names[0], key),
        first.excerpt,
        first.dismissal,
    )


def plain(remedy: str) -> str:
    """A remedy without the command in which it ends."""
    return _COMMAND.sub("", remedy).strip()


def _place(finding: Finding, email: str, key: str) -> str:
    """The form, or the paragraph of the translation page, that a finding is mended at."""
    language = finding.where.partition(":")[0]
    if language not in email.split("+"):
        language = email.partition("+")[0]
    if finding.piece is None:
        return f"#letter-{language}" if finding.check in _IN_THE_LETTER else ""
    anchor = "" if finding.paragraph is None else f"#{PARAGRAPH}{finding.paragraph}"
    return address_of(key, language, finding.piece) + anchor
