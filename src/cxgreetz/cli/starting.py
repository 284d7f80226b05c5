"""Write the files a newcomer starts from.

In: a folder. Out: a commented workspace file; a copy of the built-in template. Never: a
file overwritten.
"""

from __future__ import annotations

import shlex
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from cxgreetz.config import FILE, Config
from cxgreetz.errors import UsageError

_SOURCE = """[[sources]]
name = "{name}"
url = "{url}"
{more}
"""
_MORE = """# kind = "feed"            # feed, page or wordpress, where finding out goes wrong
# author = "Your Name"     # only this author's posts
# language = "nl"          # where posts do not say so
# tags = ["column"]        # only posts filed under one of these
# excerpt_limit = 600      # at most this many characters may be quoted
# expected_per_month = 2   # an alarm when it falls silent
"""


@dataclass(frozen=True)
class Started:
    folder: Path
    file: Path
    exit_code: int = 0

    def as_json(self) -> dict[str, Any]:
        return {"workspace": str(self.folder), "file": str(self.file)}


def write_starter(folder: Path, addresses: Sequence[str]) -> Started:
    """Write `folder`/cxgreetz.toml; raises UsageError where one stands already."""
    file = folder / FILE
    start = datetime.now(UTC).date() - timedelta(days=31)
    urls = list(addresses) or ["https://blog.example.org/"]
    tables = [
        _SOURCE.format(name=name, url=url, more=_MORE if n == 0 else "")
        for n, (name, url) in enumerate(zip(_names(urls), urls, strict=True))
    ]
    text = files("cxgreetz").joinpath("starter.toml").read_text(encoding="utf-8")
    text = text.replace("{{START}}", start.isoformat()).replace("{{SOURCES}}", "\n".join(tables))
    try:
        Config.model_validate(tomllib.loads(text))
    except (ValidationError, tomllib.TOMLDecodeError):
        raise UsageError(
            f"one of {', '.join(urls)} is not a web address; it starts with https:// and holds "
            "no password"
        ) from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise UsageError(f"{file} stands there already; it is left as it is") from None
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from None
    return Started(folder, file)


def _names(urls: Sequence[str]) -> list[str]:
    """The host of each; where several share it, the end of the path ("cx-blogs")."""
    try:
        hosts = [(urlsplit(url).hostname or "").removeprefix("www.") for url in urls]
        tails = [urlsplit(url).path.rstrip("/").rpartition("/")[2] for url in urls]
    except ValueError:
        raise UsageError(f"one of {', '.join(urls)} is not a web address") from None
    names = [
        tail if tail and hosts.count(host) > 1 else host
        for host, tail in zip(hosts, tails, strict=True)
    ]
    return [
        name if names.count(name) == 1 else f"{name} {names[:n].count(name) + 1}"
        for n, name in enumerate(names)
    ]


def show_starter(report: Started) -> Iterator[str]:
    there = "" if report.folder == Path() else f" --workspace {shlex.quote(str(report.folder))}"
    yield f"Wrote {report.file}. Put your name and your blogs' addresses in it, then:"
    yield f"    cxgreetz sources{there}     what each address gives"
    yield f"    cxgreetz run{there}         gather, translate, draft, check"
    yield f"    cxgreetz review{there}      look at the emails"


def copy_template(workspace: Path, name: str) -> Started:
    """Copy the built-in template to `workspace`/templates/`name`; raises UsageError."""
    from cxgreetz.render import find_template

    target = workspace / "templates" / name
    if not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"{name!r} is no name for a template; use letters, digits and dashes")
    if not (workspace / FILE).is_file():
        raise UsageError(f"no {FILE} in {workspace}; make one with: cxgreetz init {workspace}")
    try:
        shutil.copytree(find_template("newsletter", None), target)
    except FileExistsError:
        raise UsageError(f"{target} stands there already; it is left as it is") from None
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None
    return Started(workspace, target)


def show_template(report: Started) -> Iterator[str]:
    yield f"Copied to {report.file}. Use it with, in {FILE}:"
    yield f'    [newsletter]\n    template = "{report.file.name}"'
