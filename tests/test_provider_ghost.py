"""Ghost keeps what every provider promises, and does a few things in its own way."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

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
from cxgreetz.net import Net
from cxgreetz.ports import Account
from cxgreetz.providers import ghost
from cxgreetz.push import fit, is_held
from samples import an_email
from servers._api_twin import Exchange, Fault
from servers.ghost_api import NEWSLETTER, GhostApi

__all__ = ["approved", "desk"]

KEY = f"5f1c8a{'0' * 18}:{'0123456789abcdef' * 4}"


@pytest.fixture
def case() -> Case:
    return Case("ghost", audience=f"{NEWSLETTER}/label:vip", wrong_audience="cx-fr", key=KEY)


@pytest.fixture
def place() -> Iterator[GhostApi]:
    with GhostApi(KEY) as twin:
        yield twin


@cache
def book(name: str) -> Draft7Validator:
    """One of the schemas that Ghost itself holds requests to."""
    folder = SPECS / "ghost"
    if not folder.is_dir():
        pytest.skip("the providers' own documents are not here (ghost)")
    schemas = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")]
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], DRAFT7.create_resource(schema)) for schema in schemas
    )
    (schema,) = [schema for schema in schemas if schema["$id"] == name]
    return Draft7Validator(schema, registry=registry)


def faults(exchange: Exchange) -> list[str]:
    asked, reply = exchange.asked, exchange.reply
    found = []
    if asked.body is not None:
        name = "posts.add" if asked.method == "POST" else "posts.edit"
        found += [error.message for error in book(name).iter_errors(asked.body)]
    if reply is not None and not exchange.faulty and "posts" in (reply.body or {}):
        post = book("posts").schema["definitions"]["post"]  # type: ignore[index]
        known = set(post["properties"])
        for one in reply.body["posts"]:
            # An answer has more fields than a request; those of both are alike.
            told = {"posts": [{k: v for k, v in one.items() if k in known}]}
            found += [error.message for error in book("posts.edit").iter_errors(told)]
    return found


class TestGhost(ProviderContract, ServiceContract):
    @pytest.fixture(autouse=True)
    def _by_the_book(self, place: GhostApi) -> Iterator[None]:
        yield
        if (SPECS / "ghost").is_dir():
            assert [fault for exchange in place.exchanges for fault in faults(exchange)] == []

    def test_the_book_is_at_hand(self, case: Case, desk: Desk, place: GhostApi) -> None:
        book("posts.add")
        desk.push()
        desk.change()
        desk.push()
        assert {e.asked.method for e in place.exchanges if e.asked.body} == {"POST", "PUT"}
        (made,) = place.asked("POST")
        made.body["posts"][0]["preheader"] = "no such field"
        assert faults(next(e for e in place.exchanges if e.asked is made))
        del made.body["posts"][0]["preheader"]


def test_it_is_mailed_only_and_under_our_tag(desk: Desk, place: GhostApi) -> None:
    desk.push()
    (made,) = place.asked("POST")
    (post,) = made.body["posts"]
    assert post["tags"] == [{"name": "#cxgreetz-2026-11-nl"}]
    assert (post["slug"], post["status"], post["email_only"]) == (
        "cxgreetz-2026-11-nl",
        "draft",
        True,
    )
    assert "newsletter" not in made.query, "a draft mails nobody"


def test_it_gets_the_body_and_its_styles(desk: Desk, place: GhostApi) -> None:
    desk.push()
    html = place.held()[0].html or ""
    assert not re.search(r"<(html|head|body|title|!doctype)\b", html, re.I)
    assert "<style" in html and "Koffie op perron 4" in html
    assert "cxgreetz:" not in html and "Afmelden" not in html, "Ghost adds its own"


def test_a_time_names_newsletter_and_segment(desk: Desk, place: GhostApi) -> None:
    desk.push(schedule="2026-12-01T09:00")
    (post,) = place.campaigns.values()
    assert post.fields["mailed_to"] == (NEWSLETTER, "label:vip", "2026-12-01T08:00:00Z")
    desk.settle(audience="cx-en")
    desk.push(unschedule=True)
    assert desk.pushed(schedule="2026-12-01T09:00")[1:] == ("scheduled", 0)
    assert post.fields["mailed_to"][:2] == ("cx-en", "all")


@pytest.mark.parametrize("times", [1, 2])
def test_what_somebody_saved_meanwhile_is_read_again(
    desk: Desk, place: GhostApi, times: int
) -> None:
    desk.push()
    desk.change()
    place.meddling = times
    assert desk.pushed() == ("update", "draft", 0)
    place.meddling = times
    assert desk.pushed(schedule="2026-12-01T09:00")[1:] == ("scheduled", 0)


def test_who_never_stops_saving_is_told(desk: Desk, place: GhostApi) -> None:
    desk.push()
    desk.change()
    place.meddling = 100
    report = desk.push()
    assert report.exit_code == 3
    assert "Someone else is editing this post" in report.pushed["nl"].why


def test_a_change_whose_answer_is_lost_is_made_again(desk: Desk, place: GhostApi) -> None:
    desk.push()
    desk.change()
    place.strike(Fault.FAIL_AFTER, "change")
    assert desk.pushed() == ("update", "draft", 0)
    assert "thee" in (place.held()[0].html or "")


def test_a_post_without_our_tag_is_still_ours(desk: Desk, place: GhostApi) -> None:
    desk.push()
    (post,) = place.campaigns.values()
    post.fields["tags"] = []
    assert desk.pushed() == ("none", "draft", 0)
    assert desk.pushed(schedule="2026-12-01T09:00")[1:] == ("scheduled", 0)
    assert post.fields["mailed_to"][0] == NEWSLETTER
    desk.push(unschedule=True)
    post.fields["slug"] = "koffie"
    why = desk.push(schedule="2026-12-01T09:00").pushed["nl"].why
    assert "lost its tag" in why and post.state == "draft"


def test_a_newsletter_that_is_not_there_is_named(desk: Desk, place: GhostApi) -> None:
    desk.settle(audience="cx-fr")
    why = desk.push().pushed["nl"].why
    assert "there is no newsletter 'cx-fr'; there are: cx-nl, cx-en" in why
    assert place.creations() == 0
    desk.settle(audience="cx nl")
    with pytest.raises(ConfigError, match=r"provider\.audience\.nl"):
        desk.push()


@pytest.mark.parametrize("key", ["abc", "5f1c:xyz", f"{'a' * 24}:{'b' * 33}", "a:b c"])
def test_a_key_that_is_none_is_refused(
    desk: Desk, place: GhostApi, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("CXGREETZ_GHOST_API_KEY", key)
    with pytest.raises(ConfigError, match="CXGREETZ_GHOST_API_KEY: does not look") as caught:
        desk.push()
    assert key not in str(caught.value)
    assert place.exchanges == []


def test_without_an_address_nothing_is_asked() -> None:
    with pytest.raises(ConfigError, match=r"provider\.url: is not set"):
        ghost.open(Account("CX Greetz", "M <m@example.org>", api_key=KEY), Net())


@pytest.mark.parametrize("path", ["", "/", "/ghost", "/ghost/", "/ghost/api/admin/"])
def test_the_site_is_named_as_people_know_it(place: GhostApi, path: str) -> None:
    site = place.url.removesuffix(place.prefix)
    audience = {"nl": NEWSLETTER}
    account = Account("CX", "M <m@example.org>", audience, url=site + path, api_key=KEY)
    proved = ghost.open(account, Net(frozenset({"127.0.0.1"}))).check_account()
    assert proved == [f"the key opens {site}", "nl goes to the newsletter 'CX-NL', segment all"]


def test_styles_for_one_program_stay_behind() -> None:
    html = (
        "<html><head><!--[if mso]><style>a</style><![endif]--><!--[if !mso]><!--><style>b</style>"
        '<!--<![endif]--></head><body style="c"><p>Dag</p></body></html>'
    )
    assert ghost._fragment(html) == "<style>b</style>\n<p>Dag</p>"
    assert ghost._fragment("<p>Dag</p>") == "<p>Dag</p>"


@pytest.mark.parametrize("which", ["twin", "real"])
def test_a_real_ghost_does_what_the_twin_does(place: GhostApi, which: str) -> None:
    url, key = (os.environ.get(f"CXGREETZ_TEST_GHOST_{name}") for name in ("URL", "KEY"))
    if which == "twin":
        url, key = place.url, KEY
    if not (url and key):
        pytest.skip("no Ghost is named by CXGREETZ_TEST_GHOST_URL and CXGREETZ_TEST_GHOST_KEY")
    account = Account("CX Greetz", "M <m@example.org>", {"nl": "none"}, url=url, api_key=key)
    net = Net(frozenset({url.split("/")[2].partition(":")[0]}))
    site = ghost.open(account, net)
    newsletters = site._api.read("newsletters/", {"filter": "status:active", "limit": 100})
    slug = newsletters["newsletters"][0]["slug"]
    site = ghost.open(
        Account("CX Greetz", "M <m@example.org>", {"nl": slug}, url=url, api_key=key), net
    )
    name = f"cxgreetz-1999-{datetime.now(UTC):%S}-nl"
    assert site.check_account() and site.find(name) == []
    old, new = (
        fit(an_email(subject=subject).marked(), site.tags, site.tag_openers)
        for subject in ("Koffie", "Thee")
    )
    made = site.create(name, old)
    try:
        (found,) = site.find(name)
        assert (found.id, found.state) == (made.id, "draft")
        assert found.held and is_held(old, found.held, rewritten=True)
        site.update(made.id, new)
        seen = site.look_up(made.id)
        assert seen and seen.held and is_held(new, seen.held, rewritten=True)
        assert site.schedule(made.id, datetime.now(UTC) + timedelta(days=30)).state == "scheduled"
        assert [one.state for one in site.find(name)] == ["scheduled"]
        assert site.unschedule(made.id).state == "draft"
    finally:
        site._api.once("DELETE", f"posts/{made.id}/")
    assert site.look_up(made.id) is None


def test_the_account_is_refused_where_the_site_says_no(desk: Desk, place: GhostApi) -> None:
    desk.settle(audience="cx-fr")
    with desk.open() as workspace, pytest.raises(ProviderError, match="no newsletter"):
        pipeline.check_provider(workspace)
