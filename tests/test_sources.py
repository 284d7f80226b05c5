"""Reading sources: feeds, archives, the WordPress API; and finding out which is which."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cxgreetz.errors import SourceError
from cxgreetz.markup import plain_text
from cxgreetz.model import Image, Post, Source
from cxgreetz.net import Limits, Net
from cxgreetz.ports import plugin
from cxgreetz.sources import resolve
from cxgreetz.sources._apart import parse_feed_apart
from cxgreetz.sources._feedxml import BadFeedError, is_feed, prepare_feed
from servers.blog_site import Answer, BlogPost, BlogSite

BODY = (
    "<p>Vorige week stond ik in een winkel waar niemand me zag staan, en dat terwijl er drie "
    "mensen achter de balie met elkaar in gesprek waren over hun weekend en over het weer.</p>"
    "<p>Toen er eindelijk iemand opkeek, kreeg ik geen groet maar een zucht. Dat deed iets met me, "
    "en niet alleen omdat ik haast had die middag. Aandacht kost niets, zei mijn moeder altijd.</p>"
)
MARCH = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


def post(number: int, **changes: object) -> BlogPost:
    made = BlogPost(
        slug=f"stuk-{number}",
        title=f"Stuk {number}",
        body=f"{BODY}<p>Dit was nummer {number}, en het was niet het laatste.</p>",
        published=MARCH - timedelta(days=number),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture
def net() -> Net:
    return Net({"127.0.0.1"}, limits=Limits(connect=2, read=5, total=10), sleep=lambda _: None)


@pytest.fixture
def site() -> Iterator[BlogSite]:
    with BlogSite(*(post(n) for n in range(1, 4))) as running:
        yield running


def reading(
    net: Net, kind: str, url: str, since: datetime | None = None, **more: object
) -> Iterable[Post]:
    source = Source("blog", url, kind, **more)  # type: ignore[arg-type]
    found: Iterable[Post] = plugin("sources", kind, path="sources[0].kind").read(source, net, since)
    return found


def text_of(found: Post) -> str:
    return " ".join(plain_text(block.html) for block in found.blocks)


def gather(posts: Iterable[Post]) -> tuple[list[Post], str | None]:
    """The posts given before the end or a failure, and the failure."""
    given: list[Post] = []
    try:
        for found in posts:
            given.append(found)
    except SourceError as error:
        return given, str(error)
    return given, None


# every kind gives the same


@pytest.mark.parametrize(
    ("kind", "path"),
    [("feed", "/feed/"), ("page", "/tag/cx-blogs/"), ("wordpress", "/wp-json/")],
)
@pytest.mark.parametrize(
    "look", [{}, {"teasers": True}, {"archive": "excerpt"}, {"archive": "shortened"}]
)
def test_every_kind_gives_the_whole_posts(
    net: Net, kind: str, path: str, look: dict[str, object]
) -> None:
    posts = [post(n) for n in range(1, 6)]
    with BlogSite(*posts, per_page=2, **look) as site:  # type: ignore[arg-type]
        found, failure = gather(reading(net, kind, site.url + path))
    assert failure is None
    assert [p.title for p in found] == [f"Stuk {n}" for n in range(1, 6)]
    for number, one in enumerate(found, 1):
        assert one.url == f"{site.url}/stuk-{number}/"
        assert text_of(one) == plain_text(posts[number - 1].body).replace("\n\n", " ")
        assert one.published and one.published.date() == posts[number - 1].published.date()
        assert (one.language, one.credit.author) == ("nl", "Anna Voorbeeld")
        assert one.tags == ("cx blogs",)
        assert one.source == "blog"


@pytest.mark.parametrize(
    ("kind", "path", "asked"),
    [
        ("feed", "/feed/", ["/feed/", "/feed/?paged=2"]),
        ("page", "/tag/cx-blogs/", ["/tag/cx-blogs/", "/tag/cx-blogs/page/2/"]),
    ],
)
def test_older_pages_are_asked_for_as_far_as_needed(
    net: Net, kind: str, path: str, asked: list[str]
) -> None:
    with BlogSite(*(post(n) for n in range(1, 9)), per_page=2) as site:
        since = MARCH - timedelta(days=3, hours=12)
        found, failure = gather(reading(net, kind, site.url + path, since))
        assert [p.title for p in found] == ["Stuk 1", "Stuk 2", "Stuk 3"]
        assert failure is None
        assert [r for r in site.requests if "stuk" not in r][:2] == asked
        assert len([r for r in site.requests if "stuk" not in r]) <= 3


@pytest.mark.parametrize("kind", ["feed", "page", "wordpress"])
def test_only_the_wanted_author(net: Net, kind: str) -> None:
    others = [post(4, author="Jan van der Proef"), post(5, author="Ad Joanna Voorbeelden")]
    path = {"feed": "/feed/", "page": "/tag/cx-blogs/", "wordpress": "/wp-json/"}[kind]
    with BlogSite(post(1), *others, teasers=True) as site:
        found, failure = gather(reading(net, kind, site.url + path, author="anna  voorbeeld"))
        assert ([p.title for p in found], failure) == (["Stuk 1"], None)
        assert "/stuk-4/" not in site.requests


@pytest.mark.parametrize("kind", ["feed", "page"])
def test_the_author_is_looked_up_on_the_page_when_the_list_names_none(net: Net, kind: str) -> None:
    path = {"feed": "/feed/", "page": "/tag/cx-blogs/"}[kind]
    posts = [post(1), post(2, author="Jan van der Proef"), post(3, author=None)]
    with BlogSite(*posts, bylines=False) as site:
        found, failure = gather(reading(net, kind, site.url + path, author="Anna Voorbeeld"))
        assert [p.credit.author for p in found] == ["Anna Voorbeeld"]
        assert failure and '"Stuk 3"' in failure and "names no author" in failure
        found, failure = gather(reading(net, kind, site.url + path))
        assert len(found) == 3 and failure is None


def test_what_a_post_carries(net: Net) -> None:
    ending = (
        '<p>Deze blog schreef ik voor <a href="https://m.example/">Klantgericht</a> en verscheen '
        "op 2 maart 2026.</p><p>Geen blog meer missen? Meld je aan voor mijn brief!</p>"
    )
    body = f'<figure><img src="/foto.jpg" alt="Winkel"></figure>{BODY}{BODY}{ending}'
    head = (
        '<link rel="canonical" href="https://m.example/stuk/">'
        '<link rel="alternate" hreflang="en" href="/en/piece/?utm_source=x">'
        '<meta property="og:image" content="/og.jpg">'
    )
    with BlogSite(post(1, body=body, head=head, title="Q&A: <3"), teasers=True) as site:
        source = reading(net, "feed", f"{site.url}/feed/", excerpt_limit=300)
        ((found,), failure) = gather(source)
    assert failure is None
    assert found.title == "Q&A: <3"
    assert found.guid == f"{site.url}/?p=stuk-1"
    assert found.image == Image(f"{site.url}/foto.jpg", "Winkel")
    assert (found.credit.publication, found.credit.excerpt_limit) == ("Klantgericht", 300)
    assert found.credit.published == datetime(2026, 3, 2, tzinfo=UTC)
    assert found.credit.link == "https://m.example/stuk/"
    assert [cut.rule for cut in found.cuts] == ["attribution", "sign-up"]
    assert found.alternates == (("en", f"{site.url}/en/piece/"),)
    assert {block.language for block in found.blocks} == {"nl", None}


def test_the_text_outvotes_the_declared_language_and_a_third_one_is_none(net: Net) -> None:
    english = "<p>" + "Last week I was in a shop where nobody saw me, and that is a pity. " * 5
    german = "<p>" + "Letzte Woche war ich in einem Laden, in dem mich niemand gesehen hat. " * 5
    with BlogSite(post(1, body=english), post(2, body=german), post(3, body="<p>CX</p>")) as site:
        for declared in ("nl", "en"):
            found, _ = gather(reading(net, "feed", f"{site.url}/feed/", language=declared))
            assert [p.language for p in found] == ["en", None, declared]


# one that fails does not take the others with it


@pytest.mark.parametrize(("kind", "path"), [("feed", "/feed/"), ("page", "/tag/cx-blogs/")])
def test_a_post_whose_page_fails_is_named_and_the_others_are_given(
    net: Net, site: BlogSite, kind: str, path: str
) -> None:
    site.teasers, site.archive = True, "excerpt"
    site.answers["/stuk-2/"] = Answer(status=404)
    found, failure = gather(reading(net, kind, site.url + path))
    assert [p.title for p in found] == ["Stuk 1", "Stuk 3"]
    assert failure is not None
    assert failure.startswith('source "blog": left for the next run, not lost: "Stuk 2" (')
    assert "404" in failure and "\n" not in failure


@pytest.mark.parametrize(
    "page",
    [
        Answer("<html><main><p>Even geduld, we controleren of je een mens bent.</p></main></html>"),
        Answer("<html><body></body></html>"),
        Answer(b"%PDF-1.7", content_type="application/pdf"),
    ],
)
def test_a_page_without_the_text_is_not_taken_for_it(
    net: Net, site: BlogSite, page: Answer
) -> None:
    site.teasers = True
    site.answers["/stuk-1/"] = page
    found, failure = gather(reading(net, "feed", f"{site.url}/feed/"))
    assert [p.title for p in found] == ["Stuk 2", "Stuk 3"]
    assert failure and '"Stuk 1"' in failure


def test_a_site_that_is_down_is_not_asked_for_every_post(net: Net) -> None:
    with BlogSite(*(post(n) for n in range(1, 10)), teasers=True) as site:
        for number in range(1, 10):
            site.answers[f"/stuk-{number}/"] = Answer(status=500)
        found, failure = gather(reading(net, "feed", f"{site.url}/feed/"))
        assert found == []
        assert failure and "and 6 more" in failure
        assert len([r for r in site.requests if "stuk" in r]) == 3


@pytest.mark.parametrize(
    ("kind", "path", "second"),
    [
        ("feed", "/feed/", "/feed/?paged=2"),
        ("page", "/tag/cx-blogs/", "/tag/cx-blogs/page/2/"),
    ],
)
def test_posts_given_before_a_failure_stay_given(
    net: Net, kind: str, path: str, second: str
) -> None:
    with BlogSite(*(post(n) for n in range(1, 6)), per_page=2) as site:
        site.answers[second] = Answer(status=500)
        found, failure = gather(reading(net, kind, site.url + path))
        assert len(found) == 2
        assert failure and "500" in failure and "next run" in failure


@pytest.mark.parametrize("kind", ["feed", "page", "wordpress"])
def test_an_unreachable_source_is_one_clear_line(net: Net, site: BlogSite, kind: str) -> None:
    found, failure = gather(reading(net, kind, f"{site.url}/weg/"))
    assert found == []
    assert failure == f'source "blog": {site.url}/weg/ answered 404 (Not Found)'


# feeds

ATTRIBUTE, NAMESPACE = 'a{0}=""', 'xmlns:a{0}="u{0}"'


def numbered(part: str, count: int) -> str:
    return " ".join(part.format(number) for number in range(count))


def test_a_web_page_instead_of_a_feed_names_the_feed(net: Net, site: BlogSite) -> None:
    _, failure = gather(reading(net, "feed", f"{site.url}/tag/cx-blogs/"))
    assert failure and f"answered with a web page; its feed is at {site.url}/feed/" in failure


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer("", content_type="text/xml"), "answered with nothing"),
        (Answer("  \n ", content_type="text/xml"), "answered with nothing"),
        (Answer("<html><p>Onderhoud</p></html>"), "answered with a web page"),
        (Answer('{"version": "x"}', content_type="application/json"), "is no feed but"),
        (Answer(bytes(range(256)) * 40, content_type="text/xml"), "is no feed but"),
        (Answer("<rss><channel><title>Comments for Blog</title></channel></rss>"), "comments"),
        (Answer(f"<rss {numbered(ATTRIBUTE, 200)}/>"), "100 attributes"),
    ],
)
def test_what_is_no_feed_is_one_clear_line(
    net: Net, site: BlogSite, answer: Answer, said: str
) -> None:
    site.answers["/feed/"] = answer
    found, failure = gather(reading(net, "feed", f"{site.url}/feed/"))
    assert found == []
    assert failure and said in failure and failure.count("\n") == 0


def test_a_feed_without_entries_gives_nothing_and_is_no_failure(net: Net, site: BlogSite) -> None:
    site.answers["/feed/"] = Answer("<rss><channel><title>Nieuw</title></channel></rss>")
    assert gather(reading(net, "feed", f"{site.url}/feed/")) == ([], None)


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"
 xml:base="https://blog.example/"><title>Blog</title><author><name>Anna Voorbeeld</name></author>
<link rel="next" href="{next}"/><entry><title type="html">Q&amp;amp;A</title><id>tag:1</id>
<link rel="alternate" href="/a-piece"/><link rel="alternate" hreflang="nl" href="/een-stuk"/>
<published>2026-03-01T09:00:00+01:00</published><updated>2026-03-02T09:00:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>This is <b>all</b> there is to
 say, and it is <a href="x?a=1&amp;copy=2">here</a>: 3 &lt; 4.</p><img src="p.jpg" alt="A"/></div>
</content></entry></feed>"""


