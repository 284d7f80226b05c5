"""MailerLite keeps what every provider promises, and does a few things in its own way.

It publishes no document of its API, but calls that it recorded against the living service:
our requests have their shape, their answers are read, and the twin's are of the same kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.provider_contract import (
    Case,
    Desk,
    ProviderContract,
    ServiceContract,
    approved,
    desk,
)
from contracts.spec import SPECS
from cxgreetz import pipeline
from cxgreetz.errors import ConfigError, ProviderError
from cxgreetz.model import Email, Held, RemoteState
from cxgreetz.net import Limits, Net
from cxgreetz.ports import Account
from cxgreetz.providers import mailerlite
from cxgreetz.push import is_held
from servers._api_twin import RETRY_AFTER, ApiTwin, Asked, Handler, Reply
from servers.mailerlite_api import GROUP, SENDER, MailerLiteApi, rewritten

__all__ = ["approved", "desk"]

KEY = "eyJ0eXAiOiJKV1QifQ.sleutel-van-de-test"


@pytest.fixture
def case() -> Case:
    tags = {"unsubscribe": "{$unsubscribe}", "web_version": "{$url}", "first_name": "{$name}"}
    return Case(
        "mailerlite", audience=GROUP, wrong_audience="75011449370445336", key=KEY, tags=tags
    )


@pytest.fixture
def place() -> Iterator[MailerLiteApi]:
    with MailerLiteApi(KEY) as twin:
        yield twin


class TestMailerLite(ProviderContract, ServiceContract):
    pass


def test_every_campaign_is_for_its_group(desk: Desk, place: MailerLiteApi) -> None:
    desk.push()
    desk.change()
    desk.push()
    told = [asked.body for asked in place.asked() if asked.method in ("POST", "PUT")]
    assert [body["groups"] for body in told] == [[GROUP], [GROUP]]


def test_one_for_everybody_is_not_taken_for_ours(desk: Desk, place: MailerLiteApi) -> None:
    place.takes_groups = False
    report = desk.push(schedule="2026-12-01T09:00")
    assert (report.pushed["nl"].state, report.exit_code) == ("draft", 3)
    assert f"for all active subscribers and not for group {GROUP}" in report.pushed["nl"].why
    assert place.asked("POST", ".*/schedule") == []
    assert desk.receipt() == "created"
    place.takes_groups = True
    assert desk.pushed() == ("update", "draft", 0)
    assert (place.creations(), place.held()[0].audience) == (1, GROUP)


def test_a_group_that_somebody_took_off_is_put_back(desk: Desk, place: MailerLiteApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    campaign.held = replace(campaign.held, audience="")
    assert desk.pushed() == ("update", "draft", 0)
    assert place.held()[0].audience == GROUP


def test_another_sender_is_not_taken_for_ours(desk: Desk, place: MailerLiteApi) -> None:
    place.senders = ["iemand@example.org"]
    report = desk.push()
    assert report.exit_code == 3
    assert f"sender iemand@example.org and not {SENDER}" in report.pushed["nl"].why
    place.senders.append(SENDER)
    assert desk.pushed() == ("update", "draft", 0)
    assert place.creations() == 1


def test_a_sender_that_somebody_changed_is_put_back(desk: Desk, place: MailerLiteApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    campaign.fields["from"] = "iemand@example.org"
    assert desk.pushed() == ("update", "draft", 0)
    assert campaign.fields["from"] == SENDER


def test_a_plan_without_html_is_named(desk: Desk, place: MailerLiteApi) -> None:
    place.takes_html = False
    report = desk.push()
    assert report.exit_code == 3
    assert "without our HTML: does the plan" in report.pushed["nl"].why


def test_every_state_is_asked_for(desk: Desk, place: MailerLiteApi) -> None:
    desk.push()
    asked = [a.query["filter[status]"] for a in place.asked("GET", "/campaigns")]
    assert asked[:3] == [["draft"], ["ready"], ["sent"]]


def test_what_moves_on_between_two_lists_is_one(desk: Desk, place: MailerLiteApi) -> None:
    desk.push()
    ((number, ours),) = place.campaigns.items()
    place.campaigns[f"0{number}"] = replace(ours, state="ready")
    place.campaigns[f"0{number}"].id = number
    assert desk.pushed() == ("none", "draft", 0)


def test_many_campaigns_are_read_page_by_page(desk: Desk, place: MailerLiteApi) -> None:
    fields = {"from": SENDER, "from_name": "Marijke", "language": 13}
    for number in range(130):
        place.make(f"Oud {number}", "draft", Held(html="", subject="", audience=GROUP), **fields)
    assert desk.pushed() == ("create", "draft", 0)
    assert len(place.campaigns) == 131


@pytest.mark.parametrize("sign", [{"sending": True}, {"delivery_schedule": "instant"}])
def test_what_is_ready_and_does_not_wait_is_on_its_way(
    desk: Desk, place: MailerLiteApi, sign: dict[str, Any]
) -> None:
    desk.push()
    place.turn(RemoteState.SENDING)
    (campaign,) = place.campaigns.values()
    campaign.fields |= sign
    assert desk.pushed()[1:] == ("sending", 0)
    assert desk.pushed(unschedule=True) == ("stop", "sending", 1)


def test_the_time_is_told_in_utc(desk: Desk, place: MailerLiteApi) -> None:
    assert desk.pushed(schedule="2026-12-01T09:05") == ("create", "scheduled", 0)
    (campaign,) = place.campaigns.values()
    assert campaign.fields["scheduled_for"] == "2026-12-01 08:05:00"


def test_a_time_taken_for_another_is_taken_back(desk: Desk, place: MailerLiteApi) -> None:
    place.late = timedelta(hours=1)
    report = desk.push(schedule="2026-12-01T09:00")
    assert (report.pushed["nl"].state, report.exit_code) == ("draft", 3)
    assert "2026-12-01 08:00 UTC for 2026-12-01 09:00:00" in report.pushed["nl"].why
    assert [campaign.state for campaign in place.campaigns.values()] == ["draft"]


def test_a_wrong_time_that_may_not_be_taken_back_is_told(
    desk: Desk, place: MailerLiteApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.push()
    place.late = timedelta(hours=1)

    def broken(_asked: Asked, _number: str) -> Reply:
        return Reply({"message": "Server Error"}, 500)

    monkeypatch.setattr(place, "_cancel", broken)
    report = desk.push(schedule="2026-12-01T09:00")
    assert (report.pushed["nl"].state, report.exit_code) == ("scheduled", 3)
    assert "not known whether that was taken back" in report.pushed["nl"].why
    assert "2026-12-01 09:00:00" in report.pushed["nl"].why


def test_a_campaign_that_is_not_ready_gets_no_time(desk: Desk, place: MailerLiteApi) -> None:
    place.missing = ["unsubscribe_link"]
    report = desk.push(schedule="2026-12-01T09:00")
    assert (report.pushed["nl"].state, report.exit_code) == ("draft", 3)
    assert "lacks: unsubscribe_link" in report.pushed["nl"].why


def test_an_audience_that_is_none_is_refused(desk: Desk, place: MailerLiteApi) -> None:
    desk.settle(audience="Lezers")
    with desk.open() as workspace, pytest.raises(ConfigError, match=r"provider\.audience\.nl"):
        pipeline.push(workspace, "2026-11")
    assert place.campaigns == {}


def test_a_minute_that_is_used_up_is_waited_for(desk: Desk, place: MailerLiteApi) -> None:
    place.left = 1
    assert desk.pushed() == ("create", "draft", 0)
    # While calls are left none is waited for; then half a second, and what it asks for.
    assert desk.waits == [0.5, RETRY_AFTER]
    assert place.creations() == 1


def test_a_create_beyond_the_minute_is_the_next_runs(desk: Desk, place: MailerLiteApi) -> None:
    place.left = 3
    report = desk.push()
    assert report.exit_code == 3 and "it was not done" in report.pushed["nl"].why
    assert place.campaigns == {}
    assert desk.pushed() == ("create", "draft", 0)


# what MailerLite recorded


def recorded() -> list[dict[str, Any]]:
    file = SPECS / "mailerlite" / "recorded-campaigns.json"
    if not file.is_file():
        pytest.skip("what MailerLite recorded is not here")
    calls: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return calls


def call_of(method: str, path: str) -> dict[str, Any]:
    """The recorded call whose path ends so."""
    return next(
        call
        for call in recorded()
        if call["request"]["method"] == method
        and call["request"]["url"].partition("?")[0].endswith(path)
    )


class Tape(ApiTwin):
    """Answers as MailerLite did: what was recorded, whatever is asked with it."""

    prefix = "/api"

    def __init__(self) -> None:
        super().__init__(KEY)
        self.name: str | None = None
        self.number = str(call_of("GET", "0121")["response"]["json"]["data"]["id"])

    def is_allowed(self, asked: Asked) -> bool:
        return True

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        zones = [{"id": "1", "name": "Africa/Abidjan"}]
        return [
            ("GET", "/timezones", lambda _asked: Reply({"data": zones})),
            ("GET", "/campaigns", self._list),
            ("POST", "/campaigns", lambda _asked: self._said("POST", "/campaigns")),
            ("GET", r"/campaigns/\d+", lambda _asked: self._said("GET", "0121")),
            ("PUT", r"/campaigns/\d+", lambda _asked: self._said("PUT", "0121")),
            ("POST", ".*/schedule", lambda _asked: self._said("POST", "/schedule")),
            ("POST", ".*/cancel", lambda _asked: self._said("POST", "/cancel")),
        ]

    def _said(self, method: str, path: str) -> Reply:
        said = call_of(method, path)["response"]
        return Reply(said["json"], said["status"])

    def _list(self, asked: Asked) -> Reply:
        said = self._said("GET", "/campaigns")
        if asked.query["filter[status]"] != ["sent"]:
            said.body["data"] = []
        elif self.name is not None:
            said.body["data"][1]["name"] = self.name
        return said


@pytest.fixture
def tape() -> Iterator[Tape]:
    with Tape() as twin:
        yield twin


@pytest.fixture
def there(tape: Tape) -> mailerlite.MailerLite:
    """The account of the recordings, as far as we need to know it."""
    sender = call_of("GET", "0121")["response"]["json"]["data"]["emails"][0]["from"]
    account = Account("CX Greetz", f"X <{sender}>", {"nl": GROUP}, url=tape.url, api_key=KEY)
    account = replace(account, sleep=lambda _seconds: None)
    return mailerlite.open(account, Net({"127.0.0.1"}, limits=Limits(call=2)))


def an_email() -> Email:
    html = "<html><head></head><body><p>Koffie</p></body></html>"
    return Email("2026-11", "nl", "Koffie", "Vooraf", html, "Koffie", "X <x@example.org>").marked()


def shape(value: Any) -> Any:
    """What is there and of which kind, without what it says."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_campaign_is_asked_for_as_in_the_recordings_and_for_a_group(
    tape: Tape, there: mailerlite.MailerLite, method: str
) -> None:
    if method == "POST":
        assert there.create("cxgreetz-2026-11-nl", an_email()).id == tape.number
    else:
        with pytest.raises(ProviderError, match="for all active subscribers"):
            there.update(tape.number, an_email())
    (asked,) = tape.asked(method)
    theirs = call_of(method, "/campaigns" if method == "POST" else "0121")["request"]["json"]
    assert shape(asked.body) == shape(theirs) | {"groups": ["str"]}
    assert asked.headers["accept"] == asked.headers["content-type"] == "application/json"


