"""Inline HTML becomes coded text and comes back as it was."""

from __future__ import annotations

import html
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxgreetz.translation import coded
from cxgreetz.translation.segments import decode, decode_text, encode, encode_text

#: More: CXGREETZ_TEST_EXAMPLES=5000 python -m pytest tests/test_segments.py
EXAMPLES = int(os.environ.get("CXGREETZ_TEST_EXAMPLES", "500"))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Een zin.", "Een zin."),
        ('Lees <a href="https://example.org/?a=1&amp;b=2">dit</a>.', "Lees <g1>dit</g1>."),
        ("a<br/>b", "a<x1/>b"),
        ("a<br>b", "a<x1/>b"),
        (
            "<em>een</em> <strong>twee <em>drie</em></strong>",
            "<g1>een</g1> <g2>twee <g3>drie</g3></g2>",
        ),
        ("druk <code>&lt;p&gt;</code> in", "druk <x1/> in"),
        ('bij <span translate="no">CX <b>Lab</b></span> nu', "bij <x1/> nu"),
        ('bij <span class="brand notranslate">CX</span> nu', "bij <x1/> nu"),
        ('hier <img src="a.png" alt="&quot;x&quot; &amp; y"/> staat', "hier <x1/> staat"),
        ("leeg <em></em> en <span/> ook", "leeg <x1/> en <x2/> ook"),
        ("twee\n\t woorden", "twee woorden"),
        ("1 &lt; 2 &amp; 3 &gt; 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("&lt;g1&gt; is tekst", "&lt;g1&gt; is tekst"),
        ("&amp;lt; blijft", "&amp;lt; blijft"),
        ("&quot;kwart&quot; over&nbsp;zes", '"kwart" over\xa0zes'),
        ("a<!-- weg -->b", "ab"),
        ("", ""),
        (" \xa0 ", ""),
    ],
)
def test_coded_text(source: str, text: str) -> None:
    assert encode(source).text == text


def test_what_wraps_the_whole_is_peeled() -> None:
    cut = encode(' <strong> <a href="/x">Een <em>zin</em>.</a>\n</strong>')
    assert cut.text == "Een <g1>zin</g1>."
    assert cut.prefix == ' <strong> <a href="/x">'
    assert cut.suffix == "</a> </strong>"
    assert (
        decode("A <g1>sentence</g1>.", cut)
        == ' <strong> <a href="/x">A <em>sentence</em>.</a> </strong>'
    )


def test_an_opaque_element_is_not_peeled() -> None:
    assert encode("<code>x = 1</code>").text == "<x1/>"
    assert encode('<a href="/"><img src="a.png"/></a>').text == "<x1/>"


def test_attributes_and_opaque_content_come_back() -> None:
    source = (
        'Zie <a href="/?b=2&amp;copy=3" title="a &quot;b&quot; &lt;c&gt;">hier</a>, '
        "<code>a &lt; <b>b</b></code><br/>klaar"
    )
    cut = encode(source)
    assert "href" not in cut.text
    assert decode(cut.text, cut) == source


def test_elements_move_with_their_words() -> None:
    cut = encode('<em>een</em> en <a href="/2">twee</a> voor')
    assert (
        decode("<g2>two</g2> and <g1>one</g1> for", cut)
        == '<a href="/2">two</a> and <em>one</em> for'
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("R&amp;D", "R&amp;D"),
        ("R&D", "R&amp;D"),
        ("&amp;amp;", "&amp;amp;"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("&quot;x&quot;", "&amp;quot;x&amp;quot;"),
    ],
)
def test_text_is_escaped_exactly_once(text: str, written: str) -> None:
    assert decode(text, encode("iets")) == written


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("een klant", "<g1> is missing"),
        ("<g1>een</g1> <g9>klant</g9>", "<g9> is not in the source"),
        ("<g1>een</g1> <g1>klant</g1>", "<g1> stands there 2 times"),
        ("<g1>een klant", "<g1> is not closed"),
        ("een</g1> klant<g1>", "</g1> closes where <g1> is not the one open"),
        ("<g1>een</g1> <script>klant", "a stray < or > stands in the text"),
        ("<g1></g1>een klant", "<g1> has become empty"),
    ],
)
def test_markup_that_does_not_fit_is_not_written(text: str, says: str) -> None:
    with pytest.raises(ValueError, match="put back") as caught:
        decode(text, encode("een <em>klant</em>"))
    assert says in str(caught.value)