def test_atom(net: Net, site: BlogSite) -> None:
    older = ATOM.replace("tag:1", "tag:2").replace("/a-piece", "/b")
    site.answers["/atom"] = Answer(ATOM.replace("{next}", f"{site.url}/atom?p=2"))
    site.answers["/atom?p=2"] = Answer(older.replace("{next}", f"{site.url}/atom"))
    found, failure = gather(reading(net, "feed", f"{site.url}/atom"))
    assert failure is None
    assert [p.url for p in found] == ["https://blog.example/a-piece", "https://blog.example/b"]
    first = found[0]
    assert (first.title, first.guid, first.language) == ("Q&A", "tag:1", "en")
    assert first.published == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert first.updated == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert first.credit.author == "Anna Voorbeeld"
    assert first.alternates == (("nl", "https://blog.example/een-stuk"),)
    assert first.blocks[0].html == (
        "This is <strong>all</strong> there is to say, and it is "
        '<a href="https://blog.example/x?a=1&amp;copy=2">here</a>: 3 &lt; 4.'
    )
    assert first.image == Image("https://blog.example/p.jpg", "A")


RSS = """<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>B</title>
<item><title>Een</title><link>{url}/een/?utm_source=rss</link><pubDate>{date}</pubDate>
<description>{text}</description><media:thumbnail url="/klein.jpg"/></item></channel></rss>"""


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("07-10-2020 08:00", datetime(2020, 10, 7, 6, tzinfo=UTC)),
        ("wo, 07 okt 2020", datetime(2020, 10, 7, tzinfo=UTC)),
        ("zomaar een dag", None),
    ],
)
def test_feedparsers_guesses_at_dates_are_never_taken(
    net: Net, site: BlogSite, date: str, moment: datetime | None
) -> None:
    text = "Een hele lange tekst. " * 60
    site.answers["/rss"] = Answer(RSS.format(url="https://b.example", date=date, text=text))
    ((found,), failure) = gather(reading(net, "feed", f"{site.url}/rss"))
    assert failure is None
    assert (found.published, found.url) == (moment, "https://b.example/een/")
    assert found.image == Image("https://b.example/klein.jpg")


