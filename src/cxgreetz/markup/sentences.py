"""Where sentences end.

In: plain text, Dutch or English. Out: places in it. Never: HTML, a judgement of length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Its mark, a closing quotation mark or bracket, white space, and something that a sentence
#: can begin with.
_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*(?=\s+[\"'“‘«(\[]*[A-ZÀ-ÖØ-Þ0-9])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(.])(?:[A-Z]|bijv|blz|ca|dhr|dr|drs|evt|incl|ing|ir|mevr|mr|mrs|ms|nr|prof|resp|"
    r"st|tel|vs|zgn)\.$",
    re.I,
)


def sentence_ends(text: str) -> Iterator[int]:
    """Give where each sentence of `text` ends that another one follows."""
    for match in _END.finditer(text):
        # Long enough for the longest of them.
        if not _ABBREVIATION.search(text[max(0, match.end() - 12) : match.end()]):
            yield match.end()
