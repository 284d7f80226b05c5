"""Measure gathering: 300 feeds, beside the `reader` library and beside bare requests.

In: how many rounds. Out: one table of medians, and how they stand to what is aimed at.
Never: a network beyond loopback, a word about a contestant that is not installed.

A separate process serves 300 feeds of 20 whole posts on 60 loopback addresses, 50 ms after
each is asked for, compressed and with validators. Two posts of each feed are from the last
month. Every contestant does three phases in a process of its own, and starts each round with
nothing known: cold; warm (nothing has changed since); one (one new post in every feed).
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import importlib.util
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from statistics import median
from typing import Any

FEEDS, ENTRIES, ADDRESSES, WORKERS = 300, 20, 60, 10
LATENCY = 0.05
MONTH = timedelta(days=30)
PHASES = ("cold", "warm", "one")
INSTALL = (
    "reader is left out; python3 -m venv R && R/bin/pip install reader sgmllib3k, "
    "then --reader R/bin/python"
)

_SMALL = """
the a this that their our your some and but or so with for from about because before after
without again also by be as at when where which who always not now
"""
_LARGE = """
customer service moment team promise question queue counter letter phone answer colleague
manager visitor neighbour baker bicycle station window kitchen market garden bridge lantern
river morning winter coffee ticket journey apology kindness patience attention habit silence
laughter detail surprise reason lesson story listens waits remembers forgets explains notices
repairs opens closes carries returns learns wonders smiles hesitates slowly gladly honestly
quietly perhaps together small warm honest simple early patient curious unexpected ordinary
"""
#: Half of what columns consist of is small words, by which their language is told.
_WORDS = (_SMALL.split(), _LARGE.split())


# what is served


@dataclass(frozen=True)
class Answer:
    """A feed as it is sent: compressed, with its validators."""

    body: bytes
    etag: str
    modified: str


def write_feeds(bases: Sequence[str], feeds: int, now: datetime) -> Iterator[tuple[Answer, Answer]]:
    """Give each feed as it is before and after its new post."""
    for number in range(feeds):
        chance = random.Random(number)
        base = bases[number % len(bases)]
        days = [5, 15, *(40 + 20 * place for place in range(ENTRIES - 2))]
        dates = [now, *(now - timedelta(days=day, minutes=number) for day in days)]
        entries = [
            _entry(chance, f"{base}/posts/{number}-{len(dates) - place}", date)
            for place, date in enumerate(dates)
        ]
        yield (
            _answer(number, base, entries[1:], now - timedelta(days=5)),
            _answer(number, base, entries[:ENTRIES], now),
        )


def _entry(chance: random.Random, url: str, date: datetime) -> str:
    html = _column(chance, url)
    return (
        f"<item><title>{_sentence(chance)}</title><link>{url}</link><guid>{url}</guid>"
        f"<dc:creator>Writer</dc:creator><pubDate>{format_datetime(date)}</pubDate>"
        f"<content:encoded><![CDATA[{html}]]></content:encoded></item>"
    )


def _column(chance: random.Random, url: str) -> str:
    """Write some 5 KB of HTML the way WordPress does: links, headings, a list, a picture."""

    def text(sentences: int) -> str:
        return " ".join(_sentence(chance) for _ in range(sentences))

    def paragraph() -> str:
        bold, linked, stressed = (chance.choice(_WORDS[1]) for _ in range(3))
        link = f'<a href="{url}/see-{chance.randrange(99)}" rel="noopener">{linked}</a>'
        middle = f"<strong>{bold}</strong> {link} {text(2)} <em>{stressed}</em>"
        return f"<p>{text(2)} {middle} {text(1)}</p>\n"

    items = "".join(f"<li>{text(1)}</li>\n" for _ in range(4))

    def heading() -> str:
        return f'<h2 class="wp-block-heading">{_sentence(chance)}</h2>\n'

    picture = f'<img src="{url}/desk.jpg" alt="A desk" width="1024" height="683" class="x"/>'
    figure = f'<figure class="wp-block-image">{picture}<figcaption>{text(1)}</figcaption></figure>'
    quote = f'<blockquote class="wp-block-quote"><p>{text(2)}</p></blockquote>\n'
    listed = f'<ul class="wp-block-list">{items}</ul>\n'
    parts = [figure, paragraph(), paragraph(), heading(), paragraph(), paragraph()]
    parts += [listed, paragraph(), quote, heading(), paragraph()]
    return "".join(parts)


def _sentence(chance: random.Random) -> str:
    return " ".join(chance.choice(_WORDS[n % 2]) for n in range(14)).capitalize() + "."


def _answer(number: int, base: str, entries: Sequence[str], modified: datetime) -> Answer:
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Columns {number}</title><link>{base}/</link><description>Columns</description>"
        f"<language>en</language>{''.join(entries)}</channel></rss>"
    ).encode()
    etag = f'"{hashlib.sha256(text).hexdigest()[:16]}"'
    return Answer(gzip.compress(text, 6, mtime=0), etag, format_datetime(modified, usegmt=True))


class Site:
    """All feeds; `/posts/` is 404 at once, `/-/before` and `/-/after` choose what is served."""

    def __init__(self) -> None:
        self.feeds: list[tuple[Answer, Answer]] = []
        self.after = False
        self.counts = dict.fromkeys(("connections", "fresh", "unchanged", "pages"), 0)

    async def serve(self, feeds: int) -> None:
        """Serve until standard input ends; the first line written says where."""
        hosts = [f"127.0.0.{last}" for last in range(1, ADDRESSES + 1)]
        servers = [await asyncio.start_server(self._talk, host, 0, backlog=512) for host in hosts]
        ports = [server.sockets[0].getsockname()[1] for server in servers]
        bases = [f"http://{host}:{port}" for host, port in zip(hosts, ports, strict=True)]
        self.feeds = list(write_feeds(bases, feeds, datetime.now(UTC)))
        print(json.dumps(bases), flush=True)
        await asyncio.to_thread(sys.stdin.read)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = True
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                path = head.split(" ", 2)[1]
                if path.startswith("/-/"):
                    writer.write(self._control(path))
                    continue
                self.counts["connections"] += first
                first = False
                writer.write(await self._reply(path, head))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def _control(self, path: str) -> bytes:
        """Choose what is served; give what was counted since it was last chosen."""
        body = json.dumps(self.counts).encode()
        self.after = path == "/-/after"
        self.counts = dict.fromkeys(self.counts, 0)
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    async def _reply(self, path: str, head: str) -> bytes:
        if not path.startswith("/feed/"):
            self.counts["pages"] += 1
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        await asyncio.sleep(LATENCY)
        answer = self.feeds[int(path.removeprefix("/feed/"))][self.after]
        validators = f"ETag: {answer.etag}\r\nLast-Modified: {answer.modified}\r\n"
        if f"if-none-match: {answer.etag}\r\n" in head.lower():
            self.counts["unchanged"] += 1
            return f"HTTP/1.1 304 Not Modified\r\n{validators}\r\n".encode()
        self.counts["fresh"] += 1
        return (
            f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml; charset=utf-8\r\n"
            f"Content-Encoding: gzip\r\nContent-Length: {len(answer.body)}\r\n{validators}\r\n"
        ).encode() + answer.body


@contextmanager
def served(feeds: int) -> Iterator[list[str]]:
    """Serve the site from another process; gives its addresses."""
    command = [sys.executable, __file__, "--serve", "--feeds", str(feeds)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def choose(base: str, which: str) -> dict[str, int]:
    """Have the site serve what was `before` or is `after`; gives its counts so far."""
    with urllib.request.urlopen(f"{base}/-/{which}") as answer:
        return json.load(answer)


# the contestants: each gives how to gather once, and how to count what is then known

Contestant = tuple[Callable[[], Any], Callable[[], int]]


def ours(urls: Sequence[str], folder: Path) -> Contestant:
    """Gather with this program, from one workspace that starts a month ago."""
    from cxgreetz.pipeline import gather, open_workspace

    start = (datetime.now(UTC) - MONTH).date()
    tables = [f'[newsletter]\nname = "B"\nfrom = "B <b@example.org>"\nstart = {start}\n']
    tables += [
        f'[[sources]]\nname = "{number}"\nurl = "{url}"\nkind = "feed"\n'
        for number, url in enumerate(urls)
    ]
    (folder / "cxgreetz.toml").write_text("\n".join(tables))

    def work() -> None:
        with open_workspace(folder) as workspace:
            gather(workspace)

    def count() -> int:
        with open_workspace(folder) as workspace:
            return sum(post.decision == "taken" for post in workspace.store.posts())

    return work, count


def reader(urls: Sequence[str], folder: Path) -> Contestant:
    """Gather with `reader`, which knows no period: it takes every entry."""
    from reader import make_reader

    database = str(folder / "reader.sqlite")
    with make_reader(database) as library:
        for url in urls:
            library.add_feed(url)

    def work() -> None:
        with make_reader(database) as library:
            library.update_feeds(scheduled=False, workers=WORKERS)

    def count() -> int:
        with make_reader(database) as library:
            return library.get_entry_counts().total

    return work, count


def floor(urls: Sequence[str], _folder: Path) -> Contestant:
    """Only fetch, on conditions, and parse nothing; counts the feeds that had changed."""
    import requests

    known: dict[str, dict[str, str]] = {}
    changed: list[bool] = []

    def work() -> None:
        def fetch(url: str) -> bool:
            answer = session.get(url, headers=known.get(url), timeout=20)
            answer.raise_for_status()
            known[url] = {
                "If-None-Match": answer.headers["etag"],
                "If-Modified-Since": answer.headers["last-modified"],
            }
            return bool(answer.content)

        with requests.Session() as session, ThreadPoolExecutor(WORKERS) as pool:
            session.mount("http://", requests.adapters.HTTPAdapter(ADDRESSES, WORKERS))
            changed[:] = pool.map(fetch, urls)

    return work, lambda: sum(changed)


#: By name, with the count a feed that each phase must end with: else the work was not done.
CONTESTANTS: dict[str, tuple[Callable[[Sequence[str], Path], Contestant], tuple[int, ...]]] = {
    "ours": (ours, (2, 2, 3)),
    "reader": (reader, (ENTRIES, ENTRIES, ENTRIES + 1)),
    "floor": (floor, (1, 0, 1)),
}


# measuring


def contest(
    name: str, bases: Sequence[str], feeds: int, *, profile: bool = False
) -> dict[str, Any]:
    """Do the three phases here and now; gives seconds, CPU seconds, requests, and MB."""
    prepare, expected = CONTESTANTS[name]
    urls = [f"{bases[number % len(bases)]}/feed/{number}" for number in range(feeds)]
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        choose(bases[0], "before")
        work, count = prepare(urls, Path(folder))
        for phase, wanted in zip(PHASES, expected, strict=True):
            choose(bases[0], "after" if phase == "one" else "before")
            wall, cpu = time.perf_counter(), time.process_time()
            if profile:
                print_profile(phase, work)
            else:
                work()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            result[phase] = {"wall": wall, "cpu": cpu} | choose(bases[0], "before")
            if count() != wanted * feeds:
                sys.exit(f"{name}, {phase}: {count()} are known, not {wanted * feeds}")
    result["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result


def print_profile(phase: str, work: Callable[[], Any]) -> None:
    """Show what takes the processor in every thread of a phase."""
    import cProfile
    import pstats
    import threading

    profiles = [cProfile.Profile(time.thread_time)]

    def begin(*_: object) -> None:
        profiles.append(cProfile.Profile(time.thread_time))
        profiles[-1].enable()

    threading.setprofile(begin)
    profiles[0].runcall(work)
    threading.setprofile(None)
    print(f"\n{phase}")
    stats = pstats.Stats(*profiles)
    stats.sort_stats("cumulative").print_stats("cxgreetz|feedparser|nh3|lxml|sqlalchemy", 60)


def run(name: str, python: str, bases: Sequence[str], feeds: int) -> dict[str, Any]:
    """Have a contestant do its round in a process of its own."""
    done = subprocess.run(
        [python, __file__, "--feeds", str(feeds), "--contest", name, *bases],
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def middle(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give the median of every figure over the rounds."""
    first = rounds[0]
    return {
        key: middle([r[key] for r in rounds])
        if isinstance(value, dict)
        else median(r[key] for r in rounds)
        for key, value in first.items()
    }


