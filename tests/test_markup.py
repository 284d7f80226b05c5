"""Reading HTML: inline, blocks, endings, whole pages."""

from __future__ import annotations

import re
import time
from html import escape
from xml.etree import ElementTree

import pytest
from bs4 import Tag
from bs4.element import PreformattedString
from hypothesis import given, settings
from hypothesis import strategies as st

from cxgreetz.markup import (
    Attribution,
    blocks_of,
    clean_inline,
    cut_boilerplate,
    find_feeds,
    is_teaser,
    links_of,
    plain_text,
    read_archive,
    read_article,
)
from cxgreetz.markup.tree import Element, attribute_of, grow, parse
from cxgreetz.model import Block, BlockKind

BASE = "https://blog.example/een-stuk/"


def shape(html: str, base: str = BASE) -> list[tuple[str, str]]:
    """Kind and text of each block, for reading at a glance."""
    return [(block.kind.value, block.html) for block in blocks_of(html, base)]


def paragraphs(*texts: str) -> tuple[Block, ...]:
    return blocks_of("".join(f"<p>{text}</p>" for text in texts), BASE)


# inline


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<p>De <b>klant</b> &amp; <i>ik</i></p>", "De <strong>klant</strong> &amp; <em>ik</em>"),
        ("a<br>b<br/>c", "a<br/>b<br/>c"),
        ("<p>a</p><p>b</p>", "a<br/><br/>b"),
        ("  veel \n\t wit  ", "veel wit"),
        ("<strong>wit </strong>buiten", "<strong>wit</strong> buiten"),
        ("<strong>een</strong><strong> geheel</strong>", "<strong>een geheel</strong>"),
        ("<b><b><i></i></b></b>leeg", "leeg"),
        ("<b>over<p>heen</b></p>", "<strong>over</strong><br/>heen"),
        ("<em>om <a href='/x'>een</a> heen</em>", '<em>om <a href="https://blog.example/x">een</a>'
         " heen</em>"),
        ("H<sub>2</sub>O, m<sup>2</sup>, <code>a</code>, <del>weg</del>",
         "H<sub>2</sub>O, m<sup>2</sup>, <code>a</code>, <s>weg</s>"),
        ('<span style="color:red">rood</span> <font>oud</font> <u>lijn</u>', "rood oud lijn"),
        ('<span lang="en">English</span>', '<span lang="en">English</span>'),
        ('<em lang="fr">mot</em>', '<em><span lang="fr">mot</span></em>'),
        ("zei ze: <q>nee</q>", "zei ze: “nee”"),
        ("a&nbsp;b", "a\xa0b"),
        ("<p>&nbsp;</p>", ""),
        ("<b>&emsp;</b><i>&emsp;</i>", ""),
        ("klant&shy;reis&#8203;en \ufeff\ue000", "klantreisen"),
        ("&eacute;&#8217;&#x91;&hellip;", "é’‘…"),
        ("&amp;lt;b&amp;gt;", "&amp;lt;b&amp;gt;"),
        ("3 < 4 & 5 > 4", "3 &lt; 4 &amp; 5 &gt; 4"),
        ('<img class="emoji" alt="😀" src="/1f600.png"> en <img src="/foto.jpg" alt="f">', "😀 en"),
        ("👩\u200d💻 en a\u200db", "👩\u200d💻 en ab"),
        ("x<script>alert(1)</script><style>p{}</style>y<!-- z -->", "xy"),
        ('<b onclick="x()">klik</b>', "<strong>klik</strong>"),
        ("een\x00\x0b\ud800twee", "eentwee"),
    ],
)  # fmt: skip
def test_inline(html: str, clean: str) -> None:
    assert clean_inline(html, BASE) == clean
    assert clean_inline(clean, BASE) == clean


@pytest.mark.parametrize(
    ("href", "link"),
    [
        ("/over", "https://blog.example/over"),
        ("verder", "https://blog.example/een-stuk/verder"),
        ("//ander.example/x", "https://ander.example/x"),
        ("https://x.example/?utm_source=a&b=2&copy=3&UTM_medium=q#deel",
         "https://x.example/?b=2&copy=3#deel"),
        ("https://x.example/?fbclid=1", "https://x.example/"),
        ("https://x.example/?a=b%2Fc+d&e", "https://x.example/?a=b%2Fc+d&e"),
        ("https://x.example/a b", "https://x.example/a%20b"),
        (" https://x.example/\n y", "https://x.example/%20y"),
        ("mailto:anna@blog.example?subject=Hoi", "mailto:anna@blog.example?subject=Hoi"),
        ("#noot", "https://blog.example/een-stuk/#noot"),
        ("#", None),
        ("", None),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("tel:+31201234567", None),
        ("http://", None),
        ("http://[", None),
        ("http://x.example:99999/", None),
    ],
)  # fmt: skip
def test_links(href: str, link: str | None) -> None:
    clean = clean_inline(f'<a href="{escape(href)}" target="_blank">weg</a>', BASE)
    assert clean == (f'<a href="{escape(link)}">weg</a>' if link else "weg")
    assert links_of(clean) == ([link] if link else [])


def test_without_an_address_relative_links_are_only_text() -> None:
    assert clean_inline('<a href="/x">weg</a>') == "weg"


