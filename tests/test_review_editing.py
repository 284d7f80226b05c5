"""The edition page's forms: every verb as a browser without scripts sends it, and as ours does."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Response
from lxml import html as lxml_html
from playwright.sync_api import Page, expect
from starlette.testclient import TestClient

import browser as browsers
from cxgreetz import pipeline
from cxgreetz.errors import StaleError
from cxgreetz.model import Origin, Receipt, Severity
from cxgreetz.pipeline import mark_of
from cxgreetz.pipeline.mailing import delivering
from cxgreetz.review import make_app
from cxgreetz.review.faults import plain, read_faults
from cxgreetz.review.preview import height_of
from cxgreetz.review.words import words_in
from review_client import csrf_of, on_a_socket
from review_client import post as send
from test_review import (
    GLASSES_NL,
    NOW,
    QUEUE_EN,
    QUEUE_NL,
    TOKEN,
    at,
    client_of,
    document,
    make_workspace,
    remember,
    taken,
    text_of,
)
from test_review import post as a_post

HERE = "/edition/2026-11"
SHOWN = ["rij", "jas", "bril"]


@pytest.fixture(scope="module")
def _ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """November, whole in both languages, with a column of last spring that nobody has sent."""
    folder = make_workspace(tmp_path_factory.mktemp("editing") / "workspace")
    with at(folder) as workspace:
        workspace.store.save_posts(
            [
                taken(a_post("rij", "Een rij is een compliment", "nl", *QUEUE_NL, day=20), "rij"),
                taken(a_post("queue", "A queue is a compliment", "en", *QUEUE_EN, day=20), "rij"),
                taken(a_post("jas", "Een jas voor de kapstok", "nl", *QUEUE_NL, day=17), "jas"),
                taken(a_post("coat", "A coat for the hook", "en", *QUEUE_EN, day=17), "jas"),
                taken(a_post("bril", "De bril", "nl", *GLASSES_NL, day=15), "bril"),
            ]
        )
        remember(workspace, "De bril", "The glasses", Origin.EDITOR)
        remember(workspace, GLASSES_NL[0], "My optician rang a week later.", Origin.EDITOR)
        remember(workspace, GLASSES_NL[1], "He had remembered why I came.", Origin.EDITOR)
        pipeline.draft(workspace, "2026-11")
        late = a_post("lente", "Een lente", "nl", *QUEUE_NL, day=4, month=12)
        workspace.store.save_posts([taken(late, "lente")])
        report = pipeline.check(workspace, "2026-11")
        assert not [
            f for one in report.built.values() for f in one.findings if f.severity == "error"
        ]
        if waiting := {f.id for f in report.open_warnings}:
            pipeline.dismiss_findings(
                workspace, "2026-11", sorted(waiting), reason="a sample", by="Roos"
            )
    return folder


@pytest.fixture
def folder(_ready: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_ready, tmp_path / "workspace"))


@pytest.fixture
def client(folder: Path) -> TestClient:
    return client_of(folder)


def act(client: TestClient, place: str, live: bool = False, **fields: str | list[str]) -> Response:
    if place in ("approve", "send-back"):
        # What the page shows at this moment is what is approved or sent back.
        fields = seals_of(client) | fields
    if place == "push":
        fields = seals_of(client, f"{HERE}/push") | fields
    return send(client, f"{HERE}/{place}", {"by": "Els"} | fields, live=live)


def seals_of(client: TestClient, address: str = HERE) -> dict[str, str | list[str]]:
    """What the page says that its emails are."""
    found = document(client, address).xpath("//input[starts-with(@name, 'seal-')]")
    return {str(field.get("name")): str(field.get("value")) for field in found}


def emails(folder: Path) -> dict[str, str]:
    """The HTML of the drafts by language."""
    with at(folder) as workspace:
        drafts = workspace.store.drafts("2026-11")
        return {name: workspace.store.email(d.fingerprint).html for name, d in drafts.items()}


def fields_of(client: TestClient, place: str, **wanted: str) -> dict[str, str]:
    """The hidden fields of the page's form for `place` that holds `wanted`."""
    for form in document(client, HERE).iter("form"):
        named = [i for i in form.iter("input") if i.get("name") not in (None, "by", "csrf")]
        values = {i.get("name"): i.get("value") or "" for i in named}
        if form.get("action") == f"{HERE}/{place}" and wanted.items() <= values.items():
            return values
    raise AssertionError(f"no form for {place} with {wanted}")


def shown(folder: Path) -> list[str]:
    with at(folder) as workspace:
        edition = workspace.store.edition("2026-11")
        assert edition is not None
        return list(edition.shown)


def last(folder: Path) -> tuple[str, str]:
    """By whom and what was changed last."""
    with at(folder) as workspace:
        change = workspace.store.changes("2026-11")[0]
    return change.by, change.kind


# the editor's words