def print_table(figures: dict[str, dict[str, Any]]) -> None:
    head = [f"{phase} s (CPU)" for phase in PHASES]
    print(f"{'':8}" + "".join(f"{title:>16}" for title in (*head, "peak MB")))
    for name, figure in figures.items():
        cells = [f"{figure[p]['wall']:.2f} ({figure[p]['cpu']:.2f})" for p in PHASES]
        cells.append(f"{figure['mb']:.0f}")
        print(f"{name:8}" + "".join(f"{cell:>16}" for cell in cells))
    print("\nrequests: feeds sent whole + not changed, posts' own pages (404 at once); connections")
    for name, figure in figures.items():
        cells = [
            "{fresh:.0f}+{unchanged:.0f}, {pages:.0f}; {connections:.0f}".format(**figure[p])
            for p in PHASES
        ]
        print(f"{name:8}" + "".join(f"{cell:>20}" for cell in cells))


def print_goals(figures: dict[str, dict[str, Any]]) -> None:
    mine, bare, other = (figures.get(name) for name in ("ours", "floor", "reader"))
    goals = []
    if mine and bare:
        goals.append(("warm, to the floor's", mine["warm"]["wall"] / bare["warm"]["wall"], 1.1))
    if mine and other:
        for phase in ("one", "cold"):
            ratio = mine[phase]["wall"] / other[phase]["wall"]
            goals.append((f"{phase}, to reader's", ratio, 0.2))
    if mine:
        goals.append(("peak MB", mine["mb"], 80))
    print()
    for what, found, most in goals:
        print(f"{what:24}{found:8.2f}   at most {most:<5}{'met' if found <= most else 'not met'}")