def test_plain_text() -> None:
    assert (
        plain_text('Lees <a href="https://x.example/">dit</a><br/>&amp; dat') == "Lees dit\n& dat"
    )
    assert plain_text("Q&amp;A &lt;3") == "Q&A <3"
    assert plain_text("een\xa0twee") == "een\xa0twee"
    assert plain_text("") == ""


_TAGS = (
    *("p", "div", "ul", "li", "td", "h2", "pre", "blockquote", "script", "style", "svg", "math"),
    *("b", "i", "em", "a", "q", "span"),
)
_ATTRIBUTES = (
    "",
    ' href="javascript:alert(1)"',
    " href='/x?a=1&b=2'",
    ' onclick="x"',
    ' lang="nl"',
    ' style="display:none"',
    ' lang="x>"',
    " href=//y",
)
_SCRAPS = ("&nbsp;", "&lt;script&gt;", "<br>", "<img src=x onerror=y>", "<!-- -->", "]]>")


def _element(tag: str, attributes: str, inside: list[str], closed: bool) -> str:
    return f"<{tag}{attributes}>{''.join(inside)}{f'</{tag}>' if closed else ''}"


_MESS = st.recursive(
    st.text(max_size=12) | st.sampled_from(_SCRAPS),
    lambda inner: st.builds(
        _element,
        st.sampled_from(_TAGS),
        st.sampled_from(_ATTRIBUTES),
        st.lists(inner, max_size=4),
        st.booleans(),
    ),
    max_leaves=15,
)


@given(_MESS)
@settings(max_examples=300, deadline=None)
def test_inline_is_always_well_formed_and_harmless(html: str) -> None:
    clean = clean_inline(html, BASE)
    root = ElementTree.fromstring(f"<r>{clean}</r>")
    allowed = {"a": {"href"}, "span": {"lang"}}
    for element in list(root.iter())[1:]:
        assert element.tag in {"a", "strong", "em", "sub", "sup", "code", "s", "span", "br"}
        assert set(element.attrib) <= allowed.get(element.tag, set())
        assert element.tag == "br" or "".join(element.itertext()).strip()
        assert not (element.tag == "a" and not element.attrib["href"].startswith("https://"))
    assert set(re.findall(r"&\w+;", clean)) <= {"&amp;", "&lt;", "&gt;", "&quot;"}
    assert clean == clean_inline(clean, BASE) == clean.strip()
    for line_break in root.iter("br"):
        line_break.text = "\n"
    assert plain_text(clean) == "".join(root.itertext())


_CLEAN = st.sampled_from(
    [
        *(f"<{end}{name}>" for name in ("strong", "em", "code", "s") for end in ("", "/")),
        *('<a href="https://x.example/?a&amp;b=>">', "</a>", '<span lang="nl">', "</span>"),
        *("<br/>", "&amp;", "&lt;p&gt;", "&quot;", "&nbsp;", *"&<> \n\xa0\xad\u200b\u200d👩"),
    ]
)


@given(st.lists(_CLEAN | st.text(max_size=3), max_size=30).map("".join))
@settings(max_examples=300, deadline=None)
def test_clean_inline_html_is_read_as_any_other(html: str) -> None:
    assert plain_text(html + "<br/>") == plain_text(html + "<br>")  # the latter is not our spelling


def test_printable_text_is_read_as_any_other() -> None:
    printable = [char for char in map(chr, range(0x110000)) if char.isprintable()]
    for start in range(0, len(printable), 64):
        text = "x" + "x".join(printable[start : start + 64]) + "x"
        assert plain_text(escape(text)) == plain_text(escape(f"{text}\n"))  # no printable end


@given(_MESS)
@settings(max_examples=300, deadline=None)
def test_the_light_tree_holds_what_the_soup_holds(html: str) -> None:
    def shape_of(tag: Tag | Element) -> list[object]:
        inside: list[object] = []
        for node in tag.contents:
            if isinstance(node, Tag | Element):
                attributes = {name: attribute_of(node, name) for name in node.attrs}
                attributes["class"] = " ".join(attributes.get("class", "").split())
                inside.append((node.name, attributes, shape_of(node)))
            elif not isinstance(node, PreformattedString):
                inside.append(str(node).strip(" \t\r\n\f"))
        return inside

    assert shape_of(grow(html)) == shape_of(parse(html))


@given(_MESS)
@settings(max_examples=200, deadline=None)
def test_no_body_makes_the_blocks_fail(html: str) -> None:
    for block in blocks_of(html, BASE):
        ElementTree.fromstring(f"<r>{block.html}</r>")
        assert block.html or block.image


@given(st.lists(st.lists(st.text("abcdefgh<&", min_size=1, max_size=9), min_size=1), min_size=1))
@settings(deadline=None)
def test_every_word_comes_back_once_and_in_order(texts: list[list[str]]) -> None:
    html = "".join(f"<p>{escape(' '.join(words))}</p>" for words in texts)
    assert [plain_text(block.html).split() for block in blocks_of(html)] == texts


# blocks


