"""The review room: what an editor sees there, and who may come in."""

from __future__ import annotations

import email
import email.policy
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from pathlib import Path

import pytest
from lxml import html as lxml_html
from starlette.testclient import TestClient

from cxgreetz import checks, pipeline
from cxgreetz.errors import UsageError
from cxgreetz.model import Block, BlockKind, Credit, Image, Language, Origin, Post, Receipt
from cxgreetz.pipeline import Workspace, open_workspace
from cxgreetz.review import make_app, preview, serve
from cxgreetz.review.server import listen
from cxgreetz.review.words import words_in
from cxgreetz.store import MemoryRow, SourceReading, StoredPost
from cxgreetz.translation.memory import memory_key
from review_client import csrf_of

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TOKEN = "the-start-token"
ADDRESS = "http://127.0.0.1:8765"
PAGES = ("/", "/edition/2026-11", "/edition/2026-10")

CONFIG = """
[newsletter]
name = "CX Greetz"
from = "Fenna Post <fenna@example.org>"
start = 2026-01-01
{extra}

[[sources]]
name = "blog"
url = "https://columns.example/feed/"

[[sources]]
name = "magazine"
url = "https://magazine.example/feed/"
"""

QUEUE_NL = (
    "Bij de bloemenstal op het station stond gisteren een rij tot aan de trap, en dat was goed.",
    "De verkoopster vroeg aan iedereen voor wie het boeket was, en luisterde naar het antwoord.",
)
QUEUE_EN = (
    "At the flower stall in the station the queue reached the stairs yesterday, and that was good.",
    "The florist asked everybody who the bouquet was for, and she listened to the answer.",
)
GLASSES_NL = (
    "Mijn opticien belde een week later om te vragen of ik de ondertiteling weer kon lezen.",
    "Ik had hem dat niet verteld, maar hij had onthouden waarom ik een nieuwe bril wilde.",
)
GLASSES_EN = "My optician rang a week later to ask whether I could read the subtitles again."


def post(slug: str, title: str, language: Language, *texts: str, day: int, month: int = 11) -> Post:
    return Post(
        f"https://columns.example/{slug}/",
        title,
        language,
        tuple(Block(BlockKind.PARAGRAPH, text, language) for text in texts),
        "blog",
        published=datetime(2026, month, day, 9, tzinfo=UTC),
        image=Image(f"https://columns.example/{slug}.jpg", "Een tekening", 1200, 600),
        credit=Credit("Fenna Post", "Klantenkrant"),
    )


def taken(post: Post, piece: str) -> StoredPost:
    return StoredPost(post, piece, "taken", "new", post.published, NOW - timedelta(days=1))


def held(post: Post, reason: str) -> StoredPost:
    return StoredPost(post, None, "held", reason, None, NOW - timedelta(days=1))


def remember(workspace: Workspace, dutch: str, english: str, origin: Origin) -> None:
    keys = memory_key(dutch, "nl"), memory_key(english, "en")
    row = MemoryRow("nl", "en", *keys, dutch, english, origin, "Roos", NOW)
    workspace.store.remember([row])