def test_a_post_without_a_title_is_known_by_how_it_begins(net: Net, site: BlogSite) -> None:
    text = "Wie niet luistert, hoort ook niet wat er klopt. " * 30
    feed = RSS.format(url="https://b.example", date="", text=text)
    site.answers["/rss"] = Answer(feed.replace("<title>Een</title>", ""))
    ((found,), _) = gather(reading(net, "feed", f"{site.url}/rss"))
    assert found.title == "Wie niet luistert, hoort ook niet wat er…"


def test_entries_without_an_address_are_named(net: Net, site: BlogSite) -> None:
    feed = RSS.format(url="", date="", text="Een hele lange tekst. " * 60)
    site.answers["/rss"] = Answer(feed.replace("<link>/een/?utm_source=rss</link>", ""))
    found, failure = gather(reading(net, "feed", f"{site.url}/rss"))
    assert found == []
    assert failure and '"Een"' in failure and "has no address" in failure


MESSY = {
    "an entity HTML has": ("&nbsp;&eacute;&rsquo;", "\xa0é’"),
    "a bare ampersand": ("Vraag & antwoord &", "Vraag & antwoord &"),
    "an unknown entity": ("&onzin;", "&onzin;"),
    "a control character": ("een\x0btwee", "eentwee"),
    "entities in CDATA": ("<![CDATA[R&amp;D &eacute;]]>", "R&D é"),
}


