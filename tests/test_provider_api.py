"""What the answers of a provider's API mean, and that no key is ever told."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from cxgreetz.errors import ConfigError, ProviderError
from cxgreetz.net import Limits, Net
from cxgreetz.ports import Account
from cxgreetz.providers import laposta, mailerlite
from cxgreetz.providers._api import (
    Api,
    Manners,
    basic,
    has_key,
    need_key,
    need_url,
    sender_of,
    title_of,
)
from samples import an_email
from servers._api_twin import RETRY_AFTER, ApiTwin, Asked, Fault, Handler, Reply
from servers.laposta_api import LapostaApi
from servers.mailerlite_api import MailerLiteApi

KEY = "geheim-van-de-test-0123"


class Service(ApiTwin):
    """Answers every call with what a test put there, else with what was asked."""

    creates = ("POST", "/things")

    def __init__(self) -> None:
        super().__init__(KEY)
        self.answers: list[Reply] = []

    def is_allowed(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == basic("x", KEY)

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        return [(m, ".*", self._any) for m in ("GET", "POST", "PUT", "PATCH", "DELETE")]

    def _any(self, asked: Asked) -> Reply:
        return self.answers.pop(0) if self.answers else Reply({"id": 1, "said": asked.body})


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as twin:
        yield twin


def an_api(
    service: Service,
    waits: list[float] | None = None,
    *,
    fault: Fault | None = None,
    **changes: Any,
) -> Api:
    """Patient, as a busy machine needs it, but with a service that is slow."""
    sleep = (waits if waits is not None else []).append
    account = Account("CX Greetz", "M <m@example.org>", api_key=KEY, sleep=sleep)
    net = Net({"127.0.0.1"}, limits=Limits(call=0.3 if fault is Fault.SLOW else 20))
    headers = {"Authorization": basic("x", KEY)}
    return Api("post", account, net, base=service.url, headers=headers, **changes)


def refused(ask: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ask()
    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert KEY not in told and basic("x", KEY) not in told
    assert "\n" not in str(caught.value)
    return caught.value


def test_json_and_forms_go_out_as_such(service: Service) -> None:
    api = an_api(service)
    assert api.once("POST", "things", json={"a": "é"})["said"] == {"a": "é"}
    said = api.change("PUT", "things/1", {"q": "a b"}, form=[("x[]", "1"), ("x[]", "é&")])["said"]
    assert said == [["x[]", "1"], ["x[]", "é&"]]
    assert service.exchanges[1].asked.query == {"q": ["a b"]}
    assert api.read("things", {"none": None})["said"] is None
    assert service.exchanges[2].asked.query == {}


def test_every_call_has_a_line_of_its_own_and_nobody_elses_key(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    service.answers = [Reply({}, 200, {"Set-Cookie": "seen=1"})]
    api = an_api(service)
    api.read("things/a b?c")
    api.read("things")
    first, second = (exchange.asked for exchange in service.exchanges)
    assert (first.path, first.query) == ("/things/a b?c", {})
    assert first.headers["authorization"] == basic("x", KEY)
    assert "cookie" not in second.headers and second.headers["connection"] == "close"


def test_nothing_is_an_answer_too(service: Service) -> None:
    service.answers = [Reply(None, 204)]
    assert an_api(service).once("DELETE", "things/1") is None


@pytest.mark.parametrize("fault", [f for f in Fault if not f.startswith("429")])
def test_what_may_have_been_done_is_open_and_not_tried_again(
    service: Service, fault: Fault
) -> None:
    service.strike(fault)
    assert refused(lambda: an_api(service, fault=fault).once("POST", "things")).ambiguous
    assert len(service.exchanges) == 1


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_may_be_repeated_is(service: Service, fault: Fault, method: str) -> None:
    service.strike(fault, "any", times=2)
    api, waits = an_api(service, waits := [], fault=fault), waits
    done = api.read("things") if method == "GET" else api.change("PUT", "things", json={})
    assert done["id"] == 1
    assert len(service.exchanges) == 3
    assert waits == ([7.0, 7.0] if fault is Fault.BUSY else [1.0, 4.0])


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.BUSY_BARE])
def test_too_many_calls_is_definitely_not_done(service: Service, fault: Fault) -> None:
    service.strike(fault)
    error = refused(lambda: an_api(service).once("POST", "things"))
    assert not error.ambiguous and "not done" in str(error)
    assert error.retry_after == (7.0 if fault is Fault.BUSY else None)


def test_a_wait_that_is_too_long_is_left_for_the_next_run(service: Service) -> None:
    service.answers = [Reply(None, 429, {"Retry-After": "3600"})]
    error = refused(lambda: an_api(service, waits := []).read("things") or waits)
    assert error.retry_after == 3600 and "wait 3600 s" in str(error)
    assert len(service.exchanges) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"title": "Invalid", "status": 400, "detail": "No such list."}, "No such list."),
        (
            {"detail": "Bad.", "errors": [{"field": "list_id", "message": "Unknown."}]},
            "Bad.; list_id: Unknown.",
        ),
        ({"code": "invalid_parameter", "message": "Sender is invalid"}, "Sender is invalid"),
        ({"message": "Wrong.", "errors": {"name": ["Is needed."]}}, "Wrong.; name: Is needed."),
        ({"error": {"type": "x", "message": "Bad", "parameter": "email"}}, "email: Bad"),
        ({"errors": [{"message": "No", "context": "Because", "id": "7"}]}, "No; Because"),
        ("just words", "just words"),
        ({"message": "two\nlines\x1b[31m"}, "two lines [31m"),
    ],
)
def test_a_refusal_is_told_in_the_providers_words(service: Service, body: Any, said: str) -> None:
    service.answers = [Reply(body, 400)]
    error = refused(lambda: an_api(service).once("POST", "things"))
    assert str(error) == f"post: POST things answered 400 (Bad Request): {said}"
    assert (error.ambiguous, error.status) == (False, 400)


def test_a_key_that_comes_back_is_not_told(service: Service) -> None:
    service.answers = [Reply({"message": f"{KEY} is wrong, so is {basic('x', KEY)}"}, 401)]
    error = refused(lambda: an_api(service).read("things"))
    assert "*** is wrong" in str(error) and "CXGREETZ_POST_API_KEY" in str(error)
    assert KEY not in repr(an_api(service))


def test_a_key_that_holds_for_minutes_is_made_for_every_call(service: Service) -> None:
    made = iter(["Bearer first-token-1", "Bearer second-token-2"])
    account = Account("CX Greetz", "M <m@example.org>", api_key=KEY)
    api = Api(
        "post",
        account,
        Net({"127.0.0.1"}),
        base=service.url,
        headers=lambda: {"Authorization": next(made)},
    )
    service.is_allowed = lambda _asked: True  # type: ignore[method-assign]
    service.answers = [Reply({}), Reply({"message": "not second-token-2"}, 400)]
    api.read("things")
    assert "not ***" in str(refused(lambda: api.read("things")))
    sent = [e.asked.headers["authorization"] for e in service.exchanges]
    assert sent == ["Bearer first-token-1", "Bearer second-token-2"]


@pytest.mark.parametrize(
    ("status", "is_open"), [(301, False), (302, True), (303, True), (307, False)]
)
def test_a_redirect_is_not_followed_with_the_key(
    service: Service, status: int, is_open: bool
) -> None:
    service.answers = [Reply(None, status, {"Location": f"{service.url}/elsewhere"})]
    error = refused(lambda: an_api(service).once("POST", "things"))
    assert error.ambiguous is is_open and "provider.url" in str(error)
    assert len(service.exchanges) == 1


def test_an_unanswered_port_is_definitely_not_done(service: Service) -> None:
    with Service() as gone:
        api = an_api(gone, waits := [])
    error = refused(lambda: api.once("POST", "things"))
    assert not error.ambiguous and "cannot be reached" in str(error)
    refused(lambda: api.read("things"))
    assert waits == [1.0, 4.0, 10.0], "a read waits for a service that comes back"


def test_a_private_address_is_refused(service: Service) -> None:
    account = Account("CX Greetz", "M <m@example.org>", api_key=KEY)
    api = Api("post", account, Net(), base=service.url, headers={})
    error = refused(lambda: api.once("POST", "things"))
    assert not error.ambiguous and "private address" in str(error)
    assert service.exchanges == []


@pytest.mark.parametrize(
    ("url", "goes"),
    [
        ("https://api.example.org", True),
        ("http://127.0.0.1:9", True),
        ("http://192.168.1.4/api", True),
        ("http://listmonk:9000", True),
        ("http://mail.lan", True),
        ("http://api.example.org", False),
        ("http://8.8.8.8", False),
    ],
)
def test_a_key_does_not_travel_in_the_clear(url: str, goes: bool) -> None:
    account = Account("CX Greetz", "M <m@example.org>", api_key=KEY)
    if goes:
        Api("post", account, Net(), base=url, headers={})
        return
    with pytest.raises(ConfigError, match=r"provider\.url: starts with http://"):
        Api("post", account, Net(), base=url, headers={})


def test_calls_are_spaced_and_an_empty_allowance_is_waited_for(service: Service) -> None:
    manners = Manners(spacing=0.2, left="x-left", more_in="x-more")
    api = an_api(service, waits := [], manners=manners)
    used_up = {"X-Left": "0", "X-More": "12"}
    service.answers = [Reply({}), Reply({}, 200, used_up), Reply({}, 200, {"X-Left": "3"})]
    for _ in range(3):
        api.read("things")
    assert waits == [0.2, 12.0]
    service.answers = [Reply({}, 200, {"X-Left": "0", "X-More": "1800"})]
    api.read("things")
    error = refused(lambda: api.once("POST", "things"))
    assert (error.ambiguous, error.retry_after) == (False, 1800.0)
    assert len(service.exchanges) == 4, "it was not asked at all"


@pytest.mark.parametrize(
    ("provider", "twin", "minute"),
    [(laposta, LapostaApi, 30), (mailerlite, MailerLiteApi, 120)],
    ids=["laposta", "mailerlite"],
)
def test_no_minute_has_more_calls_than_are_allowed(
    provider: Any, twin: type[ApiTwin], minute: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with twin(KEY) as service:
        answer, asked_at, waits = service._answer, list[float](), list[float]()

        def counted(asked: Asked) -> Reply:
            asked_at.append(sum(waits))
            monkeypatch.setattr(service, "left", minute, raising=False)  # it is we who count
            reply = answer(asked)
            reply.headers.clear()  # of calls that are left nothing is said
            return reply

        monkeypatch.setattr(service, "_answer", counted)
        account = Account(
            "CX Greetz", "M <m@example.org>", api_key=KEY, url=service.url, sleep=waits.append
        )
        campaigns = provider.open(account, Net({"127.0.0.1"}))
        for _ in range(minute + 5):
            assert campaigns.look_up("4711") is None
    assert len(asked_at) == minute + 5
    in_a_minute = [sum(0 <= other - one < 60 for other in asked_at) for one in asked_at]
    assert max(in_a_minute) == minute, "as many as are allowed, and none too many"


def test_while_calls_are_left_none_is_waited_for() -> None:
    waits: list[float] = []
    with MailerLiteApi(KEY) as service:
        account = Account(
            "CX Greetz", "M <m@example.org>", api_key=KEY, url=service.url, sleep=waits.append
        )
        campaigns = mailerlite.open(account, Net({"127.0.0.1"}))
        service.left = 4
        for _ in range(5):
            campaigns.look_up("4711")
    assert waits == [0.5, RETRY_AFTER]


def test_a_list_is_read_to_its_end(service: Service) -> None:
    service.answers = [Reply({"a": [1, 2]}), Reply({"a": [3]})]
    assert list(an_api(service).read_all("things", {"x": 1}, "a", size=2)) == [1, 2, 3]
    assert [e.asked.query["offset"] for e in service.exchanges] == [["0"], ["2"]]
    service.answers = [Reply({"a": {}})]
    assert "no list" in str(refused(lambda: list(an_api(service).read_all("things", {}, "a"))))


def test_a_create_without_an_id_leaves_open_what_was_made(service: Service) -> None:
    api = an_api(service)
    assert api.dig({"data": [{"id": 3}]}, "data", 0, "id") == 3
    for answer in ({}, {"data": []}, None, []):
        assert refused(lambda answer=answer: api.dig(answer, "data", 0, "id")).ambiguous


def test_a_key_and_an_address_are_asked_for_by_name() -> None:
    bare = Account("CX Greetz", "M <m@example.org>")
    with pytest.raises(ConfigError, match="CXGREETZ_POST_API_KEY: is not set"):
        need_key("post", bare)
    with pytest.raises(ConfigError, match=r"provider\.url: is not set"):
        need_url("post", bare)
    wrong = Account("CX Greetz", "M <m@example.org>", api_key="wrong key\n")
    with pytest.raises(ConfigError, match="does not look like a key: so and so") as caught:
        need_key("post", wrong, r"k-\d+", "so and so")
    assert "wrong key" not in str(caught.value)
    assert need_key("post", Account("", "", api_key=" k-1\n"), r"k-\d+") == "k-1"


def test_a_title_holds_one_key_and_no_other() -> None:
    title = title_of("Koffie\n[cxgreetz-2026-10-nl]", "cxgreetz-2026-11-nl")
    assert title == "Koffie [cxgreetz-2026-10-nl] [cxgreetz-2026-11-nl]"
    assert has_key(title, "cxgreetz-2026-11-nl")
    assert not has_key(title, "cxgreetz-2026-10-nl")
    assert not has_key(title, "cxgreetz-2026-11-nl-en") and not has_key(None, "cxgreetz-2026-11-nl")


def test_a_sender_without_a_name_is_the_newsletter() -> None:
    assert sender_of(Account("CX Greetz", "m@example.org")) == ("CX Greetz", "m@example.org")
    assert sender_of(Account("CX", "Marijke <m@example.org>")) == ("Marijke", "m@example.org")


def test_the_sender_that_was_approved_is_the_one_who_writes() -> None:
    account = Account("CX Greetz", "Later <later@example.org>")
    assert sender_of(account) == ("Later", "later@example.org")
    approved = an_email(sender="Marijke <marijke@example.org>")
    assert sender_of(account, approved) == ("Marijke", "marijke@example.org")
    assert sender_of(account, an_email(sender="m@example.org"))[0] == "CX Greetz"
