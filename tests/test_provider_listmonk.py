"""listmonk keeps what every provider promises, and does a few things in its own way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from contracts.provider_contract import (
    Case,
    Desk,
    ProviderContract,
    ServiceContract,
    approved,
    desk,
)
from cxgreetz import pipeline
from cxgreetz.errors import ConfigError
from servers._api_twin import Fault
from servers.listmonk_api import LIST, READER, ListmonkApi

__all__ = ["approved", "desk"]

KEY = "cxgreetz:Wv3pQ8sLr0TnYb6K"
OUTLOOK = '<!--[if mso]>\n<table style="width:600px">\\ café<![endif]-->'


@pytest.fixture
def case() -> Case:
    return Case(
        "listmonk",
        audience=str(LIST),
        wrong_audience="99",
        key=KEY,
        tags={
            "unsubscribe": "{{ UnsubscribeURL }}",
            "web_version": "{{ MessageURL }}",
            "first_name": "{{ .Subscriber.FirstName }}",
        },
        spec="listmonk/campaigns.corrected.openapi3.json",
    )


@pytest.fixture
def place() -> Iterator[ListmonkApi]:
    with ListmonkApi(KEY) as twin:
        yield twin


class TestListmonk(ProviderContract, ServiceContract):
    pass


def test_the_database_refuses_a_second_one_and_the_first_is_adopted(
    desk: Desk, place: ListmonkApi
) -> None:
    desk.push()
    fresh = desk.receipt()
    place.campaigns["101"].hidden = 1
    with desk.open() as workspace:
        for receipt in workspace.store.receipts("2026-11"):
            workspace.store.drop_receipt(receipt)
    assert desk.pushed() == ("create", "draft", 0)
    assert (place.creations(), list(place.campaigns)) == (2, ["101"])
    assert desk.receipt() == fresh == "confirmed"


def test_what_a_person_makes_again_by_mistake_is_refused_too(
    desk: Desk, place: ListmonkApi
) -> None:
    place.strike(Fault.DROP_AFTER)
    place.lag = 1000
    assert desk.pushed() == ("create", "unknown", 3)
    assert desk.pushed(again=True) == ("create", "unknown", 3)
    assert (place.creations(), len(place.campaigns)) == (2, 1)


def test_it_is_found_by_its_tag_alone(desk: Desk, place: ListmonkApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    assert campaign.fields["tags"] == ["cxgreetz", "cxgreetz-2026-11-nl"]
    assert campaign.fields["archive_slug"] == "cxgreetz-2026-11-nl"
    assert campaign.name.endswith("[cxgreetz-2026-11-nl]")
    assert place.asked("GET", "/campaigns")[0].query["tag"] == ["cxgreetz-2026-11-nl"]
    campaign.name, campaign.fields["tags"] = "Nieuwsbrief november", []
    assert desk.pushed() == ("none", "draft", 0)


@pytest.mark.parametrize("fault", [None, Fault.DROP_AFTER, Fault.DROP_BEFORE, Fault.GARBLED])
def test_there_is_one_template_and_it_adds_nothing(
    desk: Desk, place: ListmonkApi, fault: Fault | None
) -> None:
    if fault:
        place.strike(fault, "change")  # the first change is the template's
    desk.settle(["nl", "en"])
    assert desk.push().exit_code == 0
    (_default, ours) = place.templates
    assert (ours["name"], ours["body"]) == ("cxgreetz", '{{ template "content" . }}')
    assert {c.fields["template_id"] for c in place.campaigns.values()} == {ours["id"]}


def test_without_its_template_nothing_is_made_and_nothing_left_open(
    desk: Desk, place: ListmonkApi
) -> None:
    place.strike(Fault.FAIL_BEFORE, "change", times=2)
    report = desk.push()
    assert (report.pushed["nl"].step, report.exit_code) == ("failed", 3)
    assert "POST templates answered 500" in report.pushed["nl"].why
    assert (place.creations(), desk.receipt()) == (0, None)
    assert desk.pushed() == ("create", "draft", 0)


def test_a_template_of_that_name_with_more_in_it_is_not_ours(
    desk: Desk, place: ListmonkApi
) -> None:
    mine = {"id": 2, "name": "cxgreetz", "body": '<b>{{ template "content" . }}</b>'}
    place.templates.append(mine)
    desk.push()
    assert place.campaigns["101"].fields["template_id"] == 3


@pytest.mark.parametrize(("name", "value"), [("template_id", 1), ("content_type", "richtext")])
def test_what_would_be_framed_there_is_put_right(
    desk: Desk, place: ListmonkApi, name: str, value: object
) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    campaign.fields[name] = value
    assert desk.pushed() == ("update", "draft", 0)
    assert (campaign.fields["template_id"], campaign.fields["content_type"]) == (2, "html")


def test_comments_for_outlook_are_kept(desk: Desk, place: ListmonkApi) -> None:
    tag = '<!--[if mso]><a href="cxgreetz:unsubscribe">{{ naam }}</a><![endif]-->'
    desk.change("</body>", f"{OUTLOOK}{tag}</body>")
    assert desk.pushed() == ("create", "draft", 0)
    html = place.held()[0].html or ""
    assert (
        '{{ Safe "<!--[if mso]>\\n<table style=\\"width:600px\\">\\\\ café<![endif]-->" }}' in html
    )
    assert '{{ Safe "<!--[if mso]><a href=\\"" }}{{ UnsubscribeURL }}{{ Safe "\\">{&#8203;{' in html
    assert "<!--" not in re.sub(r'\{\{ Safe ".*?" \}\}', "", html)
    assert desk.pushed()[0] == "none"


@pytest.mark.parametrize("name", ["Café Greetz", '"Greetz, CX"'])
def test_the_sender_is_written_as_mail_has_it(desk: Desk, place: ListmonkApi, name: str) -> None:
    file = desk.folder / "cxgreetz.toml"
    sender = f"{name} <marijke@example.org>"
    file.write_text(
        file.read_text().replace('"Marijke <marijke@example.org>"', f"'{sender}'"), encoding="utf-8"
    )
    desk.approve_again()
    desk.push()
    assert place.campaigns["101"].fields["from_email"] == sender


def test_a_sender_that_somebody_changed_is_put_back(desk: Desk, place: ListmonkApi) -> None:
    desk.push()
    fields = place.campaigns["101"].fields
    ours, fields["from_email"] = fields["from_email"], "Iemand <iemand@example.org>"
    assert desk.pushed() == ("update", "draft", 0)
    assert fields["from_email"] == ours


def test_a_time_that_has_passed_does_not_stop_an_update(desk: Desk, place: ListmonkApi) -> None:
    desk.push(schedule="2026-12-01T09:00")
    (campaign,) = place.campaigns.values()
    assert campaign.fields["send_at"] == "2026-12-01T08:00:00Z"
    desk.push(unschedule=True)
    campaign.fields["send_at"] = "2026-01-01T08:00:00Z"
    desk.change()
    assert desk.pushed() == ("update", "draft", 0)
    assert campaign.fields["send_at"] is None


def test_what_is_paused_stays_as_it_is(desk: Desk, place: ListmonkApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    campaign.state = "paused"
    desk.change()
    assert desk.pushed() == ("stop", "sending", 1)


def test_who_is_not_subscribed_gets_no_test_mail(desk: Desk, place: ListmonkApi) -> None:
    report = desk.push(test="piet@example.org")
    assert report.exit_code == 3
    assert "no test mail: listmonk: POST" in report.pushed["nl"].why
    assert "No known subscribers to test" in report.pushed["nl"].why
    assert desk.push(test=READER).exit_code == 0
    assert place.tests == [("101", READER)]


def test_its_address_is_needed_and_may_be_that_of_its_pages(desk: Desk, place: ListmonkApi) -> None:
    desk.url = None
    desk.settle()
    with pytest.raises(ConfigError, match=r"provider\.url: is not set"):
        desk.push()
    for url in (place.url, place.url.removesuffix("/api"), place.url.removesuffix("api")):
        desk.url = url
        desk.settle()
        (one,) = desk.push().pushed.values()
        assert one.url == f"{place.url.removesuffix('/api')}/admin/campaigns/101"


@pytest.mark.parametrize("key", ["Wv3pQ8sLr0TnYb6K", "cxgreetz:", "cx greetz:Wv3pQ8sLr0TnYb6K"])
def test_a_key_without_its_user_is_refused(
    desk: Desk, place: ListmonkApi, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("CXGREETZ_LISTMONK_API_KEY", key)
    with pytest.raises(ConfigError, match="does not look like a key: it is user:token") as caught:
        desk.push()
    assert key not in str(caught.value)
    assert place.exchanges == []


def test_the_users_name_is_no_secret_and_the_token_is(
    desk: Desk, place: ListmonkApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = KEY.partition(":")[2]
    monkeypatch.setenv("CXGREETZ_LISTMONK_API_KEY", f"listmonk:{token}")
    place.unauthorised = {"message": f"no user listmonk with {token}"}
    why = desk.push().pushed["nl"].why
    assert why.startswith("listmonk: GET campaigns answered 401")
    assert "no user listmonk with ***" in why


@pytest.mark.parametrize("audience", ["Lezers", "3,4", "-1", "²", "99"])
def test_an_audience_that_is_none_is_named(desk: Desk, place: ListmonkApi, audience: str) -> None:
    desk.settle(audience=audience)
    with desk.open() as workspace, pytest.raises(ConfigError, match=r"provider\.audience\.nl"):
        pipeline.check_provider(workspace)
    assert place.campaigns == {} and len(place.templates) == 1


def test_what_it_proves_names_the_list(desk: Desk, place: ListmonkApi) -> None:
    for there in ("will be made", "is there"):
        with desk.open() as workspace:
            proved = pipeline.check_provider(workspace)["proved"]
        assert proved[1:] == [
            f"the template 'cxgreetz', which adds nothing, {there}",
            "nl goes to the list 'Lezers'",
        ]
        desk.push()
