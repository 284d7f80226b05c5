"""The theme: what it may hold, and that whatever is written in it can be read."""

from __future__ import annotations

import re
import tomllib
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest

from cxgreetz.colours import contrast
from cxgreetz.errors import ConfigError
from cxgreetz.render import render
from cxgreetz.render.template import Template
from cxgreetz.render.theme import _INKS, Logo, Page, Theme, load_theme
from samples import a_view

BUILT_IN = Path(__file__).parents[1] / "templates" / "newsletter" / "theme.toml"
#: Black on white and white on black: any ink may be changed without hurting another.
PLAIN: dict[str, dict[str, Any]] = {
    "font": {"heading": "Georgia, serif", "text": "Arial, sans-serif"},
    "light": dict.fromkeys(("page", "card", "soft", "on_accent"), "#ffffff")
    | dict.fromkeys(("heading", "text", "quiet", "link", "dress", "line", "accent"), "#000000"),
    "dark": dict.fromkeys(("page", "card", "soft"), "#000000")
    | dict.fromkeys(("heading", "text", "quiet", "link", "dress", "line", "accent"), "#ffffff"),
}


def load(own: dict[str, Any] | None = None) -> Theme:
    layers = [(Path("built-in.toml"), PLAIN)]
    return load_theme([*layers, (Path("theme.toml"), own)] if own is not None else layers)


