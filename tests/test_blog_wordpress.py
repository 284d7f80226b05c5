"""WordPress keeps what every blog promises, whatever goes wrong with a call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from contracts.blog_contract import (
    PIECE,
    TITLE,
    BlogCase,
    BlogContract,
    BlogDesk,
    desk,
    translated,
)
from contracts.provider_contract import FaultContract, renew
from cxgreetz import pieces, pipeline
from cxgreetz.blogs._blocks import Media, to_blocks
from cxgreetz.blogs.wordpress import WordPress
from cxgreetz.cli import app, show
from cxgreetz.errors import ConfigError, ProviderError, UsageError
from cxgreetz.model import Block, BlockKind, BlogPost, Held, Image, Origin
from cxgreetz.pipeline.posts.recognising import OwnTranslations
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.ports import BlogAccount, plugin
from cxgreetz.store import StoredPost
from cxgreetz.syndication import same_words
from cxgreetz.translation.assembly import segments_of
from samples import NOW, TEXTS, a_post
from servers._api_twin import Fault
from servers.wordpress_api import DOT, KEY, WordPressApi

__all__ = ["desk", "translated"]


class Site(WordPressApi):
    """The twin as a place of the contract."""

    @property
    def picture(self) -> str:
        return f"{self.site}/pictures/koffie.png"

    def bodies(self) -> list[str]:
        return [p.fields["content"] for p in self.campaigns.values() if p.state != "trash"]

    remove = WordPressApi.trash


@pytest.fixture
def case() -> BlogCase:
    return BlogCase(
        "wordpress",
        KEY,
        (
            'tags = { en = { "*" = "cx blogs", klachten = "complaints" } }',
            'categories = { en = { "*" = "Blogs & more", column = "Columns" } }',
            "sign_up = { en = \"<a href='https://blog.example/cx/'>Sign up</a> for CX Greetz.\" }",
        ),
    )


@pytest.fixture
def place() -> Iterator[Site]:
    with Site() as twin:
        yield twin


@pytest.fixture
def approved(translated: Path) -> Path:
    """What the fault contract begins with."""
    return translated


class TestWordPress(BlogContract, FaultContract):
    pass


def test_the_post_is_whole(desk: BlogDesk, place: Site) -> None:
    desk.push()
    (post,) = place.campaigns.values()
    assert post.state == "draft"
    assert post.fields["title"] == "Coffee on platform 4"
    assert post.name.startswith("coffee-on-platform-4-")
    assert [place.tags[n] for n in post.fields["tags"]] == ["cx blogs", "complaints"]
    assert post.fields["categories"] == [2]
    body = post.fields["content"]
    assert body.count("<!-- wp:paragraph -->") == body.count("<!-- /wp:paragraph -->") == 5
    assert '<p id="cxgreetz-en-koffie">The Dutch original appeared on 19 November 2026: ' in body
    assert (
        '<a href="https://blog.example/koffie/"><span lang="nl">Koffie op perron 4</span>' in body
    )
    assert body.endswith("Sign up</a> for CX Greetz.</p>\n<!-- /wp:paragraph -->")
    (picture,) = place.media.values()
    assert post.fields["featured_media"] == picture["id"]
    assert picture["title"]["rendered"] == "Coffee on platform 4", (
        "its words are Dutch, and nobody's to see"
    )


def test_what_it_does_without_is_told(desk: BlogDesk, place: Site) -> None:
    (one,) = desk.push().pushed.values()
    assert one.notes == [
        "the blog has no category 'Columns'; make it there, or mend blog.categories.en"
    ]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_picture_and_a_tag_are_made_once_wherever_the_run_is_killed(
    desk: BlogDesk, place: Site, translated: Path, moment: str
) -> None:
    desk.push()
    calls = len(place.exchanges)
    made = [n for n, e in enumerate(place.exchanges) if e.asked.method == "POST"]
    assert len(made) == 4, "a tag, a picture, its words, the post"
    for number in made:
        place.forget()
        renew(desk, translated, place)
        place.doom = (number, moment)
        child = desk.child()
        place.victim = child.pid
        child.join()
        assert child.exitcode == -9
        desk.push(again=True)
        assert [m["title"]["rendered"] for m in place.media.values()] == ["Coffee on platform 4"]
        assert len(place.media) == 1 and len(place.tags) == 2, (number, calls)
        assert len(place.campaigns) == 1


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.FAIL_AFTER, Fault.GARBLED])
def test_a_picture_whose_answer_is_lost_is_looked_for(
    desk: BlogDesk, place: Site, fault: Fault
) -> None:
    desk.push()
    place.forget()
    with desk.open() as workspace:
        for posting in workspace.store.postings():
            workspace.store.drop_posting(posting)
    place.tags[4] = "complaints"
    uploads = place.creates
    place.creates = ("POST", "/media")
    place.strike(fault, "create")
    assert desk.pushed() == ("create", "draft", 0)
    place.creates = uploads
    (post,) = place.campaigns.values()
    assert len(place.asked("POST", "/media")) == 1
    assert post.fields["featured_media"] in place.media


def test_a_picture_that_is_there_is_not_uploaded_again(desk: BlogDesk, place: Site) -> None:
    name = f"{place.site}/wp-content/uploads/2020/01/koffie"
    place.media[9] = {"id": 9, "slug": "img", "source_url": f"{name}.png"}
    desk.picture = f"{name}-1024x512.png"
    desk.settle()
    desk.push()
    assert list(place.media) == [9]
    assert place.asked("POST", "/media.*") == []
    (post,) = place.campaigns.values()
    assert post.fields["featured_media"] == 9


def test_a_picture_that_a_person_uploaded_is_known_by_its_file(desk: BlogDesk, place: Site) -> None:
    url = f"{place.site}/wp-content/uploads/2019/05/koffie.png"
    sizes = {8: len(DOT) + 1, 9: len(DOT)}
    for number, size in sizes.items():
        place.media[number] = {"id": number, "slug": f"m{number}", "source_url": url}
        place.media[number] |= {"media_details": {"filesize": size}}
    desk.push()
    (post,) = place.campaigns.values()
    assert post.fields["featured_media"] == 9
    assert list(place.media) == [8, 9]


def test_a_picture_that_cannot_be_had_is_told_and_the_post_is_made(
    desk: BlogDesk, place: Site
) -> None:
    desk.picture = "http://127.0.0.1:1/koffie.png"
    desk.settle()
    report = desk.push()
    assert report.exit_code == 0
    assert "without the picture http://127.0.0.1:1/koffie.png" in report.pushed["nl"].notes[0]


def test_tags_that_the_user_may_not_make_are_told(desk: BlogDesk, place: Site) -> None:
    place.makes_tags = False
    report = desk.push()
    assert "the tag 'complaints' could not be made" in report.pushed["nl"].notes[0]
    (post,) = place.campaigns.values()
    assert [place.tags[n] for n in post.fields["tags"]] == ["cx blogs"]


def test_where_meta_can_be_written_the_key_stands_there_and_the_address_is_plain(
    desk: BlogDesk, place: Site
) -> None:
    place.meta = ("cxgreetz_key", "_yoast_wpseo_canonical")
    desk.more = ('canonical = "always"',)
    desk.settle()
    assert desk.pushed() == ("create", "draft", 0)
    (post,) = place.campaigns.values()
    assert post.name == "coffee-on-platform-4"
    assert post.fields["meta"] == {
        "cxgreetz_key": "cxgreetz-en-koffie",
        "_yoast_wpseo_canonical": "https://blog.example/koffie/",
    }
    post.fields["content"] = post.fields["content"].replace(' id="cxgreetz-en-koffie"', "")
    with desk.open() as workspace:
        for posting in workspace.store.postings():
            workspace.store.drop_posting(posting)
    assert desk.pushed()[0] == "adopt", "found by its meta and its address"
    place.meta = ()


def test_where_no_canonical_address_can_be_written_the_text_links_and_it_is_told(
    desk: BlogDesk, place: Site
) -> None:
    desk.more = ('canonical = "always"',)
    desk.settle()
    notes = " ".join(desk.push().pushed["nl"].notes)
    assert "takes no canonical address through its API" in notes


def test_a_source_that_may_only_be_quoted_gives_an_excerpt_with_a_link(
    desk: BlogDesk, place: Site
) -> None:
    file = desk.folder / "cxgreetz.toml"
    file.write_text(file.read_text().replace('feed/"', 'feed/"\nexcerpt_limit = 100'))
    report = desk.push()
    (post,) = place.campaigns.values()
    assert TEXTS["en"][0] in post.fields["content"]
    assert TEXTS["en"][1] not in post.fields["content"]
    assert "Read the whole column in Dutch: <a " in post.fields["content"]
    assert place.media == {}, "its picture is not ours to copy either"
    assert "its source allows 100 characters: 83 go, and no picture" in report.pushed["nl"].notes[0]


def test_a_post_whose_address_and_name_a_person_changed_is_still_ours(
    desk: BlogDesk, place: Site
) -> None:
    desk.push()
    place.edit(' id="cxgreetz-en-koffie"', "")
    place.publish("koffie-in-english")
    assert desk.pushed() == ("none", "published", 0)
    with desk.open() as workspace:
        (posting,) = workspace.store.postings()
    assert posting.url == f"{place.site}/koffie-in-english/"


def test_a_post_that_only_mentions_our_key_is_not_ours(desk: BlogDesk, place: Site) -> None:
    desk.push()
    place.edit(' id="cxgreetz-en-koffie"', ' id="cxgreetz-en-koffie-2"')
    place.publish("another")
    with desk.open() as workspace:
        for posting in workspace.store.postings():
            workspace.store.drop_posting(posting)
    assert desk.pushed() == ("create", "draft", 0)
    assert len(place.campaigns) == 2


def test_two_of_ours_are_a_persons_matter(desk: BlogDesk, place: Site) -> None:
    desk.push()
    place.double()
    report = desk.push()
    assert (report.pushed["nl"].step, report.exit_code) == ("stop", 1)
    assert all(number in report.pushed["nl"].why for number in place.campaigns)


@pytest.mark.parametrize("relates", [True, False])
def test_the_sister_on_the_same_blog_is_linked_and_related_where_that_can_be(
    desk: BlogDesk, place: Site, relates: bool
) -> None:
    place.more = ("lang", "translations") if relates else ()
    there = f"{place.site}/koffie/"
    with desk.open() as workspace:
        own = a_post(there, source="own", published=NOW)
        workspace.store.save_posts([StoredPost(own, PIECE, "taken", "new", NOW, NOW)])
    dutch = place.make("koffie", "publish", Held(), title="Koffie", content="", excerpt="")
    dutch.fields |= {"tags": [], "categories": [], "meta": {}}
    (one,) = desk.push().pushed.values()
    assert one.step == "create"
    post = place.campaigns[one.remote_id]
    assert (
        f'<a href="{there}"><span lang="nl">Lees deze blog in het Nederlands'
        in post.fields["content"]
    )
    if relates:
        assert post.fields["lang"] == "en"
        assert post.fields["translations"] == {"nl": int(dutch.id)}
    else:
        assert any("takes no language relation through its API" in note for note in one.notes)


def test_a_site_that_lets_nobody_ask_what_a_post_has(desk: BlogDesk, place: Site) -> None:
    place.describes = False
    assert desk.pushed() == ("create", "draft", 0)
    assert desk.pushed() == ("none", "draft", 0)


def test_what_cannot_be_looked_up_for_a_post_leaves_nothing_open(
    desk: BlogDesk, place: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> Any:
        raise ProviderError("the line dropped", ambiguous=True)

    monkeypatch.setattr(WordPress, "_wanted", fails)
    report = desk.push()
    assert (report.pushed["nl"].step, report.exit_code, desk.receipt()) == ("failed", 3, None)
    monkeypatch.undo()
    monkeypatch.setenv("CXGREETZ_WORDPRESS_API_KEY", KEY)
    assert desk.pushed() == ("create", "draft", 0)


def test_an_error_in_a_translation_keeps_it_back(desk: BlogDesk, place: Site) -> None:
    with desk.open() as workspace:
        memory = StoreMemory(workspace)
        (piece,) = workspace.store.pieces()
        title = segments_of(piece.origin, "en")[0].segment
        memory.forget(title, TITLE)
        memory.remember(title, "Coffee on platform 5", Origin.ENGINE, None)
    report = desk.push()
    assert (report.pushed["nl"].step, report.exit_code) == ("wait", 1)
    assert "en: koffie, title: " in report.pushed["nl"].why
    assert place.bodies() == []


def test_a_site_without_pretty_addresses(desk: BlogDesk, place: Site) -> None:
    class Plain(Site):
        prefix = "/plain"

        def _read(self, handler: Any) -> Any:
            asked = super()._read(handler)
            route = asked.query.pop("rest_route", [""])[0]
            asked.path = route.removeprefix("/wp/v2") if route else asked.path
            return asked

        @property
        def site(self) -> str:
            return self.url.removesuffix(self.prefix)

    with Plain() as plain:
        desk.place, desk.picture = plain, ""
        desk.settle()
        assert desk.pushed() == ("create", "draft", 0)
        assert desk.pushed() == ("none", "draft", 0)


def test_a_bracket_of_the_text_opens_no_shortcode(desk: BlogDesk, place: Site) -> None:
    desk.change("the same coffee", "[gallery] coffee")
    desk.push()
    (body,) = place.bodies()
    assert "&#91;gallery] coffee" in body
    assert desk.pushed() == ("none", "draft", 0)


def test_no_title_and_no_summary_is_markup_there(desk: BlogDesk, place: Site) -> None:
    title, summary = "Tea <script>x</script> &copy; AT&T", "How <b>hot</b> &amp; sweet"
    blocks = (Block(BlockKind.PARAGRAPH, "Hot.", "en"),)
    with desk.open() as workspace:
        account = BlogAccount(place.site, "", "", KEY, NOW, desk.waits.append)
        site = plugin("blogs", "wordpress", "").open(account, workspace.net)
        post = BlogPost("cxgreetz-en-tea", "en", title, "tea", blocks, ("-",), summary=summary)
        remote = site.create(post)
        assert same_words(remote.text, site.text_of(post)) and title in remote.text
    (there,) = place.campaigns.values()
    assert there.fields["title"] == "Tea &lt;script&gt;x&lt;/script&gt; &amp;copy; AT&T"
    assert there.fields["excerpt"] == "How &lt;b&gt;hot&lt;/b&gt; &amp;amp; sweet"


def test_what_a_picture_shows_opens_no_shortcode() -> None:
    image = Image("https://x.example/a.png", '[gallery ids="1"]')
    block = Block(BlockKind.PICTURE, "", image=image)
    html = to_blocks([block], [], "key", {image.src: Media(7, "https://y.example/a.png")})
    assert 'alt="&#91;gallery' in html and "[" not in html


def test_a_wrong_password_is_named_and_makes_nothing(
    desk: BlogDesk, place: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.key = "anna:another password"
    report = desk.push()
    assert report.exit_code == 3
    assert "CXGREETZ_WORDPRESS_API_KEY" in report.pushed["nl"].why
    monkeypatch.delenv("CXGREETZ_WORDPRESS_API_KEY")
    with pytest.raises(ConfigError, match="CXGREETZ_WORDPRESS_API_KEY: is not set"):
        desk.push()
    for wrong in ("geheim", "anna:", ":Xk4w Zq8s Lr0t"):
        monkeypatch.setenv("CXGREETZ_WORDPRESS_API_KEY", wrong)
        with pytest.raises(ConfigError, match="does not look like one") as caught:
            desk.push()
        assert wrong not in str(caught.value)
    assert place.campaigns == {}


def two_pieces(desk: BlogDesk) -> None:
    with desk.open() as workspace:
        tea = a_post("https://blog.example/thee/", title="Thee", texts=("Een pot thee.",))
        workspace.store.save_posts([StoredPost(tea, "thee", "taken", "new", NOW, NOW)])
        memory = StoreMemory(workspace)
        for part, said in zip(segments_of(tea, "en"), ("Tea", "A pot of tea."), strict=True):
            memory.remember(part.segment, said, Origin.EDITOR, "Anna")


@pytest.mark.parametrize("describes", [True, False])
@pytest.mark.parametrize("what", ["password", "address"])
def test_what_is_wrong_with_the_blog_is_told_once_before_any_work(
    desk: BlogDesk, place: Site, what: str, describes: bool
) -> None:
    two_pieces(desk)
    place.describes = describes
    if what == "password":
        place.key = "anna:another password"
    else:
        file = desk.folder / "cxgreetz.toml"
        file.write_text(file.read_text().replace(place.site, f"{place.site}/elsewhere"))
    done = CliRunner().invoke(app, ["syndicate", "--workspace", str(desk.folder)])
    lines = done.stdout.splitlines()
    assert done.exit_code == 3 and len(lines) == 2, done.stdout
    remedy = {"password": "CXGREETZ_WORDPRESS_API_KEY", "address": "mend blog.url"}[what]
    assert lines[0].startswith("✗") and remedy in lines[0]
    assert lines[1] == "  2 translations stayed here for that reason"
    assert len(place.exchanges) <= 2 and place.campaigns == {}


def told(report: pipeline.SyndicateReport, *, verbose: bool = False) -> list[str]:
    return list(show.syndicate(report, verbose=verbose))


def test_what_is_not_known_is_not_told_as_done(desk: BlogDesk, place: Site) -> None:
    place.strike(Fault.DROP_BEFORE)
    report = desk.syndicate()
    (row,) = report.rows
    assert (row.posted.step, row.posted.state, report.exit_code) == ("create", "unknown", 3)
    line, *_more = told(report)
    assert line.startswith("✗ koffie en: ") and "a draft was made" not in line
    assert "it is not known whether" in line and "--again" in line


def test_what_was_left_alone_is_not_told_as_done(
    desk: BlogDesk, place: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.push()
    desk.change()
    prepare = WordPress.prepare

    def slowly(self: WordPress, post: BlogPost) -> list[str]:
        place.edit("the same coffee", "the very best coffee")
        return prepare(self, post)

    monkeypatch.setattr(WordPress, "prepare", slowly)
    report = desk.syndicate()
    (row,) = report.rows
    assert (row.posted.step, report.exit_code) == ("update", 1)
    line, *_more = told(report)
    assert "brought up to date" not in line and "it stays as it is" in line


def test_verbose_tells_why_of_what_was_done_too(desk: BlogDesk) -> None:
    report = desk.syndicate()
    why = report.rows[0].posted.why
    assert why and told(report)[0].startswith("✓ koffie en: a draft was made; ")
    assert f"  {why}" in told(report, verbose=True)
    again = desk.syndicate()
    assert sum(again.rows[0].posted.why in line for line in told(again, verbose=True)) == 1


HERS = "A baker in the next street says no to her customers, and every morning they come back."


def write_over(place: Site, *, whole: bool) -> str:
    """An author's own post stands at our number; our address and anchor are left, or gone."""
    ((number, post),) = place.campaigns.items()
    anchor = "" if whole else '<p id="cxgreetz-en-koffie">Greetings</p>'
    post.fields |= {"title": "The baker", "content": f"<p>{HERS}</p>{anchor}"}
    post.state = "publish"
    if whole:
        post.name = "the-baker"
    return str(number)


