"""A letter that has gone out, corrected where it can still be: on the web.

In: a workspace and a month that was pushed. Out: what would change; once a person has said yes
to just that, pages in `web/<edition>/<language>/`, each with the day of its correction, and the
same kept for the site. Never: a change to a campaign, a draft, a receipt; a word on the web that
no person approved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

from cxgreetz.edition import edition_key
from cxgreetz.errors import HeldError, StaleError, StoreError, UsageError
from cxgreetz.model import (
    Approval,
    Change,
    Edition,
    EditionKey,
    EmailView,
    ItemView,
    Severity,
    fingerprint,
)
from cxgreetz.pipeline.editions.drafting import say_waiting, stored_edition
from cxgreetz.pipeline.editions.keeping import keep_letters, standing_approvals
from cxgreetz.pipeline.editions.making import Made, Press, with_provider
from cxgreetz.pipeline.workspace import DONE, HELD, Workspace
from cxgreetz.push import fit
from cxgreetz.syndication import difference

#: A change of this kind is somebody's yes to a correction; its subject is the email.
CORRECTED = "corrected"
#: A page on the web is left by closing it, and is its own web version.
_NO_TAGS = {"unsubscribe": "", "web_version": "", "first_name": ""}
#: What nobody reads of a page, where a line of it ends, and where a link leads.
_UNREAD = re.compile(r"<!--.*?-->|<head\b.*?</head>", re.S)
_LINE_END = re.compile(r"</(?:p|div|td|tr|li|h\d|blockquote)>|<br\b[^>]*>")
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>')
#: What fills up an inbox's line behind the preheader.
_FILLING = re.compile("[\u034f\u200c\u00a0]+")


@dataclass(frozen=True)
class CorrectReport:
    edition: EditionKey
    #: By email that differs from what may be read, how: what went away and what came.
    changes: Mapping[str, str]
    #: By page that would be written, what else of its words differs: a template's, a day.
    on_pages: Mapping[str, str] = field(default_factory=dict)
    #: Of all that would be written, to the character, the day of the correction too.
    seal: str = ""
    #: Who said yes; "": nobody yet, and nothing was written.
    by: str = ""
    #: By email, the page that was written.
    pages: Mapping[str, Path] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """What a yes binds to: any other change, page or day has another."""
        return fingerprint(sorted(self.changes.items()), self.seal)[:12]

    @property
    def exit_code(self) -> int:
        return HELD if self.changes and not self.by else DONE

    def as_json(self) -> dict[str, Any]:
        pages = {name: str(page) for name, page in self.pages.items()}
        changes = dict(self.changes)
        return {
            "edition": self.edition,
            "changes": changes,
            "on_pages": dict(self.on_pages),
            "mark": self.mark if changes else None,
            "approved_by": self.by or None,
            "corrected": pages,
        }


def correct(
    workspace: Workspace, edition: str | None = None, *, by: str = "", seen: str = ""
) -> CorrectReport:
    """Say how the emails that were pushed would read as their columns are today, and once a
    person has seen that and said yes write the web version of those that differ.

    `by` is that person and `seen` the mark of what she was shown; without them nothing is
    written. Raises UsageError for an edition that no provider holds (that one is simply drafted
    again) and for one of the two without the other, StaleError where it is no longer what she
    saw, HeldError where the checks find an error in it or a warning that nobody has dismissed.
    """
    key, by = edition_key(edition, workspace.now(), workspace.config.zone), by.strip()
    if bool(by) != bool(seen):
        raise UsageError("a correction needs a name and the mark of what was seen, both")
    with workspace.store.lease(f"edition {key}", seconds=300):
        return _correct(workspace, key, by, seen)


def _correct(workspace: Workspace, key: EditionKey, by: str, seen: str) -> CorrectReport:
    found = stored_edition(workspace.store, key)
    gone = with_provider(workspace.store, key)
    if not gone:
        raise UsageError(f"{key} has not gone out; change it and draft it again: cxgreetz draft")
    day = workspace.now().astimezone(workspace.config.zone).date()
    press = Press(workspace, found)
    made = press.make(found, corrected=day)
    fresh_views = {view.language: view for views, _email in made.values() for view in views}
    # By the email that went out, whatever layout the workspace file has now; one that has not
    # says what was approved.
    made_of = {
        name: [fresh_views[one] for one in name.split("+") if one in fresh_views] for name in gone
    }
    standing = standing_approvals(workspace, found)
    changes = _changes(workspace, press, found, made_of, standing)
    if not changes:
        return CorrectReport(key, changes)
    pages = _pages(made, changes, made_of)
    kept = [(view, press.whole_texts(found, view)) for name in changes for view in made_of[name]]
    beside = _on_pages(workspace, key, pages, changes, kept, standing)
    report = CorrectReport(key, changes, beside, fingerprint(pages, repr(kept)))
    if not by:
        return report
    if seen != report.mark:
        told = f"the correction of {key} is another than the one that was seen; look at it again"
        raise StaleError(told, theirs=report.mark, mine=seen)
    out = {language for name in changes for language in name.split("+")}
    _hold_findings(press, found, out)
    approvals = {name: one for name, one in standing.items() if name in changes}
    written = _write(workspace, key, pages)
    at = workspace.now()
    # Marked as what is not taken back: another correction answers it.
    done = [Change(key, at, by, CORRECTED, name, None, None, undone=True) for name in changes]
    # Last, and at once: what differs from the letters is what is still to be done.
    keep_letters(workspace, press, found, made_of, approvals, at, done)
    return replace(report, by=by, pages=written)


def _changes(
    workspace: Workspace,
    press: Press,
    edition: Edition,
    made_of: Mapping[str, Sequence[EmailView]],
    approvals: Mapping[str, Approval],
) -> dict[str, str]:
    """How each email differs from what may be read of it now, by email; alike: not there."""
    found = {}
    for name, views in made_of.items():
        kept = workspace.store.letters([approvals[name].fingerprint] if name in approvals else ())
        # A correction comes after what was sent, and takes its place.
        now = {letter.view.language: _lines(letter.view, letter.columns) for letter in kept}
        told = (
            difference(
                "\n".join(now.get(view.language, ())),
                "\n".join(_lines(view, press.whole_texts(edition, view))),
            )
            for view in views
        )
        if differs := "\n".join(filter(None, told)):
            found[name] = differs
    return found


def _place(workspace: Workspace, key: EditionKey, name: str) -> Path:
    return workspace.folder / "web" / key / name / "index.html"


def _pages(
    made: Mapping[str, Made], changes: Mapping[str, str], gone: Mapping[str, object]
) -> dict[str, str]:
    """The pages that a correction writes, in the layout that the workspace file has now."""
    out = {language for name in changes for language in name.split("+")}
    seen_of = {language for name in gone for language in name.split("+")}
    return {
        name: fit(email, _NO_TAGS, ()).html
        for name, (_views, email) in made.items()
        # In another layout one may carry a language that has not gone out: that was not shown.
        if not out.isdisjoint(name.split("+")) and seen_of.issuperset(name.split("+"))
    }


def _write(workspace: Workspace, key: EditionKey, pages: Mapping[str, str]) -> dict[str, Path]:
    """Put the pages into their places; raises UsageError where one cannot be written."""
    written: dict[str, Path] = {}
    for name, html in pages.items():
        page = _place(workspace, key, name)
        fresh = page.with_name(".index.html.new")
        try:
            page.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(html, encoding="utf-8")
            written[name] = fresh.replace(page)
        except OSError as error:
            why = error.strerror or type(error).__name__
            told = f"{page} cannot be written ({why}); mend that place, then say the same again"
            raise UsageError(told) from None
    return written


def _on_pages(
    workspace: Workspace,
    key: EditionKey,
    pages: Mapping[str, str],
    changes: Mapping[str, str],
    kept: Sequence[tuple[EmailView, Sequence[ItemView]]],
    approvals: Mapping[str, Approval],
) -> dict[str, str]:
    """How the words of each page differ from the last one, or from what was sent, beyond what
    `changes` tell already; by page."""
    told = {_plain(line[1:]) for one in changes.values() for line in one.splitlines()}
    told |= {_plain(line) for view, columns in kept for line in _lines(view, columns)}
    found = {}
    for name, html in pages.items():
        before = ""
        with suppress(OSError):  # there is none yet, as a rule
            page = _place(workspace, key, name)
            before = page.read_text(encoding="utf-8", errors="replace")
        if not before:
            for other, approval in approvals.items():
                if not set(other.split("+")).isdisjoint(name.split("+")):
                    with suppress(StoreError):  # then all of the page is shown
                        sent = workspace.store.email(approval.fingerprint)
                        before += fit(sent, _NO_TAGS, ()).html
        there, ours = (
            "\n".join(line for line in _read(one) if line not in told) for one in (before, html)
        )
        if differs := difference(there, ours):
            found[name] = differs
    return found


def _read(html: str) -> Iterator[str]:
    """The lines that a person reads of a page, each followed by where its links lead."""
    for part in _LINE_END.split(_UNREAD.sub("", html)):
        if line := _plain(part):
            yield line
        yield from map(unescape, _LINK.findall(part))


def _plain(html: str) -> str:
    text = unescape(re.sub(r"<[^>]*>", "", html))
    return " ".join(_FILLING.sub(" ", text).split())


def _lines(view: EmailView, columns: Sequence[ItemView]) -> list[str]:
    """All that a letter says, and where it leads, line by line."""
    return list(_said([asdict(replace(view, corrected=None)), *map(asdict, columns)]))


def _said(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield from part.splitlines()
    elif isinstance(part, date):
        yield part.isoformat()
    elif isinstance(part, dict | list | tuple):
        for one in part.values() if isinstance(part, dict) else part:
            yield from _said(one)


def _hold_findings(press: Press, edition: Edition, languages: set[str]) -> None:
    """Raise HeldError where the checks find what would keep an email from being approved."""
    for name, built in press.build(edition).items():
        if languages.isdisjoint(name.split("+")):
            continue
        errors = [one for one in built.findings if one.severity is Severity.ERROR]
        if errors:
            told = "; ".join(f"{one.where}: {one.message}" for one in errors)
            raise HeldError(f"{edition.key} {name} cannot be corrected yet: {told}")
        if waiting := {one.id: one for one in built.findings if one.is_open}:
            raise HeldError(say_waiting(edition.key, waiting))
