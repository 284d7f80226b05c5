"""The page: its size, headings, contrast, buttons, leftovers."""

from __future__ import annotations

from check_cases._base import Case, an_email, html, item, text
from cxgreetz.model import BlockView, Email


def dark(rules: str, body: str) -> Email:
    """An email that has colours of its own for a dark device."""
    scheme = '<meta name="color-scheme" content="light dark">'
    return html(body, f"{scheme}<style>@media (prefers-color-scheme: dark) {{{rules}}}</style>")


def styled(rules: str, body: str) -> Email:
    return html(body, f"<style>{rules}</style>")


def button(style: str, cell: str = "") -> Email:
    link = f'<a href="https://a.example/" style="display:inline-block;{style}">Lees over koffie</a>'
    return html(f"<table><tr><td {cell}>{link}</td></tr></table>")


def headings(*levels: int) -> Email:
    """With h1 as the first one, from `html`."""
    return html("".join(f"<h{level}>Kop {n}</h{level}>" for n, level in enumerate(levels)))


WHITE_ON_RED = "background:#b4432a;color:#ffffff;"
LINKS = "".join(f'<a href="https://a.example/{n}">{n}</a>' for n in range(100))
GREY = '<p style="color:#999999">Grijs op wit</p>'

CASES = [
    Case("size"),
    Case("size", email=html("x" * 69_000)),
    Case("size", email=html(LINKS), known={"link_overhead": 250}),
    Case("size", email=html("x" * 75_000), finds=("warning",), says="75 KB; above 90 KB"),
    Case("size", email=html("é" * 46_000), finds=("error",)),
    Case("size", email=html("x" * 200_000), finds=("error",)),
    Case(
        "size",
        None,
        html("x" * 60_000 + LINKS),
        ("warning",),
        {"link_overhead": 200},
        "the email is 64 KB, and 84 KB with what the provider adds to its 102 links",
    ),
    Case("size", None, html("x" * 68_000 + LINKS), ("error",), {"link_overhead": 250}),
    Case("heading_order"),
    Case("heading_order", email=headings(2, 3, 3, 2, 3)),
    Case("heading_order", email=html('<h2><img src="x.png" alt="Kort gelezen"></h2>')),
    Case("heading_order", email=html('<h1 style="display:none">Verborgen</h1>')),
    Case(
        "heading_order", email=headings(3), finds=("info",), says="of level 3 and follows one of 1"
    ),
    Case("heading_order", email=headings(2, 4, 2, 4), finds=("info", "info")),
    Case("heading_order", email=headings(1), finds=("warning",), says="2 headings of the first"),
    Case("heading_order", email=html("<h2> </h2>"), finds=("warning",), says="1 heading is empty"),
    Case(
        "heading_order",
        email=an_email(html="<h2>Dag</h2>"),
        finds=("warning",),
        says="there is no heading of the first level",
    ),
    Case("contrast"),
    Case("contrast", email=html('<p style="color:#767676">Net genoeg</p>')),
    Case("contrast", email=html('<p style="color:#949494;font-size:24px">Groot genoeg</p>')),
    Case("contrast", email=html('<p style="color:#949494;font:bold 14pt/1.2 Arial">Vet</p>')),
    Case("contrast", email=html(f'<div style="display:none">{GREY}</div>')),
    Case("contrast", email=html(f'<div style="max-height:0;overflow:hidden">{GREY}</div>')),
    Case("contrast", email=html(f'<div aria-hidden="true">{GREY}</div>')),
    Case("contrast", email=html(f"<!--[if mso]>{GREY}<![endif]-->")),
    Case("contrast", email=html('<p style="color:#cccccc"> · &#847;&zwnj;&nbsp;</p>')),
    Case("contrast", email=html(f'<div style="{WHITE_ON_RED}"><p>Wit op rood</p></div>')),
    Case("contrast", email=html('<table bgcolor="#101a28"><tr><td style="color:#fff">x</table>')),
    Case(
        "contrast",
        email=styled(
            ".a{color:#999!important}.a.a{color:#333!important}",
            '<p class="a">Het meer bepaalde wint</p>',
        ),
    ),
    Case("contrast", email=styled("i{color:#999}", '<i style="color:#333">Het nadere wint</i>')),
    Case("contrast", email=styled("@media (max-width:479px){p{color:#999}}", "<p>Smal</p>")),
    Case(
        "contrast", email=styled("@media print{p{color:#999}} p:hover{color:#eee}", "<p>Druk</p>")
    ),
    Case(
        "contrast",
        email=dark(
            ".card{background:#182537!important} .card p{color:#eef2f7!important}",
            '<div class="card" style="background:#ffffff"><p style="color:#22303f">Kaart</p></div>'
            "<style>body{background:#fff} body,h1{color:#111} a{color:#1b4b91!important}</style>",
        ),
    ),
    Case(
        "contrast",
        email=html(GREY),
        finds=("error",),
        says="“Grijs op wit”: #999999 on #ffffff has a contrast of 2.84 to 1 on a light and on a "
        "dark device",
    ),
    Case(
        "contrast",
        email=html(GREY + GREY.replace("wit", "papier")),
        finds=("error",),
        says="“Grijs op wit” and 1 more",
    ),
    Case(
        "contrast",
        email=html('<p style="color:#949494;font-size:23px">Net niet groot</p>'),
        finds=("error",),
    ),
    Case(
        "contrast",
        email=html('<p style="color:rgba(0,0,0,.4)">Doorschijnend</p>'),
        finds=("error",),
    ),
    Case(
        "contrast",
        email=html('<p style="color:#999;color:nonsense">Geen kleur</p>'),
        finds=("error",),
    ),
    Case("contrast", email=html('<p style="opacity:40%">Half</p>'), finds=("error",)),
    Case("contrast", email=html('<p style="opacity:.4">Verbleekt</p>'), finds=("error",)),
    Case(
        "contrast",
        email=html('<table bgcolor="#101a28"><tr><td>Zwart op nacht</table>'),
        finds=("error",),
    ),
    Case(
        "contrast",
        email=html('<div style="color:#999">Wat <b>erft</b> en <i>wat</i> volgt</div>'),
        finds=("error",),
        says="“Wat” and 4 more",
    ),
    Case(
        "contrast",
        email=styled("p{color:#999!important}", '<p style="color:#333">Wint</p>'),
        finds=("error",),
    ),
    # A link has the reader's own blue, whatever is around it.
    Case(
        "contrast",
        email=html(
            '<p style="background:#12305e;color:#fff">Op blauw een '
            '<a href="https://a.example/">koppeling</a></p>'
        ),
        finds=("error",),
        says="“koppeling”: #0000ee on #12305e",
    ),
    # The ground turns dark, and the words stay as they were.
    Case(
        "contrast",
        email=dark(
            ".card{background-color:#182537!important}",
            '<div class="card" style="background:#fff"><p style="color:#22303f">Vergeten</p></div>',
        ),
        finds=("error",),
        says="“Vergeten”: #22303f on #182537 has a contrast of 1.15 to 1 on a dark device",
    ),
    Case(
        "contrast",
        email=dark("p{color:#eef2f7!important}", '<div style="background:#fff"><p>Licht</p></div>'),
        finds=("error",),
        says="on a dark device",
    ),
    Case("tap_target"),
    Case("tap_target", email=button(f"{WHITE_ON_RED}padding:13px 24px;line-height:22px")),
    Case("tap_target", email=button(f"{WHITE_ON_RED}padding:11px;font-size:16px;line-height:140%")),
    Case("tap_target", email=button("padding:14px 0 14px;line-height:1.5", 'bgcolor="#fff"')),
    Case("tap_target", email=button("font-size:13px")),
    Case("tap_target", email=html('<a href="https://a.example/" style="color:#00f">gewoon</a>')),
    Case(
        "tap_target",
        email=button(f"{WHITE_ON_RED}padding:8px 20px;line-height:20px"),
        finds=("info",),
        says="“Lees over koffie” is 36 pixels tall",
    ),
    Case(
        "tap_target",
        email=button("padding:8px;line-height:20px", 'bgcolor="#ffffff"'),
        finds=("info",),
    ),
    Case("tap_target", email=button(f"{WHITE_ON_RED}line-height:20px"), finds=("warning",)),
    Case("leftover_tag"),
    Case("leftover_tag", email=html("<p>{ niets } * | [1]</p>")),
    Case(
        "leftover_tag",
        item(blocks=(BlockView("Schrijf {{ naam }} in je sjabloon", "nl"),)),
        html("<p>Schrijf {{ naam }} in je sjabloon</p>"),
    ),
    Case("leftover_tag", email=html("<p>Dag {{ item.title }}</p>"), finds=("error",)),
    Case("leftover_tag", email=html("<p>{% if x %}</p>"), finds=("error",)),
    Case("leftover_tag", email=html("<p>*|FNAME|*</p>"), finds=("error",)),
    Case("leftover_tag", email=an_email(text=text("{{ x }}")), finds=("error",)),
]