@pytest.mark.parametrize("whole", [True, False])
def test_an_authors_post_at_the_place_of_ours_is_let_go_of_when_that_is_said(
    desk: BlogDesk, place: Site, whole: bool
) -> None:
    desk.push()
    number = write_over(place, whole=whole)
    desk.change()
    report = desk.push()
    one = report.pushed["nl"]
    assert (one.step, report.exit_code) == ("stop", 1)
    assert f"if {number} is a post of its own by now: cxgreetz syndicate koffie --anew" in one.why
    assert desk.pushed(anew=True, dry_run=True) == ("create", "none", 0)
    assert "does not let go" not in desk.push(anew=True, dry_run=True).pushed["nl"].why
    assert len(place.campaigns) == 1
    assert desk.pushed(anew=True) == ("create", "draft", 0)
    assert desk.pushed(anew=True) == ("none", "draft", 0), "said twice it makes one"
    assert desk.pushed() == ("none", "draft", 0)
    desk.change(new="cocoa")
    assert desk.pushed() == ("update", "draft", 0)
    hers, ours = place.campaigns.values()
    assert HERS in hers.fields["content"] and "the same cocoa" in ours.fields["content"]
    with desk.open() as workspace:
        (posting,) = workspace.store.postings()
        assert posting.remote_id == ours.id != number
        own = OwnTranslations(workspace.store.postings())
        post = a_post(
            f"{place.site}/{hers.name}/",
            language="en",
            guid=f"{place.site}/?p={number}",
            texts=(HERS,),
        )
        assert own.reason(pieces.head_of(post)) is None, "it may be gathered"


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.BUSY_BARE])
def test_a_create_that_fails_after_letting_go_is_no_second_one(
    desk: BlogDesk, place: Site, fault: Fault
) -> None:
    desk.push()
    write_over(place, whole=True)
    place.strike(fault)
    desk.push(anew=True)
    place.heal()
    for _time in range(2):
        desk.push(anew=True)
        desk.push(anew=True, again=True)
    assert len(place.campaigns) == 2 and desk.pushed() == ("none", "draft", 0)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_letting_go_that_is_killed_about_its_create_makes_one(
    desk: BlogDesk, place: Site, approved: Path, moment: str
) -> None:
    push = desk.push

    def begin() -> None:
        place.forget()
        renew(desk, approved, place)
        push()
        write_over(place, whole=True)
        place.exchanges.clear()

    begin()
    push(anew=True)
    methods = [(e.asked.method, e.asked.path) for e in place.exchanges]
    create = next(n for n, (how, path) in enumerate(methods) if (how, path) == ("POST", "/posts"))
    for number in (create - 1, create, create + 1):
        begin()
        place.doom = (number, moment)
        desk.push = partial(push, anew=True)  # type: ignore[method-assign]
        child = desk.child()
        place.victim = child.pid
        child.join()
        assert child.exitcode == -9 and place.doom is None
        step, _state, code = desk.pushed()
        if (step, code) == ("stop", 3):
            assert len(place.campaigns) == 1 and number <= create
            desk.pushed(again=True)
        assert len(place.campaigns) == 2, f"killed {moment} call {number}"
        assert desk.pushed() == ("none", "draft", 0)


