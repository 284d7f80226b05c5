"""Ghost keeps what every provider promises, and does a few things in its own way.

A real one can be named by CXGREETZ_TEST_GHOST_URL and CXGREETZ_TEST_GHOST_KEY (of an
integration): one for tests, with a newsletter. Posts are made there and removed again;
nothing is mailed.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from contracts import provider_contract
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
from cxgreetz.model import Email, Held, Remote
from cxgreetz.net import Net
from cxgreetz.ports import Account
from cxgreetz.providers import ghost
from cxgreetz.providers.ghost import Ghost
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
    assert proved == [
        f"the key opens {site}",
        "nl goes to the newsletter 'CX-NL', segment all: 12 members",
    ]


def test_styles_for_one_program_stay_behind() -> None:
    html = (
        "<html><head><!--[if mso]><style>a</style><![endif]--><!--[if !mso]><!--><style>b</style>"
        '<!--<![endif]--></head><body style="c"><p>Dag</p></body></html>'
    )
    assert ghost._fragment(html) == '<div style="c">\n<style>b</style>\n<p>Dag</p>\n</div>'
    assert ghost._fragment("<p>Dag</p>") == "<div><p>Dag</p></div>"


def test_it_comes_as_one_element_so_that_all_of_it_stays(desk: Desk, place: GhostApi) -> None:
    """Of a card Ghost drops words and comments that stand in no element."""
    desk.change("</body>", "Tot gauw!</body>")
    assert desk.pushed() == ("create", "draft", 0)
    html = place.held()[0].html or ""
    assert "Tot gauw!" in html and "<!-- cxgreetz " in html


def test_a_post_that_came_to_be_one_of_the_site_is_mailed_only_again(
    desk: Desk, place: GhostApi
) -> None:
    """Whoever takes a time back in Ghost's list of posts has it made so."""
    desk.push()
    (post,) = place.campaigns.values()
    post.fields["email_only"] = False
    assert desk.pushed(schedule="2026-12-01T09:00")[1:] == ("scheduled", 0)
    assert post.fields["email_only"]
    desk.push(unschedule=True)
    assert (post.fields["newsletter"], post.fields["published_at"]) == (None, None)
    post.fields["email_only"] = False
    desk.change()
    assert desk.pushed() == ("update", "draft", 0)
    assert post.fields["email_only"]


def test_a_segment_that_is_no_filter_is_named_beforehand(desk: Desk, place: GhostApi) -> None:
    desk.settle(audience=f"{NEWSLETTER}/vip")
    with desk.open() as workspace, pytest.raises(ProviderError, match="segment 'vip' is no filter"):
        pipeline.check_provider(workspace)
    report = desk.push(schedule="2026-12-01T09:00")
    assert (report.pushed["nl"].state, report.exit_code) == ("draft", 3)
    assert "no time is set" in report.pushed["nl"].why
    desk.settle()
    with desk.open() as workspace:
        assert "segment label:vip: 3 members" in pipeline.check_provider(workspace)["proved"][-1]


def test_a_time_that_is_too_near_leaves_a_draft(desk: Desk, place: GhostApi) -> None:
    report = desk.push(schedule="2026-11-22T10:01")
    assert (report.pushed["nl"].state, report.exit_code) == ("draft", 3)
    assert "at least 2 minutes" in report.pushed["nl"].why


def test_links_to_the_site_itself_may_be_spelled_its_way(desk: Desk, place: GhostApi) -> None:
    place.site = "https://her.example"
    page, front = "http://her.example/koffie/?a=1&amp;b=2", "https://her.example"
    desk.change("</body>", f'<p><a href="{page}">a</a><a href="{front}">b</a></p></body>')
    assert desk.pushed() == ("create", "draft", 0)
    html = place.held()[0].html or ""
    assert 'href="https://her.example/koffie/?' in html and 'href="https://her.example/"' in html
    assert desk.pushed() == ("none", "draft", 0)


def test_a_tag_of_its_own_in_a_text_is_only_text(desk: Desk, place: GhostApi) -> None:
    """Ghost reads character references, and looks for tags in what it wrote."""
    desk.change("</body>", "<p>%%{first_name}%%</p></body>")
    assert desk.pushed() == ("create", "draft", 0)
    html = place.held()[0].html or ""
    assert "first_name}%%" in html and "%%{" not in html


