"""Drafts on a real WordPress: what holds for the twin holds there, and the whole way round.

Where CI is set a WordPress of these tests alone is started; else they run on the sample site
whose state CXG_STATE names, as its own script has it, if that is up. Everything that is made is
taken away again.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from contracts.blog_contract import _FORK, BlogCase, BlogContract, BlogDesk, desk, translated
from cxgreetz import pipeline
from cxgreetz.model import Origin
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.translation.assembly import segments_of
from servers.killing_proxy import KillingProxy
from test_wordpress_live import SITE, PlainSite, started_apart

__all__ = ["desk", "translated"]

pytestmark = pytest.mark.timeout(600)

#: Says of what is made for a test that it is.
MARK = "cxgreetz-en-"


class LiveSite:
    """The author's site as a place of the contract."""

    def __init__(self, base: PlainSite, password: str) -> None:
        self.site, self.magazine, self.mirror = (base.url("", look) for look in range(3))
        self.picture = f"{self.magazine}/wp-includes/images/w-logo-blue-white-bg.png"
        self._auth = tuple(password.split(":"))

    def ask(self, method: str, path: str, **options: Any) -> Any:
        url = f"{self.site}/wp-json/wp/v2/{path}"
        answer = requests.request(method, url, auth=self._auth, timeout=60, **options)
        assert answer.ok, answer.text[:300]
        return answer.json()

    def posts(self, status: str = "any") -> list[dict[str, Any]]:
        query = {"search": MARK, "status": status, "context": "edit", "per_page": 100}
        found: list[dict[str, Any]] = self.ask("GET", "posts", params=query)
        return found

    def media(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", "media", params={"search": "w-logo-blue"})
        return found

    def bodies(self) -> list[str]:
        return [post["content"]["raw"] for post in self.posts()]

    def edit(self, old: str, new: str) -> None:
        for post in self.posts():
            assert old in post["content"]["raw"]
            changed = post["content"]["raw"].replace(old, new)
            self.ask("POST", f"posts/{post['id']}", json={"content": changed})

    def publish(self) -> None:
        for post in self.posts():
            self.ask("POST", f"posts/{post['id']}", json={"status": "publish"})

    def remove(self) -> None:
        for post in self.posts():
            self.ask("DELETE", f"posts/{post['id']}")

    def clean(self) -> None:
        for kind, some in (("posts", self.posts("any,trash")), ("media", self.media())):
            for one in some:
                self.ask("DELETE", f"{kind}/{one['id']}", params={"force": True})


@pytest.fixture(scope="module")
def base() -> Iterator[PlainSite]:
    state = Path(os.environ.get("CXG_STATE", "/tmp/cxg-wordpress"))
    if os.environ.get("CI") or not (state / "port").is_file():
        with started_apart() as site:
            yield site
    else:
        yield PlainSite(int((state / "port").read_text()), state)


@pytest.fixture(scope="module")
def password(base: PlainSite) -> str:
    # It is installed by another user than the one its PHP runs as.
    for folder in (base.state / "www" / "wp-content" / "uploads-author").rglob("*"):
        if folder.is_dir():
            folder.chmod(0o777)
    made = subprocess.run(
        [SITE / "up", "--password"],
        env=os.environ | {"CXG_STATE": str(base.state)},
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"the WordPress of {base.state} is not up")
    return made.stdout.strip().splitlines()[-1]


@pytest.fixture
def place(base: PlainSite, password: str) -> Iterator[LiveSite]:
    site = LiveSite(base, password)
    site.clean()
    yield site
    site.clean()


@pytest.fixture
def case(password: str) -> BlogCase:
    lines = (
        'tags = { en = { "*" = "cx blogs" } }',
        'categories = { en = { "*" = "Blogs (English)", column = "No such thing" } }',
    )
    return BlogCase("wordpress", password, lines)


class TestWordPressItself(BlogContract):
    pass


def test_the_post_is_whole(desk: BlogDesk, place: LiveSite) -> None:
    (one,) = desk.push().pushed.values()
    assert one.notes == [
        "the blog has no category 'No such thing'; make it there, or mend blog.categories.en"
    ]
    (post,) = place.posts()
    (picture,) = place.media()
    assert (post["status"], post["featured_media"]) == ("draft", picture["id"])
    names = [
        place.ask("GET", f"{kind}/{n}")["name"]
        for kind in ("tags", "categories")
        for n in post[kind]
    ]
    assert names == ["cx blogs", "Blogs (English)"]
    shown = re.sub(r"<[^>]+>", "", post["content"]["rendered"])
    assert "The Dutch original appeared on 19 November 2026: Koffie op perron 4." in shown


def test_an_authors_rights_are_enough(
    desk: BlogDesk, place: LiveSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of whom WordPress strips what it does not know from every text."""
    name = "cxgreetz-author"
    user = place.ask(
        "POST",
        "users",
        json={
            "username": name,
            "email": "author@example.org",
            "password": "not-used-x7Kq2",
            "roles": ["author"],
        },
    )
    try:
        made = place.ask("POST", f"users/{user['id']}/application-passwords", json={"name": "t"})
        monkeypatch.setenv("CXGREETZ_WORDPRESS_API_KEY", f"{name}:{made['password']}")
        assert desk.pushed() == ("create", "draft", 0)
        assert desk.pushed() == ("none", "draft", 0)
        desk.change(
            "the same coffee", "Q&A tea [gallery] <3".replace("&", "&amp;").replace("<", "&lt;")
        )
        assert desk.pushed() == ("update", "draft", 0)
        assert desk.pushed() == ("none", "draft", 0)
        with desk.open() as workspace:
            for posting in workspace.store.postings():
                workspace.store.drop_posting(posting)
        assert desk.pushed() == ("adopt", "draft", 0), "its words are just those that were sent"
    finally:
        place.ask("DELETE", f"users/{user['id']}", params={"force": True, "reassign": 1})


# the whole way round

_SENTENCES = (
    "Nobody likes to be asked the same thing twice",
    "The guest at the desk had been waiting since breakfast",
    "We count what is easy to count and forget the rest",
    "Her answer was short, and it was kind",
    "A good question costs nothing at all",
    "They had changed the form again, and nobody knew why",
    "What would you do if it were your own shop",
)


def speak_english(workspace: Workspace, key: str) -> None:
    """Have a column in English, in the words of an editor; figures and links as they were."""
    memory = StoreMemory(workspace)
    piece = next(one for one in workspace.store.pieces() if one.key == key)
    for number, part in enumerate(segments_of(piece.origin, "en")):
        coded = part.segment.text
        kept = re.findall(r"<g\d+>|</g\d+>|<x\d+/>", coded)
        figures = re.findall(r"\d+", re.sub(r"<[^>]*>", "", coded))
        said = _SENTENCES[number % len(_SENTENCES)]
        told = f"{said}, {number + 100} times" if number >= len(_SENTENCES) else said
        english = " ".join([told, *figures]) + "".join(kept)
        memory.remember(part.segment, english, Origin.EDITOR, "Anna")


def toml(*sources: str, blog: str) -> str:
    named = "".join(
        f'[[sources]]\nname = "s{n}"\nurl = "{url}/"\n' for n, url in enumerate(sources)
    )
    return (
        '[newsletter]\nname = "CX Greetz"\nfrom = "Anna <anna@example.org>"\nstart = 2010-01-01\n'
        f'{named}[blog]\nname = "wordpress"\nurl = "{blog}"\nlanguages = ["en"]\n'
        'publications = { s0 = "CustomerFirst" }\n'
    )


PIECE = "nps-vermoeidheid"


def _syndicate(folder: Path) -> None:
    with pipeline.open_workspace(folder) as workspace:
        workspace.sleep = lambda _seconds: None
        os._exit(pipeline.syndicate(workspace, PIECE).exit_code)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_dutch_column_ends_as_one_english_draft_and_is_known_again(
    place: LiveSite,
    password: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    monkeypatch.setenv("CXGREETZ_WORDPRESS_API_KEY", password)
    file = tmp_path / "cxgreetz.toml"
    file.write_text(toml(place.magazine, blog=place.site))
    with pipeline.open_workspace(tmp_path) as workspace:
        pipeline.gather(workspace)
        speak_english(workspace, PIECE)
    number, killed = 0, True
    with KillingProxy(place.site) as proxy:
        file.write_text(toml(place.magazine, blog=proxy.url))
        while killed:
            place.clean()
            with pipeline.open_workspace(tmp_path) as workspace:
                for posting in workspace.store.postings():
                    workspace.store.drop_posting(posting)
            proxy.asked.clear()
            proxy.doom = (number, moment)
            child = _FORK.Process(target=_syndicate, args=(tmp_path,))
            child.start()
            proxy.victim = child.pid
            child.join()
            killed, proxy.doom = child.exitcode == -9, None
            with pipeline.open_workspace(tmp_path) as workspace:
                workspace.sleep = lambda _seconds: None
                report = pipeline.syndicate(workspace, PIECE)
                if report.rows[0].posted.state == "unknown":
                    assert place.posts() == [], number
                    report = pipeline.syndicate(workspace, PIECE, again=True)
                (row,) = report.rows
            assert (row.posted.state, report.exit_code) == ("draft", 0), (number, row)
            assert len(place.posts()) == 1, number
            number += 1
    assert number > 4, "no call was cut off"
    (post,) = place.posts()
    assert "This blog was written for" in post["content"]["raw"]
    assert "published on 1 October 2020" in post["content"]["raw"]
    place.publish()
    (published,) = place.posts()
    file.write_text(toml(place.magazine, place.site, blog=place.site))
    with pipeline.open_workspace(tmp_path) as workspace:
        before = {one.key for one in workspace.store.pieces()}
        found = {row["url"]: row for row in pipeline.gather(workspace).as_json()["posts"]}
        assert found[published["link"]]["decision"] == "skipped"
        assert found[published["link"]]["reason"] == f"our own translation of {PIECE}"
        ours = next(one for one in workspace.store.pieces() if one.key == PIECE)
        assert ours.post("en") is None, "it is no translation of the author's own"
        assert before <= {one.key for one in workspace.store.pieces()}
    # The same text on another site of hers, under another address.
    file.write_text(toml(place.magazine, place.site, place.mirror, blog=place.site))
    with pipeline.open_workspace(tmp_path) as workspace:
        later = pipeline.gather(workspace).as_json()["posts"]
        (copy,) = [row for row in later if row["url"].startswith(place.mirror)
                   and row["url"].endswith(published["link"].rsplit("/", 2)[1] + "/")]  # fmt: skip
        assert copy["decision"] == "skipped"
        assert copy["reason"].startswith(f"our own translation of {PIECE}")
