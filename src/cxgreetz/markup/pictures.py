"""Tell what a picture is by how its file begins: the one door to imagesize.

In: the first bytes of a file. Out: its kind, its width and its height. Never: a network, a
drawing, a word of whoever sent it believed: servers call a JPEG a PNG, and a page a picture.

imagesize reads the headers of a dozen formats, turned photographs (Exif) among them, and is
kept up; what it does not tell is the kind, and how large a drawing (SVG) is that says so only
in its viewBox.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import imagesize

#: So many bytes tell every kind; a drawing may have a comment before its first element.
_START, LONGEST_START = 16, 4096
_KINDS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpeg"),
    (re.compile(rb"GIF8[79]a"), "gif"),
    (re.compile(rb"RIFF....WEBP", re.S), "webp"),
    (re.compile(rb"....ftypavi[fs]", re.S), "avif"),
    (re.compile(rb"....ftyp(?:hei[cx]|hev[cx]|mif1|msf1)", re.S), "heic"),
    (re.compile(rb"II\*\0|MM\0\*"), "tiff"),
    (re.compile(rb"BM....\0\0\0\0", re.S), "bmp"),
    (re.compile(rb"\x00\x00\x01\x00[^\x00]"), "ico"),
)
#: What may stand before a drawing's first element is passed over as a whole, and tried one way.
_SVG = re.compile(
    r"\ufeff?(?>\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>))*+"
    r"\s*<(?:\w+:)?svg\b([^>]*)",
    re.S,
)
_ATTRIBUTE = re.compile(r"""(?<![\w:-])(width|height|viewBox)\s*=\s*["']([^"']*)["']""")
_PIXELS = re.compile(r"\s*(\d{1,6}(?:\.\d+)?)\s*(?:px)?\s*")


@dataclass(frozen=True, slots=True)
class Picture:
    """What the beginning of a picture's file says of it."""

    #: "png", "jpeg", "gif", "webp", "svg", "avif", ...
    kind: str
    #: In px; None: not told, or not yet.
    width: int | None = None
    height: int | None = None


def read_picture(start: bytes) -> Picture | None:
    """Tell what picture begins with `start`; None: none that is known here.

    A photograph's size may come late in its file: ask again with more of it.
    """
    kind = next((kind for shape, kind in _KINDS if shape.match(start[:_START])), None)
    if kind is None:
        return _drawing(start[:LONGEST_START].decode("utf-8", "replace"))
    width, height = imagesize.get(io.BytesIO(start))
    known = width > 0 and height > 0
    return Picture(kind, round(width), round(height)) if known else Picture(kind)


def _drawing(text: str) -> Picture | None:
    """Read the size of an SVG: its own width and height in px, else those of its viewBox."""
    found = _SVG.match(text)
    if found is None:
        return None
    told = dict(_ATTRIBUTE.findall(found[1]))
    box = re.split(r"[\s,]+", told.get("viewBox", "").strip())
    for width, height in ((told.get("width"), told.get("height")), (*box, "", "", "", "")[2:4]):
        sides = [_PIXELS.fullmatch(side or "") for side in (width, height)]
        if all(sides):
            across, down = (round(float(side[1])) for side in sides if side)
            return Picture("svg", max(across, 1), max(down, 1))
    return Picture("svg")
