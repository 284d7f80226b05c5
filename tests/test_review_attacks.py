"""What a hostile blog, a hostile page and a hostile visitor try, and that none of it works."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import html as lxml_html
from playwright.sync_api import Browser, Page, Request, Response
from starlette.testclient import TestClient

import browser as browsers
from cxgreetz import pipeline
from cxgreetz.model import Block, BlockKind, Credit, Image, Post
from cxgreetz.review import make_app
from cxgreetz.store import SourceReading
from review_client import csrf_of, on_a_socket, post
from test_review import ADDRESS, NOW, TOKEN, at, held, make_workspace, taken

#: Each would call `alert`, load something from evil.example, or cover the page.
TEXTS = (
    "<script>alert(1)</script><script src=https://evil.example/x.js></script>",
    '" onmouseover="alert(1)" autofocus onfocus="alert(1)" x="',
    "'><img src=x onerror=alert(1)><img src=https://evil.example/pixel.gif>",
    "</title></textarea></style></noscript></iframe><svg onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style><animate onbegin=alert(1) attributeName=x>",
    "<style>body{display:none}*{position:fixed;inset:0;background:url(https://evil.example/c)}",
    '<div style="position:fixed;inset:0;z-index:9999;background:red">x</div>',
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe><base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'><form action=https://evil.example/>",
    "{{ 7 * 7 }}{% raw %}{{ t.__class__ }}*|EVIL|*",
    "\u202eesrever\u202c \u2066x\u2069 \u0000\u0008 ﷽",
    "javascript:alert(1)",
    "w" * 20_000,
)
#: Markup as a blog could have it, before it is cleaned and where cleaning was forgotten.
BODIES = (
    *(html.escape(text, quote=False) for text in TEXTS),
    '<a href="javascript:alert(1)">klik</a> <a href="https://columns.example/?a=1&amp;b=2">hier</a>',
)
ADDRESSES = (
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    'https://evil.example/"onmouseover="alert(1)',
    "vbscript:x",
    " javascript:alert(2)",
)
HUGE = "Een titel zonder eind " * 500_000


def hostile_post(number: int, title: str, body: str) -> Post:
    """A post whose every part is hostile."""
    hostile = TEXTS[number % len(TEXTS)]
    return Post(
        f"https://columns.example/x{number}/",
        title,
        "nl",
        (Block(BlockKind.PARAGRAPH, body, "nl"),),
        "blog",
        published=NOW,
        image=Image("https://columns.example/x.jpg", hostile, 1200, 600),
        credit=Credit(hostile[:200], hostile[:200]),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which everything that can be written is hostile."""
    folder = make_workspace(tmp_path_factory.mktemp("attacks") / "workspace", 'languages = ["nl"]')
    with at(folder) as workspace:
        store = workspace.store
        store.save_posts(
            taken(hostile_post(n, title, body), f"x{n}")
            for n, (title, body) in enumerate(zip(TEXTS, BODIES, strict=False))
        )
        store.save_posts(
            held(Post(url, TEXTS[n], "nl", (), "blog"), TEXTS[-n])
            for n, url in enumerate(ADDRESSES)
        )
        store.save_posts([held(hostile_post(90, HUGE, "kort"), "it has no date")])
        store.save_posts([held(hostile_post(91, TEXTS[2], "kort"), "it has no date")])
        pipeline.dismiss_post(workspace, "https://columns.example/x91/", TEXTS[3])
        pipeline.draft(workspace, "2026-11")
        pipeline.write_letter(workspace, "2026-11", "nl", "\n\n".join(TEXTS[:9]))
        pipeline.write_subject(workspace, "2026-11", "nl", TEXTS[2])
        pipeline.leave_out(workspace, "2026-11", "x1", TEXTS[0], by=TEXTS[3])
        report = pipeline.check(workspace, "2026-11")
        warnings = [finding.id for finding in report.open_warnings][:3]
        if warnings:
            words = {"reason": TEXTS[4], "by": TEXTS[1]}
            pipeline.dismiss_findings(workspace, "2026-11", warnings, **words)
        reading = {"status": TEXTS[0], "seen": TEXTS[0], "error": TEXTS[3] + HUGE[:5000]}
        store.save_readings(NOW, [SourceReading("blog", reading, succeeded=False)])
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> TestClient:
    client = TestClient(
        make_app(lambda: at(folder), TOKEN),
        ADDRESS,
        follow_redirects=False,
        headers={"accept-language": "en"},
    )
    client.get("/", params={"token": TOKEN})
    return client


