"""What every provider with an HTTP API needs: one client, its key and audiences, its names.

In: an account, where its API is, how it is shown a key. Out: an `Api`; keys, audiences and
names read and written. Never: a provider's own shape (each has that itself).

What the answers of an API mean stands in `net.api`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from typing import TYPE_CHECKING

from cxgreetz.errors import ConfigError, Problem
from cxgreetz.model import Email
from cxgreetz.net import api
from cxgreetz.net.api import Manners, basic, key_variable
from cxgreetz.ports import Account

if TYPE_CHECKING:
    from cxgreetz.net import Net

__all__ = [
    "Api",
    "Manners",
    "basic",
    "earliest",
    "has_key",
    "key_variable",
    "need_audiences",
    "need_key",
    "need_url",
    "read_audience",
    "sender_of",
    "title_of",
    "wrong_audience",
]

#: How long before its month an edition may be pushed.
_BEFORE = timedelta(days=62)


class Api(api.Api):
    """One account's API."""

    def __init__(
        self,
        name: str,
        account: Account,
        net: Net,
        *,
        base: str,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]],
        manners: Manners | None = None,
        time_limit: float = 60.0,
    ) -> None:
        super().__init__(
            name,
            account.api_key or "",
            net,
            account.sleep,
            base=base,
            headers=headers,
            manners=manners,
            time_limit=time_limit,
        )


def need_key(name: str, account: Account, like: str = r"\S+", looks: str = "") -> str:
    """Give the account's key; raises ConfigError where there is none or it is none by its looks.

    `like` is a pattern that a whole key fits, `looks` says the same for people.
    """
    key = (account.api_key or "").strip()
    if not key:
        reason = "is not set; it holds the key of your account" + (f": {looks}" if looks else "")
    elif not re.fullmatch(like, key) or not key.isascii():
        reason = "does not look like a key" + (f": {looks}" if looks else "")
    else:
        return key
    raise ConfigError("environment", [Problem(key_variable(name), reason)])


def need_url(name: str, account: Account) -> str:
    """Give `provider.url` for a provider that one runs oneself; raises ConfigError without."""
    if not account.url:
        reason = f"is not set; it names your own {name}, for example https://{name}.example.org"
        raise ConfigError("cxgreetz.toml", [Problem("provider.url", reason)])
    return account.url.rstrip("/")


def need_audiences(account: Account, read: Callable[[str, str], object]) -> None:
    """See that `read` takes every audience with its language; raises ConfigError for all others.

    Before any call: one language's mistake must not show when the other is made already.
    """
    problems: list[Problem] = []
    for language, audience in account.audience.items():
        try:
            read(audience, language)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError("cxgreetz.toml", problems)


def read_audience(audience: str, language: str, like: str, looks: str) -> re.Match[str]:
    """Match an audience with the pattern `like`; raises ConfigError that says how it `looks`."""
    if match := re.fullmatch(like, audience):
        return match
    raise wrong_audience(language, f"{audience!r} is {looks}")


def wrong_audience(language: str, reason: str) -> ConfigError:
    """The error for the audience of an email, with its place in the workspace file."""
    place = f"provider.audience.{language.partition('+')[0]}"
    return ConfigError("cxgreetz.toml", [Problem(place, reason)])


def title_of(subject: str, key: str) -> str:
    """Name a campaign for people, with our key for us: "Coffee [cxgreetz-2026-11-nl]"."""
    return f"{' '.join(subject.split())[:80]} [{key}]"


def has_key(title: object, key: str) -> bool:
    """Whether a campaign's name is one that `title_of` gave; never another one's."""
    return isinstance(title, str) and title.rstrip().endswith(f"[{key}]")


def earliest(key: str) -> datetime | None:
    """Before which no campaign of this edition was made: in its month, or a little before."""
    month = re.match(r"cxgreetz-(\d{4})-(\d{2})-", key)
    if not month:
        return None
    return datetime(int(month.group(1)), int(month.group(2)), 1, tzinfo=UTC) - _BEFORE


def sender_of(account: Account, email: Email | None = None) -> tuple[str, str]:
    """Give the name and address of the sender that was approved with `email`, else of today.

    The newsletter's name where there is none.
    """
    name, address = parseaddr((email or account).sender)
    return name or account.newsletter, address