def test_only_what_says_something_else_is_let_go_of(desk: BlogDesk, place: Site) -> None:
    desk.push()
    place.edit("the same coffee", "the very best coffee")
    assert desk.pushed(anew=True) == ("none", "draft", 0)
    why = desk.push(anew=True).pushed["nl"].why
    (percent,) = re.findall(r"(\d+)% of what we sent stands there, so --anew does not let go", why)
    assert 50 < int(percent) < 100 and "--anew" not in desk.push().pushed["nl"].why
    assert len(place.campaigns) == 1
    desk.syndicate(anew=True, dry_run=True)
    place.edit("the very best coffee", "the same coffee")
    desk.change()
    updated = desk.push(anew=True).pushed["nl"]
    assert updated.step == "update"
    assert any("--anew does not let go" in note for note in updated.notes)
    with pytest.raises(UsageError, match="name it"):
        desk.syndicate(None, anew=True)


def write_more(place: Site, number: int = 16) -> None:
    """An author publishes ours with many paragraphs of her own below it."""
    ((_number, post),) = place.campaigns.items()
    hers = (f"<p>{HERS} That is what I saw {n} times in year {n * 7}.</p>" for n in range(number))
    post.fields["content"] += "".join(hers)
    post.state = "publish"


def test_a_post_that_has_all_of_our_words_is_ours_however_much_is_added(
    desk: BlogDesk, place: Site
) -> None:
    desk.push()
    write_more(place)
    desk.change()
    report = desk.push()
    one = report.pushed["nl"]
    assert (one.step, report.exit_code) == ("stop", 1)
    assert "hardly a word" not in one.why and "--anew" not in one.why
    why = desk.push(anew=True).pushed["nl"].why
    assert "100% of what we sent stands there, so --anew does not let go of it" in why
    assert len(place.campaigns) == 1, "no second draft of the very same column"


