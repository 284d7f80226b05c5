"""Random inline HTML, and the same as coded text; a number makes the same one again.

In: a seed. Out: what a column's paragraph may hold: elements three deep, entities, comments,
no-break spaces, `<br>`, `<wbr>`, pictures, links with `&`. Never: a link in a link.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

_SAID = (
    "klant wachtrij é “ja” ’s avonds R&D <3 > 1&2 &lt; &amp; &eacute; g1 <g1> x/2 \u00ad 😀 "
    '12,5% a\xa0b een\u200btwee "citaat" \'n'
)
_WORDS = _SAID.split(" ")
#: How text may be written that is read the same.
_WRITTEN = {
    "é": ["é", "&eacute;", "&#233;"],
    "\xa0": ["\xa0", "&nbsp;", "&#xa0;"],
    "“": ["“", "&ldquo;"],
}
_PAIRS = ["strong", "em", "b", "i", "u", "s", "span", "sub", "sup", "mark", "small", "q"]
_VOID = ["br", "wbr", 'img src="/a.png?b=1&amp;c=2" alt="een &quot;kop&quot;"']
_COMMENTS = ["<!-- weg -->", "<!---->", "<!-- <b>niet</b> & -->"]


@dataclass(frozen=True, slots=True)
class Fragment:
    #: As a site may write it.
    html: str
    #: The same, written the one way that is read back.
    clean: str
    #: Coded, as it would be were no element around the whole of it.
    coded: str


class _Maker:
    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._count = 0

    def make(self) -> Fragment:
        runs = [self._run(3, in_link=False) for _ in range(self._chance.randint(1, 6))]
        return Fragment(*(" ".join(run[n] for run in runs) for n in range(3)))

    def _run(self, depth: int, *, in_link: bool) -> tuple[str, str, str]:
        """Words, a void element, or a pair with more in it; never white space at its ends."""
        kind = self._chance.random()
        if kind < 0.45 or (depth == 0 and kind > 0.6):
            return self._words()
        if kind <= 0.6:
            return self._void()
        is_link = not in_link and self._chance.random() < 0.35
        name = "a" if is_link else self._chance.choice(_PAIRS)
        target = f"/p?b={self._chance.randrange(99)}&amp;copy=3#x"
        opening = f'<a href="{target}">' if is_link else f"<{name}>"
        self._count += 1
        number = self._count
        inside = [
            self._run(depth - 1, in_link=in_link or is_link)
            for _ in range(self._chance.randint(1, 2))
        ]
        html, clean, coded = (" ".join(run[n] for run in inside) for n in range(3))
        return (
            f"{opening}{html}</{name}>",
            f"{opening}{clean}</{name}>",
            f"<g{number}>{coded}</g{number}>",
        )

    def _void(self) -> tuple[str, str, str]:
        self._count += 1
        number, tag = self._count, self._chance.choice(_VOID)
        html = self._chance.choice([f"<{tag}>", f"<{tag}/>", f"<{tag} />"])
        return f"een{html}", f"een<{tag}/>", f"een<x{number}/>"

    def _words(self) -> tuple[str, str, str]:
        chosen = [self._chance.choice(_WORDS) for _ in range(self._chance.randint(1, 5))]
        clean = " ".join(chosen).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        html = "".join(self._chance.choice(_WRITTEN.get(c, [c])) for c in clean)
        if self._chance.random() < 0.15:
            html = html.replace(" ", f" {self._chance.choice(_COMMENTS)} ", 1)
            html = self._chance.choice([html, html + self._chance.choice(_COMMENTS)])
        return html.replace(" ", self._chance.choice([" ", "  ", "\n\t"]), 1), clean, clean


def make_fragment(seed: int) -> Fragment:
    return _Maker(seed).make()
