"""listmonk: a draft campaign for a list, on a server of one's own.

In: an Email. Out: a campaign with its HTML, text and subject, in a template that adds
nothing. Never: a campaign made twice, which the server's database refuses too; one changed
that has begun to go out.

Of the API of listmonk 5 and 6 (its source). Our key is one of the campaign's tags, by which
it is found, and the slug of its archive, which no two can have. `provider.url` is the
server's address, `provider.audience` a list's number, the key "user:token" of an API user.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from email.utils import quote
from typing import TYPE_CHECKING, Any

from cxgreetz.errors import ProviderError
from cxgreetz.model import Email, Held, Remote, RemoteState, campaign_key, iso
from cxgreetz.ports import Account, ProviderCapabilities
from cxgreetz.providers._api import (
    Api,
    basic,
    need_audiences,
    need_key,
    need_url,
    read_audience,
    sender_of,
    title_of,
    wrong_audience,
)

if TYPE_CHECKING:
    from cxgreetz.net import Net

CAPABILITIES = ProviderCapabilities(
    test_mail=True,
    schedule=True,
    lists_late=False,
    unschedule=True,
    preheader=False,
    needs_audience=True,
)

_NAME = "cxgreetz"
#: The HTML goes inside a template, the server's own if none is named: this one adds nothing.
_FRAME = '{{ template "content" . }}'
#: What is paused has reached some readers; it stays as it is.
_STATES = {
    "draft": RemoteState.DRAFT,
    "scheduled": RemoteState.SCHEDULED,
    "running": RemoteState.SENDING,
    "paused": RemoteState.SENDING,
}
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_TAG = re.compile(r"(\{\{.*?\}\})")
_SAFE = re.compile(r'\{\{ Safe ("(?:[^"\\\x00-\x1f]|\\["\\bfnrt]|\\u[0-9a-f]{4})*") \}\}')


def open(account: Account, net: Net) -> Listmonk:
    """Make ready; raises ConfigError for a missing address, or a key that is not user:token."""
    url = need_url("listmonk", account).removesuffix("/api")
    key = need_key("listmonk", account, r"[^\s:]+:\S+", "it is user:token, of an API user")
    need_audiences(account, _list)
    user, _, token = key.partition(":")
    headers = {"Authorization": basic(user, token)}
    # The user's name is no secret, and may be a word that messages need.
    keeper = replace(account, api_key=token)
    return Listmonk(account, Api("listmonk", keeper, net, base=f"{url}/api", headers=headers), url)


class Listmonk:
    """One server."""

    tags: Mapping[str, str] = {
        "unsubscribe": "{{ UnsubscribeURL }}",
        "web_version": "{{ MessageURL }}",
        "first_name": "{{ .Subscriber.FirstName }}",
    }
    tag_openers = ("{{", "@TrackLink")

    def __init__(self, account: Account, api: Api, url: str) -> None:
        self._account, self._api, self._url = account, api, url
        #: The number of our template, once it is known.
        self._known: int | None = None

    def find(self, key: str) -> list[Remote]:
        # Not `tags`, as its documentation has it: that is ignored, and all are listed.
        answer = self._api.read("campaigns", {"tag": key, "per_page": "all"})
        listed = self._api.dig(answer, "data", "results")
        return [self._remote(c, key) for c in listed if key in (c.get("tags") or ())]

    def look_up(self, remote_id: str) -> Remote | None:
        try:
            return self._remote(self._read(remote_id), "")
        except ProviderError as error:
            if error.status == 400:  # that is how it says that there is none
                return None
            raise

    def create(self, key: str, email: Email) -> Remote:
        """Make the campaign, whole.

        Where one with our key is there the database refuses it, and the answer is a 500: open,
        like any other, until the campaign was looked for.
        """
        try:
            wanted = self._wanted(email)
        except ProviderError as error:  # whatever became of the template, no campaign was made
            raise ProviderError(
                str(error), status=error.status, retry_after=error.retry_after
            ) from None
        made = self._api.once("POST", "campaigns", json=wanted)
        return Remote(str(self._api.dig(made, "data", "id")), key, RemoteState.DRAFT)

    def update(self, remote_id: str, email: Email) -> Remote:
        # A time that was taken back stays with the campaign, and is refused when it has passed.
        wanted = self._wanted(email) | {"send_at": None}
        changed = self._api.change("PUT", f"campaigns/{remote_id}", json=wanted)
        return self._seen(self._api.dig(changed, "data"))

    def schedule(self, remote_id: str, when: datetime) -> Remote:
        wanted = self._named(self._read(remote_id)) | {"send_at": iso(when)}
        self._api.change("PUT", f"campaigns/{remote_id}", json=wanted)
        return self._turn(remote_id, "scheduled")

    def unschedule(self, remote_id: str) -> Remote:
        return self._turn(remote_id, "draft")

    def send_test(self, remote_id: str, address: str) -> None:
        """Have the draft sent to somebody who is subscribed to anything there."""
        campaign = self._read(remote_id)
        parts = ("from_email", "content_type", "body", "altbody", "messenger", "template_id")
        wanted = self._named(campaign) | {name: campaign.get(name) for name in parts}
        path = f"campaigns/{remote_id}/test"
        self._api.once("POST", path, json=wanted | {"subscribers": [address]})

    def check_account(self) -> list[str]:
        listed = self._api.read("lists", {"minimal": "true", "per_page": "all"})
        lists = {one["id"]: one["name"] for one in self._api.dig(listed, "data", "results")}
        self._api.read("campaigns", {"no_body": "true"})
        there = "is there" if self._frame() is not None else "will be made"
        proved = [
            f"the key reads lists ({len(lists)}), campaigns and templates",
            f"the template {_NAME!r}, which adds nothing, {there}",
        ]
        for language, audience in self._account.audience.items():
            number = _list(audience, language)
            if number not in lists:
                raise wrong_audience(language, f"{number} is no list that this key may see")
            proved.append(f"{language} goes to the list {lists[number]!r}")
        return proved

    def _read(self, remote_id: str) -> Any:
        return self._api.dig(self._api.read(f"campaigns/{remote_id}"), "data")

    def _turn(self, remote_id: str, status: str) -> Remote:
        told = self._api.once("PUT", f"campaigns/{remote_id}/status", json={"status": status})
        return self._seen(self._api.dig(told, "data"))

    def _frame(self) -> int | None:
        """The number of our template, where there is one."""
        if self._known is None:
            listed = self._api.read("templates", {"no_body": "false"})
            for template in self._api.dig(listed, "data"):
                if (template.get("name"), template.get("body")) == (_NAME, _FRAME):
                    self._known = int(template["id"])
        return self._known

    def _made_frame(self) -> int:
        """The same, made where there is none yet; looked for again if that went wrong."""
        with suppress(ProviderError):
            return self._frame_or_new()
        return self._frame_or_new()

    def _frame_or_new(self) -> int:
        if (number := self._frame()) is None:
            frame = {"name": _NAME, "type": "campaign", "body": _FRAME}
            made = self._api.once("POST", "templates", json=frame)
            number = self._known = int(self._api.dig(made, "data", "id"))
        return number

    def _wanted(self, email: Email) -> dict[str, Any]:
        key = campaign_key(email.edition, email.language)
        name, address = sender_of(self._account, email)
        if re.search(r'[()<>@,:;".\[\]\\]', name):
            name = f'"{quote(name)}"'
        return {
            "name": title_of(email.subject, key),
            "subject": email.subject,
            "lists": [_list(self._account.audience.get(email.language, ""), email.language)],
            "from_email": f"{name} <{address}>",
            "type": "regular",
            "content_type": "html",
            "body": _keep_comments(email.html),
            "altbody": email.text,
            "messenger": "email",
            "template_id": self._made_frame(),
            "tags": [_NAME, key],
            "archive_slug": key,
        }

    def _named(self, campaign: Any) -> dict[str, Any]:
        """What must be said at every change, as it is; the rest stays by itself."""
        return {
            "name": self._api.dig(campaign, "name"),
            "subject": self._api.dig(campaign, "subject"),
            "lists": _lists(campaign),
        }

    def _seen(self, campaign: Any, key: str = "", held: Held | None = None) -> Remote:
        number = str(self._api.dig(campaign, "id"))
        state = _STATES.get(self._api.dig(campaign, "status"), RemoteState.SENT)
        url = f"{self._url}/admin/campaigns/{number}"
        return Remote(number, key, state, url=url, held=held)

    def _remote(self, campaign: Any, key: str) -> Remote:
        bare = campaign.get("content_type") == "html"
        bare = bare and campaign.get("template_id") == self._frame()
        held = Held(
            # In another template it is another email.
            html=_show_comments(str(campaign.get("body") or "")) if bare else "",
            text=str(campaign.get("altbody") or ""),
            subject=str(campaign.get("subject") or ""),
            audience="+".join(map(str, _lists(campaign))),
            sender=campaign.get("from_email"),
        )
        return self._seen(campaign, key, held)


def _keep_comments(html: str) -> str:
    """Write comments as its templates give them out: those for Outlook hold the email together.

    Any other comment is dropped when an email is sent.
    """

    def safe(found: re.Match[str]) -> str:
        parts = _TAG.split(found.group())
        return "".join(
            part if place % 2 else f"{{{{ Safe {json.dumps(part, ensure_ascii=False)} }}}}"
            for place, part in enumerate(parts)
        )

    return _COMMENT.sub(safe, html)


def _show_comments(body: str) -> str:
    """Take back what `_keep_comments` wrote."""
    return _SAFE.sub(lambda found: str(json.loads(found.group(1))), body)


def _lists(campaign: Any) -> list[int]:
    return sorted(int(one["id"]) for one in campaign.get("lists") or ())


def _list(audience: str, language: str) -> int:
    """Read a list's number; raises ConfigError."""
    looks = "not the number of a list, like '3'"
    return int(read_audience(audience, language, r"[0-9]{1,9}", looks).group())
