"""A twin of a WordPress site's REST API, as far as drafts need it.

In: calls with an application password. Out: what WordPress 6 would answer. Never: a post
shown to who may not see it, a slug that two published posts have, a tag made twice.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from typing import Any, ClassVar
from urllib.parse import unquote

from cxgreetz.model import Held
from samples import NOW
from servers._api_twin import ApiTwin, Asked, Campaign, Handler, RefusalError, Reply

KEY = "anna:Xk4w Zq8s Lr0t Nb6y Wv3p Jd2m"
#: The smallest PNG there is: one white dot.
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII="
)
_HIDDEN = {"draft", "pending", "future", "private", "trash"}
_WRITABLE = ("excerpt", "tags", "categories", "featured_media", "lang", "translations")


def refusal(code: str, message: str, status: int, **data: Any) -> RefusalError:
    return RefusalError(
        status, {"code": code, "message": message, "data": {"status": status, **data}}
    )


class WordPressApi(ApiTwin):
    """One site, with an editor."""

    prefix = "/wp-json/wp/v2"
    creates = ("POST", "/posts")
    unauthorised: ClassVar[Any] = {
        "code": "incorrect_password",
        "message": "The provided password is an invalid application password.",
        "data": {"status": 401},
    }
    broken: ClassVar[Any] = {
        "code": "internal_server_error",
        "message": "There has been a critical error on this website.",
        "data": {"status": 500},
    }

    def __init__(self, key: str = KEY) -> None:
        super().__init__(key)
        #: What the site registers for REST beside what core has.
        self.meta: tuple[str, ...] = ()
        self.more: tuple[str, ...] = ()
        self.makes_tags = True
        #: False: a firewall lets nobody ask what a post has.
        self.describes = True
        self.forget()

    @property
    def site(self) -> str:
        return self.url.removesuffix(self.prefix)

    def forget(self) -> None:
        super().forget()
        self.tags: dict[int, str] = {3: "cx blogs"}
        self.categories: dict[int, str] = {1: "Uncategorized", 2: "Blogs &amp; more"}
        self.media: dict[int, dict[str, Any]] = {}

    def is_allowed(self, asked: Asked) -> bool:
        if asked.path.startswith("/pictures/"):
            return True
        kind, _, coded = asked.headers.get("authorization", "").partition(" ")
        user, _, password = base64.b64decode(coded).decode().partition(":")
        # As WordPress does: spaces are for the eye.
        return kind == "Basic" and f"{user}:{password.replace(' ', '')}" == self.key.replace(
            " ", ""
        )

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        return [
            ("GET", r"/pictures/.*", lambda _asked: Reply(DOT)),
            ("OPTIONS", "/posts", self._describe),
            ("GET", "/posts", self._list_posts),
            ("POST", "/posts", self._create),
            ("GET", r"/posts/(\d+)", lambda _a, number: Reply(self._json(self._of(number)))),
            ("POST", r"/posts/(\d+)", self._update),
            ("GET", "/(tags|categories)", self._list_terms),
            ("POST", "/tags", self._make_tag),
            ("GET", "/media", self._list_media),
            ("POST", "/media", self._upload),
            ("POST", r"/media/(\d+)", self._describe_media),
        ]

    # for tests: what a person does there

    def edit(self, old: str, new: str) -> None:
        for post in self.campaigns.values():
            assert old in post.fields["content"]
            post.fields["content"] = post.fields["content"].replace(old, new)

    def publish(self, slug: str = "") -> None:
        for post in self.campaigns.values():
            post.state = "publish"
            if slug:
                post.name = slug

    def trash(self) -> None:
        for post in self.campaigns.values():
            post.state, post.name = "trash", f"{post.name}__trashed"

    # posts

    def _describe(self, _asked: Asked) -> Reply:
        if not self.describes:
            raise RefusalError(405, None)
        names = ["id", "slug", "status", "title", "content", "meta", *_WRITABLE[:4], *self.more]
        properties: dict[str, Any] = {name: {} for name in names}
        # PHP writes an empty map as a list.
        meta: Any = {name: {"type": "string"} for name in self.meta} or []
        properties["meta"] = {"type": "object", "properties": meta}
        return Reply({"namespace": "wp/v2", "schema": {"title": "post", "properties": properties}})

    def _of(self, number: str) -> Campaign:
        return self.campaign(number, refusal("rest_post_invalid_id", "Invalid post ID.", 404))

    def _list_posts(self, asked: Asked) -> Reply:
        given = {name: values[-1] for name, values in asked.query.items()}
        states = set(given.get("status", "publish").split(","))
        if "any" in states:
            states |= _HIDDEN - {"trash"} | {"publish"}
        if states - {"publish", "any"} and given.get("context") != "edit":
            raise refusal("rest_forbidden_context", "Sorry, you are not allowed.", 401)
        found = [post for post in self.listed() if post.state in states]
        if "slug" in given:
            found = [post for post in found if post.name in given["slug"].split(",")]
        for word in given.get("search", "").split():
            found = [
                post
                for post in found
                if word.lower()
                in " ".join(
                    map(str, (post.fields[n] for n in ("title", "content", "excerpt")))
                ).lower()
            ]
        return Reply([self._json(post) for post in found])

    def _create(self, asked: Asked) -> Reply:
        body = asked.body
        post = self.make(body.get("slug", ""), body.get("status", "draft"), Held(), title="")
        post.fields |= {"content": "", "excerpt": "", "tags": [], "categories": [1], "meta": {}}
        self._write(post, body)
        return Reply(self._json(post), 201)

    def _update(self, asked: Asked, number: str) -> Reply:
        post = self._of(number)
        self._write(post, asked.body)
        return Reply(self._json(post))

    def _write(self, post: Campaign, body: dict[str, Any]) -> None:
        for name, known in (("tags", self.tags), ("categories", self.categories)):
            if wrong := [n for n in body.get(name, ()) if n not in known]:
                raise refusal("rest_invalid_param", f"Invalid parameter: {name} {wrong}", 400)
        if unknown := set(body.get("meta", {})) - set(self.meta):
            raise refusal("rest_invalid_param", f"Invalid parameter: {unknown}", 400)
        picture = body.get("featured_media", 0)
        if picture and picture not in self.media:
            raise refusal("rest_invalid_featured_media", "Invalid featured media ID.", 400)
        fields = {name: body[name] for name in ("title", "content", *_WRITABLE) if name in body}
        post.fields |= fields | {"meta": {**post.fields["meta"], **body.get("meta", {})}}
        post.name = body.get("slug", post.name)
        post.held = Held(html=post.fields["content"], subject=post.fields["title"])

    def _json(self, post: Campaign) -> dict[str, Any]:
        texts = {
            name: {"raw": post.fields[name], "rendered": post.fields[name]}
            for name in ("title", "content", "excerpt")
        }
        public = post.state == "publish"
        return {
            "id": int(post.id),
            "status": post.state,
            "slug": post.name,
            "link": f"{self.site}/{post.name}/" if public else f"{self.site}/?p={post.id}",
            "guid": {"rendered": f"{self.site}/?p={post.id}"},
            "date_gmt": f"{NOW:%Y-%m-%dT%H:%M:%S}",
            **texts,
            "tags": post.fields["tags"],
            "categories": post.fields["categories"],
            "featured_media": post.fields.get("featured_media", 0),
            "meta": post.fields["meta"] or [],
        }

    # tags, categories, pictures

    def _list_terms(self, asked: Asked, kind: str) -> Reply:
        (word,) = asked.query["search"]
        known = self.tags if kind == "tags" else self.categories
        # It searches in what it keeps, which is escaped.
        found = {n: name for n, name in known.items() if escape(word).lower() in name.lower()}
        return Reply([{"id": n, "name": name} for n, name in found.items()])

    def _make_tag(self, asked: Asked) -> Reply:
        name = escape(asked.body["name"])
        if not self.makes_tags:
            raise refusal("rest_cannot_create", "Sorry, you are not allowed.", 403)
        for number, known in self.tags.items():
            if known.lower() == name.lower():
                told = "A term with the name provided already exists."
                raise refusal("term_exists", told, 400, term_id=number)
        number = 100 + len(self.tags)
        self.tags[number] = name
        return Reply({"id": number, "name": name}, 201)

    def _list_media(self, asked: Asked) -> Reply:
        slug = asked.query.get("slug", [""])[0]
        word = asked.query.get("search", [""])[0].lower()
        return Reply(
            [
                one
                for one in self.media.values()
                if (slug and one["slug"] == slug) or (word and word in one["source_url"].lower())
            ]
        )

    def _upload(self, asked: Asked) -> Reply:
        named = re.search(r'filename="([^"]+)"', asked.headers["content-disposition"])
        assert named and asked.raw == DOT and asked.headers["content-type"] == "image/png"
        name = unquote(named.group(1))
        number = 500 + len(self.media)
        self.media[number] = {
            "id": number,
            "slug": name.rpartition(".")[0],
            "source_url": f"{self.site}/wp-content/uploads/2026/11/{name}",
            "alt_text": "",
            "title": {"rendered": name.rpartition(".")[0]},
        }
        return Reply(self.media[number], 201)

    def _describe_media(self, asked: Asked, number: str) -> Reply:
        told = {**asked.body, "title": {"rendered": asked.body["title"]}}
        self.media[int(number)] |= told
        return Reply(self.media[int(number)])
