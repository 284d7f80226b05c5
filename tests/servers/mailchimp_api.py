"""A twin of Mailchimp's campaigns, folders and audiences, as far as a newsletter needs them.

In: calls of the Marketing API 3.0. Out: what Mailchimp would answer. Never: a campaign
changed that is scheduled or sent.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from cxgreetz.model import Held, RemoteState
from servers._api_twin import ApiTwin, Asked, Campaign, Handler, RefusalError, Reply

LIST, SEGMENT = "a1b2c3d4e5", 4711
_ID = r"/campaigns/(\d+)"


def problem(status: int, title: str, detail: str, **more: Any) -> RefusalError:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return RefusalError(status, body | {"instance": "0b1c"} | more)


class MailchimpApi(ApiTwin):
    """One account with one audience and one saved segment."""

    prefix = "/3.0"
    unauthorised: ClassVar[Any] = {
        "type": "about:blank",
        "title": "API Key Invalid",
        "status": 401,
        "detail": "The key is not one of this account.",
        "instance": "0a0a",
    }
    states: ClassVar[dict[RemoteState, str]] = {
        RemoteState.DRAFT: "save",
        RemoteState.SCHEDULED: "schedule",
        RemoteState.SENDING: "sending",
        RemoteState.SENT: "sent",
    }

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.folders: list[str] = []

    def forget(self) -> None:
        super().forget()
        self.folders.clear()

    def is_allowed(self, asked: Asked) -> bool:
        kind, _, coded = asked.headers.get("authorization", "").partition(" ")
        return kind == "Basic" and base64.b64decode(coded).decode().partition(":")[2] == self.key

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        return [
            ("GET", "/", lambda _asked: Reply({"account_name": "CX Greetz BV"})),
            ("GET", r"/lists/(\w+)", self._list),
            ("GET", r"/lists/(\w+)/segments/(\d+)", self._segment),
            ("GET", "/campaign-folders", self._list_folders),
            ("POST", "/campaign-folders", self._make_folder),
            ("GET", "/campaigns", self._list_campaigns),
            ("POST", "/campaigns", self._create),
            ("GET", _ID, lambda _asked, number: Reply(self._json(self._of(number)))),
            ("PATCH", _ID, self._update),
            ("GET", f"{_ID}/content", self._content),
            ("PUT", f"{_ID}/content", self._put_content),
            ("GET", f"{_ID}/send-checklist", self._checklist),
            ("POST", f"{_ID}/actions/test", self._test),
            ("POST", f"{_ID}/actions/schedule", self._schedule),
            ("POST", f"{_ID}/actions/unschedule", self._unschedule),
        ]

    def _of(self, number: str) -> Campaign:
        gone = "The requested resource could not be found."
        return self.campaign(number, problem(404, "Resource Not Found", gone))

    def _draft(self, number: str) -> Campaign:
        campaign = self._of(number)
        if campaign.state not in ("save", "paused"):
            raise problem(400, "Bad Request", "This campaign can no longer be edited.")
        return campaign

    def _list(self, _asked: Asked, number: str) -> Reply:
        if number != LIST:
            raise problem(404, "Resource Not Found", "There is no such list.")
        return Reply({"id": LIST, "name": "Lezers"})

    def _segment(self, asked: Asked, number: str, segment: str) -> Reply:
        self._list(asked, number)
        if int(segment) != SEGMENT:
            raise problem(404, "Resource Not Found", "There is no such segment.")
        return Reply({"id": SEGMENT, "name": "Nederlands"})

    def _list_folders(self, _asked: Asked) -> Reply:
        folders = [{"id": f"f{n}", "name": name} for n, name in enumerate(self.folders)]
        return Reply({"folders": folders, "total_items": len(folders)})

    def _make_folder(self, asked: Asked) -> Reply:
        self.folders.append(asked.body["name"])
        return Reply({"id": f"f{len(self.folders) - 1}", "name": self.folders[-1], "count": 0})

    def _list_campaigns(self, asked: Asked) -> Reply:
        count = int(asked.query.get("count", ["10"])[0])
        offset = int(asked.query.get("offset", ["0"])[0])
        shown = [self._json(campaign) for campaign in self.listed()]
        body = {"campaigns": shown[offset : offset + count], "total_items": len(shown)}
        return Reply(body)

    def _create(self, asked: Asked) -> Reply:
        if asked.body.get("type") != "regular":
            raise problem(400, "Invalid Resource", "The type is not supported.")
        settings = asked.body.get("settings", {})
        audience = self._audience(asked.body.get("recipients", {}))
        folder = settings.get("folder_id")
        if folder and folder not in {f"f{n}" for n in range(len(self.folders))}:
            raise problem(400, "Invalid Resource", "There is no such folder.")
        held = Held(
            html="",
            text="",
            subject=settings.get("subject_line", ""),
            preheader=settings.get("preview_text", ""),
            audience=audience,
        )
        made = self.make(settings.get("title", ""), "save", held, settings=settings)
        return Reply(self._json(made))

    def _update(self, asked: Asked, number: str) -> Reply:
        campaign = self._draft(number)
        settings = asked.body["settings"]
        campaign.fields["settings"] |= settings
        campaign.name = settings.get("title", campaign.name)
        audience = campaign.held.audience
        if "recipients" in asked.body:
            audience = self._audience(asked.body["recipients"])
        campaign.held = replace(
            campaign.held,
            subject=settings["subject_line"],
            preheader=settings.get("preview_text", campaign.held.preheader),
            audience=audience,
        )
        return Reply(self._json(campaign))

    def _audience(self, recipients: dict[str, Any]) -> str:
        number = recipients.get("list_id", "")
        segment = recipients.get("segment_opts", {}).get("saved_segment_id")
        wrong = "list_id" if number != LIST else ""
        wrong = wrong or ("segment_opts" if segment not in (None, SEGMENT) else "")
        if wrong:
            told = [{"field": f"recipients.{wrong}", "message": "Unknown in this account."}]
            raise problem(400, "Invalid Resource", "The resource is invalid.", errors=told)
        return number + (f"/{segment}" if segment else "")

    def _content(self, _asked: Asked, number: str) -> Reply:
        held = self._of(number).held
        archive = f"<!-- archive -->{held.html}"
        return Reply({"html": held.html, "plain_text": held.text, "archive_html": archive})

    def _put_content(self, asked: Asked, number: str) -> Reply:
        campaign = self._draft(number)
        html = asked.body["html"]
        text = asked.body.get("plain_text") or "generated"
        campaign.held = replace(campaign.held, html=html, text=text)
        return self._content(asked, number)

    def _checklist(self, _asked: Asked, number: str) -> Reply:
        html = self._of(number).held.html or ""
        good = "*|UNSUB|*" in html
        kind = "success" if good else "error"
        items = [
            {"type": kind, "id": 1, "heading": "Unsubscribe", "details": "The link is needed."}
        ]
        return Reply({"is_ready": good, "items": items})

    def _test(self, asked: Asked, number: str) -> Reply:
        self.tests += [(self._of(number).id, address) for address in asked.body["test_emails"]]
        return Reply(None, 204)

    def _schedule(self, asked: Asked, number: str) -> Reply:
        campaign = self._draft(number)
        when = datetime.fromisoformat(asked.body["schedule_time"].replace("Z", "+00:00"))
        if when.minute % 15:
            raise problem(400, "Invalid Resource", "Schedule at a quarter of an hour.")
        campaign.state = "schedule"
        return Reply(None, 204)

    def _unschedule(self, _asked: Asked, number: str) -> Reply:
        campaign = self._of(number)
        if campaign.state != "schedule":
            raise problem(400, "Bad Request", "This campaign is not scheduled.")
        campaign.state = "save"
        return Reply(None, 204)

    def _json(self, campaign: Campaign) -> dict[str, Any]:
        number, _, segment = (campaign.held.audience or "").partition("/")
        options = {"saved_segment_id": int(segment)} if segment else {}
        settings = campaign.fields["settings"] | {
            "title": campaign.name,
            "subject_line": campaign.held.subject,
            "preview_text": campaign.held.preheader,
        }
        return {
            "id": campaign.id,
            "web_id": int(campaign.id),
            "type": "regular",
            "create_time": "2026-11-22T09:00:00+00:00",
            "status": campaign.state,
            "content_type": "html",
            "recipients": {"list_id": number, "list_name": "Lezers", "segment_opts": options},
            "settings": settings,
        }
