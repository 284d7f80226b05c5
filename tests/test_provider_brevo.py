"""Brevo keeps what every provider promises, and does a few things in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.provider_contract import (
    Case,
    Desk,
    ProviderContract,
    ServiceContract,
    approved,
    desk,
    renew,
)
from cxgreetz import pipeline
from cxgreetz.errors import ConfigError
from cxgreetz.model import Held
from servers.brevo_api import HOUR, LIST, RESET, SEGMENT, BrevoApi

__all__ = ["approved", "desk"]

KEY = "xkeysib-0123456789abcdef-AbCd"


@pytest.fixture
def case() -> Case:
    return Case(
        "brevo",
        audience=str(LIST),
        wrong_audience="99",
        key=KEY,
        tags={
            "unsubscribe": "{{ unsubscribe }}",
            "web_version": "{{ mirror }}",
            "first_name": "{{ contact.FIRSTNAME }}",
        },
        spec="brevo/email-campaigns.openapi3.json",
    )


@pytest.fixture
def place() -> Iterator[BrevoApi]:
    with BrevoApi(KEY) as twin:
        yield twin


class TestBrevo(ProviderContract, ServiceContract):
    pass


def test_our_key_stands_in_the_name_and_in_the_tag(desk: Desk, place: BrevoApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    assert campaign.name.startswith("Koffie op perron 4")
    assert campaign.name.endswith("[cxgreetz-2026-11-nl]")
    assert campaign.fields["tag"] == "cxgreetz-2026-11-nl"


@pytest.mark.parametrize("lost", ["name", "tag"])
def test_either_of_them_is_enough_to_find_it(
    desk: Desk, place: BrevoApi, approved: Path, lost: str
) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    if lost == "name":
        campaign.name = "Nieuwsbrief november"
    else:
        campaign.fields["tag"] = ""
    renew(desk, approved, place)  # nothing is known here of its id
    assert desk.pushed() == ("adopt", "draft", 0)
    assert place.creations() == 1


def test_the_web_version_is_made_where_the_email_leads_to_it(desk: Desk, place: BrevoApi) -> None:
    desk.push()
    (made,) = place.asked("POST", "/emailCampaigns")
    assert made.body["mirrorActive"] is True
    desk.change("cxgreetz:web_version", "https://x.example/")
    desk.push()
    (updated,) = place.asked("PUT", r"/emailCampaigns/\d+")
    assert updated.body["mirrorActive"] is False


@pytest.mark.parametrize("state", ["in_process", "in_review", "suspended", "cancelling"])
def test_what_has_begun_to_go_out_is_found_and_left_alone(
    desk: Desk, place: BrevoApi, state: str
) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    campaign.state = state
    place.exchanges.clear()
    desk.change()
    assert desk.pushed() == ("stop", "sending", 1)
    assert desk.pushed(unschedule=True) == ("stop", "sending", 1)
    assert {asked.method for asked in place.asked()} == {"GET"}
    # The published document is older than some of these states.
    place.exchanges.clear()


def test_a_segment_is_an_audience_too(desk: Desk, place: BrevoApi) -> None:
    desk.settle(audience=f"segment:{SEGMENT}")
    assert desk.pushed() == ("create", "draft", 0)
    assert place.held()[0].audience == f"segment:{SEGMENT}"
    assert desk.pushed() == ("none", "draft", 0)
    with desk.open() as workspace:
        proved = pipeline.check_provider(workspace)["proved"]
    assert "nl goes to the segment 'Nederlands'" in proved


def test_segments_that_are_not_told_are_not_missed(desk: Desk, place: BrevoApi) -> None:
    place.tells_segments = False
    desk.settle(audience=f"segment:{SEGMENT}")
    assert desk.pushed() == ("create", "draft", 0)
    assert desk.pushed() == ("none", "draft", 0)


def test_a_list_that_was_taken_off_is_put_back(desk: Desk, place: BrevoApi) -> None:
    place.tells_segments = False
    desk.push()
    (campaign,) = place.campaigns.values()
    campaign.held = replace(campaign.held, audience="")
    assert desk.pushed() == ("update", "draft", 0)
    assert place.held()[0].audience == str(LIST)


@pytest.mark.parametrize("audience", ["Lezers", "007", "segment:", "3,7"])
def test_an_audience_that_is_none_is_refused(desk: Desk, place: BrevoApi, audience: str) -> None:
    desk.settle(audience=audience)
    with desk.open() as workspace, pytest.raises(ConfigError, match=r"provider\.audience\.nl"):
        pipeline.push(workspace, "2026-11")
    assert place.campaigns == {}


def fill(place: BrevoApi, count: int, year: int) -> None:
    held = Held(html="", subject="", preheader="", audience=str(LIST))
    fields = {"tag": "", "sender": {}, "createdAt": f"{year}-11-01T09:00:00Z"}
    for number in range(count):
        place.make(f"Ander {number}", "sent", held, **fields)


def test_older_campaigns_are_not_read(desk: Desk, place: BrevoApi) -> None:
    fill(place, 230, 2024)
    fill(place, 120, 2026)
    desk.push()
    lists = place.asked("GET", "/emailCampaigns")
    assert {asked.query["offset"][0] for asked in lists} == {"0", "100"}


def test_a_last_page_that_is_full_is_no_trouble(desk: Desk, place: BrevoApi) -> None:
    fill(place, 200, 2026)
    assert desk.pushed() == ("create", "draft", 0)


def test_one_that_stands_on_two_pages_is_one(desk: Desk, place: BrevoApi) -> None:
    desk.push()
    (ours,) = place.campaigns.values()
    fill(place, 99, 2026)
    place.campaigns["0"] = ours
    assert desk.pushed() == ("none", "draft", 0)


def test_an_hour_that_is_used_up_is_said_and_nothing_is_made_twice(
    desk: Desk, place: BrevoApi
) -> None:
    place.left = 2
    report = desk.push()
    assert report.exit_code == 3
    assert f"takes no more calls for {RESET} s" in report.pushed["nl"].why
    assert len(place.exchanges) == 2
    place.left = HOUR
    assert desk.pushed()[1:] == ("draft", 0)
    assert place.creations() == 1


def test_a_test_mail_goes_to_contacts_alone(desk: Desk, place: BrevoApi) -> None:
    report = desk.push(test="stranger@example.org")
    assert report.exit_code == 3
    assert "must be one of your contacts" in report.pushed["nl"].why
    assert report.pushed["nl"].state == "draft" and place.tests == []


def test_a_time_that_is_not_kept_is_not_told(
    desk: Desk, place: BrevoApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.push()
    monkeypatch.setattr(place, "_put_in", lambda *_: None)
    report = desk.push(schedule="2026-12-01T09:00")
    assert (report.pushed["nl"].state, report.exit_code) == ("draft", 3)
    assert "'draft' now" in report.pushed["nl"].why


def test_a_sender_that_somebody_changed_is_put_back(desk: Desk, place: BrevoApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    ours = campaign.fields["sender"]
    campaign.fields["sender"] = {"name": "Iemand", "email": "iemand@example.org"}
    assert desk.pushed() == ("update", "draft", 0)
    assert campaign.fields["sender"] == ours


def test_a_sender_that_is_none_there_is_named(desk: Desk, place: BrevoApi) -> None:
    file = desk.folder / "cxgreetz.toml"
    file.write_text(file.read_text().replace("marijke@example.org", "oud@example.org"))
    with desk.open() as workspace, pytest.raises(ConfigError, match=r"oud@example\.org is no"):
        pipeline.check_provider(workspace)


def test_a_key_for_smtp_is_refused(
    desk: Desk, place: BrevoApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXGREETZ_BREVO_API_KEY", "xsmtpsib-0123456789abcdef")
    with pytest.raises(ConfigError, match="CXGREETZ_BREVO_API_KEY: does not look") as caught:
        desk.push()
    assert "0123456789abcdef" not in str(caught.value)
    assert place.exchanges == []
