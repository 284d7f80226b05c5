"""The rules that are data: what is not the column.

In: `boilerplate.toml`, or another file of its shape. Out: compiled rules. Never: a rule in
code that a new theme or turn of phrase would have to change, a pattern asked about a text of
any length: one that takes for ever on a long text must not get one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from cxgreetz.markup.tree import Named, attribute_of
from cxgreetz.model import fingerprint

_OWN = Path(__file__).with_name("boilerplate.toml")
#: Two to five words as names have them: "Anna Voorbeeld", "Jan van der Proef".
_NAME = r"(?-i:[A-Z][\w.’'-]+(?: (?:(?:van|de|der|den|ter|ten|te|von|'t) )*[A-Z][\w.’'-]+){1,4})"
#: Elements that hold a whole page: their classes speak of the page ("sidebar", "comments").
_FRAMES = ("html", "body", "main", "article")


@dataclass(frozen=True)
class Ending:
    """What the end of a post may consist of."""

    rule: str
    patterns: tuple[str, ...]
    words: int
    below_line: bool = False
    #: False: it is looked for, since an attribution says where a post appeared, and stays.
    cuts: bool = True

    def fits(self, text: str, author: str | None) -> bool:
        """Whether `text`, a block without its leading marks, is an ending of this kind."""
        if len(text.split()) > self.words or len(text) > 20 * self.words:
            return False
        return any(pattern.match(text) for pattern in _compiled(self.patterns, author))


@dataclass(frozen=True)
class Rules:
    """Everything in the file; patterns that must fit as a whole are joined to one."""

    noise: Mapping[str, re.Pattern[str]]
    roles: re.Pattern[str]
    counters: re.Pattern[str]
    players: re.Pattern[str]
    footers: re.Pattern[str]
    announcements: re.Pattern[str]
    publication: re.Pattern[str]
    endings: tuple[Ending, ...]
    #: Of what the rules say: as long as it is the same, so is what is read by them.
    fingerprint: str

    @cached_property
    def all_noise(self) -> re.Pattern[str]:
        return _joined(pattern.pattern for pattern in self.noise.values())

    def is_noise(self, tag: Named, *groups: str) -> bool:
        """Whether an element says of itself that it is not the text; default: any group."""
        if not tag.attrs or tag.name in _FRAMES:
            return False
        words = attribute_of(tag, "class").split() + attribute_of(tag, "id").split()
        patterns = [self.noise[name] for name in groups] or [self.all_noise]
        return any(_fits(pattern, word) for word in words for pattern in patterns)

    def is_hidden(self, tag: Named) -> bool:
        """Whether an element is not shown, or is there to be operated."""
        if tag.name in ("nav", "aside") or not tag.attrs:
            return tag.name in ("nav", "aside")
        style = attribute_of(tag, "style").replace(" ", "").lower()
        return (
            "hidden" in tag.attrs
            or attribute_of(tag, "aria-hidden") == "true"
            or "display:none" in style
            or "visibility:hidden" in style
            or self.roles.fullmatch(attribute_of(tag, "role")) is not None
        )


@lru_cache(maxsize=8)
def load_rules(path: Path = _OWN) -> Rules:
    """Read the rules; raises OSError, KeyError, re.error or TOMLDecodeError for a bad file."""
    return build_rules(load_data(path))


def load_data(path: Path = _OWN) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def build_rules(data: Mapping[str, Any]) -> Rules:
    """Compile what such a file says; raises KeyError or re.error."""
    noise = dict(data["noise"])
    return Rules(
        roles=_joined(noise.pop("roles")),
        noise={group: _joined(patterns) for group, patterns in noise.items()},
        counters=_joined(data["pictures"]["counters"]),
        players=_joined(data["players"]["hosts"]),
        footers=_joined(data["feed"]["footers"]),
        announcements=_joined(data["series"]["announcements"]),
        publication=re.compile(data["attribution"]["publication"], re.IGNORECASE),
        endings=tuple(
            Ending(
                entry["rule"],
                tuple(entry["patterns"]),
                entry["words"],
                entry.get("below_line", False),
                entry.get("cuts", True),
            )
            for entry in data["ending"]
        ),
        fingerprint=fingerprint(data),
    )


def _joined(patterns: Iterable[str]) -> re.Pattern[str]:
    """Join patterns to one that fits where any of them does; of none, nowhere."""
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(joined or "(?!)", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _fits(pattern: re.Pattern[str], word: str) -> bool:
    return len(word) < 80 and pattern.fullmatch(word) is not None


@lru_cache(maxsize=256)
def _compiled(patterns: tuple[str, ...], author: str | None) -> tuple[re.Pattern[str], ...]:
    """Fill in who the author is; a pattern that needs an unknown author fits nothing."""
    name = re.escape(author) if author else r"(?!)"
    return tuple(compile_ending(pattern, name) for pattern in patterns)


def compile_ending(pattern: str, author: str) -> re.Pattern[str]:
    """Compile a pattern of an ending; `author` is one itself. Raises re.error."""
    filled = pattern.replace("{author}", author).replace("{name}", _NAME)
    return re.compile(filled, re.IGNORECASE | re.DOTALL)
