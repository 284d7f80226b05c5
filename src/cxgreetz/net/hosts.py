"""Manners towards a host: few requests at a time, none before it wants to be asked again.

In: an address to be asked, what its host said about waiting. Out: a turn, or one line with
the time until which there is none. Never: a request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import urlsplit

from cxgreetz.errors import NetError

#: A host that asks for more is asked again all the same: it may mean seconds where it
#: wrote milliseconds, and a source that is never read is lost without a word.
LONGEST_WAIT = timedelta(hours=24)


class PauseBook(Protocol):
    """Where it is kept between runs until when a host wants to be left alone."""

    def load_pause(self, host: str) -> datetime | None: ...

    def save_pause(self, host: str, until: datetime) -> None: ...


class Hosts:
    """What is known of every host; may be used from several threads at once."""

    def __init__(
        self,
        at_once: int,
        patience: float,
        book: PauseBook | None,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._at_once, self._patience = at_once, patience
        self._book, self._now, self._sleep = book, now, sleep
        self._slots: dict[str, threading.BoundedSemaphore] = {}
        #: Until when a host wants to be left alone, as far as it was looked up.
        self._until: dict[str, datetime | None] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, url: str) -> Iterator[float]:
        """Hold one of the host's turns; gives the seconds it took to get it.

        Waits for another request to end, and for a pause that our patience covers; raises
        NetError for a longer one.
        """
        host, began = host_of(url), time.monotonic()
        with self._lock:
            slot = self._slots.setdefault(host, threading.BoundedSemaphore(self._at_once))
        with slot:
            if self._book and host not in self._until:
                # What the host said to another request meanwhile is newer than the book.
                self._until.setdefault(host, self._book.load_pause(host))
            until = self._until.get(host)
            left = self.left(until) if until else 0.0
            if until and left > self._patience:
                raise NetError(f"{url}: {say_wait(host, until)}", retryable=True, retry_after=left)
            if left > 0:
                self._sleep(left)
            yield time.monotonic() - began

    def pause(self, url: str, retry_after: str | None) -> datetime | None:
        """Note what a host said in Retry-After; gives the end of the pause, if it named one."""
        wait = _wait(retry_after, self._now())
        if wait is None:
            return None
        until = self._now() + min(wait, LONGEST_WAIT)
        host = host_of(url)
        self._until[host] = until
        if self._book:
            self._book.save_pause(host, until)
        return until

    def left(self, until: datetime) -> float:
        """Seconds from now; 0 for what has passed."""
        return max(0.0, (until - self._now()).total_seconds())


def host_of(url: str) -> str:
    """Name the host of a web address, with its port where that is not the scheme's own."""
    parts = urlsplit(url)
    own = parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme))
    return (parts.hostname or "") + ("" if own else f":{parts.port}")


def say_wait(host: str, until: datetime) -> str:
    return f"{host} asks to wait until {until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _wait(value: str | None, now: datetime) -> timedelta | None:
    """Read Retry-After (RFC 9110, 10.2.3): seconds, or a date."""
    text = (value or "").strip()
    if text.isdecimal():
        return timedelta(seconds=min(float(text), LONGEST_WAIT.total_seconds()))
    try:
        named = parsedate_to_datetime(text)
        aware = named if named.tzinfo else named.replace(tzinfo=UTC)
        return max(timedelta(), aware - now)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
