"""What a site lets programs read: robots.txt (RFC 9309).

In: an address, and how a file is fetched. Out: nothing where it may be read, else one
line. Never: a request of its own, a file asked for twice in one run.

The standard library's parser knows neither the longest match nor `*` and `$`, so that it
refuses what a site allows and reads what a site forbids.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from cxgreetz.errors import NetError

#: So much of a file is read, as the RFC asks for at least (2.5).
_LONGEST = 500 * 1024


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: str
    allows: bool


Rules = tuple[_Rule, ...]


def read_rules(text: str, agent: str) -> Rules:
    """Give the rules for `agent`: of all groups that name it, else of those for everybody."""
    groups: dict[str, list[_Rule]] = {}
    names: list[str] = []
    naming = False
    for line in text[:_LONGEST].splitlines():
        field, colon, value = line.partition("#")[0].partition(":")
        field, value = field.strip().lower(), value.strip()
        if colon and field == "user-agent":
            names = [*(names if naming else []), value.lower()]
            naming = True
            groups.setdefault(value.lower(), [])
        elif colon and field in ("allow", "disallow"):
            naming = False
            for name in names if value else ():
                groups[name].append(_Rule(_normal(value), field == "allow"))
    own = [name for name in groups if re.match(r"[a-z_-]*", name).group() == agent]  # type: ignore[union-attr]
    return tuple(rule for name in own or ["*"] for rule in groups.get(name, ()))


def allows(rules: Rules, url: str) -> bool:
    """Whether `url` may be read: the longest rule that fits decides, of two alike `allow`."""
    parts = urlsplit(url)
    path = _normal(urlunsplit(("", "", parts.path or "/", parts.query, "")))
    fitting = [(len(r.pattern), r.allows) for r in rules if _fits(r.pattern, path)]
    return max(fitting, default=(0, True))[1]


def _normal(path: str) -> str:
    """Spell a path one way, whichever of its letters were percent-encoded."""
    return quote(unquote(path), safe="/*$?&=+,;:@!~()'%")


def _fits(pattern: str, path: str) -> bool:
    """Whether a pattern with `*` (any text) and a last `$` (the end) fits; in linear time."""
    ends = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    if ends and not rest:
        return path == first
    place = len(first)
    for part in rest[:-1] if ends else rest:
        found = path.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return not ends or (path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= place)


class Robots:
    """The files of one run; may be used from several threads at once.

    `fetch` gives the text at an address, or raises NetError.
    """

    def __init__(self, agent: str, fetch: Callable[[str], str]) -> None:
        self._agent, self._fetch = agent, fetch
        self._known: dict[str, Rules | NetError] = {}
        self._locks: dict[str, threading.Lock] = {}

    def check(self, url: str) -> None:
        """Raise NetError where the site does not want programs to read `url`."""
        parts = urlsplit(url)
        address = f"{parts.scheme}://{parts.netloc}/robots.txt"
        with self._locks.setdefault(address, threading.Lock()):
            if address not in self._known:
                self._known[address] = self._read(address)
            known = self._known[address]
        if isinstance(known, NetError):
            raise NetError(f"{url} is not read while it is unknown what its site allows: {known}")
        if not allows(known, url):
            raise NetError(
                f"{url} is closed to programs by {address}; name the site's feed instead, one "
                "with whole texts"
            )

    def _read(self, address: str) -> Rules | NetError:
        try:
            return read_rules(self._fetch(address), self._agent)
        except NetError as error:
            # RFC 9309, 2.3.1.3 and 2.3.1.4: a file that is not there forbids nothing; one
            # that should be there and cannot be had forbids everything for now.
            refused = error.status is not None and 400 <= error.status < 500
            return () if refused and error.status != HTTPStatus.TOO_MANY_REQUESTS else error