def test_a_time_is_asked_for_as_in_the_recordings(tape: Tape, there: mailerlite.MailerLite) -> None:
    said = call_of("POST", "/schedule")
    utc = datetime.fromisoformat(said["response"]["json"]["data"]["scheduled_for"])
    done = there.schedule(tape.number, utc.replace(tzinfo=UTC))
    assert (done.id, done.state) == (tape.number, RemoteState.SCHEDULED)
    (asked,) = tape.asked("POST")
    assert shape(asked.body) == shape(said["request"]["json"])
    lengths = {name: len(str(value)) for name, value in asked.body["schedule"].items()}
    assert lengths == {"date": 10, "hours": 2, "minutes": 2, "timezone_id": 1}
    assert asked.body["schedule"]["minutes"] == said["request"]["json"]["schedule"]["minutes"]
    assert there.unschedule(tape.number).state == RemoteState.DRAFT
    assert tape.asked("POST", ".*/cancel")[0].body is None


def test_lists_are_asked_for_as_in_the_recordings(tape: Tape, there: mailerlite.MailerLite) -> None:
    assert there.find("cxgreetz-2026-11-nl") == []
    url = call_of("GET", "/campaigns")["request"]["url"]
    for asked in tape.asked("GET"):
        assert all(f"{name}=" in url for name in asked.query), asked.query
    tape.name = "Koffie [cxgreetz-2026-11-nl]"
    (found,) = there.find("cxgreetz-2026-11-nl")
    assert (found.id, found.key) == (tape.number, "cxgreetz-2026-11-nl")