def test_headings_lists_quotes_and_loose_text() -> None:
    html = """los <b>begin</b><div>in een div<p>alinea</p>erna</div>
      <h1>Een</h1><h4><strong>Vier</strong></h4>
      <ul><li>punt</li><li><p>nog een</p><p>met meer</p></li></ul>
      <ol><li>eerst<ul><li>onder</li></ul></li></ol>
      <blockquote><p>gezegd</p><p>en gedaan</p></blockquote>"""
    assert shape(html) == [
        ("paragraph", "los <strong>begin</strong>"),
        ("paragraph", "in een div"),
        ("paragraph", "alinea"),
        ("paragraph", "erna"),
        ("heading", "Een"),
        ("heading", "Vier"),
        ("item", "punt"),
        ("item", "nog een<br/><br/>met meer"),
        ("item", "eerst"),
        ("item", "onder"),
        ("quote", "gezegd"),
        ("quote", "en gedaan"),
    ]
    levels = [block.level for block in blocks_of(html)]
    assert levels == [0, 0, 0, 0, 2, 4, 0, 0, 1, 0, 0, 0]


def test_two_breaks_begin_a_paragraph_one_does_not() -> None:
    assert shape("<p>a<br>b<br> <br/>c</p>") == [("paragraph", "a<br/>b"), ("paragraph", "c")]
    assert shape("<ol><li>a<br><br>b</li></ol>") == [("item", "a<br/><br/>b")]


def test_inline_elements_around_blocks_hold_for_each() -> None:
    assert shape("<em><p>een</p><p>twee</p></em>") == [
        ("paragraph", "<em>een</em>"),
        ("paragraph", "<em>twee</em>"),
    ]


def test_a_table_keeps_its_rows() -> None:
    html = "<table><tr><th>Jaar</th><th>Score</th></tr><tr><td>2025</td><td>8</td></tr></table>"
    assert shape(html) == [("paragraph", "Jaar | Score"), ("paragraph", "2025 | 8")]


def test_text_on_a_folding_heading_is_read_but_no_button() -> None:
    html = "<h3><button>Vraag?</button></h3><p>Antwoord</p><button>Kopieer</button>"
    assert shape(html) == [("heading", "Vraag?"), ("paragraph", "Antwoord")]


def test_preformatted_lines_stay_lines() -> None:
    assert shape("<pre>een\n  twee</pre>") == [("paragraph", "een<br/>twee")]


def test_empty_paragraphs_go() -> None:
    assert shape("<p>&nbsp;</p><p></p><p>&#8203;</p><hr><p>iets</p>") == [("paragraph", "iets")]


@pytest.mark.parametrize(
    "noise",
    [
        "<script>var a = 'weg'</script>",
        "<style>.weg{}</style>",
        "<form>weg <input><button>weg</button></form>",
        "<nav>weg</nav>",
        "<aside>weg</aside>",
        "<div hidden>weg</div>",
        '<p style="display: none">weg</p>',
        '<span aria-hidden="true">weg</span>',
        '<div role="navigation">weg</div>',
        '<div class="sharedaddy sd-sharing-enabled">weg</div>',
        '<div class="av-share-box">weg</div>',
        '<div class="addtoany_share_save_container">weg</div>',
        '<div class="jp-relatedposts">weg</div>',
        '<div class="related_posts">weg</div>',
        '<div id="comments" class="comments-area">weg</div>',
        '<div id="ez-toc-container">weg</div>',
        '<div class="author-bio">weg</div>',
        '<a class="more-link" href="/x">weg</a>',
        '<span class="screen-reader-text">weg</span>',
        '<div class="mc4wp-form">weg</div>',
        "<svg><title>weg</title><text>weg</text></svg>",
        "<!-- weg -->",
    ],
)
def test_what_is_not_the_text_is_left_out(noise: str) -> None:
    assert shape(f"<p>ervoor</p>{noise}<p>erna</p>") == [
        ("paragraph", "ervoor"),
        ("paragraph", "erna"),
    ]


@pytest.mark.parametrize(
    "name", ["market-share", "content-sharing-economy", "sidebar-right", "comment-worthy", "shared"]
)
def test_a_class_that_only_resembles_noise_costs_no_text(name: str) -> None:
    assert shape(f'<div class="{name}"><p>blijft</p></div>') == [("paragraph", "blijft")]


@pytest.mark.parametrize(
    "footer",
    [
        'The post <a href="/x">Een stuk</a> appeared first on <a href="/">Het blog</a>.',
        'Het bericht <a href="/x">Een stuk</a> verscheen eerst op <a href="/">Het blog</a>.',
    ],
)
def test_the_line_of_a_feed_plug_in_goes(footer: str) -> None:
    assert shape(f"<p>tekst</p><p>{footer}</p>") == [("paragraph", "tekst")]