@pytest.mark.parametrize("kind", ["letter", "subject"])
def test_words_in_one_language_leave_the_other_email_alone(
    folder: Path, client: TestClient, kind: str
) -> None:
    before = emails(folder)
    mark = fields_of(client, kind, language="nl")["mark"]
    answer = act(client, kind, language="nl", text="Beste lezer, hallo!", mark=mark)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{HERE}#letter-nl"
    after = emails(folder)
    assert "Beste lezer, hallo!" in after["nl"]
    assert after["en"] == before["en"]
    assert last(folder) == ("Els", kind)
    page = client.get(HERE).text
    assert words_in("en")(f"{kind}_saved") in page
    assert "Beste lezer, hallo!" in page
    assert f"Els wrote the Dutch {kind}" in page


def test_a_stale_letter_shows_both_versions_and_can_be_saved_all_the_same(
    folder: Path, client: TestClient
) -> None:
    mark = fields_of(client, "letter", language="nl")["mark"]
    act(client, "letter", language="nl", text="Roos was eerst.", mark=mark, by="Roos")
    answer = act(client, "letter", language="nl", text="En toen kwam <Els>.", mark=mark)
    assert answer.status_code == 409
    page = lxml_html.document_fromstring(answer.text)
    assert text_of(page.find_class("theirs")[0]) == "Roos was eerst."
    [mine] = page.iter("textarea")
    assert (mine.text or "").strip() == "En toen kwam <Els>."
    assert "Roos was eerst." in emails(folder)["nl"]
    [form] = [one for one in page.iter("form") if one.get("action") == f"{HERE}/letter"]
    again = {i.get("name"): i.get("value") or "" for i in form.iter("input") if i.get("name")}
    answer = client.post(
        f"{HERE}/letter",
        data=again | {"text": "En toen kwam Els."},
        headers={"origin": "http://127.0.0.1:8765"},
    )
    assert answer.status_code == 303
    assert "En toen kwam Els." in emails(folder)["nl"]


def test_a_stale_letter_comes_to_the_script_with_the_other_version(client: TestClient) -> None:
    mark = mark_of("")
    act(client, "letter", language="nl", text="Roos was eerst.", mark=mark)
    answer = act(client, "letter", live=True, language="nl", text="Ik ook.", mark=mark)
    said = answer.json()
    assert answer.status_code == 409
    assert (said["ok"], said["stale"]) == (False, "Roos was eerst.")
    assert said["mark"] == mark_of("Roos was eerst.")


def test_words_for_an_unknown_language_are_refused(folder: Path, client: TestClient) -> None:
    before = emails(folder)
    answer = act(client, "letter", language="fr", text="Bonjour à tous !", mark=mark_of(""))
    assert answer.status_code == 400
    assert "Bonjour à tous !" in answer.text
    assert emails(folder) == before


# the columns


@pytest.mark.parametrize(
    ("piece", "move", "order"),
    [
        ("bril", "up", ["rij", "bril", "jas"]),
        ("rij", "down", ["jas", "rij", "bril"]),
        ("bril", "lead", ["bril", "rij", "jas"]),
        ("rij", "up", SHOWN),
        ("bril", "down", SHOWN),
    ],
)
def test_a_column_moves(
    folder: Path, client: TestClient, piece: str, move: str, order: list[str]
) -> None:
    mark = fields_of(client, "order", piece=piece)["mark"]
    answer = act(client, "order", piece=piece, move=move, mark=mark)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{HERE}#piece-{piece}"
    assert shown(folder) == order
    rows = [li.get("data-piece") for li in document(client, HERE).iter("li")]
    assert [row for row in rows if row] == order


def test_columns_are_dragged(folder: Path, client: TestClient) -> None:
    answer = act(client, "order", pieces="jas bril rij", mark=mark_of(SHOWN))
    assert answer.status_code == 303
    assert shown(folder) == ["jas", "bril", "rij"]


@pytest.mark.parametrize(
    "wrong", [{"piece": "rij", "move": "away"}, {"piece": "x", "move": "up"}, {"pieces": "rij rij"}]
)
def test_a_wrong_order_is_refused(folder: Path, client: TestClient, wrong: dict[str, str]) -> None:
    assert act(client, "order", mark=mark_of(SHOWN), **wrong).status_code == 400
    assert shown(folder) == SHOWN


def test_a_stale_order_changes_nothing(folder: Path, client: TestClient) -> None:
    act(client, "order", piece="bril", move="lead", mark=mark_of(SHOWN))
    answer = act(client, "order", piece="jas", move="lead", mark=mark_of(SHOWN))
    assert answer.status_code == 409
    assert "Somebody else has changed this meanwhile" in answer.text
    assert shown(folder) == ["bril", "rij", "jas"]


