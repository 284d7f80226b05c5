"""What is wrong with a TOML file, in words that its writer can act on.

In: the text, and what the reader of TOML said of it. Out: one line that names the line of the
file and the remedy. Never: the text of a line, which may hold a password.
"""

from __future__ import annotations

import re

#: What a person writes for a day that TOML does not know: 01-01-2019, 1/1/2019, 2019-1-1.
_DAY_FIRST = re.compile(r"=\s*(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\s*(?:#|$)")
_YEAR_FIRST = re.compile(r"=\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\s*(?:#|$)")
_LINE = re.compile(r"\(at line (\d+), column \d+\)")
#: A table that may be there several times, declared as one that is there once.
_TABLE = re.compile(r"\[\s*(\w+)\s*\]")


def explain(text: str, error: str, lists: tuple[str, ...]) -> str:
    """Say what is wrong; `error` is tomllib's own message, `lists` the tables written [[so]]."""
    lines = text.split("\n")
    if found := _LINE.search(error):
        number = int(found[1])
        said = _say_of_line(lines[number - 1], error, lists)
        return f"line {number}: {said}" if said else f"is not valid TOML: {error}"
    if "nterminated string" in error or error.startswith('Expected "\'"'):
        return f"line {_opened(lines)}: its closing quote is missing"
    return f"is not valid TOML: {error}"


def _say_of_line(line: str, error: str, lists: tuple[str, ...]) -> str:
    if day := _day_in(line):
        return day
    if error.startswith(("Illegal character '\\n'", "Illegal character '\\r'")):
        return "its closing quote is missing"
    table = _TABLE.search(line)
    if table and table[1] in lists and ("twice" in error or "overwrite" in error):
        return say_list(table[1])
    return ""


def _day_in(line: str) -> str:
    if found := _DAY_FIRST.search(line):
        day, month, year = map(int, found.groups())
        if month > 12:  # the way it is written in America
            day, month = month, day
    elif found := _YEAR_FIRST.search(line):
        year, month, day = map(int, found.groups())
    else:
        return ""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return "is no day; a day is written as 2026-01-31"
    return f"a day is written the other way round; write it as {year}-{month:02}-{day:02}"


def _opened(lines: list[str]) -> int:
    """The line on which the string begins that has no end."""
    for mark in ('"""', "'''"):
        held = [number for number, line in enumerate(lines, 1) if line.count(mark) % 2]
        if len(held) % 2:
            return held[-1]
    return max(number for number, line in enumerate(lines, 1) if line.strip())


def say_list(table: str) -> str:
    """A table that may be there several times was written as one that is there once."""
    return f"write [[{table}]], with two pairs of brackets, above each of them"
