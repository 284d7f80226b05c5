"""Write a post as WordPress blocks, and read the words of one.

In: clean inline HTML, block by block. Out: the HTML that the block editor keeps and every
theme shows; of any HTML its words as plain lines. Never: a shortcode run that is only text of
a column.

The marks are those of WordPress 6.1; later editors read them and write their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape, unescape
from itertools import groupby

from cxgreetz.markup import plain_text
from cxgreetz.model import Block, BlockKind

_COMMENT = re.compile(r"<!--.*?-->", re.S)
_LINES = re.compile(r"</(?:p|h[1-6]|li|blockquote|figure|figcaption)>|<br\s*/?>|\n+", re.I)
_TAG = re.compile(r"(<[^>]*>)")
#: What a text must not be read as: a tag, or a sign's name.
_MARKUP = re.compile(r"[<>]|&(?=#?\w+;)")


@dataclass(frozen=True, slots=True)
class Media:
    """A picture in a blog's library."""

    id: int
    url: str
    #: Ours, and nobody has said yet what it shows.
    is_bare: bool = False


def to_blocks(
    blocks: Iterable[Block], closing: Iterable[str], key: str, media: Mapping[str, Media]
) -> str:
    """Write the body of a post; `media` are the pictures there are, by the source's address.

    The first of the `closing` lines bears our key as its anchor: no reader sees it, and the
    post is found by it.
    """
    written = list(_written(blocks, media))
    anchor = f' id="{escape(key)}"'
    for html in closing:
        written.append(_wrapped("paragraph", f"<p{anchor}>{_inline(html)}</p>"))
        anchor = ""
    return "\n\n".join(written)


def has_anchor(html: str, key: str) -> bool:
    """Whether a body bears this very key."""
    return re.search(rf'\sid="{re.escape(key)}"', html) is not None


def as_html(text: str) -> str:
    """Write plain words for a field that a site takes for HTML: a title, an excerpt."""
    return _MARKUP.sub(lambda found: escape(found.group()), text)


def words_in(title: str, html: str) -> str:
    """Give title and words of a post, a line each."""
    lines = (plain_text(part) for part in _LINES.split(_COMMENT.sub("", html)))
    return "\n".join([unescape(title).strip(), *filter(None, lines)])


def _written(blocks: Iterable[Block], media: Mapping[str, Media]) -> Iterator[str]:
    def kind(block: Block) -> tuple[BlockKind, int]:
        return block.kind, block.level if block.kind is BlockKind.ITEM else 0

    for (what, numbered), group in groupby(blocks, kind):
        if what is BlockKind.ITEM:
            yield _list([block.html for block in group], numbered=bool(numbered))
        elif what is BlockKind.QUOTE:
            inner = "\n\n".join(_paragraph(block.html) for block in group)
            yield _wrapped("quote", f'<blockquote class="wp-block-quote">{inner}</blockquote>')
        else:
            for block in group:
                if what is BlockKind.PICTURE:
                    yield from _picture(block, media)
                elif what is BlockKind.HEADING:
                    yield _heading(block)
                else:
                    yield _paragraph(block.html)


def _wrapped(name: str, html: str, given: Mapping[str, object] | None = None) -> str:
    told = f" {json.dumps(given, separators=(',', ':'))}" if given else ""
    return f"<!-- wp:{name}{told} -->\n{html}\n<!-- /wp:{name} -->"


def _paragraph(html: str) -> str:
    return _wrapped("paragraph", f"<p>{_inline(html)}</p>")


def _heading(block: Block) -> str:
    level = block.level or 2
    given = {"level": level} if level != 2 else None
    return _wrapped("heading", f"<h{level}>{_inline(block.html)}</h{level}>", given)


def _list(items: Iterable[str], *, numbered: bool) -> str:
    tag, given = ("ol", {"ordered": True}) if numbered else ("ul", None)
    inner = "\n\n".join(_wrapped("list-item", f"<li>{_inline(item)}</li>") for item in items)
    return _wrapped("list", f"<{tag}>{inner}</{tag}>", given)


def _picture(block: Block, media: Mapping[str, Media]) -> Iterator[str]:
    """A picture that is in the blog's library; the caption alone where it is not."""
    image = block.image
    there = media.get(image.src) if image else None
    if image is None or there is None:
        if block.html:
            yield _paragraph(f"<em>{block.html}</em>")
        return
    caption = (
        f'<figcaption class="wp-element-caption">{_inline(block.html)}</figcaption>'
        if block.html
        else ""
    )
    alt = escape(image.alt or "").replace("[", "&#91;")
    shown = f'<img src="{escape(there.url)}" alt="{alt}" class="wp-image-'
    yield _wrapped(
        "image",
        f'<figure class="wp-block-image size-full">{shown}{there.id}"/>{caption}</figure>',
        {"id": there.id, "sizeSlug": "full", "linkDestination": "none"},
    )


def _inline(html: str) -> str:
    """Inline HTML in which a bracket of the text opens no shortcode."""
    parts = _TAG.split(html.replace("<br/>", "<br>"))
    return "".join(
        part.replace("[", "%5B") if place % 2 else part.replace("[", "&#91;")
        for place, part in enumerate(parts)
    )