def test_pictures_with_captions() -> None:
    html = """<figure><img src="/a.jpg" alt="Een winkel" width="1024" height="576px">
        <figcaption>De <em>winkel</em></figcaption></figure>
      <div class="wp-caption"><img src="b.jpg" alt=""><p class="wp-caption-text">Oud</p></div>
      <p>voor <a href="/groot.jpg"><img src="https://x.example/c d.jpg"></a> na</p>"""
    blocks = blocks_of(html, BASE)
    assert [(b.kind.value, b.html) for b in blocks] == [
        ("picture", "De <em>winkel</em>"),
        ("picture", "Oud"),
        ("paragraph", "voor"),
        ("picture", ""),
        ("paragraph", "na"),
    ]
    images = [block.image for block in blocks if block.image]
    assert [image.src for image in images] == [
        "https://blog.example/a.jpg",
        "https://blog.example/een-stuk/b.jpg",
        "https://x.example/c%20d.jpg",
    ]
    assert [image.alt for image in images] == ["Een winkel", "", None]
    assert (images[0].width, images[0].height) == (1024, 576)


@pytest.mark.parametrize(
    "img",
    [
        '<img src="data:image/gif;base64,R0" data-src="/echt.jpg">',
        '<img src="/leeg/blank.gif" data-lazy-src="/echt.jpg">',
        '<img data-srcset="/klein.jpg 300w, /echt.jpg 1280w, /reus.jpg 4000w" src="data:,">',
        '<img src="data:," data-src="/echt.jpg"><noscript><img src="/echt.jpg"></noscript>',
        '<noscript><img src="/echt.jpg"></noscript><img src="data:," data-src="/echt.jpg">',
        '<picture><source srcset="/x.webp"><img src="/echt.jpg"></picture>',
        '<figure><img src="data:,"><noscript><img src="/echt.jpg"></noscript></figure>',
    ],
)
def test_a_lazy_picture_is_found_once(img: str) -> None:
    blocks = blocks_of(f"<p>{img}</p>", BASE)
    assert [b.image.src for b in blocks if b.image] == ["https://blog.example/echt.jpg"]


@pytest.mark.parametrize(
    "img",
    [
        '<img src="/p.gif" width="1" height="1">',
        '<img src="https://pixel.wp.com/b.gif?x=1">',
        '<img src="data:image/png;base64,xx">',
        '<img src="/x.jpg" style="display:none">',
        '<img alt="niets">',
        '<img src="javascript:x">',
    ],
)
def test_what_nobody_sees_is_no_picture(img: str) -> None:
    assert blocks_of(f"<p>tekst{img}</p>", BASE) == blocks_of("<p>tekst</p>", BASE)


def test_a_caption_survives_its_picture_and_a_gallery_all_its_captions() -> None:
    assert shape("<figure><img src='data:,'><figcaption>nog hier</figcaption></figure>") == [
        ("paragraph", "nog hier")
    ]
    gallery = "".join(
        f"<figure><img src='/{n}.jpg'><figcaption>nummer {n}</figcaption></figure>" for n in (1, 2)
    )
    html = f"<figure>{gallery}<figcaption>samen</figcaption></figure>"
    assert shape(html) == [
        ("picture", "nummer 1"),
        ("picture", "nummer 2"),
        ("paragraph", "samen"),
    ]


def test_a_pull_quote_in_a_figure_is_text() -> None:
    html = "<figure><blockquote><p>gezegd</p><cite>Jan</cite></blockquote></figure>"
    assert shape(html) == [("quote", "gezegd"), ("quote", "<em>Jan</em>")]


def test_a_player_becomes_a_link_and_other_frames_go() -> None:
    html = (
        '<p>Kijk:</p><iframe src="https://www.youtube.com/embed/x1" title="Mijn praatje"></iframe>'
        '<iframe src="https://ads.example/frame">weg</iframe>'
    )
    assert shape(html) == [
        ("paragraph", "Kijk:"),
        ("paragraph", '<a href="https://www.youtube.com/embed/x1">Mijn praatje</a>'),
    ]


@pytest.mark.parametrize(
    "tag",
    [
        *("<div>", "<b>", "<ul><li>", "<td>", "<figure>", "<button>", "<h2><button>", "<br>"),
        *("<a href='/x'><i>", "<span lang=nl>a<span lang=en>b", "<li>a<br>"),
        "<p>x</p><img src=/x.jpg>",
    ],
)
def test_much_of_anything_costs_time_in_proportion(tag: str) -> None:
    start = time.monotonic()
    last = blocks_of(f"{tag * 20000}diep")[-1:]
    assert tag == "<button>" or plain_text(last[0].html).endswith("diep")
    assert time.monotonic() - start < 30


# endings

COLUMN = [
    "Vorige week stond ik in een winkel waar niemand me zag staan, en dat terwijl er drie mensen "
    "achter de balie met elkaar in gesprek waren over hun weekend.",
    "Toen er eindelijk iemand opkeek, kreeg ik geen groet maar een zucht. Dat deed iets met me, en "
    "niet alleen omdat ik haast had die middag.",
    "Aandacht kost niets. Wie de eerste tien seconden goed gebruikt, heeft de rest van het gesprek "
    "een klant tegenover zich die mee wil denken.",
]