@pytest.mark.parametrize("name", MESSY)
def test_xml_that_is_not_well_formed_is_mended(net: Net, site: BlogSite, name: str) -> None:
    broken, read = MESSY[name]
    filler = "Een hele lange tekst. " * 60
    feed = RSS.format(url="https://b.example", date="", text=f"{filler}{broken}").strip()
    for text in (
        feed,
        f"<br />\n<b>Warning</b>: x\n{feed}",
        f"<!DOCTYPE rss [<!ENTITY a 'b'>]>{feed}",
    ):
        site.answers["/rss"] = Answer(text, content_type="text/xml; charset=utf-8")
        ((found,), failure) = gather(reading(net, "feed", f"{site.url}/rss"))
        assert failure is None
        assert text_of(found).endswith(f"tekst. {read}")


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", "utf-8"), ("utf-16", "utf-16"), ("cp1252", "windows-1252"), ("cp1252", "utf-8")],
)
def test_whatever_the_encoding_and_what_it_is_called(
    net: Net, site: BlogSite, encoding: str, declared: str
) -> None:
    feed = RSS.format(url="https://b.example", date="", text="Café “één” – " * 60)
    body = f'<?xml version="1.0" encoding="{declared}"?>{feed}'.encode(encoding)
    site.answers["/rss"] = Answer(body, content_type="text/xml")
    ((found,), _) = gather(reading(net, "feed", f"{site.url}/rss"))
    assert text_of(found).startswith("Café “één” – Café")


