"""One edition from close by: its emails, its columns, what the checks found, what was done.

In: an open workspace and a month. Out: plain values for the page. Never: HTML, a decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from cxgreetz import pipeline, sentences
from cxgreetz.markup import plain_text
from cxgreetz.model import Change, EmailView, Finding, Item, ItemView, Language, Request, Severity
from cxgreetz.pipeline import Built, EditionReport, Workspace, mark_of
from cxgreetz.review.editing import last_change
from cxgreetz.review.faults import Group, read_faults
from cxgreetz.review.history import Line, Teller, read_history, since
from cxgreetz.review.preview import height_of
from cxgreetz.review.rows import EditionRow, EmailRow, edition_row
from cxgreetz.review.words import Words

#: So many older pieces are offered; the newest are the likely ones.
_OLDER = 40
#: And so many lines of the history are shown.
_LINES = 60


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
    #: What was changed since it was approved, where that no longer holds.
    changed: Sequence[Line]
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
    def heights(self) -> Mapping[str, int]:
        """About how high the frame must be, in px, by its width."""
        return {width: height_of(self.built.email.html, int(width)) for width in ("600", "375")}

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
    def is_held(self) -> bool:
        """A provider has it, or may have it: it stays as it is."""
        return is_held(self.row)

    @property
    def blocked(self) -> str:
        """Why it cannot be approved now; "": it can."""
        if errors := self.counts[Severity.ERROR]:
            return self.t("blocked_errors", n=errors)
        if self.behind:
            return self.t("blocked_behind")
        if self.open_warnings:
            return self.t("blocked_warnings", n=self.open_warnings)
        return ""

    @property
    def may_be_approved(self) -> bool:
        return not (self.blocked or self.is_held or self.row.approval)

    def is_for(self, rehearsal: str) -> str:
        """Whose a yes for this email is while `rehearsal` waits, which needs no second one."""
        alone = self.row.rehearsed
        return "" if alone and alone.provider == rehearsal else rehearsal


@dataclass(frozen=True)
class Written:
    """What the editor writes into one language's email, with the marks of the forms."""

    language: Language
    letter: str
    letter_mark: str
    subject: str
    subject_mark: str
    #: What the subject is as long as she writes none.
    own_subject: str
    is_held: bool


@dataclass(frozen=True)
class Column:
    """A piece that the edition shows, as it stands in each language, with its forms' marks."""

    key: str
    title: str
    #: None: not in that email.
    items: Sequence[tuple[Language, ItemView | None]]
    #: How many sentences of it are shown, and whether a person said so.
    sentences: int
    is_shortened: bool
    sentences_mark: str
    leave_mark: str
    #: Its faults, by severity.
    counts: Mapping[Severity, int]


@dataclass(frozen=True)
class LeftOut:
    key: str
    title: str
    reason: str
    mark: str


@dataclass(frozen=True)
class Older:
    """A piece of another time that may be taken in."""

    key: str
    title: str
    at: datetime


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
    written: Sequence[Written]
    columns: Sequence[Column]
    order_mark: str
    left_out: Sequence[LeftOut]
    older: Sequence[Older]
    faults: Sequence[tuple[Severity, Sequence[Group]]]
    waiting: Sequence[tuple[Language, Sequence[Waiting]]]
    history: Sequence[Line]
    #: The change that would be taken back; None: there is none.
    last: Change | None
    #: In words; the email it is about, where it is about one.
    notes: Sequence[tuple[str, str]]
    #: The answer that sent it back, as long as it is the newest; None: it is another one.
    sent_back: Request | None
    #: The provider of the rehearsal that waits for an answer; "": there is none.
    rehearsal: str

    @property
    def may_be_sent_back(self) -> bool:
        return not all(pane.row.receipt for pane in self.panes)

    @property
    def is_held(self) -> bool:
        """A provider has one of its emails: the columns stay as they are."""
        return any(is_held(email) for email in self.row.emails)

    @property
    def may_be_approved(self) -> Sequence[EmailPane]:
        return [pane for pane in self.panes if pane.may_be_approved]

    @property
    def may_be_sent(self) -> bool:
        """Something is approved, or at the provider already."""
        return any(pane.row.approval or pane.row.receipt for pane in self.panes)


