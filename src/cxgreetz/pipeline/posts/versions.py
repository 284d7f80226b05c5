"""The versions of a post in other languages, as its page names them: what the author wrote
herself is used, wherever it stands.

In: what was read, what is known. Out: the links of new posts, and versions that no source
shows. Never: a post lost because a page does not answer, a page that is no post, a request
to a site that names none.

Only the page itself carries hreflang links; feeds and archives do not.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from cxgreetz import pieces
from cxgreetz.errors import NetError, SourceError
from cxgreetz.markup import read_article, too_heavy
from cxgreetz.model import LANGUAGE_NAMES, Head, KnownPost, Post, Seen, address_key
from cxgreetz.pipeline.posts.reading import Alternates, Reading
from cxgreetz.pipeline.workspace import Workspace
from cxgreetz.sources import read_post

_LOG = logging.getLogger(__name__)
_THREADS = 10
#: So many pages are asked at random whether their site names versions at all: shared among
#: the sites with new posts, of each one at least.
_SAMPLES = 12
#: A site that named none is asked again with the first new post after this; a version that
#: could not be read is asked for as long.
_AGAIN = timedelta(days=7)
#: A page with less than this part of the text says "only in Dutch" or the like.
_WHOLE = 0.4
#: More posts than this name a front page, not a version.
_NAMED_BY = 2

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Version:
    """A post that is in the newsletter only as another one's version."""

    post: Post
    head: Head
    #: The key and address of the one that names it, and the source that shows that.
    of: str
    of_url: str
    source: str

    @property
    def reason(self) -> str:
        language = LANGUAGE_NAMES[self.post.language or "en"]
        return f"named as the {language} version of {self.of_url}; not in an edition by itself"


def ask_pages(
    workspace: Workspace, readings: Sequence[Reading], stored: Sequence[KnownPost]
) -> list[Reading]:
    """Give new posts the links to their versions that their pages have.

    Where two languages were gathered, every new post's page is asked; else a few, and the
    others of a site that named any. What was asked ahead is not asked again.
    """
    found = _ask(workspace, readings, stored, sample=True)
    if not any(found.values()):
        return list(readings)
    return [replace(r, shown=tuple(_linked(post, found) for post in r.shown)) for r in readings]


def ask_ahead(
    workspace: Workspace, readings: Sequence[Reading], stored: Sequence[KnownPost]
) -> list[Reading]:
    """Ask the pages that `ask_pages` will want whatever other sources give, and keep the answers.

    Two languages in some of the readings are two in all of them, and a site that named versions
    in some named them: so whoever reads a part of the sources may ask for it beforehand.
    """
    found = _ask(workspace, readings, stored, sample=False)
    known = {k.key for k in stored}
    return [
        replace(r, asked={p.key: found[p.key] for p in r.posts if p.key in found.keys() - known})
        for r in readings
    ]