def test_a_feed_that_breaks_off_gives_its_whole_entries_and_says_so(net: Net) -> None:
    with BlogSite(*(post(n) for n in range(1, 4))) as site:
        whole = str(site.answer("/feed/").body)
        site.answers["/feed/"] = Answer(whole[: whole.rindex("Dit was nummer 3")])
        site.answers["/feed/?paged=2"] = Answer(status=404)
        found, failure = gather(reading(net, "feed", f"{site.url}/feed/"))
    assert [p.title for p in found] == ["Stuk 1", "Stuk 2"]
    assert failure and "breaks off" in failure


def test_entities_and_files_are_never_resolved() -> None:
    lol = "".join(
        f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};&l{n - 1};&l{n - 1};">' for n in range(1, 40)
    )
    for doctype in (
        f'<!DOCTYPE rss [<!ENTITY l0 "lol">{lol}]>',
        '<!DOCTYPE rss [<!ENTITY l39 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/x.dtd">',
    ):
        prepared = prepare_feed(f"{doctype}<rss><channel><title>&l39;</title></channel></rss>")
        assert b"root:" not in prepared.xml and len(prepared.xml) < 300


@pytest.mark.parametrize(
    "feed",
    [
        f"<rss {numbered(ATTRIBUTE, 100_000)}></rss>",
        f"<rss {numbered(NAMESPACE, 20_000)}></rss>",
        "<rss>" + "<item/>" * 6000 + "</rss>",
        "<rss>" + "<a>" * 200 + "</a>" * 200 + "</rss>",
        "<rss>" + "<a>" * 100_000,
        "<rss>" + "&" * 1_000_000 + "<item " * 6000,
    ],
)
def test_a_feed_beyond_all_limits_is_refused_at_once(feed: str) -> None:
    start = time.process_time()
    try:
        assert len(prepare_feed(feed).xml) < 10 * len(feed)
    except BadFeedError as error:
        assert "\n" not in str(error)
    assert time.process_time() - start < 5


def test_a_feed_of_five_megabytes_is_read_in_seconds(net: Net, site: BlogSite) -> None:
    item = f"<item><title>T</title><link>https://b.example/{{}}</link><pubDate>Mon, 02 Mar 2026 08:00:00 GMT</pubDate><description>{'tekst &amp; meer ' * 70}</description></item>"  # noqa: E501
    old = item.replace("2026", "2019")
    items = "".join((old if n else item).format(n) for n in range(4200))
    site.answers["/rss"] = Answer(f"<rss version='2.0'><channel>{items} & </channel></rss>")
    start = time.monotonic()
    found, _ = gather(
        reading(net, "feed", f"{site.url}/rss", since=datetime(2026, 1, 1, tzinfo=UTC))
    )
    assert [p.url for p in found] == ["https://b.example/0"]
    assert time.monotonic() - start < 20


@pytest.mark.parametrize(
    ("text", "feed"),
    [
        ("<?xml version='1.0'?><rss>", True),
        ("<rdf:RDF xmlns='x'>", True),
        ("<atom:feed>", True),
        ("<!-- x --><feed xmlns=''>", True),
        ("<html><body><feed>", False),
        ("<!DOCTYPE html><rss>", True),
        ("<p>feed</p>", False),
        ("", False),
    ],
)
def test_a_feed_is_known_by_its_first_element(text: str, feed: bool) -> None:
    assert is_feed(text) is feed


# archives


def test_whole_posts_are_not_fetched_again_except_one_to_make_sure(net: Net) -> None:
    with BlogSite(*(post(n) for n in range(1, 6))) as site:
        found, _ = gather(reading(net, "page", f"{site.url}/tag/cx-blogs/"))
        assert len(found) == 5
        assert [r for r in site.requests if "stuk" in r] == ["/stuk-1/"]


def test_a_page_without_posts_is_an_error(net: Net, site: BlogSite) -> None:
    site.answers["/blog/"] = Answer("<html><main><p>Binnenkort meer.</p></main></html>")
    _, failure = gather(reading(net, "page", f"{site.url}/blog/"))
    assert failure == (f'source "blog": no posts found on {site.url}/blog/; has the page changed?')


