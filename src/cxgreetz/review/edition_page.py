"""One edition from close by: its emails, what the checks found, whose words, what waits.

In: an open workspace and a month. Out: plain values for the page. Never: HTML, a decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from itertools import groupby

from cxgreetz import pipeline
from cxgreetz.markup import plain_text
from cxgreetz.model import EmailView, Finding, ItemView, Language, Severity
from cxgreetz.pipeline import Built, EditionReport, Workspace
from cxgreetz.review.explained import explain
from cxgreetz.review.rows import EditionRow, EmailRow, edition_row
from cxgreetz.review.words import Words


@dataclass(frozen=True)
class CheckGroup:
    """What one check found, with its explanation."""

    name: str
    #: Its paragraphs.
    explanation: Sequence[str]
    findings: Sequence[Finding]


@dataclass(frozen=True)
class Verdict:
    """Where one email stands: error, behind, ready, approved or pushed, in words."""

    level: str
    text: str
    detail: str = ""
    at: datetime | str | None = None


@dataclass(frozen=True)
class EmailPane:
    """One email with all that is known of it."""

    row: EmailRow
    built: Built
    #: True: what it was made from has changed since.
    behind: bool
    t: Words

    @property
    def sender(self) -> tuple[str, str]:
        """Name and address."""
        return parseaddr(self.built.email.sender)

    @property
    def kilobytes(self) -> int:
        return -(-len(self.built.email.html.encode()) // 1000)

    @property
    def counts(self) -> Mapping[Severity, int]:
        return count_findings(self.built.findings)

    @property
    def verdict(self) -> Verdict:
        return _verdict(
            self.row, self.counts[Severity.ERROR], self.open_warnings, self.behind, self.t
        )

    @property
    def open_warnings(self) -> int:
        """Those that nobody has dismissed yet."""
        return sum(finding.is_open for finding in self.built.findings)

    @property
    def findings(self) -> Sequence[tuple[Severity, Sequence[CheckGroup]]]:
        """By severity, the worst first, then by check."""
        return [
            (
                severity,
                [_group(name, found_by, self.t) for name, found_by in groupby(found, _check_of)],
            )
            for severity, found in groupby(self.built.findings, lambda f: f.severity)
        ]


@dataclass(frozen=True)
class Waiting:
    """A piece of which something waits for a translation."""

    item: ItemView
    #: Plain text, in the original's language.
    texts: Sequence[tuple[Language, str]]


@dataclass(frozen=True)
class EditionPage:
    newsletter: str
    row: EditionRow
    report: EditionReport
    panes: Sequence[EmailPane]
    #: Each piece as it stands in each language; None: not in that email.
    columns: Sequence[Sequence[tuple[Language, ItemView | None]]]
    #: Title and reason.
    left_out: Sequence[tuple[str, str]]
    waiting: Sequence[tuple[Language, Sequence[Waiting]]]
    #: In words; the email it is about, where it is about one.
    notes: Sequence[tuple[str, str]]


def read_edition(workspace: Workspace, key: str, t: Words) -> EditionPage:
    """An edition with its emails and findings; raises UsageError where there is none."""
    report = pipeline.check(workspace, key)
    rows = {row["edition"]: row for row in pipeline.status(workspace).editions}
    row = edition_row(workspace, rows[report.edition.key])
    views = {v.language: v for built in report.built.values() for v in built.views}
    by_key = {language: {item.key: item for item in view.items} for language, view in views.items()}
    behind = report.behind
    panes = [
        EmailPane(email, report.built[email.name], email.name in behind, t)
        for email in row.emails
        if email.name in report.built
    ]
    titles = {piece.key: piece.origin.title for piece in workspace.store.pieces()}
    return EditionPage(
        workspace.config.newsletter.name,
        row,
        report,
        panes,
        [
            [(language, items.get(item.piece)) for language, items in by_key.items()]
            for item in report.edition.items
            if item.left_out is None
        ],
        [
            (titles.get(item.piece, item.piece), item.left_out)
            for item in report.edition.items
            if item.left_out is not None
        ],
        [(language, found) for language, view in views.items() if (found := waiting_in(view))],
        [_note(note, report.built, t) for note in report.notes],
    )


def waiting_in(view: EmailView) -> list[Waiting]:
    """What of an email nobody has translated yet, piece by piece."""
    return [
        Waiting(item, texts)
        for item in view.items
        if (texts := list(_waiting_texts(item, view.language))) or item.waiting_below
    ]


def _waiting_texts(item: ItemView, language: Language) -> Iterator[tuple[Language, str]]:
    if item.title_language != language:
        yield item.title_language, item.title
    for block in item.blocks:
        if block.waiting:
            yield block.language, plain_text(block.html)


def count_findings(findings: Sequence[Finding]) -> dict[Severity, int]:
    """How many there are of each severity."""
    return {s: sum(f.severity == s for f in findings) for s in Severity}


def _verdict(row: EmailRow, errors: int, warnings: int, behind: bool, t: Words) -> Verdict:
    receipt = row.receipt
    if receipt and receipt["state"] == "confirmed":
        by = t("verdict_pushed_by", by=row.approval.by) if row.approval else ""
        told = t("verdict_pushed", provider=receipt["provider"])
        return Verdict("pushed", told, by, receipt["at"])
    if receipt:
        told = t("verdict_under_way", provider=receipt["provider"])
        return Verdict("error", told, t("verdict_cut_off"), receipt["at"])
    if row.approval:
        return Verdict("approved", t("verdict_approved", by=row.approval.by), "", row.approval.at)
    changed = t("verdict_changed", by=row.void.by) if row.void else ""
    if errors:
        return Verdict("error", t("verdict_errors", n=errors), changed)
    if behind:
        return Verdict("behind", t("verdict_behind"), changed)
    if warnings:
        return Verdict("behind", t("verdict_warnings", n=warnings), changed)
    return Verdict("ready", t("verdict_ready"), changed)


def _check_of(finding: Finding) -> str:
    return finding.check


def _group(name: str, findings: Iterable[Finding], t: Words) -> CheckGroup:
    told = explain(name, t.language)
    return CheckGroup(told.title, told.paragraphs, list(findings))


def _note(note: str, built: Mapping[str, Built], t: Words) -> tuple[str, str]:
    name, colon, rest = note.partition(": ")
    return (t.email(name), rest) if colon and name in built else ("", note)
