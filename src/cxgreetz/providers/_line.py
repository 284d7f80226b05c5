"""A line to the mail server that sends: one message to one reader at a time.

In: a server's address with user and password, messages. Out: the server's answer, or a
TroubleError that says what it means. Never: a password or a letter in the clear beyond this
machine, a password in a message, a message given twice.

What an answer means (RFC 5321, 4.2.1 and 4.5.3.2): what is refused before the text of a message
has begun to go out did not happen, and neither did what the server refuses after it. Where
the line drops in between, or no answer comes in time, nobody knows.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self
from urllib.parse import unquote, urlsplit

from cxgreetz.errors import ConfigError, Problem

#: Letters on one line before a new one is taken: servers cut off who goes on for ever.
MOST = 50
#: Seconds for one answer, and for that to a whole message (RFC 5321, 4.5.3.2.6 asks for ten
#: minutes; a lease does not last longer).
PATIENCE, LONG_PATIENCE = 60.0, 300.0
_PORTS = {"smtp": 587, "smtps": 465}
_CLOSING = 421

#: This reader never; this reader not now; nothing more goes; nobody knows; not ours to send.
Kind = Literal["refused", "later", "stop", "doubt", "taken"]


class TroubleError(Exception):
    """What became of a message that was not taken."""

    def __init__(self, kind: Kind, told: str) -> None:
        super().__init__(told)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Server:
    """Who sends our mail."""

    host: str
    port: int
    #: TLS from the first byte; else it is asked for (STARTTLS).
    is_secure: bool
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def is_here(self) -> bool:
        """Whether it is this very machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def clean(self, said: str) -> str:
        """Make one line of what a server said, without the password."""
        plain = f"\0{self.user}\0{self.password}".encode()
        coded = [base64.b64encode(word).decode() for word in (plain, self.password.encode())]
        for secret in filter(None, (*coded, self.password)):
            said = said.replace(secret, "***")
        line = " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())
        return line if len(line) <= 200 else f"{line[:199]}…"


def read_server(variable: str, url: str | None) -> Server:
    """Read "smtp://user:password@host:587"; raises ConfigError that does not show it."""
    like = "like smtp://user:password@host:587 or smtps://user:password@host"
    if not url:
        reason = f"is not set; it names the server that sends, {like}"
        raise ConfigError("environment", [Problem(variable, reason)])
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS[parts.scheme]
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError
    except (ValueError, KeyError):
        reason = f"is not {like}; signs like / # ? @ in the password are written %2F %23 %3F %40"
        raise ConfigError("environment", [Problem(variable, reason)]) from None
    if bool(user) != bool(password):
        reason = f"has a user or a password, and not both; it is {like}"
        raise ConfigError("environment", [Problem(variable, reason)])
    return Server(parts.hostname, port, parts.scheme == "smtps", user, password)


class Line:
    """Opened when it is first needed, and anew after `MOST` messages; used by `with`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._given = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._smtp is not None and error is None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self._drop()

    def try_sender(self, sender: str) -> None:
        """Prove user, password and sender; nothing is sent. Raises TroubleError."""
        smtp = self._ready()
        try:
            code, said = smtp.mail(sender)
            smtp.rset()
        except (OSError, smtplib.SMTPException) as error:
            raise self._dropped(error) from None
        if code != 250:
            raise self._refusal("stop", code, said)

    def give(self, sender: str, to: str, message: bytes, begin: Callable[[], bool]) -> str:
        """Have one message sent, and give the server's answer; raises TroubleError.

        `begin` is called before the text goes out; if it says no, none does.
        """
        text = re.sub(rb"(?m)^\.", b"..", message)
        smtp = self._ready()
        try:
            size = [f"size={len(text)}"] if smtp.has_extn("size") else []
            code, said = smtp.mail(sender, size)
            if code != 250:
                raise self._refusal("stop", code, said)
            code, said = smtp.rcpt(to)
            if code not in (250, 251):
                raise self._refusal("refused" if code >= 500 else "later", code, said)
            if not begin():
                smtp.rset()
                raise TroubleError("taken", "another run sends it")
            code, said = smtp.docmd("DATA")
            if code != 354:
                raise self._refusal("refused" if code >= 500 else "later", code, said)
        except (OSError, smtplib.SMTPException) as error:
            raise self._dropped(error) from None
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(LONG_PATIENCE)
            smtp.send(text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            code, said = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(PATIENCE)
        except (OSError, smtplib.SMTPException) as error:
            told = self._dropped(error)
            raise TroubleError("doubt", str(told)) from None
        self._given += 1
        if 200 <= code < 300:
            return self._server.clean(f"{code} {said.decode('utf-8', 'replace')}")
        if 400 <= code < 600:
            raise self._refusal("refused" if code >= 500 else "later", code, said)
        self._drop()
        raise TroubleError("doubt", f"{self._server.host} gave an answer that cannot be read")

    def _ready(self) -> smtplib.SMTP:
        if self._smtp is not None and self._given >= MOST:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            self._drop()
        if self._smtp is None:
            self._smtp, self._given = self._connect(), 0
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        smtp: smtplib.SMTP | None = None
        try:
            if server.is_secure:
                smtp = smtplib.SMTP_SSL(
                    server.host,
                    server.port,
                    timeout=PATIENCE,
                    context=ssl.create_default_context(),
                )
            else:
                smtp = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
                if not server.is_here:
                    smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            if server.user:
                smtp.login(server.user, server.password)
            return smtp
        except smtplib.SMTPNotSupportedError:
            told = "offers no encryption (STARTTLS) or no login; use another port, or smtps://"
        except smtplib.SMTPAuthenticationError as error:
            told = (
                f"refuses user or password ({error.smtp_code}); does CXGREETZ_SMTP_URL hold them?"
            )
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            told = f"cannot be used ({_why(error)})"
        if smtp is not None:
            smtp.close()
        raise TroubleError("stop", server.clean(f"{server.host}:{server.port} {told}"))

    def _refusal(self, kind: Kind, code: int, said: bytes) -> TroubleError:
        """A definite no; the line can be used again, unless the server says it closes it."""
        told = self._server.clean(f"{code} {said.decode('utf-8', 'replace')}")
        if code == _CLOSING:
            self._drop()
            return TroubleError("stop", told)
        if self._smtp is not None:
            try:
                self._smtp.rset()
            except (OSError, smtplib.SMTPException):
                self._drop()
        return TroubleError(kind, told)

    def _dropped(self, error: Exception) -> TroubleError:
        self._drop()
        host = self._server.host
        return TroubleError("stop", self._server.clean(f"{host} dropped the line ({_why(error)})"))

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {error.smtp_error!r}"
    return str(getattr(error, "strerror", None) or error)
