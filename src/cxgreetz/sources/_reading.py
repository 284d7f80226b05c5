"""What reading any source has in common.

In: a source, the network, what a feed, a page or an API says of a post. Out: pages,
finished posts, and at the end one line about what could not be read. Never: a teaser given
for the text, a post lost without a word.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cxgreetz.dates import parse_date
from cxgreetz.errors import NetError, SourceError
from cxgreetz.language import label_blocks
from cxgreetz.markup import (
    Archive,
    Article,
    BadSelectorError,
    Rules,
    blocks_of,
    cut_boilerplate,
    plain_text,
    read_archive,
    read_article,
    rules_for,
    too_heavy,
)
from cxgreetz.model import (
    LANGUAGES,
    Block,
    BlockKind,
    Credit,
    Image,
    Post,
    Seen,
    Selectors,
    Source,
    address_key,
    canonical_url,
)
from cxgreetz.net import Net, Page
from cxgreetz.ports import Memo, mark_of
from cxgreetz.sources._feedxml import writable

#: So many pages back a source is followed, at most.
MAX_PAGES = 500
#: After so many post pages in a row that fail, the site is taken to be down.
_PATIENCE = 3
LONGEST_LINE = 2000
ACCEPT_PAGE = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"


#: One text is read at a time: ten threads that all want the interpreter for it hand it to
#: each other a hundred times a second, which costs a fifth more (measured on 300 feeds).
#: Never held while a network is waited for.
reading_turn = threading.RLock()


class LeftOverError(SourceError):
    """Single posts were left for the next run; everything else was given."""


@dataclass
class Draft:
    """What is known of a post before it is one."""

    url: str
    #: Plain text.
    title: str
    html: str = ""
    #: What relative links in `html` start from, where it is not `url`.
    base: str = ""
    guid: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()
    #: A picture that stands for the post; the first one in the text comes before it.
    image: str | None = None
    #: As declared by feed, page or API; only a hint.
    language: str | None = None
    canonical: str | None = None
    alternates: tuple[tuple[str, str], ...] = ()
    #: Of the entry as it was received, where nothing else goes into the post.
    mark: str | None = None
    _cut: tuple[Rules, tuple[Block, ...]] | None = field(default=None, repr=False)

    def cut(self, rules: Rules) -> tuple[Block, ...]:
        """Cut the body into blocks; once, however often it is asked for."""
        if self._cut is None or self._cut[0] is not rules:
            self._cut = rules, blocks_of(self.html, self.base or self.url, rules)
        return self._cut[1]

    def complete(self, article: Article, url: str) -> None:
        """Take body and whatever was not known yet from the post's own page at `url`."""
        self.url, self.base, self.html = url, "", article.html or ""
        self.mark = self._cut = None
        self.title = self.title or article.title
        self.published = self.published or first_date(article.dates)
        self.updated = self.updated or parse_date(article.updated)
        self.author = self.author or article.author
        self.tags = tuple(dict.fromkeys((*self.tags, *article.tags)))
        self.image = self.image or article.image
        self.language = article.language or self.language
        self.canonical = article.canonical
        self.alternates = self.alternates or article.alternates


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A post as a feed lists it."""

    identity: str
    draft: Draft
    #: Whether the feed calls it the content, not a description of it.
    content: bool


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page of a feed, whatever it is written in."""

    url: str
    entries: Sequence[FeedEntry]
    #: The page with older entries; None when there is none.
    next_page: str | None = None
    #: The marks of those that something was made of before, which are not among `entries`.
    made: Sequence[str] = ()