def test_the_recorded_campaign_is_read_for_what_it_is(
    tape: Tape, there: mailerlite.MailerLite
) -> None:
    seen = there.look_up(tape.number)
    assert seen is not None and seen.held is not None and seen.url is not None
    assert (seen.state, seen.held.audience) == (RemoteState.DRAFT, "")
    assert len(seen.id) == 18 and seen.url.startswith("https://preview.")
    asked = call_of("POST", "/campaigns")["request"]["json"]["emails"][0]
    email = replace(an_email(), html=asked["content"], subject=asked["subject"])
    email = replace(email, sender=there._account.sender)
    # They asked for another sender than they got, and for no group at all.
    assert asked["from"] not in str(there._account.sender)
    assert is_held(email, seen.held, rewritten=True)
    assert not is_held(email, seen.held, GROUP, rewritten=True)
    assert not is_held(email, seen.held)
    other = replace(email, html=email.html.replace("test content", "tent contest"))
    assert not is_held(other, seen.held, rewritten=True)


def test_the_languages_have_the_numbers_that_were_recorded() -> None:
    listed = call_of("GET", "/languages")["response"]["json"]["data"]
    numbers = {one["shortcode"]: int(one["id"]) for one in listed}
    assert {name: numbers[name] for name in ("nl", "en")} == mailerlite._LANGUAGES


