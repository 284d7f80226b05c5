"""What people are told when they are not looking: the words, and whom they did not reach.

In: a kind of notice and its facts; addresses of services. Out: a Notice; who did not get it.
Never: a decision about who is told what when; an address in a failure, a log or an error.

The words stand in `words.toml`, in Dutch and in English. `sending` is the one door to Apprise.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from cxgreetz.model import Language

#: Characters of one fact.
_LONGEST = 400
#: By what a chat would take words for a call to everybody, a tag or a link.
_HARMLESS = str.maketrans({"@": "＠", "<": "‹", ">": "›"})

_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]{0,19})://", re.I)

#: Where an address stands ("notify.urls[0]", "CXGREETZ_NOTIFY_URLS[1]"), and the address.
Address = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Notice:
    """Plain text: Apprise turns it into what each service shows."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An address that did not get a notice, by its place and service alone."""

    place: str
    #: As the address begins: "mailto", "slack"; "": it begins like none.
    service: str
    reason: str
    #: False: it is no address that Apprise knows, so asking again is of no use.
    is_address: bool = True

    def __str__(self) -> str:
        return f"{self.place}{f' ({self.service})' if self.service else ''}: {self.reason}"


def write(
    kind: str,
    language: Language,
    *,
    month: str = "",
    day: date | None = None,
    rows: Iterable[tuple[str, str]] = (),
    url: str = "",
    **facts: object,
) -> Notice:
    """Write a notice of a kind in `words.toml`; raises KeyError where a fact is missing.

    `month` is "2026-11"; each of `rows` is a line of words with an address, or "", after it.
    What blogs and people say stays plain text wherever it is shown; only addresses are links.
    """
    words = _tables()[language]
    told: dict[str, object] = {name: _plain(str(fact)) for name, fact in facts.items()}
    lines = (f"- {_plain(text)}" + (f"\n  {where}" if where else "") for text, where in rows)
    told |= {"rows": "\n".join(lines), "url": url}
    if month:
        told["month"] = f"{words['months'][int(month[5:]) - 1]} {month[:4]}"
    if day:
        told["day"] = f"{day.day} {words['months'][day.month - 1]}"
    said = words[kind]
    subject = " ".join(said["subject"].format_map(told).split())
    return Notice(subject, said["body"].format_map(told).strip())


def email_name(email: str, language: Language) -> str:
    """The languages of an email in words: "nl" is Dutch."""
    words = _tables()[language]["languages"]
    return " / ".join(words.get(part, part) for part in email.split("+"))


def service_of(url: str) -> str:
    """The kind of service an address is of, which is all of it that may be told: "mailto"."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def send(addresses: Sequence[Address], notice: Notice) -> list[Undelivered]:
    """Send a notice to each address, once; give those that it did not reach."""
    if not addresses:
        return []
    from cxgreetz.notices.sending import deliver

    tried = (deliver(place, url, notice) for place, url in addresses)
    return [failure for failure in tried if failure]


def unusable(addresses: Sequence[Address]) -> list[Undelivered]:
    """Give the addresses that no service could take, without sending anything."""
    if not addresses:
        return []
    from cxgreetz.notices.sending import judge

    return [fault for place, url in addresses if (fault := judge(place, url))]


def _plain(text: str) -> str:
    """Words in one line that no service takes for anything else."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = line if len(line) <= _LONGEST else line[:_LONGEST].rstrip() + "…"
    return line.translate(_HARMLESS)


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((files(__name__) / "words.toml").read_text(encoding="utf-8"))