def test_a_column_is_left_out_with_its_reason_and_taken_in_again(
    folder: Path, client: TestClient
) -> None:
    mark = fields_of(client, "leave-out", piece="jas")["mark"]
    assert act(client, "leave-out", piece="jas", reason=" ", mark=mark).status_code == 400
    assert act(client, "leave-out", piece="jas", reason="for May", mark=mark).status_code == 303
    assert shown(folder) == ["rij", "bril"]
    assert "for May" in text_of(document(client, HERE).get_element_by_id("columns"))
    stale = act(client, "take-in", piece="jas", mark=mark_of("another reason"))
    assert (stale.status_code, shown(folder)) == (409, ["rij", "bril"])
    again = fields_of(client, "take-in", piece="jas")
    assert act(client, "take-in", **again).status_code == 303
    assert shown(folder) == SHOWN
    page = client.get(HERE).text
    assert "Els took “Een jas voor de kapstok” in again" in page


def test_a_column_of_another_time_is_taken_in(folder: Path, client: TestClient) -> None:
    assert "Een lente" in text_of(document(client, HERE).find_class("older")[0])
    assert act(client, "take-in", piece="lente").status_code == 303
    assert shown(folder) == [*SHOWN, "lente"]
    assert act(client, "take-in", piece="nobody").status_code == 400


def test_a_column_is_shortened_and_shown_in_full_again(folder: Path, client: TestClient) -> None:
    before = emails(folder)["nl"].count(QUEUE_NL[1])
    form = fields_of(client, "sentences", piece="rij")
    assert act(client, "sentences", **form, most="1").status_code == 303
    # The other column that says so goes on saying it.
    assert emails(folder)["nl"].count(QUEUE_NL[1]) == before - 1
    form = fields_of(client, "sentences", piece="rij")
    assert act(client, "sentences", **form, most="").status_code == 303
    assert emails(folder)["nl"].count(QUEUE_NL[1]) == before
    assert act(client, "sentences", **form, most="1").status_code == 409


@pytest.mark.parametrize("most", ["none", "0", "-1", "²"])
def test_a_wrong_number_of_sentences_is_refused(client: TestClient, most: str) -> None:
    answer = act(client, "sentences", piece="rij", most=most, mark=mark_of(None))
    assert answer.status_code == 400


# what the checks found, and the approval


def test_a_warning_is_let_stand_with_a_reason_and_looked_at_again(
    folder: Path, client: TestClient
) -> None:
    with at(folder) as workspace:
        pipeline.write_subject(workspace, "2026-11", "nl", "GRATIS!!! KLIK HIER NU MEER")
        found = {f.id for f in pipeline.check(workspace, "2026-11").open_warnings}
    assert found
    names = sorted(found)
    assert "disabled" in button(client, "approve-nl").attrib
    assert act(client, "approve", language="nl").status_code == 409
    assert act(client, "dismiss", finding=names, reason="").status_code == 400
    assert act(client, "dismiss", finding=["nothing"], reason="why").status_code == 400
    assert act(client, "dismiss", finding=names, reason="a joke").status_code == 303
    assert "Dismissed by Els: a joke" in client.get(HERE).text
    assert act(client, "restore", finding=names).status_code == 303
    with at(folder) as workspace:
        assert {f.id for f in pipeline.check(workspace, "2026-11").open_warnings} == found


def button(client: TestClient, name: str) -> lxml_html.HtmlElement:
    return document(client, HERE).get_element_by_id(name)


def test_an_error_blocks_the_approval_and_the_button_says_why(
    folder: Path, client: TestClient
) -> None:
    with at(folder) as workspace:
        remembered = a_post(
            "brood", "Het brood", "nl", "De bakker zei nee, en dat was goed.", day=8
        )
        workspace.store.save_posts([taken(remembered, "brood")])
        pipeline.draft(workspace, "2026-11")
    blocked = button(client, "approve-en")
    assert "disabled" in blocked.attrib
    why = document(client, HERE).get_element_by_id(blocked.get("aria-describedby"))
    assert text_of(why).startswith("It can be approved once 1 error is mended.")
    answer = act(client, "approve", language="en")
    assert answer.status_code == 409
    with at(folder) as workspace:
        assert workspace.store.approvals("2026-11") == {}


def test_each_language_is_approved_by_name_and_one_character_voids_it(
    folder: Path, client: TestClient
) -> None:
    assert act(client, "approve", language="nl").status_code == 303
    assert "Approved by Els" in text_of(document(client, HERE).find_class("verdict")[0])
    assert act(client, "approve", language="en").status_code == 303
    with at(folder) as workspace:
        assert pipeline.status(workspace).editions[-1]["state"] == "approved"
    act(client, "subject", language="nl", text="De rij!", mark=mark_of(""))
    with at(folder) as workspace:
        assert pipeline.status(workspace).editions[-1]["state"] == "draft"
    dutch, english = document(client, HERE).find_class("verdict")
    assert "It has changed since Els approved it." in text_of(dutch)
    assert "Els wrote the Dutch subject" in text_of(dutch)
    assert "Approved by Els" in text_of(english)
    assert "Draft" in text_of(document(client, HERE).get_element_by_id("heading"))


