"""MJML to HTML, with all that the engine does not do itself: forgive, refuse, point.

In: MJML with everything filled in. Out: HTML, or an MjmlError with the line of the MJML.
Never: a template, a view, a file. The one door to mjml-python (whose engine is mrml).
"""

from __future__ import annotations

import re
from html.entities import name2codepoint

from lxml import etree
from mjml import mjml2html

_PART = re.compile(r"<!--.*?-->|<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>|[^<]+", re.S)
_ATTRIBUTE = re.compile(r"(\s[\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_IMAGE = re.compile(r"<(?:mj-image|img)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_VOID = re.compile(r"<((?:br|img|hr|wbr|meta)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)\s*/?>")
_BARE_AMPERSAND = re.compile(r"&(?!#?\w+;)")
#: Names that HTML knows and XML does not.
_ENTITIES = "".join(f'<!ENTITY {n} "&#{c};">' for n, c in name2codepoint.items() if c > 0x9F)


class MjmlError(Exception):
    """What is wrong with the MJML, and in which of its lines (0: not known)."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message, self.line = message, line


def to_html(source: str) -> str:
    """Make HTML of filled MJML. Raises MjmlError."""
    source = _mend(source)
    _check(source)
    try:
        html: str = mjml2html(_harden(source), fonts={})
    except ValueError as error:
        raise MjmlError(f"MJML cannot read it: {error}") from error
    _inspect(source, html)
    return html


def _mend(source: str) -> str:
    """Forgive what every mail designer writes: `<br>`, and `&` standing by itself."""
    return _BARE_AMPERSAND.sub("&amp;", _VOID.sub(r"<\1/>", source))


def _check(source: str) -> None:
    """Refuse what is not well-formed: the engine refuses it too, but cannot say where."""
    try:
        etree.fromstring(f"<!DOCTYPE mjml [{_ENTITIES}]>{source}")
    except etree.XMLSyntaxError as error:
        said = re.sub(r",? line \d+(, column \d+)?", "", error.msg or "")
        remedy = "close every tag, the last one opened first, and write &lt; for a bare <"
        raise MjmlError(f"{said}; {remedy}", error.lineno or 0) from error


def _harden(source: str) -> str:
    """Rewrite well-formed MJML so that the engine's traps cannot close on any of it.

    Attribute values, and the title (which becomes one), go through `_attribute`; white space
    with a line break between two inline elements, which the engine drops, becomes one space.
    """
    parts = _PART.findall(source)
    for i, part in enumerate(parts):
        before, after = parts[i - 1 : i], parts[i + 1 : i + 2]
        if part.startswith("<"):
            if not part.startswith("<!"):
                parts[i] = _ATTRIBUTE.sub(
                    lambda m: f'{m[1]}="{_attribute(m[2] if m[3] is None else m[3])}"', part
                )
        elif before and before[0].startswith("<mj-title"):
            parts[i] = _attribute(part.strip(" \t\r\n"))
        elif part.isspace() and "\n" in part:
            layout = any(p.startswith(("<mj", "</mj")) for p in [*before, *after])
            parts[i] = re.sub(r"[ \t\r\n]+", "\n" if layout else " ", part)
    return "".join(parts)


def _attribute(value: str) -> str:
    """Write an attribute value so that the engine hands it on unchanged.

    It writes values the way Rust prints strings for programmers: a line break becomes a
    backslash and an n, a soft hyphen a number in braces, a quotation mark ends the value.
    Numeric references pass through.
    """
    value = re.sub(r"[ \t\r\n]+", " ", value).replace("\\", "&#92;").replace('"', "&#34;")
    return value.encode("ascii", "xmlcharrefreplace").decode()


def _inspect(source: str, html: str) -> None:
    """Refuse what the engine lets through and a reader would see, or hear."""

    def line(match: re.Match[str] | None) -> int:
        return source.count("\n", 0, match.start()) + 1 if match else 0

    if tag := re.search(r"</?(mj-[\w-]*)", html):
        raise MjmlError(f"<{tag[1]}> is no MJML tag", line(re.search(f"<{tag[1]}", source)))
    if any(not re.search(r"\salt=", image) for image in _IMAGE.findall(html)):
        images = (m for m in _IMAGE.finditer(source) if not re.search(r"\salt=", m[0]))
        raise MjmlError(
            'a picture has no alt; write alt="" for decoration', line(next(images, None))
        )
    if garbled := re.search(r"<[a-zA-Z][^<>]*\\u\{", html):
        raise MjmlError(f"the MJML engine garbled an attribute: {garbled[0][-60:]}")
