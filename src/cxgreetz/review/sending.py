"""The page on which an edition is sent: the plan first, then the deed.

In: an approved edition. Out: what the provider would do, a test mail, the push itself. Never: a
push without its plan having been shown; a second try where the first got no clear answer,
unless a person says that she looked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cxgreetz import pipeline
from cxgreetz.errors import CxGreetzError, HeldError, StaleError, UsageError
from cxgreetz.pipeline import PushReport, Workspace
from cxgreetz.pipeline.editions.keeping import approved
from cxgreetz.ports import ProviderPlugin, plugin
from cxgreetz.review.editors import editor_of, who_sends
from cxgreetz.review.forms import read_form, refused, seals_in, text_of
from cxgreetz.review.gate import words_of
from cxgreetz.review.pages import OpenWorkspace, page
from cxgreetz.review.words import Words

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
#: The provider or a person said no.
_BAD = ("stop", "failed")


@dataclass(frozen=True, slots=True)
class Sent:
    """What will become of one email, or became of it."""

    name: str
    #: "ready", "good", "wait" or "bad".
    level: str
    text: str
    #: What the provider or the program said, where somebody must look.
    said: str
    url: str
    #: True: whether it is there is not known, or it is gone; a person may say "again".
    may_be_again: bool


@dataclass(frozen=True, slots=True)
class Sending:
    newsletter: str
    edition: str
    provider: str
    emails: Sequence[Sent]
    #: True: this is what happened; else what would.
    is_done: bool
    only_files: bool
    test_mail: bool
    #: By email, which bytes are approved: what the button sends, or nothing.
    seals: Mapping[str, str]
    #: Why there is no plan, in one line; "": there is one.
    trouble: str = ""

    @property
    def waiting(self) -> Sequence[Sent]:
        return [one for one in self.emails if one.level == "wait"]

    @property
    def going(self) -> Sequence[Sent]:
        return [one for one in self.emails if one.level == "ready"]

    @property
    def is_split(self) -> bool:
        """One language would go without the other."""
        return bool(self.waiting) and bool(self.going)

    @property
    def may_be_again(self) -> bool:
        return any(one.may_be_again for one in self.emails)


class SendingForms:
    """The endpoints; each opens the workspace, calls `pipeline.push`, and closes it again."""

    def __init__(self, open_workspace: OpenWorkspace) -> None:
        self._open = open_workspace

    def routes(self) -> list[Route]:
        return [
            Route("/edition/{edition}/push", self.plan, methods=["GET"]),
            Route("/edition/{edition}/push", self.push, methods=["POST"]),
            Route("/edition/{edition}/test", self.test, methods=["POST"]),
        ]

    def plan(self, request: Request) -> Response:
        """What a push would do; it only asks the provider."""
        key = request.path_params["edition"]
        with self._open() as workspace:
            try:
                report = pipeline.push(workspace, key, dry_run=True)
            except UsageError as error:
                raise HTTPException(404, str(error)) from error
            except CxGreetzError as error:  # a key is missing, another run is busy
                nothing = PushReport(key, workspace.config.provider.name, {})
                return _shown(request, workspace, nothing, trouble=str(error))
            return _shown(request, workspace, report)

    def push(self, request: Request) -> Response:
        """Do it; sent twice, it does nothing the second time."""
        if refusal := _nameless(request):
            return refusal
        key, form = request.path_params["edition"], read_form(request)
        with self._open() as workspace:
            try:
                report = pipeline.push(
                    workspace,
                    key,
                    again="again" in form,
                    alone="alone" in form,
                    expected=seals_in(request),
                )
            except StaleError:
                return refused(request, HeldError(words_of(request)("push_stale")))
            return _shown(request, workspace, report, is_done=True)

    def test(self, request: Request) -> Response:
        """Have the provider send the approved emails to one address."""
        t, address = words_of(request), text_of(request, "address").strip()
        if refusal := _nameless(request):
            return refusal
        if not _ADDRESS.fullmatch(address):
            return refused(request, t("test_address", address=address), 400)
        with self._open() as workspace:
            report = pipeline.push(workspace, request.path_params["edition"], test=address)
            sent = any(one.step not in (*_BAD, "wait") for one in report.pushed.values())
            notice = t("test_saved", address=address) if sent and not report.exit_code else ""
            return _shown(request, workspace, report, is_done=True, notice=notice)


def _nameless(request: Request) -> Response | None:
    if who_sends(request):
        return None
    return refused(request, words_of(request)("name_first"), 400)


def _shown(
    request: Request,
    workspace: Workspace,
    report: PushReport,
    *,
    is_done: bool = False,
    notice: str = "",
    trouble: str = "",
) -> Response:
    t = words_of(request)
    provider: ProviderPlugin = plugin("providers", report.provider, "provider.name")
    able = provider.CAPABILITIES
    doubtful = {
        receipt.language
        for receipt in workspace.store.receipts(report.edition)
        if receipt.state in ("intended", "unknown", "created")
    }
    held = approved(workspace, report.edition)
    seals = {
        name: held[name].fingerprint
        for name, one in report.pushed.items()
        if one.step != "wait" and name in held
    }
    emails = [_sent(name, report, name in doubtful, is_done, t) for name in report.pushed]
    sending = Sending(
        workspace.config.newsletter.name,
        report.edition,
        report.provider,
        emails,
        is_done,
        able.only_files,
        able.test_mail,
        seals,
        trouble,
    )
    return page(request, "push.html", sending=sending, editor=editor_of(request), told=notice)


def _sent(name: str, report: PushReport, doubtful: bool, is_done: bool, t: Words) -> Sent:
    one = report.pushed[name]
    step = str(one.step)
    if one.state == "unknown" and step not in _BAD:
        step = "failed"
    bad = step in _BAD
    again = doubtful and bad
    key = f"did_{step}" if is_done and step not in (*_BAD, "wait") else f"push_{step}"
    text = t("push_unknown", provider=report.provider) if again else t(key)
    done = is_done or step in ("confirm", "none")
    level = "bad" if bad else "wait" if step == "wait" else "good" if done else "ready"
    said = _plain(one.why) if bad or (one.exit_code and step != "wait") else ""
    return Sent(name, level, text, said, one.url or "", again)


def _plain(why: str) -> str:
    """What was said, without what only the command line knows."""
    return re.sub(r",? (?:push )?with --again(?: if nothing is there)?", "", why)
