"""A page that others can reach: the password, its hash, the one address, the tries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from lxml import html as lxml_html
from starlette.testclient import TestClient
from typer.testing import CliRunner

from cxgreetz.cli import app as cli
from cxgreetz.errors import UsageError
from cxgreetz.review import make_app, serve
from cxgreetz.review.password import VARIABLE, make_line, read_password
from cxgreetz.review.server import PLAIN, is_loopback, read_public_url
from cxgreetz.review.sessions import Sessions, Throttle
from review_client import csrf_of, post
from test_review import TOKEN, at, make_workspace, text_of

PASSWORD = "een lange zin die niemand raadt"
PUBLIC = "https://review.example.org"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_workspace(tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="module")
def line() -> str:
    return make_line(PASSWORD)


@pytest.fixture
def is_right(line: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], bool]:
    monkeypatch.setenv(VARIABLE, line.partition("=")[2].strip("'"))
    return read_password()


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    """A browser behind the proxy; the password is compared without argon2's slowness."""
    app = make_app(
        lambda: at(folder), TOKEN, is_password=lambda said: said == PASSWORD, public_url=PUBLIC
    )
    with TestClient(
        app, PUBLIC, follow_redirects=False, headers={"accept-language": "en"}
    ) as client:
        yield client


def log_in(client: TestClient, password: str = PASSWORD, **fields: str):  # type: ignore[no-untyped-def]
    return client.post("/login", data={"password": password, **fields}, headers={"origin": PUBLIC})


# the hash


def test_the_line_is_for_the_environment(line: str, is_right: Callable[[str], bool]) -> None:
    assert re.fullmatch(rf"{VARIABLE}='\$argon2id\$[^']+'", line)
    assert PASSWORD not in line
    assert is_right(PASSWORD)
    for wrong in ("", PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper(), "é" * 2000):
        assert not is_right(wrong)


@pytest.mark.parametrize("password", ["", "short", "x" * 1001])
def test_a_password_has_a_length(password: str) -> None:
    with pytest.raises(UsageError, match="12 to 1000 characters"):
        make_line(password)


@pytest.mark.parametrize("kept", ["", "  ", "hunter2hunter2", "$argon2id$v=19$broken"])
def test_without_a_hash_it_does_not_start(
    folder: Path, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, kept)
    with pytest.raises(UsageError) as caught:
        serve(folder, port=0, host="0.0.0.0", announce=lambda _url: pytest.fail("started"))
    assert "cxgreetz review --make-password" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not kept.strip() or kept not in str(caught.value)


def test_a_proxy_on_this_machine_needs_a_password_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(UsageError, match="needs a password"):
        serve(folder, port=0, public_url=PUBLIC, announce=lambda _url: pytest.fail("started"))


@pytest.mark.usefixtures("is_right")
def test_every_address_of_the_machine_needs_a_name(folder: Path) -> None:
    for host in ("0.0.0.0", "::"):
        with pytest.raises(UsageError, match="--public-url"):
            serve(folder, port=0, host=host, announce=lambda _url: pytest.fail("started"))


@pytest.mark.usefixtures("is_right")
def test_a_host_of_another_machine_is_one_line(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"^--host 192\.0\.2\.7 is no address of this machine"):
        serve(folder, port=0, host="192.0.2.7", announce=lambda _url: pytest.fail("started"))


