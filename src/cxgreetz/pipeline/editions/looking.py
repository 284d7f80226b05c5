"""Look whether the links of an edition's emails still lead somewhere.

In: the addresses in emails. Out: what came back for each, kept for a while. Never: a page
read, a host pressed, a failure raised; what an answer is worth, the checks say.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from queue import Empty, SimpleQueue
from typing import TypeVar
from urllib.parse import unquote_plus, urldefrag, urlsplit, urlunsplit

from lxml import html as lxml_html

from cxgreetz.errors import NetError
from cxgreetz.markup import links_of
from cxgreetz.model import Email, EmailView, LinkAnswer, address_key, is_tracking
from cxgreetz.net import Look, Net
from cxgreetz.pipeline.workspace import Workspace
from cxgreetz.ports import Progress, no_progress

#: Requests at a time, of all and to one host; seconds for one link and for all of them.
_AT_ONCE, _PER_HOST, _SECONDS, _IN_ALL = 8, 2, 10.0, 60.0
#: How long a good answer is believed, and any other.
_GOOD_FOR, _BAD_FOR = timedelta(hours=24), timedelta(minutes=15)
#: No server is sure to read a longer address, nor PostgreSQL to find it.
MOST_LETTERS = 2000
_Group = TypeVar("_Group")
_Result = TypeVar("_Result")


def links_shown(views: Sequence[EmailView], email: Email) -> set[str]:
    """Every web address that a reader of the email can follow, as it is written there.

    But for the email's own place on the web, and that of its sister: nothing stands there
    before they are sent.
    """
    found = {item.url for view in views for item in view.items}
    found |= {
        link
        for view in views
        for item in view.items
        for block in item.blocks
        for link in links_of(block.html)
    }
    found |= {event.url for view in views for event in view.events}
    found |= {a.get("href", "") for a in lxml_html.document_fromstring(email.html).iter("a")}
    ahead = {address for view in views for address in (view.web_version, view.sister)}
    return {link for link in found if link not in ahead and asked_for(link)}


def asked_for(link: str) -> str:
    """The address that is asked for a link: without its place in the page, and uncounted.

    What a site's statistics count stays the readers' own. "": nothing that can be followed.
    """
    try:
        parts = urlsplit(urldefrag(link.strip()).url)
    except ValueError:
        return ""
    fit = parts.scheme in ("http", "https") and parts.hostname and link.isprintable()
    if not fit or len(link) > MOST_LETTERS:
        return ""
    said = [p for p in parts.query.split("&") if not is_tracking(unquote_plus(p.split("=")[0]))]
    return urlunsplit(parts._replace(query="&".join(said)))


def answers_for(workspace: Workspace, links: Iterable[str]) -> dict[str, LinkAnswer]:
    """What is known of where `links` lead, by the link as it is written, however old."""
    asked = {link: address for link in links if (address := asked_for(link))}
    known = workspace.store.link_answers(asked.values())
    return {link: known[address] for link, address in asked.items() if address in known}


def follow(
    workspace: Workspace,
    links: Iterable[str],
    *,
    fresh: bool = False,
    progress: Progress = no_progress,
) -> tuple[int, int]:
    """Follow `links`, each address once, and keep what comes back.

    A good answer is believed for a day, any other for a quarter of an hour; `fresh` asks all
    again. Gives how many were followed, and how many there was no time for.
    """
    store, now = workspace.store, workspace.now()
    addresses = {address for link in links if (address := asked_for(link))}
    known = {} if fresh else store.link_answers(addresses)
    due = sorted(a for a in addresses if not (a in known and _is_believed(known[a], now)))
    began, done = time.monotonic(), 0
    groups = [one for some in by_host(due).values() for one in _dealt(some, _PER_HOST)]
    for answer in at_once(
        lambda some: _followed_all(workspace.net, some, now),
        sorted(groups, key=len, reverse=True),
        _AT_ONCE,
        lambda: began + _IN_ALL,
    ):
        store.save_link_answer(answer)
        done += 1
        progress("following links", done, len(due))
    return done, len(due) - done


def _is_believed(answer: LinkAnswer, now: datetime) -> bool:
    return now - answer.at < (_GOOD_FOR if _is_good(answer.status) else _BAD_FOR)


def _is_good(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _followed_all(net: Net, urls: Sequence[str], now: datetime) -> Iterator[LinkAnswer]:
    """Follow addresses of one host; where it is not to be had, no more of them is asked."""
    gone = ""
    for url in urls:
        if gone:
            yield LinkAnswer(url, None, now, problem=gone)
            continue
        answer, arrived = _followed(net, url, now)
        gone = "" if arrived else answer.problem
        yield answer


def _followed(net: Net, url: str, now: datetime) -> tuple[LinkAnswer, bool]:
    """Ask with HEAD, which costs a site least, then with GET where that was no good.

    Many servers answer HEAD wrongly; a host that wants to be left alone is not asked twice.
    Gives also whether the host was there to be asked at all.
    """
    ends, look = time.monotonic() + _SECONDS, None
    try:
        look = net.look(url, method="HEAD", seconds=_SECONDS)
        again = not _is_good(look.status) and look.status != HTTPStatus.TOO_MANY_REQUESTS
    except NetError as error:
        problem, again = error, error.retryable and error.retry_after is None and error.sent
    if again and (left := ends - time.monotonic()) > 1:
        try:
            look = net.look(url, seconds=left)
        except NetError as error:
            # It asked for a rest just now: what it said to HEAD is then all that is known.
            if error.retry_after is None or look is None:
                look, problem = None, error
    if look is None:
        there = problem.sent or not problem.retryable
        return LinkAnswer(url, None, now, problem=say_problem(url, problem)), there
    return LinkAnswer(url, look.status, now, _moved(url, look)), True


def _moved(url: str, look: Look) -> str:
    """Where a page moved to for good; a change of scheme, `www.` or end slash is no move."""
    there = look.moved_to or ""
    if not (there and there.isprintable() and _is_good(look.status)):
        return ""
    return there if address_key(there) != address_key(url) else ""


def say_problem(url: str, error: NetError) -> str:
    """What went wrong, without the address: whoever tells it names that in its own way."""
    told = str(error).removeprefix(url).lstrip(": ")
    return "".join(sign for sign in told if sign.isprintable())[:300]


def by_host(urls: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Group addresses by the host that answers for them."""
    found: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        found[urlsplit(url).netloc.lower()].append(url)
    return found


