"""Text of others on a page: clean inline markup, addresses that lead to the web.

In: inline HTML and pictures as they are kept. Out: markup in which every element and attribute
was written here, or "". Never: a script, a style, a handler, an address of another scheme.

What is kept was cleaned when it was read. This is the last gate before the open web, and
believes none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from urllib.parse import urlsplit

from lxml import etree
from lxml import html as lxml_html
from markupsafe import Markup

from cxgreetz.model import Image, ItemView
from cxgreetz.render.prose import web_address

#: What neither XML nor HTML can hold, even escaped (XML 1.0, section 2.2), and delete.
_IMPOSSIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_KEPT = frozenset(("a", "strong", "em", "sub", "sup", "code", "s", "span", "br"))
#: With all that stands in them.
_DROPPED = frozenset(("script", "style", "title", "template", "textarea", "noscript", "iframe"))
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_ORIGIN = re.compile(r"[a-z0-9.-]+(?::\d{1,5})?")


def possible(text: str) -> str:
    """Leave out what no page and no feed can hold."""
    return _IMPOSSIBLE.sub("", text)


def clean(html: str) -> Markup:
    """Write inline HTML afresh, of the few elements that a text needs."""
    root = lxml_html.fragment_fromstring(possible(html), create_parent="span")
    out: list[str] = [escape(root.text or "", quote=False)]
    opened: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        if element is root:
            continue
        if event == "start":
            tag = str(element.tag)
            if tag in _DROPPED:
                walk.skip_subtree()
                opened.append("")
                continue
            start = "" if tag == "a" and "a" in opened else _start(tag, element)
            opened.append(tag if start and tag != "br" else "")
            inner = element.get("alt", "") if tag == "img" else element.text or ""
            out += [start, escape(inner, quote=False)]
        elif event == "end" and (name := opened.pop()):
            out.append(f"</{name}>")
        if event != "start":
            out.append(escape(element.tail or "", quote=False))
    return Markup("".join(out).strip())  # noqa: S704 (every tag in it was written above)


def _start(tag: str, element: etree._Element) -> str:
    if tag not in _KEPT:
        return ""
    if tag == "a":
        href = address(element.get("href", ""))
        return f'<a href="{escape(href)}">' if href else ""
    if tag == "span":
        said = element.get("lang", "")
        return f'<span lang="{said}">' if _LANGUAGE_TAG.fullmatch(said) else ""
    return f"<{tag}>"


def address(url: str) -> str:
    """Give `url` if it leads to the web or to a mailbox, else ""."""
    url = url.strip()
    if re.fullmatch(r"mailto:[^\s\"<>]+", url, re.I):
        return url
    found = web_address(url)
    return re.sub(r"[\\^`{|}\"<>]", lambda m: f"%{ord(m[0]):02X}", found) if found else ""


def picture(image: Image | None) -> Image | None:
    """A picture that a page can show from its own site; None: it cannot."""
    src = address(image.src) if image else ""
    if image is None or not src or not origin(src):
        return None
    sized = image.width and image.height and 0 < image.width < 20000 and 0 < image.height < 20000
    return Image(src, image.alt, *((image.width, image.height) if sized else (None, None)))


def origin(url: str) -> str:
    """Where a picture comes from, as a page's policy names it; "": nowhere that it can name."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2].lower()
        host = host if host.isascii() else host.encode("idna").decode()
    except (ValueError, UnicodeError):
        return ""
    web = parts.scheme in ("http", "https") and _ORIGIN.fullmatch(host)
    return f"{parts.scheme}://{host}" if web else ""


def pictures_of(items: Iterable[ItemView]) -> list[Image]:
    """Every picture that items show, if they show all of their text."""
    found = (image for item in items for image in (item.image, *(b.image for b in item.blocks)))
    return [shown for image in found if (shown := picture(image))]
