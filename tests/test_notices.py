"""Notices reach real services, in both languages, and nothing tells their addresses."""

from __future__ import annotations

import logging
import re
import sqlite3
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import requests
import urllib3
from typer.testing import CliRunner

from cxgreetz import notices, pipeline
from cxgreetz.cli import app
from cxgreetz.model import EditionKey, Finding, Severity
from cxgreetz.net.failures import failure
from cxgreetz.net.guard import PrivateAddressError
from cxgreetz.net.hosts import say_wait
from cxgreetz.notices import Notice, sending, write
from cxgreetz.notices.retelling import retell
from cxgreetz.notices.sending import deliver
from cxgreetz.pieces import silence
from cxgreetz.pipeline.editions.drafting import say_waiting
from cxgreetz.pipeline.posts.addresses import say_gone
from cxgreetz.store import AddressNote
from samples import NOW
from servers.mail_server import MailServer
from servers.notice_taker import NoticeTaker

SECRET = "h0nderd-geheimen"
NOTICE = Notice("CX Greetz: een proef", "Dag.\n\nKijk hier:\nhttps://review.example/")
FACTS: dict[str, Any] = {
    "month": "2026-11",
    "day": date(2026, 11, 3),
    "rows": [("Nederlands: Een rij", "https://provider.example/c/1"), ("Engels: A queue", "")],
    "url": "https://review.example/edition/2026-11",
    **{
        name: f"the {name}"
        for name in ("newsletter", "by", "note", "provider", "own", "run", "message", "sources")
    },
}
WORDS = tomllib.loads((files("cxgreetz.notices") / "words.toml").read_text(encoding="utf-8"))
KINDS = [kind for kind in WORDS["en"] if kind not in ("months", "languages")]
WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-01-01
[[sources]]
name = "blog"
url = "http://127.0.0.1:1/feed/"
[notify]
urls = [{urls}]
"""


@pytest.fixture
def taker() -> Iterator[NoticeTaker]:
    with NoticeTaker() as server:
        yield server


def mail_url(server: MailServer, password: str) -> str:
    ends = "from=cxgreetz@example.org&to=editor@example.org"
    return f"mailto://{server._user}:{password}@127.0.0.1:{server.port}?{ends}"


def call(folder: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*arguments, "--workspace", str(folder)])
    return done.exit_code, done.stdout + done.stderr


def workspace_with(folder: Path, *urls: str) -> Path:
    listed = ", ".join(f'"{url}"' for url in urls)
    (folder / "cxgreetz.toml").write_text(WORKSPACE.format(urls=listed))
    return folder


# the words


@pytest.mark.parametrize("kind", KINDS)
def test_both_languages_tell_the_same(kind: str) -> None:
    dutch, english = (
        {place for part in WORDS[one][kind].values() for _, place, *_ in Formatter().parse(part)}
        for one in ("nl", "en")
    )
    assert dutch == english and WORDS["nl"][kind] != WORDS["en"][kind]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_says_what_and_where(kind: str, language: Any) -> None:
    notice = write(kind, language, **FACTS)
    assert "the newsletter" in notice.subject and "\n" not in notice.subject
    assert "https://review.example/edition/2026-11" in notice.body.splitlines()
    for place in ("by", "note", "provider", "message"):
        assert ("{" + place + "}" in str(WORDS[language][kind])) == (
            f"the {place}" in f"{notice.subject}\n{notice.body}"
        )


def net_failure(kind: type[requests.RequestException], why: str = "") -> str:
    url = "https://blog.example/feed/"
    return str(failure(url, url, kind(why)))


#: What the program says, made by what says it, and a word of what a Dutch notice says for it.
TOLD = {
    "certificate": (net_failure(requests.exceptions.SSLError), "blog.example is niet geldig"),
    "late": (net_failure(requests.ReadTimeout), "op zich wachten"),
    "unknown": (
        net_failure(requests.ConnectionError, "NameResolutionError"),
        "blog.example is niet te vinden",
    ),
    "away": (net_failure(requests.ConnectionError), "blog.example is niet te bereiken"),
    "silent": (
        silence(2, datetime(2026, 8, 3, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)) or "",
        "van 2026-08-03, en er worden er 2 per maand verwacht",
    ),
    "gone": (
        say_gone(
            AddressNote(
                "https://blog.example/feed/",
                True,
                None,
                datetime(2026, 11, 1, tzinfo=UTC),
                datetime(2026, 11, 2, tzinfo=UTC),
            )
        ),
        "https://blog.example/feed/ is voorgoed weg",
    ),
    "waits": (
        say_wait("blog.example", datetime(2026, 11, 3, 9, tzinfo=UTC)),
        "blog.example wil tot 2026-11-03 09:00 (UTC)",
    ),
    "missing": (
        'source "blog": https://blog.example/ answered 404 (Not Found)',
        "de site antwoordde met een fout (404)",
    ),
    "private": (
        str(
            failure(
                "https://blog.example/feed/",
                "https://blog.example/feed/",
                requests.exceptions.ConnectionError(PrivateAddressError("10.0.0.1", "10.0.0.1")),
            )
        ),
        "https://blog.example/feed/ leidt naar 10.0.0.1",
    ),
    "large": (
        "https://blog.example/feed/ is larger than 8 MB; is it a page?",
        "https://blog.example/feed/ is groter dan 8 MB",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_the_program_says_is_told_in_the_language_of_the_notice(name: str) -> None:
    message, dutch = TOLD[name]
    told = retell("alarm", message, "nl")
    assert dutch in told
    english = r"\b(the|is not|its|answered|cannot|gone|until|expected|remove)\b"
    assert not re.search(english, told)
    assert retell("alarm", message, "en") == message


LEADS = "“Lees meer” leads to https://shop.example/, which"
ANSWERS = {
    "error": (
        f"edition 2026-11 cannot be approved yet:\nnl: de-rij, paragraph 2: {LEADS} is not there "
        "(it answered 404) (mend the address where it is written, or take the link out)",
        "er is nog iets te verhelpen",
        "mend the address where it is written",
    ),
    "warning": (
        f"edition 2026-11 has a warning that nobody has dismissed: 1f2e3d4c (nl: de-rij, paragraph "
        f"2: {LEADS} answered 503: its site is in trouble); mend it, or: cxgreetz finding dismiss "
        "1f2e3d4c --edition 2026-11 --reason WHY --by NAME",
        "er staat nog een waarschuwing open",
        "its site is in trouble",
    ),
    "private": (
        "edition 2026-11 cannot be approved yet: nl: de-rij: the picture leads to the private "
        "address 10.0.0.1 (it was changed since it was shown) (take another)",
        "er is nog iets te verhelpen",
        "take another",
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_was_not_taken_tells_the_column_and_what_to_mend(name: str) -> None:
    message, dutch, remedy = ANSWERS[name]
    told = retell("not_taken", message, "nl")
    assert told.startswith(dutch) and "nl: de-rij" in told and remedy in told
    assert "een fout (" not in told and "; de e-mails" not in told and "cxgreetz" not in told


def test_a_warning_of_a_pipeline_is_told_with_its_place() -> None:
    found = Finding("dead_link", Severity.WARNING, "nl: de-rij", "it answered 503")
    for waiting in ({"a1": found}, {"a1": found, "b2": found}):
        told = retell("not_taken", say_waiting(EditionKey("2026-11"), waiting), "nl")
        assert "laat " in told and told.count("(nl: de-rij: it answered 503)") == len(waiting)


def test_what_nobody_foresaw_is_told_in_words_too() -> None:
    assert "op de redactiepagina staat" in retell("not_taken", "a pigeon took it", "nl")
    assert "pigeon" not in retell("alarm", "a pigeon took it", "nl")
    # What is to be mended by the very words has them, and in which language they are.
    failed = retell("failed", "Failed: another run is busy with the month 2026-11", "nl")
    assert "iets anders is er nog mee bezig" in failed
    assert "in het Engels: “Failed: another run is busy" in failed


def test_every_pattern_fits_its_words() -> None:
    said = tomllib.loads((files("cxgreetz.notices") / "said.toml").read_text(encoding="utf-8"))
    for words in said.values():
        assert {"alarm", "not_taken", "failed"} == words["otherwise"].keys() | words["also"].keys()
        lists = words["lists"].values()
        names = words.keys() - {"lists", "otherwise", "also"}
        assert names == {name for names in lists for name in names}
        for one in (one for name in names for one in words[name]):
            groups = re.compile(one["when"]).groupindex.keys()
            assert {place for _, place, *_ in Formatter().parse(one["says"]) if place} <= groups


def test_months_and_days_are_in_words() -> None:
    assert "november 2026" in write("ready", "nl", **FACTS).subject
    assert "3 November" in write("reminder", "en", **FACTS).body
    assert notices.email_name("nl+en", "nl") == "Nederlands / Engels"


def test_what_others_wrote_stays_plain_text() -> None:
    rows = [("Nederlands: @everyone <!channel>\n[klik](x)\x07 " + "x" * 900, "")]
    body = write("ready", "nl", **{**FACTS, "rows": rows}).body
    (line,) = [one for one in body.splitlines() if "everyone" in one]
    assert "@" not in line and "<" not in line and "\x07" not in line and "[klik](x)" in line
    assert len(line) < 420 and line.endswith("…")


# the door


def test_a_service_gets_it_as_it_was_written(taker: NoticeTaker) -> None:
    assert deliver("notify.urls[0]", taker.url(SECRET), NOTICE) is None
    assert taker.taken == [(NOTICE.subject, NOTICE.body)]


def test_mail_is_plain_text() -> None:
    with MailServer("editor", SECRET) as server:
        assert deliver("here", mail_url(server, SECRET), NOTICE) is None
        (message,) = server.taken
    assert message["Subject"] == NOTICE.subject and message["To"] == "editor@example.org"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n").strip() == NOTICE.body


@pytest.mark.parametrize(
    ("url", "service", "reason", "is_address"),
    [
        (f"json://editor:{SECRET}@127.0.0.1:1/{SECRET}", "json", "no connection", True),
        (SECRET, "", "is no address", False),
        (f"slack://{SECRET}", "slack", "is no address", False),
        (f"pigeon://{SECRET}@loft", "pigeon", "is no address", False),
        (f"{SECRET} json://", "", "is no address", False),
    ],
)
def test_a_failure_names_the_service_alone(
    url: str, service: str, reason: str, is_address: bool
) -> None:
    failure = deliver("notify.urls[3]", url, NOTICE)
    assert failure and (failure.service, failure.is_address) == (service, is_address)
    assert failure.reason.startswith(reason) and str(failure).startswith("notify.urls[3]")
    assert SECRET not in repr(failure)


def test_a_refusal_is_told_by_its_status(taker: NoticeTaker) -> None:
    taker.status = 403
    failure = deliver("here", taker.url(SECRET), NOTICE)
    assert failure and failure.reason == "the service answered 403" and taker.taken == []


def test_a_service_that_breaks_is_a_failure(
    taker: NoticeTaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise RuntimeError(f"no {SECRET}")

    monkeypatch.setattr(sending.Apprise, "notify", broken)
    assert str(deliver("here", taker.url(SECRET), NOTICE)) == "here (json): broke (RuntimeError)"


def test_one_that_fails_keeps_it_from_no_other(taker: NoticeTaker) -> None:
    failed = notices.send([("a", "json://127.0.0.1:1"), ("b", taker.url())], NOTICE)
    assert [failure.place for failure in failed] == ["a"] and len(taker.taken) == 1


def test_others_still_log_what_they_ask(
    taker: NoticeTaker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    deliver("here", taker.url(SECRET), NOTICE)
    assert "127.0.0.1" not in caplog.text
    with urllib3.PoolManager() as pool:
        pool.request("POST", taker.url().replace("json", "http"), json={"title": "", "message": ""})
    assert "127.0.0.1" in caplog.text


# the command, and secrets


def test_every_address_gets_a_test_notice(
    taker: NoticeTaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXGREETZ_NOTIFY_SECOND", taker.url(SECRET))
    code, said = call(workspace_with(tmp_path, taker.url()), "notify")
    assert code == 0 and taker.subjects == ["CX Greetz: een proefbericht"] * 2
    assert "✓ notify.urls[0] (json)" in said and "✓ CXGREETZ_NOTIFY_SECOND[0] (json)" in said


def test_nobody_to_tell_is_told(tmp_path: Path) -> None:
    code, said = call(workspace_with(tmp_path), "notify")
    assert code == 2 and "[notify] urls" in said and "CXGREETZ_NOTIFY_URLS" in said


def test_notices_speak_the_language_that_was_asked_for(taker: NoticeTaker, tmp_path: Path) -> None:
    folder = workspace_with(tmp_path, taker.url())
    (folder / "cxgreetz.toml").write_text(
        (folder / "cxgreetz.toml").read_text() + 'language = "en"\n'
    )
    assert call(folder, "notify")[0] == 0
    assert taker.subjects == ["CX Greetz: a test notice"]


@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["lines", "json"])
def test_no_address_is_told_or_kept(
    taker: NoticeTaker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    as_json: tuple[str, ...],
) -> None:
    caplog.set_level(logging.NOTSET)
    for careless in ("apprise", "urllib3", "urllib3.connectionpool", "requests"):
        caplog.set_level(1, careless)
    with MailServer("editor", "another") as server:
        urls = [
            taker.url(SECRET),
            mail_url(server, SECRET),
            f"slack://{SECRET}",
            f"json://editor:{SECRET}@127.0.0.1:1/",
        ]
        monkeypatch.setenv("CXGREETZ_NOTIFY_URLS", "\n".join(urls))
        monkeypatch.setenv("CXGREETZ_NOTIFY_SECOND", SECRET)
        code, said = call(workspace_with(tmp_path), "notify", *as_json)
    assert code == 2 and "CXGREETZ_NOTIFY_URLS[2]" in said
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as workspace:
        told = pipeline.tell_failed(workspace, "publish", "no answer")
        assert len(told.undelivered) == 3
    records = [one for one in caplog.records if one.name != "mail.log"]
    said += "\n".join(map(caplog.handler.format, records)) + repr(told)
    assert "a notice did not get there: CXGREETZ_NOTIFY_URLS[1] (mailto)" in said
    assert SECRET not in said
    with sqlite3.connect(tmp_path / "cxgreetz.db") as database:
        assert SECRET not in "\n".join(database.iterdump())
    database.close()


def test_an_address_is_judged_without_sending(taker: NoticeTaker) -> None:
    good, wrong = ("notify.urls[0]", taker.url(SECRET)), ("notify.urls[1]", f"jsn://x:{SECRET}@h/")
    assert notices.unusable([]) == [] == notices.unusable([good])
    (fault,) = notices.unusable([good, wrong])
    assert "notify.urls[1] (jsn): is no address" in str(fault) and SECRET not in str(fault)
    assert taker.taken == []
