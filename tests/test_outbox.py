"""The outbox: whole editions in files, found again, never half written."""

from __future__ import annotations

import email as mail
import json
from datetime import timedelta
from email.policy import default
from pathlib import Path

import pytest

from cxgreetz.errors import ProviderError
from cxgreetz.net import Net
from cxgreetz.ports import Account, ChecksAccount
from cxgreetz.providers import outbox
from cxgreetz.push import fit
from samples import NOW, an_email

KEY = "cxgreetz-2026-11-nl"


def opened(folder: Path) -> outbox.Outbox:
    account = Account(
        "CX Greetz", "Marijke van der Veen <m@example.org>", folder=str(folder), at=NOW
    )
    return outbox.open(account, Net())


def push(folder: Path, **changes: str) -> outbox.Outbox:
    box = opened(folder)
    box.create(KEY, fit(an_email(**changes).marked(), box.tags, box.tag_openers))
    return box


def test_the_layout_of_the_contract(tmp_path: Path) -> None:
    push(tmp_path)
    folder = tmp_path / "outbox" / "2026-11" / "nl"
    assert sorted(f.name for f in folder.iterdir()) == [
        "email.eml",
        "email.html",
        "email.txt",
        "receipt.json",
    ]
    receipt = json.loads((folder / "receipt.json").read_text())
    assert receipt["fingerprint"] == an_email().fingerprint
    assert (receipt["edition"], receipt["language"], receipt["state"]) == ("2026-11", "nl", "draft")
    assert sorted(f.name for f in folder.parent.iterdir()) == ["nl"], "nothing is left behind"


def test_both_languages_in_one_email_have_their_own_folder(tmp_path: Path) -> None:
    box = opened(tmp_path)
    box.create("cxgreetz-2026-11-nl-en", an_email(language="nl+en"))
    assert (tmp_path / "outbox" / "2026-11" / "nl+en" / "email.html").is_file()


def test_what_was_made_is_found_with_its_content(tmp_path: Path) -> None:
    assert opened(tmp_path).find(KEY) == []
    push(tmp_path)
    (remote,) = opened(tmp_path).find(KEY)
    assert (remote.id, remote.state) == (KEY, "draft")
    assert remote.fingerprint == an_email().fingerprint
    assert remote.url and remote.url.startswith("file://")


def test_a_changed_or_missing_file_is_noticed(tmp_path: Path) -> None:
    box = push(tmp_path)
    file = tmp_path / "outbox" / "2026-11" / "nl" / "email.html"
    file.write_text("something else")
    assert box.find(KEY)[0].fingerprint == ""
    file.unlink()
    assert box.find(KEY)[0].fingerprint == ""


def test_an_update_puts_the_new_email_in_its_place(tmp_path: Path) -> None:
    box = push(tmp_path)
    fresh = an_email(subject="Nieuw onderwerp")
    box.update(KEY, fit(fresh.marked(), box.tags, box.tag_openers))
    (remote,) = box.find(KEY)
    assert remote.fingerprint == fresh.fingerprint
    assert sorted(f.name for f in (tmp_path / "outbox" / "2026-11").iterdir()) == ["nl"]


def test_scheduling_is_noted(tmp_path: Path) -> None:
    box = push(tmp_path)
    assert box.schedule(KEY, NOW + timedelta(days=1)).state == "scheduled"
    receipt = json.loads((tmp_path / "outbox/2026-11/nl/receipt.json").read_text())
    assert receipt["scheduled"] == "2026-11-23T09:00:00Z"


def test_the_message_opens_in_a_mail_program(tmp_path: Path) -> None:
    push(tmp_path)
    raw = (tmp_path / "outbox/2026-11/nl/email.eml").read_bytes()
    message = mail.message_from_bytes(raw, policy=default)
    assert message["Subject"] == "Koffie op perron 4 · CX Greetz"
    assert message["From"] == "Marijke <marijke@example.org>"
    assert message["List-Unsubscribe"] == "<mailto:m@example.org?subject=unsubscribe>"
    assert message["Date"].datetime == NOW
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "Afmelden" in html.get_content()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


def test_the_same_email_gives_the_same_bytes(tmp_path: Path) -> None:
    push(tmp_path / "a")
    push(tmp_path / "b")
    for name in ("email.eml", "email.html", "email.txt", "receipt.json"):
        one, two = (tmp_path / x / "outbox/2026-11/nl" / name for x in "ab")
        assert one.read_bytes() == two.read_bytes()


def test_a_receipt_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    box = push(tmp_path)
    file = tmp_path / "outbox/2026-11/nl/receipt.json"
    file.write_text('{"files": []}')
    with pytest.raises(ProviderError, match="receipt\\.json cannot be read") as caught:
        box.find(KEY)
    assert "\n" not in str(caught.value)


def test_an_outbox_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file stands in the way")
    box = opened(tmp_path)
    with pytest.raises(ProviderError, match="cannot be written"):
        box.create(KEY, an_email())
    assert isinstance(box, ChecksAccount)
    with pytest.raises(ProviderError, match="cannot be written"):
        box.check_account()


def test_a_ready_outbox_says_so(tmp_path: Path) -> None:
    assert opened(tmp_path).check_account() == [f"{tmp_path / 'outbox'} can be written"]


@pytest.mark.parametrize("key", ["../../etc", "cxgreetz-2026-11-../x", "other"])
def test_only_our_own_campaigns_are_touched(tmp_path: Path, key: str) -> None:
    with pytest.raises(ProviderError, match="is not one of our campaigns"):
        opened(tmp_path).find(key)