def test_both_are_approved_at_once(folder: Path, client: TestClient) -> None:
    assert act(client, "approve").status_code == 303
    with at(folder) as workspace:
        assert set(workspace.store.approvals("2026-11")) == {"nl", "en"}
    page = text_of(document(client, HERE))
    assert "Els approved the Dutch email" in page
    assert act(client, "approve", language="fr").status_code == 400


def test_it_is_sent_back_with_a_note_that_stands_on_the_page(
    folder: Path, client: TestClient
) -> None:
    act(client, "approve", language="nl")
    note = "De <b>brief</b> is te lang.\nEn te streng."
    assert act(client, "send-back", note=note).status_code == 303
    with at(folder) as workspace:
        assert workspace.store.approvals("2026-11") == {}
        [request] = pipeline.open_requests(workspace)
    assert (request.decision, request.by, request.note) == ("reject", "Els", note)
    page = document(client, HERE)
    assert "Els sent this edition back" in text_of(page.get_element_by_id("notes"))
    assert "De <b>brief</b> is te lang." in text_of(page.get_element_by_id("notes"))
    history = text_of(page.get_element_by_id("history"))
    assert "Els sent the edition back: “De <b>brief</b>" in history
    assert "Els approved the Dutch email" not in history
    # It is no change of hers that could be taken back.
    assert act(client, "undo", change="1").status_code == 400
    # Where everything stands, it is not ready as long as it is what was sent back.
    overview = text_of(document(client, "/"))
    assert "November 2026 was sent back by Els" in overview
    assert "is ready for your approval" not in overview
    assert act(client, "letter", language="nl", text="Kort.", mark=mark_of("")).status_code == 303
    assert "November 2026, Dutch is ready for your approval" in text_of(document(client, "/"))
    assert act(client, "approve").status_code == 303
    assert "was sent back by" not in text_of(document(client, "/"))
    page = document(client, HERE)
    assert "sent this edition back" not in text_of(page.get_element_by_id("notes"))
    assert "Els sent the edition back" in text_of(page.get_element_by_id("history"))


def test_half_a_word_sends_nothing_back(folder: Path, client: TestClient) -> None:
    assert act(client, "send-back", note="  ").status_code == 400
    assert send(client, f"{HERE}/send-back", {"note": "Te lang."}).status_code == 400
    shown = seals_of(client)
    act(client, "subject", language="nl", text="De rij!", mark=mark_of(""))
    stale = send(client, f"{HERE}/send-back", {"by": "Els", "note": "Te lang."} | shown)
    assert stale.status_code == 409 and "was changed since you looked at it" in stale.text
    # What she wrote is not lost.
    long = {"by": "Els", "note": "Te lang, en te streng."} | shown
    assert "Te lang, en te streng." in send(client, f"{HERE}/send-back", long).text
    with at(folder) as workspace:
        assert workspace.store.request("2026-11") is None


def test_what_the_provider_has_is_not_sent_back(folder: Path, client: TestClient) -> None:
    act(client, "approve")
    with at(folder) as workspace:
        pipeline.push(workspace, "2026-11")
    assert document(client, HERE).xpath("//*[@id='send-back']") == []
    assert act(client, "send-back", note="Te laat.").status_code == 409


def test_a_draft_that_is_behind_is_made_again(folder: Path, client: TestClient) -> None:
    with at(folder) as workspace:
        changed = a_post("rij", "Een lange rij", "nl", *QUEUE_NL, day=20)
        workspace.store.save_posts([taken(changed, "rij")])
    assert "can be approved once the email is made again" in client.get(HERE).text
    assert act(client, "draft").status_code == 303
    assert "Een lange rij" in emails(folder)["nl"]


def test_one_fault_is_told_once(folder: Path) -> None:
    with at(folder) as workspace:
        built = pipeline.check(workspace, "2026-11").built
    faults = [
        fault
        for _, groups in read_faults(built, "2026-11", {}, words_in("nl"))
        for group in groups
        for fault in group.faults
    ]
    [letter] = [fault for fault in faults if "no letter" in fault.message]
    assert letter.emails == "Nederlands, Engels"
    assert letter.href == "#letter-nl"
    assert letter.severity is Severity.INFO
    every = {f.id for one in built.values() for f in one.findings}
    assert {name for fault in faults for name in fault.ids} == every


@pytest.mark.parametrize(
    ("remedy", "said"),
    [
        ("translate them, or: cxgreetz piece leave-out x --reason WHY", "translate them"),
        ("cxgreetz check", ""),
        ("draft the edition again: cxgreetz draft 2026-11", "draft the edition again"),
        (
            "open it yourself; try again later with: cxgreetz check",
            "open it yourself; try again later",
        ),
        ("write one in cxgreetz.toml", "write one in cxgreetz.toml"),
    ],
)
def test_a_remedy_is_told_without_its_command(remedy: str, said: str) -> None:
    assert plain(remedy) == said


# history


