"""A folder of Markdown keeps what every blog promises, and what three generators expect."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from contracts.blog_contract import PIECE, BlogCase, BlogContract, BlogDesk, desk, translated
from cxgreetz import pipeline
from cxgreetz.blogs._markdown import front_matter, to_markdown
from cxgreetz.cli import app
from cxgreetz.model import Block, BlockKind, Image, Origin
from cxgreetz.pipeline.words.translating import StoreMemory
from cxgreetz.translation.assembly import segments_of
from samples import TEXTS

__all__ = ["desk", "translated"]


class Files:
    """The folder as a place of the contract, and what a person does in it."""

    site: str | None = None

    def __init__(self) -> None:
        self.folder = Path()

    def files(self) -> list[Path]:
        return sorted((self.folder / "blog").rglob("*.md"))

    def bodies(self) -> list[str]:
        return [file.read_text(encoding="utf-8") for file in self.files()]

    def edit(self, old: str, new: str) -> None:
        for file in self.files():
            text = file.read_text(encoding="utf-8")
            assert old in text
            file.write_text(text.replace(old, new), encoding="utf-8")

    def publish(self) -> None:
        self.edit("draft: true\n", "")

    def remove(self) -> None:
        for file in self.files():
            file.unlink()


@pytest.fixture
def case() -> BlogCase:
    return BlogCase(
        "folder", lines=('tags = { en = { "*" = "cx blogs", klachten = "odd: tag" } }',)
    )


@pytest.fixture
def place() -> Files:
    return Files()


class TestFolder(BlogContract):
    pass


def head_of(file: Path) -> dict[str, Any]:
    _, head, _body = file.read_text(encoding="utf-8").split("---\n", 2)
    found: dict[str, Any] = yaml.safe_load(head)
    return found


@pytest.mark.parametrize(
    ("flavour", "name", "expected"),
    [
        ("hugo", "2026-11-22-coffee-on-platform-4.en.md", {"draft": True, "translationKey": PIECE}),
        ("jekyll", "2026-11-22-coffee-on-platform-4.md", {"published": False, "layout": "post"}),
        ("astro", "2026-11-22-coffee-on-platform-4.md", {"draft": True, "lang": "en"}),
    ],
)
def test_each_generator_gets_the_name_and_the_head_it_expects(
    desk: BlogDesk, place: Files, flavour: str, name: str, expected: dict[str, Any]
) -> None:
    desk.more = (f'flavour = "{flavour}"',)
    desk.settle()
    assert desk.pushed() == ("create", "draft", 0)
    (file,) = place.files()
    assert file.name == name
    head = head_of(file)
    assert expected.items() <= head.items()
    assert head["title"] == "Coffee on platform 4"
    assert head["tags"] == ["cx blogs", "odd: tag"]
    assert date(2026, 11, 22) in (head.get("date"), head.get("pubDate"))


def test_the_command_tells_what_it_did_and_what_waits(desk: BlogDesk, place: Files) -> None:
    def call(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["syndicate", *words, "--workspace", str(desk.folder)])
        return done.exit_code, done.stdout

    code, told = call(PIECE, "--dry-run")
    assert (code, place.files()) == (0, [])
    assert told.splitlines() == ["✓ koffie en: a draft would be made"]
    code, told = call("--language", "en", "--json")
    (row,) = json.loads(told)["posts"]
    assert (code, row["step"], row["state"]) == (0, "create", "draft")
    place.edit("the same coffee", "the very best coffee")
    desk.change()
    code, told = call(PIECE)
    (file,) = place.files()
    assert code == 1
    assert told.splitlines() == [
        f"✗ koffie en: a person changed it there, so it stays as it is; {file}",
        "· 1 post with more to say: --verbose tells what",
    ]
    _code, told = call(PIECE, "--verbose")
    assert "the very best coffee" in told and "the same tea" in told
    assert call("thee")[0] == 2


def test_what_a_machine_wrote_after_the_approval_waits(desk: BlogDesk, place: Files) -> None:
    def say(text: str) -> None:
        with desk.open() as workspace:
            memory = StoreMemory(workspace)
            (piece,) = workspace.store.pieces()
            segment = segments_of(piece.origin, "en")[2].segment
            for known in (
                TEXTS["en"][1],
                "He knows the names of his guests, and that is no chance but a choice of his boss.",
            ):
                memory.forget(segment, known)
            memory.remember(segment, text, Origin.ENGINE, None)

    say(TEXTS["en"][1])
    assert desk.pushed() == ("wait", "waiting", 1)
    with desk.open() as workspace:
        pipeline.draft(workspace, "2026-11")
        if found := pipeline.check(workspace, "2026-11").open_warnings:
            ids = [finding.id for finding in found]
            pipeline.dismiss_findings(workspace, "2026-11", ids, reason="seen", by="Els")
        pipeline.approve(workspace, "2026-11", by="Els")
    assert desk.pushed() == ("create", "draft", 0)
    say("He knows the names of his guests, and that is no chance but a choice of his boss.")
    report = desk.push()
    assert (report.pushed["nl"].step, report.exit_code) == ("wait", 1)
    assert "1 of its 3 paragraphs" in report.pushed["nl"].why
    (body,) = place.bodies()
    assert TEXTS["en"][1] in body


def test_a_file_that_a_person_moved_is_still_ours(desk: BlogDesk, place: Files) -> None:
    desk.push()
    (file,) = place.files()
    (file.parent / "2026").mkdir()
    file.rename(file.parent / "2026" / "koffie.md")
    assert desk.pushed() == ("none", "draft", 0)
    desk.change()
    assert desk.pushed() == ("update", "draft", 0)
    assert [file.name for file in place.files()] == ["koffie.md"]


def test_a_file_whose_head_an_editor_wrote_anew_is_still_ours(desk: BlogDesk, place: Files) -> None:
    desk.push()
    (file,) = place.files()
    _, head, body = file.read_text(encoding="utf-8").split("---\n", 2)
    fresh = yaml.safe_dump(yaml.safe_load(head), allow_unicode=True)
    file.unlink()
    file.with_name("koffie.md").write_text(f"---\n{fresh}---\n{body}", encoding="utf-8")
    assert desk.pushed() == ("none", "draft", 0)
    assert len(place.files()) == 1


def test_a_file_of_that_name_that_is_not_ours_stays(desk: BlogDesk, place: Files) -> None:
    (desk.folder / "blog").mkdir()
    other = desk.folder / "blog" / "2026-11-22-coffee-on-platform-4.en.md"
    other.write_text("---\ntitle: mine\n---\nWords of her own.\n")
    assert desk.pushed() == ("create", "draft", 0)
    assert other.read_text().endswith("Words of her own.\n")
    assert len(place.files()) == 2


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=40))
def test_any_title_is_a_title_in_yaml(title: str) -> None:
    text = front_matter({"title": title})
    assert yaml.safe_load(text.removeprefix("---\n").removesuffix("\n---")) == {"title": title}


@pytest.mark.parametrize("title", ['Zeg: "nee"', "# geen 'kop' 🙂", "- ja", "null", "1e dag: \\ok"])
def test_a_title_with_signs_of_yaml_stays_what_it_is(title: str) -> None:
    assert yaml.safe_load(front_matter({"title": title})[4:-4])["title"] == title


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("een <strong>vet</strong> <em>woord</em>", "een **vet** *woord*"),
        ('<a href="https://x.nl/a_(b)">de _link_</a>', "[de \\_link\\_](https://x.nl/a_%28b%29)"),
        ("5 * 3 &lt; 20 [1] {{ naam }}", "5 \\* 3 \\< 20 \\[1\\] \\{\\{ naam \\}\\}"),
        ("1. geen lijst<br/>- ook niet", "1\\. geen lijst\\\n\\- ook niet"),
        ("# geen kop", "\\# geen kop"),
        ("<code>a`b</code> H<sub>2</sub>O", "`a'b` H<sub>2</sub>O"),
        ('<span lang="nl">dag</span> &amp; tot ziens', '<span lang="nl">dag</span> & tot ziens'),
        ("{% raw %}", "&#123;% raw %\\}"),
        (
            "wie &amp;lt;b&amp;gt; typt, &amp;copy; en &amp;#42;",
            "wie &amp;lt;b&amp;gt; typt, &amp;copy; en &amp;#42;",
        ),
        ('Kijk!<a href="https://x.nl/">hier</a>', "Kijk\\![hier](https://x.nl/)"),
        ("<code>{{&lt; x &gt;}}</code>", "\\{\\{\\< x \\>\\}\\}"),
        ("<code>{% include x %} a_b</code>", "&#123;% include x %\\} a\\_b"),
        ("<code>{a}</code>", "`{a}`"),
        ('<a href="https://x.nl/{{x}}`a[b]">l</a>', "[l](https://x.nl/%7B%7Bx%7D%7D%60a%5Bb%5D)"),
    ],
)
def test_no_sign_of_a_text_is_taken_for_markup(html: str, expected: str) -> None:
    assert to_markdown([Block(BlockKind.PARAGRAPH, html)]) == expected


def test_a_break_in_a_quote_or_a_list_stays_in_it() -> None:
    quote = Block(BlockKind.QUOTE, "in mijn schoenen.<br/>Ik wens &gt; sterkte.<br/>- Els")
    item = Block(BlockKind.ITEM, "een<br/>&gt; twee")
    assert to_markdown([quote]) == ("> in mijn schoenen.\\\n> Ik wens \\> sterkte.\\\n> \\- Els")
    assert to_markdown([item]) == "- een\\\n   \\> twee"


def test_blocks_of_every_kind() -> None:
    blocks = [
        Block(BlockKind.HEADING, "Kop", level=3),
        Block(BlockKind.ITEM, "een", level=1),
        Block(BlockKind.ITEM, "twee", level=1),
        Block(BlockKind.ITEM, "los"),
        Block(BlockKind.QUOTE, "gezegd"),
        Block(BlockKind.QUOTE, "en nog iets"),
        Block(BlockKind.PICTURE, "bij", image=Image("https://x.nl/a b.png", "een [hond]")),
    ]
    assert to_markdown(blocks) == (
        "### Kop\n\n1. een\n2. twee\n\n- los\n\n> gezegd\n>\n> en nog iets\n\n"
        "![een \\[hond\\]](https://x.nl/a%20b.png)\n\n*bij*"
    )
