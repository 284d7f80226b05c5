"""Laposta keeps what every provider promises, and does a few things in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
from servers.laposta_api import LIST, SEGMENT, LapostaApi

__all__ = ["approved", "desk"]

KEY = "JdMtbsMq2jqJdQZD9AHC"


@pytest.fixture
def case() -> Case:
    return Case(
        "laposta",
        audience=LIST,
        wrong_audience="zzzzzzzzzz",
        key=KEY,
        spec="laposta/campaigns.corrected.openapi31.json",
        beyond=(
            # Shown in its answers, and nowhere said how it is set.
            r"POST /campaign/\d+: no field previewtext",
            # The contract writes the key into every word of a refusal, this one too.
            r"GET /\w+: answer: \$\.error\.type: .* is not one of .*",
        ),
    )


@pytest.fixture
def place() -> Iterator[LapostaApi]:
    with LapostaApi(KEY) as twin:
        yield twin


class TestLaposta(ProviderContract, ServiceContract):
    pass


def test_a_segment_is_addressed_without_its_list(desk: Desk, place: LapostaApi) -> None:
    desk.settle(audience=f"{LIST}/{SEGMENT}")
    assert desk.pushed() == ("create", "draft", 0)
    (campaign,) = place.campaigns.values()
    assert campaign.fields["list_ids"] == [SEGMENT]
    assert desk.pushed()[0] == "none"
    with desk.open() as workspace:
        proved = pipeline.check_provider(workspace)["proved"]
    assert proved[1] == "nl goes to the list 'Lezers', segment 'Nederlands'"


@pytest.mark.parametrize("list_ids", [[SEGMENT], [LIST, SEGMENT], []])
def test_who_was_added_or_left_out_there_is_put_right(
    desk: Desk, place: LapostaApi, list_ids: list[str]
) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    campaign.fields["list_ids"] = list_ids
    assert desk.pushed() == ("update", "draft", 0)
    assert campaign.fields["list_ids"] == [LIST]


@pytest.mark.parametrize("audience", ["Lezers van CX", "a/b/c", "zzzzzzzzzz", f"{LIST}/zzz"])
def test_an_audience_that_is_none_is_named(desk: Desk, place: LapostaApi, audience: str) -> None:
    desk.settle(audience=audience)
    with desk.open() as workspace, pytest.raises(ConfigError, match=r"provider\.audience\.nl"):
        pipeline.check_provider(workspace)
    assert place.campaigns == {}


def test_a_preheader_goes_along_and_is_not_relied_on(desk: Desk, place: LapostaApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    assert campaign.held.preheader
    campaign.held = replace(campaign.held, preheader="Iets anders")
    assert desk.pushed()[0] == "update"
    place.keeps_previews = False
    campaign.held = replace(campaign.held, preheader=None)
    assert desk.pushed()[0] == "none"


def test_a_long_preheader_is_cut_and_still_ours(desk: Desk, place: LapostaApi) -> None:
    with desk.open() as workspace:
        store = workspace.store
        approval, pieces = store.approvals("2026-11")["nl"]
        email = replace(store.email(approval.fingerprint), preheader="koffie " * 25)
        store.save_draft(email, pieces)
        store.save_approval(replace(approval, fingerprint=email.fingerprint), pieces)
    assert desk.pushed() == ("create", "draft", 0)
    assert len(place.held()[0].preheader or "") == 120
    assert desk.pushed()[0] == "none"


def test_its_own_link_to_unsubscribe_stands_for_ours(desk: Desk, place: LapostaApi) -> None:
    desk.push()
    html = place.held()[0].html or ""
    assert "cxgreetz:" not in html and "Afmelden</a>" in html


def test_the_time_is_the_readers_own(desk: Desk, place: LapostaApi) -> None:
    report = desk.push(schedule="2026-12-01T09:00")
    assert report.pushed["nl"].state == "scheduled"
    (campaign,) = place.campaigns.values()
    assert campaign.fields["when"] == "2026-12-01T09:00:00+01:00"


@pytest.mark.parametrize("taken", ["2026-12-01T10:00:00+01:00", "2026-12-01T09:00:00", "soon"])
def test_a_time_that_it_understood_otherwise_is_told(
    desk: Desk, place: LapostaApi, monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    shown = LapostaApi._json
    other = {"delivery_requested_iso": taken}
    monkeypatch.setattr(LapostaApi, "_json", lambda self, campaign: shown(self, campaign) | other)
    report = desk.push(schedule="2026-12-01T09:00")
    assert report.exit_code == 3
    assert f"it understood {taken}; remove" in report.pushed["nl"].why


def test_what_its_report_finds_is_told(
    desk: Desk, place: LapostaApi, caplog: pytest.LogCaptureFixture
) -> None:
    desk.push()
    assert "look at its" not in caplog.text
    desk.change("</body>", "<script></script></body>")
    desk.push()
    assert "campaign 101: look at its javascript" in caplog.text


def test_a_sender_that_is_not_approved_is_told(desk: Desk, place: LapostaApi) -> None:
    file = desk.folder / "cxgreetz.toml"
    file.write_text(file.read_text().replace("@example.org", "@elsewhere.example"))
    desk.approve_again()
    report = desk.push()
    assert "from[email]: From: address is not approved" in report.pushed["nl"].why
    assert (report.exit_code, place.campaigns) == (3, {})


def test_a_renamed_campaign_is_still_ours(desk: Desk, place: LapostaApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    campaign.name = "Nieuwsbrief november"
    assert desk.pushed() == ("none", "draft", 0)
    assert campaign.name == "Nieuwsbrief november"


def test_a_sender_that_somebody_changed_is_put_back(desk: Desk, place: LapostaApi) -> None:
    desk.push()
    (campaign,) = place.campaigns.values()
    ours = campaign.fields["from"]
    campaign.fields["from"] = {"name": "Iemand", "email": "iemand@example.org"}
    assert desk.pushed() == ("update", "draft", 0)
    assert campaign.fields["from"] == ours
