"""MailerLite: a draft campaign for a group.

In: an Email. Out: a campaign with its HTML and subject; the preheader stands in the HTML,
and MailerLite makes the text part itself. Never: a campaign made twice, one that was
scheduled or sent changed, one for all subscribers or of another sender taken for ours.

Of the API at connect.mailerlite.com (the published reference, and calls that MailerLite
recorded in August 2024). Our key stands in the campaign's name, its only stable field. A
campaign without groups is for everybody, so what MailerLite made of the group is read back.
`provider.audience` is a group's id.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cxgreetz.errors import ProviderError
from cxgreetz.model import Email, Held, Remote, RemoteState, campaign_key
from cxgreetz.ports import Account, ProviderCapabilities
from cxgreetz.providers._api import (
    Api,
    Manners,
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
    test_mail=False,
    schedule=True,
    unschedule=True,
    text_part=False,
    preheader=False,
    rewrites_html=True,
    needs_audience=True,
)

#: 120 calls a minute; how many are left stands in its answers.
_MANNERS = Manners(spacing=0.5, left="x-ratelimit-remaining", more_in="retry-after")
#: The behaviour of that day is asked for.
_VERSION = "2024-08-13"
#: As far as a campaign can have come; a list that names none shows only what is "ready".
_STATUSES = ("draft", "ready", "sent")
#: Of its own words to readers, as on the page where they take their leave.
_LANGUAGES = {"nl": 13, "en": 4}
#: In its list of zones, and UTC all year.
_ZONE = "Africa/Abidjan"


def open(account: Account, net: Net) -> MailerLite:
    """Make ready; raises ConfigError for a missing key, a wrong audience."""
    key = need_key("mailerlite", account)
    need_audiences(account, _group)
    api = Api(
        "mailerlite",
        account,
        net,
        base=account.url or "https://connect.mailerlite.com/api",
        headers={
            "Authorization": f"Bearer {key}",
            "Accept": "application/json",
            "X-Version": _VERSION,
        },
        manners=_MANNERS,
    )
    return MailerLite(account, api)


class MailerLite:
    """One account."""

    tags: Mapping[str, str] = {
        "unsubscribe": "{$unsubscribe}",
        "web_version": "{$url}",
        "first_name": "{$name}",
    }
    tag_openers = ("{$",)

    def __init__(self, account: Account, api: Api) -> None:
        self._account, self._api = account, api

    def find(self, key: str) -> list[Remote]:
        # What moves on between two lists stands in both.
        named = {
            str(self._api.dig(campaign, "id")): None
            for status in _STATUSES
            for campaign in self._listed("campaigns", {"filter[status]": status})
            if has_key(campaign.get("name"), key)
        }
        return [self._remote(self._read(remote_id), key) for remote_id in named]

    def look_up(self, remote_id: str) -> Remote | None:
        try:
            return self._remote(self._read(remote_id), "")
        except ProviderError as error:
            if error.status == 404:
                return None
            raise

    def create(self, key: str, email: Email) -> Remote:
        """Make the campaign, content and all."""
        made = self._api.once("POST", "campaigns", json=self._campaign(key, email))
        return Remote(str(self._api.dig(made, "data", "id")), key, RemoteState.DRAFT)

    def update(self, remote_id: str, email: Email) -> Remote:
        """Put all of it in anew, and see that it was taken: group, sender and HTML."""
        wanted = self._campaign(campaign_key(email.edition, email.language), email)
        answer = self._api.change("PUT", f"campaigns/{remote_id}", json=wanted)
        campaign = self._api.dig(answer, "data")
        if wrong := self._wrong(campaign, email):
            raise ProviderError(f"mailerlite: campaign {remote_id} {wrong}")
        return self._remote(campaign, "")

    def schedule(self, remote_id: str, when: datetime) -> Remote:
        """Set the time, if MailerLite lacks nothing; one that it takes for another is undone."""
        path, utc = f"campaigns/{remote_id}", when.astimezone(UTC)
        ready = self._read(remote_id)
        if not ready.get("can_be_scheduled", True):
            lacks = ", ".join(map(str, ready.get("missing_data") or [])) or "it does not say what"
            raise ProviderError(f"mailerlite: it is not ready to be sent, it lacks: {lacks}")
        time = {"date": f"{utc:%Y-%m-%d}", "hours": f"{utc:%H}", "minutes": f"{utc:%M}"}
        wanted = {"delivery": "scheduled", "schedule": time | {"timezone_id": self._zone()}}
        answer = self._api.once("POST", f"{path}/schedule", json=wanted)
        campaign = self._api.dig(answer, "data")
        if campaign.get("scheduled_for") != f"{utc:%Y-%m-%d %H:%M}:00":
            told = f"it took {utc:%Y-%m-%d %H:%M} UTC for {campaign.get('scheduled_for')}"
            try:
                self._api.once("POST", f"{path}/cancel")
            except ProviderError as error:
                told += f", and it is not known whether that was taken back ({error})"
                raise ProviderError(f"mailerlite: {told}") from None
            raise ProviderError(f"mailerlite: {told}; that was taken back")
        return self._remote(campaign, "")

    def unschedule(self, remote_id: str) -> Remote:
        answer = self._api.once("POST", f"campaigns/{remote_id}/cancel")
        return self._remote(self._api.dig(answer, "data"), "")

    def check_account(self) -> list[str]:
        groups = {str(group.get("id")): group for group in self._listed("groups", {})}
        proved = [f"the key opens an account with {len(groups)} groups"]
        for language, audience in self._account.audience.items():
            group = groups.get(_group(audience, language))
            if group is None:
                raise ProviderError(f"mailerlite: the account has no group {audience}")
            proved.append(f"{language} goes to the group {self._api.dig(group, 'name')!r}")
        return proved

    def _read(self, remote_id: str) -> Any:
        return self._api.dig(self._api.read(f"campaigns/{remote_id}"), "data")

    def _listed(self, path: str, query: Mapping[str, object]) -> Iterator[Any]:
        for page in itertools.count(1):
            answer = self._api.read(path, {**query, "limit": 100, "page": page})
            yield from self._api.dig(answer, "data")
            if page >= self._api.dig(answer, "meta", "last_page"):
                return

    def _zone(self) -> int:
        for zone in self._api.dig(self._api.read("timezones"), "data"):
            if zone.get("name") == _ZONE:
                return int(self._api.dig(zone, "id"))
        raise ProviderError(f"mailerlite: its list of time zones lacks {_ZONE}; set the time there")

    def _campaign(self, key: str, email: Email) -> dict[str, Any]:
        name, address = sender_of(self._account, email)
        content = {
            "subject": email.subject,
            "from_name": name,
            "from": address,
            "content": email.html,
        }
        return {
            "name": title_of(email.subject, key),
            "type": "regular",
            "language_id": _LANGUAGES[email.language.partition("+")[0]],
            "groups": [self._group_of(email.language)],
            "emails": [content],
        }

    def _group_of(self, language: str) -> str:
        return _group(self._account.audience.get(language, ""), language)

    def _wrong(self, campaign: Any, email: Email) -> str:
        """What MailerLite did not take, as words for a person; "": nothing."""
        ours, told = self._group_of(email.language), _told(campaign)
        if told != ours:
            return f"is for {told or 'all active subscribers'} and not for group {ours}"
        content = self._api.dig(campaign, "emails", 0)
        address = sender_of(self._account, email)[1]
        if str(content.get("from")).casefold() != address.casefold():
            return f"has the sender {content.get('from')} and not {address}: confirm that there"
        if email.approved_fingerprint not in (content.get("content") or ""):
            return "was made without our HTML: does the plan include that?"
        return ""

    def _remote(self, campaign: Any, key: str) -> Remote:
        content = self._api.dig(campaign, "emails", 0)
        remote_id, url = str(self._api.dig(campaign, "id")), content.get("preview_url")
        state = _state(campaign)
        held = Held(
            html=content.get("content") or "",
            subject=content.get("subject") or "",
            audience=_told(campaign),
            # An address that is not confirmed is quietly replaced.
            sender=str(content.get("from")),
        )
        return Remote(remote_id, key, state, url=url, held=held)


def _state(campaign: Any) -> RemoteState:
    """Tell how far it has come; what is ready at once is on its way."""
    if campaign.get("status") == "draft":
        return RemoteState.DRAFT
    if campaign.get("status") != "ready":
        return RemoteState.SENT
    waits = campaign.get("delivery_schedule") == "scheduled"
    under_way = campaign.get("is_currently_sending_out") or not waits
    return RemoteState.SENDING if under_way else RemoteState.SCHEDULED


def _told(campaign: Any) -> str:
    """Write the readers as `provider.audience` has them; "": everybody."""
    conditions = [one for part in campaign.get("filter") or [] for one in part]
    if not conditions:
        shown = campaign.get("basic_filter_for_humans") or {}
        return ",".join(str(group.get("id")) for group in shown.get("included_groups") or [])
    groups: list[str] = []
    for condition in conditions:
        match condition:
            case {"operator": "in_any", "args": ["groups", [*ids]]}:
                groups += map(str, ids)
            case _:
                groups.append("a choice of its own")
    return ",".join(groups)


def _group(audience: str, language: str) -> str:
    """Read a group's id; raises ConfigError."""
    looks = "no group's id, like '75011449370445335'"
    return read_audience(audience, language, r"[1-9]\d*", looks).group()
