"""Take approved emails to the provider: exactly one campaign per language.

In: a workspace and an edition. Out: what was done for each email. Never: a decision about
the next step (`push` plans), a create sent twice, bytes that nobody approved.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from cxgreetz import edition as editions
from cxgreetz import push as pushing
from cxgreetz.config import api_key
from cxgreetz.edition import edition_key
from cxgreetz.errors import ProviderError, UsageError
from cxgreetz.model import (
    Approval,
    EditionKey,
    Email,
    Language,
    Receipt,
    Remote,
    campaign_key,
)
from cxgreetz.pipeline.drafting import approval_of, stored_edition
from cxgreetz.pipeline.workspace import DONE, FAILED, HELD, Workspace
from cxgreetz.ports import (
    Account,
    Campaigns,
    ChecksAccount,
    ProviderCapabilities,
    ProviderPlugin,
    SendsTest,
    plugin,
)

_LOG = logging.getLogger(__name__)
#: Seconds to wait before looking again for a campaign whose create gave no clear answer.
FIND_AGAIN = (2.0, 5.0, 15.0, 30.0)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of one email at the provider."""

    step: str
    why: str
    #: waiting (for approval), the provider's own state, or unknown
    state: str
    remote_id: str | None = None
    url: str | None = None
    exit_code: int = DONE


@dataclass(frozen=True)
class PushReport:
    edition: EditionKey
    provider: str
    pushed: Mapping[str, Pushed]

    @property
    def exit_code(self) -> int:
        return max((p.exit_code for p in self.pushed.values()), default=DONE)

    def as_json(self) -> dict[str, Any]:
        return {
            "edition": self.edition,
            "languages": {
                language: {
                    "provider": self.provider,
                    "remote_id": one.remote_id,
                    "state": one.state,
                    "step": one.step,
                    "why": one.why,
                    "url": one.url,
                }
                for language, one in self.pushed.items()
            },
        }


def push(
    workspace: Workspace,
    edition: str,
    *,
    dry_run: bool = False,
    test: str | None = None,
    schedule: str | None = None,
    again: bool = False,
) -> PushReport:
    """Make the approved emails one campaign each at the provider, and no more than one.

    `dry_run` only plans. `test` has the provider send a test mail to that address,
    `schedule` has it send the campaign at that time. `again`: a person has looked where an
    earlier run got no clear answer, and nothing is there. What lacks an approval waits.
    """
    config, store = workspace.config, workspace.store
    key = stored_edition(store, edition_key(edition, workspace.now(), config.zone)).key
    name = config.provider.name
    provider = _plugin(workspace)
    if test is not None and not provider.CAPABILITIES.test_mail:
        raise UsageError(f"{name} sends no test mail; look at the email with: cxgreetz review")
    if schedule is not None and not provider.CAPABILITIES.schedule:
        raise UsageError(f"{name} cannot be told when to send; send it there by hand")
    when = editions.parse_when(schedule, config.zone) if schedule else None
    if when and when <= workspace.now():
        raise UsageError(f"--schedule {schedule} has passed; name a time to come")
    campaigns = _open(workspace, provider)
    wishes = _Wishes(dry_run, test, when, again)
    # One push at a time for the whole newsletter: two editions may hold the same piece.
    with store.lease("push", seconds=600):
        pushed = {
            language: _push_one(
                _Push(workspace, name, provider.CAPABILITIES, campaigns, key, language), wishes
            )
            for language in config.editions()
        }
    return PushReport(key, name, pushed)


@dataclass(frozen=True, slots=True)
class _Wishes:
    dry_run: bool
    test: str | None
    when: datetime | None
    again: bool


def _push_one(push_of: _Push, wishes: _Wishes) -> Pushed:
    """One email; its failure is a value, so that the other language goes on."""
    try:
        return push_of.run(wishes)
    except ProviderError as error:
        return Pushed("failed", str(error), "unknown", exit_code=FAILED)


def as_pushed(workspace: Workspace, email: Email) -> Email:
    """The email as the provider will get it; raises ConfigError where that cannot be told."""
    return _fit(email, _open(workspace, _plugin(workspace)))


def _fit(email: Email, campaigns: Campaigns) -> Email:
    return pushing.fit(email.marked(), campaigns.tags, campaigns.tag_openers)


def _plugin(workspace: Workspace) -> ProviderPlugin:
    found: ProviderPlugin = plugin("providers", workspace.config.provider.name, "provider.name")
    return found


def _open(workspace: Workspace, provider: ProviderPlugin) -> Campaigns:
    return provider.open(_account(workspace), workspace.net)


def _account(workspace: Workspace) -> Account:
    config = workspace.config
    return Account(
        newsletter=config.newsletter.name,
        sender=config.newsletter.sender,
        audience={str(k): v for k, v in config.provider.audience.items()},
        url=config.provider.url,
        unsubscribe=config.provider.unsubscribe,
        api_key=api_key(config.provider.name),
        folder=str(workspace.folder),
        at=workspace.now(),
    )


