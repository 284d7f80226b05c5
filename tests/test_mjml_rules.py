"""What MJML allows: each rule with what it lets through and what it says of the rest."""

from __future__ import annotations

import time

import pytest
from lxml import etree
from mjml import mjml2html

from cxgreetz.render.mjml_html import to_html
from cxgreetz.render.mjml_rules import find_faults
from cxgreetz.render.mjml_tags import REFUSED, tags

SECTION = "<mjml><mj-body><mj-section>{}</mj-section></mj-body></mjml>"
COLUMN = SECTION.format("<mj-column>{}</mj-column>")
HEAD = f"<mjml><mj-head>{{}}</mj-head>{COLUMN.format('<mj-text>een</mj-text>')[6:]}"
BODY = "<mjml><mj-body>{}</mj-body></mjml>"


def faults(source: str) -> list[str]:
    return [fault.message for fault in find_faults(source, etree.fromstring(source))]


@pytest.mark.parametrize(
    ("frame", "good", "bad", "said"),
    [
        # tags, and where they stand
        (COLUMN, "<mj-text>x</mj-text>", "<mj-txet>x</mj-txet>", "no MJML tag; did you mean <mj-t"),
        (COLUMN, "<mj-text>x</mj-text>", "<MJ-Text>x</MJ-Text>", "did you mean <mj-text>?"),
        (HEAD, "<mj-title>x</mj-title>", "<mj-title><b>x</b></mj-title>", "<b> cannot stand in"),
        (
            COLUMN,
            "<mj-raw><b>x</b></mj-raw>",
            "<mj-qqqqqqq><p/></mj-qqqqqqq>",
            "<mj-qqqqqqq> is no MJML tag",
        ),
        (
            SECTION,
            "<mj-column><mj-text>x</mj-text></mj-column>",
            "<mj-text>x</mj-text>",
            "<mj-text> stands in <mj-section>; it belongs in <mj-column> or <mj-hero>",
        ),
        (
            SECTION,
            "<mj-group><mj-column></mj-column></mj-group>",
            "<mj-column><mj-section></mj-section></mj-column>",
            "<mj-section> stands in <mj-column>; it belongs in <mj-body> or <mj-wrapper>",
        ),
        (
            BODY,
            "<mj-wrapper><mj-section></mj-section></mj-wrapper>",
            "<mj-wrapper><mj-wrapper></mj-wrapper></mj-wrapper>",
            "<mj-wrapper> stands in <mj-wrapper>; it belongs in <mj-body>",
        ),
        (BODY, "<mj-section></mj-section>", "<mj-column></mj-column>", "<mj-column> stands in"),
        (
            COLUMN,
            "<mj-text><p>x <b>y</b></p></mj-text>",
            "<p>x <b>y</b></p>",
            "<p> stands straight in <mj-column>; put it in an <mj-text>",
        ),
        (SECTION, "<mj-raw><p>x</p></mj-raw>", "<p>x</p>", "straight in <mj-section>; put it in"),
        (HEAD, "<mj-raw><meta/></mj-raw>", "<meta/>", "<mj-head>; put it in an <mj-raw>"),
        (COLUMN, "<!-- x -->", "een losse zin", "text stands straight in <mj-column> (een losse"),
        (COLUMN, "<mj-spacer height='8px'/>", "<mj-spacer>x</mj-spacer>", "it shows nothing"),
        (
            COLUMN,
            "<mj-text><b>x</b></mj-text>",
            "<mj-text><mj-button>x</mj-button></mj-text>",
            "<mj-button> stands in <mj-text>; it belongs in <mj-column>",
        ),
        ("{}", BODY.format(""), "<mjml></mjml>", "there is no <mj-body>"),
        ("{}", BODY.format(""), "<html></html>", "<html> is where <mjml> must be"),
        ("<mjml>{}</mjml>", "<mj-body/>", "<mj-body/><mj-body/>", "a second time; put both in"),
        # attributes
        (COLUMN, "<mj-text color='#112233'/>", "<mj-text colour='#112233'/>", "did you mean color"),
        (COLUMN, "<mj-divider/>", "<mj-divider zzz='1'/>", "it takes padding, padding-top"),
        (COLUMN, "<mj-table/>", "<mj-table role='none'/>", "does not draw; take it out"),
        (
            COLUMN,
            "<mj-text container-background-color='#112233'/>",
            "<mj-text background-color='#112233'/>",
            "does not draw; use container-background-color",
        ),
        (BODY, "<mj-wrapper/>", "<mj-wrapper gap='8px'/>", "put a section with an <mj-spacer>"),
        (HEAD, "<mj-style>a {}</mj-style>", "<mj-style inline='inline'/>", "write style= on the"),
        (
            COLUMN,
            "<mj-image src='x' alt='x'/>",
            "<mj-image src='x'/>",
            '<mj-image> has no alt; write alt="" for decoration',
        ),
        (COLUMN, "<mj-image src='x' alt=''/>", "<mj-image alt=''/>", "<mj-image> has no src"),
        (
            COLUMN,
            "<mj-text><img src='x' alt=''/></mj-text>",
            "<mj-text><img src='x'/></mj-text>",
            'a picture has no alt; write alt=""',
        ),
        (HEAD, "<mj-breakpoint width='480px'/>", "<mj-breakpoint/>", "has no width"),
        # values
        (
            COLUMN,
            "<mj-text padding='0px 24px'/>",
            "<mj-text padding='0 24px'/>",
            'padding="0 24px" on <mj-text> has a number without its px; write "0px 24px"',
        ),
        (COLUMN, "<mj-text padding='8px'/>", "<mj-text padding='8'/>", 'write "8px"'),
        (COLUMN, "<mj-text padding='8.5px'/>", "<mj-text padding='5%'/>", "is not one to four"),
        (COLUMN, "<mj-text padding='8px'/>", "<mj-text padding='2em'/>", "is not one to four"),
        (
            COLUMN,
            "<mj-text padding='1px 2px 3px 4px'/>",
            "<mj-text padding='1px 2px 3px 4px 5px'/>",
            "is not one to four",
        ),
        (COLUMN, "<mj-text padding-top='0px'/>", "<mj-text padding-top='0'/>", 'write "0px"'),
        (COLUMN, "<mj-text color='navy'/>", "<mj-text color='marineblauw'/>", "is no colour"),
        (COLUMN, "<mj-text color='#ffcc00'/>", "<mj-text color='#fc0'/>", 'write "#ffcc00"'),
        (COLUMN, "<mj-text color='rgb(1,2,3)'/>", "<mj-text color='#12345'/>", "is no colour"),
        (
            BODY,
            "<mj-section border='1px solid #cccccc'/>",
            "<mj-section border='1px solid #ccc'/>",
            'has a colour of three digits; write "#cccccc"',
        ),
        (COLUMN, "<mj-text font-size='16px'/>", "<mj-text font-size='16pt'/>", "a length in px"),
        (COLUMN, "<mj-text line-height='1.5'/>", "<mj-text line-height='ruim'/>", "a number"),
        (COLUMN, "<mj-text align='justify'/>", "<mj-button align='justify'/>", "left, center or r"),
        (COLUMN, "<mj-spacer height='20px'/>", "<mj-spacer height='20'/>", 'write "20px"'),
        (COLUMN, "<mj-divider width='50%'/>", "<mj-divider width='half'/>", "a percentage"),
        (
            COLUMN,
            "<mj-image src='x' alt='' width='50px' height='auto'/>",
            "<mj-image src='x' alt='' width='50%'/>",
            "a length in px",
        ),
        (
            COLUMN,
            "<mj-image src='x' alt='' fluid-on-mobile='true'/>",
            "<mj-image src='x' alt='' fluid-on-mobile='ja'/>",
            "is not true or false",
        ),
        (COLUMN, "<mj-table cellpadding='4'/>", "<mj-table cellpadding='4px'/>", "a whole number"),
        (BODY, "<mj-hero mode='fixed-height'/>", "<mj-hero mode='fluid-height'/>", "fixed-height"),
        ("<mjml>{}</mjml>", "<mj-body width='600px'/>", "<mj-body width='600'/>", 'write "600px"'),
        # defaults and classes
        (
            HEAD,
            "<mj-attributes><mj-all font-family='x'/><mj-text color='red'/></mj-attributes>",
            "<mj-attributes><mj-all fnt-family='x'/></mj-attributes>",
            "did you mean font-family?",
        ),
        (
            HEAD,
            "<mj-attributes><mj-class name='a' color='red'/></mj-attributes>",
            "<mj-attributes><mj-class color='red'/></mj-attributes>",
            "<mj-class> has no name",
        ),
        (
            HEAD,
            "<mj-attributes><mj-class name='a' padding='0px'/></mj-attributes>",
            "<mj-attributes><mj-class name='a' padding='0'/></mj-attributes>",
            "without its px",
        ),
        (
            HEAD,
            "<mj-attributes><mj-text/></mj-attributes>",
            "<mj-attributes><mj-class name='a'><mj-text color='red'/></mj-class></mj-attributes>",
            "<mj-text> stands in <mj-class>, which holds nothing",
        ),
        (
            HEAD,
            "<mj-attributes><mj-text/></mj-attributes>",
            "<mj-attributes><mj-txt/></mj-attributes>",
            "<mj-txt> cannot stand in <mj-attributes>; did you mean <mj-text>?",
        ),
        (COLUMN, "<mj-text/>", "<mj-text mj-class='a'/>", "in <mj-attributes>; there is: none"),
        # icons
        (
            COLUMN,
            "<mj-social><mj-social-element name='linkedin-noshare' alt=''/></mj-social>",
            "<mj-social><mj-social-element name='linkdin' alt=''/></mj-social>",
            "no icon called 'linkdin'; give its address as src=, or did you mean linkedin?",
        ),
        (
            COLUMN,
            "<mj-social><mj-social-element name='weblog' src='x' alt=''/></mj-social>",
            "<mj-social><mj-social-element name='web' src='x'/></mj-social>",
            "<mj-social-element> has no alt",
        ),
    ],
)
def test_each_rule(frame: str, good: str, bad: str, said: str) -> None:
    assert faults(frame.format(good)) == []
    (found,) = faults(frame.format(bad))
    assert said in found


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_not_be_used_says_why_and_what_to_do(name: str) -> None:
    frame = HEAD if name in ("mj-font", "mj-preview") else COLUMN
    (found,) = faults(frame.format(f"<{name} nosuch='1'><{name}/></{name}>"))
    assert found.startswith(f"<{name}> ")
    assert name not in tags()


