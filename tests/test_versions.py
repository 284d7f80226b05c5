"""What the author wrote herself in the other language is used, wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cxgreetz import pipeline
from cxgreetz.model import Origin
from fakes import counting
from samples import TEXTS
from servers.blog_site import Answer, BlogPost, BlogSite

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Marijke <marijke@example.org>"
start = 2026-10-01
[[sources]]
name = "blog"
url = "{site}/feed/"
language = "nl"
[translation]
engines = ["fakes.counting"]
"""
REASON = "named as the English version of {site}/koffie/; not in an edition by itself"


def body(*paragraphs: str) -> str:
    return "".join(f"<p>{one}</p>" for one in paragraphs)


def link(language: str, url: str) -> str:
    return f'<link rel="alternate" hreflang="{language}" href="{url}">'


class Blog:
    """A site whose feed shows Dutch posts; the English ones are pages nobody lists."""

    def __init__(self, site: BlogSite, folder: Path) -> None:
        self.site, self.folder, self.now = site, folder, NOW
        (folder / "cxgreetz.toml").write_text(WORKSPACE.format(site=site.url))
        self.dutch = BlogPost(
            "koffie",
            "Koffie op het station",
            body(*TEXTS["nl"]),
            published=NOW - timedelta(days=9),
            head=link("en-GB", f"{site.url}/coffee/") + link("nl", f"{site.url}/koffie/"),
        )
        self.english = BlogPost(
            "coffee",
            "Coffee at the station",
            body(*TEXTS["en"]),
            published=NOW - timedelta(days=9),
            language="en",
            head=link("nl", f"{site.url}/koffie/"),
        )
        site.posts.append(self.dutch)
        self.show_english()

    def show_english(self, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(self.english, name, value)
        self.site.answers["/coffee/"] = Answer(self.site.page(self.english))

    def open(self) -> Any:
        return pipeline.open_workspace(self.folder, now=lambda: self.now)

    def gather(self) -> dict[str, dict[str, Any]]:
        """Gather, and give what was decided of each post by its path."""
        with self.open() as workspace:
            workspace.net._sleep = lambda _s: None
            report = pipeline.gather(workspace).as_json()
        return {row["url"].removeprefix(self.site.url): row for row in report["posts"]}

    def asked(self, path: str) -> int:
        return self.site.requests.count(path)

    def translated(self) -> pipeline.TranslateReport:
        with self.open() as workspace:
            return pipeline.translate(workspace)

    def items(self, month: str = "2026-11") -> dict[str, list[tuple[str, str]]]:
        """Title and origin of each item, by language."""
        with self.open() as workspace:
            report = pipeline.draft(workspace, month).as_json()
        return {
            language: [(item["title"], item["origin"]) for item in one["items"]]
            for language, one in report["languages"].items()
        }


@pytest.fixture(autouse=True)
def count() -> None:
    counting.ENGINE.calls.clear()


@pytest.fixture
def blog(tmp_path: Path) -> Iterator[Blog]:
    with BlogSite() as site:
        yield Blog(site, tmp_path)


BOTH = {
    "nl": [("Koffie op het station", "author")],
    "en": [("Coffee at the station", "author")],
}


def test_a_version_that_no_source_shows_is_used(blog: Blog) -> None:
    rows = blog.gather()
    assert rows["/koffie/"]["decision"] == "taken"
    told = rows["/coffee/"]
    assert (told["decision"], told["language"]) == ("skipped", "en")
    assert told["reason"] == REASON.format(site=blog.site.url)
    assert told["piece"] == rows["/koffie/"]["piece"]
    assert "hreflang" in {tie["by"] for tie in told["evidence"]}
    report = blog.translated()
    assert counting.ENGINE.calls == []
    assert (report.from_author, report.from_engine, report.held) == (4, 0, [])
    assert blog.items() == BOTH


def test_neither_email_speaks_of_machines(blog: Blog) -> None:
    blog.gather()
    blog.translated()
    with blog.open() as workspace:
        built = pipeline.draft(workspace).built
    for one in built.values():
        assert {item.origin for view in one.views for item in view.items} == {Origin.AUTHOR}
        for written in (one.email.html, one.email.text):
            words = written.lower()
            assert not [w for w in ("machine", "computer", "vertaald", "translated") if w in words]
    assert TEXTS["en"][1].split(",")[0] in built["en"].email.text


def test_without_the_version_a_machine_is_asked_and_named(blog: Blog) -> None:
    """What the tests above would see if the version were not used."""
    blog.site.answers["/coffee/"] = Answer("", 404)
    blog.gather()
    blog.translated()
    assert sum(len(call) for call in counting.ENGINE.calls) == 4
    with blog.open() as workspace:
        assert "by machine" in pipeline.draft(workspace).built["en"].email.html


def test_it_is_asked_for_once(blog: Blog) -> None:
    blog.gather()
    rows = blog.gather()
    assert set(rows) == {"/koffie/"}
    assert (rows["/koffie/"]["reason"], blog.asked("/coffee/")) == ("known", 1)
    assert blog.asked("/koffie/") == 1, "the page of a known post was asked again"


def test_a_version_that_a_source_shows_later_is_no_new_piece(blog: Blog) -> None:
    piece = blog.gather()["/koffie/"]["piece"]
    assert blog.items() == BOTH
    blog.site.posts.append(blog.english)
    rows = blog.gather()
    assert rows["/coffee/"]["piece"] == piece
    assert rows["/coffee/"]["decision"] == "taken"
    assert blog.items() == BOTH
    with blog.open() as workspace:
        assert [len(p.posts) for p in workspace.store.pieces()] == [2]


def test_what_went_out_does_not_go_out_again(blog: Blog) -> None:
    blog.gather()
    blog.items()
    with blog.open() as workspace:
        for language in ("nl", "en"):
            pipeline.approve(workspace, "2026-11", language=language, by="Anna")
        assert pipeline.push(workspace, "2026-11").exit_code == 0
    blog.now += timedelta(days=20)
    blog.site.posts.append(blog.english)
    blog.gather()
    assert blog.items("2026-12") == {"nl": [], "en": []}


@pytest.mark.parametrize("listed", [False, True])
def test_a_version_older_than_the_start_is_used_all_the_same(blog: Blog, listed: bool) -> None:
    blog.show_english(published=datetime(2020, 5, 1, tzinfo=UTC))
    if listed:
        blog.site.posts.append(blog.english)
    rows = blog.gather()
    assert rows["/coffee/"]["reason"] == REASON.format(site=blog.site.url)
    assert blog.items() == BOTH
    blog.gather()
    assert blog.items() == BOTH
    assert blog.translated().from_engine == 0


def test_an_old_post_that_is_known_becomes_the_version_of_a_new_one(blog: Blog) -> None:
    blog.show_english(published=datetime(2026, 9, 1, tzinfo=UTC))
    blog.site.posts[:] = [blog.english]
    with blog.open() as workspace:
        pipeline.gather(workspace, since=datetime(2026, 1, 1, tzinfo=UTC))
        (old,) = workspace.store.posts()
        assert (old.decision, old.piece) == ("skipped", None)
    blog.site.posts[:] = [blog.dutch]
    blog.site.requests.clear()
    blog.gather()
    assert blog.asked("/coffee/") == 0, "its text is in the store"
    assert blog.items() == BOTH


@pytest.mark.parametrize(
    ("status", "head", "language", "text"),
    [
        (404, "", "en", TEXTS["en"]),
        (500, "", "en", TEXTS["en"]),
        # Not what it was named.
        (200, "", "nl", TEXTS["nl"]),
        (200, "", "en", ["This post is in Dutch only."]),
        (200, "", "en", []),
        # It names another post as its Dutch version.
        (200, link("nl", "/iets-anders/"), "en", TEXTS["en"]),
    ],
)
def test_a_page_that_is_no_version_costs_a_join_and_no_post(
    blog: Blog, status: int, head: str, language: str, text: list[str]
) -> None:
    blog.show_english(head=head, language=language, body=body(*text))
    blog.site.answers["/coffee/"].status = status
    rows = blog.gather()
    assert set(rows) == {"/koffie/"}
    assert rows["/koffie/"]["decision"] == "taken"


def test_a_page_that_names_nothing_back_is_believed(blog: Blog) -> None:
    blog.show_english(head="")
    assert "/coffee/" in blog.gather()


def test_a_version_that_leads_elsewhere(blog: Blog) -> None:
    blog.site.answers["/koffie-en/"] = Answer("", 301, headers={"Location": "/coffee/"})
    blog.dutch.head = link("en", f"{blog.site.url}/koffie-en/")
    blog.show_english(head="")
    rows = blog.gather()
    assert rows["/coffee/"]["piece"] == rows["/koffie/"]["piece"]
    blog.gather()
    assert blog.asked("/coffee/") == 1


def test_what_its_site_closes_to_programs_is_not_read(blog: Blog) -> None:
    closed = "User-agent: *\nDisallow: /coffee/\n"
    blog.site.answers["/robots.txt"] = Answer(closed, content_type="text/plain")
    assert set(blog.gather()) == {"/koffie/"}
    assert blog.asked("/coffee/") == 0


def test_a_front_page_is_nobodys_version(blog: Blog) -> None:
    for n in range(3):
        front = link("en", f"{blog.site.url}/coffee/")
        post = BlogPost(
            f"stuk-{n}", f"Stuk {n}", body(f"Dit is het stuk met nummer {n}."), head=front
        )
        post.published = NOW - timedelta(days=n)
        blog.site.posts.append(post)
    assert "/coffee/" not in blog.gather()
    assert blog.asked("/coffee/") == 0


def test_a_version_that_did_not_answer_is_asked_for_again_for_a_week(blog: Blog) -> None:
    blog.site.answers["/coffee/"].status = 404
    assert set(blog.gather()) == {"/koffie/"}
    blog.now += timedelta(days=2)
    blog.gather()
    assert blog.asked("/coffee/") == 2
    blog.show_english()
    blog.now += timedelta(days=2)
    rows = blog.gather()
    assert rows["/coffee/"]["piece"] == rows["/koffie/"]["piece"]
    assert blog.items() == BOTH


def test_after_a_week_it_is_given_up(blog: Blog) -> None:
    blog.site.answers["/coffee/"].status = 404
    blog.gather()
    blog.now += timedelta(days=8)
    blog.gather()
    assert blog.asked("/coffee/") == 1


def test_a_person_may_split_it_off(blog: Blog) -> None:
    piece = blog.gather()["/koffie/"]["piece"]
    with blog.open() as workspace:
        done = pipeline.split_piece(workspace, piece, f"{blog.site.url}/coffee/")
        assert done["piece"] is None
    blog.gather()
    assert blog.translated().from_engine == 4
    assert blog.items()["en"][0][1] == "engine"
    with blog.open() as workspace:
        assert [len(p.posts) for p in workspace.store.pieces()] == [1]


def test_splitting_off_the_post_that_names_it_leaves_no_piece_behind(blog: Blog) -> None:
    piece = blog.gather()["/koffie/"]["piece"]
    with blog.open() as workspace:
        pipeline.split_piece(workspace, piece, f"{blog.site.url}/koffie/")
        assert [p.posts[0].title for p in workspace.store.pieces()] == ["Koffie op het station"]
    assert blog.items()["nl"] == [("Koffie op het station", "author")]


def test_a_newsletter_in_one_language_asks_for_nothing(blog: Blog) -> None:
    file = blog.folder / "cxgreetz.toml"
    file.write_text(file.read_text().replace("start =", 'languages = ["nl"]\nstart ='))
    assert set(blog.gather()) == {"/koffie/"}
    assert (blog.asked("/koffie/"), blog.asked("/coffee/")) == (0, 0)


def test_a_site_in_one_language_is_hardly_asked(blog: Blog) -> None:
    blog.site.posts.clear()
    for n in range(30):
        text = body(f"Dit is stuk {n}, en het gaat over de klant die het nummer {n * 7} kreeg.")
        post = BlogPost(f"stuk-{n}", f"Stuk {n}", text, published=NOW - timedelta(days=1, hours=n))
        blog.site.posts.append(post)
    blog.site.per_page = 40

    def pages() -> int:
        return sum(path.startswith("/stuk-") for path in blog.site.requests)

    assert len(blog.gather()) == 30
    assert 1 <= pages() <= 12
    before = pages()
    for wait, more in ((1, 0), (8, 1)):
        blog.now += timedelta(days=wait)
        post = BlogPost(
            f"stuk-na-{wait}", f"Later {wait}", body("Een heel nieuw stuk over de klant.")
        )
        post.published = blog.now - timedelta(hours=1)
        blog.site.posts.insert(0, post)
        assert blog.gather()[f"/stuk-na-{wait}/"]["decision"] == "taken"
        assert pages() - before == more, f"after {wait} days"
        before = pages()


def test_one_page_with_versions_has_the_whole_site_asked(blog: Blog) -> None:
    for n in range(30):
        text = body(f"Dit is stuk {n}, en het gaat over de klant die het nummer {n * 7} kreeg.")
        post = BlogPost(f"stuk-{n}", f"Stuk {n}", text, published=NOW - timedelta(days=10, hours=n))
        blog.site.posts.append(post)
    blog.site.per_page = 40
    blog.gather()
    assert all(blog.asked(f"/stuk-{n}/") == 1 for n in range(30))