def _ask(
    workspace: Workspace,
    readings: Sequence[Reading],
    stored: Sequence[KnownPost],
    *,
    sample: bool,
) -> dict[str, Alternates]:
    """What the pages of posts name, by the post's key; `sample`: of any site."""
    if len(workspace.languages) < 2:
        return {}
    posts = [post for reading in readings for post in reading.posts]
    known = {k.key: k for k in stored}
    # What is held is made anew in every run.
    found = {p.key: known[p.key].head.alternates for p in posts if p.key in known}
    found.update(item for reading in readings for item in reading.asked.items())
    asked: dict[str, list[Post]] = defaultdict(list)
    for post in posts:
        if post.key not in known and not post.alternates:
            asked[_host(post.key)].append(post)
    languages = {p.language for p in posts} | {k.head.language for k in stored}
    naming = {_host(p.key) for p in posts if p.alternates}
    naming |= {_host(k.key) for k in stored if k.head.alternates}
    since = workspace.now() - _AGAIN
    silent = {_host(k.key) for k in stored if k.first_seen >= since} - naming

    def ask(some: Iterable[Post]) -> None:
        new = {post.key: post.url for post in some if post.key not in found}
        found.update(
            zip(new, _at_once(lambda url: _alternates(workspace, url), new.values()), strict=True)
        )

    if len(languages - {None}) > 1:
        naming |= asked.keys()
    if sample:
        unsure = asked.keys() - naming - silent
        each = max(1, _SAMPLES // len(unsure)) if unsure else 0
        ask(post for host in sorted(unsure) for post in asked[host][:each])
        naming |= {host for host in unsure if any(found.get(p.key) for p in asked[host])}
    ask(post for host in sorted(naming) for post in asked[host])
    return found


def read_versions(
    workspace: Workspace, readings: Sequence[Reading], stored: Sequence[KnownPost]
) -> list[Version]:
    """Read the versions in the newsletter's other language that no source gives by itself.

    One page at most for each post: of a new one, or one whose version did not answer in the
    last days. What is stored, or shown but too old for an edition, is not fetched again.
    """
    start = workspace.config.start
    sources = {reading.source.name: reading.source for reading in readings}
    shown = {post.key: post for reading in readings for post in reading.shown}
    known = {k.key: k for k in stored}
    named = list(_named(workspace, readings, known))
    times = Counter(address_key(url) for _head, url, _language in named)

    def find(head: Head, url: str, language: str) -> Version | None:
        key, source = address_key(url), sources.get(head.source)
        if times[key] > _NAMED_BY or source is None:
            return None
        there, before = shown.get(key), known.get(key)
        if before and (before.decision != pieces.SKIPPED or pieces.is_dismissed(before.reason)):
            return None
        if isinstance(there, Post):
            is_old = there.published is not None and there.published < start
            post = there if is_old else None
        elif before:
            post = workspace.store.posts([key])[0].post
        else:
            # What is declared of a source holds for its own list.
            post = read_post(replace(source, language=None), workspace.net, url)
            post = None if post.key in known or post.key in shown else post
        return _version(post, head, language, source.name) if post else None

    def look(one: tuple[Head, str, str]) -> Version | None:
        return _quietly(lambda: find(*one), one[1])

    versions = {v.head.key: v for v in _at_once(look, named) if v}
    return list(versions.values())


def join_versions(
    versions: Sequence[Version],
    known: Mapping[str, tuple[Head, str]],
    verdicts: Mapping[tuple[str, str], bool],
    carried: Iterable[str],
) -> tuple[list[Version], pieces.Join]:
    """Put versions into the pieces of the posts that name them; gives those that came there.

    `known` holds every post that has a piece. A person's word that two are different texts
    stands.
    """
    versions = [v for v in versions if v.of in known]
    spent = list(carried)
    while True:
        join = pieces.join_posts([v.head for v in versions], known, verdicts, spent)
        home = {key: piece for key, (_head, piece) in known.items()} | dict(join.pieces)
        joined = [v for v in versions if home[v.head.key] == home[v.of]]
        if len(joined) == len(versions):
            return joined, join
        versions = joined


def _named(
    workspace: Workspace, readings: Sequence[Reading], known: Mapping[str, KnownPost]
) -> Iterator[tuple[Head, str, str]]:
    """Posts that name a version in the newsletter's other language: its address, language."""
    start, since = workspace.config.start, workspace.now() - _AGAIN
    heads = {
        post.key: pieces.head_of(post)
        for reading in readings
        for post in reading.posts
        if post.alternates
        and (post.key not in known or known[post.key].decision == pieces.HELD)
        and not (post.published and post.published < start)
    }
    written = {(k.piece, k.head.language) for k in known.values()}
    heads |= {
        k.key: k.head
        for k in known.values()
        if k.head.alternates
        and k.decision == pieces.TAKEN
        and k.first_seen >= since
        and k.key not in heads
    }
    for head in heads.values():
        before = known.get(head.key)
        for language, url in head.alternates if head.language else ():
            if language not in workspace.languages or language == head.language:
                continue
            if not before or not before.piece or (before.piece, language) not in written:
                yield head, url, language
            break


def _version(post: Post, of: Head, language: str, source: str) -> Version | None:
    """A version that is what it was named; None for a front page, a stub, another language."""
    back = {address_key(url) for name, url in post.alternates if name == of.language}
    if post.language != language or not post.title.strip() or (back and of.key not in back):
        return None
    if not back:
        post = replace(post, alternates=(*post.alternates, (of.language or "", of.url)))
    head = pieces.head_of(post)
    return Version(post, head, of.key, of.url, source) if head.size >= _WHOLE * of.size else None


def _linked(post: Post | Seen, found: Mapping[str, Alternates]) -> Post | Seen:
    if isinstance(post, Post) and not post.alternates and found.get(post.key):
        return replace(post, alternates=found[post.key])
    return post


def _alternates(workspace: Workspace, url: str) -> Alternates:
    def look() -> Alternates:
        page = workspace.net.get(url, accept="text/html", robots=True)
        return () if too_heavy(page.text) else read_article(page.text, page.url).alternates

    return _quietly(look, url) or ()


def _quietly(look: Callable[[], _T], url: str) -> _T | None:
    """A page that does not answer, or cannot be read, costs a join, never a post."""
    try:
        return look()
    except (NetError, SourceError) as error:
        _LOG.info("a version is not known: %s", error)
    except Exception:
        _LOG.warning("the page %s could not be read", url, exc_info=True)
    return None


def _at_once(look: Callable[..., _T], what: Iterable[object]) -> list[_T]:
    things = list(what)
    if not things:
        return []
    with ThreadPoolExecutor(min(_THREADS, len(things))) as pool:
        return list(pool.map(look, things))


def _host(key: str) -> str:
    return key.partition("/")[0]
