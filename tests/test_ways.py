"""Finding the best way to read an address, stepping down, and remembering what was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cxgreetz import pipeline
from cxgreetz.model import Source
from cxgreetz.net import Limits, Net
from cxgreetz.pipeline import Workspace
from cxgreetz.ports import Memo
from cxgreetz.sources import Outcome, read_source, resolve
from servers.blog_site import Answer, BlogPost, BlogSite

BODY = (
    "<p>Vorige week stond ik in een winkel waar niemand me zag staan, en dat terwijl er drie "
    "mensen achter de balie met elkaar in gesprek waren over hun weekend en over het weer.</p>"
    "<p>Toen er eindelijk iemand opkeek, kreeg ik geen groet maar een zucht. Dat deed iets met me, "
    "en niet alleen omdat ik haast had die middag. Aandacht kost niets, zei mijn moeder altijd.</p>"
)
MARCH = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)
TAG = "/tag/cx-blogs/"


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
    with BlogSite(*(post(n) for n in range(1, 8)), per_page=3, wordpress=True) as running:
        yield running


def read(site: BlogSite, net: Net, path: str = TAG, **more: Any) -> Outcome:
    source = Source("blog", site.url + path, **more)
    return read_source(source, net, None, Memo())


def titles(outcome: Outcome) -> list[str]:
    return [found.title for found in outcome.posts]


ALL = [f"Stuk {n}" for n in range(1, 8)]


def rungs(site: BlogSite, net: Net, path: str = TAG) -> list[tuple[str, str]]:
    way = resolve(Source("blog", site.url + path), net)
    return [(w.rung, w.url.removeprefix(site.url)) for w in (way, *way.below)]


# what is found


def test_an_archive_of_wordpress_has_all_its_ways_best_first(site: BlogSite, net: Net) -> None:
    assert rungs(site, net) == [
        ("rest", "/wp-json/wp/v2/posts?tags=1"),
        ("feed", "/tag/cx-blogs/feed/"),
        ("archive", TAG),
    ]


def test_a_teaser_feed_is_a_rung_of_its_own(site: BlogSite, net: Net) -> None:
    site.teasers = True
    assert rungs(site, net)[1] == ("post pages", "/tag/cx-blogs/feed/")
    assert rungs(site, net, "/feed/") == [("post pages", "/feed/")]


def test_the_api_is_found_in_the_header_too(site: BlogSite, net: Net) -> None:
    site.wordpress = False
    root = f"{site.url}/wp-json/"
    link = f'<{root}>; rel="https://api.w.org/", <{root}wp/v2/tags/1>; rel="alternate"; '
    page = site.answer(TAG)
    site.answers[TAG] = replace(page, headers={"Link": link + 'type="application/json"'})
    assert rungs(site, net)[0] == ("rest", "/wp-json/wp/v2/posts?tags=1")


def test_the_front_page_is_the_whole_site(site: BlogSite, net: Net) -> None:
    site.answers["/"] = site.answer(TAG)
    assert rungs(site, net, "/") == [
        ("rest", "/wp-json/wp/v2/posts"),
        ("feed", "/feed/"),
        ("archive", "/"),
    ]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/7">', ""),
        ("", ' class="single single-column postid-7"'),
        (
            '<meta property="og:type" content="article">'
            '<meta property="article:published_time" content="2026-03-02T08:00:00Z">',
            "",
        ),
    ],
)
def test_a_single_post_is_not_taken_for_its_site(
    site: BlogSite, net: Net, head: str, body: str
) -> None:
    feed = '<link rel="alternate" type="application/rss+xml" href="/feed/">'
    text = f"<html><head>{feed}{head}</head><body{body}><h1>Stuk 1</h1>{BODY}</body></html>"
    site.answers["/stuk-1/"] = Answer(text)
    outcome = read(site, net, "/stuk-1/")
    assert not outcome.posts
    assert outcome.error == (
        f'source "blog": {site.url}/stuk-1/ is the page of a single post; '
        f"name the blog, a tag there, or its feed, which is at {site.url}/feed/"
    )


def test_a_static_page_of_a_blog_is_read_by_the_feed(site: BlogSite, net: Net) -> None:
    """SEO plugins say of it what they say of a post."""
    text = (
        '<html><head><link rel="alternate" type="application/rss+xml" href="/feed/">'
        '<meta property="og:type" content="article">'
        '<meta property="article:published_time" content="2026-03-02T08:00:00Z"></head>'
        f'<body class="page page-id-2"><h1>Over mij</h1>{BODY}</body></html>'
    )
    site.answers["/over-mij/"] = Answer(text)
    assert rungs(site, net, "/over-mij/") == [("feed", "/feed/")]


def test_a_part_the_api_cannot_narrow_to_is_not_guessed_at(site: BlogSite, net: Net) -> None:
    """A taxonomy of the site's own may have an entry with the name of a tag."""
    route = f'<link rel="alternate" type="application/json" href="{site.url}/wp-json/wp/v2/soort/1"'
    page = str(site.answer(TAG).body).replace("</head>", f"{route}></head>")
    site.answers["/soort/cx-blogs/"] = Answer(page)
    assert [rung for rung, _ in rungs(site, net, "/soort/cx-blogs/")] == ["archive"]


