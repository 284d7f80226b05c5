"""A twin of Laposta's campaigns, lists and segments, as far as a newsletter needs them.

In: forms, as the API v2 takes them. Out: what Laposta would answer. Never: a campaign filled
that is on its way, one sent from an address that the account does not know.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from cxgreetz.model import Held, RemoteState
from servers._api_twin import ApiTwin, Asked, Campaign, Handler, RefusalError, Reply

LIST, SEGMENT = "nnhnkrytua", "pDrp5KOD0z"
_ZONE = ZoneInfo("Europe/Amsterdam")
_ID = r"/campaign/(\d+)"


def refusal(message: str, code: int, parameter: str = "") -> RefusalError:
    named = {"parameter": parameter} if parameter else {}
    error = {"type": "invalid_input", "message": message, "code": code} | named
    return RefusalError(400, {"error": error})


class LapostaApi(ApiTwin):
    """One account with one list and one segment of it."""

    prefix = "/v2"
    creates = ("POST", "/campaign")
    unauthorised: ClassVar[Any] = {
        "error": {"type": "invalid_request", "message": "No valid API key provided"}
    }
    broken: ClassVar[Any] = {"error": {"type": "internal", "message": "Internal error"}}
    states: ClassVar[dict[RemoteState, str]] = {
        RemoteState.DRAFT: "",
        RemoteState.SCHEDULED: "requested",
        RemoteState.SENDING: "started",
        RemoteState.SENT: "ended",
    }

    def __init__(self, key: str) -> None:
        super().__init__(key)
        #: Whether it keeps a preview text, which its reference does not say.
        self.keeps_previews = True

    def is_allowed(self, asked: Asked) -> bool:
        kind, _, coded = asked.headers.get("authorization", "").partition(" ")
        return kind == "Basic" and base64.b64decode(coded).decode() == f"{self.key}:"

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        return [
            ("GET", "/list", self._lists),
            ("GET", "/segment", self._segments),
            ("GET", "/campaign", self._list_campaigns),
            ("POST", "/campaign", self._create),
            ("GET", _ID, lambda _asked, number: self._reply(self._of(number))),
            ("POST", _ID, self._update),
            ("GET", f"{_ID}/content", self._content),
            ("POST", f"{_ID}/content", self._fill),
            ("POST", f"{_ID}/action/testmail", self._test),
            ("POST", f"{_ID}/action/schedule", self._schedule),
        ]

    def _of(self, number: str) -> Campaign:
        return self.campaign(number, refusal("Unknown campaign", 203, "campaign_id"))

    def _draft(self, number: str) -> Campaign:
        campaign = self._of(number)
        if campaign.state:
            raise refusal("Campaign has already been sent", 999)
        return campaign

    def _lists(self, _asked: Asked) -> Reply:
        return Reply({"data": [{"list": {"list_id": LIST, "name": "Lezers", "state": "active"}}]})

    def _segments(self, asked: Asked) -> Reply:
        if asked.query.get("list_id") != [LIST]:
            raise refusal("Unknown list", 203, "list_id")
        segment = {"segment_id": SEGMENT, "list_id": LIST, "name": "Nederlands"}
        return Reply({"data": [{"segment": segment}]})

    def _list_campaigns(self, _asked: Asked) -> Reply:
        return Reply({"data": [{"campaign": self._json(campaign)} for campaign in self.listed()]})

    def _create(self, asked: Asked) -> Reply:
        form = _form(asked)
        for name in ("type", "name", "subject", "from[name]", "from[email]", "list_ids[]"):
            if not form.get(name):
                raise refusal(f"{name} is empty", 201, name)
        made = self.make(form["name"][0], "", Held(html="", subject="", audience=""))
        try:
            self._take(made, form)
        except RefusalError:
            del self.campaigns[made.id]
            raise
        return self._reply(made, 201)

    def _update(self, asked: Asked, number: str) -> Reply:
        campaign = self._draft(number)
        self._take(campaign, _form(asked))
        return self._reply(campaign)

    def _take(self, campaign: Campaign, form: dict[str, list[str]]) -> None:
        """Take over what a form says; what it does not name stays."""
        if form.get("from[email]", ["@example.org"])[0].partition("@")[2] != "example.org":
            raise refusal("From: address is not approved", 999, "from[email]")
        for number in form.get("list_ids[]", ()):
            if number not in (LIST, SEGMENT):
                raise refusal("Unknown list", 203, "list_ids")
        if "list_ids[]" in form:
            campaign.fields["list_ids"] = form["list_ids[]"]
            whole = [f"{LIST}/{SEGMENT}" if n == SEGMENT else n for n in form["list_ids[]"]]
            campaign.held = replace(campaign.held, audience="+".join(whole))
        if "from[email]" in form:
            campaign.fields["from"] = {
                "name": form["from[name]"][0],
                "email": form["from[email]"][0],
            }
        if "subject" in form:
            campaign.held = replace(campaign.held, subject=form["subject"][0])
        if "previewtext" in form and self.keeps_previews:
            campaign.held = replace(campaign.held, preheader=form["previewtext"][0])

    def _content(self, _asked: Asked, number: str) -> Reply:
        campaign = self._of(number)
        return Reply({"campaign": self._filled(campaign)})

    def _fill(self, asked: Asked, number: str) -> Reply:
        campaign, form = self._draft(number), _form(asked)
        if form.get("inline_css", ["false"])[0] not in ("true", "false"):
            raise refusal("inline_css is not true or false", 206, "inline_css")
        # It ends the document with its own link to unsubscribe.
        own = '<p><a href="https://email.example.net/afmelden">Afmelden</a></p></body>'
        html = form["html"][0].replace("</body>", own)
        text = re.sub(r"<[^>]+>", "", html)
        campaign.held = replace(campaign.held, html=html, text=text)
        report: dict[str, Any] = {"no_unsubscribe": True}
        report |= {"javascript": True} if "<script" in html else {}
        return Reply({"campaign": self._filled(campaign) | {"report": report}})

    def _test(self, asked: Asked, number: str) -> Reply:
        campaign = self._draft(number)
        if not campaign.held.html:
            raise refusal("Campaign has no content", 999)
        self.tests.append((campaign.id, _form(asked)["email"][0]))
        return self._reply(campaign)

    def _schedule(self, asked: Asked, number: str) -> Reply:
        campaign = self._draft(number)
        when = datetime.fromisoformat(_form(asked)["delivery_requested"][0])
        when = when if when.tzinfo else when.replace(tzinfo=_ZONE)
        campaign.state = "requested"
        campaign.fields["when"] = when.astimezone(_ZONE).isoformat()
        return self._reply(campaign)

    def _filled(self, campaign: Campaign) -> dict[str, Any]:
        held = campaign.held
        return {"campaign_id": campaign.id, "html": held.html, "plaintext": held.text or ""}

    def _reply(self, campaign: Campaign, status: int = 200) -> Reply:
        return Reply({"campaign": self._json(campaign)}, status)

    def _json(self, campaign: Campaign) -> dict[str, Any]:
        """A campaign; each of its times is there plain and with its zone, or null."""
        reached = list(self.states.values()).index(campaign.state)
        times: dict[str, str | None] = {}
        for place, name in enumerate(("requested", "started", "ended"), 1):
            moment = campaign.fields.get("when", "2026-12-01T09:00:00+01:00")
            there = moment if place <= reached else None
            times[f"delivery_{name}_iso"] = there
            times[f"delivery_{name}"] = there and there[:19].replace("T", " ")
        return times | {
            "account_id": "wFiUS4HL4e",
            "campaign_id": campaign.id,
            "timezone": "Europe/Amsterdam",
            "type": "regular",
            "name": campaign.name,
            "subject": campaign.held.subject,
            "from": campaign.fields["from"],
            "previewtext": campaign.held.preheader or "",
            "list_ids": {number: [] for number in campaign.fields["list_ids"]},
            "web": f"https://example.email-provider.eu/web/{campaign.id}",
        }


def _form(asked: Asked) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    for name, value in asked.body or ():
        form.setdefault(name, []).append(value)
    return form
