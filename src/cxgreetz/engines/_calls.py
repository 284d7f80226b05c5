"""What calls to a service have in common: a hard end, and a look at the address first.

In: work to do and seconds for it; an address. Out: what came of it. Never: a second try.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit


def within(seconds: float, work: Callable[[], Any], name: str) -> Any:
    """Give what `work` returns or raises, as a value; TimeoutError when it takes too long.

    Libraries limit the time between two bytes, which a server can stretch without end.
    The thread, `name`, that is given up is a daemon: it keeps nobody waiting.
    """
    if seconds <= 0:
        return TimeoutError()
    outcome: SimpleQueue[Any] = SimpleQueue()

    def run() -> None:
        try:
            outcome.put(work())
        except Exception as error:  # judged by the caller
            outcome.put(error)

    threading.Thread(target=run, daemon=True, name=name).start()
    try:
        return outcome.get(timeout=seconds)
    except Empty:
        return TimeoutError()


def is_web(url: str) -> bool:
    """Say whether `url` is a web address with a host and a port that can be one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def harmless(words: str, key: str | None) -> str:
    """Give a server's words as one short line without the key, should it have quoted that."""
    key = (key or "").strip()
    return " ".join((words.replace(key, "[key]") if key else words).split())[:200]


def batches(
    texts: Sequence[str], count: int, size: int, length: Callable[[str], int]
) -> Iterator[list[str]]:
    """Cut `texts`, in order, into batches of at most `count` that together measure `size`.

    A text that is larger by itself is a batch of its own.
    """
    batch: list[str] = []
    measured = 0
    for text in texts:
        more = length(text)
        if batch and (len(batch) == count or measured + more > size):
            yield batch
            batch, measured = [], 0
        batch.append(text)
        measured += more
    if batch:
        yield batch