def read_edition(workspace: Workspace, key: str, t: Words) -> EditionPage:
    """An edition with its emails and findings; raises UsageError where there is none."""
    report = pipeline.check(workspace, key)
    edition = report.edition
    rows = {row["edition"]: row for row in pipeline.status(workspace).editions}
    row = edition_row(workspace, rows[edition.key])
    views = {v.language: v for built in report.built.values() for v in built.views}
    titles = _titles(workspace, views)
    request = workspace.store.request(edition.key)
    changes, teller = pipeline.read_changes(workspace, edition.key), Teller(t, titles)
    panes = [
        EmailPane(
            email,
            report.built[email.name],
            email.name in report.behind,
            since(changes, email.void.at, email.name, teller) if email.void else [],
            t,
        )
        for email in row.emails
        if email.name in report.built
    ]
    return EditionPage(
        workspace.config.newsletter.name,
        row,
        report,
        panes,
        _written(workspace, report, row),
        [_column(item, report, views, titles) for item in edition.items if item.left_out is None],
        mark_of(list(edition.shown)),
        [
            LeftOut(i.piece, titles.get(i.piece, i.piece), i.left_out, mark_of(i.left_out))
            for i in edition.items
            if i.left_out is not None
        ],
        [
            Older(piece.key, piece.origin.title, at)
            for piece, at in pipeline.older_pieces(workspace, edition.key)[:_OLDER]
        ],
        read_faults(report.built, edition.key, titles, t),
        [(language, found) for language, view in views.items() if (found := waiting_in(view))],
        read_history(workspace, row, changes, t, teller)[:_LINES],
        last_change(changes),
        [_note(note, report.built, t) for note in report.notes],
        request if request and request.decision == "reject" else None,
        request.provider if request and not request.decision else "",
    )


def _titles(workspace: Workspace, views: Mapping[Language, EmailView]) -> dict[str, str]:
    """What each piece is called on the page: as the first email calls it."""
    titles = {piece.key: piece.origin.title for piece in workspace.store.pieces()}
    for view in reversed(list(views.values())):
        titles |= {item.key: item.title for item in view.items}
    return titles


def _written(workspace: Workspace, report: EditionReport, row: EditionRow) -> list[Written]:
    edition, written = report.edition, []
    for name, built in report.built.items():
        held = any(is_held(email) for email in row.emails if email.name == name)
        for language in workspace.languages:
            if language in name.split("+"):
                letter = edition.greetings.get(language, "")
                subject = edition.subjects.get(language, "")
                marks = mark_of(letter), mark_of(subject)
                own = "" if subject else built.email.subject
                written.append(Written(language, letter, marks[0], subject, marks[1], own, held))
    return written


def _column(
    item: Item,
    report: EditionReport,
    views: Mapping[Language, EmailView],
    titles: Mapping[str, str],
) -> Column:
    items = [
        (language, next((one for one in view.items if one.key == item.piece), None))
        for language, view in views.items()
    ]
    shown = max((_count_sentences(one) for _, one in items if one), default=0)
    about = [f for built in report.built.values() for f in built.findings if f.piece == item.piece]
    return Column(
        item.piece,
        titles.get(item.piece, item.piece),
        items,
        shown,
        item.sentences is not None,
        mark_of(item.sentences),
        mark_of(None),
        count_findings([f for f in about if f.dismissal is None]),
    )


def _count_sentences(item: ItemView) -> int:
    return sum(len(sentences.split(plain_text(block.html))) for block in item.blocks)


def is_held(email: EmailRow) -> bool:
    """Whether a provider holds an email, or may hold it: it is never changed then."""
    receipt = email.receipt
    return bool(receipt and (receipt.get("remote_id") or receipt["state"] == "unknown"))


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
    if alone := row.rehearsed:
        changed = t("approved_for", by=alone.by, provider=alone.provider)
    if errors:
        return Verdict("error", t("verdict_errors", n=errors), changed)
    if behind:
        return Verdict("behind", t("verdict_behind"), changed)
    if warnings:
        return Verdict("behind", t("verdict_warnings", n=warnings), changed)
    return Verdict("ready", t("verdict_ready"), changed)


def _note(note: str, built: Mapping[str, Built], t: Words) -> tuple[str, str]:
    name, colon, _rest = note.partition(": ")
    if colon and name in built:
        return t.email(name), t("note_behind")
    return "", note
