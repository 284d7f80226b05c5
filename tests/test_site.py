"""The newsletter's home: what stands on it, that it holds together, and that nothing gets in."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

import sample_sites as sites
from cxgreetz.model import BlockKind, BlockView, Image, Origin
from cxgreetz.site import Home, build, faults_in
from cxgreetz.site.feeds import MOST_ENTRIES
from cxgreetz.site.places import Places, slug
from cxgreetz.site.text import clean, origin
from cxgreetz.site.words import own_words

ATOM = {"a": "http://www.w3.org/2005/Atom"}
SCHEMA = Path(__file__).parent / "data" / "atom.rng"


@pytest.fixture(scope="module")
def home() -> Home:
    return sites.a_home()


@pytest.fixture(scope="module")
def files(home: Home) -> dict[str, bytes]:
    return build(home)


def page(files: dict[str, bytes], name: str) -> Any:
    return lxml_html.document_fromstring(files[name].decode())


def links(root: Any, rel: str) -> dict[str, str]:
    found = root.xpath(f"//link[@rel='{rel}'][not(@type)]")
    return {one.get("hreflang", ""): one.get("href") for one in found}


def columns_of(files: dict[str, bytes]) -> list[str]:
    return [name for name in files if "/columns/" in name]


# the whole


def test_every_link_leads_somewhere_and_both_ways(files: dict[str, bytes]) -> None:
    assert faults_in(files, sites.URL) == []
    assert len(columns_of(files)) == 3 * (2 + 2)
    assert {"index.html", "nl/index.html", "en/2026-11/index.html", "style.css"} <= set(files)


def test_without_an_address_it_is_whole_too_and_opens_from_a_disk() -> None:
    files = build(sites.a_home(url=""))
    assert faults_in(files) == []
    assert not {"sitemap.xml", "nl/feed.xml", "nl/feed.json"} & set(files)
    hrefs = {
        h for name in files if name.endswith("html") for h in page(files, name).xpath("//@href")
    }
    assert not [h for h in hrefs if h.endswith("/") and "://" not in h]


def test_the_same_letters_give_the_same_bytes(files: dict[str, bytes]) -> None:
    assert build(sites.a_home()) == files


def test_a_broken_site_is_seen(files: dict[str, bytes]) -> None:
    assert faults_in({n: c for n, c in files.items() if n != "nl/2026-10/index.html"}, sites.URL)
    one_way = files["nl/index.html"].replace(b'hreflang="en"', b'hreflang="fr"')
    one_way = one_way.replace(b"https://letters.example/cx/en/", b"https://letters.example/cx/nl/")
    assert [
        f for f in faults_in({**files, "nl/index.html": one_way}, sites.URL) if "the other way" in f
    ]
    assert faults_in({**files, "extra.html": b"<p>Not listed"}, sites.URL) == [
        "extra.html is not in the sitemap"
    ]
    elsewhere = b'<link rel="canonical" href="https://blog.example/koffie/"><p>Not listed'
    assert faults_in({**files, "extra.html": elsewhere}, sites.URL) == []
    assert faults_in({**files, "nl/index.html": elsewhere}, sites.URL)[-1] == (
        "the sitemap lists nl/index.html, which counts elsewhere"
    )


def test_no_script_no_style_in_a_page_and_only_pictures_that_the_policy_names(
    files: dict[str, bytes],
) -> None:
    for name in [n for n in files if n.endswith(".html")]:
        root = page(files, name)
        assert not root.xpath("//script | //style | //@style | //@*[starts-with(name(),'on')]")
        policy = root.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src ")
        shown = {origin(src) for src in root.xpath("//img/@src")}
        assert all(one in policy for one in shown), name
        assert "unsafe" not in policy and "*" not in policy


# one page


def test_a_letter_says_what_the_email_says(home: Home, files: dict[str, bytes]) -> None:
    public = home.letters_in("en")[0]
    root = page(files, "en/2026-11/index.html")
    told = " ".join(root.text_content().split())
    for item in public.letter.view.items:
        assert item.title in told
    for paragraph in public.letter.view.greeting.split("\n\n"):
        assert " ".join(paragraph.split()) in told
    assert root.xpath("count(//h1)") == 1 and public.letter.view.signature in told
    assert links(root, "alternate") == {
        "nl": f"{sites.URL}nl/2026-11/",
        "en": f"{sites.URL}en/2026-11/",
        "x-default": f"{sites.URL}nl/2026-11/",
    }
    assert links(root, "canonical") == {"": f"{sites.URL}en/2026-11/"}
    # A reader of the web did not come from an email.
    assert "utm_" not in files["en/2026-11/index.html"].decode()


def test_a_corrected_letter_says_so_and_when(home: Home) -> None:
    public = home.letters_in("nl")[0]
    view = replace(public.letter.view, corrected=date(2026, 11, 24))
    at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    mended = replace(public, letter=replace(public.letter, view=view, at=at))
    files = build(replace(home, letters=[mended]))
    assert "Verbeterd op dinsdag 24 november 2026" in files["nl/2026-11/index.html"].decode()
    entry = json.loads(files["nl/feed.json"])["items"][0]
    assert entry["date_published"] == "2026-11-22T09:30:00Z"
    assert entry["date_modified"] == "2026-11-24T08:00:00Z"


@pytest.mark.parametrize("canonical", ["original", "here"])
def test_a_column_names_its_original(canonical: Any) -> None:
    home = sites.a_home(1, canonical=canonical)
    files = build(home)
    column = next(c for c in home.columns.values() if c.language == "en")
    here = f"{sites.URL}en/columns/{column.item.key}/"
    root = page(files, f"en/columns/{column.item.key}/index.html")
    assert links(root, "alternate") == {
        "en": here,
        "nl": column.item.url,
        "x-default": column.item.url,
    }
    assert links(root, "canonical")[""] == (column.item.url if canonical == "original" else here)
    told = " ".join(root.text_content().split())
    assert "Translated from Dutch by machine" in told and "first published in Dutch" in told
    assert root.xpath("//main//a[@hreflang='nl']/@href") == [column.item.url]
    assert root.get("lang") == "en" and root.xpath("//main//*[@lang='nl']")
    assert len(root.xpath("//main//p")) > len(column.item.blocks) - 5


def test_checked_by_the_editor_is_told(home: Home) -> None:
    public = home.letters_in("en")[0]
    item = replace(public.letter.columns[0], origin=Origin.CHECKED)
    letter = replace(public.letter, columns=(item,))
    files = build(replace(home, letters=[replace(public, letter=letter)]))
    assert b"by machine, checked by the editor" in files[f"en/columns/{item.key}/index.html"]


def test_of_an_excerpt_no_more_than_the_excerpt_and_the_original_counts(home: Home) -> None:
    public = home.letters_in("en")[0]
    whole = public.letter.columns[0]
    item = replace(whole, blocks=whole.blocks[:1], truncated=True)
    letter = replace(public.letter, columns=(item,))
    files = build(replace(home, letters=[replace(public, letter=letter)], canonical="here"))
    name = f"en/columns/{item.key}/index.html"
    assert links(page(files, name), "canonical")[""] == item.url
    for where in (name, "en/feed.xml", "en/feed.json"):
        assert whole.blocks[2].html[:40] not in files[where].decode()
    assert b"the whole column stands with the original" in files[name]


def test_an_index_has_every_letter_the_newest_first(files: dict[str, bytes]) -> None:
    hrefs = page(files, "nl/index.html").xpath("//main//h2/a/@href | //main//h3/a/@href")
    assert hrefs == ["2026-11/", "2026-10/", "2026-09/"]
    assert page(files, "index.html").xpath("//main//h2/a/@lang | //main//section/@lang") == [
        "nl",
        "en",
    ]


def test_a_site_without_letters_is_a_site() -> None:
    files = build(sites.a_home(0))
    assert faults_in(files, sites.URL) == []
    assert "nog geen brief" in files["nl/index.html"].decode()
    assert json.loads(files["en/feed.json"])["items"] == []


def test_one_language_and_a_letter_in_one_of_two() -> None:
    home = sites.a_home(2)
    only = [p for p in home.letters if p.language == "nl" or p.edition == "2026-10"]
    files = build(replace(home, letters=only))
    assert faults_in(files, sites.URL) == []
    assert links(page(files, "nl/2026-11/index.html"), "alternate").keys() == {"nl", "x-default"}
    dutch = [p for p in home.letters if p.language == "nl"]
    files = build(replace(home, languages=["nl"], letters=dutch))
    assert faults_in(files, sites.URL) == [] and not [n for n in files if n.startswith("en/")]


def test_the_words_of_the_site_and_of_the_letter_do_not_meet() -> None:
    from cxgreetz.render.template import Template

    letter, own = Template(None).table("words.toml"), own_words()
    assert own["nl"].keys() == own["en"].keys()
    assert not own["nl"].keys() & letter["nl"].keys()


# places


@pytest.mark.parametrize(
    ("web", "place"),
    [
        ("https://letters.example/cx/{edition}/{language}/", "2026-11/nl/"),
        ("https://letters.example/cx/{edition}-{language}.html", "2026-11-nl.html"),
        ("https://letters.example/cx/brief/{edition}/{language}", "brief/2026-11/nl/"),
        ("https://other.example/{edition}/{language}/", "nl/2026-11/"),
        ("https://letters.example/cx/../{edition}/{language}/", "nl/2026-11/"),
        ("https://letters.example/cx/?e={edition}&l={language}", "nl/2026-11/"),
        ("", "nl/2026-11/"),
    ],
)
def test_letters_stand_where_the_email_links_to(web: str, place: str) -> None:
    assert Places(sites.URL, web).letter("nl", "2026-11") == place
    assert faults_in(build(sites.a_home(2, web=web)), sites.URL) == []


@given(st.text(max_size=200))
def test_any_key_gives_a_safe_folder(key: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug(key)) and len(slug(key)) <= 80


@pytest.mark.parametrize(
    "key", ["../../etc/passwd", "/", "", ".", "con", "2026-11", "a/b", "É", "A"]
)
def test_keys_that_are_no_folder_stay_apart(key: str) -> None:
    assert slug(key) != key and slug(key) != slug(key + "x")


# feeds


@pytest.mark.parametrize("language", ["nl", "en"])
def test_two_readers_of_feeds_and_the_json_see_the_same(
    home: Home, files: dict[str, bytes], language: str
) -> None:
    read = feedparser.parse(files[f"{language}/feed.xml"])
    assert not read.bozo and read.feed.language == language
    assert read.feed.link == f"{sites.URL}{language}/"
    root = etree.fromstring(files[f"{language}/feed.xml"])
    told = json.loads(files[f"{language}/feed.json"])
    by_feedparser = [
        (e.id, e.title, e.published, e.updated, e.author, e.link) for e in read.entries
    ]
    by_lxml = [
        tuple(
            e.xpath(f"string({path})", namespaces=ATOM)
            for path in (
                "a:id",
                "a:title",
                "a:published",
                "a:updated",
                "a:author/a:name",
                "a:link[@rel='alternate']/@href",
            )
        )
        for e in root.findall("a:entry", ATOM)
    ]
    by_json = [
        (
            i["id"],
            i["title"],
            i["date_published"],
            i["date_modified"],
            i["authors"][0]["name"],
            i["url"],
        )
        for i in told["items"]
    ]
    assert by_feedparser == by_lxml == by_json and len(by_json) == 3 * (1 + 2)
    bodies = [e.xpath("string(a:content)", namespaces=ATOM) for e in root.findall("a:entry", ATOM)]
    assert bodies == [item["content_html"] for item in told["items"]]
    assert all(e.content[0].language == language for e in read.entries)
    # In full: the last paragraph of each column is there.
    columns = [p.letter.columns for p in home.letters_in(language)]  # type: ignore[arg-type]
    for item in (one for some in columns for one in some):
        assert any(item.blocks[-6].html in body for body in bodies)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_atom_is_as_rfc_4287_wants_it(files: dict[str, bytes], language: str) -> None:
    schema = etree.RelaxNG(etree.parse(SCHEMA))
    root = etree.fromstring(files[f"{language}/feed.xml"])
    assert schema.validate(root), schema.error_log
    assert len({e.text for e in root.iter("{*}id")}) == len(list(root.iter("{*}id")))
    root.find("a:entry/a:updated", ATOM).text = "yesterday"
    assert not schema.validate(root)


def test_a_site_that_moves_is_nothing_new_to_who_follows_it() -> None:
    def told(home: Home) -> dict[str, list[str]]:
        files = build(home)
        atom = [etree.fromstring(files[f"{one}/feed.xml"]) for one in home.languages]
        ids = [e.text for root in atom for e in root.iter("{*}id")]
        items = [
            i for one in home.languages for i in json.loads(files[f"{one}/feed.json"])["items"]
        ]
        assert {item["id"] for item in items} == {
            e.text for root in atom for e in root.findall("a:entry/a:id", ATOM)
        }
        assert all(UUID(one).urn == one for one in ids) and len(set(ids)) == len(ids)
        return {"ids": ids, "urls": [item["url"] for item in items]}

    home = sites.a_home(2)
    there = told(home)
    moved = told(
        replace(
            home,
            url="https://elsewhere.example/",
            web="https://elsewhere.example/{edition}-{language}.html",
            newsletter="CX Groetjes",
        )
    )
    assert moved["ids"] == there["ids"] and set(moved["urls"]).isdisjoint(there["urls"])
    assert home.since
    other = told(replace(home, since=home.since + timedelta(microseconds=1)))
    assert set(other["ids"]).isdisjoint(there["ids"]), "of another newsletter"


def test_json_feed_is_as_version_1_1_wants_it(files: dict[str, bytes]) -> None:
    told = json.loads(files["en/feed.json"])
    assert told["version"] == "https://jsonfeed.org/version/1.1" and told["title"]
    assert told["feed_url"] == f"{sites.URL}en/feed.json" and told["language"] == "en"
    for item in told["items"]:
        assert item["id"] and item["content_html"] and isinstance(item["id"], str)
        assert item["url"].startswith(sites.URL)
        assert all(
            datetime.fromisoformat(item[n]).tzinfo for n in ("date_published", "date_modified")
        )


def test_what_a_feed_links_to_stands_there(files: dict[str, bytes]) -> None:
    for item in json.loads(files["nl/feed.json"])["items"]:
        wrapped = {**files, "nl/entry.html": f"<body>{item['content_html']}".encode()}
        del wrapped["sitemap.xml"]
        assert faults_in(wrapped, sites.URL) == []
        root = lxml_html.fragment_fromstring(item["content_html"], create_parent="div")
        assert all(href.startswith("https://") for href in root.xpath("//@href | //@src"))


def test_a_feed_is_not_endless() -> None:
    told = json.loads(build(sites.a_home(30, 6))["nl/feed.json"])["items"]
    assert len(told) == MOST_ENTRIES and told[0]["url"].endswith("/nl/2026-11/")


@pytest.mark.parametrize("canonical", ["original", "here"])
def test_the_sitemap_lists_the_pages_that_count_and_their_likes(canonical: Any) -> None:
    home = sites.a_home(2, 6, canonical=canonical)
    first = home.letters[0]
    (short, *rest) = first.letter.columns
    cut = replace(first.letter, columns=(replace(short, truncated=True), *rest))
    files = build(replace(home, letters=[replace(first, letter=cut), *home.letters[1:]]))
    root = etree.fromstring(files["sitemap.xml"])
    listed = [loc.text for loc in root.iter("{*}loc")]
    pages = {n: lxml_html.fromstring(files[n]) for n in files if n.endswith(".html")}
    named = [page.xpath("string(//link[@rel='canonical']/@href)") for page in pages.values()]
    assert len(set(listed)) == len(listed)
    assert set(listed) == {one for one in named if one.startswith(sites.URL)}
    columns = [n for n in pages if "/columns/" in n]
    kept = [one for one in listed if "/columns/" in one]
    assert columns and len(kept) == (len(columns) - 1 if canonical == "here" else 0)
    alternates = {
        url.findtext("{*}loc"): {x.get("hreflang"): x.get("href") for x in url.iter("{*}link")}
        for url in root.iter("{*}url")
    }
    for loc, likes in alternates.items():
        assert all(loc in alternates[there].values() for there in likes.values() if loc)


# what others wrote


NASTY = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    '"><svg onload=alert(1)>',
    "</title></head><body>",
    '<a href="javascript:alert(1)">x</a>',
    "<a href='https://a.example/\"onclick=\"x'>x</a>",
    '<span lang="nl" onclick="x">x</span>',
    "<style>*{display:none}</style>",
    "<iframe src=//x.example></iframe>",
    "<p><div><table><td>x",
    "<em><em><strong>",
    "<!-- --><![CDATA[ ]]>",
    "&lt;script&gt;",
    "]]>",
    "\x00\x0b\x85\ud800\ufffe",
    "{{ 7*7 }}{% raw %}",
    "<base href=//x.example>",
    "<meta http-equiv=refresh content=0>",
]
hostile = st.lists(st.sampled_from(NASTY) | st.text(max_size=20), min_size=1, max_size=4).map(
    "".join
)


@settings(max_examples=40, deadline=None)
@given(hostile, hostile, hostile, hostile)
def test_nothing_that_others_wrote_becomes_markup(
    title: str, body: str, url: str, alt: str
) -> None:
    home = sites.a_home(1, 2)
    kinds = [k for k in BlockKind if k is not BlockKind.PICTURE]

    def spoil(public: Any) -> Any:
        image = Image(f"https://{url}", alt, 10, 10)
        bad = tuple(BlockView(body, "nl", kind) for kind in kinds)
        bad += (BlockView(body, "nl", BlockKind.PICTURE, image=image),)
        item = replace(
            public.letter.view.items[0],
            key=title,
            title=title,
            author=title,
            publication=title,
            blocks=bad,
            image=image,
            url=url,
            origin=Origin.ENGINE,
        )
        view = replace(
            public.letter.view, subject=title, preheader=body, greeting=body, items=(item, item)
        )
        return replace(public, letter=replace(public.letter, view=view, columns=(item,)))

    files = build(replace(home, letters=[spoil(p) for p in home.letters], titles={"nl": title}))
    assert faults_in(files, sites.URL) == []
    for name, content in files.items():
        if name.endswith((".xml", ".opml")):
            etree.fromstring(content)
        if not name.endswith(".html"):
            continue
        root = page(files, name)
        assert not root.xpath("//script|//style|//iframe|//base|//object|//form|//table|//@style")
        assert not [a for a in root.xpath("//@*") if a.attrname.startswith("on")]
        assert all(re.match(r"https?://|mailto:|[^:]*$", h) for h in root.xpath("//@href|//@src"))
        assert len(root.xpath("//title")) == len(root.xpath("//h1")) == 1
        assert len(root.xpath("//meta[@http-equiv]")) == 1
    for item in json.loads(files["nl/feed.json"])["items"]:
        inside = lxml_html.fragment_fromstring(item["content_html"], create_parent="div")
        assert not inside.xpath("//script|//style|//iframe|//@style")
        assert not [a for a in inside.xpath("//@*") if a.attrname.startswith("on")]


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("a <strong>b</strong> &amp; c<br/>d", "a <strong>b</strong> &amp; c<br>d"),
        (
            '<a href="https://x.example/?a=1&amp;b=2">x</a>',
            '<a href="https://x.example/?a=1&amp;b=2">x</a>',
        ),
        ('<a href="javascript:x">x</a> y', "x y"),
        ('a<script>b</script>c<!-- d -->e<img alt="f">g', "acefg"),
        ('<span lang="fr">mot</span><span class="x">y</span>', '<span lang="fr">mot</span>y'),
        ('<a href="https://x.example/">a<a href="https://y.example/">b</a></a>', None),
        ("<em></em>a <b>b</b>", "<em></em>a b"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("", ""),
    ],
)
def test_only_what_a_text_needs_comes_through(html: str, kept: str | None) -> None:
    got = str(clean(html))
    assert kept is None or got == kept
    assert clean(got) == got
