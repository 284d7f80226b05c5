"""Laposta: a draft campaign for a list, or for a segment of one.

In: an Email. Out: a campaign with its HTML and subject; Laposta makes the text part of the
HTML and sees to the link to unsubscribe. Never: a campaign made twice, one that was
scheduled or sent changed, a list addressed where a segment was meant.

Of the API v2 (Laposta's published reference). Our key stands in the campaign's name, which
only the account's people see. `provider.audience` is "LIST" or "LIST/SEGMENT". A time is
taken back by removing the campaign, which is a person's to do.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cxgreetz.errors import ProviderError
from cxgreetz.model import Email, Held, Remote, RemoteState
from cxgreetz.ports import Account, ProviderCapabilities
from cxgreetz.providers._api import (
    Api,
    Manners,
    basic,
    has_key,
    need_audiences,
    need_key,
    read_audience,
    sender_of,
    title_of,
    wrong_audience,
)

if TYPE_CHECKING:
    from cxgreetz.net import Net

_LOG = logging.getLogger(__name__)

CAPABILITIES = ProviderCapabilities(
    test_mail=True,
    schedule=True,
    text_part=False,
    # It shows one and documents no way to set it: ours is sent, and not relied on.
    preheader=False,
    rewrites_html=True,
    needs_audience=True,
)

#: Calls are counted by the minute: 30 on a free account, 120 on a paid one. No answer tells which
#: it is, or how many are left.
_MANNERS = Manners(spacing=2.0, waits=(2.0, 20.0, 40.0), patience=90.0)
#: A longer preheader is cut.
_LONGEST_PREHEADER = 120


def open(account: Account, net: Net) -> Laposta:
    """Make ready; raises ConfigError for a missing key, a wrong audience."""
    key = need_key("laposta", account, r"[^\s:]+")
    need_audiences(account, _parts)
    api = Api(
        "laposta",
        account,
        net,
        base=account.url or "https://api.laposta.nl/v2",
        headers={"Authorization": basic(key, "")},
        manners=_MANNERS,
    )
    return Laposta(account, api)


class Laposta:
    """One account."""

    #: It adds the link to unsubscribe itself. A field's tag bears the name that the list
    #: gives it, and an unknown one is sent as it stands: no first name.
    tags: Mapping[str, str] = {"unsubscribe": "", "web_version": "", "first_name": ""}
    tag_openers = ("{{",)

    def __init__(self, account: Account, api: Api) -> None:
        self._account, self._api = account, api

    def find(self, key: str) -> list[Remote]:
        listed = self._api.dig(self._api.read("campaign"), "data")
        campaigns = [self._api.dig(one, "campaign") for one in listed]
        return [self._remote(c, key) for c in campaigns if has_key(c.get("name"), key)]

    def look_up(self, remote_id: str) -> Remote | None:
        try:
            found = self._api.read(f"campaign/{remote_id}")
        except ProviderError as error:
            if error.status == 400:  # a 404 is an address that is wrong
                return None
            raise
        return self._remote(self._api.dig(found, "campaign"), "")

    def create(self, key: str, email: Email) -> Remote:
        """Make the campaign; its content follows with `update`."""
        named = [("type", "regular"), ("name", title_of(email.subject, key))]
        made = self._api.once("POST", "campaign", form=[*named, *self._settings(email)])
        return Remote(str(self._api.dig(made, "campaign", "campaign_id")), key, RemoteState.DRAFT)

    def update(self, remote_id: str, email: Email) -> Remote:
        path = f"campaign/{remote_id}"
        preheader = ("previewtext", email.preheader[:_LONGEST_PREHEADER])
        changed = self._api.change("POST", path, form=[*self._settings(email), preheader])
        content = [("html", email.html), ("inline_css", "false")]
        filled = self._api.change("POST", f"{path}/content", form=content)
        report = self._api.dig(filled, "campaign").get("report") or {}
        for what in ("javascript", "css", "images"):
            if report.get(what):
                _LOG.warning("laposta: campaign %s: look at its %s: %s", remote_id, what, report)
        return self._seen(self._api.dig(changed, "campaign"))

    def schedule(self, remote_id: str, when: datetime) -> Remote:
        wanted = when.astimezone(UTC).isoformat(timespec="seconds")
        path = f"campaign/{remote_id}/action/schedule"
        told = self._api.once("POST", path, form=[("delivery_requested", wanted)])
        campaign = self._api.dig(told, "campaign")
        # A time that lost its zone would be read as the account's.
        taken = str(campaign.get("delivery_requested_iso") or wanted)
        if not _is_moment(taken, when):
            raise ProviderError(f"laposta: it understood {taken}; remove the campaign there")
        return self._seen(campaign)

    def send_test(self, remote_id: str, address: str) -> None:
        self._api.once("POST", f"campaign/{remote_id}/action/testmail", form=[("email", address)])

    def check_account(self) -> list[str]:
        lists = self._names("list", self._api.read("list"))
        proved = [f"the key opens an account with {len(lists)} lists"]
        for language, audience in self._account.audience.items():
            number, segment = _parts(audience, language)
            if number not in lists:
                raise wrong_audience(language, f"{number!r} is no list of this account")
            told = f"{language} goes to the list {lists[number]!r}"
            if segment:
                segments = self._names("segment", self._api.read("segment", {"list_id": number}))
                if segment not in segments:
                    raise wrong_audience(
                        language, f"{segment!r} is no segment of {lists[number]!r}"
                    )
                told += f", segment {segments[segment]!r}"
            proved.append(told)
        return proved

    def _names(self, kind: str, answer: Any) -> dict[str, str]:
        """The names of lists or segments, by their ids."""
        found = [self._api.dig(one, kind) for one in self._api.dig(answer, "data")]
        return {str(one.get(f"{kind}_id")): str(one.get("name")) for one in found}

    def _settings(self, email: Email) -> list[tuple[str, str]]:
        name, address = sender_of(self._account, email)
        audience = self._account.audience.get(email.language, "")
        number, segment = _parts(audience, email.language)
        return [
            ("subject", email.subject),
            ("from[name]", name),
            ("from[email]", address),
            ("reply_to", address),
            # The segment alone: a list beside it might be the whole list.
            ("list_ids[]", segment or number),
        ]

    def _seen(self, campaign: Any, held: Held | None = None) -> Remote:
        state = RemoteState.DRAFT
        if campaign.get("delivery_ended"):
            state = RemoteState.SENT
        elif campaign.get("delivery_started"):
            state = RemoteState.SENDING
        elif campaign.get("delivery_requested"):
            state = RemoteState.SCHEDULED
        number = str(self._api.dig(campaign, "campaign_id"))
        return Remote(number, "", state, url=campaign.get("web") or None, held=held)

    def _remote(self, campaign: Any, key: str) -> Remote:
        """A campaign with what it holds, for which its content is read."""
        seen = self._seen(campaign)
        content = self._api.dig(self._api.read(f"campaign/{seen.id}/content"), "campaign")
        preheader = str(campaign.get("previewtext") or "")
        held = Held(
            html=content.get("html") or "",
            subject=str(campaign.get("subject") or ""),
            # None where it did not keep ours, or cut it.
            preheader=preheader if 0 < len(preheader) < _LONGEST_PREHEADER else None,
            audience=self._audience(campaign.get("list_ids")),
            sender=(campaign.get("from") or {}).get("email"),
        )
        return Remote(seen.id, key, seen.state, url=seen.url, held=held)

    def _audience(self, list_ids: Any) -> str:
        """Read the recipients, lists or segments by their ids, as `provider.audience` has them."""
        found = []
        for number in list_ids or ():
            segments = list_ids[number] if isinstance(list_ids, dict) else ()
            named = [s for s in segments if isinstance(s, str)] if segments else []
            found += [f"{number}/{segment}" for segment in named] or [str(number)]
        told = "+".join(sorted(found))
        ours = self._account.audience.values()
        return next((a for a in ours if told in (a, a.rpartition("/")[2])), told)


def _is_moment(written: str, when: datetime) -> bool:
    try:
        return datetime.fromisoformat(written) == when
    except ValueError:
        return False


def _parts(audience: str, language: str) -> tuple[str, str]:
    """Read "LIST" or "LIST/SEGMENT"; raises ConfigError."""
    looks = "neither a list's id nor list/segment, like 'BaImMu3JZA'"
    match = read_audience(audience, language, r"(\w+)(?:/(\w+))?", looks)
    return match.group(1), match.group(2) or ""
