"""Decide the next step towards exactly one campaign, and fit an email to a provider.

In: the approved fingerprint, our receipt, what the provider shows. Out: one Step at a
time; an Email in the provider's own words. Never: network, SQL, a clock.

No provider has an idempotency key for campaigns. So: find by our key in all states, create
once, keep the id at once; what may have happened is looked up, never repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cxgreetz.model import Email, Receipt, Remote, RemoteState

#: How a template writes what only the provider knows: `href="cxgreetz:unsubscribe"`.
TOKEN = re.compile(r"cxgreetz:(unsubscribe|web_version|first_name)")


class Action(StrEnum):
    CREATE = "create"
    #: Found by our key though we hold no id: a run was cut off after its create.
    ADOPT = "adopt"
    UPDATE = "update"
    #: The provider holds the approved bytes: nothing to do but say so.
    CONFIRM = "confirm"
    #: Done before: nothing to do at all.
    NONE = "none"
    #: A person must look.
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Step:
    action: Action
    why: str
    remote_id: str | None = None


def plan(
    fingerprint: str,
    receipt: Receipt | None,
    remotes: Sequence[Remote],
    *,
    may_be_remade: bool = False,
    again: bool = False,
) -> Step:
    """Give the next step for one language.

    `fingerprint` is of the approved email, `receipt` what we know we did, `remotes` what
    the provider shows under our key, in every state. `may_be_remade`: what was removed
    there was only files. `again`: a person looked, and says that nothing is there. Asked
    again after each step until it says confirm, none or stop.
    """
    if len(remotes) > 1:
        ids = ", ".join(sorted(remote.id for remote in remotes))
        return Step(
            Action.STOP,
            f"the provider holds {len(remotes)} campaigns with our key: {ids}; remove all but one",
        )
    if not remotes:
        if receipt and receipt.state == "unknown" and not again:
            return Step(
                Action.STOP,
                "it is not known whether an earlier run made it; look there, and if there is "
                "nothing, push with --again",
            )
        if receipt and receipt.state == "confirmed" and not may_be_remade:
            return Step(
                Action.STOP,
                f"campaign {receipt.remote_id} was there and is gone; it may have been removed or "
                "sent and archived, so none is made again",
            )
        return Step(Action.CREATE, "there is no campaign yet")
    remote = remotes[0]
    same = remote.fingerprint == fingerprint
    if remote.state != RemoteState.DRAFT:
        if same or (receipt and receipt.fingerprint == fingerprint and remote.fingerprint is None):
            return Step(Action.CONFIRM, f"it is {remote.state} with the approved bytes", remote.id)
        return Step(
            Action.STOP,
            f"campaign {remote.id} is already {remote.state} with other content; it stays as it is",
            remote.id,
        )
    if receipt is None and not same:
        return Step(
            Action.STOP,
            f"campaign {remote.id} has our key and other content, and this database knows "
            "nothing of it; it stays as it is",
            remote.id,
        )
    if receipt is None or receipt.remote_id != remote.id:
        return Step(Action.ADOPT, "it was made by a run that was cut off", remote.id)
    if not same:
        return Step(Action.UPDATE, "the draft there holds other content", remote.id)
    if receipt.state == "confirmed" and receipt.fingerprint == fingerprint:
        return Step(Action.NONE, "it is there, as approved", remote.id)
    return Step(Action.CONFIRM, "it is there, as approved", remote.id)


def fit(email: Email, tags: Mapping[str, str], openers: Sequence[str]) -> Email:
    """Put a provider's tags in the place of our tokens.

    First whatever in the text looks like the beginning of one of the provider's tags
    (`openers`) is written so that it is only text; then `cxgreetz:unsubscribe` and the like
    become what `tags` says. An empty tag takes the link, and the line of the text, away.
    """
    html, text = email.html, email.text
    for opener in openers:
        html = html.replace(opener, "".join(f"&#{ord(c)};" for c in opener))
        text = text.replace(opener, opener[0] + "\u200b" + opener[1:])
    for name, tag in tags.items():
        token = f"cxgreetz:{name}"
        if tag:
            html = html.replace(f'"{token}"', f'"{_escape(tag)}"')
            text = text.replace(f"<{token}>", f"<{tag}>" if ":" in tag else tag)
        else:
            html = re.sub(rf'<a\b[^>]*href="{token}"[^>]*>(.*?)</a>', "", html, flags=re.S)
            text = "\n".join(line for line in text.split("\n") if f"<{token}>" not in line)
    return replace(email, html=html, text=text)


def _escape(tag: str) -> str:
    # `&` of an address is escaped, a tag's own signs are not: `*|UNSUB|*`, `{{ unsubscribe }}`.
    return re.sub(r"&(?!\w+;|#\d+;)", "&amp;", tag).replace('"', "&quot;")