def test_the_last_change_is_taken_back(folder: Path, client: TestClient) -> None:
    before = emails(folder)
    act(client, "letter", language="nl", text="Beste lezer.", mark=mark_of(""))
    first = fields_of(client, "undo")
    act(client, "order", piece="bril", move="lead", mark=mark_of(SHOWN), by="Roos")
    answer = act(client, "undo", **first)
    assert answer.status_code == 409
    assert "nothing was taken back" in answer.text
    assert act(client, "undo", **fields_of(client, "undo")).status_code == 303
    assert act(client, "undo", **fields_of(client, "undo")).status_code == 303
    assert emails(folder) == before
    history = document(client, HERE).get_element_by_id("history")
    told = text_of(history)
    assert "Els took a change back: the Dutch letter" in told
    assert "Els took a change back: the order" in told
    assert "Roos changed the order" in told
    assert "Beste lezer." in told
    assert "1. Een rij is een compliment" in told
    assert act(client, "undo", change="1").status_code == 400


def test_of_two_who_take_back_at_once_the_second_takes_nothing_more(
    folder: Path, client: TestClient
) -> None:
    """Both saw the same last change; what the first one's click uncovered stays."""
    act(client, "letter", language="nl", text="Beste lezer.", mark=mark_of(""))
    act(client, "order", piece="bril", move="lead", mark=mark_of(SHOWN))
    last = int(fields_of(client, "undo")["change"])
    with pipeline.open_workspace(folder) as workspace:
        pipeline.undo(workspace, "2026-11", expected=last)
        with pytest.raises(StaleError):
            pipeline.undo(workspace, "2026-11", expected=last)
        assert workspace.store.edition("2026-11").greetings == {"nl": "Beste lezer."}


# at the provider


def test_the_plan_is_shown_before_the_push(folder: Path, client: TestClient) -> None:
    plan = text_of(document(client, f"{HERE}/push"))
    assert "Waits for your approval" in plan
    assert "There is nothing to send now." in plan
    act(client, "approve", language="nl")
    plan = text_of(document(client, f"{HERE}/push"))
    assert "Dutch: Is put ready as a new one." in plan
    assert "Send Dutch without English." in plan
    assert not (folder / "outbox").exists()
    act(client, "approve", language="en")
    page = document(client, f"{HERE}/push")
    assert "sends no test mail" in text_of(page)
    answer = act(client, "push")
    assert answer.status_code == 200
    told = text_of(lxml_html.document_fromstring(answer.text))
    assert told.count("Was put ready.") == 2
    assert (folder / "outbox" / "2026-11" / "nl" / "email.html").exists()
    assert text_of(document(client, f"{HERE}/push")).count("there is nothing to do") == 2
    assert "The Dutch email went to outbox" in client.get(HERE).text
    assert client.get("/edition/2030-01/push").status_code == 404


def test_a_push_is_of_what_its_plan_showed(folder: Path, client: TestClient) -> None:
    """Changed and approved anew while the plan stood on her screen; or another joined it."""
    act(client, "approve")
    shown = seals_of(client, f"{HERE}/push")
    assert set(shown) == {"seal-nl", "seal-en"}
    act(client, "letter", language="nl", text="Beste lezer.", mark=mark_of(""))
    act(client, "approve", language="nl")
    now = seals_of(client, f"{HERE}/push")
    for seals in (shown, now | {"seal-en": ""}):
        answer = act(client, "push", **seals)
        assert answer.status_code == 409
        assert "An email was changed since you saw this page" in answer.text
    assert not (folder / "outbox").exists()
    assert act(client, "push").text.count("Was put ready.") == 2


def test_an_email_approved_anew_during_the_push_is_not_sent_unseen(
    folder: Path, monkeypatch: pytest.MonkeyPatch, client: TestClient
) -> None:
    act(client, "approve")
    with at(folder) as workspace:
        drafts = workspace.store.drafts("2026-11")
        monkeypatch.setattr(delivering, "_expect_shown", lambda *_told: None)
        seals = {"nl": drafts["nl"].fingerprint, "en": "another"}
        report = pipeline.push(workspace, "2026-11", expected=seals)
    assert [one.step for one in report.pushed.values()] == ["create", "stop"]
    assert report.exit_code == 1 and "since it was shown" in report.pushed["en"].why


def test_a_provider_without_its_key_is_told_where_it_would_send(
    folder: Path, client: TestClient
) -> None:
    file = folder / "cxgreetz.toml"
    named = '[provider]\nname = "brevo"\naudience = { nl = "1", en = "2" }\n'
    file.write_text(re.sub(r"\[provider\][^\[]*", "", file.read_text()) + named)
    act(client, "approve")
    answer = client.get(f"{HERE}/push")
    assert answer.status_code == 200
    assert "CXGREETZ_BREVO_API_KEY" in answer.text and "must be put right first" in answer.text
    assert document(client, f"{HERE}/push").xpath("//form[@class='push']") == []


