"""Read the page of one post that somebody names.

In: an address. Out: the post. Never: a list of posts taken for one, a page that its site
closes to programs.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from cxgreetz.errors import NetError, SourceError
from cxgreetz.markup import (
    BadSelectorError,
    is_one_post,
    read_archive,
    read_article,
    rules_for,
    too_heavy,
)
from cxgreetz.model import Post, Source, address_key
from cxgreetz.net import Net, Page
from cxgreetz.sources._reading import (
    ACCEPT_PAGE,
    Draft,
    make_post,
    reading_turn,
    words_of,
)


def read_one(source: Source, net: Net, url: str) -> Post:
    """Read the post at `url` as one of `source`; raises SourceError in one line."""
    try:
        page = net.get(url, accept=ACCEPT_PAGE, robots=True)
    except NetError as error:
        raise SourceError(str(error)) from error
    if page.content_type not in ("text/html", "application/xhtml+xml", ""):
        raise SourceError(f"{url} is no web page but {page.content_type}")
    if heavy := too_heavy(page.text):
        raise SourceError(f"{url} {heavy}")
    try:
        return _read(source, page)
    except BadSelectorError as error:
        raise SourceError(f"{url}: {error}; mend it in the workspace file") from None


def _read(source: Source, page: Page) -> Post:
    url = page.url
    with reading_turn:
        own = urlsplit(source.url).hostname == urlsplit(url).hostname
        selectors = source.selectors if own else None
        article = read_article(page.text, url, rules_for(source), selectors)
        words = words_of(article.html or "")
        if not words:
            raise SourceError(f"{url} shows no text of a post")
        if not is_one_post(page.text) and _lists(page.text, url, words):
            raise SourceError(f"{url} lists posts; name the address of one")
        draft = Draft(url, "")
        draft.complete(article, url)
        return make_post(source, draft)


def _lists(html: str, url: str, words: list[str]) -> bool:
    """Whether what seems to be a page's text is that of one of several posts it lists."""
    shown = [e for e in read_archive(html, url).entries if address_key(e.url) != address_key(url)]
    return len(shown) > 1 and any(words_of(e.html or "")[:20] == words[:20] for e in shown)
