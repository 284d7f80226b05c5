"""`memory align`: two versions side by side, and which pairs a person wants kept.

In: the addresses, what the command line says of the choice. Out: what was kept. Never: a
question where nobody sits at the terminal, a yes that is lost when the rest is given up.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

import typer

from cxgreetz.errors import UsageError
from cxgreetz.pipeline import align_posts, keep_pairs, parse_numbers

if TYPE_CHECKING:
    from cxgreetz.pipeline import Alignment, Workspace
    from cxgreetz.pipeline.words.aligning import Pair

#: Below this a pair is worth a second look.
_DOUBTFUL = 0.8
_STATES = {
    "known": "the memory has it",
    "corrected": "an editor has other words, which come first",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line says of what to keep."""

    accept: str | None
    accept_all: bool
    dry_run: bool
    #: Nothing but one document may be printed.
    quiet: bool

    @property
    def asks(self) -> bool:
        """Whether the person at the terminal is asked about each pair."""
        named = self.accept is not None or self.accept_all or self.dry_run or self.quiet
        return not named and sys.stdin.isatty() and sys.stdout.isatty()


def run(
    workspace: Workspace, nl_url: str, en_url: str, choice: Choice, *, anyway: bool
) -> Alignment:
    """Align, and keep what is chosen."""
    if choice.dry_run + choice.accept_all + (choice.accept is not None) > 1:
        raise UsageError("name one of --accept, --accept-all and --dry-run")
    found = align_posts(workspace, nl_url, en_url, anyway=anyway)
    if choice.accept_all:
        return keep_pairs(workspace, found, {pair.number for pair in found.pairs})
    if choice.accept is not None:
        return keep_pairs(workspace, found, parse_numbers(choice.accept, found))
    return _ask(workspace, found) if choice.asks else found


def show(found: Alignment) -> Iterator[str]:
    """The pairs in two columns, what stands alone, and what was kept."""
    if not found.kept:
        yield from (line for pair in found.pairs for line in _columns(pair))
    for language, text in found.alone:
        yield from textwrap.wrap(f"only in {language}: {text}", _width())
    count = f"{len(found.kept)} of {len(found.pairs)} pairs kept in the memory"
    if found.open and not found.kept:
        count += "; to keep some: --accept-all, or --accept with their numbers (1,3-7)"
    yield count


def _ask(workspace: Workspace, found: Alignment) -> Alignment:
    """Show each pair and ask; each yes is kept at once."""
    for pair in found.open:
        for line in _columns(pair):
            typer.echo(line)
        answer = ""
        while answer not in ("y", "n", "a", "q"):
            told = "Keep it? y(es), n(o), a(ll from here on), q(uit)"
            answer = typer.prompt(told, default="y").strip().lower()[:1]
        if answer == "q":
            break
        if answer == "a":
            rest = {other.number for other in found.open if other.number >= pair.number}
            return keep_pairs(workspace, found, rest)
        if answer == "y":
            found = keep_pairs(workspace, found, {pair.number})
    return found


def _columns(pair: Pair) -> Iterator[str]:
    remarks = [_STATES.get(pair.state, ""), "" if pair.segment else "nothing to translate"]
    if not pair.with_markup:
        remarks.append("markup differs: the words alone are kept")
    if pair.confidence < _DOUBTFUL:
        remarks.append("look twice")
    yield "; ".join([f"{pair.number}. {pair.confidence:.0%} sure", *filter(None, remarks)])
    half = max(20, (_width() - 7) // 2)
    left, right = (
        [line for part in text.split("\n") for line in textwrap.wrap(part, half)]
        for text in (pair.nl, pair.en)
    )
    for one, other in zip_longest(left, right, fillvalue=""):
        yield f"   {one:<{half}}  {other}".rstrip()
    yield ""


def _width() -> int:
    return min(160, shutil.get_terminal_size((100, 24)).columns)
