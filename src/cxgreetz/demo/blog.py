"""The two sites of the demo, as finished pages.

In: posts, and the address of each site. Out: every page, feed and picture of a site by its
path. Never: a socket, a clock.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from cxgreetz.demo.texts import AUTHOR, BlogPost, SiteName, in_words
from cxgreetz.model import Language

#: The key of the page for all paths that are no page.
NOT_FOUND = "404"
#: As many in the author's feed as on one page of an archive; older ones only in the archives.
PER_PAGE = 5
_FEED_LENGTH: dict[SiteName, int] = {"author": PER_PAGE, "magazine": 10}
_NAMES: dict[SiteName, str] = {"author": AUTHOR, "magazine": "CustomerFirst"}
_RSS = "application/rss+xml; charset=UTF-8"
#: Words of a teaser.
_TEASER = 42
_HOUSE = files("cxgreetz.demo")


@dataclass(frozen=True, slots=True)
class Page:
    """What a path answers; a page with `modified` can be asked for conditionally."""

    body: bytes
    type: str = "text/html; charset=UTF-8"
    modified: datetime | None = None

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class _Shown:
    """A post as the templates see it."""

    post: BlogPost
    url: str
    text: Markup
    teaser: str
    picture: str | None
    alternates: tuple[tuple[str, str], ...]

    @property
    def day(self) -> str:
        return in_words(self.post.published, self.post.language)

    @property
    def commented(self) -> datetime:
        return self.post.published + timedelta(hours=5)

    @property
    def stamp(self) -> str:
        """For a feed: RFC 822."""
        return format_datetime(self.post.published)


def build_site(
    site: SiteName, posts: Iterable[BlogPost], addresses: Mapping[SiteName, str]
) -> dict[str, Page]:
    """Make every page of `site` by its path; `NOT_FOUND` is the page for all other paths.

    `addresses` has no slash at the end. The same arguments give the same bytes.
    """
    return dict(_Builder(site, list(posts), addresses).pages())


class _Builder:
    def __init__(
        self, site: SiteName, posts: list[BlogPost], addresses: Mapping[SiteName, str]
    ) -> None:
        self._site, self._addresses = site, addresses
        self._home = addresses[site]
        self._name = _NAMES[site]
        self._language: Language = "nl" if site == "magazine" else "en"
        self._originals = {post.slug: post for post in posts if post.site == "magazine"}
        self._templates = Environment(
            loader=PackageLoader("cxgreetz.demo", "pages"),
            autoescape=select_autoescape(["html", "xml"], default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        own = [post for post in posts if post.site == site]
        languages = {post.slug: post.language for post in own}
        self._shown = [self._show(post, languages) for post in own]
        self._templates.globals.update(
            site=site,
            home=self._home,
            newest=self._shown[:PER_PAGE],
            tags=sorted({tag for post in own for tag in post.tags}),
            in_words=in_words,
            slug=slug,
        )

    def pages(self) -> Iterator[tuple[str, Page]]:
        yield from self._archives()
        for shown in self._shown:
            yield shown.post.path, self._page("single", shown.post.language, shown=shown)
        standing = tomllib.loads((_HOUSE / "pages/standing.toml").read_text(encoding="utf-8"))
        for path, page in standing[self._site].items():
            yield path, self._page("standing", **page)
        yield from self._feed("/comments/feed/", f"Comments for {self._name}", self._shown)
        yield "/robots.txt", Page(b"User-agent: *\nDisallow: /wp-admin/\n", "text/plain")
        for file in (_HOUSE / "pictures").iterdir():
            if file.name.endswith(".png"):
                yield f"/wp-content/uploads/{file.name}", Page(file.read_bytes(), "image/png")

    def _archives(self) -> Iterator[tuple[str, Page]]:
        """Everything, by tag and by author; each as pages, and as a feed where a site has one."""
        yield from self._listing("/", None, self._shown, self._language)
        yield from self._feed("/feed/", self._name, self._shown)
        for tag in {tag for shown in self._shown for tag in shown.post.tags}:
            tagged = [shown for shown in self._shown if tag in shown.post.tags]
            dutch = all(shown.post.language == "nl" for shown in tagged)
            heading = ("Tag Archief van:" if dutch else "Tag Archive of:", tag)
            path = f"/tag/{slug(tag)}/"
            yield from self._listing(path, heading, tagged, "nl" if dutch else self._language)
        for author in {shown.post.author for shown in self._shown}:
            written = [shown for shown in self._shown if shown.post.author == author]
            heading = ("Berichten van" if self._language == "nl" else "Entries by", author)
            path = f"/author/{slug(author)}/"
            yield from self._listing(path, heading, written, self._language)
            yield from self._feed(f"{path}feed/", f"{author} - {self._name}", written)

    def _show(self, post: BlogPost, languages: Mapping[str, Language]) -> _Shown:
        original = self._originals[post.original] if post.original else None
        values: dict[str, object] = {
            "author": self._addresses["author"],
            "magazine": self._addresses["magazine"],
            "uploads": f"{self._home}/wp-content/uploads",
            "original_date": original and in_words(original.published, post.language),
        }
        column, closing = (
            Markup(self._templates.from_string(part).render(values))  # noqa: S704 - our own HTML
            for part in (post.column, post.closing)
        )
        pair = (post.slug, post.alternate) if post.alternate else ()
        return _Shown(
            post=post,
            url=self._home + post.path,
            text=column + "\n" + closing,
            teaser=" ".join(column.striptags().split()[:_TEASER]) + " [...]",
            picture=post.picture and f"{self._home}/wp-content/uploads/{post.picture}",
            alternates=tuple((languages[s], f"{self._home}/{s}/") for s in pair),
        )

    def _listing(
        self,
        path: str,
        heading: tuple[str, str] | None,
        shown: Sequence[_Shown],
        language: Language,
    ) -> Iterator[tuple[str, Page]]:
        """An archive, `PER_PAGE` posts to a page: /tag/x/, /tag/x/page/2/, ..."""
        starts = range(0, len(shown), PER_PAGE)
        paths = [
            f"{path}page/{number}/" if number > 1 else path for number, _ in enumerate(starts, 1)
        ]
        for number, start in enumerate(starts):
            page = self._page(
                "listing",
                language,
                heading=heading,
                path=path,
                entries=shown[start : start + PER_PAGE],
                newer=paths[number - 1] if number else None,
                older=paths[number + 1] if number + 1 < len(paths) else None,
            )
            yield paths[number], page

    def _page(self, template: str, language: Language, **values: object) -> Page:
        """Fill in a template of this site, or one that both share."""
        found = self._templates.select_template(
            [f"{self._site}/{template}.html", f"{template}.html"]
        )
        html = found.render(language=language, nl=language == "nl", **values)
        return Page(html.encode())

    def _feed(self, path: str, title: str, shown: Sequence[_Shown]) -> Iterator[tuple[str, Page]]:
        newest = shown[: _FEED_LENGTH[self._site]]
        name = "comments.xml" if path.startswith("/comments") else "rss.xml"
        xml = self._templates.get_template(name).render(path=path, title=title, shown=newest)
        yield path, Page(xml.encode(), _RSS, newest[0].post.published)


def slug(name: str) -> str:
    """Write a tag or a name as an address does: "cx blogs" -> "cx-blogs"."""
    return "-".join(name.lower().split())
