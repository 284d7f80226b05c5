"""One client for every API that is written to, and what its answers mean.

In: where an API is, how it is shown a key. Out: parsed JSON, or a ProviderError in one line
that says whether the call may have taken effect. Never: a create sent twice, a key in a
message, a wait that goes on for ever.

Three kinds of calls: `read` and `change` may be repeated and are, a few times, with waits
between; `once` (a create, a schedule, a test mail) is sent once. What an answer means:

- 2xx: done. An answer that cannot be read leaves open what was done.
- 429: not done; the service says, or its `Manners` do, how long to wait.
- 408, 5xx, 302 and 303, a dropped line, no answer in time: it may have been done.
- any other: not done, for the reason the service gives.
"""

from __future__ import annotations

import base64
import ipaddress
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from cxgreetz.errors import ConfigError, NetError, Problem, ProviderError

if TYPE_CHECKING:
    from cxgreetz.net import Net
    from cxgreetz.net.calls import Answer

_LONGEST_SAID = 300
#: Refusals after which nobody knows whether it was done.
_OPEN = frozenset({302, 303, 408})
_AGAIN_LATER = frozenset({408, 429})
#: Where services write why they refuse, the most telling first.
_SAYING = ("detail", "message", "title", "context", "error", "errors")


@dataclass(frozen=True, slots=True)
class Manners:
    """How often a provider wants to be asked; times in seconds."""

    #: Between two calls, where the answer does not tell how many are left.
    spacing: float = 0.0
    #: Before a read or a repeatable change is tried again, where the provider names no time.
    waits: Sequence[float] = (1.0, 4.0, 10.0)
    #: A longer wait is left for the next run.
    patience: float = 60.0
    #: The headers, lower case, that tell how many calls are left and in how many seconds
    #: there are more.
    left: str = ""
    more_in: str = ""


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None


class _UnreachedError(ProviderError):
    """Nothing arrived there, and later something may."""


