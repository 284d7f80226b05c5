"""Tables that a person keeps in a spreadsheet.

In: the bytes of a CSV file, and its columns. Out: rows with cleaned cells, and every problem
with its row as the spreadsheet numbers it. Never: what a column means.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cxgreetz.errors import ConfigError, Problem

_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; a column that the file leaves out reads as empty."""

    number: int
    cells: Mapping[str, str]

    @property
    def where(self) -> str:
        return f"row {self.number}"

    def one(self, column: str) -> str:
        return self.cells.get(column, "")

    def many(self, column: str) -> tuple[str, ...]:
        """The values of a cell, separated by `|`; doubles and empty ones left out."""
        values = (value.strip() for value in self.one(column).split("|"))
        return tuple(dict.fromkeys(value for value in values if value))


def read_text(path: Path) -> str:
    """Read a file as UTF-8, with or without a byte order mark; raises ConfigError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        message = "there is no such file; name another one, or leave the option out"
    except UnicodeDecodeError:
        message = 'is not UTF-8 text; save it as "CSV UTF-8"'
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    raise ConfigError(str(path), [Problem("", message)])


def read_rows(
    text: str, columns: Collection[str], required: Collection[str]
) -> tuple[list[Row], list[Problem]]:
    """Cut `text` into rows; give them with every problem of the table itself.

    Commas, semicolons or tabs part the cells, whichever the header row uses. Empty rows and
    rows that begin with `#` are skipped. Without a usable header row there are no rows.
    """
    problems: list[Problem] = []
    lines = _records(text, problems)
    header = next(lines, None)
    if header is None:
        named = ", ".join(columns)
        return [], problems or [Problem("row 1", f"is empty; it names the columns: {named}")]
    names = [name.lower() for name in header[1]]
    while names and not names[-1]:
        names.pop()
    where = f"row {header[0]}"
    for name in dict.fromkeys(names):
        if name not in columns:
            known = ", ".join(columns)
            problems.append(Problem(where, f"unknown column {name!r}; known here: {known}"))
        elif names.count(name) > 1:
            problems.append(Problem(where, f"names the column {name!r} twice; keep one"))
    problems += [
        Problem(where, f"lacks the column {name!r}; add it")
        for name in required
        if name not in names
    ]
    if problems:
        return [], problems
    rows = []
    for number, cells in lines:
        if any(cells[len(names) :]):
            message = (
                f"has {len(cells)} cells, the first row names {len(names)}; "
                "put quotes around a text that holds the separator"
            )
            problems.append(Problem(f"row {number}", message))
        else:
            rows.append(Row(number, dict(zip(names, cells, strict=False))))
    return rows, problems


def _records(text: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Give the filled rows with their numbers; a row that breaks off ends them all."""
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    first = next(lines, "")
    delimiter = max(_DELIMITERS, key=first.count)
    number = 0
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
        ):
            cleaned = [unicodedata.normalize("NFC", cell).strip() for cell in cells]
            if any(cleaned) and not cleaned[0].startswith("#"):
                yield number, cleaned
    except csv.Error as error:
        message = f"cannot be read ({error}); look for a quotation mark that is not closed"
        problems.append(Problem(f"row {number + 1}", message))
