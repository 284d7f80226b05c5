"""Colours as CSS writes them, and whether one can be read on another.

In: colours: `#1b4b91`, `#fff`, `rgb(27, 75, 145)`, one of CSS's sixteen oldest names. Out:
their luminance, the contrast of two, and a like colour with more of it. Never: a theme, a
template, a judgement of what is enough.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

#: CSS Color 3, section 4.1.
NAMES = {
    "aqua": "#00ffff",
    "black": "#000000",
    "blue": "#0000ff",
    "fuchsia": "#ff00ff",
    "gray": "#808080",
    "green": "#008000",
    "lime": "#00ff00",
    "maroon": "#800000",
    "navy": "#000080",
    "olive": "#808000",
    "purple": "#800080",
    "red": "#ff0000",
    "silver": "#c0c0c0",
    "teal": "#008080",
    "white": "#ffffff",
    "yellow": "#ffff00",
}
_RGB = re.compile(r"rgb\(\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*[, ]\s*(\d{1,3})\s*\)")


class Colour(NamedTuple):
    """Red, green and blue, each 0-255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


@lru_cache(maxsize=1024)
def parse(text: str) -> Colour:
    """Read a colour. Raises ValueError for what is none, and for one that is see-through."""
    written = text.strip().lower()
    written = NAMES.get(written, written)
    if re.fullmatch(r"#[0-9a-f]{3}", written):
        written = "#" + "".join(digit * 2 for digit in written[1:])
    if re.fullmatch(r"#[0-9a-f]{6}", written):
        return Colour(*bytes.fromhex(written[1:]))
    if (found := _RGB.fullmatch(written)) and all(int(n) <= 255 for n in found.groups()):
        return Colour(*map(int, found.groups()))
    raise ValueError(f"{text!r} is no colour, like #1b4b91")


def luminance(colour: str | Colour) -> float:
    """Give the relative luminance, from 0 (black) to 1 (white).

    The formula is WCAG 2.2's (definition of relative luminance, with the threshold 0.04045 of
    its erratum, which is sRGB's own).
    """

    def linear(channel: int) -> float:
        share = channel / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = map(linear, parse(colour) if isinstance(colour, str) else colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str | Colour, other: str | Colour) -> float:
    """Give the contrast ratio of two colours, from 1 to 21, whichever of them is the ink."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable(ink: str, grounds: Iterable[str], least: float) -> str | None:
    """Find the nearest shade of `ink` that has `least` contrast on each of `grounds`.

    Hue and saturation stay, only the lightness changes. None where no shade has it.
    """
    behind = [parse(ground) for ground in grounds]
    hue, lightness, saturation = colorsys.rgb_to_hls(*(c / 255 for c in parse(ink)))
    for step in range(256):
        # Darker first: on a tie the calmer of two shades.
        for moved in (lightness - step / 255, lightness + step / 255):
            channels = colorsys.hls_to_rgb(hue, min(max(moved, 0.0), 1.0), saturation)
            shade = Colour(*(round(255 * c) for c in channels))
            if all(contrast(shade, ground) >= least for ground in behind):
                return str(shade)
    return None
