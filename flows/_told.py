"""What a run tells: lines and Markdown, in which nothing that a blog wrote is more than text.

In: plain values. Out: one line, a page. Never: Prefect, markup that came from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

__all__ = ["Told", "count", "link", "one_line", "page", "table", "text", "to_mend"]


@dataclass(frozen=True, slots=True)
class Told:
    """What is worth saying of a report: one line, a page of Markdown, and if it was quiet."""

    line: str
    page: str
    quiet: bool = False
    #: In place of the report's own, where the task is not what the report judges.
    exit_code: int | None = None


def text(value: object) -> str:
    """Write a value in Markdown, so that no Markdown or HTML in it means anything.

    Only what could mean something is escaped: one of Prefect's pages shows the backslashes
    of a link's words.
    """
    return re.sub(r"([\\`*_\[\]<>|~]|&(?=#?\w+;))", r"\\\1", one_line(str(value)))


def link(title: str, url: str | None) -> str:
    """Link a title to a web address; an address of another kind is left out."""
    words = text(title) or "?"
    try:
        is_web = urlsplit(url or "").scheme in ("http", "https")
    except ValueError:
        is_web = False
    if not url or not is_web:
        return words
    # Entities count inside an address too: `&copy=1` would become a sign.
    address = quote(url, safe="%/?#:@!$&'*+,;=~").replace("&", "&amp;")
    return f"[{words}](<{address}>)"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a table of cells that are Markdown already; "" if there is no row."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines] if lines else [])


def page(*parts: tuple[str, str]) -> str:
    """Put headings over bodies, leaving out what has no body."""
    return "\n\n".join(f"## {text(heading)}\n\n{body}" for heading, body in parts if body)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def to_mend(findings: Iterable[Mapping[str, Any]]) -> str:
    """How many findings nobody has dismissed, by how bad they are."""
    left = [f["severity"] for f in findings if not f["dismissed"]]
    told = [count(left.count(s), s) for s in ("error", "warning") if s in left]
    return ", ".join(told) or "nothing to mend"


def one_line(words: str) -> str:
    return " ".join(words.split())