@dataclass
class Reading:
    """One reading of one source; failures of single posts wait until the end."""

    source: Source
    net: Net
    memo: Memo = field(default_factory=Memo)
    failures: list[str] = field(default_factory=list)
    _in_a_row: int = 0

    def error(self, message: str) -> SourceError:
        return SourceError(f'source "{self.source.name}": {message}')

    @property
    def _ways_of_reading(self) -> tuple[Rules, Selectors]:
        return rules_for(self.source), self.source.selectors

    def fetch(
        self,
        url: str,
        accept: str | None = None,
        *,
        robots: bool = False,
        has: Callable[[str], bool] | None = None,
    ) -> Page:
        """Fetch a page the source consists of; raises SourceError."""
        try:
            return self.net.get(url, accept=accept, robots=robots, has=has)
        except NetError as error:
            raise self.error(str(error)) from error

    def read_archive(self, page: Page) -> Archive:
        """Read a page as a list of posts.

        Raises SourceError when nobody wrote such a page, and for a selector that is no CSS.
        """
        if heavy := too_heavy(page.text):
            raise self.error(f"{page.url} {heavy}")
        try:
            return read_archive(page.text, page.url, *self._ways_of_reading)
        except BadSelectorError as error:
            raise self.error(f"{error}; mend it in the workspace file") from None

    def fetch_older(
        self,
        url: str,
        accept: str | None = None,
        *,
        robots: bool = False,
        has: Callable[[str], bool] | None = None,
    ) -> Page | None:
        """Fetch a page with older posts; None past the last one."""
        try:
            return self.net.get(url, accept=accept, robots=robots, has=has)
        except NetError as error:
            if error.status in (400, 404, 410):
                return None
            raise self.error(f"{error}; older posts are left for the next run") from error

    def complete(self, draft: Draft) -> bool:
        """Complete a draft from the post's own page; False, and noted, when that fails."""
        if self._in_a_row >= _PATIENCE:
            return self.fail(draft, "not tried after the failures before it")
        try:
            page = self.net.get(draft.url, accept=ACCEPT_PAGE, robots=True)
        except NetError as error:
            self._in_a_row = 0 if error.status in (404, 410) else self._in_a_row + 1
            return self.fail(draft, str(error))
        self._in_a_row = 0
        if page.content_type not in ("text/html", "application/xhtml+xml", ""):
            return self.fail(draft, f"{draft.url} is no web page but {page.content_type}")
        if heavy := too_heavy(page.text):
            return self.fail(draft, f"{draft.url} {heavy}")
        try:
            with reading_turn:
                article = read_article(page.text, page.url, *self._ways_of_reading)
        except BadSelectorError as error:
            raise self.error(f"{error}; mend it in the workspace file") from None
        shown, whole = words_of(draft.html), words_of(article.html or "")
        if not whole or not _contains(whole, shown):
            return self.fail(draft, f"{draft.url} does not show the text it announces")
        draft.complete(article, page.url)
        return True

    def is_light(self, draft: Draft) -> bool:
        """Whether a draft's text can be read in bounded time; False, and noted, when not."""
        with reading_turn:
            heavy = too_heavy(draft.html)
        return self.fail(draft, f"its text {heavy}") if heavy else True

    def fail(self, draft: Draft, reason: str) -> bool:
        """Note that a post is not given, and why."""
        self.failures.append(f'"{draft.title or draft.url}" ({reason})')
        return False

    def finish(self) -> None:
        """Raise SourceError when something was not given."""
        if self.failures:
            more = len(self.failures) - 3
            named = "; ".join(self.failures[:3]) + (f"; and {more} more" if more > 0 else "")
            text = f"left for the next run, not lost: {named}"
            raise LeftOverError(f'source "{self.source.name}": {text}')

    def is_wanted(self, draft: Draft, *, all_tags: bool = True) -> bool | None:
        """Whether the source asks for this author and these tags; None: it cannot be told.

        `all_tags` says whether the draft has every tag of the post, if it has any.
        """
        answers = (self.source.is_by(draft.author), self._is_tagged(draft.tags, all_tags))
        return False if False in answers else None if None in answers else True

    def _is_tagged(self, tags: Iterable[str], all_tags: bool) -> bool | None:
        named = {_tag(tag) for tag in tags}
        if not self.source.tags or named & {_tag(tag) for tag in self.source.tags}:
            return True
        return False if named and all_tags else None

    def is_all_known(self, drafts: Iterable[Draft], keys: Iterable[str] = ()) -> bool:
        """Whether a page shows posts that are wanted, and none that was not read before.

        `keys` are those of the posts it shows as they were.
        """
        wanted = [draft for draft in drafts if self.is_wanted(draft) is not False]
        addresses = [_address(draft.url) for draft in wanted]
        shown = [*(url and address_key(url) for url in addresses), *keys]
        return bool(shown) and all(key and self.memo.known(key) for key in shown)

    def is_recent(self, published: datetime | None, since: datetime | None) -> bool:
        return since is None or published is None or published >= since

    def give_new(self, draft: Draft) -> Iterator[Post | Seen]:
        """Make a post of a draft that has the whole text, unless that was done before."""
        draft.mark = mark_of(repr(draft))
        if (key := self.memo.recall(draft.mark)) is not None:
            yield from [Seen(key)] if key else []
        elif self.is_light(draft):
            yield from self.give(draft)

    def give(self, draft: Draft) -> Iterator[Post]:
        """Make a post of a draft, if it is wanted; where that cannot be told, it is noted."""
        wanted = self.is_wanted(draft)
        if wanted is None and self.source.is_by(draft.author) is None:
            self.fail(
                draft,
                f"{draft.url} names no author; use {self.source.author}'s own archive or feed, "
                "or leave `author` out",
            )
        elif wanted is None:
            self.fail(
                draft,
                f"{draft.url} names no tags; use the archive or feed of a tag, or leave `tags` out",
            )
        elif wanted and not _address(draft.url):
            self.fail(draft, f"{draft.url!r} is no web address")
        elif wanted:
            with reading_turn:
                post = make_post(self.source, draft)
            if draft.mark:
                self.memo.note(draft.mark, post.key)
            yield post
        elif draft.mark:
            self.memo.note(draft.mark, "")