@pytest.mark.parametrize(
    ("path", "feeds", "chosen"),
    [
        ("/tag/zorg/", ["/feed/", "/comments/feed/", "/tag/zorg/feed/"], "/tag/zorg/feed/"),
        ("/author/anna/", ["/feed/", "/author/anna/feed/"], "/author/anna/feed/"),
        ("/?tag=zorg", ["/?feed=rss2", "/?feed=rss2&tag=zorg"], "/?feed=rss2&tag=zorg"),
        ("/tag/zorg/", ["/feed/", "/comments/feed/"], None),
        ("/tag/zorg/", ["/tag/zorg/comments/feed/"], None),
    ],
)
def test_an_archive_is_read_by_its_own_feed(
    site: BlogSite, net: Net, path: str, feeds: list[str], chosen: str | None
) -> None:
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="{feed.replace("&", "&amp;")}">'
        for feed in feeds
    )
    site.wordpress = False
    shown = str(site.answer(TAG).body)
    site.answers[path] = Answer(shown.replace(site.head, links))
    for feed in feeds:
        site.answers[feed] = site.answer("/comments/feed/" if "comments" in feed else "/feed/")
    wanted = [("feed", chosen)] if chosen else []
    assert rungs(site, net, path) == [*wanted, ("archive", path)]


def test_what_is_called_a_feed_and_is_a_page_is_no_way(site: BlogSite, net: Net) -> None:
    site.answers["/tag/cx-blogs/feed/"] = Answer("<html><h1>Welkom</h1></html>")
    assert [rung for rung, _ in rungs(site, net)] == ["rest", "archive"]


def test_a_feed_that_ends_before_the_page_comes_after_it(site: BlogSite, net: Net) -> None:
    site.wordpress = False
    short = str(site.answer("/feed/").body).replace("wordpress", "elders")
    site.answers["/feed/"], site.answers["/"] = Answer(short), site.answer(TAG)
    source = Source("blog", f"{site.url}/")
    way = resolve(source, net)
    assert [way.rung, *(w.rung for w in way.below)] == ["archive", "feed"]
    assert "its feed ends after 3 posts" in way.note
    # unless it goes back as far as anybody asks
    reached = resolve(source, net, since=MARCH - timedelta(days=2))
    assert reached.rung == "feed"


# stepping down


@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.parametrize("teasers", [False, True])
def test_a_closed_api_costs_no_post(site: BlogSite, net: Net, status: int, teasers: bool) -> None:
    site.teasers = teasers
    site.answers[_rest(site, net)] = Answer("{}", status, "application/json")
    outcome = read(site, net)
    assert (titles(outcome), outcome.error) == (ALL, None)
    assert outcome.way.rung == ("post pages" if teasers else "feed")
    assert f"answered {status}" in outcome.way.note and "\n" not in outcome.way.note


def _rest(site: BlogSite, net: Net) -> str:
    """The first request for posts that is made of the API."""
    read(site, net)
    found = next(r for r in site.requests if "/posts?" in r)
    site.requests.clear()
    return found


def test_an_api_that_closes_half_way_costs_no_post_and_gives_none_twice(net: Net) -> None:
    posts = [post(n) for n in range(1, 121)]
    with BlogSite(*posts, per_page=50, wordpress=True) as site:
        second = _rest(site, net).replace("page=1", "page=2")
        site.answers[second] = Answer("{}", 403, "application/json")
        outcome = read(site, net)
    assert (titles(outcome), outcome.error) == ([f"Stuk {n}" for n in range(1, 121)], None)