def problems(own: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(own)
    assert caught.value.file == "theme.toml"
    return [str(problem) for problem in caught.value.problems]


def test_the_built_in_theme_can_be_read_with_something_to_spare() -> None:
    read = tomllib.loads(BUILT_IN.read_text(encoding="utf-8"))
    theme = load_theme([(BUILT_IN, read)])
    assert theme.light.card == "#ffffff"
    assert theme.font.heading.startswith("Georgia")
    assert theme.page == Page(600, 12)
    assert theme.logo == Logo()
    for scheme in (theme.light, theme.dark):
        for ground in ("page", "card", "soft"):
            for ink in ("text", "heading", "quiet", "link", "accent"):
                assert contrast(getattr(scheme, ink), getattr(scheme, ground)) >= 4.8
    with pytest.raises(FrozenInstanceError):
        theme.light.card = "#000000"  # type: ignore[misc]


def test_a_workspace_names_only_what_differs() -> None:
    own = {
        "light": {"accent": "#7a1f5c"},
        "logo": {"src": "https://blog.example/a.png", "width": 96},
        "page": {"width": 640},
    }
    plain, theme = load(), load(own)
    assert theme.light == replace(plain.light, accent="#7a1f5c")
    assert (theme.dark, theme.font) == (plain.dark, plain.font)
    assert theme.logo == Logo("https://blog.example/a.png", "", "", 96)
    assert theme.page == Page(640, 12)
    assert load({}) == plain


PAIRS = [
    (scheme, ground, ink)
    for scheme in ("light", "dark")
    for ground, inks in _INKS.items()
    for ink in inks
    if ink in PLAIN[scheme]  # by night the button keeps the colours it has by day
]


def test_a_font_of_two_words_is_one_in_the_style_sheet(tmp_path: Path) -> None:
    """A style sheet knows no `&#39;`: its semicolon would end the declaration."""
    (tmp_path / "theme.toml").write_text("""[font]\ntext = "'Gill Sans', sans-serif"\n""")
    html = render(a_view(), tmp_path).html
    sheets = re.findall(r"<style.*?</style>", html, re.S)
    assert any("font-family: 'Gill Sans', sans-serif;" in sheet for sheet in sheets)
    assert not any("&#" in sheet for sheet in sheets)


@pytest.mark.parametrize(("scheme", "ground", "ink"), PAIRS)
def test_each_pair_must_be_told_apart(scheme: str, ground: str, ink: str) -> None:
    behind = PLAIN[scheme][ground]
    # Each falls short on one of the two grounds only: 3.5 on white, 4.2 on black.
    faint, way = ("#888888", "darker") if behind == "#ffffff" else ("#6f6f6f", "lighter")
    found = problems({scheme: {ink: faint}})
    where = f"{scheme}.{ink} on {scheme}.{ground}: {faint} on {behind} is "
    (said,) = [problem for problem in found if problem.startswith(where)]
    assert f"and needs 4.5; make it {way}: #" in said
    load({scheme: {ink: said.removesuffix(" passes")[-7:]}})
    # Whatever else is told has to do with the same colour.
    assert all(ink in problem.split(": ")[0] for problem in found)


def test_a_faint_ink_is_told_as_a_designer_would_say_it() -> None:
    found = problems(
        {"light": {"quiet": "#aaaaaa", "page": "#101a28"}, "dark": {"link": "#335588"}}
    )
    assert found[0] == (
        "light.quiet on light.card: #aaaaaa on #ffffff is 2.3 to 1, and needs 4.5; "
        "no shade of it can be read on all it stands on; change the grounds too"
    )
    assert {p.split(":")[0] for p in found} == {
        "light.quiet on light.card",
        "light.quiet on light.soft",
        *(f"light.{ink} on light.page" for ink in ("text", "heading", "link", "accent")),
        *(f"dark.link on dark.{ground}" for ground in ("card", "soft", "page")),
    }


def test_just_short_of_enough_is_not_rounded_up() -> None:
    (said, *_) = problems({"light": {"quiet": "#777777"}})
    assert "is 4.4 to 1" in said
    load({"light": {"quiet": "#767676"}})


def test_a_line_may_be_faint() -> None:
    assert load({"light": {"line": "#fefefe"}}).light.line == "#fefefe"


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"light": {"text": "navy"}}, "light.text: 'navy' is not a colour of six digits; write #0"),
        ({"light": {"text": "#012"}}, "write #001122"),
        ({"light": {"text": "blauw"}}, "'blauw' is not a colour of six digits, like #1b4b91"),
        ({"light": {"text": 7}}, "light.text: is not text; write it between quotes"),
        ({"light": {"txt": "#000000"}}, "light.txt: is nothing that a theme has; did you mean te"),
        ({"dark": {"on_accent": "#000000"}}, "dark.on_accent: is nothing that a theme has"),
        ({"ligth": {"text": "#000000"}}, "ligth: is no table of a theme; did you mean light?"),
        ({"text": "#000000"}, "text: stands outside a table"),
        ({"font": {"text": ""}}, "font.text: is empty"),
        ({"font": {"text": "Arial; color: red"}}, "font.text: has ';', which ends the style"),
        ({"font": {"text": 'Gill "Sans"'}}, "has '\"', which ends the style"),
        ({"logo": {"src": "http://blog.example/a.png"}}, "does not begin with https://"),
        ({"logo": {"src": "a.png"}}, "does not begin with https://"),
        ({"logo": {"src": "https://[kapot"}}, "is no web address"),
        ({"logo": {"src": 1}}, "logo.src: is not text"),
        ({"logo": {"alt": 1}}, "logo.alt: is not text"),
        ({"logo": {"dark_src": "https://blog.example/a.png"}}, "is there without logo.src"),
        ({"logo": {"width": "96px"}}, "logo.width: '96px' is not a whole number of px; write 96 w"),
        ({"logo": {"width": 9000}}, "9000 is not between 16 and 480"),
        ({"page": {"width": True}}, "page.width: True is not a whole number"),
        ({"page": {"width": 600.5}}, "600.5 is not a whole number of px; write 640"),
        ({"page": {"width": 479}}, "479 is not between 480 and 640"),
        ({"page": {"radius": -1}}, "-1 is not between 0 and 40"),
    ],
)
def test_what_cannot_be_is_named_with_its_place(own: dict[str, Any], said: str) -> None:
    (found,) = problems(own)
    assert said in found


def test_all_problems_are_told_at_once() -> None:
    own = {
        "light": {"text": "navy", "quiet": "#aaaaaa"},
        "page": {"width": 900},
        "logos": {},
    }
    assert [p.split(":")[0] for p in problems(own)] == [
        "light.text",
        "page.width",
        "logos",
        *(f"light.quiet on light.{ground}" for ground in ("card", "soft", "page")),
    ]


def test_the_email_is_drawn_with_it_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "theme.toml").write_text('[dark]\nlink = "#c0ffee"\n', encoding="utf-8")
    assert "#c0ffee" in render(a_view(), tmp_path).html
    assert len(Template(tmp_path).layers("theme.toml")) == 2
    (tmp_path / "theme.toml").write_text('[dark]\nlink = "#1b4b91"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        render(a_view(), tmp_path)
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"{tmp_path / 'theme.toml'}: dark.link on dark.card: #1b4b91 on #18253")
    assert "make it lighter: #" in first
