"""Read what a page marks with microformats 2 (microformats.org/wiki/h-entry).

In: a page, or an entry of it. Out: the entries, and of an entry the element of a property.
Never: a property of what stands inside it, such as a comment or the author's card.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxgreetz.markup.tree import classes_of

if TYPE_CHECKING:
    from bs4 import Tag

_ROOT = re.compile(r"h-[a-z][a-z0-9-]*")


def h_entries(root: Tag) -> list[Tag]:
    """Give the entries of a page, without those inside others (comments, quotations)."""
    return [tag for tag in root.select(".h-entry") if _home_of(tag, "h-entry") is None]


def property_of(entry: Tag, name: str) -> Tag | None:
    """Find the element that an entry marks as its own property ("p-name"); None without one."""
    return next((tag for tag in entry.select(f".{name}") if _home_of(tag) is entry), None)


def _home_of(tag: Tag, wanted: str = "") -> Tag | None:
    """Give the nearest element around `tag` that its properties belong to."""
    for parent in tag.parents:
        roots = {name for name in classes_of(parent) if _ROOT.fullmatch(name)}
        if roots and (not wanted or wanted in roots):
            return parent
    return None
