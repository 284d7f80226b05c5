"""What a WordPress has beside its posts: tags, categories, the library of pictures.

In: names, pictures with their addresses. Out: their numbers there; what stands in the way, as
lines. Never: a picture uploaded twice, a category made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from html import unescape
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from cxgreetz.blogs._blocks import Media, as_html
from cxgreetz.errors import NetError, ProviderError
from cxgreetz.markup.pictures import read_picture
from cxgreetz.model import Image, fingerprint

if TYPE_CHECKING:
    from cxgreetz.net import Net
    from cxgreetz.net.api import Api

_OF_MEDIA = "id,slug,source_url,title,media_details"
_TYPES = {"jpeg": "jpg", "png": "png", "gif": "gif", "webp": "webp"}
#: Of one picture: bytes, and seconds to fetch it.
_HEAVIEST, _PATIENCE = 8 * 1024 * 1024, 30.0
#: What WordPress adds to the file name of a smaller copy.
_SIZED = re.compile(r"-\d+x\d+(?=\.\w+$)|-scaled(?=\.\w+$)")


class Library:
    """The terms and pictures of one site; what was found once is known."""

    def __init__(self, api: Callable[[], Api], site: str, net: Net) -> None:
        #: Gives the API, which is looked for when it is first needed.
        self._find_api, self._site, self._net = api, site, net
        #: The pictures that are there, by the source's address.
        self.media: dict[str, Media] = {}
        self._terms: dict[tuple[str, str], int] = {}

    @property
    def _api(self) -> Api:
        return self._find_api()

    def term(self, kind: str, name: str) -> int | None:
        """Give the number of a tag ("tags") or category ("categories"); None: there is none."""
        if (kind, name) not in self._terms:
            query = {"search": name, "per_page": 100, "_fields": "id,name"}
            for term in list_of(self._api, kind, query):
                if unescape(str(term.get("name"))).casefold() == name.casefold():
                    self._terms[kind, name] = int(term["id"])
        return self._terms.get((kind, name))

    def numbers(self, kind: str, names: Iterable[str]) -> list[int]:
        """Give the numbers of those that are there."""
        return [n for name in names if (n := self.term(kind, name)) is not None]

    def need_tag(self, name: str, *, make: bool) -> str:
        """See that a tag is there; says in a line what stands in its way."""
        if self.term("tags", name) is not None:
            return ""
        if not make:
            return f"the tag {name!r} would be made"
        try:
            made = self._api.change("POST", "tags", json={"name": name})
            self._terms["tags", name] = int(self._api.dig(made, "id"))
        except ProviderError as error:
            # One that is there already is refused: an earlier call had made it after all.
            if error.status is None or error.status >= 500 or self.term("tags", name) is None:
                return f"the tag {name!r} could not be made: {error}"
        return ""

    def need_picture(self, image: Image, title: str) -> str:
        """See that a picture is in the library; says in a line what stands in its way.

        `title` is its name where it has no words of its own.
        """
        try:
            there = self.find_picture(image.src)
            if there is None:
                kind, content = self._fetch(image.src)
                there = self._same_file(image.src, len(content)) or self._upload(
                    image.src, kind, content
                )
        except (ProviderError, NetError) as error:
            return f"without the picture {image.src}: {error}"
        self.media[image.src] = there
        if there.is_bare:
            # For those who cannot see it, and those who look for it.
            told = {"alt_text": image.alt or "", "title": as_html(image.alt or title)}
            try:
                self._api.change("POST", f"media/{there.id}", json=told)
            except ProviderError as error:
                return f"what the picture {image.src} shows could not be written: {error}"
        return ""

    def find_picture(self, src: str) -> Media | None:
        """The picture in the library: it itself, or the copy that was uploaded for it."""
        own = _media_slug(src)
        at_home = urlsplit(src).netloc == urlsplit(self._site).netloc
        for query in [{"slug": own}, *([{"search": _stem(src)}] if at_home else [])]:
            for one in self._pictures(query):
                source, is_own = str(one.get("source_url") or ""), one.get("slug") == own
                if is_own or (at_home and _unsized(source) == _unsized(src)):
                    # Only the file gave it its name so far: a run was cut off.
                    title = (one.get("title") or {}).get("rendered")
                    return Media(int(one["id"]), source, is_own and title == own)
        return None

    def _same_file(self, src: str, size: int) -> Media | None:
        """One that a person uploaded: by its file's name and size."""
        for one in self._pictures({"search": _stem(src)}):
            source, details = str(one.get("source_url") or ""), one.get("media_details")
            told = details.get("filesize") if isinstance(details, dict) else None
            if _file_name(source) == _file_name(src) and told == size:
                return Media(int(one["id"]), source)
        return None

    def _pictures(self, query: Mapping[str, object]) -> list[Any]:
        return list_of(self._api, "media", {**query, "per_page": 100, "_fields": _OF_MEDIA})

    def _fetch(self, src: str) -> tuple[str, bytes]:
        look = self._net.look(src, seconds=_PATIENCE, most=_HEAVIEST)
        if look.status != HTTPStatus.OK or not look.whole:
            raise ProviderError(f"its site answered {look.status}, or not the whole of it")
        picture = read_picture(look.start)
        if picture is None or picture.kind not in _TYPES:
            raise ProviderError("it is no picture that WordPress takes")
        return picture.kind, look.start

    def _upload(self, src: str, kind: str, content: bytes) -> Media:
        """Put it into the library: sent once, and looked for where no clear answer came."""
        headers = {
            "Content-Type": f"image/{kind}",
            "Content-Disposition": f'attachment; filename="{_media_slug(src)}.{_TYPES[kind]}"',
        }
        try:
            made = self._api.once("POST", "media", content=content, headers=headers)
            number, url = self._api.dig(made, "id"), self._api.dig(made, "source_url")
            return Media(int(number), str(url), is_bare=True)
        except ProviderError as error:
            if error.ambiguous and (there := self.find_picture(src)):
                return there
            raise


def list_of(api: Api, path: str, query: Mapping[str, object]) -> list[Any]:
    """Read a list; raises ProviderError where it is none."""
    found = api.read(path, query)
    if not isinstance(found, list):
        raise ProviderError(f"wordpress: {path} gave no list")
    return found


def _media_slug(src: str) -> str:
    """What a picture of another site is called in the library: "bakery-3f9a2c1b"."""
    stem = re.sub(r"[^a-z0-9]+", "-", _stem(src).lower()).strip("-")
    return f"{stem[:40] or 'picture'}-{fingerprint(_unsized(src))[:8]}"


def _file_name(src: str) -> str:
    return _SIZED.sub("", PurePosixPath(unquote(urlsplit(src).path)).name)


def _stem(src: str) -> str:
    return PurePosixPath(_file_name(src)).stem


def _unsized(src: str) -> str:
    """A picture's address without what tells its smaller copies apart."""
    parts = urlsplit(src)
    host = (parts.netloc or "").removeprefix("www.")
    return _SIZED.sub("", f"{host}{quote(unquote(parts.path))}")
