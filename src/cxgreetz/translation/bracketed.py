"""A text with markup as a person can edit it: `Read ⟦1 my book⟧ first.`

In: coded text, or what a person made of it. Out: the other one. Never: HTML, a decision
about the words.

`⟦1 …⟧` holds what the first link or emphasis of the source goes round, `⟦2⟧` stands for
something that holds no words (a line break, a picture). Who leaves the brackets out where
they go round the same words as before, or where there is only one way to put them, need not
know of them.
"""

from __future__ import annotations

import re

from cxgreetz.translation import coded
from cxgreetz.translation.coded import Mark

#: White square brackets (U+27E6, U+27E7): in no column we know of.
_OPEN, _CLOSE = "⟦", "⟧"
_BRACKET = re.compile(r"⟦\s*(?P<number>\d{1,3})(?P<void>\s*⟧)?(?(void)|[ \u00a0]?)|(?P<close>⟧)")


def to_brackets(text: str) -> str:
    """Write coded text as a person reads it; words that hold such brackets lose them."""
    return "".join(
        coded.unescape(part).replace(_OPEN, "[").replace(_CLOSE, "]")
        if isinstance(part, str)
        else _bracket(part)
        for part in coded.parts(text)
    )


def _bracket(mark: Mark) -> str:
    if mark.kind == "close":
        return _CLOSE
    return f"{_OPEN}{mark.number}{_CLOSE}" if mark.kind == "void" else f"{_OPEN}{mark.number} "


def from_brackets(text: str) -> str:
    """Write what a person typed as coded text; white space in a row becomes one space.

    Raises ValueError, in words, for a bracket that does not open, close, or have a number.
    """
    written: list[str] = []
    opened: list[int] = []
    end = 0
    for match in _BRACKET.finditer(text):
        written.append(_words(text[end : match.start()]))
        end = match.end()
        if match["close"]:
            if not opened:
                raise ValueError("a bracket ⟧ closes what was never opened")
            written.append(str(Mark("close", opened.pop())))
        elif match["void"]:
            written.append(str(Mark("void", int(match["number"]))))
        else:
            opened.append(int(match["number"]))
            written.append(str(Mark("open", opened[-1])))
    written.append(_words(text[end:]))
    if opened:
        raise ValueError(f"the bracket ⟦{opened[-1]} is not closed; write ⟧ after its last word")
    return re.sub(r"[ \t\r\n]+", " ", "".join(written)).strip()


def _words(text: str) -> str:
    if _OPEN in text:
        raise ValueError("a bracket ⟦ has no number; write it as it stands in the source")
    return coded.escape(text)