PAGES = ("/", "/edition/2026-11", "/edition/2026-11?part=text&show=nl")


# in a real browser


@dataclass
class Watched:
    """What a page did that it should not."""

    dialogs: list[str] = field(default_factory=list)
    #: Complaints of the browser, as where a policy held something back.
    console: list[str] = field(default_factory=list)
    #: Requests that left this machine, but for the pictures of an email.
    strays: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with on_a_socket(make_app(lambda: at(folder), TOKEN)) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if browsers.find_chromium() is None:
        pytest.skip(browsers.MISSING)
    with browsers.open_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def visit(browser: Browser, address: str) -> Iterator[tuple[Page, Watched]]:
    """A browser that was let in, with somebody watching."""
    with browsers.a_page(browser, width=1280, height=900) as page:
        watched = Watched()

        def on_request(request: Request) -> None:
            if urlsplit(request.url).hostname != "127.0.0.1" and request.resource_type != "image":
                watched.strays.append(f"{request.resource_type} {request.url}")

        page.on("dialog", lambda dialog: (watched.dialogs.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda said: watched.console.append(said.text))
        page.on("pageerror", lambda error: watched.console.append(str(error)))
        page.on("popup", lambda popup: watched.strays.append(f"popup {popup.url}"))
        page.on("request", on_request)
        page.goto(f"{address}/?token={TOKEN}")
        yield page, watched


def not_loaded(told: list[str]) -> list[str]:
    """Complaints other than that a picture of the email was kept from loading."""
    return [line for line in told if "Failed to load resource: net::ERR_FAILED" not in line]


@pytest.mark.parametrize("place", PAGES)
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_runs_and_nothing_breaks(
    visit: tuple[Page, Watched], address: str, place: str, width: int
) -> None:
    page, watched = visit
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address + place)
    page.wait_for_load_state("load")
    page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true })")
    # Whatever waits for a finger or a look.
    page.mouse.move(200, 300)
    for link in page.query_selector_all("main a, main summary")[:40]:
        link.dispatch_event("mouseover")
        link.dispatch_event("focus")
    assert page.url == address + place
    assert (watched.dialogs, not_loaded(watched.console), watched.strays) == ([], [], [])
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    # The page itself is there, and nothing lies over it.
    on_top = "([x, y]) => document.elementFromPoint(x, y).closest('header') !== null"
    page.evaluate("scrollTo(0, 0)")
    name = page.locator("header .name")
    box = name.bounding_box()
    assert box is not None
    assert page.evaluate(on_top, [box["x"] + 4, box["y"] + 4])
    heights = page.evaluate(
        "() => [...document.querySelectorAll('main li')].map(e => e.offsetHeight)"
    )
    assert max(heights) < 4000, "a title of 10 MB is no page of its own"


def test_the_email_in_its_frame_is_a_stranger(visit: tuple[Page, Watched], address: str) -> None:
    page, watched = visit
    page.goto(f"{address}/edition/2026-11")
    frame = page.frame_locator("iframe").first
    frame.locator("body").wait_for()
    inner = page.frames[1]
    assert inner.evaluate("() => window.origin") == "null"
    assert inner.evaluate("() => { try { return document.cookie } catch { return 'none' } }") == (
        "none"
    )
    assert (watched.dialogs, watched.strays) == ([], [])
    # Alone in a tab it has no more rights.
    answer = page.goto(f"{address}/edition/2026-11/nl.html")
    assert isinstance(answer, Response)
    assert page.evaluate("() => window.origin") == "null"
    assert (watched.dialogs, watched.strays) == ([], [])


def test_a_foreign_page_can_neither_frame_nor_post(browser: Browser, address: str) -> None:
    """Another origin of the same browser, which holds our cookie for this host."""
    with browsers.a_page(browser) as page:
        page.goto(f"{address}/?token={TOKEN}")
        foreign = "http://localhost:1"
        page.route(
            f"{foreign}/evil",
            lambda route: route.fulfill(
                content_type="text/html",
                body=f"<iframe src='{address}/'></iframe>"
                f"<form method=post action='{address}/work'><button>x</button></form>",
            ),
        )
        page.goto(f"{foreign}/evil")
        page.wait_for_timeout(200)
        assert all(
            frame.url != f"{address}/" or not frame.query_selector("main")
            for frame in page.frames[1:]
        )
        with page.expect_navigation() as went:
            page.click("button")
        answer = went.value
        assert answer is not None and answer.status == 403
        read = f"() => fetch('{address}/').then(a => a.text()).catch(() => 'kept back')"
        page.goto(f"{foreign}/evil")
        assert page.evaluate(read) == "kept back"


