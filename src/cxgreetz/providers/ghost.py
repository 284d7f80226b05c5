"""Ghost: a draft post that is only mailed, to the members of a newsletter.

In: an Email. Out: a post with its HTML, subject and preheader, under an internal tag that is our
key. Never: a post on the site, a post made twice, one that was scheduled or sent changed.

Of the Admin API 5. Ghost mails the post in a frame of its own, with the way to the web and
the one to leave; so it gets what stands in the body, and no links of ours for those.
`provider.audience` is "NEWSLETTER" or "NEWSLETTER/SEGMENT": its slug, and a filter of members
like `label:vip`. Both count when a time is set; a draft has none.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from cxgreetz.errors import ProviderError
from cxgreetz.model import Email, Held, Remote, RemoteState, iso
from cxgreetz.ports import Account, ProviderCapabilities
from cxgreetz.providers._api import (
    Api,
    need_audiences,
    need_key,
    need_url,
    read_audience,
)

if TYPE_CHECKING:
    from cxgreetz.net import Net

CAPABILITIES = ProviderCapabilities(
    # Only a person's own key may send one.
    test_mail=False,
    schedule=True,
    unschedule=True,
    text_part=False,
    rewrites_html=True,
    needs_audience=True,
)

_BASE = "/ghost/api/admin"
#: Between these Ghost keeps HTML as it is, instead of making blocks of its own of it.
_CARD = "<!--kg-card-begin: html-->\n{}\n<!--kg-card-end: html-->"
#: Of a card it writes the markup anew, so what is spelled with character references would be a
#: tag of its again; a space without width stays.
_SPELLED, _BROKEN = "&#37;&#37;&#123;", "%%&#8203;{"
_SHOWN = {"formats": "html", "include": "tags"}
_STATES = {
    "draft": RemoteState.DRAFT,
    "scheduled": RemoteState.SCHEDULED,
    "published": RemoteState.SENT,
    "sent": RemoteState.SENT,
}
#: Somebody may save the post in between, a few times.
_TRIES = 3


def open(account: Account, net: Net) -> Ghost:
    """Make ready; raises ConfigError for a missing address, key or newsletter."""
    site = re.sub(r"/ghost(/api/admin)?$", "", need_url("ghost", account))
    looks = "it is id:secret, as the page of your integration shows it"
    key = need_key("ghost", account, r"[0-9a-fA-F]+:([0-9a-fA-F]{2}){16,}", looks)
    need_audiences(account, _parts)

    def headers() -> Mapping[str, str]:
        return {"Authorization": f"Ghost {_token(key)}", "Accept-Version": "v5.0"}

    return Ghost(account, Api("ghost", account, net, base=site + _BASE, headers=headers), site)


class Ghost:
    """One site."""

    tags: Mapping[str, str] = {"unsubscribe": "", "web_version": "", "first_name": ""}
    tag_openers = ("%%{",)

    def __init__(self, account: Account, api: Api, site: str) -> None:
        self._account, self._api, self._site = account, api, site

    def find(self, key: str) -> list[Remote]:
        states = ",".join(_STATES)
        query = {**_SHOWN, "filter": f"tag:hash-{key}+status:[{states}]", "limit": 100}
        posts = self._api.dig(self._api.read("posts/", query), "posts")
        return [self._remote(post, key) for post in posts if _has_tag(post, key)]

    def look_up(self, remote_id: str) -> Remote | None:
        try:
            return self._remote(self._post(remote_id), "")
        except ProviderError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def create(self, key: str, email: Email) -> Remote:
        """Make the post, once its newsletter is known to be there."""
        try:
            self._newsletter(email.language)
        except ProviderError as error:
            # Nothing was made yet, whatever became of the question.
            raise ProviderError(str(error), status=error.status) from None
        wanted = _content(email) | {
            "slug": key,
            "status": "draft",
            "tags": [{"name": f"#{key}"}],
        }
        made = self._api.once("POST", "posts/", {"source": "html"}, json={"posts": [wanted]})
        return Remote(str(self._api.dig(made, "posts", 0, "id")), key, RemoteState.DRAFT)

    def update(self, remote_id: str, email: Email) -> Remote:
        return self._save(remote_id, _content(email), {"source": "html"}, once=False)

    def schedule(self, remote_id: str, when: datetime) -> Remote:
        """Set the time; now the newsletter and its segment are named."""
        language = _language_of(self._post(remote_id))
        newsletter, segment = _parts(self._account.audience.get(language, ""), language)
        query = {"newsletter": newsletter, "email_segment": segment}
        # Whoever takes a time back in Ghost's own list makes it a post of the site as well.
        wanted = {"status": "scheduled", "published_at": iso(when), "email_only": True}
        return self._save(remote_id, wanted, query, once=True)

    def unschedule(self, remote_id: str) -> Remote:
        return self._save(remote_id, {"status": "draft", "published_at": None}, {}, once=True)

    def check_account(self) -> list[str]:
        proved = [f"the key opens {self._site}"]
        for language in self._account.audience:
            name, segment = self._newsletter(language)
            readers = self._readers(language)
            proved.append(
                f"{language} goes to the newsletter {name!r}, segment {segment}: {readers} members"
            )
        return proved

    def _post(self, remote_id: str) -> Any:
        return self._api.dig(self._api.read(f"posts/{remote_id}/", _SHOWN), "posts", 0)

    def _save(
        self, remote_id: str, wanted: dict[str, Any], query: Mapping[str, object], *, once: bool
    ) -> Remote:
        """Change a post as it is at this moment; where somebody saved it meanwhile, again."""
        change = self._api.once if once else self._api.change
        for left in reversed(range(_TRIES)):
            seen = {"updated_at": self._api.dig(self._post(remote_id), "updated_at")}
            try:
                body = {"posts": [wanted | seen]}
                saved = change("PUT", f"posts/{remote_id}/", {**_SHOWN, **query}, json=body)
                return self._remote(self._api.dig(saved, "posts", 0), "")
            except ProviderError as error:
                if error.status != HTTPStatus.CONFLICT or not left:
                    raise
        raise AssertionError("the last try returns or raises")

    def _newsletter(self, language: str) -> tuple[str, str]:
        """Name the newsletter and the segment of a language; raises where there is none."""
        slug, segment = _parts(self._account.audience.get(language, ""), language)
        query = {"filter": "status:active", "limit": 100}
        listed = self._api.dig(self._api.read("newsletters/", query), "newsletters")
        for newsletter in listed:
            if newsletter.get("slug") == slug:
                return str(newsletter.get("name")), segment
        known = ", ".join(str(one.get("slug")) for one in listed)
        raise ProviderError(f"ghost: there is no newsletter {slug!r}; there are: {known or 'none'}")

    def _readers(self, language: str) -> int:
        """Count who would get it; raises ProviderError for a segment that is no filter."""
        slug, segment = _parts(self._account.audience.get(language, ""), language)
        chosen = f"newsletters.slug:{slug}" + ("" if segment == "all" else f"+({segment})")
        try:
            listed = self._api.read("members/", {"filter": chosen, "fields": "id", "limit": 1})
        except ProviderError as error:
            if error.status != HTTPStatus.BAD_REQUEST:
                raise
            told = f"ghost: the segment {segment!r} is no filter of members, like label:vip"
            raise ProviderError(told, status=error.status) from None
        return int(self._api.dig(listed, "meta", "pagination", "total"))

    def _remote(self, post: Any, key: str) -> Remote:
        number = str(self._api.dig(post, "id"))
        held = Held(
            html=post.get("html") or "",
            subject=post.get("email_subject") or post.get("title") or "",
            preheader=post.get("custom_excerpt") or "",
        )
        state = _STATES.get(self._api.dig(post, "status"), RemoteState.SENT)
        page = f"{self._site}/ghost/#/editor/post/{number}"
        return Remote(number, key, state, url=page, held=held)


def _content(email: Email) -> dict[str, Any]:
    return {
        "title": email.subject,
        "html": _CARD.format(_fragment(email.html).replace(_SPELLED, _BROKEN)),
        "email_subject": email.subject,
        "custom_excerpt": email.preheader,
        "email_only": True,
    }


def _fragment(html: str) -> str:
    """The body as one element, and in it first the styles of the head.

    Of what a card holds Ghost keeps elements only: words and comments that stand free in it,
    our marker too, would be gone.
    """
    head, begin, rest = html.partition("<body")
    if not begin:
        return f"<div>{html}</div>"
    styles = re.findall(r"<style\b.*?</style>", re.sub(r"<!--.*?-->", "", head, flags=re.S), re.S)
    looks, _, inside = rest.partition(">")
    body = inside.rpartition("</body>")[0].strip()
    return "\n".join([f"<div{looks}>", *styles, body, "</div>"])


def _has_tag(post: Any, key: str) -> bool:
    return f"#{key}" in _tags(post)


def _tags(post: Any) -> list[str]:
    return [str(tag.get("name")) for tag in post.get("tags") or ()]


def _language_of(post: Any) -> str:
    """The language of a post of ours, by its tag, or by the end of its address."""
    told = " ".join([*_tags(post), str(post.get("slug"))])
    match = re.search(r"cxgreetz-\d{4}-\d\d-([a-z]+(?:-[a-z]+)*)", told)
    if not match:
        raise ProviderError("ghost: the post lost its tag #cxgreetz-…, so its list is not known")
    return match.group(1).replace("-", "+")


def _parts(audience: str, language: str) -> tuple[str, str]:
    """Read "NEWSLETTER" or "NEWSLETTER/SEGMENT"; raises ConfigError."""
    looks = "neither a newsletter's slug nor slug/segment, like 'cx/label:vip'"
    match = read_audience(audience, language, r"([\w-]+)(?:/(\S+))?", looks)
    return match.group(1), match.group(2) or "all"


def _token(key: str) -> str:
    """A JSON Web Token (RFC 7519, HS256) that holds for five minutes, the most Ghost allows."""
    number, _, secret = key.partition(":")
    now = int(time.time())
    head = {"alg": "HS256", "typ": "JWT", "kid": number}
    claims = {"iat": now, "exp": now + 300, "aud": "/admin/"}
    signed = ".".join(_coded(json.dumps(part).encode()) for part in (head, claims))
    proof = hmac.digest(bytes.fromhex(secret), signed.encode(), hashlib.sha256)
    return f"{signed}.{_coded(proof)}"


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