def real_ghost() -> tuple[str, str]:
    url, key = (os.environ.get(f"CXGREETZ_TEST_GHOST_{name}") for name in ("URL", "KEY"))
    if not (url and key):
        pytest.skip("no Ghost is named by CXGREETZ_TEST_GHOST_URL and CXGREETZ_TEST_GHOST_KEY")
    return url.rstrip("/"), key


def site_of(url: str, key: str, audience: str = "none") -> Ghost:
    account = Account("CX Greetz", "M <m@example.org>", {"nl": audience}, url=url, api_key=key)
    return ghost.open(account, Net(frozenset({urlsplit(url).hostname or ""})))


def a_newsletter(site: Ghost) -> str:
    listed = site._api.read("newsletters/", {"filter": "status:active", "limit": 100})
    return str(listed["newsletters"][0]["slug"])


@pytest.fixture(params=["twin", "real"])
def at(request: pytest.FixtureRequest, place: GhostApi) -> tuple[str, str]:
    """Address and key of the twin, and of a real Ghost where one is named."""
    return real_ghost() if request.param == "real" else (place.url, KEY)


@pytest.fixture
def site(at: tuple[str, str]) -> Ghost:
    return site_of(*at, audience=a_newsletter(site_of(*at)))


SUBJECT = "Koffie & <thee> met \u201cMarijke\u201d"
IN_TIME = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)


@contextmanager
def a_post(site: Ghost, email: Email) -> Iterator[tuple[str, str]]:
    """Make one under a key that no other has; gives key and id, and removes it."""
    key = f"cxgreetz-1999-{datetime.now(UTC):%S}-nl"
    assert site.find(key) == []
    made = site.create(key, email)
    try:
        yield key, made.id
    finally:
        site._api.once("DELETE", f"posts/{made.id}/")
    assert site.look_up(made.id) is None and site.find(key) == []


def fitted(subject: str = SUBJECT, more: str = "") -> Email:
    html = f"<p>Dag &amp; {subject}</p>los<table><tr><td>1</td></tr></table>{more}"
    page = f"<html><head><style>p {{ margin: 0 }}</style></head><body>{html}</body></html>"
    return fit(an_email(subject=subject, html=page).marked(), Ghost.tags, Ghost.tag_openers)


def raw(site: Ghost, number: str) -> dict[str, Any]:
    shown = {"formats": "html", "include": "tags"}
    post: dict[str, Any] = site._api.read(f"posts/{number}/", shown)["posts"][0]
    return post


def test_a_real_ghost_is_as_the_twin_with_a_post(site: Ghost) -> None:
    old, new = fitted(), fitted("Thee", "<p>%%{first_name}%% en {uuid}</p>")
    assert site.check_account()
    with a_post(site, old) as (key, number):
        (found,) = site.find(key)
        assert (found.id, found.state) == (number, "draft")
        assert found.held and is_held(old, found.held, rewritten=True)
        post = raw(site, number)
        assert (post["slug"], post["email_only"], post["email_subject"]) == (key, True, SUBJECT)
        (tag,) = post["tags"]
        assert (tag["name"], tag["slug"]) == (f"#{key}", f"hash-{key}")
        held = site.update(number, new).held
        assert held and is_held(new, held, rewritten=True) and not is_held(old, held)
        assert "%%{" not in (held.html or "")
        for seen, status in (({}, 422), ({"updated_at": "2020-01-01T00:00:00.000Z"}, 409)):
            body = {"posts": [{"title": "Iets anders", **seen}]}
            with pytest.raises(ProviderError) as caught:
                site._api.once("PUT", f"posts/{number}/", json=body)
            assert (caught.value.status, caught.value.ambiguous) == (status, False)
        with pytest.raises(ProviderError, match="custom_excerpt"):
            site.update(number, replace(new, preheader="lang " * 61))
        again = {"title": "x", "slug": key, "html": "<p>a</p>", "tags": [{"name": f"#{key}"}]}
        second = site._api.once("POST", "posts/", {"source": "html"}, json={"posts": [again]})
        assert second["posts"][0]["slug"] == f"{key}-2", "nothing there hinders a second one"
        try:
            assert len(site.find(key)) == 2
        finally:
            site._api.once("DELETE", f"posts/{second['posts'][0]['id']}/")


