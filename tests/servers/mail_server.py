"""A mail server on loopback that keeps what it takes, and fails where it is told to.

In: mail by SMTP. Out: a message per reader in `taken`, or a fault. Never: a message kept that it
refused.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import threading
import time
from collections import Counter
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import StrEnum
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Fault(StrEnum):
    """What goes wrong with a reader, or with whoever sends to her."""

    #: This reader never; not now.
    NO_SUCH = "550 at RCPT"
    LATER = "451 at RCPT"
    #: The whole message is refused, for good or for now.
    SPAM = "554 after the text"
    LATER_AFTER = "451 after the text"
    #: The line drops: before the text, after it though it was taken or because it was not.
    DROP_BEFORE = "drop before the text"
    DROP_TAKEN = "drop after it was taken"
    DROP_LOST = "drop after it was lost"
    #: It is taken, and the answer comes too late.
    SLOW = "slow"
    CLOSING = "421 at RCPT"


class MailServer:
    """Started by `with`."""

    def __init__(
        self,
        user: str = "",
        password: str = "",
        *,
        tls: ssl.SSLContext | None = None,
        tls_first: bool = False,
    ) -> None:
        self.taken: list[EmailMessage] = []
        #: Addresses that mail came from, and the readers it went to, one entry each time.
        self.senders: list[str] = []
        self.readers: list[str] = []
        #: By reader: the next faults with her.
        self.faults: dict[str, list[Fault]] = {}
        self.sender_refused = False
        self.lines = 0
        #: The process that is killed at this command ("RCPT", "DATA", "text") to this reader.
        self.doom: tuple[str, str] | None = None
        self.victim: int | None = None
        self._user, self._password = user, password
        self._tls, self._tls_first = tls, tls_first
        self._loop = asyncio.new_event_loop()
        self.port = 0

    def __enter__(self) -> Self:
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        assert ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    @property
    def url(self) -> str:
        login = f"{self._user}:{self._password}@" if self._user else ""
        return f"smtp{'s' if self._tls_first else ''}://{login}127.0.0.1:{self.port}"

    @property
    def counts(self) -> Counter[str]:
        """How many messages each reader got."""
        return Counter(self.readers)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        context = self._tls if self._tls_first else None
        server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=context)
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()

    def _protocol(self) -> SMTP:
        self.lines += 1
        starts = self._tls if not self._tls_first else None
        return SMTP(
            self,
            hostname="mail.example",
            enable_SMTPUTF8=False,
            loop=self._loop,
            tls_context=starts,
            require_starttls=starts is not None,
            authenticator=self._authenticate,
            auth_require_tls=False,
        )

    def _authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (
            self._user.encode(),
            self._password.encode(),
        )
        return AuthResult(success=known, handled=False)

    # what aiosmtpd asks

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._user and not session.authenticated:
            return "530 5.7.0 log in first"
        if self.sender_refused:
            return "553 you are not who you say"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self._kill("RCPT", address)
        fault = self._fault(address, Fault.NO_SUCH, Fault.LATER, Fault.DROP_BEFORE, Fault.CLOSING)
        if fault is Fault.NO_SUCH:
            return "550 5.1.1 nobody lives here"
        if fault is Fault.LATER:
            return "451 4.7.1 greylisted, come again"
        if fault is Fault.CLOSING:
            return "421 4.3.2 going down"
        if fault is Fault.DROP_BEFORE:
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        (reader,) = envelope.rcpt_tos
        fault = self._fault(reader, *Fault)
        if fault is Fault.SPAM:
            return "554 5.7.1 looks like spam"
        if fault is Fault.LATER_AFTER:
            return "451 4.3.0 disk full, come again"
        if fault is Fault.DROP_LOST:
            server.transport.abort()
            return "250 OK"
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        self.readers.append(reader)
        self.senders.append(str(envelope.mail_from))
        if fault is Fault.DROP_TAKEN:
            server.transport.abort()
        if fault is Fault.SLOW:
            await asyncio.sleep(3)
        self._kill("text", reader)
        return "250 2.0.0 queued"

    def _fault(self, reader: str, *kinds: Fault) -> Fault | None:
        waiting = self.faults.get(reader, [])
        return waiting.pop(0) if waiting and waiting[0] in kinds else None

    def _kill(self, command: str, reader: str) -> None:
        if self.doom != (command, reader):
            return
        while self.victim is None:
            time.sleep(0.005)
        os.kill(self.victim, signal.SIGKILL)
        self.doom = self.victim = None
