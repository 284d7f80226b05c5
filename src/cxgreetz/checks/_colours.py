"""Colours, and how far two are apart for an eye.

In: colours as CSS writes them. Out: them as numbers, laid over one another, and their
contrast. Never: which colour an element has (`_css` says that).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from tinycss2.color4 import parse_color


class Colour(NamedTuple):
    """Red, green, blue and how much it covers, each from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def over(self, ground: Colour) -> Colour:
        """This colour as it looks on an opaque ground."""
        mixed = (
            c * self.alpha + g * (1 - self.alpha) for c, g in zip(self[:3], ground[:3], strict=True)
        )
        return Colour(*mixed)

    def faded(self, opacity: float) -> Colour:
        return self._replace(alpha=self.alpha * opacity)

    def __str__(self) -> str:
        return "#" + "".join(f"{round(part * 255):02x}" for part in self[:3])


BLACK, WHITE, CLEAR = Colour(0, 0, 0), Colour(1, 1, 1), Colour(0, 0, 0, 0)


def read_colour(value: Any) -> Colour | None:
    """Read a colour (text, or a token of tinycss2); None for `currentColor` and what is none."""
    colour = parse_color(value)
    if colour is None or isinstance(colour, str):
        return None
    return Colour(*(min(1.0, max(0.0, float(part))) for part in colour.to("srgb")))


def contrast_between(one: Colour, other: Colour) -> float:
    """The contrast ratio of two opaque colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    """Relative luminance (WCAG 2.2)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def tell_ratio(ratio: float) -> str:
    """A ratio that is too low never reads as enough: it is cut, not rounded."""
    return f"{math.floor(ratio * 100) / 100:.2f}"