def test_one_language_goes_alone_when_a_person_says_so(folder: Path, client: TestClient) -> None:
    act(client, "approve", language="nl")
    answer = act(client, "push", alone="yes")
    assert answer.status_code == 200
    with at(folder) as workspace:
        assert [r.language for r in workspace.store.receipts("2026-11")] == ["nl"]


def test_a_push_without_a_clear_answer_waits_for_a_person(folder: Path, client: TestClient) -> None:
    act(client, "approve")
    with at(folder) as workspace:
        seal = workspace.store.drafts("2026-11")["nl"].fingerprint
        receipt = Receipt("outbox", "", "2026-11", "nl", "unknown", seal, at=NOW)
        workspace.store.save_receipt(receipt)
    page = document(client, f"{HERE}/push")
    assert "got no clear answer from outbox" in text_of(page)
    assert page.get_element_by_id("again").get("type") == "checkbox"
    assert "got no clear answer" in act(client, "push").text
    assert (
        text_of(lxml_html.document_fromstring(act(client, "push", again="yes").text)).count(
            "Was put ready."
        )
        == 1
    )
    assert (folder / "outbox" / "2026-11" / "nl" / "email.html").exists()


def test_what_a_provider_holds_is_not_changed(folder: Path, client: TestClient) -> None:
    act(client, "approve")
    act(client, "push")
    before = emails(folder)
    page = document(client, HERE)
    actions = {form.get("action").rsplit("/", 1)[1] for form in page.iter("form")}
    assert actions <= {"editor", "language"}
    tries: list[tuple[str, dict[str, str]]] = [
        ("letter", {"language": "nl", "text": "Te laat, helaas.", "mark": mark_of("")}),
        ("subject", {"language": "nl", "text": "Te laat", "mark": mark_of("")}),
        ("order", {"piece": "bril", "move": "lead", "mark": mark_of(SHOWN)}),
        ("leave-out", {"piece": "bril", "reason": "late", "mark": mark_of(None)}),
        ("sentences", {"piece": "rij", "most": "1", "mark": mark_of(None)}),
        ("take-in", {"piece": "lente"}),
    ]
    for place, fields in tries:
        answer = act(client, place, **fields)
        assert answer.status_code == 409, place
        assert "with the provider already" in answer.text
    assert emails(folder) == before


@pytest.mark.parametrize("address", ["", "els", "els@", "a b@example.org"])
def test_a_test_mail_needs_an_address(client: TestClient, address: str) -> None:
    assert act(client, "test", address=address).status_code == 400


def test_a_provider_that_sends_no_test_mail_says_so(client: TestClient) -> None:
    act(client, "approve")
    assert act(client, "test", address="els@example.org").status_code == 400


# whose forms are believed, and who writes

PLACES = (
    "letter", "subject", "order", "leave-out", "take-in", "sentences", "dismiss", "restore",
    "approve", "draft", "undo", "push", "test",
)  # fmt: skip


def test_a_form_without_its_guard_or_without_a_name_does_nothing(
    folder: Path, client: TestClient
) -> None:
    before = emails(folder)
    fields = {
        "by": "Els", "language": "nl", "text": "Hallo", "piece": "bril", "move": "up",
        "pieces": "", "reason": "why", "most": "1", "finding": "x", "address": "els@example.org",
    }  # fmt: skip
    nameless = {name: value for name, value in fields.items() if name != "by"}
    nameless["csrf"] = csrf_of(client)
    headers = {"origin": str(client.base_url)}
    for place in PLACES:
        address = f"{HERE}/{place}"
        assert client.post(address, data=fields, headers=headers).status_code == 403, place
        answer = client.post(address, data=nameless, headers=headers)
        assert answer.status_code == 400, place
        assert "First say who you are" in answer.text
        assert client.get(address).status_code == (200 if place == "push" else 405)
    assert emails(folder) == before
    with at(folder) as workspace:
        assert workspace.store.changes("2026-11") == []


def test_the_name_is_asked_once(client: TestClient) -> None:
    page = document(client, HERE)
    assert "Who are you?" in text_of(page)
    assert all(b.get("disabled") is not None for b in page.xpath("//*[@class='desk']//button"))
    answer = send(client, "/editor", {"by": "  Els  van Dam ", "back": f"{HERE}?show=nl"})
    assert answer.headers["location"] == f"{HERE}?show=nl"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    page = document(client, HERE)
    assert "You work as Els van Dam" in text_of(page)
    assert not [b for b in page.xpath("//*[@class='desk']//button") if "disabled" in b.attrib]
    mark = fields_of(client, "letter", language="nl")["mark"]
    send(client, f"{HERE}/letter", {"language": "nl", "text": "Hoi", "mark": mark})
    assert "Els van Dam wrote the Dutch letter" in client.get(HERE).text
    assert send(client, "/editor", {"by": "  "}).status_code == 400