def make_workspace(folder: Path, extra: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cxgreetz.toml").write_text(CONFIG.format(extra=extra), encoding="utf-8")
    return folder


def at(folder: Path):  # type: ignore[no-untyped-def]
    return open_workspace(folder, now=lambda: NOW)


@pytest.fixture(scope="module")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """October is with the provider; November is a draft with something of everything."""
    folder = make_workspace(tmp_path_factory.mktemp("review") / "workspace")
    with at(folder) as workspace:
        store = workspace.store
        store.save_posts(
            [
                taken(
                    post("okt", "Een jas voor de kapstok", "nl", *QUEUE_NL, day=4, month=10), "o"
                ),
                taken(post("oct", "A coat for the hook", "en", *QUEUE_EN, day=4, month=10), "o"),
            ]
        )
        pipeline.draft(workspace, "2026-10")
        pipeline.approve(workspace, "2026-10", by="Roos")
        pipeline.push(workspace, "2026-10")
        store.save_posts(
            [
                taken(post("rij", "Een rij is een compliment", "nl", *QUEUE_NL, day=20), "rij"),
                taken(post("queue", "A queue is a compliment", "en", *QUEUE_EN, day=20), "rij"),
                taken(post("bril", "De bril", "nl", *GLASSES_NL, day=15), "bril"),
                taken(post("fiets", "De fietsenmaker", "nl", "Een kort verhaal.", day=9), "fiets"),
                held(post("oud", "Zonder datum", "nl", "Een tekst.", day=1), "it has no date"),
            ]
        )
        remember(workspace, "De bril", "The glasses", Origin.EDITOR)
        remember(workspace, GLASSES_NL[0], GLASSES_EN, Origin.ENGINE)
        pipeline.draft(workspace, "2026-11")
        pipeline.leave_out(workspace, "2026-11", "fiets", "kept for the spring")
        good = {"status": "ok", "seen": 7, "new": 4, "edited": 0, "held": 1, "skipped": 2}
        store.save_readings(NOW, [SourceReading("blog", good | {"error": None}, succeeded=True)])
        bad = {"status": "failed", "seen": 0, "new": 0, "edited": 0, "held": 0, "skipped": 0}
        error = "https://magazine.example/feed/ answered 503"
        failed = SourceReading("magazine", bad | {"error": error}, succeeded=False)
        store.save_readings(NOW, [failed])
    return folder


@pytest.fixture
def folder(_filled: Path, tmp_path: Path) -> Path:
    """A workspace that a test may change."""
    return Path(shutil.copytree(_filled, tmp_path / "workspace"))


def client_of(folder: Path, *, inside: bool = True) -> TestClient:
    app = make_app(lambda: at(folder), TOKEN)
    client = TestClient(app, ADDRESS, follow_redirects=False, headers={"accept-language": "en"})
    if inside:
        assert client.get("/", params={"token": TOKEN}).status_code == 303
    return client


@pytest.fixture(scope="module")
def client(_filled: Path) -> TestClient:
    return client_of(_filled)


def document(client: TestClient, address: str) -> lxml_html.HtmlElement:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return lxml_html.document_fromstring(answer.text)


def text_of(element: lxml_html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def section(client: TestClient, address: str, name: str) -> str:
    return text_of(document(client, address).get_element_by_id(name))


# what the pages say


def test_overview_lists_editions_with_their_state(client: TestClient) -> None:
    november, october = document(client, "/").find_class("edition")
    assert "November 2026" in text_of(november)
    assert "Draft" in text_of(november)
    assert "2 columns, 1 left out" in text_of(november)
    assert "Een rij is een compliment" in text_of(november)
    assert "A queue is a compliment" in text_of(november)
    assert "Not approved yet" in text_of(november)
    assert "At the provider" in text_of(october)
    assert "Approved by Roos, 22 November 2026, 10:00" in text_of(october)
    assert "At outbox" in text_of(october)


def test_overview_names_what_was_left_out_and_waits(client: TestClient) -> None:
    assert "was left out of November 2026" in text_of(document(client, "/"))


def test_overview_shows_the_short_fingerprint(client: TestClient, _filled: Path) -> None:
    with at(_filled) as workspace:
        drafts = workspace.store.drafts("2026-11")
    shown = {e.text for e in document(client, "/").find_class("fingerprint")}
    assert {draft.fingerprint[:12] for draft in drafts.values()} <= shown


def test_overview_shows_sources_with_their_alarms(client: TestClient) -> None:
    blog, magazine = document(client, "/").find_class("sources")[0].iter("li")
    assert "22 November 2026, 10:00" in text_of(blog)
    assert "7 seen" in text_of(blog)
    assert "2 skipped" in text_of(blog)
    assert "Failed" in text_of(magazine)
    assert "answered 503" in text_of(magazine)


def test_overview_shows_a_source_that_was_never_read(tmp_path: Path) -> None:
    page = document(client_of(make_workspace(tmp_path)), "/")
    assert "Never read" in text_of(page)
    assert "There is no edition yet" in text_of(page)
    assert "Nothing has been read yet Do everything in a row: read" in text_of(page)


def test_overview_names_what_waits_for_the_editor(client: TestClient) -> None:
    tasks = text_of(document(client, "/").find_class("tasks")[0])
    assert "The source magazine has a problem" in tasks
    assert "November 2026, Dutch is ready for your approval" in tasks
    assert "November 2026, English: 1 error to mend before approval" in tasks
    assert "1 text to translate" in tasks
    assert "A post is held: “Zonder datum” it has no date" in tasks
    assert "October" not in tasks


def test_an_approved_edition_waits_for_its_push(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path, 'languages = ["nl"]')
    with at(folder) as workspace:
        workspace.store.save_posts([taken(post("rij", "De rij", "nl", *QUEUE_NL, day=20), "rij")])
        pipeline.draft(workspace, "2026-11")
        pipeline.approve(workspace, "2026-11", by="Roos")
    client = client_of(folder)
    tasks = text_of(document(client, "/").find_class("tasks")[0])
    assert "approved and can go to the provider" in tasks
    assert "Approved by Roos" in text_of(document(client, "/edition/2026-11"))


def test_a_push_without_a_clear_answer_is_an_alarm(folder: Path) -> None:
    with at(folder) as workspace:
        [nl] = [r for r in workspace.store.receipts("2026-10") if r.language == "nl"]
        workspace.store.save_receipt(
            Receipt(nl.provider, nl.account, nl.edition, "nl", "unknown", nl.fingerprint, at=NOW)
        )
    page = document(client_of(folder), "/")
    assert "October 2026, Dutch: look at outbox" in text_of(page.find_class("tasks")[0])
    assert "Perhaps at outbox" in text_of(page)


def test_edition_shows_both_emails_in_frames_that_run_nothing(client: TestClient) -> None:
    frames = list(document(client, "/edition/2026-11").iter("iframe"))
    assert [frame.get("title") for frame in frames] == ["Dutch email", "English email"]
    for frame in frames:
        rights = frame.get("sandbox", "everything").split()
        assert "allow-popups" in rights
        assert not {"allow-scripts", "allow-same-origin", "allow-forms"} & set(rights)
        assert client.get(frame.get("src")).status_code == 200


def test_edition_shows_the_inbox_line(client: TestClient) -> None:
    dutch, _english = document(client, "/edition/2026-11").find_class("inbox")
    assert "Fenna Post" in text_of(dutch)
    assert "fenna@example.org" in text_of(dutch)
    assert text_of(dutch.find_class("subject")[0]) == "Een rij is een compliment · CX Greetz"
    assert text_of(dutch.find_class("preheader")[0]) == "De bril"


def test_findings_stand_by_severity_with_explanation_and_remedy(client: TestClient) -> None:
    findings = section(client, "/edition/2026-11", "findings")
    assert "English: 1 error, " in findings
    assert "Dutch: 0 errors, " in findings
    error = document(client, "/edition/2026-11").find_class("error")[-1]
    told = text_of(error)
    assert told.startswith("! To mend")
    assert "1 paragraph of “The glasses” without a translation into English" in told
    assert "translate them" in told
    assert "cxgreetz piece" not in findings
    first_line = (checks.missing_translation.__doc__ or "").splitlines()[0]
    assert first_line in told
    [place] = [a.get("href") for a in error.iter("a")]
    assert place.startswith("/edition/2026-11/en/bril")


def test_columns_show_whose_words_they_are(client: TestClient) -> None:
    columns = section(client, "/edition/2026-11", "columns")
    assert "English text: Een rij is een compliment ✓ Author’s own" in columns
    assert "A queue is a compliment" in columns
    assert "Fenna Post, Klantenkrant" in columns
    assert "English text: De bril … Waiting" in columns
    assert "Left out De fietsenmaker kept for the spring" in columns


@pytest.mark.parametrize(
    ("origin", "word"),
    [(Origin.EDITOR, "Editor"), (Origin.MEMORY, "Memory"), (Origin.ENGINE, "Machine")],
)
def test_each_origin_has_its_word(folder: Path, origin: Origin, word: str) -> None:
    with at(folder) as workspace:
        remember(workspace, GLASSES_NL[0], GLASSES_EN, origin)
        remember(workspace, GLASSES_NL[1], "I had never told him, but he remembered.", origin)
        pipeline.draft(workspace, "2026-11")
    marks = document(client_of(folder), "/edition/2026-11").find_class(str(origin))
    assert word in " ".join(text_of(mark) for mark in marks)


def test_what_waits_is_shown_in_the_language_it_is_in(client: TestClient) -> None:
    waiting = document(client, "/edition/2026-11").get_element_by_id("waiting")
    assert "Into English" in text_of(waiting)
    assert "Into Dutch" not in text_of(waiting)
    [item] = waiting.iter("li")
    assert (item.get("lang"), text_of(item)) == ("nl", GLASSES_NL[1])


def test_what_waits_below_the_excerpt_is_counted(folder: Path) -> None:
    long = [f"Alinea {n} van een heel lang verhaal over geduld. " * 4 for n in range(9)]
    with at(folder) as workspace:
        workspace.store.save_posts([taken(post("lang", "Geduld", "nl", *long, day=3), "lang")])
        pipeline.draft(workspace, "2026-11")
        view = pipeline.check(workspace, "2026-11").built["en"].views[0]
        [below] = [item.waiting_below for item in view.items if item.key == "lang"]
    assert below > 1
    waiting = section(client_of(folder), "/edition/2026-11", "waiting")
    assert f"{below} paragraphs further down, which the email does not show" in waiting


def test_a_draft_that_is_behind_says_so(folder: Path) -> None:
    with at(folder) as workspace:
        changed = post("rij", "Een lange rij", "nl", *QUEUE_NL, day=20)
        workspace.store.save_posts([taken(changed, "rij")])
    client = client_of(folder)
    page = document(client, "/edition/2026-11")
    notes = text_of(page.find_class("notes")[0])
    assert notes.startswith("Dutch: columns, translations, events or settings have changed")
    assert notes.endswith("Make the emails again")
    assert "To be drafted again before approval" in text_of(page)
    # The frame still shows what was drafted.
    assert "Een lange rij" not in client.get("/edition/2026-11/nl.html").text
    tasks = text_of(document(client, "/").find_class("tasks")[0])
    assert "November 2026: the draft is behind" in tasks
    assert "Dutch is ready" not in tasks


def test_an_approval_that_no_longer_holds_is_named(folder: Path) -> None:
    with at(folder) as workspace:
        pipeline.approve(workspace, "2026-11", by="Roos", language="nl")
        changed = post("rij", "Een lange rij", "nl", *QUEUE_NL, day=20)
        workspace.store.save_posts([taken(changed, "rij")])
        pipeline.draft(workspace, "2026-11")
    client = client_of(folder)
    assert "Changed since Roos approved it" in text_of(document(client, "/"))
    assert "It has changed since Roos approved it." in text_of(document(client, "/edition/2026-11"))


def test_a_pushed_email_says_where_it_is_and_who_approved_it(client: TestClient) -> None:
    verdict = document(client, "/edition/2026-10").find_class("verdict")[0]
    assert "At the provider (outbox) 22 November 2026, 10:00 Approved by Roos." in text_of(verdict)


def test_a_push_that_was_cut_off_goes_on(folder: Path) -> None:
    with at(folder) as workspace:
        draft = workspace.store.drafts("2026-11")["nl"]
        receipt = Receipt("outbox", "", draft.edition, "nl", "intended", draft.fingerprint, at=NOW)
        workspace.store.save_receipt(receipt)
    client = client_of(folder)
    assert "On its way to outbox" in text_of(document(client, "/"))
    assert "The push was cut off; push again" in text_of(document(client, "/edition/2026-11"))


def test_an_email_without_faults_counts_none(client: TestClient) -> None:
    page = document(client, "/edition/2026-10")
    assert "0 errors, 0 warnings" in text_of(page.get_element_by_id("findings-nl"))


# how the emails are shown


def test_every_choice_is_a_link_that_works(client: TestClient) -> None:
    page = document(client, "/edition/2026-11")
    links = [a for a in page.iter("a") if a.get("data-name")]
    assert {a.get("data-name") for a in links} == {"show", "width", "scheme", "images", "part"}
    for link in links:
        shown = document(client, "/edition/2026-11" + link.get("href").partition("#")[0])
        emails = shown.get_element_by_id("emails")
        assert emails.get(f"data-{link.get('data-name')}") == link.get("data-value")
        current = [a for a in shown.iter("a") if a.get("aria-current")]
        assert link.get("data-value") in {a.get("data-value") for a in current}


def test_one_language_hides_the_other(client: TestClient) -> None:
    dutch, english = document(client, "/edition/2026-11?show=en").find_class("pane")
    assert dutch.get("hidden") is not None
    assert english.get("hidden") is None


def test_the_style_sheet_has_a_rule_for_each_choice(client: TestClient) -> None:
    css = client.get("/static/edition.css").text
    assert re.search(r'\[data-scheme="dark"\] .frame iframe \{[^}]*color-scheme: dark', css)
    assert re.search(r'\[data-width="375"\] .pane \{ width: \d+px', css)
    assert re.search(r'\[data-part="text"\] .frame \{ display: none', css)


def test_choices_that_do_not_exist_are_the_default() -> None:
    asked = {"show": "xx", "width": "<b>", "scheme": "dark"}
    chosen = preview.choices(asked, ["nl", "en"], words_in("en")).chosen
    assert chosen == {
        "show": "both",
        "width": "375",
        "scheme": "dark",
        "images": "on",
        "part": "email",
    }


def test_a_single_email_needs_no_language_switch() -> None:
    shown = preview.choices({}, ["nl+en"], words_in("en"))
    assert shown.chosen["show"] == "nl+en"


def test_html_is_the_stored_draft_byte_for_byte(client: TestClient, _filled: Path) -> None:
    with at(_filled) as workspace:
        drafts = workspace.store.drafts("2026-11")
        emails = {name: workspace.store.email(d.fingerprint) for name, d in drafts.items()}
    for name, one in emails.items():
        answer = client.get(f"/edition/2026-11/{name}.html")
        assert answer.content == one.html.encode()


def test_the_text_part_is_what_readers_get(client: TestClient, _filled: Path) -> None:
    text = client.get("/edition/2026-11/nl.txt").text
    assert "<mailto:" in text and "cxgreetz:" not in text
    with at(_filled) as workspace:
        stored = workspace.store.email(workspace.store.drafts("2026-11")["nl"].fingerprint)
        assert text == pipeline.as_pushed(workspace, stored).text


def test_the_frame_shows_what_readers_get_and_links_open_beside_the_page(
    client: TestClient, _filled: Path
) -> None:
    framed = client.get("/edition/2026-11/nl.html?framed").text
    assert lxml_html.document_fromstring(framed).find(".//base").attrib == {"target": "_blank"}
    with at(_filled) as workspace:
        stored = workspace.store.email(workspace.store.drafts("2026-11")["nl"].fingerprint)
        pushed = pipeline.as_pushed(workspace, stored).html
    assert framed.replace('<base target="_blank">', "") == pushed
    assert "mailto:" in pushed and 'href="cxgreetz:' not in pushed


def test_images_off_leaves_the_words_and_no_address(client: TestClient) -> None:
    with_images = document(client, "/edition/2026-11/nl.html")
    without = document(client, "/edition/2026-11/nl.html?images=off")
    assert any(image.get("src") for image in with_images.iter("img"))
    images = list(without.iter("img"))
    assert images
    assert not any(image.get("src") or image.get("srcset") for image in images)
    assert [i.get("alt") for i in images] == [i.get("alt") for i in with_images.iter("img")]
    assert text_of(without) == text_of(with_images)
    frames = document(client, "/edition/2026-11?images=off").iter("iframe")
    assert all(frame.get("src").endswith("images=off") for frame in frames)


def test_eml_opens_in_a_mail_program(client: TestClient) -> None:
    answer = client.get("/edition/2026-11/nl.eml")
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"] == 'attachment; filename="2026-11-nl.eml"'
    message = email.message_from_bytes(answer.content, policy=email.policy.default)
    assert message["Subject"] == "Een rij is een compliment · CX Greetz"
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    # The links that only a provider knows are a mail to the sender here.
    assert "cxgreetz:unsubscribe" not in html.get_content() + text.get_content()
    assert "mailto:fenna@example.org" in html.get_content()


def test_the_combined_layout_has_one_email(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path, 'layout = "combined"')
    with at(folder) as workspace:
        workspace.store.save_posts(
            [
                taken(post("rij", "De rij", "nl", *QUEUE_NL, day=20), "rij"),
                taken(post("queue", "The queue", "en", *QUEUE_EN, day=20), "rij"),
            ]
        )
        pipeline.draft(workspace, "2026-11")
    client = client_of(folder)
    page = document(client, "/edition/2026-11")
    [frame] = page.iter("iframe")
    assert frame.get("title") == "Dutch and English email"
    assert client.get(frame.get("src")).status_code == 200
    assert client.get("/edition/2026-11/nl+en.eml").status_code == 200
    assert page.get_element_by_id("findings-nl-en") is not None
    assert "The queue" in text_of(page.get_element_by_id("columns"))


# who may come in


def test_without_the_cookie_nobody_comes_in(_filled: Path) -> None:
    client = client_of(_filled, inside=False)
    for address in (*PAGES, "/edition/2026-11/nl.html", "/nowhere", "/?token=wrong", "/?token=é"):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "Open the address that “cxgreetz up” or “cxgreetz review” printed" in answer.text
        assert "compliment" not in answer.text
        assert "set-cookie" not in answer.headers


def test_the_token_becomes_a_cookie_and_leaves_the_address(_filled: Path) -> None:
    client = client_of(_filled, inside=False)
    answer = client.get(f"/edition/2026-11?show=nl&token={TOKEN}&scheme=dark")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/edition/2026-11?show=nl&scheme=dark"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get(answer.headers["location"]).status_code == 200


def test_the_redirect_never_leaves_the_page(_filled: Path) -> None:
    client = client_of(_filled, inside=False)
    answer = client.get(f"{ADDRESS}//evil.example/?token={TOKEN}")
    assert answer.headers["location"] == "/evil.example/"


def test_a_wrong_cookie_does_not_help(_filled: Path) -> None:
    client = client_of(_filled, inside=False)
    client.cookies.set("cxgreetz-8765", TOKEN[:-1])
    assert client.get("/").status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8766", ""]
)
def test_another_host_is_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 403
    assert "http://127.0.0.1:8765/" in answer.text


def test_localhost_is_this_machine_too(client: TestClient) -> None:
    cookie = client.cookies["cxgreetz-8765"]
    headers = {"host": "localhost:8765", "cookie": f"cxgreetz-8765={cookie}"}
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_change_comes_from_our_own_forms(client: TestClient, method: str) -> None:
    guard = {"csrf": csrf_of(client)}
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9999", None):
        headers = {"origin": origin} if origin else {}
        answer = client.request(method, "/edition/2026-11", headers=headers, data=guard)
        assert answer.status_code == 403
        assert "did not come from the review page" in answer.text
    own = {"origin": ADDRESS}
    for wrong in ({}, {"csrf": ""}, {"csrf": "é"}, {"csrf": guard["csrf"][:-1]}):
        answer = client.request(method, "/edition/2026-11", headers=own, data=wrong)
        assert answer.status_code == 403
        assert "This form is too old" in answer.text
    answer = client.request(method, "/edition/2026-11", headers=own, data=guard)
    assert answer.status_code == 405


def test_head_answers_like_get(client: TestClient) -> None:
    answer = client.head("/edition/2026-11")
    assert (answer.status_code, answer.content) == (200, b"")


def policy_of(answer) -> dict[str, str]:  # type: ignore[no-untyped-def]
    parts = answer.headers["content-security-policy"].split(";")
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in parts)}