@pytest.mark.parametrize(
    ("line", "publication", "date"),
    [
        ("<em>This blog was written for <a href='https://m.example/'>Klantgericht</a> and "
         "published on 7 October 2020</em>", "Klantgericht", "7 October 2020"),
        ("Deze blog schreef ik voor Klantgericht en verscheen op 29 januari 2020.",
         "Klantgericht", "29 januari 2020"),
        ("Deze column is eerder verschenen in Klant &amp; Merk op 3 maart 2026.",
         "Klant & Merk", "3 maart 2026"),
        ("Dit artikel verscheen op 3-3-2026 in Klantgericht.", "Klantgericht", "3-3-2026"),
        ("(Eerder gepubliceerd in het Tijdschrift voor Service, 3 maart 2026)",
         "Tijdschrift voor Service", "3 maart 2026"),
        ("* Originally published in Service Weekly on March 3, 2026.",
         "Service Weekly", "March 3, 2026"),
        ("This column first appeared in <a href='https://m.example/'>klantgericht</a>.",
         "klantgericht", None),
        ("Originally posted <a href='https://m.example/x'>here</a> in Service Weekly",
         "Service Weekly", None),
    ],
)  # fmt: skip
def test_an_attribution_is_read_and_cut(line: str, publication: str, date: str | None) -> None:
    column, cuts, found = cut_boilerplate(paragraphs(*COLUMN, line))
    assert found == Attribution(publication, date)
    assert [cut.rule for cut in cuts] == ["attribution"]
    assert column == paragraphs(*COLUMN)


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("sign-up", "Don’t miss a blog anymore? <a href='/x'>Sign up for my monthly letter!</a>"),
        ("sign-up", "Then sign up for my newsletter."),
        ("sign-up", "Geen blog meer missen? Meld je aan voor mijn maandelijkse brief!"),
        ("sign-up", "Wil je niets missen? Schrijf je dan in voor de nieuwsbrief."),
        ("sign-up", "Ontvang je liever elke maand een mail? Abonneer je op mijn columns."),
        ("comments", "&gt;&gt;&gt; Feel free to comment on this blog and share it! **"),
        ("comments", "Laat hieronder gerust een reactie achter."),
        ("comments", "Deel deze column met je collega’s"),
        ("bio", "Anna Voorbeeld is spreker en schrijft over klantbeleving."),
        ("bio", "&gt;&gt;&gt; Anna Voorbeeld CCXP helps companies listen."),
        ("series", "Lees ook: <a href='/y'>Het vorige stuk</a>"),
    ],
)
def test_endings_are_cut_and_kept(rule: str, line: str) -> None:
    column, cuts, _ = cut_boilerplate(paragraphs(*COLUMN, line), author="Anna Voorbeeld")
    assert column == paragraphs(*COLUMN)
    assert [(cut.rule, cut.text) for cut in cuts] == [(rule, plain_text(line.strip()))]


@pytest.mark.parametrize(
    "line",
    [
        "So, please share your insights, and feel free to like and share this post.",
        "Ik hoor het graag als reactie op deze blog!",
        "Meld je aan bij de balie en kijk wat er gebeurt.",
        "Deze klant schreef ik voor de tweede keer een brief.",
        "Deze column schreef ik in één adem op een regenachtige zondag.",
        "Anna is ook maar een mens.",
        "Never miss a chance to read the posts your customers write about you.",
        "Nooit meer een klant missen? Lees dan de berichten die ze achterlaten.",
        "Subscribe to the idea that service is a promise.",
        "Wie schrijft, die blijft. Abonneren hoeft niet.",
        "Deel je kennis met je team, elke week opnieuw.",
        "Over de auteur van dat boek weten we weinig, en dat is precies de kracht: "
        + "woord " * 150,
    ],
)
def test_a_last_paragraph_of_the_column_stays(line: str) -> None:
    blocks = paragraphs(*COLUMN, line)
    assert cut_boilerplate(blocks, author="Anna Voorbeeld") == (blocks, (), None)


def test_below_a_line_of_stars_a_biography_goes_whole() -> None:
    bio = ["*****", "Anna Voorbeeld noemt zich luisteraar.", "Ze woont in Delft."]
    column, cuts, _ = cut_boilerplate(paragraphs(*COLUMN, *bio), author="Anna Voorbeeld")
    assert column == paragraphs(*COLUMN)
    assert [cut.rule for cut in cuts] == ["bio"] * 3


def test_without_a_known_author_a_biography_must_say_so() -> None:
    bio = ["* * *", "Jan van der Proef is spreker en auteur van twee boeken.", "Hij fietst graag."]
    assert len(cut_boilerplate(paragraphs(*COLUMN, *bio))[1]) == 3
    last_part = ["* * *", "Customer Experience is a promise that you keep on Mondays too."]
    assert cut_boilerplate(paragraphs(*COLUMN, *last_part))[1] == ()


def test_everything_at_the_end_goes_but_nothing_above_what_stays() -> None:
    ending = [
        "Deze blog schreef ik voor Klantgericht en verscheen op 29 januari 2020.",
        "Geen blog meer missen? Meld je aan voor mijn brief!",
    ]
    column, cuts, _ = cut_boilerplate(paragraphs(*COLUMN, *ending))
    assert [cut.rule for cut in cuts] == ["attribution", "sign-up"]
    blocks = paragraphs(*COLUMN, *ending, "PS: tot volgende maand.")
    column, cuts, found = cut_boilerplate(blocks)
    assert (column, cuts) == (blocks, ())
    assert found == Attribution("Klantgericht", "29 januari 2020")