def test_make_password_asks_twice_and_prints_the_line() -> None:
    done = CliRunner().invoke(cli, ["review", "--make-password"], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.exit_code == 0
    assert re.fullmatch(rf"{VARIABLE}='\$argon2id\$[^']+'", done.stdout.strip())
    assert PASSWORD not in done.output
    done = CliRunner().invoke(cli, ["review", "--make-password"], input="short\nshort\n")
    assert done.exit_code == 2
    assert "12 to 1000 characters" in done.stderr


class Started(BaseException):
    """Instead of a page that stays."""


def announced(folder: Path, **where: str) -> tuple[str, list[str]]:
    """What is said when the page starts: its address and its warnings."""
    urls: list[str] = []
    warnings: list[str] = []

    def announce(url: str) -> None:
        urls.append(url)
        raise Started

    with pytest.raises(Started):
        serve(folder, port=0, announce=announce, warn=warnings.append, **where)  # type: ignore[arg-type]
    return urls[0], warnings


def test_what_is_announced(folder: Path, is_right: Callable[[str], bool]) -> None:
    url, warnings = announced(folder, host="0.0.0.0", public_url="https://Review.Example.org/")
    assert (url, warnings) == (f"{PUBLIC}/", [])
    url, warnings = announced(folder, public_url="http://review.example.org:8080")
    assert (url, warnings) == ("http://review.example.org:8080/", [PLAIN])
    assert "plain http" in PLAIN and "TLS" in PLAIN
    url, warnings = announced(folder, host="127.0.0.2")
    assert re.fullmatch(r"http://127\.0\.0\.2:\d+/\?token=[\w-]{32}", url)
    assert warnings == []


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("localhost.example", False),
    ],
)
def test_what_is_loopback(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone


def test_an_address_is_read_as_browsers_send_it() -> None:
    assert read_public_url("https://Review.example.org:443/") == PUBLIC
    assert read_public_url("http://[::2]:8080") == "http://[::2]:8080"
    for wrong in (
        "review.example.org", "ftp://x", "https://", "https://x/path", "https://u@x",
        "https://x?y", "https://x:port", "javascript:alert(1)",
    ):  # fmt: skip
        with pytest.raises(UsageError, match="as a browser opens it"):
            read_public_url(wrong)


# the door


def test_the_start_token_alone_lets_nobody_in(client: TestClient) -> None:
    answer = client.get("/", params={"token": TOKEN})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?back=")
    assert "set-cookie" not in answer.headers


def test_an_empty_token_is_no_token(folder: Path) -> None:
    client = TestClient(make_app(lambda: at(folder)), "http://127.0.0.1:8765")
    assert client.get("/", params={"token": ""}).status_code == 403


def test_the_password_lets_in(client: TestClient) -> None:
    answer = client.get("/edition/2026-11?show=nl")
    assert answer.headers["location"] == "/login?back=%2Fedition%2F2026-11%3Fshow%3Dnl"
    page = client.get(answer.headers["location"])
    assert page.status_code == 200
    document = lxml_html.document_fromstring(page.text)
    [field] = document.xpath("//input[@type='password']")
    assert document.xpath(f"//label[@for='{field.get('id')}']")
    assert "only to who knows the password" in text_of(document)
    [back] = document.xpath("//input[@name='back']/@value")

    answer = log_in(client, back=back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/edition/2026-11?show=nl")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-cxgreetz=")
    for right in ("httponly", "samesite=strict", "secure", "path=/"):
        assert right in cookie
    assert "domain" not in cookie
    assert client.get("/").status_code == 200
    assert "only to who knows the password" in text_of(
        lxml_html.document_fromstring(client.get("/").text)
    )


def test_who_takes_leave_is_out(client: TestClient) -> None:
    log_in(client)
    kept = client.cookies["__Host-cxgreetz"]
    assert client.post("/logout", headers={"origin": PUBLIC}).status_code == 403, "without guard"
    answer = post(client, "/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    cookie = {"cookie": f"__Host-cxgreetz={kept}"}
    assert client.get("/", headers=cookie).status_code == 303, "also with the old cookie"


def test_a_wrong_password_says_so_and_no_more(client: TestClient) -> None:
    answer = log_in(client, "wrong and long enough", back='/"><script>')
    assert answer.status_code == 403
    assert "That is not the password." in answer.text
    assert "wrong and long enough" not in answer.text
    assert "<script>" not in answer.text
    assert "set-cookie" not in answer.headers


def test_after_five_tries_it_waits(client: TestClient) -> None:
    for _ in range(5):
        assert log_in(client, "wrong").status_code == 403
    answer = log_in(client)
    assert answer.status_code == 429, "even the right one"
    assert "Tried too often" in answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 301


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_the_login_leads_nowhere_else(client: TestClient, back: str) -> None:
    there = log_in(client, back=back).headers["location"]
    assert there.startswith("/") and there[1:2] not in ("/", "\\")


def test_only_its_own_page_logs_in(client: TestClient) -> None:
    for headers in ({}, {"origin": "null"}, {"origin": "http://review.example.org"}):
        answer = client.post("/login", data={"password": PASSWORD}, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8765", "evil.example", "localhost", ""])
def test_it_answers_only_under_its_name(client: TestClient, host: str) -> None:
    answer = client.get("/login", headers={"host": host})
    assert answer.status_code == 403
    assert f"{PUBLIC}/" in answer.text


def test_a_form_of_a_session_that_ended_is_refused(client: TestClient) -> None:
    log_in(client)
    guard = csrf_of(client)
    client.cookies.clear()
    answer = client.post("/work", data={"csrf": guard}, headers={"origin": PUBLIC})
    assert answer.status_code == 403
    assert "no longer logged in" in answer.text
    log_in(client)
    answer = client.post("/work", data={"csrf": guard}, headers={"origin": PUBLIC})
    assert answer.status_code == 403, "another session's guard"


# sessions and tries


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_session_ends_after_a_day_of_work() -> None:
    clock = Clock()
    shared, alone = Sessions(can_leave=True, clock=clock), Sessions(can_leave=False, clock=clock)
    a, b = shared.start(), alone.start()
    clock.now = 11 * 3600
    assert shared.find(a)
    clock.now = 13 * 3600
    assert shared.find(a) is None
    assert alone.find(b), "the page of this machine ends with its program"


def test_sessions_are_told_apart_and_bounded() -> None:
    sessions = Sessions(can_leave=False)
    names = [sessions.start() for _ in range(1001)]
    assert len(set(names)) == 1001
    assert sessions.find(names[0]) is None and sessions.find(names[1])
    guards = {session.csrf for name in names if (session := sessions.find(name))}
    assert len(guards) == 1000
    assert not guards & set(names)


def test_tries_are_counted_by_visitor_and_together() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(5):
        assert throttle.wait("a") == 0
        throttle.count("a")
    assert throttle.wait("a") == 301
    assert throttle.wait("b") == 0
    clock.now = 299
    assert throttle.wait("a") > 0
    clock.now = 301
    assert throttle.wait("a") == 0
    for visitor in range(50):
        throttle.count(f"v{visitor}")
    assert throttle.wait("somebody else") > 0
    throttle.forget("v3")
    assert throttle.wait("somebody else") == 0