def test_every_answer_carries_its_policy(client: TestClient, _filled: Path) -> None:
    outside = client_of(_filled, inside=False)
    pages = [client.get(page) for page in (*PAGES, "/edition/2030-01", "/static/review.css")]
    for answer in [*pages, outside.get("/"), client.post("/")]:
        policy = policy_of(answer)
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == policy["connect-src"] == "'self'"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


def test_an_email_may_load_pictures_and_nothing_else(client: TestClient) -> None:
    answer = client.get("/edition/2026-11/nl.html")
    policy = policy_of(answer)
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "http: https: data:"
    assert policy["style-src"] == "'unsafe-inline'"
    assert policy["frame-ancestors"] == "'self'"
    assert "allow-popups" in policy["sandbox"].split()
    assert "allow-scripts" not in policy["sandbox"]
    assert "script-src" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_the_look_of_a_refusal_needs_no_cookie(_filled: Path) -> None:
    client = client_of(_filled, inside=False)
    for name in ("review.css", "review.js", "mark.svg"):
        assert client.get(f"/static/{name}").status_code == 200
    assert client.get("/static/../app.py").status_code in (403, 404)
    assert client.get("/static/%2e%2e/app.py").status_code in (403, 404)


HOSTILE = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)" x="',
    "'><img src=x onerror=alert(1)>",
    "</title></textarea></style><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "w" * 10_000,
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder = make_workspace(tmp_path_factory.mktemp("hostile") / "workspace")
    with at(folder) as workspace:
        posts = []
        for number, title in enumerate(HOSTILE):
            body = title.replace("&", "&amp;").replace("<", "&lt;")
            posts.append(taken(post(f"x{number}", title, "nl", body, day=9), f"x{number}"))
        bad = Post("javascript:alert(1)", HOSTILE[0], "nl", (), "blog")
        workspace.store.save_posts([*posts, held(bad, HOSTILE[1])])
        pipeline.draft(workspace, "2026-11")
        pipeline.leave_out(workspace, "2026-11", "x1", HOSTILE[2])
        reading = {"status": HOSTILE[0], "seen": HOSTILE[0], "error": HOSTILE[3]}
        workspace.store.save_readings(NOW, [SourceReading("blog", reading, succeeded=False)])
    return client_of(folder)


