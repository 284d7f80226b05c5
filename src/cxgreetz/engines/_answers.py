"""What engines ask of a text before it goes, and of an answer that is none.

In: coded texts. Out: yes or no, or an EngineError in one line. Never: a repair;
placeholders and the finer points of a translation are judged elsewhere.
"""

from __future__ import annotations

import html
import re

from cxgreetz.errors import EngineError
from cxgreetz.model import LANGUAGES

_PLACEHOLDER = re.compile(r"</?g\d+>|<x\d+/>")
#: Also one that an engine has bent (`< G1 >`): those are for the verifier to see.
_LOOSE_PLACEHOLDER = re.compile(r"(<\s*/?\s*[gx]\s*\d+\s*/?\s*>)", re.I)
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.I)


def visible(coded: str) -> str:
    """Give what a reader sees of a coded text: `<g1>Q&amp;A</g1>` -> `Q&A`."""
    return html.unescape(_PLACEHOLDER.sub("", coded))


def decode(coded: str) -> str:
    """Write the text between the placeholders as a reader sees it: `Q&amp;A` -> `Q&A`."""
    plain = coded.replace("&lt;", "<").replace("&gt;", ">")
    return plain.replace("&amp;", "&")


def encode(answer: str, *, entities: bool = False) -> str:
    """Write an answer as coded text: what stands between the placeholders is escaped.

    With `entities`, the engine answers with entities here and there: they are read once.

    >>> encode("Q&amp;A & <g1>m&#39;n</g1> < 5", entities=True)
    "Q&amp;A &amp; <g1>m'n</g1> &lt; 5"
    """
    parts = _LOOSE_PLACEHOLDER.split(answer)
    for place in range(0, len(parts), 2):
        plain = parts[place]
        if entities:
            # Only with its semicolon: `?a=1&copy=2` is an address, not a copyright sign.
            plain = _ENTITY.sub(lambda entity: html.unescape(entity.group()), plain)
        parts[place] = html.escape(plain, quote=False)
    return "".join(parts)


def speaks(coded: str) -> bool:
    """Say whether there is anything to translate: a letter or a digit, not just `***` or `🎉`."""
    return any(character.isalnum() for character in visible(coded))


def opening(coded: str) -> str:
    """Give the first words of a text, to name it in a message."""
    words = " ".join(visible(coded).split())
    return f"“{words[:40].rstrip()}…”" if len(words) > 40 else f"“{words}”"


def check_pair(engine: str, source_language: str, target_language: str) -> None:
    """Raise EngineError (`unsupported`) unless this is Dutch to English or English to Dutch."""
    if {source_language, target_language} != set(LANGUAGES):
        raise EngineError(
            f"{engine} translates between Dutch (nl) and English (en), "
            f"not from {source_language!r} to {target_language!r}",
            kind="unsupported",
        )


def heard(engine: str, source: str, answer: object) -> str:
    """Give `answer` back if it says anything.

    Raises EngineError (`bad_response`) for nothing. Whether it is a translation, and not an
    error page or the text itself, is for the verifier, which knows both languages.
    """
    if isinstance(answer, str) and speaks(answer):
        return answer
    raise EngineError(f"{engine} gave nothing back for {opening(source)}", kind="bad_response")
