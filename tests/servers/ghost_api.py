"""A twin of Ghost's posts and newsletters, as far as a letter needs them.

In: calls of the Admin API 5. Out: what Ghost would answer. Never: a post changed by who has not
seen its last change.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from cxgreetz.model import Held, RemoteState
from servers._api_twin import ApiTwin, Asked, Campaign, Handler, RefusalError, Reply

NEWSLETTER = "cx-nl"
_POST = r"/posts/(\w+)/"


def refusal(status: int, kind: str, message: str, context: str = "") -> RefusalError:
    return RefusalError(status, _errors(kind, message, context))


def _errors(kind: str, message: str, context: str = "") -> dict[str, Any]:
    told = {"message": message, "context": context or None, "type": kind, "details": None}
    return {"errors": [told | {"code": None, "id": "0b1c"}]}


class GhostApi(ApiTwin):
    """One site with two newsletters."""

    prefix = "/ghost/api/admin"
    creates = ("POST", "/posts/")
    unauthorised: ClassVar[Any] = _errors("UnauthorizedError", "Invalid token: invalid signature")
    broken: ClassVar[Any] = _errors("InternalServerError", "Something went wrong")
    states: ClassVar[dict[RemoteState, str]] = {
        RemoteState.DRAFT: "draft",
        RemoteState.SCHEDULED: "scheduled",
        RemoteState.SENDING: "sent",
        RemoteState.SENT: "sent",
    }

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self._saves = 0
        #: Somebody else saves a post just before the next changes of it.
        self.meddling = 0

    def is_allowed(self, asked: Asked) -> bool:
        number, _, secret = self.key.partition(":")
        kind, _, token = asked.headers.get("authorization", "").partition(" ")
        head, claims, proof = token.split(".")
        wanted = hmac.digest(bytes.fromhex(secret), f"{head}.{claims}".encode(), hashlib.sha256)
        told = _read(claims)
        now = time.time()
        return (
            kind == "Ghost"
            and _read(head) == {"alg": "HS256", "typ": "JWT", "kid": number}
            and _bytes(proof) == wanted
            and told["aud"] == "/admin/"
            and told["iat"] <= now < told["exp"] <= told["iat"] + 300
        )

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        return [
            ("GET", "/newsletters/", self._newsletters),
            ("GET", "/posts/", self._list),
            ("POST", "/posts/", self._create),
            ("GET", _POST, lambda _asked, number: self._answer_with(self._of(number))),
            ("PUT", _POST, self._save),
            ("DELETE", _POST, self._delete),
        ]

    def _of(self, number: str) -> Campaign:
        gone = refusal(404, "NotFoundError", "Resource not found error, cannot read post.")
        return self.campaign(number, gone)

    def _newsletters(self, _asked: Asked) -> Reply:
        slugs = (NEWSLETTER, "cx-en")
        rows = [{"slug": s, "name": s.upper(), "status": "active", "id": s} for s in slugs]
        return Reply({"newsletters": rows})

    def _list(self, asked: Asked) -> Reply:
        wanted = dict(part.split(":", 1) for part in asked.query["filter"][0].split("+"))
        states = wanted["status"].strip("[]").split(",")
        posts = [
            self._json(post)
            for post in self.listed()
            if wanted["tag"] in [tag["slug"] for tag in post.fields["tags"]]
            and post.state in states
        ]
        return Reply({"posts": posts, "meta": {"pagination": {"total": len(posts)}}})

    def _create(self, asked: Asked) -> Reply:
        (wanted,) = asked.body["posts"]
        slugs = {post.fields["slug"] for post in self.campaigns.values()}
        slug = wanted.get("slug", "untitled")
        tags = [
            {"name": tag["name"], "slug": tag["name"].replace("#", "hash-")}
            for tag in wanted.get("tags", [])
        ]
        made = self.make(
            tags[0]["name"] if tags else "",
            wanted.get("status", "draft"),
            Held(),
            slug=f"{slug}-2" if slug in slugs else slug,
            tags=tags,
            email_only=wanted.get("email_only", False),
        )
        self._put(made, wanted, asked)
        return Reply({"posts": [self._json(made)]}, 201)

    def _save(self, asked: Asked, number: str) -> Reply:
        post = self._of(number)
        (wanted,) = asked.body["posts"]
        if self.meddling:
            self.meddling -= 1
            self._touch(post)
        if wanted["updated_at"] != post.fields["updated_at"]:
            told = "Saving failed! Someone else is editing this post."
            raise refusal(409, "UpdateCollisionError", told)
        state = wanted.get("status", post.state)
        if state == "scheduled":
            newsletter = asked.query.get("newsletter", [""])[0]
            if newsletter not in (NEWSLETTER, "cx-en"):
                raise refusal(400, "BadRequestError", "There is no such newsletter.")
            segment = asked.query.get("email_segment", ["all"])[0]
            post.fields["mailed_to"] = (newsletter, segment, wanted["published_at"])
        post.state = state
        self._put(post, wanted, asked)
        return self._answer_with(post)

    def _delete(self, _asked: Asked, number: str) -> Reply:
        del self.campaigns[self._of(number).id]
        return Reply(None, 204)

    def _put(self, post: Campaign, wanted: dict[str, Any], asked: Asked) -> None:
        self._touch(post)
        html = wanted.get("html")
        if html is not None and asked.query.get("source") == ["html"]:
            card = r"<!--kg-card-begin: html-->\n(.*)\n<!--kg-card-end: html-->"
            whole = re.fullmatch(card, html, re.S)
            inside = whole.group(1) if whole else re.sub(r"<(?!/?(p|a)\b)[^>]+>", "", html)
            # It is written anew, as a browser reads it.
            inside = re.sub(r"(<table[^>]*>)\s*(?=<tr)", r"\1<tbody>", inside)
            html = f"<!--kg-card-begin: html-->\n{inside}\n<!--kg-card-end: html-->"
            post.held = replace(post.held, html=html)
        subject = wanted.get("email_subject", post.held.subject)
        preheader = wanted.get("custom_excerpt", post.held.preheader)
        post.held = replace(post.held, subject=subject, preheader=preheader)
        post.fields["title"] = wanted.get("title", post.fields.get("title"))

    def _touch(self, post: Campaign) -> None:
        self._saves += 1
        post.fields["updated_at"] = f"2026-11-22T09:00:00.{self._saves:03}Z"

    def _answer_with(self, post: Campaign) -> Reply:
        return Reply({"posts": [self._json(post)]})

    def _json(self, post: Campaign) -> dict[str, Any]:
        fields = {name: post.fields[name] for name in ("slug", "title", "tags", "email_only")}
        return fields | {
            "id": post.id,
            "updated_at": post.fields["updated_at"],
            "status": post.state,
            "html": post.held.html,
            "email_subject": post.held.subject,
            "custom_excerpt": post.held.preheader,
        }


def _bytes(coded: str) -> bytes:
    return base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))


def _read(coded: str) -> Any:
    return json.loads(_bytes(coded))
