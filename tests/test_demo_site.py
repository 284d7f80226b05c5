"""The demo's two sites over real HTTP, and the translation memory that fits them."""

from __future__ import annotations

import re
import socket
import struct
import tomllib
import zlib
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import feedparser
import pytest
import requests
from bs4 import BeautifulSoup, NavigableString, Tag
from lxml import etree

from cxgreetz.config import load_config
from cxgreetz.demo.blog import build_site
from cxgreetz.demo.site import DemoSite
from cxgreetz.demo.texts import AUTHOR, BlogPost, SiteName, in_words, read_posts
from cxgreetz.errors import UsageError
from cxgreetz.language import detect
from cxgreetz.model import Language
from cxgreetz.translation.coded import escape
from cxgreetz.translation.tmx import read_tmx
from cxgreetz.translation.verify import verify

TODAY = date(2026, 11, 22)
ADDRESSES: dict[SiteName, str] = {
    "author": "http://blog.example",
    "magazine": "http://magazine.example",
}
POSTS = {f"{post.site}/{post.slug}": post for post in read_posts(TODAY)}
OWN = [post for post in POSTS.values() if post.author == AUTHOR]
UNTRANSLATED = "author/de-bakker-die-nee-zei"
HALF_TRANSLATED = "author/nummer-87-loket-vier"


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite(TODAY) as running:
        yield running


def soup(url: str) -> BeautifulSoup:
    answer = requests.get(url, timeout=5)
    assert answer.status_code == 200, url
    return BeautifulSoup(answer.content, "html.parser")


def pages_of(archive: str) -> list[BeautifulSoup]:
    """Follow the links to older posts to the end."""
    found = [soup(archive)]
    while older := found[-1].select_one("a.next[rel=next]"):
        found.append(soup(str(older["href"])))
    return found


def titles(page: BeautifulSoup) -> list[str]:
    return [heading.get_text(strip=True) for heading in page.select("article .entry-title")]


# The author's feed


def test_the_feed_holds_the_newest_five_in_full(site: DemoSite) -> None:
    feed = feedparser.parse(requests.get(site.feed_url, timeout=5).content)
    newest = [post for post in OWN if post.site == "author"][:5]
    assert not feed.bozo
    assert [entry.title for entry in feed.entries] == [post.title for post in newest]
    for entry, post in zip(feed.entries, newest, strict=True):
        assert entry.author == AUTHOR
        assert entry.id == entry.link
        assert entry.published_parsed[:3] == post.published.date().timetuple()[:3]
        said = BeautifulSoup(entry.content[0].value, "html.parser").get_text()
        last = BeautifulSoup(post.column, "html.parser").find_all("p")[-1].get_text()
        assert last in said
        assert "{{" not in said


def test_a_post_stands_in_the_tag_archive_that_the_feed_no_longer_carries(site: DemoSite) -> None:
    feed = feedparser.parse(requests.get(site.feed_url, timeout=5).content)
    archived = {title for page in pages_of(site.tag_url) for title in titles(page)}
    assert archived - {entry.title for entry in feed.entries} == {
        "The complaint I framed",
        "Nummer 87, loket vier",
        "The man who knew three hundred umbrellas",
    }


@pytest.mark.parametrize("validator", ["ETag", "Last-Modified"])
def test_a_feed_that_did_not_change_is_304(site: DemoSite, validator: str) -> None:
    asked = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}[validator]
    for url in (site.feed_url, site.magazine_feed_url):
        first = requests.get(url, timeout=5)
        again = requests.get(url, headers={asked: first.headers[validator]}, timeout=5)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]