def main() -> None:
    """Measure and print; what the figures are does not change the exit code."""
    options = argparse.ArgumentParser(description="measure gathering of 300 feeds")
    options.add_argument("--rounds", type=int, default=3, help="medians of so many (default 3)")
    options.add_argument("--feeds", type=int, default=FEEDS, help=f"how many (default {FEEDS})")
    options.add_argument("--alone", action="store_true", help="only ours, no other contestant")
    options.add_argument("--reader", metavar="PYTHON", help="an interpreter that has `reader`")
    options.add_argument("--profile", action="store_true", help="what takes the processor")
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--contest", nargs="+", help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.serve:
        asyncio.run(Site().serve(asked.feeds))
        return
    if asked.contest:
        name, *bases = asked.contest
        print(json.dumps(contest(name, bases, asked.feeds)))
        return
    with served(asked.feeds) as bases:
        if asked.profile:
            contest("ours", bases, asked.feeds, profile=True)
            return
        pythons = {"ours": sys.executable, "floor": sys.executable}
        if asked.alone:
            del pythons["floor"]
        elif asked.reader or importlib.util.find_spec("reader"):
            pythons["reader"] = asked.reader or sys.executable
        else:
            print(INSTALL)
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in pythons}
        for number in range(asked.rounds):
            for name, python in pythons.items():
                print(f"round {number + 1}: {name}", file=sys.stderr)
                found[name].append(run(name, python, bases, asked.feeds))
    figures = {name: middle(rounds) for name, rounds in found.items()}
    print(f"medians of {asked.rounds} rounds; {asked.feeds} feeds, {LATENCY * 1000:.0f} ms each")
    print_table(figures)
    print_goals(figures)


if __name__ == "__main__":
    main()
