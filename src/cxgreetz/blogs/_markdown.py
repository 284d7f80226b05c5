"""Write a post as Markdown with front matter.

In: clean inline HTML, block by block; values for the front matter. Out: CommonMark, and YAML
that every parser reads the same way. Never: a sign of a text taken for markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from html.parser import HTMLParser
from itertools import groupby
from urllib.parse import quote

from cxgreetz.model import Block, BlockKind

#: Signs that mean something anywhere in a line, and at its beginning (CommonMark 0.31, 2.4).
#: Braces open a template's tag in Jekyll and Hugo.
_SIGNS = re.compile(r"([\\`*_\[\]<>{}~])")
_BEGINS = re.compile(r"^(\s*)(?:([#+|=-])|(\d+)([.)]))(?=\s|$|[#=-])", re.M)
#: What would be read as a sign's name.
_NAMED = re.compile(r"&(?=#?\w+;)")
#: Templates look for their tags before Markdown is read, in code too.
_TEMPLATE = re.compile(r"\{[{%]")
#: What YAML 1.1 breaks a line at, or refuses, inside quotes.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_MARKS = {"strong": "**", "em": "*", "s": "~~"}


def to_markdown(blocks: Iterable[Block]) -> str:
    """Write blocks, an empty line between them; the items of a list stand together."""
    parts: list[str] = []

    def kind(block: Block) -> tuple[BlockKind, int]:
        return block.kind, block.level if block.kind is BlockKind.ITEM else 0

    for (what, numbered), group in groupby(blocks, kind):
        if what is BlockKind.ITEM:
            signs = (f"{n}." for n in range(1, 10**6)) if numbered else iter(lambda: "-", "")
            lines = [f"{sign} {_inline(b.html, '   ')}" for sign, b in zip(signs, group)]  # noqa: B905
            parts.append("\n".join(lines))
        elif what is BlockKind.QUOTE:
            parts.append("\n>\n".join(f"> {_inline(block.html, '> ')}" for block in group))
        else:
            parts += [text for block in group if (text := _block(block))]
    return "\n\n".join(parts)


def _block(block: Block) -> str:
    if block.kind is BlockKind.HEADING:
        return f"{'#' * (block.level or 2)} {_inline(block.html, broken=' ')}"
    if block.kind is BlockKind.PICTURE and block.image:
        alt = _escaped(" ".join((block.image.alt or "").split()))
        caption = f"\n\n*{_inline(block.html)}*" if block.html else ""
        return f"![{alt}]({_address(block.image.src)}){caption}"
    return _inline(block.html)


def front_matter(values: Mapping[str, object]) -> str:
    """Write YAML between two lines of `---`; what is None or empty is left out."""
    lines = [
        f"{name}: {_yaml(value)}" for name, value in values.items() if value not in (None, "", [])
    ]
    return "\n".join(["---", *lines, "---"])


def _yaml(value: object) -> str:
    """A value as JSON, which YAML is a superset of; a date stays one."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    text = json.dumps(value, ensure_ascii=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _inline(html: str, indent: str = "", broken: str = "\\\n") -> str:
    """Inline HTML as Markdown; a break is written as `broken`, and goes on with `indent`."""
    writer = _Writer(broken)
    writer.feed(html)
    writer.close()
    return _BEGINS.sub(_defused, "".join(writer.written)).replace("\n", f"\n{indent}")


def _escaped(text: str) -> str:
    """A text in which no sign is markup."""
    escaped = _SIGNS.sub(r"\\\1", _NAMED.sub("&amp;", text))
    # A template's tag opens behind a backslash too.
    return escaped.replace(r"\{%", "&#123;%")


def _defused(found: re.Match[str]) -> str:
    space, sign, number, dot = found.groups()
    return f"{space}\\{sign}" if sign else f"{space}{number}\\{dot}"


def _address(url: str) -> str:
    return re.sub(r"[\s<>()\[\]{}`\\]", lambda found: quote(found.group()), url)


class _Writer(HTMLParser):
    """Reads our own inline HTML, which is well-formed."""

    def __init__(self, broken: str) -> None:
        super().__init__()
        self.written: list[str] = []
        self._broken, self._links = broken, list[str]()
        #: What stands in code that is being read; None: none is.
        self._code: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self._code is not None:
            self._code += [" "] if tag == "br" else []  # code holds no markup
        elif tag == "br":
            self.written.append(self._broken)
        elif tag == "a":
            if self.written and self.written[-1].endswith("!"):  # or it would be a picture
                self.written[-1] = f"{self.written[-1][:-1]}\\!"
            self._links.append(_address(values.get("href") or ""))
            self.written.append("[")
        elif tag == "code":
            self._code = []
        elif tag in _MARKS:
            self.written.append(_MARKS[tag])
        elif tag in ("sub", "sup", "span"):
            named = "".join(f' {n}="{escape(v or "")}"' for n, v in values.items())
            self.written.append(f"<{tag}{named}>")

    def handle_endtag(self, tag: str) -> None:
        if self._code is not None:
            if tag == "code":
                code, self._code = "".join(self._code).replace("`", "'"), None
                # In code nothing can be escaped.
                self.written.append(_escaped(code) if _TEMPLATE.search(code) else f"`{code}`")
        elif tag == "a" and self._links:
            self.written.append(f"]({self._links.pop()})")
        elif tag in _MARKS:
            self.written.append(_MARKS[tag])
        elif tag in ("sub", "sup", "span"):
            self.written.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._code is not None:
            self._code.append(data)
        else:
            self.written.append(_escaped(data))