class Api:
    """One account's API."""

    def __init__(
        self,
        name: str,
        key: str,
        net: Net,
        sleep: Callable[[float], None],
        *,
        base: str,
        headers: Mapping[str, str] | Callable[[], Mapping[str, str]],
        manners: Manners | None = None,
        time_limit: float = 60.0,
        option: str = "provider.url",
        again: str = "push again",
    ) -> None:
        """`base` is the address before every path, `headers` carry the key.

        They may be a function, asked before every call: for what holds for minutes only.
        `time_limit` is of one call, in seconds. `option` is where the workspace file names the
        address, `again` how a person starts anew. Raises ConfigError where the key would
        travel in the clear.
        """
        self._name, self._net, self._sleep = name, net, sleep
        self._option, self._again = option, again
        self._base = base.rstrip("/")
        self._headers = headers if callable(headers) else lambda: headers
        self._manners, self._time_limit = manners or Manners(), time_limit
        self._secrets = _secrets(key)
        #: Seconds to let pass before the next call.
        self._owed = 0.0
        if not _is_private_line(self._base):
            reason = "starts with http://, and the key would travel in the clear; use https://"
            raise ConfigError("cxgreetz.toml", [Problem(option, reason)])

    def __repr__(self) -> str:
        return f"Api({self._name!r})"

    def read(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        """Give what a GET answers, parsed; tried again where that can help."""
        return self._repeat(self._prepare("GET", path, query))

    def change(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        json: object = None,
        form: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Make a change that is the same done twice; tried again where that can help."""
        return self._repeat(self._prepare(method, path, query, json, form, headers))

    def once(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        json: object = None,
        form: Sequence[tuple[str, str]] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Make a change that must not be made twice: sent once, whatever comes back.

        `content` is sent as it is; its type stands in `headers`.
        """
        call = self._prepare(method, path, query, json, form, headers)
        return self._ask(call if content is None else replace(call, body=content))

    def read_all(
        self,
        path: str,
        query: Mapping[str, object],
        *at: str | int,
        size: int = 100,
        count: str = "count",
    ) -> Iterator[Any]:
        """Give every item of a list, found `at` a place in each answer.

        It is read in parts of `size`, asked for with `count` and `offset`.
        """
        for offset in itertools.count(0, size):
            items = self.dig(self.read(path, {**query, count: size, "offset": offset}), *at)
            if not isinstance(items, list):
                raise ProviderError(
                    f"{self._name}: {path} gave no list of {'.'.join(map(str, at))}"
                )
            yield from items
            if len(items) < size:
                return

    def dig(self, answer: Any, *path: str | int) -> Any:
        """Take a value out of an answer: `dig(made, "data", "id")`.

        Raises ProviderError where it is not there; that is ambiguous, for the answer to a
        create that lacks its id leaves open what was made.
        """
        for step in path:
            try:
                answer = answer[step]
            except (KeyError, IndexError, TypeError):
                told = f"{self._name}: the answer has no {'.'.join(map(str, path))}"
                raise ProviderError(told, ambiguous=True) from None
        return answer

    def _prepare(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        json_body: object = None,
        form: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> _Call:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        url = f"{self._base}/{quote(path.lstrip('/'))}"
        # Without pretty addresses the base is itself a query: "/?rest_route=".
        url += f"{'&' if '?' in url else '?'}{urlencode(given, True)}" if given else ""
        keys = self._headers()
        self._secrets |= _secrets(*keys.values())
        own = {**keys, **(headers or {})}
        if form is not None:
            own["Content-Type"] = "application/x-www-form-urlencoded"
            return _Call(method, path, url, own, urlencode(form).encode())
        if json_body is not None:
            own["Content-Type"] = "application/json"
            return _Call(method, path, url, own, json.dumps(json_body).encode())
        return _Call(method, path, url, own, None)

    def _repeat(self, call: _Call) -> Any:
        for wait in self._manners.waits:
            try:
                return self._ask(call)
            except ProviderError as error:
                passes = isinstance(error, _UnreachedError) or error.status in _AGAIN_LATER
                if not error.ambiguous and not passes:
                    raise
                seconds = wait if error.retry_after is None else error.retry_after
                if seconds > self._manners.patience:
                    raise
                self._owed = max(self._owed, seconds)
        return self._ask(call)

    def _ask(self, call: _Call) -> Any:
        self._wait()
        try:
            answer = self._net.call(
                call.method,
                call.url,
                headers=call.headers,
                body=call.body,
                time_limit=self._time_limit,
            )
        except NetError as error:
            self._owed = self._manners.spacing
            told = self._clean(f"{self._name}: {error}")
            if error.retryable and not error.sent:
                raise _UnreachedError(told) from None
            raise ProviderError(told, ambiguous=error.sent) from None
        self._owed = max(self._spacing(answer), self._asked_to_wait(answer))
        return self._meaning(call, answer)

    def _wait(self) -> None:
        owed, self._owed = self._owed, 0.0
        if owed > self._manners.patience:
            self._owed = owed
            told = f"{self._name} takes no more calls for {owed:.0f} s; {self._again} then"
            raise ProviderError(told, status=HTTPStatus.TOO_MANY_REQUESTS, retry_after=owed)
        if owed:
            self._sleep(owed)

    def _asked_to_wait(self, answer: Answer) -> float:
        """Read how long there are no more calls; 0 where there are, or nothing is said."""
        if self._left(answer) != "0":
            return 0.0
        return _seconds(answer.headers.get(self._manners.more_in)) or 0.0

    def _spacing(self, answer: Answer) -> float:
        """Nothing while the answer tells of calls that are left."""
        left = self._left(answer)
        return 0.0 if left.isdecimal() and left != "0" else self._manners.spacing

    def _left(self, answer: Answer) -> str:
        return answer.headers.get(self._manners.left, "").strip() if self._manners.left else ""

    def _meaning(self, call: _Call, answer: Answer) -> Any:
        status = answer.status
        if 200 <= status < 300:
            if not answer.content.strip():
                return None
            try:
                return json.loads(answer.content)
            except ValueError:
                told = self._say(call, "gave an answer that cannot be read")
                raise ProviderError(told, ambiguous=True, status=status) from None
        told = self._say(call, f"answered {status}{_phrase(status)}", _reason(answer))
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            told += f"; does {key_variable(self._name)} hold the right key?"
        if 300 <= status < 400:
            told += f"; name the address it leads to in {self._option} of cxgreetz.toml"
        wait = _seconds(answer.headers.get("retry-after"))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = wait if wait is not None else self._asked_to_wait(answer) or None
            told += "; it was not done" + (f", wait {wait:.0f} s" if wait else ", wait a while")
        is_open = status >= 500 or status in _OPEN
        raise ProviderError(told, ambiguous=is_open, status=status, retry_after=wait)

    def _say(self, call: _Call, what: str, reason: str = "") -> str:
        line = f"{self._name}: {call.method} {call.path} {what}" + (f": {reason}" if reason else "")
        return self._clean(line)

    def _clean(self, line: str) -> str:
        """Make one line of it, and see to it that no key stands in it."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            line = line.replace(secret, "***")
        line = " ".join("".join(c if c.isprintable() else " " for c in line).split())
        return line if len(line) <= _LONGEST_SAID else line[: _LONGEST_SAID - 1] + "…"


def key_variable(name: str) -> str:
    """Name the variable of the environment that holds a service's key."""
    return f"CXGREETZ_{name.upper()}_API_KEY"


def basic(user: str, password: str) -> str:
    """Write an Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _secrets(*values: str) -> set[str]:
    """Everything that must not be told: the key, what the headers make of it, parts of both."""
    told = set(values)
    told |= {part for value in told for part in re.split(r"[\s:]+", value)}
    told |= {quote(value, safe="") for value in told}
    return {value for value in told if len(value) >= 8}


def _is_private_line(url: str) -> bool:
    """Whether nobody on the way reads along: https, or a host of one's own network."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        own = (".local", ".lan", ".internal", ".home.arpa", ".localhost", ".test")
        return "." not in host or host.endswith(own)


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def _reason(answer: Answer) -> str:
    """The provider's own words for a refusal; "" where it gives none."""
    try:
        said = list(dict.fromkeys(_sayings(json.loads(answer.content))))
    except (ValueError, RecursionError):
        return ""
    return "; ".join(said[:4])


def _sayings(data: Any, under: str = "") -> Iterator[str]:
    if isinstance(data, str | int | float) and str(data).strip():
        yield f"{under}: {data}" if under else str(data)
    elif isinstance(data, list):
        for one in data:
            yield from _sayings(one, under)
    elif isinstance(data, dict):
        known = [name for name in _SAYING if data.get(name)]
        field = data.get("field") or data.get("parameter") or under
        # Without any of those it maps fields to what is wrong with each.
        for name in known or data:
            if name == "title" and "detail" in known:
                continue
            label = field if known else str(name)
            yield from _sayings(data[name], label if isinstance(label, str) else under)


def _seconds(value: str | None) -> float | None:
    """Read Retry-After (RFC 9110, 10.2.3) and its kin: seconds, or a date."""
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        named = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError):
        return None
    aware = named if named.tzinfo else named.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