def test_our_own_forms_work_with_and_without_scripts(browser: Browser, address: str) -> None:
    """The guard lets through what it is there for: the origin that a browser really sends."""
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts, locale="en-GB")
        page = context.new_page()
        page.goto(f"{address}/?token={TOKEN}")
        page.get_by_role("button", name="Nederlands").click()
        page.wait_for_url(f"{address}/")
        assert page.locator("html").get_attribute("lang") == "nl"
        page.locator("details").first.locator("summary").click()
        page.locator("form[action='/post/dismiss'] button").first.click()
        told = page.locator(".notice, .form-error, .message")
        told.first.wait_for()
        said = told.first.inner_text()
        assert "terzijde" in said or "Dat is niet gedaan" in said or "no web address" in said
        context.close()


# what a page is made of


@pytest.mark.parametrize("place", PAGES)
def test_hostile_text_is_only_text(client: TestClient, place: str) -> None:
    answer = client.get(place)
    assert answer.status_code == 200
    assert len(answer.content) < 3_000_000
    page = lxml_html.document_fromstring(answer.text)
    for element in page.iter():
        assert element.tag not in ("svg", "style", "base", "object", "embed", "animate")
        assert not [name for name in element.attrib if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action", "formaction", "data-source"):
            found = element.get(name, "").strip().lower()
            assert not found.startswith(("javascript:", "data:", "vbscript:", "//"))
    for script in page.iter("script"):
        assert re.fullmatch(r"/static/\w+\.js", script.get("src", "")) and not script.text
    assert {f.get("action").partition("?")[0][0] for f in page.iter("form")} <= {"/"}


def test_every_form_has_its_guard(client: TestClient) -> None:
    guard = csrf_of(client)
    for place in PAGES:
        page = lxml_html.document_fromstring(client.get(place).text)
        forms = list(page.iter("form"))
        assert forms
        for form in forms:
            assert form.get("method") == "post"
            assert form.xpath(".//input[@type='hidden'][@name='csrf']/@value") == [guard]


def test_no_secret_stands_in_an_address_or_a_page(client: TestClient) -> None:
    cookie = client.cookies["cxgreetz-8765"]
    for place in PAGES:
        answer = client.get(place)
        for secret in (TOKEN, cookie):
            assert secret not in answer.text
            assert secret not in str(answer.headers)


# who may come in


@pytest.mark.parametrize(
    "host",
    ["evil.example:8765", "127.0.0.1.evil.example:8765", "127.0.0.1:8765@evil.example",
     "127.0.0.1:8765 evil", "[::1]:9999", "0x7f000001:8765", "127.1:8765", "127.0.0.1.:8765"],
)  # fmt: skip
def test_a_forged_host_is_refused(client: TestClient, host: str) -> None:
    for method in ("GET", "POST"):
        answer = client.request(method, "/", headers={"host": host, "origin": f"http://{host}"})
        assert answer.status_code == 403
        assert "compliment" not in answer.text


@pytest.mark.parametrize("name", ["x-forwarded-host", "x-host", "forwarded", "x-original-host"])
def test_a_header_of_a_proxy_is_not_believed(client: TestClient, name: str) -> None:
    headers = {"host": "evil.example", name: "127.0.0.1:8765"}
    assert client.get("/", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [None, "null", "https://evil.example", "http://127.0.0.1", "https://127.0.0.1:8765",
     "http://127.0.0.1:8765.evil.example", "http://localhost:8765", "http://127.0.0.1:8765/", ""],
)  # fmt: skip
def test_a_forged_origin_is_refused(client: TestClient, origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}
    data = {"csrf": csrf_of(client), "verb": "draft"}
    assert client.post("/work", data=data, headers=headers).status_code == 403
    assert client.get("/work.json").json()["verb"] == ""


def test_the_guard_of_another_session_is_refused(client: TestClient, folder: Path) -> None:
    other = TestClient(client.app, ADDRESS)
    other.get("/", params={"token": TOKEN})
    assert csrf_of(other) != csrf_of(client)
    wrong = [csrf_of(other), csrf_of(client)[::-1], "0" * 64, ""]
    for csrf in wrong:
        answer = post(client, "/work", {"csrf": csrf, "verb": "draft"})
        assert answer.status_code == 403
    assert client.get("/work.json").json()["verb"] == ""


def test_the_guard_counts_only_in_the_form(client: TestClient) -> None:
    guard = csrf_of(client)
    headers = {"origin": ADDRESS, "x-csrf-token": guard}
    answer = client.post(f"/work?csrf={guard}", data={"verb": "draft"}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b'{"csrf": "x"}', 415),
        ("text/plain", b"csrf=x", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 2_000_001, 413),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 6000), 400),
        ("application/x-www-form-urlencoded", b"\xff\xfe=\x00", 400),
    ],
)
def test_what_is_no_form_of_ours_is_refused(
    client: TestClient, kind: str, body: bytes, status: int
) -> None:
    headers = {"origin": ADDRESS, "content-type": kind}
    assert client.post("/work", content=body, headers=headers).status_code == status


