"""What a site's robots.txt allows, and how it is asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cxgreetz import pipeline
from cxgreetz.errors import NetError
from cxgreetz.net import Net
from cxgreetz.net.robots import allows, read_rules
from servers.blog_site import Answer, BlogPost, BlogSite
from servers.plain_site import Site

CLOSED = b"User-agent: *\nDisallow: /\n"


def may(text: str, path: str) -> bool:
    return allows(read_rules(text, "cxgreetz"), f"https://blog.example{path}")


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("USER-AGENT: *\r\nDISALLOW : /a # closed", "/a/b", False),
        ("User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/x.php", "/wp-admin/x.php", True),
        ("User-agent: *\nDisallow: /\nAllow: /blog/", "/blog/koffie", True),
        ("User-agent: *\nDisallow: /blog/\nAllow: /blog/", "/blog/koffie", True),
        ("User-agent: *\nDisallow: /*?s=", "/?s=x", False),
        ("User-agent: *\nDisallow: /*?s=", "/?p=x", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", True),
        ("User-agent: *\nDisallow: /a$", "/a", False),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /*a*a$", "/a", True),
        ("User-agent: *\nDisallow: /caf%C3%A9", "/café/x", False),
        ("User-agent: *\nDisallow: /café", "/caf%c3%a9/x", False),
        ("User-agent: other\nDisallow: /", "/a", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: cxgreetz\nDisallow: /b", "/a", True),
        ("User-agent: CXGreetz/1.0\nDisallow: /", "/a", False),
        ("User-agent: other\nUser-agent: *\nDisallow: /", "/a", False),
        ("User-agent: cxgreetz\nDisallow: /a\nUser-agent: cxgreetz\nDisallow: /b", "/a", False),
        ("Disallow: /", "/a", True),
        ("User-agent: *\nCrawl-delay: 9\nDisallow: /", "/a", False),
        ("<html><body>User-agent: *", "/a", True),
    ],
)
def test_the_longest_rule_of_the_right_group_decides(text: str, path: str, allowed: bool) -> None:
    assert may(text, path) is allowed


def test_a_rule_made_to_take_for_ever_takes_no_time() -> None:
    before = time.process_time()
    assert may(f"User-agent: *\nDisallow: /{'*a' * 5000}$", "/" + "a" * 4999)
    assert time.process_time() - before < 1


@pytest.fixture
def site() -> Iterator[Site]:
    opened = Site()
    opened.answer("/a", body=b"fine")
    yield opened
    opened.close()


def net() -> Net:
    return Net({"127.0.0.1"}, sleep=lambda _s: None)


def asked(site: Site) -> list[str]:
    return [path for path, _headers in site.requests]


def test_a_closed_page_is_refused_with_the_remedy(site: Site) -> None:
    site.answer("/robots.txt", body=CLOSED)
    with pytest.raises(NetError) as caught:
        net().get(f"{site.url}/a", robots=True)
    assert f"{site.url}/a is closed to programs by {site.url}/robots.txt" in str(caught.value)
    assert "name the site's feed instead" in str(caught.value)
    assert asked(site) == ["/robots.txt"]


def test_a_feed_that_was_named_is_read_all_the_same(site: Site) -> None:
    site.answer("/robots.txt", body=CLOSED)
    assert net().get(f"{site.url}/a").content == b"fine"
    assert asked(site) == ["/a"]


def test_the_file_is_asked_for_once_a_run(site: Site) -> None:
    site.answer("/robots.txt", body=b"User-agent: *\nDisallow: /closed")
    shared = net()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _n: shared.get(f"{site.url}/a", robots=True), range(12)))
    assert asked(site).count("/robots.txt") == 1


def test_where_a_redirect_leads_is_looked_up_too(site: Site) -> None:
    site.answer("/robots.txt", body=b"User-agent: *\nDisallow: /closed")
    site.answer("/open", 302, Location="/closed")
    site.answer("/closed", body=b"secret")
    with pytest.raises(NetError, match=r"/closed is closed to programs"):
        net().get(f"{site.url}/open", robots=True)
    assert "/closed" not in asked(site)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_no_file_forbids_nothing(site: Site, status: int) -> None:
    site.answer("/robots.txt", status)
    assert net().get(f"{site.url}/a", robots=True).content == b"fine"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_file_that_cannot_be_had_forbids_everything_for_now(site: Site, status: int) -> None:
    site.answer("/robots.txt", status)
    with pytest.raises(NetError, match=rf"unknown what its site allows: .*robots\.txt .*{status}"):
        net().get(f"{site.url}/a", robots=True)
    assert "/a" not in asked(site)


WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2020-01-01
[[sources]]
name = "archive"
url = "{site}/tag/cx-blogs/"
kind = "page"
[[sources]]
name = "feed"
url = "{site}/feed/"
"""


def test_an_archive_is_held_to_it_and_the_feed_is_not(tmp_path: Path) -> None:
    words = " ".join(f"De klant van tafel {n} vroeg om een glas water." for n in range(40))
    with BlogSite(BlogPost("stuk", "Stuk", f"<p>{words}</p>")) as site:
        site.answers["/robots.txt"] = Answer("User-agent: *\nDisallow: /tag/")
        (tmp_path / "cxgreetz.toml").write_text(WORKSPACE.format(site=site.url))
        with pipeline.open_workspace(tmp_path) as workspace:
            rows = {r["name"]: r for r in pipeline.gather(workspace).as_json()["sources"]}
        assert "/tag/cx-blogs/" not in site.requests
    assert "/robots.txt" in rows["archive"]["error"]
    assert rows["archive"]["error"].count("\n") == 0
    assert (rows["feed"]["error"], rows["feed"]["new"]) == (None, 1)
