"""Read a page that lists posts: a tag archive, a blog's front page, an h-feed.

In: its address. Out: its posts with their whole text, going back page by page. Never: an
excerpt given for the text, an endless walk through pages that lead to each other.

Archives of most themes carry whole posts; those of others only look so. So the first post
that seems whole is compared with its own page, and what that shows holds for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from cxgreetz.markup import Entry
from cxgreetz.model import Post, Seen, Source, address_key
from cxgreetz.net import Net, Page
from cxgreetz.ports import Memo
from cxgreetz.sources._reading import (
    ACCEPT_PAGE,
    MAX_PAGES,
    Draft,
    Reading,
    first_date,
    only_posts,
    words_of,
)

#: A page with more of a post than this many times its archive shows the archive to be short.
_FULLER = 1.1


def read(source: Source, net: Net, since: datetime | None) -> Iterator[Post]:
    """Give the posts of an archive, following older pages as far as `since` asks."""
    return only_posts(read_new(source, net, since, Memo()))


def read_new(source: Source, net: Net, since: datetime | None, memo: Memo) -> Iterator[Post | Seen]:
    """The same, up to a page where everything is known."""
    archive = _ArchiveReading(Reading(source, net, memo), since)
    yield from archive.posts()
    archive.reading.finish()


class _ArchiveReading:
    """What becomes known of an archive while it is read."""

    def __init__(self, reading: Reading, since: datetime | None) -> None:
        self.reading, self.since = reading, since
        #: Whether posts that seem whole are; None until one has been compared.
        self.trusted: bool | None = None
        #: Whether the posts' own pages name authors.
        self.names_authors = False

    def posts(self) -> Iterator[Post | Seen]:
        url = self.reading.source.url
        page: Page | None = self.reading.fetch(url, ACCEPT_PAGE, robots=True)
        seen: set[str] = set()
        visited: set[str] = set()
        for _number in range(MAX_PAGES):
            if page is None:
                return
            visited.add(address_key(page.url))
            archive = self.reading.read_archive(page)
            if not archive.entries and not seen:
                raise self.reading.error(f"no posts found on {page.url}; has the page changed?")
            fresh = [entry for entry in archive.entries if address_key(entry.url) not in seen]
            old = 0
            drafts = []
            for entry in fresh:
                draft, wanted = self._draft(entry, archive.language)
                drafts.append(draft)
                if not self.reading.is_recent(draft.published, self.since):
                    old += 1
                elif wanted:
                    yield from self.reading.give(draft)
            seen |= {address_key(entry.url) for entry in fresh}
            if old == len(fresh) or not archive.older or address_key(archive.older) in visited:
                return
            if self.reading.is_all_known(drafts):
                return
            page = self.reading.fetch_older(archive.older, ACCEPT_PAGE, robots=True)
        self.reading.failures.append(f"what is older than {MAX_PAGES} pages of {url}")

    def _draft(self, entry: Entry, language: str | None) -> tuple[Draft, bool]:
        """Read an entry, with its own page if need be; the second value: it may be given."""
        draft = Draft(
            url=entry.url,
            title=entry.title,
            html=entry.html or "",
            published=first_date(entry.dates),
            author=entry.author,
            tags=entry.tags,
            language=language,
        )
        # A list may show some of a post's tags only; its own page has them all.
        wanted = self.reading.is_wanted(draft, all_tags=False)
        if wanted is False or not self.reading.is_recent(draft.published, self.since):
            return draft, False
        named = draft.author or not self.names_authors
        enough = entry.full and self.trusted and draft.published and wanted and named
        return draft, bool(enough) or self._complete(draft, entry)

    def _complete(self, draft: Draft, entry: Entry) -> bool:
        shown = len(words_of(draft.html))
        if not self.reading.complete(draft):
            return False
        if entry.full and self.trusted is None:
            self.trusted = len(words_of(draft.html)) <= _FULLER * shown
        self.names_authors = self.names_authors or draft.author is not None
        return True
