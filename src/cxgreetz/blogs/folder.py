"""Markdown files with front matter, for a static blog: Hugo, Jekyll, Astro.

In: a BlogPost. Out: one file in `blog.folder`, a draft as the `blog.flavour` spells it. Never:
two files with one key, a file that a person changed, half a file.

Named by the day it was made and its title, as the three expect it; found again by our key in
its front matter, wherever in the folder a person has put it and whatever it is called now.
Pictures stay where they are: the file names their address.
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cxgreetz.blogs._markdown import front_matter, to_markdown
from cxgreetz.errors import ProviderError
from cxgreetz.model import Block, BlockKind, BlogPost, BlogRemote, BlogState, fingerprint
from cxgreetz.ports import BlogAccount, BlogCapabilities

if TYPE_CHECKING:
    from cxgreetz.net import Net

CAPABILITIES = BlogCapabilities(lists_late=False)

#: In quotes or without: editors of front matter write YAML their own way.
_KEY = re.compile(r"^cxgreetz: *([\"']?)([^\"'\n]+)\1 *$", re.M)
_HEAD = re.compile(r"\A---\n(.*?)\n---\n", re.S)
_TITLE = re.compile(r"^title: (.*)$", re.M)
#: How each says that a post is not to be shown.
_DRAFT = {"hugo": "draft: true", "jekyll": "published: false", "astro": "draft: true"}
_ENDINGS = (".md", ".markdown", ".mdx")


def open(account: BlogAccount, _net: Net) -> Folder:
    """Make ready; asks and writes nothing."""
    at = account.at or datetime.now(UTC)
    return Folder(Path(account.folder), account.flavour or "hugo", at.date())


class Folder:
    """One folder of posts."""

    def __init__(self, folder: Path, flavour: str, today: date) -> None:
        self._folder, self._flavour, self._today = folder, flavour, today
        self.site = str(folder)

    def knock(self) -> None:
        if self._folder.exists() and not self._folder.is_dir():
            raise ProviderError(f"{self._folder} is no folder; mend blog.folder in cxgreetz.toml")

    def find(self, key: str, slug: str) -> list[BlogRemote]:  # noqa: ARG002
        found = []
        for file in sorted(self._folder.rglob("*")) if self._folder.is_dir() else ():
            if file.suffix in _ENDINGS and file.is_file() and (text := _read(file)) is not None:
                head = _HEAD.match(text)
                if head and (named := _KEY.search(head[1])) and named[2].strip() == key:
                    found.append(self._remote(file, text))
        return found

    def look_up(self, remote_id: str) -> BlogRemote | None:
        file = self._folder / remote_id
        text = _read(file) if file.is_file() else None
        return None if text is None else self._remote(file, text)

    def text_of(self, post: BlogPost) -> str:
        return _words(self._written(post, self._today))

    def prepare(self, post: BlogPost) -> list[str]:
        return self.plan(post)

    def plan(self, post: BlogPost) -> list[str]:  # noqa: ARG002
        return []

    def create(self, post: BlogPost) -> BlogRemote:
        name = f"{self._today:%Y-%m-%d}-{post.slug}"
        # Hugo tells the languages of a page apart by the end of its name.
        ending = f".{post.language}.md" if self._flavour == "hugo" else ".md"
        file = self._folder / f"{name}{ending}"
        if file.exists():  # somebody else's, of that name
            file = self._folder / f"{name}-{fingerprint(post.key)[:8]}{ending}"
        text = self._written(post, self._today)
        self._put(file, text, new=True)
        return self._remote(file, text)

    def update(self, remote_id: str, post: BlogPost) -> BlogRemote:
        file = self._folder / remote_id
        made = re.match(r"(\d{4})-(\d\d)-(\d\d)-", file.name)
        day = date(*map(int, made.groups())) if made else self._today
        text = self._written(post, day)
        self._put(file, text, new=False)
        return self._remote(file, text)

    def _written(self, post: BlogPost, day: date) -> str:
        closing = (Block(BlockKind.PARAGRAPH, html, post.language) for html in post.closing)
        body = to_markdown([*post.blocks, *closing])
        head = front_matter(self._head(post, day) | {"cxgreetz": post.key})
        return f"{head}\n\n{body}\n"

    def _head(self, post: BlogPost, day: date) -> dict[str, object]:
        tags, categories = list(post.tags), list(post.categories)
        picture, alt = (post.image.src, post.image.alt) if post.image else (None, None)
        if self._flavour == "jekyll":
            return {
                "layout": "post",
                "title": post.title,
                "date": day,
                "published": False,
                "lang": post.language,
                "description": post.summary,
                "categories": categories,
                "tags": tags,
                "image": {"path": picture, "alt": alt or ""} if picture else None,
                "canonical_url": post.canonical,
            }
        if self._flavour == "astro":
            return {
                "title": post.title,
                "description": post.summary,
                "pubDate": day,
                "draft": True,
                "lang": post.language,
                "tags": tags,
                "categories": categories,
                "heroImage": picture,
                "heroImageAlt": alt,
                "canonicalURL": post.canonical,
            }
        return {
            "title": post.title,
            "date": day,
            "draft": True,
            "slug": post.slug,
            # What ties the languages of one text together.
            "translationKey": post.key.removeprefix(f"cxgreetz-{post.language}-"),
            "description": post.summary,
            "tags": tags,
            "categories": categories,
            "images": [picture] if picture else None,
            "canonicalURL": post.canonical,
        }

    def _remote(self, file: Path, text: str) -> BlogRemote:
        head = _HEAD.match(text)
        draft = head is not None and _DRAFT[self._flavour] in head[1].splitlines()
        return BlogRemote(
            file.relative_to(self._folder).as_posix(),
            BlogState.DRAFT if draft else BlogState.PUBLISHED,
            fingerprint(text),
            _words(text),
            url=str(file),
        )

    def _put(self, file: Path, text: str, *, new: bool) -> None:
        """Write a file whole or not at all; a `new` one in no other's place."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=file.parent, prefix=".cxgreetz-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as out:
                    out.write(text)
                    out.flush()
                    os.fsync(out.fileno())
                Path(name).chmod(0o644)
                if new:
                    os.link(name, file)
                else:
                    Path(name).replace(file)
            finally:
                with suppress(FileNotFoundError):
                    Path(name).unlink()
        except OSError as error:
            raise ProviderError(f"{file} cannot be written ({error.strerror})") from None


def _read(file: Path) -> str | None:
    """A file's text; None: it is no text, or nobody may read it."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _words(text: str) -> str:
    """Title and text as a person compares them: without the rest of the head."""
    head = _HEAD.match(text)
    title = _TITLE.search(head[1]) if head else None
    return "\n".join([title[1] if title else "", (text[head.end() :] if head else text).strip()])
