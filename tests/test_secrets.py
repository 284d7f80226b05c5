"""No key is told or kept: in no log, no output, no file of the workspace, whatever goes wrong.

Every provider is driven by the command line, with all keys in the environment and every logger
told to say all it knows. Then all that came out is searched for each key, for what it looks
like inside any base64, and for what was shown to the service.
"""

from __future__ import annotations

import base64
import logging
import sqlite3
import sys
import traceback
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from typer.testing import CliRunner

import test_provider_brevo as brevo
import test_provider_ghost as ghost
import test_provider_laposta as laposta
import test_provider_listmonk as listmonk
import test_provider_mailchimp as mailchimp
import test_provider_mailerlite as mailerlite
import test_provider_outbox as outbox
import test_provider_smtp as smtp
from contracts.provider_contract import (
    MONTH,
    Case,
    Desk,
    Place,
    _shown_keys,
    _with_each_word,
    approved,
    desk,
)
from cxgreetz import pipeline, providers
from cxgreetz.cli import app
from cxgreetz.net import Limits, Net
from cxgreetz.pipeline import Workspace
from samples import NOW
from servers._api_twin import ApiTwin, Asked, Fault, Reply
from servers.mail_server import Fault as MailFault
from servers.mail_server import MailServer

__all__ = ["approved", "desk"]

CASES = {
    case.name: case
    for case in (
        Case("outbox"),
        Case("smtp", audience=smtp.LIST),
        Case("mailchimp", audience=mailchimp.LIST, key=mailchimp.KEY),
        Case("brevo", audience=str(brevo.LIST), key=brevo.KEY),
        Case("mailerlite", audience=mailerlite.GROUP, key=mailerlite.KEY),
        Case("laposta", audience=laposta.LIST, key=laposta.KEY),
        Case("listmonk", audience=str(listmonk.LIST), key=listmonk.KEY),
        Case("ghost", audience=ghost.NEWSLETTER, key=ghost.KEY),
    )
}
TWINS: Mapping[str, type[ApiTwin]] = {
    "mailchimp": mailchimp.MailchimpApi,
    "brevo": brevo.BrevoApi,
    "mailerlite": mailerlite.MailerLiteApi,
    "laposta": laposta.LapostaApi,
    "listmonk": listmonk.ListmonkApi,
    "ghost": ghost.GhostApi,
}
#: What must not be told; the user of listmonk and the number of Ghost's key are no secrets.
SECRETS = {smtp.PASSWORD} | {
    case.key if name not in ("listmonk", "ghost") else case.key.partition(":")[2]
    for name, case in CASES.items()
    if case.key
}
#: The test's own server tells what it was sent.
_NOT_OURS = "mail.log"


@dataclass
class Post:
    """A provider, and what may go wrong with it."""

    place: Place
    mail: MailServer
    monkeypatch: pytest.MonkeyPatch

    def go_well(self) -> None:
        """Nothing goes wrong."""

    def have_another_key(self) -> None:
        self.mail._password = "another"
        if isinstance(self.place, ApiTwin):
            number, colon, secret = self.place.key.partition(":")
            self.place.key = f"{number}{colon}{secret[::-1]}" if colon else number[::-1]

    def echo(self) -> None:
        """It writes into each refusal what it was shown."""
        key, shown = smtp.PASSWORD, base64.b64encode(f"\0{smtp.USER}\0{smtp.PASSWORD}".encode())

        async def handle_mail(*_: Any) -> str:
            return f"553 not {key} nor {shown.decode()}"

        self.monkeypatch.setattr(self.mail, "handle_MAIL", handle_mail)
        if isinstance(self.place, ApiTwin):
            twin, ours = self.place, self.place.key

            def answer(asked: Asked) -> Reply:
                header = asked.headers.get("authorization") or asked.headers.get("api-key")
                body = _with_each_word(twin.broken, f"{ours} {quote(ours, safe='')} {header}")
                return Reply(body, 500 if asked.method == "GET" else 422)

            self.monkeypatch.setattr(twin, "_answer", answer)

    def drop(self) -> None:
        """The line drops: at a create before anything was done, at the next after all was."""
        self.mail.faults = {reader: [MailFault.DROP_LOST] for reader in smtp.READERS}
        if isinstance(self.place, ApiTwin):
            self.place.strike(Fault.DROP_BEFORE)
            self.place.strike(Fault.DROP_AFTER)
            self.place.strike(Fault.DROP_AFTER, "read")


