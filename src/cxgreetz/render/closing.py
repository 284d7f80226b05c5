"""The lines under a column that travels back to a blog.

In: where it came from, in which words. Out: clean inline HTML, a paragraph each. Never: a line
about what is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path

from cxgreetz.markup import clean_inline
from cxgreetz.model import Language, Origin
from cxgreetz.render import prose
from cxgreetz.render.template import Template

_LABELS = {Origin.ENGINE: "machine", Origin.CHECKED: "checked"}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a translated column came from."""

    origin: Origin
    #: The title, address and language of the original.
    title: str
    url: str
    language: Language
    #: What it was written for, and where it stands there ("": not known).
    publication: str = ""
    publication_url: str = ""
    published: date | None = None
    #: Where this text ends before the column does.
    is_excerpt: bool = False
    #: The same text in the original's language on the same blog; "": it has none.
    sister: str = ""


def closing_lines(
    told: Provenance, language: Language, sign_up: str, template_folder: Path | None = None
) -> tuple[str, ...]:
    """Write the lines in `language`; `sign_up` is a workspace's own, as HTML."""
    table = Template(template_folder).table("words.toml")
    words = table[language]
    lines = []
    original = _link(told.url, told.title, told.language)
    if told.is_excerpt:
        lines.append(words["blog_whole"].format(title=original))
    if told.sister:
        said = table[told.language]["blog_sister"]
        lines.append(_link(told.sister, said, told.language))
    if told.origin not in (Origin.AUTHOR, Origin.EDITOR):
        lines.append(f"<em>{words[_LABELS.get(told.origin, 'translated')]}.</em>")
    lines.append(_credit(told, language, words, original))
    if line := clean_inline(sign_up):
        lines.append(line)
    return tuple(lines)


def _credit(told: Provenance, language: Language, words: Mapping[str, str], original: str) -> str:
    name = "blog_written" if told.publication else "blog_original"
    day = prose.plain_day(told.published, language) if told.published else ""
    line = words[name if day else f"{name}_undated"]
    publication = escape(told.publication, quote=False)
    if told.publication_url:
        publication = f'<a href="{escape(told.publication_url)}">{publication}</a>'
    return line.format(publication=publication, date=day, title=original)


def _link(url: str, text: str, language: Language) -> str:
    shown = escape(text, quote=False)
    return f'<a href="{escape(url)}"><span lang="{language}">{shown}</span></a>'
