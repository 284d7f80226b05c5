"""A twin of MailerLite's campaigns, groups and time zones.

In: calls of its API. Out: what MailerLite would answer; the HTML is written anew, as it does.
Never: a campaign changed that is scheduled or sent, a draft in a list that asks for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from bs4 import BeautifulSoup

from cxgreetz.model import Held, RemoteState
from servers._api_twin import (
    RETRY_AFTER,
    ApiTwin,
    Asked,
    Campaign,
    Handler,
    RefusalError,
    Reply,
)

GROUP = "75011449370445335"
SENDER = "marijke@example.org"
#: Calls in a minute.
MINUTE = 120
_ID = r"/campaigns/(\d+)"
#: Minutes east of Greenwich.
_ZONES = {"1": ("Africa/Abidjan", 0), "50": ("Africa/Tripoli", 120)}
_PLAIN = "You have received a newsletter from {$account}: {$url}\n{$unsubscribe}\n"
_FOOT = '<style type="text/css">\n.mlFooter p {\nmargin: 0;\n}\n</style>'


def refused(message: str, **errors: str) -> RefusalError:
    told = {name.replace("__", "."): [text] for name, text in errors.items()}
    return RefusalError(422, {"message": message, "errors": told})


def rewritten(html: str) -> str:
    """The HTML as MailerLite keeps it: in a page of its own, its entities told as letters."""
    page = BeautifulSoup(html, "html.parser")
    head, body = page.head, page.body
    assert head is not None and body is not None
    return (
        "<!DOCTYPE html>\n<html>\n  <head>\n    <!--{$head_bottom}-->\n    <title></title>\n"
        '  </head>\n  <body class="" style="">\n    <!--{$body_top}-->\n    '
        f"{head.decode()}<!--{{$body_top}}-->\n{body.decode_contents()}\n"
        f"<!--{{$body_bottom}}-->\n{_FOOT}<!--{{$body_bottom}}-->\n</body>\n</html>"
    )


class MailerLiteApi(ApiTwin):
    """One account with one group and one confirmed sender."""

    prefix = "/api"
    unauthorised: ClassVar[Any] = {"message": "Unauthenticated."}
    broken: ClassVar[Any] = {"message": "Server Error"}
    states: ClassVar[dict[RemoteState, str]] = {
        RemoteState.DRAFT: "draft",
        RemoteState.SCHEDULED: "ready",
        RemoteState.SENDING: "ready",
        RemoteState.SENT: "sent",
    }

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.left = MINUTE
        #: Addresses it takes as senders; another is quietly replaced by the first.
        self.senders = [SENDER]
        #: Whether the account's plan has campaigns with HTML of one's own.
        self.takes_html = True
        #: Whether it listens when it is told the groups.
        self.takes_groups = True
        #: By how much it takes a time for another, and what a campaign lacks.
        self.late = timedelta()
        self.missing: list[str] = []

    def forget(self) -> None:
        super().forget()
        self.left = MINUTE

    def is_allowed(self, asked: Asked) -> bool:
        asks_json = asked.headers.get("accept") == "application/json"
        return asks_json and asked.headers.get("authorization") == f"Bearer {self.key}"

    def _answer(self, asked: Asked) -> Reply:
        if self.left:
            self.left -= 1
            reply = super()._answer(asked)
        else:
            wait = {"Retry-After": str(RETRY_AFTER)}
            reply, self.left = Reply({"message": "Too Many Attempts."}, 429, wait), MINUTE
        told = {"limit": str(MINUTE), "remaining": str(self.left)}
        reply.headers |= {f"x-ratelimit-{name}": value for name, value in told.items()}
        return reply

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        return [
            ("GET", "/groups", self._groups),
            ("GET", "/timezones", self._timezones),
            ("GET", "/campaigns", self._list_campaigns),
            ("POST", "/campaigns", self._create),
            ("GET", _ID, lambda _asked, number: self._shown(self._of(number))),
            ("PUT", _ID, self._update),
            ("POST", f"{_ID}/schedule", self._schedule),
            ("POST", f"{_ID}/cancel", self._cancel),
        ]

    def _of(self, number: str) -> Campaign:
        return self.campaign(number, RefusalError(404, {"message": "Resource not found."}))

    def _shown(self, campaign: Campaign, status: int = 200) -> Reply:
        return Reply({"data": self._json(campaign)}, status)

    def _pages(self, asked: Asked, items: list[Any]) -> Reply:
        limit, page = (int(asked.query.get(n, [d])[0]) for n, d in (("limit", "25"), ("page", "1")))
        part = items[(page - 1) * limit : page * limit]
        meta = {
            "current_page": page,
            "last_page": max(1, -(-len(items) // limit)),
            "per_page": limit,
            "total": len(items),
        }
        return Reply({"data": part, "meta": meta})

    def _groups(self, asked: Asked) -> Reply:
        others = [{"id": str(number), "name": f"Oud {number}"} for number in range(1, 121)]
        return self._pages(asked, [*others, {"id": GROUP, "name": "Lezers", "active_count": 9}])

    def _timezones(self, _asked: Asked) -> Reply:
        zones = [{"id": i, "name": name, "offset": off} for i, (name, off) in _ZONES.items()]
        return Reply({"data": list(reversed(zones))})

    def _list_campaigns(self, asked: Asked) -> Reply:
        status = asked.query.get("filter[status]", ["ready"])[0]
        shown = [self._json(c) for c in self.listed() if c.state == status]
        for campaign in shown:
            del campaign["emails"][0]["content"]
        return self._pages(asked, shown)

    def _create(self, asked: Asked) -> Reply:
        self._judge(asked.body)
        made = self.make(asked.body["name"], "draft", Held(), sender="")
        self._put_in(made, asked.body)
        reply = self._shown(made, 201)
        del reply.body["data"]["emails"][0]["content"]
        return reply

    def _update(self, asked: Asked, number: str) -> Reply:
        campaign = self._of(number)
        if campaign.state != "draft":
            raise refused("The campaign cannot be changed.", status="It is no draft.")
        self._judge(asked.body)
        self._put_in(campaign, asked.body)
        return self._shown(campaign)

    def _judge(self, body: dict[str, Any]) -> None:
        wrong = "The given data was invalid."
        if not body.get("name") or body.get("type") != "regular":
            raise refused(wrong, name="The name and the type are needed.")
        if set(body.get("groups", [])) - {GROUP}:
            raise refused(wrong, groups__0="The selected groups.0 is invalid.")
        for field in ("subject", "from", "from_name"):
            if not body["emails"][0].get(field):
                raise refused(wrong, emails__0=f"The {field} is needed.")

    def _put_in(self, campaign: Campaign, body: dict[str, Any]) -> None:
        content = body["emails"][0]
        html = rewritten(content["content"]) if self.takes_html else ""
        groups = body.get("groups", []) if self.takes_groups else []
        campaign.name = body["name"]
        campaign.held = Held(html=html, subject=content["subject"], audience=",".join(groups))
        known = content["from"] in self.senders
        sender = content["from"] if known else self.senders[0]
        told = {"from": sender, "from_name": content["from_name"], "language": body["language_id"]}
        campaign.fields |= told

    def _schedule(self, asked: Asked, number: str) -> Reply:
        campaign = self._of(number)
        if campaign.state != "draft" or asked.body["delivery"] != "scheduled":
            raise refused("The campaign cannot be scheduled.", status="It is no draft.")
        named = asked.body["schedule"]
        there = datetime.fromisoformat(f"{named['date']} {named['hours']}:{named['minutes']}")
        _zone, east = _ZONES[str(named["timezone_id"])]
        utc = there - timedelta(minutes=east) + self.late
        campaign.fields |= {"scheduled_for": str(utc), "delivery_schedule": "scheduled"}
        campaign.state = "ready"
        return self._shown(campaign)

    def _cancel(self, _asked: Asked, number: str) -> Reply:
        campaign = self._of(number)
        if campaign.state != "ready":
            raise refused("The campaign cannot be cancelled.", status="It is not ready.")
        campaign.state = "draft"
        return self._shown(campaign)

    def _json(self, campaign: Campaign) -> dict[str, Any]:
        fields, held = campaign.fields, campaign.held
        groups = [group for group in (held.audience or "").split(",") if group]
        condition = {"operator": "in_any", "args": ["groups", groups]}
        content = {
            "id": f"9{campaign.id}",
            "emailable_id": campaign.id,
            "type": "builder_html",
            "from": fields["from"],
            "from_name": fields["from_name"],
            "reply_to": fields["from"],
            "subject": held.subject,
            "content": held.html,
            "plain_text": _PLAIN,
            "preview_url": f"https://preview.mailerlite.example/{campaign.id}",
            "preheader": None,
        }
        return {
            "id": campaign.id,
            "name": campaign.name,
            "type": "regular",
            "status": campaign.state,
            "missing_data": self.missing,
            "can_be_scheduled": campaign.state == "draft" and not self.missing,
            "filter": [[condition]] if groups else [],
            "delivery_schedule": fields.get("delivery_schedule", "scheduled"),
            "language_id": str(fields["language"]),
            "scheduled_for": fields.get("scheduled_for"),
            "is_currently_sending_out": fields.get("sending", False),
            "emails": [content],
            "basic_filter_for_humans": {
                "included_groups": [{"id": group, "name": "Lezers"} for group in groups],
                "excluded_groups": [],
                "included_segments": [],
                "excluded_segments": [],
                "all_active_subscribers": not groups,
            },
        }
