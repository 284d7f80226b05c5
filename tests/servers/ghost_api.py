"""A twin of Ghost's posts and newsletters, as far as a letter needs them.

In: calls of the Admin API 5. Out: what Ghost would answer. Never: a post changed by who has not
seen its last change.

As Ghost 5.130 answers: of a card it keeps the elements that stand first in it and nothing
between them, written anew as a browser reads them, and its own site's address as it spells it.
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
from datetime import datetime, timedelta
from typing import Any, ClassVar

from bs4 import BeautifulSoup, Comment, Tag

from cxgreetz.model import Held, RemoteState
from samples import NOW
from servers._api_twin import ApiTwin, Asked, Campaign, Handler, RefusalError, Reply

NEWSLETTER = "cx-nl"
#: How many members there are, by segment.
MEMBERS = {"all": 12, "label:vip": 3}
_POST = r"/posts/(\w+)/"
_CARD = "\n<!--kg-card-begin: html-->\n{}\n<!--kg-card-end: html-->\n"
#: The longest that a post's fields may be.
_LONGEST = {"title": 255, "custom_excerpt": 300, "email_subject": 300}
_SOONEST = timedelta(minutes=2)


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
        #: The site's address as its settings have it.
        self.site = self.url.removesuffix(self.prefix)

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
            ("GET", "/members/", self._members),
            ("GET", "/posts/", self._list),
            ("POST", "/posts/", self._create),
            ("GET", _POST, lambda _asked, number: self._answer_with(self._of(number))),
            ("PUT", _POST, self._save),
            ("DELETE", _POST, self._delete),
        ]

    def _of(self, number: str) -> Campaign:
        told = "Resource not found error, cannot read post."
        gone = refusal(404, "NotFoundError", told, "Post not found.")
        return self.campaign(number, gone)

    def _newsletters(self, _asked: Asked) -> Reply:
        slugs = (NEWSLETTER, "cx-en")
        rows = [{"slug": s, "name": s.upper(), "status": "active", "id": s} for s in slugs]
        return Reply({"newsletters": rows})

    def _members(self, asked: Asked) -> Reply:
        wanted = re.fullmatch(r"newsletters\.slug:[\w-]+(?:\+\((.*)\))?", asked.query["filter"][0])
        assert wanted, asked.query
        count = MEMBERS.get(_segment(wanted.group(1) or "all", "list members"), 0)
        return Reply({"members": [], "meta": {"pagination": {"total": count}}})

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
            published_at=None,
            newsletter=None,
        )
        self._put(made, wanted, asked)
        return Reply({"posts": [self._json(made)]}, 201)

    def _save(self, asked: Asked, number: str) -> Reply:
        post = self._of(number)
        (wanted,) = asked.body["posts"]
        if self.meddling:
            self.meddling -= 1
            self._touch(post)
        if "updated_at" not in wanted:
            raise _invalid("Validation failed for posts[0].")
        if wanted["updated_at"] != post.fields["updated_at"]:
            told = "Saving failed! Someone else is editing this post."
            raise refusal(409, "UpdateCollisionError", told)
        state = wanted.get("status", post.state)
        if state == "scheduled" and post.state == "draft":
            self._set_time(post, wanted["published_at"], asked)
        elif state == "draft" and post.state == "scheduled":
            post.fields["newsletter"] = None
        if "published_at" in wanted:
            post.fields["published_at"] = wanted["published_at"]
        self._put(post, wanted, asked)
        # Only a post that is mailed alone does not come to stand on the site.
        post.state = "sent" if (state, post.fields["email_only"]) == ("published", True) else state
        return self._answer_with(post)

    @staticmethod
    def _set_time(post: Campaign, when: str, asked: Asked) -> None:
        if datetime.fromisoformat(when) < NOW + _SOONEST:
            raise _invalid("Date must be at least 2 minutes in the future.")
        newsletter = asked.query.get("newsletter", [""])[0]
        segment = _segment(asked.query.get("email_segment", ["all"])[0], "edit post")
        if newsletter not in (NEWSLETTER, "cx-en"):
            told = "The newsletter parameter doesn't match any active newsletter."
            raise _not_understood("edit post", told)
        post.fields["newsletter"] = newsletter
        post.fields["mailed_to"] = (newsletter, segment, when)

    def _delete(self, _asked: Asked, number: str) -> Reply:
        del self.campaigns[self._of(number).id]
        return Reply(None, 204)

    def _put(self, post: Campaign, wanted: dict[str, Any], asked: Asked) -> None:
        for name, most in _LONGEST.items():
            if len(wanted.get(name) or "") > most:
                raise _invalid(f"Validation failed for {name}.")
        self._touch(post)
        if "html" in wanted and asked.query.get("source") == ["html"]:
            post.held = replace(post.held, html=self._written_anew(wanted["html"]))
        subject = wanted.get("email_subject", post.held.subject)
        preheader = wanted.get("custom_excerpt", post.held.preheader)
        post.held = replace(post.held, subject=subject, preheader=preheader)
        for name, usual in (("title", "(Untitled)"), ("email_only", False)):
            post.fields[name] = wanted.get(name, post.fields.get(name, usual))

    def _written_anew(self, html: str) -> str:
        body = BeautifulSoup(f"<body>{html.strip()}</body>", "html5lib").body
        assert body is not None
        parts: list[str] = []
        card: list[str] | None = None
        for node in body.children:
            mark = node.strip() if isinstance(node, Comment) else ""
            if mark == "kg-card-begin: html":
                card = []
            elif mark == "kg-card-end: html" and card is not None:
                parts.append(_CARD.format("\n".join(card).strip()))
                card = None
            elif card is not None:
                card.append(node.decode(formatter="html5") if isinstance(node, Tag) else "")
            elif isinstance(node, Tag):
                # What is no card becomes blocks: paragraphs and links.
                parts.append(re.sub(r"<(?!/?(p|a)\b)[^>]+>", "", node.decode()))
        host = re.escape(self.site.partition("://")[2])
        return re.sub(rf'(?<=")https?://{host}(?:/|(?=["?#]))', f"{self.site}/", "".join(parts))

    def _touch(self, post: Campaign) -> None:
        self._saves += 1
        post.fields["updated_at"] = f"2026-11-22T09:00:00.{self._saves:03}Z"

    def _answer_with(self, post: Campaign) -> Reply:
        return Reply({"posts": [self._json(post)]})

    def _json(self, post: Campaign) -> dict[str, Any]:
        names = ("slug", "title", "tags", "email_only", "published_at")
        fields = {name: post.fields[name] for name in names}
        return fields | {
            "id": post.id,
            "updated_at": post.fields["updated_at"],
            "status": post.state,
            "html": post.held.html,
            "email_subject": post.held.subject,
            "custom_excerpt": post.held.preheader,
        }


def _invalid(context: str) -> RefusalError:
    return refusal(422, "ValidationError", "Validation error, cannot edit post.", context)


def _not_understood(doing: str, context: str) -> RefusalError:
    told = f"Request not understood error, cannot {doing}."
    return refusal(400, "BadRequestError", told, context)


def _segment(asked: str, doing: str) -> str:
    """The segment, if it is a filter of members."""
    if asked != "all" and not re.fullmatch(r"(label|status):-?[\w-]+", asked):
        raise _not_understood(doing, "Error parsing filter")
    return asked


def _bytes(coded: str) -> bytes:
    return base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4))


def _read(coded: str) -> Any:
    return json.loads(_bytes(coded))
