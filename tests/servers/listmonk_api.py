"""A twin of listmonk's campaigns, lists and templates, as far as a newsletter needs them.

In: calls of its API, with an API user's key. Out: what listmonk would answer. Never: two
campaigns with one slug, text that its templates cannot read, a change of one that is running.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from cxgreetz.model import Held, RemoteState
from samples import NOW
from servers._api_twin import ApiTwin, Asked, Campaign, Handler, RefusalError, Reply

LIST = 3
#: Subscribed to something: only they can get a test mail.
READER = "anna@example.org"
_ID = r"/campaigns/(\d+)"
_ACTIONS = re.compile(
    r"\{\{ (?:UnsubscribeURL|MessageURL|\.Subscriber\.FirstName|template \"content\" \."
    r'|Safe "(?:[^"\\\n]|\\.)*") \}\}'
)


def refusal(message: str, status: int = 400) -> RefusalError:
    return RefusalError(status, {"message": message})


class ListmonkApi(ApiTwin):
    """A server with one list and the template that it comes with."""

    prefix = "/api"
    unauthorised: ClassVar[Any] = {"message": "invalid API credentials"}
    states: ClassVar[dict[RemoteState, str]] = {
        RemoteState.DRAFT: "draft",
        RemoteState.SCHEDULED: "scheduled",
        RemoteState.SENDING: "running",
        RemoteState.SENT: "finished",
    }

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.templates: list[dict[str, Any]] = []
        self.forget()

    def forget(self) -> None:
        super().forget()
        body = '<html><body>{{ template "content" . }}</body></html>'
        self.templates[:] = [{"id": 1, "name": "Default", "type": "campaign", "body": body}]

    def is_allowed(self, asked: Asked) -> bool:
        kind, _, coded = asked.headers.get("authorization", "").partition(" ")
        return kind == "Basic" and base64.b64decode(coded).decode() == self.key

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        return [
            ("GET", "/lists", self._list_lists),
            ("GET", "/templates", lambda _asked: Reply({"data": self.templates})),
            ("POST", "/templates", self._make_template),
            ("GET", "/campaigns", self._list_campaigns),
            ("POST", "/campaigns", self._create),
            ("GET", _ID, lambda _asked, number: self._reply(self._of(number))),
            ("PUT", _ID, self._update),
            ("PUT", f"{_ID}/status", self._turn),
            ("POST", f"{_ID}/test", self._test),
        ]

    def _of(self, number: str) -> Campaign:
        return self.campaign(number, refusal("Campaign not found"))

    def _list_lists(self, _asked: Asked) -> Reply:
        return Reply({"data": {"results": [{"id": LIST, "name": "Lezers"}], "total": 1}})

    def _make_template(self, asked: Asked) -> Reply:
        if asked.body["body"].count('{{ template "content" . }}') != 1:
            raise refusal("Template body should contain the content placeholder exactly once")
        self.templates.append({"id": len(self.templates) + 1} | asked.body)
        return Reply({"data": self.templates[-1]})

    def _list_campaigns(self, asked: Asked) -> Reply:
        tags = set(asked.query.get("tag", ()))
        listed = [c for c in self.listed() if tags <= set(c.fields["tags"])]
        return Reply({"data": {"results": [self._json(c) for c in listed], "total": len(listed)}})

    def _create(self, asked: Asked) -> Reply:
        self._judge(asked.body)
        slug = asked.body.get("archive_slug")
        if slug and slug in {c.fields["archive_slug"] for c in self.campaigns.values()}:
            told = 'duplicate key value violates unique constraint "campaigns_archive_slug_key"'
            raise refusal(f"Error creating campaign: {told}", 500)
        fields = {"tags": [], "archive_slug": None, "template_id": 1, "send_at": None}
        made = self.make(asked.body["name"], "draft", Held(html="", text=""), **fields)
        return self._take(made, asked.body)

    def _update(self, asked: Asked, number: str) -> Reply:
        campaign = self._of(number)
        if campaign.state not in ("draft", "paused", "scheduled"):
            raise refusal("Cannot update a running or a finished campaign.")
        self._judge({"send_at": campaign.fields["send_at"]} | asked.body)
        return self._take(campaign, asked.body)

    def _judge(self, body: dict[str, Any]) -> None:
        """Refuse what the server would."""
        if not body.get("lists"):
            raise refusal("Invalid list IDs")
        if set(body["lists"]) != {LIST}:
            raise refusal("There are no subscribers in the target lists to create the campaign.")
        if body.get("send_at") and datetime.fromisoformat(body["send_at"]) < NOW:
            raise refusal("Scheduled date should be in the future.")
        for name in ("subject", "body", "altbody"):
            if "{{" in _ACTIONS.sub("", body.get(name) or ""):
                raise refusal("Error compiling campaign body: unexpected bad character in command")

    def _take(self, campaign: Campaign, body: dict[str, Any]) -> Reply:
        """Take over what a request says; what it does not name stays."""
        campaign.name = body["name"]
        given = {name: body[name] for name in campaign.fields if name in body}
        campaign.fields |= given | {"content_type": body.get("content_type", "html")}
        campaign.held = replace(
            campaign.held,
            html=body.get("body", campaign.held.html),
            text=body.get("altbody", campaign.held.text),
            subject=body["subject"],
            audience="+".join(map(str, body["lists"])),
        )
        campaign.fields["from_email"] = body.get("from_email", campaign.fields.get("from_email"))
        return self._reply(campaign)

    def _turn(self, asked: Asked, number: str) -> Reply:
        campaign, status = self._of(number), asked.body["status"]
        if status == "scheduled" and not campaign.fields["send_at"]:
            raise refusal("Campaign needs a `send_at` date to be scheduled")
        if (campaign.state, status) not in {("draft", "scheduled"), ("scheduled", "draft")}:
            raise refusal(f"A campaign that is {campaign.state} cannot be {status}")
        campaign.state = status
        return self._reply(campaign)

    def _test(self, asked: Asked, number: str) -> Reply:
        campaign = self._of(number)
        self._judge(asked.body)
        if asked.body["body"] != campaign.held.html or "messenger" not in asked.body:
            raise refusal("Unknown messenger")
        known = [address for address in asked.body["subscribers"] if address == READER]
        if not known:
            raise refusal("No known subscribers to test")
        self.tests += [(campaign.id, address) for address in known]
        return Reply({"data": True})

    def _reply(self, campaign: Campaign) -> Reply:
        return Reply({"data": self._json(campaign)})

    def _json(self, campaign: Campaign) -> dict[str, Any]:
        numbers = (campaign.held.audience or "").split("+")
        return campaign.fields | {
            "id": int(campaign.id),
            "uuid": f"0d1b8c2e-0000-4000-8000-{campaign.id:0>12}",
            "created_at": "2026-11-22T09:00:00Z",
            "updated_at": "2026-11-22T09:00:00Z",
            "name": campaign.name,
            "subject": campaign.held.subject,
            "status": campaign.state,
            "type": "regular",
            "messenger": "email",
            "lists": [{"id": int(number), "name": "Lezers"} for number in numbers if number],
            "body": campaign.held.html,
            "altbody": campaign.held.text,
        }