def test_a_picture_between_endings_goes_with_them_one_above_stays() -> None:
    html = "".join(f"<p>{text}</p>" for text in COLUMN)
    html += '<p><img src="/foto.jpg"></p><p>Lees ook: <a href="/y">dit</a></p>'
    html += '<p><img src="/ik.jpg" alt="Ik"></p><p>Laat een reactie achter!</p>'
    column, cuts, _ = cut_boilerplate(blocks_of(html, BASE))
    assert column[-1].kind is BlockKind.PICTURE
    assert [(cut.rule, cut.text) for cut in cuts][1] == ("series", "Ik")


def test_never_more_than_two_fifths_are_cut_and_the_attribution_is_read_all_the_same() -> None:
    line = "Deze blog schreef ik voor Klantgericht en verscheen op 29 januari 2020."
    blocks = paragraphs("Een heel kort stukje.", line, "Lees ook: dit")
    column, cuts, found = cut_boilerplate(blocks)
    assert [cut.rule for cut in cuts] == ["series"]
    assert column == blocks[:2]
    assert found == Attribution("Klantgericht", "29 januari 2020")


def test_an_attribution_at_the_beginning_is_read_and_stays() -> None:
    line = "Deze column verscheen eerder in Klantgericht op 3 maart 2026."
    blocks = paragraphs(line, *COLUMN)
    assert cut_boilerplate(blocks) == (blocks, (), Attribution("Klantgericht", "3 maart 2026"))


def test_a_list_of_the_other_parts_goes_with_its_announcement() -> None:
    html = "".join(f"<p>{text}</p>" for text in COLUMN)
    links = (
        "<ul><li>Deel 1</li><li><a href='/2'>Deel 2</a></li><li><a href='/3'>Deel 3</a></li></ul>"
    )
    html += f"<p>Lees hier de andere blogs in deze serie:</p>{links}"
    column, cuts, _ = cut_boilerplate(blocks_of(html, BASE))
    assert column == paragraphs(*COLUMN)
    assert {cut.rule for cut in cuts} == {"series"}
    kept = html + "<p>De stukken zijn geschreven naar aanleiding van een training.</p>"
    assert cut_boilerplate(blocks_of(kept, BASE))[1] == ()


def test_nothing_to_cut() -> None:
    assert cut_boilerplate(()) == ((), (), None)
    only_picture = blocks_of('<img src="/x.jpg">', BASE)
    assert cut_boilerplate(only_picture) == (only_picture, (), None)


# whole pages

FEEDS = """<link rel="alternate" type="application/rss+xml" title="Blog &raquo; Feed" href="/feed/">
<link rel="alternate" type="application/rss+xml" title="Reacties" href="/comments/feed/">
<link rel="alternate" type="application/rss+xml" title="Blog &raquo; cx" href="/tag/cx/feed/">
<link rel="alternate" type="application/json" href="/wp-json/wp/v2/tags/3">"""


def test_the_nearest_feed_comes_first_and_comments_last() -> None:
    at_tag = [feed.url for feed in find_feeds(FEEDS, "https://blog.example/tag/cx/")]
    assert at_tag == [
        "https://blog.example/tag/cx/feed/",
        "https://blog.example/feed/",
        "https://blog.example/comments/feed/",
    ]
    at_root = find_feeds(FEEDS, "https://blog.example/")
    assert at_root[0].url == "https://blog.example/feed/"
    assert [feed.comments for feed in at_root] == [False, False, True]


def test_without_link_tags_a_visible_link_will_do() -> None:
    html = '<body><a href="/over/">Over</a><a href="/rss.xml">RSS</a></body>'
    assert [f.url for f in find_feeds(html, "https://b.example/x/")] == [
        "https://b.example/rss.xml"
    ]
    assert find_feeds("<p>niets</p>", "https://b.example/") == []


CLASSIC = """<html lang="nl-NL"><body class="archive sidebar"><nav><h3><a href="/c">C</a></h3></nav>
<main><h1>Tag: cx</h1>
<article class="post"><h2 class="entry-title"><a href="/een/">Een &amp; ander<span
 class="screen-reader-text"> (lees)</span></a></h2><time class="updated">7 oktober 2020</time>
 / 0 Reacties door <span class="vcard author"><a rel="author" href="/a/">Anna Voorbeeld</a></span>
 <div class="entry-content"><p>Heel het stuk, van <time>1 mei 1999</time> af.</p></div>
 <a rel="category tag" href="/cx/">cx</a></article>
<article class="post"><h2 class="entry-title"><a href="/twee/">Twee</a></h2>
 <div class="entry-content"><p>Het begin <a href="/twee/#more-2">Lees verder</a></p></div>
</article>
<article class="post"><h2 class="entry-title"><a href="/een/?utm_source=x">Weer</a></h2></article>
<article class="post"><h2 class="entry-title">Zonder link</h2></article>
<div class="nav-previous"><a href="/page/2/">Oudere berichten</a></div></main>
<aside><article><h2><a href="/zij/">Zij</a></h2></article></aside></body></html>"""


