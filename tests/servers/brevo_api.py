"""A twin of Brevo's email campaigns, lists, segments and senders.

In: calls of the API v3. Out: what Brevo would answer, with what is left of the hour in the
headers. Never: a campaign changed that has begun to go out, a call beyond the hour's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from cxgreetz.model import Held, RemoteState
from servers._api_twin import ApiTwin, Asked, Campaign, Handler, RefusalError, Reply

LIST, SEGMENT = 7, 3
#: Calls in an hour, and seconds until the next.
HOUR, RESET = 100, 1800
_ID = r"/emailCampaigns/(\d+)"
_COUNTS = (
    "clickers",
    "complaints",
    "delivered",
    "hardBounces",
    "sent",
    "softBounces",
    "trackableViews",
    "uniqueClicks",
    "uniqueViews",
    "unsubscriptions",
    "viewed",
)


def wrong(status: int, code: str, message: str, **more: Any) -> RefusalError:
    return RefusalError(status, {"code": code, "message": message} | more)


class BrevoApi(ApiTwin):
    """One account with one list, one segment, one contact and two senders."""

    prefix = "/v3"
    creates = ("POST", "/emailCampaigns")
    unauthorised: ClassVar[Any] = {"code": "unauthorized", "message": "Key not found"}
    broken: ClassVar[Any] = {"code": "bad_request", "message": "Something went wrong"}
    states: ClassVar[dict[RemoteState, str]] = {
        RemoteState.DRAFT: "draft",
        RemoteState.SCHEDULED: "queued",
        RemoteState.SENDING: "in_process",
        RemoteState.SENT: "sent",
    }

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.left = HOUR
        #: As it was before segments stood among a campaign's recipients.
        self.tells_segments = True

    def forget(self) -> None:
        super().forget()
        self.left = HOUR

    def is_allowed(self, asked: Asked) -> bool:
        return asked.headers.get("api-key") == self.key

    def _answer(self, asked: Asked) -> Reply:
        if self.left:
            self.left -= 1
            reply = super()._answer(asked)
        else:
            reply = Reply({"code": "too_many_requests", "message": "Rate limit exceeded"}, 429)
        told = {"limit": HOUR, "remaining": self.left, "reset": RESET}
        reply.headers |= {f"x-sib-ratelimit-{name}": str(value) for name, value in told.items()}
        return reply

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        return [
            ("GET", "/account", self._account),
            ("GET", "/senders", self._senders),
            ("GET", r"/contacts/lists/(\d+)", self._list),
            ("GET", "/contacts/segments", self._segments),
            ("GET", "/emailCampaigns", self._list_campaigns),
            ("POST", "/emailCampaigns", self._create),
            ("GET", _ID, lambda _asked, number: Reply(self._json(self._of(number)))),
            ("PUT", _ID, self._update),
            ("PUT", f"{_ID}/status", self._set_status),
            ("POST", f"{_ID}/sendTest", self._test),
        ]

    def _of(self, number: str) -> Campaign:
        return self.campaign(number, wrong(404, "document_not_found", "Campaign does not exist"))

    def _account(self, _asked: Asked) -> Reply:
        plan = {"type": "free", "creditsType": "sendLimit", "credits": 300}
        street = {"street": "Perron 4", "city": "Utrecht", "zipCode": "3511", "country": "NL"}
        relay = {"userName": "marijke@example.org", "relay": "smtp.example", "port": 587}
        body = {
            "email": "marijke@example.org",
            "firstName": "Marijke",
            "lastName": "Bakker",
            "companyName": "CX Greetz BV",
            "address": street,
            "plan": [plan],
            "relay": {"enabled": False, "data": relay},
        }
        return Reply(body)

    def _senders(self, _asked: Asked) -> Reply:
        addresses = [("Oud", "oud@example.org", False), ("Marijke", "Marijke@example.org", True)]
        senders = [
            {"id": number, "name": name, "email": address, "active": active}
            for number, (name, address, active) in enumerate(addresses, 1)
        ]
        return Reply({"senders": senders})

    def _list(self, _asked: Asked, number: str) -> Reply:
        if int(number) != LIST:
            raise wrong(404, "document_not_found", "List ID does not exist")
        counts = {"totalBlacklisted": 0, "totalSubscribers": 9, "uniqueSubscribers": 9}
        made = {"folderId": 1, "createdAt": "2026-01-05T09:00:00Z"}
        return Reply({"id": LIST, "name": "Lezers"} | counts | made)

    def _segments(self, asked: Asked) -> Reply:
        names = {"name": "Nederlands", "segmentName": "Nederlands", "categoryName": "Taal"}
        segments = [{"id": SEGMENT} | names]
        return Reply({"segments": self._part(asked, segments, 10), "count": len(segments)})

    def _part(self, asked: Asked, items: list[Any], usual: int) -> list[Any]:
        limit = int(asked.query.get("limit", [str(usual)])[0])
        offset = int(asked.query.get("offset", ["0"])[0])
        return items[offset : offset + limit]

    def _list_campaigns(self, asked: Asked) -> Reply:
        # The latest first; a filter spells a state in another way than the campaigns do.
        wanted = asked.query.get("status", [""])[0].replace("inProcess", "in_process")
        bare = asked.query.get("excludeHtmlContent") == ["true"]
        shown = [self._json(c) for c in reversed(self.listed()) if wanted in ("", c.state)]
        part = [c | {"htmlContent": ""} if bare else c for c in self._part(asked, shown, 50)]
        return Reply({"count": len(shown)} | ({"campaigns": part} if part else {}))

    def _create(self, asked: Asked) -> Reply:
        for name in ("name", "sender", "subject", "htmlContent"):
            if not asked.body.get(name):
                raise wrong(400, "missing_parameter", f"{name} is missing")
        fields = {"tag": asked.body.get("tag", ""), "sender": {}}
        made = Campaign("", "", "draft", Held(preheader=""), fields)
        self._put_in(made, asked.body)
        kept = self.make(asked.body["name"], "draft", made.held, **made.fields)
        return Reply({"id": int(kept.id)}, 201)

    def _update(self, asked: Asked, number: str) -> Reply:
        campaign = self._of(number)
        if campaign.state not in ("draft", "queued"):
            raise wrong(400, "campaign_sent", "Only drafts and what is scheduled can be changed")
        self._put_in(campaign, asked.body)
        return Reply(None, 204)

    def _put_in(self, campaign: Campaign, body: dict[str, Any]) -> None:
        held = campaign.held
        sender = body.get("sender", campaign.fields["sender"])
        if sender.get("email") != "marijke@example.org" or "id" in sender:
            raise wrong(400, "invalid_parameter", "Sender is invalid / inactive")
        if len(body.get("htmlContent", "long enough")) <= 10:
            raise wrong(400, "invalid_parameter", "htmlContent is too short")
        audience = self._audience(body["recipients"]) if "recipients" in body else held.audience
        campaign.held = replace(
            held,
            html=body.get("htmlContent", held.html),
            subject=body.get("subject", held.subject),
            preheader=body.get("previewText", held.preheader),
            audience=audience,
        )
        campaign.fields["sender"] = sender
        if when := body.get("scheduledAt"):
            if datetime.fromisoformat(when.replace("Z", "+00:00")).tzinfo is None:
                raise wrong(400, "invalid_parameter", "scheduledAt needs a zone")
            if not audience:
                raise wrong(400, "missing_parameter", "recipients are missing")
            campaign.fields["scheduledAt"] = when
            campaign.state = "queued"

    def _audience(self, recipients: dict[str, list[int]]) -> str:
        lists, segments = recipients.get("listIds", []), recipients.get("segmentIds", [])
        if set(lists) - {LIST} or set(segments) - {SEGMENT}:
            raise wrong(400, "invalid_parameter", "List or segment ids are unknown")
        return ",".join([*map(str, lists), *(f"segment:{number}" for number in segments)])

    def _set_status(self, asked: Asked, number: str) -> Reply:
        campaign = self._of(number)
        if campaign.state not in ("draft", "queued", "suspended"):
            raise wrong(400, "campaign_processing", "It is on its way")
        campaign.state = asked.body["status"]
        return Reply(None, 204)

    def _test(self, asked: Asked, number: str) -> Reply:
        campaign = self._of(number)
        strangers = [a for a in asked.body["emailTo"] if a != "anna@example.org"]
        if strangers:
            told = "The email could not be sent to all recipients"
            raise wrong(400, "invalid_parameter", told, unexistingEmails=strangers)
        self.tests += [(campaign.id, address) for address in asked.body["emailTo"]]
        return Reply(None, 204)

    def _json(self, campaign: Campaign) -> dict[str, Any]:
        held = campaign.held
        told = (held.audience or "").split(",") if held.audience else []
        recipients: dict[str, list[int]] = {
            "lists": [int(one) for one in told if one.isdigit()],
            "exclusionLists": [],
        }
        if self.tells_segments:
            recipients["segments"] = [int(one[8:]) for one in told if one.startswith("segment:")]
        counts = dict.fromkeys(_COUNTS, 0)
        return {
            "id": int(campaign.id),
            "name": campaign.name,
            "type": "classic",
            "status": campaign.state,
            "subject": held.subject,
            "previewText": held.preheader,
            "htmlContent": held.html,
            "tag": campaign.fields["tag"],
            "sender": campaign.fields["sender"],
            "replyTo": "marijke@example.org",
            "header": "",
            "footer": "",
            "testSent": bool(self.tests),
            "createdAt": campaign.fields.get("createdAt", "2026-11-22T09:00:00Z"),
            "modifiedAt": "2026-11-22T09:00:00Z",
            "recipients": recipients,
            "statistics": {
                "globalStats": counts,
                "campaignStats": [],
                "mirrorClick": 0,
                "remaining": 0,
                "linksStats": {},
                "statsByDomain": {},
                "statsByDevice": {},
                "statsByBrowser": {},
            },
        }