def test_down_to_the_archive(site: BlogSite, net: Net) -> None:
    site.rest = False
    way = resolve(Source("blog", site.url + TAG), net)
    assert way.rung == "feed" and "401" in way.note
    site.answers["/tag/cx-blogs/feed/?paged=2"] = Answer(status=500)
    outcome = read(site, net)
    assert (titles(outcome), outcome.error, outcome.way.rung) == (ALL, None, "archive")
    assert "500" in outcome.way.note


def test_names_that_are_closed_lead_to_the_feed_when_they_matter(site: BlogSite, net: Net) -> None:
    site.posts.append(post(8, author="Jan van der Proef"))
    read(site, net)
    users = next(r for r in site.requests if "/users?" in r)
    site.answers[users] = Answer("{}", 401, "application/json")
    assert read(site, net).way.rung == "rest"
    outcome = read(site, net, author="Anna Voorbeeld")
    assert (titles(outcome), outcome.error, outcome.way.rung) == (ALL, None, "feed")


def test_a_site_that_is_down_is_not_tried_by_every_way(site: BlogSite, net: Net) -> None:
    site.answers[_rest(site, net)] = Answer("", 503)
    outcome = read(site, net)
    assert outcome.way.rung == "rest" and outcome.error and "503" in outcome.error
    assert not [r for r in site.requests if "feed/?paged" in r]


def test_a_post_left_over_is_named_and_no_reason_to_step_down(site: BlogSite, net: Net) -> None:
    site.rest, site.teasers = False, True
    site.answers["/stuk-2/"] = Answer(status=404)
    outcome = read(site, net)
    assert outcome.way.rung == "post pages"
    assert outcome.error and '"Stuk 2"' in outcome.error
    assert titles(outcome) == [t for t in ALL if t != "Stuk 2"]


def test_what_robots_closes_is_read_by_the_feed(site: BlogSite, net: Net) -> None:
    site.wordpress = False
    short = str(site.answer("/feed/").body).replace("wordpress", "elders")
    site.answers["/feed/"], site.answers["/"] = Answer(short), site.answer(TAG)
    site.answers["/robots.txt"] = Answer("User-agent: *\nDisallow: /$")
    outcome = read(site, net, "/")
    assert (titles(outcome), outcome.error, outcome.way.rung) == (ALL[:3], None, "feed")
    assert "closed to programs" in outcome.way.note


def test_a_declared_kind_has_no_way_but_its_own(site: BlogSite, net: Net) -> None:
    site.rest = False
    outcome = read(site, net, "/wp-json/", kind="wordpress")
    assert outcome.error and "401" in outcome.error and outcome.posts == ()
    assert outcome.way.note == "as the workspace file says"
    unknown = read(site, net, kind="gopher")
    assert unknown.error and "'gopher' is unknown" in unknown.error


# remembering, and no further back than what is known

WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-01-01
[[sources]]
name = "blog"
url = "{url}"
"""


class Clock:
    now = datetime(2026, 3, 22, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(tmp_path: Path, site: BlogSite, clock: Clock) -> Iterator[Workspace]:
    (tmp_path / "cxgreetz.toml").write_text(WORKSPACE.format(url=site.url + TAG))
    with pipeline.open_workspace(tmp_path, now=clock) as opened:
        opened.net._sleep = lambda _s: None
        yield opened


def gather(workspace: Workspace, site: BlogSite) -> tuple[dict[str, Any], list[str]]:
    """The row of the source, and what was asked for apart from single posts."""
    site.requests.clear()
    (row,) = pipeline.gather(workspace).as_json()["sources"]
    return row, [r for r in site.requests if "stuk" not in r]


def test_a_daily_run_finds_nothing_out_again(
    workspace: Workspace, site: BlogSite, clock: Clock
) -> None:
    row, asked = gather(workspace, site)
    assert (row["rung"], row["new"], TAG in asked) == ("rest", 7, True)
    clock.now += timedelta(days=1)
    row, asked = gather(workspace, site)
    assert (row["rung"], row["seen"], row["new"], row["error"]) == ("rest", 7, 0, None)
    assert asked and all(r.startswith("/wp-json/wp/v2/") for r in asked)
    clock.now += timedelta(days=7)
    _row, asked = gather(workspace, site)
    assert TAG in asked


def test_a_remembered_way_that_fails_is_found_out_anew(
    workspace: Workspace, site: BlogSite, clock: Clock
) -> None:
    gather(workspace, site)
    site.rest = False
    site.posts.insert(0, post(0))
    row, asked = gather(workspace, site)
    assert (row["rung"], row["new"], row["error"]) == ("feed", 1, None)
    assert TAG in asked
    row, asked = gather(workspace, site)
    assert row["rung"] == "feed" and TAG not in asked
    clock.now += timedelta(days=8)
    site.rest = True
    assert gather(workspace, site)[0]["rung"] == "rest"


@pytest.mark.parametrize("kind", ["feed", "page"])
def test_later_runs_page_back_to_what_is_known(
    workspace: Workspace, site: BlogSite, kind: str
) -> None:
    path = {"feed": "/feed/", "page": TAG}[kind]
    workspace.config.sources[0].__dict__.update(kind=kind, url=site.url + path)
    row, asked = gather(workspace, site)
    assert (row["seen"], row["new"], len(asked)) == (7, 7, 4 if kind == "feed" else 3)
    row, asked = gather(workspace, site)
    assert (row["seen"], row["new"], len(asked)) == (3, 0, 1)
    for number in range(0, -4, -1):
        site.posts.insert(0, post(number))
    row, asked = gather(workspace, site)
    assert (row["seen"], row["new"], len(asked)) == (9, 4, 3)


def test_after_a_failure_everything_is_read_again(workspace: Workspace, site: BlogSite) -> None:
    workspace.config.sources[0].__dict__.update(kind="feed", url=f"{site.url}/feed/")
    site.answers["/feed/?paged=3"] = Answer(status=500)
    row, _ = gather(workspace, site)
    assert row["new"] == 6 and row["error"]
    del site.answers["/feed/?paged=3"]
    row, _ = gather(workspace, site)
    assert (row["seen"], row["new"], row["error"]) == (7, 1, None)


def test_another_filter_reads_everything_again(workspace: Workspace, site: BlogSite) -> None:
    workspace.config.sources[0].__dict__.update(
        kind="feed", url=f"{site.url}/feed/", author="Anna Voorbeeld"
    )
    site.posts[5] = post(6, author="Jan van der Proef")
    row, _ = gather(workspace, site)
    assert row["new"] == 6
    workspace.config.sources[0].__dict__.update(author=None)
    row, _ = gather(workspace, site)
    assert (row["seen"], row["new"]) == (7, 1)


def test_posts_of_others_do_not_hide_what_is_known(workspace: Workspace, site: BlogSite) -> None:
    workspace.config.sources[0].__dict__.update(
        kind="feed", url=f"{site.url}/feed/", author="Anna Voorbeeld"
    )
    for place in (0, 2, 3, 4, 5):
        site.posts[place] = post(place + 1, author="Jan van der Proef")
    assert gather(workspace, site)[0]["new"] == 2
    row, asked = gather(workspace, site)
    assert (row["seen"], len(asked)) == (1, 1)


def test_a_held_post_is_looked_at_in_every_run(workspace: Workspace, site: BlogSite) -> None:
    german = "<p>" + "Letzte Woche war ich in einem Laden, in dem mich niemand gesehen hat. " * 5
    site.posts[-1] = post(7, body=german)
    workspace.config.sources[0].__dict__.update(kind="feed", url=f"{site.url}/feed/")
    assert gather(workspace, site)[0]["held"] == 1
    row, _ = gather(workspace, site)
    assert (row["seen"], row["held"]) == (7, 1)


def test_looking_further_back_is_no_reason_to_skip_what_lies_between(
    workspace: Workspace, site: BlogSite
) -> None:
    gather(workspace, site)
    pipeline.gather(workspace, since=MARCH - timedelta(days=1, hours=1))
    _row, asked = gather(workspace, site)
    assert TAG in asked


def test_sources_shows_the_way_and_the_reason(workspace: Workspace, site: BlogSite) -> None:
    site.rest = False
    (row,) = pipeline.try_sources(workspace).as_json()["sources"]
    assert (row["rung"], row["kind"], row["posts"]) == ("feed", "feed", 7)
    assert row["note"] and row["url"] == f"{site.url}/tag/cx-blogs/feed/"


def test_by_the_api_names_are_looked_up_once_for_all_pages(net: Net) -> None:
    with BlogSite(*(post(n) for n in range(1, 251)), wordpress=True) as site:
        outcome = read(site, net)
        asked = [r for r in site.requests if r.startswith("/wp-json/")]
        assert (len(outcome.posts), outcome.error) == (250, None)
        assert len([r for r in asked if "/posts?" in r]) == 3
        assert len([r for r in asked if "/users?" in r]) == 1
