"""A letter as files and as a message: what providers without an API share.

In: an Email, an account. Out: `<provider>/<edition>/<language>/` with email.html, email.txt,
email.eml and receipt.json; a MIME message. Never: a half-written letter taken for a whole one
(the receipt, with a hash of each file, is written last).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cxgreetz.errors import ProviderError
from cxgreetz.model import EditionKey, Email, RemoteState, iso
from cxgreetz.ports import Account

_TRAVELLING = SMTP.clone(refold_source="none")


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter in its folder."""

    receipt: Mapping[str, Any]
    #: Every file is there, as the receipt says.
    whole: bool
    #: To look at in a browser.
    url: str


class Letters:
    """The letters of one provider in a workspace."""

    def __init__(self, provider: str, account: Account) -> None:
        self._provider, self._account = provider, account
        self._root = Path(account.folder) / provider

    def folder(self, key: str) -> Path:
        """Where a letter lies; raises ProviderError for a key that is not ours."""
        match = re.fullmatch(r"cxgreetz-(\d{4}-\d{2})-([a-z]+(?:-[a-z]+)*)", key)
        if not match:
            raise ProviderError(f"{key!r} is not one of our campaigns")
        return self._root / match.group(1) / language_of(key)

    def find(self, key: str) -> Kept | None:
        """The letter with our key, if it is there."""
        folder = self.folder(key)
        file = folder / "receipt.json"
        try:
            receipt = json.loads(file.read_text(encoding="utf-8"))
            RemoteState(receipt["state"])
            _ = [receipt[name] for name in ("key", "remote_id", "fingerprint")]
            hashes = receipt["files"].items()
            whole = all(_sha256(folder / name) == sha for name, sha in hashes)
            return Kept(receipt, whole, (folder / "email.html").resolve().as_uri())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            remedy = "remove the folder to have it written again"
            raise ProviderError(f"{file} cannot be read ({error}); {remedy}") from None

    def email(self, key: str) -> Email:
        """The letter itself; raises ProviderError where it is not there whole."""
        kept, folder = self.find(key), self.folder(key)
        if kept is None or not kept.whole:
            raise ProviderError(f"{folder} is not whole; push it again")
        html, text = ((folder / f"email.{kind}").read_bytes().decode() for kind in ("html", "txt"))
        edition, language, subject, sender = (
            str(kept.receipt[name]) for name in ("edition", "language", "subject", "sender")
        )
        return Email(EditionKey(edition), language, subject, "", html, text, sender)

    def write(self, key: str, email: Email) -> None:
        """Put the letter in its folder, in the place of what was there."""
        folder = self.folder(key)
        files: dict[str, bytes] = {
            "email.html": email.html.encode(),
            "email.txt": email.text.encode(),
            "email.eml": bytes_of(message_of(email, self._account)),
        }
        receipt = {
            "provider": self._provider,
            "key": key,
            "remote_id": key,
            "state": RemoteState.DRAFT,
            "edition": email.edition,
            "language": email.language,
            "sender": email.sender,
            "subject": email.subject,
            "fingerprint": email.approved_fingerprint,
            "pushed": iso(self._account.at),
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                put(folder / name, content)
            put(folder / "receipt.json", to_json(receipt))
        except OSError as error:
            raise ProviderError(f"{folder} cannot be written ({error.strerror})") from None

    def note(self, key: str, **facts: object) -> None:
        """Change the receipt."""
        file = self.folder(key) / "receipt.json"
        try:
            receipt = json.loads(file.read_text(encoding="utf-8"))
            put(file, to_json(receipt | facts))
        except (OSError, ValueError) as error:
            raise ProviderError(f"{file} cannot be changed ({error})") from None

    def check(self) -> str:
        """Prove that letters can be written; raises ProviderError."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._root):
                pass
        except OSError as error:
            raise ProviderError(f"{self._root} cannot be written ({error.strerror})") from None
        return f"{self._root} can be written"


def language_of(key: str) -> str:
    """The language of the email that a key names: "nl+en" of `cxgreetz-2026-11-nl-en`."""
    return "+".join(key.split("-")[3:])


def put(file: Path, content: bytes) -> None:
    """Write a file so that it is there whole, or as it was, whenever the power fails."""
    fresh = file.with_name(f".{file.name}.new")
    with fresh.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(file)
    sync(file.parent)


def sync(folder: Path) -> None:
    """See to it that what was moved into or out of a folder stays so."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def to_json(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def _sha256(file: Path) -> str | None:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else None


def by_mail(account: Account) -> str:
    """How a reader takes leave by a mail to the sender."""
    address = parseaddr(account.sender)[1]
    return f"mailto:{quote(address, safe='@')}?subject=unsubscribe"


def message_of(email: Email, account: Account) -> EmailMessage:
    """The email as a message to open in a mail program.

    The Message-ID is the same for the same bytes. One-click (RFC 8058) is what programs do
    with a web address; without one they pass over the word.
    """
    sender = _sender_of(email)
    number = f"<{email.approved_fingerprint[:32]}.{email.edition}@{sender.domain}>"
    message = compose(email, account, sender, number, one_click=True)
    # Mail programs then open it ready to be sent.
    message["X-Unsent"] = "1"
    return message


def compose(
    email: Email, account: Account, to: Address, message_id: str, *, one_click: bool
) -> EmailMessage:
    """A message to one reader: HTML with its text alternative.

    List-Unsubscribe (RFC 2369) names the workspace's web address, if it has one, and a mail
    to the sender; `one_click` says that the former needs to be told no more (RFC 8058).
    """
    message = EmailMessage()
    message["From"] = _sender_of(email)
    message["To"] = to
    message["Subject"] = email.subject
    if account.at:
        message["Date"] = format_datetime(account.at)
    message["Message-ID"] = message_id
    ways = [account.unsubscribe] if account.unsubscribe else []
    told = ",\r\n ".join(f"<{way}>" for way in [*ways, by_mail(account)])
    # As it is: Python would write a long address in the code for words, and nobody reads that.
    message.set_raw("List-Unsubscribe", told)
    if one_click:
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(email.text, cte="quoted-printable")
    message.add_alternative(email.html, subtype="html", cte="quoted-printable")
    # A fixed boundary, or every writing would have other bytes.
    message.set_boundary(f"=_{email.approved_fingerprint[:32]}")
    return message


def bytes_of(message: EmailMessage) -> bytes:
    """The message as it travels."""
    return message.as_bytes(policy=_TRAVELLING)


def _sender_of(email: Email) -> Address:
    name, address = parseaddr(email.sender)
    user, _at, domain = address.rpartition("@")
    return Address(name, user, domain)
