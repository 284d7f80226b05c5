"""Mailchimp: a draft campaign for an audience, or for a saved segment of one.

In: an Email. Out: a campaign with its HTML, text, subject and preheader, in the folder
`cxgreetz`. Never: a campaign made twice, one that was scheduled or sent changed.

Of the Marketing API 3.0 (its published specification, 3.0.55). Our key stands in the
campaign's title, which only the account's people see. `provider.audience` is "LIST" or
"LIST/SEGMENT": the audience's id, and that of a saved segment.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cxgreetz.errors import ProviderError
from cxgreetz.model import Email, Held, Remote, RemoteState, iso
from cxgreetz.ports import Account, ProviderCapabilities
from cxgreetz.providers._api import (
    Api,
    basic,
    earliest,
    has_key,
    need_audiences,
    need_key,
    read_audience,
    sender_of,
    title_of,
)

if TYPE_CHECKING:
    from cxgreetz.net import Net

CAPABILITIES = ProviderCapabilities(
    test_mail=True,
    schedule=True,
    unschedule=True,
    rewrites_html=True,
    needs_audience=True,
    schedule_step_minutes=15,
)

_FOLDER = "cxgreetz"
#: Without `fields` long lists are known to time out.
_FIELDS = ",".join(
    f"campaigns.{name}"
    for name in (
        "id",
        "web_id",
        "status",
        "settings.title",
        "settings.subject_line",
        "settings.preview_text",
        "settings.reply_to",
        "recipients.list_id",
        "recipients.segment_opts",
    )
)
#: A paused or an unscheduled one can be changed; whatever has begun to go out cannot.
_STATES = {
    "save": RemoteState.DRAFT,
    "paused": RemoteState.DRAFT,
    "schedule": RemoteState.SCHEDULED,
    "sending": RemoteState.SENDING,
    "canceling": RemoteState.SENDING,
}


def open(account: Account, net: Net) -> Mailchimp:
    """Make ready; raises ConfigError for a key without its data centre, or a wrong audience."""
    looks = "it ends in its data centre, like -us21"
    key = need_key("mailchimp", account, r"[^\s/@:]+-[a-z]{2,3}\d{1,3}", looks)
    need_audiences(account, _parts)
    centre = key.rpartition("-")[2]
    api = Api(
        "mailchimp",
        account,
        net,
        base=account.url or f"https://{centre}.api.mailchimp.com/3.0",
        headers={"Authorization": basic("cxgreetz", key)},
        time_limit=130.0,  # the service itself gives up after 120 s
    )
    return Mailchimp(account, api, centre)


class Mailchimp:
    """One account."""

    tags: Mapping[str, str] = {
        "unsubscribe": "*|UNSUB|*",
        "web_version": "*|ARCHIVE|*",
        "first_name": "*|FNAME|*",
    }
    tag_openers = ("*|",)

    def __init__(self, account: Account, api: Api, centre: str) -> None:
        self._account, self._api, self._centre = account, api, centre

    def find(self, key: str) -> list[Remote]:
        query = {"fields": _FIELDS, "since_create_time": iso(earliest(key))}
        listed = self._api.read_all("campaigns", query, "campaigns", size=1000)
        return [self._remote(c, key) for c in listed if has_key(_setting(c, "title"), key)]

    def look_up(self, remote_id: str) -> Remote | None:
        try:
            campaign = self._api.read(f"campaigns/{remote_id}")
        except ProviderError as error:
            if error.status == 404:
                return None
            raise
        return self._remote(campaign, "")

    def create(self, key: str, email: Email) -> Remote:
        """Make the campaign; its content follows with `update`."""
        folder = self._folder()
        made = self._api.once(
            "POST",
            "campaigns",
            json={
                "type": "regular",
                "recipients": self._recipients(email),
                "settings": self._settings(email)
                | {
                    "title": title_of(email.subject, key),
                    "auto_footer": False,
                    "inline_css": False,
                }
                | ({"folder_id": folder} if folder else {}),
            },
        )
        return Remote(str(self._api.dig(made, "id")), key, RemoteState.DRAFT)

    def update(self, remote_id: str, email: Email) -> Remote:
        path = f"campaigns/{remote_id}"
        wanted = {"recipients": self._recipients(email), "settings": self._settings(email)}
        campaign = self._api.change("PATCH", path, json=wanted)
        content = {"html": email.html, "plain_text": email.text}
        self._api.change("PUT", f"{path}/content", json=content)
        return self._seen(campaign)

    def schedule(self, remote_id: str, when: datetime) -> Remote:
        """Set the time, if Mailchimp's own list of checks has no error."""
        path = f"campaigns/{remote_id}"
        ready = self._api.read(f"{path}/send-checklist")
        if not self._api.dig(ready, "is_ready"):
            wrong = [
                f"{item.get('heading')}: {item.get('details')}"
                for item in self._api.dig(ready, "items")
                if item.get("type") == "error"
            ]
            raise ProviderError(f"mailchimp: it is not ready to be sent: {'; '.join(wrong)}")
        self._api.once("POST", f"{path}/actions/schedule", json={"schedule_time": iso(when)})
        return Remote(remote_id, "", RemoteState.SCHEDULED)

    def unschedule(self, remote_id: str) -> Remote:
        self._api.once("POST", f"campaigns/{remote_id}/actions/unschedule")
        return Remote(remote_id, "", RemoteState.DRAFT)

    def send_test(self, remote_id: str, address: str) -> None:
        wanted = {"test_emails": [address], "send_type": "html"}
        self._api.once("POST", f"campaigns/{remote_id}/actions/test", json=wanted)

    def check_account(self) -> list[str]:
        root = self._api.read("", {"fields": "account_name"})
        proved = [f"the key opens the account {self._api.dig(root, 'account_name')!r}"]
        for language, audience in self._account.audience.items():
            number, segment = _parts(audience, language)
            listed = self._api.read(f"lists/{number}", {"fields": "name"})
            told = f"{language} goes to the audience {self._api.dig(listed, 'name')!r}"
            if segment is not None:
                path = f"lists/{number}/segments/{segment}"
                named = self._api.read(path, {"fields": "name"})
                told += f", segment {self._api.dig(named, 'name')!r}"
            proved.append(told)
        return proved

    def _folder(self) -> str | None:
        """The id of our folder, made where there is none yet.

        It is there for people alone: where it cannot be had a campaign goes without.
        """
        fields = {"fields": "folders.id,folders.name"}
        for _look in range(2):
            with suppress(ProviderError):
                for folder in self._api.read_all("campaign-folders", fields, "folders", size=1000):
                    if folder.get("name") == _FOLDER:
                        return str(self._api.dig(folder, "id"))
                made = self._api.once("POST", "campaign-folders", json={"name": _FOLDER})
                return str(self._api.dig(made, "id"))
        return None

    def _recipients(self, email: Email) -> dict[str, Any]:
        number, segment = _parts(self._account.audience.get(email.language, ""), email.language)
        segments = {"segment_opts": {"saved_segment_id": segment}} if segment is not None else {}
        return {"list_id": number} | segments

    def _settings(self, email: Email) -> dict[str, Any]:
        name, address = sender_of(self._account, email)
        return {
            "subject_line": email.subject,
            "preview_text": email.preheader,
            "from_name": name,
            "reply_to": address,
        }

    def _seen(self, campaign: Any, held: Held | None = None) -> Remote:
        state = _STATES.get(self._api.dig(campaign, "status"), RemoteState.SENT)
        page = f"https://{self._centre}.admin.mailchimp.com/campaigns/edit?id="
        url = f"{page}{campaign['web_id']}" if campaign.get("web_id") else None
        return Remote(str(self._api.dig(campaign, "id")), "", state, url=url, held=held)

    def _remote(self, campaign: Any, key: str) -> Remote:
        """A campaign with what it holds, for which its content is read."""
        remote = self._seen(campaign)
        content = self._api.read(f"campaigns/{remote.id}/content", {"fields": "html,plain_text"})
        recipients = campaign.get("recipients") or {}
        segment = (recipients.get("segment_opts") or {}).get("saved_segment_id")
        parts = [recipients.get("list_id") or "", *([str(segment)] if segment else [])]
        held = Held(
            html=content.get("html", ""),
            text=content.get("plain_text", ""),
            subject=_setting(campaign, "subject_line"),
            preheader=_setting(campaign, "preview_text"),
            audience="/".join(parts),
            # Mailchimp has one address for both.
            sender=_setting(campaign, "reply_to") or None,
        )
        return Remote(remote.id, key, remote.state, url=remote.url, held=held)


def _setting(campaign: Any, name: str) -> str:
    return str((campaign.get("settings") or {}).get(name) or "")


def _parts(audience: str, language: str) -> tuple[str, int | None]:
    """Read "LIST" or "LIST/SEGMENT"; raises ConfigError."""
    looks = "neither an audience's id nor id/segment, like 'a1b2c3/456'"
    match = read_audience(audience, language, r"([\w-]+)(?:/(\d+))?", looks)
    return match.group(1), int(match.group(2)) if match.group(2) else None
