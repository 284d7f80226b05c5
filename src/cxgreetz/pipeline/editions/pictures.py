"""Find out once what the pictures of an edition's pieces are, and show them accordingly.

In: pieces. Out: facts about their pictures, kept; the pieces with pictures as they truly are.
Never: a picture kept, a draft that fails or waits long for one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from cxgreetz.errors import NetError
from cxgreetz.markup.pictures import LONGEST_START, read_picture
from cxgreetz.model import Image, PictureFacts, Piece, Post
from cxgreetz.net import Look, Net
from cxgreetz.pipeline.editions.looking import MOST_LETTERS, at_once, by_host, say_problem
from cxgreetz.pipeline.workspace import Workspace

#: Hosts asked at a time; seconds for one picture, for all while nobody has answered yet, and
#: for all; bytes read of one.
_AT_ONCE, _SECONDS, _UNHEARD, _IN_ALL, _MOST = 4, 5.0, 5.0, 20.0, 512 * 1024
#: When one that could not be had is asked for again: where it was refused, and where nobody
#: answered, which may be our own line.
_REFUSED_FOR, _UNHEARD_FOR = timedelta(days=1), timedelta(minutes=15)


def fetch_pictures(workspace: Workspace, pieces: Iterable[Piece]) -> None:
    """Look at every picture that `pieces` may show and whose facts are not known, and keep them.

    One host is asked for one picture at a time, and no more when it does not answer; what
    there was no time for is asked at the next draft.
    """
    store, now, named = workspace.store, workspace.now(), workspace.config.plain_hosts()
    images = (image for piece in pieces for post in piece.posts for image in _candidates(post))
    addresses = {address for image in images if (address := _address(image, named))}
    known = store.pictures(addresses)
    due = sorted(a for a in addresses if a not in known or _is_stale(known[a], now))
    began, heard = time.monotonic(), threading.Event()
    for facts in at_once(
        lambda some: _looked_at(workspace.net, some, now),
        by_host(due).values(),
        _AT_ONCE,
        lambda: began + (_IN_ALL if heard.is_set() else _UNHEARD),
    ):
        if facts.status is not None:
            heard.set()
        store.save_picture(facts)


def known_pictures(workspace: Workspace, pieces: Iterable[Piece]) -> dict[str, PictureFacts]:
    """What is kept of the pictures of `pieces`, by the address under which they are shown."""
    named = workspace.config.plain_hosts()
    images = (i for piece in pieces for post in piece.posts for i in _all_images(post))
    return workspace.store.pictures(_address(image, named) for image in images)


def with_facts(piece: Piece, facts: Mapping[str, PictureFacts], named: Set[str]) -> Piece:
    """Give the pictures of a piece the sizes they truly have, and take away what cannot be shown.

    A picture at a plain http:// address is shown from https:// where its site has it there
    too, else not at all: a mail program warns of it, or leaves a hole. A host in `named`, whose
    own address in the workspace file is such a one, is the workspace's own matter.
    """

    def one(image: Image | None) -> Image | None:
        return _as_it_is(image, facts, named) if image else None

    posts = tuple(
        replace(
            post,
            image=one(post.image),
            blocks=tuple(replace(b, image=one(b.image)) if b.image else b for b in post.blocks),
        )
        for post in piece.posts
    )
    return replace(piece, posts=posts)


def _as_it_is(image: Image, facts: Mapping[str, PictureFacts], named: Set[str]) -> Image | None:
    address = _address(image, named)
    if not address:
        return None
    known = facts.get(address)
    if known is None:  # never asked
        return image
    if known.problem:
        return image if address == image.src else None
    if known.width and known.height:
        return Image(address, image.alt, known.width, known.height)
    return replace(image, src=address)


def _address(image: Image, named: Set[str]) -> str:
    """Where a picture is fetched from; "": nowhere (`data:` and the like)."""
    src = image.src.strip()
    try:
        parts = urlsplit(src)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or not src.isprintable():
        return ""
    if len(src) > MOST_LETTERS:
        return ""
    if parts.scheme == "http" and parts.hostname not in named:
        return parts._replace(scheme="https").geturl()
    return src


def _candidates(post: Post) -> Iterator[Image]:
    """What an email may show of a post: the page's own choice, and the first in its text."""
    if post.image:
        yield post.image
    yield from [block.image for block in post.blocks if block.image][:1]


def _all_images(post: Post) -> Iterator[Image]:
    if post.image:
        yield post.image
    yield from (block.image for block in post.blocks if block.image)


def _is_stale(facts: PictureFacts, now: datetime) -> bool:
    """Whether one that could not be had is asked for again; what a picture is, it stays."""
    lasts = _UNHEARD_FOR if facts.status is None else _REFUSED_FOR
    return bool(facts.problem) and now - facts.at >= lasts


def _looked_at(net: Net, urls: Sequence[str], now: datetime) -> Iterator[PictureFacts]:
    """Look at the pictures of one host, up to the first that nobody answers for."""
    for url in urls:
        try:
            look = net.look(url, seconds=_SECONDS, most=_MOST, enough=_is_enough)
        except NetError as error:
            yield PictureFacts(url, now, status=error.status, problem=say_problem(url, error))
            if error.retryable:
                return
            continue
        yield _facts(url, look, now)


def _is_enough(headers: Mapping[str, str], start: bytes) -> bool:
    """Whether more of a file would tell nothing new of what it is and how large."""
    found = read_picture(start)
    if found is None:
        return len(start) >= LONGEST_START
    return found.width is not None and _told_size(headers) is not None


def _told_size(headers: Mapping[str, str]) -> int | None:
    told = headers.get("content-length", "")
    return int(told) if told.isdecimal() and "content-encoding" not in headers else None


def _facts(url: str, look: Look, now: datetime) -> PictureFacts:
    problem, found = "", read_picture(look.start)
    if look.status != HTTPStatus.OK:
        problem = f"its site answered {look.status}"
    elif found is None:
        said = look.headers.get("content-type", "").partition(";")[0].strip()
        called = f" but {said}" if said and said.isprintable() else ""
        problem = f"it is no picture that is known here{called}"
    if problem or found is None:
        return PictureFacts(url, now, status=look.status, problem=problem)
    # What was read of it at the least, where nobody says how much there is.
    size = len(look.start) if look.whole else _told_size(look.headers) or len(look.start)
    return PictureFacts(url, now, found.kind, found.width, found.height, size, look.status)
