"""What a workspace file says of a source: tags and selectors; and feeds known by content."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cxgreetz.markup import BadSelectorError, plain_text, read_archive, read_article
from cxgreetz.model import Selectors, Source
from cxgreetz.net import Limits, Net
from cxgreetz.ports import Memo
from cxgreetz.sources import Outcome, read_source, resolve
from cxgreetz.sources._jsonfeed import read_json_feed
from servers.blog_site import Answer, BlogSite
from test_ways import BODY, post


@pytest.fixture
def net() -> Net:
    return Net({"127.0.0.1"}, limits=Limits(connect=2, read=5, total=10), sleep=lambda _: None)


@pytest.fixture
def site() -> Iterator[BlogSite]:
    with BlogSite() as running:
        yield running


def read(net: Net, url: str, **more: Any) -> Outcome:
    return read_source(Source("blog", url, **more), net, None, Memo())


# tags


@pytest.mark.parametrize(
    ("kind", "path"), [("feed", "/feed/"), ("page", "/tag/cx-blogs/"), ("wordpress", "/wp-json/")]
)
def test_only_posts_with_one_of_the_tags(net: Net, site: BlogSite, kind: str, path: str) -> None:
    site.posts = [
        post(1, tags=("Zorg", "cx blogs")),
        post(2, tags=("reizen",)),
        post(3, tags=("CX-Blogs",)),
        post(4, tags=("zorgen",)),
    ]
    outcome = read(net, site.url + path, kind=kind, tags=("cx blogs", "zorg"))
    assert [p.title for p in outcome.posts] == ["Stuk 1", "Stuk 3"]
    assert outcome.error is None


def test_a_list_that_shows_one_tag_of_many_is_not_believed(net: Net, site: BlogSite) -> None:
    filed = post(1, tags=("nieuws", "zorg"))
    site.posts = [filed]
    whole = site.page(filed)
    site.answers["/stuk-1/"] = Answer(
        whole.replace("</article>", "<a rel='tag'>nieuws</a><a rel='tag'>zorg</a></article>", 1)
    )
    outcome = read(net, f"{site.url}/tag/cx-blogs/", kind="page", tags=("zorg",))
    assert [p.tags for p in outcome.posts] == [("nieuws", "zorg")]


@pytest.mark.parametrize(("kind", "path"), [("feed", "/feed/"), ("wordpress", "/wp-json/")])
def test_a_post_without_tags_is_named_and_the_others_are_given(
    net: Net, site: BlogSite, kind: str, path: str
) -> None:
    site.posts = [post(1, tags=()), post(2)]
    outcome = read(net, site.url + path, kind=kind, tags=("cx blogs",))
    assert [p.title for p in outcome.posts] == ["Stuk 2"]
    assert outcome.error and '"Stuk 1"' in outcome.error and "names no tags" in outcome.error


def test_closed_tags_are_an_error_only_where_tags_are_asked_for(net: Net, site: BlogSite) -> None:
    site.posts = [post(1)]
    read(net, f"{site.url}/wp-json/", kind="wordpress")
    asked = next(r for r in site.requests if "/tags?" in r)
    site.answers[asked] = Answer("{}", 403, "application/json")
    outcome = read(net, f"{site.url}/wp-json/", kind="wordpress")
    assert (len(outcome.posts), outcome.error) == (1, None)
    outcome = read(net, f"{site.url}/wp-json/", kind="wordpress", tags=("cx blogs",))
    assert outcome.posts == () and outcome.error
    assert "does not name all its tags" in outcome.error


def test_a_category_counts_as_a_tag_by_the_api_too(net: Net, site: BlogSite) -> None:
    site.posts = [post(1), post(2)]
    read(net, f"{site.url}/wp-json/", kind="wordpress")
    asked = next(r for r in site.requests if "/posts?" in r)
    shown = json.loads(site.answer(asked).body)
    shown[0]["categories"], shown[1]["categories"] = [7], [8, "?", None]
    named = [{"id": 7, "name": "Klant &amp; zorg"}, {"id": 8, "name": "Reizen"}]
    site.answers[asked] = Answer(json.dumps(shown), 200, "application/json")
    site.answers["/wp-json/wp/v2/categories?include=7,8&per_page=100&_fields=id,name"] = Answer(
        json.dumps(named), 200, "application/json"
    )
    outcome = read(net, f"{site.url}/wp-json/", kind="wordpress", tags=("klant & zorg",))
    assert ([p.title for p in outcome.posts], outcome.error) == (["Stuk 1"], None)


# selectors

ODD = """<html><main><h2><a href="/over/">Over mij</a></h2>
<div class="kaart"><a href="/een/"><b class="kop">Een</b></a><i class="dag">7 maart 2026</i>
<u>Door Anna Voorbeeld</u><div class="stuk">{body}</div></div>
<div class="kaart"><a href="/twee/"><b class="kop">Twee</b></a><i class="dag">6 maart 2026</i>
<u>Door Anna Voorbeeld</u><div class="stuk">{body}</div></div>
<a class="verder" href="/archief/2">meer</a></main></html>"""
PAGE = """<html><main><h1>Site</h1><b class="kop">{title}</b><i class="dag">7 maart 2026</i>
<u>Anna Voorbeeld</u><div class="entry-content">reclame</div><div class="stuk">{body}</div>
</main></html>"""
OWN = Selectors(
    entry=".kaart", title=".kop", date=".dag", author="u", body=".stuk", older="a.verder"
)


@pytest.mark.parametrize("kind", [None, "page"])
def test_selectors_come_before_what_is_found_out(
    net: Net, site: BlogSite, kind: str | None
) -> None:
    site.answers["/archief/"] = Answer(ODD.format(body=BODY))
    older = ODD.format(body=BODY).replace("/een/", "/drie/").replace("/twee/", "/vier/")
    site.answers["/archief/2"] = Answer(older.replace('class="verder"', ""))
    for title in ("een", "twee", "drie", "vier"):
        site.answers[f"/{title}/"] = Answer(PAGE.format(title=title.title(), body=BODY))
    outcome = read(net, f"{site.url}/archief/", kind=kind, selectors=OWN)
    assert outcome.error is None and outcome.way.rung == "archive"
    assert [p.url.removeprefix(site.url) for p in outcome.posts] == [
        "/een/", "/twee/", "/drie/", "/vier/",
    ]  # fmt: skip
    assert [p.published.day for p in outcome.posts if p.published] == [7, 6, 7, 6]
    for found in outcome.posts:
        assert found.credit.author == "Anna Voorbeeld"
        text = " ".join(plain_text(block.html) for block in found.blocks)
        assert text == plain_text(BODY).replace("\n\n", " ")


def test_a_selector_may_name_one_part_only() -> None:
    page = PAGE.format(title="Een", body=BODY)
    found = read_article(page, "https://b.example/een/", selectors=Selectors(body=".stuk"))
    assert found.html == BODY and found.title == "Site"
    missing = read_article(page, "https://b.example/een/", selectors=Selectors(body=".weg"))
    assert missing.html == "reclame"


def test_a_selector_that_is_no_css_is_one_line(net: Net, site: BlogSite) -> None:
    site.answers["/archief/"] = Answer(ODD.format(body=BODY))
    outcome = read(net, f"{site.url}/archief/", selectors=Selectors(entry="div[["))
    assert outcome.error == (
        "source \"blog\": the selector 'div[[' is not CSS; mend it in the workspace file"
    )
    with pytest.raises(BadSelectorError):
        read_article("<p>x</p>", "https://b.example/", selectors=Selectors(title="::::"))


def test_selectors_that_find_nothing_are_an_error(net: Net, site: BlogSite) -> None:
    site.answers["/archief/"] = Answer(ODD.format(body=BODY))
    outcome = read(net, f"{site.url}/archief/", selectors=Selectors(entry=".weg"))
    assert outcome.error and "no posts found" in outcome.error


# JSON Feed


def a_json_feed(version: str, *items: dict[str, Any], **more: Any) -> str:
    return json.dumps({"version": version, "title": "Blog", "items": items, **more})


V1, V11 = "https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1"


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/feed+json"]
)
@pytest.mark.parametrize("version", [V1, V11])
def test_a_json_feed_is_known_by_what_it_says(
    net: Net, site: BlogSite, content_type: str, version: str
) -> None:
    people = {"name": "Anna Voorbeeld"}
    by = {"author": people} if version == V1 else {"authors": [people], "language": "nl-NL"}
    item = {
        "id": 12,
        "url": "/een/",
        "title": "Een & twee",
        "content_html": BODY,
        "date_published": "2026-03-07T09:00:00+01:00",
        "date_modified": "2026-03-08T08:00:00Z",
        "tags": ["cx blogs", 3],
        "image": "/een.jpg",
    }
    older = {"id": "x", "url": "/twee/", "content_text": plain_text(BODY), "title": "Twee"}
    first = a_json_feed(version, item, next_url="/blog?p=2", **by)
    site.answers["/blog"] = Answer(first, content_type=content_type)
    site.answers["/blog?p=2"] = Answer(
        a_json_feed(version, older, item, **by), content_type=content_type
    )
    outcome = read(net, f"{site.url}/blog")
    assert (outcome.way.kind, outcome.way.rung, outcome.error) == ("feed", "feed", None)
    one, two = outcome.posts
    assert (one.url, one.title, one.guid) == (f"{site.url}/een/", "Een & twee", "12")
    assert one.published == datetime(2026, 3, 7, 8, tzinfo=UTC)
    assert one.updated == datetime(2026, 3, 8, 8, tzinfo=UTC)
    assert (one.credit.author, one.tags, one.language) == ("Anna Voorbeeld", ("cx blogs",), "nl")
    assert one.image and one.image.src == f"{site.url}/een.jpg"
    assert [b.html for b in two.blocks] == [b.html for b in one.blocks]
    assert read(net, f"{site.url}/blog", kind="feed").posts == outcome.posts


def test_a_json_feed_of_summaries_is_completed(net: Net, site: BlogSite) -> None:
    site.posts = [post(1)]
    item = {"id": "1", "url": f"{site.url}/stuk-1/", "summary": "Vorige week stond ik"}
    site.answers["/blog.json"] = Answer(a_json_feed(V11, item), content_type="application/json")
    site.answers["/"] = Answer(
        '<link rel="alternate" type="application/feed+json" href="/blog.json"><p>Hoi</p>'
    )
    outcome = read(net, f"{site.url}/")
    assert (outcome.way.rung, outcome.error) == ("post pages", None)
    assert [p.title for p in outcome.posts] == ["Stuk 1"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"version": 1}', '{"version": "2"}', "[" * 100_000, "{" * 100_000,
     '{"items": []}'],
)  # fmt: skip
def test_what_is_no_json_feed(text: str) -> None:
    assert read_json_feed(text, "https://b.example/") is None


@pytest.mark.parametrize(
    "item", [None, 3, {}, {"id": []}, {"url": 7, "tags": "x", "authors": 3, "content_html": {}}]
)
def test_nonsense_in_a_json_feed_is_named_and_never_a_crash(
    net: Net, site: BlogSite, item: Any
) -> None:
    site.answers["/f"] = Answer(json.dumps({"version": V11, "items": [item]}))
    outcome = read(net, f"{site.url}/f", kind="feed")
    assert outcome.posts == ()
    assert (outcome.error is None) == (not isinstance(item, dict))
    assert not outcome.error or "has no address" in outcome.error
    site.answers["/f"] = Answer(json.dumps({"version": V11, "items": {"a": item}}))
    assert read(net, f"{site.url}/f", kind="feed").error is None


# h-feed

H_FEED = """<html lang="nl"><body><div class="h-feed"><h1 class="p-name">Notities</h1>
<div class="h-entry"><a class="u-url" href="/n/1"><time class="dt-published"
 datetime="2026-03-07T09:00:00+01:00">toen</time></a><span class="p-author h-card">
