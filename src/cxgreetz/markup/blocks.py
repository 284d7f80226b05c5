"""Cut the body of a post into blocks.

In: the HTML of a body, as a feed, an API or a page gives it. Out: paragraphs, headings,
list items, quotations and pictures in reading order. Never: a word lost, a word twice,
a word that is not the text (menus, share boxes, forms, comments).
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import urljoin, urlsplit

from cxgreetz.markup.inline import (
    HEADINGS,
    Reader,
    Wrap,
    clean_link,
    emoji_of,
    plain_text,
)
from cxgreetz.markup.rules import Rules, load_rules
from cxgreetz.markup.tree import Element, attribute_of, classes_of
from cxgreetz.markup.weight import tree_of
from cxgreetz.model import Block, BlockKind, Image

#: Where lazy loading keeps a picture's address until it is scrolled into view, best first.
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-orig-file")
#: A column in an email is 600 pixels wide, and twice that on a sharp screen.
_WIDE_ENOUGH = 1200
_DEEPEST_FIGURE = 4
_CELL_GAP = " | "


def blocks_of(html: str, base_url: str = "", rules: Rules | None = None) -> tuple[Block, ...]:
    """Give the blocks of a body; links and pictures become absolute against `base_url`."""
    rules = rules or load_rules()
    reader = _BlockReader(base_url, rules)
    reader.read(tree_of(html))
    reader.end_block()
    blocks = reader.blocks
    last = plain_text(blocks[-1].html)[:500] if blocks else ""
    if rules.footers.fullmatch(last):
        blocks.pop()
    return tuple(blocks)


class _BlockReader(Reader):
    """Collects text until something on a line of its own begins or ends."""

    def __init__(self, base_url: str, rules: Rules) -> None:
        super().__init__(base_url)
        self.rules = rules
        self.blocks: list[Block] = []
        #: What the text being read is part of, outermost first; its kind and level.
        self._within: list[tuple[BlockKind, int]] = []
        #: Of every list that is open: 1 when it is numbered.
        self._lists: list[int] = []
        self._figures = 0

    @property
    def _kind(self) -> tuple[BlockKind, int]:
        return self._within[-1] if self._within else (BlockKind.PARAGRAPH, 0)

    @property
    def wraps(self) -> tuple[Wrap, ...]:
        """A heading is bold as it is."""
        if self._kind[0] is BlockKind.HEADING:
            return tuple(wrap for wrap in self._wraps if wrap.tag != "strong")
        return self._wraps

    def end_block(self) -> None:
        """Make a block of what has been read since the last one."""
        html = self.runs.take()
        if html:
            kind, level = self._kind
            self.blocks.append(Block(kind, html, level=level))

    def is_unread(self, tag: Element) -> bool:
        if tag.name == "iframe":
            self._player(tag)
        return (
            super().is_unread(tag)
            or self.rules.is_hidden(tag)
            or (tag.name != "img" and self.rules.is_noise(tag))
        )

    def open(self, tag: Element) -> bool:
        if tag.name in ("td", "th") and not self.runs.empty:
            self.runs.add(_CELL_GAP)
            self._outer.append(self._wraps)
            return False
        if _is_figure(tag):
            # A gallery holds figures; deeper nesting is an accident and would cost minutes.
            if self._figures < _DEEPEST_FIGURE and self._read_figure(tag):
                return True
            self._figures += 1
        return super().open(tag)

    def close(self, tag: Element) -> None:
        self._figures -= _is_figure(tag)
        super().close(tag)

    def line_break(self) -> None:
        """Two breaks are a writer's way to begin a new paragraph."""
        if self._kind[0] in (BlockKind.PARAGRAPH, BlockKind.QUOTE) and self.runs.ends_with_break:
            self.end_block()
        else:
            self.runs.add_break()

    def boundary(self, tag: Element, *, opens: bool) -> None:
        kind = self._kind[0]
        if tag.name in ("td", "th"):
            return
        if tag.name in ("ul", "ol", "menu", "dir"):
            self.end_block()
            if opens:
                self._lists.append(int(tag.name == "ol"))
            else:
                self._lists.pop()
        elif tag.name == "li":
            self._part(BlockKind.ITEM, self._lists[-1] if self._lists else 0, opens=opens)
        elif tag.name == "blockquote":
            self._part(BlockKind.QUOTE, 0, opens=opens)
        elif tag.name in HEADINGS and kind is not BlockKind.ITEM:
            self._part(BlockKind.HEADING, max(2, int(tag.name[1])), opens=opens)
        elif kind is BlockKind.ITEM:  # parts of one item stay one item, or it counts twice
            self.runs.add_break()
            self.runs.add_break()
        elif kind is BlockKind.HEADING:
            self.runs.add(" ")
        else:
            self.end_block()

    def _wraps_of(self, tag: Element) -> tuple[Wrap, ...]:
        if tag.name in HEADINGS and self._kind[0] is BlockKind.ITEM:
            return (Wrap("strong"),) if Wrap("strong") not in self._wraps else ()
        return super()._wraps_of(tag)

    def _part(self, kind: BlockKind, level: int, *, opens: bool) -> None:
        self.end_block()
        if opens:
            self._within.append((kind, level))
        else:
            self._within.pop()

    def picture(self, tag: Element) -> None:
        if emoji_of(tag):
            super().picture(tag)
        elif image := image_of(tag, self.base_url, self.rules):
            self.end_block()
            self._add_picture(image)

    def _add_picture(self, image: Image, caption: str = "") -> None:
        last = self.blocks[-1] if self.blocks else None
        if last and last.image and last.image.src == image.src and not caption:
            return  # lazy loading repeats it for browsers without scripts
        self.blocks.append(Block(BlockKind.PICTURE, caption, image=image))

    def _read_figure(self, tag: Element) -> bool:
        """Read a picture with its caption; False when the figure holds anything else."""
        found = [image_of(img, self.base_url, self.rules) for img in tag.find_all("img")]
        images = {image.src: image for image in reversed(found) if image}
        captions = [c for c in tag.find_all("figcaption", "p", "div") if _is_caption(c)]
        rest = _words(tag) - sum(_words(caption) for caption in captions)
        if len(images) != 1 or len(captions) > 1 or rest > 0:
            return False
        self.end_block()
        (image,) = images.values()
        self._add_picture(image, self._caption(captions[0]) if captions else "")
        return True

    def _caption(self, tag: Element) -> str:
        reader = Reader(self.base_url)
        reader.read(tag)
        return reader.runs.take()

    def _player(self, tag: Element) -> None:
        link = clean_link(attribute_of(tag, "src") or attribute_of(tag, "data-src"), self.base_url)
        host = urlsplit(link).hostname if link else None
        if link and host and self.rules.players.fullmatch(host):
            self.end_block()
            title = attribute_of(tag, "title") or host.removeprefix("www.")
            self.runs.add(title, (Wrap("a", f' href="{escape(link)}"'),))
            self.end_block()