def make_post(source: Source, draft: Draft) -> Post:
    """Cut a draft's body into blocks, take off what is not the column, tell its language."""
    url = canonical_url(draft.url)
    declared = (draft.language or "").lower()[:2]
    prior = source.language or next((known for known in LANGUAGES if known == declared), None)
    rules = rules_for(source)
    author = draft.author or source.author
    column, cuts, attribution = cut_boilerplate(draft.cut(rules), rules, author)
    blocks, language, _other = label_blocks(column, prior)
    pictures = [block.image for block in blocks if block.kind is BlockKind.PICTURE]
    alone = Image(draft.image) if draft.image and _address(draft.image) else None
    elsewhere = draft.canonical and address_key(draft.canonical) != address_key(url)
    named = [(name, _address(link)) for name, link in draft.alternates]
    return Post(
        url=url,
        title=draft.title or _opening(blocks),
        language=language,
        blocks=blocks,
        source=source.name,
        guid=draft.guid,
        published=draft.published,
        updated=draft.updated,
        image=next(filter(None, pictures), alone),
        credit=Credit(
            author=draft.author,
            publication=attribution.publication if attribution else None,
            published=parse_date(attribution.date) if attribution else None,
            link=draft.canonical if elsewhere else None,
            excerpt_limit=source.excerpt_limit,
        ),
        tags=draft.tags,
        cuts=cuts,
        alternates=tuple((name, link) for name, link in named if link and link != url),
    )


def load_json(text: str) -> Any:
    """Read JSON, without what neither XML nor a database can hold (lone surrogates, NUL).

    Raises ValueError or RecursionError.
    """
    return _writable(json.loads(text))


def _writable(value: Any) -> Any:
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, list):
        return [_writable(one) for one in value]
    if isinstance(value, dict):
        return {writable(name): _writable(one) for name, one in value.items()}
    return value


def only_posts(shown: Iterable[Post | Seen]) -> Iterator[Post]:
    """Give the posts; with an empty memo there is nothing else."""
    return (post for post in shown if isinstance(post, Post))


def _address(url: str) -> str | None:
    """Write an address the way it is kept; None when it is none."""
    try:
        canonical = canonical_url(url)
    except ValueError:
        return None
    return canonical if re.match(r"https?://[^/]", canonical) else None


def _tag(name: str) -> str:
    """A tag as it is compared: "CX Blogs", "cx-blogs" and "cx blogs" are one."""
    return " ".join(re.findall(r"\w+", name.casefold()))


def _opening(blocks: Sequence[Block]) -> str:
    """Give what a post without a title is known by: how it begins."""
    words = next((plain_text(block.html).split() for block in blocks if block.html), [])
    return " ".join(words[:8]) + ("…" if len(words) > 8 else "")


def first_date(texts: Sequence[str]) -> datetime | None:
    """Read the first of `texts` that says when, exactly."""
    return next((found for text in texts if (found := parse_date(text))), None)


def line_of(html: str) -> str:
    """Give a title or name as plain text on one line, of a length that can be one."""
    return " ".join(plain_text(html[:LONGEST_LINE]).split())


def words_of(html: str) -> list[str]:
    """Give the words of a body, short ones left out, to compare it by."""
    text = " ".join(plain_text(block.html) for block in blocks_of(html))
    return re.findall(r"\w{3,}", text.lower())


def _contains(whole: Sequence[str], shown: Sequence[str]) -> bool:
    """Whether a text holds what a teaser of it shows, and not less than that."""
    announced = set(shown)
    return len(announced & set(whole)) >= 0.6 * len(announced) and len(whole) >= 0.9 * len(shown)
