"""Take approved emails to the provider: exactly one campaign per language.

In: a workspace and an edition. Out: what was done for each email (`campaign` does it).
Never: two pushes at once, a call for an email that has no audience.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cxgreetz import edition as editions
from cxgreetz.config import Config, api_key, service_url
from cxgreetz.edition import edition_key
from cxgreetz.errors import ConfigError, Problem, ProviderError, StaleError, UsageError
from cxgreetz.model import Dismissal, EditionKey, Email, campaign_key
from cxgreetz.pipeline.editions.drafting import stored_edition
from cxgreetz.pipeline.editions.keeping import approval_of
from cxgreetz.pipeline.editions.making import PUSH
from cxgreetz.pipeline.mailing.campaign import (
    LEASE,
    Delivery,
    Pushed,
    Wishes,
    audience_of,
    fit,
    wait_holding,
)
from cxgreetz.pipeline.mailing.showing import show_email
from cxgreetz.pipeline.workspace import DONE, FAILED, HELD, Workspace
from cxgreetz.ports import (
    Account,
    Campaigns,
    ChecksAccount,
    ProviderCapabilities,
    ProviderPlugin,
    plugin,
    shelf,
)

_NOT_APPROVED = "it is not approved"
#: One, for a provider might read several, or none as a whole list of testers.
_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")


@dataclass(frozen=True)
class PushReport:
    edition: EditionKey
    provider: str
    pushed: Mapping[str, Pushed]
    #: The emails that were not asked for and are not all out, and where they stand.
    not_asked: Mapping[str, str] = field(default_factory=dict)

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
            "not_asked": dict(self.not_asked),
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
    send: bool = False,
    languages: Sequence[str] = (),
    provider: str = "",
    expected: Mapping[str, str] | None = None,
) -> PushReport:
    """Make the approved emails one campaign each at the provider, and no more than one.

    `dry_run` only plans. `test` has the provider send a test mail to that address,
    `schedule` has it send the campaign at that time, `unschedule` only takes such a time
    back. `again`: a person has looked where an earlier run got no clear answer, and nothing
    is there. What lacks an approval waits; `alone`: a person says that the others go without
    it, which is kept. `send`: a person says that it goes to the whole list now, where the
    provider is one that mails by itself.

    `languages` names the emails that are meant (none: all). That is a person's word for this
    run: they wait for each other and not for the rest, of which the report says where it
    stands. `provider` names another one than the file's, which only writes files: the emails
    can then be looked at as files, and nothing of it counts (`showing`).

    `expected` are the fingerprints, by email, of what a person was shown: StaleError, and
    nothing is done, where another one is approved by now.

    Raises UsageError for what does not go together, and for an unknown email or provider.
    """
    config, store = workspace.config, workspace.store
    key = stored_edition(store, edition_key(edition, workspace.now(), config.zone)).key
    asked = _asked(config, languages)
    if provider and provider != config.provider.name:
        if test is not None or schedule or unschedule or send or again or alone:
            raise UsageError(f"--provider {provider} only writes files to look at; it goes alone")
        shown = _shown(workspace, key, asked, provider, dry_run=dry_run)
        return PushReport(key, provider, shown)
    name = config.provider.name
    plugged = _plugin(workspace)
    able = plugged.CAPABILITIES
    when = _time_of(workspace, schedule, able)
    if test is not None and not able.test_mail:
        raise UsageError(f"{name} sends no test mail; look at the email with: cxgreetz review")
    if test is not None and not _ADDRESS.fullmatch(test):
        raise UsageError(f"--test {test!r} is not one address, like you@example.org")
    if unschedule and not able.unschedule:
        raise UsageError(f"{name} takes no time back; do it there by hand")
    if unschedule and (schedule or test is not None):
        raise UsageError("--unschedule goes alone: without --schedule and --test")
    if send and not able.sends:
        at = " or have it sent at a time: --schedule WHEN" if able.schedule else ""
        raise UsageError(f"{name} holds a draft, and is not told to send it; send it there{at}")
    if send and (unschedule or schedule or test is not None):
        raise UsageError("--send goes alone: without --schedule, --unschedule and --test")
    _need_audiences(config, plugged, asked)
    # One push at a time for the whole newsletter: two editions may hold the same piece.
    with store.lease(PUSH, seconds=LEASE) as renew:
        wait = wait_holding(workspace, renew)
        campaigns = _open(workspace, plugged, wait)
        if expected is not None:
            _expect_shown(workspace, key, asked, expected)
        wishes = Wishes(dry_run, test, when, again, unschedule, send, expected)
        # A draft for a test mail reaches no reader, and neither does a plan.
        is_safe = dry_run or unschedule or (test is not None and when is None)
        kept = {} if alone or is_safe else _kept_back(workspace, key, asked)
        pushed = {
            language: kept.get(language)
            or _push_one(Delivery(workspace, able, campaigns, key, language, wait, renew), wishes)
            for language in asked
        }
        pushed = {
            language: replace(one, why=one.why + _not_for(config, language))
            for language, one in pushed.items()
        }
    left = _not_asked(workspace, key, asked)
    if not unschedule:
        keep = alone and not dry_run
        pushed = _paired(workspace, key, pushed, left, alone=alone, keep=keep)
    return PushReport(key, name, pushed, left)


def _shown(
    workspace: Workspace, key: EditionKey, asked: Sequence[str], name: str, *, dry_run: bool
) -> dict[str, Pushed]:
    """Have another provider than the file's write files; raises UsageError if it does more."""
    if name not in (there := shelf("providers")):
        raise UsageError(f"{name!r} is no provider; there are: {', '.join(there)}")
    plugged: ProviderPlugin = plugin("providers", name, "--provider")
    if not plugged.CAPABILITIES.only_files:
        own = workspace.config.provider.name
        raise UsageError(
            f"the address and audiences in cxgreetz.toml are those of {own}; name {name} there, or "
            "write files to look at: --provider outbox"
        )
    # What the file says of its provider is not for this one.
    account = replace(_account(workspace), audience={}, url=None, api_key=None, server=None)
    campaigns = plugged.open(account, workspace.net)
    return {
        language: show_email(workspace, key, language, campaigns, name, dry_run=dry_run)
        for language in asked
    }