def test_pages_that_lead_to_each_other_end(net: Net, site: BlogSite) -> None:
    first = str(site.answer("/tag/cx-blogs/").body)
    link = '<a rel="next" href="{}">ouder</a></main>'
    site.answers["/a/"] = Answer(first.replace("</main>", link.format("/b/")))
    site.answers["/b/"] = Answer(first.replace("</main>", link.format("/a/")))
    found, failure = gather(reading(net, "page", f"{site.url}/a/"))
    assert (len(found), failure) == (3, None)
    assert site.requests.count("/a/") == 1 and site.requests.count("/b/") <= 1


def test_an_archive_without_dates_is_not_followed_for_ever(net: Net) -> None:
    with BlogSite(*(post(n) for n in range(1, 41)), per_page=2) as site:
        for number in range(1, 21):
            path = f"/tag/cx-blogs/page/{number}/" if number > 1 else "/tag/cx-blogs/"
            page = re.sub("<time.*?</time>", "", str(site.answer(path).body))
            site.answers[path] = Answer(page)
        since = MARCH - timedelta(days=3, hours=12)
        found, failure = gather(reading(net, "page", f"{site.url}/tag/cx-blogs/", since))
        assert ([p.title for p in found], failure) == (["Stuk 1", "Stuk 2", "Stuk 3"], None)
        assert len(site.requests) <= 3 + 6


# WordPress


@pytest.mark.parametrize(
    "path",
    ["/tag/cx-blogs/", "/?tag=cx-blogs", "/onderwerp/cx-blogs/", "/wp-json/wp/v2/posts?tags=2",
     "/wp-json/wp/v2/tags/2"],
)  # fmt: skip
@pytest.mark.parametrize("named", ["header", "page", "header with the tag"])
def test_wordpress_finds_what_an_address_stands_for(net: Net, path: str, named: str) -> None:
    with BlogSite(post(1), post(2, tags=("aandacht",)), post(3)) as site:
        root = f"{site.url}/wp-json/"
        page = Answer("<html></html>")
        if named == "page":
            page.body = f'<link rel="https://api.w.org/" href="{root}">'
        else:
            tag = f', <{root}wp/v2/tags/2>; rel="alternate"; type="application/json"'
            page.headers["Link"] = f'<{root}>; rel="https://api.w.org/"'
            page.headers["Link"] += tag if named == "header with the tag" else ""
        if "wp-json" not in path:
            site.answers[path] = page
        found, failure = gather(reading(net, "wordpress", site.url + path))
    assert failure is None
    assert [p.title for p in found] == ["Stuk 1", "Stuk 3"]


def test_wordpress_without_pretty_addresses(net: Net, site: BlogSite) -> None:
    root = f"{site.url}/index.php?rest_route=/"
    site.answers["/"] = Answer("", headers={"Link": f'<{root}>; rel="https://api.w.org/"'})
    real = site.answer

    def answer(target: str) -> Answer:
        plain = target.replace("/index.php?rest_route=/", "/wp-json/").replace("&", "?", 1)
        return real(plain)

    site.answer = answer  # type: ignore[method-assign]
    found, failure = gather(reading(net, "wordpress", f"{site.url}/"))
    assert ([p.title for p in found], failure) == (["Stuk 1", "Stuk 2", "Stuk 3"], None)


def test_wordpress_asks_a_hundred_at_a_time_and_only_what_is_new(net: Net) -> None:
    with BlogSite(*(post(n) for n in range(1, 151))) as site:
        found, _ = gather(reading(net, "wordpress", f"{site.url}/wp-json/"))
        assert len(found) == 150
        assert len([r for r in site.requests if "/posts?" in r]) == 2
        site.requests.clear()
        since = MARCH - timedelta(days=3)
        found, _ = gather(reading(net, "wordpress", f"{site.url}/wp-json/", since))
        assert [p.title for p in found] == ["Stuk 1", "Stuk 2", "Stuk 3"]
        assert "after=2026-03-05T08:00:00Z" in site.requests[0]


def test_wordpress_with_a_closed_api_names_the_feed(net: Net, site: BlogSite) -> None:
    site.rest = False
    _, failure = gather(reading(net, "wordpress", f"{site.url}/wp-json/"))
    assert failure and "401" in failure and 'kind = "feed"' in failure


def test_wordpress_with_closed_names_gives_posts_but_no_filtered_ones(
    net: Net, site: BlogSite
) -> None:
    users = next(r for r in requests_of(net, site) if "/users?" in r)
    site.answers[users] = Answer(status=403)
    found, failure = gather(reading(net, "wordpress", f"{site.url}/wp-json/"))
    assert ([p.credit.author for p in found], failure) == ([None] * 3, None)
    source = reading(net, "wordpress", f"{site.url}/wp-json/", author="Anna Voorbeeld")
    found, failure = gather(source)
    assert found == []
    assert failure and "does not say who wrote what" in failure and 'kind = "feed"' in failure