def test_a_class_and_a_default_may_give_what_is_needed() -> None:
    head = "<mj-attributes><mj-image alt=''/><mj-class name='logo' src='x'/></mj-attributes>"
    source = HEAD.format(head).replace("<mj-text>een</mj-text>", "<mj-image mj-class='logo'/>")
    assert faults(source) == []


def test_all_at_once_each_in_its_place() -> None:
    source = """<mjml>
<mj-body>
<mj-section><mj-column>
  <mj-text>goed <!-- <mj-text colour="x"> --> "</mj-text><mj-text
    padding="0"
    colour="#112233">mis > mis</mj-text>
</mj-column><mj-button>x</mj-button></mj-section>
</mj-body>
</mjml>"""
    found = find_faults(source, etree.fromstring(source))
    assert [(f.line, f.column) for f in found] == [(5, 5), (6, 5), (7, 13)]


def test_what_the_table_allows_is_drawn_and_what_it_leaves_out_is_not() -> None:
    """The table follows the engine: an upgrade that draws more, or less, shows here."""
    column = "<mj-section><mj-column padding='4px'>{}</mj-column><mj-column/></mj-section>"
    in_social = "<mj-social>{}</mj-social>"
    place = {
        "mj-section": "{}",
        "mj-wrapper": "{}",
        "mj-hero": "{}",
        "mj-column": "<mj-section>{}<mj-column/></mj-section>",
        "mj-group": "<mj-section>{}</mj-section>",
        "mj-social-element": column.format(in_social),
    }
    inner = {
        "mj-wrapper": "<mj-section><mj-column/></mj-section><mj-section/>",
        "mj-section": "<mj-column/>",
        "mj-group": "<mj-column/><mj-column/>",
        "mj-column": "<mj-text>x</mj-text>",
        "mj-hero": "<mj-text>x</mj-text>",
        "mj-social": "<mj-social-element name='web' href='x'>x</mj-social-element>" * 2,
        "mj-text": "x",
        "mj-button": "x",
        "mj-table": "<tr><td>x</td></tr>",
        "mj-social-element": "x",
    }
    basis = {
        "mj-section": {"background-url": "x"},
        "mj-wrapper": {"background-url": "x"},
        "mj-hero": {"background-url": "x", "height": "400px"},
        "mj-column": {"padding": "4px"},
        "mj-image": {"src": "x", "href": "x"},
        "mj-button": {"href": "x"},
        "mj-social-element": {"name": "web", "href": "x"},
    }
    values = (
        "7px 41px", "41px", "31%", "rtl", "right", "top", "middle", "bottom", "sentinel", "#112233",
        "1px solid #112233", "no-repeat", "true", "full-width", "vertical", "fixed", "justify", "7",
    )  # fmt: skip

    def draw(tag: str, given: dict[str, str]) -> str:
        written = " ".join(f'{name}="{value}"' for name, value in given.items())
        element = f"<{tag} {written}>{inner.get(tag, '')}</{tag}>"
        return str(mjml2html(BODY.format(place.get(tag, column).format(element)), fonts={}))

    def changes(tag: str, name: str) -> bool:
        plain = draw(tag, basis.get(tag, {}))
        return any(draw(tag, {**basis.get(tag, {}), name: value}) != plain for value in values)

    frame = {"mj-body", "mj-breakpoint", "mj-raw", "mj-style", "mj-title", "mjml"}
    for tag, rule in tags().items():
        if tag in frame:
            continue
        #: The engine draws every hero alike; its usual mode is let through all the same.
        unseen = {"mj-class"} | ({"mode"} if tag == "mj-hero" else set())
        lost = [name for name in rule.takes if name not in unseen and not changes(tag, name)]
        assert not lost, (tag, lost)
        seen = [name for name in rule.without if changes(tag, name)]
        assert not seen, (tag, seen)