def image_of(tag: Element, base_url: str, rules: Rules | None = None) -> Image | None:
    """Read an `img`; None when nobody would see it or it has no address of its own."""
    rules = rules or load_rules()
    width, height = _pixels(tag, "width"), _pixels(tag, "height")
    if (width is not None and width <= 2) or (height is not None and height <= 2):
        return None
    candidates = [attribute_of(tag, name) for name in _LAZY]
    lazy_set, own_set = attribute_of(tag, "data-srcset"), attribute_of(tag, "srcset")
    candidates += [_from_srcset(lazy_set), attribute_of(tag, "src"), _from_srcset(own_set)]
    for candidate in candidates:
        source = _absolute(candidate, base_url)
        if source and not rules.counters.search(source):
            alt = attribute_of(tag, "alt") if "alt" in tag.attrs else None
            return Image(source, alt if alt is None else plain_text(escape(alt)), width, height)
    return None


def _absolute(source: str, base_url: str) -> str | None:
    try:
        absolute = urljoin(base_url, source.strip().replace(" ", "%20"))
        parts = urlsplit(absolute)
        seen = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        return None
    return absolute if source.strip() and seen else None


def _from_srcset(srcset: str) -> str:
    """Choose from "a.jpg 300w, b.jpg 1024w": the smallest that is wide enough, or the widest."""
    sizes = []
    for candidate in re.split(r",\s+|(?<=\d[wx]),", srcset):
        address, _, size = candidate.strip(" ,\t\n").partition(" ")
        number = re.match(r"\s*(\d+)", size)
        sizes.append((int(number.group(1)) if number else 1, address))
    enough = [pair for pair in sizes if pair[0] >= _WIDE_ENOUGH]
    return min(enough)[1] if enough else max(sizes, default=(0, ""))[1]


def _is_figure(tag: Element) -> bool:
    return tag.name == "figure" or ("class" in tag.attrs and "wp-caption" in classes_of(tag))


def _is_caption(tag: Element) -> bool:
    return tag.name == "figcaption" or "wp-caption-text" in classes_of(tag)


def _words(tag: Element) -> int:
    return sum(len(text.split()) for text in tag.stripped_strings)


def _pixels(tag: Element, name: str) -> int | None:
    found = re.fullmatch(r"(\d{1,5})(?:\.\d+)?\s*(?:px)?", attribute_of(tag, name).strip())
    return int(found.group(1)) if found else None