<a class="u-url p-name" href="/anna">Anna Voorbeeld</a></span><a class="p-category">cx blogs</a>
<div class="e-content p-name">{body}</div><div class="p-comment h-entry"><a class="u-url"
 href="/reactie">x</a><p class="p-name">Mooi</p></div></div>
<div class="h-entry"><span class="p-name">Een titel</span><a class="u-url" href="/n/2">#</a>
<a class="p-author" href="/anna">Anna Voorbeeld</a><time class="dt-published"
 datetime="2026-03-06">toen</time><div class="e-content">{body}</div></div></div>
<a rel="next" href="/p2">ouder</a></body></html>"""


def test_an_h_feed_is_read_by_what_it_marks(net: Net, site: BlogSite) -> None:
    site.answers["/notities"] = Answer(H_FEED.format(body=BODY))
    site.answers["/p2"] = Answer(status=404)
    single = H_FEED.format(body=BODY).partition('<div class="h-entry"><span')[0]
    site.answers["/n/1"] = Answer(single)
    assert resolve(Source("blog", f"{site.url}/notities"), net).kind == "page"
    outcome = read(net, f"{site.url}/notities")
    assert outcome.error is None
    one, two = outcome.posts
    assert (one.url, two.url) == (f"{site.url}/n/1", f"{site.url}/n/2")
    assert one.published == datetime(2026, 3, 7, 8, tzinfo=UTC)
    assert [p.credit.author for p in (one, two)] == ["Anna Voorbeeld"] * 2
    assert one.tags == ("cx blogs",) and two.title == "Een titel"
    for found in (one, two):
        assert "zucht" in " ".join(block.html for block in found.blocks)


def test_marks_inside_an_entry_that_belong_to_others_are_not_its_own() -> None:
    archive = read_archive(H_FEED.format(body=BODY), "https://b.example/notities")
    first, second = archive.entries
    assert first.title == "" and first.full
    assert first.html == BODY and second.dates[0] == "2026-03-06"
    assert archive.older == "https://b.example/p2"


def test_entries_without_an_address_leave_the_page_to_be_found_out() -> None:
    page = '<main><article class="h-entry"><h2><a href="/een/">Een</a></h2></article></main>'
    (entry,) = read_archive(page, "https://b.example/").entries
    assert entry.url == "https://b.example/een/"


def test_a_json_feed_that_no_person_wrote_gives_what_can_be_read(net: Net, site: BlogSite) -> None:
    def item(number: int, html: str = "") -> dict[str, Any]:
        link = f"{site.url}/stuk-{number}/"
        return {"id": link, "url": link, "title": f"Stuk {number}", "content_html": html or BODY}

    heavy = item(2, "<i>" * 2000)
    site.answers["/blog"] = Answer(a_json_feed(V11, item(1), heavy), 200, "text/plain")
    outcome = read(net, f"{site.url}/blog")
    assert [p.title for p in outcome.posts] == ["Stuk 1"]
    assert outcome.error and '"Stuk 2" (its text ' in outcome.error
    many = [*[{"title": "leeg"}] * 5000, item(3)]
    site.answers["/blog"] = Answer(a_json_feed(V11, *many), 200, "text/plain")
    outcome = read(net, f"{site.url}/blog")
    assert "Stuk 3" not in [p.title for p in outcome.posts]
    assert outcome.error and "what comes after 5000 entries" in outcome.error
