"""The site's own words, by language.

In: words.toml. Out: texts by name. Never: a word that the email has already.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from cxgreetz.model import LANGUAGES, Language


@cache
def own_words() -> dict[Language, dict[str, str]]:
    """Read the words once."""
    file = Path(__file__).with_name("words.toml")
    read: dict[str, dict[str, str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return {language: read[language] for language in LANGUAGES}