@pytest.mark.parametrize("url", ["http://blog.example", "http://10.0.0.7", "http://wp.local"])
def test_a_password_never_goes_over_an_open_line(desk: BlogDesk, place: Site, url: str) -> None:
    file = desk.folder / "cxgreetz.toml"
    file.write_text(file.read_text().replace(place.site, url))
    with pytest.raises(ConfigError, match=r"blog\.url: starts with http://"):
        desk.push()


def test_an_unknown_piece_language_or_no_blog_is_wrong_usage(desk: BlogDesk) -> None:
    with pytest.raises(UsageError, match="there is no piece 'thee'"):
        desk.syndicate("thee")
    with pytest.raises(UsageError, match="nothing goes back to the blog in 'nl'"):
        desk.push(languages=["nl"])
    with pytest.raises(UsageError, match="a piece or an edition"):
        desk.push(edition="2026-11")
    file = desk.folder / "cxgreetz.toml"
    file.write_text(file.read_text().partition("[blog]")[0])
    with pytest.raises(ConfigError, match=r"blog\.name: is not set"):
        desk.push()


def test_all_that_may_go_goes_when_none_is_named(desk: BlogDesk, place: Site) -> None:
    (row,) = desk.syndicate(None).rows
    assert (row.piece, row.posted.step) == (PIECE, "create")