def test_an_archive_of_a_classic_theme() -> None:
    archive = read_archive(CLASSIC, "https://blog.example/tag/cx/")
    one, two = archive.entries
    assert (one.url, one.title) == ("https://blog.example/een/", "Een & ander")
    assert (one.dates, one.author, one.tags) == (("7 oktober 2020",), "Anna Voorbeeld", ("cx",))
    assert one.full and one.html and "Heel het stuk" in one.html
    assert (two.title, two.full, two.dates, two.author) == ("Twee", False, (), None)
    assert archive.older == "https://blog.example/page/2/"
    assert archive.language == "nl"


def test_an_archive_of_a_block_theme_shows_excerpts() -> None:
    html = """<main><ul class="wp-block-post-template">
    <li class="wp-block-post"><h2 class="wp-block-post-title"><a href="/een/">Een</a></h2>
    <div class="wp-block-post-excerpt"><p>Het begin…</p></div>
    <div class="wp-block-post-date"><time datetime="2020-10-12T10:00:00+02:00"><a
     href="/een/">12 oktober 2020</a></time></div></li></ul>
    <a class="wp-block-query-pagination-next" href="?query-page=2">Volgende</a></main>"""
    archive = read_archive(html, "https://blog.example/")
    (entry,) = archive.entries
    assert (entry.full, entry.dates[0]) == (False, "2020-10-12T10:00:00+02:00")
    assert archive.older == "https://blog.example/?query-page=2"


def test_an_archive_of_no_known_theme_is_read_by_its_headings() -> None:
    html = """<header><h2><a href="/">Blog</a></h2></header><main><section>
    <div><div><a href="/een/"><h3>Een</h3></a></div><p class="date">7 okt 2020</p></div>
    <div><h3><a href="/twee/">Twee</a></h3><p class="date">8 okt 2020</p></div></section>
    <a href="/p2/">Next page »</a></main><footer><h3><a href="/c/">Contact</a></h3></footer>"""
    archive = read_archive(html, "https://blog.example/")
    assert [(e.title, e.dates) for e in archive.entries] == [
        ("Een", ("7 okt 2020",)),
        ("Twee", ("8 okt 2020",)),
    ]
    assert archive.older == "https://blog.example/p2/"


@pytest.mark.parametrize(
    ("link", "older"),
    [
        ('<a class="next page-numbers" href="/page/3/">›</a>', True),
        ('<a rel="next" href="/page/3/">meer</a>', True),
        ('<a href="/page/3/">Oudere columns →</a>', True),
        ('<a href="/page/3/">« Older posts</a>', True),
        ('<a href="/page/3/">Volgende</a>', True),
        ('<a class="prev page-numbers" href="/page/1/">‹</a>', False),
        ('<a href="/page/1/">Nieuwere berichten</a>', False),
        ('<a rel="next" href="https://elders.example/page/3/">Next</a>', False),
        ('<a rel="next" href="/page/2/">deze zelf</a>', False),
        ('<a href="/nextcloud/">Nextcloud voor teams</a>', False),
    ],
)
def test_the_way_to_older_posts(link: str, older: bool) -> None:
    html = f'<article><h2><a href="/x/">X</a></h2></article><div>{link}</div>'
    found = read_archive(html, "https://blog.example/page/2/").older
    assert found == ("https://blog.example/page/3/" if older else None)


def test_a_page_with_no_posts_has_no_entries() -> None:
    assert read_archive("<main><p>Niets gevonden</p></main>", BASE).entries == ()
    own = f'<article><h1 class="entry-title"><a href="{BASE}">Zelf</a></h1></article>'
    assert read_archive(own, BASE).entries == ()


@pytest.mark.parametrize(
    ("html", "teaser"),
    [
        ("<p>Het begin van een […]</p>", True),
        ("Het begin [&hellip;]", True),
        ("<p>Het begin ... <a href='/x'>Lees verder »</a></p>", True),
        ("<p>Het begin.</p><p><a href='/x/#more-4'>verder</a></p>", True),
        ("<p>Het begin [...]</p><p>The post X appeared first on Y.</p>", True),
        ("<p>Het hele verhaal, tot en met de punt.</p>", False),
        ("<p>Hij zei ... en toen niets meer.</p>", False),
    ],
)
def test_teasers(html: str, teaser: bool) -> None:
    assert is_teaser(html) is teaser


def test_a_teaser_is_told_by_blocks_that_were_cut_already() -> None:
    more = '<p>Verder</p><a href="/x/#more-12">Lees</a>'
    for html in ("<p>Het begin […]</p>", "<p>Alles</p>", more):
        assert is_teaser(html, blocks_of(html, BASE)) is is_teaser(html)
    assert is_teaser("<p>Alles</p>", blocks_of("<p>Het begin […]</p>"))


def article(head: str = "", body: str = "", title: str = "Een stuk – Het blog") -> str:
    return f'<html lang="nl-NL"><head><title>{title}</title>{head}</head><body>{body}</body></html>'