ACTS = {act.__name__: act for act in (Post.go_well, Post.have_another_key, Post.echo, Post.drop)}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer(smtp.USER, smtp.PASSWORD) as server:
        yield server


@pytest.fixture
def place(case: Case) -> Iterator[Place]:
    if case.name in TWINS:
        with TWINS[case.name](case.key) as twin:
            yield twin
    else:
        yield smtp.Workspace() if case.name == "smtp" else outbox.Outbox()


@pytest.fixture
def post(place: Place, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> Post:
    """The provider, with the keys of all of them at hand, and nothing that takes its time."""
    for name, case in CASES.items():
        if case.key:
            monkeypatch.setenv(f"CXGREETZ_{name.upper()}_API_KEY", case.key)
    login = f"{smtp.USER}:{quote(smtp.PASSWORD, safe='')}"
    monkeypatch.setenv("CXGREETZ_SMTP_URL", f"smtp://{login}@127.0.0.1:{mail.port}")
    real = pipeline.open_workspace

    @contextmanager
    def quick(folder: Path, **_: Any) -> Iterator[Workspace]:
        with real(folder, now=lambda: NOW) as workspace:
            workspace.sleep = lambda _seconds: None
            workspace.net = Net(workspace.config.private_hosts(), limits=Limits(call=0.5))
            yield workspace

    monkeypatch.setattr(pipeline, "open_workspace", quick)
    return Post(place, mail, monkeypatch)


def looks_of(secret: str) -> set[bytes]:
    """How a secret may be written: plain, in an address, somewhere in what became base64."""
    plain = secret.encode()
    looks = {plain, quote(secret, safe="").encode()}
    for before in range(3):  # how many bytes of the first group are somebody else's
        coded = base64.b64encode(b"\0" * before + plain)
        begin, end = -(-before * 4 // 3), (before + len(plain)) * 4 // 3
        looks |= {coded[begin:end], coded[begin:end].translate(bytes.maketrans(b"+/", b"-_"))}
    return looks


def found_in(said: Mapping[str, bytes], shown: set[str]) -> list[str]:
    """Name every place that holds a secret."""
    looks = {look for secret in SECRETS for look in looks_of(secret)}
    # What it became on its way: a Basic header, a token that was signed with it, its signature.
    looks |= {part.encode() for one in shown for part in (one, one.rpartition(".")[2])}
    return [where for where, content in said.items() if any(look in content for look in looks)]


def kept_in(folder: Path) -> dict[str, bytes]:
    """Every file of a workspace, and what the database has packed."""
    files = {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    database = sqlite3.connect(folder / "cxgreetz.db")
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
        packed = b""
        for row in database.execute(f'SELECT * FROM "{table}"'):
            for value in row:
                if isinstance(value, bytes):
                    with suppress(zlib.error):
                        packed += zlib.decompress(value) + b"\n"
        files[f"table {table}, unpacked"] = packed
    database.close()
    return files


def run(desk: Desk, caplog: pytest.LogCaptureFixture, capfd: Any) -> dict[str, bytes]:
    """Do all that a person may do with a provider, and give everything that came of it."""
    said: dict[str, str] = {}
    push, check = ["push", MONTH], ["providers", "check"]
    verbs = [push, [*push, "--json"], [*push, "--again"], check, [*check, "--json"]]
    if desk.case.able.sends:
        verbs += [[*push, "--send"], [*push, "--send", "--json"]]
    if desk.case.able.test_mail:
        verbs.append([*push, "--test", "anna@example.org"])
    # Held open, so that what was written last is still in the -wal.
    with desk.open() as workspace:
        workspace.store.receipts(MONTH)
        for verb in verbs:
            done = CliRunner().invoke(app, [*verb, "--workspace", str(desk.folder)])
            assert done.exit_code in (0, 1, 2, 3), done.output
            told = "".join(traceback.format_exception(done.exception)) if done.exception else ""
            said[" ".join(verb)] = done.stdout + done.stderr + told
        said["receipts"] = repr(workspace.store.receipts(MONTH)) + repr(workspace)
        kept = kept_in(desk.folder)
    assert any(name.endswith("-wal") and content for name, content in kept.items())
    records = [one for one in caplog.records if one.name != _NOT_OURS]
    said["the log"] = "\n".join(map(caplog.handler.format, records))
    seen = capfd.readouterr()
    said["stdout"], said["stderr"] = seen.out, seen.err
    caplog.clear()
    return {where: told.encode() for where, told in said.items()} | kept


def test_every_provider_is_looked_at() -> None:
    (folder,) = map(Path, providers.__path__)
    assert {file.stem for file in folder.glob("[!_]*.py")} == set(CASES)
    assert all(case.key for name, case in CASES.items() if name in TWINS)


@pytest.mark.parametrize("act", ACTS)
def test_no_key_is_told_or_kept(
    desk: Desk, post: Post, act: str, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    ACTS[act](post)
    said = run(desk, caplog, capfd)
    assert found_in(said, _shown_keys(post.place)) == []
    # What was to go wrong did, and was told.
    checked = said["providers check"]
    if isinstance(post.place, ApiTwin):
        told = said[f"push {MONTH}"] + checked
        signs = {"have_another_key": b"401", "echo": b"***", "drop": b"not known whether"}
        assert signs.get(act, b"create") in told, told
    elif desk.case.name == "smtp":
        told = said[f"push {MONTH} --send"] + checked
        signs = {"have_another_key": b"refuses", "echo": b"***", "drop": b"in doubt"}
        assert signs.get(act, b"sent") in told, told


def _log(header: str) -> None:
    logging.getLogger("cxgreetz.leak").debug("asked with %s", header)


def _say(header: str) -> None:
    sys.stderr.write(f"{header}\n")


@pytest.mark.parametrize("case", ["mailchimp", "ghost"], indirect=True)
@pytest.mark.parametrize(
    ("leak", "where"), [(_log, "the log"), (_say, f"push {MONTH}")], ids=["log", "stderr"]
)
def test_a_leak_would_be_seen(
    desk: Desk,
    post: Post,
    leak: Callable[[str], None],
    where: str,
    caplog: pytest.LogCaptureFixture,
    capfd: Any,
) -> None:
    real = Net.call

    def leaking(
        self: Net, method: str, url: str, *, headers: Mapping[str, str], **more: Any
    ) -> Any:
        leak(str(dict(headers)))
        return real(self, method, url, headers=headers, **more)

    post.monkeypatch.setattr(Net, "call", leaking)
    said = run(desk, caplog, capfd)
    assert where in found_in(said, _shown_keys(post.place))
    # Ghost's key is never shown, only what it signed; the others are known by themselves.
    assert (where in found_in(said, set())) == (desk.case.name != "ghost")


@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_a_secret_is_seen_however_it_is_written(secret: str) -> None:
    ways = {
        "plain": f"x{secret}y",
        "address": quote(secret, safe=""),
        "user first": base64.b64encode(f"cxgreetz:{secret}".encode()).decode(),
        "alone": base64.b64encode(f"{secret}:".encode()).decode(),
        "mail": base64.urlsafe_b64encode(f"\0{smtp.USER}\0{secret}".encode()).decode(),
    }
    assert found_in({way: told.encode() for way, told in ways.items()}, set()) == list(ways)
    assert found_in({"other": b"nothing of it"}, set()) == []


@pytest.mark.parametrize("case", ["outbox"], indirect=True)
def test_what_the_database_has_packed_is_looked_into(desk: Desk) -> None:
    with sqlite3.connect(desk.folder / "cxgreetz.db") as database:
        database.execute("CREATE TABLE leaked (content BLOB, told TEXT)")
        packed = zlib.compress(f"{smtp.PASSWORD} {'x' * 99}".encode() * 9)
        database.execute("INSERT INTO leaked VALUES (?, '')", (packed,))
    database.close()
    assert found_in(kept_in(desk.folder), set()) == ["table leaked, unpacked"]