def _asked(config: Config, languages: Sequence[str]) -> list[str]:
    """The emails that are meant, in the file's order; raises UsageError for an unknown one."""
    emails = list(config.editions())
    if unknown := [one for one in languages if one not in emails]:
        told = f"{unknown[0]!r} is no email of this newsletter"
        raise UsageError(f"{told}; it has: {', '.join(emails)}")
    return [one for one in emails if not languages or one in languages]


def _not_asked(workspace: Workspace, key: EditionKey, asked: Sequence[str]) -> dict[str, str]:
    """Where the emails stand that nobody asked for, but for those that are out as approved."""
    store, name = workspace.store, workspace.config.provider.name
    drafts, approvals = store.drafts(key), store.approvals(key)
    told = {}
    for language in workspace.config.editions():
        if language in asked:
            continue
        approval = approval_of(drafts, approvals, language)
        if approval is None:
            told[language] = _NOT_APPROVED
        elif (name, language, "confirmed", approval.fingerprint) not in {
            (r.provider, r.language, r.state, r.fingerprint) for r in store.receipts(key)
        }:
            told[language] = "it is approved, and not pushed"
    return told


def check_time(workspace: Workspace, schedule: str) -> None:
    """Raise UsageError for a time at which the provider cannot be told to send."""
    _time_of(workspace, schedule, _plugin(workspace).CAPABILITIES)


def _time_of(
    workspace: Workspace, schedule: str | None, able: ProviderCapabilities
) -> datetime | None:
    """When it is to be sent; raises UsageError for a time that cannot be had."""
    if schedule is None:
        return None
    name, step = workspace.config.provider.name, able.schedule_step_minutes
    if not able.schedule:
        raise UsageError(f"{name} cannot be told when to send; send it there by hand")
    when = editions.parse_when(schedule, workspace.config.zone)
    if when <= workspace.now():
        raise UsageError(f"--schedule {schedule} has passed; name a time to come")
    if step > 1 and (when.minute % step or when.second):
        steps = " ".join(f":{minute:02}" for minute in range(0, 60, step))
        raise UsageError(f"--schedule {schedule}: {name} sends only at {steps}; name such a time")
    return when


def _expect_shown(
    workspace: Workspace, key: EditionKey, asked: Sequence[str], expected: Mapping[str, str]
) -> None:
    store = workspace.store
    drafts, approvals = store.drafts(key), store.approvals(key)
    for name in asked:
        # One that waits by now goes nowhere.
        approval = approval_of(drafts, approvals, name)
        if approval and approval.fingerprint != expected.get(name):
            told = f"{key} {name} was changed since it was shown; look at it, then push"
            raise StaleError(told, theirs=approval.fingerprint, mine=expected.get(name, ""))


