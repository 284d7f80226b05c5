"""Any mail server: one message to each reader of a list that lies in the workspace.

In: an Email, a list of readers. Out: `smtp/<edition>/<language>/` with the letter and a file
per reader; when a person says so, mail. Never: a letter sent by a push alone, a reader
mailed twice, a reader mailed again of whom nobody knows whether it came.

`provider.audience` names the list: an address a line, or CSV with the columns email and name.
`CXGREETZ_SMTP_URL` names the server. A push makes the letter and its queue; `send` reads the
list again, so that who has left it meanwhile gets nothing, and works through the queue.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from cxgreetz.errors import ProviderError
from cxgreetz.model import Email, Remote, RemoteState, campaign_key
from cxgreetz.ports import Account, ProviderCapabilities
from cxgreetz.providers._ledger import Ledger, Reader, read_list
from cxgreetz.providers._letters import Letters, by_mail, bytes_of, compose, language_of
from cxgreetz.providers._line import Line, Server, TroubleError, read_server

if TYPE_CHECKING:
    from cxgreetz.net import Net

CAPABILITIES = ProviderCapabilities(
    test_mail=True,
    schedule=False,
    sends=True,
    lists_late=False,
    preheader=False,
    link_overhead=0,
    needs_audience=True,
)

VARIABLE = "CXGREETZ_SMTP_URL"
#: Seconds between two messages.
PAUSE = 1.0
#: So many one after another that were not taken, and the rest waits: the fault is not theirs.
ENOUGH = 5
#: In `provider.unsubscribe`: who takes her leave.
_WHO = "{email}"
_LOG = logging.getLogger(__name__)


def open(account: Account, net: Net) -> Smtp:  # noqa: ARG001 - the socket's shape
    """Make ready; raises ConfigError for a missing server, and for every bad line of a list."""
    server = read_server(VARIABLE, account.server)
    for name in dict.fromkeys(account.audience.values()):
        read_list(Path(account.folder), name)
    return Smtp(account, server)


class Smtp:
    """One workspace's letters, and the server that sends them."""

    tag_openers = ()

    def __init__(self, account: Account, server: Server) -> None:
        self._account, self._server = account, server
        self._folder = Path(account.folder)
        self.tags: Mapping[str, str] = {
            "unsubscribe": account.unsubscribe or by_mail(account),
            "web_version": "",
            "first_name": "",
        }
        self._letters = Letters("smtp", account)

    def find(self, key: str) -> list[Remote]:
        """The letter with our key, and how far it has gone out."""
        kept, ledger = self._letters.find(key), self._ledger(key)
        state = ledger.state
        if kept is None and state == RemoteState.DRAFT:
            return []
        fingerprint = str(kept.receipt["fingerprint"]) if kept and kept.whole else ""
        found = Remote(key, key, state, fingerprint, kept.url if kept else None)
        return [replace(found, note=ledger.note(), trouble=ledger.trouble())]

    def create(self, key: str, email: Email) -> Remote:
        """Write the letter and its queue; nothing is mailed."""
        ledger, readers = self._ledger(key), self._readers(key)
        if ledger.state != RemoteState.DRAFT:
            raise ProviderError(f"{key} has begun to go out; it stays as it is")
        ledger.fill(readers)
        self._letters.write(key, email)
        return self.find(key)[0]

    def update(self, remote_id: str, email: Email) -> Remote:
        return self.create(remote_id, email)

    def send(self, remote_id: str) -> Remote:
        """Mail the letter to everybody on the list who was not mailed yet.

        The state is "sent" when nobody waits any more; else the note says why.
        """
        email, ledger = self._letters.email(remote_id), self._ledger(remote_id)
        ledger.fill(self._readers(remote_id))
        stopped = ""
        with Line(self._server) as line:
            bad = 0
            for number, key in enumerate(ledger.keys("queue")):
                if number:
                    self._account.sleep(PAUSE)
                try:
                    self._mail(line, ledger, email, key)
                    bad = 0
                except TroubleError as trouble:
                    bad += 1
                    stopped = str(trouble)
                    if trouble.kind == "stop" or bad >= ENOUGH:
                        break
        (found,) = self.find(remote_id)
        if found.state == RemoteState.SENT:
            return found
        return replace(found, note=f"{found.note}; {stopped or 'some were put off'}; send it again")

    def send_test(self, remote_id: str, address: str) -> None:
        """Mail the letter to one address at once."""
        email = self._letters.email(remote_id)
        reader, moment = Reader(address), f"{address} {self._account.at}"
        if not reader.is_one:
            raise ProviderError(f"{address!r} is no address")
        message = self._message(email, reader, f"{remote_id}.test", moment)
        try:
            with Line(self._server) as line:
                line.give(self._sender(email), address, bytes_of(message), _always)
        except TroubleError as trouble:
            told = f"smtp: {trouble}"
            raise ProviderError(told, ambiguous=trouble.kind == "doubt") from None

    def check_account(self) -> list[str]:
        """Log in and name the sender, and read every list; no message is begun."""
        proved = [self._letters.check()]
        try:
            with Line(self._server) as line:
                line.try_sender(parseaddr(self._account.sender)[1])
        except TroubleError as trouble:
            raise ProviderError(f"smtp: {trouble}") from None
        proved.append(f"{self._server.host} takes mail from {self._account.sender}")
        for language, name in self._account.audience.items():
            count = len(read_list(self._folder, name))
            proved.append(f"{language} goes to the {count} addresses in {name}")
        return proved

    def _mail(self, line: Line, ledger: Ledger, email: Email, key: str) -> None:
        """Mail one reader, and keep what became of it; raises TroubleError."""
        reader = ledger.reader(key)
        if reader is None:
            return
        campaign = campaign_key(email.edition, email.language)
        message = bytes_of(self._message(email, reader, campaign, reader.key))
        sender = self._sender(email)
        try:
            answer = line.give(sender, reader.address, message, lambda: ledger.claim(key))
        except TroubleError as trouble:
            _LOG.info("%s: %s: %s", campaign, trouble.kind, trouble)
            if trouble.kind == "taken":
                return
            if trouble.kind != "doubt":
                place = "refused" if trouble.kind == "refused" else "queue"
                ledger.settle(key, place, str(trouble))
            raise
        ledger.settle(key, "sent", answer)

    def _message(self, email: Email, reader: Reader, campaign: str, about: str) -> EmailMessage:
        """One reader's own message; its number is always the same for what it is `about`."""
        account, domain = self._account, self._sender(email).rpartition("@")[2]
        digest = hashlib.sha256(f"{campaign} {about}".encode()).hexdigest()[:24]
        page = account.unsubscribe or ""
        if _WHO in page:
            own = page.replace(_WHO, quote(reader.address, safe=""))
            account = replace(account, unsubscribe=own)
            for there, here in (
                (page.replace("&", "&amp;"), own.replace("&", "&amp;")),
                (page, own),
            ):
                email = replace(
                    email,
                    html=email.html.replace(there, here),
                    text=email.text.replace(there, here),
                )
        user, _at, host = reader.address.rpartition("@")
        message = compose(
            email,
            account,
            Address(reader.name, user, host),
            f"<{campaign}.{digest}@{domain}>",
            one_click=_WHO in page,
        )
        language = email.language.replace("+", "-")
        message["List-Id"] = f"{account.newsletter} <{language}.cxgreetz.{domain}>"
        message["Content-Language"] = email.language.replace("+", ", ")
        return message

    @staticmethod
    def _sender(email: Email) -> str:
        return parseaddr(email.sender)[1]

    def _readers(self, key: str) -> tuple[Reader, ...]:
        return read_list(self._folder, self._account.audience.get(language_of(key), ""))

    def _ledger(self, key: str) -> Ledger:
        return Ledger(self._letters.folder(key))


def _always() -> bool:
    return True