def test_a_form_leads_back_to_the_page_as_it_was_shown(client: TestClient) -> None:
    for back, place in (
        (f"{HERE}?show=nl&width=600", f"{HERE}?show=nl&width=600#columns"),
        ("//evil.example/", f"{HERE}#columns"),
        ("/edition/2026-10", f"{HERE}#columns"),
    ):
        answer = act(client, "order", pieces=" ".join(SHOWN), mark=mark_of(SHOWN), back=back)
        assert answer.headers["location"] == place


def test_an_edition_that_is_not_there_is_refused(client: TestClient) -> None:
    answer = send(client, "/edition/2030-01/approve", {"by": "Els"})
    assert answer.status_code == 400
    assert "there is no edition 2030-01 yet" in answer.text


def test_every_field_has_its_label(client: TestClient) -> None:
    send(client, "/editor", {"by": "Els", "back": HERE})
    page = document(client, HERE)
    labelled = {label.get("for") for label in page.iter("label")}
    for field in page.xpath("//input[not(@type='hidden')] | //textarea"):
        assert field.get("id") in labelled
    names = [b.get("aria-label") or text_of(b) for b in page.iter("button")]
    assert all(names)


# the frame


def test_a_frame_is_about_as_high_as_its_email(folder: Path) -> None:
    html = emails(folder)["nl"]
    wide, narrow = height_of(html, 600), height_of(html, 375)
    assert 800 < wide < narrow < 6000
    assert height_of("<p></p>", 600) < 100
    assert height_of('<body><img width="600" height="300"></body>', 344) < 300


# with scripts


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    with on_a_socket(make_app(lambda: at(folder), TOKEN)) as running:
        yield running


def frame_text(page: Page, language: str) -> str:
    frame = page.locator(f".pane[data-language={language}] iframe").last
    return frame.content_frame.locator("body").inner_text()


def until(page: Page, language: str, text: str) -> float:
    """Seconds until an email shows `text`."""
    start = time.perf_counter()
    while text not in frame_text(page, language):
        assert time.perf_counter() - start < 5
    return time.perf_counter() - start


def drag(page: Page, piece: str, above: str) -> None:
    """Take a row by its handle and let it go above another one."""
    start = page.locator(f"#piece-{piece} .handle").bounding_box()
    end = page.locator(f"#piece-{above}").bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 12, start["y"] + 4, steps=3)
    page.mouse.move(end["x"] + 60, end["y"] + 6, steps=5)
    page.mouse.up()


@pytest.mark.skipif(browsers.find_chromium() is None, reason=browsers.MISSING)
def test_she_keeps_her_place_while_the_email_changes(address: str, folder: Path) -> None:
    with browsers.open_browser() as browser, browsers.a_page(browser, width=1280) as page:
        page.goto(f"{address}/?token={TOKEN}")
        page.goto(f"{address}{HERE}")
        page.get_by_label("Your name", exact=True).or_(page.get_by_label("Je naam")).fill("Els")
        page.keyboard.press("Enter")
        expect(page.locator("#letter-nl textarea")).to_be_enabled()

        # A letter: the email shows it, scrolled as it was; the other one is not loaded again.
        box = page.locator(".pane[data-language=nl] .frame")
        box.evaluate("box => { box.scrollTop = 300 }")
        other = page.locator(".pane[data-language=en] iframe")
        other.evaluate("frame => { frame.dataset.kept = 'yes' }")
        field = page.locator("#letter-nl textarea")
        field.fill("Beste lezer, een brief.")
        expect(page.locator("[data-counts=letter-text-nl]")).to_contain_text("23 ")
        page.evaluate("scrollTo(0, 500)")
        place = page.evaluate("scrollY")
        field.press("Control+Enter")
        until(page, "nl", "Beste lezer, een brief.")
        expect(page.locator(".pane[data-language=nl] iframe")).to_have_count(1)
        # The new frame is as high as the old one before it takes its place.
        scrolled = "document.querySelector('.pane[data-language=nl] .frame').scrollTop === 300"
        page.wait_for_function(scrolled)
        assert abs(page.evaluate("scrollY") - place) < 5
        assert other.get_attribute("data-kept") == "yes"
        assert page.evaluate("document.activeElement.id") == "letter-text-nl"
        expect(page.locator("#notices")).not_to_be_empty()

        # The keyboard: the row moves, and the focus with it.
        page.locator("#up-bril").focus()
        page.keyboard.press("Enter")
        expect(page.locator("ol.columns > li").nth(1)).to_have_attribute("data-piece", "bril")
        assert page.evaluate("document.activeElement.id") == "up-bril"
        page.keyboard.press("Enter")
        expect(page.locator("ol.columns > li").first).to_have_attribute("data-piece", "bril")
        assert page.evaluate("document.activeElement.id") == "up-bril"
        assert shown(folder) == ["bril", "rij", "jas"]

        # What was opened stays open, and so does the focus.
        page.locator("#piece-rij details.more summary").focus()
        page.keyboard.press("Enter")
        page.locator("#fewer-rij").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#room-rij")).to_be_visible()
        expect(page.locator("#piece-rij")).to_be_focused()
        page.locator("#room-rij").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#fewer-rij")).to_be_visible()

        # The mouse.
        page.set_viewport_size({"width": 1280, "height": 1600})
        page.locator("#columns").scroll_into_view_if_needed()
        drag(page, "jas", "bril")
        expect(page.locator("ol.columns > li").first).to_have_attribute("data-piece", "jas")
        expect(page.locator("#history ol > li")).to_have_count(6)
        expect(page.locator("form[aria-busy=true]")).to_have_count(0)
        assert shown(folder) == ["jas", "bril", "rij"]

        # What is not saved yet outlives the saving of something else, and is not left unasked.
        field = page.locator("#letter-nl textarea")
        field.fill("Nog niet bewaard.")
        page.locator("#letter-nl input[name=text]").fill("Een ander onderwerp")
        page.locator("#letter-nl input[name=text]").press("Enter")
        expect(page.locator(".pane[data-language=nl]")).to_contain_text("Een ander onderwerp")
        expect(page.locator("form[aria-busy=true]")).to_have_count(0)
        assert page.locator("#letter-nl textarea").input_value() == "Nog niet bewaard."
        asked: list[str] = []
        page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
        page.evaluate("setTimeout(() => location.assign('/'))")
        expect(page.locator("#letter-nl textarea")).to_be_visible()
        page.wait_for_timeout(300)
        assert asked == ["beforeunload"]

        # Somebody else was there first: both versions, and hers stays in its field.
        with at(folder) as workspace:
            pipeline.write_letter(workspace, "2026-11", "nl", "Van Roos.", by="Roos")
        field = page.locator("#letter-nl textarea")
        field.fill("Van Els.")
        field.press("Control+Enter")
        expect(page.locator("#letter-nl .theirs")).to_have_text("Van Roos.")
        assert field.input_value() == "Van Els."
        page.locator("#letter-nl .mine").click()
        until(page, "nl", "Van Els.")
        expect(page.locator("#letter-nl .theirs")).to_have_count(0)