def requests_of(net: Net, site: BlogSite) -> list[str]:
    gather(reading(net, "wordpress", f"{site.url}/wp-json/"))
    return list(site.requests)


def test_wordpress_featured_pictures_and_protected_posts(net: Net, site: BlogSite) -> None:
    posts = next(r for r in requests_of(net, site) if "/posts?" in r)
    shown = json.loads(site.answer(posts).body)
    shown[0]["featured_media"] = 7
    shown[1]["content"] = {"rendered": "", "protected": True}
    shown[2]["title"] = {"rendered": "Aandacht &#8211; <em>altijd</em>"}
    site.answers[posts] = Answer(json.dumps(shown), content_type="application/json")
    large = {"sizes": {"large": {"source_url": f"{site.url}/groot.jpg"}}}
    media = [{"id": 7, "source_url": f"{site.url}/reus.jpg", "media_details": large}]
    fields = "id,source_url,media_details.sizes.large"
    site.answers[f"/wp-json/wp/v2/media?include=7&per_page=100&_fields={fields}"] = Answer(
        json.dumps(media), content_type="application/json"
    )
    found, failure = gather(reading(net, "wordpress", f"{site.url}/wp-json/"))
    assert failure is None
    assert [p.title for p in found] == ["Stuk 1", "Aandacht – altijd"]
    assert found[0].image == Image(f"{site.url}/groot.jpg")


@pytest.mark.parametrize("body", ["<html>", "{}", "[1, {}, null]", "[[[["])
def test_wordpress_nonsense_is_one_clear_line_or_nothing(
    net: Net, site: BlogSite, body: str
) -> None:
    posts = next(r for r in requests_of(net, site) if "/posts?" in r)
    site.answers[posts] = Answer(body, content_type="application/json")
    found, failure = gather(reading(net, "wordpress", f"{site.url}/wp-json/"))
    assert found == []
    assert failure is None or ("JSON" in failure and "\n" not in failure)


def test_no_wordpress(net: Net, site: BlogSite) -> None:
    _, failure = gather(reading(net, "wordpress", f"{site.url}/stuk-1/"))
    assert failure and "does not name a WordPress API" in failure


# finding out what a source is


@pytest.mark.parametrize(
    ("path", "kind", "leads_to"),
    [
        ("/feed/", "feed", "/feed/"),
        ("/tag/cx-blogs/", "page", "/tag/cx-blogs/"),
        ("/", "feed", "/feed/"),
        ("/leeg/", "feed", "/feed/"),
        ("/wp-json/", "wordpress", "/wp-json/"),
        ("/gewoon/", "page", "/gewoon/"),
    ],
)
def test_a_source_is_known_by_what_it_answers(
    net: Net, site: BlogSite, path: str, kind: str, leads_to: str
) -> None:
    site.answers["/"] = Answer(str(site.answer("/tag/cx-blogs/").body))
    site.answers["/leeg/"] = Answer(f"<html><head>{site.head}</head><p>Script nodig</p></html>")
    site.answers["/gewoon/"] = Answer('<main><h2><a href="/een/">Een</a></h2></main>')
    site.answers["/wp-json/"] = Answer("{}", content_type="application/json")
    resolved = resolve(Source("blog", site.url + path), net)
    assert (resolved.kind, resolved.url) == (kind, site.url + leads_to)
    assert resolved.note


def test_a_declared_kind_is_not_questioned(net: Net) -> None:
    resolved = resolve(Source("blog", "http://127.0.0.1:1/", "page"), net)
    assert (resolved.kind, resolved.url) == ("page", "http://127.0.0.1:1/")


@pytest.mark.parametrize("head", ["", "comments only"])
def test_a_source_that_is_nothing_known(net: Net, site: BlogSite, head: str) -> None:
    comments = '<link rel="alternate" type="application/rss+xml" href="/comments/feed/">'
    site.answers["/"] = Answer(f"<html><head>{comments if head else ''}</head><p>Hoi</p></html>")
    with pytest.raises(SourceError, match=r'^source "blog": .* neither a feed nor a page'):
        resolve(Source("blog", f"{site.url}/"), net)
    with pytest.raises(SourceError, match="404"):
        resolve(Source("blog", f"{site.url}/weg/"), net)


# what is too much for this process