def _kept_back(
    workspace: Workspace, key: EditionKey, languages: Sequence[str]
) -> dict[str, Pushed]:
    """What may not go, for another language waits and nobody has said that it goes alone."""
    store = workspace.store
    drafts, approvals, said = store.drafts(key), store.approvals(key), store.dismissals()
    ready = [one for one in languages if approval_of(drafts, approvals, one)]
    waiting = [one for one in languages if one not in ready]
    if not waiting:
        return {}
    are = "is" if len(waiting) == 1 else "are"
    why = f"{', '.join(waiting)} {are} not approved; approve that too, or push with --alone"
    return {
        language: Pushed("stop", why, "waiting", exit_code=HELD)
        for language in ready
        if _alone(key, language) not in said
    }


def _alone(key: EditionKey, language: str) -> str:
    """What a person's word that a language goes alone is kept under."""
    return f"{campaign_key(key, language)} alone"


def _paired(
    workspace: Workspace,
    key: EditionKey,
    pushed: dict[str, Pushed],
    left: Mapping[str, str],
    *,
    alone: bool,
    keep: bool,
) -> dict[str, Pushed]:
    """Say where one language goes without another; `alone`: somebody says that it may, or did.

    `left`: where those stand that were not asked for; they are without it all the same.
    """
    waiting = [language for language, one in pushed.items() if one.step == "wait"]
    waiting += [language for language, where in left.items() if where == _NOT_APPROVED]
    gone = [language for language, one in pushed.items() if one.exit_code == DONE]
    if not (waiting and gone):
        return pushed
    said = workspace.store.dismissals()
    alone = alone or all(_alone(key, language) in said for language in gone)
    one, those = len(gone) == 1, ", ".join(gone)
    goes, waits = f"{'goes' if one else 'go'} without it", f"{'waits' if one else 'wait'} for it"
    ends = f"; {those} " + (goes if alone else f"{waits} (with --alone it does not)")
    if keep:
        approvals = workspace.store.approvals(key)
        workspace.store.save_dismissals(
            Dismissal(
                _alone(key, language),
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


def _push_one(push_of: Delivery, wishes: Wishes) -> Pushed:
    """One email; its failure is a value, so that the other language goes on."""
    try:
        return push_of.unschedule(wishes) if wishes.unschedule else push_of.run(wishes)
    except ProviderError as error:
        return Pushed("failed", str(error), "unknown", exit_code=FAILED)


def as_pushed(workspace: Workspace, email: Email) -> Email:
    """The email as the provider will get it; raises ConfigError where that cannot be told."""
    return fit(email, _open(workspace, _plugin(workspace)))


def _plugin(workspace: Workspace) -> ProviderPlugin:
    found: ProviderPlugin = plugin("providers", workspace.config.provider.name, "provider.name")
    return found


def _open(
    workspace: Workspace, provider: ProviderPlugin, wait: Callable[[float], None] | None = None
) -> Campaigns:
    account = _account(workspace)
    return provider.open(replace(account, sleep=wait or workspace.sleep), workspace.net)


def _need_audiences(
    config: Config, provider: ProviderPlugin, emails: Sequence[str] | None = None
) -> None:
    """Raise ConfigError with every audience that is missing for `emails` (None: for all).

    A provider may take none for all: what is sent then reaches whoever was ever subscribed.
    """
    if not provider.CAPABILITIES.needs_audience:
        return
    name = config.provider.name
    reason = f"is not set; {name} must know which list or segment the email is for"
    missing = [e for e in emails or config.editions() if not audience_of(config, e).strip()]
    if missing:
        places = dict.fromkeys(f"provider.audience.{email.partition('+')[0]}" for email in missing)
        raise ConfigError("cxgreetz.toml", [Problem(place, reason) for place in places])


def _not_for(config: Config, email: str) -> str:
    """Say whose audience an email in two languages does not go to; "": nobody's."""
    named, own = config.provider.audience, audience_of(config, email)
    others = [a for language, a in named.items() if language in email.split("+") and a != own]
    return f"; it goes to {own}, and not to {', '.join(others)}" if others else ""


def _account(workspace: Workspace) -> Account:
    config = workspace.config
    return Account(
        newsletter=config.newsletter.name,
        sender=config.newsletter.sender,
        audience={e: found for e in config.editions() if (found := audience_of(config, e))},
        url=config.provider.url,
        unsubscribe=config.provider.unsubscribe,
        api_key=api_key(config.provider.name),
        server=service_url(config.provider.name),
        folder=str(workspace.folder),
        at=workspace.now(),
    )


def check_provider(workspace: Workspace) -> dict[str, Any]:
    """Prove key, audience and rights at the provider without changing anything there."""
    name, provider = workspace.config.provider.name, _plugin(workspace)
    _need_audiences(workspace.config, provider)
    campaigns = _open(workspace, provider)
    proved = campaigns.check_account() if isinstance(campaigns, ChecksAccount) else []
    return {"provider": name, "proved": proved}
