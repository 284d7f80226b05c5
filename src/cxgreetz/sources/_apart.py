"""Read a feed with feedparser, of which this is the one door; a strange one in its own process.

In: a feed; one that is over a limit or beyond repair goes to a process that may die of it.
Out: what feedparser makes of it, or one line. Never: of that process more than its seconds,
more than a gigabyte, more than two at a time, a secret handed on.

feedparser reads what nothing else does, but 20,000 attributes take it 22 s and 100,000
minutes, and no thread can be stopped in the middle of that.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from cxgreetz.sources._feedxml import MAX_ENTRIES, BadFeedError

_MEMORY = 1 << 30
_turn = threading.BoundedSemaphore(2)


def parse_feed(xml: bytes, url: str) -> Any:
    """Read a feed with feedparser; gives `feed` and `entries` as feedparser names them."""
    import feedparser

    return feedparser.parse(
        io.BytesIO(xml),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={
            "content-location": url,
            "content-type": "application/xml; charset=utf-8",
        },
    )


def parse_feed_apart(text: str, url: str, seconds: float) -> Any:
    """Read a feed as `parse_feed` does, in another process; raises BadFeedError."""
    import feedparser

    # -P: the folder we are in, a person's own, is no place to import from.
    command = [sys.executable, "-P", "-m", __name__, url, str(seconds)]
    paths = os.pathsep.join(filter(None, sys.path))
    shared = {name: value for name, value in os.environ.items() if "KEY" not in name}
    kept = {name: value for name, value in shared.items() if not name.startswith("CXGREETZ_")}
    with _turn:
        try:
            done = subprocess.run(  # noqa: S603
                command,
                input=text.encode("utf-8", "replace"),
                capture_output=True,
                timeout=seconds,
                env=kept | {"PYTHONPATH": paths},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise BadFeedError(f"takes more than {seconds:g} s to read") from None
    if done.returncode:
        raise BadFeedError("cannot be read with the memory and time a feed is given")
    return json.loads(done.stdout, object_hook=feedparser.FeedParserDict)


def _main(url: str, seconds: float) -> None:
    with suppress(ImportError):  # where there are no such limits, the parent's clock holds
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        processor = int(seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (processor, processor))
    parsed = parse_feed(sys.stdin.buffer.read(), url)
    found = {"feed": parsed.feed, "entries": parsed.entries[: MAX_ENTRIES + 1]}
    sys.stdout.write(json.dumps(found, default=str))


if __name__ == "__main__":
    _main(sys.argv[1], float(sys.argv[2]))