def test_a_feed_that_changed_since_is_200(site: DemoSite) -> None:
    for headers in (
        {"If-None-Match": '"another"'},
        {"If-Modified-Since": "Mon, 07 Sep 2026 08:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
        {"If-None-Match": '"another"', "If-Modified-Since": "Mon, 07 Dec 2026 08:00:00 GMT"},
    ):
        assert requests.get(site.feed_url, headers=headers, timeout=5).status_code == 200


def test_the_comments_feed_is_advertised_beside_the_posts(site: DemoSite) -> None:
    links = soup(site.tag_url).select('link[type="application/rss+xml"]')
    assert [urlsplit(str(link["href"])).path for link in links] == ["/feed/", "/comments/feed/"]
    comments = feedparser.parse(requests.get(str(links[1]["href"]), timeout=5).content)
    assert not comments.bozo
    assert "Anil on Your opinion matters (until Thursday)" in [e.title for e in comments.entries]


# The archives


def test_the_tag_archive_has_two_pages_in_two_languages(site: DemoSite) -> None:
    pages = pages_of(site.tag_url)
    assert [len(titles(page)) for page in pages] == [5, 3]
    assert [str(page.select("h3")[0].get_text()) for page in pages] == [
        "Tag Archive of: cx blogs"
    ] * 2
    days = [time.get_text() for page in pages for time in page.select("article time")]
    tagged = [post for post in OWN if "cx blogs" in post.tags]
    assert days == [in_words(post.published, post.language) for post in tagged]
    assert {"20 November 2026", "18 november 2026"} < set(days)
    assert not any(page.select("[datetime]") for page in pages)
    assert pages[0].select_one("a.next")["href"] == f"{site.tag_url}page/2/"
    assert requests.get(f"{site.tag_url}page/3/", timeout=5).status_code == 404


def test_the_tag_archive_carries_whole_posts(site: DemoSite) -> None:
    bodies = [body for page in pages_of(site.tag_url) for body in page.select(".entry-content")]
    for body, post in zip(bodies, [p for p in OWN if "cx blogs" in p.tags], strict=True):
        column = BeautifulSoup(post.column, "html.parser")
        assert " ".join(column.get_text().split()) in " ".join(body.get_text().split())


def test_the_second_tag_archive_is_dutch(site: DemoSite) -> None:
    (page,) = pages_of(site.tag_nl_url)
    assert page.select("h3")[0].get_text() == "Tag Archief van: cx masterclass"
    assert page.html is not None
    assert page.html["lang"] == "nl-NL"
    assert titles(page) == [p.title for p in OWN if "cx masterclass" in p.tags]


# The magazine


def test_the_magazine_feed_gives_teasers_of_several_authors(site: DemoSite) -> None:
    feed = feedparser.parse(requests.get(site.magazine_feed_url, timeout=5).content)
    assert not feed.bozo
    assert len({entry.author for entry in feed.entries}) == 3
    assert sum(entry.author == AUTHOR for entry in feed.entries) == 3
    for entry in feed.entries:
        assert entry.summary.endswith("[...]")
        assert "content" not in entry
        body = soup(entry.link).select_one(".entry-content")
        assert len(body.get_text()) > 3 * len(entry.summary)


def test_the_author_archive_of_the_magazine_holds_her_columns_only(site: DemoSite) -> None:
    (page,) = pages_of(site.magazine_author_url)
    assert titles(page) == [post.title for post in OWN if post.site == "magazine"]
    assert "wachtmuziek" not in page.select_one("main").get_text()
    (advertised,) = [
        str(link["href"]) for link in page.select("link[type]") if "author" in link["href"]
    ]
    assert len(feedparser.parse(requests.get(advertised, timeout=5).content).entries) == 3


# Single pages


def test_hreflang_joins_the_pair_both_ways(site: DemoSite) -> None:
    english, dutch = (
        f"{site.author_url}{slug}/"
        for slug in (
            "seven-small-kindnesses-for-a-monday",
            "zeven-kleine-gebaren-voor-een-maandag",
        )
    )
    for url in (english, dutch):
        links = soup(url).select("link[hreflang]")
        assert {link["hreflang"]: link["href"] for link in links} == {"en": english, "nl": dutch}


def test_the_attribution_names_the_day_of_the_original(site: DemoSite) -> None:
    for slug, line in (
        ("your-opinion-matters", "This blog was written for CustomerFirst and published on {}"),
        ("kamer-214", "Deze blog is geschreven voor CustomerFirst en gepubliceerd op {}"),
    ):
        post = POSTS[f"author/{slug}"]
        original = POSTS[f"magazine/{post.original}"]
        day = in_words(original.published, post.language)
        body = soup(f"{site.author_url}{slug}/").select_one(".entry-content")
        assert line.format(day) in body.get_text()
        assert original.published < post.published


def test_one_column_is_the_same_on_both_sites_but_for_its_closing_lines() -> None:
    here, there = POSTS["author/kamer-214"], POSTS["magazine/kamer-214"]
    assert (here.title, here.column) == (there.title, there.column)
    assert here.closing != there.closing


def test_a_single_page_has_what_surrounds_a_column(site: DemoSite) -> None:
    for url in (f"{site.author_url}kamer-214/", f"{site.magazine_url}columns/kamer-214/"):
        page = soup(url)
        assert len(page.select("article")) == 1
        name = page.select_one('meta[property="og:site_name"]')["content"]
        assert page.select_one('meta[property="og:title"]')["content"] == f"Kamer 214 - {name}"
        assert page.title.get_text() == f"Kamer 214 - {name}"
        assert page.select_one("link[rel=canonical]")["href"] == url
        for part in ("header", "nav", "aside", "footer", "#comments"):
            assert page.select_one(part), part
        assert "CustomerFirst" in page.select_one(".entry-content").get_text()
    assert "Els uit Deventer" in page.select_one("#comments").get_text()


def test_every_address_of_the_two_sites_leads_somewhere(site: DemoSite) -> None:
    homes = (site.author_url, site.magazine_url)
    waiting, seen = list(homes), set()
    while waiting:
        url = waiting.pop()
        if url in seen or not url.startswith(homes):
            continue
        seen.add(url)
        answer = requests.get(url, timeout=5)
        assert answer.status_code == 200, url
        if "html" in answer.headers["Content-Type"]:
            page = BeautifulSoup(answer.content, "html.parser")
            found = [
                *(str(a["href"]) for a in page.select("a[href], link[href]")),
                *(str(img["src"]) for img in page.select("img")),
            ]
            waiting += [urljoin(url, link).partition("#")[0] for link in found]
    assert len(seen) > 50


def test_unknown_pages_are_404_and_a_lost_slash_is_found(site: DemoSite) -> None:
    for url in (
        f"{site.author_url}nowhere/",
        f"{site.magazine_url}404",
        f"{site.author_url}wp-json/",
    ):
        assert requests.get(url, timeout=5).status_code == 404
    assert requests.get(site.feed_url.rstrip("/"), timeout=5).url == site.feed_url
    head = requests.head(site.feed_url, timeout=5)
    assert (head.status_code, head.content) == (200, b"")


# The pictures


def test_pictures_are_whole_png_files_of_the_size_the_pages_say(site: DemoSite) -> None:
    pictures = {}
    for page in [*pages_of(site.author_url), soup(f"{site.magazine_url}columns/kamer-214/")]:
        pictures |= {str(img["src"]): img for img in page.select("article img")}
    assert len(pictures) >= 9
    for src, img in pictures.items():
        assert "/wp-content/uploads/" in src
        answer = requests.get(src, timeout=5)
        assert answer.headers["Content-Type"] == "image/png"
        assert len(answer.content) < 20_000
        assert png_size(answer.content) == (int(img["width"]), int(img["height"]))
    assert [urlsplit(src).path for src, img in pictures.items() if "alt" not in img.attrs] == [
        "/wp-content/uploads/umbrellas.png"
    ]


def png_size(png: bytes) -> tuple[int, int]:
    """Read a palette PNG as a decoder would: signature, checksums, the right amount of pixels."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        data = png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + data) == struct.unpack(">I", png[at + 8 + length :][:4])[0]
        chunks[kind] = chunks.get(kind, b"") + data
        at += length + 12
    assert kind == b"IEND"
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert colour == 3
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + (width * depth + 7) // 8)
    return width, height


# The clock


def test_the_same_day_gives_the_same_bytes() -> None:
    def built(day: date) -> list[dict[str, bytes]]:
        posts = read_posts(day)
        return [
            {path: page.body for path, page in build_site(name, posts, ADDRESSES).items()}
            for name in ADDRESSES
        ]

    first, again, later = built(TODAY), built(TODAY), built(TODAY + timedelta(days=1))
    assert first == again
    assert first != later


def test_another_day_changes_no_text_but_the_attribution() -> None:
    def texts(day: date) -> list[str]:
        pages = build_site("author", read_posts(day), ADDRESSES)
        bodies = (
            BeautifulSoup(pages[post.path].body, "html.parser").select_one(".entry-content")
            for post in OWN
            if post.site == "author"
        )
        return [line for body in bodies for line in str(body).splitlines()]

    pairs = list(zip(texts(TODAY), texts(TODAY + timedelta(days=100)), strict=True))
    changed = [old for old, new in pairs if old != new]
    assert len(changed) == 2
    assert all("CustomerFirst</a>" in line for line in changed)


@pytest.mark.parametrize("today", [date(2026, 3, 1), date(2026, 3, 30), date(2028, 2, 29), TODAY])
def test_the_posts_lie_between_the_start_and_today(today: date) -> None:
    posts = read_posts(today)
    assert len(posts) >= 10
    assert today - timedelta(days=42) < posts[-1].published.date()
    assert posts[0].published.date() < today
    with DemoSite(today) as site:
        start = tomllib.loads(site.workspace_file())["newsletter"]["start"]
    assert start == today - timedelta(days=60)


# The workspace and the server


def test_the_workspace_file_reads_these_sites(site: DemoSite, tmp_path: Path) -> None:
    (tmp_path / "cxgreetz.toml").write_text(site.workspace_file(), encoding="utf-8")
    config = load_config(tmp_path, lambda *_asked: None)
    assert [source.url for source in config.sources] == [
        site.feed_url,
        site.tag_url,
        site.tag_nl_url,
        site.magazine_feed_url,
    ]
    magazine = config.sources[-1]
    assert (magazine.name, magazine.author, magazine.excerpt_limit) == (
        "customerfirst",
        AUTHOR,
        600,
    )


def test_the_site_is_silent_and_gone_afterwards(capfd: pytest.CaptureFixture[str]) -> None:
    with DemoSite(TODAY) as site:
        url = site.feed_url
        requests.get(url, timeout=5)
        requests.get(f"{site.author_url}nowhere/", timeout=5)
        with socket.create_connection(("127.0.0.1", int(urlsplit(url).port or 0))) as rude:
            rude.sendall(b"GET /wp-content/uploads/umbrellas.png HTTP/1.0\r\n\r\n")
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert capfd.readouterr() == ("", "")
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def free_pair() -> int:
    """A port that is free, as is the next one."""
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise AssertionError("no two neighbouring ports are free")


def test_the_ports_are_as_asked_and_a_taken_one_is_one_clear_line() -> None:
    port = free_pair()
    with DemoSite(TODAY, port) as site:
        assert urlsplit(site.author_url).port == port
        assert urlsplit(site.magazine_url).port == port + 1
        with pytest.raises(UsageError, match=rf"^Port {port} .*: choose another"):
            DemoSite(TODAY, port).__enter__()
    with DemoSite(TODAY, port) as again:
        assert requests.get(again.feed_url, timeout=5).ok


# The translation memory


def memory() -> dict[str, dict[str, str]]:
    """By language, what is in the memory and what it says in the other one, coded."""
    root = etree.fromstring((files("cxgreetz.demo") / "memory.tmx").read_bytes())
    assert (root.tag, root.get("version")) == ("tmx", "1.4")
    header = root.find("header")
    assert (header.get("srclang"), header.get("segtype")) == ("nl", "paragraph")
    sides: dict[str, dict[str, str]] = {"nl": {}, "en": {}}
    for unit in root.iter("tu"):
        lang = "{http://www.w3.org/XML/1998/namespace}lang"
        said = {tuv.get(lang): code_tmx(tuv.find("seg")) for tuv in unit.iter("tuv")}
        assert said["nl"] != said["en"]
        sides["nl"][said["nl"]] = said["en"]
        sides["en"][said["en"]] = said["nl"]
    return sides


def code_tmx(seg: etree._Element) -> str:
    code = {"bpt": "<g{}>", "ept": "</g{}>", "ph": "<x{}/>"}
    text = escape(seg.text or "")
    for inline in seg:
        text += code[inline.tag].format(inline.get("i") or inline.get("x"))
        text += escape(inline.tail or "")
    return text


def code_html(block: Tag) -> str:
    """Number the inline elements of a block in order of opening; peel what wraps it whole."""
    count = 0

    def code(element: Tag) -> str:
        nonlocal count
        text = ""
        for child in element.children:
            if isinstance(child, NavigableString):
                text += escape(str(child))
            elif isinstance(child, Tag):
                count += 1
                number = count
                void = child.name == "br"
                text += f"<x{number}/>" if void else f"<g{number}>{code(child)}</g{number}>"
        return text

    inside = [child for child in block.children if str(child).strip()]
    if len(inside) == 1 and isinstance(inside[0], Tag):
        return code_html(inside[0])
    return " ".join(code(block).split())


def segments(post: BlogPost) -> list[str]:
    """Everything in a column that needs a translation: title, blocks, alt texts, captions."""
    found = [escape(post.title)]
    for block in BeautifulSoup(post.column, "html.parser").find_all(
        ["p", "h2", "h3", "li", "img", "figcaption"]
    ):
        text = escape(str(block.get("alt", ""))) if block.name == "img" else code_html(block)
        found += [text] if text else []
    return found


def needs_translation() -> dict[str, BlogPost]:
    """Her columns of which she wrote no version in the other language."""
    translated = {
        slug
        for post in OWN
        for slug in (post.slug, post.alternate, post.original)
        if post.alternate
        or (post.original and POSTS[f"magazine/{post.original}"].language != post.language)
    }
    return {key: post for key, post in POSTS.items() if post in OWN and post.slug not in translated}


def test_the_memory_lacks_exactly_what_the_editor_is_to_translate() -> None:
    known, columns = memory(), needs_translation()
    assert len(columns) == 8
    for key, post in columns.items():
        all_of_it = segments(post)
        missing = [text for text in all_of_it if text not in known[post.language]]
        if key == UNTRANSLATED:
            assert missing == all_of_it
        elif key == HALF_TRANSLATED:
            assert missing == all_of_it[-2:]
        else:
            assert missing == [], key
    assert list(columns)[1] == UNTRANSLATED
    assert OWN[1] == POSTS[UNTRANSLATED]


def test_the_memory_holds_nothing_else() -> None:
    known = memory()
    used = {(p.language, text) for p in needs_translation().values() for text in segments(p)}
    for text, other in known["nl"].items():
        assert ("nl", text) in used or ("en", other) in used


def test_every_translation_stands_up_to_our_own_checks() -> None:
    def language(text: str) -> Language | None:
        return detect(text).language

    with as_file(files("cxgreetz.demo") / "memory.tmx") as path:
        entries = list(read_tmx(path))
    assert len(entries) == len(memory()["nl"])
    for entry in entries:
        said = (entry.source_text, entry.target_text, entry.source_language, entry.target_language)
        assert verify(*said, language) == []


def test_the_columns_have_what_columns_have() -> None:
    whole = BeautifulSoup("".join(post.column for post in OWN), "html.parser")
    for tag in ("a", "strong", "em", "ol", "ul", "h2", "h3", "blockquote", "br", "figcaption"):
        assert whole.find(tag), tag
    closings = " ".join(post.closing for post in OWN)
    for line in ("*****", "Sign up here", "Meld je hier aan", "&gt;&gt;&gt; Feel free to comment"):
        assert line in closings
    for post in POSTS.values():
        words = len(BeautifulSoup(post.column, "html.parser").get_text(" ").split())
        assert 200 <= words <= 450, post.slug
        assert not re.search(r"\b20\d\d\b", post.column), post.slug
