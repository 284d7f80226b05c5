"""Who has been let in, for as long as the page runs; and how often a password may be tried.

In: the value of a cookie; an address that tries. Out: a session, or how long to wait. Never: a
session on disk, a comparison that tells by its time how much was right.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

#: Sessions kept at once; the oldest make room.
_MOST = 1000
#: Seconds that a session lasts where others can reach the page.
_LASTS = 12 * 3600
#: Wrong passwords within so many seconds: of one address, and of all together.
_WINDOW, _TRIES, _TRIES_OF_ALL = 300, 5, 50


def is_same(given: str, right: str) -> bool:
    """Compare secrets; an empty one is never right."""
    return bool(right) and secrets.compare_digest(given.encode(), right.encode())


@dataclass
class Session:
    """One browser that was let in."""

    #: What its forms carry.
    csrf: str
    #: It came with a password, and can take its leave.
    can_leave: bool
    born: float
    notices: list[str] = field(default_factory=list)

    def take_notices(self) -> list[str]:
        """What was done since the last page: told once."""
        taken, self.notices = self.notices, []
        return taken


class Sessions:
    """All browsers that were let in, by the value of their cookie."""

    def __init__(self, *, can_leave: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._can_leave, self._clock = can_leave, clock
        self._secret = secrets.token_bytes(32)
        self._known: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def start(self) -> str:
        """Let a browser in; gives the value of its cookie."""
        name = secrets.token_urlsafe(32)
        csrf = hmac.new(self._secret, name.encode(), "sha256").hexdigest()
        with self._lock:
            self._known[name] = Session(csrf, self._can_leave, self._clock())
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return name

    def find(self, cookie: str) -> Session | None:
        session = self._known.get(cookie)
        if session and self._can_leave and self._clock() - session.born > _LASTS:
            self.end(cookie)
            return None
        return session

    def end(self, cookie: str) -> None:
        with self._lock:
            self._known.pop(cookie, None)


class Throttle:
    """Counts tries, so that nobody guesses a password by trying."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tries: deque[tuple[float, str]] = deque(maxlen=_TRIES_OF_ALL)

    def wait(self, peer: str) -> int:
        """Seconds until `peer` may try again; 0: now."""
        now = self._clock()
        recent = [(at, who) for at, who in self._tries if now - at < _WINDOW]
        own = [at for at, who in recent if who == peer]
        if len(own) >= _TRIES:
            return int(_WINDOW - (now - own[-_TRIES])) + 1
        if len(recent) >= _TRIES_OF_ALL:
            return int(_WINDOW - (now - recent[0][0])) + 1
        return 0

    def count(self, peer: str) -> None:
        self._tries.append((self._clock(), peer))

    def forget(self, peer: str) -> None:
        """It was right: what it tried before counts no longer."""
        kept = [row for row in self._tries if row[1] != peer]
        self._tries.clear()
        self._tries.extend(kept)