def test_a_change_is_never_a_get(client: TestClient) -> None:
    for place in ("/work", "/post/dismiss", "/post/restore", "/language", "/logout"):
        assert client.get(place, params={"csrf": csrf_of(client)}).status_code in (404, 405)


def test_a_refusal_without_session_says_nothing_of_the_workspace(folder: Path) -> None:
    outside = TestClient(make_app(lambda: at(folder), TOKEN), ADDRESS, follow_redirects=False)
    for place in (*PAGES, "/work.json", "/edition/2026-11/nl.html", "/login"):
        answer = outside.get(place)
        assert answer.status_code == 403
        assert "CX Greetz" not in answer.text and "columns.example" not in answer.text
        assert "csrf" not in answer.text


def test_the_token_in_a_referrer_or_a_form_lets_nobody_in(folder: Path) -> None:
    outside = TestClient(make_app(lambda: at(folder), TOKEN), ADDRESS, follow_redirects=False)
    answer = outside.get("/", headers={"referer": f"{ADDRESS}/?token={TOKEN}"})
    assert answer.status_code == 403
    data, headers = {"token": TOKEN, "csrf": TOKEN}, {"origin": ADDRESS}
    assert outside.post("/work", data=data, headers=headers).status_code == 403
    assert outside.post(f"/work?token={TOKEN}", data=data, headers=headers).status_code == 403
    assert not outside.cookies


# headers


def test_the_cookie_is_ours_alone(folder: Path) -> None:
    outside = TestClient(make_app(lambda: at(folder), TOKEN), ADDRESS, follow_redirects=False)
    cookie = outside.get("/", params={"token": TOKEN}).headers["set-cookie"]
    assert TOKEN not in cookie
    rights = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= rights
    assert not any(right.startswith(("domain", "expires", "max-age")) for right in rights)


def test_no_page_can_be_framed_by_another(client: TestClient) -> None:
    for place in PAGES:
        headers = client.get(place).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
    email = client.get("/edition/2026-11/nl.html").headers
    assert "frame-ancestors 'self'" in email["content-security-policy"]
    assert email["x-frame-options"] == "SAMEORIGIN"


def test_the_email_is_sandboxed_twice(client: TestClient) -> None:
    """By the frame, and by its own policy where it is opened alone."""
    page = lxml_html.document_fromstring(client.get("/edition/2026-11").text)
    [frame] = page.iter("iframe")
    rights = {"allow-popups", "allow-popups-to-escape-sandbox"}
    assert set(frame.get("sandbox").split()) == rights
    assert frame.get("referrerpolicy") == "no-referrer"
    for place in (frame.get("src"), "/edition/2026-11/nl.html"):
        policy = client.get(place).headers["content-security-policy"]
        parts = [part.split() for part in policy.split(";")]
        assert {part[0]: set(part[1:]) for part in parts} == {
            "default-src": {"'none'"},
            "img-src": {"http:", "https:", "data:"},
            "style-src": {"'unsafe-inline'"},
            "sandbox": rights,
            "frame-ancestors": {"'self'"},
        }


def test_a_mail_file_is_saved_and_the_text_part_is_text(client: TestClient) -> None:
    mail, text = client.get("/edition/2026-11/nl.eml"), client.get("/edition/2026-11/nl.txt")
    assert mail.headers["content-disposition"].startswith("attachment;")
    assert text.headers["content-type"].startswith("text/plain")
    for answer in (mail, text):
        assert answer.headers["x-content-type-options"] == "nosniff"
