"""Mail by any server: every reader once, or somebody says of whom it is not known."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import smtplib
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from contracts.provider_contract import Case, Desk, ProviderContract, approved, desk
from cxgreetz import pipeline
from cxgreetz.cli import app
from cxgreetz.errors import ConfigError, HeldError, ProviderError, UsageError
from cxgreetz.model import Held
from cxgreetz.net import Net
from cxgreetz.ports import Account
from cxgreetz.providers import _ledger, _letters, _line, smtp
from cxgreetz.push import fit
from samples import NOW, an_email
from servers.mail_server import Fault, MailServer

__all__ = ["approved", "desk"]

USER, PASSWORD = "marijke", "geheim/wachtwoord@7"
LIST = "readers.csv"
READERS = ("anna@example.org", "bo@example.net", "cees@example.org")
KEY = "cxgreetz-2026-11-nl"
FOLDER = Path("smtp/2026-11/nl")
_FORK = multiprocessing.get_context("fork")


class Workspace:
    """The folder as a place where letters end up; its list is there from the beginning."""

    url = None

    def __init__(self) -> None:
        self._folder = Path()

    @property
    def folder(self) -> Path:
        return self._folder

    @folder.setter
    def folder(self, folder: Path) -> None:
        self._folder = folder
        (folder / LIST).write_text("\n".join(READERS))

    def held(self) -> list[Held]:
        return [
            Held(
                (folder / "email.html").read_text(),
                (folder / "email.txt").read_text(),
                json.loads((folder / "receipt.json").read_text())["subject"],
            )
            for folder in sorted((self._folder / "smtp").glob("*/*"))
        ]


@pytest.fixture
def case() -> Case:
    tags = {"unsubscribe": "mailto:marijke@example.org"}
    return Case("smtp", audience=LIST, key=PASSWORD, tags=tags)


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    with MailServer(USER, PASSWORD) as server:
        url = f"smtp://{USER}:geheim%2Fwachtwoord%407@127.0.0.1:{server.port}"
        monkeypatch.setenv("CXGREETZ_SMTP_URL", url)
        yield server


@pytest.fixture
def place(mail: MailServer) -> Workspace:
    return Workspace()


class TestSmtp(ProviderContract):
    pass


def where(folder: Path) -> dict[str, list[str]]:
    """Who is in which folder of the ledger."""
    return {
        one.name: sorted(file.name for file in one.glob("[!.]*"))
        for one in sorted((folder / FOLDER).iterdir())
        if one.is_dir() and any(one.glob("[!.]*"))
    }


# through the pipeline


def test_a_push_mails_nobody_and_send_mails_everybody_once(desk: Desk, mail: MailServer) -> None:
    assert desk.pushed() == ("create", "draft", 0)
    assert mail.lines == 0, "nobody was asked"
    assert desk.pushed(dry_run=True, send=True) == ("none", "draft", 0)
    assert "mailed to the whole list" in desk.told[-1]
    assert mail.readers == []
    assert desk.pushed(send=True) == ("send", "sent", 0)
    assert "3 have it" in desk.told[-1]
    assert mail.counts == dict.fromkeys(READERS, 1)
    assert desk.pushed(send=True) == ("send", "sent", 0)
    assert desk.pushed()[1:] == ("sent", 0)
    assert mail.counts == dict.fromkeys(READERS, 1)
    assert where(desk.folder) == {"sent": sorted(READERS)}
    kept = b"".join(file.read_bytes() for file in desk.folder.rglob("*") if file.is_file())
    assert b"geheim" not in kept and READERS[0].encode() in kept


def test_between_two_letters_is_a_pause(desk: Desk, mail: MailServer) -> None:
    desk.push(send=True)
    assert desk.waits == [smtp.PAUSE] * (len(READERS) - 1)


def test_each_language_goes_to_its_own_list(desk: Desk, mail: MailServer) -> None:
    desk.settle(["nl", "en"])
    file = desk.folder / "cxgreetz.toml"
    file.write_text(file.read_text().replace(f'en = "{LIST}"', 'en = "english.csv"'))
    (desk.folder / "english.csv").write_text("dee@example.org\n")
    report = desk.push(send=True)
    assert [one.state for one in report.pushed.values()] == ["sent", "sent"]
    subjects = {str(m["To"]): str(m["Subject"]) for m in mail.taken}
    assert set(subjects) == {*READERS, "dee@example.org"}
    assert "Coffee" in subjects["dee@example.org"] and "Koffie" in subjects[READERS[0]]


def test_what_has_begun_to_go_out_stays_as_it_is(desk: Desk, mail: MailServer) -> None:
    desk.push(send=True)
    desk.change()
    assert desk.pushed(send=True) == ("stop", "sent", 1)
    assert mail.counts == dict.fromkeys(READERS, 1)


def test_whose_turn_is_put_off_gets_it_later(desk: Desk, mail: MailServer) -> None:
    mail.faults = {READERS[1]: [Fault.LATER]}
    step, state, code = desk.pushed(send=True)
    assert (step, state, code) == ("send", "sending", 3)
    assert "greylisted" in desk.told[-1] and "2 have it, 1 waits" in desk.told[-1]
    assert desk.pushed()[1:] == ("sending", 0)
    assert desk.pushed(send=True) == ("send", "sent", 0)
    assert mail.counts == dict.fromkeys(READERS, 1)


def test_who_is_in_doubt_is_told_every_time_and_never_mailed_again(
    desk: Desk, mail: MailServer
) -> None:
    mail.faults = {READERS[1]: [Fault.DROP_TAKEN]}
    for options in ({"send": True}, {"send": True}, {}):
        assert desk.pushed(**options)[1:] == ("sent", 1)
        assert f"in doubt: {READERS[1]}" in desk.told[-1] and "sending" in desk.told[-1]
    assert mail.counts == dict.fromkeys(READERS, 1)
    sending = desk.folder / FOLDER / "sending"
    (sending / READERS[1]).rename(sending.parent / "queue" / READERS[1])
    assert desk.pushed(send=True) == ("send", "sent", 0)
    assert mail.counts[READERS[1]] == 2, "a person said so"


def test_a_run_that_lost_its_turn_sends_no_more(
    desk: Desk, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.push()
    with desk.open() as workspace:

        def sleep(_seconds: float) -> None:
            with workspace.store._write() as db:
                db.exec_driver_sql("update lease set owner = 'another'")

        workspace.sleep = sleep
        with pytest.raises(HeldError, match="took over"):
            pipeline.push(workspace, "2026-11", send=True)
    assert mail.counts == {READERS[0]: 1}
    assert where(desk.folder) == {"queue": sorted(READERS[1:]), "sent": [READERS[0]]}


@pytest.mark.parametrize("command", ["RCPT", "text"])
def test_a_killed_run_is_taken_up_again(desk: Desk, mail: MailServer, command: str) -> None:
    desk.push()
    mail.doom = (command, READERS[1])
    child = _FORK.Process(target=_send_as_child, args=(desk,))
    child.start()
    mail.victim = child.pid
    child.join()
    assert child.exitcode == -signal.SIGKILL
    step, state, code = desk.pushed(send=True)
    doubt = command == "text"
    assert (step, state, code) == ("send", "sent", 1 if doubt else 0)
    assert mail.counts == dict.fromkeys(READERS, 1)
    assert where(desk.folder).get("sending", []) == ([READERS[1]] if doubt else [])


def _send_as_child(desk: Desk) -> None:
    desk.push(send=True)
    os._exit(0)


def test_of_two_who_send_at_once_one_does(desk: Desk, mail: MailServer) -> None:
    desk.push()
    children = [_FORK.Process(target=_send_as_child, args=(desk,)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert desk.pushed(send=True) == ("send", "sent", 0)
    assert mail.counts == dict.fromkeys(READERS, 1)


def test_a_test_mail_goes_to_one_address_at_once(desk: Desk, mail: MailServer) -> None:
    assert desk.pushed(test="editor@example.org") == ("create", "draft", 0)
    assert mail.readers == ["editor@example.org"]
    for wrong in ("editor", "a@example.org\r\nRCPT TO:<b@example.org>"):
        with pytest.raises(UsageError, match="is not one address"):
            desk.push(test=wrong)
    assert desk.pushed(test="zoë@example.org")[1:] == ("draft", 3)
    assert "is no address" in desk.told[-1]
    assert desk.pushed(send=True) == ("send", "sent", 0)
    assert mail.counts == dict.fromkeys((*READERS, "editor@example.org"), 1)
    assert len({m["Message-ID"] for m in mail.taken}) == 4


def test_what_makes_no_sense_is_refused(desk: Desk, mail: MailServer) -> None:
    for options in ({"test": "x@example.org"}, {"unschedule": True}, {"schedule": "2026-12-01"}):
        with pytest.raises(UsageError):
            desk.push(send=True, **options)
    file = desk.folder / "cxgreetz.toml"
    file.write_text(file.read_text().replace('"smtp"', '"outbox"'))
    with pytest.raises(UsageError, match="send it there or have it sent at a time"):
        desk.push(send=True)
    assert mail.readers == []


def test_the_command_line_proves_pushes_and_sends(desk: Desk, mail: MailServer) -> None:
    here = ("--workspace", str(desk.folder))

    def call(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*words, *here])
        return result.exit_code, result.output

    code, told = call("providers", "check")
    assert code == 0 and f"nl goes to the 3 addresses in {LIST}" in told and mail.readers == []
    assert call("push", "2026-11")[0] == 0 and mail.readers == []
    mail.faults = {READERS[0]: [Fault.NO_SUCH]}
    code, told = call("push", "2026-11", "--send")
    assert code == 1 and f"refused: {READERS[0]}" in told and "2 have it" in told
    (desk.folder / LIST).write_text("anna@@example.org\n")
    code, told = call("push", "2026-11", "--send")
    assert code == 2 and f"{LIST}: line 1: 'anna@@example.org' is no address" in told


# the adapter alone


def opened(folder: Path, mail: MailServer, **changes: Any) -> smtp.Smtp:
    server = f"smtp://{USER}:geheim%2Fwachtwoord%407@127.0.0.1:{mail.port}"
    account = Account(
        "CX Greetz",
        "Marijke <marijke@example.org>",
        {"nl": LIST},
        server=server,
        folder=str(folder),
        at=NOW,
        sleep=lambda _seconds: None,
    )
    if not (folder / LIST).exists():
        (folder / LIST).write_text("\n".join(READERS))
    return smtp.open(replace(account, **changes), Net())


def letter(post: smtp.Smtp, **changes: str) -> Any:
    return fit(an_email(**changes).marked(), post.tags, post.tag_openers)


@pytest.mark.parametrize(
    ("fault", "place", "count"),
    [
        (Fault.NO_SUCH, "refused", 0),
        (Fault.SPAM, "refused", 0),
        (Fault.LATER, "queue", 0),
        (Fault.LATER_AFTER, "queue", 0),
        (Fault.DROP_BEFORE, "queue", 0),
        (Fault.CLOSING, "queue", 0),
        (Fault.DROP_TAKEN, "sending", 1),
        (Fault.DROP_LOST, "sending", 0),
        (Fault.SLOW, "sending", 1),
    ],
)
def test_what_becomes_of_a_reader(
    tmp_path: Path,
    mail: MailServer,
    fault: Fault,
    place: str,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if fault is Fault.SLOW:
        monkeypatch.setattr(_line, "LONG_PATIENCE", 1.0)
    mail.faults = {READERS[0]: [fault]}
    post = opened(tmp_path, mail)
    post.create(KEY, letter(post))
    (before,) = post.find(KEY)
    assert (before.state, before.note, before.trouble) == ("draft", "3 wait", "")
    sent = post.send(KEY)
    assert READERS[0] in where(tmp_path)[place]
    assert mail.counts[READERS[0]] == count
    assert (READERS[0] in sent.trouble) == (place in ("refused", "sending"))
    if place == "refused":
        kept = json.loads((tmp_path / FOLDER / "refused" / READERS[0]).read_text())
        assert kept["answer"].startswith("55")
    again = post.send(KEY)
    assert again.state == "sent"
    assert mail.counts[READERS[0]] == (count or (1 if place == "queue" else 0))
    assert mail.counts[READERS[1]] == mail.counts[READERS[2]] == 1


def test_a_fault_that_is_not_the_readers_stops_it(tmp_path: Path, mail: MailServer) -> None:
    many = [f"r{n}@example.org" for n in range(9)]
    (tmp_path / LIST).write_text("\n".join(many))
    mail.faults = {reader: [Fault.SPAM] for reader in many}
    post = opened(tmp_path, mail)
    post.create(KEY, letter(post))
    sent = post.send(KEY)
    assert sent.state == "sending" and "spam" in sent.note
    assert len(where(tmp_path)["refused"]) == smtp.ENOUGH
    mail.faults, mail.sender_refused = {}, True
    sent = post.send(KEY)
    assert "553 you are not who you say" in sent.note
    assert len(where(tmp_path)["queue"]) == 9 - smtp.ENOUGH, "nobody is blamed for the sender"


def test_a_new_line_is_taken_before_the_old_one_is_too_long(
    tmp_path: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_line, "MOST", 2)
    post = opened(tmp_path, mail)
    post.create(KEY, letter(post))
    post.send(KEY)
    assert (mail.lines, len(mail.readers)) == (2, 3)


def test_the_list_of_the_moment_of_sending_counts(tmp_path: Path, mail: MailServer) -> None:
    post = opened(tmp_path, mail)
    post.create(KEY, letter(post))
    (tmp_path / LIST).write_text(f"{READERS[0]}\nnew@example.org\n")
    post.send(KEY)
    assert mail.counts == {READERS[0]: 1, "new@example.org": 1}
    (tmp_path / LIST).write_text(f"{READERS[0].upper()}\nlate@example.org\n")
    post.send(KEY)
    assert mail.counts == {READERS[0]: 1, "new@example.org": 1, "late@example.org": 1}


def test_what_a_reader_gets(tmp_path: Path, mail: MailServer) -> None:
    (tmp_path / LIST).write_text("Naam;E-mail\nJansen, Zoë;zoe+cx@example.org\n")
    page = f"https://example.org/leave?a={'1' * 90}&who={{email}}"
    post = opened(tmp_path, mail, unsubscribe=page)
    post.create(KEY, letter(post, subject="Één kop koffie · CX Greetz"))
    post.send(KEY)
    (message,) = mail.taken
    own = page.replace("{email}", "zoe%2Bcx%40example.org")
    assert str(message["To"]) == '"Jansen, Zoë" <zoe+cx@example.org>'
    assert message["Subject"] == "Één kop koffie · CX Greetz"
    assert message["From"] == "Marijke <marijke@example.org>"
    assert mail.senders == ["marijke@example.org"]
    ways = f"<{own}>, <mailto:marijke@example.org?subject=unsubscribe>"
    assert message["List-Unsubscribe"] == ways
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "CX Greetz <nl.cxgreetz.example.org>"
    assert message["Content-Language"] == "nl"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"].startswith(f"<{KEY}.") and message["X-Unsent"] is None
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    for part in (text, html):
        assert part["Content-Transfer-Encoding"] == "quoted-printable"
    assert own in text.get_content() and own.replace("&", "&amp;") in html.get_content()
    assert text.get_content().endswith("\n") and "<!-- cxgreetz " in html.get_content()


def test_without_a_page_that_knows_who_leaves_there_is_no_one_click(
    tmp_path: Path, mail: MailServer
) -> None:
    """A program would call it, and nobody would know who wants to leave."""
    post = opened(tmp_path, mail, unsubscribe="https://example.org/leave")
    post.create(KEY, letter(post))
    post.send(KEY)
    assert mail.taken[0]["List-Unsubscribe-Post"] is None
    assert mail.taken[0]["List-Unsubscribe"].startswith("<https://example.org/leave>, <mailto:")


def test_a_message_has_the_same_number_whoever_sends_it(tmp_path: Path, mail: MailServer) -> None:
    numbers = []
    for name in "ab":
        (tmp_path / name).mkdir()
        post = opened(tmp_path / name, mail)
        post.create(KEY, letter(post))
        post.send(KEY)
        numbers.append({str(m["To"]): m["Message-ID"] for m in mail.taken})
        mail.taken.clear()
    assert numbers[0] == numbers[1] and len(set(numbers[0].values())) == 3


def test_lines_that_begin_with_a_dot_arrive(tmp_path: Path, mail: MailServer) -> None:
    post = opened(tmp_path, mail)
    text = "Dag\n.\n..en verder\n"
    post.create(KEY, letter(post, text=text))
    post.send(KEY)
    part = next(iter(mail.taken[0].iter_parts()))
    assert part.get_content().replace("\r\n", "\n") == text


# killed anywhere


class Steps:
    """Ends its process by SIGKILL before the n-th thing it does to a disk or a line."""

    def __init__(self, end: int) -> None:
        self.number, self._end = 0, end
        for owner, name in (
            (Path, "rename"),
            (Path, "replace"),
            (Path, "unlink"),
            (os, "fsync"),
            (smtplib.SMTP, "send"),
            (smtplib.SMTP, "getreply"),
        ):
            setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, act: Any) -> Any:
        def counted(*arguments: Any, **options: Any) -> Any:
            if self.number == self._end:
                os.kill(os.getpid(), signal.SIGKILL)
            self.number += 1
            return act(*arguments, **options)

        return counted


def _as_child(folder: Path, mail: MailServer, act: str, end: int) -> None:
    Steps(end)
    post = opened(folder, mail)
    if act == "create":
        post.create(KEY, letter(post))
    elif act == "update":
        post.update(KEY, letter(post, subject="Thee op perron 4"))
    else:
        post.send(KEY)
    os._exit(0)


def killed_at(folder: Path, mail: MailServer, act: str, end: int) -> bool:
    child = _FORK.Process(target=_as_child, args=(folder, mail, act, end))
    child.start()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


@pytest.mark.parametrize("act", ["create", "update"])
def test_a_letter_is_never_half_written(
    tmp_path: Path, mail: MailServer, act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _handle: None)
    end = 0
    while True:
        folder = tmp_path / str(end)
        folder.mkdir()
        post = opened(folder, mail)
        old, new = letter(post), letter(post, subject="Thee op perron 4")
        if act == "update":
            post.create(KEY, old)
        killed = killed_at(folder, mail, act, end)
        wanted = new if act == "update" else old
        for found in post.find(KEY):
            whole = {old.approved_fingerprint, new.approved_fingerprint, ""}
            assert found.fingerprint in whole and found.state == "draft"
            if found.fingerprint:
                assert post._letters.email(KEY).approved_fingerprint == found.fingerprint
        (post.update if post.find(KEY) else post.create)(KEY, wanted)
        (found,) = post.find(KEY)
        assert (found.fingerprint, found.note) == (wanted.approved_fingerprint, "3 wait")
        if not killed:
            break
        end += 1
    assert end > 10, "it was killed at many steps"


def test_whenever_a_run_is_killed_nobody_is_mailed_twice(
    tmp_path: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _handle: None)  # a kill is no power cut
    end = 0
    doubts = set()
    two = READERS[:2]
    begin = tmp_path / "begin"
    begin.mkdir()
    (begin / LIST).write_text("\n".join(two))
    post = opened(begin, mail)
    post.create(KEY, letter(post))
    while True:
        folder = tmp_path / str(end)
        shutil.copytree(begin, folder)
        mail.readers.clear()
        post = opened(folder, mail)
        killed = killed_at(folder, mail, "send", end)
        sent = post.send(KEY)
        assert sent.state == "sent"
        ledger = where(folder)
        assert set(ledger) <= {"sent", "sending"}
        doubt = ledger.get("sending", [])
        assert sorted(ledger["sent"] + doubt) == sorted(two)
        for reader in two:
            got = mail.counts[reader]
            assert got == 1 or (got == 0 and reader in doubt), (end, reader, got)
        assert len(doubt) <= 1 and all(reader in sent.trouble for reader in doubt)
        doubts |= {(reader, mail.counts[reader]) for reader in doubt}
        if not killed:
            break
        end += 1
    assert end > 30, "it was killed at many steps"
    assert {count for _reader, count in doubts} == {0, 1}


def test_many_who_send_at_once_mail_each_reader_once(tmp_path: Path, mail: MailServer) -> None:
    """Even with nothing but the ledger between them."""
    many = [f"r{n}@example.org" for n in range(12)]
    (tmp_path / LIST).write_text("\n".join(many))
    post = opened(tmp_path, mail)
    post.create(KEY, letter(post))
    children = [
        _FORK.Process(target=_as_child, args=(tmp_path, mail, "send", -1)) for _ in range(4)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0
    assert post.send(KEY).state == "sent"
    assert mail.counts == dict.fromkeys(many, 1)
    assert where(tmp_path) == {"sent": sorted(many)}


def test_a_ledger_without_its_letter_is_not_begun_anew(tmp_path: Path, mail: MailServer) -> None:
    post = opened(tmp_path, mail)
    post.create(KEY, letter(post))
    post.send(KEY)
    (tmp_path / FOLDER / "receipt.json").unlink()
    (found,) = post.find(KEY)
    assert (found.state, found.fingerprint) == ("sent", "")
    with pytest.raises(ProviderError, match="has begun to go out"):
        post.create(KEY, letter(post))
    with pytest.raises(ProviderError, match="is not whole"):
        post.send(KEY)


# the server


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "mail.example.org",
        "https://mail.example.org",
        "smtp://anna:geheim#7@mail.example.org",
        "smtp://anna@mail.example.org",
        "smtp://anna:geheim@mail.example.org:x",
        "smtp://:geheim@mail.example.org",
    ],
)
def test_a_server_that_cannot_be_read_is_refused_and_not_shown(
    tmp_path: Path, mail: MailServer, url: str | None
) -> None:
    with pytest.raises(ConfigError, match="environment: CXGREETZ_SMTP_URL: ") as caught:
        opened(tmp_path, mail, server=url)
    assert "geheim" not in str(caught.value) and "smtp://user:password@host" in str(caught.value)


def test_neither_account_nor_server_shows_the_password(tmp_path: Path, mail: MailServer) -> None:
    post = opened(tmp_path, mail)
    assert "geheim" not in repr(post._account) + repr(post._server) + repr(post)


def test_a_wrong_password_is_told_and_nobody_is_mailed(tmp_path: Path, mail: MailServer) -> None:
    post = opened(tmp_path, mail, server=f"smtp://{USER}:mis-wachtwoord@127.0.0.1:{mail.port}")
    post.create(KEY, letter(post))
    sent = post.send(KEY)
    assert (sent.state, "CXGREETZ_SMTP_URL" in sent.note) == ("draft", True)
    for act in (lambda: post.check_account(), lambda: post.send_test(KEY, "x@example.org")):
        with pytest.raises(ProviderError, match="refuses user or password") as caught:
            act()
        assert "mis-wachtwoord" not in str(caught.value)
    assert mail.readers == []


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with MailServer() as gone:
        pass
    post = opened(tmp_path, gone, server="smtp://127.0.0.1:1")
    post.create(KEY, letter(post))
    sent = post.send(KEY)
    assert sent.state == "draft" and "127.0.0.1:1 cannot be used" in sent.note


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.mark.parametrize("tls_first", [False, True])
def test_beyond_this_machine_everything_is_encrypted(
    tmp_path: Path, certificate: Path, tls_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_line.Server, "is_here", False)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with MailServer(USER, "wachtwoord-9", tls=context, tls_first=tls_first) as safe:
        post = opened(tmp_path, safe, server=safe.url)
        post.create(KEY, letter(post))
        assert "cannot be used" in post.send(KEY).note, "a stranger's certificate"
        assert safe.readers == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        assert post.send(KEY).state == "sent"
        assert safe.counts == dict.fromkeys(READERS, 1)
    with MailServer() as plain:
        post = opened(tmp_path, plain, server=plain.url)
        with pytest.raises(ProviderError, match="offers no encryption"):
            post.send_test(KEY, "x@example.org")
        assert plain.readers == []


# lists of readers


@pytest.mark.parametrize(
    "text",
    [
        "anna@example.org\nbo@example.net\n",
        "# readers\n\n  anna@example.org\nBo <bo@example.net>\n",
        "email,name\nanna@example.org,Anna\nbo@example.net,Bo\n",
        "Naam;E-mail;Sinds\nAnna;anna@example.org;2020\nBo;bo@example.net;2021\n",
        "\ufeffanna@example.org\r\nbo@example.net\r\n",
        "anna@example.org\tAnna\nbo@example.net\tBo\n",
    ],
)
def test_lists_are_read_as_people_write_them(tmp_path: Path, text: str) -> None:
    (tmp_path / LIST).write_bytes(text.encode())
    readers = _ledger.read_list(tmp_path, LIST)
    assert [reader.address for reader in readers] == ["anna@example.org", "bo@example.net"]
    if "Bo" in text:
        assert readers[1].name == "Bo"


def test_everything_wrong_with_a_list_is_told_at_once(tmp_path: Path) -> None:
    lines = ["anna@example.org", "bo@", "Anna@Example.org", "x y@example.org", ".a@example.org"]
    (tmp_path / LIST).write_text("\n".join(lines))
    with pytest.raises(ConfigError) as caught:
        _ledger.read_list(tmp_path, LIST)
    assert str(caught.value).splitlines() == [
        f"{LIST}: line 2: 'bo@' is no address; mend it or take it out",
        f"{LIST}: line 3: Anna@Example.org stands on line 1 already; take one of them out",
        f"{LIST}: line 4: 'x y@example.org' is no address; mend it or take it out",
        f"{LIST}: line 5: '.a@example.org' is no address; mend it or take it out",
    ]


@pytest.mark.parametrize("content", [b"", b"# nobody\n", b"\xff\xfe", None])
def test_a_list_without_readers_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / LIST).write_bytes(content)
    with pytest.raises(ConfigError, match=LIST):
        _ledger.read_list(tmp_path, LIST)


def test_an_odd_address_names_a_file_of_its_own_folder(tmp_path: Path, mail: MailServer) -> None:
    odd = "../a/b%c@example.org".replace("../", "x/")
    (tmp_path / LIST).write_text(f"{odd}\n")
    post = opened(tmp_path, mail)
    post.create(KEY, letter(post))
    assert post.send(KEY).state == "sent"
    assert mail.readers == [odd]
    assert where(tmp_path) == {"sent": ["x%2Fa%2Fb%25c@example.org"]}


def test_letters_are_named_by_their_language() -> None:
    assert _letters.language_of("cxgreetz-2026-11-nl-en") == "nl+en"
