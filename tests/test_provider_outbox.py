"""The outbox keeps what every provider promises."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from contracts.provider_contract import Case, ProviderContract, approved, desk
from cxgreetz.model import Held

__all__ = ["approved", "desk"]


class Outbox:
    """The folder as a place where campaigns end up."""

    url = None

    def __init__(self) -> None:
        self.folder = Path()

    def held(self) -> list[Held]:
        return [
            Held(
                (folder / "email.html").read_text(),
                (folder / "email.txt").read_text(),
                message_from_bytes((folder / "email.eml").read_bytes(), policy=default)["subject"],
            )
            for folder in sorted((self.folder / "outbox").glob("*/*"))
        ]


@pytest.fixture
def case() -> Case:
    return Case("outbox", tags={"unsubscribe": "mailto:marijke@example.org"})


@pytest.fixture
def place() -> Outbox:
    return Outbox()


class TestOutbox(ProviderContract):
    pass
