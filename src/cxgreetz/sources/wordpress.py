"""Read a WordPress site through its REST API.

In: an address of the site: its root, a tag, a category, an author, or the API itself.
Out: the posts behind that address, a hundred at a time. Never: a key; what a site keeps
closed stays closed, and the feed is named instead.

The API is documented at developer.wordpress.org/rest-api; measured on a tag with 1,000 posts,
it takes 10 requests where the archive takes 200.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cxgreetz.dates import parse_date
from cxgreetz.errors import NetError, SourceError
from cxgreetz.markup import PageLink, find_links, too_heavy
from cxgreetz.model import Post, Seen, Source, iso
from cxgreetz.net import Net, Page
from cxgreetz.ports import Memo
from cxgreetz.sources._reading import (
    ACCEPT_PAGE,
    MAX_PAGES,
    Draft,
    Reading,
    line_of,
    load_json,
    only_posts,
)

_PER_PAGE = 100
_FIELDS = (
    "id,date_gmt,modified_gmt,link,guid,title,content,author,featured_media,tags,categories,lang,"
    "yoast_head_json.author"
)
#: How an address names a part of a site, and the collection that part is in.
_PARTS = {"tag": "tags", "category": "categories", "category_name": "categories"}
_PARTS |= {"author": "users", "author_name": "users"}
#: The parameter that narrows posts to one entry of a collection.
_NARROWED_BY = {"tags": "tags", "categories": "categories", "users": "author", "posts": "include"}
_ROUTE = re.compile(r"/wp/v2/(tags|categories|users|posts)/(\d+)/?$")
#: The API's own address at the beginning of one of its addresses, with and without pretty ones.
_ROOT = re.compile(r".*?/wp-json|.*?[?&]rest_route=(?=/|%2F)", re.IGNORECASE)
_USE_FEED = 'use its feed (kind = "feed")'


@dataclass(frozen=True, slots=True)
class _Api:
    """A site's API, and which of its posts are asked for."""

    root: str
    narrowed: Mapping[str, str]
    #: What was looked up, by collection and number.
    found: dict[str, dict[Any, dict[str, Any]]] = field(default_factory=dict)

    def address(self, collection: str, **parameters: object) -> str:
        # Without pretty addresses the root is itself a query: "/index.php?rest_route=/".
        query = urlencode(parameters, safe=",:")
        start = f"{self.root.rstrip('/')}/wp/v2/{collection}"
        return f"{start}{'&' if '?' in start else '?'}{query}" if query else start


def read(source: Source, net: Net, since: datetime | None) -> Iterator[Post]:
    """Give the posts behind an address of a WordPress site, newest first."""
    return only_posts(read_new(source, net, since, Memo()))


def is_api(url: str) -> bool:
    """Whether an address is one of an API itself."""
    return _ROOT.match(url) is not None


def api_of(source: Source, net: Net, page: Page) -> str | None:
    """Give the address under which the API of a page's site has the posts the page lists.

    None when the page names no API, or is that of a single post. Raises SourceError when
    the API does not say what the page stands for.
    """
    api = _api_of_page(Reading(source, net), page)
    if api is None or "include" in api.narrowed:
        return None
    return api.address("posts", **api.narrowed)


def is_route_of_post(page: Page) -> bool:
    """Whether a page names itself to the API as a single post."""
    return any("include" in _narrowed_by_route(route) for route in _named_api(page)[1])


def read_new(source: Source, net: Net, since: datetime | None, memo: Memo) -> Iterator[Post | Seen]:
    """The same, up to a page where everything is known."""
    reading = Reading(source, net, memo)
    api = _find_api(reading)
    wanted: dict[str, object] = {**api.narrowed, "per_page": _PER_PAGE, "_fields": _FIELDS}
    if since:  # it compares in the site's own zone
        wanted["after"] = iso(since - timedelta(days=1))
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(_fetch, reading, api.address("posts", **wanted, page=1))
        for number in range(2, MAX_PAGES + 2):
            page = coming.result()
            posts = [post for post in _objects(reading, page) if isinstance(post.get("id"), int)]
            drafts = _drafts(reading, api, posts, since)
            total = page.headers.get("x-wp-totalpages", "")
            last = number > int(total) if total.isdecimal() else len(posts) < _PER_PAGE
            last = last or reading.is_all_known(drafts)
            if not last:  # asked for while these are read
                coming = ahead.submit(_fetch, reading, api.address("posts", **wanted, page=number))
            for draft in drafts:
                yield from reading.give_new(draft)
            if last:
                break
    reading.finish()