def test_what_was_changed_since_it_was_shown_is_not_approved(folder: Path) -> None:
    client = client_of(folder)
    shown = seals_of(client)
    with at(folder) as workspace:
        pipeline.write_letter(workspace, "2026-11", "nl", "Van iemand anders.", by="Bert")
    for fields in ({"language": "nl"}, {}):
        answer = send(client, f"{HERE}/approve", {"by": "Els"} | shown | fields)
        assert answer.status_code == 409, answer.text
        assert "was changed since you looked at it" in answer.text
    answer = send(client, f"{HERE}/approve", {"by": "Els", "language": "nl"})
    assert answer.status_code == 409, "nothing was shown at all"
    with at(folder) as workspace:
        assert workspace.store.approvals("2026-11") == {}
    # The other email is as it was.
    answer = send(client, f"{HERE}/approve", {"by": "Els", "language": "en"} | shown)
    assert answer.status_code == 303


# a rehearsal


def test_the_page_says_for_what_a_yes_is(folder: Path, client: TestClient) -> None:
    with at(folder) as workspace:
        name = workspace.config.provider.name
        other = "smtp" if name == "outbox" else "outbox"
        pipeline.ask(workspace, "2026-11", run="run-1", provider=other)
    page = document(client, HERE)
    assert f"A yes is for {other} alone now" in text_of(page.xpath("//div[@id='notes']")[0])
    (shown, *_) = page.xpath("//input[@name='provider']/@value")
    assert act(client, "approve", provider=str(shown)).status_code in (200, 303)
    page = document(client, HERE)
    summary = text_of(page.xpath("//section[@id='summary']")[0])
    assert f"Approved by Els in a rehearsal, for {other} alone." in summary
    assert "Approve both" in summary
    assert not page.xpath("//section[@id='summary']//a[contains(@href,'/push')]")
    assert f"for {other} alone" in text_of(document(client, "/").xpath("//main")[0])
    (shown, *_) = page.xpath("//input[@name='provider']/@value")
    assert shown == ""
    act(client, "approve", provider="")
    with at(folder) as workspace:
        assert pipeline.status(workspace).editions[0]["state"] == "approved"


def test_what_a_rehearsal_has_is_approved_for_readers_while_it_waits(
    folder: Path, client: TestClient
) -> None:
    with at(folder) as workspace:
        name = workspace.config.provider.name
        other = "smtp" if name == "outbox" else "outbox"
        pipeline.ask(workspace, "2026-11", run="run-1", provider=other)
    act(client, "approve", provider=other, language="nl")
    page = document(client, HERE)

    def shown(email: str) -> list[str]:
        at_it = f"//article[@data-email='{email}']//input[@name='provider']/@value"
        return [str(one) for one in page.xpath(at_it)]

    assert (shown("nl"), shown("en")) == ([""], [other])
    act(client, "approve", provider=shown("nl")[0], language="nl")
    with at(folder) as workspace:
        (approval, _pieces) = workspace.store.approvals("2026-11")["nl"]
        assert approval.provider == ""
