"""Tell people what happened: to each address of the workspace, and once.

In: a workspace and what happened. Out: what was told, and whom it did not reach. Never: the
same news by two at once; a reader of the newsletter; a failure to tell that stops what was being
done.

Who tells news holds it meanwhile, so that of two runs at once one tells it, and notes it as told
when it has reached somebody. So it is told at least once: of a run that is killed on the way the
next one tells it, and once more where the kill fell between the sending and the note.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cxgreetz import notices
from cxgreetz.errors import HeldError, UsageError
from cxgreetz.model import fingerprint
from cxgreetz.notices import Address, Notice, Undelivered, retelling
from cxgreetz.pipeline.mailing.delivering import PushReport
from cxgreetz.pipeline.workspace import DONE, FAILED, Workspace

_LOG = logging.getLogger(__name__)
#: What was pushed longer ago is no news, also to whoever wants notices from today on; a machine
#: that lost power as it pushed may be off for some days.
_NEWS = timedelta(days=7)
#: Seconds that news is held while it is sent; it is far from that.
_SENDING = 600
#: How the message of a run begins that has judged itself to have failed.
FAILED_BY_ITSELF = "Failed: "
#: As wrong options end.
_WRONG = 2


@dataclass(frozen=True)
class TellReport:
    """What was told, and whom it did not reach."""

    #: The subjects of the notices that reached somebody.
    told: Sequence[str] = ()
    undelivered: Sequence[Undelivered] = ()
    #: The place and the service of every address that got them.
    reached: Sequence[tuple[str, str]] = ()

    @property
    def exit_code(self) -> int:
        if any(not failure.is_address for failure in self.undelivered):
            return _WRONG
        return FAILED if self.undelivered else DONE

    def as_json(self) -> dict[str, Any]:
        reached = [{"place": place, "service": name, "error": None} for place, name in self.reached]
        failed = [
            {"place": one.place, "service": one.service, "error": one.reason}
            for one in self.undelivered
        ]
        return {"told": list(self.told), "addresses": reached + failed}


def tell(
    workspace: Workspace, notice: Notice, addresses: Sequence[Address] | None = None
) -> TellReport:
    """Send a notice to `addresses`, or to all that want notices; log whom it did not reach."""
    if addresses is None:
        addresses = workspace.config.notice_addresses()
    undelivered = notices.send(addresses, notice)
    for failure in undelivered:
        _LOG.warning("a notice did not get there: %s", failure)
    missed = {failure.place for failure in undelivered}
    reached = [(place, notices.service_of(url)) for place, url in addresses if place not in missed]
    return TellReport([notice.subject] if reached else [], undelivered, reached)


def tell_once(workspace: Workspace, about: str, notice: Notice) -> TellReport:
    """The same, unless it was told before; `about` names the news, not the words."""
    with _hold(workspace, [about]) as fresh:
        return _tell_held(workspace, fresh, notice) if fresh else TellReport()


@contextmanager
def _hold(workspace: Workspace, news: Iterable[str]) -> Iterator[list[str]]:
    """Hold what of `news` was not told and nobody else tells just now.

    None of it where nobody is to be told.
    """
    store, fresh = workspace.store, list[str]()
    untold = store.untold(news) if workspace.config.notice_addresses() else []
    with ExitStack() as held:
        for about in untold:
            try:
                held.enter_context(store.lease(f"notice {about}", seconds=_SENDING))
            except HeldError:
                continue
            # Another may have told it a moment ago.
            fresh += store.untold([about])
        yield fresh


def _tell_held(workspace: Workspace, news: Sequence[str], notice: Notice) -> TellReport:
    report = tell(workspace, notice)
    if report.told:
        for about in news:
            workspace.store.note_told(about, workspace.now())
    return report


def tell_test(workspace: Workspace) -> TellReport:
    """Send a test notice to every address; raises UsageError where there is none."""
    config = workspace.config
    addresses = [*config.notice_addresses(), *config.notice_addresses("second")]
    if not addresses:
        told = "nobody is named to get notices; put an address into [notify] urls"
        raise UsageError(f"{told}, or one with a password into CXGREETZ_NOTIFY_URLS")
    return tell(workspace, write(workspace, "test", url=config.review_address()), addresses)


def tell_pushed(workspace: Workspace, report: PushReport) -> TellReport:
    """Tell what a push has put at the provider as approved; each email once."""
    urls = {email: one.url or "" for email, one in report.pushed.items() if not one.exit_code}
    return _tell_pushed(workspace, report.edition, report.provider, urls)


def tell_owed(workspace: Workspace) -> TellReport:
    """Tell what was pushed of which nobody was told.

    Its run was cut off, its notice reached nobody, or somebody pushed it by hand. The receipts
    say what is there, so nothing has to be kept for it.
    """
    told, name = TellReport(), workspace.config.provider.name
    for edition in workspace.store.editions():
        urls = dict.fromkeys(workspace.store.drafts(edition.key), "")
        one = _tell_pushed(workspace, edition.key, name, urls)
        told = TellReport(
            [*told.told, *one.told],
            [*told.undelivered, *one.undelivered],
            [*told.reached, *one.reached],
        )
    return told


def _tell_pushed(
    workspace: Workspace, key: str, provider: str, urls: Mapping[str, str]
) -> TellReport:
    """Tell of those of the emails in `urls` that a receipt says are there, and that are news."""
    news: dict[str, str] = {}
    for receipt in workspace.store.receipts(key):
        is_there = receipt.provider == provider and receipt.state == "confirmed"
        is_new = receipt.at is not None and workspace.now() - receipt.at <= _NEWS
        if is_there and is_new and receipt.language in urls:
            about = f"pushed {provider} {key} {receipt.language} {receipt.fingerprint}"
            news[about] = receipt.language
    with _hold(workspace, news) as fresh:
        if not fresh:
            return TellReport()
        rows = [(subject_line(workspace, key, news[about]), urls[news[about]]) for about in fresh]
        page = workspace.config.review_address(key)
        notice = write(workspace, "pushed", month=key, provider=provider, rows=rows, url=page)
        return _tell_held(workspace, fresh, notice)


def tell_failed(workspace: Workspace, run: str, message: str, url: str = "") -> TellReport:
    """Tell that a run failed; `url` is where it can be looked at.

    What failed for the same reason already today is told of once: `publish` runs every hour. A
    run that crashed is told of each time, for somebody has to begin it again.
    """
    said = retell(workspace, "failed", message)
    notice = write(workspace, "failed", run=run, message=said, url=url)
    if not message.startswith(FAILED_BY_ITSELF):
        return tell(workspace, notice)
    day = workspace.now().astimezone(workspace.config.zone).date()
    return tell_once(workspace, f"failed {day} {run} {fingerprint(message)}", notice)


def tell_alarms(workspace: Workspace) -> TellReport:
    """Tell the alarms of the last readings; each once as long as it lasts."""
    readings, named = workspace.store.readings(), workspace.config.sources
    alarms = {f"alarm {s.name}": readings.get(s.name, {}).get("alarm") or "" for s in named}
    workspace.store.drop_notices(about for about, alarm in alarms.items() if not alarm)
    with _hold(workspace, (about for about, alarm in alarms.items() if alarm)) as fresh:
        if not fresh:
            return TellReport()
        names = {about: about.removeprefix("alarm ") for about in fresh}
        rows = [
            (f"{name}: {retell(workspace, 'alarm', alarms[about])}", "")
            for about, name in names.items()
        ]
        sources, page = ", ".join(names.values()), workspace.config.review_address()
        notice = write(workspace, "alarm", sources=sources, rows=rows, url=page)
        return _tell_held(workspace, fresh, notice)


def write(workspace: Workspace, kind: str, **facts: Any) -> Notice:
    """Write a notice in the language of the workspace's notices."""
    name, language = workspace.config.newsletter.name, workspace.config.notice_language
    return notices.write(kind, language, newsletter=name, **facts)


def retell(workspace: Workspace, kind: str, message: str) -> str:
    """Say what the program said in the language of the workspace's notices."""
    return retelling.retell(kind, message, workspace.config.notice_language)


def subject_line(workspace: Workspace, key: str, email: str) -> str:
    """An email of an edition by its language and subject."""
    drafts = workspace.store.drafts(key)
    name = notices.email_name(email, workspace.config.notice_language)
    return f"{name}: {workspace.store.email(drafts[email].fingerprint).subject}"


def rows_of(workspace: Workspace, key: str, emails: Iterable[str]) -> list[tuple[str, str]]:
    """The emails of an edition, those of `emails` that it has, as the rows of a notice."""
    there = workspace.store.drafts(key)
    return [(subject_line(workspace, key, email), "") for email in emails if email in there]