@pytest.mark.parametrize("address", ["/", "/edition/2026-11"])
def test_hostile_text_is_only_text(hostile: TestClient, address: str) -> None:
    page = document(hostile, address)
    for element in page.iter():
        assert element.tag != "svg"
        assert not [name for name in element.attrib if name.startswith("on") or name == "style"]
        for name in ("href", "src"):
            assert not element.get(name, "").lower().startswith(("javascript:", "data:"))
    scripts = {"/static/review.js", "/static/edition.js"}
    assert {s.get("src") for s in page.iter("script")} <= scripts
    assert not list(page.iter("style"))
    assert HOSTILE[0] in page.text_content()


def test_hostile_text_in_the_address_is_only_text(client: TestClient) -> None:
    answer = client.get("/edition/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
    answer = client.get("/edition/2026-11?show=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in answer.text


# what is not there, and what is broken


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/edition/2030-01", "There is no edition 2030-01 yet"),
        ("/edition/november", "is no edition; write a month"),
        ("/edition/2026-11/fr.html", "There is no fr.html in an edition 2026-11"),
        ("/edition/2026-11/nl.pdf", "There is no nl.pdf in an edition 2026-11"),
        ("/edition/2030-01/nl.html", "There is no nl.html in an edition 2030-01"),
        ("/nowhere", "Look at the overview"),
    ],
)
def test_what_is_not_there_has_a_friendly_page(client: TestClient, address: str, said: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    page = lxml_html.document_fromstring(answer.text)
    assert said in text_of(page)
    assert "/" in [a.get("href") for a in page.iter("a")]


def test_a_broken_template_is_named_and_hides_nothing_else(folder: Path) -> None:
    template = folder / "templates" / "newsletter"
    template.mkdir(parents=True)
    (template / "email.mjml").write_text("<mjml>{{ nothing.at.all }}</mjml>", encoding="utf-8")
    client = client_of(folder)
    page = document(client, "/")
    assert "November 2026 cannot be shown" in text_of(page)
    assert "email.mjml, line 1" in text_of(page)
    assert "A queue is a compliment" in text_of(page)
    answer = client.get("/edition/2026-11")
    assert answer.status_code == 500
    assert "email.mjml, line 1" in answer.text
    assert "Traceback" not in answer.text


def test_a_broken_workspace_file_is_named(folder: Path) -> None:
    client = client_of(folder)
    (folder / "cxgreetz.toml").write_text("[newsletter]\nname = 3\n", encoding="utf-8")
    answer = client.get("/")
    assert answer.status_code == 500
    assert "newsletter.name" in answer.text
    assert "This cannot be shown at the moment" in answer.text


def test_a_fault_of_ours_shows_no_inside() -> None:
    def fail() -> Workspace:
        raise RuntimeError("the inside")

    app = make_app(fail, TOKEN)  # type: ignore[arg-type]
    client = TestClient(app, ADDRESS, raise_server_exceptions=False)
    client.get("/", params={"token": TOKEN}, follow_redirects=False)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "the inside" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


# for every reader


@pytest.mark.parametrize("address", [*PAGES, "/edition/2026-11?part=text&show=nl"])
def test_pages_are_built_for_every_reader(client: TestClient, address: str) -> None:
    page = document(client, address)
    assert page.get("lang") == "en"
    assert len(list(page.iter("main"))) == 1
    skip = next(page.iter("a"))
    assert page.get_element_by_id(skip.get("href").removeprefix("#")).tag == "main"
    levels = [int(e.tag[1]) for e in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [e.get("id") for e in page.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    for element in page.iter():
        for name in (element.get("aria-labelledby") or "").split():
            assert name in ids
    assert all(image.get("alt") is not None for image in page.iter("img"))
    assert all(frame.get("title") for frame in page.iter("iframe"))


def test_anchors_lead_somewhere(client: TestClient) -> None:
    pages = {address: document(client, address) for address in PAGES}
    for address, page in pages.items():
        for link in page.iter("a"):
            place, _, anchor = link.get("href").partition("#")
            target = pages.get(place.partition("?")[0] or address)
            if anchor and target is not None:
                assert target.get_element_by_id(anchor) is not None


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_colours_have_contrast(client: TestClient) -> None:
    css = client.get("/static/review.css").text
    colours = dict(re.findall(r"--(\w[\w-]*): (#[0-9a-f]{6});", css))
    everywhere = product(("text", "heading", "quiet", "blue"), ("page", "card", "soft"))
    pairs = [
        *everywhere,
        ("accent", "card"),
        ("accent", "accent-soft"),
        ("amber", "card"),
        ("amber", "amber-soft"),
        ("green", "card"),
        ("green", "green-soft"),
        ("card", "blue"),
        ("card", "accent"),
    ]
    for ink, ground in pairs:
        light, dark = sorted((_luminance(colours[ink]), _luminance(colours[ground])))[::-1]
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


# the socket


def test_a_taken_port_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    folder = make_workspace(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError) as caught:
            serve(folder, port=port, announce=lambda _url: pytest.fail("it cannot have started"))
    assert str(caught.value) == (
        f"port {port} is taken by another program; name another one with --port"
    )


def test_an_answer_waits_for_no_other() -> None:
    """Of a socket without its protocol's name, asyncio leaves Nagle's delay on."""
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_a_port_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^port 70000 cannot be used .*--port$"):
        serve(make_workspace(tmp_path), port=70000, announce=lambda _url: None)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    program = (
        "import sys; from pathlib import Path; from cxgreetz.review import serve; "
        "serve(Path(sys.argv[1]), port=0, announce=lambda url: print(url, flush=True)); "
        "print('ended')"
    )
    command = [sys.executable, "-c", program, str(make_workspace(tmp_path))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_it_serves_on_loopback_until_ctrl_c(running: subprocess.Popen[str]) -> None:
    assert running.stdout is not None
    url = running.stdout.readline().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}", url)
    opener = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(), urllib.request.ProxyHandler({})
    )
    with opener.open(url, timeout=30) as answer:
        assert "token" not in answer.url
        assert "Where everything stands" in answer.read().decode()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err) == (0, "ended\n", "")