def test_plain_text() -> None:
    cut = encode_text(" Klant & <Co>\n vandaag ")
    assert cut.text == "Klant &amp; &lt;Co&gt; vandaag"
    assert decode_text(cut.text) == "Klant & <Co> vandaag"


@pytest.mark.parametrize(
    ("text", "wordless"),
    [
        ("***", True),
        ("2020", True),
        ("🎉 🎉", True),
        ("https://example.org/een/pad?x=1", True),
        ("mail: ", False),
        ("jan@example.org", True),
        ("<x1/> – <x2/>", True),
        ("&amp;", True),
        ("CX", False),
        ("é", False),
        ("<g1>a</g1>", False),
    ],
)
def test_wordless(text: str, wordless: bool) -> None:
    assert coded.is_wordless(text) is wordless


def test_plain_words_of_coded_text() -> None:
    assert coded.plain("a <g1>b</g1>c<x2/>d &lt;g3&gt; &amp;amp;") == "a bc d <g3> &amp;"


# Any clean inline HTML

_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"))
    | st.sampled_from("abc  é&<>\"'’\xa0;#\u200b\u00ad"),
    min_size=1,
    max_size=12,
)
_PLAIN = _TEXT.map(lambda text: html.escape(" ".join(text.split(" ")), quote=False)).map(
    lambda text: text.replace("  ", " ")
)
_VALUE = _TEXT.map(lambda v: html.escape(v, quote=False).replace('"', "&quot;"))
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(["href", "title", "class", "data-x"]), _VALUE, max_size=2
).map(lambda pairs: "".join(f' {name}="{value}"' for name, value in pairs.items()))
_VOID = st.builds("<{}{}/>".format, st.sampled_from(["br", "img", "wbr"]), _ATTRIBUTES)
_PAIRS = [
    "strong",
    "em",
    "b",
    "i",
    "u",
    "s",
    "span",
    "sub",
    "sup",
    "mark",
    "small",
    "q",
    "abbr",
    "code",
]


def _pair(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("<{0}{1}>{2}</{0}>".format, st.sampled_from(_PAIRS), _ATTRIBUTES, inside)


def _link(inside: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds('<a href="{}">{}</a>'.format, _VALUE, inside)


def _runs(element: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(_PLAIN | element, max_size=5).map("".join)


_FLAT = _runs(_VOID)
_NESTED = _runs(_VOID | _pair(_runs(_VOID | _pair(_FLAT))))
# A link is in no link.
INLINE = _runs(_VOID | _pair(_runs(_VOID | _pair(_FLAT) | _link(_FLAT))) | _link(_NESTED)).filter(
    lambda source: "  " not in source
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(INLINE)
def test_identity_round_trip(source: str) -> None:
    cut = encode(source)
    assert decode(cut.text, cut) == source
    assert not coded.faults(cut.text, cut.text)
    assert coded.order(cut.text) == list(range(1, len(cut.table) + 1))
    assert cut.text == cut.text.strip()


_DIRT = st.sampled_from(
    ["<g1>", "</g1>", "<g3>", "<x1/>", "<x2/>", "<", ">", "<b>", "&lt;b&gt;", "&", "&amp;lt;", "a "]
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.permutations(["<g1>", "</g1>", "<x2/>", "a"]), st.lists(_DIRT, max_size=2))
def test_decode_writes_no_element_that_was_not_there(runs: list[str], dirt: list[str]) -> None:
    cut = encode("<em>a</em> b<br/>")
    try:
        written = decode("".join([*runs, *dirt]), cut)
    except ValueError:
        return
    assert written.count("<") == written.count(">") == 3
    assert written.count("<em>") == written.count("</em>") == written.count("<br/>") == 1
