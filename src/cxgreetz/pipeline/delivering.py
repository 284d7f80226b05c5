"""Take approved emails to the provider: exactly one campaign per language.

In: a workspace and an edition. Out: what was done for each email. Never: a decision about
the next step (`push` plans), a create sent twice, bytes that nobody approved.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from cxgreetz import edition as editions
from cxgreetz import push as pushing
from cxgreetz.config import Config, api_key
from cxgreetz.edition import edition_key
from cxgreetz.errors import ConfigError, Problem, ProviderError, UsageError
from cxgreetz.model import (
    Approval,
    Dismissal,
    EditionKey,
    Email,
    Language,
    Receipt,
    Remote,
    RemoteState,
    campaign_key,
)
from cxgreetz.pipeline.drafting import approval_of, stored_edition
from cxgreetz.pipeline.workspace import DONE, FAILED, HELD, Workspace
from cxgreetz.ports import (
    Account,
    Campaigns,
    ChecksAccount,
    LooksUp,
    ProviderCapabilities,
    ProviderPlugin,
    SendsTest,
    Unschedules,
    plugin,
)

_LOG = logging.getLogger(__name__)
#: Seconds to wait before looking again for a campaign whose create gave no clear answer.
FIND_AGAIN = (2.0, 5.0, 15.0, 30.0)
#: Seconds that the lease is held for; a longer wait renews it on the way.
_LEASE = 600.0
_LONGEST_NAP = 60.0


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
    unschedule: bool = False,
    again: bool = False,
    alone: bool = False,
) -> PushReport:
    """Make the approved emails one campaign each at the provider, and no more than one.

    `dry_run` only plans. `test` has the provider send a test mail to that address,
    `schedule` has it send the campaign at that time, `unschedule` only takes such a time
    back. `again`: a person has looked where an earlier run got no clear answer, and nothing
    is there. What lacks an approval waits; `alone`: a person says that the others go without
    it, which is kept.
    """
    config, store = workspace.config, workspace.store
    key = stored_edition(store, edition_key(edition, workspace.now(), config.zone)).key
    name = config.provider.name
    provider = _plugin(workspace)
    able = provider.CAPABILITIES
    if test is not None and not able.test_mail:
        raise UsageError(f"{name} sends no test mail; look at the email with: cxgreetz review")
    if schedule is not None and not able.schedule:
        raise UsageError(f"{name} cannot be told when to send; send it there by hand")
    if unschedule and not able.unschedule:
        raise UsageError(f"{name} takes no time back; do it there by hand")
    if unschedule and (schedule or test is not None):
        raise UsageError("--unschedule goes alone: without --schedule and --test")
    when = editions.parse_when(schedule, config.zone) if schedule else None
    if when and when <= workspace.now():
        raise UsageError(f"--schedule {schedule} has passed; name a time to come")
    if when and (when.minute % able.schedule_step_minutes or when.second or when.microsecond):
        steps = " ".join(f":{minute:02}" for minute in range(0, 60, able.schedule_step_minutes))
        raise UsageError(f"--schedule {schedule}: {name} sends only at {steps}; name such a time")
    _need_audiences(config, provider)
    # One push at a time for the whole newsletter: two editions may hold the same piece.
    with store.lease("push", seconds=_LEASE) as renew:

        def wait(seconds: float) -> None:
            while seconds > 0:
                workspace.sleep(nap := min(seconds, _LONGEST_NAP))
                renew()
                seconds -= nap

        campaigns = _open(workspace, provider, wait)
        wishes = _Wishes(dry_run, test, when, again, unschedule)
        pushed = {
            language: _push_one(
                _Push(workspace, name, able, campaigns, key, language, wait, renew), wishes
            )
            for language in config.editions()
        }
    if not unschedule:
        pushed = _paired(workspace, key, pushed, alone=alone, keep=alone and not dry_run)
    return PushReport(key, name, pushed)


def _paired(
    workspace: Workspace, key: EditionKey, pushed: dict[str, Pushed], *, alone: bool, keep: bool
) -> dict[str, Pushed]:
    """Say where one language goes without another; `alone`: somebody says that it may."""
    waiting = [language for language, one in pushed.items() if one.step == "wait"]
    gone = [language for language, one in pushed.items() if one.exit_code == DONE]
    if not (waiting and gone):
        return pushed
    those = f"{', '.join(gone)} {'goes' if len(gone) == 1 else 'go'}"
    ends = f"; {those} without it" + ("" if alone else " (--alone says that this is meant)")
    if keep:
        approvals = workspace.store.approvals(key)
        workspace.store.save_dismissals(
            Dismissal(
                f"{campaign_key(key, language)} alone",
                "alone",
                approvals[language][0].by,
                f"pushed without {', '.join(waiting)}",
                workspace.now(),
            )
            for language in gone
        )
    told = {
        language: replace(one, why=one.why + ends, exit_code=DONE if alone else one.exit_code)
        for language, one in pushed.items()
        if language in waiting
    }
    return {**pushed, **told}


@dataclass(frozen=True, slots=True)
class _Wishes:
    dry_run: bool
    test: str | None
    when: datetime | None
    again: bool
    unschedule: bool


def _push_one(push_of: _Push, wishes: _Wishes) -> Pushed:
    """One email; its failure is a value, so that the other language goes on."""
    try:
        return push_of.unschedule(wishes) if wishes.unschedule else push_of.run(wishes)
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


def _open(
    workspace: Workspace, provider: ProviderPlugin, wait: Callable[[float], None] | None = None
) -> Campaigns:
    account = _account(workspace)
    return provider.open(replace(account, sleep=wait or workspace.sleep), workspace.net)


def _audience_of(config: Config, email: str) -> str:
    """The audience of an email; one in two languages goes to that of its first."""
    return config.provider.audience.get(cast(Language, email.partition("+")[0]), "")


def _need_audiences(config: Config, provider: ProviderPlugin) -> None:
    """Raise ConfigError with every audience that is missing.

    A provider may take none for all: what is sent then reaches whoever was ever subscribed.
    """
    if not provider.CAPABILITIES.needs_audience:
        return
    name = config.provider.name
    reason = f"is not set; {name} must know which list or segment the email is for"
    missing = [e for e in config.editions() if not _audience_of(config, e).strip()]
    if missing:
        places = dict.fromkeys(f"provider.audience.{email.partition('+')[0]}" for email in missing)
        raise ConfigError("cxgreetz.toml", [Problem(place, reason) for place in places])


def _account(workspace: Workspace) -> Account:
    config = workspace.config
    return Account(
        newsletter=config.newsletter.name,
        sender=config.newsletter.sender,
        audience={e: found for e in config.editions() if (found := _audience_of(config, e))},
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
        wait: Callable[[float], None],
        renew: Callable[[], None],
    ) -> None:
        self._workspace, self._store = workspace, workspace.store
        self._provider, self._campaigns = provider, campaigns
        self._capabilities = capabilities
        self._edition, self._language = edition, language
        self._key = campaign_key(edition, language)
        self._account = _audience_of(workspace.config, language)
        #: `renew` comes before every call that changes something: whoever lost the lease
        #: meanwhile makes none.
        self._wait, self._renew = wait, renew

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
        most, size = self._capabilities.max_bytes, len(email.html.encode())
        if most is not None and size > most:
            why = f"its HTML has {size} bytes, and {self._provider} takes {most}; leave a piece out"
            return Pushed("stop", why, "waiting", exit_code=HELD)
        taken: list[str] = []
        # Create, adopt, update, confirm: no path to an end is longer.
        for _round in range(5):
            remotes = [self._compared(remote, email) for remote in self._find()]
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
        """Look for our campaign; longer where it was made or may have been, and lists lag."""
        receipt, found = self._receipt(), self._look()
        begun = receipt is not None and receipt.state in ("intended", "created")
        for wait in FIND_AGAIN if begun and self._capabilities.lists_late else ():
            if found:
                break
            self._wait(wait)
            found = self._look()
        return found

    def _look(self) -> list[Remote]:
        """What has our key, and what we know to be ours by its id whatever it is called now."""
        found, receipt = self._campaigns.find(self._key), self._receipt()
        known = receipt.remote_id if receipt else None
        if known and known not in {r.id for r in found} and isinstance(self._campaigns, LooksUp):
            there = self._campaigns.look_up(known)
            found += [there] if there else []
        return found

    def _compared(self, remote: Remote, email: Email) -> Remote:
        """Tell by its fingerprint whether a campaign holds the email; "": something else."""
        if remote.held is None:
            return remote
        rewritten = self._capabilities.rewrites_html
        same = pushing.is_held(email, remote.held, self._account, rewritten=rewritten)
        return replace(remote, fingerprint=email.approved_fingerprint if same else "")

    def _take(self, step: pushing.Step, approval: Approval, email: Email) -> Pushed | None:
        """Do one step; gives the end of the matter when it cannot go on."""
        remote_id = step.remote_id or ""
        if step.action == pushing.Action.ADOPT:
            self._save("created", approval, remote_id)
        elif step.action == pushing.Action.UPDATE:
            self._renew()
            self._campaigns.update(remote_id, email)
        else:
            self._renew()
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
        # Kept before the first look: whatever ends this run, the next one knows.
        self._save("unknown", approval, None)
        told = str(error)
        for wait in FIND_AGAIN:
            self._wait(wait)
            try:
                if self._campaigns.find(self._key):
                    return None
            except ProviderError as unseen:
                told = f"{error}; and it could not be looked up ({unseen})"
        why = (
            f"{told}; it is not known whether {self._key} was made: look there, then push again, "
            "with --again if nothing is there"
        )
        return Pushed("create", why, "unknown", exit_code=FAILED)

    def _finish(
        self, remote: Remote, taken: Sequence[str], step: pushing.Step, wishes: _Wishes
    ) -> Pushed:
        # What was done for the campaign is worth telling; that it was then confirmed is not.
        told = next((t for t in taken if t != pushing.Action.CONFIRM), step.action)
        done = Pushed(told, step.why, remote.state, remote.id, remote.url)
        if wishes.test is not None and isinstance(self._campaigns, SendsTest):
            self._renew()
            try:
                self._campaigns.send_test(remote.id, wishes.test)
            except ProviderError as error:
                return replace(done, why=f"{step.why}; no test mail: {error}", exit_code=FAILED)
        if wishes.when is not None and remote.state != "draft":
            why = f"it is {remote.state} already; change the time there"
            return replace(done, step="stop", why=why, exit_code=HELD)
        if wishes.when is not None:
            return self._schedule(done, remote, wishes.when)
        return done

    def _schedule(self, done: Pushed, remote: Remote, when: datetime) -> Pushed:
        """Set the time; where the answer is lost look what became of it, and ask no more."""
        self._renew()
        try:
            remote = self._campaigns.schedule(remote.id, when)
        except ProviderError as error:
            seen = next((r for r in self._look() if r.id == remote.id), remote)
            if not (error.ambiguous and seen.state == RemoteState.SCHEDULED):
                why = f"{done.why}; no time is set: {error}"
                return replace(done, state=seen.state, why=why, exit_code=FAILED)
            remote = seen
        return replace(done, state=remote.state, url=remote.url or done.url)

    def unschedule(self, wishes: _Wishes) -> Pushed:
        """Take back the time at which it was to be sent; nothing else is done."""
        remotes = self._look()
        if len(remotes) != 1:
            count = len(remotes) or "no"
            return Pushed("stop", f"the provider shows {count} campaigns", "none", exit_code=HELD)
        (remote,) = remotes
        seen = Pushed("none", "it is a draft", remote.state, remote.id, remote.url)
        if remote.state == RemoteState.DRAFT:
            return seen
        if remote.state != RemoteState.SCHEDULED:
            why = f"it is {remote.state}, and there is nothing to take back"
            return replace(seen, step="stop", why=why, exit_code=HELD)
        told = replace(seen, step="unschedule", why="its time is taken back")
        if wishes.dry_run or not isinstance(self._campaigns, Unschedules):
            return told
        self._renew()
        return replace(told, state=self._campaigns.unschedule(remote.id).state)

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
    name, provider = workspace.config.provider.name, _plugin(workspace)
    _need_audiences(workspace.config, provider)
    campaigns = _open(workspace, provider)
    proved = campaigns.check_account() if isinstance(campaigns, ChecksAccount) else []
    return {"provider": name, "proved": proved}
