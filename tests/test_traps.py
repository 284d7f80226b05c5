"""The traps of the MJML engine: each is still there, and no email steps into it.

A test that fails in its first half tells that the engine has changed, and what guards
against it may go.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as lxml_html
from mjml import mjml2html

from cxgreetz.model import BlockView, Image
from cxgreetz.render import render
from cxgreetz.render.mjml_html import MjmlError, to_html
from test_render import a_view, own_template, tree, with_lead, words_in

NASTY = {
    "line break": "een\ntwee",
    "tab": "een\ttwee",
    "backslash": r"een\ntwee \u{a0}",
    "quotation mark": 'een" onerror="alert(1)',
    "apostrophe": "een' onerror='alert(1)",
    "no-break space": "een\u00a0twee",
    "narrow no-break space": "een\u202ftwee",
    "soft hyphen": "een\u00adtwee",
    "zero-width joiner": "\U0001f469\u200d\U0001f467",
    "variation selector": "\u2764\ufe0f",
    "combining accent": "cafe\u0301",
    "angle brackets": "een <b>twee</b> & <mj-text> drie",
}


def mjml(body: str, head: str = "") -> str:
    """A document with `body` in its one column."""
    return (
        f'<mjml lang="nl" dir="ltr"><mj-head>{head}</mj-head><mj-body><mj-section><mj-column>'
        f"{body}</mj-column></mj-section></mj-body></mjml>"
    )


def drawn(source: str) -> lxml_html.HtmlElement:
    """What the engine alone makes of it."""
    return lxml_html.document_fromstring(mjml2html(source, fonts={}))


def ours(source: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(to_html(source))


def refused(source: str) -> str:
    with pytest.raises(MjmlError) as caught:
        to_html(source)
    assert all(fault.line for fault in caught.value.faults)
    return str(caught.value)


# Attributes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "garbled"),
    [
        ("een\ntwee", r"een\ntwee"),
        ("een\ttwee", r"een\ttwee"),
        (r"een\twee", r"een\\twee"),
        ("een\u00a0twee", r"een\u{a0}twee"),
        ("een\u202ftwee", r"een\u{202f}twee"),
        ("een\u00adtwee", r"een\u{ad}twee"),
        ("een\u200dtwee", r"een\u{200d}twee"),
    ],
)
def test_attributes_are_garbled(value: str, garbled: str) -> None:
    source = mjml(f'<mj-image src="https://blog.example/a.png" alt="{value}"></mj-image>')
    assert drawn(source).xpath("//img/@alt") == [garbled]
    assert ours(source).xpath("//img/@alt") == [re.sub(r"[\t\n]", " ", value)]


def test_a_quotation_mark_ends_an_attribute() -> None:
    image = "<mj-image src='https://blog.example/a.png' alt='\" onerror=\"x'></mj-image>"
    assert drawn(mjml(image)).xpath("//img/@onerror")
    page = ours(mjml(image))
    assert page.xpath("//img/@alt") == ['" onerror="x']
    assert not page.xpath("//@onerror")


@pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
def test_alt_title_and_subject_arrive_as_they_were_written(nasty: str) -> None:
    picture = Image("https://blog.example/a.png", nasty, 1200, 600)
    view = replace(with_lead(title=nasty, image=picture), subject=nasty)
    page = tree(view)
    said = re.sub(r"[ \t\n]+", " ", nasty)
    assert page.xpath("//img/@alt") == [said]
    assert page.xpath("//div[@role='article']/@aria-label") == [said]
    assert re.sub(r"[ \t\n]+", " ", page.findtext(".//title")) == said
    assert re.sub(r"[ \t\n]+", " ", page.xpath("//h2/a/span")[0].text_content()) == said
    assert not page.xpath("//@onerror")


@pytest.mark.parametrize(
    ("url", "href"),
    [
        ('https://blog.example/?q="een"', 'https://blog.example/?q="een"'),
        (r"https://blog.example/a\b", r"https://blog.example/a\b"),
        ("https://blog.example/a\u00ad\u00a0b?c=1&d=2", "https://blog.example/a\u00ad%20b?c=1&d=2"),
        ("https://blog.example/een twee", "https://blog.example/een%20twee"),
    ],
)
def test_addresses_arrive_as_they_were_written(url: str, href: str) -> None:
    hrefs = tree(with_lead(url=url)).xpath("//a/@href")
    assert hrefs.count(href) == 2  # the title and the button


def test_a_designers_attributes_are_hardened_too(tmp_path: Path) -> None:
    body = "<mj-image src='https://blog.example/a.png' alt='zeg \"ja\"\n nu'></mj-image>"
    page = tree(a_view(), own_template(tmp_path, body, "<mj-title>a \\ b\u00a0</mj-title>"))
    assert page.xpath("//img/@alt") == ['zeg "ja" nu']
    assert page.xpath("//div/@aria-label") == ["a \\ b\u00a0"]


def test_a_missing_alt_is_not_written() -> None:
    source = mjml('<mj-image src="https://blog.example/a.png"></mj-image>')
    assert drawn(source).xpath("//img[not(@alt)]")
    assert 'write alt=""' in refused(source)


# Text -------------------------------------------------------------------------------------


def test_a_line_break_between_inline_elements_is_lost(tmp_path: Path) -> None:
    body = "<mj-text><p><b>een</b>\n<i>twee</i>\n</p></mj-text>"
    assert words_in(drawn(mjml(body)).find(".//p")) == "eentwee"
    assert words_in(ours(mjml(body)).find(".//p")) == "een twee"
    assert words_in(tree(a_view(), own_template(tmp_path, body)).find(".//p")) == "een twee"
    block = BlockView("<strong>een</strong>\n<em>twee</em>", "nl")
    assert "een twee" in words_in(tree(with_lead(blocks=(block,))))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<p>een <b>twee</p>", "mismatch"),
        ("een</div>", "mismatch"),
        ("a < b", "&lt;"),
        ("<![CDATA[een]]>", "CDATA is unknown"),
        ("<a href=x>een</a>", "AttValue"),
    ],
)
def test_what_is_not_well_formed_has_no_place(text: str, said: str) -> None:
    source = mjml(f"<mj-text>{text}</mj-text>")
    with pytest.raises(ValueError, match="root template") as caught:
        mjml2html(source)
    assert "line" not in str(caught.value)
    assert said in refused(source)


def test_void_tags_bare_ampersands_and_names_of_characters_are_forgiven(tmp_path: Path) -> None:
    body = "<mj-text><p>Koek & zopie<br>een&nbsp;twee &eacute;</p></mj-text>"
    page = tree(a_view(), own_template(tmp_path, body))
    assert page.find(".//p").text_content() == "Koek & zopieeen\u00a0twee é"


# What is read and not judged --------------------------------------------------------------


def test_an_unknown_tag_is_printed_and_an_unknown_attribute_is_lost() -> None:
    wrong = mjml("<mj-txet>een</mj-txet>")
    assert "<mj-txet>" in mjml2html(wrong)
    assert "did you mean <mj-text>?" in refused(wrong)
    wrong, right = (mjml(f"<mj-text{a}>een</mj-text>") for a in (' colour="#112233"', ""))
    assert mjml2html(wrong) == mjml2html(right)
    assert "did you mean color?" in refused(wrong)


@pytest.mark.parametrize("padding", ["0 24px", "24px 0", "10px 0 0 24px", "5%", "20"])
def test_padding_that_is_not_all_in_px_counts_for_nothing(padding: str) -> None:
    image = '<mj-image src="https://blog.example/a.png" alt="" padding="{}"></mj-image>'
    assert drawn(mjml(image.format("0px 24px"))).xpath("//img/@width") == ["552"]
    assert drawn(mjml(image.format(padding))).xpath("//img/@width") == ["600"]
    assert "when widths are reckoned" in refused(mjml(image.format(padding)))
    assert ours(mjml(image.format("0px 24px"))).xpath("//img/@width") == ["552"]


def test_the_first_of_several_classes_wins() -> None:
    head = '<mj-attributes><mj-class name="a" color="#111111"/><mj-class name="b" color="#222222"/>'
    source = mjml('<mj-text mj-class="a b">een</mj-text>', head + "</mj-attributes>")
    assert re.findall("color:(#[12]{6})", mjml2html(source)) == ["#111111"]
    assert "name one" in refused(source)


def test_an_include_loses_its_width() -> None:
    part = "<mj-section><mj-column><mj-text>een</mj-text></mj-column></mj-section>"
    whole = '<mjml><mj-body>{}<mj-include path="a"/></mj-body></mjml>'
    found = mjml2html(whole.format(part), include_loader=lambda _path: part)
    assert found.count("max-width:600px") == 1
    assert "use {% include %}" in refused(whole.format(part))


def test_styles_to_be_written_inline_are_not() -> None:
    style = '<mj-style inline="inline">.een { color: #112233; }</mj-style>'
    source = mjml('<mj-text css-class="een">een</mj-text>', style)
    assert not drawn(source).xpath("//*[contains(@style, '#112233')]")
    assert "write style= on the elements" in refused(source)


def test_a_preview_is_white_text() -> None:
    source = mjml("<mj-text>een</mj-text>", "<mj-preview>Over wachten</mj-preview>")
    (hidden,) = drawn(source).xpath("//div[text()='Over wachten']/@style")
    assert "color:#ffffff" in hidden
    assert "hidden <div>" in refused(source)
    (hidden,) = tree(a_view()).xpath("//div[contains(text(), 'Over wachten')]/@style")
    assert "display:none" in hidden
    assert "color" not in hidden


def test_fonts_are_fetched_from_elsewhere() -> None:
    source = mjml("<mj-text>een</mj-text>")
    assert "fonts.googleapis" in mjml2html(source)
    assert "fonts.googleapis" not in to_html(source)
    assert "fonts.googleapis" not in render(a_view()).html
    font = mjml(
        '<mj-text font-family="Bos">een</mj-text>',
        '<mj-font name="Bos" href="https://fonts.example/bos.css"/>',
    )
    assert "fonts.example" in mjml2html(font, fonts={})
    assert "tells its owner who reads" in refused(font)
