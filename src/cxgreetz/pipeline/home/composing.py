"""Make of a translation what a blog is given.

In: a piece, its translation, the workspace file. Out: a BlogPost, and what it was made
without. Never: more of a text than its source allows, a network, SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from cxgreetz.config import Config
from cxgreetz.edition.excerpts import excerpt
from cxgreetz.markup import plain_text
from cxgreetz.markup.sentences import sentence_ends
from cxgreetz.model import (
    Block,
    BlockKind,
    BlogPost,
    Image,
    Piece,
    Post,
    Posting,
    TranslatedBlock,
    Translation,
    blog_key,
)
from cxgreetz.pieces.heads import plain_words
from cxgreetz.pipeline.workspace import Workspace
from cxgreetz.render import find_template
from cxgreetz.render.closing import Provenance, closing_lines

#: Characters of an address, and of a post's own words in a list of posts.
_SLUG, _SUMMARY = 60, 160
#: Of a text that may be shown whole: all its words.
_ALL = 10**6


@dataclass(frozen=True, slots=True)
class Composed:
    post: BlogPost
    notes: tuple[str, ...] = ()


def compose(
    workspace: Workspace, piece: Piece, translation: Translation, known: Posting | None = None
) -> Composed:
    """Take every decision about a post; `piece` has the rights that hold now (`with_rights`).

    `known` is the receipt of it: what was made once keeps its name and address.
    """
    config, language = workspace.config, translation.language
    origin, limit = piece.origin, piece.credit.excerpt_limit
    blocks = tuple(shown.block for shown in whole_text(translation.blocks, limit))
    length = _length(blocks)
    is_excerpt = length < _length(shown.block for shown in translation.blocks)
    notes = []
    if limit is not None:
        notes.append(f"its source allows {limit} characters: {length} go, and no picture")
    url = _original(piece)
    publication, there = _publication(piece, config)
    published = piece.credit.published or origin.published
    sister = _sister(piece, config)
    provenance = Provenance(
        translation.origin,
        translation.source_title or origin.title,
        url,
        translation.source_language,
        publication=publication,
        publication_url=there,
        published=published.astimezone(config.zone).date() if published else None,
        is_excerpt=is_excerpt,
        sister=sister.url if sister else "",
    )
    folder = find_template(config.newsletter.template, workspace.folder)
    sign_up = config.blog.sign_up.get(language, "")
    asks = config.blog.canonical
    filed = [tag for post in piece.posts for tag in post.tags]
    post = BlogPost(
        known.key if known else blog_key(piece.key, language),
        language,
        translation.title,
        known.slug if known else _slug(translation.title, piece.key),
        blocks,
        closing_lines(provenance, language, sign_up, folder),
        image=_image(translation, origin) if limit is None else None,
        tags=_mapped(filed, config.blog.tags.get(language, {})),
        categories=_mapped(filed, config.blog.categories.get(language, {})),
        canonical=url if asks == "always" or (asks == "rights" and limit is not None) else None,
        sister_language=translation.source_language if sister else None,
        sister=sister.url if sister else "",
        summary=_summary(blocks),
        published=provenance.published,
    )
    return Composed(post, tuple(notes))


def whole_text(blocks: Iterable[TranslatedBlock], limit: int | None) -> tuple[TranslatedBlock, ...]:
    """The whole text, or as much of it as its source allows."""
    if limit is None:
        return tuple(blocks)
    texts = [shown for shown in blocks if shown.block.kind is not BlockKind.PICTURE]
    return tuple(excerpt(texts, _ALL, limit))


def _length(blocks: Iterable[Block]) -> int:
    """Count the characters that are read."""
    return sum(len(plain_text(b.html)) for b in blocks if b.kind is not BlockKind.PICTURE)


def _original(piece: Piece) -> str:
    """The address that counts as the original."""
    # A limit stands with the source that may not be quoted at length: that one counts.
    limited = next((p for p in piece.posts if p.credit.excerpt_limit is not None), None)
    return piece.credit.link or (limited or piece.origin).url


def _publication(piece: Piece, config: Config) -> tuple[str, str]:
    """What it was written for, and where it stands there; "": that is not known."""
    known, credit = config.blog.publications, piece.credit
    there = next((post for post in piece.posts if post.source in known), None)
    url = credit.link or (there.url if there else "")
    return credit.publication or (known[there.source] if there else ""), url


def _sister(piece: Piece, config: Config) -> Post | None:
    """The same text in its own language on the very blog; None: it stands elsewhere."""
    host = urlsplit(config.blog.url or "").netloc
    return next((post for post in piece.posts if host and urlsplit(post.url).netloc == host), None)


def _mapped(words: Iterable[str], table: Mapping[str, str]) -> tuple[str, ...]:
    """What the blog calls the words that a source files a column under."""
    known = {word.casefold(): name for word, name in table.items()}
    names = [known[word.casefold()] for word in ("*", *words) if word.casefold() in known]
    return tuple(dict.fromkeys(names))


def _image(translation: Translation, origin: Post) -> Image | None:
    """The page's own choice with the words of this language, else the first in the text."""
    pictures = [shown.block.image for shown in translation.blocks if shown.block.image]
    if origin.image is None:
        return pictures[0] if pictures else None
    same = next((one for one in pictures if one.src == origin.image.src), None)
    return same or replace(origin.image, alt="")


def _slug(title: str, otherwise: str) -> str:
    slug = ""
    for word in plain_words(title):
        if len(slug) + len(word) >= _SLUG:
            break
        slug = f"{slug}-{word}" if slug else word
    return slug or otherwise


def _summary(blocks: Iterable[Block]) -> str:
    """The first sentences, as far as they go into a list of posts."""
    text = next((plain_text(b.html) for b in blocks if b.kind is BlockKind.PARAGRAPH), "")
    text = " ".join(text.split())
    if len(text) <= _SUMMARY:
        return text
    ends = [end for end in sentence_ends(text) if end <= _SUMMARY]
    return text[: ends[-1]].strip() if ends else f"{text[:_SUMMARY].rpartition(' ')[0]} …"