def _dealt(urls: Sequence[str], hands: int) -> list[Sequence[str]]:
    return [some for hand in range(hands) if (some := urls[hand::hands])]


def at_once(
    work: Callable[[_Group], Iterable[_Result]],
    groups: Iterable[_Group],
    workers: int,
    until: Callable[[], float],
) -> Iterator[_Result]:
    """Give what comes of `work`, done on some groups at a time, in the order it comes.

    Ends when all is done or when the monotonic clock passes `until()`, which is asked again
    for every result. Whoever hangs then is left behind: looking up a name has no time limit.
    """
    waiting, over = deque(groups), threading.Event()
    #: Results as they are, what went wrong in `work`, and None when a worker is done.
    came: SimpleQueue[tuple[_Result] | Exception | None] = SimpleQueue()

    def run() -> None:
        try:
            while group := _next(waiting):
                for result in work(*group):
                    came.put((result,))
                    if over.is_set():
                        return
            came.put(None)
        except Exception as error:  # it is the caller's
            came.put(error)

    running = min(workers, len(waiting))
    for _ in range(running):
        threading.Thread(target=run, daemon=True, name="looking").start()
    try:
        while running:
            try:
                result = came.get(timeout=max(until() - time.monotonic(), 0.001))
            except Empty:
                return
            if isinstance(result, Exception):
                raise result
            if result is None:
                running -= 1
            else:
                yield result[0]
    finally:
        over.set()


def _next(waiting: deque[_Group]) -> tuple[_Group] | None:
    """Take the next one, if there is one: another worker may just have taken the last."""
    try:
        return (waiting.popleft(),)
    except IndexError:
        return None