@pytest.mark.parametrize(
    "selector",
    [
        '<div itemprop="articleBody">{}</div>',
        '<div itemprop="text" class="entry-content">{}</div>',
        '<div class="entry-content wp-block-post-content">{}</div>',
        '<div class="post-content">{}</div>',
        "<article><header><h1>Een stuk</h1>3 mei</header>{}<footer>onder</footer></article>",
        "<main><h1>Een stuk</h1>{}</main>",
    ],
)
def test_the_body_is_found_without_what_stands_around_it(selector: str) -> None:
    text = "<p>Alinea een.</p><div class='share-buttons'>Deel</div><p>Alinea twee.</p>"
    body = (
        "<header><h1 class='site-title'>Het blog</h1></header><nav>menu</nav>"
        + selector.format(text)
        + '<div class="related_posts"><div class="entry-content"><p>Een veel langer ander stuk dat '
        'hier niets te zoeken heeft.</p></div></div><div id="comments"><p>Leuk!</p></div>'
        "<aside>zij</aside><footer>voet</footer>"
    )
    found = read_article(article(body=body), BASE)
    assert shape(found.html or "") == [
        ("paragraph", "Alinea een."),
        ("paragraph", "Alinea twee."),
    ]


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("", "<h1 class='site-title'>Blog</h1><h1 class='entry-title'>Een stuk</h1>", "Een stuk"),
        ('<script type="application/ld+json">{"@graph":[{"@type":"BlogPosting","headline":'
         '"Een &amp; ander"}]}</script>', "<h1>Iets</h1>", "Een & ander"),
        ("", "<main><h1>Klant - of toch niet</h1></main>", "Klant - of toch niet"),
        ('<meta property="og:title" content="Een stuk - Het blog">'
         '<meta property="og:site_name" content="Het blog">', "", "Een stuk"),
        ("", "", "Een stuk"),
    ],
)  # fmt: skip
def test_the_title_is_never_that_of_the_site(head: str, body: str, title: str) -> None:
    assert read_article(article(head, body), BASE).title == title


def test_what_a_page_says_of_itself() -> None:
    data = (
        '{"@context":"https://schema.org","@graph":[{"@type":"WebPage","name":"x"},'
        '{"@type":["Article","BlogPosting"],"headline":"Een stuk","author":{"@id":"#anna"},'
        '"datePublished":"2020-10-12T08:00:00+00:00","dateModified":"2020-10-13"},'
        '{"@type":"Person","@id":"#anna","name":"Anna Voorbeeld"}]}'
    )
    head = (
        f'<script type="application/ld+json">{data}</script>'
        '<link rel="canonical" href="https://m.example/een-stuk/">'
        '<link rel="alternate" hreflang="en-GB" href="/en/a-piece/">'
        f'<link rel="alternate" hreflang="nl" href="{BASE}">'
        f'<link rel="alternate" hreflang="x-default" href="{BASE}?x=1">'
        '<meta property="og:image" content="https://blog.example/og.jpg">'
    )
    body = "<article class='post'><p>Tekst</p><a rel='tag' href='/cx/'>cx</a></article>"
    found = read_article(article(head, body), BASE)
    assert found.author == "Anna Voorbeeld"
    assert (found.dates[0], found.updated) == ("2020-10-12T08:00:00+00:00", "2020-10-13")
    assert found.canonical == "https://m.example/een-stuk/"
    assert found.alternates == (("en", "https://blog.example/en/a-piece/"),)
    assert (found.image, found.language) == ("https://blog.example/og.jpg", "nl")
    assert found.tags == ("cx",)


@pytest.mark.parametrize(
    ("byline", "author"),
    [
        ("<span class='byline'>Door <a href='/a'>Anna Voorbeeld</a></span>", "Anna Voorbeeld"),
        ("<p class='wp-block-post-author__name'>Anna Voorbeeld</p>", "Anna Voorbeeld"),
        ("<h2 class='author-title'>By Anna Voorbeeld</h2>", "Anna Voorbeeld"),
        ("<a rel='author' href='/a'>View all of Anna's posts</a>", None),
        ("<span itemprop='author'><span itemprop='name'>Anna Voorbeeld</span></span>",
         "Anna Voorbeeld"),
        ("", None),
    ],
)  # fmt: skip
def test_the_author_is_never_a_commenter(byline: str, author: str | None) -> None:
    comment = (
        "<ol class='commentlist'><li><b class='fn'>Lezer</b><i class='author'>Lezer</i></li></ol>"
    )
    body = f"<article><h1>Een stuk</h1>{byline}<p>Tekst</p></article>{comment}"
    assert read_article(article(body=body), BASE).author == author


@pytest.mark.parametrize(
    "data", ["{", "[" * 50000, '"x"', '{"@type":["Article"],"author":7}', "null"]
)
def test_broken_statements_of_a_page_are_passed_over(data: str) -> None:
    html = article(f'<script type="application/ld+json">{data}</script>', "<main><p>Ja</p></main>")
    assert read_article(html, BASE).author is None


@given(_MESS)
@settings(max_examples=100, deadline=None)
def test_no_page_makes_reading_fail(html: str) -> None:
    read_article(html, BASE)
    read_archive(html, BASE)
    find_feeds(html, BASE)


def test_the_archive_of_an_author_does_not_take_titles_for_names() -> None:
    """Its body has the class "author"."""
    entry = (
        '<article class="post"><h2 class="entry-title"><a href="/a/">De wachtrij</a></h2></article>'
    )
    page = f'<html><body class="archive author">{entry}{entry.replace("/a/", "/b/")}</body></html>'
    found = read_archive(page, BASE).entries
    assert [one.author for one in found] == [None, None]
