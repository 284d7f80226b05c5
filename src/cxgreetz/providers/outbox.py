"""Files in the workspace's `outbox/`: a provider that needs no account.

In: an Email. Out: `outbox/<edition>/<language>/` with email.html, email.txt, email.eml
and receipt.json. Never: a half-written email taken for a whole one.

What it writes can be opened in a browser, sent by hand from any mail program, or pasted
into a provider that has no API.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from cxgreetz.model import Email, Remote, RemoteState, iso
from cxgreetz.ports import Account, ProviderCapabilities
from cxgreetz.providers._letters import Letters, by_mail

if TYPE_CHECKING:
    from cxgreetz.net import Net

CAPABILITIES = ProviderCapabilities(
    test_mail=False,
    schedule=True,
    only_files=True,
    lists_late=False,
    preheader=False,
    link_overhead=0,
)


def open(account: Account, net: Net) -> Outbox:  # noqa: ARG001 - the socket's shape
    return Outbox(account)


class Outbox:
    """The outbox of one workspace."""

    tag_openers = ()

    def __init__(self, account: Account) -> None:
        # Unless told otherwise a mail to the sender unsubscribes; there is no web version, so
        # its link is left out.
        self.tags: Mapping[str, str] = {
            "unsubscribe": account.unsubscribe or by_mail(account),
            "web_version": "",
            "first_name": "",
        }
        self._letters = Letters("outbox", account)

    def find(self, key: str) -> list[Remote]:
        """The campaign with our key, if its folder is there and whole."""
        kept = self._letters.find(key)
        if kept is None:
            return []
        receipt = kept.receipt
        fingerprint = receipt["fingerprint"] if kept.whole else ""
        state = RemoteState(receipt["state"])
        return [Remote(receipt["remote_id"], receipt["key"], state, fingerprint, kept.url)]

    def create(self, key: str, email: Email) -> Remote:
        self._letters.write(key, email)
        return self.find(key)[0]

    def update(self, remote_id: str, email: Email) -> Remote:
        return self.create(remote_id, email)

    def schedule(self, remote_id: str, when: datetime) -> Remote:
        """Note the wished time in the receipt; a person or another program sends it."""
        self._letters.note(remote_id, state=RemoteState.SCHEDULED, scheduled=iso(when))
        return self.find(remote_id)[0]

    def check_account(self) -> list[str]:
        return [self._letters.check()]
