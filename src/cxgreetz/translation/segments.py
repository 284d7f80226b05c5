"""Cut inline HTML for translation and put it back: the one door to html5lib.

In: the clean inline HTML of a block, or plain text. Out: coded text and what is needed to
decode its translation. Never: an attribute sent away, an element that was not there before,
text escaped twice or not at all.

html5lib, because it reads a fragment as browsers do: 5,000 random fragments came back as
they were, while lxml's own parser takes `<wbr>` for a container.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import html5lib

from cxgreetz.translation.coded import escape, faults, parts, unescape

#: A page asks for the same texts again and again; those of an edition of 27 columns are 3,000.
_KEPT = 8192
_VOID = frozenset({"area", "br", "embed", "hr", "img", "input", "source", "track", "wbr"})
#: What is inside is no prose.
_OPAQUE = frozenset({"code", "kbd", "math", "object", "samp", "script", "style", "svg", "var"})
#: What HTML calls white space; a no-break space is text.
_SPACES = re.compile(r"[ \t\n\r\f]+")
#: `<span/>`: an empty element to XML, an opening tag to HTML.
_SELF_CLOSED = re.compile(r"""<([a-z][\w-]*)((?:\s+[^\s=<>/"']+(?:=(?:"[^"]*"|'[^']*'))?)*)\s*/>""")


@dataclass(frozen=True, slots=True)
class Coded:
    """A text cut for translation, and what it takes to put its translation back."""

    text: str
    #: Of placeholder N at N-1: its opening and closing tag; of a void one all of it and "".
    table: tuple[tuple[str, str], ...] = ()
    #: Tags around the whole and white space at the ends: never sent, always put back.
    prefix: str = ""
    suffix: str = ""


@lru_cache(maxsize=_KEPT)
def encode(inline_html: str) -> Coded:
    """Cut clean inline HTML (well-formed; `<br>` or `<br/>`) into coded text.

    White space becomes single spaces; comments go.
    """
    whole = _SELF_CLOSED.sub(_open_and_close, inline_html)
    node: Any = html5lib.parseFragment(whole, container="span", namespaceHTMLElements=False)
    prefix, suffix = "", ""
    while (only := _only_child(node)) is not None:
        prefix += _collapse(node.text) + _opening(only)
        suffix = f"</{_name(only)}>" + _collapse(only.tail) + suffix
        node = only
    table: list[tuple[str, str]] = []
    # Where a comment was, two runs of text meet.
    text = _collapse("".join(_code(node, table)))
    left = len(text) - len(text.lstrip())
    right = len(text.rstrip())
    if left >= right:
        return Coded("", (), prefix + text, suffix)
    return Coded(text[left:right], tuple(table), prefix + text[:left], text[right:] + suffix)


def encode_text(text: str) -> Coded:
    """Cut plain text (a title, the words for a picture) into coded text."""
    return Coded(escape(" ".join(text.split())))


@lru_cache(maxsize=_KEPT)
def decode(text: str, coded: Coded) -> str:
    """Write a translation of `coded.text` as inline HTML, tags and attributes restored.

    Raises ValueError when the placeholders of `text` are not those of `coded`.
    """
    if wrong := faults(coded.text, text):
        raise ValueError(f"The translation cannot be put back: {wrong[0]}.")
    written = (
        escape(unescape(part))
        if isinstance(part, str)
        else coded.table[part.number - 1][part.kind == "close"]
        for part in parts(text)
    )
    return coded.prefix + "".join(written) + coded.suffix


def decode_text(text: str) -> str:
    """Write a translation of what `encode_text` gave as plain text."""
    return unescape(text)


def _open_and_close(match: re.Match[str]) -> str:
    name, attributes = match.groups()
    return match[0] if name in _VOID else f"<{name}{attributes}></{name}>"


def _only_child(node: Any) -> Any | None:
    """The one pair that holds everything `node` says, else None."""
    children = [child for child in node if isinstance(child.tag, str)]
    if len(children) != 1 or len(node) != 1 or _is_opaque(children[0]):
        return None
    outside = (node.text or "") + (children[0].tail or "")
    return None if outside.strip() else children[0]


def _is_opaque(element: Any) -> bool:
    classes = element.get("class", "").split()
    return (
        _name(element) in _VOID | _OPAQUE
        or element.get("translate") == "no"
        or "notranslate" in classes
        or not (len(element) or (element.text or "").strip())
    )


def _code(node: Any, table: list[tuple[str, str]]) -> Iterable[str]:
    """Write the content of `node` as coded text, filling `table` in order of opening."""
    yield escape(_collapse(node.text))
    for child in node:
        if isinstance(child.tag, str):
            number = len(table) + 1
            if _is_opaque(child):
                table.append((_whole(child), ""))
                yield f"<x{number}/>"
            else:
                table.append((_opening(child), f"</{_name(child)}>"))
                yield f"<g{number}>"
                yield from _code(child, table)
                yield f"</g{number}>"
        yield escape(_collapse(child.tail))


def _whole(element: Any) -> str:
    """Write an element with all that is in it."""
    if _name(element) in _VOID:
        return _opening(element)[:-1] + "/>"
    inside = escape(element.text or "")
    for child in element:
        if isinstance(child.tag, str):
            inside += _whole(child)
        inside += escape(child.tail or "")
    return f"{_opening(element)}{inside}</{_name(element)}>"


def _opening(element: Any) -> str:
    written = (f' {k}="{escape(v).replace(chr(34), "&quot;")}"' for k, v in element.items())
    return f"<{_name(element)}{''.join(written)}>"


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _collapse(text: str | None) -> str:
    return _SPACES.sub(" ", text or "")
