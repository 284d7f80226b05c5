"""Take the sources of a workspace from a list of subscriptions, or hand them on as one.

In: a workspace, an OPML file. Out: tables at the end of the workspace file, or an OPML
file. Never: a byte of the workspace file changed that stood there before, a table that
would make it unreadable, an address twice.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cxgreetz.config import FILE, Config, SourceTable
from cxgreetz.errors import ConfigError, Problem, UsageError
from cxgreetz.model import address_key
from cxgreetz.pipeline.workspace import DONE, Workspace
from cxgreetz.sources._opml import BadOpmlError, Subscription, read_opml, write_opml


@dataclass(frozen=True)
class Subscribed:
    """What became of each subscription of a file."""

    file: Path
    added: Sequence[Subscription]
    #: With the reason.
    skipped: Sequence[tuple[Subscription, str]]
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        return {
            "file": str(self.file),
            "added": [{"name": one.name, "url": one.url} for one in self.added],
            "skipped": [
                {"name": one.name, "url": one.url, "reason": reason} for one, reason in self.skipped
            ],
        }


def export_sources(workspace: Workspace, file: Path) -> dict[str, Any]:
    """Write the workspace's sources to a new OPML file; raises UsageError."""
    sources = workspace.config.source_list()
    try:
        with file.open("xb") as out:
            out.write(write_opml(workspace.config.newsletter.name, sources))
    except FileExistsError:
        raise UsageError(f"{file} stands there already; it is left as it is") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    return {"file": str(file), "sources": len(sources)}


def import_sources(workspace: Workspace, file: Path) -> Subscribed:
    """Add what an OPML file subscribes to at the end of the workspace file.

    Addresses that are there already, or are none, are skipped and named. Raises ConfigError
    when the file cannot be read, UsageError when the workspace file cannot be added to.
    """
    try:
        subscriptions = read_opml(file.read_bytes())
    except OSError as error:
        raise ConfigError(str(file), [Problem("", f"cannot be read: {error.strerror}")]) from None
    except BadOpmlError as error:
        raise ConfigError(str(file), [Problem("", str(error))]) from None
    names = {source.name for source in workspace.config.sources}
    there = {address_key(source.url): source.name for source in workspace.config.sources}
    added: list[Subscription] = []
    skipped: list[tuple[Subscription, str]] = []
    for one in subscriptions:
        if problem := _problem(one, there):
            skipped.append((one, problem))
            continue
        named = Subscription(_free_name(one, names), one.url)
        added.append(named)
        names.add(named.name)
        there[address_key(one.url)] = named.name
    if added:
        _append(workspace.folder / FILE, added, file.name)
    return Subscribed(file, added, skipped)


def _problem(one: Subscription, there: dict[str, str]) -> str | None:
    try:
        SourceTable(name="any", url=one.url)
        key = address_key(one.url)
    except ValidationError as error:
        return str(error.errors()[0]["msg"])
    except ValueError:
        return "is not a web address"
    return f"its address is that of {there[key]!r}" if key in there else None


def _free_name(one: Subscription, names: set[str]) -> str:
    wanted = one.name or address_key(one.url).partition("/")[0]
    free, number = wanted, 2
    while free in names:
        free, number = f"{wanted} {number}", number + 1
    return free


def _append(file: Path, added: Sequence[Subscription], origin: str) -> None:
    """Add tables at the end; what stood there stays as it is, byte for byte."""
    before = file.read_bytes()
    newline = "\r\n" if b"\r\n" in before else "\n"
    lines = newline.join(_lines(added, origin))
    gap = "" if before.endswith(b"\n") else newline
    more = f"{gap}{newline}{lines}{newline}".encode()
    try:
        Config.model_validate(tomllib.loads((before + more).decode("utf-8")))
    except (ValueError, tomllib.TOMLDecodeError):
        raise UsageError(
            f"{file}: nothing can be added at its end; write each source as a table of its own "
            "that begins with [[sources]]"
        ) from None
    try:
        with file.open("ab") as out:
            out.write(more)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None


def _lines(added: Sequence[Subscription], origin: str) -> Iterator[str]:
    for number, one in enumerate(added):
        if number:
            yield ""
        yield f"# From {_quoted(origin)}; what it gives is shown by: cxgreetz sources"
        yield "[[sources]]"
        yield f"name = {_quoted(one.name)}"
        yield f"url = {_quoted(one.url)}"


def _quoted(text: str) -> str:
    """Write a TOML string: what JSON leaves bare and TOML does not is DEL alone."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
