"""Files in the workspace's `outbox/`: a provider that needs no account.

In: an Email. Out: `outbox/<edition>/<language>/` with email.html, email.txt, email.eml
and receipt.json. Never: a half-written email taken for a whole one (the receipt, with a hash
of each file, is written last).

What it writes can be opened in a browser, sent by hand from any mail program, or pasted
into a provider that has no API.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cxgreetz.errors import ProviderError
from cxgreetz.model import Email, Remote, RemoteState, iso
from cxgreetz.ports import Account, ProviderCapabilities

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
        self._account = account
        # Unless told otherwise a mail to the sender unsubscribes; there is no web version, so
        # its link is left out.
        self.tags: Mapping[str, str] = {
            "unsubscribe": account.unsubscribe or _by_mail(account),
            "web_version": "",
            "first_name": "",
        }
        self._root = Path(account.folder) / "outbox"

    def find(self, key: str) -> list[Remote]:
        """The campaign with our key, if its folder is there and whole."""
        folder = self._folder(key)
        file = folder / "receipt.json"
        try:
            receipt = json.loads(file.read_text(encoding="utf-8"))
            whole = all(_sha256(folder / name) == sha for name, sha in receipt["files"].items())
            return [
                Remote(
                    receipt["remote_id"],
                    receipt["key"],
                    RemoteState(receipt["state"]),
                    receipt["fingerprint"] if whole else "",
                    (folder / "email.html").resolve().as_uri(),
                )
            ]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            remedy = "remove the folder to have it written again"
            raise ProviderError(f"{file} cannot be read ({error}); {remedy}") from None

    def create(self, key: str, email: Email) -> Remote:
        return self._write(key, email)

    def update(self, remote_id: str, email: Email) -> Remote:
        return self._write(remote_id, email)

    def schedule(self, remote_id: str, when: datetime) -> Remote:
        """Note the wished time in the receipt; a person or another program sends it."""
        folder = self._folder(remote_id)
        file = folder / "receipt.json"
        try:
            receipt = json.loads(file.read_text(encoding="utf-8"))
            noted = receipt | {"state": RemoteState.SCHEDULED, "scheduled": iso(when)}
            _replace(file, _to_json(noted))
        except (OSError, ValueError) as error:
            raise ProviderError(f"{file} cannot be changed ({error})") from None
        return self.find(remote_id)[0]

    def check_account(self) -> list[str]:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._root):
                pass
        except OSError as error:
            raise ProviderError(f"{self._root} cannot be written ({error.strerror})") from None
        return [f"{self._root} can be written"]

    def _folder(self, key: str) -> Path:
        match = re.fullmatch(r"cxgreetz-(\d{4}-\d{2})-([a-z]+(?:-[a-z]+)*)", key)
        if not match:
            raise ProviderError(f"{key!r} is not one of our campaigns")
        return self._root / match.group(1) / match.group(2).replace("-", "+")

    def _write(self, key: str, email: Email) -> Remote:
        folder = self._folder(key)
        files: dict[str, bytes] = {
            "email.html": email.html.encode(),
            "email.txt": email.text.encode(),
            "email.eml": message_of(email, self._account).as_bytes(policy=SMTP),
        }
        receipt = {
            "provider": "outbox",
            "key": key,
            "remote_id": key,
            "state": RemoteState.DRAFT,
            "edition": email.edition,
            "language": email.language,
            "subject": email.subject,
            "fingerprint": email.approved_fingerprint,
            "pushed": iso(self._account.at),
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                _replace(folder / name, content)
            _replace(folder / "receipt.json", _to_json(receipt))
        except OSError as error:
            raise ProviderError(f"{folder} cannot be written ({error.strerror})") from None
        return self.find(key)[0]


def _replace(file: Path, content: bytes) -> None:
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_bytes(content)
    fresh.replace(file)


def _to_json(receipt: Mapping[str, Any]) -> bytes:
    return (json.dumps(receipt, indent=2, ensure_ascii=False) + "\n").encode()


def _sha256(file: Path) -> str | None:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def _by_mail(account: Account) -> str:
    address = parseaddr(account.sender)[1]
    return f"mailto:{quote(address, safe='@')}?subject=unsubscribe"


def message_of(email: Email, account: Account) -> EmailMessage:
    """The email as a message to open in a mail program: HTML with its text alternative.

    The Message-ID is the same for the same bytes. List-Unsubscribe (RFC 2369) names the
    workspace's web address, if it has one, and a mail to the sender. One-click (RFC 8058) is
    what programs do with the former; with the latter alone they pass over the word.
    """
    message = EmailMessage()
    name, address = parseaddr(email.sender)
    user, _at, domain = address.rpartition("@")
    sender = Address(name, user, domain)
    message["From"] = sender
    message["To"] = sender
    message["Subject"] = email.subject
    if account.at:
        message["Date"] = format_datetime(account.at)
    message["Message-ID"] = f"<{email.approved_fingerprint[:32]}.{email.edition}@{domain}>"
    ways = [account.unsubscribe] if account.unsubscribe else []
    message["List-Unsubscribe"] = ", ".join(f"<{way}>" for way in [*ways, _by_mail(account)])
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # Mail programs then open it ready to be sent.
    message["X-Unsent"] = "1"
    message.set_content(email.text, cte="quoted-printable")
    message.add_alternative(email.html, subtype="html", cte="quoted-printable")
    # A fixed boundary, or every writing would have other bytes.
    message.set_boundary(f"=_{email.approved_fingerprint[:32]}")
    return message
