"""Measure how fast all posts of one WordPress tag are read, by each way there is.

In: the address of a tag archive of a WordPress site, loopback or one's own. Out: a table,
one line a way: posts, seconds, CPU seconds. Never: a way that was not tried to its end.

Each way is measured in a process of its own, from the first request to the last finished
post (full text, blocks, language).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from statistics import median
from urllib.parse import urlsplit

#: Plug-in, what is put behind the tag's address, and what the way is called.
WAYS = (
    ("wordpress", "", "REST, 100 posts a request"),
    ("feed", "feed/", "the tag's feed, page by page"),
    ("page", "", "the archive, page by page"),
)


def measure(kind: str, url: str) -> dict[str, float]:
    """Read all posts here and now."""
    from cxgreetz.model import Source
    from cxgreetz.net import Net
    from cxgreetz.ports import plugin

    reader = plugin("sources", kind, "kind")
    net = Net({urlsplit(url).hostname or ""})
    wall, cpu = time.perf_counter(), time.process_time()
    posts = list(reader.read(Source("tag", url, kind), net, None))
    return {
        "posts": len(posts),
        "words": sum(len(block.html.split()) for post in posts for block in post.blocks),
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
    }


def main() -> None:
    """Measure and print; what the figures are does not change the exit code."""
    options = argparse.ArgumentParser(description="measure the ways to read a WordPress tag")
    options.add_argument("url", help="the address of a tag archive, ending in /")
    options.add_argument("--rounds", type=int, default=3, help="medians of so many (default 3)")
    options.add_argument("--kind", help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.kind:
        print(json.dumps(measure(asked.kind, asked.url)))
        return
    rounds: dict[str, list[dict[str, float]]] = {name: [] for _kind, _path, name in WAYS}
    for _round in range(asked.rounds):
        for kind, path, name in WAYS:
            command = [sys.executable, __file__, asked.url + path, "--kind", kind]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            rounds[name].append(json.loads(done.stdout))
    print(f"medians of {asked.rounds} rounds: {asked.url}")
    print(f"{'':32}{'posts':>8}{'words':>10}{'s':>8}{'CPU':>8}")
    for name, found in rounds.items():
        posts, words, wall, cpu = (median(r[k] for r in found) for k in found[0])
        print(f"{name:32}{posts:8.0f}{words:10.0f}{wall:8.2f}{cpu:8.2f}")


if __name__ == "__main__":
    main()