class _Push:
    """Takes one email to the provider: asks `push.plan`, does it, keeps the receipt, asks again."""

    def __init__(
        self,
        workspace: Workspace,
        provider: str,
        capabilities: ProviderCapabilities,
        campaigns: Campaigns,
        edition: EditionKey,
        language: str,
    ) -> None:
        self._workspace, self._store = workspace, workspace.store
        self._provider, self._campaigns = provider, campaigns
        self._capabilities = capabilities
        self._edition, self._language = edition, language
        self._key = campaign_key(edition, language)
        self._account = workspace.config.provider.audience.get(cast(Language, language), "")

    def run(self, wishes: _Wishes) -> Pushed:
        drafts, approvals = self._store.drafts(self._edition), self._store.approvals(self._edition)
        approval = approval_of(drafts, approvals, self._language)
        if approval is None:
            why = (
                "the email was changed after it was approved"
                if self._language in approvals
                else "nobody has approved it"
            )
            return Pushed("wait", f"{why}; approve it first", "waiting", exit_code=HELD)
        spoken_for = self._store.spoken_for()
        pieces_sent = approvals[self._language][1]
        mine = self._edition
        if elsewhere := [p for p in pieces_sent if spoken_for.get(p, mine) != mine]:
            other = spoken_for[elsewhere[0]]
            why = f"{elsewhere[0]} goes out with {other}; draft this edition again"
            return Pushed("stop", why, "waiting", exit_code=HELD)
        approved = self._store.email(approval.fingerprint)
        email = _fit(approved, self._campaigns)
        taken: list[str] = []
        # Create, adopt, update, confirm: no path to an end is longer.
        for _round in range(5):
            remotes = self._find()
            step = pushing.plan(
                approval.fingerprint,
                self._receipt(),
                remotes,
                may_be_remade=self._capabilities.only_files,
                again=wishes.again,
            )
            taken.append(step.action)
            _LOG.info("%s: %s, %s", self._key, step.action, step.why)
            if wishes.dry_run or step.action == pushing.Action.STOP:
                code = HELD if step.action == pushing.Action.STOP else DONE
                state = str(remotes[0].state) if remotes else "none"
                return Pushed(step.action, step.why, state, step.remote_id, exit_code=code)
            if step.action in (pushing.Action.NONE, pushing.Action.CONFIRM):
                if step.action == pushing.Action.CONFIRM:
                    self._save("confirmed", approval, remotes[0].id, spent=pieces_sent)
                return self._finish(remotes[0], taken, step, wishes)
            if (failed := self._take(step, approval, email)) is not None:
                return failed
        raise ProviderError(
            f"{self._provider} does not keep what it was given; look at {self._key}"
        )

    def _find(self) -> list[Remote]:
        """Look for our campaign; longer where a run was cut off and the list may lag behind."""
        receipt, found = self._receipt(), self._campaigns.find(self._key)
        cut_off = receipt is not None and receipt.state == "intended"
        for wait in FIND_AGAIN if cut_off and self._capabilities.lists_late else ():
            if found:
                break
            self._workspace.sleep(wait)
            found = self._campaigns.find(self._key)
        return found

    def _take(self, step: pushing.Step, approval: Approval, email: Email) -> Pushed | None:
        """Do one step; gives the end of the matter when it cannot go on."""
        remote_id = step.remote_id or ""
        if step.action == pushing.Action.ADOPT:
            self._save("created", approval, remote_id)
        elif step.action == pushing.Action.UPDATE:
            self._campaigns.update(remote_id, email)
        else:
            self._save("intended", approval, None)
            try:
                remote = self._campaigns.create(self._key, email)
            except ProviderError as error:
                if not error.ambiguous:
                    # It definitely did not happen: nothing must look as if it had.
                    if receipt := self._receipt():
                        self._store.drop_receipt(receipt)
                    raise
                return self._look_again(approval, error)
            self._save("created", approval, remote.id)
        return None

    def _look_again(self, approval: Approval, error: ProviderError) -> Pushed | None:
        """A create without a clear answer is never repeated: look for what it made."""
        for wait in FIND_AGAIN:
            self._workspace.sleep(wait)
            if self._campaigns.find(self._key):
                return None
        self._save("unknown", approval, None)
        why = f"{error}; it is not known whether {self._key} was made: look there, then push again"
        return Pushed("create", why, "unknown", exit_code=FAILED)

    def _finish(
        self, remote: Remote, taken: Sequence[str], step: pushing.Step, wishes: _Wishes
    ) -> Pushed:
        # What was done for the campaign is worth telling; that it was then confirmed is not.
        told = next((t for t in taken if t != pushing.Action.CONFIRM), step.action)
        if wishes.test is not None and isinstance(self._campaigns, SendsTest):
            self._campaigns.send_test(remote.id, wishes.test)
        if wishes.when is not None and remote.state != "draft":
            why = f"it is {remote.state} already; change the time there"
            return Pushed("stop", why, remote.state, remote.id, remote.url, HELD)
        if wishes.when is not None:
            remote = self._campaigns.schedule(remote.id, wishes.when)
        return Pushed(told, step.why, remote.state, remote.id, remote.url)

    def _receipt(self) -> Receipt | None:
        mine = (self._provider, self._account, self._language)
        receipts = self._store.receipts(self._edition)
        return next((r for r in receipts if (r.provider, r.account, r.language) == mine), None)

    def _save(
        self, state: str, approval: Approval, remote_id: str | None, spent: Sequence[str] = ()
    ) -> None:
        receipt = Receipt(
            self._provider,
            self._account,
            self._edition,
            self._language,
            state,
            approval.fingerprint,
            remote_id,
            self._workspace.now(),
        )
        self._store.save_receipt(receipt, spent)


def check_provider(workspace: Workspace) -> dict[str, Any]:
    """Prove key, audience and rights at the provider without changing anything there."""
    name = workspace.config.provider.name
    campaigns = _open(workspace, _plugin(workspace))
    proved = campaigns.check_account() if isinstance(campaigns, ChecksAccount) else []
    return {"provider": name, "proved": proved}