def strange_feed(*, attributes: int = 0, namespaces: int = 0, depth: int = 0) -> str:
    extra = " ".join(f'a{n}="1"' for n in range(attributes))
    extra += " ".join(f'xmlns:n{n}="u{n}"' for n in range(namespaces))
    return (
        f"<rss version='2.0'><channel><title>Blog</title><item {extra}><title>Stuk</title>"
        f"<link>http://127.0.0.1/stuk/</link>{'<x>' * depth}{'</x>' * depth}<description>"
        f"<![CDATA[{BODY * 3}]]></description></item></channel></rss>"
    )


@pytest.mark.parametrize(
    "excess", [{"attributes": 500}, {"namespaces": 300}, {"depth": 150}], ids=str
)
def test_a_strange_feed_is_read_in_a_process_of_its_own(
    net: Net, site: BlogSite, excess: dict[str, int]
) -> None:
    site.answers["/odd/"] = Answer(strange_feed(**excess), content_type="text/xml")
    found, failure = gather(reading(net, "feed", f"{site.url}/odd/"))
    assert failure is None
    assert [(p.title, text_of(p)) for p in found] == [
        ("Stuk", plain_text(BODY * 3).replace("\n\n", " "))
    ]


def test_what_takes_too_long_even_there_is_given_up(site: BlogSite) -> None:
    net = Net({"127.0.0.1"}, limits=Limits(parse=1.0))
    site.answers["/odd/"] = Answer(strange_feed(attributes=20_000), content_type="text/xml")
    before = time.monotonic()
    found, failure = gather(reading(net, "feed", f"{site.url}/odd/"))
    assert time.monotonic() - before < 15
    assert found == [] and failure
    assert "more than 100 attributes on one element" in failure
    assert "takes more than 1 s to read" in failure and "\n" not in failure


def test_what_takes_too_much_memory_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(BadFeedError, match="the memory and time a feed is given"):
        parse_feed_apart("<rss/>", "http://a.example/", 5)


def test_the_other_process_has_a_gigabyte_and_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "feedparser.py").write_text(
        "import json, os, resource\n"
        "class P:\n"
        "    feed = {'limit': resource.getrlimit(resource.RLIMIT_AS)[0],"
        " 'env': sorted(os.environ)}\n"
        "    entries = []\n"
        "def parse(*_a, **_k): return P\n"
    )
    monkeypatch.setenv("CXGREETZ_DEEPL_API_KEY", "hush")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    told = parse_feed_apart("<rss/>", "http://a.example/", 5).feed
    assert told["limit"] == 1 << 30
    assert not [name for name in told["env"] if name.startswith("CXGREETZ_")]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<div>" * 200_000, "more than 150000 tags"),
        ("<p>een woord</p>" * 25_000, "more than 20000 elements"),
        ("<div>" * 1500 + "x", "deeper or with longer names"),
        (f"<div class='{'a ' * 100_000}'>" * 30, "deeper or with longer names"),
        ("<div " + " ".join(f"a{n}=1" for n in range(100_000)) + ">", "more than 1000 attributes"),
    ],
    ids=["many tags", "many elements", "deep", "long classes", "many attributes"],
)
@pytest.mark.parametrize("kind", ["page", "wordpress", None])
def test_a_page_no_person_wrote_is_refused_at_once(
    net: Net, site: BlogSite, kind: str | None, page: str, said: str
) -> None:
    site.answers["/odd/"] = Answer(f"<html><body>{page}")
    before = time.process_time()
    with pytest.raises(SourceError, match=said) as caught:
        source = Source("blog", f"{site.url}/odd/", kind)
        resolved = resolve(source, net)
        list(plugin("sources", resolved.kind, path="x").read(source, net, None))
    assert "\n" not in str(caught.value)
    assert time.process_time() - before < 4


@pytest.mark.parametrize("content", ["<b>" * 200_000, "<i>" * 2000])
def test_a_post_no_person_wrote_is_left_and_the_rest_is_given(net: Net, content: str) -> None:
    with BlogSite(post(1), post(2, body=content)) as site:
        for kind, path in (("feed", "/feed/"), ("wordpress", "/wp-json/")):
            found, failure = gather(reading(net, kind, site.url + path))
            assert [p.title for p in found] == ["Stuk 1"], kind
            assert failure and '"Stuk 2" (its text ' in failure


def test_a_long_page_of_words_is_read(net: Net) -> None:
    words = " ".join(f"De klant van tafel {n} vroeg iets." for n in range(60_000))
    with BlogSite(post(1, body=f"<p>{words}</p>")) as site:
        before = time.process_time()
        found, failure = gather(reading(net, "page", f"{site.url}/tag/cx-blogs/"))
        assert failure is None and len(text_of(found[0])) == len(words)
        assert time.process_time() - before < 20
