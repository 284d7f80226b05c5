"""WordPress: a draft on a site of one's own, through its REST API.

In: a BlogPost. Out: a draft with title, blocks, picture, tags and categories. Never: a post
made twice, a category made, a status changed; a password over a line that others can read.

Of the API of WordPress 6 (developer.wordpress.org/rest-api), as an application password opens
it (`CXGREETZ_WORDPRESS_API_KEY`, "user:application password"). Our key stands in the anchor of
the first closing line, which the site's own search finds; in the post's meta where the site
registers `cxgreetz_key` for REST, and else in the slug. Not by meta alone: core cannot be
asked for posts by it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cxgreetz.blogs._blocks import as_html, has_anchor, to_blocks, words_in
from cxgreetz.blogs._library import Library, list_of
from cxgreetz.errors import ConfigError, Problem, ProviderError
from cxgreetz.model import (
    BlockKind,
    BlogPost,
    BlogRemote,
    BlogState,
    Image,
    address_key,
    fingerprint,
)
from cxgreetz.net.api import Api, basic, key_variable
from cxgreetz.ports import BlogAccount, BlogCapabilities

if TYPE_CHECKING:
    from cxgreetz.net import Net

CAPABILITIES = BlogCapabilities(needs_url=True)

_NAME = "wordpress"
_META = "cxgreetz_key"
_STATES = {
    "draft": BlogState.DRAFT,
    "auto-draft": BlogState.DRAFT,
    "pending": BlogState.PENDING,
    "future": BlogState.SCHEDULED,
    "private": BlogState.PRIVATE,
    "publish": BlogState.PUBLISHED,
    "trash": BlogState.TRASHED,
}
#: Every state there is, a plug-in's own among them; the bin is in "any" at no site.
_EVERYWHERE = {"status": "any,trash", "context": "edit", "per_page": 100}
_FIELDS = "id,slug,status,link,title,content,excerpt,tags,categories,featured_media,meta"
#: How a site answers that lets nobody ask what there is.
_NO_OPTIONS = frozenset({403, 405, 501})
#: Where SEO plug-ins keep the canonical address, where a site registers it for REST.
_CANONICAL = ("_yoast_wpseo_canonical", "rank_math_canonical_url")


def open(account: BlogAccount, net: Net) -> WordPress:
    """Make ready; raises ConfigError for a missing address or password."""
    if not account.url:
        raise ConfigError(
            "cxgreetz.toml",
            [Problem("blog.url", "is not set; it names your site, like https://blog.example.org")],
        )
    url = account.url.rstrip("/")
    if urlsplit(url).scheme != "https" and not _is_loopback(urlsplit(url).hostname or ""):
        reason = "starts with http://, and the password would travel in the clear; use https://"
        raise ConfigError("cxgreetz.toml", [Problem("blog.url", reason)])
    user, _, password = (account.api_key or "").strip().partition(":")
    if not user or len(password) < 8 or not (user + password).isprintable():
        looks = "it is user:application password (in WordPress: Users, Profile)"
        told = f"does not look like one: {looks}" if account.api_key else f"is not set; {looks}"
        raise ConfigError("environment", [Problem(key_variable(_NAME), told)])
    return WordPress(url, user, password, account, net)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class WordPress:
    """One site."""

    def __init__(self, url: str, user: str, password: str, account: BlogAccount, net: Net) -> None:
        self.site = url

        def api(base: str) -> Api:
            headers = {"Authorization": basic(user, password)}
            return Api(
                _NAME,
                password,
                net,
                account.sleep,
                base=base,
                headers=headers,
                option="blog.url",
                again="syndicate again",
            )

        self._ways = [api(f"{url}/wp-json/wp/v2"), api(f"{url}/?rest_route=/wp/v2")]
        self._found: Api | None = None
        #: What the site's posts have, once it is known.
        self._schema: dict[str, Any] = {}
        self._library = Library(lambda: self._api, url, net)

    def knock(self) -> None:
        try:
            if not self._schema_of_posts():  # nothing was said yet, and to nobody
                list_of(self._api, "posts", {"context": "edit", "per_page": 1, "_fields": "id"})
        except ProviderError as error:
            if error.status not in (HTTPStatus.OK, HTTPStatus.NOT_FOUND):
                raise
            told = f"{self.site} answers, but not as a WordPress ({error}); mend blog.url in "
            raise ProviderError(f"{told}cxgreetz.toml", status=error.status) from None

    def find(self, key: str, slug: str) -> list[BlogRemote]:
        own = _own_slug(slug, key)
        slugs = ",".join([slug, own, f"{slug}__trashed", f"{own}__trashed"])
        asked: list[dict[str, object]] = [{"slug": slugs}, {"search": key}]
        found: dict[int, Any] = {}
        for query in asked:
            for post in list_of(self._api, "posts", {**_EVERYWHERE, **query, "_fields": _FIELDS}):
                found[self._api.dig(post, "id")] = post
        return [self._remote(post) for post in found.values() if self._is_ours(post, key, own)]

    def look_up(self, remote_id: str) -> BlogRemote | None:
        try:
            query = {"context": "edit", "_fields": _FIELDS}
            return self._remote(self._api.read(f"posts/{remote_id}", query))
        except ProviderError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def text_of(self, post: BlogPost) -> str:
        return words_in(as_html(post.title), self._content(post))

    def prepare(self, post: BlogPost) -> list[str]:
        told = [self._library.need_picture(image, post.title) for image in _images(post)]
        told += [self._library.need_tag(name, make=True) for name in post.tags]
        return [line for line in told if line] + self._lacking(post)

    def plan(self, post: BlogPost) -> list[str]:
        told = [self._library.need_tag(name, make=False) for name in post.tags]
        for image in _images(post):
            if self._library.find_picture(image.src) is None:
                told.append(f"the picture {image.src} would be uploaded, if it can be had")
        return [line for line in told if line] + self._lacking(post)

    def create(self, post: BlogPost) -> BlogRemote:
        try:
            wanted = self._wanted(post) | {"status": "draft"}
        except ProviderError as error:  # whatever was asked for it, no post was made
            raise ProviderError(
                str(error), status=error.status, retry_after=error.retry_after
            ) from None
        return self._remote(self._api.once("POST", "posts", json=wanted), open_ended=True)

    def update(self, remote_id: str, post: BlogPost) -> BlogRemote:
        changed = self._api.change("POST", f"posts/{remote_id}", json=self._wanted(post))
        return self._remote(changed)

    # what the site offers

    @property
    def _api(self) -> Api:
        """The API, with pretty addresses or without."""
        if self._found is None:
            pretty, plain = self._ways
            try:
                self._find_schema(pretty)
            except ProviderError as error:
                bare = error.status == HTTPStatus.OK  # a page, where the API should be
                if error.status != HTTPStatus.NOT_FOUND and not bare:
                    raise
                self._find_schema(plain)
        assert self._found is not None
        return self._found

    def _find_schema(self, api: Api) -> None:
        try:
            told = api.change("OPTIONS", "posts")
        except ProviderError as error:
            if error.status not in _NO_OPTIONS:
                raise
            # A firewall's word, as a rule: then no more is known than what core has.
            self._schema, self._found = {}, api
            return
        properties = api.dig(told, "schema", "properties")
        if not isinstance(properties, dict):
            raise ProviderError(f"{_NAME}: {self.site} does not say what its posts have")
        self._schema, self._found = properties, api

    def _schema_of_posts(self) -> Mapping[str, Any]:
        return self._schema if self._api else {}

    def _meta_fields(self) -> Mapping[str, Any]:
        fields = (self._schema_of_posts().get("meta") or {}).get("properties")
        return fields if isinstance(fields, dict) else {}  # none are told as a list

    def _lacking(self, post: BlogPost) -> list[str]:
        """What the post should have, and this site does not offer through its API."""
        told = []
        for name in post.categories:
            if self._library.term("categories", name) is None:
                told.append(
                    f"the blog has no category {name!r}; make it there, or mend "
                    f"blog.categories.{post.language}"
                )
        if post.canonical and not self._canonical_fields(post):
            told.append(
                "the blog takes no canonical address through its API; the text links to "
                f"the original: {post.canonical}"
            )
        if self._sister_id(post) and not self._relates():
            told.append(
                "the blog takes no language relation through its API (Polylang's Pro version "
                f"has it); the text links to the sister: {post.sister}"
            )
        return told

    def _canonical_fields(self, post: BlogPost) -> dict[str, Any]:
        if not post.canonical:
            return {}
        fields = self._meta_fields()
        meta = {name: post.canonical for name in _CANONICAL if name in fields}
        given: dict[str, Any] = {"meta": meta} if meta else {}
        if "aioseo_meta_data" in self._schema_of_posts():
            given["aioseo_meta_data"] = {"canonical_url": post.canonical}
        return given

    def _relates(self) -> bool:
        return {"lang", "translations"} <= self._schema_of_posts().keys()

    def _sister_id(self, post: BlogPost) -> int | None:
        """The number of the same text in the other language, where this blog has it."""
        if not post.sister or urlsplit(post.sister).netloc != urlsplit(self.site).netloc:
            return None
        slug = urlsplit(post.sister).path.rstrip("/").rpartition("/")[2]
        for there in (
            list_of(self._api, "posts", {"slug": slug, "_fields": "id,link"}) if slug else ()
        ):
            if address_key(str(there.get("link") or "")) == address_key(post.sister):
                return int(there["id"])
        return None

    # what a post is there

    def _wanted(self, post: BlogPost) -> dict[str, Any]:
        by_meta = _META in self._meta_fields()
        wanted: dict[str, Any] = {
            "title": as_html(post.title),
            "content": self._content(post),
            "excerpt": as_html(post.summary),
            "slug": post.slug if by_meta else _own_slug(post.slug, post.key),
            "tags": [
                n for name in post.tags if (n := self._library.term("tags", name)) is not None
            ],
        }
        filed = [
            n
            for name in post.categories
            if (n := self._library.term("categories", name)) is not None
        ]
        if filed:
            wanted["categories"] = filed
        if post.image and (media := self._library.media.get(post.image.src)):
            wanted["featured_media"] = media.id
        canonical = self._canonical_fields(post)
        meta = {**({_META: post.key} if by_meta else {}), **canonical.pop("meta", {})}
        wanted |= canonical | ({"meta": meta} if meta else {})
        if self._relates():
            wanted["lang"] = post.language
            if sister := self._sister_id(post):
                wanted["translations"] = {str(post.sister_language): sister}
        return wanted

    def _content(self, post: BlogPost) -> str:
        return to_blocks(post.blocks, post.closing, post.key, self._library.media)

    def _is_ours(self, post: Any, key: str, own_slug: str) -> bool:
        meta = post.get("meta")
        if isinstance(meta, dict) and (named := meta.get(_META)):
            return bool(named == key)
        slug = str(post.get("slug") or "").removesuffix("__trashed")
        return slug == own_slug or has_anchor(_raw(post, "content"), key)

    def _remote(self, post: Any, *, open_ended: bool = False) -> BlogRemote:
        number = self._api.dig(post, "id")
        if not isinstance(number, int):
            raise ProviderError(f"{_NAME}: the answer names no post", ambiguous=open_ended)
        title, content = _raw(post, "title"), _raw(post, "content")
        filed = [sorted(post.get(name) or ()) for name in ("tags", "categories")]
        rest = (_raw(post, "excerpt"), post.get("slug"), filed, post.get("featured_media"))
        return BlogRemote(
            str(number),
            _STATES.get(str(post.get("status")), BlogState.PENDING),
            fingerprint(title, content, *rest),
            words_in(title, content),
            url=str(post.get("link") or ""),
            edit_url=f"{self.site}/wp-admin/post.php?post={number}&action=edit",
        )


def _images(post: BlogPost) -> Iterable[Image]:
    """The pictures of a post, each once; of two with one address its own."""
    shown = [post.image, *(b.image for b in post.blocks if b.kind is BlockKind.PICTURE)]
    return {image.src: image for image in reversed(shown) if image}.values()


def _own_slug(slug: str, key: str) -> str:
    """An address that only this post has, whoever picks one for another."""
    return f"{slug[:60].rstrip('-')}-{fingerprint(key)[:8]}"


def _raw(post: Any, name: str) -> str:
    value = post.get(name) if isinstance(post, dict) else None
    raw = value.get("raw") if isinstance(value, dict) else None
    return raw if isinstance(raw, str) else ""
