"""WordPress keeps what every blog promises, whatever goes wrong with a call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.blog_contract import BlogCase, BlogContract, BlogDesk, desk, translated
from contracts.provider_contract import FaultContract
from cxgreetz import pipeline
from cxgreetz.errors import ConfigError
from servers._api_twin import Fault
from servers.wordpress_api import KEY, WordPressApi

__all__ = ["desk", "translated"]


class Site(WordPressApi):
    """The twin as a place of the contract."""

    @property
    def picture(self) -> str:
        return f"{self.site}/pictures/koffie.png"

    def bodies(self) -> list[str]:
        return [p.fields["content"] for p in self.campaigns.values() if p.state != "trash"]

    remove = WordPressApi.trash


@pytest.fixture
def case() -> BlogCase:
    return BlogCase(
        "wordpress",
        KEY,
        (
            'tags = { en = { "*" = "cx blogs", klachten = "complaints" } }',
            'categories = { en = { "*" = "Blogs & more", column = "Columns" } }',
            "sign_up = { en = \"<a href='https://blog.example/cx/'>Sign up</a> for CX Greetz.\" }",
        ),
    )


@pytest.fixture
def place() -> Iterator[Site]:
    with Site() as twin:
        yield twin


@pytest.fixture
def approved(translated: Path) -> Path:
    """What the fault contract begins with."""
    return translated


class TestWordPress(BlogContract, FaultContract):
    pass