INVITATION = """<mjml lang="en" dir="ltr">
<mj-head>
<mj-title>Doors open at seven</mj-title>
<mj-breakpoint width="480px"/>
<mj-attributes>
<mj-all font-family="Georgia, serif" color="#22303f"/>
<mj-class name="small" font-size="13px" line-height="20px"/>
<mj-section background-color="#ffffff" padding="0px 24px"/>
</mj-attributes>
<mj-style>.wide td { padding: 0; } @media (max-width: 479px) { .wide { width: 100%; } }</mj-style>
</mj-head>
<mj-body width="640px" background-color="#fbf7f1" css-class="page">
<mj-raw><!-- the house opens --><div style="display:none">Come early</div></mj-raw>
<mj-hero mode="fixed-height" height="240px" background-url="https://blog.example/hall.png"
  background-width="640px" background-height="240px" background-color="#12305e" padding="40px 0px">
<mj-text color="white" align="center" font-size="32px" line-height="40px">Doors open at 7</mj-text>
<mj-button href="https://blog.example/come" background-color="#b4432a" color="white"
  border-radius="8px" inner-padding="12px 24px">I shall be there</mj-button>
</mj-hero>
<mj-wrapper padding="20px 0px" border="1px solid #e3dccf">
<mj-section direction="rtl" text-align="left">
<mj-column width="66.66%" vertical-align="middle">
<mj-text mj-class="small"><h2>Where</h2><p>In the old post office, <a href="https://blog.example">by
 the canal</a>.<br/>Bring &amp; share.</p></mj-text>
<mj-divider border-width="1px" border-color="#e3dccf" width="50%" align="left"/>
<mj-table cellpadding="4" width="100%"><tr><th>Hour</th><td>19.00</td></tr></mj-table>
</mj-column>
<mj-column width="33.33%" inner-border="1px solid #e3dccf" padding="8px">
<mj-image src="https://blog.example/door.png" alt="A blue door" width="180px"
  fluid-on-mobile="true" href="https://blog.example" border-radius="8px"/>
</mj-column>
</mj-section>
</mj-wrapper>
<mj-section full-width="full-width"><mj-group width="100%"><mj-column width="50%">
<mj-spacer height="16px"/></mj-column><mj-column width="50%">
<mj-social mode="horizontal" icon-size="24px" align="right">
<mj-social-element name="linkedin" href="https://blog.example/in" alt="LinkedIn"/>
<mj-social-element src="https://blog.example/m.png" href="https://blog.example/m" alt="">M
</mj-social-element>
</mj-social></mj-column></mj-group></mj-section>
</mj-body>
</mjml>"""


def test_a_rich_template_passes_and_is_drawn() -> None:
    assert faults(INVITATION) == []
    assert "Doors open at 7" in to_html(INVITATION)


def test_a_long_email_is_judged_in_a_breath() -> None:
    text = '<mj-text padding="0 4px" colour="x"><p>een <b>twee</b></p></mj-text>\n'
    source = COLUMN.format(text * 1500)
    root = etree.fromstring(source)
    start = time.process_time()
    assert len(find_faults(source, root)) == 3000
    assert time.process_time() - start < 2
