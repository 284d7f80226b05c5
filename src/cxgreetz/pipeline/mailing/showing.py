"""Write approved emails as files to be looked at, beside the account they will go to.

In: an approved email, a provider that only writes files. Out: the files, and what was done.
Never: a receipt, a piece that counts as sent, a word to the newsletter's own provider.
"""

from __future__ import annotations

from cxgreetz.errors import ProviderError
from cxgreetz.model import EditionKey, campaign_key
from cxgreetz.pipeline.mailing.campaign import Pushed, approval_or_wait, fit
from cxgreetz.pipeline.workspace import FAILED, Workspace
from cxgreetz.ports import Campaigns


def show_email(
    workspace: Workspace,
    edition: EditionKey,
    language: str,
    campaigns: Campaigns,
    name: str,
    *,
    dry_run: bool,
) -> Pushed:
    """Write one email with the provider of that name; its failure is a value: others go on."""
    own = workspace.config.provider.name
    found = approval_or_wait(workspace.store, edition, language, name)
    if isinstance(found, Pushed):
        return found
    approval, _pieces = found
    key = campaign_key(edition, language)
    told = f"to look at only; for {own} nothing has changed"
    try:
        there = next(iter(campaigns.find(key)), None)
        if there and there.fingerprint == approval.fingerprint:
            return Pushed("none", f"the files are there, {told}", there.state, there.id, there.url)
        if dry_run:
            return Pushed("create", f"files would be written, {told}", "none")
        made = campaigns.create(key, fit(workspace.store.email(approval.fingerprint), campaigns))
    except ProviderError as error:
        return Pushed("failed", str(error), "unknown", exit_code=FAILED)
    return Pushed("create", f"files are written, {told}", made.state, made.id, made.url)
