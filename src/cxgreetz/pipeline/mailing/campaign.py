"""Take one email to the provider: what `push.plan` says, step by step.

In: an approved email, an account's campaigns, what a person wished. Out: what became of
it. Never: a decision about the next step, a create sent twice, a change by who lost the
lease, bytes that nobody approved.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar, cast

from cxgreetz import push as pushing
from cxgreetz.config import Config
from cxgreetz.errors import ConfigError, HeldError, ProviderError
from cxgreetz.model import (
    Action,
    Approval,
    EditionKey,
    Email,
    Language,
    Receipt,
    Remote,
    RemoteState,
    Step,
    campaign_key,
    iso,
)
from cxgreetz.pipeline.editions.keeping import approval_of
from cxgreetz.pipeline.workspace import DONE, FAILED, HELD, Workspace
from cxgreetz.ports import (
    Campaigns,
    LooksUp,
    ProviderCapabilities,
    Sends,
    SendsTest,
    Unschedules,
    plugin,
)
from cxgreetz.store import Store

_LOG = logging.getLogger(__name__)
Found = TypeVar("Found")
#: Seconds to wait before looking again for a campaign whose create gave no clear answer.
FIND_AGAIN = (2.0, 5.0, 15.0, 30.0)
#: Seconds that a lease is held for; a longer wait renews it on the way.
LEASE = 600.0
_LONGEST_NAP = 60.0
#: Seconds to wait for an editor's change to be kept: one takes a second or two.
_EDITOR = (1.0, 2.0, 5.0)


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


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for beside the push itself."""

    dry_run: bool
    test: str | None
    when: datetime | None
    again: bool
    unschedule: bool
    send: bool = False
    #: By email, the bytes that a person was shown; None: nobody looked before.
    expected: Mapping[str, str] | None = None


def fit(email: Email, campaigns: Campaigns) -> Email:
    """The email in a provider's own words, marked."""
    return pushing.fit(email.marked(), campaigns.tags, campaigns.tag_openers)


def audience_of(config: Config, email: str) -> str:
    """The audience of an email; one in two languages goes to that of its first."""
    return config.provider.audience.get(cast(Language, email.partition("+")[0]), "")


def approval_or_wait(
    store: Store, edition: EditionKey, language: str, provider: str = ""
) -> tuple[Approval, tuple[str, ...]] | Pushed:
    """The approval of the email as it is now with the pieces it covers, or what it waits for.

    For another `provider` than the newsletter's own an approval for that one alone will do.
    """
    drafts, approvals = store.drafts(edition), store.approvals(edition)
    if approval_of(drafts, approvals, language, provider):
        return approvals[language]
    why = "nobody has approved it"
    if language in approvals:
        alone = approvals[language][0].provider
        why = "the email was changed after it was approved"
        if alone and approval_of(drafts, approvals, language, alone):
            why = f"it was approved for {alone} alone, in a rehearsal"
    return Pushed("wait", f"{why}; approve it first", "waiting", exit_code=HELD)


def wait_holding(workspace: Workspace, renew: Callable[[], None]) -> Callable[[float], None]:
    """A wait of some seconds that does not lose the lease that `renew` renews."""

    def wait(seconds: float) -> None:
        while seconds > 0:
            workspace.sleep(nap := min(seconds, _LONGEST_NAP))
            renew()
            seconds -= nap

    return wait


def find_patiently(
    look: Callable[[], list[Found]], wait: Callable[[float], None], *, is_late: bool
) -> list[Found]:
    """Look, and again for a while where what is there may not be shown yet (`is_late`)."""
    found = look()
    for pause in FIND_AGAIN if is_late else ():
        if found:
            break
        wait(pause)
        found = look()
    return found


def look_for_lost(
    error: ProviderError, is_there: Callable[[], bool], wait: Callable[[float], None]
) -> str | None:
    """Look for what a create without a clear answer made; None: it is there.

    Else gives what to tell of it. Such a create is never repeated: it may yet show.
    """
    told = str(error)
    for pause in FIND_AGAIN:
        wait(pause)
        try:
            if is_there():
                return None
        except ProviderError as unseen:
            told = f"{error}; and it could not be looked up ({unseen})"
    return told


