"""Paint: a colour that may let what is behind it through.

In: any colour that CSS can write. Out: paint, and what it looks like on a ground. Never:
contrast (`colours` has that), nor which element has which colour (`_looks` says that).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from tinycss2.color4 import parse_color

from cxgreetz.colours import Colour


class Paint(NamedTuple):
    """Red, green, blue and how much it covers, each from 0 to 1."""

    red: float
    green: float
    blue: float
    cover: float = 1.0

    def over(self, ground: Paint) -> Paint:
        """This paint as it looks on an opaque ground."""
        pairs = zip(self[:3], ground[:3], strict=True)
        return Paint(*(own * self.cover + behind * (1 - self.cover) for own, behind in pairs))

    def faded(self, opacity: float) -> Paint:
        return self._replace(cover=self.cover * opacity)

    @property
    def colour(self) -> Colour:
        """What a screen shows of it."""
        return Colour(*(round(part * 255) for part in self[:3]))


BLACK, WHITE, CLEAR = Paint(0, 0, 0), Paint(1, 1, 1), Paint(0, 0, 0, 0)


def read_paint(value: Any) -> Paint | None:
    """Read a colour (text, or a token of tinycss2); None for `currentColor` and what is none."""
    colour = parse_color(value)
    if colour is None or isinstance(colour, str):
        return None
    return Paint(*(min(1.0, max(0.0, float(part))) for part in colour.to("srgb")))


def tell_ratio(ratio: float) -> str:
    """A ratio that is too low never reads as enough: it is cut, not rounded."""
    return f"{math.floor(ratio * 100) / 100:.2f}"