def test_the_twin_writes_html_anew_as_mailerlite_did(place: MailerLiteApi) -> None:
    content = call_of("POST", "/campaigns")["request"]["json"]["emails"][0]["content"]
    theirs = call_of("GET", "0121")["response"]["json"]["data"]["emails"][0]["content"]
    email = replace(an_email(), html=content)
    for html in (theirs, rewritten(content)):
        assert is_held(email, Held(html=html), rewritten=True)
        assert "<!--{$body_top}-->" in html and html.count("<head>") == 2


def test_the_twin_answers_in_the_recorded_shape(desk: Desk, place: MailerLiteApi) -> None:
    desk.push(schedule="2026-12-01T09:00")
    desk.push(unschedule=True)
    paths = ("/campaigns", "/schedule", "/cancel")
    held = 0
    for exchange in place.exchanges:
        path = next((p for p in paths if exchange.asked.path.endswith(p)), "0121")
        if exchange.asked.path in ("/groups", "/timezones"):
            continue
        said = call_of(exchange.asked.method, path)["response"]
        assert exchange.reply is not None and exchange.reply.status == said["status"]
        _fits(exchange.reply.body, said["json"], path)
        held += 1
    assert held > 5


def _fits(ours: Any, theirs: Any, where: str) -> None:
    """Everything the twin says stands in the recording too, and is of the same kind."""
    if isinstance(ours, dict):
        for name, value in ours.items():
            assert name in theirs, f"{where}.{name}"
            _fits(value, theirs[name], f"{where}.{name}")
    elif isinstance(ours, list):
        for value in ours if theirs else ():
            _fits(value, theirs[0], where)
    elif ours is not None and theirs is not None:
        assert type(ours) is type(theirs), where
