"""MJML to HTML, with all that the engine does not do itself: forgive, refuse, point.

In: MJML with everything filled in. Out: HTML, or an MjmlError with all that is wrong and where
in the MJML. Never: a template, a view, a file. The one door to mjml-python (whose engine is
mrml); what MJML allows is in `mjml_rules`.
"""

from __future__ import annotations

import re
from html.entities import name2codepoint

from lxml import etree
from mjml import mjml2html

from cxgreetz.render.mjml_rules import Fault, find_faults

_PART = re.compile(r"<!--.*?-->|<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>|[^<]+", re.S)
_ATTRIBUTE = re.compile(r"(\s[\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_IMAGE = re.compile(r"<img\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_VOID = re.compile(r"<((?:br|img|hr|wbr|meta)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*?)\s*/?>")
_BARE_AMPERSAND = re.compile(r"&(?!#?\w+;)")
#: Names that HTML knows and XML does not.
_ENTITIES = "".join(f'<!ENTITY {n} "&#{c};">' for n, c in name2codepoint.items() if c > 0x9F)


class MjmlError(Exception):
    """Everything that is wrong with the MJML, in its order."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(fault.message for fault in faults))
        self.faults = faults


def to_html(source: str) -> str:
    """Make HTML of filled MJML. Raises MjmlError."""
    source = _mend(source)
    if faults := find_faults(source, _parse(source)):
        raise MjmlError(*faults)
    try:
        html: str = mjml2html(_harden(source), fonts={})
    except ValueError as error:
        raise MjmlError(Fault(f"MJML cannot read it: {error}")) from error
    _inspect(html)
    return html


def _mend(source: str) -> str:
    """Forgive what every mail designer writes: `<br>`, and `&` standing by itself."""
    return _BARE_AMPERSAND.sub("&amp;", _VOID.sub(r"<\1/>", source))


def _parse(source: str) -> etree._Element:
    """Refuse what is not well-formed: the engine refuses it too, but cannot say where."""
    try:
        return etree.fromstring(f"<!DOCTYPE mjml [{_ENTITIES}]>{source}")
    except etree.XMLSyntaxError as error:
        said = re.sub(r",? line \d+(, column \d+)?", "", error.msg or "")
        remedy = "close every tag, the last one opened first, and write &lt; for a bare <"
        raise MjmlError(Fault(f"{said}; {remedy}", error.lineno or 0)) from error


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


def _inspect(html: str) -> None:
    """Refuse what the engine let through and a reader would see, or hear."""
    for image in _IMAGE.findall(html):
        if not re.search(r"\salt=", image):
            raise MjmlError(Fault(f"the MJML engine lost the alt of a picture: {image[:60]}"))
    if garbled := re.search(r"</?mj-[\w-]*|<[a-zA-Z][^<>]*\\u\{", html):
        raise MjmlError(Fault(f"the MJML engine garbled the email: {garbled[0][-60:]}"))
