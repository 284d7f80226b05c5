"""A workspace's own rules of what is not the column: they add, and a bad one is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from typer.testing import CliRunner

from cxgreetz import pipeline
from cxgreetz.cli import app
from cxgreetz.errors import ConfigError
from cxgreetz.markup import check_own_rules, load_rules, plain_text, rules_for
from cxgreetz.model import Cut, Post, Source
from cxgreetz.sources._reading import Draft, make_post
from samples import TEXTS
from servers.plain_site import Site

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CALL = "Zin in meer van dit soort verhalen? Schuif aan bij de koffieclub."
OWN = """
[[ending]]
rule = "club"
words = 20
patterns = ['zin in meer\\b.*\\bkoffieclub\\b']
"""
BLOG = Source("blog", "https://blog.example/")
OTHER = Source("other", "https://other.example/")


def post_of(html: str, own: str, source: Source = BLOG) -> Post:
    source = replace(source, boilerplate=own)
    check_own_rules([source, replace(OTHER, boilerplate=own)], "boilerplate.toml")
    return make_post(source, Draft(url=f"{source.url}stuk/", title="Stuk", html=html))


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def texts(post: Post) -> list[str]:
    return [plain_text(block.html) for block in post.blocks]


COLUMN = paragraphs(*TEXTS["nl"])


# what it does


def test_a_call_in_words_of_its_own_is_cut() -> None:
    html = COLUMN + paragraphs(CALL)
    assert texts(post_of(html, ""))[-1] == CALL
    cut = post_of(html, OWN)
    assert texts(cut) == list(TEXTS["nl"])
    assert cut.cuts == (Cut("club", CALL),)


def test_the_example_of_the_readme_works() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## What is not the column")[2].partition("## ")[0]
    own = "\n".join(line for line in section.splitlines() if line.startswith("    "))
    call = "Zin in meer van zulke verhalen? Schuif aan bij de koffieclub."
    cup = '<p class="coffee-club-badge">Lid</p>'
    source = Source("cx-blogs", "https://your.blog/tag/cx-blogs/")
    found = post_of(COLUMN + cup + paragraphs(call), dedent(own), source)
    assert texts(found) == list(TEXTS["nl"])
    assert found.cuts == (Cut("club", call),)


def test_the_package_s_own_rules_go_on() -> None:
    line = "Meld je aan voor mijn nieuwsbrief."
    found = post_of(COLUMN + paragraphs(CALL, line), OWN)
    assert found.cuts == (Cut("club", CALL), Cut("sign-up", line))


def test_only_for_the_source_that_is_named() -> None:
    html, own = COLUMN + paragraphs(CALL), f'{OWN}source = "other"\n'
    assert not post_of(html, own).cuts
    assert post_of(html, own, OTHER).cuts == (Cut("club", CALL),)


def test_a_greedy_rule_never_takes_more_than_two_fifths() -> None:
    greedy = "[[ending]]\nrule = 'all'\npatterns = ['.+']\nwords = 300"
    found = post_of(COLUMN + paragraphs(CALL), greedy)
    said = sum(len(text.split()) for text in (*TEXTS["nl"], CALL))
    cut = sum(len(cut.text.split()) for cut in found.cuts)
    assert 0 < cut <= 0.4 * said


@pytest.mark.parametrize(
    ("html", "own"),
    [
        ('<div class="mijn-deelbalk">Deel dit</div>', "[noise]\nshare = ['mijn-deelbalk']"),
        ("<p>Bron: Koffiepraat, iedere week.</p>", "[feed]\nfooters = ['bron: koffiepraat.*']"),
        (
            '<p>Uit de koffiekist:</p><ul><li><a href="/a/">A</a></li></ul>',
            "[series]\nannouncements = ['uit de koffiekist']",
        ),
        (
            '<p><img src="https://teller.example/hit.gif" alt=""></p>',
            "[pictures]\ncounters = ['//teller\\.example/']",
        ),
    ],
)
def test_every_list_can_be_added_to(html: str, own: str) -> None:
    assert len(post_of(COLUMN + html, "").blocks) > 3
    assert texts(post_of(COLUMN + html, own)) == list(TEXTS["nl"])


def test_a_player_becomes_a_link() -> None:
    html = COLUMN + '<iframe src="https://film.example/7" title="De film"></iframe>'
    assert "film.example" not in str(post_of(html, ""))
    found = post_of(html, "[players]\nhosts = ['film\\.example']")
    assert found.blocks[-1].html == '<a href="https://film.example/7">De film</a>'


def test_a_rule_of_the_package_can_be_switched_off() -> None:
    also = "Lees ook wat ik over thee schreef."
    serie = '<p>Andere delen van deze serie blogs:</p><ul><li><a href="/a/">A</a></li></ul>'
    assert post_of(COLUMN + paragraphs(also), "").cuts
    assert post_of(COLUMN + serie, "").cuts
    for html in (paragraphs(also), serie):
        assert not post_of(COLUMN + html, 'off = ["series"]').cuts


def test_an_attribution_that_stays_is_still_read() -> None:
    html = COLUMN + paragraphs("Deze column verscheen eerder in Koffiepraat op 3 maart 2026.")
    found = post_of(html, 'off = ["attribution"]')
    assert not found.cuts
    assert found.credit.publication == "Koffiepraat"


# what the rules are known by


def test_the_fingerprint_changes_with_the_rules_and_with_nothing_else() -> None:
    def of(own: str, source: Source = BLOG) -> str:
        return rules_for(replace(source, boilerplate=own)).fingerprint

    assert of("") == load_rules().fingerprint == of("# nothing yet\n")
    assert of(OWN) == of(f"# ours\n{OWN}") == of(OWN, OTHER) != of("")
    limited = f'{OWN}source = "other"\n'
    assert of(limited) == of("")
    assert of(limited, OTHER) not in (of(""), of(OWN))
    assert len({of(OWN), of(OWN.replace("20", "21")), of('off = ["bio"]')}) == 3


# what is wrong


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("[[ending]\n", "is not valid TOML: Expected ']]' at the end of an array declaration (at "),
        ("endings = 3", "endings: unknown key; known here: off, noise, pictures, players, feed, "),
        ("[noise]\nshares = ['a']", "noise.shares: unknown key; known here: share, related, "),
        ("[noise]\nshare = 'a'", "noise.share: is no list of patterns; write ['one', 'another']"),
        ("noise = ['a']", "noise: is no table; write [noise] on a line of its own"),
        ("[feed]\nfooters = [3]", "feed.footers[0]: 3 is no pattern; write it in quotes"),
        ("[feed]\nfooters = ['ok', '(']", "feed.footers[1]: '(' is no regular expression: missing"),
        ("[feed]\nfooters = ['(a)\\1']", "feed.footers[0]: '(a)\\\\1' is no regular expression: a"),
        ("[noise]\nother = ['.*']", "noise.other[0]: '.*' fits no text at all, and so any"),
        ("off = ['thanks']", "off[0]: 'thanks' is no rule of the package; it has: attribution, "),
        ("off = 'bio'", 'off: is no list; write ["attribution"]'),
        ("[ending]\nrule = 'a'", "ending: is no list of tables; write [[ending]] above each"),
        ("[[ending]]\npatterns = ['a']", "ending[0].rule: is missing: your own word for it, which"),
        ("[[ending]]\nrule = 'a'", "ending[0].patterns: is missing: how such an ending begins"),
        ("[[ending]]\nrule = ''\npatterns = ['a']", "ending[0].rule: '' is no word for it"),
        (f"{OWN}{OWN.replace('words', 'word')}", "ending[1].word: unknown key; known here: rule, "),
        (OWN.replace("20", "9000"), "ending[0].words: 9000 is no number of words from 1 to 300"),
        (OWN.replace("20", "true"), "ending[0].words: True is no number of words from 1 to 300"),
        (f"{OWN}below_line = 1", "ending[0].below_line: 1 is neither true nor false"),
        (OWN.replace("zin in", "(zin in"), "ending[0].patterns[0]: '(zin in meer"),
        (f"{OWN}source = 'blok'", "ending[0].source: 'blok' is no source of the workspace; it has"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(own: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_own_rules([replace(BLOG, boilerplate=own)], "boilerplate.toml")
    (line,) = str(refused.value).splitlines()
    assert line.startswith(f"boilerplate.toml: {said}")


def test_every_problem_comes_at_once() -> None:
    bad = "off = ['x']\n[noise]\nshare = ['(']\n[[ending]]\nwords = 0"
    with pytest.raises(ConfigError) as refused:
        check_own_rules([replace(BLOG, boilerplate=bad)], "boilerplate.toml")
    paths = [problem.path for problem in refused.value.problems]
    assert paths == [
        "off[0]",
        "noise.share[0]",
        "ending[0].rule",
        "ending[0].patterns",
        "ending[0].words",
    ]


# in a workspace


@pytest.fixture
def site() -> Iterator[Site]:
    opened = Site()
    item = (
        f"<item><title>Koffie</title><link>{opened.url}/koffie/</link>"
        "<pubDate>Fri, 13 Nov 2026 09:00:00 +0000</pubDate>"
        f"<content:encoded><![CDATA[{COLUMN}<p>{CALL}</p>]]></content:encoded></item>"
    )
    feed = (
        '<?xml version="1.0"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Blog</title>{item}</channel></rss>"
    )
    opened.answer("/feed/", body=feed.encode())
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path, site: Site) -> Path:
    (tmp_path / "cxgreetz.toml").write_text(
        '[newsletter]\nname = "X"\nfrom = "Anna <anna@example.org>"\nstart = 2026-10-01\n'
        f'[[sources]]\nname = "blog"\nurl = "{site.url}/feed/"\n'
    )
    return tmp_path


def gathered(folder: Path) -> list[Any]:
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        return pipeline.gather(workspace).as_json()["posts"]  # type: ignore[no-any-return]


def test_gather_shows_what_was_cut(folder: Path) -> None:
    (folder / "boilerplate.toml").write_text(OWN)
    (post,) = gathered(folder)
    assert post["cut"] == [{"rule": "club", "text": CALL}]


def test_a_changed_file_is_used_on_what_was_read_before(folder: Path) -> None:
    assert gathered(folder)[0]["cut"] == []
    (folder / "boilerplate.toml").write_text(OWN)
    assert gathered(folder)[0]["cut"] == [{"rule": "club", "text": CALL}]
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        (stored,) = workspace.store.posts()
    assert texts(stored.post) == list(TEXTS["nl"])
    (folder / "boilerplate.toml").unlink()
    assert gathered(folder)[0]["cut"] == []


def test_a_bad_file_stops_before_anything_is_read_or_lost(folder: Path, site: Site) -> None:
    gathered(folder)
    asked = len(site.requests)
    (folder / "boilerplate.toml").write_text(OWN.replace("\\b", "("))
    for verb in ("gather", "sources", "status"):
        done = CliRunner().invoke(app, [verb, "--workspace", str(folder)])
        assert done.exit_code == 2
        (line,) = done.stderr.strip().splitlines()
        assert f"{folder / 'boilerplate.toml'}: ending[0].patterns[0]: " in line
    assert len(site.requests) == asked
    (folder / "boilerplate.toml").unlink()
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        assert [stored.post.title for stored in workspace.store.posts()] == ["Koffie"]


def test_a_file_that_is_no_text_is_named(folder: Path) -> None:
    file = folder / "boilerplate.toml"
    file.write_bytes(b"off = ['\xff']")
    with pytest.raises(ConfigError, match=r"boilerplate\.toml: is not UTF-8 text"):
        gathered(folder)
    file.unlink()
    file.mkdir()
    with pytest.raises(ConfigError, match=r"boilerplate\.toml: cannot be read"):
        gathered(folder)
