"""Brevo: a draft campaign for a list, or for a segment.

In: an Email. Out: a campaign with its HTML, subject and preheader; Brevo has no room for a
text part of ours and makes its own. Never: a campaign made twice, one that was scheduled or
sent changed, more calls in an hour than Brevo allows.

Of the API v3 (its published specification, and the states its own Python client knew in
October 2026). Our key stands in the campaign's name and in its tag. `provider.audience` is
"7", the number of a list, or "segment:3".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cxgreetz.errors import ConfigError, Problem, ProviderError
from cxgreetz.model import Email, Held, Remote, RemoteState, iso
from cxgreetz.ports import Account, ProviderCapabilities
from cxgreetz.providers._api import (
    Api,
    Manners,
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
    text_part=False,
    rewrites_html=True,
    needs_audience=True,
    max_bytes=1_000_000,
)

#: A hundred calls an hour are few; how many are left stands in every answer.
_MANNERS = Manners(left="x-sib-ratelimit-remaining", more_in="x-sib-ratelimit-reset")
_PAGE = 100
#: Without a filter by state all are listed. (A filter spells `inProcess` what a campaign's
#: own field spells `in_process`.) One that a person suspended may have reached readers.
_STATES = {
    "draft": RemoteState.DRAFT,
    "queued": RemoteState.SCHEDULED,
    "in_review": RemoteState.SENDING,
    "in_process": RemoteState.SENDING,
    "inProcess": RemoteState.SENDING,
    "suspended": RemoteState.SENDING,
    "cancelling": RemoteState.SENDING,
}


def open(account: Account, net: Net) -> Brevo:
    """Make ready; raises ConfigError for no key, one for SMTP, or a wrong audience."""
    looks = "it begins with xkeysib- (one that begins with xsmtpsib- only sends mail)"
    key = need_key("brevo", account, r"xkeysib-[\w-]+", looks)
    need_audiences(account, _parts)
    base = account.url or "https://api.brevo.com/v3"
    headers = {"api-key": key}
    return Brevo(account, Api("brevo", account, net, base=base, headers=headers, manners=_MANNERS))


class Brevo:
    """One account."""

    tags: Mapping[str, str] = {
        "unsubscribe": "{{ unsubscribe }}",
        "web_version": "{{ mirror }}",
        "first_name": "{{ contact.FIRSTNAME }}",
    }
    tag_openers = ("{{", "{%", "{#")

    def __init__(self, account: Account, api: Api) -> None:
        self._account, self._api = account, api

    def find(self, key: str) -> list[Remote]:
        # While a list is read page by page one may move on and stand in it twice.
        ours = {
            str(self._api.dig(campaign, "id")): None
            for campaign in self._listed(key)
            if campaign.get("tag") == key or has_key(campaign.get("name"), key)
        }
        return [self._remote(self._api.read(f"emailCampaigns/{number}"), key) for number in ours]

    def look_up(self, remote_id: str) -> Remote | None:
        try:
            campaign = self._api.read(f"emailCampaigns/{remote_id}")
        except ProviderError as error:
            if error.status == 404:
                return None
            raise
        return self._remote(campaign, "")

    def create(self, key: str, email: Email) -> Remote:
        """Make the campaign, content and all."""
        named = {"name": title_of(email.subject, key), "tag": key}
        made = self._api.once("POST", "emailCampaigns", json=named | self._content(email))
        return Remote(str(self._api.dig(made, "id")), key, RemoteState.DRAFT)

    def update(self, remote_id: str, email: Email) -> Remote:
        self._api.change("PUT", f"emailCampaigns/{remote_id}", json=self._content(email))
        return Remote(remote_id, "", RemoteState.DRAFT)

    def schedule(self, remote_id: str, when: datetime) -> Remote:
        """Set the time, and see that Brevo keeps it."""
        wanted = {"scheduledAt": iso(when)}
        self._api.once("PUT", f"emailCampaigns/{remote_id}", json=wanted)
        return self._become(remote_id, RemoteState.SCHEDULED)

    def unschedule(self, remote_id: str) -> Remote:
        """Make it a draft, and see that it is one."""
        wanted = {"status": "draft"}
        self._api.once("PUT", f"emailCampaigns/{remote_id}/status", json=wanted)
        return self._become(remote_id, RemoteState.DRAFT)

    def send_test(self, remote_id: str, address: str) -> None:
        path = f"emailCampaigns/{remote_id}/sendTest"
        try:
            self._api.once("POST", path, json={"emailTo": [address]})
        except ProviderError as error:
            if error.status != 400:
                raise
            told = f"{error}; the address must be one of your contacts there, on a list"
            raise ProviderError(told, status=error.status) from None

    def check_account(self) -> list[str]:
        account = self._api.read("account")
        proved = [f"the key opens the account {self._api.dig(account, 'companyName')!r}"]
        proved.append(f"{self._proved_sender()} is one of its senders")
        for language, audience in self._account.audience.items():
            kind, number = _parts(audience, language)
            name = self._segment(number) if kind else self._list(number)
            proved.append(f"{language} goes to the {kind or 'list'} {name!r}")
        return proved

    def _proved_sender(self) -> str:
        _name, address = sender_of(self._account)
        for sender in self._api.dig(self._api.read("senders"), "senders"):
            same = str(sender.get("email")).casefold() == address.casefold()
            if same and sender.get("active"):
                return address
        reason = f"{address} is no confirmed sender at Brevo; add it there, under Senders"
        raise ConfigError("cxgreetz.toml", [Problem("newsletter.from", reason)])

    def _list(self, number: int) -> Any:
        return self._api.dig(self._api.read(f"contacts/lists/{number}"), "name")

    def _segment(self, number: int) -> Any:
        listed = self._api.read_all("contacts/segments", {}, "segments", size=50, count="limit")
        for segment in listed:
            if segment.get("id") == number:
                return self._api.dig(segment, "segmentName")
        raise ProviderError(f"brevo: the account has no segment {number}")

    def _listed(self, key: str) -> Iterator[Any]:
        """Every campaign, the latest first, as far back as one of this edition may lie."""
        since = iso(earliest(key)) or ""
        for offset in itertools.count(0, _PAGE):
            query = {"limit": _PAGE, "offset": offset, "sort": "desc", "excludeHtmlContent": "true"}
            page = self._api.read("emailCampaigns", query)
            # Where there are none, or none any more, the list itself may be left out.
            may_lack = self._api.dig(page, "count") == 0 or offset > 0
            campaigns = page.get("campaigns", []) if may_lack else self._api.dig(page, "campaigns")
            yield from campaigns
            if len(campaigns) < _PAGE or str(campaigns[-1].get("createdAt")) < since:
                return

    def _content(self, email: Email) -> dict[str, Any]:
        name, address = sender_of(self._account, email)
        audience = self._account.audience.get(email.language, "")
        kind, number = _parts(audience, email.language)
        return {
            "sender": {"name": name, "email": address},
            "subject": email.subject,
            "previewText": email.preheader,
            "htmlContent": email.html,
            "recipients": {"segmentIds" if kind else "listIds": [number]},
            "mirrorActive": self.tags["web_version"] in email.html,
        }

    def _become(self, remote_id: str, state: RemoteState) -> Remote:
        """Read a campaign back after its state was set; an answer without body says little."""
        campaign = self._api.read(f"emailCampaigns/{remote_id}")
        remote = self._remote(campaign, "")
        if remote.state != state:
            told = f"brevo: campaign {remote_id} is {campaign.get('status')!r} now; look there"
            raise ProviderError(told)
        return remote

    def _remote(self, campaign: Any, key: str) -> Remote:
        state = _STATES.get(self._api.dig(campaign, "status"), RemoteState.SENT)
        held = Held(
            html=campaign.get("htmlContent") or "",
            subject=campaign.get("subject") or "",
            preheader=campaign.get("previewText"),
            audience=self._told(campaign.get("recipients") or {}),
            sender=(campaign.get("sender") or {}).get("email"),
        )
        return Remote(str(self._api.dig(campaign, "id")), key, state, held=held)

    def _told(self, recipients: Any) -> str | None:
        """Write recipients as `provider.audience` has them; None: segments are not told."""
        lists, segments = recipients.get("lists") or [], recipients.get("segments")
        by_segment = any(a.startswith("segment:") for a in self._account.audience.values())
        if not lists and segments is None and by_segment:
            return None
        return ",".join([*map(str, lists), *(f"segment:{number}" for number in segments or ())])


def _parts(audience: str, language: str) -> tuple[str, int]:
    """Read "7" or "segment:3"; raises ConfigError."""
    looks = "neither a list's number nor a segment's, like '7' or 'segment:3'"
    match = read_audience(audience, language, r"(?:(segment):)?([1-9]\d*)", looks)
    return match.group(1) or "", int(match.group(2))