def test_a_piece_that_became_part_of_another_keeps_its_post(desk: BlogDesk, place: Site) -> None:
    desk.push()
    with desk.open() as workspace:
        older = a_post("https://magazine.example/koffie/", source="magazine")
        (stored,) = workspace.store.posts()
        both = [StoredPost(older, "perron-4", "taken", "new", older.published, NOW)]
        workspace.store.save_posts([*both, replace(stored, piece="perron-4")])
    report = desk.syndicate("perron-4")
    (row,) = report.rows
    assert (row.posted.step, row.posted.state) == ("none", "draft")
    desk.change()
    assert desk.syndicate("perron-4").rows[0].posted.step == "update"
    assert len(place.campaigns) == 1


def test_a_person_who_saves_while_the_picture_goes_up_is_not_written_over(
    desk: BlogDesk, place: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.push()
    desk.change()
    prepare = WordPress.prepare

    def slowly(self: WordPress, post: BlogPost) -> list[str]:
        place.edit("the same coffee", "the very best coffee")
        return prepare(self, post)

    monkeypatch.setattr(WordPress, "prepare", slowly)
    assert desk.pushed()[1:] == ("draft", 1)
    (body,) = place.bodies()
    assert "the very best coffee" in body


class TestGathering:
    """What went to the blog is known again, wherever it turns up."""

    def gather(self, desk: BlogDesk, post: Any) -> tuple[str, str]:
        with desk.open() as workspace:
            known = workspace.store.known_posts(pieces.head_of)
            decisions = pieces.judge({"own": [post]}, known, start=workspace.config.start, now=NOW)
            own = OwnTranslations(workspace.store.postings())
            (one,) = own.leave_out(decisions, known)
        return one.decision, one.reason

    def test_by_its_address_at_the_blog(self, desk: BlogDesk, place: Site) -> None:
        desk.push()
        place.publish("coffee")
        desk.push()
        post = a_post(f"{place.site}/coffee/", language="en", source="own")
        assert self.gather(desk, post) == ("skipped", "our own translation of koffie")

    def test_by_its_number_there_whatever_it_is_called(self, desk: BlogDesk, place: Site) -> None:
        desk.push()
        ((number, _post),) = place.campaigns.items()
        texts = ("Something quite different stands here now, and all of it is her own.",)
        post = a_post(
            f"{place.site}/anders/",
            language="en",
            source="own",
            guid=f"{place.site}/?p={number}",
            texts=texts,
        )
        told = (
            "our own translation of koffie, which a person has rewritten there (0% of it is left); "
            "if it is a post of its own: cxgreetz syndicate koffie --anew"
        )
        assert self.gather(desk, post) == ("skipped", told)

    @pytest.mark.parametrize(
        ("texts", "said"),
        [
            ((TEXTS["en"][0], HERS * 3), True),
            ((*TEXTS["en"], *(f"{HERS} That was in year {n}." for n in range(40))), False),
            ((" ".join(TEXTS["en"][0].split()[:20]),), False),
        ],
    )
    def test_what_syndicate_would_not_let_go_of_is_not_told_to_be_let_go_of(
        self, desk: BlogDesk, place: Site, texts: tuple[str, ...], said: bool
    ) -> None:
        desk.push()
        place.publish("coffee")
        desk.push()
        post = a_post(f"{place.site}/coffee/", language="en", source="own", texts=texts)
        decision, told = self.gather(desk, post)
        assert decision == "skipped" and "--anew" not in told
        assert ("rewritten there" in told) is said

    def test_by_its_text_wherever_it_stands(self, desk: BlogDesk, place: Site) -> None:
        desk.push()
        post = a_post("https://elsewhere.example/copy/", language="en", source="own")
        assert self.gather(desk, post) == ("skipped", "our own translation of koffie (100%)")

    def test_without_a_date_too_so_that_nobody_is_asked_about_it(
        self, desk: BlogDesk, place: Site
    ) -> None:
        desk.push()
        post = a_post("https://elsewhere.example/copy/", language="en", source="own")
        found = self.gather(desk, replace(post, published=None))
        assert found == ("skipped", "our own translation of koffie (100%)")

    @pytest.mark.parametrize(
        "more", ["", " […]", " Read more The post Coffee on platform 4 appeared first on A Blog."]
    )
    def test_by_its_beginning_under_our_title(self, desk: BlogDesk, place: Site, more: str) -> None:
        desk.push()
        begins = f"{' '.join(' '.join(TEXTS['en'][:2]).split()[:30])}{more}"
        there = "https://elsewhere.example/?p=7"
        post = a_post(there, title=TITLE, language="en", source="own", texts=(begins,))
        assert self.gather(desk, post) == ("skipped", "a part of our own translation of koffie")

    @pytest.mark.parametrize(
        ("title", "text"),
        [
            (TITLE, "Yesterday I stood there once more, and what I saw made me think of trains."),
            ("Other news", TEXTS["en"][0]),
            (TITLE, "At last."),
            ("Where I was", "This blog was published on my own site on 19 November 2026."),
        ],
    )
    def test_a_short_post_of_her_own_is_taken(
        self, desk: BlogDesk, place: Site, title: str, text: str
    ) -> None:
        desk.push()
        there = "https://elsewhere.example/short/"
        post = a_post(there, title=title, language="en", source="own", texts=(text,))
        assert self.gather(desk, post)[0] == "taken"

    def test_another_text_is_taken(self, desk: BlogDesk, place: Site) -> None:
        desk.push()
        texts = ("A baker in the next street says no to her customers, and they come back.",)
        post = a_post("https://elsewhere.example/no/", language="en", source="own", texts=texts)
        assert self.gather(desk, post)[0] == "taken"