def _drafts(
    reading: Reading, api: _Api, posts: list[dict[str, Any]], since: datetime | None
) -> list[Draft]:
    """Read the posts of one answer; raises SourceError where names that matter are closed."""
    authors = _look_up(reading, api, "users", (post.get("author") for post in posts), "name")
    filed = [_filed_under(reading, api, posts, "tags")]
    if reading.source.tags:  # a feed does not tell tags from categories, so neither may a filter
        filed.append(_filed_under(reading, api, posts, "categories"))
    pictures = (post.get("featured_media") for post in posts)
    media = _look_up(reading, api, "media", pictures, "source_url,media_details.sizes.large")
    drafts = []
    for post in posts:
        named = post.get("yoast_head_json") or {}
        author = authors.get(post.get("author"), {}).get("name") or named.get("author")
        body = post.get("content") or {}
        draft = Draft(
            url=post.get("link") or "",
            title=line_of(_rendered(post, "title")),
            html=_rendered(post, "content"),
            guid=line_of(_rendered(post, "guid")) or None,
            published=parse_date(post.get("date_gmt"), UTC),
            updated=parse_date(post.get("modified_gmt"), UTC),
            author=line_of(author) if isinstance(author, str) else None,
            tags=tuple(name for names in filed for name in names.get(post["id"], ())),
            image=_picture(media.get(post.get("featured_media"), {})),
            language=post.get("lang") if isinstance(post.get("lang"), str) else None,
        )
        if draft.url and not body.get("protected") and reading.is_recent(draft.published, since):
            drafts.append(draft)
    if reading.source.author and drafts and not any(draft.author for draft in drafts):
        raise reading.error(f"{api.root} does not say who wrote what; {_USE_FEED}")
    return drafts


def _filed_under(
    reading: Reading, api: _Api, posts: list[dict[str, Any]], collection: str
) -> dict[int, tuple[str, ...]]:
    """Give the names of each post's tags, or categories; raises SourceError when asked in vain."""
    numbers = {post["id"]: _numbers(post.get(collection)) for post in posts}
    asked = {number for some in numbers.values() for number in some}
    found = _look_up(reading, api, collection, asked, "name")
    if reading.source.tags and not asked <= found.keys():
        raise reading.error(f"{api.root} does not name all its {collection}; {_USE_FEED}")
    return {
        post: tuple(line_of(str(found[n]["name"])) for n in some if n in found)
        for post, some in numbers.items()
    }


def _find_api(reading: Reading) -> _Api:
    """Find the API and what an address stands for in it; raises SourceError."""
    url = reading.source.url
    if root := _ROOT.match(url):
        return _Api(root.group(), _narrowed_by_route(url))
    page = reading.fetch(url, ACCEPT_PAGE)
    if heavy := too_heavy(page.text):
        raise reading.error(f"{page.url} {heavy}")
    api = _api_of_page(reading, page)
    if api is None:
        raise reading.error(
            f"{url} does not name a WordPress API; is it a WordPress site? if so, {_USE_FEED}"
        )
    return api


def _api_of_page(reading: Reading, page: Page) -> _Api | None:
    root, shown = _named_api(page)
    if root is None:
        return None
    for route in shown:
        if narrowed := _narrowed_by_route(route):
            return _Api(root, narrowed)
    if any("/wp/v2/pages/" in route for route in shown) or _is_front(page.url):
        return _Api(root, {})
    if any("/wp/v2/" in route for route in shown):
        raise reading.error(f"{page.url} is a part of its site that the API has no posts for")
    return _Api(root, _narrowed_by_name(reading, _Api(root, {}), page.url))


