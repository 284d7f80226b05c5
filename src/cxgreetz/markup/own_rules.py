"""A workspace's own rules of what is not the column, which add to the package's.

In: the text of a workspace's `boilerplate.toml`, carried by each of its sources. Out: the
rules for a source; or every problem of the file, each with its place. Never: a rule of the
package replaced, a pattern that fits everything, one asked about more than a paragraph.

A pattern can be written that takes for ever on a text that nearly fits. Nothing stops it
halfway, so texts are short: an ending of N words is at most 20 N signs long (`Ending.fits`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from cxgreetz.errors import ConfigError, Problem
from cxgreetz.markup.rules import Rules, build_rules, compile_ending, load_data, load_rules
from cxgreetz.model import Source

#: The lists of patterns, by table. Each is joined to one pattern with the package's.
_LISTS = {
    "noise": ("share", "related", "comments", "author", "other", "roles"),
    "pictures": ("counters",),
    "players": ("hosts",),
    "feed": ("footers",),
    "series": ("announcements",),
}
_ENDING = ("rule", "patterns", "words", "below_line", "source")
_WORDS = 45
#: The package's longest ending has 150.
_MOST_WORDS = 300
#: In a joined pattern the number of a group is another.
_REFERENCE = re.compile(r"\\[1-9]|\(\?P[<=]|\(\?\(")


def rules_for(source: Source) -> Rules:
    """Give the rules in force for a source: the package's, and the workspace's for it.

    The file must have been checked. The same text gives the same object, to any thread.
    """
    if not source.boilerplate:
        return load_rules()
    named = source.name in _named_sources(source.boilerplate)
    return _merged(source.boilerplate, source.name if named else "")


def check_own_rules(sources: Sequence[Source], file: str) -> None:
    """Raise ConfigError with every problem of the rules that `sources` carry; `file` names them."""
    for text in {source.boilerplate for source in sources if source.boilerplate}:
        try:
            problems = list(_problems(tomllib.loads(text), [source.name for source in sources]))
        except tomllib.TOMLDecodeError as error:
            problems = [Problem("", f"is not valid TOML: {error}")]
        if problems:
            raise ConfigError(file, problems)


@lru_cache(maxsize=64)
def _named_sources(text: str) -> frozenset[str]:
    """The sources that have endings of their own."""
    return frozenset(e["source"] for e in tomllib.loads(text).get("ending", ()) if "source" in e)


@lru_cache(maxsize=512)
def _merged(text: str, source: str) -> Rules:
    own, rules = tomllib.loads(text), load_data()
    off = own.get("off", ())
    for entry in rules["ending"]:
        if entry["rule"] in off:
            entry["cuts"] = False
    if "series" in off:
        rules["series"]["announcements"] = []
    for table, keys in _LISTS.items():
        for key in keys:
            rules[table][key] += own.get(table, {}).get(key, ())
    rules["ending"] += [
        {"words": _WORDS, **entry}
        for entry in own.get("ending", ())
        if entry.get("source", source) == source
    ]
    return build_rules(rules)


# what can be wrong


def _problems(own: Mapping[str, Any], sources: Sequence[str]) -> Iterator[Problem]:
    yield from _unknown("", own, ("off", *_LISTS, "ending"))
    rules = sorted({entry["rule"] for entry in load_data()["ending"]})
    off = own.get("off", [])
    if not isinstance(off, list):
        yield Problem("off", f'is no list; write ["{rules[0]}"]')
    else:
        for n, name in enumerate(off):
            if name not in rules:
                message = f"{name!r} is no rule of the package; it has: {', '.join(rules)}"
                yield Problem(f"off[{n}]", message)
    for table, keys in _LISTS.items():
        entries = own.get(table, {})
        if not isinstance(entries, dict):
            yield Problem(table, f"is no table; write [{table}] on a line of its own")
            continue
        yield from _unknown(table, entries, keys)
        for key in keys:
            if key in entries:
                yield from _bad_patterns(f"{table}.{key}", entries[key], _compile_joined)
    endings = own.get("ending", [])
    if not isinstance(endings, list) or not all(isinstance(entry, dict) for entry in endings):
        yield Problem("ending", "is no list of tables; write [[ending]] above each")
        return
    for n, entry in enumerate(endings):
        yield from _bad_ending(f"ending[{n}]", entry, sources)


def _bad_ending(path: str, entry: Mapping[str, Any], sources: Sequence[str]) -> Iterator[Problem]:
    yield from _unknown(path, entry, _ENDING)
    rule, words = entry.get("rule"), entry.get("words", _WORDS)
    if rule is None:
        yield Problem(f"{path}.rule", "is missing: your own word for it, which reports show")
    elif not isinstance(rule, str) or not rule.strip() or not rule.isprintable():
        yield Problem(f"{path}.rule", f"{rule!r} is no word for it")
    if "patterns" in entry:
        yield from _bad_patterns(f"{path}.patterns", entry["patterns"], _compile_ending)
    else:
        yield Problem(f"{path}.patterns", "is missing: how such an ending begins")
    if type(words) is not int or not 1 <= words <= _MOST_WORDS:
        message = f"{words!r} is no number of words from 1 to {_MOST_WORDS}"
        yield Problem(f"{path}.words", message)
    if not isinstance(entry.get("below_line", False), bool):
        yield Problem(f"{path}.below_line", f"{entry['below_line']!r} is neither true nor false")
    if "source" in entry and entry["source"] not in sources:
        message = f"{entry['source']!r} is no source of the workspace; it has: {', '.join(sources)}"
        yield Problem(f"{path}.source", message)


def _unknown(path: str, table: Mapping[str, Any], known: Sequence[str]) -> Iterator[Problem]:
    for key in table:
        if key not in known:
            place = f"{path}.{key}" if path else key
            yield Problem(place, f"unknown key; known here: {', '.join(known)}")


def _bad_patterns(
    path: str, patterns: object, compiled: Callable[[str], re.Pattern[str]]
) -> Iterator[Problem]:
    if not isinstance(patterns, list) or not patterns:
        yield Problem(path, "is no list of patterns; write ['one', 'another']")
        return
    for n, pattern in enumerate(patterns):
        if not isinstance(pattern, str):
            yield Problem(f"{path}[{n}]", f"{pattern!r} is no pattern; write it in quotes")
            continue
        try:
            if compiled(pattern).match(""):
                yield Problem(f"{path}[{n}]", f"{pattern!r} fits no text at all, and so any")
        except (re.error, OverflowError, RecursionError) as error:
            message = f"{pattern!r} is no regular expression: {error}"
            yield Problem(f"{path}[{n}]", message)


def _compile_joined(pattern: str) -> re.Pattern[str]:
    if _REFERENCE.search(pattern):
        raise re.error("a group cannot be named or referred to here")
    return re.compile(f"(?:{pattern})", re.IGNORECASE)


def _compile_ending(pattern: str) -> re.Pattern[str]:
    return compile_ending(pattern, author="Anna")