def test_a_real_ghost_is_as_the_twin_with_a_time(site: Ghost) -> None:
    email = fitted()
    with a_post(site, email) as (key, number):
        for audience, status in (("no-such-one", 400), (f"{site._account.audience['nl']}/x", 400)):
            elsewhere = Ghost(replace(site._account, audience={"nl": audience}), site._api, "")
            with pytest.raises(ProviderError) as caught:
                elsewhere.schedule(number, IN_TIME)
            assert caught.value.status == status
        site._save(number, {"email_only": False}, {}, once=True)
        for _time in range(2):
            assert site.schedule(number, IN_TIME).state == "scheduled"
            assert raw(site, number)["email_only"]
            (found,) = site.find(key)
            assert found.state == "scheduled"
            assert found.held and is_held(email, found.held, rewritten=True)
            back = site.unschedule(number)
            assert back.state == "draft" and back.held
            assert is_held(email, back.held, rewritten=True)
            assert raw(site, number)["published_at"] is None
        # Without a newsletter it is mailed to nobody.
        assert site._save(number, {"status": "published"}, {}, once=True).state == "sent"
        assert [one.state for one in site.find(key)] == ["sent"]
        assert raw(site, number)["status"] == "sent"


@pytest.mark.parametrize("which", ["secret", "number", "clock"])
def test_a_real_ghost_is_as_the_twin_with_a_key_that_is_not_its(
    site: Ghost, at: tuple[str, str], which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, key = at
    number, _, secret = key.partition(":")
    if which == "clock":
        then = int(time.time()) - 400
        monkeypatch.setattr(ghost, "time", SimpleNamespace(time=lambda: then))
    else:
        key = f"{number}:{'0' * 64}" if which == "secret" else f"{'0' * 24}:{secret}"
    stranger = site_of(url, key, site._account.audience["nl"])
    with pytest.raises(ProviderError, match="does CXGREETZ_GHOST_API_KEY") as caught:
        stranger.create("cxgreetz-1999-01-nl", fitted())
    assert (caught.value.status, caught.value.ambiguous) == (401, False)


def test_a_real_ghost_has_letters_for_whom_it_names(site: Ghost) -> None:
    slug = site._account.audience["nl"]
    (_opens, goes) = site.check_account()
    assert re.search(r"segment all: \d+ members$", goes)
    for audience, told in (("no-such-one", "there is no newsletter"), (f"{slug}/x", "no filter")):
        wrong = Ghost(replace(site._account, audience={"nl": audience}), site._api, "")
        with pytest.raises(ProviderError, match=told):
            wrong.check_account()


class RealGhost:
    """A site where the letters of one month end up; it must have none of that month."""

    def __init__(self, url: str, key: str) -> None:
        self.url: str | None = url
        self.site = site_of(url, key)

    def letters(self) -> list[Remote]:
        return [r for tongue in ("nl", "en") for r in self.site.find(f"cxgreetz-2026-11-{tongue}")]

    def held(self) -> list[Held]:
        return [letter.held for letter in self.letters() if letter.held]


class TestRealGhost(ProviderContract):
    @pytest.fixture
    def case(self) -> Case:
        url, key = real_ghost()
        return Case("ghost", audience=a_newsletter(site_of(url, key)), key=key)

    @pytest.fixture
    def place(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealGhost]:  # type: ignore[override]
        monkeypatch.setattr(provider_contract, "_PATIENCE", 20)
        real = RealGhost(*real_ghost())
        assert real.letters() == [], "this site has letters of that month; name one for tests"
        yield real
        for letter in real.letters():
            real.site._api.once("DELETE", f"posts/{letter.id}/")

    def test_a_time_is_set_and_taken_back(self, desk: Desk, place: Any, case: Case) -> None:
        at = f"{IN_TIME:%Y-%m-%dT%H:%M}"
        assert desk.pushed(schedule=at) == ("create", "scheduled", 0)
        assert desk.pushed()[1:] == ("scheduled", 0)
        assert desk.pushed(unschedule=True) == ("unschedule", "draft", 0)
        assert desk.pushed() == ("none", "draft", 0)
        assert len(place.held()) == 1


def test_the_account_is_refused_where_the_site_says_no(desk: Desk, place: GhostApi) -> None:
    desk.settle(audience="cx-fr")
    with desk.open() as workspace, pytest.raises(ProviderError, match="no newsletter"):
        pipeline.check_provider(workspace)