def _narrowed_by_route(url: str) -> dict[str, str]:
    """Read ".../wp/v2/tags/3", or ".../wp/v2/posts?tags=3"."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if route := _ROUTE.search(query.get("rest_route", parts.path)):
        return {_NARROWED_BY[route.group(1)]: route.group(2)}
    names = ("tags", "categories", "author", "include")
    return {name: query[name] for name in names if name in query}


def _narrowed_by_name(reading: Reading, api: _Api, url: str) -> dict[str, str]:
    """Look up the tag, category or author that an address names by its slug."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    segments = [segment for segment in parts.path.split("/") if segment]
    asked = [(_PARTS[name], value) for name, value in query.items() if name in _PARTS]
    if segments:
        named = [_PARTS[segment] for segment in segments[:-1] if segment in _PARTS]
        asked += [(name, segments[-1]) for name in named or ("tags", "categories", "users")]
    for collection, slug in asked:
        if slug.isdecimal() and collection == "users":
            return {"author": slug}
        page = _fetch(reading, api.address(collection, slug=slug, _fields="id"))
        for found in _objects(reading, page):
            return {_NARROWED_BY[collection]: str(found["id"])}
    raise reading.error(
        f"{url} is no tag, category or author that the API of {api.root} knows; "
        'name the site\'s root, or use kind = "page"'
    )


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/", "/index.php") and not parts.query


def _named_api(page: Page) -> tuple[str | None, list[str]]:
    """Give the API a page names, and the addresses that the page itself has there."""
    links = [*_header_links(page), *find_links(page.text, page.url)]
    root = next((link.url for link in links if "https://api.w.org/" in link.rel), None)
    return root, [link.url for link in links if link.type == "application/json"]


def _header_links(page: Page) -> list[PageLink]:
    """Read the Link header (RFC 8288), which servers in between sometimes drop."""
    return [
        PageLink(
            rel=tuple("".join(re.findall(r'rel="?([^";]+)', rest)).lower().split()),
            type="".join(re.findall(r'type="?([^";]+)', rest)),
            url=url,
        )
        for url, rest in re.findall(r"<([^<>]+)>([^<]*)", page.headers.get("link", ""))
    ]


def _fetch(reading: Reading, url: str) -> Page:
    try:
        return reading.net.get(url, accept="application/json")
    except NetError as error:
        closed = error.status in (401, 403, 404)
        remedy = f"; the site keeps its API closed, {_USE_FEED}" if closed else ""
        raise reading.error(f"{error}{remedy}") from error


def _objects(reading: Reading, page: Page) -> list[dict[str, Any]]:
    try:
        found = load_json(page.text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise reading.error(f"{page.url} did not answer with a list in JSON; {_USE_FEED}")
    return [entry for entry in found if isinstance(entry, dict)]


def _look_up(
    reading: Reading, api: _Api, collection: str, numbers: Iterable[Any], fields: str
) -> dict[Any, dict[str, Any]]:
    """Give what is known of the entries with these numbers; less where it is kept closed."""
    found = api.found.setdefault(collection, {})
    numbers = {number for number in numbers if isinstance(number, int) and number > 0}
    asked = sorted(numbers - found.keys())
    for start in range(0, len(asked), _PER_PAGE):
        some = ",".join(map(str, asked[start : start + _PER_PAGE]))
        url = api.address(collection, include=some, per_page=_PER_PAGE, _fields=f"id,{fields}")
        try:
            found |= {entry.get("id"): entry for entry in _objects(reading, _fetch(reading, url))}
        except SourceError as error:
            cause = error.__cause__
            if isinstance(cause, NetError) and cause.retryable:
                raise
            break
    return found


def _numbers(stated: Any) -> list[int]:
    return [n for n in stated if isinstance(n, int)] if isinstance(stated, list) else []


def _picture(media: Mapping[str, Any]) -> str | None:
    """Choose the picture as wide as a column, else the one that was uploaded."""
    large = ((media.get("media_details") or {}).get("sizes") or {}).get("large") or {}
    address = large.get("source_url") or media.get("source_url")
    return address if isinstance(address, str) else None


def _rendered(post: Mapping[str, Any], name: str) -> str:
    value = post.get(name)
    text = value.get("rendered") if isinstance(value, dict) else value
    return text if isinstance(text, str) else ""
