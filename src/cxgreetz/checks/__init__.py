"""The preflight: look at an email as a careful colleague would, before it is approved.

In: the EmailViews that an email was made from, the Email, and what is known of its links and
pictures. Out: Findings, the worst first. Never: network, SQL, a change to what it looks at.

An error blocks approval, a warning wants a person's word, an info is only shown. Each check
is one function, named as its findings are; its docstring is the explanation that the editor
reads. `columns`, `inbox`, `links`, `pictures`, `page` and `text_part` each have one subject.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from cxgreetz.checks._found import Check, Subject
from cxgreetz.checks.columns import (
    carried_before,
    empty_edition,
    language_parity,
    missing_credit,
    missing_translation,
    source_alarm,
    wrong_language,
)
from cxgreetz.checks.inbox import (
    letter,
    own_name,
    placeholder_sender,
    postal_address,
    preheader,
    spam_wording,
    subject_line,
)
from cxgreetz.checks.links import (
    dead_link,
    duplicate_link_text,
    link,
    unsubscribe_missing,
    utm,
)
from cxgreetz.checks.page import (
    SIZE_ERROR,
    SIZE_WARNING,
    contrast,
    heading_order,
    leftover_tag,
    size,
    tap_target,
)
from cxgreetz.checks.pictures import image_alt, picture
from cxgreetz.checks.text_part import text_parity
from cxgreetz.model import Finding, Severity, fingerprint

__all__ = [
    "CHECKS",
    "SIZE_ERROR",
    "SIZE_WARNING",
    "Subject",
    "blocks_approval",
    "check_table",
    "explain",
    "missing_translation",
    "run_checks",
    "worst_first",
]

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)

CHECKS: tuple[Check, ...] = (
    empty_edition,
    source_alarm,
    missing_translation,
    wrong_language,
    missing_credit,
    carried_before,
    language_parity,
    link,
    dead_link,
    utm,
    duplicate_link_text,
    unsubscribe_missing,
    image_alt,
    picture,
    size,
    contrast,
    heading_order,
    tap_target,
    leftover_tag,
    text_parity,
    subject_line,
    preheader,
    placeholder_sender,
    own_name,
    letter,
    postal_address,
    spam_wording,
)


def run_checks(subject: Subject) -> list[Finding]:
    """Give every finding once, errors first, in the order of the email."""
    findings: dict[str, Finding] = {}
    for check in CHECKS:
        for one in check(subject):
            # A word given about this edition is not one about the next.
            words = (one.check, one.where, one.message, one.excerpt)
            about = fingerprint(subject.email.edition, *words)
            findings.setdefault(about, replace(one, about=about))
    return worst_first(findings.values())


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, warnings, infos, each in the order given."""
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def blocks_approval(findings: Sequence[Finding]) -> bool:
    return any(finding.severity == Severity.ERROR for finding in findings)


class Explained(NamedTuple):
    """A check as an editor reads of it."""

    id: str
    #: In a sentence, and whatever more is to know.
    sentence: str
    more: str


def explain() -> list[Explained]:
    """What every check looks at, in the words of its docstring."""
    told = []
    for check in CHECKS:
        sentence, _, more = (inspect.getdoc(check) or "").partition("\n\n")
        told.append(Explained(check.__name__, " ".join(sentence.split()), " ".join(more.split())))
    return told


def check_table() -> str:
    """Every check as a Markdown table: its name, what it looks at, what more is to know."""
    rows = ["| check | what it looks at | more |", "|---|---|---|"]
    rows += [f"| `{one.id}` | {one.sentence} | {one.more} |" for one in explain()]
    return "\n".join(rows)