class Delivery:
    """Takes one email to the provider: asks `push.plan`, does it, keeps the receipt, asks again."""

    def __init__(
        self,
        workspace: Workspace,
        capabilities: ProviderCapabilities,
        campaigns: Campaigns,
        edition: EditionKey,
        language: str,
        wait: Callable[[float], None],
        renew: Callable[[], None],
    ) -> None:
        self._workspace, self._store = workspace, workspace.store
        self._provider, self._campaigns = workspace.config.provider.name, campaigns
        self._capabilities = capabilities
        self._edition, self._language = edition, language
        self._key = campaign_key(edition, language)
        self._account = audience_of(workspace.config, language)
        #: `renew` comes before every call that changes something: whoever lost the lease
        #: meanwhile makes none.
        self._wait, self._renew = wait, renew

    def run(self, wishes: Wishes) -> Pushed:
        found = approval_or_wait(self._store, self._edition, self._language)
        if isinstance(found, Pushed):
            return found
        approval, pieces_sent = found
        shown = wishes.expected
        if shown is not None and shown.get(self._language) != approval.fingerprint:
            why = "it was changed since it was shown; look at it, then push"
            return Pushed("stop", why, "waiting", exit_code=HELD)
        spoken_for = self._store.spoken_for()
        mine = self._edition
        if elsewhere := [p for p in pieces_sent if spoken_for.get(p, mine) != mine]:
            other = spoken_for[elsewhere[0]]
            why = f"{elsewhere[0]} goes out with {other}; draft this edition again"
            return Pushed("stop", why, "waiting", exit_code=HELD)
        approved = self._store.email(approval.fingerprint)
        email = fit(approved, self._campaigns)
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
                lists_late=self._capabilities.lists_late,
                elsewhere=self._elsewhere(),
                again=wishes.again,
            )
            taken.append(step.action)
            _LOG.info("%s: %s, %s", self._key, step.action, step.why)
            if wishes.dry_run or step.action == Action.STOP:
                code = HELD if step.action == Action.STOP else DONE
                state = str(remotes[0].state) if remotes else "none"
                if step.is_unknown:
                    code, state = FAILED, "unknown"
                url = remotes[0].url if len(remotes) == 1 else None
                then = [] if step.action == Action.STOP else self._then(wishes)
                why = "; ".join([step.why, *then])
                return Pushed(step.action, why, state, step.remote_id, url, code)
            if step.action in (Action.NONE, Action.CONFIRM):
                if step.action == Action.CONFIRM and (
                    refused := self._keep("confirmed", approval, remotes[0].id, spent=pieces_sent)
                ):
                    return refused
                return self._finish(remotes[0], taken, step, wishes)
            if (failed := self._take(step, approval, email)) is not None:
                return failed
        raise ProviderError(
            f"{self._provider} does not keep what it was given; look at {self._key}"
        )

    def _keep(
        self, state: str, approval: Approval, remote_id: str | None, spent: Sequence[str] = ()
    ) -> Pushed | None:
        """Keep a receipt of what is approved still; gives the end of the matter where it is not.

        Before an email's first receipt an editor may change it. So that one is kept while
        nobody else is busy with the edition, and after its approval was looked at again.
        """
        if (known := self._receipt()) and known.remote_id:
            self._save(state, approval, remote_id, spent)
            return None
        told = ""
        for wait in (0.0, *_EDITOR):
            self._wait(wait)
            try:
                with self._store.lease(f"edition {self._edition}", seconds=60):
                    found = approval_or_wait(self._store, self._edition, self._language)
                    if isinstance(found, Pushed):
                        return found
                    if found[0].fingerprint != approval.fingerprint:
                        why = "another email was approved meanwhile; push it"
                        return Pushed("wait", why, "waiting", exit_code=HELD)
                    self._save(state, approval, remote_id, spent)
                    return None
            except HeldError as busy:
                told = str(busy)
        return Pushed("stop", told, "waiting", exit_code=HELD)

    def _then(self, wishes: Wishes) -> list[str]:
        """What follows once the campaign is there, as a plan says it."""
        then = [f"then a test mail goes to {wishes.test}"] if wishes.test is not None else []
        if wishes.when is not None:
            then.append(f"then it is to be sent at {self._clock(wishes.when)}")
        return then + (["then it is mailed to the whole list"] if wishes.send else [])

    def _clock(self, when: datetime) -> str:
        return f"{when.astimezone(self._workspace.config.zone):%Y-%m-%d %H:%M}"

    def _find(self) -> list[Remote]:
        """Look for our campaign; longer where it was made or may have been, and lists lag."""
        receipt = self._receipt()
        begun = receipt is not None and receipt.state in ("intended", "created")
        is_late = begun and self._capabilities.lists_late
        return find_patiently(self._look, self._wait, is_late=is_late)

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

    def _take(self, step: Step, approval: Approval, email: Email) -> Pushed | None:
        """Do one step; gives the end of the matter when it cannot go on."""
        remote_id = step.remote_id or ""
        if step.action == Action.ADOPT:
            return self._keep("created", approval, remote_id)
        if step.action == Action.UPDATE:
            self._renew()
            try:
                self._campaigns.update(remote_id, email)
            except ProviderError as error:
                why = f"{error}; its content is not yet what was approved, push again"
                return Pushed("failed", why, RemoteState.DRAFT, remote_id, exit_code=FAILED)
        else:
            self._renew()
            if refused := self._keep("intended", approval, None):
                return refused
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
        """Look for what a create without a clear answer made."""
        # Kept before the first look: whatever ends this run, the next one knows.
        self._save("unknown", approval, None)
        told = look_for_lost(error, lambda: bool(self._campaigns.find(self._key)), self._wait)
        if told is None:
            return None
        why = (
            f"{told}; it is not known whether {self._key} was made: look there, then push again, "
            "with --again if nothing is there"
        )
        return Pushed("create", why, "unknown", exit_code=FAILED)

    def _finish(self, remote: Remote, taken: Sequence[str], step: Step, wishes: Wishes) -> Pushed:
        # What was done for the campaign is worth telling; that it was then confirmed is not.
        told = next((t for t in taken if t != Action.CONFIRM), step.action)
        done = self._told(Pushed(told, step.why, remote.state, remote.id, remote.url), remote)
        if wishes.test is not None and isinstance(self._campaigns, SendsTest):
            self._renew()
            try:
                self._campaigns.send_test(remote.id, wishes.test)
            except ProviderError as error:
                what = "it is not known whether the test mail went" if error.ambiguous else ""
                why = f"{done.why}; {what or 'no test mail'}: {error}"
                why += "; no time is set" if wishes.when is not None else ""
                return replace(done, why=why, exit_code=FAILED)
            done = replace(done, why=f"{done.why}; a test mail went to {wishes.test}")
        if wishes.when is not None and remote.state != "draft":
            why = f"it is {remote.state} already; change the time there"
            return replace(done, step="stop", why=why, exit_code=HELD)
        if wishes.when is not None:
            return self._schedule(done, remote, wishes.when)
        if wishes.send and isinstance(self._campaigns, Sends):
            return self._send(done, self._campaigns)
        return done

    def _send(self, done: Pushed, campaigns: Sends) -> Pushed:
        """Have it mailed to whoever has not got it yet."""
        self._renew()
        try:
            remote = campaigns.send(done.remote_id or "")
        except ProviderError as error:
            return replace(done, why=f"{done.why}; it was not sent: {error}", exit_code=FAILED)
        why = "it goes out" if remote.state != RemoteState.SENT else "it is sent"
        told = self._told(replace(done, step="send", why=why, state=remote.state), remote)
        return told if remote.state == RemoteState.SENT else replace(told, exit_code=FAILED)

    @staticmethod
    def _told(done: Pushed, remote: Remote) -> Pushed:
        """Add what the provider says of the readers; some of them may need a person."""
        why = "; ".join(filter(None, (done.why, remote.note, remote.trouble)))
        return replace(done, why=why, exit_code=HELD if remote.trouble else DONE)

    def _schedule(self, done: Pushed, remote: Remote, when: datetime) -> Pushed:
        """Set the time; whatever goes wrong, it is asked for once."""
        self._renew()
        try:
            remote = self._campaigns.schedule(remote.id, when)
        except ProviderError as error:
            return self._whether_set(done, remote, error)
        why = f"{done.why}; it is to be sent at {self._clock(when)}"
        return replace(done, why=why, state=remote.state, url=remote.url or done.url)

    def _whether_set(self, done: Pushed, remote: Remote, error: ProviderError) -> Pushed:
        """Look what became of a time; longer where the answer is lost, for it may be on its way."""
        seen = remote
        for wait in (0.0, *(FIND_AGAIN if error.ambiguous else ())):
            self._wait(wait)
            try:
                seen = next((r for r in self._look() if r.id == remote.id), seen)
            except ProviderError:
                continue
            if seen.state != RemoteState.DRAFT:
                break
        told = replace(done, state=seen.state, url=seen.url or done.url)
        if error.ambiguous and seen.state != RemoteState.DRAFT:
            return replace(told, why=f"{done.why}; it is {seen.state}")
        if error.ambiguous:
            why = f"it is not known whether a time is set: {error}; look there"
        elif seen.state != RemoteState.DRAFT:
            why = f"{error}; it is {seen.state} all the same: look there"
        else:
            why = f"no time is set: {error}"
        return replace(told, why=f"{done.why}; {why}", exit_code=FAILED)

    def unschedule(self, wishes: Wishes) -> Pushed:
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
        """What we last did there; for another audience it is still the same campaign."""
        mine = (self._provider, self._language)
        receipts = self._store.receipts(self._edition)
        ours = [r for r in receipts if (r.provider, r.language) == mine]
        return max(ours, key=lambda r: (iso(r.at) or "", r.account == self._account), default=None)

    def _elsewhere(self) -> str:
        """Where the same readers may have this edition from: another provider, another email."""
        if self._capabilities.only_files:
            return ""
        mine, languages = (self._provider, self._language), set(self._language.split("+"))
        for one in self._store.receipts(self._edition):
            is_other = (one.provider, one.language) != mine
            if is_other and languages & set(one.language.split("+")) and _mails(one.provider):
                return f"{one.provider} ({campaign_key(one.edition, one.language)})"
        return ""

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
        before = self._receipt()
        self._store.save_receipt(receipt, spent)
        if before and before.account != self._account:
            self._store.drop_receipt(before)


def _mails(provider: str) -> bool:
    """Whether what was put there may reach readers by itself; whoever is not known may."""
    try:
        return not plugin("providers", provider, "provider.name").CAPABILITIES.only_files
    except ConfigError:
        return True
