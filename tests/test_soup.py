"""A page finds what its selectors name, and searches for nothing that it does not have."""

from __future__ import annotations

import pytest
import soupsieve
from bs4 import Tag
from hypothesis import given, settings
from hypothesis import strategies as st
from soupsieve import SelectorSyntaxError

from cxgreetz.markup import archives, articles, parts
from cxgreetz.markup.soup import Soup, alternatives

NAMES = ["p", "div", "a", "h1", "time", "article"]
WORDS = ["kop", "tekst", "by-line", "Kop", "x1"]
ATTRIBUTES = ["class", "id", "rel", "itemprop", "type", "data-x", "datetime"]

attributes = st.dictionaries(
    st.sampled_from(ATTRIBUTES), st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)
)


def element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def write(name: str, given: dict[str, str], inside: list[str]) -> str:
        written = "".join(f' {key}="{value}"' for key, value in given.items())
        return f"<{name}{written}>{''.join(inside)}</{name}>"

    return st.builds(write, st.sampled_from(NAMES), attributes, st.lists(children, max_size=3))


pages = st.lists(st.recursive(st.just("woord"), element, max_leaves=12), max_size=4).map("".join)

simple = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(["*", "DIV", ":not(p)", ":first-child", ":root", ":empty"]),
    st.sampled_from(WORDS).map(lambda word: f".{word}"),
    st.sampled_from(WORDS).map(lambda word: f"#{word}"),
    st.sampled_from(ATTRIBUTES).map(lambda name: f"[{name}]"),
    st.builds(
        lambda name, how, quote, word, case: f"[{name}{how}{quote}{word}{quote}{case}]",
        st.sampled_from(ATTRIBUTES),
        st.sampled_from(["=", "~=", "|=", "^=", "$=", "*=", "!="]),
        st.sampled_from(['"', "'"]),
        st.sampled_from([*WORDS, "", "kop, tekst", "kop tekst"]),
        st.sampled_from(["", " i", " s"]),
    ),
    st.builds(
        lambda name, word: f":{name}(.{word}, [rel={word}])",
        st.sampled_from(["not", "is", "where", "has"]),
        st.sampled_from(WORDS),
    ),
)
compound = st.lists(simple, min_size=1, max_size=3).map(
    lambda some: "".join(sorted(some, key=lambda one: one[0] in ".#[:"))
)
path = st.builds(
    lambda first, rest: first + "".join(how + one for how, one in rest),
    compound,
    st.lists(st.tuples(st.sampled_from([" ", " > ", "+", " ~ "]), compound), max_size=2),
)
selectors = st.lists(path, min_size=1, max_size=3).map(", ".join)


def plain(tag: Tag, selector: str) -> list[Tag]:
    """What is found without asking the page first."""
    return list(soupsieve.select(selector, tag))


@settings(max_examples=300, deadline=None)
@given(pages, selectors)
def test_it_finds_what_any_soup_finds(html: str, selector: str) -> None:
    soup = Soup(f"<!---->{html}")
    try:
        every = plain(soup, selector)
    except SelectorSyntaxError:
        with pytest.raises(SelectorSyntaxError):
            soup.select(selector)
        return
    assert [id(tag) for tag in soup.select(selector)] == [id(tag) for tag in every]
    first = soup.select_one(selector)
    assert first is (every[0] if every else None)
    for part in soup.find_all(True)[:3]:
        assert list(map(id, part.select(selector))) == list(map(id, plain(part, selector)))


@pytest.mark.parametrize(
    ("selector", "traits"),
    [
        (".post-body", [{"[class post-body"}]),
        ("h1.kop > a[rel~=author]", [{"h1", "[class kop", "a", "[rel author"}]),
        ("meta[property='og:title'], time", [{"meta", "[property og:title"}, {"time"}]),
        (".author:not(body, .x) .fn", [{"[class author", "[class fn"}]),
        ("[type=text]", [{"[type"}]),
        ("[rel^=a]", [{"[rel"}]),
        ("[rel!=a]", [set()]),
        (":is(.a, .b)", [set()]),
        ("[data-x='a,b)'], p", [{"[data-x a,b)"}, {"p"}]),
        (r".a\.b", [set()]),
        ("svg|a", [set()]),
    ],
)
def test_what_a_selector_cannot_do_without(selector: str, traits: list[set[str]]) -> None:
    assert [set(needed) for _one, needed in alternatives(selector)] == traits


def test_every_selector_of_ours_is_understood() -> None:
    ours = [*parts.BODIES, *parts._BYLINES, parts.EXCERPTS, parts._DATE_MARKS, parts._DATE_PLACES]
    ours += [articles._OWN_TITLES, archives._TITLES, *archives._OLDER]
    for selector in ours:
        assert all(traits for _one, traits in alternatives(selector)), selector


@pytest.mark.parametrize("wrong", ["p >", ".9x[", "a:nope", ""])
def test_what_is_no_selector_is_refused_though_nothing_of_it_is_there(wrong: str) -> None:
    with pytest.raises(SelectorSyntaxError):
        Soup("<b>Hallo</b>").select(wrong)


def test_what_is_not_there_is_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    soup = Soup('<p class="kop">Hallo <b>jij</b></p>')
    searched = []
    monkeypatch.setattr(Tag, "select", lambda _tag, selector: searched.append(selector) or [])
    soup.select(".tekst, p.kop, a[href]")
    soup.select("article .kop")
    soup.p.select("b, .tekst")
    assert searched == ["p.kop", "b"]


def test_what_was_cut_out_is_searched_by_itself() -> None:
    soup = Soup('<div><p class="kop">Hallo</p></div>')
    inside = soup.div.extract()
    assert [tag.name for tag in inside.select(".kop")] == ["p"]
    assert soup.select(".kop") == []
