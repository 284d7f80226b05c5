"""The theme of an email: its letters, its colours by day and by night, its logo and width.

In: the tables of theme.toml, the built-in one first and the workspace's over it. Out: a
Theme in which every text can be read, or all that is wrong with it. Never: a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from math import floor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cxgreetz import colours
from cxgreetz.errors import ConfigError, Problem

#: WCAG 2.2, 1.4.3: text that is not large. All our inks are held to it, headings too. An edge
#: needs 3 (1.4.11); the button's is its colour, which is also that of small text on a card.
LEAST_CONTRAST = 4.5
#: Where the templates write: by ground the inks on it. The leaf of a day is card on dress.
_INKS: Mapping[str, Sequence[str]] = {
    "card": ("text", "heading", "quiet", "link", "dress", "accent"),
    "soft": ("text", "heading", "quiet", "link", "accent"),
    "page": ("text", "heading", "quiet", "link", "accent"),
    "accent": ("on_accent",),
}
#: In px. A letter narrower than this has no room for two columns, a wider one no phone or pane.
WIDTH_LEAST, WIDTH_MOST = 480, 640
RADIUS_MOST = 40


@dataclass(frozen=True, slots=True)
class Font:
    #: As CSS names them: the first one that a reader's machine has is used.
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Night:
    """Colours, each `#rrggbb`: three grounds, and what stands on them."""

    page: str
    card: str
    soft: str
    heading: str
    text: str
    quiet: str
    link: str
    dress: str
    line: str
    accent: str


@dataclass(frozen=True, slots=True)
class Day(Night):
    #: On the button, which is the accent by day, and stays so at night.
    on_accent: str


@dataclass(frozen=True, slots=True)
class Logo:
    #: "": there is none.
    src: str = ""
    #: Another one where the ground is dark; "": the same.
    dark_src: str = ""
    #: "": it is decoration, as where the newsletter's name stands below it.
    alt: str = ""
    #: px
    width: int = 120


@dataclass(frozen=True, slots=True)
class Page:
    #: px, of the letter and of its corners.
    width: int = 600
    radius: int = 12


@dataclass(frozen=True, slots=True)
class Theme:
    font: Font
    light: Day
    dark: Night
    logo: Logo
    page: Page


def load_theme(layers: Sequence[tuple[Path, Mapping[str, Any]]]) -> Theme:
    """Make a Theme of the tables of `layers`, of which a later one goes over an earlier.

    Raises ConfigError with every problem of the last file: unknown names, values that cannot
    be, and each ink that is too faint on its ground, with a shade that is not.
    """
    merged: dict[str, dict[str, Any]] = {name: {} for name in _TABLES}
    problems: list[Problem] = []
    for _path, read in layers:
        # What is built in is right; so all that is told is of the workspace's own file.
        for table, entries in read.items():
            if not isinstance(entries, Mapping):
                problems.append(Problem(table, "stands outside a table; put it under [name]"))
            elif table not in _TABLES:
                problems.append(Problem(table, "is no table of a theme" + _meant(table, _TABLES)))
            else:
                problems += _entries(table, entries, merged[table])
    problems += _whole(merged)
    problems += _faint(merged)
    if problems:
        raise ConfigError(str(layers[-1][0]), problems)
    return Theme(
        Font(**merged["font"]),
        Day(**merged["light"]),
        Night(**merged["dark"]),
        Logo(**merged["logo"]),
        Page(**merged["page"]),
    )


def _entries(table: str, entries: Mapping[str, Any], into: dict[str, Any]) -> Iterator[Problem]:
    """Take over what is right, and tell the rest."""
    known = [field.name for field in fields(_TABLES[table])]
    for key, value in entries.items():
        where = f"{table}.{key}"
        if key not in known:
            yield Problem(where, "is nothing that a theme has" + _meant(key, known))
        elif wrong := _RULES.get(where, _DEFAULT_RULES.get(table, _any_text))(value):
            into.pop(key, None)  # nothing is said of the built-in one in its place
            yield Problem(where, wrong)
        else:
            into[key] = value


def _meant(name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), 1)
    return f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(known)}"


# What a value may be --------------------------------------------------------------------------


def _any_text(value: object) -> str:
    return "" if isinstance(value, str) else 'is not text; write it between quotes, "like this"'


def _colour(value: object) -> str:
    if wrong := _any_text(value):
        return wrong
    if re.fullmatch(r"#[0-9a-fA-F]{6}", str(value)):
        return ""
    try:
        return f"{value!r} is not a colour of six digits; write {colours.parse(str(value))}"
    except ValueError:
        return f"{value!r} is not a colour of six digits, like #1b4b91"


def _fonts(value: object) -> str:
    if wrong := _any_text(value):
        return wrong
    if found := re.search(r'[;:{}<>"\\]', str(value)):
        return f"has {found[0]!r}, which ends the style; write names like: Georgia, 'Gill Sans'"
    return "" if str(value).strip() else "is empty; name at least one font"


def _picture(value: object) -> str:
    if wrong := _any_text(value):
        return wrong
    try:
        parts = urlsplit(str(value))
    except ValueError:
        return f"{value!r} is no web address"
    if value and (parts.scheme != "https" or not parts.hostname):
        return f"{value!r} does not begin with https://, and many mail programs show no other"
    return ""


def _number(least: int, most: int) -> Callable[[object], str]:
    def judge(value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, int):
            digits = re.fullmatch(r"\s*(\d+)(?:\.0*)?\s*(?:px)?\s*", str(value))
            example = digits[1] if digits else most
            return f"{value!r} is not a whole number of px; write {example} without quotes"
        if not least <= value <= most:
            return f"{value} is not between {least} and {most}"
        return ""

    return judge


_TABLES: Mapping[str, type[Font | Night | Logo | Page]] = {
    "font": Font,
    "light": Day,
    "dark": Night,
    "logo": Logo,
    "page": Page,
}
_DEFAULT_RULES: Mapping[str, Callable[[object], str]] = {
    "font": _fonts,
    "light": _colour,
    "dark": _colour,
}
_RULES: Mapping[str, Callable[[object], str]] = {
    "logo.src": _picture,
    "logo.dark_src": _picture,
    "logo.width": _number(16, WIDTH_LEAST),
    "page.width": _number(WIDTH_LEAST, WIDTH_MOST),
    "page.radius": _number(0, RADIUS_MOST),
}


# What the values are together -----------------------------------------------------------------


def _whole(merged: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    if merged["logo"].get("dark_src") and not merged["logo"].get("src"):
        yield Problem("logo.dark_src", "is there without logo.src, for readers by day")


def _faint(merged: Mapping[str, Mapping[str, str]]) -> Iterator[Problem]:
    """Every ink that is too faint on a ground it stands on, with a shade that is not."""
    for scheme in ("light", "dark"):
        given = merged[scheme]
        for ground, inks in _INKS.items():
            for ink in inks:
                if ink not in given or ground not in given:
                    continue
                ratio = colours.contrast(given[ink], given[ground])
                if ratio < LEAST_CONTRAST:
                    yield Problem(
                        f"{scheme}.{ink} on {scheme}.{ground}",
                        # Rounded down: what falls just short must not look as if it did not.
                        f"{given[ink]} on {given[ground]} is {floor(ratio * 10) / 10} to 1, and "
                        f"needs {LEAST_CONTRAST}; {_mend(given, ink)}",
                    )


def _mend(given: Mapping[str, str], ink: str) -> str:
    """Which way to go, and the nearest shade that passes on all grounds of `ink`."""
    grounds = [given[g] for g, inks in _INKS.items() if ink in inks and g in given]
    shade = colours.readable(given[ink], grounds, LEAST_CONTRAST)
    if shade is None:
        return "no shade of it can be read on all it stands on; change the grounds too"
    darker = colours.luminance(shade) < colours.luminance(given[ink])
    return f"make it {'darker' if darker else 'lighter'}: {shade} passes"
