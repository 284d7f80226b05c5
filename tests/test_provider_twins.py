"""The twins of providers' APIs, and the reader of their documents, do what tests rely on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from contracts.spec import Spec
from servers._api_twin import Asked, Exchange, Fault, Reply
from servers.mailchimp_api import LIST, SEGMENT, MailchimpApi

KEY = "sleutel-us1"


@pytest.fixture
def twin() -> Iterator[MailchimpApi]:
    with MailchimpApi(KEY) as running:
        yield running


def call(twin: MailchimpApi, method: str, path: str, body: Any = None, key: str = KEY) -> Any:
    url = f"{twin.url}{path}"
    return requests.request(method, url, json=body, auth=("x", key), timeout=3)


def a_campaign(twin: MailchimpApi, segment: int = SEGMENT) -> Any:
    recipients = {"list_id": LIST, "segment_opts": {"saved_segment_id": segment}}
    settings = {"title": "T", "subject_line": "S", "preview_text": "P"}
    body = {"type": "regular", "recipients": recipients, "settings": settings}
    return call(twin, "POST", "/campaigns", body)


def test_what_is_made_is_kept_and_shown(twin: MailchimpApi) -> None:
    number = a_campaign(twin).json()["id"]
    call(twin, "PUT", f"/campaigns/{number}/content", {"html": "<p>x</p>", "plain_text": "x"})
    (held,) = twin.held()
    assert (held.html, held.text, held.subject, held.preheader) == ("<p>x</p>", "x", "S", "P")
    assert held.audience == f"{LIST}/{SEGMENT}"
    (shown,) = call(twin, "GET", "/campaigns").json()["campaigns"]
    assert (shown["id"], shown["status"]) == (number, "save")
    assert call(twin, "GET", f"/campaigns/{number}/content").json()["html"] == "<p>x</p>"


def test_what_is_on_its_way_cannot_be_changed(twin: MailchimpApi) -> None:
    number = a_campaign(twin).json()["id"]
    when = {"schedule_time": "2026-12-01T09:00:00Z"}
    assert call(twin, "POST", f"/campaigns/{number}/actions/schedule", when).status_code == 204
    put = call(twin, "PUT", f"/campaigns/{number}/content", {"html": "<p>y</p>"})
    assert (put.status_code, twin.held()[0].html) == (400, "")
    assert call(twin, "POST", f"/campaigns/{number}/actions/unschedule").status_code == 204
    assert call(twin, "PUT", f"/campaigns/{number}/content", {"html": "<p>y</p>"}).ok


def test_who_is_unknown_gets_nothing(twin: MailchimpApi) -> None:
    assert call(twin, "GET", "/campaigns", key="another").status_code == 401
    assert a_campaign(twin, segment=1).status_code == 400
    assert call(twin, "GET", "/nowhere").status_code == 404
    assert twin.campaigns == {}


@pytest.mark.parametrize("fault", Fault)
def test_a_fault_does_what_its_name_says(twin: MailchimpApi, fault: Fault) -> None:
    twin.strike(fault)
    call(twin, "GET", "/campaigns")
    try:
        status = a_campaign(twin).status_code
    except requests.ConnectionError:
        status = 0
    done = fault in (Fault.DROP_AFTER, Fault.FAIL_AFTER, Fault.SLOW, Fault.GARBLED)
    assert len(twin.campaigns) == int(done)
    expected = {Fault.FAIL_AFTER: 500, Fault.FAIL_BEFORE: 500, Fault.TIMEOUT: 408}
    expected |= {Fault.BUSY: 429, Fault.BUSY_BARE: 429, Fault.SLOW: 200, Fault.GARBLED: 200}
    assert status == expected.get(fault, 0)
    assert a_campaign(twin).ok, "one fault is one fault"


def test_a_list_that_lags_shows_late_and_knows_the_number(twin: MailchimpApi) -> None:
    twin.lag = 2
    number = a_campaign(twin).json()["id"]
    seen = [len(call(twin, "GET", "/campaigns").json()["campaigns"]) for _ in range(3)]
    assert seen == [0, 0, 1]
    assert call(twin, "GET", f"/campaigns/{number}").ok


_DOCUMENT: dict[str, Any] = {
    "paths": {
        "/things": {
            "post": {
                "parameters": [{"name": "dry", "in": "query", "schema": {"type": "boolean"}}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
                        "application/x-www-form-urlencoded": {
                            "schema": {"$ref": "#/components/schemas/Thing"}
                        },
                    },
                },
                "responses": {
                    "201": {"content": {"application/json": {"schema": {"required": ["id"]}}}}
                },
            }
        },
        "/things/{id}": {"get": {"responses": {"200": {}}}},
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "note": {"type": "string", "nullable": True},
                    "size": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
                    "lists[]": {"type": "array", "items": {"type": "integer"}},
                    "inner": {"type": "object", "properties": {"a": {"type": "string"}}},
                },
            }
        }
    },
}


def faults(
    method: str, path: str, body: Any = None, *, reply: Reply | None = None, **more: Any
) -> str:
    form = isinstance(body, list)
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    headers = {"content-type": kind} if body is not None else {}
    asked = Asked(method, path, more.get("query", {}), headers, body, json.dumps(body).encode())
    return "\n".join(Spec(_DOCUMENT).faults([Exchange(asked, reply)], more.get("beyond", ())))


def test_what_fits_a_document_fits() -> None:
    good = {"name": "x", "note": None, "size": 1, "inner": {"a": "b"}}
    assert (
        faults("POST", "/things", good, query={"dry": ["true"]}, reply=Reply({"id": 1}, 201)) == ""
    )
    assert faults("POST", "/things", [("name", "x"), ("lists[]", "1"), ("lists[]", "2")]) == ""
    assert faults("GET", "/things/1") == ""
    assert faults("GET", "/else/1", beyond=["GET /else/.*"]) == ""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (None, "lacks its body"),
        ({}, "'name' is a required property"),
        ({"name": 1}, "1 is not of type 'string'"),
        ({"name": "x", "size": 0}, "less than or equal to the minimum"),
        ({"name": "x", "colour": "red"}, "no field colour"),
        ({"name": "x", "inner": {"b": 1}}, "no field inner.b"),
        ([("name", "x"), ("lists[]", "one")], "'one' is not of type 'integer'"),
    ],
)
def test_what_does_not_fit_is_told(body: Any, said: str) -> None:
    assert said in faults("POST", "/things", body)


def test_places_parameters_and_answers_are_held_to_it_too() -> None:
    assert "is no operation" in faults("DELETE", "/things/1")
    assert "no parameter wet" in faults("POST", "/things", {"name": "x"}, query={"wet": ["1"]})
    assert "'maybe'" in faults("POST", "/things", {"name": "x"}, query={"dry": ["maybe"]})
    assert "'id' is a required" in faults("POST", "/things", {"name": "x"}, reply=Reply({}, 201))
    assert "never answered with 200" in faults(
        "POST", "/things", {"name": "x"}, reply=Reply({}, 200)
    )
