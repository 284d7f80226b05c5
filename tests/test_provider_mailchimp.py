"""Mailchimp keeps what every provider promises, and does a few things in its own way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from contracts.provider_contract import (
    Case,
    Desk,
    ProviderContract,
    ServiceContract,
    approved,
    desk,
)
from cxgreetz import pipeline
from cxgreetz.cli import app
from cxgreetz.errors import ConfigError
from servers.mailchimp_api import LIST, SEGMENT, MailchimpApi

__all__ = ["approved", "desk"]

KEY = "0123456789abcdef-us21"


@pytest.fixture
def case() -> Case:
    return Case(
        "mailchimp",
        audience=f"{LIST}/{SEGMENT}",
        wrong_audience="ffffffffff",
        key=KEY,
        tags={"unsubscribe": "*|UNSUB|*", "web_version": "*|ARCHIVE|*", "first_name": "*|FNAME|*"},
        spec="mailchimp/campaigns.openapi3.json",
        beyond=(r"GET /", r"GET /lists/.*"),
    )


@pytest.fixture
def place() -> Iterator[MailchimpApi]:
    with MailchimpApi(KEY) as twin:
        yield twin


class TestMailchimp(ProviderContract, ServiceContract):
    pass


def test_all_campaigns_lie_in_one_folder(desk: Desk, place: MailchimpApi) -> None:
    desk.settle(["nl", "en"])
    desk.push()
    assert place.folders == ["cxgreetz"]
    assert {c.fields["settings"]["folder_id"] for c in place.campaigns.values()} == {"f0"}


def test_the_title_tells_people_what_it_is(desk: Desk, place: MailchimpApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    assert campaign.name.startswith("Koffie op perron 4")
    assert campaign.name.endswith("[cxgreetz-2026-11-nl]")


def test_a_renamed_campaign_is_still_ours(desk: Desk, place: MailchimpApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    campaign.name = "Nieuwsbrief november"
    assert desk.pushed() == ("none", "draft", 0)


def test_a_campaign_that_is_not_ready_gets_no_time(desk: Desk, place: MailchimpApi) -> None:
    desk.change("cxgreetz:unsubscribe", "https://x.example/")
    report = desk.push(schedule="2026-12-01T09:00")
    assert report.exit_code == 3
    assert "Unsubscribe: The link is needed." in report.pushed["nl"].why
    assert report.pushed["nl"].state == "draft"


@pytest.mark.parametrize("key", ["0123456789abcdef", "abc-us21.evil.example", "abc-us21/x"])
def test_a_key_without_its_data_centre_is_refused(
    desk: Desk, place: MailchimpApi, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("CXGREETZ_MAILCHIMP_API_KEY", key)
    with pytest.raises(ConfigError, match="CXGREETZ_MAILCHIMP_API_KEY: does not look") as caught:
        desk.push()
    assert key not in str(caught.value)
    assert place.exchanges == []


def test_an_audience_that_is_none_is_refused(desk: Desk, place: MailchimpApi) -> None:
    desk.settle(audience="Lezers van CX")
    with desk.open() as workspace, pytest.raises(ConfigError, match=r"provider\.audience\.nl"):
        pipeline.push(workspace, "2026-11")
    assert place.campaigns == {}


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output


def test_the_command_line_proves_and_pushes(desk: Desk, place: MailchimpApi) -> None:
    here = ("--workspace", str(desk.folder))
    code, told = call("providers", "check", *here)
    assert code == 0
    assert "'CX Greetz BV'" in told and "nl goes to the audience 'Lezers', segment" in told
    assert call("push", "2026-11", *here)[0] == 0
    code, told = call("push", "2026-11", "--schedule", "2099-12-01T09:00", *here)
    assert code == 0 and place.campaigns["101"].state == "schedule"
    assert call("push", "2026-11", "--unschedule", *here)[0] == 0
    assert place.campaigns["101"].state == "save"
    place.key = "another"
    code, told = call("push", "2026-11", *here)
    assert (code, KEY in told, "CXGREETZ_MAILCHIMP_API_KEY" in told) == (3, False, True)


def test_a_sender_that_somebody_changed_is_put_back(desk: Desk, place: MailchimpApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    ours = campaign.fields["settings"]["reply_to"]
    campaign.fields["settings"]["reply_to"] = "iemand@example.org"
    assert desk.pushed() == ("update", "draft", 0)
    assert campaign.fields["settings"]["reply_to"] == ours
